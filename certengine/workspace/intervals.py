"""Options that are a range, a limit or a single value, read where the whole option says nothing else.

``≥ 5``, ``at least 5 V``, ``5 V or more``, ``5 V 以上``, ``不小于 5 V``, ``5–10 V``, ``5 V to 10 V``, ``7 V``. Anything
else is not read: what is not certain is no finding.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

_NUMBER = r"(?P<{}>[+-]?\d+(?:\.\d+)?)"
_UNIT = r"\s*(?P<{}>(?:[A-Za-zΑ-ω]{{1,8}}(?:/[A-Za-z]{{1,5}}|\d)?|Ω/V|°C?|%|[个台次件年月天秒级倍]|小时|分钟)?)"
_ONE = _NUMBER.format("low") + _UNIT.format("unit")
_TWO = rf"{_ONE}\s*(?:[–—~-]|至|到|to)\s*" + _NUMBER.format("high") + _UNIT.format("unit2")
# 以上 and 以下 include the number itself (Civil Code of China, art. 1259); 超过, 大于, 小于 do not.
_WAYS: tuple[tuple[str, str, bool], ...] = (
    (r"(?:≥|>=|at least|no less than|not less than|不小于|不少于|不低于|至少|大于等于|大于或等于)", "above", True),
    (r"(?:>|more than|greater than|above|over|大于|超过|高于|多于)", "above", False),
    (
        r"(?:≤|<=|at most|no more than|not more than|up to|不大于|不超过|不高于|不多于|至多|小于等于|小于或等于)",
        "below",
        True,
    ),
    (r"(?:<|less than|below|under|小于|低于|少于)", "below", False),
)
_AFTER: tuple[tuple[str, str], ...] = (
    (r"\s*(?:or more|and more|or above|and above|or over|及以上|以上)", "above"),
    (r"\s*(?:or less|or fewer|or below|or under|及以下|以下)", "below"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Numbers of one unit from ``low`` to ``high``; ``None`` is without end, ``open`` excludes the ends it has."""

    low: Decimal | None
    high: Decimal | None
    unit: str
    open: bool = False

    def overlaps(self, other: Interval) -> bool:
        """Whether more than a touching end lies in both; two single values never overlap."""
        if self.unit != other.unit or (self._single and other._single):
            return False
        low = max((one for one in (self.low, other.low) if one is not None), default=None)
        high = min((one for one in (self.high, other.high) if one is not None), default=None)
        if low is None or high is None or low < high:
            return True
        return low == high and (self._single or other._single) and not (self.open or other.open)

    @property
    def _single(self) -> bool:
        return self.low is not None and self.low == self.high


def interval_of(written: str) -> Interval | None:
    """The interval an option states, when that is all it states."""
    text = unicodedata.normalize("NFKC", written.replace("\N{MINUS SIGN}", "-")).strip().rstrip(".。")
    single = re.fullmatch(_ONE, text)
    if single:
        return _interval(single, "value", closed=True)
    for before, way, closed in _WAYS:
        found = re.fullmatch(before + r"\s*" + _ONE, text, re.IGNORECASE)
        if found:
            return _interval(found, way, closed=closed)
    for after, way in _AFTER:
        found = re.fullmatch(_ONE + after, text, re.IGNORECASE)
        if found:
            return _interval(found, way, closed=True)
    span = re.fullmatch(_TWO, text, re.IGNORECASE)
    if span is None or span["unit"] not in {"", span["unit2"]}:
        return None
    low, high = Decimal(span["low"]), Decimal(span["high"])
    return Interval(low=low, high=high, unit=span["unit2"]) if low < high else None


def _interval(found: re.Match[str], way: str, *, closed: bool) -> Interval:
    value = Decimal(found["low"])
    return Interval(
        low=None if way == "below" else value,
        high=None if way == "above" else value,
        unit=found["unit"],
        open=not closed,
    )
