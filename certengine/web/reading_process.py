"""A reading process: takes files from a socket, one after the other, and gives back what it found in each.

Frames, in both directions, are a length of 8 bytes and so many bytes. A question is a frame with JSON
``{"at": ..., "roots": [...], "stamp_roots": [...]}`` and a frame with the file; the answer is one frame: the finding, or
nothing at all when reading failed. The end of the socket is the end of the process.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from certengine.canonical import parse_instant
from certengine.web.foreign import Finding, finding_bytes

Read = Callable[[bytes, Sequence[str], datetime, Sequence[str]], Finding]

_HEAD = 8


def main(arguments: list[str]) -> None:
    """Serve the socket with the inherited number ``arguments[0]`` with the module ``arguments[1]``.

    The module has ``load()``, called once, and ``read_foreign(data, roots, at, stamp_roots)``.
    """
    # Libraries that print would have a reader of their own; nothing of a foreign file is worth a line.
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
        os.dup2(nowhere.fileno(), sys.stderr.fileno())
    module = importlib.import_module(arguments[1])
    module.load()
    with socket.socket(fileno=int(arguments[0])) as connection:
        serve(connection, module.read_foreign)


def serve(connection: socket.socket, read: Read) -> None:
    """Answer question after question until the other end closes."""
    while True:
        try:
            question = json.loads(receive(connection))
            data = receive(connection)
        except EOFError:
            return
        send(connection, _answer(read, data, question))


def send(connection: socket.socket, data: bytes) -> None:
    """Send one frame."""
    connection.sendall(len(data).to_bytes(_HEAD, "big") + data)


def receive(connection: socket.socket, limit: int = sys.maxsize, ends: float | None = None) -> bytes:
    """Receive one frame.

    Args:
        ends: the instant of the monotonic clock by which all of it must be there.

    Raises:
        EOFError: when the other end is closed, or announces more than ``limit`` bytes.
        TimeoutError: when it is not there in time.
    """
    length = int.from_bytes(_exactly(connection, _HEAD, ends), "big")
    if length > limit:
        raise EOFError
    return _exactly(connection, length, ends)


def _exactly(connection: socket.socket, length: int, ends: float | None) -> bytes:
    parts: list[bytes] = []
    while length:
        if ends is not None:
            connection.settimeout(max(0.001, ends - time.monotonic()))
        part = connection.recv(min(length, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _answer(read: Read, data: bytes, question: dict[str, object]) -> bytes:
    try:
        roots, stamp_roots = (
            value if isinstance(value, list) else [] for value in (question["roots"], question.get("stamp_roots"))
        )
        return finding_bytes(read(data, roots, parse_instant(str(question["at"])), stamp_roots))
    except Exception:  # noqa: BLE001  # MemoryError among them: whatever it was, there is no finding
        return b""
