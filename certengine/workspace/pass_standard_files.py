"""Reading and checking a pass standard: each rule is told by one field, so a slip gives one finding, not one for each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from certengine.errors import Finding
from certengine.model.pass_standard import (
    AllOf,
    AnyOf,
    AtLeast,
    EveryAspect,
    NoVeto,
    PassRule,
    SomeOf,
    WeightedAtLeast,
    WithSupplement,
    parts_of,
)
from certengine.model.scheme import PracticalComponent, Scheme, WrittenComponent
from certengine.workspace.binding import bind, closest
from certengine.workspace.yaml_source import DataPath, YamlSource

# The field that tells each rule, and the field that holds its parts.
_RULES: dict[str, type[PassRule]] = {
    "all": AllOf,
    "any": AnyOf,
    "some": SomeOf,
    "supplements": WithSupplement,
    "no_veto": NoVeto,
    "component": AtLeast,
    "weighted": WeightedAtLeast,
    "every_aspect": EveryAspect,
}
_PARTS = {"all": "all", "any": "any", "some": "of"}


def read_rule(raw: Any, source: YamlSource, path: DataPath, findings: list[Finding]) -> PassRule | None:
    """A rule of the pass standard with all its parts; ``None`` with findings where one does not bind."""
    names = [name for name in _RULES if isinstance(raw, dict) and name in raw]
    if len(names) != 1:
        findings.append(
            source.finding(
                "scheme/pass-rule",
                f"a rule of the pass standard has exactly one of {', '.join(f'`{name}`' for name in _RULES)}",
                path,
                hint="write for example `{component: theory, at_least: 60}`",
            )
        )
        return None
    name = names[0]
    data = dict(raw)
    within = _PARTS.get(name)
    if within is not None and isinstance(data.get(within), list):
        data[within] = tuple(read_rule(one, source, (*path, within, n), findings) for n, one in enumerate(data[within]))
        if not data[within]:
            findings.append(
                source.finding("scheme/empty-rule", f"`{within}` without rules would pass nobody or everybody", path)
            )
        if None in data[within]:
            return None
    if name == "supplements" and "rule" in data:
        data["rule"] = read_rule(data["rule"], source, (*path, "rule"), findings)
        if data["rule"] is None:
            return None
    return bind(_RULES[name], data, source, path, findings, area="scheme")


def rule_findings(rule: PassRule, scheme: Scheme, source: YamlSource, path: DataPath) -> Iterator[Finding]:
    """Everything wrong in a rule that binds: components, parts, thresholds and weights that make no sense."""
    yield from _named(rule, scheme, source, path)
    yield from _amounts(rule, scheme, source, path)
    for number, part in enumerate(parts_of(rule)):
        yield from rule_findings(part, scheme, source, _path_of_part(rule, path, number))


def _path_of_part(rule: PassRule, path: DataPath, number: int) -> DataPath:
    match rule:
        case AllOf():
            return (*path, "all", number)
        case AnyOf():
            return (*path, "any", number)
        case SomeOf():
            return (*path, "of", number)
        case _:
            return (*path, "rule")


def _components_named(rule: PassRule) -> Iterator[tuple[str, DataPath]]:
    match rule:
        case AtLeast():
            yield rule.component, ("component",)
        case NoVeto():
            yield rule.no_veto, ("no_veto",)
        case EveryAspect():
            yield rule.every_aspect, ("every_aspect",)
        case WeightedAtLeast():
            yield from ((one, ("weighted", one)) for one in rule.weighted)
        case WithSupplement():
            for number, one in enumerate(rule.supplements):
                yield one.component, ("supplements", number, "component")
                yield one.by, ("supplements", number, "by")


def _named(rule: PassRule, scheme: Scheme, source: YamlSource, path: DataPath) -> Iterator[Finding]:
    ids = tuple(component.id for component in scheme.components)
    for name, where in _components_named(rule):
        if name not in ids:
            yield source.finding(
                "scheme/unknown-component",
                f"`{name}` is not a component of this scheme{closest(name, ids)}",
                (*path, *where),
                hint=f"the components are: {', '.join(ids)}",
            )
    if isinstance(rule, AtLeast) and rule.part is not None and rule.component in ids:
        parts = _parts_with_marks(scheme, rule.component)
        if rule.part not in parts:
            yield source.finding(
                "scheme/unknown-part",
                f"`{rule.part}` is no part of `{rule.component}`{closest(rule.part, tuple(parts))}",
                (*path, "part"),
                hint=f"its parts are: {', '.join(parts)}",
            )
    practical = {component.id for component in scheme.practical}
    if isinstance(rule, EveryAspect) and rule.every_aspect in ids and rule.every_aspect not in practical:
        yield source.finding(
            "scheme/not-practical",
            f"`{rule.every_aspect}` is no practical component and has no aspects",
            (*path, "every_aspect"),
            hint=f"the practical components are: {', '.join(sorted(practical)) or 'none'}",
        )


def _parts_with_marks(scheme: Scheme, component_id: str) -> dict[str, Any]:
    """Sections of a paper, or groups that every task of a practical has, with the least marks each offers."""
    component = scheme.component(component_id)
    if isinstance(component, WrittenComponent):
        return {section.id: section.total for section in component.sections}
    assert isinstance(component, PracticalComponent)
    offered: Counter[str] = Counter(group.id for task in component.tasks for group in task.groups)
    return {
        one: min(
            sum((aspect.marks for aspect in group.aspects), start=component.total * 0)
            for task in component.tasks
            for group in task.groups
            if group.id == one
        )
        for one, times in offered.items()
        if times == len(component.tasks)
    }


def _amounts(rule: PassRule, scheme: Scheme, source: YamlSource, path: DataPath) -> Iterator[Finding]:
    ids = {component.id for component in scheme.components}
    match rule:
        case AtLeast() if rule.component in ids:
            full = scheme.component(rule.component).total
            if rule.part is not None:
                full = _parts_with_marks(scheme, rule.component).get(rule.part, rule.at_least)
            if not 0 < rule.at_least <= full:
                yield source.finding(
                    "scheme/threshold", f"the threshold lies outside the marks, 0 to {full}", (*path, "at_least")
                )
        case WeightedAtLeast():
            if not rule.weighted or any(weight <= 0 for weight in rule.weighted.values()):
                yield source.finding(
                    "scheme/weights",
                    "a weighted mean needs components with weights above 0",
                    (*path, "weighted"),
                    hint="write for example `weighted: {theory: 40, skill: 60}`",
                )
            if not 0 < rule.at_least <= 100:
                yield source.finding(
                    "scheme/threshold", "a weighted mean is compared in percent, 0 to 100", (*path, "at_least")
                )
        case EveryAspect() if not 0 < rule.share <= 1:
            yield source.finding("scheme/threshold", "the share of an aspect lies between 0 and 1", (*path, "share"))
        case SomeOf() if not 1 <= rule.some <= len(rule.of):
            yield source.finding(
                "scheme/threshold", f"of {len(rule.of)} rules 1 to {len(rule.of)} can be asked for", (*path, "some")
            )
        case WithSupplement():
            for number, one in enumerate(rule.supplements):
                if min(one.weights) <= 0 or one.by == one.component:
                    yield source.finding(
                        "scheme/supplement",
                        "a supplement is another component, with two weights above 0",
                        (*path, "supplements", number),
                        hint="write for example `{component: planning, by: planning-oral, weights: [2, 1]}`",
                    )
                if (
                    one.below is not None
                    and one.component in ids
                    and not 0 < one.below <= scheme.component(one.component).total
                ):
                    full = scheme.component(one.component).total
                    yield source.finding(
                        "scheme/threshold",
                        f"`below` lies outside the marks, 0 to {full}",
                        (*path, "supplements", number, "below"),
                    )
            if not rule.supplements:
                yield source.finding("scheme/supplement", "`supplements` names none", (*path, "supplements"))
