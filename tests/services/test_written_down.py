"""Commitments of an act are made, told and written in parts, and are what they would be at once."""

from __future__ import annotations

from certengine.services.written_down import Commitments, digest_of
from certengine.store.commitments import Committed

MADE = [("score", f"P{number}", f"{number:064x}") for number in range(5)]


def test_parts_have_the_digest_of_the_whole() -> None:
    """However they are parted, a trail that was written before is compared alike."""
    whole = [Committed(act=7, kind=kind, subject=subject, value=value) for kind, subject, value in MADE]
    for size in (1, 2, 5):
        parts = Commitments()
        for start in range(0, len(MADE), size):
            parts.append(MADE[start : start + size])

        assert digest_of(whole) == parts.digest
        assert whole == list(parts.of(7))


def test_a_subject_stays_as_it_is_spelt() -> None:
    """An id of a person in another Unicode form is written as it came, though its digest is of the one form."""
    made = Commitments()
    made.append([("ratings", "C1 T Ame\u0301lie", "00")])

    assert [one.subject for one in made.of(1)] == ["C1 T Ame\u0301lie"]
    assert made.digest == digest_of([Committed(act=1, kind="ratings", subject="C1 T Am\u00e9lie", value="00")])


def test_none_is_nothing() -> None:
    """An act without records says nothing of them."""
    assert not Commitments()
