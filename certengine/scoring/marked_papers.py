"""Papers on which people mark: which answers wait, for whom, and the score with the points given so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from certengine.items import kind_of
from certengine.items.rubric import Rubric, rubric_of
from certengine.model.bank import Bank
from certengine.model.marking import MarkingRule, ScriptMark
from certengine.model.pass_standard import AtLeast, PassRule, parts_of
from certengine.model.scheme import Rounding, WrittenComponent
from certengine.model.sitting import Paper, ResponseSheet, ResponseState
from certengine.scoring.item_marks import mark_response
from certengine.scoring.marking import Stage, Standing, standing
from certengine.scoring.written import Corrections, score_written

_ONE_MARKER = MarkingRule()


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """One answer that people mark."""

    position: int
    item: str
    rubric: Rubric
    rule: MarkingRule


def scripts_on(
    paper: Paper,
    sheet: ResponseSheet,
    component: WrittenComponent,
    bank: Bank,
    *,
    corrections: Corrections | None = None,
) -> tuple[Script, ...]:
    """The answers of a paper that wait for people before anybody marks: given, and not settled by a key or its correction."""
    sections = {section.id: section for section in component.sections}
    given = {one.position: one for one in sheet.responses if one.state is ResponseState.GIVEN}
    items = {item.id: item for item in bank.contents.items}
    found = []
    for drawn in paper.items:
        section, item, response = sections[drawn.section], items[drawn.item], given.get(drawn.position)
        rubric = rubric_of(kind_of(item.kind), item.content, section.policy)
        if response is None or rubric is None:
            continue
        chain = (corrections or {}).get(item.id, ())
        if mark_response(drawn, item, section.policy, response, None, chain).mark.open is not None:
            rule = section.marking or _ONE_MARKER
            found.append(Script(position=drawn.position, item=item.id, rubric=rubric, rule=rule))
    return tuple(found)


def standings_on(
    paper: Paper,
    sheet: ResponseSheet,
    component: WrittenComponent,
    bank: Bank,
    *,
    marks: Mapping[int, Sequence[ScriptMark]],
    by_lot: Collection[int],
    cuts: Collection[Decimal],
    corrections: Corrections | None = None,
) -> dict[int, Standing]:
    """How far each answer that people mark has come, by position.

    Args:
        marks: entries by position, oldest first.
        by_lot: positions that the lot sends to a second marker, as far as their section asks for that.
        cuts: thresholds of the component, near which a section may ask for a second marker.
    """
    scripts = scripts_on(paper, sheet, component, bank, corrections=corrections)
    alone = {script.position: _first_alone(script, marks.get(script.position, ())) for script in scripts}
    distance = None
    if cuts and all(one.stage is Stage.SETTLED for one in alone.values()):
        report = score_written(paper, sheet, component, bank, Rounding(), standings=alone, corrections=corrections)
        distance = min(abs(report.exact - Fraction(cut)) for cut in cuts)
    return {
        script.position: standing(
            script.rubric,
            marks.get(script.position, ()),
            script.rule,
            second=_second(script, by_lot, distance),
        )
        for script in scripts
    }


def cuts_of(rule: PassRule, component: str) -> frozenset[Decimal]:
    """The thresholds that a pass standard sets for a whole component."""
    own = {rule.at_least} if isinstance(rule, AtLeast) and (rule.component, rule.part) == (component, None) else set()
    return frozenset(own).union(*(cuts_of(part, component) for part in parts_of(rule)))


def _first_alone(script: Script, marks: Sequence[ScriptMark]) -> Standing:
    """How an answer would stand if only its first marker had marked it."""
    own = [mark for mark in marks if mark.marker == marks[0].marker]
    return standing(script.rubric, own, script.rule, second=False)


def _second(script: Script, by_lot: Collection[int], distance: Fraction | None) -> bool:
    near = script.rule.near_cut
    if near is not None and distance is not None and distance <= Fraction(near):
        return True
    return script.rule.second_one_in is not None and script.position in by_lot
