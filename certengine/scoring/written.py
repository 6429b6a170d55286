"""Scoring a written paper: the stored paper, the published items, a response sheet -> exact marks with a trace for each.

Invariants:

1. Nothing is drawn again: order and parameters come from the paper as stored.
2. Every position is scored once; a position without a response counts as blank, and says so.
3. Only a response that was *given* is marked; blank, doubly marked and unreadable ones earn nothing, each under its
   own name.
4. While an answer waits for a person there is no score: it counts nothing yet, and the report says how many wait.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

from certengine.errors import Finding
from certengine.items import kind_of
from certengine.model.bank import Bank, Item
from certengine.model.scheme import Rounding, WrittenComponent
from certengine.model.score import ItemScore, Mark, ScoreReport
from certengine.model.sitting import DrawnItem, Paper, Response, ResponseSheet, ResponseState
from certengine.model.text import Text
from certengine.scoring.marking import WAITS_FOR, Stage, Standing
from certengine.scoring.rounding import round_marks

STATE_WORDS = {
    ResponseState.BLANK: Text.of(zh="未作答", en="blank"),
    ResponseState.MULTIPLE_MARKED: Text.of(zh="重复填涂", en="more than one marked"),
    ResponseState.UNREADABLE: Text.of(zh="无法辨认", en="unreadable"),
    ResponseState.NOT_REACHED: Text.of(zh="未答至此题", en="not reached"),
    ResponseState.NOT_PRESENTED: Text.of(zh="未提供此题", en="not presented"),
}


def read_sheet(paper: Paper, bank: Bank, raw: Mapping[int, str]) -> tuple[ResponseSheet, tuple[Finding, ...]]:
    """Raw responses by position, read by the kinds of their items.

    Returns the sheet, and a finding for every position beyond the paper and every response that could not be read.
    """
    items = {item.id: item for item in bank.contents.items}
    responses = tuple(_read(drawn, items[drawn.item], raw.get(drawn.position, "")) for drawn in paper.items)
    findings = [
        Finding(
            code="response/no-such-position",
            message=f"paper {paper.id} has {len(paper.items)} items, a response is given for position {position}",
            hint="compare the number of columns with the paper",
        )
        for position, text in sorted(raw.items())
        if not 1 <= position <= len(paper.items) and text.strip()
    ]
    return ResponseSheet(paper=paper.id, candidate=paper.candidate, responses=responses), tuple(findings)


def score_written(
    paper: Paper,
    sheet: ResponseSheet,
    component: WrittenComponent,
    bank: Bank,
    rounding: Rounding,
    *,
    standings: Mapping[int, Standing] | None = None,
) -> ScoreReport:
    """The score of one paper.

    Args:
        standings: by position, how far the answers that people mark have come; without one an answer waits.

    Raises:
        ValueError: when sheet, paper, component and bank do not belong together.
    """
    if (sheet.paper, sheet.candidate) != (paper.id, paper.candidate) or paper.component != component.id:
        raise ValueError("sheet, paper and component do not belong together")
    if (paper.bank, paper.bank_version, paper.bank_digest) != (bank.id, bank.version, bank.digest):
        raise ValueError("the paper was not drawn from this bank version")
    items = {item.id: item for item in bank.contents.items}
    policies = {section.id: section.policy for section in component.sections}
    responses = {response.position: response for response in sheet.responses}
    scores = tuple(
        _score(
            drawn,
            items[drawn.item],
            policies[drawn.section],
            responses.get(drawn.position, Response(position=drawn.position, state=ResponseState.BLANK)),
            (standings or {}).get(drawn.position),
        )
        for drawn in paper.items
    )
    exact = sum((score.earned for score in scores), Fraction(0))
    exact = max(Fraction(0), min(exact, Fraction(component.total)))
    waits = _open(component, scores)
    return ScoreReport(
        candidate=paper.candidate,
        component=component.id,
        full=component.total,
        exact=exact,
        score=None if waits else round_marks(exact, rounding),
        items=scores,
        open=waits,
    )


def _read(drawn: DrawnItem, item: Item, raw: str) -> Response:
    reading = kind_of(item.kind).parse(item.content, drawn.variant, raw)
    return Response(position=drawn.position, state=reading.state, raw=raw, value=reading.value)


def _by_people(drawn: DrawnItem, item: Item, policy: str, marked: Standing) -> Mark:
    """The mean of the points that count, each traced; open while somebody is asked for."""
    if marked.stage is not Stage.SETTLED:
        why = WAITS_FOR[marked.stage]
        return Mark(share=Fraction(0), reason=why, open=why)
    kind = kind_of(item.kind)
    marks = [kind.mark(item.content, drawn.variant, dict(points), policy) for points in marked.counting]
    zh, en = (" | ".join(mark.reason.best(tag) for mark in marks) for tag in ("zh", "en"))
    both = len(marks) > 1
    return Mark(
        share=sum((mark.share for mark in marks), Fraction(0)) / len(marks),
        reason=Text.of(zh=f"两人评阅取平均：{zh}" if both else zh, en=f"mean of two markers: {en}" if both else en),
    )


def _open(component: WrittenComponent, scores: Sequence[ItemScore]) -> tuple[Text, ...]:
    """What keeps a score from being final, each reason with its number of answers."""
    waiting = Counter(score.open for score in scores if score.open is not None)
    title = component.title
    return tuple(
        Text.of(
            zh=f"{title.best('zh')}：{count} 题{why.best('zh')}",
            en=f"{title.best('en')}: {count} {'answer' if count == 1 else 'answers'} {why.best('en')}",
        )
        for why, count in waiting.items()
    )


def _score(drawn: DrawnItem, item: Item, policy: str, response: Response, marked: Standing | None) -> ItemScore:
    if response.state is ResponseState.GIVEN:
        mark = kind_of(item.kind).mark(item.content, drawn.variant, response.value, policy)
        if mark.open is not None and marked is not None:
            mark = _by_people(drawn, item, policy, marked)
    else:
        mark = Mark(share=Fraction(0), reason=STATE_WORDS[response.state])
    return ItemScore(
        position=drawn.position,
        item=drawn.item,
        section=drawn.section,
        state=response.state,
        full=drawn.marks,
        earned=mark.share * Fraction(drawn.marks),
        reason=mark.reason,
        open=mark.open,
    )
