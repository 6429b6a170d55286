"""Look-up codes: one spelling, forgiving reading, and a check character that finds slips."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certengine.credentials.codes import (
    ALPHABET,
    FullCode,
    TypedCode,
    code_bytes,
    code_digest,
    code_from_entropy,
    printed,
    read_code,
    same_code,
    typed_digest,
    typed_form,
)

ENTROPY = st.binary(min_size=16, max_size=16)
CODE = code_from_entropy(bytes(range(16)))
TYPED = typed_form(CODE)


@settings(max_examples=50)
@given(ENTROPY)
def test_code_keeps_every_bit(entropy: bytes) -> None:
    """The 16 bytes come back from the code, so two codes are never the same by chance of spelling."""
    code = code_from_entropy(entropy)

    assert (26, entropy) == (len(code), code_bytes(code))


def test_code_needs_sixteen_bytes() -> None:
    """Fifteen bytes are not enough to be unguessable by our promise."""
    with pytest.raises(ValueError, match="16 bytes of entropy, got: 15"):
        code_from_entropy(bytes(15))


@pytest.mark.parametrize("text", ["", CODE[:-1], CODE[:-1] + "1", "U" + CODE[1:]])
def test_bytes_only_of_the_one_spelling(text: str) -> None:
    """Wrong length, a set padding bit and a letter outside the alphabet are no code."""
    with pytest.raises(ValueError, match="26 characters"):
        code_bytes(text)


@settings(max_examples=50)
@given(ENTROPY, st.integers(0, 16), st.integers(1, 31))
def test_typed_form_finds_every_wrong_character(entropy: bytes, place: int, shift: int) -> None:
    """One character replaced by any other is never read as a typed code."""
    typed = typed_form(code_from_entropy(entropy))
    wrong = ALPHABET[(ALPHABET.index(typed[place]) + shift) % 32]

    assert read_code(typed[:place] + wrong + typed[place + 1 :]) is None


@settings(max_examples=100)
@given(ENTROPY, st.integers(0, 16), st.integers(0, 16))
def test_typed_form_finds_every_exchange(entropy: bytes, one: int, other: int) -> None:
    """Two different characters exchanged, neighbours or not, are never read as a typed code."""
    typed = list(typed_form(code_from_entropy(entropy)))
    exchanged = list(typed)
    exchanged[one], exchanged[other] = typed[other], typed[one]

    assert (read_code("".join(exchanged)) is None) == (exchanged != typed)


def test_printed_in_groups() -> None:
    """A code is printed in groups of four with the check character last, from either form."""
    groups = printed(CODE).split("-")

    assert ([4, 4, 4, 4, 1], printed(TYPED)) == ([len(group) for group in groups], "-".join(groups))


@pytest.mark.parametrize(
    "text",
    [
        TYPED.lower(),
        printed(CODE),
        f"  {printed(CODE).replace('-', ' ')} ",
        printed(CODE).replace("-", "–"),
        TYPED.replace("0", "O").replace("1", "l"),
        "".join(chr(ord(character) + 0xFEE0) for character in TYPED),
    ],
)
def test_reading_forgives(text: str) -> None:
    """Case, groups, blanks, dashes of a word processor, O for 0, l for 1 and full-width letters are forgiven."""
    assert TypedCode(TYPED) == read_code(text)


def test_reading_a_full_code() -> None:
    """A full code is read as such."""
    assert FullCode(CODE) == read_code(CODE.lower())


@pytest.mark.parametrize("text", ["", "ABC", "U" * 26, CODE[:-1] + "1", " " * 65, TYPED + "0", "ß" * 17, "证书编号"])
def test_reading_refuses(text: str) -> None:
    """What is not a code is none."""
    assert read_code(text) is None


def test_same_code_across_forms() -> None:
    """A typed and a full code of one certificate are the same; codes of two certificates are not."""
    other = code_from_entropy(bytes(16))

    assert (
        same_code(CODE, TYPED),
        same_code(CODE, CODE),
        same_code(CODE, other),
        same_code(typed_form(other), CODE),
    ) == (True, True, False, False)


def test_digests_tell_forms_apart() -> None:
    """A register looks up either form by its digest, and the typed digest is the same from both forms."""
    assert typed_digest(CODE) == typed_digest(TYPED)
    assert code_digest(CODE) != typed_digest(CODE)
    assert code_digest(CODE).startswith("sha256:")
