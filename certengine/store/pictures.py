"""The pictures of published banks: bytes by their digest, kept once whichever versions show them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from sqlalchemy import Connection, Row, select

from certengine.canonical import digest_of_bytes
from certengine.errors import NotFound, Refused
from certengine.store.tables import picture

_AT_ONCE = 500


def append_pictures(connection: Connection, contents: Mapping[str, bytes]) -> None:
    """Keep pictures that are not kept yet.

    Args:
        contents: bytes by digest.
    """
    known = {row.digest for row in _rows(connection, contents.keys())}
    new = [{"digest": digest, "content": content} for digest, content in contents.items() if digest not in known]
    if new:
        connection.execute(picture.insert(), new)


def load_pictures(connection: Connection, digests: Collection[str]) -> dict[str, bytes]:
    """The bytes of pictures by digest.

    Raises:
        NotFound: when one was never kept.
        Refused: when stored bytes do not match their digest.
    """
    found = {row.digest: bytes(row.content) for row in _rows(connection, digests)}
    for digest in sorted(digests):
        if digest not in found:
            raise NotFound(
                f"the picture {digest} is not in the database",
                hint="restore the database from a backup that has it",
                code="store/no-picture",
            )
        if digest_of_bytes(found[digest]) != digest:
            raise Refused(f"the picture {digest} was altered in the database", code="store/altered")
    return found


def _rows(connection: Connection, digests: Collection[str]) -> Iterator[Row[tuple[str, bytes]]]:
    wanted = sorted(digests)
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        yield from connection.execute(select(picture).where(picture.c.digest.in_(part)))
