"""Damaged and forged input at the one door (hypothesis): whatever comes, an answer; and ``valid`` only with every check.

Certificates, QR texts, tokens, embedded credentials and pictures of a real register are cut, spliced, overwritten and
mixed with one another. A few dozen of each here; ``script/test --long`` takes thousands.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certengine.credentials.cbor import decode, encode
from certengine.credentials.keys import read_base64url
from certengine.credentials.qr import qr_address
from certengine.credentials.strict_json import Unreadable
from certengine.credentials.token import decode_token
from certengine.model.credential import Outcome, State, Verdict
from certengine.services.register import register_source
from certengine.services.standing import list_certificates
from certengine.services.verification import Source, verify_bytes, verify_text
from tests.services.small_world import NOW, World, acting

pytestmark = pytest.mark.slow

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
FORGIVING = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]

#: What must have passed for ``valid``, by what a verdict is about.
ALWAYS = {"format", "issuer-key", "register", "dates"}
OF_PDF = {"pdf-signature", "pdf-whole", "credential-proof", "file-digest"}


def campaign(short: int, long: int) -> Any:
    """How many examples: few in every run, many in a campaign."""
    return settings(max_examples=long if LONG else short, deadline=None, suppress_health_check=FORGIVING)


class Genuine:
    """Three certificates in everything they are carried by."""

    def __init__(self, root: Path) -> None:
        with acting(root) as context:
            self.source: Source = register_source(context)
            records = list_certificates(context)
        self.tokens = [read_base64url(str(one.events[0].details["token"])) for one in records]
        self.codes = [one.credential.code for one in records]
        self.texts = [
            qr_address(one.credential.issuer.domain, one.credential.code, token)
            for one, token in zip(records, self.tokens, strict=True)
        ]
        self.pdfs = [(root / "certificates" / f"{one.credential.number}.pdf").read_bytes() for one in records]
        self.credentials = []
        for pdf in self.pdfs:
            with pikepdf.open(io.BytesIO(pdf)) as opened:
                self.credentials.append(bytes(opened.attachments["credential.json"].get_file().read_bytes()))


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Genuine:
    """A register with three certificates, and they."""
    return Genuine(World(tmp_path_factory.mktemp("world")).copy("issued", tmp_path_factory.mktemp("a") / "academy"))


@st.composite
def damaged(draw: st.DrawFn, sources: list[bytes]) -> bytes:
    """One of some byte strings, changed in a few places: overwritten, cut, doubled, lengthened, spliced with another."""
    data = draw(st.sampled_from(sources))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["overwrite", "flip", "cut", "insert", "double", "splice", "truncate", "append"])):
            case "overwrite":
                new = draw(st.binary(min_size=1, max_size=8))
                data = data[:at] + new + data[at + len(new) :]
            case "flip" if data:
                place = min(at, len(data) - 1)
                data = data[:place] + bytes([data[place] ^ 1 << draw(st.integers(0, 7))]) + data[place + 1 :]
            case "cut":
                data = data[:at] + data[at + draw(st.integers(1, 64)) :]
            case "insert":
                data = data[:at] + draw(st.binary(max_size=16)) + data[at:]
            case "double":
                data = data[: at + 32] + data[at:]
            case "splice":
                other = draw(st.sampled_from(sources))
                data = data[:at] + other[at:]
            case "truncate":
                data = data[:at]
            case _:
                data += draw(st.sampled_from([b"\n", b"\0", b"%%EOF\n", b"1 0 obj\n<<>>\nendobj\n"]))
    return data


def demand_every_check(verdict: Verdict, *, of_pdf: bool) -> None:
    """``valid`` is nothing but: all that is required passed, nothing failed, and somebody's claims are told."""
    if verdict.state is not State.VALID:
        return
    outcomes = {check.id: check.outcome for check in verdict.checks}
    required = ALWAYS | (OF_PDF if of_pdf else set())
    assert all(outcomes.get(one) is Outcome.PASSED for one in required)
    assert of_pdf or Outcome.PASSED in {outcomes.get("token-signature"), outcomes.get("credential-proof")}
    assert Outcome.FAILED not in outcomes.values()
    assert verdict.claims is not None
    assert not verdict.specimen


def test_the_genuine_ones_are_valid(genuine: Genuine) -> None:
    """Else nothing below would mean anything."""
    for pdf, text, credential in zip(genuine.pdfs, genuine.texts, genuine.credentials, strict=True):
        for verdict, of_pdf in (
            (verify_bytes(pdf, genuine.source, at=NOW), True),
            (verify_text(text, genuine.source, at=NOW), False),
            (verify_bytes(credential, genuine.source, at=NOW), False),
        ):
            assert verdict.state is State.VALID
            demand_every_check(verdict, of_pdf=of_pdf)


@campaign(25, 3000)
@given(data=st.data())
def test_no_changed_certificate_is_valid(genuine: Genuine, data: st.DataObject) -> None:
    """A file that differs from those issued in anything at all is never valid, and never a traceback."""
    changed = data.draw(damaged(genuine.pdfs))
    verdict = verify_bytes(changed, genuine.source, at=NOW)

    assert (verdict.state is State.VALID) == (changed in genuine.pdfs)
    demand_every_check(verdict, of_pdf=True)


@campaign(300, 50_000)
@given(data=st.data())
def test_no_changed_token_is_valid(genuine: Genuine, data: st.DataObject) -> None:
    """A token that differs in anything is unreadable, or its signature is not good; what decodes encodes to the same."""
    changed = data.draw(damaged(genuine.tokens))
    try:
        assert encode(decode(changed)) == changed
        decode_token(changed)
    except Unreadable:
        pass
    code = data.draw(st.sampled_from(genuine.codes))
    verdict = verify_text(qr_address("verify.example.org", code, changed), genuine.source, at=NOW)

    assert (verdict.state is State.VALID) <= (changed in genuine.tokens)
    demand_every_check(verdict, of_pdf=False)


@campaign(200, 30_000)
@given(data=st.data())
def test_no_changed_text_is_valid_by_chance(genuine: Genuine, data: st.DataObject) -> None:
    """A text that is still valid leads to a genuine certificate, by its code or by its whole token."""
    texts = [text.encode() for text in (*genuine.texts, *genuine.codes)]
    changed = data.draw(damaged(texts)).decode("utf-8", "replace")
    verdict = verify_text(changed, genuine.source, at=NOW)

    demand_every_check(verdict, of_pdf=False)
    if verdict.state is State.VALID:
        upper = changed.upper()
        token = upper.partition("#")[2]
        assert not token or any(token.strip() == text.partition("#")[2] for text in genuine.texts)


@campaign(100, 10_000)
@given(data=st.data())
def test_no_changed_credential_is_valid(genuine: Genuine, data: st.DataObject) -> None:
    """An exported credential may be spaced otherwise, and says the same; with anything else changed it is not valid."""
    changed = data.draw(damaged(genuine.credentials))
    verdict = verify_bytes(changed, genuine.source, at=NOW)

    demand_every_check(verdict, of_pdf=False)
    if verdict.state is State.VALID:
        assert any(_same_json(changed, one) for one in genuine.credentials)


@campaign(15, 500)
@given(data=st.data())
def test_no_damaged_picture_fails(genuine: Genuine, data: st.DataObject) -> None:
    """A picture of a page that is damaged has an answer, and a valid one only by what its QR code says."""
    with pypdfium2.PdfDocument(genuine.pdfs[0]) as document:
        picture = io.BytesIO()
        document[0].render(scale=2).to_pil().convert("L").save(picture, "PNG")
    verdict = verify_bytes(data.draw(damaged([picture.getvalue()])), genuine.source, at=NOW)

    demand_every_check(verdict, of_pdf=False)


@campaign(300, 50_000)
@given(data=st.binary(max_size=300) | st.binary(max_size=60).map(lambda tail: b"%PDF-1.7\n" + tail))
def test_any_bytes_have_an_answer(genuine: Genuine, data: bytes) -> None:
    """Bytes that are nothing are nothing: never valid, never a traceback."""
    assert verify_bytes(data, genuine.source, at=NOW).state is not State.VALID


def _same_json(one: bytes, other: bytes) -> bool:
    return bool(json.loads(one) == json.loads(other))
