"""Corrections of keys, key-ins that differ, what people resolved, appeals and how they were settled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from certengine.store.append_only import trigger_statements

revision = "0005"
down_revision = "0004"

HISTORY = (
    ("key_correction", (("seq",),)),
    ("key_in", (("run", "paper"),)),
    ("resolution", (("seq",),)),
    ("appeal", (("id",),)),
    ("appeal_settlement", (("appeal",),)),
)


def upgrade() -> None:
    """Forward only: history is never taken back."""
    _grading()
    _appeals()
    for table, keys in HISTORY:
        for statement in trigger_statements(table, keys, op.get_bind().dialect.name):
            op.execute(statement)


def _grading() -> None:
    op.create_table(
        "key_correction",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.String(length=64), nullable=False),
        sa.Column("bank", sa.String(length=64), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("policy", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["grading_run.id"], name=op.f("fk_key_correction_run")),
        sa.ForeignKeyConstraint(["sitting"], ["sitting.id"], name=op.f("fk_key_correction_sitting")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_key_correction")),
    )
    op.create_index("ix_key_correction_sitting", "key_correction", ["sitting"], unique=False)
    op.create_table(
        "key_in",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("paper", sa.String(length=20), nullable=False),
        sa.Column("responses", sa.Text(), nullable=False),
        sa.Column("differences", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["paper"], ["paper.id"], name=op.f("fk_key_in_paper")),
        sa.ForeignKeyConstraint(["run"], ["grading_run.id"], name=op.f("fk_key_in_run")),
        sa.PrimaryKeyConstraint("run", "paper", name=op.f("pk_key_in")),
    )
    op.create_table(
        "resolution",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("paper", sa.String(length=20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("read", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["paper"], ["paper.id"], name=op.f("fk_resolution_paper")),
        sa.ForeignKeyConstraint(["run"], ["grading_run.id"], name=op.f("fk_resolution_run")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_resolution")),
    )
    op.create_index("ix_resolution_what", "resolution", ["paper", "position"], unique=False)


def _appeals() -> None:
    op.create_table(
        "appeal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.String(length=64), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("deadline", sa.String(length=10), nullable=False),
        sa.Column("opened_at", sa.String(length=32), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_appeal_decision")),
        sa.ForeignKeyConstraint(["sitting"], ["sitting.id"], name=op.f("fk_appeal_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
    )
    op.create_index("ix_appeal_who", "appeal", ["sitting", "candidate"], unique=False)
    op.create_table(
        "appeal_settlement",
        sa.Column("appeal", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.String(length=32), nullable=False),
        sa.Column("settled_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["appeal"], ["appeal.id"], name=op.f("fk_appeal_settlement_appeal")),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_appeal_settlement_decision")),
        sa.PrimaryKeyConstraint("appeal", name=op.f("pk_appeal_settlement")),
    )
