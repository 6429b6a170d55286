"""Reading and checking a scheme's files: ``scheme.yaml`` and ``tasks/*.yaml``.

A part whose class depends on its words (a component by ``kind``, a rule of the pass standard by its field, an aspect by
``kind``) is bound first and stands ready in its mapping when the whole is bound, so that one slip gives one finding and
not one for each class it might have been.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from certengine.aspects import KINDS as ASPECT_KINDS
from certengine.aspects import kind_of as aspect_kind_of
from certengine.errors import Finding, NotFound
from certengine.model.earlier import CarryOver, RetakeRule
from certengine.model.official_sheet import OfficialSheet
from certengine.model.scheme import (
    AppealRule,
    Aspect,
    CertificateRule,
    Level,
    PracticalComponent,
    Rounding,
    Scheme,
    Task,
    WrittenComponent,
)
from certengine.model.text import Text
from certengine.workspace.bank_files import wrong_folder
from certengine.workspace.binding import bind, closest
from certengine.workspace.pass_standard_files import read_rule
from certengine.workspace.scheme_checks import scheme_findings, task_findings
from certengine.workspace.task_pool import PracticalHead, drawn_tasks
from certengine.workspace.yaml_source import DataPath, YamlSource, read_yaml

ASPECT_FIELDS = tuple(part.name for part in fields(Aspect) if part.name != "rule")


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
    carry_over: tuple[CarryOver, ...] | None = None
    retakes: RetakeRule | None = None
    appeals: AppealRule | None = None
    official_sheet: OfficialSheet | None = None


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
    if source.data is not None and not isinstance(source.data, dict):
        findings.append(
            source.finding("scheme/wrong-value", "a scheme is a mapping", hint="begin with `format: 1` and `id: ...`")
        )
    scheme = _scheme(source, tasks, findings) if isinstance(source.data, dict) else None
    if scheme is not None and scheme.id != folder.name:
        findings.append(wrong_folder(source, "scheme", scheme.id, folder))
    if scheme is not None:
        findings.extend(scheme_findings(scheme, source))
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
        raw["pass_standard"] = read_rule(raw["pass_standard"], source, ("pass_standard",), findings)
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
        carry_over=head.carry_over,
        retakes=head.retakes,
        appeals=head.appeals,
        official_sheet=head.official_sheet,
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
    held = tuple(drawn_tasks(head, tasks, source, path, findings))
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


def read_task(path: Path, name: str) -> tuple[Task | None, tuple[Finding, ...]]:
    """One task's file and everything found in it; no task when a part of it does not bind."""
    source = read_yaml(path, name)
    findings = list(source.findings)
    task = _task(source, findings) if isinstance(source.data, dict) else None
    if task is not None:
        findings.extend(task_findings(task, source))
    return task, tuple(sorted(findings, key=Finding.sort_key))


def _tasks(folder: Path, root: Path, findings: list[Finding]) -> Iterator[Task]:
    for path in sorted(folder.glob("*.yaml")):
        source = read_yaml(path, str(path.relative_to(root)) if path.is_relative_to(root) else str(path))
        findings.extend(source.findings)
        if source.data is None:
            continue
        if not isinstance(source.data, dict):
            findings.append(
                source.finding("task/wrong-value", "a task is a mapping", hint="begin with `format: 1` and `id: ...`")
            )
            continue
        task = _task(source, findings)
        if task is not None:
            findings.extend(task_findings(task, source))
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
