"""Parquet comes in as the same table that CSV would be, and is bounded before it unfolds."""

from __future__ import annotations

import datetime as dt
import sys
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from certengine.errors import CertengineError, InputError, UsageError
from certengine.interchange import parquet_tables
from certengine.interchange.page_headers import page_sizes
from certengine.interchange.responses import read_responses
from certengine.interchange.tables import read_table

WIDE = {"candidate_id": ["A1", "A2", "A3"], "paper_id": ["P1", "P2", "P3"], "q1": ["Ａ", "", "*"], "q2": [5, None, 7]}


def written(folder: Path, columns: dict[str, Any], name: str = "r.parquet", **options: Any) -> Path:
    """A Parquet file of these columns."""
    path = folder / name
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    parquet.write_table(table, path, **options)
    return path


def answers(path: Path) -> list[tuple[int, str, str, dict[int, str]]]:
    """What was read of each sheet, without doubts."""
    sheets, findings = read_responses(path)
    assert () == findings
    return [(one.line, one.candidate_id, one.paper_id, dict(one.answers)) for one in sheets]


@pytest.mark.parametrize("rows", [1, 2, 1000], ids="groups of {}".format)
@pytest.mark.parametrize("page", ["1.0", "2.0"])
def test_wide_is_read_as_csv_is(tmp_path: Path, rows: int, page: str) -> None:
    """However many row groups, and either kind of page: the same sheets on the same lines as the CSV gives."""
    path = written(tmp_path, WIDE, row_group_size=rows, data_page_version=page, compression="zstd")
    csv = tmp_path / "r.csv"
    csv.write_text("candidate_id,paper_id,q1,q2\nA1,P1,Ａ,5\nA2,P2,,\nA3,P3,*,7\n", encoding="utf-8")

    assert read_responses(csv) == read_responses(path)
    assert (2, "A1", "P1", {1: "Ａ", 2: "5"}) == answers(path)[0]


def test_answer_strings_and_long_files(tmp_path: Path) -> None:
    """The other two forms, one with a dictionary, one with a number for a position that a program made 1.0."""
    strings = {"candidate_id": ["A1"], "paper_id": ["P1"], "answers": pa.array(["A.C"]).dictionary_encode()}
    long = {"candidate_id": ["A1", "A1"], "paper_id": ["P1", "P1"], "position": [1.0, 2.0], "response": ["A", "B"]}

    assert [{1: "A", 2: "", 3: "C"}] == [one[3] for one in answers(written(tmp_path, strings))]
    assert [{1: "A", 2: "B"}] == [one[3] for one in answers(written(tmp_path, long))]


def test_values_become_what_a_person_would_type(tmp_path: Path) -> None:
    """Numbers at their shortest, dates in ISO 8601, truths as words, nothing as nothing."""
    columns = {
        "a": [20260001.0],
        "b": [0.1 + 0.2],
        "c": [Decimal("2.50")],
        "d": [dt.date(2027, 3, 1)],
        "e": [True],
        "f": pa.nulls(1),
        "g": [12345678901234567],
        "h": ["x"],
    }

    (row,) = read_table(written(tmp_path, columns)).rows
    assert ("20260001", "0.3", "2.5", "2027-03-01", "true", "", "12345678901234567", "x") == row.cells


@pytest.mark.parametrize("cell", [1e300, float("nan"), "a\0b"], ids=["long", "nan", "nul"])
def test_a_cell_that_lost_something_sets_its_row_aside(tmp_path: Path, cell: object) -> None:
    """Its sheet is not graded with a gap: the finding names the line and the column, the other rows stay."""
    columns = {"candidate_id": ["A1", "A2"], "paper_id": ["P1", "P2"], "q1": [cell, type(cell)(1)]}
    sheets, findings = read_responses(written(tmp_path, columns))

    assert (["A2"], [("table/cell-lost", 2)]) == (
        [one.candidate_id for one in sheets],
        [(one.code, one.place.line if one.place else None) for one in findings],
    )
    assert "`q1`" in findings[0].message


def test_nested_and_binary_columns_are_refused_by_name(tmp_path: Path) -> None:
    """All of them at once, at the header's line."""
    columns = {"candidate_id": ["A1"], "q1": [["A", "C"]], "q2": [{"x": 1}], "q3": [b"A"]}
    with pytest.raises(InputError) as refusal:
        read_responses(written(tmp_path, columns))

    found = refusal.value.findings
    assert [("table/column-type", 1)] * 3 == [(one.code, one.place.line if one.place else None) for one in found]
    assert ["`q1`", "`q2`", "`q3`"] == [one.message.split()[1] for one in found]


@pytest.mark.parametrize(
    ("columns", "measure"),
    [
        ({f"q{n}": ["A"] for n in range(2_001)}, "columns"),
        ({"q1": pa.nulls(200_001)}, "rows"),
        ({f"q{n}": pa.nulls(199_000) for n in range(400)}, "cells"),
        ({"q1": ["A" * 30_000 + str(n) for n in range(100)]}, "bytes"),
    ],
    ids=["columns", "rows", "cells", "bytes"],
)
def test_a_file_that_unfolds_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: dict[str, Any], measure: str
) -> None:
    """A small file may hold very much; it is refused by its measure before anything is unpacked."""
    monkeypatch.setattr(parquet_tables, "MAX_GROUP", 2**20)
    path = written(tmp_path, columns, compression="zstd", use_dictionary=False)
    with pytest.raises(InputError) as refusal:
        read_table(path)

    assert ("table/too-large", True) == (refusal.value.code, measure in refusal.value.message)


def test_a_text_in_every_row_is_kept_once(tmp_path: Path) -> None:
    """What a dictionary packs away does not unfold: 20,000 rows of one long answer are 20,000 references to it."""
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), ["x" * 100_000])
    path = written(tmp_path, {"candidate_id": ["A"] * 20_000, "answers": long})

    assert 1 == len({id(row.cells[1]) for row in read_table(path).rows[:4000]})


def test_claims_of_the_footer_are_not_relied_on(tmp_path: Path) -> None:
    """The sizes come from the pages' own headers, and add up to what the pages unpack to."""
    path = written(tmp_path, {"q1": [f"answer {n}" for n in range(1000)]}, use_dictionary=False, compression="none")
    chunk = parquet.ParquetFile(path).metadata.row_group(0).column(0)
    sizes = list(page_sizes(path.read_bytes(), chunk.data_page_offset, chunk.total_compressed_size))

    assert sizes
    assert sum(len(f"answer {n}") + 4 for n in range(1000)) <= sum(sizes) < chunk.total_compressed_size


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x15",
        b"\x15\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x00",
        b"\x19",
        b"\x1c" * 20,
        b"\x18\x7f",
        b"\x15\x00\x15\x02\x15\xc8\x01\x00",
        b"\x15\x00\x15\x01\x15\x02\x00",
    ],
    ids=["none", "cut", "endless", "empty", "list", "deep", "long", "leads out", "negative"],
)
def test_headers_that_are_none_are_refused(data: bytes) -> None:
    """Whatever stands where a page's header should: an error, and an end."""
    with pytest.raises(ValueError):
        list(page_sizes(b"PAR1" + data, 4, len(data) or 1))


def test_every_kind_of_field_is_passed_over() -> None:
    """Fields of kinds that today's writers do not use do not mislead: double, byte, text, truth, a far field."""
    header = (
        b"\x15\x00\x15\x0a\x15\x00" + b"\x17" + b"\0" * 8 + b"\x13\x01\x18\x01x\x11\x05\xc8\x01\x00\x1c\x12\x00\x00"
    )
    assert [5] == list(page_sizes(b"PAR1" + header, 4, len(header)))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_damaged_files_are_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    """A byte changed or an end cut off: a table, or an error of ours."""
    whole = bytearray(written(tmp_path, WIDE, "whole.parquet", compression="zstd").read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.parquet"
    path.write_bytes(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    with suppress(CertengineError):
        read_responses(path)


def test_without_the_extra_its_name_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In both languages, with the way out; the command ends as for a wrong usage."""
    path = written(tmp_path, WIDE)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError) as refusal:
        read_responses(path)

    assert "table/parquet-extra" == refusal.value.code
    assert "certengine[parquet]` reads" in refusal.value.message
    assert "附加项 `certengine[parquet]`" in refusal.value.message
    assert "pip install" in (refusal.value.hint or "")


def test_a_name_alone_makes_no_parquet(tmp_path: Path) -> None:
    """Other bytes under that name are refused as damaged; the bound is the same for any claim."""
    path = tmp_path / "r.parquet"
    path.write_bytes(b"candidate_id,q1\n")
    with pytest.raises(InputError) as refusal:
        read_responses(path)
    assert "table/damaged" == refusal.value.code
    assert parquet_tables.MAX_GROUP < 512 * 1024 * 1024
