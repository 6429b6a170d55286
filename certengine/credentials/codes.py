"""Look-up codes: 128 random bits that nobody can guess, in letters that nobody confuses.

Invariants:

1. A full code is 26 characters of Crockford's base32 alphabet, first bit first; the last character carries three bits
   of the code and two zero bits, so every code has exactly one spelling.
2. The typed form is the first 80 bits (16 characters) and one check character.
3. The check character is a Reed-Solomon parity symbol over GF(32), polynomial x^5 + x^2 + 1: the 17 symbols, each
   times its own power of alpha, add up to zero. Because the 17 weights differ and none is zero, it finds *every*
   wrong character, *every* exchange of two characters (neighbours or not) and every pair of equal characters
   misread alike. A Luhn scheme modulo 32 would miss the exchange of ``0`` and ``Z``.
4. A register keeps digests of codes, never codes: what a mirror publishes opens nothing.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

CODE_BYTES = 16
CODE_LENGTH = 26
TYPED_LENGTH = 17

_PAIRS = [one + other for one in ALPHABET for other in ALPHABET]
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_FORGIVEN = str.maketrans({"I": "1", "L": "1", "O": "0"})
_SEPARATORS = frozenset(" -_.\t\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
_LONGEST_INPUT = 64
# Its last character carries three bits and two zeros. What is spelled so needs no forgiving: the common case, at once.
_SPELLED = re.compile(r"[0-9A-HJKMNP-TV-Z]{25}[048CGMRW]")


@dataclass(frozen=True, slots=True)
class FullCode:
    """A full code in its one spelling, 26 characters."""

    text: str


@dataclass(frozen=True, slots=True)
class TypedCode:
    """A typed code in its one spelling, 17 characters, whose check character is right."""

    text: str


def code_from_entropy(entropy: bytes) -> str:
    """The full code of 16 random bytes.

    Raises:
        ValueError: when there are not exactly 16 bytes.
    """
    if len(entropy) != CODE_BYTES:
        raise ValueError(f"a code needs {CODE_BYTES} bytes of entropy, got: {len(entropy)}")
    bits = int.from_bytes(entropy, "big") << 2
    return "".join([_PAIRS[bits >> shift & 1023] for shift in range(5 * (CODE_LENGTH - 2), -1, -10)])


def code_bytes(code: str) -> bytes:
    """The 16 bytes of a full code, the inverse of :func:`code_from_entropy`.

    Raises:
        ValueError: when it is not a full code in its one spelling.
    """
    values = [_VALUES.get(character, -1) for character in code]
    if len(code) != CODE_LENGTH or -1 in values or values[-1] & 3:
        raise ValueError("a full code has 26 characters of the Crockford base32 alphabet and two zero bits at its end")
    bits = 0
    for value in values:
        bits = bits << 5 | value
    return (bits >> 2).to_bytes(CODE_BYTES, "big")


def typed_form(code: str) -> str:
    """The 17 characters that people type for a full code: its first 80 bits and the check character."""
    code_bytes(code)
    return code[:16] + _check_character(code[:16])


def printed(code: str) -> str:
    """The typed form in groups, ``XXXX-XXXX-XXXX-XXXX-X``, of a full or a typed code."""
    typed = code if len(code) == TYPED_LENGTH else typed_form(code)
    return "-".join(typed[start : start + 4] for start in range(0, TYPED_LENGTH, 4))


@lru_cache(maxsize=16)  # one look-up reads its code three times
def read_code(text: str) -> FullCode | TypedCode | None:
    """The code somebody typed or scanned, or ``None`` when it is none.

    Forgives case, full-width letters, spaces and dashes, and reads I and L as 1, O as 0.
    """
    if len(text) > _LONGEST_INPUT:
        return None
    if _SPELLED.fullmatch(text):
        return FullCode(text)
    # NFKC turns the full-width letters of Chinese input methods into ASCII; str.upper keeps "ß" and the like out.
    normal = unicodedata.normalize("NFKC", text)
    characters = "".join(character for character in normal if character not in _SEPARATORS)
    spelled = characters.strip().upper().translate(_FORGIVEN)
    if any(character not in _VALUES for character in spelled):
        return None
    if len(spelled) == CODE_LENGTH and not _VALUES[spelled[-1]] & 3:
        return FullCode(spelled)
    if len(spelled) == TYPED_LENGTH and _check_character(spelled[:16]) == spelled[16]:
        return TypedCode(spelled)
    return None


def same_code(one: str, other: str) -> bool:
    """Whether two codes, each full or typed in their one spelling, name the same certificate."""
    if len(one) == len(other):
        return one == other
    return one[:16] == other[:16]


def code_digest(code: str) -> str:
    """The name under which a register keeps a full code: ``sha256:<hex>``."""
    return _digest("code", code)


def typed_digest(code: str) -> str:
    """The name under which a register keeps the typed form, of a full or a typed code: ``sha256:<hex>``."""
    return _digest("typed", code if len(code) == TYPED_LENGTH else typed_form(code))


def _digest(kind: str, code: str) -> str:
    return "sha256:" + hashlib.sha256(f"certengine {kind} {code}".encode()).hexdigest()


def _check_character(sixteen: str) -> str:
    # Horner's rule: after the loop, data symbol i weighs alpha^(16-i); the check character itself weighs alpha^0.
    parity = 0
    for character in sixteen:
        parity = _times_alpha(parity ^ _VALUES[character])
    return ALPHABET[parity]


def _times_alpha(value: int) -> int:
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 32 else doubled
