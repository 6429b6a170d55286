"""How a component came out: the distribution of its scores, its sections, the error of its papers.

Invariants:

1. Every standard deviation has the denominator n - 1 and is ``None`` under two candidates.
2. A score that is still open (``None``) is counted as open and enters nothing else.
3. A pass share has the candidates with a final score as its denominator; the cut itself passes.
4. Papers differ, so there is no alpha and no error of measurement derived from one. What is defined for one paper is
   the error of having drawn these items and no others; see :func:`sampling_error`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import sqrt

from certengine.model.sitting import ResponseState
from certengine.scoring.estimates import Evidence, Interval, evidence, mean, standard_deviation, wilson
from certengine.scoring.observations import ItemObservation, whole_marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """A bar of a histogram: scores from ``low`` to under ``high``; the last bar includes its end."""

    low: Fraction
    high: Fraction
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSummary:
    """The distribution of one component's scores, in marks.

    Attributes:
        open: candidates without a final score; not in ``n``. absent: who did not come; neither in ``n`` nor in ``open``.
        passed: scores at or above the cut; ``None`` without a cut.
        sem: :func:`sampling_error`, in marks, where it is defined.
    """

    full: Decimal
    cut: Decimal | None
    n: int
    open: int
    mean: Fraction | None
    sd: float | None
    minimum: Decimal | None
    maximum: Decimal | None
    passed: int | None
    pass_share: Fraction | None
    pass_interval: Interval | None
    bins: tuple[Bin, ...]
    sem: float | None
    evidence: Evidence
    absent: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionSummary:
    """One section's scores as shares of the section's full marks on each candidate's own paper."""

    section: str
    n: int
    mean: Fraction | None
    sd: float | None
    minimum: Fraction | None
    maximum: Fraction | None


def summarise_scores(
    scores: Iterable[Decimal | None],
    *,
    full: Decimal,
    cut: Decimal | None,
    bins: int = 20,
    sem: float | None = None,
    counts: Sequence[int] | None = None,
    absent: int = 0,
) -> ScoreSummary:
    """The distribution of final scores: mean, SD (n - 1), range, equal-width histogram from 0 to full, pass share.

    Scores under 0 are counted in the first bar, scores over ``full`` in the last.

    Args:
        counts: how many candidates have each of the scores; one each where left out.

    Raises:
        ValueError: when ``full`` or ``bins`` is not positive.
    """
    if full <= 0 or bins < 1:
        raise ValueError("a histogram needs full marks above 0 and at least one bar")
    everyone = list(scores)
    rows = list(zip(everyone, [1] * len(everyone) if counts is None else counts, strict=True))
    final = [(score, count) for score, count in rows if score is not None]
    exact, weights = [Fraction(score) for score, _ in final], [count for _, count in final]
    n = sum(weights)
    passed = None if cut is None else sum(count for score, count in final if score >= cut)
    share = Fraction(passed, n) if passed is not None and n else None
    return ScoreSummary(
        full=full,
        cut=cut,
        n=n,
        open=sum(count for score, count in rows if score is None),
        mean=mean(exact, weights),
        sd=standard_deviation(exact, weights),
        minimum=min((score for score, _ in final), default=None),
        maximum=max((score for score, _ in final), default=None),
        passed=passed,
        pass_share=share,
        pass_interval=None if share is None else wilson(share, n),
        bins=_histogram(exact, weights, Fraction(full), bins),
        sem=sem,
        evidence=evidence(n),
        absent=absent,
    )


def sampling_error(observations: Iterable[ItemObservation]) -> float | None:
    """Standard error of a score, in marks, from drawing these items and no others: root mean square over candidates.

    For one candidate and one section of k items with marks x it is k * sum((x - mean)^2) / (k - 1) (Brennan 1998,
    absolute error); with one mark each this is Lord's (1955) binomial X(k - X) / (k - 1). Sections add (Feldt 1984).
    ``None`` when somebody has a section of a single item, or nobody has anything. Papers drawn by cells vary a little
    less than free draws, so it errs on the high side.
    """
    seen = [one for one in observations if one.state is not ResponseState.NOT_PRESENTED]
    marks: dict[tuple[str, str], list[int]] = defaultdict(list)
    whole = whole_marks(seen)
    for one, (earned, _) in zip(seen, whole, strict=True):
        marks[one.candidate, one.section].append(earned)
    if not marks or any(len(drawn) < 2 for drawn in marks.values()):
        return None
    unit = Fraction(whole[0][1]) / Fraction(seen[0].full)
    squares = sum((_squared_error(drawn) for drawn in marks.values()), Fraction(0))
    return sqrt(squares / len({one.candidate for one in seen})) / float(unit)


def summarise_sections(observations: Iterable[ItemObservation], sections: Sequence[str]) -> tuple[SectionSummary, ...]:
    """Each of ``sections`` by itself, in that order: the one comparison that papers of one blueprint allow."""
    seen = [one for one in observations if one.state is not ResponseState.NOT_PRESENTED]
    earned: Counter[tuple[str, str]] = Counter()
    full: Counter[tuple[str, str]] = Counter()
    for one, (got, most) in zip(seen, whole_marks(seen), strict=True):
        earned[one.section, one.candidate] += got
        full[one.section, one.candidate] += most
    shares: dict[str, list[Fraction]] = {section: [] for section in sections}
    for (section, candidate), most in full.items():
        shares[section].append(Fraction(earned[section, candidate], most))
    return tuple(summarise_section(section, found, [1] * len(found)) for section, found in shares.items())


def _histogram(scores: Sequence[Fraction], weights: Sequence[int], full: Fraction, bins: int) -> tuple[Bin, ...]:
    counts = [0] * bins
    for score, weight in zip(scores, weights, strict=True):
        counts[min(max(score * bins // full, 0), bins - 1)] += weight
    return tuple(Bin(low=full * i / bins, high=full * (i + 1) / bins, n=n) for i, n in enumerate(counts))


def _squared_error(marks: Sequence[int]) -> Fraction:
    k, total = len(marks), sum(marks)
    return Fraction(k * sum(mark * mark for mark in marks) - total * total, k - 1)


def summarise_section(section: str, shares: Sequence[Fraction], counts: Sequence[int]) -> SectionSummary:
    """A section's scores as shares of its full marks, each with how many candidates have it."""
    return SectionSummary(
        section=section,
        n=sum(counts),
        mean=mean(shares, counts),
        sd=standard_deviation(shares, counts),
        minimum=min(shares, default=None),
        maximum=max(shares, default=None),
    )
