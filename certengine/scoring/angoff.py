"""A cut score from judges' estimates, item by item: Angoff's method, with its error and the judges who stand apart.

A judge estimates for each item the share of just acceptable candidates who would do it right - of an item with parts of
marks, the share of its marks they would earn (Angoff 1971, p. 515). In the modified method judges discuss what they found,
and estimate once more; each round stands for itself.

Invariants:

1. A round is complete: every judge has estimated every item. Nothing is filled in.
2. A judge's cut is the sum of marks times estimates; the cut is the mean of the judges' cuts, its standard error
   s / sqrt(J) with s over J - 1 (Cizek & Bunch 2007, ch. 6). Both are exact until the last root.
3. Nobody is left out by itself: who stands apart is named, with the cut as it would be without them; people decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from statistics import median

from certengine.scoring.estimates import correlation, mean, standard_deviation

APART_FROM = 3.5
FEWEST_JUDGES = 2
_NORMAL = 0.6745  # the upper quartile of the standard normal distribution

Estimates = Mapping[str, Mapping[str, Fraction]]
"""By judge and item, a share from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeCut:
    """One judge of a round.

    Attributes:
        cut: in marks.
        agreement: correlation of the judge's estimates with the mean of the other judges', over items.
        apart: modified z score 0.6745 (cut - median) / MAD (Iglewicz and Hoaglin 1993); ``None`` where more than half of
            the judges have the same cut.
        outlier: whether ``apart`` is beyond 3.5 either way.
    """

    judge: str
    cut: Fraction
    agreement: float | None
    apart: float | None
    outlier: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCut:
    """One item of a round: mean, standard deviation (J - 1) and range of the judges' estimates."""

    item: str
    mean: Fraction
    sd: float
    low: Fraction
    high: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class CutScore:
    """What the judges of one round came to, in marks.

    Attributes:
        sd: of the judges' cuts.
        standard_error: of the cut, over judges.
        without_outliers: the cut of the judges who do not stand apart; ``None`` where nobody does.
    """

    cut: Fraction
    sd: float
    standard_error: float
    judges: tuple[JudgeCut, ...]
    items: tuple[ItemCut, ...]
    without_outliers: Fraction | None


def cut_score(estimates: Estimates, marks: Mapping[str, Fraction]) -> CutScore:
    """The cut score of one round.

    Args:
        marks: full marks of each item, in the order of the form.

    Raises:
        ValueError: with fewer than two judges, without items, or where a judge has not estimated just these items.
    """
    if len(estimates) < FEWEST_JUDGES or not marks:
        raise ValueError("a cut score takes two judges at least, and items")
    if any(set(own) != set(marks) for own in estimates.values()):
        raise ValueError("every judge estimates every item of the form, and no other")
    cuts = {judge: _cut(own, marks) for judge, own in estimates.items()}
    apart = _apart(cuts)
    judges = tuple(
        JudgeCut(
            judge=judge,
            cut=cut,
            agreement=_agreement(judge, estimates, list(marks)),
            apart=apart[judge],
            outlier=abs(apart[judge] or 0.0) > APART_FROM,
        )
        for judge, cut in cuts.items()
    )
    close = [one.cut for one in judges if not one.outlier]
    return CutScore(
        cut=_mean(list(cuts.values())),
        sd=_sd(list(cuts.values())),
        standard_error=_sd(list(cuts.values())) / sqrt(len(cuts)),
        judges=judges,
        items=tuple(_item(item, [own[item] for own in estimates.values()]) for item in marks),
        without_outliers=_mean(close) if len(close) < len(judges) else None,
    )


def _cut(own: Mapping[str, Fraction], marks: Mapping[str, Fraction]) -> Fraction:
    return sum((share * marks[item] for item, share in own.items()), Fraction(0))


def _apart(cuts: Mapping[str, Fraction]) -> dict[str, float | None]:
    middle = median(cuts.values())
    deviation = median(abs(cut - middle) for cut in cuts.values())
    return {judge: _NORMAL * float((cut - middle) / deviation) if deviation else None for judge, cut in cuts.items()}


def _agreement(judge: str, estimates: Estimates, items: Sequence[str]) -> float | None:
    others = [own for name, own in estimates.items() if name != judge]
    own = [estimates[judge][item] for item in items]
    return correlation(own, [_mean([other[item] for other in others]) for item in items])


def _item(item: str, shares: Sequence[Fraction]) -> ItemCut:
    return ItemCut(item=item, mean=_mean(shares), sd=_sd(shares), low=min(shares), high=max(shares))


def _mean(values: Sequence[Fraction]) -> Fraction:
    found = mean(values)
    assert found is not None
    return found


def _sd(values: Sequence[Fraction]) -> float:
    found = standard_deviation(values)
    assert found is not None
    return found
