"""Nothing that the program writes is computed by a spreadsheet: every writer of tables, found in the source, is tried.

A function writes a table when it drives the csv library, saves a workbook, or is called after what it makes. A new one that
is not in :data:`WRITERS` fails :func:`test_every_writer_is_tried`; one that goes through ``write_csv`` is safe by it.
"""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from certengine.documents.cut_workbook import write_cut_workbook
from certengine.documents.marking_workbook import MarkingSheet, write_marking_workbook
from certengine.documents.official_sheet import write_official_workbook
from certengine.documents.scoring_workbook import write_scoring_workbook
from certengine.interchange.annotated_sheets import open_sheet, with_columns
from certengine.interchange.bank_workbook import write_workbook
from certengine.interchange.bulk_responses import read_bulk
from certengine.interchange.bulk_scores import scores_csv
from certengine.interchange.delimited import write_csv
from certengine.items.true_false import TrueFalseContent
from certengine.model.text import Text
from certengine.model.view import GuideRow, MarkingGuide
from certengine.scoring.form_key import FormKey
from tests.documents.printed_samples import candidate, criteria, task
from tests.interchange.exchanged import asked, und
from tests.simulator import WORLD

ROOT = Path(__file__).parent.parent
AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
HOSTILE = ('=HYPERLINK("http://x.invalid";"a")', "+1+1", "-1+1|' /C calc'!A0", "@SUM(1)", "\t=1+1", "\r=1+1", "＝1+1")


def sheet_given_back(text: str, folder: Path) -> bytes:
    """A workbook of a stranger with a formula in it, given back with a column added."""
    book = openpyxl.Workbook()
    book.worksheets[0].append(["number", "name"])
    book.worksheets[0].append(["S1", text])
    book.worksheets[0].append(["S2", "=1+1"])
    book.save(folder / "list.xlsx")
    sheet = open_sheet(folder / "list.xlsx", lambda cells: "number" in cells, max_bytes=1 << 20, max_rows=100)
    return with_columns(sheet, (text,), {2: (text,), 3: (text,)})


def scores_in_bulk(text: str, folder: Path) -> bytes:
    """Scores by candidate id, as bulk grading writes them: an id that is none never comes so far."""
    path = folder / "wide.csv"
    answers = ["A"] * len(WORLD.paper().items)
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(
            [["candidate_id", *(f"q{n + 1}" for n in range(len(answers)))], [text, *answers], ["C1", *answers]]
        )
    key = FormKey(WORLD.paper(), WORLD.component, WORLD.bank)
    ids = np.concatenate([chunk.ids for part in read_bulk(path, key, len(answers)) for chunk in part.chunks])
    assert [bytes(one) for one in ids] == [b"C1"]
    return scores_csv(("candidate_id", "score"), ids, np.array([b"1.5"]))


def marking(text: str) -> bytes:
    """A marking sheet in which everything is hostile."""
    said = Text.of(zh=text, en=text)
    row = GuideRow(id=text, title=said, top=2, condition=False, levels=(said, said), note=said)
    guide = MarkingGuide(points=2, rows=(row,), rules=(said,), model_answer=said)
    sheet = MarkingSheet(item=text, marker=text, stem=said, guide=guide, headings=(text,), answers=((text, text),))
    return write_marking_workbook(sheet, at=AT)


def scoring(text: str) -> bytes:
    """A scoring sheet with a hostile name, assessor and rules."""
    rules = {name: Text.of(zh=text, en=text) for name in criteria(task())}
    return write_scoring_workbook(task(), [replace(candidate(), name=text)], text, criteria=rules, at=AT)


def questions(text: str) -> bytes:
    """A bank of one question."""
    question = asked("true_false", TrueFalseContent(stem=und(text), key=True), explanation=text, category=(text,))
    return write_workbook([question], text).data


Writer = Callable[[str, Path], bytes]
#: By module and function: what it makes of a hostile text.
WRITERS: dict[str, Writer] = {
    "interchange/delimited.write_csv": lambda text, _: write_csv((text, "b"), [(text, "1"), ("x", text)]),
    "interchange/bulk_scores.scores_csv": scores_in_bulk,
    "interchange/annotated_sheets._xlsx": sheet_given_back,
    "interchange/bank_workbook.write_workbook": lambda text, _: questions(text),
    "documents/marking_workbook.write_marking_workbook": lambda text, _: marking(text),
    "documents/official_sheet.write_official_workbook": lambda text, _: write_official_workbook(
        text, (text, "b"), [(text, text)], at=AT
    ),
    "documents/cut_workbook.write_cut_workbook": lambda text, _: write_cut_workbook(
        (text, "estimate", "remark"), [(text, "", text)], at=AT
    ),
    "documents/scoring_workbook.write_scoring_workbook": lambda text, _: scoring(text),
}
#: They save something else, or what others fill.
NO_TABLES = {"documents/sheet_cells.reproducible", "documents/fonts._save"}


def writers(source: str) -> Iterator[str]:
    """The functions of a module that write tables by themselves."""
    tree = ast.parse(source)
    imported = ast.unparse(
        ast.Module([one for one in ast.walk(tree) if isinstance(one, ast.Import | ast.ImportFrom)], [])
    )
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        calls = {ast.unparse(one.func) for one in ast.walk(function) if isinstance(one, ast.Call)}
        saves = any(one.endswith(".save") for one in calls) and "openpyxl" in imported + ast.unparse(function)
        named = "csv" in function.name and "write_csv" not in calls
        if saves or named or {"csv.writer", "csv.DictWriter", "reproducible"} & calls:
            yield function.name


def rooms() -> Iterator[Path]:
    """Every module of the program."""
    for room in ("certengine", "cli"):
        yield from (ROOT / room).rglob("*.py")


def test_every_writer_is_tried() -> None:
    """Whoever adds a way to write a table adds it here with a hostile text."""
    found = {
        f"{path.relative_to(ROOT / 'certengine').with_suffix('')}.{name}"
        if path.is_relative_to(ROOT / "certengine")
        else name
        for path in rooms()
        for name in writers(path.read_text("utf-8"))
    }
    assert found - NO_TABLES == set(WRITERS)


def test_the_search_has_teeth() -> None:
    """A writer is found by what it calls or how it is named, and one that goes through ``write_csv`` is not one."""
    assert [*writers("import csv\ndef f(): csv.writer(x)")] == ["f"]
    assert [*writers("from openpyxl import Workbook\ndef f(): book.save(x)")] == ["f"]
    assert [*writers("def to_csv(): return ','.join(x)")] == ["to_csv"]
    assert [*writers("def to_csv(): return write_csv(x)")] == []


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_is_a_formula(name: str, text: str, tmp_path: Path) -> None:
    """Cells of workbooks are text, cells of CSV begin with nothing that a spreadsheet computes."""
    data = WRITERS[name](text, tmp_path)
    if data.startswith(b"PK"):
        cells = [cell for sheet in openpyxl.load_workbook(io.BytesIO(data)).worksheets for row in sheet for cell in row]
        assert cells
        assert [cell.coordinate for cell in cells if cell.data_type == "f"] == []
    else:
        rows = [*csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))]
        assert len(rows) > 1
        assert [cell for row in rows for cell in row if cell.lstrip()[:1] in {*"=+-@＝"}] == []
