"""Receipts of answers: signed, as data and as a page to print, of what the page told and of nothing else."""

from __future__ import annotations

import html
import io
import json
import re
from typing import Any

import pikepdf
import pytest

from certengine.canonical import digest_of_bytes
from certengine.credentials.codes import printed
from certengine.credentials.qr import qr_text
from certengine.credentials.receipt import Warrant, read_receipt
from certengine.model.credential import State
from certengine.web.limits import Limits
from tests.credentials.credential_world import CRED
from tests.credentials.test_receipt import TRUSTED, unsigned
from tests.web.register import ABSENT, EXPIRED, PDF, REVOKED, ROOMY, UNREACHABLE, VALID, Client, Register

CLIENT = Client(limits=ROOMY)
QR = qr_text(VALID, CRED.token(VALID))


def offered(page: str) -> str:
    """The receipt that a page holds for one of its buttons."""
    found = re.search(r'name="receipt" value="([^"]*)"', page)
    assert found is not None
    return html.unescape(found.group(1))


@pytest.mark.parametrize("certificate", [VALID, REVOKED, EXPIRED, UNREACHABLE])
def test_of_a_look_up(certificate: Any) -> None:
    """The receipt says what the look-up says, is signed by the issuer, and tells of the code its end alone."""
    answer = CLIENT.get(f"/c/{printed(certificate.code)}/receipt.json")
    read = read_receipt(answer.content, TRUSTED)
    verdict = CLIENT.get(f"/c/{certificate.code}.json").json()

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert re.fullmatch(r'attachment; filename="receipt-[0-9a-f]{8}\.json"', answer.headers["content-disposition"])
    assert (read.warrant, read.receipt.state.value) == (Warrant.SIGNED, verdict["state"])
    assert read.receipt.claims == verdict.get("claims")
    assert read.receipt.presented == {"kind": "code", "ending": printed(certificate.code).replace("-", "")[-4:]}
    assert certificate.code[:16] not in answer.text


def test_a_page_offers_it() -> None:
    """The page of a look-up links to both forms; that of a file or a QR text holds the signed receipt of that very check."""
    page = CLIENT.get(f"/c/{VALID.code}?lang=en").text
    assert all(f'href="/c/{VALID.code}/receipt.{form}"' in page for form in ("pdf", "json"))
    for given, kind in (
        ({"files": {"file": ("c.pdf", PDF)}}, {"kind": "file", "digest": digest_of_bytes(PDF)}),
        ({"data": {"text": QR}}, {"kind": "qr-text", "ending": VALID.code[-4:]}),
    ):
        told = offered(CLIENT.post("/verify?lang=en", **given).text)
        read = read_receipt(told.encode(), TRUSTED)
        kept = CLIENT.post("/receipt", data={"receipt": told, "as": "json"})

        assert (read.warrant, read.receipt.state) == (Warrant.SIGNED, State.VALID)
        assert kind.items() <= read.receipt.presented.items()
        assert (kept.status_code, kept.text) == (200, told)


def test_none_where_there_is_nothing_to_tell() -> None:
    """A code that is unknown, or none, has the look-up's own answer; nothing readable and no key have no receipt."""
    for code in (ABSENT.code, "nonsense"):
        for form in ("json", "pdf"):
            answer = CLIENT.get(f"/c/{code}/receipt.{form}", accept="application/json")
            assert (answer.status_code, answer.json()["state"]) == (404, "unknown")
        assert "receipt" not in CLIENT.get(f"/c/{code}").text
    assert 'name="receipt"' not in CLIENT.post(data={"text": "nonsense"}).text
    without = Client(Register(faults={"no receipt key"}), limits=ROOMY)
    assert without.get(f"/c/{VALID.code}/receipt.json").status_code == 404
    assert "receipt." not in without.get(f"/c/{VALID.code}").text
    assert 'name="receipt"' not in without.post(data={"text": QR}).text
    assert CLIENT.get(f"/c/{VALID.code}/receipt.html").status_code == 404


def test_the_answer_stands_without_it(caplog: pytest.LogCaptureFixture) -> None:
    """When the receipt key is out of reach the answer is given all the same, and the failure is logged by its class."""
    client = Client(Register(faults={"receipt"}), limits=ROOMY)
    page = client.post("/verify?lang=en", data={"text": QR})

    assert (page.status_code, 'data-state="valid"' in page.text, 'name="receipt"' in page.text) == (200, True, False)
    assert client.get(f"/c/{VALID.code}/receipt.json").status_code == 404
    assert {record.getMessage() for record in caplog.records} == {"a request could not be answered: OSError"}


def altered(**changes: Any) -> str:
    """A genuine receipt with something changed."""
    told = json.loads(CLIENT.get(f"/c/{REVOKED.code}/receipt.json").content)
    return json.dumps({**told, **changes}, ensure_ascii=False)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"receipt": ""},
        {"receipt": "{}"},
        {"receipt": "x" * 20_000},
        {"receipt": unsigned().decode()},
        {"receipt": altered(state="valid", valid=True)},
        {"receipt": altered(claims={"holder": {"name": "<script>"}})},
        {"receipt": altered(), "as": "html"},
    ],
)
def test_forged_receipts_are_not_printed(data: dict[str, str]) -> None:
    """What this issuer did not sign, to the last letter, is neither given back nor laid out."""
    answer = CLIENT.post("/receipt", data=data)

    assert answer.status_code == 400
    assert "<script>alert" not in answer.text


def test_pages_count_for_more() -> None:
    """A page to print counts as a file does, so that nobody has hundreds laid out."""
    client = Client(limits=Limits(lookups=6, per_minute=1, pdf_cost=5), clock=lambda: 0.0)
    told = CLIENT.get(f"/c/{VALID.code}/receipt.json").text

    assert [client.post("/receipt", data={"receipt": told, "as": form}).status_code for form in ("json", "json")] == [
        200,
        200,
    ]
    assert client.get(f"/c/{VALID.code}/receipt.pdf").status_code == 429


@pytest.mark.slow
def test_a_page_to_print() -> None:
    """The page is a PDF with the very receipt inside, whichever way it was asked for."""
    told = CLIENT.get(f"/c/{VALID.code}/receipt.json").content
    for answer in (
        CLIENT.get(f"/c/{VALID.code}/receipt.pdf"),
        CLIENT.post("/receipt", data={"receipt": told.decode(), "as": "pdf"}),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        with pikepdf.open(io.BytesIO(answer.content)) as pdf:
            assert bytes(pdf.attachments["receipt.json"].get_file().read_bytes()) == told


@pytest.mark.slow
def test_a_page_that_takes_too_long_is_given_up() -> None:
    """A page that is not laid out in time is told to try again; no process is left."""
    client = Client(limits=Limits(receipt_seconds=0.05))

    assert client.get(f"/c/{VALID.code}/receipt.pdf").status_code == 503
