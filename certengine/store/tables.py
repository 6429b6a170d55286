"""The tables. History is append-only: every table in :data:`HISTORY` refuses UPDATE and DELETE by trigger.

What changes is written as a new row: a revoked certificate is the same reservation with one event more. Only two tables
are ever updated: :data:`number_series` holds the next serial of each series of certificate numbers, :data:`job` who works
on what just now. Only from :data:`commitment_salt` is ever deleted: without a person's salt nothing links a commitment to
the person; and rows of a person whose erasure is on record pass the gate in :mod:`certengine.store.gates`.
Nouns are kept as their canonical JSON beside the columns that queries need.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from certengine.store import erasure_tables, log_tables  # noqa: F401  # their tables belong to the collection
from certengine.store.columns import instant, metadata, text

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    instant("at"),
    text("actor"),
    text("action"),
    text("subject"),
    text("details"),
    Column("previous", String(80), nullable=False),
    Column("hash", String(80), nullable=False, unique=True),
)

commitment = Table(
    "commitment",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("act", Integer, ForeignKey("audit.seq"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("value", String(80), nullable=False),
)

commitment_salt = Table(
    "commitment_salt",
    metadata,
    Column("owner", String(140), primary_key=True),
    Column("salt", String(64), nullable=False),
)

bank_version = Table(
    "bank_version",
    metadata,
    Column("bank", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(80), nullable=False),
    text("contents"),
    instant("published_at"),
    text("published_by"),
    text("reason"),
)

picture = Table(
    "picture",
    metadata,
    Column("digest", String(80), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

scheme_version = Table(
    "scheme_version",
    metadata,
    Column("scheme", String(64), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(80), nullable=False),
    text("contents"),
    instant("recorded_at"),
    text("recorded_by"),
)

sitting = Table(
    "sitting",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("scheme", String(64), nullable=False),
    Column("scheme_version", Integer, nullable=False),
    Column("scheme_digest", String(80), nullable=False),
    text("banks"),
    instant("opened_at"),
    text("opened_by"),
)

candidate = Table(
    "candidate",
    metadata,
    Column("sitting", String(64), ForeignKey("sitting.id"), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("place", Integer, nullable=False),
    text("contents"),
)

sitting_secret = Table(
    "sitting_secret",
    metadata,
    Column("sitting", String(64), ForeignKey("sitting.id"), primary_key=True),
    Column("seed", String(64), nullable=False),
)

sitting_event = Table(
    "sitting_event",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("sitting", String(64), ForeignKey("sitting.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    instant("at"),
    text("by"),
    text("details"),
    UniqueConstraint("sitting", "kind"),
)

paper = Table(
    "paper",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("sitting", String(64), ForeignKey("sitting.id"), nullable=False),
    Column("candidate", String(64), nullable=False),
    Column("component", String(64), nullable=False),
    Column("digest", String(80), nullable=False),
    text("contents"),
    UniqueConstraint("sitting", "candidate", "component"),
)

task_assignment = Table(
    "task_assignment",
    metadata,
    Column("sitting", String(64), ForeignKey("sitting.id"), primary_key=True),
    Column("candidate", String(64), primary_key=True),
    Column("component", String(64), primary_key=True),
    Column("task", String(64), nullable=False),
)

grading_run = Table(
    "grading_run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sitting", String(64), ForeignKey("sitting.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    instant("at"),
    text("by"),
    text("files"),
    Column("accepted", Integer, nullable=False),
    Column("set_aside", Integer, nullable=False),
)

set_aside = Table(
    "set_aside",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("run", Integer, ForeignKey("grading_run.id"), nullable=False),
    text("place"),
    text("code"),
    text("message"),
)

written_score = Table(
    "written_score",
    metadata,
    Column("run", Integer, ForeignKey("grading_run.id"), primary_key=True),
    Column("paper", String(20), ForeignKey("paper.id"), primary_key=True),
    Column("candidate", String(64), nullable=False),
    text("responses"),
    text("report"),
)

rating = Table(
    "rating",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("run", Integer, ForeignKey("grading_run.id"), nullable=False),
    Column("sitting", String(64), ForeignKey("sitting.id"), nullable=False),
    Column("candidate", String(64), nullable=False),
    Column("component", String(64), nullable=False),
    Column("task", String(64), nullable=False),
    Column("aspect", String(64), nullable=False),
    Column("assessor", String(64), nullable=False),
    text("value"),
    text("remark", null=True),
    Index("ix_rating_who", "sitting", "candidate"),
)

bench_entry = Table(
    "bench_entry",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("sitting", String(64), ForeignKey("sitting.id"), nullable=False),
    Column("candidate", String(64), nullable=False),
    Column("task", String(64), nullable=False),
    Column("aspect", String(64), nullable=False),
    Column("assessor", String(64), nullable=False),
    text("value"),
    text("remark", null=True),
    Column("struck", Integer, nullable=False),
    instant("at"),
    Index("ix_bench_entry_whose", "sitting", "assessor"),
)

signature = Table(
    "signature",
    metadata,
    Column("run", Integer, ForeignKey("grading_run.id"), primary_key=True),
    Column("candidate", String(64), primary_key=True),
    Column("task", String(64), primary_key=True),
    Column("assessor", String(64), primary_key=True),
    Column("entries", String(80), nullable=False),
    Column("through", Integer, nullable=True),
)

declaration = Table(
    "declaration",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("sitting", String(64), ForeignKey("sitting.id"), nullable=False),
    Column("person", String(64), nullable=False),
    Column("candidate", String(64), nullable=True),
    Column("kind", String(20), nullable=True),
    instant("at"),
    text("by"),
    Index("ix_declaration_whose", "sitting", "person"),
)

marking_key = Table(
    "marking_key",
    metadata,
    Column("sitting", String(64), ForeignKey("sitting.id"), primary_key=True),
    Column("key", String(64), nullable=False),
)

script_mark = Table(
    "script_mark",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("run", Integer, ForeignKey("grading_run.id"), nullable=False),
    Column("paper", String(20), ForeignKey("paper.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("item", String(64), nullable=False),
    Column("marker", String(64), nullable=False),
    Column("answer", String(80), nullable=False),
    text("points"),
    text("remark", null=True),
    Index("ix_script_mark_what", "paper", "position"),
)

decision = Table(
    "decision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sitting", String(64), ForeignKey("sitting.id"), nullable=False),
    Column("candidate", String(64), nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("digest", String(80), nullable=False),
    text("contents"),
    text("reports"),
    instant("decided_at"),
    text("decided_by"),
    Index("ix_decision_who", "sitting", "candidate"),
)

approval = Table(
    "approval",
    metadata,
    Column("decision", Integer, ForeignKey("decision.id"), primary_key=True),
    instant("approved_at"),
    text("approved_by"),
)

key_correction = Table(
    "key_correction",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("run", Integer, ForeignKey("grading_run.id"), nullable=False),
    Column("sitting", String(64), ForeignKey("sitting.id"), nullable=False),
    Column("bank", String(64), nullable=False),
    Column("item", String(64), nullable=False),
    Column("policy", String(20), nullable=False),
    # The version whose key marks; none where everybody gets full marks or nobody any.
    Column("version", Integer, nullable=True),
    text("reason"),
    text("requested_by"),
    text("approved_by"),
    Index("ix_key_correction_sitting", "sitting"),
)

key_in = Table(
    "key_in",
    metadata,
    Column("run", Integer, ForeignKey("grading_run.id"), primary_key=True),
    Column("paper", String(20), ForeignKey("paper.id"), primary_key=True),
    text("responses"),
    text("differences"),
)

resolution = Table(
    "resolution",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("run", Integer, ForeignKey("grading_run.id"), nullable=False),
    Column("paper", String(20), ForeignKey("paper.id"), nullable=False),
    Column("position", Integer, nullable=False),
    text("read"),
    text("response"),
    text("by"),
    text("reason"),
    Index("ix_resolution_what", "paper", "position"),
)

appeal = Table(
    "appeal",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sitting", String(64), ForeignKey("sitting.id"), nullable=False),
    Column("candidate", String(64), nullable=False),
    Column("decision", Integer, ForeignKey("decision.id"), nullable=False),
    text("reason"),
    Column("deadline", String(10), nullable=False),
    instant("opened_at"),
    text("opened_by"),
    Index("ix_appeal_who", "sitting", "candidate"),
)

appeal_settlement = Table(
    "appeal_settlement",
    metadata,
    Column("appeal", Integer, ForeignKey("appeal.id"), primary_key=True),
    Column("decision", Integer, ForeignKey("decision.id"), nullable=False),
    Column("outcome", String(10), nullable=False),
    text("reason"),
    instant("settled_at"),
    text("settled_by"),
)

number_series = Table(
    "number_series",
    metadata,
    Column("series", String(100), primary_key=True),
    Column("next", Integer, nullable=False),
)

certificate = Table(
    "certificate",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String(64), nullable=False, unique=True),
    Column("code_digest", String(80), nullable=False, unique=True),
    Column("typed_digest", String(80), nullable=False, unique=True),
    Column("status_index", Integer, nullable=False, unique=True),
    # Not unique: a number given up as void is followed by another on the same decision.
    Column("decision", Integer, ForeignKey("decision.id"), nullable=False, index=True),
    Column("sitting", String(64), ForeignKey("sitting.id"), nullable=False, index=True),
    Column("candidate", String(64), nullable=False),
    Column("template", String(64), nullable=False),
    Column("pdf_key", String(16), nullable=False),
    Column("cred_key", String(16), nullable=False),
    text("credential"),
    instant("reserved_at"),
    text("reserved_by"),
)

certificate_event = Table(
    "certificate_event",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("certificate", Integer, ForeignKey("certificate.id"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    instant("at"),
    text("by"),
    text("reason", null=True),
    text("details"),
)

job = Table(
    "job",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("batch", String(64), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    text("owner", null=True),
    Column("lease_until", String(32), nullable=True),
    text("code", null=True),
    text("message", null=True),
    text("hint", null=True),
    UniqueConstraint("kind", "subject"),
    Index("ix_job_batch", "kind", "batch", "state"),
)

#: Every table, those of the log too, each after those it refers to.
EVERY: tuple[Table, ...] = tuple(metadata.sorted_tables)
#: Tables that only ever grow.
HISTORY: tuple[Table, ...] = tuple(table for table in EVERY if table not in {number_series, commitment_salt, job})
