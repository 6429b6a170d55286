"""Publishing the transparency log: a signed checkpoint and the tiles beside it, and proofs that an entry is in it.

1. Nothing is signed that does not continue what was signed before: the old root must follow from the nodes as they are.
2. A checkpoint is kept in the database before it is published, and published after the tiles it needs.
3. Files only ever come to those that are there; the last one written is the checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from certengine.canonical import instant_text
from certengine.credentials.checkpoint import (
    Checkpoint,
    InclusionProof,
    proof_text,
    read_checkpoint,
    sign_checkpoint,
    signed_by,
)
from certengine.credentials.keys import read_base64url
from certengine.credentials.merkle import HASH_BYTES, inclusion_proof, root
from certengine.credentials.tiles import Tile, bundle, tiles_of
from certengine.errors import NotFound, Refused
from certengine.model.credential import Keyring, KeyUse
from certengine.services.context import Context
from certengine.services.files import clear_left_over, write_whole
from certengine.services.keys import Signers
from certengine.services.log_opening import opening_of
from certengine.services.readers import LOG_READERS
from certengine.services.standing import find_certificate
from certengine.store import log

PUBLISHED = "published/log"
CHECKPOINT = "checkpoint"
PROOF_SUFFIX = ".tlog-proof"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedLog:
    """The log as it was published: its checkpoint, and how many files were written now."""

    checkpoint: Checkpoint
    written: int


def origin_of(keyring: Keyring) -> str:
    """The name of an issuer's log: where it is published, without the scheme."""
    return f"{keyring.issuer.domain}/log"


def publish_log(context: Context, signers: Signers) -> PublishedLog | None:
    """Sign the log as it stands and publish it in the workspace; ``None`` while it is empty or has no key.

    Raises:
        Refused: when the log was rewritten or cut since it was last signed, or a file cannot be written.
    """
    if signers.log is None:
        return None
    at = context.clock()
    origin = origin_of(signers.keyring)
    with context.writing() as connection:
        size = log.log_size(connection)
        if size == 0:
            return None
        before = log.latest_checkpoint(connection)
        nodes = log.StoredNodes(connection)
        _demand_continued(before, size, nodes)
        if before is not None and before[0] == size and signed_by(before[1], origin, signers.log.record):
            checkpoint = read_checkpoint(before[1])
        else:
            public = read_base64url(signers.log.record.public)
            checkpoint = sign_checkpoint(origin, size, root(size, nodes), public=public, sign=signers.log.sign)
            log.append_checkpoint(connection, size, checkpoint.text, instant_text(at))
    folder = context.workspace.root / PUBLISHED
    with context.reading() as connection:
        written = write_log(connection, folder, checkpoint)
    return PublishedLog(checkpoint=checkpoint, written=written)


def write_log(connection: Connection, folder: Path, checkpoint: Checkpoint) -> int:
    """Write the files of a log of a checkpoint's size that are not there; returns how many were written.

    Raises:
        Refused: when a file cannot be written.
    """
    written = 0
    cleared = {folder}
    clear_left_over(folder)
    for path, data in log_files(connection, checkpoint.size, folder):
        target = folder / path
        if target.parent not in cleared:
            cleared.add(target.parent)
            clear_left_over(target.parent)
        write_whole(target, data)
        written += 1
    write_whole(folder / CHECKPOINT, checkpoint.text.encode())
    return written


def log_files(connection: Connection, size: int, there: Path | None = None) -> Iterator[tuple[str, bytes]]:
    """The tiles and bundles of a log of some size, by path; not those that a folder has already."""
    for tile in tiles_of(size):
        if there is None or not (there / tile.path).is_file():
            yield tile.path, _content(connection, tile)


def inclusion_of(connection: Connection, number: str, nodes: log.StoredNodes | None = None) -> str | None:
    """The proof that a certificate's issue is in the log, as a ``.tlog-proof`` file; ``None`` before it was published.

    Raises:
        LookupError: when the log was cut.
    """
    places = log.places_of(connection, "issue", number)
    newest = log.latest_checkpoint(connection)
    if not places or newest is None or places[-1][0] >= newest[0]:
        return None
    opening = opening_of(connection, number)
    place, _ = places[-1]
    steps = inclusion_proof(place, newest[0], nodes or log.StoredNodes(connection))
    checkpoint = read_checkpoint(newest[1])
    return proof_text(InclusionProof(place=place, steps=steps, checkpoint=checkpoint, extra=opening))


def proof_of(context: Context, number_or_code: str) -> tuple[str, str]:
    """Number and proof of a certificate; the proof opens what the log committed to, so it is not for everybody.

    Raises:
        NotFound: when there is no such certificate, or it is not in a published log yet.
        Refused: when the role is missing, or the log was cut.
    """
    context.demand_role(*LOG_READERS)
    number = find_certificate(context, number_or_code).credential.registered_as
    try:
        with context.reading() as connection:
            proof = inclusion_of(connection, number)
    except LookupError:
        raise Refused("the log was cut", hint="`certengine log check` names where", code="log/rewritten") from None
    if proof is None:
        raise NotFound(
            f"certificate {number} is not in the published log yet",
            hint="`certengine key export` signs and publishes it",
            code="log/not-published",
        )
    return number, proof


def write_proofs(context: Context, folder: Path, names: Mapping[str, str]) -> int:
    """Write proofs beside certificates' files; returns how many.

    Args:
        names: by number, the name of the file beside which its proof stands.

    Raises:
        Refused: when a file cannot be written.
    """
    written = 0
    with context.reading() as connection:
        nodes = log.StoredNodes(connection)
        for number, name in names.items():
            proof = inclusion_of(connection, number, nodes)
            if proof is not None:
                write_whole((folder / name).with_suffix(PROOF_SUFFIX), proof.encode())
                written += 1
    return written


def published_log(folder: Path, keyring: Keyring) -> Checkpoint | None:
    """The checkpoint of a published log, if a log key of the issuer signed it."""
    try:
        text = (folder / CHECKPOINT).read_text("utf-8")
        checkpoint = read_checkpoint(text)
    except (OSError, ValueError):
        return None
    origin = origin_of(keyring)
    keys = [key for key in keyring.keys if key.use is KeyUse.LOG]
    good = checkpoint.origin == origin and any(signed_by(text, origin, key) for key in keys)
    return checkpoint if good else None


def _demand_continued(before: tuple[int, str] | None, size: int, nodes: log.StoredNodes) -> None:
    if before is None:
        return
    try:
        held = before[0] <= size and root(before[0], nodes) == read_checkpoint(before[1]).root
    except (LookupError, ValueError):
        held = False
    if not held:
        raise Refused(
            f"the log of {size} entries does not continue the one of {before[0]} that was signed last",
            hint="`certengine log check` names what was altered; restore the database from a backup",
            code="log/rewritten",
        )


def _content(connection: Connection, tile: Tile) -> bytes:
    first = tile.number * 256
    if tile.level < 0:
        return bundle(list(log.entries(connection, first, first + tile.width)))
    data = log.nodes_between(connection, tile.level * 8, first, first + tile.width)
    if len(data) != tile.width * HASH_BYTES:
        raise Refused(f"the log lacks nodes of `{tile.path}`", hint="`certengine log check`", code="log/rewritten")
    return data
