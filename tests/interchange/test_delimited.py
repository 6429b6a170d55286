"""Tables go out as CSV that a spreadsheet shows and never computes."""

from __future__ import annotations

import pytest

from certengine.interchange.delimited import harmless, restored, write_csv


def test_csv_bytes() -> None:
    """UTF-8 with a byte order mark, CRLF, quotes where needed."""
    assert write_csv(("姓名", "n"), [("张伟", "1,2")]) == '\ufeff姓名,n\r\n张伟,"1,2"\r\n'.encode()


@pytest.mark.parametrize(
    "cell", ["=1+1", "+cmd", "-cmd", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "-", "+1-2", "-1e5x"]
)
def test_formulas_are_neutralised(cell: str) -> None:
    """A cell that a spreadsheet would compute gets a leading apostrophe."""
    assert harmless(cell) == "'" + cell
    assert restored("'" + cell) == cell


@pytest.mark.parametrize("cell", ["-5", "+0.25", "-0.5", "12", "", "a=b", "2026-03-01", "'x", "--", "---"])
def test_harmless_cells_stay(cell: str) -> None:
    """Numbers stay numbers, and other text is left alone."""
    assert harmless(cell) == restored(cell) == cell


def test_headings_are_neutralised_too() -> None:
    """A heading may come from outside as well."""
    assert b"'=x" in write_csv(("=x",), [])


def test_ragged_rows_are_refused() -> None:
    """A row of another width than the header is a bug of the caller."""
    with pytest.raises(ValueError, match="1 cells"):
        write_csv(("a", "b"), [("1",)])


def test_same_rows_same_bytes() -> None:
    """The same table gives the same bytes."""
    assert write_csv(("a",), [("1",)]) == write_csv(["a"], iter([["1"]]))
