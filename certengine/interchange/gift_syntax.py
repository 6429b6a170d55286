r"""The syntax of GIFT: lines to blocks, escapes, the parts of a question. What the parts mean is said in ``gift``.

Follows the public description of the format in the documentation of Moodle:

1. A line that starts with ``//`` is a comment; ``$CATEGORY: path`` sets the category of what follows.
2. Blank lines part questions.
3. ``~ = # { } :`` and ``\`` lose their meaning after a ``\``; ``\n`` is a line end.
4. A question is ``::title::``, ``[format]``, text, ``{answers}``, and perhaps more text: the braces stand at a gap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from certengine.interchange.records import MARK

FORMATS: Final = ("html", "moodle", "plain", "markdown")

_SPECIAL: Final = "~=#{}:\\"
_HELD: Final = {character: chr(0xFDD0 + index) for index, character in enumerate(_SPECIAL)}
_LINE_END: Final = chr(0xFDD0 + len(_SPECIAL))
_MEANT: Final = str.maketrans({held: character for character, held in _HELD.items()} | {_LINE_END: "\n"})
_ESCAPED: Final = re.compile(r"\\([~=#{}:\\n])")
_NONCHARACTERS: Final = re.compile("[\ufdd0-\ufdef]")
_TITLE: Final = re.compile(r"\s*::(.*?)::(.*)", re.DOTALL)
_FORMAT: Final = re.compile(rf"\s*\[({'|'.join(FORMATS)})\](.*)", re.DOTALL)
_ID: Final = re.compile(r"\[id:((?:\\\]|[^\]\n])+)\]")
_TAG: Final = re.compile(r"\[tag:((?:\\\]|[^\]\n])+)\]")
_WEIGHT: Final = re.compile(r"\s*%(-?[0-9]{1,3}(?:\.[0-9]*)?)%(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One question as it stands, with what the comments before it say."""

    line: int
    text: str
    category: tuple[str, ...]
    comments: tuple[str, ...]

    @property
    def id(self) -> str | None:
        """The id a comment gives: ``[id:...]``."""
        found = [match for line in self.comments if not is_record(line) for match in _ID.findall(line)]
        return found[-1].replace("\\]", "]") if found else None

    @property
    def tags(self) -> tuple[str, ...]:
        """The tags that comments give: ``[tag:...]``."""
        lines = (line for line in self.comments if not is_record(line))
        return tuple(match.replace("\\]", "]") for line in lines for match in _TAG.findall(line))

    @property
    def record(self) -> str | None:
        """The text of our record, if there is one."""
        return next((line.removeprefix(MARK).strip() for line in self.comments if is_record(line)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A question taken apart; escapes are still held, so that ``meant`` is the last thing done to a text."""

    title: str
    format: str
    before: str
    answers: str | None
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer within the braces.

    Attributes:
        right: it stands after ``=``.
        weight: in percent; ``None`` when none is written.
    """

    right: bool
    weight: str | None
    text: str
    feedback: str


def is_record(comment: str) -> bool:
    """Whether a comment holds our record."""
    return comment.startswith(f"{MARK} {{")


def blocks(text: str) -> Iterator[Block]:
    """The questions of a file, in order."""
    category: tuple[str, ...] = ()
    comments: list[str] = []
    lines: list[str] = []
    first = 0
    for number, raw in enumerate([*_NONCHARACTERS.sub("", text).split("\n"), ""], start=1):
        line = raw.rstrip("\r")
        stripped = line.strip()
        if stripped.startswith("//"):
            comments.append(stripped[2:].strip())
        elif stripped.startswith("$CATEGORY:"):
            category = category_path(stripped.removeprefix("$CATEGORY:"))
            comments = []
        elif stripped:
            first = first if lines else number
            lines.append(line)
        elif lines:
            yield Block(line=first, text="\n".join(lines), category=category, comments=tuple(comments))
            lines, comments = [], []


def category_path(path: str) -> tuple[str, ...]:
    """The titles of a category path of Moodle; ``//`` within a title stands for one slash."""
    titles = [part.replace("\x00", "/").strip() for part in path.replace("//", "\x00").split("/")]
    kept = [title for title in titles if title and not re.fullmatch(r"\$[a-z]+\$", title)]
    return tuple(kept[1:] if kept[:1] == ["top"] else kept)


def path_text(titles: tuple[str, ...]) -> str:
    """The category path of titles, from the top of a course."""
    clean = (re.sub(r"\s+", " ", title).replace("/", "//") for title in titles)
    return "/".join(("$course$", "top", *clean))


def parts(block: str) -> Parts:
    """A question taken apart."""
    held = hold(block)
    title = ""
    if match := _TITLE.fullmatch(held):
        title, held = match.group(1), match.group(2)
    form, held = text_format(held)
    start, end = held.find("{"), held.rfind("}")
    if start < 0 or end < start:
        return Parts(title=meant(title), format=form, before=held, answers=None, after="")
    return Parts(
        title=meant(title),
        format=form,
        before=held[:start],
        answers=held[start + 1 : end].strip(),
        after=held[end + 1 :],
    )


def text_format(held: str, default: str = "moodle") -> tuple[str, str]:
    """The format that ``[...]`` before a text names, and the text."""
    match = _FORMAT.fullmatch(held)
    return (match.group(1), match.group(2)) if match else (default, held)


def answer_list(held: str) -> tuple[Answer, ...]:
    """The answers within the braces: each starts with ``=`` or ``~``."""
    found = []
    for match in re.finditer(r"([=~])([^=~]*)", held):
        body, _, feedback = match.group(2).partition("#")
        weighted = _WEIGHT.fullmatch(body)
        found.append(
            Answer(
                right=match.group(1) == "=",
                weight=weighted.group(1) if weighted else None,
                text=(weighted.group(2) if weighted else body).strip(),
                feedback=feedback.strip(),
            )
        )
    return tuple(found)


def hold(text: str) -> str:
    """The text with every escape put out of the way of the syntax."""
    return _ESCAPED.sub(lambda match: _LINE_END if match.group(1) == "n" else _HELD[match.group(1)], text)


def meant(held: str) -> str:
    """The text that was written with escapes."""
    return held.translate(_MEANT).strip()


def escaped(text: str) -> str:
    """A text as it is written in a question."""
    for character in ("\\", *_SPECIAL[:-1]):
        text = text.replace(character, "\\" + character)
    return text.replace("\n", "\\n")
