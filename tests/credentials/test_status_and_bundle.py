"""Status lists and trust bundles: bounded, signed, and honest about what they cannot tell."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certengine.credentials.bundle import Bundle, make_bundle, read_bundle, status_in_bundle
from certengine.credentials.keys import base64url
from certengine.credentials.proof import with_proof
from certengine.credentials.status_list import (
    ENTRIES,
    list_name,
    make_status_list,
    pack_bits,
    read_status_list,
    unpack_bits,
)
from certengine.credentials.strict_json import Unreadable, jcs
from certengine.model.credential import Keyring, Standing
from tests.credentials.credential_world import CRED, CREDENTIAL, END, KEYRING, NOW, SPECIMEN, STRANGER, SigningKey

INDEX = CREDENTIAL.status_index
LATER = NOW + timedelta(days=60)


def bundle_bytes(
    *, key: SigningKey = CRED, keyring: Keyring = KEYRING, lists: tuple[bytes, ...] | None = None, **bits: Any
) -> bytes:
    """A bundle made NOW, good for 90 days."""
    return make_bundle(
        keyring,
        CRED.status_lists(**bits) if lists is None else lists,
        made_at=NOW,
        valid_until=NOW + timedelta(days=90),
        verification_method=key.method,
        sign=key.private.sign,
    )


BUNDLE = bundle_bytes()


def bundle(**bits: Any) -> Bundle:
    """A read bundle."""
    return read_bundle(bundle_bytes(**bits))


@settings(max_examples=20, deadline=None)
@given(st.sets(st.integers(0, ENTRIES - 1), max_size=20))
def test_list_tells_exactly_its_bits(indices: set[int]) -> None:
    """The bits that were set are set, and no other."""
    status_list = read_status_list(CRED.status_list("revocation-1", *indices))

    assert indices == {index for index in range(ENTRIES) if status_list.is_set(index)}


def test_first_entry_is_the_leftmost_bit() -> None:
    """Bit order is that of the recommendation."""
    assert bytes([0x80]) + bytes(ENTRIES // 8 - 1) == unpack_bits(pack_bits([0]))


def test_a_list_of_others_reads_too() -> None:
    """The example encoding of the recommendation decodes to an empty list of the minimum length."""
    example = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"

    assert bytes(ENTRIES // 8) == unpack_bits(example)


def test_index_counts_through_lists() -> None:
    """Beyond 131,072 certificates a second list begins, and the entry is counted within it."""
    second = read_status_list(CRED.status_list("suspension-2", 5))

    assert list_name("suspension", ENTRIES + 5) == "suspension-2"
    assert second.is_set(ENTRIES + 5)


@pytest.mark.parametrize("entry", [-1, ENTRIES])
def test_entry_outside_of_a_list(entry: int) -> None:
    """There is no such bit."""
    with pytest.raises(ValueError, match="is not in a list"):
        pack_bits([entry])


@pytest.mark.parametrize(
    "encoded",
    [
        "z123",
        "u" + base64url(b"no gzip"),
        "u" + base64url(gzip.compress(bytes(ENTRIES // 8 - 1))),
        "u" + base64url(gzip.compress(bytes(ENTRIES // 8 + 1))),
        "u" + base64url(gzip.compress(bytes(ENTRIES // 8)) + b"more"),
        "u" + base64url(gzip.compress(bytes(ENTRIES // 8))[:-4]),
        "u" + base64url(gzip.compress(bytes(50_000_000), compresslevel=1)),
    ],
    ids=["no-gzip-mark", "no-gzip", "short", "long", "followed-by-more", "cut", "bomb"],
)
def test_other_encodings_are_refused(encoded: str) -> None:
    """Another base, other data, another length, bytes after the end and a bomb are refused within bounds."""
    with pytest.raises(Unreadable):
        unpack_bits(encoded)


@pytest.mark.parametrize("name", ["revocation", "revocation-0", "revocation-x", "other-1"])
def test_list_names(name: str) -> None:
    """A list is named by purpose and number."""
    with pytest.raises(Unreadable, match="named"):
        CRED.status_list(name)


def test_list_of_another_purpose_than_its_address() -> None:
    """A suspension list cannot stand in for the revocation list."""
    document: Any = json.loads(CRED.status_list("revocation-1"))
    document["credentialSubject"]["statusPurpose"] = "suspension"
    with pytest.raises(Unreadable, match="purpose"):
        read_status_list(jcs(document))


def test_bundle_comes_back() -> None:
    """Keyring, lists and times are read back, with the issuer's own keyring as anchor."""
    read = read_bundle(BUNDLE, anchor=KEYRING)

    assert (read.keyring, read.made_at, len(read.lists)) == (KEYRING, NOW, 2)


@pytest.mark.parametrize(
    ("bits", "standing"),
    [
        ({}, Standing.ISSUED),
        ({"revoked": (INDEX,)}, Standing.REVOKED),
        ({"suspended": (INDEX,)}, Standing.SUSPENDED),
        ({"revoked": (INDEX,), "suspended": (INDEX,)}, Standing.REVOKED),
        ({"revoked": (INDEX + 1,)}, Standing.ISSUED),
    ],
)
def test_standing_in_bundle(bits: dict[str, Any], standing: Standing) -> None:
    """The bundle tells a standing as of when it was made."""
    status = status_in_bundle(bundle(**bits), INDEX, LATER)

    assert status is not None
    assert (standing, NOW, "bundle") == (status.standing, status.known_at, status.source)


def test_old_bundle_cannot_tell() -> None:
    """Beyond its own end, or the reader's patience, a bundle answers nothing."""
    assert status_in_bundle(bundle(), INDEX, NOW + timedelta(days=91)) is None
    assert status_in_bundle(bundle(), INDEX, LATER, timedelta(days=30)) is None


def test_old_bundle_still_tells_a_revocation() -> None:
    """A revocation is for ever, so age does not matter."""
    status = status_in_bundle(bundle(revoked=(INDEX,)), INDEX, NOW + timedelta(days=900), timedelta(days=1))

    assert status is not None
    assert Standing.REVOKED is status.standing


def test_bundle_without_the_list_cannot_tell() -> None:
    """A missing list is not an empty one."""
    assert status_in_bundle(bundle(lists=()), INDEX, NOW) is None
    assert status_in_bundle(bundle(lists=CRED.status_lists()[:1]), INDEX, NOW) is None
    assert status_in_bundle(bundle(), ENTRIES + 1, NOW) is None


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(BUNDLE) - 1), st.integers(1, 255))
def test_any_changed_byte_makes_the_bundle_unreadable(place: int, flip: int) -> None:
    """Whatever byte is changed, the bundle is refused."""
    altered = bytearray(BUNDLE)
    altered[place] ^= flip
    with pytest.raises(Unreadable):
        read_bundle(bytes(altered))


def test_bundle_of_a_stranger_is_refused() -> None:
    """A bundle signed with a key it does not list, or whose keyring is not the anchor's, is not the issuer's."""
    own = replace(KEYRING, keys=(STRANGER.record,))
    theirs = bundle_bytes(key=STRANGER, keyring=own, lists=())

    with pytest.raises(Unreadable, match="not signed by a key"):
        bundle_bytes(key=STRANGER)
    with pytest.raises(Unreadable, match="not signed by a key"):
        read_bundle(theirs, anchor=KEYRING)


def test_bundle_of_a_specimen_key_is_refused() -> None:
    """A specimen key vouches for nothing."""
    with pytest.raises(Unreadable, match="not signed by a key"):
        bundle_bytes(key=SPECIMEN)


def test_bundle_of_a_retired_key_is_refused() -> None:
    """A key signs bundles only within its window."""
    retired = replace(CRED.record, not_after=NOW - timedelta(days=1))
    with pytest.raises(Unreadable, match="the signature of the bundle"):
        bundle_bytes(keyring=replace(KEYRING, keys=(retired,)))


def test_bundle_dated_otherwise_than_signed_is_refused() -> None:
    """A bundle cannot claim another time than its signature, and so not a time at which its key was still in use."""
    document: Any = json.loads(BUNDLE)
    del document["proof"]
    backdated = with_proof(
        document, created=NOW + timedelta(days=1), verification_method=CRED.method, sign=CRED.private.sign
    )
    with pytest.raises(Unreadable, match="the signature of the bundle"):
        read_bundle(jcs(backdated))


def test_list_of_a_stranger_is_refused() -> None:
    """A list in the bundle must be the issuer's own."""
    with pytest.raises(Unreadable, match="status list"):
        bundle_bytes(lists=(STRANGER.status_list("revocation-1"),))


def test_other_schema_is_refused() -> None:
    """A later form is not guessed at."""
    with pytest.raises(Unreadable, match="schema"):
        read_bundle(BUNDLE.replace(b"certengine.bundle/1", b"certengine.bundle/2"))


def test_list_needs_a_valid_time() -> None:
    """A list made with a key that has not begun is refused in a bundle."""
    late = make_status_list(
        domain="verify.example.org",
        name="revocation-1",
        indices=(),
        valid_from=END + timedelta(days=1),
        valid_until=END + timedelta(days=2),
        verification_method=CRED.method,
        sign=CRED.private.sign,
    )
    with pytest.raises(Unreadable, match="status list"):
        bundle_bytes(lists=(late,))
