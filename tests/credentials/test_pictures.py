"""A picture is judged by the one certificate that its QR codes are of."""

from __future__ import annotations

from dataclasses import replace

from certengine.credentials import sentences as say
from certengine.credentials.codes import code_from_entropy
from certengine.credentials.pictures import the_one_text
from certengine.credentials.qr import qr_text
from certengine.model.credential import Outcome, State, Verdict
from tests.credentials.credential_world import CRED, CREDENTIAL, NOW

OTHER = replace(CREDENTIAL, code=code_from_entropy(b"another code, 16")[:26])
MINE = qr_text(CREDENTIAL, CRED.token())
STRANGE = "https://elsewhere.example/"


def why(*texts: str) -> object:
    """Why a picture with these codes is not judged."""
    found = the_one_text(texts, NOW)
    assert isinstance(found, Verdict)
    assert (found.state, found.checked_at, found.claims) == (State.UNREADABLE, NOW, None)
    (check,) = found.checks
    assert (check.id, check.outcome) == ("format", Outcome.FAILED)
    return check.detail


def test_codes_that_are_not_ours_are_left_out() -> None:
    """Beside a certificate's code there may be any other, and the same one twice."""
    assert the_one_text((STRANGE, MINE, MINE), NOW) == MINE


def test_a_signed_text_goes_before_a_bare_address() -> None:
    """Of the same certificate."""
    assert the_one_text((MINE.partition("#")[0], MINE), NOW) == MINE


def test_a_picture_without_a_certificates_code_says_so() -> None:
    """Not that a code was mistyped: none was typed."""
    assert why() == why(STRANGE) == say.NONE_IN_PICTURE


def test_two_certificates_in_a_picture_are_no_answer_about_one() -> None:
    """Which of them is meant, nobody can tell."""
    assert why(MINE, qr_text(OTHER, CRED.token(OTHER))) == say.SEVERAL_IN_PICTURE
