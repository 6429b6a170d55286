"""Deciding: scores and a declared pass standard -> passed, failed or pending, each with its derivation.

Three values throughout: a rule holds, does not hold, or cannot be told yet. "All of" is decided as soon as one rule
fails; "any of" as soon as one holds; "some of" as soon as enough hold or too few still can. A component without a
score makes its rules untold, never false. Scores are rounded once, before they come here: means, parts and
supplemented scores are compared exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from certengine.canonical import decimal_text
from certengine.model.pass_standard import (
    AllOf,
    AnyOf,
    AtLeast,
    EveryAspect,
    NoVeto,
    PassRule,
    SomeOf,
    Supplement,
    WeightedAtLeast,
    WithSupplement,
    supplements_of,
)
from certengine.model.scheme import PracticalComponent, Scheme
from certengine.model.score import Decision, Failed, ItemScore, Passed, Pending, ScoreReport, Step
from certengine.model.text import Text
from certengine.scoring.rounding import round_marks

Reports = Mapping[str, ScoreReport]

_NO_SCORE = Text.of(zh="尚无成绩", en="no score yet")


def decide(candidate_id: str, scheme: Scheme, reports: Reports) -> Decision:
    """The decision on one candidate.

    Args:
        reports: by component id; a component without a report is missing, unless it is a supplement.
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


def evaluate(rule: PassRule, scheme: Scheme, reports: Reports) -> Step:
    """What one rule comes to with these scores."""
    return _step(rule, scheme, reports)


def _missing(scheme: Scheme, reports: Reports) -> list[Text]:
    """What a result still lacks: components without a score, and everything that is open in the others."""
    found: list[Text] = []
    on_request = {one.by for one in supplements_of(scheme.pass_standard)}
    for component in scheme.components:
        report = reports.get(component.id)
        if report is None and component.id in on_request:
            continue
        if report is None:
            title = component.title
            found.append(
                Text.of(zh=f"{title.best('zh')}：无成绩", en=f"{title.best('en')}: no score"),
            )
        else:
            found.extend(report.open)
    return found


def _step(rule: PassRule, scheme: Scheme, reports: Reports) -> Step:
    match rule:
        case AtLeast():
            return _told(_at_least(rule, scheme, reports.get(rule.component)), scheme, reports, rule.component)
        case WeightedAtLeast():
            return _told(_weighted(rule, scheme, reports), scheme, reports, *sorted(rule.weighted))
        case EveryAspect():
            every = _every_aspect(rule, scheme, reports.get(rule.every_aspect))
            return _told(every, scheme, reports, rule.every_aspect)
        case NoVeto():
            return _told(_no_veto(rule, scheme, reports.get(rule.no_veto)), scheme, reports, rule.no_veto)
        case AllOf():
            return _joined(rule.all, len(rule.all), scheme, reports, Text.of(zh="以下各条均须满足", en="all of these"))
        case AnyOf():
            return _joined(rule.any, 1, scheme, reports, Text.of(zh="以下至少满足一条", en="any of these"))
        case SomeOf():
            words = Text.of(zh=f"以下至少满足 {rule.some} 条", en=f"at least {rule.some} of these")
            return _joined(rule.of, rule.some, scheme, reports, words)
        case _:
            return _with_supplement(rule, scheme, reports)


def _told(step: Step, scheme: Scheme, reports: Reports, *components: str) -> Step:
    """The step with the earlier sittings its scores were carried over from, and with what the candidate did not come to."""
    step = _with_absences(step, scheme, reports, *components)
    carried = [
        (scheme.component(one).title, report.carried)
        for one in components
        if (report := reports.get(one)) is not None and report.carried is not None
    ]
    if not carried:
        return step
    zh = "；".join(f"{title.best('zh')}沿用 {part.sitting} 场次成绩，考号 {part.candidate}" for title, part in carried)
    en = "; ".join(
        f"{title.best('en')} carried over from sitting {part.sitting}, candidate {part.candidate}"
        for title, part in carried
    )
    found = Text.of(zh=f"{step.found.best('zh')}（{zh}）", en=f"{step.found.best('en')} ({en})")
    return replace(step, found=found)


def _with_absences(step: Step, scheme: Scheme, reports: Reports, *components: str) -> Step:
    titles = [scheme.component(one).title for one in components if one in reports and reports[one].absent]
    if not titles:
        return step
    zh, en = ("、".join(one.best("zh") for one in titles), ", ".join(one.best("en") for one in titles))
    found = Text.of(zh=f"{step.found.best('zh')}（{zh}缺考）", en=f"{step.found.best('en')} (absent from {en})")
    return replace(step, found=found)


def _joined(rules: tuple[PassRule, ...], needed: int, scheme: Scheme, reports: Reports, words: Text) -> Step:
    if not 1 <= needed <= len(rules):
        raise ValueError("a pass standard without rules passes nobody")
    steps = tuple(_step(part, scheme, reports) for part in rules)
    outcomes = [step.holds for step in steps]
    kept = outcomes.count(True)
    possible = kept + outcomes.count(None)
    holds = True if kept >= needed else False if possible < needed else None
    found = Text.of(zh=f"{len(steps)} 条中满足 {kept} 条", en=f"{kept} of {len(steps)} hold")
    return Step(rule=words, found=found, holds=holds, steps=steps)


def _at_least(rule: AtLeast, scheme: Scheme, report: ScoreReport | None) -> Step:
    title = scheme.component(rule.component).title
    due = decimal_text(rule.at_least)
    within = f" {rule.part}" if rule.part else ""
    words = Text.of(zh=f"{title.best('zh')}{within}不低于 {due} 分", en=f"{title.best('en')}{within} at least {due}")
    if report is None or report.score is None:
        return Step(rule=words, found=_NO_SCORE, holds=None)
    if rule.part is not None:
        earned = _part_marks(rule.part, scheme, report)
        shown = _shown(earned)
        return Step(rule=words, found=Text.of(zh=f"{shown} 分", en=shown), holds=earned >= Fraction(rule.at_least))
    score = decimal_text(report.score)
    holds = report.score >= rule.at_least and not report.absent
    return Step(rule=words, found=Text.of(zh=f"{score} 分", en=score), holds=holds)


def _part_marks(part: str, scheme: Scheme, report: ScoreReport) -> Fraction:
    """Exact marks of a section of a paper, or of a group of the task that was marked."""
    component = scheme.component(report.component)
    within: set[str] = set()
    if isinstance(component, PracticalComponent):
        marked = [score.aspect for score in report.aspects]
        for task in component.tasks:
            if [aspect.id for aspect in task.aspects] == marked:
                within = {aspect.id for group in task.groups if group.id == part for aspect in group.aspects}
    of_aspects = sum((score.earned for score in report.aspects if score.aspect in within), Fraction(0))
    items = [score for score in report.items if score.section == part]
    counting = [score for score in items if not score.dropped]
    of_items = sum((score.earned for score in counting), Fraction(0))
    if 0 < len(counting) < len(items):
        # A dropped item is made up for by the others of its part, as on the whole paper.
        of_items *= _full(items) / _full(counting)
    return of_aspects + of_items


def _full(items: Sequence[ItemScore]) -> Fraction:
    return sum((Fraction(score.full) for score in items), Fraction(0))


def _weighted(rule: WeightedAtLeast, scheme: Scheme, reports: Reports) -> Step:
    parts = sorted(rule.weighted.items())
    due = decimal_text(rule.at_least)
    titles = [(scheme.component(one).title, decimal_text(weight)) for one, weight in parts]
    zh = "、".join(f"{title.best('zh')} {weight}" for title, weight in titles)
    en = ", ".join(f"{title.best('en')} {weight}" for title, weight in titles)
    words = Text.of(zh=f"加权平均（{zh}）不低于 {due}%", en=f"weighted mean ({en}) at least {due} %")
    if not parts:
        raise ValueError("a pass standard without rules passes nobody")
    total = Fraction(0)
    for one, weight in parts:
        report = reports.get(one)
        if report is None or report.score is None:
            return Step(rule=words, found=_NO_SCORE, holds=None)
        total += Fraction(weight) * Fraction(report.score) / Fraction(report.full)
    mean = 100 * total / sum((Fraction(weight) for _, weight in parts), Fraction(0))
    shown = _shown(mean)
    return Step(rule=words, found=Text.of(zh=f"{shown}%", en=f"{shown} %"), holds=mean >= Fraction(rule.at_least))


def _every_aspect(rule: EveryAspect, scheme: Scheme, report: ScoreReport | None) -> Step:
    title = scheme.component(rule.every_aspect).title
    due = decimal_text(rule.share * 100)
    words = Text.of(
        zh=f"{title.best('zh')}每个评分项不低于其配分的 {due}%",
        en=f"every aspect of {title.best('en')} at least {due} % of its marks",
    )
    if report is None or not report.aspects:
        return Step(rule=words, found=_NO_SCORE, holds=None)
    marked = [score for score in report.aspects if score.full > 0]
    short = [
        score.aspect
        for score in marked
        if score.open is None and score.earned < Fraction(rule.share) * Fraction(score.full)
    ]
    if short:
        names = ", ".join(short)
        return Step(rule=words, found=Text.of(zh=f"未达到：{names}", en=f"not reached: {names}"), holds=False)
    if report.score is None or not marked:
        return Step(rule=words, found=Text.of(zh="尚未评完", en="not all settled"), holds=None)
    return Step(rule=words, found=Text.of(zh="全部达到", en="all reached"), holds=True)


def _with_supplement(rule: WithSupplement, scheme: Scheme, reports: Reports) -> Step:
    """As it stands where it holds or nothing was taken; else with the one supplement that was taken."""
    plain = _step(rule.rule, scheme, reports)
    words = Text.of(zh="必要时以补充考试成绩合并计算", en="with a supplementary examination where it decides")
    taken = [one for one in rule.supplements if one.by in reports]
    if not taken:
        return Step(rule=words, found=Text.of(zh="未参加补充考试", en="none taken"), holds=plain.holds, steps=(plain,))
    if len(taken) > 1:
        found = Text.of(zh="只允许参加一门补充考试", en="more than one taken, one is allowed")
        return Step(rule=words, found=found, holds=None, steps=(plain,))
    if plain.holds:
        return Step(rule=words, found=Text.of(zh="无需补充考试", en="not needed"), holds=True, steps=(plain,))
    barred = _not_open_to(taken[0], scheme, reports)
    if barred is not None:
        return Step(rule=words, found=barred, holds=plain.holds, steps=(plain,))
    merged = _merged(taken[0], scheme, reports)
    if merged is None:
        return Step(rule=words, found=_NO_SCORE, holds=None, steps=(plain,))
    assert merged.score is not None
    name = scheme.component(merged.component).title
    score = decimal_text(merged.score)
    found = Text.of(zh=f"{name.best('zh')}合并后 {score} 分", en=f"{name.best('en')} becomes {score}")
    step = _step(rule.rule, scheme, {**reports, merged.component: merged})
    return Step(rule=words, found=found, holds=step.holds, steps=(step,))


def _not_open_to(taken: Supplement, scheme: Scheme, reports: Reports) -> Text | None:
    """Why the supplement does not count: the component was not failed, and only a failed one is supplemented."""
    old = reports.get(taken.component)
    if taken.below is None or old is None or old.score is None or old.score < taken.below:
        return None
    name, due, score = scheme.component(taken.component).title, decimal_text(taken.below), decimal_text(old.score)
    return Text.of(
        zh=f"{name.best('zh')} {score} 分，只有低于 {due} 分才可补充，补充考试不计",
        en=f"{name.best('en')} has {score}, only under {due} is supplemented: it does not count",
    )


def _merged(taken: Supplement, scheme: Scheme, reports: Reports) -> ScoreReport | None:
    """The supplemented component with both scores as one, rounded as the scheme rounds; none while one is open."""
    old, new = reports.get(taken.component), reports[taken.by]
    if old is None or old.score is None or new.score is None:
        return None
    weights = [Fraction(weight) for weight in taken.weights]
    share = (
        weights[0] * Fraction(old.score) / Fraction(old.full) + weights[1] * Fraction(new.score) / Fraction(new.full)
    ) / sum(weights)
    exact = share * Fraction(old.full)
    return replace(old, exact=exact, score=round_marks(exact, scheme.rounding))


def _shown(value: Fraction) -> str:
    """A mean or a sum to four places, cut and not rounded, so that what is shown never reaches a threshold that is missed."""
    return decimal_text(Decimal(value.numerator * 10_000 // value.denominator).scaleb(-4))


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
