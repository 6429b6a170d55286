"""Wide response files of any length, on one form that all candidates share: chunks of answer codes, and rows set aside.

1. The head tells encoding, separator and columns; a header that does not fit the form refuses the file.
2. Block by block, what :mod:`certengine.interchange.wide_blocks` can read becomes chunks.
3. What it leaves goes to the row reader of :mod:`certengine.interchange.responses`, line by line; so does the rest of a
   file from the first block with a quote or a lone carriage return on, and a workbook as a whole.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from certengine.errors import Finding, InputError, NotFound, first_errors, place_in
from certengine.interchange.decoded_text import decode
from certengine.interchange.delimited import separator_of
from certengine.interchange.grids import MAX_COLUMNS, Row, refused
from certengine.interchange.responses import COLUMNS, read_wide_rows, wide_columns
from certengine.interchange.tables import Table, is_json_lines, ragged_finding, read_table, squared
from certengine.interchange.wide_blocks import AnswerCodes, Chunk, Layout, read_block

BLOCK: Final = 4 * 1024 * 1024
"""Bytes read at a time; their tables still fit into a processor's cache."""

_ROWS_AT_ONCE: Final = 5_000


@dataclass(slots=True)
class Part:
    """What came of one block: chunks, findings, and by id the line of a row that is not read."""

    chunks: list[Chunk] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    damaged: dict[str, int] = field(default_factory=dict)


def read_bulk(path: Path, codes: AnswerCodes, positions: int, *, block: int = BLOCK) -> Iterator[Part]:
    """The parts of a file, in its order.

    Args:
        positions: how many items the form has.

    Raises:
        NotFound: when there is no such file.
        InputError: when it is no wide table of responses to this form, or is damaged as a whole.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise NotFound(f"there is no file `{path}`", hint="check the path", code="file/not-found") from error
    except (OSError, ValueError) as error:
        raise refused(path, "table/unreadable", "the file cannot be opened") from error
    with file:
        head = file.read(block)
        if (
            is_json_lines(path)
            or path.suffix.lower() in {".xlsx", ".parquet"}
            or head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"))
        ):
            yield _workbook(path, codes, positions)
            return
        reader = _Reader.of(path, head, codes, positions)
        file.seek(reader.start)
        yield from reader.parts(file, block)


@dataclass(slots=True)
class _Reader:
    """A text file with its header understood: ``start`` is where the first row begins."""

    path: Path
    codes: AnswerCodes
    layout: Layout
    table: Table
    places: dict[str, int]
    questions: dict[int, int]
    start: int
    returns: bool

    @classmethod
    def of(cls, path: Path, head: bytes, codes: AnswerCodes, positions: int) -> _Reader:
        """Step 1."""
        whole = head[: head.rfind(b"\n") + 1] or head
        if not whole.strip():
            raise refused(path, "table/empty", "the file holds no rows", hint="give a header row and the rows below it")
        text, encoding, _ = decode(whole, path)
        if encoding == "UTF-16":
            raise refused(path, "batch/encoding", "it is in UTF-16", hint="save it as `CSV UTF-8`")
        separator = separator_of(text, COLUMNS.is_header)
        line = text.splitlines()[0]
        cells = next(csv.reader([line], delimiter=separator, strict=True), [])
        table = Table(
            source=path, header=tuple(cell.strip() for cell in cells), header_line=1, rows=(), encoding=encoding
        )
        places, questions = _columns(table, positions)
        ends = [end for end in (whole.find(b"\n"), whole.find(b"\r")) if end >= 0]
        returns = whole[min(ends, default=0) : min(ends, default=0) + 2] == b"\r\n"
        answers = tuple(questions[position] for position in sorted(questions))
        start = min(ends, default=len(whole) - 1) + (2 if returns else 1)
        layout = Layout.of(separator, len(table.header), places["candidate_id"], answers, whole[start:], codes)
        layout = replace(layout, encoding="utf-8" if encoding == "UTF-8" else "gb18030")
        return cls(path, codes, layout, table, places, questions, start, returns)

    def parts(self, file: io.BufferedReader, size: int) -> Iterator[Part]:
        """Steps 2 and 3; ``file`` stands at the first row."""
        buffer = bytearray(size)
        kept, offset, line = 0, self.start, 2
        while True:
            got = file.readinto(memoryview(buffer)[kept:]) if kept < len(buffer) else 0
            filled = kept + got
            if not got and kept < len(buffer):
                if not filled:
                    return
                end_of_line = b"\r\n" if self.returns else b"\n"  # the last line has no end of its own
                buffer[filled : filled + len(end_of_line)] = end_of_line
                filled += len(end_of_line)
            end = buffer.rfind(b"\n", 0, filled) + 1
            if not end and filled < len(buffer):
                kept = filled
                continue
            if not end:
                raise refused(self.path, "table/too-large", "a line is longer than any row of answers", line=line)
            if not self._is_plain(buffer, end):
                file.seek(offset)
                yield from self._row_by_row(file, line)
                return
            data = np.frombuffer(buffer, np.uint8, end)
            chunks, left, lines = read_block(data, line, self.layout, self.codes, carriage_return=self.returns)
            del data
            part = Part(chunks=chunks)
            self._take_lines(left, part)
            yield part
            offset += end
            line += lines
            buffer[: filled - end] = buffer[end:filled]
            kept = filled - end

    def _is_plain(self, buffer: bytearray, end: int) -> bool:
        stray = buffer.find(b"\0", 0, end)
        if stray >= 0:
            raise refused(self.path, "table/not-text", "a NUL byte stands in the text")
        if buffer.find(b'"', 0, end) >= 0:
            return False
        if not self.returns:
            return buffer.find(b"\r", 0, end) < 0
        return buffer.count(b"\r", 0, end) == buffer.count(b"\r\n", 0, end) == buffer.count(b"\n", 0, end)

    def _take_lines(self, lines: Iterable[tuple[int, bytes]], part: Part) -> None:
        rows = []
        for line, data in lines:
            try:
                text = data.decode(self.layout.encoding)
            except UnicodeDecodeError:
                part.findings.append(_undecodable(self.path, line))
                continue
            rows.append(Row(line=line, cells=tuple(text.rstrip("\r").split(chr(self.layout.separator)))))
        self._take_rows(rows, part)

    def _row_by_row(self, file: io.BufferedReader, line: int) -> Iterator[Part]:
        stream = io.TextIOWrapper(file, encoding=self.layout.encoding, newline="")
        reader = csv.reader(stream, delimiter=chr(self.layout.separator), strict=True)
        try:
            rows = _numbered(reader, line)
            while batch := list(islice(rows, _ROWS_AT_ONCE)):
                part = Part()
                self._take_rows(batch, part)
                yield part
        except csv.Error as error:
            hint = "close the quote, or write a quote inside a cell twice"
            at = line + reader.line_num - 1
            raise refused(
                self.path, "table/quoting", f"the quoting does not hold: {error}", line=at, hint=hint
            ) from error
        except UnicodeDecodeError as error:
            at = line + reader.line_num
            raise refused(self.path, "table/encoding", "a character cannot be read", line=at) from error
        finally:
            stream.detach()

    def _take_rows(self, rows: Sequence[Row], part: Part) -> None:
        filled = (row for row in rows if any(cell.strip() for cell in row.cells))
        kept, ragged = squared(self.layout.columns, filled)
        part.findings.extend(ragged_finding(self.path, row, self.layout.columns) for row in ragged)
        own = Table(
            source=self.path,
            header=self.table.header,
            header_line=1,
            rows=kept,
            set_aside=ragged,
            encoding=self.table.encoding,
        )
        _take_table(own, self.places, self.questions, self.codes, part)


def _columns(table: Table, positions: int) -> tuple[dict[str, int], dict[int, int]]:
    places, questions, findings = wide_columns(table)
    wrong = list(first_errors(findings))
    if "absent" in places:
        message = "column `absent`: of a form graded in bulk only those who came are counted"
        hint = "take out the rows of absent candidates, and the column"
        wrong.append(Finding(code="batch/absent", message=message, place=place_in(table.source, 1), hint=hint))
    if "paper_id" in places:
        message = "the rows name papers, so each may be of another form"
        hint = "grade it by `certengine grade written`, or take the column out"
        wrong.append(Finding(code="batch/names-papers", message=message, place=place_in(table.source, 1), hint=hint))
    if not wrong and list(questions) != list(range(1, positions + 1)):
        message = f"the form has {positions} items, the file has {len(questions)} columns of questions"
        hint = f"give the columns `q1` to `q{positions}`, each once"
        wrong.append(Finding(code="batch/columns", message=message, place=place_in(table.source, 1), hint=hint))
    if len(table.header) > MAX_COLUMNS:
        raise refused(table.source, "table/too-large", f"the table has more than {MAX_COLUMNS} columns", line=1)
    if wrong:
        raise InputError(
            f"`{table.source.name}` holds no answers to this form",
            findings=tuple(wrong),
            hint=wrong[0].hint,
            code=wrong[0].code,
        )
    return places, questions


def _workbook(path: Path, codes: AnswerCodes, positions: int) -> Part:
    if is_json_lines(path):
        raise refused(path, "batch/format", "JSON Lines are graded by `certengine grade written`")
    table = read_table(path, is_header=COLUMNS.is_header)
    places, questions = _columns(table, positions)
    part = Part(findings=list(first_errors(table.findings)))
    _take_table(table, places, questions, codes, part)
    return part


def _take_table(
    table: Table, places: dict[str, int], questions: dict[int, int], codes: AnswerCodes, part: Part
) -> None:
    """Rows by the row reader, and their answers as codes."""
    sheets, findings, damaged = read_wide_rows(table, places, questions)
    part.findings.extend(findings)
    part.damaged.update({one: line for one, line in damaged.items() if one})
    if sheets:
        rows = [[codes.code(position - 1, raw) for position, raw in sheet.answers] for sheet in sheets]
        ids = np.asarray([sheet.candidate_id.encode() for sheet in sheets], dtype=np.bytes_)
        lines = np.asarray([sheet.line for sheet in sheets], dtype=np.intp)
        part.chunks.append(Chunk(ids, lines, np.asarray(rows, dtype=np.uint16).T))


def _numbered(reader: Iterable[list[str]], line: int) -> Iterator[Row]:
    """Rows of a CSV reader with the line each begins on."""
    offset = line - 1
    for cells in reader:
        yield Row(line=line, cells=tuple(cells))
        line = offset + reader.line_num + 1  # type: ignore[attr-defined]


def _undecodable(path: Path, line: int) -> Finding:
    return Finding(
        code="table/encoding",
        message="a character on this line cannot be read",
        place=place_in(path, line),
        hint="save the file as `CSV UTF-8` and hand it in again",
    )
