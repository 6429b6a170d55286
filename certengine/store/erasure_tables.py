"""The table of erasures: whose rows were taken out of history, when, why, and on whose word.

An erasure on record is what opens the gate of history for the rows of one person, and no others
(:mod:`certengine.store.gates`).
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table

from certengine.store.columns import instant, metadata, text

erasure = Table(
    "erasure",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("sitting", String(64), ForeignKey("sitting.id"), nullable=False),
    Column("candidate", String(64), nullable=False),
    # What of the certificate's entry in the register: `kept` or `erased`.
    Column("register", String(10), nullable=False),
    instant("at"),
    text("by"),
    text("approved_by"),
    Index("ix_erasure_whose", "sitting", "candidate"),
)
