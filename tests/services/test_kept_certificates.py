"""Certificates of every generation of keys and every form are valid for ever, by the keyring that still lists their keys.

``tests/vectors/certificates`` holds them: of the first keys with one proof, with two, in the second design; a second print by
rotated keys; a replacement by a key that an authority issued, revoked later as stolen. In ``stamped`` is one with time stamps,
archived twice: its beginnings are the issued file and the one archived once.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certengine.canonical import digest_of_bytes
from certengine.credentials.keyring import read_keyring
from certengine.credentials.verdict import judge
from certengine.documents.archive_revision import split_archive
from certengine.documents.pdf_reading import gather_evidence
from certengine.model.credential import Outcome, Presented, Standing, State, Status

FOLDER = Path(__file__).resolve().parents[1] / "vectors" / "certificates"
EXPECTED = json.loads((FOLDER / "expected.json").read_text("utf-8"))
AT = datetime(2028, 1, 1, tzinfo=UTC)
KEYRING = read_keyring((FOLDER / "keyring.json").read_bytes())


def state(pdf: bytes) -> State:
    """What a register that knows the file says of it, by the kept keyring."""
    evidence = gather_evidence(pdf, roots=KEYRING.roots, at=AT)
    status = Status(standing=Standing.ISSUED, known_at=AT, source="register", pdf_digest=digest_of_bytes(pdf))
    return judge(Presented(pdf=evidence), keyring=KEYRING, lookup=status, at=AT).state


@pytest.mark.parametrize("name", EXPECTED)
def test_a_kept_certificate_verifies(name: str) -> None:
    """As the file beside them says; and not when one byte of its signed part is another."""
    pdf = bytearray((FOLDER / name).read_bytes())

    assert state(bytes(pdf)) is State(EXPECTED[name])
    pdf[len(pdf) // 3] ^= 1
    assert state(bytes(pdf)) is not State.VALID


def test_every_generation_is_kept() -> None:
    """Retired keys, an authority's key and a revoked one stand in the keyring, and all files are looked at."""
    assert {path.name for path in FOLDER.glob("*.pdf")} == set(EXPECTED)
    assert len([key for key in KEYRING.keys if key.use.value == "pdf"]) == 3
    assert any(key.revoked_at is not None for key in KEYRING.keys)
    assert len(KEYRING.roots) == 2


STAMPED = FOLDER / "stamped"


@pytest.mark.parametrize(("year", "revisions"), [(2027, 0), (2027, 1), (2031, 2)], ids=["issued", "archived", "again"])
def test_a_kept_certificate_with_stamps_verifies(year: int, revisions: int) -> None:
    """Stamped when issued, archived, archived again: each form is valid and its stamps count, by the kept keyring."""
    keyring = read_keyring((STAMPED / "keyring.json").read_bytes())
    whole = (STAMPED / "twice-archived.pdf").read_bytes()
    issued, archived = split_archive(whole)
    pdf = whole[: archived[revisions - 1].end] if revisions else issued
    at = datetime(year, 1, 1, tzinfo=UTC)
    evidence = gather_evidence(pdf, roots=keyring.roots, stamp_roots=keyring.stamp_roots, at=at)
    status = Status(standing=Standing.ISSUED, known_at=at, source="register", pdf_digest=digest_of_bytes(issued))
    verdict = judge(Presented(pdf=evidence), keyring=keyring, lookup=status, at=at)
    outcomes = {check.id: check.outcome for check in verdict.checks}
    expired = verdict.state is State.EXPIRED and outcomes.pop("dates") is Outcome.FAILED

    assert verdict.state is State.VALID or expired
    assert outcomes["time-stamp"] is Outcome.PASSED
    assert ("archive" in outcomes) == bool(revisions)
    assert set(outcomes.values()) == {Outcome.PASSED}
