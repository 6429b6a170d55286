"""The look-up by a code's digest: it tells what the whole history tells, and nothing of what was never issued."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, event

from certengine.credentials.codes import code_digest, typed_digest
from certengine.store.certificates import (
    CertificateEvent,
    Reservation,
    append_certificate_event,
    append_reservation,
    certificate_by_code_digest,
)
from certengine.store.columns import metadata
from certengine.store.look_up import standing_by_digest
from tests.credentials.credential_world import CREDENTIAL, NOW

DIGEST, TYPED = code_digest(CREDENTIAL.code), typed_digest(CREDENTIAL.code)
KINDS = st.sampled_from(["suspended", "reinstated", "revoked", "superseded"])


def with_history(connection: Connection, *kinds: str) -> None:
    """One certificate and what happened to it."""
    metadata.create_all(connection)
    append_reservation(
        connection,
        Reservation(
            credential=CREDENTIAL,
            code_digest=DIGEST,
            typed_digest=TYPED,
            sitting="s",
            candidate="c",
            decision=1,
            template="formal",
            pdf_key="0" * 16,
            cred_key="1" * 16,
            by="admin",
        ),
    )
    for kind in kinds:
        details: dict[str, Any] = {"issued": {"pdf_digest": "sha256:aa", "file": "x.pdf", "token": "dG9r"}}.get(
            kind, {"successor": "S2"} if kind == "superseded" else {}
        )
        append_certificate_event(
            connection, 1, CertificateEvent(kind=kind, at=NOW, by="admin", reason="other", details=details)
        )


@given(later=st.lists(KINDS, max_size=4))
@settings(max_examples=30)
def test_it_agrees_with_the_whole_history(later: list[str]) -> None:
    """State, time, reason, digest and token are those of the record with all its events, by either form of the code."""
    with create_engine("sqlite://").begin() as connection:
        with_history(connection, "issued", *later)
        record = certificate_by_code_digest(connection, DIGEST)
        assert record is not None
        found = standing_by_digest(connection, DIGEST, typed=False)
        assert found is not None
        assert found == standing_by_digest(connection, TYPED, typed=True)
        last = record.events[-1]
        assert (found.state, found.pdf_digest, found.token) == (record.state, "sha256:aa", "dG9r")
        assert (found.since, found.reason) == ((last.at, last.reason) if later else (None, None))
        assert found.successor == ("S2" if later and later[-1] == "superseded" else None)


@pytest.mark.parametrize("history", [(), ("void",)])
def test_what_was_never_issued_is_not_there(history: tuple[str, ...]) -> None:
    """Reserved, or given up: the look-up has nothing, as for a code that nobody has."""
    with create_engine("sqlite://").begin() as connection:
        with_history(connection, *history)
        assert standing_by_digest(connection, DIGEST, typed=False) is None
        assert standing_by_digest(connection, "sha256:00", typed=False) is None
        assert standing_by_digest(connection, DIGEST, typed=True) is None


def test_one_statement_and_no_scan(tmp_path: Path) -> None:
    """A look-up is one statement that finds its rows by indexes, however many certificates there are."""
    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    seen: list[str] = []

    @event.listens_for(engine, "connect")
    def trace(connection: Any, _record: object) -> None:
        connection.set_trace_callback(seen.append)

    with engine.begin() as connection:
        with_history(connection, "issued", "suspended")
        seen.clear()
        standing_by_digest(connection, DIGEST, typed=False)
        asked = [statement for statement in seen if statement.startswith("SELECT")]
        plan = [row[3] for row in connection.exec_driver_sql("EXPLAIN QUERY PLAN " + asked[0])]
    engine.dispose()

    assert len(asked) == 1
    assert [step for step in plan if step.startswith("SCAN")] == []
