"""Parquet as rows of text, row group by row group, from a file that may be hostile. Needs the extra ``parquet``.

Invariants:

1. What the file unfolds to is bounded before anything is unpacked: rows, columns, cells, and of each row group what the
   headers of its pages claim, which is what the reader sets memory aside for. The footer's claims are not relied on.
2. Only flat columns of texts, numbers, truths and dates are read; any other is refused by its name.
3. A number is its shortest decimal, a whole one without a point: programs keep ids with gaps as floating point. One that
   lost its end sets its row aside.
4. Records have the lines they would have as CSV: the header is line 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from certengine.errors import CertengineError, Finding, InputError, UsageError, place_in
from certengine.interchange.grids import MAX_COLUMNS, Grid, Row, bounded, refused
from certengine.interchange.page_headers import page_sizes

MAGIC: Final = b"PAR1"
MAX_CELLS: Final = 64 * 1024 * 1024
"""Most cells: a CSV of the largest size has no more."""

MAX_GROUP: Final = 256 * 1024 * 1024
"""Most bytes that the pages of one row group may unpack to."""

_AT_ONCE: Final = 4096
_EXACT_DIGITS: Final = 15
_RESAVE: Final = "save it as `.csv`"


def read_parquet(path: Path, data: bytes, max_rows: int) -> Grid:
    """The records of a Parquet file under a header of its column names.

    Raises:
        UsageError: when the extra is not installed.
        InputError: when it is no Parquet, has columns that are not read, or unfolds to too much.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise UsageError(
            f"`{path.name}` is Parquet, which the extra `certengine[parquet]` reads "
            f"(读取 Parquet 文件需要安装附加项 `certengine[parquet]`)",
            hint=f"`pip install 'certengine[parquet]'`, or {_RESAVE} (或另存为 CSV)",
            code="table/parquet-extra",
        ) from None
    lost: list[Row] = []
    findings: list[Finding] = []
    try:
        whole = parquet.ParquetFile(pa.BufferReader(data), pre_buffer=False)
        texts = _text_columns(path, pa.types, whole.schema_arrow)
        _demand_bounded(path, data, whole.metadata, max_rows)
        # Texts come as references into a dictionary: a long one that stands in every row is kept once.
        file = parquet.ParquetFile(pa.BufferReader(data), pre_buffer=False, read_dictionary=texts)
        rows = bounded(path, _rows(path, file, lost, findings), max_rows)
    except CertengineError:
        raise
    except Exception as error:  # a stranger's bytes in a library's hands: whatever comes
        raise refused(path, "table/damaged", "the Parquet file cannot be read", hint=_RESAVE) from error
    return Grid(rows=rows, encoding="Parquet", named=True, lost=tuple(lost), findings=tuple(findings))


def _text_columns(path: Path, types: Any, schema: Any) -> list[str]:
    """The names of the columns of texts.

    Raises:
        InputError: naming every column that is not read.
    """
    texts, strange = [], []
    for column in schema:
        kind = column.type.value_type if types.is_dictionary(column.type) else column.type
        if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
            texts.append(column.name)
        elif not (
            types.is_integer(kind)
            or types.is_floating(kind)
            or types.is_decimal(kind)
            or types.is_boolean(kind)
            or types.is_date(kind)
            or types.is_null(kind)
        ):
            strange.append(column)
    if strange:
        hint = "keep one text, number or date in a cell"
        found = tuple(
            Finding(
                code="table/column-type",
                message=f"column `{column.name}` holds `{str(column.type)[:60]}`, which is not read",
                place=place_in(path, 1),
                hint=hint,
            )
            for column in strange[:20]
        )
        raise InputError(f"`{path.name}` is not read", hint=hint, findings=found, code="table/column-type")
    return texts


def _demand_bounded(path: Path, data: bytes, metadata: Any, max_rows: int) -> None:
    """Refuse what unfolds to too much.

    Raises:
        InputError: with the measure that is exceeded.
    """
    rows, columns = metadata.num_rows, metadata.num_columns
    why = None
    if columns > MAX_COLUMNS:
        why = f"the table has more than {MAX_COLUMNS} columns"
    elif rows > max_rows:
        why = f"the table has more than {max_rows} rows"
    elif rows * columns > MAX_CELLS:
        why = f"the table has more than {MAX_CELLS} cells"
    if why is None:
        for number in range(metadata.num_row_groups):
            group = metadata.row_group(number)
            chunks = [group.column(index) for index in range(group.num_columns)]
            if sum(sum(page_sizes(data, *_extent(chunk))) for chunk in chunks) > MAX_GROUP:
                why = f"row group {number + 1} unpacks to more than {MAX_GROUP} bytes"
                break
    if why is not None:
        raise refused(path, "table/too-large", why, hint="split it into several files")


def _extent(chunk: Any) -> tuple[int, int]:
    """Where a column's pages of one row group begin, and their length, headers included."""
    offsets = (chunk.data_page_offset, chunk.dictionary_page_offset if chunk.has_dictionary_page else 0)
    return min(offset for offset in offsets if offset), chunk.total_compressed_size


def _rows(path: Path, file: Any, lost: list[Row], findings: list[Finding]) -> Iterator[Row]:
    names = tuple(column.name for column in file.schema_arrow)
    yield Row(line=1, cells=names)
    line = 1
    for group in range(file.num_row_groups):
        for batch in file.iter_batches(batch_size=_AT_ONCE, row_groups=[group], use_threads=False):
            for cells in zip(*map(_texts, batch.columns), strict=True):
                line += 1
                bad = next((name for name, cell in zip(names, cells, strict=True) if cell is None), None)
                row = Row(line=line, cells=cells if bad is None else tuple(cell or "" for cell in cells))
                if bad is None:
                    yield row
                    continue
                lost.append(row)
                findings.append(_cell_lost(path, line, bad))
                yield Row(line=line, cells=())  # counts towards the bound


def _texts(column: Any) -> list[str | None]:
    """The cells of a column; ``None`` for what cannot be told exactly."""
    if hasattr(column, "dictionary"):
        known = [_text(value) for value in column.dictionary.to_pylist()]
        return ["" if index is None else known[index] for index in column.indices.to_pylist()]
    met: dict[Any, str | None] = {}
    # A truth equals a number, and 1.0 equals 1; within one column there is one type.
    return [met[value] if value in met else met.setdefault(value, _text(value)) for value in column.to_pylist()]


def _text(value: object) -> str | None:
    match value:
        case None:
            return ""
        case str():
            return None if "\0" in value else value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            if not math.isfinite(value) or abs(value) >= 10**_EXACT_DIGITS:
                return None
            return _plain(Decimal(f"{value:.{_EXACT_DIGITS}g}"))
        case Decimal():
            return _plain(value)
    return str(value)  # a date, as ISO 8601 has it


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _cell_lost(path: Path, line: int, name: str) -> Finding:
    return Finding(
        code="table/cell-lost",
        message=f"`{name}` holds a number that lost its end, or a character that is no text",
        place=place_in(path, line),
        hint="write the column as text",
    )
