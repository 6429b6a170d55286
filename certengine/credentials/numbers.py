"""Printed certificate numbers: literal text, the year, the level and one gapless serial.

Invariants:

1. A pattern has exactly one ``{serial:0N}`` and otherwise only ``{yy}``, ``{yyyy}``, ``{level}`` and literal text.
2. Serials are gapless within a *series*: the pattern with everything filled in but the serial.
3. A number is a safe file name: letters, digits, ``-``, ``_``, ``.``, beginning with a letter or a digit.
4. A serial that outgrows its width is refused, never widened: a wider number would not be of the scheme's form.
"""

from __future__ import annotations

import re
from datetime import date

from certengine.errors import Refused

_FIELD = re.compile(r"\{([^{}]*)\}")
_SERIAL = re.compile(r"serial:0([1-9]|1[0-2])")
_LITERAL = re.compile(r"[\w.-]*")
_NUMBER_LENGTH = 64


def check_pattern(pattern: str) -> None:
    """Passes a pattern that can make numbers.

    Raises:
        ValueError: with everything that is wrong with it, joined by ``; ``.
    """
    problems = _problems(pattern)
    if problems:
        raise ValueError("; ".join(problems))


def series_of(pattern: str, issued_on: date, level: str) -> str:
    """The series of a certificate: the pattern with year and level filled in and the serial left open.

    Raises:
        ValueError: as :func:`check_pattern`, or for a level that cannot stand in a number.
    """
    check_pattern(pattern)
    if not level or not _LITERAL.fullmatch(level):
        raise ValueError(f"`{level}` cannot stand in a number: only letters, digits, `-`, `_` and `.` can")
    filled = pattern.replace("{yyyy}", f"{issued_on.year:04}").replace("{yy}", f"{issued_on.year % 100:02}")
    return filled.replace("{level}", level)


def format_number(pattern: str, *, issued_on: date, level: str, serial: int) -> str:
    """The printed number of one serial, counted from 1.

    Raises:
        ValueError: as :func:`series_of`, or for a serial below 1.
        Refused: when the serial no longer fits its width.
    """
    series = series_of(pattern, issued_on, level)
    if serial < 1:
        raise ValueError(f"serials count from 1, got: {serial}")
    width = serial_width(pattern)
    if serial >= 10**width:
        raise Refused(
            f"the series `{series}` is full: serial {serial} needs more than {width} digits",
            hint="give the scheme a number pattern with a wider `{serial:0N}` and publish it as a new edition",
            code="number/series-full",
        )
    return _FIELD.sub(f"{serial:0{width}}", series)


def serial_width(pattern: str) -> int:
    """How many digits the serial of a pattern has.

    Raises:
        ValueError: as :func:`check_pattern`.
    """
    check_pattern(pattern)
    widths = [found.group(1) for field in _FIELD.findall(pattern) if (found := _SERIAL.fullmatch(field))]
    return int(widths[0])


def _problems(pattern: str) -> list[str]:
    fields = _FIELD.findall(pattern)
    serials = [field for field in fields if _SERIAL.fullmatch(field)]
    strange = [field for field in fields if field not in {"yy", "yyyy", "level"} and field not in serials]
    literal = _FIELD.sub("", pattern)
    problems = [f"`{{{field}}}` is not a field of a number: {_fields_hint(field)}" for field in strange]
    if len(serials) != 1:
        problems.append(f"a number pattern needs exactly one `{{serial:0N}}`, got: {len(serials)}")
    if not _LITERAL.fullmatch(literal):
        problems.append("the text of a number can hold only letters, digits, `-`, `_` and `.`")
    if pattern[:1] in {"-", "_", "."}:
        problems.append("a number begins with a letter or a digit")
    if len(pattern) > _NUMBER_LENGTH:
        problems.append(f"a number pattern has at most {_NUMBER_LENGTH} characters, got: {len(pattern)}")
    return problems


def _fields_hint(field: str) -> str:
    if field.startswith("serial"):
        return "write the serial as `{serial:0N}` with N from 1 to 12"
    return "`{yy}`, `{yyyy}`, `{level}` and `{serial:0N}` are"
