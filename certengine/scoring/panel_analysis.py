"""How a panel agreed as a whole, and where one assessor stands beside it, aspect by aspect.

Invariants:

1. Whole marks are compared over candidates whom every assessor of their panel marked in full; others are left out and
   counted, never filled in.
2. Marks of aspects are compared as shares of full marks; aspects worth nothing (vetoes) have no share.
3. An assessor's profile holds his or her own entries and means of panels; no other assessor can be read out of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from certengine.aspects.judgement import TOP
from certengine.scoring.agreement import (
    IntraclassCorrelation,
    fleiss_kappa,
    intraclass_correlation,
    krippendorff_alpha,
    pairs_of,
    weighted_kappa,
)
from certengine.scoring.estimates import Evidence, evidence, mean, standard_deviation
from certengine.scoring.rating_analysis import AspectObservation


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelAgreement:
    """Agreement over all candidates of a component.

    Attributes:
        marks: intraclass correlation of the assessors' whole marks.
        left_out: candidates whose panel did not mark everything, or was smaller or larger than the others'.
        judgements: Krippendorff's alpha over judgements, interval metric.
        judged: judgements compared with at least one other of the same candidate and aspect.
        levels: Fleiss' kappa of the levels given, as categories without order: how often the very same was given, beyond
            chance. Of panels of different sizes the most frequent size is compared.
        kappa: quadratic weighted kappa of each assessor's judgements with the others', by assessor.
    """

    marks: IntraclassCorrelation | None
    left_out: int
    judgements: Fraction | None
    judged: int
    levels: Fraction | None
    kappa: tuple[tuple[str, Fraction | None], ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRow:
    """One aspect as one assessor marked it.

    Attributes:
        difference: mean of own share less the panel's mean share, own entry included; above 0 is lenient.
        standard_error: of ``difference`` over ``n`` candidates; ``None`` under two.
    """

    task: str
    aspect: str
    n: int
    own: Fraction
    panel: Fraction
    difference: Fraction
    standard_error: float | None
    evidence: Evidence


def panel_agreement(observations: Iterable[AspectObservation]) -> PanelAgreement:
    """Agreement of whole marks and of judgements."""
    seen = list(observations)
    marks, left_out = _whole_marks(seen)
    judged: dict[tuple[str, str, str], dict[str, int]] = {}
    for one in seen:
        if one.kind == "judgement" and len(one.by_assessor) > 1:
            levels = {who: round(earned * TOP / Fraction(one.full)) for who, earned in one.by_assessor}
            judged[one.candidate, one.task, one.aspect] = levels
    pairs: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for levels in judged.values():
        for who, own, other in pairs_of(levels):
            pairs[who].append((own, other))
    return PanelAgreement(
        marks=marks,
        left_out=left_out,
        judgements=krippendorff_alpha({place: tuple(levels.values()) for place, levels in judged.items()}),
        judged=sum(len(levels) for levels in judged.values()),
        levels=_same_level([tuple(levels.values()) for levels in judged.values()]),
        kappa=tuple((who, weighted_kappa(found)) for who, found in sorted(pairs.items())),
        evidence=evidence(0 if marks is None else marks.n),
    )


def _same_level(judged: Sequence[Sequence[int]]) -> Fraction | None:
    size = _most_frequent([len(levels) for levels in judged])
    return fleiss_kappa([[levels.count(level) for level in range(TOP + 1)] for levels in judged if len(levels) == size])


def _most_frequent(sizes: Sequence[int]) -> int:
    """Of several that are as frequent, the largest."""
    return max(sorted(set(sizes), reverse=True), key=sizes.count, default=0)


def _whole_marks(seen: Sequence[AspectObservation]) -> tuple[IntraclassCorrelation | None, int]:
    """Every candidate's marks by assessor; of panels of different sizes the most frequent size is compared."""
    totals: dict[str, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    entries: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    due: dict[str, int] = defaultdict(int)
    for one in seen:
        if one.full:
            due[one.candidate] += 1
            for who, earned in one.by_assessor:
                totals[one.candidate][who] += earned
                entries[one.candidate][who] += 1
    whole = [
        sorted(totals[candidate].items())
        for candidate, aspects in due.items()
        if all(times == aspects for times in entries[candidate].values())
    ]
    size = _most_frequent([len(panel) for panel in whole])
    compared = [panel for panel in whole if len(panel) == size]
    same = len({tuple(who for who, _ in panel) for panel in compared}) == 1
    table = [[marks for _, marks in panel] for panel in compared]
    return intraclass_correlation(table, same_panel=same), len(due) - len(compared)


def assessor_profile(observations: Iterable[AspectObservation], assessor: str) -> tuple[ProfileRow, ...]:
    """One assessor's marks beside the panels' means, aspect by aspect in the order of the sheets."""
    rows: dict[tuple[str, str], list[tuple[Fraction, Fraction]]] = {}
    for one in observations:
        own = dict(one.by_assessor).get(assessor)
        if own is None or not one.full or len(one.by_assessor) < 2:
            continue
        shares = [marks / Fraction(one.full) for _, marks in one.by_assessor]
        panel = sum(shares, Fraction(0)) / len(shares)
        rows.setdefault((one.task, one.aspect), []).append((own / Fraction(one.full), panel))
    return tuple(_profile_row(task, aspect, pairs) for (task, aspect), pairs in rows.items())


def _profile_row(task: str, aspect: str, pairs: Sequence[tuple[Fraction, Fraction]]) -> ProfileRow:
    own, panel = mean([one for one, _ in pairs]), mean([other for _, other in pairs])
    assert own is not None
    assert panel is not None
    spread = standard_deviation([one - other for one, other in pairs])
    return ProfileRow(
        task=task,
        aspect=aspect,
        n=len(pairs),
        own=own,
        panel=panel,
        difference=own - panel,
        standard_error=None if spread is None else spread / len(pairs) ** 0.5,
        evidence=evidence(len(pairs)),
    )
