"""Salted commitments hide what they commit to, bind to it, and come apart from it when the salt is gone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from certengine.credentials.salted import commitment_to, salt_of_record

OWNER = bytes(range(32))


def test_a_golden_commitment() -> None:
    """What was written down in 2026 opens for ever."""
    salt = salt_of_record(OWNER, "score", "P-1")

    assert salt.hex() == "3572da45a1709f395d787f30f05387036688e03abb9a6c2fca58a9cce402132d"
    assert commitment_to("sha256:00", kind="score", subject="P-1", salt=salt) == (
        "sha256:34dc9179f48ba4d020e63c6ea27d26b3bbfd29cea2526dfa73986c466b45c417"
    )


@given(st.text(), st.text(), st.text(), st.text())
def test_records_have_salts_of_their_own(kind: str, subject: str, other_kind: str, other_subject: str) -> None:
    """Opening one record of an owner opens no other; no two pairs run together."""
    same = salt_of_record(OWNER, kind, subject) == salt_of_record(OWNER, other_kind, other_subject)

    assert same == ((kind, subject) == (other_kind, other_subject))


def test_every_part_binds() -> None:
    """Another content, kind, subject or salt is another commitment."""
    values = {
        commitment_to(content, kind=kind, subject=subject, salt=salt)
        for content in ("a", "b")
        for kind in ("k", "l")
        for subject in ("s", "t")
        for salt in (bytes(32), OWNER)
    }

    assert len(values) == 16
