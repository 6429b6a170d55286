"""Scoring a written paper: the stored paper, the published items, a response sheet -> exact marks with a trace for each.

Invariants:

1. Nothing is drawn again: order and parameters come from the paper as stored.
2. Every position is scored once; a position without a response counts as blank, and says so.
3. What a dropped item would have given is made up for by the others in proportion, before the one rounding.
4. While an answer waits for a person there is no score: it counts nothing yet, and the report says how many wait.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

from certengine.errors import Finding
from certengine.model.bank import Bank
from certengine.model.key_correction import KeyCorrection
from certengine.model.scheme import Rounding, WrittenComponent
from certengine.model.score import ItemScore, ScoreReport
from certengine.model.sitting import DrawnItem, Paper, Response, ResponseSheet, ResponseState
from certengine.model.text import Text
from certengine.scoring.item_marks import Marked, absent_response, mark_response, read_response
from certengine.scoring.marking import Standing
from certengine.scoring.rounding import round_marks

Corrections = Mapping[str, Sequence[KeyCorrection]]
"""Corrections of keys by the id of the item, oldest first."""


def read_sheet(
    paper: Paper, bank: Bank, raw: Mapping[int, str], *, absent: bool = False
) -> tuple[ResponseSheet, tuple[Finding, ...]]:
    """Raw responses by position, read by the kinds of their items; of an absent candidate there are none to read.

    Returns the sheet, and a finding for every position beyond the paper and every response that could not be read.
    """
    items = {item.id: item for item in bank.contents.items}
    responses = tuple(
        absent_response(drawn) if absent else read_response(drawn, items[drawn.item], raw.get(drawn.position, ""))
        for drawn in paper.items
    )
    sheet = ResponseSheet(paper=paper.id, candidate=paper.candidate, responses=responses)
    return sheet, positions_beyond(paper.id, len(paper.items), raw)


def positions_beyond(paper_id: str, items: int, raw: Mapping[int, str]) -> tuple[Finding, ...]:
    """A finding for every response to a position that a paper of so many items has not."""
    return tuple(
        Finding(
            code="response/no-such-position",
            message=f"paper {paper_id} has {items} items, a response is given for position {position}",
            hint="compare the number of columns with the paper",
        )
        for position, text in sorted(raw.items())
        if not 1 <= position <= items and text.strip()
    )


def score_written(
    paper: Paper,
    sheet: ResponseSheet,
    component: WrittenComponent,
    bank: Bank,
    rounding: Rounding,
    *,
    standings: Mapping[int, Standing] | None = None,
    corrections: Corrections | None = None,
) -> ScoreReport:
    """The score of one paper.

    Args:
        standings: by position, how far the answers that people mark have come; without one an answer waits.
        corrections: of keys of the paper's bank, by item and oldest first.

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
        item_score(
            drawn,
            mark_response(
                drawn,
                items[drawn.item],
                policies[drawn.section],
                responses.get(drawn.position, Response(position=drawn.position, state=ResponseState.BLANK)),
                (standings or {}).get(drawn.position),
                (corrections or {}).get(drawn.item, ()),
            ),
        )
        for drawn in paper.items
    )
    exact = _scaled(sum((score.earned for score in scores), Fraction(0)), scores)
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


def item_score(drawn: DrawnItem, marked: Marked) -> ItemScore:
    """The score of one position from its mark."""
    by = marked.by
    return ItemScore(
        position=drawn.position,
        item=drawn.item,
        section=drawn.section,
        state=marked.state,
        full=drawn.marks,
        earned=marked.mark.share * Fraction(drawn.marks),
        reason=marked.mark.reason,
        open=marked.mark.open,
        correction=by.number if by is not None else None,
        key=by.key if by is not None else None,
        dropped=True if marked.dropped else None,
    )


def _scaled(exact: Fraction, scores: Sequence[ItemScore]) -> Fraction:
    """What was earned, scaled up by the marks of dropped items, so that full marks stay within reach."""
    whole = sum((Fraction(score.full) for score in scores), Fraction(0))
    left = sum((Fraction(score.full) for score in scores if not score.dropped), Fraction(0))
    return exact * whole / left if left else exact
