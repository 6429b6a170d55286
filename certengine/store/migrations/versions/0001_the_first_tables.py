"""The first tables, each append-only but for the counter of certificate numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from certengine.store.append_only import trigger_statements

revision = "0001"
down_revision = None

HISTORY = (
    ("audit", (("seq",), ("hash",))),
    ("bank_version", (("bank", "version"),)),
    ("scheme_version", (("scheme", "version"),)),
    ("sitting", (("id",),)),
    ("candidate", (("sitting", "id"),)),
    ("decision", (("id",),)),
    ("grading_run", (("id",),)),
    ("paper", (("id",), ("sitting", "candidate", "component"))),
    ("sitting_event", (("seq",), ("sitting", "kind"))),
    ("sitting_secret", (("sitting",),)),
    ("task_assignment", (("sitting", "candidate", "component"),)),
    ("approval", (("decision",),)),
    ("certificate", (("id",), ("code_digest",), ("number",), ("status_index",), ("typed_digest",))),
    ("rating", (("seq",),)),
    ("set_aside", (("seq",),)),
    ("written_score", (("run", "paper"),)),
    ("certificate_event", (("seq",),)),
)


def upgrade() -> None:
    """Forward only: history is never taken back."""
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=80), nullable=False),
        sa.Column("hash", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_hash")),
    )
    op.create_table(
        "bank_version",
        sa.Column("bank", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.Column("published_at", sa.String(length=32), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("bank", "version", name=op.f("pk_bank_version")),
    )
    op.create_table(
        "number_series",
        sa.Column("series", sa.String(length=100), nullable=False),
        sa.Column("next", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_number_series")),
    )
    op.create_table(
        "scheme_version",
        sa.Column("scheme", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "version", name=op.f("pk_scheme_version")),
    )
    op.create_table(
        "sitting",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("scheme", sa.String(length=64), nullable=False),
        sa.Column("scheme_version", sa.Integer(), nullable=False),
        sa.Column("scheme_digest", sa.String(length=80), nullable=False),
        sa.Column("banks", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.String(length=32), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sitting")),
    )
    op.create_table(
        "candidate",
        sa.Column("sitting", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sitting"], ["sitting.id"], name=op.f("fk_candidate_sitting")),
        sa.PrimaryKeyConstraint("sitting", "id", name=op.f("pk_candidate")),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.String(length=64), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.Column("reports", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.String(length=32), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sitting"], ["sitting.id"], name=op.f("fk_decision_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index("ix_decision_who", "decision", ["sitting", "candidate"], unique=False)
    op.create_table(
        "grading_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("files", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("set_aside", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sitting"], ["sitting.id"], name=op.f("fk_grading_run_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_run")),
    )
    op.create_table(
        "paper",
        sa.Column("id", sa.String(length=20), nullable=False),
        sa.Column("sitting", sa.String(length=64), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("component", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False),
        sa.Column("contents", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sitting"], ["sitting.id"], name=op.f("fk_paper_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper")),
        sa.UniqueConstraint("sitting", "candidate", "component", name=op.f("uq_paper_sitting")),
    )
    op.create_table(
        "sitting_event",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sitting"], ["sitting.id"], name=op.f("fk_sitting_event_sitting")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_sitting_event")),
        sa.UniqueConstraint("sitting", "kind", name=op.f("uq_sitting_event_sitting")),
    )
    op.create_table(
        "sitting_secret",
        sa.Column("sitting", sa.String(length=64), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["sitting"], ["sitting.id"], name=op.f("fk_sitting_secret_sitting")),
        sa.PrimaryKeyConstraint("sitting", name=op.f("pk_sitting_secret")),
    )
    op.create_table(
        "task_assignment",
        sa.Column("sitting", sa.String(length=64), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("component", sa.String(length=64), nullable=False),
        sa.Column("task", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["sitting"], ["sitting.id"], name=op.f("fk_task_assignment_sitting")),
        sa.PrimaryKeyConstraint("sitting", "candidate", "component", name=op.f("pk_task_assignment")),
    )
    op.create_table(
        "approval",
        sa.Column("decision", sa.Integer(), nullable=False),
        sa.Column("approved_at", sa.String(length=32), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_approval_decision")),
        sa.PrimaryKeyConstraint("decision", name=op.f("pk_approval")),
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("code_digest", sa.String(length=80), nullable=False),
        sa.Column("typed_digest", sa.String(length=80), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.String(length=64), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("pdf_key", sa.String(length=16), nullable=False),
        sa.Column("cred_key", sa.String(length=16), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("reserved_at", sa.String(length=32), nullable=False),
        sa.Column("reserved_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["decision.id"], name=op.f("fk_certificate_decision")),
        sa.ForeignKeyConstraint(["sitting"], ["sitting.id"], name=op.f("fk_certificate_sitting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_certificate_code_digest")),
        sa.UniqueConstraint("number", name=op.f("uq_certificate_number")),
        sa.UniqueConstraint("status_index", name=op.f("uq_certificate_status_index")),
        sa.UniqueConstraint("typed_digest", name=op.f("uq_certificate_typed_digest")),
    )
    op.create_index(op.f("ix_certificate_decision"), "certificate", ["decision"], unique=False)
    op.create_table(
        "rating",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("sitting", sa.String(length=64), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("component", sa.String(length=64), nullable=False),
        sa.Column("task", sa.String(length=64), nullable=False),
        sa.Column("aspect", sa.String(length=64), nullable=False),
        sa.Column("assessor", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["grading_run.id"], name=op.f("fk_rating_run")),
        sa.ForeignKeyConstraint(["sitting"], ["sitting.id"], name=op.f("fk_rating_sitting")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_rating")),
    )
    op.create_index("ix_rating_who", "rating", ["sitting", "candidate"], unique=False)
    op.create_table(
        "set_aside",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["grading_run.id"], name=op.f("fk_set_aside_run")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_set_aside")),
    )
    op.create_table(
        "written_score",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("paper", sa.String(length=20), nullable=False),
        sa.Column("candidate", sa.String(length=64), nullable=False),
        sa.Column("responses", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["paper"], ["paper.id"], name=op.f("fk_written_score_paper")),
        sa.ForeignKeyConstraint(["run"], ["grading_run.id"], name=op.f("fk_written_score_run")),
        sa.PrimaryKeyConstraint("run", "paper", name=op.f("pk_written_score")),
    )
    op.create_table(
        "certificate_event",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("certificate", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["certificate"], ["certificate.id"], name=op.f("fk_certificate_event_certificate")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_certificate_event")),
    )
    op.create_index(op.f("ix_certificate_event_certificate"), "certificate_event", ["certificate"], unique=False)
    for table, keys in HISTORY:
        for statement in trigger_statements(table, keys, op.get_bind().dialect.name):
            op.execute(statement)
