"""Keyed choices: every choice has a label of its own, and none depends on another.

A choice is ``HMAC-SHA256(seed, canonical JSON of [algorithm, scope..., label..., counter])`` read as a 256-bit number.
So one slot of one paper can be recomputed alone; adding an item to one cell changes no other cell; the order of
files, languages and candidates does not matter. ``random`` and NumPy are not used: neither promises the same numbers
in another version. Golden vectors in ``tests/vectors/draw.json`` pin the algorithm for ever.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from certengine.canonical import canonical_bytes, digest
from certengine.model.sitting import Sitting

ALGORITHM = "certengine-draw/1"
SEED_BYTES = 32
_SPACE = 1 << 256
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class KeyedDraw:
    """A source of keyed choices within one scope (a sitting, a candidate, an item)."""

    seed: bytes
    scope: tuple[str, ...]

    def within(self, *parts: str) -> KeyedDraw:
        """A source for a narrower scope."""
        return KeyedDraw(self.seed, (*self.scope, *parts))

    def number(self, label: str, counter: int = 0) -> int:
        """The 256-bit number of one label."""
        message = canonical_bytes([ALGORITHM, *self.scope, label, counter])
        return int.from_bytes(hmac.digest(self.seed, message, sha256))

    def below(self, label: str, bound: int) -> int:
        """An even choice among ``0 .. bound - 1``: numbers beyond the last whole multiple are drawn anew."""
        if bound < 1:
            raise ValueError("nothing to choose from")
        limit = _SPACE - _SPACE % bound
        counter = 0
        while (number := self.number(label, counter)) >= limit:
            counter += 1  # under one in 2^200 for any bound met here
        return number % bound

    def order(self, label: str, ids: Sequence[str]) -> tuple[str, ...]:
        """The ids sorted by their keyed numbers; where ids stand in the list does not matter."""
        return tuple(sorted(ids, key=lambda one: (self.within(label).number(one), one)))

    def letters(self, label: str, count: int) -> str:
        """So many characters of Crockford's base 32."""
        number = self.number(label)
        return "".join(_CROCKFORD[number >> 5 * n & 31] for n in range(count))


def commitment(sitting: Sitting, seed: bytes) -> str:
    """The digest that is published before the sitting and checked by anyone once the seed is revealed.

    It binds seed, algorithm, scheme, banks and roster; the 256 random bits of the seed keep it from being guessed.
    """
    return digest(
        {
            "algorithm": ALGORITHM,
            "sitting": sitting.id,
            "scheme": sitting.scheme_digest,
            "banks": [{"id": bank, "version": version, "digest": value} for bank, version, value in sitting.banks],
            "candidates": sorted(candidate.id for candidate in sitting.candidates),
            "seed": seed.hex(),
        }
    )
