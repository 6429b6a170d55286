"""Erasures of persons, and the gate in history that only they open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from certengine.store.append_only import gate_statements, trigger_statements

revision = "0009"
down_revision = "0008"

HISTORY = (("erasure", (("seq",),)),)
GATED = (
    "candidate",
    "written_score",
    "key_in",
    "resolution",
    "script_mark",
    "rating",
    "bench_entry",
    "signature",
    "declaration",
    "set_aside",
    "decision",
    "appeal_settlement",
    "appeal",
    "certificate",
    "certificate_event",
)


def upgrade() -> None:
    """Forward only: history is never taken back."""
    op.create_table(
        "erasure",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.String(length=64), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("register", sa.String(length=10), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sitting"], ["sitting.id"], name=op.f("fk_erasure_sitting")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_erasure")),
    )
    op.create_index("ix_erasure_whose", "erasure", ["sitting", "candidate"], unique=False)
    dialect = op.get_bind().dialect.name
    for table, keys in HISTORY:
        for statement in trigger_statements(table, keys, dialect):
            op.execute(statement)
    for table in GATED:
        for statement in gate_statements(table, dialect):
            op.execute(statement)
