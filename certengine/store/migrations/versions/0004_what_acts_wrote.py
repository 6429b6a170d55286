"""Salted commitments to what acts wrote, and their salts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from certengine.store.append_only import trigger_statements

revision = "0004"
down_revision = "0003"

HISTORY = (("commitment", (("seq",),)),)


def upgrade() -> None:
    """Forward only: history is never taken back."""
    op.create_table(
        "commitment",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("act", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["act"], ["audit.seq"], name=op.f("fk_commitment_act")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_commitment")),
    )
    op.create_index(op.f("ix_commitment_act"), "commitment", ["act"], unique=False)
    op.create_table(
        "commitment_salt",
        sa.Column("owner", sa.String(length=140), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_commitment_salt")),
    )
    for table, keys in HISTORY:
        for statement in trigger_statements(table, keys, op.get_bind().dialect.name):
            op.execute(statement)
