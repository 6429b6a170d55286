"""The transparency log: its entries, the complete nodes of its tree, and the checkpoints that were signed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from certengine.store.append_only import trigger_statements

revision = "0008"
down_revision = "0007"

HISTORY = (
    ("log_entry", (("place",),)),
    ("log_node", (("level", "place"),)),
    ("log_checkpoint", (("seq",),)),
)


def upgrade() -> None:
    """Forward only: history is never taken back."""
    op.create_table(
        "log_entry",
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["act"], ["audit.seq"], name=op.f("fk_log_entry_act")),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_log_entry")),
    )
    op.create_index("ix_log_entry_what", "log_entry", ["kind", "subject"], unique=False)
    op.create_table(
        "log_node",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "place", name=op.f("pk_log_node")),
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_log_checkpoint")),
    )
    for table, keys in HISTORY:
        for statement in trigger_statements(table, keys, op.get_bind().dialect.name):
            op.execute(statement)
