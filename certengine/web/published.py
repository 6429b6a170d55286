"""What anybody may keep a copy of: strong validators, stated lifetimes, static files named by their content.

Invariants:

1. An ETag is the digest of the bytes sent (RFC 9110 8.8.3: strong), so every instance of the endpoint gives the same.
2. Only what the issuer publishes for everybody goes through here; look-ups keep the guard's ``no-store``.
3. A static file's address changes with its content, and no other address of it is answered.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

#: Keys, lists and checkpoints change seldom, and a change must be seen soon.
MINUTES = "public, max-age=300"
HOUR = "public, max-age=3600"
#: RFC 8246: an address that names its content never changes it.
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """A file of the pages; ``name`` carries the digest of ``data``."""

    name: str
    data: bytes
    media_type: str

    @property
    def address(self) -> str:
        """Its path."""
        return f"/static/{self.name}"


def static_file(name: str, data: bytes, media_type: str) -> StaticFile:
    """A static file under the name ``<stem>.<12 hex digits>.<suffix>``."""
    stem, _, suffix = name.rpartition(".")
    digest = hashlib.sha256(data).hexdigest()[:12]
    return StaticFile(name=f"{stem}.{digest}.{suffix}", data=data, media_type=media_type)


def published(request: Request, data: bytes, *, media_type: str, keep: str, anywhere: bool = True) -> Response:
    """The answer that publishes ``data``, or 304 when the visitor has it already.

    Args:
        keep: the ``Cache-Control`` of it.
        anywhere: whether pages of other sites may read it (CORS): what offline verifiers need.
    """
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": keep}
    if anywhere:
        headers["Access-Control-Allow-Origin"] = "*"
    if _has(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers, media_type=media_type)


def _has(header: str | None, etag: str) -> bool:
    # RFC 9110 13.1.2: the weak comparison, in which W/ does not count.
    if header is None:
        return False
    return header.strip() == "*" or etag in {one.strip().removeprefix("W/") for one in header.split(",")}
