"""A Merkle tree as a log keeps it (RFC 6962 section 2.1): roots, proofs of inclusion and of consistency, and their checks.

Invariants:

1. Leaves and nodes are hashed apart (0x00, 0x01), so that no node can be presented as a leaf.
2. A tree is told by its *complete* nodes alone: level ``l``, place ``p`` is the hash over the leaves from ``p * 2**l`` to
   ``(p + 1) * 2**l``. Once complete a node never changes; a tree only ever gets new ones.
3. A proof that is too long, too short, or for a place beyond the tree proves nothing, whatever it hashes to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Node = Callable[[int, int], bytes]
"""The complete node of a level and a place."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two nodes side by side."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def completed_by(place: int, leaf: bytes, node: Node) -> Iterator[tuple[int, int, bytes]]:
    """The nodes that become complete when the leaf of a place is appended: ``(level, place, hash)``, the leaf first."""
    level, value = 0, leaf
    yield level, place, value
    while place & 1:
        value = node_hash(node(level, place - 1), value)
        level, place = level + 1, place >> 1
        yield level, place, value


def root(size: int, node: Node) -> bytes:
    """The root of the first ``size`` leaves."""
    return _over(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(place: int, size: int, node: Node) -> tuple[bytes, ...]:
    """That the leaf of a place is in the tree of a size (RFC 6962 section 2.1.1), lowest neighbour first.

    Raises:
        ValueError: when the tree has no such place.
    """
    if not 0 <= place < size:
        raise ValueError(f"a tree of {size} leaves has no place {place}")
    found: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if place < middle:
            found.append(_over(middle, end, node))
            end = middle
        else:
            found.append(_over(start, middle, node))
            start = middle
    return tuple(reversed(found))


def consistency_proof(old: int, new: int, node: Node) -> tuple[bytes, ...]:
    """That the tree of the old size is the beginning of the tree of the new (RFC 6962 section 2.1.2).

    Raises:
        ValueError: when the old size is not between 1 and the new.
    """
    if not 1 <= old <= new:
        raise ValueError(f"no tree of {old} leaves is the beginning of one of {new}")
    found: list[bytes] = []
    start, end, whole = 0, new, True
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            found.append(_over(middle, end, node))
            end = middle
        else:
            found.append(_over(start, middle, node))
            start, whole = middle, False
    if not whole:
        found.append(_over(start, end, node))
    return tuple(reversed(found))


def includes(leaf: bytes, place: int, size: int, proof: Sequence[bytes], against: bytes) -> bool:
    """Whether a proof shows a leaf at its place in the tree of that size and root (RFC 9162 section 2.1.3.2)."""
    if not 0 <= place < size or len(leaf) != HASH_BYTES:
        return False
    at, last, value = place, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            value = node_hash(step, value)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = node_hash(value, step)
        at, last = at >> 1, last >> 1
    return last == 0 and value == against


def consistent(old: int, new: int, proof: Sequence[bytes], before: bytes, after: bytes) -> bool:
    """Whether a proof shows that the tree of one size and root begins that of the other (RFC 9162 section 2.1.4.2)."""
    if not 1 <= old <= new:
        return False
    if old == new:
        return not proof and before == after
    steps = list(proof)
    if old & (old - 1) == 0:
        steps.insert(0, before)
    if not steps:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, step)
        at, last = at >> 1, last >> 1
    return last == 0 and first == before and second == after


def edge(size: int) -> tuple[tuple[int, int], ...]:
    """The complete nodes whose hashes make the root of a size, from the left: ``(level, place)``."""
    found, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            found.append((level, start >> level))
            start += 1 << level
    return tuple(found)


def _over(start: int, end: int, node: Node) -> bytes:
    """The hash over leaves from a start that is a multiple of the greatest power of two within."""
    parts = [node(level, (start >> level) + place) for level, place in edge(end - start)]
    value = parts.pop()
    while parts:
        value = node_hash(parts.pop(), value)
    return value


def _split(size: int) -> int:
    """The greatest power of two below a size over 1."""
    return 1 << (size - 1).bit_length() - 1
