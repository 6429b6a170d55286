"""The pictures of published banks, by the digest of their bytes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from certengine.store.append_only import trigger_statements

revision = "0003"
down_revision = "0002"

HISTORY = (("picture", (("digest",),)),)


def upgrade() -> None:
    """Forward only: history is never taken back."""
    op.create_table(
        "picture",
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_picture")),
    )
    for table, keys in HISTORY:
        for statement in trigger_statements(table, keys, op.get_bind().dialect.name):
            op.execute(statement)
