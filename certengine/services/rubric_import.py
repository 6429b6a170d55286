"""Rubrics from the marking workbooks of WorldSkills competitions: a task of a scheme, or everything that does not add up.

1. Read the workbook; refuse it, with every difference, when its marks do not add up.
2. Make the task; write it beside the workspace, read it back, and hold it to every rule of ``scheme check``.
3. Give it its name in ``tasks/``; nothing that exists is written over.
"""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from certengine.errors import AnswerIsNo, Finding, NotFound, Refused, UsageError, first_errors
from certengine.interchange.cis_workbook import CisScheme, read_cis_workbook
from certengine.interchange.loss import LossReport
from certengine.model.scheme import Task
from certengine.model.text import Text
from certengine.services.context import Context
from certengine.workspace.ids import ID
from certengine.workspace.scheme_files import read_task
from certengine.workspace.task_writing import task_text

_HAN = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricImport:
    """What an import did, or with ``dry_run`` would do.

    Attributes:
        file: the new file, relative to the workspace.
    """

    task: Task
    file: str
    report: LossReport


def import_rubric(
    context: Context,
    scheme_id: str,
    path: Path,
    *,
    task_id: str,
    minutes: int,
    language: str | None = None,
    dry_run: bool = False,
) -> RubricImport:
    """Take a marking scheme workbook as a task of a scheme.

    Args:
        minutes: the working time, which a workbook does not say.
        language: of its texts; when not given, Chinese where there is a Chinese character and English where there is none.

    Raises:
        NotFound: when the scheme or the file does not exist.
        InputError: when it is no marking scheme workbook.
        UsageError: when the task's id is none, or the time not more than 0.
        AnswerIsNo: when the marks do not add up, with every difference.
        Refused: when there is such a task already.
    """
    context.demand_role("author")
    folder = context.workspace.root / "rubrics" / scheme_id
    if not (folder / "scheme.yaml").is_file():
        raise NotFound(f"there is no scheme `{scheme_id}`", hint="`certengine scheme list` shows the schemes")
    if not ID.fullmatch(task_id) or minutes <= 0:
        raise UsageError(f"`{task_id}` in {minutes} minutes is no task", hint="give an id and a time in minutes")
    found = read_cis_workbook(path, language or "en")
    if language is None and _HAN.search("".join(group.title.best("en") for group in found.groups) + found.title):
        found = read_cis_workbook(path, "zh")
    _demand_sound(path, found.findings)
    task = _task(found, task_id, minutes)
    name = f"rubrics/{scheme_id}/tasks/{task_id}.yaml"
    _place(context.workspace.root / name, name, task, dry_run=dry_run)
    return RubricImport(task=task, file=name, report=found.report)


def _task(found: CisScheme, task_id: str, minutes: int) -> Task:
    tag = found.groups[0].title.languages[0]
    return Task(
        id=task_id,
        title=Text.of({tag: found.title}),
        minutes=minutes,
        total=found.total,
        brief=Text.of({tag: found.title}),
        groups=found.groups,
        specification=found.sections or None,
    )


def _place(target: Path, name: str, task: Task, *, dry_run: bool) -> None:
    if target.exists():
        raise Refused(f"`{name}` exists", hint="give the task another id: `--task ID`", code="rubric/exists")
    with tempfile.TemporaryDirectory(prefix=".import-", dir=target.parents[3]) as beside:
        laid = Path(beside) / target.name
        laid.write_text(task_text(task), encoding="utf-8")
        read, findings = read_task(laid, name)
        _demand_sound(target, findings)
        if read != task:
            raise AssertionError("a task that is written is read back as it was")
        if not dry_run:
            target.parent.mkdir(exist_ok=True)
            os.link(laid, target)  # unlike a rename, it never replaces what is there


def _demand_sound(path: Path, findings: tuple[Finding, ...]) -> None:
    errors = first_errors(findings)
    if errors:
        raise AnswerIsNo(
            f"`{path.name}` is not taken as a rubric",
            hint="mend the workbook, then import it again",
            findings=errors,
            code="rubric/refused",
        )
