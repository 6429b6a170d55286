"""A decision in words: what each component came to, where it was rounded, and what every rule asked for and found.

The words are those of both languages side by side; nothing is computed here that the decision does not rest on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from certengine.canonical import decimal_text
from certengine.model.scheme import Rounding, RoundingMode, Scheme
from certengine.model.score import Decision, Pending, ScoreReport, Step
from certengine.model.text import Text
from certengine.scoring.item_marks import ABSENT_WORD

_PLACES: Final = 6
_MODES: Final = {
    RoundingMode.HALF_UP: Text.of(zh="四舍五入", en="half up"),
    RoundingMode.HALF_EVEN: Text.of(zh="四舍六入五成双", en="half to even"),
    RoundingMode.DOWN: Text.of(zh="舍去尾数", en="cut"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentLine:
    """What one component came to.

    Attributes:
        exact: the sum before rounding, as shown.
        score: the rounded score; ``None`` while anything is open.
        rounding: what rounding did, or why there is no score.
        origin: the earlier sitting it is carried over from; else ``None``.
    """

    component: str
    title: Text
    full: Decimal
    exact: str
    score: Decimal | None
    rounding: Text
    origin: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """One rule of the pass standard: how deep it stands, what was needed, what was there, whether it holds."""

    depth: int
    needed: Text
    found: Text
    holds: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A decision line by line.

    Attributes:
        missing: what a pending decision waits for.
    """

    components: tuple[ComponentLine, ...]
    rules: tuple[RuleLine, ...]
    missing: tuple[Text, ...]


def explain(decision: Decision, reports: Sequence[ScoreReport], scheme: Scheme) -> Explanation:
    """Everything that led to a decision, in the order of the scheme."""
    by_component = {report.component: report for report in reports}
    components = tuple(
        _component_line(by_component[one.id], one.title, scheme.rounding)
        for one in scheme.components
        if one.id in by_component
    )
    missing = decision.missing if isinstance(decision, Pending) else ()
    return Explanation(components=components, rules=tuple(_rules(decision.derivation, 0)), missing=missing)


def exact_shown(value: Fraction, places: int = _PLACES) -> str:
    """A fraction as a decimal of so many places at most, cut and not rounded; ``…`` tells that it goes on."""
    units, rest = divmod(abs(value) * 10**places, 1)
    shown = decimal_text(Decimal(f"{int(units)}E-{places}"))
    return f"{'-' if value < 0 else ''}{shown}{'…' if rest else ''}"


def _component_line(report: ScoreReport, title: Text, rule: Rounding) -> ComponentLine:
    return ComponentLine(
        component=report.component,
        title=title,
        full=report.full,
        exact=exact_shown(report.exact),
        score=report.score,
        rounding=_rounding(report, rule),
        origin=_origin(report),
    )


def _rounding(report: ScoreReport, rule: Rounding) -> Text:
    if report.score is None:
        reasons = report.open or (Text.of(zh="尚无成绩", en="no score yet"),)
        return Text.of(zh="；".join(one.best("zh") for one in reasons), en="; ".join(one.best("en") for one in reasons))
    if report.absent:
        return ABSENT_WORD
    if not report.exact and sum((one.earned for one in report.items), Fraction(0)) < 0:
        return Text.of(zh="扣分多于得分，合计按 0 分计", en="more was taken off than earned: the sum counts as 0")
    if Fraction(report.score) == report.exact:
        return Text.of(zh="合计即为成绩，未作舍入", en="the sum itself, nothing was rounded")
    exact, score = exact_shown(report.exact), decimal_text(report.score)
    mode = _MODES[rule.mode]
    return Text.of(
        zh=f"合计 {exact}，{mode.best('zh')}到 {rule.places} 位小数为 {score}，仅此一次",
        en=f"the sum {exact}, rounded once to {rule.places} decimal {'place' if rule.places == 1 else 'places'} "
        f"({mode.best('en')}): {score}",
    )


def _origin(report: ScoreReport) -> Text | None:
    if report.carried is None:
        return None
    part = report.carried
    return Text.of(
        zh=f"沿用 {part.sitting} 场次成绩，考号 {part.candidate}",
        en=f"carried over from sitting {part.sitting}, candidate {part.candidate}",
    )


def _rules(step: Step, depth: int) -> Iterator[RuleLine]:
    yield RuleLine(depth=depth, needed=step.rule, found=step.found, holds=step.holds)
    for part in step.steps:
        yield from _rules(part, depth + 1)
