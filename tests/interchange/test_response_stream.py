"""Response files put by sheet by sheet hold what reading them whole gives, and leave nothing behind."""

from __future__ import annotations

import tempfile
import tracemalloc
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certengine.errors import CannotTell, Finding, InputError
from certengine.interchange import response_stream
from certengine.interchange.response_sheets import Form, RawSheet
from certengine.interchange.response_stream import spool_responses
from certengine.interchange.responses import read_responses
from certengine.interchange.sheet_spool import SheetSpool

SMALL = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
CELLS = st.sampled_from(
    ["A1", "A2", "P1", "P2", "P1 ", "", "x y", "缺考", "1", "A", "Ａ", '"a,b"', '"a\nb"', "A,B", '"']
)
HEADERS = st.sampled_from(
    [
        "candidate_id,paper_id,q1,q2",
        "考号;试卷编号;q2;缺考",
        "candidate_id,paper_id,answers",
        "candidate_id,paper_id,item,response",
        "candidate_id,position,response",
        "candidate_id,q1,q1",
        "nothing,of,this",
        "title\n\ncandidate_id,paper_id,q1,absent",
    ]
)
CODECS = st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"])
Outcome = tuple[tuple[RawSheet, ...], tuple[Finding, ...]]


def spooled(path: Path) -> Outcome:
    """What a file gives sheet by sheet."""
    with SheetSpool() as spool:
        findings = spool_responses(path, spool)
        return tuple(sheet for _, sheet, _ in spool.sheets()), findings


def places(sheets: tuple[RawSheet, ...]) -> list[tuple[int, int | None]]:
    """What a sheet's equality leaves out: where its answers stand."""
    return [sheet.place(position, "") for sheet in sheets for position, _ in sheet.answers]


def either(path: Path, *, by_sheet: bool) -> Outcome | tuple[str, tuple[Finding, ...]]:
    """The sheets and findings of a file, or how it is refused."""
    try:
        return spooled(path) if by_sheet else read_responses(path)
    except InputError as error:
        return error.message, error.findings


@SMALL
@given(
    header=HEADERS,
    rows=st.lists(st.lists(CELLS, min_size=2, max_size=5), max_size=8),
    codec=CODECS,
    batch=st.sampled_from([1, 2, 500]),
)
def test_sheet_by_sheet_is_as_a_whole(
    tmp_path: Path, header: str, rows: list[list[str]], codec: str, batch: int
) -> None:
    """Whatever a file holds, in whatever batches: the same sheets, findings and order, or the same refusal."""
    separator = ";" if ";" in header else ","
    path = tmp_path / "r.csv"
    text = "\n".join([header, *(separator.join(row) for row in rows)]) + "\n"
    path.write_bytes(text.encode(codec))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(response_stream, "_AT_ONCE", batch)
        found = either(path, by_sheet=True)

    whole = either(path, by_sheet=False)
    assert found == whole
    if not isinstance(whole[0], str) and not isinstance(found[0], str):
        assert places(found[0]) == places(whole[0])


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("r.csv", b"PK\x03\x04 no workbook"),
        ("r.csv", b"candidate_id,paper_id,q1\nA1,P1,\xff\xfe\n"),
        ("r.csv", b"candidate_id,paper_id,q1\nA1,P1,A\0\n"),
        ("r.csv", b""),
        ("r.csv", b"candidate_id,paper_id,q1\n"),
        ("r.jsonl", b'{"candidate_id": "A1", "paper_id": "P1", "answers": {"2": "B", "1": "A"}}\n{}\n'),
        ("r.pdf", b"candidate_id,paper_id,q1\nA1,P1,A\n"),
    ],
)
def test_other_files_are_as_a_whole(tmp_path: Path, name: str, data: bytes) -> None:
    """What is read whole, and what is refused, comes out the same."""
    (tmp_path / name).write_bytes(data)

    assert either(tmp_path / name, by_sheet=True) == either(tmp_path / name, by_sheet=False)


def test_no_more_than_a_batch_is_held(tmp_path: Path) -> None:
    """Four thousand rows more take no more memory but for their ids: under 0.2 KB a sheet of 2 KB."""

    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}.csv"
        cells = ",".join(["answer of some length"] * 100)
        with path.open("w", encoding="utf-8") as file:
            file.write("candidate_id,paper_id," + ",".join(f"q{n}" for n in range(1, 101)) + "\n")
            file.writelines(f"C{n:05},P{n:05},{cells}\n" for n in range(rows))
        with SheetSpool() as spool:
            tracemalloc.start()
            spool_responses(path, spool)
            for _ in spool.sheets():
                pass
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert spool.kept == rows
        return found

    few, many = peak(2_000), peak(6_000)
    assert many - few < 4_000 * 200
    assert many < 6_000 * 1_000  # not half the file


def test_sheets_are_put_by_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody finds them in the folder of temporary files, and a run that breaks off leaves none."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    sheet = RawSheet(line=2, candidate_id="A1", paper_id="P1", answers=((1, "A"),), form=Form.WIDE)

    def breaks_off() -> None:
        with SheetSpool() as spool:
            spool.append(sheet, "r.csv")
            assert [(0, sheet, "r.csv")] == list(spool.sheets())
            assert list(tmp_path.iterdir()) == []
            raise RuntimeError

    with pytest.raises(RuntimeError):
        breaks_off()
    assert list(tmp_path.iterdir()) == []


def test_sheets_of_a_long_file_come_back_as_they_were(tmp_path: Path) -> None:
    """Items by id, the line of each answer, and positions that differ from sheet to sheet."""
    path = tmp_path / "r.csv"
    path.write_text("candidate_id,paper_id,item,response\nA1,P1,q2,A\nA1,P1,X-1,B\nA2,P2,q1,C\n", encoding="utf-8")
    whole, _ = read_responses(path)

    found, _ = spooled(path)

    assert whole == found
    assert [one.lines for one in whole] == [one.lines for one in found]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_no_room_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is told by its folder, with a way out, and nothing is graded."""
    with Path("/dev/full").open("wb") as full:
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: full)
        spool = SheetSpool()
        sheet = RawSheet(line=2, candidate_id="A1", paper_id="P1", answers=((1, "A" * 9_000),), form=Form.WIDE)
        with pytest.raises(CannotTell) as error:
            spool.append(sheet, "r.csv")
    assert (error.value.code, "TMPDIR" in (error.value.hint or "")) == ("file/no-room", True)


def long_file(path: Path, papers: int, *, scattered: bool = False) -> Path:
    """Three answers to each of some papers, a line each; scattered, the first answers of all come first."""
    rows = [
        (f"C{paper:04},P{paper:04},{position},A\n", paper, position)
        for paper in range(papers)
        for position in (1, 2, 3)
    ]
    if scattered:
        rows.sort(key=lambda row: row[2])
    path.write_text("candidate_id,paper_id,position,response\n" + "".join(row[0] for row in rows), "utf-8")
    return path


def test_long_files_whose_papers_stand_together_are_not_held(tmp_path: Path) -> None:
    """A thousand papers more, a line for each answer, take their ids and no more: under 1 KB each."""

    def peak(papers: int) -> int:
        with SheetSpool() as spool:
            tracemalloc.start()
            findings = spool_responses(long_file(tmp_path / f"{papers}.csv", papers), spool)
            found = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert (spool.kept, findings) == (papers, ())
        return found

    peak(10)  # what is made once
    assert peak(3000) - peak(2000) < 1_000_000


def test_long_files_may_have_more_rows_than_other_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that is held has few rows; single answers that stand together may be many."""
    monkeypatch.setattr(response_stream, "USUAL", (1000, 3))
    monkeypatch.setattr(response_stream, "read_responses", partial(read_responses, max_rows=3))
    sheets, findings = spooled(long_file(tmp_path / "r.csv", 5))

    assert ([sheet.paper_id for sheet in sheets], findings) == ([f"P{paper:04}" for paper in range(5)], ())


def test_long_file_in_another_order_is_read_whole_or_said_to_be_sorted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the answers of a paper lie apart the file is read whole; one too large for that is to be sorted."""
    path = long_file(tmp_path / "r.csv", 3, scattered=True)
    assert ["P0000", "P0001", "P0002"] == [sheet.paper_id for sheet in spooled(path)[0]]

    monkeypatch.setattr(response_stream, "read_responses", partial(read_responses, max_rows=3))
    with pytest.raises(InputError, match="do not stand together") as refusal:
        spooled(path)
    assert "sort its rows by candidate and paper" in str(refusal.value.hint)
