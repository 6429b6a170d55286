"""Keyed choices: every choice has a label of its own, and none depends on another.

1. A *scope* (a sitting, a component, a candidate, an attempt) has a sub-key:
   ``HMAC-SHA256(seed, canonical JSON of [algorithm, scope...])``.
2. A *label* has a block, the same whatever the scope: the first 16 bytes of SHA-256 over the canonical JSON of
   ``[label..., counter]``.
3. The *number* of a label within a scope is AES-256 of its block under the sub-key, read as 128 bits, big-endian. An
   item's place in the draw is decided by the first 48 bits of its number, its place on the paper by the 48 bits from
   bit 64 on; what is equal there is ordered by id.

So one slot of one paper can be recomputed alone; adding an item to one cell changes no number in another; the order of
files, languages and candidates does not matter; and ten thousand papers are one array of numbers. ``random`` and NumPy's
generators are not used: neither promises the same numbers in another version. Golden vectors in
``tests/vectors/draw.json`` pin the algorithm for ever.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from math import factorial

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from numpy.typing import NDArray

from certengine.canonical import canonical_bytes

ALGORITHM = "certengine-draw/2"
SEED_BYTES = 32
BLOCK = 16
_BITS = 8 * BLOCK
_SPACE = 1 << _BITS
_SHIFT = np.uint64(16)
_RANKED = 20  # so many ids and fewer are ordered by one number: 20! is far below 2^128
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@lru_cache(maxsize=1 << 16)
def block(label: tuple[str, ...], counter: int = 0) -> bytes:
    """The block of a label; it does not depend on the scope, so one serves all papers."""
    text = json.dumps([*label, counter], ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode("utf-8")).digest()[:BLOCK]


@dataclass(frozen=True, slots=True)
class KeyedDraw:
    """A source of keyed choices within one scope (a sitting, a candidate, an item)."""

    seed: bytes
    scope: tuple[str, ...]
    labels: tuple[str, ...] = ()
    _cipher: CipherContext = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        sub_key = hmac.digest(self.seed, canonical_bytes([ALGORITHM, *self.scope]), sha256)
        # One block at a time under a key of its own is what ECB is for: it is used as a keyed function, not to hide text.
        object.__setattr__(self, "_cipher", Cipher(algorithms.AES(sub_key), modes.ECB()).encryptor())  # noqa: S305

    def within(self, *parts: str) -> KeyedDraw:
        """A source for narrower labels, under the same sub-key."""
        narrower = object.__new__(KeyedDraw)
        object.__setattr__(narrower, "seed", self.seed)
        object.__setattr__(narrower, "scope", self.scope)
        object.__setattr__(narrower, "labels", (*self.labels, *parts))
        object.__setattr__(narrower, "_cipher", self._cipher)
        return narrower

    def number(self, label: str, counter: int = 0) -> int:
        """The 128-bit number of one label."""
        return int.from_bytes(self._cipher.update(block((*self.labels, label), counter)))

    def numbers(self, blocks: bytes) -> NDArray[np.uint64]:
        """The numbers of many blocks in one go: for each the 48 bits that decide the draw, and the 48 of the place."""
        halves = np.frombuffer(self.encrypted(blocks), dtype=">u8").reshape(-1, 2)
        return halves.astype(np.uint64) >> _SHIFT

    def encrypted(self, blocks: bytes) -> bytes:
        """The numbers of many blocks as bytes, 16 for each."""
        return self._cipher.update(blocks)

    def below(self, label: str, bound: int) -> int:
        """An even choice among ``0 .. bound - 1``: numbers beyond the last whole multiple are drawn anew."""
        if not 1 <= bound <= _SPACE:
            raise ValueError("nothing to choose from" if bound < 1 else "too much to choose from")
        limit = _SPACE - _SPACE % bound
        counter = 0
        while (number := self.number(label, counter)) >= limit:
            counter += 1  # under one in 2^60 for any bound met here
        return number % bound

    def order(self, label: str, ids: Sequence[str]) -> tuple[str, ...]:
        """An even choice among the orders of the ids; where they stand in the list does not matter.

        Up to twenty ids are put in the order whose rank, among all orders of the sorted ids, is the label's number below
        their factorial; more are sorted by the numbers of their own labels.
        """
        left = sorted(ids)
        if len(left) > _RANKED:
            own = self.within(label)
            return tuple(sorted(left, key=lambda one: (own.number(one), one)))
        rank = self.below(label, factorial(len(left)))
        found = []
        while left:
            place, rank = divmod(rank, factorial(len(left) - 1))
            found.append(left.pop(place))
        return tuple(found)

    def letters(self, label: str, count: int) -> str:
        """So many characters (25 at most) of Crockford's base 32."""
        number = self.number(label)
        return "".join(_CROCKFORD[number >> 5 * n & 31] for n in range(count))
