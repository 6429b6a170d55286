"""Nouns of an official sheet: the columns that an authority wants results in, declared in the scheme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

PLAIN_SOURCES: Final = (
    *("number", "candidate_id", "name", "name_en", "id_document_last4", "organisation", "seat", "language"),
    *("occupation", "title", "level", "level_code", "scheme", "edition", "sitting", "issuer"),
    *("outcome", "decided_on", "approved_on"),
    *("certificate_number", "certificate_issued_on", "certificate_valid_until"),
)
SCORE: Final = "score:"
CARRIED: Final = "carried:"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialColumn:
    """One column: its heading, and exactly one place where its cells come from.

    Attributes:
        source: one of :data:`PLAIN_SOURCES`, ``score:<component>`` or ``carried:<component>``.
        value: the same words in every row.
        given: heading of a column of the file handed in with the export: what certengine does not keep, such as whole
            identity numbers.
        format: of a day: ``yyyyMMdd`` and the like; of a score: ``0.0``, so many places; of what is given: ``id18``, a
            Chinese identity number whose check character is right.
        words: what stands for an outcome: ``{passed: 合格, failed: 不合格}``; for ``carried``: ``{yes: 是, no: 否}``.
        optional: the cell may be empty; any other empty cell refuses its row.
    """

    heading: str
    source: str | None = None
    value: str | None = None
    given: str | None = None
    format: str | None = None
    words: Mapping[str, str] | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialSheet:
    """The sheet of one authority.

    Attributes:
        columns: in the order of the sheet.
        rows: ``all`` approved results, or only who ``passed``.
        language: of texts that exist in several.
        title: name of the worksheet in a workbook.
    """

    columns: tuple[OfficialColumn, ...]
    rows: Literal["all", "passed"] = "all"
    language: str = "zh"
    title: str = "成绩"
