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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import lcm

from certengine.model.sitting import ResponseState
from certengine.scoring.estimates import GREY_UNDER, Evidence, Interval, correlation, evidence, fisher, mean, wilson
from certengine.scoring.observations import ItemFacts, ItemObservation, whole_marks

RARE_UNDER = Fraction(5, 100)
WEAK_UNDER = 0.10
ABILITY_GROUPS = 5
ABILITY_GROUPS_OF_FEW = 3


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
        by_group: share of each ability group that chose it, weakest group first; the distractor curve.
    """

    option: str
    key: bool
    n: int
    share: Fraction
    rest_mean: Fraction | None
    discrimination: float | None
    top: int
    by_group: tuple[Fraction | None, ...]


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
        groups: candidates in each ability group, weakest first; see :func:`ability_groups`.
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
    groups: tuple[int, ...]


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
    meetings = _meetings([seen for seen in observations if seen.state is not ResponseState.NOT_PRESENTED])
    strangers = sorted(set(meetings) - set(known))
    if strangers:
        raise ValueError(f"no facts given of item `{strangers[0]}`")
    return tuple(analyse_meetings(fact, meetings.get(item, {})) for item, fact in known.items())


@dataclass(frozen=True, slots=True)
class Meeting:
    """What some candidates did with one item, all of them alike, and how they did on the rest.

    Attributes:
        share: what they earned of the item's full marks.
        rest_earned, rest_full: their marks on all other items presented, in whole units; no other item is a full of 0.
        chosen: option ids; empty unless the state is ``given``.
    """

    state: ResponseState
    share: Fraction
    chosen: tuple[str, ...]
    rest_earned: int
    rest_full: int


Meetings = Mapping[Meeting, int]
"""How many candidates met an item in each way. A million candidates have a few hundred."""


def _meetings(observations: Sequence[ItemObservation]) -> dict[str, dict[Meeting, int]]:
    """The meetings of each item, each with its candidate's rest."""
    marks = whole_marks(observations)
    earned: Counter[str] = Counter()
    full: Counter[str] = Counter()
    for seen, (got, most) in zip(observations, marks, strict=True):
        earned[seen.candidate] += got
        full[seen.candidate] += most
    # Counted by plain tuples, of which a sitting has a million and few distinct ones.
    alike: Counter[tuple[str, ResponseState, int, int, tuple[str, ...], int, int]] = Counter(
        (
            seen.item,
            seen.state,
            seen.share.numerator,
            seen.share.denominator,
            seen.chosen if seen.state is ResponseState.GIVEN else (),
            earned[seen.candidate] - got,
            full[seen.candidate] - most,
        )
        for seen, (got, most) in zip(observations, marks, strict=True)
    )
    found: dict[str, dict[Meeting, int]] = defaultdict(dict)
    for (item, state, numerator, denominator, chosen, rest_earned, rest_full), n in alike.items():
        met = Meeting(state, Fraction(numerator, denominator), chosen, rest_earned, rest_full)
        found[item][met] = n
    return found


def analyse_meetings(fact: ItemFacts, meetings: Meetings) -> ItemStatistics:
    """The statistics of one item; see :func:`analyse_items`.

    Raises:
        ValueError: for a chosen option that ``fact`` does not know.
    """
    reached = {met: n for met, n in meetings.items() if met.state is not ResponseState.NOT_REACHED}
    states: Counter[ResponseState] = Counter()
    for met, count in reached.items():
        states[met.state] += count
    n = sum(reached.values())
    p = mean([met.share for met in reached], list(reached.values()))
    rest = _Rest.of(reached)
    shares = [met.share for met in rest.meetings]
    item_rest = correlation(shares, rest.values, rest.counts)
    options = tuple(_options(fact, reached, rest))
    sample = evidence(n)
    return ItemStatistics(
        item=fact.item,
        presented=sum(meetings.values()),
        n=n,
        blank=states[ResponseState.BLANK],
        multiple_marked=states[ResponseState.MULTIPLE_MARKED],
        unreadable=states[ResponseState.UNREADABLE],
        p=p,
        p_interval=None if p is None else wilson(p, n),
        item_rest=item_rest,
        item_rest_interval=fisher(item_rest, sum(rest.counts)),
        discrimination=_discrimination(rest),
        options=options,
        evidence=sample,
        flags=() if sample is Evidence.TOO_FEW else tuple(_flags(item_rest, options)),
        groups=rest.group_sizes,
    )


@dataclass(frozen=True, slots=True)
class _Rest:
    """The meetings that have a rest, with the rests on one denominator, ``unit``.

    Attributes:
        tails: the highest rest of the bottom group and the lowest of the top group (Kelley's 27 %), where there are groups.
        groups: the ability group of each meeting, from 0.
    """

    meetings: tuple[Meeting, ...]
    counts: tuple[int, ...]
    values: tuple[int, ...]
    unit: int
    tails: tuple[int, int] | None
    groups: tuple[int, ...]
    group_sizes: tuple[int, ...]

    @classmethod
    def of(cls, reached: Meetings) -> _Rest:
        """Papers of one scheme have few distinct full marks, so the denominator stays small."""
        kept = tuple(met for met in reached if met.rest_full)
        unit = lcm(*{met.rest_full for met in kept})
        values = tuple(met.rest_earned * (unit // met.rest_full) for met in kept)
        counts = tuple(reached[met] for met in kept)
        spread: Counter[int] = Counter()
        for value, count in zip(values, counts, strict=True):
            spread[value] += count
        group_of = ability_groups(spread)
        sizes: Counter[int] = Counter()
        for value, count in spread.items():
            sizes[group_of[value]] += count
        number = ABILITY_GROUPS if sum(counts) >= GREY_UNDER else ABILITY_GROUPS_OF_FEW
        return cls(
            meetings=kept,
            counts=counts,
            values=values,
            unit=unit,
            tails=_tails(spread),
            groups=tuple(group_of[value] for value in values),
            group_sizes=tuple(sizes[group] for group in range(number)),
        )


def ability_groups(spread: Mapping[int, int]) -> dict[int, int]:
    """The ability group of each value, from 0 for the weakest: five of equal size, three where candidates are under 100.

    Who ties stays together: all are where the middle one of them is, so groups may differ in size or be empty.
    """
    n = sum(spread.values())
    number = ABILITY_GROUPS if n >= GREY_UNDER else ABILITY_GROUPS_OF_FEW
    groups: dict[int, int] = {}
    below = 0
    for value in sorted(spread):
        groups[value] = (2 * below + spread[value]) * number // (2 * n)
        below += spread[value]
    return groups


def _tails(spread: Mapping[int, int]) -> tuple[int, int] | None:
    """Where bottom and top group end: the value at the 27 % mark from either side."""
    size = -(-27 * sum(spread.values()) // 100)
    bottom, top = _value_at(sorted(spread), spread, size), _value_at(sorted(spread, reverse=True), spread, size)
    return (bottom, top) if bottom is not None and top is not None and bottom < top else None


def _value_at(values: Iterable[int], spread: Mapping[int, int], place: int) -> int | None:
    """The value that the candidate has who stands at a place, counted from 1."""
    for value in values:
        place -= spread[value]
        if place <= 0:
            return value
    return None


def _discrimination(rest: _Rest) -> Fraction | None:
    if rest.tails is None:
        return None
    rows = list(zip(rest.meetings, rest.values, rest.counts, strict=True))
    low = [(met.share, count) for met, value, count in rows if value <= rest.tails[0]]
    high = [(met.share, count) for met, value, count in rows if value >= rest.tails[1]]
    bottom, top = (mean([share for share, _ in part], [count for _, count in part]) for part in (low, high))
    assert top is not None
    assert bottom is not None
    return top - bottom


def _options(fact: ItemFacts, reached: Meetings, rest: _Rest) -> Iterator[OptionStatistics]:
    counts: Counter[str] = Counter()
    for met, count in reached.items():
        for option in set(met.chosen):
            counts[option] += count
    strangers = sorted(set(counts) - set(fact.options))
    if strangers and fact.options:
        raise ValueError(f"option `{strangers[0]}` was chosen but item `{fact.item}` does not have it")
    n = sum(reached.values()) or 1
    for option in fact.options:
        ticks = [int(option in met.chosen) for met in rest.meetings]
        choosers = [
            (value, count, group)
            for value, count, group, tick in zip(rest.values, rest.counts, rest.groups, ticks, strict=True)
            if tick
        ]
        in_group: Counter[int] = Counter()
        for _, count, group in choosers:
            in_group[group] += count
        mean_rest = mean([value for value, _, _ in choosers], [count for _, count, _ in choosers])
        tails = rest.tails
        yield OptionStatistics(
            option=option,
            key=option in fact.keys,
            n=counts[option],
            share=Fraction(counts[option], n),
            rest_mean=None if mean_rest is None else mean_rest / rest.unit,
            discrimination=correlation(ticks, rest.values, rest.counts),
            top=0 if tails is None else sum(count for value, count, _ in choosers if value >= tails[1]),
            by_group=tuple(
                Fraction(in_group[group], size) if size else None for group, size in enumerate(rest.group_sizes)
            ),
        )


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
