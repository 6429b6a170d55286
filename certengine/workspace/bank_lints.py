"""What an experienced editor would remark on in a bank that is otherwise in order. Every remark is a warning.

==========================  ==============================================================================================
``item/near-duplicate``     at least 70 % of the shingles of two stems are the same; parameters are not told apart.
                            Excused: retired items, items of one point, enemies: they never meet on a paper.
``text/numbers-differ``     a number stands in figures in one language, and neither in figures nor in words in another.
``text/parameters-differ``  a ``{parameter}`` stands in one language's stem and not in another's.
``item/unmarked-negation``  a choice item asks for what is *not* so, and does not stress it: in English by capitals
                            (``NOT``, ``EXCEPT``, ``WRONG``), in Chinese by quotation marks or brackets around the
                            word (“不”正确, 「不属于」, 【错误】). Statements to be judged are left alone.
``item/options-overlap``    two options of a single choice item are ranges, limits or values in one unit, and a value lies
                            in both (``≥ 5`` and ``≥ 10``). Ranges that only touch are left alone.
``bank/longest-option``     the key is the single longest option in over 40 % of the active single choice items with three
                            options or more, of which there are 20 at least. With four options of random length it is 25 %.
``bank/empty-area``         neither the area nor one below it has an active item, though the bank has some.
``bank/importance-shares``  of 20 active items or more, under 80 % are X, over 15 % Y or over 5 % Z (the usual proportions
                            of core, general and auxiliary points in Chinese national banks).
==========================  ==============================================================================================
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from certengine.canonical import decimal_text
from certengine.errors import Finding, Severity
from certengine.items.parameters import placeholders
from certengine.items.single_choice import SingleChoiceContent
from certengine.model.bank import Area, Importance, Item, ItemStatus
from certengine.model.text import Text
from certengine.workspace.binding import texts_in
from certengine.workspace.intervals import Interval, interval_of
from certengine.workspace.likeness import first_alike, shingles
from certengine.workspace.located import Located, Places
from certengine.workspace.quantities import quantities
from certengine.workspace.yaml_source import DataPath

ALIKE_FROM = Fraction(7, 10)
ENOUGH_ITEMS = 20
LONGEST_OPTION_OVER = Fraction(40, 100)
LEAST_SHARE = {Importance.X: Fraction(80, 100)}
GREATEST_SHARE = {Importance.Y: Fraction(15, 100), Importance.Z: Fraction(5, 100)}


@dataclass(frozen=True, slots=True)
class _Remark:
    """A warning before it has a place: path within an item, code, message, hint."""

    path: DataPath
    code: str
    message: str
    hint: str


def lint_item(one: Located) -> Iterator[Finding]:
    """Every remark on an item by itself; none on a retired one."""
    if one.item.status is not ItemStatus.RETIRED:
        for remark in (*_translations(one.item), *_negation(one.item), *_overlaps(one.item)):
            yield _warning(one.source, (*one.path, *remark.path), remark)


def lint_bank(areas: Sequence[Area], head: Places, located: Sequence[Located]) -> Iterator[Finding]:
    """Every remark on items beside each other and on the bank as a whole.

    Args:
        areas: the bank's areas as ``bank.yaml`` lists them.
        head: ``bank.yaml`` itself.
    """
    living = [one for one in located if one.item.status is not ItemStatus.RETIRED]
    active = [one for one in living if one.item.status is ItemStatus.ACTIVE]
    yield from _near_duplicates(living)
    for remark in (*_empty_areas(areas, active), *_longest_option(active), *_importance(active)):
        yield _warning(head, remark.path, remark)


def _warning(source: Places, path: DataPath, remark: _Remark) -> Finding:
    place = source.place(path)
    return Finding(code=remark.code, message=remark.message, place=place, severity=Severity.WARNING, hint=remark.hint)


def _near_duplicates(living: Sequence[Located]) -> Iterator[Finding]:
    stems = [one.item.content.stem for one in living]
    enemies = [set(one.item.enemies) for one in living]

    def excused(first: int, second: int) -> bool:
        one, other = living[first].item, living[second].item
        return (
            (one.point is not None and one.point == other.point)
            or one.id in enemies[second]
            or other.id in enemies[first]
            or _same_words(stems[first], stems[second])  # said by `item/equal-stem`
        )

    for index, first, share in first_alike([shingles(stem) for stem in stems], ALIKE_FROM, excused=excused):
        one, other = living[index], living[first]
        remark = _Remark(
            (),
            "item/near-duplicate",
            f"`{one.item.id}` asks nearly the same as `{other.item.id}` ({int(share * 100)} % alike)",
            f"give both one `point`, write `enemies: [{other.item.id}]`, or retire one",
        )
        yield _warning(one.source, (*one.path, "stem"), remark)


def _same_words(one: Text, other: Text) -> bool:
    return any(_bare(text) == _bare(other.get(tag) or "") for tag, text in one.by_language)


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _translations(item: Item) -> Iterator[_Remark]:
    with_parameters = bool(getattr(item.content, "parameters", None))
    for path, text in texts_in(item.content):
        if len(text.by_language) < 2:
            continue
        yield from _numbers(path, text)
        if with_parameters:
            yield from _parameters(path, text)


def _numbers(path: DataPath, text: Text) -> Iterator[_Remark]:
    """The first two languages whose numbers differ; the figure is looked for in every other language."""
    stated = [(tag, quantities(written)) for tag, written in text.by_language]
    for tag, mine in stated:
        for other_tag, others in stated:
            missing = mine.unmatched(others)
            if missing:
                shown = ", ".join(decimal_text(value).replace("-", "−") for value in missing[:5])
                yield _Remark(
                    path,
                    "text/numbers-differ",
                    f"{shown} {'stands' if len(missing) == 1 else 'stand'} in `{tag}` but not in `{other_tag}`",
                    "correct the number, or write it in figures in both languages",
                )
                return


def _parameters(path: DataPath, text: Text) -> Iterator[_Remark]:
    names = [(tag, placeholders(written)[0]) for tag, written in text.by_language]
    for tag, mine in names:
        for other_tag, others in names:
            if mine - others:
                shown = ", ".join(f"`{{{name}}}`" for name in sorted(mine - others))
                yield _Remark(
                    path,
                    "text/parameters-differ",
                    f"{shown} stands in `{tag}` but not in `{other_tag}`",
                    f"use it in `{other_tag}` too: candidates of every language are told the same",
                )
                return


# Negations that ask for the exception. Not among them: limits (不应大于), what must not be missing (不可缺少), 而不.
_ZH_NEGATION = re.compile(
    r"(?<![“「『【《而必])"
    r"(?:不(?:正确|属于|包括|包含|符合|应当?|宜|能|可以?|得|会|需要?|必|是|对|当的|合适|妥|允许|合理|恰当|准确|适[合宜用]|推荐)"
    r"(?![仅只大小低高超少多缺称不])|错误的|有误|除外)"
)
_ZH_CAUSES = re.compile(r"使得?|导致|造成|引起|致使|令|让")
_ZH_ASKS = re.compile(r"下列|以下|哪")
_ZH_PARTS = re.compile(r"[。；！\n]")
_EN_ASKS = re.compile(r"\b[Ww]hich\b|\b[Aa]ll of\b|\b[Tt]he following\b")
_EN_NEGATION = re.compile(
    r"^(?:(?!\b(?:that|who|why|when|if|where|because)\b)[^,])*?"
    r"\b(?:(?:is|are|was|were|do|does|did|has|have|should|must|may|can|could|will|would|need) not\b"
    r"(?! (?:exceed|be (?:less|more|greater|lower|higher|missing)))|cannot\b|never\b)"
    r"|\bexcept\b"
    r"|\b(?:is|are|was|were|be) (?:wrong|false|incorrect|untrue|unsuitable|inappropriate)\b"
    r"|\b(?:wrong|false|incorrect|unsuitable|inappropriate) (?:one|ones|statement|statements|answer)\b"
)
_EN_PARTS = re.compile(r"(?<=[.;!])\s")


def _negation(item: Item) -> Iterator[_Remark]:
    if not hasattr(item.content, "options"):
        return
    for tag, written in item.content.stem.by_language:
        word = {"zh": _zh_negation, "en": _en_negation}.get(tag.partition("-")[0], lambda _: None)(written)
        if word is not None:
            yield _Remark(
                ("stem", tag),
                "item/unmarked-negation",
                f"`{word}` turns the question round and is easily overlooked",
                "ask for what is so, or stress it: NOT in capitals, “不” in quotation marks",
            )


def _zh_negation(written: str) -> str | None:
    """The negation in the asking clause of the last sentence, or after it."""
    question = _last(_ZH_PARTS.split(written))
    clauses = question.split("，")
    asking = next((index for index, clause in enumerate(clauses) if _ZH_ASKS.search(clause)), None)
    if asking is None:
        return None
    # What the thing asked for brings about is no negation of the question: 哪些原因会使电动机不能起动.
    asked = _ZH_CAUSES.split("，".join(clauses[asking:]))[0]
    found = _ZH_NEGATION.search(asked)
    return found.group() if found else None


def _en_negation(written: str) -> str | None:
    """The negation that follows ``which``, ``all of`` or ``the following`` in the last sentence."""
    question = _last(_EN_PARTS.split(written))
    asks = _EN_ASKS.search(question)
    found = _EN_NEGATION.search(question[asks.end() :]) if asks else None
    return found.group().split()[-1] if found else None


def _last(parts: list[str]) -> str:
    return next((part for part in reversed(parts) if part.strip()), "")


def _overlaps(item: Item) -> Iterator[_Remark]:
    content = item.content
    if not isinstance(content, SingleChoiceContent):
        return
    for tag in content.stem.languages:
        read = [(option.id, interval_of(option.text.get(tag) or "")) for option in content.options]
        pair = _overlapping([(option, interval) for option, interval in read if interval is not None])
        if pair is not None:
            yield _Remark(
                ("options",),
                "item/options-overlap",
                f"options `{pair[0]}` and `{pair[1]}` hold the same values in part",
                "let each value belong to one option only: `5 to under 10`, `10 or more`",
            )
            return


def _overlapping(intervals: Sequence[tuple[str, Interval]]) -> tuple[str, str] | None:
    for index, (one, interval) in enumerate(intervals):
        for other, second in intervals[index + 1 :]:
            if interval.overlaps(second):
                return one, other
    return None


def _empty_areas(areas: Sequence[Area], active: Sequence[Located]) -> Iterator[_Remark]:
    parents = {area.id: area.parent for area in areas}
    served: set[str] = set()
    for one in active:
        area: str | None = one.item.area
        while area is not None and area not in served:
            served.add(area)
            area = parents.get(area)
    for index, node in enumerate(areas):
        if active and node.id not in served:
            yield _Remark(
                ("areas", index),
                "bank/empty-area",
                f"area `{node.id}` has no active item",
                "write items for it, or take it away",
            )


def _longest_option(active: Sequence[Located]) -> Iterator[_Remark]:
    choices = [
        content
        for content in (one.item.content for one in active)
        if isinstance(content, SingleChoiceContent) and len(content.options) >= 3
    ]
    for tag in sorted({tag for content in choices for tag in content.stem.languages}):
        told = sum(_key_is_longest(content, tag) for content in choices)
        if len(choices) >= ENOUGH_ITEMS and told > LONGEST_OPTION_OVER * len(choices):
            yield _Remark(
                (),
                "bank/longest-option",
                f"the right option is the longest in `{tag}` in {told} of {len(choices)} single choice items",
                f"shorten keys or lengthen other options, to {int(LONGEST_OPTION_OVER * 100)} % of the items at most",
            )


def _key_is_longest(content: SingleChoiceContent, tag: str) -> bool:
    lengths = {option.id: len(option.text.get(tag) or "") for option in content.options}
    key = lengths.pop(content.key, 0)
    return key > max(lengths.values(), default=key)


def _importance(active: Sequence[Located]) -> Iterator[_Remark]:
    total = len(active)
    if total < ENOUGH_ITEMS:
        return
    counts = Counter(one.item.importance for one in active)
    wrong = [
        *(f"X {counts[one]} (80 % at least)" for one, least in LEAST_SHARE.items() if counts[one] < least * total),
        *(
            f"{one.value} {counts[one]} ({int(most * 100)} % at most)"
            for one, most in GREATEST_SHARE.items()
            if counts[one] > most * total
        ),
    ]
    if wrong:
        yield _Remark(
            (),
            "bank/importance-shares",
            f"of {total} active items: {', '.join(wrong)}",
            "the usual proportions are X ≥ 80 %, Y ≤ 15 %, Z ≤ 5 %",
        )
