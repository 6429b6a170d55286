"""HTML in foreign stems as text of ours: an allow-list of elements, the rest dropped and named.

Invariants:

1. Nothing of the markup survives but what our own markup says - formulas, program text, stress, tables; every other sign
   is escaped, and the text is escaped again wherever it is shown.
2. Raised and lowered characters stay told apart (``10³`` never becomes ``103``).
3. Scripts, styles, frames, media and pictures are dropped with what they hold; nothing they refer to is fetched.
4. Every thing dropped that could have mattered to a reader is named.
5. The time is linear in the length whatever the markup. Python's own ``html.parser`` is not: in 3.11 a text of 200 kB of
   open tags keeps it busy for seven minutes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Final

from certengine.interchange.loss import Fate
from certengine.interchange.mathml_reading import Token, latex_of
from certengine.interchange.questions import LeftOut, Losses
from certengine.model.markup import FENCE, escape

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
_START: Final = re.compile(r"<[a-zA-Z/!?]")
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)>")
_OPEN: Final = re.compile(r"</?([a-zA-Z][^\s/>]*)")
_ATTRIBUTE: Final = re.compile(r"([^\s=>\"'/]++)(?:\s*+=\s*+(\"[^\"]*+\"|'[^']*+'|[^\s>]++))?")
_MAX_ATTRIBUTES: Final = 100
# Stand in the collected text for the edge of a block, of a cell, and of what is kept as it is, until lines are laid out.
_EDGE, _CELL, _KEPT = "\x00", "\x01", "\x02"
_PRIVATE: Final = re.compile("[\x00-\x02]")
_ALIKE: Final = {"b": "strong", "th": "cell", "td": "cell", "kbd": "code", "samp": "code", "tt": "code"}
_FRAMED: Final = _names("sup sub strong b code kbd samp tt pre table tr td th math")
_MAX_FRAMES: Final = 16
_TEX: Final = re.compile(r"\\\((.{1,2000}?)\\\)|\\\[(.{1,2000}?)\\\]|\$\$(.{1,2000}?)\$\$", re.DOTALL)


TakePicture = Callable[[str, str], bool]
CAPTION: Final = "figure-caption"
"""Class of the words below a picture of ours."""


def looks_like_html(text: str) -> bool:
    """Whether a text that may hold markup holds any."""
    return _MARKUP.search(text) is not None


def html_to_text(markup: str, losses: Losses, *, tex: bool = False, picture: TakePicture | None = None) -> str:
    r"""The text of ours that a reader of the markup would read; what is dropped goes to ``losses``.

    Args:
        tex: what stands between ``\\(`` and ``\\)``, ``\\[`` and ``\\]``, or two dollar signs is a formula, as for Moodle.

        picture: takes a picture by its address and description, and says whether it did.

    Raises:
        LeftOut: when the markup is too long.
    """
    if len(markup) > MAX_HTML:
        raise LeftOut(f"the markup of a text is longer than {MAX_HTML} characters")
    reader = _Reader(losses, tex=tex, picture=picture)
    for kind, name, body in _tokens(_PRIVATE.sub("", markup)):
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
        found = _START.search(markup, place)
        start = found.start() if found is not None else len(markup)
        if start > last:
            yield "text", "", markup[place:]
            return
        if start > place:
            yield "text", "", markup[place:start]
        opened = _OPEN.match(markup, start)
        if markup.startswith("<!--", start):
            end = markup.find("-->", start + 4)
            place = end + 3 if end >= 0 else len(markup)
        elif opened is None:
            place = markup.find(">", start) + 1
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


@dataclass(slots=True)
class _Frame:
    """An element whose text is collected apart until it ends."""

    tag: str
    parts: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)


class _Reader:
    """Collects text; what is joined in its own way is collected apart and put in when its element ends."""

    def __init__(self, losses: Losses, *, tex: bool, picture: TakePicture | None) -> None:
        self.losses = losses
        self.picture = picture
        self.tex = tex
        self.frames: list[_Frame] = [_Frame("")]
        self.blocks: list[str] = []
        self.dropping: list[str] = []

    def open(self, tag: str, body: str) -> None:
        """An opening tag."""
        attributes = self._attributes(tag, body)
        if self.dropping:
            if tag == self.dropping[0] and tag not in _VOID:
                self.dropping.append(tag)
        elif self.frames[-1].tag == "math":
            self.frames[-1].tokens.append(("open", tag, attributes))
        elif tag == "img":
            self._picture(attributes.get("src", ""), attributes.get("alt", ""))
        elif tag in _DROPPED:
            self._drop(tag)
        elif tag == "p" and attributes.get("class") == CAPTION and self.picture is not None:
            self.dropping.append(tag)
        elif tag == "br":
            self._put("\n")
        elif tag in _FRAMED:
            self._frame(tag, attributes)
        elif tag in _BLOCKS:
            self._put(_EDGE)
        elif tag not in _INLINE:
            self.losses.add("markup", f"`<{tag[:20]}>` is read as its text alone")

    def close(self, tag: str) -> None:
        """A closing tag; one that closes nothing says nothing."""
        if self.dropping:
            if tag == self.dropping[0]:
                self.dropping.pop()
        elif self.frames[-1].tag == "math" and tag != "math":
            self.frames[-1].tokens.append(("close", tag, {}))
        elif tag in _FRAMED:
            name = _ALIKE.get(tag, tag)
            if any(frame.tag == name for frame in self.frames[1:]):
                while self._end() != name:
                    pass
        elif tag in _BLOCKS:
            self._put(_EDGE)

    def data(self, text: str) -> None:
        """Text between tags."""
        if self.dropping:
            return
        frame = self.frames[-1]
        if frame.tag == "math":
            frame.tokens.append(("text", text, {}))
        elif frame.tag == "pre":
            self._put(text.replace("\r\n", "\n").replace("\r", "\n"))
        elif frame.tag == "code":
            self._put(_SPACES.sub(" ", text))
        elif self.tex:
            self._with_formulas(text)
        else:
            self._put(escape(_SPACES.sub(" ", text)))

    def text(self) -> str:
        """The text collected, blank lines and outer spaces taken away."""
        while len(self.frames) > 1:  # elements that were never closed
            self._end()
        joined = "".join(self.frames[0].parts).replace(_EDGE, "\n").replace(_CELL, " ")
        lines = (re.sub(r" {2,}", " ", line).strip() for line in joined.split("\n"))
        return self._filled("\n".join(line for line in lines if line))

    def _frame(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Begin to collect an element apart, where that makes sense."""
        name = _ALIKE.get(tag, tag)
        within = {frame.tag for frame in self.frames}
        if "pre" in within or "code" in within:
            return
        if name == "cell":
            if "table" not in within or len(self.frames) >= _MAX_FRAMES:
                self._put(_CELL)
                return
            while self.frames[-1].tag != "table":
                self._end()
            if not self.frames[-1].rows:
                self.frames[-1].rows.append([])
            if attributes.get("colspan", "1") != "1" or attributes.get("rowspan", "1") != "1":
                self.losses.add("table", "joined cells are read as single ones")
        elif name == "tr":
            if self.frames[-1].tag == "cell":
                self._end()
            if self.frames[-1].tag == "table":
                self.frames[-1].rows.append([])
            else:
                self._put(_EDGE)
            return
        elif name == "table" and within & {"table", "strong"}:
            self.losses.add("table", "a table within a table is read as lines of text")
            self._put(_EDGE)
            return
        if len(self.frames) < _MAX_FRAMES and not (name == "strong" and "strong" in within):
            self.frames.append(_Frame(name))
            if name == "math":
                self.frames[-1].tokens.append(("open", "math", attributes))

    def _end(self) -> str:
        """End the innermost element that is collected apart, and put in what it says."""
        frame = self.frames.pop()
        text = "".join(frame.parts)
        match frame.tag:
            case "sup" | "sub":
                self._put(_moved(frame.tag, text))
            case "strong":
                self._put(_stressed(text))
            case "code":
                plain = text.strip().replace(_EDGE, " ").replace(_CELL, " ")
                sound = plain and "`" not in plain and "\n" not in plain
                self._put(f"`{plain}`" if sound else escape(plain))
            case "pre":
                self._pre(text)
            case "cell":
                self.frames[-1].rows[-1].append(" ".join(re.sub(rf"[{_EDGE}{_CELL}\n]", " ", text).split()))
            case "table":
                self._table(frame, text)
            case "math":
                self._math(frame.tokens)
        return frame.tag

    def _pre(self, text: str) -> None:
        # Elements within it begin lines of their own, and formulas stand there as written.
        plain = self._filled(text).replace(_EDGE, "\n").replace(_CELL, " ")
        lines = [line.rstrip() for line in plain.strip("\n").split("\n")]
        fits = self.frames[-1].tag == "" and any(lines) and not any(line.strip() == FENCE for line in lines)
        if fits:
            self._block("\n".join((FENCE, *lines, FENCE)))
        else:
            self._put(_EDGE + escape("\n".join(lines)) + _EDGE)

    def _table(self, frame: _Frame, text: str) -> None:
        rows = [[self._filled(cell) for cell in row] for row in frame.rows if row]
        self._put(_EDGE + text)
        if len(rows) < 2 or self.frames[-1].tag:
            self.losses.add("table", "a table of one row, or within something else, is read as lines of text")
            self._put(_EDGE + _EDGE.join(" ".join(row) for row in rows) + _EDGE)
            return
        self._block("\n".join(f"| {' | '.join(row)} |" for row in rows))

    def _math(self, tokens: list[Token]) -> None:
        read = latex_of(tokens)
        if read is None:
            self.losses.add("formula", "it is read as plain text")
            self._put(escape(" ".join("".join(name for kind, name, _ in tokens if kind == "text").split())))
        else:
            self._formula(*read)

    def _formula(self, latex: str, apart: bool) -> None:
        if apart and self.frames[-1].tag == "":
            self._block(f"$${latex}$$")
        else:
            self._put(f"{_KEPT}{len(self.blocks)}{_KEPT}")
            self.blocks.append(f"${latex}$")

    def _with_formulas(self, text: str) -> None:
        end = 0
        for match in _TEX.finditer(text):
            latex = " ".join((match[1] or match[2] or match[3]).split())
            if not latex or "$" in latex:
                continue
            self._put(escape(_SPACES.sub(" ", text[end : match.start()])))
            self._formula(latex, match[1] is None)
            end = match.end()
        self._put(escape(_SPACES.sub(" ", text[end:])))

    def _block(self, text: str) -> None:
        """Lines that stay as they are."""
        self._put(f"{_EDGE}{_KEPT}{len(self.blocks)}{_KEPT}{_EDGE}")
        self.blocks.append(text)

    def _filled(self, text: str) -> str:
        """The text with what was kept put in; two tables are parted, a formula and a digit after it too."""
        pieces = text.split(_KEPT)
        for place in range(1, len(pieces), 2):
            kept = pieces[place] = self.blocks[int(pieces[place])]
            after, more = pieces[place + 1], pieces[place + 2 : place + 3]
            if kept.startswith("|") and after == "\n" and more:
                pieces[place + 1] = "\n\n"
            elif kept.endswith("$") and "\n" not in kept and (after[:1].isdigit() or (not after and more)):
                pieces[place + 1] = f" {after}"
        return "".join(pieces)

    def _put(self, text: str) -> None:
        self.frames[-1].parts.append(text)

    def _drop(self, tag: str) -> None:
        why = f"`<{tag}>` and what it holds were taken away"
        self.losses.add("active or embedded content", why, Fate.CLEANED)
        if tag not in _VOID:
            self.dropping.append(tag)

    def _picture(self, address: str, described: str) -> None:
        text = " ".join(described.split())
        if self.picture is not None and self.picture(address, text):
            return
        why = f"not carried; its description `{text[:60]}` stands in its place" if text else "not carried"
        self.losses.add("picture", why)
        self._put(f" [{escape(text)}] " if text else "")

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


def _stressed(text: str) -> str:
    """A stressed text, if it can be: on one line, touching what it encloses."""
    inner = text.strip()
    if not inner or _EDGE in inner or "\n" in inner or _CELL in inner:
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}**{inner}**{after}"
