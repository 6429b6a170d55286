"""Attacks on the endpoint, each a test: what an attacker sends, and that it gets them nothing."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from certengine.credentials.qr import qr_text
from certengine.model.credential import Credential
from certengine.model.text import Text
from certengine.web.limits import Limits
from certengine.web.settings import Settings
from tests.credentials.credential_world import CRED, CREDENTIAL
from tests.web.register import ABSENT, PDF, ROOMY, SPECIMEN_ONE, UNREACHABLE, VALID, Client, Register
from tests.web.serving import served

CLIENT = Client(limits=ROOMY)
TOKEN_TEXT = qr_text(VALID, CRED.token(VALID))
PATIENCE = 120
MARKUP = "<script>alert(1)</script>'\"><img src=x onerror=alert(1)>{{7*7}}"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "verify.example.org.evil.example",
        "evil.example/verify.example.org",
        "verify.example.org@evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "verify.example.org:80:80",
        "verify.example.org evil.example",
        "verify.example.org\tx",
    ],
)
def test_host_header_injection(host: str) -> None:
    """A name that is not ours gets no page, however it is dressed up, and none of it comes back."""
    answer = CLIENT.get(f"/c/{VALID.code}", host=host)

    assert answer.status_code == 421
    assert "evil" not in answer.text + str(answer.headers)


def test_host_is_never_repeated() -> None:
    """No answer, and no redirect, is built from the host or from what a proxy may say of it."""
    for headers in (
        {"host": "127.0.0.1:8000", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"},
        {"host": "127.0.0.1:8000", "x-original-url": "//evil.example", "x-rewrite-url": "//evil.example"},
    ):
        page = CLIENT.request("GET", "/", headers=headers)
        moved = CLIENT.request("POST", "/verify", headers=headers, data={"text": VALID.code})
        for answer in (page, moved):
            assert "evil" not in answer.text + str(answer.headers)
        assert moved.headers["location"].startswith(f"/c/{VALID.code}?lang=")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/?lang=en%0d%0aSet-Cookie:%20a=b"),
        ("GET", f"/c/{VALID.code}%0d%0aX-Evil:%20yes"),
        ("GET", "/c/x%0d%0aX-Evil:%20yes.json"),
        ("GET", "/status/revocation-1%0d%0aX-Evil:%20yes"),
        ("GET", "/static/%0d%0aX-Evil:%20yes"),
        ("POST", "/verify?lang=%0d%0aX-Evil:%20yes"),
    ],
)
def test_header_injection(method: str, path: str) -> None:
    """Line ends in an address or a field make no header."""
    answer = CLIENT.request(
        method, path, **({"data": {"text": f"{VALID.code}\r\nX-Evil: yes"}} if method == "POST" else {})
    )

    assert not {"set-cookie", "x-evil"} & set(answer.headers)
    assert not any("\r" in value or "\n" in value for value in answer.headers.values())


@pytest.mark.parametrize(
    "path",
    [
        "/static/../certengine.toml",
        "/static/..%2f..%2f..%2fetc%2fpasswd",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/static//etc/passwd",
        "/static/page.html",
        "/static/verify.js",
        "/static/page.css%00.txt",
        "/status/../keys/root.pem",
        "/status/..%2f..%2fkeys%2froot.pem",
        "/status/revocation-1%00",
        "/status/revocation-1/../../keyring.json",
        "/log/../status/other",
    ],
)
def test_path_traversal(path: str) -> None:
    """Only names that exist are served, and no name is ever a path."""
    answer = CLIENT.get(path)

    assert answer.status_code == 404
    assert "root:" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


def variants() -> Iterator[str]:
    """Codes that are none, that nobody has, and that are cut or doubled."""
    yield ABSENT.code
    yield "0" * 26
    yield from ("x", "-", "%20", "A" * 25, "A" * 5000, VALID.code[:-1], VALID.code[:16], VALID.code[:16] + "~")
    yield from ("%27%20OR%201=1--", "%00", "%F0%9F%92%A9", VALID.code + VALID.code)


def test_enumeration() -> None:
    """An unknown code and every kind of wrong one give the same status, the same body and the same look-ups."""
    for suffix in ("", ".json"):
        answers = set()
        for text in variants():
            register = Register()
            answer = Client(register, limits=ROOMY).get(f"/c/{text}{suffix}", accept_language="en")
            # The page links to itself in the other language; that is the visitor's own address.
            body = "".join(line for line in answer.text.splitlines() if "hreflang" not in line)
            headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
            answers.add((answer.status_code, body, str(headers), register.looked_up))

        assert [(404, 1)] == [(status, looked_up) for status, _, _, looked_up in answers]


def test_announced_lengths_that_lie() -> None:
    """A length that is none, negative or absurd bounds nothing away: what arrives is what counts."""
    client = Client(limits=Limits(body=1000))
    for length in ("-1", "999999999999999999999", "abc", "1e9"):

        async def body() -> Any:
            yield b"x" * 2000

        answer = client.post(content=body(), headers={"content-type": "application/pdf", "content-length": length})
        assert answer.status_code == 413


def test_bodies_over_the_limit_are_not_read_to_their_end() -> None:
    """An endless body is given up once it is too large."""
    client, sent = Client(limits=Limits(body=100_000)), []

    async def endless() -> Any:
        while True:
            sent.append(None)
            yield b"x" * 10_000

    assert client.post(content=endless(), headers={"content-type": "application/pdf"}).status_code == 413
    assert len(sent) < 20


def test_forms_with_too_many_parts() -> None:
    """A form of thousands of fields or files is refused, and a field larger than any QR text too."""
    many = CLIENT.post(files=[("file", (f"{n}.pdf", PDF)) for n in range(50)])
    fields = CLIENT.post(files=[(f"f{n}", (None, b"x")) for n in range(500)])
    long = CLIENT.post(data={"text": "A" * 100_000})

    assert (many.status_code, fields.status_code, long.status_code) == (400, 400, 400)


def test_slow_body_is_given_up() -> None:
    """A body that trickles in is refused when its time is over, whatever is still to come."""
    client, sent = Client(limits=Limits(body_seconds=0.2)), []

    async def trickle() -> Any:
        for _ in range(100):
            sent.append(None)
            yield b"%"
            await asyncio.sleep(0.05)

    answer = client.post("/verify?lang=en", content=trickle(), headers={"content-type": "application/pdf"})

    assert (answer.status_code, "The upload took too long" in answer.text) == (408, True)
    assert len(sent) < 100


def test_slow_clients_do_not_hold_up_others() -> None:
    """Hundreds of connections that send half a request: another visitor is still answered at once."""
    with served(settings=Settings(limits=replace(ROOMY, body_seconds=3600))) as (address, _):
        host, port = address.removeprefix("http://").split(":")
        slow = [socket.create_connection((host, int(port))) for _ in range(200)]
        try:
            for one in slow:
                one.sendall(b"POST /verify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n%PDF")
            assert httpx.get(f"{address}/c/{VALID.code}.json", timeout=PATIENCE).status_code == 200
        finally:
            for one in slow:
                one.close()


def _sent(address: str, *parts: bytes, pause: float = 0.0) -> bytes:
    """What the server says to parts of a request sent one after the other, until it closes."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        said = b""
        try:
            for part in parts:
                connection.sendall(part)
                time.sleep(pause)
            while got := connection.recv(65536):
                said += got
        except (BrokenPipeError, ConnectionResetError):
            pass
        return said


def test_heads_that_never_end_are_given_up() -> None:
    """A connection that sends nothing, half a head, one letter after the other, or only line ends, is closed."""
    limits = replace(ROOMY, head_seconds=0.4)
    with served(settings=Settings(limits=limits)) as (address, _):
        for parts in (
            (),
            (b"GET / HTTP/1.1\r\nHost: x",),
            tuple(b"GET / HTTP/1.1\r\nHost: localhost\r\n"[n : n + 1] for n in range(30)),
            (b"\r\n",) * 30,
            (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost",),
        ):
            assert _sent(address, *parts, pause=0.02).count(b"HTTP/1.1") <= 1


def test_heads_without_end_are_refused_while_they_come() -> None:
    """A head that grows and grows is refused at its bound: one line of it, many headers, or an address."""
    with served() as (address, _):
        for part in (b"x" * 8192, b"x: y\r\n" * 1024):
            parts = (b"GET /", b" HTTP/1.1\r\n", *[part] * 40) if part.startswith(b"x:") else (b"GET /", *[part] * 40)
            said = _sent(address, *parts, pause=0.005)
            assert said == b"" or b" 431 " in said.split(b"\r\n", 1)[0] or b" 400 " in said.split(b"\r\n", 1)[0]
        assert httpx.get(f"{address}/healthz", timeout=PATIENCE).status_code == 200


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b" Host: evil.example\r\n",
        b"Content-Length: +5\r\n",
        b"X\x00Y: z\r\n",
        b"X: \x00\r\n",
    ],
)
def test_smuggled_requests(head: bytes) -> None:
    """A request whose end is told in two ways, or by no rule, is refused, and what follows it is no request."""
    with served() as (address, _):
        request = b"POST /verify HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n0\r\n\r\n"
        said = _sent(address, request + f"GET /c/{VALID.code}.json HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1


def test_heads_are_bounded() -> None:
    """A request whose head is longer than any of ours is refused, whether headers, path or query fill it."""
    answers = [
        CLIENT.get("/", x_long="x" * 20_000),
        CLIENT.get("/?" + "x" * 20_000),
        CLIENT.get("/c/" + "x" * 20_000),
        CLIENT.request("GET", "/", headers=[(f"x-{n}", "y") for n in range(5000)]),
    ]

    assert [431] * 4 == [answer.status_code for answer in answers]


def test_flood_from_one_network() -> None:
    """A flood is told to wait, from every address of its network, while others are served."""
    client = Client(limits=Limits(lookups=20, per_minute=20), clock=lambda: 0.0)
    answers = []
    for n in range(100):
        client.address = f"192.0.2.{n}"
        answers.append(client.get(f"/c/{ABSENT.code}.json"))
    client.address = "198.51.100.9"
    good = client.get(f"/c/{VALID.code}.json")

    assert [one.status_code for one in answers] == [404] * 20 + [429] * 80
    assert {one.headers["retry-after"] for one in answers[20:]} == {"3"}
    assert (good.status_code, good.json()["state"]) == (200, "valid")


def test_flood_from_everywhere() -> None:
    """All look-ups together are bounded too, and what one network was refused is not counted against all."""
    now = [0.0]
    client = Client(limits=Limits(lookups=10, per_minute=60, overall=30, overall_per_minute=60), clock=lambda: now[0])

    def ask(network: int) -> int:
        client.address = f"10.0.{network}.1"
        return client.get(f"/c/{VALID.code}.json").status_code

    one = [ask(1) for _ in range(100)]
    others = [ask(2 + n) for n in range(25)]
    now[0] += 5
    later = [ask(100 + n) for n in range(6)]

    assert (one.count(200), others.count(200), later.count(200)) == (10, 20, 5)


def test_flood_of_files() -> None:
    """Files count for more, so that a few use up what many look-ups would."""
    client = Client(limits=Limits(lookups=10, per_minute=10, pdf_cost=5), clock=lambda: 0.0)
    answers = [client.post(files={"file": ("c.txt", b"not a file")}).status_code for _ in range(4)]

    assert answers == [400, 400, 429, 429]


def test_forged_forwarding_header() -> None:
    """Who connects is who counts: a forged X-Forwarded-For is no other client, unless a named proxy says it."""

    def statuses(settings: Settings) -> list[int]:
        with served(settings=settings) as (address, _):
            forged = ({"x-forwarded-for": f"203.0.{n}.7"} for n in range(4))
            return [
                httpx.get(f"{address}/c/{VALID.code}.json", headers=one, timeout=PATIENCE).status_code for one in forged
            ]

    limits = Limits(lookups=2, per_minute=1)
    assert statuses(Settings(limits=limits)) == [200, 200, 429, 429]
    assert statuses(Settings(limits=limits, proxies=("192.0.2.1",))) == [200, 200, 429, 429]
    assert statuses(Settings(limits=limits, proxies=("127.0.0.0/8",))) == [200, 200, 200, 200]


EVERYWHERE = Text.of(zh=MARKUP, en=MARKUP)


def test_markup_in_every_field_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever field of a certificate holds markup or a template, the page shows it as text."""
    changes: dict[str, Any] = {
        "holder": replace(CREDENTIAL.holder, name=MARKUP, name_en=MARKUP),
        "title": EVERYWHERE,
        "level": EVERYWHERE,
        "occupation": EVERYWHERE,
        "number": MARKUP,
        "scheme": MARKUP,
        "issuer": replace(CREDENTIAL.issuer, name=EVERYWHERE),
    }
    for lang in ("zh", "en"):
        for name, value in changes.items():
            forged = replace(CREDENTIAL, **{name: value})
            page = CLIENT.post(f"/verify?lang={lang}", files={"file": ("c.json", CRED.badge(forged))}).text
            shown = page.partition("<article")[2].partition("</article")[0]

            assert "&lt;script&gt;alert(1)" in shown, name
            assert "{{7*7}}" in shown
            assert "<script>alert" not in page
            assert "<img" not in page


def test_markup_in_what_is_sent() -> None:
    """What a visitor sends comes back nowhere, but for a QR text that a form keeps, escaped."""
    for answer in (
        CLIENT.get(f"/c/{MARKUP}"),
        CLIENT.get(f"/?lang={MARKUP}"),
        CLIENT.get("/", accept_language=MARKUP.replace('"', "")),
        CLIENT.get(f"/{MARKUP}"),
        CLIENT.post(data={"text": MARKUP}),
        CLIENT.post(files={"file": (MARKUP, MARKUP.encode())}),
    ):
        assert "<script>alert" not in answer.text
        assert "<img" not in answer.text


@pytest.mark.parametrize(
    "text",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        f"//evil.example/{VALID.code}",
        f"{VALID.code}//evil.example",
        f"https://evil.example/c/{VALID.code}",
    ],
)
def test_no_open_redirect(text: str) -> None:
    """Nothing that is sent leads a visitor elsewhere: the one redirect goes to a code's page here."""
    for answer in (
        CLIENT.post("/verify?next=https://evil.example&lang=en", data={"text": text}),
        CLIENT.get(f"/?next={text}&url={text}&return={text}"),
        CLIENT.get("//evil.example/.."),
        CLIENT.get("/c/"),
    ):
        assert "location" not in answer.headers


@pytest.mark.parametrize(
    "domain",
    [
        "VERIFY-EXAMPLE.ORG",
        "VERIFY.EXAMPLE.ORG.EVIL.EXAMPLE",
        "VERIFY.EXAMPLE.0RG",
        "VERIFY.EXAMPLE.ORG:8443",
        "XN--VRIFY-CVA.EXAMPLE.ORG",
    ],
)
def test_look_alike_domain(domain: str) -> None:
    """A genuine token behind another domain is not genuine, and the page says where it leads and which is trusted."""
    text = TOKEN_TEXT.replace("VERIFY.EXAMPLE.ORG", domain)
    page = CLIENT.post("/verify?lang=en", data={"text": text}).text

    assert 'data-state="tampered"' in page
    assert f"the QR code leads to {domain.lower()}, but the issuer&#39;s address is verify.example.org" in page
    assert "欧阳" not in page


def test_userinfo_and_odd_spellings_of_the_domain() -> None:
    """A domain that is dressed up as ours by a user name, a letter of another script or an escape is not read as ours."""
    for domain in ("VERIFY.EXAMPLE.ORG@EVIL.EXAMPLE", "VERIFY.EXAMPLE.ORG%2EEVIL.EXAMPLE", "VERIFY.EXАMPLE.ORG"):
        page = CLIENT.post("/verify?lang=en", data={"text": TOKEN_TEXT.replace("VERIFY.EXAMPLE.ORG", domain)}).text
        assert 'data-state="unreadable"' in page


def test_other_sites_cannot_read_look_ups() -> None:
    """No CORS for look-ups, not even when asked for; keys and lists are for everybody, without credentials."""
    origin = {"origin": "https://evil.example"}
    asked = {**origin, "access-control-request-method": "POST", "access-control-request-headers": "x"}
    for path in ("/", f"/c/{VALID.code}", f"/c/{VALID.code}.json", "/metrics", "/readyz"):
        answer = CLIENT.request("GET", path, headers=origin)
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    posted = CLIENT.request("POST", "/verify", headers=origin, data={"text": TOKEN_TEXT})
    preflight = CLIENT.request("OPTIONS", "/verify", headers=asked)
    keys = CLIENT.request("GET", "/.well-known/jwks.json", headers=origin)

    assert not [name for name in (*posted.headers, *preflight.headers) if name.startswith("access-control-")]
    assert preflight.status_code == 405
    assert "access-control-allow-credentials" not in keys.headers


def test_no_cookies_anywhere() -> None:
    """There is no session to steal or to fix: no answer sets a cookie."""
    for path in ("/", f"/c/{VALID.code}", "/nothing", "/openapi.json"):
        assert "set-cookie" not in CLIENT.get(path, cookie="session=1").headers


@pytest.mark.parametrize("credential", [VALID, SPECIMEN_ONE, UNREACHABLE, ABSENT])
def test_look_ups_are_never_stored(credential: Credential) -> None:
    """Every answer about a certificate is ``no-store`` and has no validator that a cache could use."""
    for suffix in ("", ".json"):
        headers = CLIENT.get(f"/c/{credential.code}{suffix}", if_none_match="*").headers
        assert (headers["cache-control"], "etag" in headers) == ("no-store", False)


def test_method_override_changes_nothing() -> None:
    """A header that names another method is not heard."""
    answer = CLIENT.request("GET", f"/c/{VALID.code}.json", headers={"x-http-method-override": "DELETE"})

    assert answer.json()["state"] == "valid"
