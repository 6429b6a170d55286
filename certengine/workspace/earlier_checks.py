"""What a scheme's carry-over, retake and appeal rules may get wrong."""

from __future__ import annotations

from collections.abc import Iterator

from certengine.errors import Finding
from certengine.model.earlier import CarryOver
from certengine.model.scheme import Scheme
from certengine.scoring.enrolment import own_rules
from certengine.workspace.binding import closest
from certengine.workspace.yaml_source import DataPath, YamlSource


def earlier_findings(scheme: Scheme, source: YamlSource) -> Iterator[Finding]:
    """Everything wrong in ``carry_over``, ``retakes`` and ``appeals``."""
    met: set[str] = set()
    for number, rule in enumerate(scheme.carry_over or ()):
        path: DataPath = ("carry_over", number)
        if rule.component in met:
            yield source.finding(
                "scheme/carry-over", f"`{rule.component}` is declared twice", path, hint="keep one of the two"
            )
        met.add(rule.component)
        yield from _rule_findings(rule, scheme, source, path)
    if scheme.appeals is not None and scheme.appeals.days < 1:
        yield source.finding(
            "scheme/appeals",
            f"`days` is 1 or more, given: {scheme.appeals.days}",
            ("appeals", "days"),
            hint="write for example `days: 10`",
        )
    retakes = scheme.retakes
    if retakes is None:
        return
    for name, value in (
        ("attempts", retakes.attempts),
        ("within_months", retakes.within_months),
        ("wait_days", retakes.wait_days),
    ):
        if value is not None and value < 1:
            yield source.finding(
                "scheme/retakes", f"`{name}` is 1 or more, given: {value}", ("retakes", name), hint="leave it out"
            )
    if retakes.attempts is None and (retakes.within_months is not None or retakes.wait_days is None):
        yield source.finding(
            "scheme/retakes",
            "`retakes` limits nothing without `attempts` or `wait_days`",
            ("retakes",),
            hint="write for example `retakes: {attempts: 3, within_months: 12, wait_days: 30}`",
        )


def _rule_findings(rule: CarryOver, scheme: Scheme, source: YamlSource, path: DataPath) -> Iterator[Finding]:
    ids = tuple(component.id for component in scheme.components)
    if rule.component not in ids:
        yield source.finding(
            "scheme/unknown-component",
            f"`{rule.component}` is not a component of this scheme{closest(rule.component, ids)}",
            (*path, "component"),
            hint=f"the components are: {', '.join(ids)}",
        )
        return
    if len(ids) == 1:
        yield source.finding(
            "scheme/carry-over",
            f"`{rule.component}` is the only component: carried over it would leave nothing to sit",
            path,
            hint="take it away",
        )
    for name, value in (("months", rule.months), ("times", rule.times)):
        if value is not None and value < 1:
            yield source.finding("scheme/carry-over", f"`{name}` is 1 or more, given: {value}", (*path, name))
    full = scheme.component(rule.component).total
    if rule.at_least is not None and not 0 < rule.at_least <= full:
        yield source.finding(
            "scheme/threshold", f"the threshold lies outside the marks, 0 to {full}", (*path, "at_least")
        )
    if not own_rules(scheme.pass_standard, rule):
        yield source.finding(
            "scheme/carry-over",
            f"the pass standard has no rule for `{rule.component}` alone that no pass can do without, so nothing says "
            "when it is passed",
            path,
            hint=f"say it here: `{{component: {rule.component}, months: {rule.months}, at_least: 60}}`",
        )
