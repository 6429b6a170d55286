"""The tables of the transparency log."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from certengine.store.columns import instant, metadata, text

log_entry = Table(
    "log_entry",
    metadata,
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("act", Integer, ForeignKey("audit.seq"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("subject", String(200), nullable=False),
    text("content"),
    Index("ix_log_entry_what", "kind", "subject"),
)

log_node = Table(
    "log_node",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

log_checkpoint = Table(
    "log_checkpoint",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("size", Integer, nullable=False),
    text("text"),
    instant("at"),
)
