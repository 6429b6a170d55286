"""What every table is made with: one collection of tables, and two kinds of column."""

from __future__ import annotations

from sqlalchemy import Column, MetaData, String, Text

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


def text(name: str, *, null: bool = False) -> Column[str]:
    """Text of any length."""
    return Column(name, Text, nullable=null)


def instant(name: str) -> Column[str]:
    """RFC 3339 in UTC, as text: it sorts as it should, on every database."""
    return Column(name, String(32), nullable=False)
