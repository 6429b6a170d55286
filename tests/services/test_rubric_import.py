"""Marking workbooks of WorldSkills competitions become rubrics, or are refused with the difference."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from certengine.errors import AnswerIsNo, InputError, NotFound, Refused, UsageError
from certengine.model.scheme import Task
from certengine.services.rubric_import import import_rubric
from certengine.workspace.scheme_files import read_scheme
from tests.cli.running import certengine
from tests.services.small_world import SCHEME, acting

At = Callable[[str], Path]

HEAD = (
    "Sub Criterion ID", "Sub Criterion Name or Description", "Day of Marking", "Aspect Type\nM = Meas\nJ = Judg",
    "Aspect - Description", "Judg Score", "Extra Aspect Description (Meas or Judg)\nOR\nJudgement Score Description (Judg only)",
    "Requirement\n(Measurement Only)", "WSSS Section", "Calculation Row (Export only)", "Max\nMark", "Criterion A", "Total Mark", 60,
)  # fmt: skip
LEVELS = ("chaos", "usable", "in order", "exemplary")
ROWS: tuple[tuple[Any, ...], ...] = (
    ("42 Mechatronics",),
    ("WorldSkills Standards Specification",),
    ("Section", "WSSS Area", *(None,) * 6, "WSSS Marks", None, "Aspect Marks", "Variation"),
    (1, "Work organisation", *(None,) * 6, 30),
    (2, "Assembly", *(None,) * 6, 70),
    (None,) * 8 + ("Total Variation",),
    (),
    ("Criteria",),
    ("ID", "Name", *(None,) * 8, "Mark"),
    ("A", "Build", *(None,) * 8, 60),
    ("B", "Run", *(None,) * 8, 40),
    (),
    HEAD,
    ("A1", "Mechanics", "C1"),
    (None, None, None, "M", "Slide runs freely", None, "by hand, both ways", None, 2, None, 12.5),
    (None, None, None, "M", "Bore", None, None, "25.00 mm ± 0.02", 2, None, 17.5),
    ("A2", "Order"),
    (None, None, None, "J", "Tidiness of the bench", None, None, None, 1, None, 30),
    *((None,) * 5 + (level, said) for level, said in enumerate(LEVELS)),
    (),
    (*HEAD[:-3], "Criterion B", "Total Mark", 40),
    ("B1", "Function"),
    (None, None, None, "M", "Lights", None, None, None, 2, None, 40),
    *((None,) * 6 + (said, None, None, None, marks) for said, marks in (("red", 10), ("green", 30))),
)


def workbook(path: Path, *changes: tuple[int, int, Any]) -> Path:
    """The workbook, with cells changed: row of ``ROWS``, column, value."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "CIS Marking Scheme Import"
    rows = [list(row) for row in ROWS]
    for row, column, value in changes:
        rows[row][column] = value
    for cells in rows:
        sheet.append(cells)
    book.create_sheet("Calculations")
    book.save(path)
    return path


def imported(root: Path, path: Path, **options: Any) -> Any:
    """An import by an author."""
    given = {"task_id": "WS-1", "minutes": 240, **options}
    with acting(root, "author") as context:
        return import_rubric(context, SCHEME, path, **given)


@pytest.fixture
def root(at: At) -> Path:
    """A workspace with an author."""
    root = at("workspace")
    with (root / "certengine.toml").open("a", encoding="utf-8") as config:
        config.write('[[people]]\nid = "author"\nname = "何平"\nroles = ["author"]\n')
    return root


def test_workbook_becomes_a_task(root: Path, tmp_path: Path) -> None:
    """Sub-criteria are groups; aspects are measurements, limits, judgements and checklists with their marks and sections."""
    run = imported(root, workbook(tmp_path / "scheme.xlsx"))
    task: Task = run.task

    assert [(one.id, one.kind, one.marks, one.specification) for one in task.aspects] == [
        ("A1.1", "measurement", Decimal("12.5"), "2"),
        ("A1.2", "measurement", Decimal("17.5"), "2"),
        ("A2.1", "judgement", Decimal(30), "1"),
        ("B1.1", "checklist", Decimal(40), "2"),
    ]
    assert [group.title.best("en") for group in task.groups] == ["Mechanics", "Order", "Function"]
    assert task.aspect("A1.1").requirement is not None
    limits = task.aspect("A1.2").rule.limits
    assert (limits.at_least, limits.at_most, task.aspect("A1.2").rule.unit) == (
        Decimal("24.98"),
        Decimal("25.02"),
        "mm",
    )
    assert tuple(level.best("en") for level in task.aspect("A2.1").rule.levels) == LEVELS
    assert [point.marks for point in task.aspect("B1.1").rule.points] == [Decimal(10), Decimal(30)]
    assert [(one.id, one.marks) for one in task.specification or ()] == [("1", Decimal(30)), ("2", Decimal(70))]


def test_task_stands_in_the_scheme(root: Path, tmp_path: Path) -> None:
    """The new file is read with the scheme, has nothing wrong in it, and says the same task."""
    run = imported(root, workbook(tmp_path / "scheme.xlsx"))
    scheme_file = root / "rubrics" / SCHEME / "scheme.yaml"
    scheme_file.write_text(scheme_file.read_text("utf-8").replace("tasks: [T-1]", "tasks: [T-1, WS-1]"), "utf-8")
    scheme, findings = read_scheme(root / "rubrics" / SCHEME, root)

    assert (run.file, findings) == (f"rubrics/{SCHEME}/tasks/WS-1.yaml", ())
    assert scheme is not None
    assert scheme.practical[0].tasks[1] == run.task


def test_what_is_not_carried_is_said(root: Path, tmp_path: Path) -> None:
    """The day of marking is lost, and the report says so."""
    run = imported(root, workbook(tmp_path / "scheme.xlsx"))

    assert [(one.item, one.feature) for one in run.report.losses] == [("A1", "day of marking")]


REFUSED = {
    "criterion": ((14, 10, 13), ["cis/criterion-marks", "cis/section-marks"], "60.5 marks together, it should be 60: 0.5 too many"),
    "section": ((3, 8, 31), ["cis/section-marks"], "section 1 of the standard have 30 marks together, it should be 31: 1 missing"),
    "other-section": ((14, 8, 1), ["cis/section-marks"] * 2, "section 2 of the standard have 57.5"),
    "no-section": ((14, 8, 7), ["cis/section-marks", "cis/section"], "names section `7`"),
    "levels": ((19, 6, None), ["cis/levels"], "judgement A2.1 describes the levels"),
    "type": ((14, 3, "S"), ["cis/aspect-type"], "of type `S`"),
    "marks": ((14, 10, None), ["cis/criterion-marks", "cis/marks", "cis/section-marks"], "aspect A1.1 has no marks"),
    "text": ((14, 4, None), ["cis/no-text"], "aspect A1.1 says nothing"),
    "sub": ((13, 0, None), ["cis/criterion-marks", "cis/no-sub-criterion", "cis/no-sub-criterion", "cis/section-marks"], "no sub-criterion"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_does_not_add_up_is_refused_with_the_difference(what: str, root: Path, tmp_path: Path) -> None:
    """A workbook that is no sound rubric is refused with everything wrong in it, and nothing is written."""
    change, codes, message = REFUSED[what]
    with pytest.raises(AnswerIsNo) as refused:
        imported(root, workbook(tmp_path / "scheme.xlsx", change))

    assert sorted(one.code for one in refused.value.findings) == sorted(codes)
    assert any(message in one.message for one in refused.value.findings)
    assert [path.name for path in (root / "rubrics" / SCHEME / "tasks").iterdir()] == ["T-1.yaml"]


def test_dry_run_writes_nothing(root: Path, tmp_path: Path) -> None:
    """A dry run answers the same and leaves the workspace as it was."""
    book = workbook(tmp_path / "scheme.xlsx")
    would = imported(root, book, dry_run=True)

    assert not (root / would.file).exists()
    assert imported(root, book) == would
    assert not list(root.glob(".import-*"))


def test_chinese_workbook_is_chinese(root: Path, tmp_path: Path) -> None:
    """Texts with Chinese characters are taken as Chinese; a language given holds whatever they are."""
    book = workbook(tmp_path / "scheme.xlsx", (0, 0, "机电一体化"))

    assert imported(root, book).task.title.languages == ("zh",)
    assert imported(root, book, task_id="WS-2", language="en").task.title.languages == ("en",)


def test_nothing_is_written_over(root: Path, tmp_path: Path) -> None:
    """A task that exists stays; ids and times that are none are refused, and so are other files and schemes."""
    book = workbook(tmp_path / "scheme.xlsx")
    imported(root, book)
    with pytest.raises(Refused):
        imported(root, book)
    for options in ({"task_id": "../x"}, {"task_id": "WS-2", "minutes": 0}):
        with pytest.raises(UsageError):
            imported(root, book, **options)
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(InputError):
        imported(root, other, task_id="WS-3")
    plain = openpyxl.Workbook()
    plain.active.append(["a", "b"])
    plain.save(tmp_path / "plain.xlsx")
    with pytest.raises(InputError, match="Sub Criterion ID"):
        imported(root, tmp_path / "plain.xlsx", task_id="WS-3")
    with acting(root, "author") as context, pytest.raises(NotFound):
        import_rubric(context, "no-such", book, task_id="WS-4", minutes=60)


def test_command_says_what_it_did(root: Path, tmp_path: Path) -> None:
    """``scheme import`` ends by 0 with the file and the losses, by 3 with every difference; a dry run says so."""
    book, wrong = workbook(tmp_path / "scheme.xlsx"), workbook(tmp_path / "wrong.xlsx", (14, 10, 13))
    words = ("scheme", "import", SCHEME, book, "--task", "WS-1", "--minutes", "240", "--as", "author")

    assert certengine(*words, "-n", cwd=root).out.startswith(f"would write rubrics/{SCHEME}/tasks/WS-1.yaml: 4 aspects")
    assert "day of marking" in certengine(*words, cwd=root).out
    refused = certengine("scheme", "import", SCHEME, wrong, *words[4:], "--json", cwd=root)
    assert refused.code == 3
    assert "0.5 too many" in refused.err


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("marks: 70}", "marks: 71}", "the aspects of section `2` have 70 marks together, the specification 71: 1 missing [task/specification-marks]"),
        ('specification: "1"', 'specification: "9"', "`A2.1` names `9`, which is no section [task/specification]"),
        ('        specification: "1"\n', "", "`A2.1` names no section of the specification [task/specification]"),
    ],
)  # fmt: skip
def test_specification_is_checked_in_every_task(root: Path, tmp_path: Path, old: str, new: str, finding: str) -> None:
    """``scheme check`` holds marks to the weights of the specification, whoever wrote the file."""
    path = root / imported(root, workbook(tmp_path / "scheme.xlsx")).file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    _, findings = read_scheme(root / "rubrics" / SCHEME, root)

    assert any(finding in str(one) for one in findings)
