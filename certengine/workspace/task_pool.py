"""Which tasks a practical component draws from: single tasks, or combinations of compulsory and elective parts.

A combination is a task of its own: the parts one after the other, their marks and minutes added up. Its id joins theirs
with ``_``, and each aspect and group goes by the id of its part and its own. So whoever prints, marks or decides meets one
task, as ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from math import comb
from typing import Any

from certengine.aspects import kind_of as aspect_kind_of
from certengine.aspects.kind import Reaching
from certengine.errors import Finding
from certengine.model.scheme import Aspect, AspectGroup, PanelRule, Task
from certengine.model.text import Text
from certengine.workspace.binding import closest
from certengine.workspace.yaml_source import DataPath, YamlSource

MAX_COMBINATIONS = 200
_JOINED = "_"


@dataclass(frozen=True, slots=True, kw_only=True)
class ElectiveParts:
    """Of these tasks each candidate gets so many by lot."""

    choose: int
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticalHead:
    """A practical component as written: its tasks are named, not held.

    Attributes:
        tasks: each candidate gets one of these; or else:
        compulsory: each candidate gets all of these,
        elective: and some of those.
    """

    id: str
    kind: str
    title: Text
    total: Any
    tasks: tuple[str, ...] | None = None
    compulsory: tuple[str, ...] | None = None
    elective: ElectiveParts | None = None
    panel: PanelRule


def drawn_tasks(
    head: PracticalHead, tasks: Mapping[str, Task], source: YamlSource, path: DataPath, findings: list[Finding]
) -> Iterator[Task]:
    """What a candidate may be given; what is wrong is added to the findings."""
    parts = head.compulsory is not None or head.elective is not None
    if parts == (head.tasks is not None):
        findings.append(
            source.finding(
                "scheme/task-pool",
                f"`{head.id}` has {'both' if parts else 'neither'} `tasks` {'and' if parts else 'nor'} parts",
                path,
                hint="write `tasks: [...]`, or `compulsory: [...]` and `elective: {choose: 1, of: [...]}`",
            )
        )
        return
    named = {
        ("tasks",): head.tasks,
        ("compulsory",): head.compulsory,
        ("elective", "of"): head.elective.of if head.elective else (),
    }
    before = len(findings)
    for where, ids in named.items():
        findings.extend(_unknown(ids or (), tasks, source, (*path, *where)))
    if not parts:
        yield from (tasks[one] for one in head.tasks or () if one in tasks)
        return
    findings.extend(_wrong_choice(head, source, path))
    if len(findings) == before:
        yield from _combined(head, tasks)


def _unknown(ids: tuple[str, ...], tasks: Mapping[str, Task], source: YamlSource, where: DataPath) -> Iterator[Finding]:
    for index, task_id in enumerate(ids):
        if task_id not in tasks:
            yield source.finding(
                "scheme/unknown-task",
                f"task `{task_id}` is not in `tasks/`{closest(task_id, tuple(tasks))}",
                (*where, index),
                hint=f"write it as `tasks/{task_id}.yaml`",
            )


def _wrong_choice(head: PracticalHead, source: YamlSource, path: DataPath) -> Iterator[Finding]:
    every = (*(head.compulsory or ()), *(head.elective.of if head.elective else ()))
    if len(set(every)) != len(every):
        yield source.finding(
            "scheme/task-twice", f"`{head.id}` names a part twice", path, hint="a part is compulsory or elective, once"
        )
    if head.elective is None:
        return
    choose, of = head.elective.choose, len(head.elective.of)
    if not 1 <= choose <= of:
        yield source.finding(
            "scheme/elective",
            f"of {of} elective parts {choose} cannot be chosen",
            (*path, "elective", "choose"),
            hint="write a number from 1 to that of the parts",
        )
    elif comb(of, choose) > MAX_COMBINATIONS:
        yield source.finding(
            "scheme/elective",
            f"{choose} of {of} parts make {comb(of, choose)} combinations, more than the {MAX_COMBINATIONS} that are drawn from",
            (*path, "elective"),
            hint="name fewer parts, or choose fewer",
        )


def _combined(head: PracticalHead, tasks: Mapping[str, Task]) -> Iterator[Task]:
    fixed = [tasks[one] for one in head.compulsory or ()]
    elective = head.elective
    for chosen in combinations(elective.of, elective.choose) if elective else ((),):
        yield _together([*fixed, *(tasks[one] for one in chosen)])


def _together(parts: list[Task]) -> Task:
    if len(parts) == 1:
        return parts[0]
    return Task(
        id=_JOINED.join(part.id for part in parts),
        title=_texts([part.title for part in parts], zh="；", en="; "),
        minutes=sum(part.minutes for part in parts),
        total=sum((part.total for part in parts), start=Decimal(0)),
        brief=_texts([part.brief for part in parts], zh="\n\n", en="\n\n"),
        requirements=tuple(one for part in parts for one in part.requirements),
        site=tuple(one for part in parts for one in part.site),
        groups=tuple(_group(part, group) for part in parts for group in part.groups),
    )


def _group(part: Task, group: AspectGroup) -> AspectGroup:
    aspects = tuple(_aspect(part, aspect) for aspect in group.aspects)
    return replace(group, id=f"{part.id}.{group.id}", aspects=aspects)


def _aspect(part: Task, aspect: Aspect) -> Aspect:
    kind = aspect_kind_of(aspect.kind)
    rule = kind.under(aspect.rule, part.id) if isinstance(kind, Reaching) else aspect.rule
    return replace(aspect, id=f"{part.id}.{aspect.id}", rule=rule, specification=None)


def _texts(texts: list[Text], *, zh: str, en: str) -> Text:
    """The texts one after the other, in every language of the first."""
    return Text.of(
        {tag: (zh if tag.startswith("zh") else en).join(text.best(tag) for text in texts) for tag in texts[0].languages}
    )
