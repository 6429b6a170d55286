"""Who is who across sittings: by id, name and last four, and never against what a document says."""

from __future__ import annotations

import pytest

from certengine.model.sitting import Candidate
from certengine.scoring.persons import Earlier, Persons, plain_name

SPRING = (
    Candidate(id="2026-001", name="张伟", id_document_last4="1234"),
    Candidate(id="2026-002", name="李娜"),
    Candidate(id="2026-003", name="Anna Berg", id_document_last4="777X"),
)
AUTUMN = (Candidate(id="A7", name="张伟", id_document_last4="1234", earlier_id="2026-001", known_as=("2026-001",)),)
PERSONS = Persons({"spring": SPRING, "autumn": AUTUMN})


@pytest.mark.parametrize(
    ("row", "sat"),
    [
        (Candidate(id="2026-002", name="李 娜"), (("spring", "2026-002"),)),
        (Candidate(id="2026-002", name="李娜", id_document_last4="9999"), (("spring", "2026-002"),)),
        (Candidate(id="B1", name="李娜"), ()),
        (Candidate(id="B1", name="李娜", earlier_id="2026-002"), (("spring", "2026-002"),)),
        (Candidate(id="B1", name="anna  BERG", id_document_last4="777X"), (("spring", "2026-003"),)),
        (Candidate(id="B1", name="Anna Berg", id_document_last4="777X", earlier_id="-"), ()),
        (
            Candidate(id="B1", name="Anna Holm", id_document_last4="777X", earlier_id="2026-003"),
            (("spring", "2026-003"),),
        ),
        (Candidate(id="2026-003", name="Anna Holm", id_document_last4="777X"), (("spring", "2026-003"),)),
        (Candidate(id="C9", name="张伟", id_document_last4="1234"), (("spring", "2026-001"), ("autumn", "A7"))),
        (Candidate(id="C9", name="张伟", earlier_id="A7"), (("spring", "2026-001"), ("autumn", "A7"))),
        (Candidate(id="C9", name="张伟", id_document_last4="5678"), ()),
    ],
    ids=str,
)
def test_the_same_person(row: Candidate, sat: tuple[tuple[str, str], ...]) -> None:
    """By id and name, by name and document, by the id that the roster names, and on through the ids before it."""
    assert PERSONS.before(row) == Earlier(sat=sat)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (Candidate(id="2026-002", name="王芳"), Earlier(taken="spring")),
        (Candidate(id="2026-001", name="张伟", id_document_last4="5678"), Earlier(taken="spring")),
        (Candidate(id="B1", name="王芳", earlier_id="2026-002"), Earlier(contradicted="spring")),
        (Candidate(id="B1", name="张伟", id_document_last4="5678", earlier_id="A7"), Earlier(contradicted="autumn")),
        (Candidate(id="B1", name="王芳", earlier_id="2025-001"), Earlier(unknown=True)),
    ],
    ids=str,
)
def test_another_person(row: Candidate, expected: Earlier) -> None:
    """An id of somebody else leads nowhere: said by the roster it is an error, by chance it is worth a look."""
    assert PERSONS.before(row) == expected


def test_names_are_compared_by_their_letters() -> None:
    """Width, case and spaces do not tell two people apart; another letter does."""
    assert plain_name("Ａnna  Berg") == plain_name("anna berg") != plain_name("anna bergh")
