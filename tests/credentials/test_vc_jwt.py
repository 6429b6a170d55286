"""A badge as a JWT: the same text every time, the badge inside, and nothing else passes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from certengine.credentials.badge import badge_document
from certengine.credentials.keys import base64url, read_base64url
from certengine.credentials.strict_json import Unreadable, jcs
from certengine.credentials.vc_jwt import badge_jwt, read_badge_jwt
from tests.credentials.credential_world import CRED, CREDENTIAL, KEYRING, STRANGER, SigningKey


def made(key: SigningKey = CRED, *, end: bool = True) -> str:
    """The JWT of the usual credential."""
    credential = CREDENTIAL if end else replace(CREDENTIAL, valid_until=None)
    return badge_jwt(credential, verification_method=key.method, sign=key.private.sign)


def test_the_badge_comes_back() -> None:
    """All of it but its proofs, with the registered claims beside it; without an end there is no ``exp``."""
    claims = read_badge_jwt(made(), KEYRING)
    document = badge_document(CREDENTIAL, CRED.method.partition("#")[0])

    assert made() == made()
    assert {name: claims[name] for name in document} == document
    assert (claims["nbf"], claims["exp"]) == (1795305600, 1858463999)
    assert "exp" not in read_badge_jwt(made(end=False), KEYRING)


@pytest.mark.parametrize(
    "text",
    [
        "a.b",
        made(STRANGER),
        made()[:-4] + "AAAA",
        made() + "=",
        "!." + made().partition(".")[2],
        base64url(jcs({**json.loads(read_base64url(made().partition(".")[0])), "alg": "none"}))
        + "."
        + made().partition(".")[2],
    ],
)
def test_nothing_else_passes(text: str) -> None:
    """Two parts, a stranger's key, another signature, another spelling, no base64url, no algorithm."""
    with pytest.raises(Unreadable):
        read_badge_jwt(text, KEYRING)
