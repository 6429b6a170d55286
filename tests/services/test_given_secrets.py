"""What was given in secret is taken out of a text, however it is written there."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.services import given_secrets
from certengine.services.given_secrets import remember, remember_password, without_secrets

WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "Python": lambda secret: repr(secret)[1:-1],
    "Python among quotes": lambda secret: repr(secret + "'\"")[1:-4],
    "Python, ASCII": lambda secret: ascii(secret)[1:-1],
    "Python within Python": lambda secret: repr(repr(secret + "'\""))[3:-8],
    "bytes": lambda secret: repr(secret.encode())[2:-1],
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON within JSON": lambda secret: json.dumps(json.dumps(secret, ensure_ascii=False))[3:-3],
    "address": lambda secret: quote(secret, safe=""),
    "form": quote_plus,
    "address in Python": lambda secret: repr(quote(secret))[1:-1],
    "taken for Latin-1": lambda secret: secret.encode().decode("latin-1"),
}


SECRETS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\ue000"), min_size=1)


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was given nothing yet."""
    monkeypatch.setattr(given_secrets, "_given", set())


@pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)
def test_a_secret_is_found_however_it_is_written(write: Callable[[str], str]) -> None:
    """Plain, escaped, escaped twice, in an address, in bytes; what is around it stays."""

    @given(secret=SECRETS)
    def found(secret: str) -> None:
        given_secrets._given.clear()
        remember(secret.encode())
        assert without_secrets(f"\ue000{write(secret)}\ue000") == "\ue000[secret]\ue000"

    found()


@given(secret=st.binary(min_size=1).filter(lambda one: not {*b"\n\r"} & {*one}))
def test_a_secret_need_not_be_text(secret: bytes) -> None:
    """Bytes of any kind are found as Python writes them, and as text that somebody made of them."""
    given_secrets._given.clear()
    remember(secret)
    for written in (repr(secret)[2:-1], secret.decode("latin-1"), secret.decode("utf-8", "surrogateescape")):
        assert without_secrets(f"\ue000{written}\ue000") == "\ue000[secret]\ue000"


def test_a_secret_within_another_leaves_nothing_of_the_longer() -> None:
    """The longer goes first."""
    remember(b"4711")
    remember(b"4711-0815")
    assert "0815" not in without_secrets("tried 4711-0815")


def test_without_secrets_a_text_stays_as_it_is() -> None:
    """An empty secret is none."""
    remember(b"")
    assert without_secrets("line 4, in sign") == "line 4, in sign"


def test_a_password_in_an_address_is_a_secret_in_either_form() -> None:
    """As the address has it and as the server is told it; what is no address is left to others."""
    remember_password("postgresql://clerk:p%40ss%20word@db.example.org/certengine")
    remember_password("postgresql://[db/certengine")
    told = without_secrets("clerk:p%40ss%20word@db, and 'p@ss word'")
    assert told == "clerk:[secret]@db, and '[secret]'"
