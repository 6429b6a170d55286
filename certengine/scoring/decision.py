"""Deciding: scores and a declared pass standard -> passed, failed or pending, each with its derivation.

Three values throughout: a rule holds, does not hold, or cannot be told yet. "All of" is decided as soon as one rule
fails; "any of" as soon as one holds. A component without a score makes its rules untold, never false.
"""

from __future__ import annotations

from collections.abc import Mapping

from certengine.canonical import decimal_text
from certengine.model.scheme import AllOf, AtLeast, NoVeto, PassRule, Scheme
from certengine.model.score import Decision, Failed, Passed, Pending, ScoreReport, Step
from certengine.model.text import Text


def decide(candidate_id: str, scheme: Scheme, reports: Mapping[str, ScoreReport]) -> Decision:
    """The decision on one candidate.

    Args:
        reports: by component id; a component without a report is missing.
    """
    derivation = _step(scheme.pass_standard, scheme, reports)
    scores = tuple((c, report.score) for c, report in sorted(reports.items()) if report.score is not None)
    missing = tuple(_missing(scheme, reports))
    # A veto or one failed part fails whatever else is open; a pass needs everything that the scheme asks for.
    if derivation.holds is False:
        return Failed(candidate=candidate_id, scores=scores, derivation=derivation)
    if derivation.holds is None or missing:
        return Pending(candidate=candidate_id, scores=scores, derivation=derivation, missing=missing)
    return Passed(candidate=candidate_id, scores=scores, derivation=derivation)


def _missing(scheme: Scheme, reports: Mapping[str, ScoreReport]) -> list[Text]:
    found: list[Text] = []
    for component in scheme.components:
        report = reports.get(component.id)
        if report is None:
            title = component.title
            found.append(
                Text.of(zh=f"{title.best('zh')}：无成绩", en=f"{title.best('en')}: no score"),
            )
        else:
            found.extend(report.open)
    return found


def _step(rule: PassRule, scheme: Scheme, reports: Mapping[str, ScoreReport]) -> Step:
    match rule:
        case AtLeast():
            return _at_least(rule, scheme, reports.get(rule.component))
        case NoVeto():
            return _no_veto(rule, scheme, reports.get(rule.no_veto))
        case AllOf():
            steps = tuple(_step(part, scheme, reports) for part in rule.all)
            return _joined(steps, all_of=True)
        case _:
            steps = tuple(_step(part, scheme, reports) for part in rule.any)
            return _joined(steps, all_of=False)


def _joined(steps: tuple[Step, ...], *, all_of: bool) -> Step:
    if not steps:
        raise ValueError("a pass standard without rules passes nobody")
    outcomes = [step.holds for step in steps]
    decisive = not all_of
    if decisive in outcomes:
        holds: bool | None = decisive
    else:
        holds = None if None in outcomes else all_of
    kept = outcomes.count(True)
    words = (
        Text.of(zh="以下各条均须满足", en="all of these")
        if all_of
        else Text.of(zh="以下至少满足一条", en="any of these")
    )
    found = Text.of(zh=f"{len(steps)} 条中满足 {kept} 条", en=f"{kept} of {len(steps)} hold")
    return Step(rule=words, found=found, holds=holds, steps=steps)


def _at_least(rule: AtLeast, scheme: Scheme, report: ScoreReport | None) -> Step:
    title = scheme.component(rule.component).title
    due = decimal_text(rule.at_least)
    words = Text.of(zh=f"{title.best('zh')}不低于 {due} 分", en=f"{title.best('en')} at least {due}")
    if report is None or report.score is None:
        return Step(rule=words, found=Text.of(zh="尚无成绩", en="no score yet"), holds=None)
    score = decimal_text(report.score)
    return Step(rule=words, found=Text.of(zh=f"{score} 分", en=score), holds=report.score >= rule.at_least)


def _no_veto(rule: NoVeto, scheme: Scheme, report: ScoreReport | None) -> Step:
    title = scheme.component(rule.no_veto).title
    words = Text.of(zh=f"{title.best('zh')}无否决项", en=f"no veto in {title.best('en')}")
    if report is None:
        return Step(rule=words, found=Text.of(zh="尚无成绩", en="no score yet"), holds=None)
    if report.vetoes:
        names = ", ".join(report.vetoes)
        return Step(rule=words, found=Text.of(zh=f"否决：{names}", en=f"veto: {names}"), holds=False)
    open_veto = any(score.open is not None and score.full == 0 for score in report.aspects)
    if open_veto:
        return Step(rule=words, found=Text.of(zh="否决待确认", en="a veto is not settled"), holds=None)
    return Step(rule=words, found=Text.of(zh="无", en="none"), holds=True)
