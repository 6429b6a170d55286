"""Reading and checking a scheme's files: ``scheme.yaml`` and ``tasks/*.yaml``.

A part whose class depends on its words (a component by ``kind``, a rule of the pass standard by its field, an aspect by
``kind``) is bound first and stands ready in its mapping when the whole is bound, so that one slip gives one finding and
not one for each class it might have been.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from certengine.aspects import KINDS as ASPECT_KINDS
from certengine.aspects import kind_of as aspect_kind_of
from certengine.credentials.numbers import check_pattern
from certengine.errors import Finding, NotFound
from certengine.items import KINDS as ITEM_KINDS
from certengine.items import kind_of as item_kind_of
from certengine.model.scheme import (
    AllOf,
    AnyOf,
    Aspect,
    AtLeast,
    CertificateRule,
    Level,
    NoVeto,
    PanelRule,
    PassRule,
    PracticalComponent,
    Rounding,
    Scheme,
    Task,
    WrittenComponent,
)
from certengine.model.text import Text
from certengine.workspace.bank_files import ID
from certengine.workspace.binding import bind, closest, texts_in
from certengine.workspace.yaml_source import DataPath, YamlSource, read_yaml

ASPECT_FIELDS = tuple(part.name for part in fields(Aspect) if part.name != "rule")
_RULES: dict[str, type[PassRule]] = {"all": AllOf, "any": AnyOf, "no_veto": NoVeto, "component": AtLeast}


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeHead:
    """``scheme.yaml`` with its components and pass standard bound."""

    format: int
    id: str
    edition: str
    title: Text
    level: Level
    languages: tuple[str, ...]
    components: Any
    pass_standard: Any
    rounding: Rounding
    certificate: CertificateRule


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticalHead:
    """A practical component as written: its tasks are named, not held."""

    id: str
    kind: str
    title: Text
    total: Any
    tasks: tuple[str, ...]
    panel: PanelRule


def read_scheme(folder: Path, root: Path) -> tuple[Scheme | None, tuple[Finding, ...]]:
    """A scheme and everything found in its files; no scheme when a part of it does not bind.

    Raises:
        NotFound: when the folder has no ``scheme.yaml``.
    """
    path = folder / "scheme.yaml"
    name = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    if not path.is_file():
        raise NotFound(f"`{name}` does not exist", hint="`certengine scheme list` shows the schemes of this workspace")
    findings: list[Finding] = []
    source = read_yaml(path, name)
    findings.extend(source.findings)
    tasks = {task.id: task for task in _tasks(folder / "tasks", root, findings)}
    scheme = _scheme(source, tasks, findings) if isinstance(source.data, dict) else None
    if scheme is not None:
        findings.extend(_scheme_findings(scheme, source))
    return scheme, tuple(sorted(findings, key=Finding.sort_key))


def _scheme(source: YamlSource, tasks: dict[str, Task], findings: list[Finding]) -> Scheme | None:
    before = len(findings)
    raw = dict(source.data)
    parts = raw.get("components")
    components = []
    if isinstance(parts, list):
        components = [_component(part, source, ("components", n), tasks, findings) for n, part in enumerate(parts)]
        raw["components"] = components
    if "pass_standard" in raw:
        raw["pass_standard"] = _rule(raw["pass_standard"], source, ("pass_standard",), findings)
    head = bind(SchemeHead, raw, source, (), findings, area="scheme")
    if head is None or len(findings) > before or not components:
        if head is not None and not components:
            findings.append(
                source.finding("scheme/no-components", "a scheme has at least one component", ("components",))
            )
        return None
    if head.format != 1:
        findings.append(source.finding("scheme/format", f"format 1 is read here, given: {head.format}", ("format",)))
    return Scheme(
        id=head.id,
        edition=head.edition,
        title=head.title,
        level=head.level,
        languages=head.languages,
        components=tuple(component for component in components if component is not None),
        pass_standard=head.pass_standard,
        rounding=head.rounding,
        certificate=head.certificate,
    )


def _component(
    raw: Any, source: YamlSource, path: DataPath, tasks: dict[str, Task], findings: list[Finding]
) -> WrittenComponent | PracticalComponent | None:
    kind = raw.get("kind") if isinstance(raw, dict) else None
    if kind == "written":
        return bind(WrittenComponent, raw, source, path, findings, area="scheme")
    if kind != "practical":
        findings.append(
            source.finding(
                "scheme/unknown-kind",
                f"a component is `written` or `practical`, given: `{kind}`",
                (*path, "kind"),
                hint="write `kind: written` or `kind: practical`",
            )
        )
        return None
    head = bind(PracticalHead, raw, source, path, findings, area="scheme")
    if head is None:
        return None
    named = [(task_id, tasks.get(task_id), (*path, "tasks", index)) for index, task_id in enumerate(head.tasks)]
    for task_id, task, where in named:
        if task is None:
            findings.append(
                source.finding(
                    "scheme/unknown-task",
                    f"task `{task_id}` is not in `tasks/`{closest(task_id, tuple(tasks))}",
                    where,
                    hint=f"write it as `tasks/{task_id}.yaml`",
                )
            )
    held = tuple(task for _, task, _ in named if task is not None)
    return bind(
        PracticalComponent,
        {
            "id": head.id,
            "kind": "practical",
            "title": head.title,
            "total": head.total,
            "tasks": held,
            "panel": head.panel,
        },
        source,
        path,
        findings,
        area="scheme",
    )


def _rule(raw: Any, source: YamlSource, path: DataPath, findings: list[Finding]) -> PassRule | None:
    names = [name for name in _RULES if isinstance(raw, dict) and name in raw]
    if len(names) != 1:
        findings.append(
            source.finding(
                "scheme/pass-rule",
                "a rule of the pass standard has exactly one of `all`, `any`, `component` and `no_veto`",
                path,
                hint="write for example `{component: theory, at_least: 60}`",
            )
        )
        return None
    name = names[0]
    data = dict(raw)
    if name in {"all", "any"} and isinstance(data[name], list):
        data[name] = tuple(_rule(part, source, (*path, name, n), findings) for n, part in enumerate(data[name]))
        if not data[name]:
            findings.append(
                source.finding("scheme/empty-rule", f"`{name}` without rules would pass nobody or everybody", path)
            )
        if None in data[name]:
            return None
    return bind(_RULES[name], data, source, path, findings, area="scheme")


def _tasks(folder: Path, root: Path, findings: list[Finding]) -> Iterator[Task]:
    for path in sorted(folder.glob("*.yaml")):
        source = read_yaml(path, str(path.relative_to(root)) if path.is_relative_to(root) else str(path))
        findings.extend(source.findings)
        if not isinstance(source.data, dict):
            continue
        task = _task(source, findings)
        if task is not None:
            findings.extend(_task_findings(task, source))
            yield task


def _task(source: YamlSource, findings: list[Finding]) -> Task | None:
    raw = {key: value for key, value in source.data.items() if key != "format"}
    if source.data.get("format") != 1:
        findings.append(source.finding("task/format", "format 1 is read here", ("format",), hint="write `format: 1`"))
    groups = raw.get("groups")
    if isinstance(groups, list):
        raw["groups"] = [_group(group, source, ("groups", n), findings) for n, group in enumerate(groups)]
    before = len(findings)
    task = bind(Task, raw, source, (), findings, area="task")
    return task if len(findings) == before and _whole(raw.get("groups")) else None


def _whole(groups: Any) -> bool:
    return isinstance(groups, list) and all(
        None not in group["aspects"] for group in groups if isinstance(group, dict) and "aspects" in group
    )


def _group(raw: Any, source: YamlSource, path: DataPath, findings: list[Finding]) -> Any:
    if not isinstance(raw, dict) or not isinstance(raw.get("aspects"), list):
        return raw
    aspects = [_aspect(aspect, source, (*path, "aspects", n), findings) for n, aspect in enumerate(raw["aspects"])]
    # What did not bind has its findings already; a hole would only repeat them.
    return {**raw, "aspects": [aspect for aspect in aspects if aspect is not None]}


def _aspect(raw: Any, source: YamlSource, path: DataPath, findings: list[Finding]) -> Aspect | None:
    kinds = tuple(kind.id for kind in ASPECT_KINDS)
    kind_id = raw.get("kind") if isinstance(raw, dict) else None
    if kind_id not in kinds:
        findings.append(
            source.finding(
                "aspect/unknown-kind",
                f"`{kind_id}` is not a kind of aspect{closest(str(kind_id), kinds)}",
                (*path, "kind"),
                hint=f"the kinds are: {', '.join(kinds)}",
            )
        )
        return None
    own = {key: value for key, value in raw.items() if key not in ASPECT_FIELDS}
    rule: Any = bind(aspect_kind_of(str(kind_id)).rule_type, own, source, path, findings, area="aspect")
    common = {key: value for key, value in raw.items() if key in ASPECT_FIELDS}
    aspect = bind(Aspect, {**common, "rule": rule}, source, path, findings, area="aspect")
    return aspect if rule is not None else None


def _task_findings(task: Task, source: YamlSource) -> Iterator[Finding]:
    total = sum((aspect.marks for aspect in task.aspects), start=task.total * 0)
    if total != task.total:
        yield source.finding(
            "task/total",
            f"the aspects have {total} marks together, the task {task.total}: {abs(task.total - total)} "
            f"{'missing' if total < task.total else 'too many'}",
            ("total",),
            hint="correct the marks of an aspect or the total",
        )
    for one, times in Counter(aspect.id for aspect in task.aspects).items():
        if times > 1:
            yield source.finding(
                "task/duplicate-aspect", f"aspect `{one}` stands {times} times", ("groups",), hint="rename one"
            )
    for group_number, group in enumerate(task.groups):
        for number, aspect in enumerate(group.aspects):
            path: DataPath = ("groups", group_number, "aspects", number)
            if aspect.marks <= 0 and aspect.kind != "veto":
                yield source.finding(
                    "aspect/no-marks", f"`{aspect.id}` has no marks", (*path, "marks"), hint="give it marks"
                )
            for problem in aspect_kind_of(aspect.kind).check(aspect, ("zh", "en")):
                yield source.finding(problem.code, problem.message, (*path, *problem.path), hint=problem.hint)


def _scheme_findings(scheme: Scheme, source: YamlSource) -> Iterator[Finding]:
    if not ID.fullmatch(scheme.id):
        yield source.finding(
            "scheme/id", f"`{scheme.id}` is not an id", ("id",), hint="use letters, digits, `-`, `_`, `.`"
        )
    for one, times in Counter(component.id for component in scheme.components).items():
        if times > 1:
            yield source.finding(
                "scheme/duplicate-component", f"component `{one}` stands {times} times", ("components",)
            )
    for number, component in enumerate(scheme.components):
        path: DataPath = ("components", number)
        if isinstance(component, WrittenComponent):
            yield from _written_findings(component, source, path)
        else:
            yield from _practical_findings(component, source, path)
    yield from _rule_findings(scheme.pass_standard, scheme, source, ("pass_standard",))
    try:
        check_pattern(scheme.certificate.number)
    except ValueError as error:
        yield source.finding(
            "scheme/number-pattern", str(error), ("certificate", "number"), hint="see `docs/formats.md`"
        )
    for where, text in texts_in(scheme):
        for language in scheme.languages:
            if not (text.get(language) or "").strip() and "tasks" not in where:
                yield source.finding(
                    "text/missing-language", f"no text in `{language}`", where, hint=f"add `{language}: ...`"
                )


def _written_findings(component: WrittenComponent, source: YamlSource, path: DataPath) -> Iterator[Finding]:
    kinds = tuple(kind.id for kind in ITEM_KINDS)
    for number, section in enumerate(component.sections):
        where = (*path, "sections", number)
        if section.kind not in kinds:
            yield source.finding(
                "scheme/unknown-kind",
                f"`{section.kind}` is not a kind of item{closest(section.kind, kinds)}",
                (*where, "kind"),
                hint=f"the kinds are: {', '.join(kinds)}",
            )
        elif section.policy not in item_kind_of(section.kind).policies:
            offered = item_kind_of(section.kind).policies
            yield source.finding(
                "scheme/unknown-policy",
                f"`{section.policy}` is not a policy of {section.kind}{closest(section.policy, offered)}",
                (*where, "policy"),
                hint=f"its policies are: {', '.join(offered)}",
            )
        if section.marks <= 0 or section.count <= 0 or any(cell.count <= 0 for cell in section.cells):
            yield source.finding("scheme/empty-section", f"section `{section.id}` has no items or no marks", where)
    total = sum((section.total for section in component.sections), start=component.total * 0)
    if total != component.total:
        yield source.finding(
            "scheme/total",
            f"the sections of `{component.id}` have {total} marks together, the component {component.total}",
            (*path, "total"),
            hint="correct counts, marks or the total",
        )
    if component.minutes <= 0:
        yield source.finding("scheme/minutes", "working time must be more than 0", (*path, "minutes"))


def _practical_findings(component: PracticalComponent, source: YamlSource, path: DataPath) -> Iterator[Finding]:
    panel = component.panel
    if panel.assessors < 1 or panel.assessors % 2 == 0:
        yield source.finding(
            "scheme/panel",
            f"a panel is odd, given: {panel.assessors}",
            (*path, "panel", "assessors"),
            hint="write 3 or 5",
        )
    if not 1 <= panel.veto_votes <= panel.assessors:
        yield source.finding(
            "scheme/veto-votes", f"1 to {panel.assessors} votes uphold a veto", (*path, "panel", "veto_votes")
        )
    if not component.tasks:
        yield source.finding("scheme/no-tasks", f"`{component.id}` has no task", (*path, "tasks"), hint="name a task")
    for task in component.tasks:
        if task.total != component.total:
            yield source.finding(
                "scheme/task-total",
                f"task `{task.id}` has {task.total} marks, the component {component.total}",
                (*path, "total"),
                hint="tasks of one component have equal marks",
            )


def _rule_findings(rule: PassRule, scheme: Scheme, source: YamlSource, path: DataPath) -> Iterator[Finding]:
    ids = tuple(component.id for component in scheme.components)
    match rule:
        case AllOf():
            for number, part in enumerate(rule.all):
                yield from _rule_findings(part, scheme, source, (*path, "all", number))
        case AnyOf():
            for number, part in enumerate(rule.any):
                yield from _rule_findings(part, scheme, source, (*path, "any", number))
        case AtLeast() if rule.component in ids:
            if not 0 < rule.at_least <= scheme.component(rule.component).total:
                yield source.finding(
                    "scheme/threshold", "the threshold lies outside the component's marks", (*path, "at_least")
                )
        case AtLeast() | NoVeto():
            name = rule.component if isinstance(rule, AtLeast) else rule.no_veto
            if name not in ids:
                yield source.finding(
                    "scheme/unknown-component",
                    f"`{name}` is not a component of this scheme{closest(name, ids)}",
                    path,
                    hint=f"the components are: {', '.join(ids)}",
                )
