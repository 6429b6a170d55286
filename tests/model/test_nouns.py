"""Nouns answer what they hold, and refuse to be changed."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from certengine.model.credential import Issuer, KeyRecord, Keyring, KeyUse
from certengine.model.sitting import Candidate, Sitting
from tests.simulator import WORLD, task, text

BANK = WORLD.bank
DAY = datetime(2026, 1, 1, tzinfo=UTC)
KEY = KeyRecord(
    kid="00",
    use=KeyUse.CRED,
    algorithm="Ed25519",
    public="",
    not_before=datetime(2026, 1, 1, tzinfo=UTC),
    not_after=datetime(2027, 1, 1, tzinfo=UTC),
)
KEYRING = Keyring(issuer=Issuer(id="i", name=text("issuer"), domain="verify.example.org"), keys=(KEY,), roots=())


def test_item_by_id() -> None:
    """A bank gives an item by its id."""
    assert "tf-a2" == BANK.contents.item("tf-a2").id


def test_component_by_id() -> None:
    """A scheme gives a component by its id."""
    assert WORLD.skill == WORLD.scheme.component("skill")


def test_candidate_by_id() -> None:
    """A sitting gives a candidate by id."""
    assert "C2" == WORLD.sitting.candidate("C2").id


def test_who_was_erased_is_not_on_record() -> None:
    """The roster keeps the place of a person who was erased; lists of results go by the others."""
    first, *others = WORLD.sitting.candidates
    sitting = replace(WORLD.sitting, candidates=(replace(first, erased=DAY.date()), *others))
    assert sitting.on_record == tuple(others)


def test_aspect_by_id() -> None:
    """A task gives an aspect by its id, whatever group it stands in."""
    assert "V1" == task().aspect("V1").id


@pytest.mark.parametrize(
    "look_up",
    [BANK.contents.item, WORLD.scheme.component, WORLD.sitting.candidate, task().aspect],
    ids=lambda f: f.__qualname__,
)
def test_unknown_id(look_up) -> None:
    """An id that does not exist is a key error, never another thing."""
    with pytest.raises(KeyError):
        look_up("nobody")


def test_key_by_id() -> None:
    """A keyring gives a key by its id, and nothing for an id it does not hold."""
    assert (KEY, None) == (KEYRING.key("00"), KEYRING.key("01"))


def test_bank_is_named_with_its_version() -> None:
    """A paper names the bank as ``id@version``."""
    assert "tiny@1" == BANK.reference


def test_components_by_kind() -> None:
    """A scheme tells its written components from its practical ones."""
    assert ((WORLD.component,), (WORLD.skill,)) == (WORLD.scheme.written, WORLD.scheme.practical)


def test_section_adds_up() -> None:
    """A section counts the items of all its cells, and its total is that many times the marks of one."""
    single = WORLD.component.sections[0]

    assert (3, Decimal(3)) == (single.count, single.total)


def test_nouns_do_not_change() -> None:
    """A noun is frozen."""
    with pytest.raises(FrozenInstanceError):
        BANK.version = 2  # type: ignore[misc]


def test_who_brings_an_earlier_result_does_not_sit_its_component() -> None:
    """A component is sat by those who bring no result of it; a sitting nobody brings one to is unchanged."""
    sits, brings = Candidate(id="C1", name="甲"), Candidate(id="C2", name="乙", carry_over=("written",))
    sitting = Sitting(
        id="s",
        scheme_id="x",
        scheme_version=1,
        scheme_digest="",
        banks=(),
        candidates=(sits, brings),
        opened_at=DAY,
        opened_by="a",
    )

    assert sitting.sitting_down("written").candidates == (sits,)
    assert sitting.sitting_down("practical") is sitting
