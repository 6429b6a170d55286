"""The outer shape of DER: what may be decoded at all."""

from __future__ import annotations

import pytest
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from certengine.documents.definite_lengths import MAX_DEPTH, first_value, only_value
from tests.documents.pki import make_pki


def nested(depth: int) -> bytes:
    """A sequence in a sequence, so many times."""
    value = b""
    for _ in range(depth):
        value = core.Sequence(contents=value).dump()
    return value


def test_a_value_comes_back_without_what_follows() -> None:
    """Padding after the first value is left off; what stands in the value is as it was."""
    certificate = x509.load_pem_x509_certificate(make_pki().root.encode()).public_bytes(Encoding.DER)

    assert first_value(certificate + b"\x00" * 50) == certificate == only_value(certificate)
    with pytest.raises(ValueError, match="follows"):
        only_value(certificate + b"\x00")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x30\x80\x02\x01\x01\x00\x00",
        b"\x30\x07\x30\x80\x02\x01\x01\x00\x00",
        b"\x30\x81\x03\x02\x01\x01",
        b"\x30\x82\x00\x80" + b"\x05\x00" * 64,
        b"\x30\x85\x01\x00\x00\x00\x00",
        b"\x30\x04\x02\x01\x01",
        b"\x30\x03\x02\x02\x01",
        b"\x30\x02\x02\x01\x01",
        b"\x1f\x81\x01\x01\x00",
    ],
    ids=[
        "nothing",
        "no length",
        "indefinite",
        "indefinite within",
        "long form for a short one",
        "leading zero",
        "five bytes of length",
        "cut off",
        "inner longer than outer",
        "inner cut off",
        "long tag",
    ],
)
def test_another_shape_is_refused(data: bytes) -> None:
    """Indefinite or roundabout lengths, and values longer than what holds them."""
    with pytest.raises(ValueError, match=r"length|longer|begins"):
        first_value(data)


def test_depth_is_bounded() -> None:
    """What nests deeper than any signature is not looked into."""
    assert first_value(nested(MAX_DEPTH)) == nested(MAX_DEPTH)
    with pytest.raises(ValueError, match="too deep"):
        first_value(nested(MAX_DEPTH + 1))


@given(st.binary(max_size=60))
def test_whatever_comes_it_ends(data: bytes) -> None:
    """Any bytes give their own beginning or are refused."""
    try:
        found = first_value(data)
    except ValueError:
        return
    assert found
    assert data.startswith(found)
