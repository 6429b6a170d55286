"""HTML in foreign stems as plain text: an allow-list of elements, the rest dropped and named.

Invariants:

1. Nothing of the markup survives: the result is text, and is escaped wherever it is shown.
2. Raised and lowered characters stay told apart (``10³`` never becomes ``103``).
3. Scripts, styles, frames, media and pictures are dropped with what they hold; nothing they refer to is fetched.
4. Every thing dropped that could have mattered to a reader is named.
5. The time is linear in the length whatever the markup. Python's own ``html.parser`` is not: in 3.11 a text of 200 kB of
   open tags keeps it busy for seven minutes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Final

from certengine.interchange.loss import Fate
from certengine.interchange.questions import LeftOut, Losses

MAX_HTML: Final = 2_000_000
"""Longest markup of one text, in characters; pictures are often written into it."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BLOCKS: Final = _names(
    "address article blockquote center dd div dl dt fieldset figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main "
    "nav ol p pre section table tbody tfoot thead tr ul"
)
_INLINE: Final = _names(
    "a abbr b bdi big body br cite code del dfn em font html i img ins kbd label mark nobr q s samp small span strike "
    "strong sub sup td th tt u var wbr"
)
_DROPPED: Final = _names(
    "applet audio base button canvas embed form head iframe input link meta noscript object param script select source "
    "style svg template textarea title track video"
)
_VOID: Final = _names("base br embed hr img input link meta param source track wbr")
_RAW: Final = _names("iframe noscript script style textarea title")
_RAISED: Final = str.maketrans("0123456789+-=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_LOWERED: Final = str.maketrans("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_CAN_RISE: Final = re.compile(r"[0-9+\-=()n]+")
_CAN_SINK: Final = re.compile(r"[0-9+\-=()]+")
_SPACES: Final = re.compile(r"[ \t\n\f\r]+")
_MARKUP: Final = re.compile(r"<[a-zA-Z/!]|&[a-zA-Z#]")
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)>")
_OPEN: Final = re.compile(r"</?([a-zA-Z][^\s/>]*)")
_ATTRIBUTE: Final = re.compile(r"([^\s=>\"'/]++)(?:\s*+=\s*+(\"[^\"]*+\"|'[^']*+'|[^\s>]++))?")
_MAX_ATTRIBUTES: Final = 100
_MAX_SHIFTS: Final = 8
# Stand in the collected text for the edge of a block and of a cell until its lines are laid out.
_EDGE, _CELL = "\x00", "\x01"


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
    for kind, name, body in _tokens(markup.replace(_EDGE, "").replace(_CELL, "")):
        if kind == "text":
            reader.data(unescape(body))
        elif kind == "open":
            reader.open(name, body)
        else:
            reader.close(name)
    return reader.text()


def _tokens(markup: str) -> Iterator[tuple[str, str, str]]:
    """Text, opening and closing tags: ``(kind, name, body)``. Every character is looked at a few times at most."""
    place = 0
    last = markup.rfind(">")
    quotes = True  # until one is open to the end: looking for its end from every tag would take for ever
    while place < len(markup):
        start = markup.find("<", place)
        if start < 0 or start > last:
            yield "text", "", markup[place:]
            return
        if start > place:
            yield "text", "", markup[place:start]
        opened = _OPEN.match(markup, start)
        if markup.startswith("<!--", start):
            end = markup.find("-->", start + 4)
            place = end + 3 if end >= 0 else len(markup)
        elif opened is None:
            special = markup.startswith(("<!", "<?", "</"), start)
            place = markup.find(">", start) + 1 if special else start + 1
            if not special:
                yield "text", "", "<"
        else:
            match = _TAG.match(markup, start) if quotes else None
            quotes = match is not None
            end = match.end() if match else markup.find(">", start) + 1
            name = opened.group(1).lower()
            closing = markup.startswith("</", start)
            yield ("close" if closing else "open"), name, markup[opened.end() : end - 1]
            place = _after_raw(markup, name, end) if name in _RAW and not closing else end


def _after_raw(markup: str, name: str, start: int) -> int:
    """Where an element ends whose inside is no markup; at the end of the text when it is never closed."""
    found = re.compile(rf"</{name}", re.IGNORECASE).search(markup, start)
    return found.start() if found else len(markup)


class _Reader:
    """Collects text; a raised or lowered part is collected apart and joined when its element ends."""

    def __init__(self, losses: Losses) -> None:
        self.losses = losses
        self.parts: list[str] = []
        self.shifted: list[tuple[str, list[str]]] = []
        self.dropping: list[str] = []
        self.verbatim = 0

    def open(self, tag: str, body: str) -> None:
        """An opening tag."""
        attributes = self._attributes(tag, body)
        if self.dropping:
            if tag == self.dropping[0] and tag not in _VOID:
                self.dropping.append(tag)
        elif tag == "img":
            self._picture(attributes.get("alt", ""))
        elif tag in _DROPPED:
            self._drop(tag)
        elif tag == "br":
            self._put("\n")
        elif tag in {"td", "th"}:
            self._put(_CELL)
        elif tag in {"sup", "sub"}:
            if len(self.shifted) < _MAX_SHIFTS:
                self.shifted.append((tag, []))
        elif tag in _BLOCKS:
            self._put(_EDGE)
            self.verbatim += tag == "pre"
            if tag == "table":
                self.losses.add("table", "a table is read as lines of text")
        elif tag not in _INLINE:
            self.losses.add("markup", f"`<{tag[:20]}>` is read as its text alone")

    def close(self, tag: str) -> None:
        """A closing tag; one that closes nothing says nothing."""
        if self.dropping:
            if tag == self.dropping[0]:
                self.dropping.pop()
        elif tag in _BLOCKS:
            self._put(_EDGE)
            self.verbatim = max(0, self.verbatim - (tag == "pre"))
        elif tag in {"sup", "sub"} and self.shifted and self.shifted[-1][0] == tag:
            self._put(_moved(tag, "".join(self.shifted.pop()[1])))

    def data(self, text: str) -> None:
        """Text between tags."""
        if not self.dropping:
            self._put(text if self.verbatim else _SPACES.sub(" ", text))

    def text(self) -> str:
        """The text collected, blank lines and outer spaces taken away."""
        while self.shifted:  # an element that was never closed
            tag, inner = self.shifted.pop()
            self._put(_moved(tag, "".join(inner)))
        joined = "".join(self.parts).replace(_EDGE, "\n").replace(_CELL, " ")
        lines = (re.sub(r" {2,}", " ", line).strip() for line in joined.split("\n"))
        return "\n".join(line for line in lines if line)

    def _put(self, text: str) -> None:
        (self.shifted[-1][1] if self.shifted else self.parts).append(text)

    def _drop(self, tag: str) -> None:
        why = f"`<{tag}>` and what it holds were taken away"
        self.losses.add("active or embedded content", why, Fate.CLEANED)
        if tag not in _VOID:
            self.dropping.append(tag)

    def _picture(self, described: str) -> None:
        text = " ".join(described.split())
        why = f"not carried; its description `{text[:60]}` stands in its place" if text else "not carried"
        self.losses.add("picture", why)
        self._put(f" [{text}] " if text else "")

    def _attributes(self, tag: str, body: str) -> Mapping[str, str]:
        """The attributes of a tag by name, those that act or refer elsewhere named."""
        found: dict[str, str] = {}
        for match in _ATTRIBUTE.finditer(body):
            name, value = match.group(1).lower(), unescape((match.group(2) or "").strip("\"'"))
            found.setdefault(name, value)
            address = _SPACES.sub("", value[:200]).lower()
            if name.startswith("on") or address.startswith(("javascript:", "vbscript:")):
                why = "event handlers and script links were taken away"
                self.losses.add("active or embedded content", why, Fate.CLEANED)
            elif tag == "a" and name == "href":
                self.losses.add("link", "the address is not carried, its text is")
            elif name == "class" and "multilang" in value:
                self.losses.add(
                    "languages", "texts in several languages stand in one; they are read one after the other"
                )
            if len(found) == _MAX_ATTRIBUTES:
                break
        return found


def _moved(tag: str, text: str) -> str:
    plain = text.replace(_EDGE, " ").replace(_CELL, " ").strip().replace("\N{MINUS SIGN}", "-")
    if not plain:
        return ""
    if tag == "sup":
        return plain.translate(_RAISED) if _CAN_RISE.fullmatch(plain) else f"^({plain})"
    return plain.translate(_LOWERED) if _CAN_SINK.fullmatch(plain) else f"_({plain})"
