"""What the documents say about running the endpoint is what the endpoint does."""

from __future__ import annotations

import re
from pathlib import Path

from certengine.credentials.codes import printed
from certengine.web import settings
from certengine.web.limits import Limits
from certengine.web.server import CONNECTIONS, STOPPING
from tests.web.register import VALID, Client

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE = (DOCS / "run-the-endpoint.md").read_text("utf-8")
CHINESE = (DOCS / "run-the-endpoint.zh.md").read_text("utf-8")
EXAMPLES = {path.name: path.read_text("utf-8") for path in (DOCS / "deploy").iterdir()}


def test_every_setting_is_documented() -> None:
    """The page has each setting that is read, with its default, and no other; the examples set only such."""
    known = set(re.findall(r"CERTENGINE_[A-Z_]+", Path(settings.__file__).read_text("utf-8")))
    told = set(re.findall(r"CERTENGINE_[A-Z_]+", PAGE))
    used = set(re.findall(r"CERTENGINE_[A-Z_]+", "".join(EXAMPLES.values())))

    assert known == told == set(re.findall(r"CERTENGINE_[A-Z_]+", CHINESE))
    assert used <= known
    for value in (Limits().per_minute, Limits().overall_per_minute):
        assert f"| {value} |" in PAGE


def test_numbers_of_the_page() -> None:
    """Bounds that the page names are the bounds there are."""
    limits = Limits()
    for words in (
        f"over {limits.body // 1_000_000} MB",
        f"over {limits.head // 1024} KB",
        f"take over {limits.head_seconds:g} seconds",
        f"take over {limits.body_seconds:g} seconds",
        f"more than {CONNECTIONS}",
        f"up to {STOPPING} seconds",
        f"{limits.pdf_seconds:g} seconds, {limits.reader_memory / 1e9:g} GB",
        f"after {limits.reader_files} files",
    ):
        assert words in " ".join(PAGE.split())


def test_numbers_are_the_same_in_both_languages() -> None:
    """The Chinese page names the bounds that the English one names, in the same order."""
    figures = [
        re.findall(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w.]*[-_])", re.sub(r"[(（][^)）]*[)）]", "", page))
        for page in (PAGE, CHINESE)
    ]

    assert {*figures[0]} == {*figures[1]}


def test_examples_exist_and_are_linked() -> None:
    """Each example is linked from the page, and no link leads nowhere."""
    for page in (PAGE, CHINESE):
        assert set(EXAMPLES) == set(re.findall(r"\(deploy/([^)]+)\)", page))


def test_watched_addresses_exist() -> None:
    """What the page and the proxies name for watching is answered."""
    for path in ("/healthz", "/readyz", "/metrics"):
        assert f"`{path}`" in PAGE
        assert Client().get(path).status_code == 200
    for name in ("nginx.conf", "Caddyfile"):
        assert "/metrics" in EXAMPLES[name]


def test_proxies_overwrite_who_the_visitor_is() -> None:
    """The nginx example neither appends to a visitor's own header, nor logs addresses, nor writes uploads to a disk."""
    nginx = EXAMPLES["nginx.conf"]

    assert "X-Forwarded-For $remote_addr;" in nginx
    assert "$proxy_add_x_forwarded_for" not in nginx
    assert (nginx.count("access_log off;"), "client_body_buffer_size 10m;" in nginx) == (2, True)
    assert int(re.findall(r"client_max_body_size (\d+)m;", nginx)[0]) * 1_000_000 >= Limits().body


def test_stopping_is_given_its_time() -> None:
    """The service manager waits longer than the endpoint does before it kills."""
    seconds = re.findall(r"TimeoutStopSec=(\d+)", EXAMPLES["certengine.service"])
    seconds += re.findall(r"--stop-timeout=(\d+)", EXAMPLES["Containerfile"])

    assert [int(one) > STOPPING for one in seconds] == [True, True]


def test_addresses_of_the_mirror() -> None:
    """A code typed in a small letter's address, or without its dashes, leads to the page that the mirror has."""
    typed = printed(VALID.code)
    for asked, page in (
        (f"/C/{VALID.code}", f"/C/{VALID.code}"),
        (f"/c/{VALID.code}", f"/C/{VALID.code}"),
        (f"/c/{typed}", f"/C/{typed}"),
        (f"/c/{typed.replace('-', '')}", f"/C/{typed}/"),
        (f"/C/{typed.replace('-', '')}/", f"/C/{typed}/"),
        (f"/c/{VALID.code}.json", f"/C/{VALID.code}.json"),
        ("/status/revocation-1", "/status/revocation-1"),
    ):
        address = asked
        rules = re.findall(r'^ *rewrite "?(\^\S+\$)"? (\S+);$', EXAMPLES["mirror-nginx.conf"], re.MULTILINE)
        for pattern, target in rules:
            address = re.sub(pattern, re.sub(r"\$(\d)", r"\\\1", target), address)
        assert (len(rules), address) == (2, page)
    assert "autoindex off;" in EXAMPLES["mirror-nginx.conf"]
