"""Bitstring Status Lists (W3C Bitstring Status List v1.0): one bit a certificate, in lists too large to tell whose.

Invariants:

1. A list has 131,072 entries, so that whoever fetches it tells nobody which certificate is asked about.
2. Entry 0 is the leftmost bit of the first byte. A status index counts through lists: index 131,072 is entry 0 of the
   second list, so an issuer can outgrow one list without changing any certificate.
3. Revocation and suspension are separate lists; a set bit of the first is never cleared again.
4. Decompression stops at the length of a list, whatever the compressed bytes promise.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from certengine.canonical import Json, instant_text
from certengine.credentials.keys import base64url, read_base64url
from certengine.credentials.proof import Proof, read_proof, with_proof
from certengine.credentials.strict_json import Unreadable, fields_of, instant_of, jcs, read_object, text_of

ENTRIES = 131_072

Purpose = Literal["revocation", "suspension"]
PURPOSES: tuple[Purpose, ...] = ("revocation", "suspension")

CONTEXT = "https://www.w3.org/ns/credentials/v2"

_LIMIT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusList:
    """A read list, its proof not yet verified."""

    id: str
    purpose: Purpose
    bits: bytes
    valid_from: datetime
    valid_until: datetime
    proof: Proof

    def is_set(self, status_index: int) -> bool:
        """Whether the bit of a status index is set; the index must lie in this list."""
        entry = status_index % ENTRIES
        return bool(self.bits[entry // 8] >> (7 - entry % 8) & 1)


def list_name(purpose: Purpose, status_index: int) -> str:
    """The name of the list an index lies in, the last part of its address: ``revocation-1``, ``revocation-2``..."""
    return f"{purpose}-{status_index // ENTRIES + 1}"


def list_id(domain: str, name: str) -> str:
    """The address of a list."""
    return f"https://{domain}/status/{name}"


def status_entries(domain: str, status_index: int) -> list[Json]:
    """The ``credentialStatus`` entries of a certificate."""
    entries: list[Json] = []
    for purpose in PURPOSES:
        address = list_id(domain, list_name(purpose, status_index))
        entry = str(status_index % ENTRIES)
        entries.append(
            {
                "id": f"{address}#{entry}",
                "type": "BitstringStatusListEntry",
                "statusPurpose": purpose,
                "statusListIndex": entry,
                "statusListCredential": address,
            }
        )
    return entries


def pack_bits(indices: Iterable[int]) -> str:
    """The ``encodedList`` with the bits of these entries set: multibase base64url of gzip.

    Raises:
        ValueError: for an entry outside of a list.
    """
    bits = bytearray(ENTRIES // 8)
    for entry in indices:
        if not 0 <= entry < ENTRIES:
            raise ValueError(f"entry {entry} is not in a list of {ENTRIES}")
        bits[entry // 8] |= 128 >> entry % 8
    return "u" + base64url(gzip.compress(bytes(bits), mtime=0))


def unpack_bits(encoded: str) -> bytes:
    """The bits of an ``encodedList``.

    Raises:
        Unreadable: when it is not exactly one list of 131,072 entries.
    """
    if not encoded.startswith("u"):
        raise Unreadable("a status list is in multibase base64url")
    length = ENTRIES // 8
    stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        bits = stream.decompress(read_base64url(encoded[1:]), length + 1)
    except zlib.error as error:
        raise Unreadable("a status list is not compressed by gzip") from error
    if len(bits) != length or not stream.eof or stream.unused_data:
        raise Unreadable(f"a status list has exactly {ENTRIES} entries")
    return bits


def make_status_list(
    *,
    domain: str,
    name: str,
    indices: Iterable[int],
    valid_from: datetime,
    valid_until: datetime,
    verification_method: str,
    sign: Callable[[bytes], bytes],
) -> bytes:
    """A signed list as canonical JSON.

    ``name`` is as :func:`list_name` gives it, ``indices`` are the entries (0 to 131,071) whose bit is set;
    ``valid_until`` is when readers must have fetched a new one: days, not months.
    """
    address = list_id(domain, name)
    document: dict[str, Json] = {
        "@context": [CONTEXT],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": verification_method.partition("#")[0],
        "validFrom": instant_text(valid_from),
        "validUntil": instant_text(valid_until),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": _purpose_of(name),
            "encodedList": pack_bits(indices),
        },
    }
    return jcs(with_proof(document, created=valid_from, verification_method=verification_method, sign=sign))


def read_status_list(data: bytes) -> StatusList:
    """The list that :func:`make_status_list` wrote.

    Raises:
        Unreadable: when anything in it does not hold together.
    """
    return status_list_of(read_object(data, limit=_LIMIT))


def status_list_of(value: Json) -> StatusList:
    """The list in a parsed JSON object.

    Raises:
        Unreadable: as :func:`read_status_list`.
    """
    fields = fields_of(
        value,
        required=("@context", "id", "type", "issuer", "validFrom", "validUntil", "credentialSubject", "proof"),
    )
    subject = fields_of(fields["credentialSubject"], required=("id", "type", "statusPurpose", "encodedList"))
    name = text_of(fields["id"]).rpartition("/")[2]
    purpose = _purpose_of(name)
    if subject["statusPurpose"] != purpose or subject["type"] != "BitstringStatusList":
        raise Unreadable("a status list is of another purpose than its address")
    return StatusList(
        id=text_of(fields["id"]),
        purpose=purpose,
        bits=unpack_bits(text_of(subject["encodedList"])),
        valid_from=instant_of(fields["validFrom"]),
        valid_until=instant_of(fields["validUntil"]),
        proof=read_proof(fields),
    )


def _purpose_of(name: str) -> Purpose:
    for purpose in PURPOSES:
        number = name.removeprefix(f"{purpose}-")
        if number != name and number.isascii() and number.isdigit() and not number.startswith("0"):
            return purpose
    raise Unreadable("a status list is named `revocation-1`, `suspension-1` and so on")
