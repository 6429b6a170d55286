"""Scores of very many candidates as a file, and ids that stand more than once among them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.bytes_]
Places = NDArray[np.intp]

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio: spreads the words of longer ids
_HALF = np.uint64(32)
_WORD = 8


def repeated(ids: Ids) -> Places:
    """The places of ids that stand more than once."""
    width = -(-max(1, ids.dtype.itemsize) // _WORD) * _WORD
    words = np.ascontiguousarray(ids.astype(f"S{width}")).view(np.uint64).reshape(len(ids), -1)
    mixed = words[:, 0].copy()
    for word in words.T[1:]:
        mixed *= _MULTIPLIER
        mixed ^= (mixed >> _HALF) + word
    ordered = np.sort(mixed)
    alike = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(alike):
        return np.zeros(0, dtype=np.intp)
    places = np.flatnonzero(np.isin(mixed, alike))  # among them those that only mix to the same number
    _, inverse, counts = np.unique(ids[places], return_inverse=True, return_counts=True)
    return places[counts[inverse] > 1]


def scores_csv(header: Sequence[str], ids: Ids, scores: Ids) -> bytes:
    """Two columns as CSV: UTF-8 with a byte order mark, CRLF line ends, as every table that is written out.

    Ids and numbers need no quotes, and none of them is a formula.
    """
    parts = [_bytes_of(ids), np.full((len(ids), 1), ord(","), dtype=np.uint8), _bytes_of(scores)]
    ends = np.tile(np.frombuffer(b"\r\n", dtype=np.uint8), (len(ids), 1))
    table = np.concatenate([*parts, ends], axis=1)
    rows: bytes = table[table != 0].tobytes()
    return b"\xef\xbb\xbf" + ",".join(header).encode() + b"\r\n" + rows


def _bytes_of(texts: Ids) -> NDArray[np.uint8]:
    return np.ascontiguousarray(texts).view(np.uint8).reshape(len(texts), texts.dtype.itemsize)
