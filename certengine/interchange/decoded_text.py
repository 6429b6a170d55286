"""Bytes of a text file as text, in the encodings that spreadsheets save: UTF-8, UTF-16 with a mark, GB18030.

Invariants:

1. Decoding is strict: a byte that does not belong is refused with its line, never replaced.
2. The order is fixed: a byte order mark, then UTF-8, then GB18030 (which contains GBK and GB2312). Almost any bytes
   are *some* GB18030, so a UTF-8 file with a damaged character is refused rather than read as other characters, and
   characters beyond GB2312 are pointed out: that is how names saved in a third encoding show.
"""

from __future__ import annotations

import codecs
import unicodedata
from pathlib import Path
from typing import Final

from certengine.errors import Finding, InputError, Severity, place_in

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_SAVE_AS_UTF8: Final = "save the file as `CSV UTF-8` and hand it in again"


def decode(data: bytes, source: Path) -> tuple[str, str, tuple[Finding, ...]]:
    """The text of ``data``, the name of its encoding, and a warning where the encoding is in doubt.

    Raises:
        InputError: with the line, when no encoding fits or the bytes are no text.
    """
    text, encoding = _decode(data, source)
    stray = text.find("\0")
    if stray >= 0:
        raise _refusal(source, _line(text[:stray]), "table/not-text", "a NUL byte stands in the text")
    if encoding != "GB18030":
        return text, encoding, ()
    return text, encoding, _doubts(text, source)


def _decode(data: bytes, source: Path) -> tuple[str, str]:
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(codec), name
            except UnicodeDecodeError as error:
                line = _line(data[: error.start].decode(codec, "ignore"))
                raise _undecodable(source, line, f"the file is marked as {name}, but") from error
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
    if _is_damaged_utf8(data):
        raise _undecodable(source, line, "the file is UTF-8, but")
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
        raise _undecodable(source, line, "the file is neither UTF-8 nor GB18030:") from error
    unassigned = next((i for i, char in enumerate(text) if unicodedata.category(char) in {"Cn", "Co"}), None)
    if unassigned is not None:
        raise _undecodable(source, _line(text[:unassigned]), "read as GB18030,")
    return text, "GB18030"


def _is_damaged_utf8(data: bytes) -> bool:
    """Whether whole three-byte characters outnumber stray bytes: Chinese in UTF-8 with a broken place, never GBK."""
    text = data.decode("utf-8", "surrogateescape")
    stray = sum(1 for character in text if "\udc80" <= character <= "\udcff")
    whole = sum(1 for character in text if character >= "\u0800") - stray
    return whole > stray


def _doubts(text: str, source: Path) -> tuple[Finding, ...]:
    """A warning at the first character that GB18030 has and GB2312 has not."""
    for index, character in enumerate(text):
        try:
            character.encode("gb2312")
        except UnicodeEncodeError:
            return (
                Finding(
                    code="table/encoding-doubt",
                    message=f"read as GB18030, which makes `{character}` stand here; it is a rare character",
                    place=place_in(source, _line(text[:index])),
                    severity=Severity.WARNING,
                    hint=f"compare the names with the list they came from, or {_SAVE_AS_UTF8}",
                ),
            )
    return ()


def _line(before: str) -> int:
    return 1 + before.count("\n")


def _undecodable(source: Path, line: int, why: str) -> InputError:
    return _refusal(source, line, "table/encoding", f"{why} a character on this line cannot be read")


def _refusal(source: Path, line: int, code: str, message: str) -> InputError:
    finding = Finding(code=code, message=message, place=place_in(source, line), hint=_SAVE_AS_UTF8)
    return InputError(f"`{source.name}` is not read", hint=_SAVE_AS_UTF8, findings=(finding,), code=code)
