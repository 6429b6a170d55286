"""The workbook of Chinese banks: its columns are read as people fill them in, and what is written is read again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import assume, given, settings

from certengine.errors import InputError
from certengine.interchange.bank_columns import HEADINGS
from certengine.interchange.bank_workbook import MAX_CELL, read_workbook, write_bank_csv, write_workbook
from certengine.interchange.delimited import restored
from certengine.interchange.loss import Fate
from certengine.interchange.questions import Incoming, Outgoing, Question, retold
from certengine.items.numeric import NumericContent, Tolerance
from certengine.items.short_answer import ShortAnswerContent
from certengine.items.true_false import TrueFalseContent
from tests.interchange.exchanged import PARAMETRISED, QUESTIONS, as_seen, asked, fates, marked, plain, read_text, und

Writer = Callable[[list[Question], str], Outgoing]
HEADER = [
    "试题GUID",
    "题型",
    "题干",
    "答案",
    "选项A",
    "选项B",
    "选项C",
    "知识点一级",
    "知识点二级",
    "难度",
    "一致性",
    "分数",
    "解析",
    "出处",
]


def from_rows(folder: Path, *rows: list[str], header: list[str] | None = None) -> Incoming:
    """What is found in a CSV of rows."""
    target = io.StringIO()
    csv.writer(target).writerows([header or HEADER, *rows])
    return read_text(read_workbook, folder, target.getvalue(), "bank.csv")


def row(kind: str, stem: str, answer: str, *options: str) -> list[str]:
    """A row with the columns that matter."""
    return ["", kind, stem, answer, *options, *([""] * (len(HEADER) - 4 - len(options)))]


def test_every_type_is_read_or_named(tmp_path: Path) -> None:
    """Choices, judgements, numbers, single blanks and prose are read; several blanks and drawings are left out and named."""
    incoming = from_rows(
        tmp_path,
        row("单选题", "频率单位？", "b", "V", "Hz", "A"),
        row("多项选择题", "金属？", "A、C", "铜", "云母", "铝"),
        row("判断题", "铜是导体。", "√"),
        row("计算题", "转速？", "1500±15 r/min"),
        row("填空题", "电流单位是____。", "安培 / 安"),
        row("简答题", "说明原理。", "略"),
        row("填空题", "____和____", "甲；乙"),
        row("作图题", "画出接线图。", "略"),
    )
    assert [(one.name, one.kind) for one in incoming.questions] == [
        ("row 2", "single_choice"),
        ("row 3", "multiple_response"),
        ("row 4", "true_false"),
        ("row 5", "numeric"),
        ("row 6", "short_answer"),
        ("row 7", "essay"),
    ]
    assert [(loss.item, loss.why) for loss in incoming.losses] == [
        ("row 7", "one criterion for the whole answer stands in its place: write what earns points"),
        ("row 8", "a text of several blanks is not carried"),
        ("row 9", "questions of the type `作图题` are not carried"),
    ]


def test_a_full_row(tmp_path: Path) -> None:
    """Points become the category, a share the difficulty; what we have no field for is lost by name."""
    cells = [
        "Q-7",
        "单选题",
        "频率？",
        "Ｂ",
        "V",
        "Hz",
        "",
        "基础",
        "交流电",
        "0.6",
        "5",
        "1",
        "定义。",
        "《教材》第3页",
    ]
    incoming = from_rows(tmp_path, cells)
    question = incoming.questions[0]
    assert (question.id, question.category, question.tags, question.explanation, question.content.key) == (
        "Q-7",
        ("基础", "交流电"),
        ("difficulty:0.6",),
        "定义。",
        "b",
    )
    assert fates(incoming.losses) == [("Q-7", name, Fate.LOST) for name in ("一致性", "分数", "出处")]


@pytest.mark.parametrize(
    ("answer", "options", "key"),
    [
        ("√", (), True),
        ("错", (), False),
        ("T", (), True),
        ("B", ("正确", "错误"), False),
        ("A", ("错误", "正确"), False),
    ],
)
def test_judgements_as_people_write_them(tmp_path: Path, answer: str, options: tuple[str, ...], key: bool) -> None:
    """A sign, a word, a letter, and a letter that stands for a written-out option each say true or false."""
    incoming = from_rows(tmp_path, row("判断题", "铜是导体。", answer, *options))
    assert incoming.questions[0].content == TrueFalseContent(stem=und("铜是导体。"), key=key)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (row("判断题", "铜是导体。", ""), "blank, which says nothing"),
        (row("判断题", "铜是导体。", "?"), "neither true nor false"),
        (row("单选题", "频率？", "D", "V", "Hz"), "names no options"),
        (row("单选题", "频率？", "AB", "V", "Hz"), "several options are each fully right"),
        (row("多选题", "频率？", "AA", "V", "Hz"), "names no options, or one twice"),
        (row("单选题", "频率？", "A", "V", "", "Hz"), "an option has no text"),
        (row("单选题", "", "A", "V", "Hz"), "has no text"),
        (row("计算题", "转速？", "快"), "is not one number"),
        (row("计算题", "转速？", "1,234"), "is not one number"),
    ],
)
def test_what_does_not_hold_together_is_left_out(tmp_path: Path, cells: list[str], why: str) -> None:
    """A blank answer is never wrong by default; a row that contradicts itself is named with its line."""
    incoming = from_rows(tmp_path, cells)
    assert incoming.questions == ()
    assert why in incoming.losses[0].why


def test_a_missing_column_refuses_the_file(tmp_path: Path) -> None:
    """Without the answers it is no bank workbook."""
    with pytest.raises(InputError):
        from_rows(tmp_path, ["单选题", "频率？"], header=["题型", "题干"])


def test_unknown_columns_and_ragged_rows_are_named(tmp_path: Path) -> None:
    """A column nobody knows and a row with too many cells each stand in the report."""
    incoming = from_rows(
        tmp_path,
        ["判断题", "铜是导体。", "对", "x"],
        ["判断题", "铁是导体。", "对", "x", "y"],
        header=["题型", "题干", "答案", "备注"],
    )
    assert fates(incoming.losses) == [("bank.csv", "column", Fate.LOST), ("row 3", "row", Fate.LEFT_OUT)]
    assert len(incoming.questions) == 1


def restored_texts(question: Question) -> object:
    """The content without apostrophes that a spreadsheet means as its own."""
    return retold(question.content, lambda text: marked(restored(text.best("und"))))


@pytest.mark.parametrize(("write", "name"), [(write_workbook, "b.xlsx"), (write_bank_csv, "b.csv")])
@settings(max_examples=20)
@given(question=QUESTIONS)
def test_written_rows_are_read_again(
    tmp_path_factory: pytest.TempPathFactory, write: Writer, name: str, question: Question
) -> None:
    """Whatever characters an item holds, its row is read as it was written, and nothing is lost.

    An apostrophe before a formula is how a spreadsheet is told that it is none: it is never part of the text.
    """
    assume(restored_texts(question) == question.content)
    data = write([question], "bank").data
    incoming = read_text(read_workbook, tmp_path_factory.getbasetemp(), data, name)
    assert [(one.id, one.kind, one.content) for one in incoming.questions] == [
        (question.id, question.kind, as_seen(question))
    ]
    assert incoming.losses == ()


@pytest.mark.parametrize(("write", "name"), [(write_workbook, "b.xlsx"), (write_bank_csv, "b.csv")])
def test_what_stands_beside_an_item_comes_back(tmp_path: Path, write: Writer, name: str) -> None:
    """Category, tags, explanation and record of an item come back from their columns."""
    question = replace(
        asked("short_answer", ShortAnswerContent(stem=und("Unit?"), accepted=({"und": "A"}, {"und": "ampere"}))),
        category=("A1 甲", "乙"),
        tags=("level:know", "importance:Y", "difficulty:0.65"),
        explanation="=1+1",
        record={"certengine": 1, "text": 'x,"y"\n'},
    )
    (seen,) = read_text(read_workbook, tmp_path, write([question], "bank").data, name).questions
    assert (seen.category, set(seen.tags), seen.explanation, seen.record, seen.content) == (
        question.category,
        set(question.tags),
        question.explanation,
        question.record,
        question.content,
    )


def test_what_a_spreadsheet_would_compute_is_text() -> None:
    """A text that looks like a formula is a text in the cell."""
    content = TrueFalseContent(stem=und('=HYPERLINK("http://example.org")'), key=True)
    data = write_workbook([asked("true_false", content)], "bank").data
    sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    cell = sheet.cell(row=2, column=HEADINGS.index("题干") + 1)
    assert (cell.data_type, cell.value) == ("s", '=HYPERLINK("http://example.org")')


def test_parameters_become_one_drawn_variant(tmp_path: Path) -> None:
    """A parametrised item shows one variant with its tolerance and its unit."""
    data = write_workbook([asked("numeric", PARAMETRISED)], "bank").data
    content = read_text(read_workbook, tmp_path, data, "b.xlsx").questions[0].content
    assert isinstance(content, NumericContent)
    assert (content.parameters, content.unit) == ({}, "r/min")
    assert content.tolerance == Tolerance(absolute=Decimal(content.key) / 100)
    assert plain(content).endswith("n in {{r/min}}?")


def test_a_record_beyond_a_cell_is_left_away(tmp_path: Path) -> None:
    """Excel cuts a cell at its bound; a record that would be cut is not written, the item is."""
    question = asked(
        "true_false", TrueFalseContent(stem=und("x"), key=True), record={"certengine": 1, "t": "x" * MAX_CELL}
    )
    (seen,) = read_text(read_workbook, tmp_path, write_workbook([question], "bank").data, "b.xlsx").questions
    assert seen.record is None


@pytest.mark.parametrize("text", ["x" * (MAX_CELL + 1), "a\x0bb"])
def test_a_text_no_cell_can_hold_is_left_out(text: str) -> None:
    """A text too long for a cell, or one that XML cannot hold, leaves its item out by name."""
    outgoing = write_workbook([asked("true_false", TrueFalseContent(stem=und(text), key=True))], "bank")
    assert fates(outgoing.losses) == [("q-1", "item", Fate.LEFT_OUT)]


def test_plain_csv_is_written_and_read_in_english(tmp_path: Path) -> None:
    """CSV has English headings, kinds by their ids and plain words for true and false, and comes back the same."""
    question = asked("true_false", TrueFalseContent(stem=und("Copper conducts."), key=False), tags=("level:know",))
    data = write_bank_csv([question], "bank").data
    header, line = data.decode("utf-8-sig").splitlines()
    assert header.startswith("id,type,stem,answer,option_a,option_b,")
    assert line.startswith("q-1,true_false,Copper conducts.,false,")
    assert read_text(read_workbook, tmp_path, data, "b.csv").questions == (question,)


def test_tables_of_other_people_are_understood(tmp_path: Path) -> None:
    """English names of columns and kinds are read in any writing, letters alone name options."""
    header = ["Type", "STEM", "Answer", "A", "B"]
    incoming = from_rows(
        tmp_path,
        ["Single choice", "Which is blue?", "a", "sky", "grass"],
        ["True/false", "Copper conducts.", "T", "", ""],
        ["Essay", "Why?", "Because.", "", ""],
        header=header,
    )
    assert [one.kind for one in incoming.questions] == ["single_choice", "true_false", "essay"]
    assert (incoming.questions[0].content.key, incoming.questions[1].content.key) == ("a", True)
