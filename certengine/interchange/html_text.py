"""HTML in foreign stems as plain text: an allow-list of elements, the rest dropped and named.

Invariants:

1. Nothing of the markup survives: the result is text, and is escaped wherever it is shown.
2. Raised and lowered characters stay told apart (``10³`` never becomes ``103``).
3. Scripts, styles, frames, media and pictures are dropped with what they hold; nothing they refer to is fetched.
4. Every thing dropped that could have mattered to a reader is named.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

from certengine.interchange.loss import Fate
from certengine.interchange.questions import LeftOut, Losses

MAX_HTML: Final = 200_000
"""Longest markup of one text, in characters."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BLOCKS: Final = _names(
    "address article blockquote center dd div dl dt fieldset figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main "
    "nav ol p pre section table tbody tfoot thead tr ul"
)
_INLINE: Final = _names(
    "a abbr b bdi big body br cite code del dfn em font html i ins kbd label mark nobr q s samp small span strike strong "
    "sub sup td th tt u var wbr"
)
_DROPPED: Final = _names(
    "applet audio base button canvas embed form head iframe input link meta noscript object param script select source "
    "style svg template textarea title track video"
)
_VOID: Final = _names("base br embed hr img input link meta param source track wbr")
_RAISED: Final = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_LOWERED: Final = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_CAN_RISE: Final = re.compile(r"[0-9+\-=()n]+")
_CAN_SINK: Final = re.compile(r"[0-9+\-=()]+")
_SPACES: Final = re.compile(r"[ \t\n\f\r]+")
_MARKUP: Final = re.compile(r"<[a-zA-Z/!]|&[a-zA-Z#]")


def looks_like_html(text: str) -> bool:
    """Whether a text that may hold markup holds any."""
    return _MARKUP.search(text) is not None


def html_to_text(markup: str, losses: Losses) -> str:
    """The text that a reader of the markup would read; what is dropped goes to ``losses``.

    Raises:
        LeftOut: when the markup is too long.
    """
    if len(markup) > MAX_HTML:
        raise LeftOut(f"the markup of a text is longer than {MAX_HTML} characters")
    reader = _Reader(losses)
    reader.feed(markup)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    """Collects text; a raised or lowered part is collected apart and joined when its element ends."""

    def __init__(self, losses: Losses) -> None:
        super().__init__(convert_charrefs=True)
        self.losses = losses
        self.parts: list[str] = []
        self.shifted: list[tuple[str, list[str]]] = []
        self.dropping: list[str] = []
        self.verbatim = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._look_at(tag, attrs)
        if self.dropping:
            if tag not in _VOID:
                self.dropping.append(tag)
            return
        if tag == "img":
            self._picture(dict(attrs))
        elif tag in _DROPPED:
            self._drop(tag)
        elif tag == "br":
            self._put("\n")
        elif tag in _BLOCKS:
            self._put("\x00")
            self.verbatim += tag == "pre"
        elif tag in {"sup", "sub"}:
            self.shifted.append((tag, []))
        elif tag in {"td", "th"}:
            self._put("\x01")
        elif tag not in _INLINE:
            self.losses.add("markup", f"`<{tag[:20]}>` is read as its text alone")
        if tag == "table":
            self.losses.add("table", "a table is read as lines of text")

    def handle_endtag(self, tag: str) -> None:
        if self.dropping:
            if tag in self.dropping:
                while self.dropping.pop() != tag:
                    pass
            return
        if tag in _BLOCKS:
            self._put("\x00")
            self.verbatim = max(0, self.verbatim - (tag == "pre"))
        elif tag in {"sup", "sub"} and self.shifted and self.shifted[-1][0] == tag:
            self._put(_moved(tag, "".join(self.shifted.pop()[1])))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        if not self.dropping:
            plain = data.replace("\x00", "").replace("\x01", "")
            self._put(plain if self.verbatim else _SPACES.sub(" ", plain))

    def text(self) -> str:
        """The text collected, blank lines and outer spaces taken away."""
        while self.shifted:  # an element that was never closed
            tag, inner = self.shifted.pop()
            self._put(_moved(tag, "".join(inner)))
        joined = re.sub(r"\x00[\x00 ]*", "\n", "".join(self.parts)).replace("\x01", " ")
        lines = (re.sub(r" {2,}", " ", line).strip() if not self.verbatim else line for line in joined.split("\n"))
        return "\n".join(line for line in lines if line)

    def _put(self, text: str) -> None:
        (self.shifted[-1][1] if self.shifted else self.parts).append(text)

    def _drop(self, tag: str) -> None:
        why = f"`<{tag}>` and what it holds were taken away"
        self.losses.add("active or embedded content", why, Fate.CLEANED)
        if tag not in _VOID:
            self.dropping.append(tag)

    def _picture(self, attributes: dict[str, str | None]) -> None:
        described = (attributes.get("alt") or "").strip()
        why = f"not carried; its description `{described[:60]}` stands in its place" if described else "not carried"
        self.losses.add("picture", why)
        self._put(f" [{described}] " if described else "")

    def _look_at(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            address = _SPACES.sub("", value or "").lower()
            if name.startswith("on") or address.startswith(("javascript:", "vbscript:")):
                self.losses.add(
                    "active or embedded content", "event handlers and script links were taken away", Fate.CLEANED
                )
            elif tag == "a" and name == "href":
                self.losses.add("link", "the address is not carried, its text is")
            elif name == "class" and "multilang" in (value or ""):
                self.losses.add(
                    "languages", "texts in several languages stand in one; they are read one after the other"
                )


def _moved(tag: str, text: str) -> str:
    plain = text.strip().replace("\N{MINUS SIGN}", "-")
    if not plain:
        return ""
    if tag == "sup":
        return plain.translate(_RAISED) if _CAN_RISE.fullmatch(plain) else f"^({plain})"
    return plain.translate(_LOWERED) if _CAN_SINK.fullmatch(plain) else f"_({plain})"
