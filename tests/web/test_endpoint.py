"""The verification endpoint: its states, its statuses, its silence, and its bounds."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from typing import Any

import pytest

from certengine.credentials.bundle import SOURCE_REGISTER
from certengine.credentials.codes import printed, typed_form
from certengine.credentials.qr import qr_text
from certengine.credentials.status_list import read_status_list
from certengine.errors import NotFound
from certengine.model.credential import Credential
from certengine.services.standing import ReasonClass
from certengine.web.app import create_app
from certengine.web.guard import Guard
from certengine.web.limits import Limits, network_of
from certengine.web.openapi import OPENAPI
from certengine.web.pages import REASONS
from tests.credentials.credential_world import CRED, CREDENTIAL, STRANGER
from tests.web.register import (
    ABSENT,
    EXPIRED,
    FUTURE,
    MARKUP,
    PDF,
    REVOKED,
    ROOMY,
    SPECIMEN_ONE,
    SUPERSEDED,
    SUSPENDED,
    UNREACHABLE,
    VALID,
    Client,
    Register,
)

CLIENT = Client(limits=ROOMY)
TOKEN_TEXT = qr_text(VALID, CRED.token(VALID))

STATES = [
    (VALID, "valid", 200, "Valid", "有效"),
    (REVOKED, "revoked", 200, "Withdrawn on 1 February 2027", "已于2027年2月1日撤销"),
    (SUPERSEDED, "superseded", 200, "Replaced on 1 February 2027", "已于2027年2月1日换发新证书"),
    (SUSPENDED, "suspended", 200, "Suspended since 1 February 2027", "自2027年2月1日起暂停有效"),
    (EXPIRED, "expired", 200, "Expired: it was valid until 31 December 2026", "已过有效期，有效期至2026年12月31日"),
    (FUTURE, "not_yet_valid", 200, "Valid from 1 December 2027", "尚未生效，自2027年12月1日起有效"),
    (UNREACHABLE, "unchecked", 503, "Could not be fully checked", "未能完成核验"),
    (ABSENT, "unknown", 404, "No such certificate", "查无此证书"),
    (SPECIMEN_ONE, "unknown", 404, "Specimen, not a certificate", "样张，不是证书"),
]


def heading_of(html: str) -> str:
    """The text of the one first heading."""
    found = re.findall(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)
    assert len(found) == 1
    return re.sub(r"</?span[^>]*>", "", str(found[0]))


@pytest.mark.parametrize(("credential", "state", "status", "english", "chinese"), STATES)
def test_page_of_each_state(credential: Credential, state: str, status: int, english: str, chinese: str) -> None:
    """Each state has its status, its words first in heading and title, and an icon, in both languages."""
    for lang, words in (("en", english), ("zh", chinese)):
        answer = CLIENT.get(f"/c/{credential.code}?lang={lang}")

        assert (status, words) == (answer.status_code, heading_of(answer.text))
        assert f"<title>{words} ·" in answer.text
        assert f'data-state="{state}"' in answer.text
        assert f'<html lang="{lang}">' in answer.text
        assert '<svg class="icon"' in answer.text


@pytest.mark.parametrize(("credential", "state", "status", "english", "chinese"), STATES)
def test_json_of_each_state(credential: Credential, state: str, status: int, english: str, chinese: str) -> None:
    """The JSON says the same as the page, by address or by Accept."""
    by_address = CLIENT.get(f"/c/{credential.code}.json")
    by_accept = CLIENT.get(f"/c/{credential.code}", accept="application/json")
    report: Any = by_address.json()

    assert report == by_accept.json()
    assert (status, status) == (by_address.status_code, by_accept.status_code)
    assert (state, state == "valid") == (report["state"], report["valid"])
    assert {"en": english, "zh": chinese} == report["heading"]


@pytest.mark.parametrize("path", [f"/c/{VALID.code}", f"/c/{ABSENT.code}", f"/c/{UNREACHABLE.code}", "/c/%C3%A9~"])
def test_the_short_way_answers_as_the_long_one(path: str) -> None:
    """A look-up that the framework never sees has the same status, headers, bytes and name in the log as one it does."""
    client = Client()
    short, long = client.get(f"{path}.json"), client.get(path, accept="application/json")
    head = client.request("HEAD", f"{path}.json")

    assert (short.status_code, short.content) == (long.status_code, long.content)
    assert (
        sorted(short.headers.multi_items()) == sorted(long.headers.multi_items()) == sorted(head.headers.multi_items())
    )
    assert ["/c/{code}.json", "/c/{code}", "/c/{code}.json"] == [line["route"] for line in client.logged()]


@pytest.mark.parametrize("path", ["/c/.json", "/c/a/b.json", f"/c/{VALID.code}/receipt.json/x.json"])
def test_an_address_that_only_looks_like_a_look_up(path: str) -> None:
    """The short way takes one code and nothing else."""
    assert CLIENT.get(path).status_code == 404
    assert "certengine.verify/1" not in CLIENT.get(path).text


@pytest.mark.parametrize(
    "path",
    [
        f"/c/{VALID.code.lower()}",
        f"/C/{VALID.code}",
        f"/c/{typed_form(VALID.code)}",
        f"/c/{printed(VALID.code).lower()}",
    ],
)
def test_code_in_any_form(path: str) -> None:
    """The full code and the typed one, in any case, with or without dashes."""
    assert CLIENT.get(path).status_code == 200


def test_unknown_and_malformed_look_the_same() -> None:
    """Neither page nor JSON tells a code that is none from one that is not on record, and neither repeats it."""
    for suffix in ("?lang=en", ".json"):
        unknown = CLIENT.get(f"/c/{ABSENT.code}{suffix}")
        malformed = CLIENT.get(f"/c/MALFORMED{suffix}")
        same = malformed.text.replace("/c/MALFORMED", f"/c/{ABSENT.code}")

        assert (unknown.status_code, malformed.status_code) == (404, 404)
        assert unknown.text == same
        assert dict(unknown.headers) | {"content-length": ""} == dict(malformed.headers) | {"content-length": ""}


def test_valid_page_shows_what_is_printed_and_no_more() -> None:
    """Names, title, number and dates are shown; neither code, digest, index nor remark is."""
    page = CLIENT.get(f"/c/{VALID.code}?lang=en").text
    for shown in (
        "欧阳晓红",
        "OUYANG Xiaohong",
        "Electrician",
        VALID.number,
        "22 November 2026",
        "3 March 2027, 09:30 UTC",
    ):
        assert shown in page
    for hidden in ("sha256", str(VALID.status_index), "evidence"):
        assert hidden not in page


def test_reasons_are_classes() -> None:
    """A known reason class is told in words; a remark is not."""
    assert "misconduct" in CLIENT.get(f"/c/{REVOKED.code}?lang=en").text
    assert "remark" not in CLIENT.get(f"/c/{SUSPENDED.code}?lang=en").text


def test_every_reason_class_has_words() -> None:
    """Whatever class the register may give is told in words, and nothing else is."""
    assert {reason.value for reason in ReasonClass} == set(REASONS)


def test_markup_in_a_name_is_text() -> None:
    """A name with markup is shown as it is, not run."""
    page = CLIENT.get(f"/c/{MARKUP.code}").text

    assert "&lt;script&gt;alert(1)" in page
    assert page.count("<script") == page.count('<script type="module" src="/static/verify.') == 1
    assert "<b>王" not in page


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("en-GB,en;q=0.9,zh;q=0.8", "en"),
        ("zh-CN", "zh"),
        ("de,en;q=0.5,zh;q=0.7", "zh"),
        ("de", "zh"),
        ("en;q=0", "zh"),
        ("en;q=x, zh;q=0.1", "zh"),
        ("", "zh"),
    ],
)
def test_language_by_header(header: str, lang: str) -> None:
    """The best language there is, by weight; Chinese when none is named."""
    answer = CLIENT.get("/", accept_language=header)

    assert lang == answer.headers["content-language"]
    assert "Accept-Language" in answer.headers["vary"]


def test_language_by_address_wins() -> None:
    """The visible switch is an address and beats the header; an odd value does not."""
    assert CLIENT.get("/?lang=en", accept_language="zh").headers["content-language"] == "en"
    assert CLIENT.get("/?lang=xx", accept_language="en").headers["content-language"] == "en"
    assert 'href="/?lang=zh"' in CLIENT.get("/?lang=en").text


def test_posted_code_leads_to_its_page() -> None:
    """A typed code redirects to its address, so that it can be reloaded; a program gets its JSON at once."""
    answer = CLIENT.post("/verify?lang=en", data={"text": f" {printed(VALID.code)} "})
    as_json = CLIENT.post(content=VALID.code, headers={"content-type": "text/plain", "accept": "application/json"})

    assert (303, f"/c/{typed_form(VALID.code)}?lang=en") == (answer.status_code, answer.headers["location"])
    assert as_json.json()["state"] == "valid"


@pytest.mark.parametrize(
    ("text", "status", "state"),
    [
        (TOKEN_TEXT, 200, "valid"),
        (TOKEN_TEXT.replace("VERIFY.EXAMPLE.ORG", "EVIL.EXAMPLE"), 200, "tampered"),
        (qr_text(CREDENTIAL, STRANGER.token()), 404, "unknown"),
        ("not a certificate", 400, "unreadable"),
    ],
)
def test_posted_qr_text(text: str, status: int, state: str) -> None:
    """A QR text is verified on the spot, as a page and as JSON."""
    page = CLIENT.post(data={"text": text})
    report = CLIENT.post(data={"text": text}, headers={"accept": "application/json"})

    assert (status, status) == (page.status_code, report.status_code)
    assert f'data-state="{state}"' in page.text
    assert state == report.json()["state"]


def test_language_switch_repeats_a_posted_text() -> None:
    """A result that has no address switches language by posting again."""
    page = CLIENT.post("/verify?lang=en", data={"text": TOKEN_TEXT}).text

    assert f'action="/verify?lang=zh"><input type="hidden" name="text" value="{TOKEN_TEXT}">' in page


@pytest.mark.parametrize(
    ("data", "kind", "status", "state"),
    [
        (PDF, "application/pdf", 200, "valid"),
        (b"%PDF-1.7 changed", "application/pdf", 200, "tampered"),
        (b"\x89PNG valid", "image/png", 200, "valid"),
        (b"\x89PNG stranger", "image/webp", 404, "unknown"),
        (b"\x89PNG two", "image/png", 400, "unreadable"),
        (b"\x89PNG blank", "image/jpeg", 400, "unreadable"),
        (CRED.badge(VALID), "application/pdf", 200, "valid"),
        (b"PK", "application/pdf", 400, "unreadable"),
    ],
)
def test_posted_file(data: bytes, kind: str, status: int, state: str) -> None:
    """A file or picture is verified from the form and from a bare body, whatever its name and type claim."""
    page = CLIENT.post("/verify?lang=en", files={"file": ("c.bin", data, "application/octet-stream")})
    bare = CLIENT.post(content=data, headers={"content-type": kind, "accept": "application/json"})

    assert (status, state) == (page.status_code, bare.json()["state"])
    assert f'data-state="{state}"' in page.text
    assert 'href="/?lang=zh"' in page.text


@pytest.mark.parametrize(
    "options",
    [
        {"data": {}},
        {"data": {"text": "   "}},
        {"files": {"file": ("c.pdf", b"", "application/pdf")}},
        {"files": {"text": ("c.pdf", b"x", "application/pdf")}},
        {"content": b"{}", "headers": {"content-type": "application/json"}},
        {"content": b"x", "headers": {"content-type": "multipart/form-data"}},
    ],
)
def test_posted_nothing(options: dict[str, Any]) -> None:
    """A request without a file or a text is told what is wanted."""
    answer = CLIENT.post("/verify?lang=en", **options)

    assert (answer.status_code, heading_of(answer.text)) == (400, "The request is incomplete")


def test_too_large() -> None:
    """A body over the limit is refused by its announced and by its real length; a text over 8 KB too."""
    client = Client(limits=Limits(body=20_000))

    def chunks() -> Any:
        async def produce() -> Any:
            for _ in range(3):
                yield b"x" * 10_000

        return produce()

    announced = client.post(content=b"x" * 20_001, headers={"content-type": "application/pdf"})
    streamed = client.post(content=chunks(), headers={"content-type": "application/pdf"})
    text = client.post(data={"text": "A" * 9000})

    assert (announced.status_code, streamed.status_code, text.status_code) == (413, 413, 413)


def test_failing_register_is_unchecked(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever fails, the answer is 503 and unchecked, and the log holds the class of the failure and no data."""
    client = Client(Register(faults={"code", "token", "pdf", "document"}))
    with caplog.at_level(logging.ERROR):
        answers = [
            client.get(f"/c/{VALID.code}.json"),
            client.post(data={"text": TOKEN_TEXT}, headers={"accept": "application/json"}),
            client.post(files={"file": ("c.pdf", PDF)}, headers={"accept": "application/json"}),
            client.post(files={"file": ("c.json", b"{}")}, headers={"accept": "application/json"}),
        ]

    assert {(503, "unchecked")} == {(answer.status_code, answer.json()["state"]) for answer in answers}
    assert {"a request could not be answered: OSError"} == {record.getMessage() for record in caplog.records}


def test_failure_nobody_caught() -> None:
    """A bug is a plain 500 without traceback or data."""
    register = Register()
    client = Client(register)
    register.faults.add("keyring")
    answer = client.get("/")

    assert (answer.status_code, "欧阳" in answer.text or "Traceback" in answer.text) == (500, False)


def test_rate_limit_and_recovery() -> None:
    """Look-ups are bounded for a network, files cost more, other networks are not affected, and time heals."""
    seconds = [0.0]
    client = Client(limits=Limits(lookups=6, per_minute=60, pdf_cost=5), clock=lambda: seconds[0])
    first = client.get(f"/c/{VALID.code}").status_code
    file = client.post(files={"file": ("c.pdf", PDF)}).status_code
    refused = client.get(f"/c/{VALID.code}?lang=en")
    client.address = "198.51.100.7"
    other = client.get(f"/c/{VALID.code}").status_code
    client.address = "192.0.2.200"
    neighbour = client.get(f"/c/{VALID.code}.json")
    seconds[0] += 1
    healed = client.get(f"/c/{VALID.code}").status_code

    assert (first, file, refused.status_code, other, neighbour.status_code, healed) == (200, 200, 429, 200, 429, 200)
    assert (refused.headers["retry-after"], heading_of(refused.text)) == ("1", "Too many requests")
    assert neighbour.json()["schema"] == "certengine.problem/1"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("1.2.3", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_networks(address: str, network: str) -> None:
    """Clients are counted by network, so that a range of addresses is one client."""
    assert network == network_of(address)


def test_headers_of_every_answer() -> None:
    """Pages, errors and JSON are strict: no script but our own file, no frame, no referrer, no sniffing, no index, no store."""
    for path in ("/", f"/c/{VALID.code}", f"/c/{VALID.code}.json", "/nothing"):
        headers = CLIENT.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert tuple(
            headers[name]
            for name in (
                "referrer-policy",
                "x-content-type-options",
                "x-frame-options",
                "x-robots-tag",
                "cache-control",
            )
        ) == ("no-referrer", "nosniff", "DENY", "noindex, nofollow", "no-store")


def test_pages_need_nothing_from_elsewhere() -> None:
    """No inline script or style, no address of another host: the policy would block them, and privacy too."""
    for path in ("/", f"/c/{VALID.code}", f"/c/{ABSENT.code}"):
        page = CLIENT.get(path).text
        script = re.search(r'<script type="module" src="(/static/[^"]+)" blocking="render"></script>', page)
        assert script is not None
        assert not re.search(r"<script|<style|style=|https?://|//[a-z]| on[a-z]+=", page.replace(script.group(), ""))
    assert "url(" not in CLIENT.get(style_of(CLIENT.get("/").text)).text


def test_script_loads_only_its_other_half() -> None:
    """The script names no other address than the digest of its other file, and writes no markup."""
    page = CLIENT.get("/").text
    first, second = (CLIENT.get(path).text for path in re.findall(r'(?:src|href)="(/static/[^"]+\.js)"', page))

    imports = re.findall(r'import .* from "(.+)"', first + second)
    assert [f"/static/{name.removeprefix('./')}" in page for name in imports] == [True]
    assert not re.search(r"https://[a-z]|http://|innerHTML|outerHTML|insertAdjacent|eval\(|Function\(", first + second)


def style_of(page: str) -> str:
    """The address of a page's style sheet."""
    found = re.search(r'href="(/static/page\.[0-9a-f]{12}\.css)"', page)
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("verify.example.org", 200),
        ("Verify.Example.Org:443", 200),
        ("mirror.example", 200),
        ("localhost:8000", 200),
        ("127.0.0.1:8000", 200),
        ("192.168.1.20", 200),
        ("[::1]:8000", 200),
        ("evil.example", 421),
        ("", 421),
    ],
)
def test_hosts(host: str, status: int) -> None:
    """The issuer's name, given names, this machine and IP addresses are answered; a strange name is not."""
    assert status == CLIENT.get("/", host=host).status_code


def test_probes_answer_under_any_name() -> None:
    """Health is told to whoever asks; readiness is of the register."""
    ready = [
        Client(Register(faults=faults)).get("/readyz", host="10-0-0-1.pod").status_code
        for faults in (set(), {"not ready"}, {"ready"})
    ]

    assert CLIENT.get("/healthz", host="probe.internal").text == "ok\n"
    assert ready == [200, 503, 503]


def test_keys_are_published() -> None:
    """The JWK set and the DID document can be fetched from any page, without the specimen keys."""
    keys = CLIENT.get("/.well-known/jwks.json")
    did = CLIENT.get("/.well-known/did.json")

    assert [CRED.record.kid] == [key["kid"] for key in keys.json()["keys"] if key["kty"] == "OKP"]
    assert did.json()["id"] == "did:web:verify.example.org"
    assert tuple(answer.headers["access-control-allow-origin"] for answer in (keys, did)) == ("*", "*")


def test_status_lists_are_published() -> None:
    """A list is served as it was signed; another name is not found."""
    answer = CLIENT.get("/status/revocation-1")

    assert read_status_list(answer.content).is_set(REVOKED.status_index)
    assert answer.headers["content-type"] == "application/vc"
    assert CLIENT.get("/status/other").status_code == 404


def test_tiles_of_the_log() -> None:
    """A tile there is, for ever; any other path is not found."""
    client = Client(Register(log="origin\n1\n"))
    tile = client.get("/log/tile/0/000.p/1")

    assert (tile.status_code, tile.content, tile.headers["content-type"]) == (
        200,
        bytes(32),
        "application/octet-stream",
    )
    assert tile.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert {client.get(path).status_code for path in ("/log/tile/0/001", "/log/tile/", "/log/tile/0/x")} == {404}


def test_checkpoint() -> None:
    """There is a checkpoint when there is a log."""
    assert CLIENT.get("/log/checkpoint").status_code == 404
    assert Client(Register(log="origin\n1\n")).get("/log/checkpoint").text == "origin\n1\n"


def test_head_works() -> None:
    """HEAD answers as GET does, without a body."""
    answer = CLIENT.request("HEAD", f"/c/{REVOKED.code}")

    assert (answer.status_code, answer.content) == (200, b"")
    assert CLIENT.request("HEAD", f"/c/{ABSENT.code}").status_code == 404


def test_other_methods_and_pages() -> None:
    """Nothing can be changed, and a wrong address says so, to programs too."""
    assert CLIENT.request("DELETE", f"/c/{VALID.code}").status_code == 405
    assert CLIENT.get("/verify").status_code == 405
    assert heading_of(CLIENT.get("/nothing?lang=en").text) == "There is no such page"
    assert CLIENT.get("/nothing", accept="application/json").json()["title"] == "There is no such page"


def test_described_routes_are_the_routes() -> None:
    """The OpenAPI document names every route and no other."""
    described = set(CLIENT.get("/openapi.json").json()["paths"])
    routes = {str(getattr(route, "path", "")).replace(":path", "") for route in CLIENT.app.routes}

    assert described == routes - {"/C/{code}"}
    assert json.loads(json.dumps(OPENAPI)) == OPENAPI


def test_register_is_the_source() -> None:
    """The JSON says where the standing comes from and as of when."""
    status = CLIENT.get(f"/c/{VALID.code}.json").json()["status"]

    assert status == {"standing": "issued", "source": SOURCE_REGISTER, "known_at": "2027-03-03T09:30:00Z"}


def test_templates_must_be_there(tmp_path: Any) -> None:
    """A folder without the page is refused at the start, not at the first visitor."""
    with pytest.raises(NotFound):
        create_app(Register(), templates=tmp_path)


def test_failure_after_the_answer_began(caplog: pytest.LogCaptureFixture) -> None:
    """An answer that breaks off stays broken off: nothing is appended to it, and the class of the failure is logged."""
    sent: list[dict[str, Any]] = []

    async def breaking(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise OSError("欧阳晓红")

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "path": "/", "query_string": b"", "headers": [(b"host", b"localhost")]}
    asyncio.run(Guard(breaking, frozenset(), Limits())(scope, receive, send))

    assert [message["type"] for message in sent] == ["http.response.start"]
    assert ["a request could not be answered: OSError"] == [record.getMessage() for record in caplog.records]


def test_other_traffic_passes_the_guard() -> None:
    """A start-up message of the server is not an HTTP request and goes through."""

    async def lifespan() -> list[str]:
        sent: list[str] = []
        messages = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

        async def receive() -> Any:
            return next(messages)

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await CLIENT.app({"type": "lifespan"}, receive, send)
        return sent

    assert asyncio.run(lifespan()) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
