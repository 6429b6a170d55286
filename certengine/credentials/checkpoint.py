"""What a log signs: a checkpoint as C2SP ``tlog-checkpoint`` has it, in a signed note, and proofs as ``tlog-proof``.

Invariants:

1. Text is one spelling or it is refused: decimal sizes without leading zeros, padded standard base64, lines that end.
2. A note is good when a key that is trusted for its name signed it; lines by others are passed over, a wrong one by the
   same key is not.
3. A proof is checked against a checkpoint that is checked first; what is beside it (``extra``) proves nothing.

Key ids are the first four bytes of SHA-256 over name, newline, 0x01 and the Ed25519 key (C2SP ``signed-note``).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from certengine.credentials.keys import read_base64url, verify_signature
from certengine.credentials.merkle import HASH_BYTES, includes, leaf_hash
from certengine.credentials.strict_json import Unreadable
from certengine.model.credential import KeyRecord

NOTE_LIMIT = 16 * 1024
PROOF_LIMIT = 64 * 1024
_PROOF = "c2sp.org/tlog-proof@v1"
_ED25519 = b"\x01"
_DASH = "\u2014"
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_SIGNATURE = re.compile(rf"{_DASH} (\S+) (\S+)")
_MOST_STEPS = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A log's tree at one size, as its body says; believed only after :func:`signed_by`.

    Attributes:
        origin: the log's name.
        text: the whole signed note.
    """

    origin: str
    size: int
    root: bytes
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InclusionProof:
    """That an entry stands at a place of a log, with the checkpoint it is checked against.

    Attributes:
        extra: what the log says beside it; nothing vouches for it.
    """

    place: int
    steps: tuple[bytes, ...]
    checkpoint: Checkpoint
    extra: bytes | None = None


def key_hash(name: str, public: bytes) -> bytes:
    """The four bytes by which a signature line names its key."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def verifier_key(name: str, public: bytes) -> str:
    """A public key as verifiers of logs take it: ``name+id+key``."""
    return f"{name}+{key_hash(name, public).hex()}+{_base64(_ED25519 + public)}"


def sign_checkpoint(
    origin: str, size: int, root: bytes, *, public: bytes, sign: Callable[[bytes], bytes]
) -> Checkpoint:
    """A signed checkpoint; ``sign`` makes the Ed25519 signature of the bytes it is given."""
    body = f"{origin}\n{size}\n{_base64(root)}\n"
    line = f"{_DASH} {origin} {_base64(key_hash(origin, public) + sign(body.encode()))}"
    return read_checkpoint(f"{body}\n{line}\n")


def read_checkpoint(text: str) -> Checkpoint:
    """The checkpoint of a signed note, its signatures not yet checked.

    Raises:
        Unreadable: when it is none.
    """
    body, lines = _note(text)
    head = body.split("\n")
    if len(head) < 4 or not head[0] or not _SIZE.fullmatch(head[1]):
        raise Unreadable("a checkpoint names an origin, a size and a root")
    root = _read_base64(head[2])
    if len(root) != HASH_BYTES or not lines:
        raise Unreadable("a checkpoint's root is a SHA-256 hash, and somebody signed it")
    return Checkpoint(origin=head[0], size=int(head[1]), root=root, text=text)


def signed_by(text: str, name: str, record: KeyRecord) -> bool:
    """Whether a key signed a note under a name. Never raises."""
    try:
        body, lines = _note(text)
        public = read_base64url(record.public)
    except Unreadable:
        return False
    wanted = key_hash(name, public)
    own = [value for signer, value in lines if signer == name and value[:4] == wanted]
    return bool(own) and all(verify_signature(record, value[4:], body.encode()) for value in own)


def proof_text(proof: InclusionProof) -> str:
    """An inclusion proof as a ``.tlog-proof`` file holds it."""
    steps = "".join(f"{_base64(step)}\n" for step in proof.steps)
    extra = f"extra {_base64(proof.extra)}\n" if proof.extra is not None else ""
    return f"{_PROOF}\n{extra}index {proof.place}\n{steps}\n{proof.checkpoint.text}"


def read_proof_text(text: str) -> InclusionProof:
    """The proof in a ``.tlog-proof`` file, not yet checked.

    Raises:
        Unreadable: when it is none.
    """
    head, middle, note = text.partition("\n\n")
    lines = head.split("\n")
    if len(text) > PROOF_LIMIT or not middle or lines.pop(0) != _PROOF:
        raise Unreadable(f"it is not a `{_PROOF}`")
    has_extra = bool(lines) and lines[0].startswith("extra ")
    extra = _read_base64(lines.pop(0).removeprefix("extra ")) if has_extra else None
    place = lines.pop(0) if lines else ""
    if not place.startswith("index ") or not _SIZE.fullmatch(place[6:]):
        raise Unreadable("a proof names the index of its entry")
    steps = tuple(_read_base64(line) for line in lines)
    if len(steps) > _MOST_STEPS or any(len(step) != HASH_BYTES for step in steps):
        raise Unreadable("a proof's steps are SHA-256 hashes")
    return InclusionProof(place=int(place[6:]), steps=steps, checkpoint=read_checkpoint(note), extra=extra)


def proves(proof: InclusionProof, entry: bytes, origin: str, keys: Sequence[KeyRecord]) -> bool:
    """Whether a proof shows an entry in the log of that origin, by a checkpoint that one of the keys signed."""
    checkpoint = proof.checkpoint
    trusted = checkpoint.origin == origin and any(signed_by(checkpoint.text, origin, key) for key in keys)
    return trusted and includes(leaf_hash(entry), proof.place, checkpoint.size, proof.steps, checkpoint.root)


def _note(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text that was signed, and the signatures: ``(name, id and signature)``."""
    body, middle, rest = text.rpartition("\n\n")
    if len(text.encode("utf-8", "surrogatepass")) > NOTE_LIMIT or not middle or not rest.endswith("\n"):
        raise Unreadable("a signed note is a text, an empty line and lines of signatures")
    if any((ord(sign) < 0x20 and sign != "\n") or 0xD800 <= ord(sign) <= 0xDFFF for sign in text):
        raise Unreadable("a signed note holds no control characters")
    found = []
    for line in rest.removesuffix("\n").split("\n"):
        match = _SIGNATURE.fullmatch(line)
        if match is None:
            raise Unreadable("a signature line names its key and holds base64")
        found.append((match[1], _read_base64(match[2])))
    return body + "\n", found


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _read_base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable("padded base64 was expected") from error
    if _base64(data) != text:
        raise Unreadable("a base64 text has another spelling")
    return data
