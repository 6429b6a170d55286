"""How reliable the scores of one examination are, and how firm its pass or fail: the statistics of a form.

Invariants:

1. A *shared form* is one set of items that all candidates sat: alpha and what follows from it are defined. Where every
   candidate has a paper of his or her own there is no alpha; what is defined then is the *dependability* of scores over
   papers drawn alike (items nested in persons), and it is never called alpha.
2. Everything is in marks before rounding. Variances of candidates have the denominator n - 1, in alpha on both sides, so
   that KR-20 is alpha of right and wrong items.
3. What is not defined is ``None``: under two candidates or items, no variance, an estimate of reliability not above 0.
4. Sums are exact; floating point begins at the last root, or where a formula has an integral.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import sqrt

from certengine.model.sitting import ResponseState
from certengine.scoring.decision_consistency import Consistency, Moments, livingston_lewis, subkoviak
from certengine.scoring.estimates import Evidence, evidence
from certengine.scoring.observations import ItemObservation, whole_marks

NEAR_CUT = Fraction(5, 100)
FEW_NEAR_CUT = 10

Spread = Mapping[Fraction, int]
"""How many candidates have each value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormScores:
    """What the statistics of a form are made of.

    Attributes:
        shared: all candidates had the same items.
        full: marks of the whole paper. items: how many it has.
        sums: how many candidates have each sum of marks.
        marks: for a shared form, how many candidates earned how much on each item.
        errors: by sum of marks, the squared standard errors of its candidates added up (:func:`squared_error`).
        equal_mark: marks of a right answer, where every item is either right or wrong and worth the same.
    """

    shared: bool
    full: Decimal
    items: int
    sums: Spread
    marks: tuple[Spread, ...]
    errors: Mapping[Fraction, Fraction]
    equal_mark: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormStatistics:
    """The reliability of a form's scores.

    Attributes:
        form: letter of the form; ``None`` where each candidate has a paper of his or her own.
        alpha: of a shared form, k/(k - 1) (1 - sum of item variances / variance) (Cronbach 1951); KR-20 where every item
            is right or wrong (Kuder and Richardson 1937).
        dependability: of unique papers, 1 - mean squared error of measurement / variance: the share of the variance that
            is the candidates' own, over papers drawn alike (Brennan 2001, items nested in persons; KR-21 where every
            item is right or wrong and worth the same).
        sem: standard error of measurement in marks: SD sqrt(1 - alpha), or of unique papers the root of the mean squared
            error.
        csem: conditional standard error at the cut, in marks: m sqrt(x (k - x) / (k - 1)) for items right or wrong of m
            marks each (Lord 1955); else from the errors of the candidates within 5 % of full marks of the cut, ten at
            least.
        subkoviak: one form, right or wrong items (Subkoviak 1976).
        livingston_lewis: any marks (Livingston and Lewis 1995).
    """

    form: str | None
    n: int
    items: int
    mean: Fraction | None
    sd: float | None
    alpha: Fraction | None
    dependability: Fraction | None
    sem: float | None
    cut: Decimal | None
    csem: float | None
    subkoviak: Consistency | None
    livingston_lewis: Consistency | None
    evidence: Evidence


def form_statistics(scores: FormScores, *, cut: Decimal | None, form: str | None = None) -> FormStatistics:
    """The statistics of a form; see :class:`FormStatistics`."""
    n = sum(scores.sums.values())
    moments = Moments.of(scores.sums)
    variance = None if moments is None else moments.variance
    alpha = _alpha(scores, variance) if scores.shared else None
    error = sum(scores.errors.values(), Fraction(0)) / n if n and scores.errors else None
    dependability = None
    if not scores.shared and error is not None and variance:
        dependability = 1 - error / variance
    reliability = alpha if scores.shared else dependability
    sem: float | None = None
    if scores.shared and alpha is not None and variance is not None:
        sem = sqrt(variance * max(Fraction(0), 1 - alpha))
    elif not scores.shared and error is not None:
        sem = sqrt(error)
    binomial = beta = None
    if cut is not None and reliability is not None and 0 < reliability < 1:
        beta = livingston_lewis(scores.sums, Fraction(scores.full), reliability, cut)
        if scores.equal_mark is not None:
            binomial = subkoviak(scores.sums, scores.items, scores.equal_mark, reliability, cut)
    return FormStatistics(
        form=form,
        n=n,
        items=scores.items,
        mean=None if moments is None else moments.mean,
        sd=None if variance is None else sqrt(variance),
        alpha=alpha,
        dependability=dependability,
        sem=sem,
        cut=cut,
        csem=None if cut is None else _error_at(scores, Fraction(cut)),
        subkoviak=binomial,
        livingston_lewis=beta,
        evidence=evidence(n),
    )


def scores_of(observations: Iterable[ItemObservation], *, full: Decimal, shared: bool) -> FormScores:
    """The scores of a form, or of unique papers, from what was observed. Not reached earns 0, as in the score."""
    seen = [one for one in observations if one.state is not ResponseState.NOT_PRESENTED]
    whole = whole_marks(seen)
    unit = Fraction(whole[0][1]) / Fraction(seen[0].full) if seen else Fraction(1)
    papers: dict[str, list[int]] = defaultdict(list)
    marks: dict[str, Counter[int]] = defaultdict(Counter)
    worth: set[int] = set()
    right_or_wrong = True
    for one, (earned, most) in zip(seen, whole, strict=True):
        papers[one.candidate].append(earned)
        marks[one.item][earned] += 1
        worth.add(most)
        right_or_wrong = right_or_wrong and earned in (0, most)
    sums: Counter[Fraction] = Counter()
    errors: dict[Fraction, Fraction] = defaultdict(Fraction)
    for paper in papers.values():
        total = Fraction(sum(paper)) / unit
        sums[total] += 1
        errors[total] += squared_error(paper) / unit**2
    return FormScores(
        shared=shared,
        full=full,
        items=max((len(paper) for paper in papers.values()), default=0),
        sums=sums,
        marks=tuple({mark / unit: n for mark, n in spread.items()} for spread in marks.values()) if shared else (),
        errors=errors if all(len(paper) > 1 for paper in papers.values()) else {},
        equal_mark=worth.pop() / unit if right_or_wrong and len(worth) == 1 else None,
    )


def squared_error(marks: Sequence[int]) -> Fraction:
    """One candidate's squared standard error from having drawn these items: k * sum((x - mean)^2) / (k - 1).

    The whole paper is taken for one section: papers drawn by sections vary less, so it errs on the high side (Brennan
    1998). 0 for a single item, of which nothing is known.
    """
    k, total = len(marks), sum(marks)
    return Fraction(k * sum(mark * mark for mark in marks) - total * total, max(1, k - 1))


def _alpha(scores: FormScores, variance: Fraction | None) -> Fraction | None:
    k = len(scores.marks)
    if k < 2 or not variance:
        return None
    found = [Moments.of(spread) for spread in scores.marks]
    own = sum((one.variance for one in found if one is not None), Fraction(0))
    return Fraction(k, k - 1) * (1 - own / variance)


def _error_at(scores: FormScores, cut: Fraction) -> float | None:
    mark, k = scores.equal_mark, scores.items
    if mark is not None:
        x = cut / mark
        return float(mark) * sqrt(x * (k - x) / (k - 1)) if k > 1 and 0 <= x <= k else None
    reach = NEAR_CUT * Fraction(scores.full)
    near = [total for total in scores.errors if abs(total - cut) <= reach]
    n = sum(scores.sums[total] for total in near)
    if n < FEW_NEAR_CUT:
        return None
    return sqrt(sum((scores.errors[total] for total in near), Fraction(0)) / n)
