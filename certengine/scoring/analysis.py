"""Classical item analysis of a sitting in which every candidate has a different paper.

Invariants:

1. The matrix of candidates by items is sparse by design. An item is set against the **rest of the candidate's own
   paper**: marks earned on all other items presented, over their full marks. There is no alpha here, since its formula
   needs everybody to have sat the same items.
2. ``n`` is the denominator of everything said of an item: the candidates who were given it and reached it. Blank,
   multiple marked and unreadable stay in ``n`` with their share (as a rule 0) and are counted apart; not reached leaves
   ``n`` but counts 0 in the rest of that candidate's other items, as it did in the score; not presented is as if absent.
3. A candidate with no other item has no rest, and is left out of whatever needs one.
4. Top and bottom group are the 27 % with the best and the worst rest, rounded up; whoever ties with the last is in.
   Where all tie there are no groups.
5. Small samples are not over-read: no flags under 30, provisional ("grey") under 100.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import lcm

from certengine.model.sitting import ResponseState
from certengine.scoring.estimates import Evidence, Interval, correlation, evidence, fisher, mean, wilson
from certengine.scoring.observations import ItemFacts, ItemObservation, whole_marks

RARE_UNDER = Fraction(5, 100)
WEAK_UNDER = 0.10


class FlagKind(StrEnum):
    """What a person should look at."""

    POSSIBLE_MISKEY = "possible_miskey"
    WEAK_ITEM_REST = "weak_item_rest"
    ATTRACTIVE_DISTRACTOR = "attractive_distractor"
    RARE_DISTRACTOR = "rare_distractor"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFlag:
    """One reason to look at an item, and the option it is about, if it is about one."""

    kind: FlagKind
    option: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionStatistics:
    """One row of a distractor table.

    Attributes:
        share: choosers over the item's ``n``; the shares of a multiple-response item may add to more than 1.
        rest_mean: mean rest of the choosers, as a share of full marks.
        discrimination: correlation of choosing it (1 or 0) with the rest; a distractor's should be negative.
        top: choosers in the top group.
    """

    option: str
    key: bool
    n: int
    share: Fraction
    rest_mean: Fraction | None
    discrimination: float | None
    top: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStatistics:
    """What a sitting says of one item; a field is ``None`` where it is not defined.

    Attributes:
        presented: candidates who were given it.
        n: those of them who reached it.
        p: mean share of the full marks, high is easy (Crocker & Algina 1986).
        p_interval: Wilson 95 %.
        item_rest: corrected item-rest correlation (Henrysson 1963), item's share with the rest.
        item_rest_interval: Fisher z 95 %.
        discrimination: mean share of the top group less that of the bottom group (Kelley 1939).
    """

    item: str
    presented: int
    n: int
    blank: int
    multiple_marked: int
    unreadable: int
    p: Fraction | None
    p_interval: Interval | None
    item_rest: float | None
    item_rest_interval: Interval | None
    discrimination: Fraction | None
    options: tuple[OptionStatistics, ...]
    evidence: Evidence
    flags: tuple[ItemFlag, ...]


def analyse_items(observations: Iterable[ItemObservation], facts: Iterable[ItemFacts]) -> tuple[ItemStatistics, ...]:
    """Statistics of every item of ``facts``, in that order; an item nobody was given has ``n`` 0.

    Definitions are in the module's invariants and on :class:`ItemStatistics`. Flags, after Haladyna & Downing (1993):
    in the top group a distractor was chosen by more than a key was; the item-rest correlation is under .10; the
    choosers of a distractor did better on the rest than the others (r > 0); a distractor was chosen by under 5 % of n.
    The correlation of a rare distractor is chance, so it is flagged as rare only. Flags come gravest first.

    Raises:
        ValueError: for an observed item or a chosen option that ``facts`` does not know.
    """
    known = {fact.item: fact for fact in facts}
    rows = _rows([seen for seen in observations if seen.state is not ResponseState.NOT_PRESENTED])
    strangers = sorted(set(rows) - set(known))
    if strangers:
        raise ValueError(f"no facts given of item `{strangers[0]}`")
    return tuple(_analyse(fact, rows.get(item, [])) for item, fact in known.items())


@dataclass(frozen=True, slots=True)
class _Row:
    """One candidate's meeting with one item: the rest is ``rest_earned`` of ``rest_full``, in whole units."""

    seen: ItemObservation
    rest_earned: int
    rest_full: int


def _rows(observations: Sequence[ItemObservation]) -> dict[str, list[_Row]]:
    """The meetings of each item, each with its candidate's rest."""
    marks = whole_marks(observations)
    earned: Counter[str] = Counter()
    full: Counter[str] = Counter()
    for seen, (got, most) in zip(observations, marks, strict=True):
        earned[seen.candidate] += got
        full[seen.candidate] += most
    rows: dict[str, list[_Row]] = defaultdict(list)
    for seen, (got, most) in zip(observations, marks, strict=True):
        rows[seen.item].append(_Row(seen, earned[seen.candidate] - got, full[seen.candidate] - most))
    return rows


def _analyse(fact: ItemFacts, rows: Sequence[_Row]) -> ItemStatistics:
    reached = [row for row in rows if row.seen.state is not ResponseState.NOT_REACHED]
    states = Counter(row.seen.state for row in reached)
    with_rest = [row for row in reached if row.rest_full]
    rests, unit = _rests(with_rest)
    shares = [row.seen.share for row in with_rest]
    tails = _tails(rests)
    n, p = len(reached), mean([row.seen.share for row in reached])
    item_rest = correlation(shares, rests)
    options = tuple(_options(fact, reached, with_rest, rests, unit, tails))
    sample = evidence(n)
    return ItemStatistics(
        item=fact.item,
        presented=len(rows),
        n=n,
        blank=states[ResponseState.BLANK],
        multiple_marked=states[ResponseState.MULTIPLE_MARKED],
        unreadable=states[ResponseState.UNREADABLE],
        p=p,
        p_interval=None if p is None else wilson(p, n),
        item_rest=item_rest,
        item_rest_interval=fisher(item_rest, len(with_rest)),
        discrimination=_discrimination(shares, rests, tails),
        options=options,
        evidence=sample,
        flags=() if sample is Evidence.TOO_FEW else tuple(_flags(item_rest, options)),
    )


def _rests(rows: Sequence[_Row]) -> tuple[list[int], int]:
    """The rests on one denominator; papers of one scheme have few distinct full marks, so it stays small."""
    unit = lcm(*{row.rest_full for row in rows})
    return [row.rest_earned * (unit // row.rest_full) for row in rows], unit


def _tails(rests: Sequence[int]) -> tuple[int, int] | None:
    """The highest rest of the bottom group and the lowest of the top group (Kelley's 27 %)."""
    size = -(-27 * len(rests) // 100)
    ordered = sorted(rests)
    return (ordered[size - 1], ordered[-size]) if ordered and ordered[size - 1] < ordered[-size] else None


def _discrimination(shares: Sequence[Fraction], rests: Sequence[int], tails: tuple[int, int] | None) -> Fraction | None:
    if tails is None:
        return None
    bottom = mean([share for share, rest in zip(shares, rests, strict=True) if rest <= tails[0]])
    top = mean([share for share, rest in zip(shares, rests, strict=True) if rest >= tails[1]])
    return None if top is None or bottom is None else top - bottom


def _options(
    fact: ItemFacts,
    reached: Sequence[_Row],
    with_rest: Sequence[_Row],
    rests: Sequence[int],
    unit: int,
    tails: tuple[int, int] | None,
) -> Iterator[OptionStatistics]:
    counts = Counter(option for row in reached for option in set(_chosen(row)))
    strangers = sorted(set(counts) - set(fact.options))
    if strangers and fact.options:
        raise ValueError(f"option `{strangers[0]}` was chosen but item `{fact.item}` does not have it")
    for option in fact.options:
        ticks = [int(option in _chosen(row)) for row in with_rest]
        chooser_rests = [rest for rest, tick in zip(rests, ticks, strict=True) if tick]
        yield OptionStatistics(
            option=option,
            key=option in fact.keys,
            n=counts[option],
            share=Fraction(counts[option], len(reached) or 1),
            rest_mean=Fraction(sum(chooser_rests), unit * len(chooser_rests)) if chooser_rests else None,
            discrimination=correlation(ticks, rests),
            top=0 if tails is None else sum(rest >= tails[1] for rest in chooser_rests),
        )


def _chosen(row: _Row) -> tuple[str, ...]:
    return row.seen.chosen if row.seen.state is ResponseState.GIVEN else ()


def _flags(item_rest: float | None, options: Sequence[OptionStatistics]) -> Iterator[ItemFlag]:
    least_key = min((option.top for option in options if option.key), default=None)
    distractors = [option for option in options if not option.key]
    if least_key is not None:
        for option in distractors:
            if option.top > least_key:
                yield ItemFlag(kind=FlagKind.POSSIBLE_MISKEY, option=option.option)
    if item_rest is not None and item_rest < WEAK_UNDER:
        yield ItemFlag(kind=FlagKind.WEAK_ITEM_REST)
    rare = [option for option in distractors if option.share < RARE_UNDER]
    for option in distractors:
        if option not in rare and option.discrimination is not None and option.discrimination > 0:
            yield ItemFlag(kind=FlagKind.ATTRACTIVE_DISTRACTOR, option=option.option)
    for option in rare:
        yield ItemFlag(kind=FlagKind.RARE_DISTRACTOR, option=option.option)
