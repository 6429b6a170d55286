"""What markers gave answers, and the secret behind a sitting's script codes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from certengine.store.append_only import trigger_statements

revision = "0002"
down_revision = "0001"

HISTORY = (("marking_key", (("sitting",),)), ("script_mark", (("seq",),)))


def upgrade() -> None:
    """Forward only: history is never taken back."""
    op.create_table(
        "marking_key",
        sa.Column("sitting", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["sitting"], ["sitting.id"], name=op.f("fk_marking_key_sitting")),
        sa.PrimaryKeyConstraint("sitting", name=op.f("pk_marking_key")),
    )
    op.create_table(
        "script_mark",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("paper", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("marker", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.String(length=80), nullable=False),
        sa.Column("points", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["paper"], ["paper.id"], name=op.f("fk_script_mark_paper")),
        sa.ForeignKeyConstraint(["run"], ["grading_run.id"], name=op.f("fk_script_mark_run")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_script_mark")),
    )
    op.create_index("ix_script_mark_what", "script_mark", ["paper", "position"], unique=False)
    for table, keys in HISTORY:
        for statement in trigger_statements(table, keys, op.get_bind().dialect.name):
            op.execute(statement)
