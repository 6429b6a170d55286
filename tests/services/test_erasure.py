"""Forgetting a person: the log stays whole and checks out, and nothing in it leads to the person any more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from certengine.credentials.checkpoint import read_proof_text
from certengine.credentials.salted import commitment_to, salt_of_record
from certengine.errors import NotFound, Refused, UsageError
from certengine.services.erasure import forget_candidate
from certengine.services.log_check import check_log
from certengine.services.records_of_acts import event_record, rows_of
from certengine.services.replay import replay
from certengine.services.replay_links import LinkOutcome
from certengine.services.transparency import proof_of
from certengine.store import log, tables
from certengine.store.commitments import load_salts
from tests.services.small_world import SITTING, acting
from tests.services.test_replay import NUMBER

At = Callable[[str], Path]


def test_forgetting_leaves_the_log_whole(at: At) -> None:
    """Size, root and every check are as before; another person's commitments still open."""
    root = at("issued")
    with acting(root) as context:
        before = check_log(context)
        assert forget_candidate(context, SITTING, "C1", reason="retention has ended")
        after = check_log(context)
        assert (after.sound, after.entries, after.signed) == (True, before.entries, before.signed)
        assert {link.id: link.outcome for link in replay(context, "S2630002").links}[
            "responses:theory"
        ] is LinkOutcome.EQUAL


def test_nothing_leads_from_the_log_to_the_person(at: At) -> None:
    """With everything that is known of the issue its entry cannot be recomputed any more; with the salt it could."""
    root = at("issued")
    with acting(root) as context:
        with context.reading() as connection:
            ((_, entry),) = log.places_of(connection, "issue", NUMBER)
            certificate = rows_of(connection, tables.certificate, number=NUMBER)[0]
            record = event_record(
                certificate, rows_of(connection, tables.certificate_event, certificate=certificate["id"])[0]
            )
            salt = salt_of_record(load_salts(connection, [record.owner])[record.owner], record.kind, record.subject)
        opened = commitment_to(record.content, kind=record.kind, subject=record.subject, salt=salt)
        assert json.loads(entry)["commitment"] == opened

        forget_candidate(context, SITTING, "C1", reason="retention has ended")

        with context.reading() as connection:
            assert load_salts(connection, [record.owner]) == {}
        assert read_proof_text(proof_of(context, NUMBER)[1]).extra is None
        assert not (root / "certificates" / f"{NUMBER}.tlog-proof").exists()
        found = {link.id: link.outcome for link in replay(context, NUMBER).links}
        assert (found["log"], found["responses:theory"]) == (LinkOutcome.EQUAL, LinkOutcome.NOT_KEPT)
        assert LinkOutcome.DIFFERS not in found.values()


def test_it_is_an_act_of_an_administrator_with_a_reason(at: At) -> None:
    """Once; nobody else, nobody unknown, and not without a reason."""
    root = at("issued")
    with acting(root) as context:
        assert forget_candidate(context, SITTING, "C2", reason="asked for")
        assert not forget_candidate(context, SITTING, "C2", reason="asked for")
        with pytest.raises(NotFound):
            forget_candidate(context, SITTING, "C99", reason="asked for")
        with pytest.raises(UsageError):
            forget_candidate(context, SITTING, "C1", reason=" ")
    with acting(root, "approver") as context, pytest.raises(Refused):
        forget_candidate(context, SITTING, "C1", reason="asked for")
