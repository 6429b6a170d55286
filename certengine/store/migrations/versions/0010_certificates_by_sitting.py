"""Certificates are asked for by sitting: without an index every issue read the whole register."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Forward only: history is never taken back."""
    op.create_index(op.f("ix_certificate_sitting"), "certificate", ["sitting"], unique=False)
