"""What a scheme or a task that binds may still get wrong: totals that do not add up, words that name nothing.

Nothing is mended here: each finding says where it stands and what would mend it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from certengine.aspects import kind_of as aspect_kind_of
from certengine.aspects.kind import Reaching
from certengine.canonical import decimal_text
from certengine.credentials.numbers import check_pattern
from certengine.errors import Finding
from certengine.model.marking import MarkingRule
from certengine.model.scheme import Aspect, PracticalComponent, Scheme, Task, WrittenComponent
from certengine.workspace.binding import closest, texts_in
from certengine.workspace.blueprint_checks import blueprint_findings
from certengine.workspace.earlier_checks import earlier_findings
from certengine.workspace.ids import ID
from certengine.workspace.pass_standard_files import rule_findings
from certengine.workspace.sheet_checks import sheet_findings
from certengine.workspace.yaml_source import DataPath, YamlSource

MAX_PLACES = 6


def task_findings(task: Task, source: YamlSource) -> Iterator[Finding]:
    """Everything wrong in a task that binds: totals, ids, and what its aspects' kinds say."""
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
    yield from _specification_findings(task, source)
    for group_number, group in enumerate(task.groups):
        for number, aspect in enumerate(group.aspects):
            path: DataPath = ("groups", group_number, "aspects", number)
            kind = aspect_kind_of(aspect.kind)
            if aspect.marks <= 0 and kind.marks_due:
                yield source.finding(
                    "aspect/no-marks", f"`{aspect.id}` has no marks", (*path, "marks"), hint="give it marks"
                )
            for problem in kind.check(aspect, ("zh", "en")):
                yield source.finding(problem.code, problem.message, (*path, *problem.path), hint=problem.hint)
            if isinstance(kind, Reaching):
                yield from _reach_findings(kind, aspect, task, source, path)


def _specification_findings(task: Task, source: YamlSource) -> Iterator[Finding]:
    """Aspects that name no section, and sections whose aspects have other marks than they should, with the difference."""
    sections = {section.id: section for section in task.specification or ()}
    for number, group in enumerate(task.groups):
        for place, aspect in enumerate(group.aspects):
            named = aspect.specification
            if named in sections or (named is None and not (sections and aspect.marks)):
                continue
            what = "names no section of the specification" if named is None else f"names `{named}`, which is no section"
            yield source.finding(
                "task/specification",
                f"`{aspect.id}` {what}",
                ("groups", number, "aspects", place, *(() if named is None else ("specification",))),
                hint=f"the sections are: {', '.join(sections) or 'none'}",
            )
    for number, section in enumerate(task.specification or ()):
        marks = sum((one.marks for one in task.aspects if one.specification == section.id), start=task.total * 0)
        if marks != section.marks:
            yield source.finding(
                "task/specification-marks",
                f"the aspects of section `{section.id}` have {decimal_text(marks)} marks together, the specification "
                f"{decimal_text(section.marks)}: {decimal_text(abs(marks - section.marks))} "
                f"{'missing' if marks < section.marks else 'too many'}",
                ("specification", number, "marks"),
                hint="move marks between aspects, or name another section for one",
            )


def _reach_findings(
    kind: Reaching, aspect: Aspect, task: Task, source: YamlSource, path: DataPath
) -> Iterator[Finding]:
    """Names that an aspect speaks of and the task does not have."""
    known = (*(group.id for group in task.groups), *(one.id for one in task.aspects))
    for field, names in kind.reach(aspect):
        for number, name in enumerate(names):
            if name not in known or name == aspect.id:
                yield source.finding(
                    "aspect/unknown-reach",
                    f"`{aspect.id}` speaks of `{name}`, which is no other aspect or group of the task"
                    f"{closest(name, known)}",
                    (*path, field, number),
                    hint="name aspects or groups of this task by their ids",
                )


def scheme_findings(scheme: Scheme, source: YamlSource) -> Iterator[Finding]:
    """Everything wrong in a scheme that binds: its components, pass standard, number pattern and translations."""
    if not ID.fullmatch(scheme.id):
        yield source.finding(
            "scheme/id", f"`{scheme.id}` is not an id", ("id",), hint="use letters, digits, `-`, `_`, `.`"
        )
    if not scheme.languages:
        yield source.finding(
            "scheme/no-languages",
            "a scheme has at least one language",
            ("languages",),
            hint="write `languages: [zh, en]`",
        )
    if not 0 <= scheme.rounding.places <= MAX_PLACES:
        yield source.finding(
            "scheme/rounding",
            f"marks are rounded to 0 to {MAX_PLACES} places, given: {scheme.rounding.places}",
            ("rounding", "places"),
            hint="write for example `places: 1`",
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
    yield from rule_findings(scheme.pass_standard, scheme, source, ("pass_standard",))
    yield from earlier_findings(scheme, source)
    yield from sheet_findings(scheme, source)
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
    yield from blueprint_findings(component, source, path)
    for number, section in enumerate(component.sections):
        if section.marking is not None:
            yield from _marking_findings(section.marking, source, (*path, "sections", number, "marking"))
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


def _marking_findings(rule: MarkingRule, source: YamlSource, path: DataPath) -> Iterator[Finding]:
    """A lot that takes somebody, a band and a spread that are not below nothing."""
    bounds = (("second_one_in", rule.second_one_in, 1), ("near_cut", rule.near_cut, 0), ("spread", rule.spread, 0))
    for name, value, least in bounds:
        if value is not None and value < least:
            yield source.finding(
                "scheme/marking",
                f"`{name}` is {least} or more, given: {value}",
                (*path, name),
                hint="`second_one_in: 1` marks every answer twice; leave it out to mark none twice",
            )


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
    if panel.trim is not None and not (panel.combine == "trimmed_mean" and 1 <= panel.trim * 2 < panel.assessors):
        yield source.finding(
            "scheme/trim",
            f"of {panel.assessors} marks {panel.trim} cannot be left out at either end of a trimmed mean",
            (*path, "panel", "trim"),
            hint="write `combine: trimmed_mean`, and a `trim` that leaves a mark in the middle",
        )
    if panel.combine == "trimmed_mean" and panel.trim is None and panel.assessors < 3:
        yield source.finding(
            "scheme/trim",
            f"a trimmed mean leaves the highest and the lowest out, a panel of {panel.assessors} has no more",
            (*path, "panel", "combine"),
            hint="write `assessors: 3` or more, or `combine: mean`",
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
