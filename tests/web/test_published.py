"""What may be kept: validators, lifetimes, and names that change with the content."""

from __future__ import annotations

import re

import pytest

from tests.web.register import ABSENT, VALID, Client, Register

CLIENT = Client(Register(log="origin\n1\n"))
PUBLISHED = {
    "/.well-known/jwks.json": "public, max-age=300",
    "/.well-known/did.json": "public, max-age=300",
    "/status/revocation-1": "public, max-age=300",
    "/log/checkpoint": "public, max-age=300",
    "/openapi.json": "public, max-age=3600",
}


def static_addresses() -> list[str]:
    """The style sheet and the script, as a page names them."""
    return re.findall(r'(?:href|src)="(/static/[^"]+)"', CLIENT.get("/").text)


@pytest.mark.parametrize("path", PUBLISHED)
def test_published_for_a_while(path: str) -> None:
    """Keys, lists, checkpoint and description have a strong validator and a stated lifetime, by GET and HEAD alike."""
    got, head = CLIENT.get(path), CLIENT.request("HEAD", path)

    assert re.fullmatch(r'"[0-9a-f]{32}"', got.headers["etag"])
    assert got.headers["cache-control"] == PUBLISHED[path]
    assert (head.status_code, head.content, dict(head.headers)) == (200, b"", dict(got.headers))


@pytest.mark.parametrize("path", PUBLISHED)
def test_not_sent_again(path: str) -> None:
    """Who has it already is told so, without a body; who has another gets it."""
    etag = CLIENT.get(path).headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = CLIENT.get(path, if_none_match=known)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
        assert answer.headers["cache-control"] == PUBLISHED[path]
    assert CLIENT.get(path, if_none_match='"other"').status_code == 200
    assert CLIENT.request("HEAD", path, headers={"if-none-match": etag}).status_code == 304


def test_instances_agree() -> None:
    """Two processes of an endpoint give the same validators, so that a proxy may ask either."""
    other = Client(Register(log="origin\n1\n"))
    for path in PUBLISHED:
        if path != "/status/revocation-1":
            assert CLIENT.get(path).headers["etag"] == other.get(path).headers["etag"]


def test_change_changes_the_validator() -> None:
    """Another checkpoint has another validator."""
    other = Client(Register(log="origin\n2\n"))

    assert other.get("/log/checkpoint", if_none_match=CLIENT.get("/log/checkpoint").headers["etag"]).status_code == 200


def test_static_files_are_kept_for_ever() -> None:
    """A page names style sheet and script by their digests; under those names they never change."""
    found = {address: CLIENT.get(address) for address in static_addresses()}

    assert sorted(address[-3:] for address in found) == [".js", ".js", "css"]
    for answer in found.values():
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "access-control-allow-origin" not in answer.headers
    assert {answer.headers["content-type"].partition(";")[0] for answer in found.values()} == {
        "text/css",
        "text/javascript",
    }


def test_another_digest_is_not_found() -> None:
    """No other name of a static file is answered, so that an old page never gets a new script."""
    for address in static_addresses():
        assert CLIENT.get(re.sub(r"[0-9a-f]{12}", "0" * 12, address)).status_code == 404


def test_missing_lists_are_not_kept() -> None:
    """That there is none today says nothing about tomorrow."""
    assert CLIENT.get("/status/other").headers["cache-control"] == "no-store"


def test_head_of_every_page() -> None:
    """HEAD gives the status and headers of GET everywhere, without a body."""
    for path in ("/", f"/c/{VALID.code}", f"/c/{ABSENT.code}.json", "/healthz", "/readyz", *static_addresses()):
        got, head = CLIENT.get(path), CLIENT.request("HEAD", path)
        assert (got.status_code, b"", dict(got.headers)) == (head.status_code, head.content, dict(head.headers))
