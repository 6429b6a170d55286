"""The mark of one response: by its key, by the people who marked it, and by every correction of its key since.

Invariants:

1. Only a response that was *given* is marked; blank, doubly marked and unreadable ones earn nothing, each under its own
   name. Full credit is the one policy that gives marks to those too; to whoever was absent nothing does.
2. Corrections apply in the order they were made, each to what counted before it. An item is dropped when the latest
   correction drops it.
3. A corrected key reads the raw response anew: what the old key could not read (a unit, a word) it may read.
4. Under ``current_or_previous`` a mark is open while the better of the two cannot be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from certengine.items import kind_of
from certengine.model.bank import Item
from certengine.model.key_correction import KeyCorrection, KeyPolicy
from certengine.model.score import Mark
from certengine.model.sitting import DrawnItem, Response, ResponseState
from certengine.model.text import Text
from certengine.scoring.marking import WAITS_FOR, Stage, Standing

ABSENT_WORD = Text.of(zh="缺考", en="absent")
STATE_WORDS = {
    ResponseState.BLANK: Text.of(zh="未作答", en="blank"),
    ResponseState.MULTIPLE_MARKED: Text.of(zh="重复填涂", en="more than one marked"),
    ResponseState.UNREADABLE: Text.of(zh="无法辨认", en="unreadable"),
    ResponseState.NOT_REACHED: Text.of(zh="未答至此题", en="not reached"),
    ResponseState.NOT_PRESENTED: Text.of(zh="未提供此题", en="not presented"),
    ResponseState.ABSENT: ABSENT_WORD,
}
_FULL = Mark(
    share=Fraction(1), reason=Text.of(zh="试题有误，全体得满分", en="the item was at fault: full marks for everybody")
)
_DROPPED = Mark(
    share=Fraction(0),
    reason=Text.of(zh="试题作废，其余各题按比例折算", en="the item was dropped: the others are scaled up"),
)
_NOT_READ = {ResponseState.NOT_REACHED, ResponseState.NOT_PRESENTED, ResponseState.ABSENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """What one response earned in the end.

    Attributes:
        by: the correction that counts, if any does.
    """

    state: ResponseState
    mark: Mark
    by: KeyCorrection | None = None

    @property
    def dropped(self) -> bool:
        """Whether the item counts for nobody."""
        return self.by is not None and self.by.policy is KeyPolicy.DROP


def read_response(drawn: DrawnItem, item: Item, raw: str) -> Response:
    """A raw response as the kind of its item reads it."""
    reading = kind_of(item.kind).parse(item.content, drawn.variant, raw)
    return Response(position=drawn.position, state=reading.state, raw=raw, value=reading.value)


def why_unreadable(drawn: DrawnItem, item: Item, raw: str) -> str:
    """Why a raw response cannot be read, for whoever looks at the sheet; empty where nothing more can be said."""
    return kind_of(item.kind).parse(item.content, drawn.variant, raw).why


def absent_response(drawn: DrawnItem) -> Response:
    """The response at one position of a paper whose candidate did not come."""
    return Response(position=drawn.position, state=ResponseState.ABSENT)


def mark_response(
    drawn: DrawnItem,
    item: Item,
    policy: str,
    response: Response,
    standing: Standing | None = None,
    corrections: Sequence[KeyCorrection] = (),
) -> Marked:
    """The mark of a response.

    Args:
        item: as the paper's bank version has it.
        standing: how far people have marked it; without one an answer for people waits.
        corrections: of its key, oldest first.
    """
    found = Marked(state=response.state, mark=_by_key(drawn, item, policy, response, standing))
    for one in corrections:
        found = _corrected(found, one, drawn, policy, response, standing)
    return replace(found, mark=_DROPPED) if found.dropped else found


def _by_key(drawn: DrawnItem, item: Item, policy: str, response: Response, standing: Standing | None) -> Mark:
    if response.state is not ResponseState.GIVEN:
        return Mark(share=Fraction(0), reason=STATE_WORDS[response.state])
    mark = kind_of(item.kind).mark(item.content, drawn.variant, response.value, policy)
    return mark if mark.open is None or standing is None else _by_people(drawn, item, policy, standing)


def _by_people(drawn: DrawnItem, item: Item, policy: str, standing: Standing) -> Mark:
    """The mean of the points that count, each traced; open while somebody is asked for."""
    if standing.stage is not Stage.SETTLED:
        why = WAITS_FOR[standing.stage]
        return Mark(share=Fraction(0), reason=why, open=why)
    kind = kind_of(item.kind)
    marks = [kind.mark(item.content, drawn.variant, dict(points), policy) for points in standing.counting]
    zh, en = (" | ".join(mark.reason.best(tag) for mark in marks) for tag in ("zh", "en"))
    both = len(marks) > 1
    return Mark(
        share=sum((mark.share for mark in marks), Fraction(0)) / len(marks),
        reason=Text.of(zh=f"两人评阅取平均：{zh}" if both else zh, en=f"mean of two markers: {en}" if both else en),
    )


def _corrected(
    before: Marked,
    correction: KeyCorrection,
    drawn: DrawnItem,
    policy: str,
    response: Response,
    standing: Standing | None,
) -> Marked:
    if correction.policy is KeyPolicy.FULL_CREDIT:
        if response.state is ResponseState.ABSENT:
            return replace(before, by=correction)
        return Marked(state=before.state, mark=_FULL, by=correction)
    if correction.policy is KeyPolicy.DROP:
        return replace(before, by=correction)
    item = correction.corrected
    assert item is not None, "a policy that marks by a key has one"
    again = response if response.state in _NOT_READ else read_response(drawn, item, response.raw)
    mark = _by_key(drawn, item, policy, again, standing)
    anew = Marked(state=again.state, mark=_named(mark, correction), by=correction)
    if correction.policy is KeyPolicy.CURRENT or before.mark == mark:
        return anew
    return _better(before, anew)


def _better(before: Marked, anew: Marked) -> Marked:
    """The greater of two marks; open where the open one of them might become the greater."""
    kept = replace(before, by=anew.by)
    if before.mark.open is not None:
        return anew if anew.mark.open is None and anew.mark.share >= 1 else kept
    if anew.mark.open is not None:
        return kept if before.mark.share >= 1 else anew
    return kept if before.mark.share > anew.mark.share else anew


def _named(mark: Mark, correction: KeyCorrection) -> Mark:
    zh, en = mark.reason.best("zh"), mark.reason.best("en")
    key = correction.key
    return replace(mark, reason=Text.of(zh=f"{zh}（按更正后的答案 {key}）", en=f"{en} (by the corrected key, {key})"))
