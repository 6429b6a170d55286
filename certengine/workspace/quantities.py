"""The numbers a sentence states, in figures and in words, so that two translations can be compared.

Only figures accuse; words excuse. A number in figures in one language must stand in the other in figures or in words
(``2 台`` and ``two machines``); a number in words alone asks for nothing, because words such as 一般 or *one* are seldom
numbers.

Read alike: full-width figures, thousands set off by commas or thin spaces, every sign for minus, 50 万 and 500,000.
Not numbers: figures that follow a letter (``X1``, ``CO2``), and exponents of units (``m²``).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

_MINUS = dict.fromkeys(map(ord, "\N{MINUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{NON-BREAKING HYPHEN}"), "-")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_EXPONENT = re.compile(r"[⁻⁰¹²³⁴-⁹]+")
_LOWERED = re.compile(r"[₀-₉]+")
_THIN = re.compile(r"(?<=\d)[\N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}](?=\d{3}(?!\d))")
_FIGURES = re.compile(
    r"(?P<sign>(?<![A-Za-z0-9_)\]}.%])-(?=\d)(?<!\d -))?"
    r"(?<![A-Za-z_^.\d])(?P<number>\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?|\d+(?:\.\d+)?)"
    r"(?:\^(?P<power>-?\d{1,2})(?!\d))?"
    r"\s?(?P<myriad>[千万亿]|(?:thousand|million|billion)\b)?"
)
_HAN = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "双": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_HAN_UNITS = {"十": 10, "百": 100, "千": 1000}
_HAN_MYRIADS = {"万": 10**4, "亿": 10**8}
_HAN_RUN = re.compile(r"[零〇一二两双三四五六七八九十百千万亿]+")
_SCALE = {"千": 3, "万": 4, "亿": 8, "thousand": 3, "million": 6, "billion": 9}
_WORD = re.compile(r"[a-z]+")
_ENGLISH_UNITS = _WORD.findall(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_ENGLISH_TENS = _WORD.findall("twenty thirty forty fifty sixty seventy eighty ninety")
_ENGLISH_ORDINALS = _WORD.findall("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth")
_MONTHS = _WORD.findall("january february march april may june july august september october november december")
_OTHER_WORDS = {
    "once": (1,),
    "single": (1,),
    "twice": (2,),
    "double": (2,),
    "both": (2,),
    "pair": (2,),
    "half": (1, 2),
    "halves": (1, 2),
    "quarter": (1, 4),
    "dozen": (12,),
    "hundred": (100,),
    "thousand": (1000,),
    "million": (10**6,),
    "no": (0,),
    "nil": (0,),
}
_ENGLISH = {
    **{word: (value,) for value, word in enumerate(_ENGLISH_UNITS)},
    **{word: (10 * value,) for value, word in enumerate(_ENGLISH_TENS, 2)},
    **{word: (value,) for value, word in enumerate(_ENGLISH_ORDINALS, 1)},
    **{word: (value,) for value, word in enumerate(_MONTHS, 1)},
    **_OTHER_WORDS,
}
_ENGLISH_COMPOUND = re.compile(
    rf"({'|'.join(_ENGLISH_TENS)})-({'|'.join((*_ENGLISH_UNITS[1:10], *_ENGLISH_ORDINALS[:9]))})"
)
_FULL_WIDTH_THOUSANDS = re.compile(r"(?<=[０-９])，(?=[０-９]{3}(?![０-９]))")
_GREATEST_BASE = 10**12
_MILLIONS = re.compile(r"mega|兆")
_BELOW_ZERO = re.compile(r"零下|负|\bminus\b|\bnegative\b|\bbelow zero\b")
_HALF = re.compile(r"半|\bhal(?:f|ves)\b")


@dataclass(frozen=True, slots=True)
class Quantities:
    """What a sentence states: numbers in figures, and those its words may mean.

    Attributes:
        mega: whether its figures may stand for millions (``5 and 20 megapixels``).
        below: whether its figures may be under zero (``零下 10 ℃``).
    """

    figures: frozenset[Decimal]
    words: frozenset[Decimal] = frozenset()
    mega: bool = False
    below: bool = False

    def unmatched(self, other: Quantities) -> tuple[Decimal, ...]:
        """Figures that the other sentence states neither in figures nor in words, sorted."""
        known = other.words.union(*(other.readings(figure) for figure in other.figures))
        return tuple(sorted(figure for figure in self.figures if not self.readings(figure) & known))

    def readings(self, figure: Decimal) -> frozenset[Decimal]:
        """The numbers a figure of this sentence may stand for."""
        return frozenset({figure, *([figure.scaleb(6)] if self.mega else []), *([-figure] if self.below else [])})


def quantities(written: str) -> Quantities:
    """The numbers of a sentence of any language; words are read in Chinese and English."""
    plain = _plain(written)
    lower = plain.casefold()
    words = {*_han_numbers(plain), *_english_numbers(lower)}
    if _HALF.search(lower):
        words.add(Decimal("0.5"))
    below = _BELOW_ZERO.search(lower) is not None
    return Quantities(
        figures=frozenset(_figure(match) for match in _FIGURES.finditer(plain)),
        words=frozenset(words | ({-word for word in words} if below else set())),
        mega=_MILLIONS.search(lower) is not None,
        below=below,
    )


def _plain(written: str) -> str:
    """One way of writing for figures. A full-width comma sets off thousands among full-width figures only."""
    spaced = _FULL_WIDTH_THOUSANDS.sub(",", written).translate(_MINUS).replace("，", ", ")
    raised = _EXPONENT.sub(lambda match: "^" + match.group().translate(_RAISED), spaced)
    return unicodedata.normalize("NFKC", _THIN.sub("", _LOWERED.sub("", raised)))


def _figure(match: re.Match[str]) -> Decimal:
    value = Decimal(match["number"].replace(",", ""))
    if match["power"] and 0 < value < _GREATEST_BASE:
        value **= int(match["power"])
    if match["myriad"]:
        value = value.scaleb(_SCALE[match["myriad"]])
    return (-value if match["sign"] else value).normalize()


def _han_numbers(text: str) -> set[Decimal]:
    """Every way a run of Chinese numerals may be meant: as a whole, and each numeral by itself."""
    found: set[Decimal] = {Decimal(1), Decimal(2)} if "半" in text else set()
    for run in _HAN_RUN.findall(text):
        found |= {Decimal((_HAN | _HAN_UNITS | _HAN_MYRIADS)[numeral]) for numeral in run}
        found.add(Decimal(_han_value(run)))
    return found


def _han_value(run: str) -> int:
    total = section = digit = 0
    for numeral in run:
        if numeral in _HAN:
            digit = _HAN[numeral]
        elif numeral in _HAN_UNITS:
            section += (digit or 1) * _HAN_UNITS[numeral]
            digit = 0
        else:
            total += (section + digit or 1) * _HAN_MYRIADS[numeral]
            section = digit = 0
    return total + section + digit


def _english_numbers(text: str) -> set[Decimal]:
    words = _WORD.findall(text)
    found = {
        Decimal(value) for word in words for form in (word, word.removesuffix("s")) for value in _ENGLISH.get(form, ())
    }
    for tens, unit in _ENGLISH_COMPOUND.findall(text):
        found.add(Decimal(_ENGLISH[tens][0] + _ENGLISH[unit][0]))
    return found
