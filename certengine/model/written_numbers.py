"""Numbers as people write them, ``0,8`` or ``０．８ MPa`` or ``8×10⁻¹``: read exactly, or refused with a reason.

Invariants:

1. Three answers, never a guess: a value, an ambiguous writing, or no number. ``1,234`` may be 1234 or 1.234, so it is
   ambiguous; ``0,05`` and ``1234,5`` can only have a decimal comma.
2. The value is the exact decimal that was written, trailing zeros kept (``0.80`` has two significant figures).
3. The unit is what follows the number, in one normal form; whether it is the right unit is the caller's question.
4. Any text gets an answer; nothing raises, and a number too long to be meant is refused rather than computed.

A full stop is always the decimal mark when it stands alone (GB/T 15835, ISO 80000-1 allow both marks; Chinese and
English use the stop). Digits may be grouped by three with no-break or thin spaces, as the SI brochure has it; an
ordinary space is refused, since it may part two numbers.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

MAX_LENGTH: Final = 100
"""Longest text read, in characters."""

MAX_DIGITS: Final = 30
"""Most digits a number may have, and the greatest power of ten it may reach, either way."""

_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_MINUS: Final = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212\ufe63"), "-")
_GROUP: Final = "\u00a0"
_GROUP_SPACES: Final = dict.fromkeys(map(ord, "\u2007\u2009\u202f"), _GROUP)
_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")

_NUMBER: Final = re.compile(r"(?P<sign>[+-]?) *(?P<body>[.,]?[0-9]+(?:[.,\u00a0][0-9]+)*)(?P<rest>.*)", re.DOTALL)
_E_POWER: Final = re.compile(r"[ \u00a0]*[eE](?P<power>[+-]?[0-9]{1,4})(?![0-9.,])")
_TIMES_TEN: Final = re.compile(r"[ \u00a0]*[×✕xX*·⋅][ \u00a0]*10(?![0-9])")
_CARET: Final = re.compile(
    r" *(?:\^|\*\*) *"
    r"(?:\((?P<round>[+-]?[0-9]{1,4})\)|\{(?P<curly>[+-]?[0-9]{1,4})\}|(?P<bare>[+-]?[0-9]{1,4}))(?![0-9.,])"
)
_RAISED: Final = re.compile(r"(?P<power>[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4})")
_LOST_POWER: Final = re.compile(r"[ \u00a0]*[×✕xX*·⋅][ \u00a0]*10")
_UNIT_PART: Final = r"(?:[^\W\d_]|[°%‰′])+(?:\^?[+-]?[1-9])?"
_UNIT: Final = re.compile(rf"/?{_UNIT_PART}(?:[ /·⋅.*]{_UNIT_PART})*")


class NumberProblem(StrEnum):
    """Why a text is not read as a number."""

    EMPTY = "empty"
    AMBIGUOUS = "ambiguous"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_BOUNDS = "out_of_bounds"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenNumber:
    """What a text says as a number.

    Attributes:
        value: the exact decimal, or ``None`` when there is a problem.
        unit: what follows the number, in the form of :func:`normal_unit`; empty when nothing does.
        problem: why there is no value.
        why: the problem in words, lower case, without a final stop; empty when there is a value.
    """

    value: Decimal | None
    unit: str = ""
    problem: NumberProblem | None = None
    why: str = ""


def read_written_number(text: str) -> WrittenNumber:
    """The number and unit that a text says, or why it says none. Never raises.

    Reads full-width digits, any minus sign, a decimal point or an unambiguous decimal comma, grouped digits, powers of
    ten (``8e-1``, ``8×10^-1``, ``8×10⁻¹``, ``10^3``) and a trailing unit.
    """
    written = plain_width(text).strip()
    if not written:
        return _refused(NumberProblem.EMPTY, "nothing is written")
    if len(written) > MAX_LENGTH:
        return _refused(NumberProblem.OUT_OF_BOUNDS, f"longer than {MAX_LENGTH} characters")
    match = _NUMBER.fullmatch(written.translate(_GROUP_SPACES))
    if match is None:
        return _refused(NumberProblem.NOT_A_NUMBER, f"`{written}` does not begin with a number")
    digits = _plain_digits(match["body"])
    if isinstance(digits, WrittenNumber):
        return digits
    return _with_power(match["sign"], digits, match["rest"])


def plain_width(text: str) -> str:
    """The text with full-width forms and minus signs as their ASCII twins; superscripts stay what they are."""
    return text if text.isascii() else text.translate(_FULL_WIDTH).translate(_MINUS)


def normal_unit(text: str) -> str:
    """One form for a unit's spellings: ``℃`` is ``°C``, ``㎜`` is ``mm``, ``m²`` is ``m2``, micro has one sign."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_MINUS).split())


def _refused(problem: NumberProblem, why: str) -> WrittenNumber:
    return WrittenNumber(value=None, problem=problem, why=why)


def _plain_digits(body: str) -> str | WrittenNumber:
    """The digits with a point for the decimal mark and no grouping, or why they cannot be told."""
    marks = re.sub("[0-9]", "", body)
    last = marks[-1:]
    grouping = set(marks[:-1])
    if len(marks) <= 1:
        return _one_mark(body, last)
    if grouping == {last} and _grouped(body, last):
        return body.replace(last, "")
    whole, _, fraction = body.rpartition(last)
    if last != _GROUP and len(grouping) == 1 and last not in grouping and _grouped(whole, grouping.pop()):
        return re.sub("[^0-9]", "", whole) + "." + fraction
    return _refused(NumberProblem.NOT_A_NUMBER, f"the marks in `{body}` do not group its digits by three")


def _one_mark(body: str, mark: str) -> str | WrittenNumber:
    if mark == _GROUP:
        if _grouped(body, _GROUP):
            return body.replace(_GROUP, "")
        return _refused(NumberProblem.AMBIGUOUS, f"`{body}` may be one number or two")
    if mark == "," and _grouped(body, ","):
        plain = body.replace(",", "")
        return _refused(NumberProblem.AMBIGUOUS, f"`{body}` may be {plain} or {body.replace(',', '.')}")
    return body.replace(",", ".")


def _grouped(body: str, mark: str) -> bool:
    """Whether ``mark`` parts the digits as thousands are parted: one to three, not led by zero, then threes."""
    head, *groups = body.split(mark)
    return re.fullmatch("[1-9][0-9]{0,2}", head) is not None and all(re.fullmatch("[0-9]{3}", g) for g in groups)


def _with_power(sign: str, digits: str, rest: str) -> WrittenNumber:
    """Read the power of ten that may follow the digits, then the unit."""
    if found := _E_POWER.match(rest):
        return _with_unit(sign, digits, found["power"], rest[found.end() :])
    after = rest
    base = "1" if digits == "10" else None  # `10^3` has no mantissa of its own
    if times := _TIMES_TEN.match(rest):
        after, base = rest[times.end() :], digits
    if base is not None:
        if caret := _CARET.match(after):
            power = caret["round"] or caret["curly"] or caret["bare"]
            return _with_unit(sign, base, power, after[caret.end() :])
        if raised := _RAISED.match(after):
            return _with_unit(sign, base, raised["power"].translate(_SUPERSCRIPTS), after[raised.end() :])
    if _LOST_POWER.match(rest):
        return _refused(NumberProblem.AMBIGUOUS, f"the power of ten after `{digits}` is not marked as a power")
    return _with_unit(sign, digits, "0", rest)


def _with_unit(sign: str, digits: str, power: str, rest: str) -> WrittenNumber:
    unit = normal_unit(rest)
    if rest != rest.lstrip() and unit[:1].isdecimal():
        return _refused(NumberProblem.AMBIGUOUS, f"`{digits} {unit}` may be one number or two")
    if unit and _UNIT.fullmatch(unit) is None:
        return _refused(NumberProblem.NOT_A_NUMBER, f"`{unit}` after the number is not a unit")
    value = Decimal(f"{sign}{digits}E{power}")
    if len(digits) > MAX_DIGITS or abs(value.adjusted()) > MAX_DIGITS:
        return _refused(NumberProblem.OUT_OF_BOUNDS, f"a number of more than {MAX_DIGITS} digits or powers of ten")
    return WrittenNumber(value=value or abs(value), unit=unit)
