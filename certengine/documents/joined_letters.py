"""What copying gives for Arabic lam with alef, which every font draws as one glyph.

Readers turn text from right to left around glyph by glyph, and when they do, the two letters of this glyph as well: a name
that holds it could not be copied, nor pass a self-check. Said as the one character that Unicode has for the pair, which
compares equal to it (NFKC), it cannot be turned around.
"""

from __future__ import annotations

import re
from typing import Any

import pydyf

_PAIRS = {b"06440622": b"fef5", b"06440623": b"fef7", b"06440625": b"fef9", b"06440627": b"fefb"}
_SAID = re.compile(rb"(?<=> <)(" + b"|".join(_PAIRS) + rb")(?=>)")


def say_pairs_as_one(pdf: Any) -> None:
    """A step of a finisher, before streams are compressed. A file without such letters stays as it is, byte for byte."""
    for entry in pdf.objects:
        if isinstance(entry, pydyf.Stream) and b"begincmap" in entry.stream:
            entry.stream = [
                _SAID.sub(lambda found: _PAIRS[found[1]], line) if isinstance(line, bytes) else line
                for line in entry.stream
            ]
