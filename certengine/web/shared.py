"""What the worker processes of one endpoint have in common: memory mapped before they are started.

Invariants:

1. Nothing here waits: there is no lock. Two workers that count the same network in the same instant may lose one of
   the two counts; a torn counter page is not believed.
2. No address is kept: a network is a place in a table, under a key that is new with each start. Two networks that fall
   on the same two places together are counted as one, and of the two places the emptier counts.
3. A worker that is started anew goes on with the counters of the one before it, so none ever runs backwards.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import secrets
import struct
import zlib

from certengine.canonical import Json

_BUCKET = struct.Struct("dd")
_HEAD = struct.Struct("II")
_TWO = struct.Struct(">QQ")
_PAGE = 256 * 1024

Bucket = tuple[float, float]


class Shared:
    """The memory of so many workers."""

    def __init__(self, *, clients: int, workers: int = 1) -> None:
        """Room for ``clients`` networks at a time, and for the counters of each worker."""
        self.workers = workers
        self._clients = clients
        self._key = secrets.token_bytes(16)
        self._buckets = mmap.mmap(-1, _BUCKET.size * (1 + 2 * clients))
        self._counters = mmap.mmap(-1, _PAGE * workers)

    def places(self, network: str) -> tuple[int, int]:
        """The two places of a network in the table; place 0 is that of all together."""
        digest = hashlib.blake2b(network.encode(), key=self._key, digest_size=16).digest()
        first, second = _TWO.unpack(digest)
        return 1 + first % self._clients, 1 + self._clients + second % self._clients

    def bucket(self, place: int) -> Bucket:
        """How full a place is, and when it was so."""
        bucket: Bucket = _BUCKET.unpack_from(self._buckets, place * _BUCKET.size)
        return bucket

    def pour(self, place: int, bucket: Bucket) -> None:
        """Write how full a place is."""
        _BUCKET.pack_into(self._buckets, place * _BUCKET.size, *bucket)

    def tell(self, worker: int, counters: Json) -> None:
        """Write the counters of a worker, for the others to add."""
        data = json.dumps(counters, separators=(",", ":")).encode()
        if _HEAD.size + len(data) <= _PAGE:
            start = worker * _PAGE
            self._counters[start + _HEAD.size : start + _HEAD.size + len(data)] = data
            _HEAD.pack_into(self._counters, start, len(data), zlib.crc32(data))

    def told(self, worker: int) -> Json:
        """The counters that a worker last told; ``None`` when there are none that hold together."""
        start = worker * _PAGE
        length, check = _HEAD.unpack_from(self._counters, start)
        data = self._counters[start + _HEAD.size : start + _HEAD.size + min(length, _PAGE)]
        if not length or zlib.crc32(data) != check:
            return None
        counters: Json = json.loads(data)
        return counters
