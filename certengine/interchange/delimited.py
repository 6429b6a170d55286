"""Separated text, in and out: CSV, semicolons, tabs.

Invariants:

1. The separator is the one that parts the header line into headings the caller knows; if none does, the one that the
   first line uses most, outside quotes.
2. Quoting is read strictly: a stray or open quote is refused with its line, since it would swallow rows.
3. What is written out is never a formula: a cell that a spreadsheet would compute gets a leading apostrophe, unless
   it is a plain number (OWASP, CSV injection). The same rows give the same bytes.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, Final

from certengine.errors import Finding
from certengine.interchange.decoded_text import decode
from certengine.interchange.grids import HEADER_WITHIN, Grid, Row, bounded, refused, within_bounds

SEPARATORS: Final = ",;\t"

_BLOCK: Final = 1024 * 1024
_CODECS: Final = {"UTF-8": "utf-8-sig", "UTF-16": "utf-16", "GB18030": "gb18030"}

_FORMULA: Final = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]", re.DOTALL)
_PLAIN_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?|-{2,3}")
_QUOTED: Final = re.compile(r'"[^"]*"')
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


def read_delimited(
    path: Path, data: bytes, max_rows: int, is_header: Callable[[tuple[str, ...]], bool] | None = None
) -> Grid:
    """The rows of separated text.

    Raises:
        InputError: with the line, when the encoding or the quoting does not hold, or the table is too large.
    """
    text, encoding, doubts = decode(data, path)
    # Line by line: a text as a file takes four bytes for each character.
    lines = (found[0] for found in _LINE.finditer(text))
    rows = bounded(path, _rows(path, lines, separator_of(text, is_header)), max_rows)
    return Grid(rows=rows, encoding=encoding, findings=doubts)


def stream_delimited(
    path: Path, file: BinaryIO, max_rows: int, is_header: Callable[[tuple[str, ...]], bool]
) -> tuple[Iterator[Row], str, tuple[Finding, ...]]:
    """The same rows one after the other from a file of bounded size, its encoding, and the doubts about it.

    Raises:
        InputError: when the encoding does not hold; while the rows are taken, as :func:`read_delimited`.
    """
    name, doubts = _encoding(path, file)
    file.seek(0)
    lines = _lines(path, io.TextIOWrapper(file, _CODECS[name], newline=""))
    head = list(islice(lines, HEADER_WITHIN))
    rows = _rows(path, chain(head, lines), separator_of("".join(head), is_header))
    return within_bounds(path, rows, max_rows), name, doubts


def separator_of(text: str, is_header: Callable[[tuple[str, ...]], bool] | None = None) -> str:
    """Comma, semicolon or tab, as the header line has it."""
    lines = [line for line in _LINE_END.split(text, HEADER_WITHIN)[:HEADER_WITHIN] if line.strip()]
    if is_header is not None:
        for separator in SEPARATORS:
            if any(is_header(tuple(line.replace('"', "").split(separator))) for line in lines):
                return separator
    bare = _QUOTED.sub("", lines[0] if lines else "")
    return max(SEPARATORS, key=bare.count)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """UTF-8 with a byte order mark (Excel needs it for Chinese) and CRLF line ends (RFC 4180).

    Raises:
        ValueError: when a row has not as many cells as the header, or a cell has no UTF-8 form.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    for row in (header, *rows):
        if len(row) != len(header):
            raise ValueError(f"a row has {len(row)} cells, the header has {len(header)}")
        writer.writerow([harmless(cell) for cell in row])
    return target.getvalue().encode("utf-8-sig")


def harmless(cell: str) -> str:
    """The cell as a spreadsheet will show it and not compute it; ``-5`` is a number and ``--`` a dash, and both stay."""
    if _FORMULA.match(cell) and not _PLAIN_NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def restored(cell: str) -> str:
    """The cell that :func:`harmless` made harmless; any other cell as it is."""
    return cell[1:] if cell.startswith("'") and harmless(cell[1:]) == cell else cell


def _encoding(path: Path, file: BinaryIO) -> tuple[str, tuple[Finding, ...]]:
    """The encoding's name and doubts; UTF-8 is told without holding the text."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in iter(lambda: file.read(_BLOCK), b""):
            if b"\0" in block:
                break
            decoder.decode(block)
        else:
            decoder.decode(b"", final=True)
            return "UTF-8", ()
    except UnicodeDecodeError:
        pass
    file.seek(0)
    _, name, doubts = decode(file.read(), path)
    return name, doubts


def _lines(path: Path, lines: Iterable[str]) -> Iterator[str]:
    try:
        yield from lines
    except UnicodeDecodeError as error:
        raise refused(path, "table/encoding", "the file changed while it was read") from error


def _rows(path: Path, lines: Iterable[str], separator: str) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            yield Row(line=line, cells=tuple(cells))
            line = reader.line_num + 1
    except csv.Error as error:
        hint = "close the quote, or write a quote inside a cell twice"
        raise refused(path, "table/quoting", f"the quoting does not hold: {error}", line=line, hint=hint) from error
