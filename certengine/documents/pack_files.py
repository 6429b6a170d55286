"""Packs of blocks as lines of text, to be remembered or handed to another process. Reading them runs nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from certengine.documents.blocks import Block, Pack, Piece
from certengine.documents.slots import Slot


def pack_lines(pack: Pack) -> list[str]:
    """A pack as lines: the programs of its fonts, then a line for each block."""
    programs = {name: _text(data) for name, data in sorted(pack.programs.items())}
    blocks = (
        json.dumps({"key": key, "pieces": [_piece(piece) for piece in block.pieces]}, separators=(",", ":"))
        for key, block in pack.blocks.items()
    )
    return [json.dumps(programs), *blocks]


def read_pack(lines: Sequence[str]) -> Pack:
    """The pack that lines tell of."""
    programs, *blocks = lines
    pack = Pack(programs={name: _data(text) for name, text in json.loads(programs).items()})
    for line in blocks:
        told = json.loads(line)
        pack.blocks[told["key"]] = Block(pieces=tuple(map(_read_piece, told["pieces"])))
    return pack


def _piece(piece: Piece) -> dict[str, Any]:
    return {
        "size": [piece.width, piece.height, piece.page_width, piece.page_height, piece.baseline],
        "content": piece.content.decode("latin-1"),
        "glyphs": piece.glyphs,
        "rich": None if piece.rich is None else _text(piece.rich),
        "slots": [asdict(slot) for slot in piece.slots],
    }


def _read_piece(told: dict[str, Any]) -> Piece:
    width, height, page_width, page_height, baseline = told["size"]
    return Piece(
        width=width,
        height=height,
        page_width=page_width,
        page_height=page_height,
        baseline=baseline,
        content=told["content"].encode("latin-1"),
        glyphs={font: {int(glyph): said for glyph, said in shown.items()} for font, shown in told["glyphs"].items()},
        rich=None if told["rich"] is None else _data(told["rich"]),
        slots=tuple(Slot(**slot) for slot in told["slots"]),
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _data(text: str) -> bytes:
    return base64.b64decode(text)
