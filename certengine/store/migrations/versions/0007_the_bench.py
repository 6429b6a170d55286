"""Entries at the bench before they are signed, signatures, and declared conflicts of interest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from certengine.store.append_only import trigger_statements

revision = "0007"
down_revision = "0006"

HISTORY = (
    ("bench_entry", (("seq",),)),
    ("signature", (("run", "candidate", "task", "assessor"),)),
    ("declaration", (("seq",),)),
)


def upgrade() -> None:
    """Forward only: history is never taken back."""
    op.create_table(
        "bench_entry",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.String(length=64), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("task", sa.String(length=64), nullable=False),
        sa.Column("aspect", sa.String(length=64), nullable=False),
        sa.Column("assessor", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("struck", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["sitting"], ["sitting.id"], name=op.f("fk_bench_entry_sitting")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_bench_entry")),
    )
    op.create_index("ix_bench_entry_whose", "bench_entry", ["sitting", "assessor"], unique=False)
    op.create_table(
        "signature",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("task", sa.String(length=64), nullable=False),
        sa.Column("assessor", sa.String(length=64), nullable=False),
        sa.Column("entries", sa.String(length=80), nullable=False),
        sa.Column("through", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["grading_run.id"], name=op.f("fk_signature_run")),
        sa.PrimaryKeyConstraint("run", "candidate", "task", "assessor", name=op.f("pk_signature")),
    )
    op.create_table(
        "declaration",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sitting"], ["sitting.id"], name=op.f("fk_declaration_sitting")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_declaration")),
    )
    op.create_index("ix_declaration_whose", "declaration", ["sitting", "person"], unique=False)
    for table, keys in HISTORY:
        for statement in trigger_statements(table, keys, op.get_bind().dialect.name):
            op.execute(statement)
