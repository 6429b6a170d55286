"""XML from strangers: no document types, no entities, nothing fetched, bounded in size, depth and number of elements.

The one place where trees are read and built; every other module of the room takes its elements from here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import (
    Comment,
    Element,
    ParseError,
    SubElement,
    TreeBuilder,
    tostring,
)

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from certengine.interchange.questions import refused

__all__ = [
    "Comment",
    "Element",
    "SubElement",
    "bytes_of",
    "child_text",
    "is_comment",
    "local",
    "markup_string",
    "parse_xml",
]

MAX_DEPTH: Final = 100
"""Deepest nesting of elements."""

MAX_ELEMENTS: Final = 1_000_000
"""Most elements of one document."""

_RUNNING: Final = frozenset(
    {"p", "pre", "code", "strong", "th", "td", "math", "simpleChoice", "qti-simple-choice"}
    | {"simpleAssociableChoice", "qti-simple-associable-choice"}
)
_XML_SAVE: Final = "export it again from the program it came from, without a document type and entities"


class _TooMuch(ValueError):
    """The document is nested too deeply or has too many elements."""


class _Bounded(TreeBuilder):
    """Builds the tree with its comments, and stops at the bounds."""

    def __init__(self) -> None:
        super().__init__(insert_comments=True)
        self.depth = self.count = 0

    def start(self, tag: Any, attrs: Any, /) -> Any:
        self.depth += 1
        self.count += 1
        if self.depth > MAX_DEPTH or self.count > MAX_ELEMENTS:
            raise _TooMuch(f"more than {MAX_DEPTH} levels or {MAX_ELEMENTS} elements")
        return super().start(tag, attrs)

    def end(self, tag: Any, /) -> Any:
        self.depth -= 1
        return super().end(tag)


def parse_xml(data: bytes, path: Path) -> Element:
    """The root of a document, comments included.

    Raises:
        InputError: when it is no XML, declares a document type or an entity, or is beyond the bounds.
    """
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(data)
        root: Element = parser.close()
    except DefusedXmlException as error:
        message = "it declares a document type or entities, which can pull in other files or unfold without end"
        raise refused(path, "xml-entities", message, _XML_SAVE) from error
    except _TooMuch as error:
        raise refused(path, "too-large", f"it has {error}", "split it into several files") from error
    except ParseError as error:
        line = error.position[0] if getattr(error, "position", None) else None
        raise refused(path, "xml", f"it is not well-formed XML: {error}", _XML_SAVE, line=line) from error
    except (LookupError, ValueError, AssertionError) as error:  # an encoding nobody knows; a document without a root
        raise refused(path, "xml", "it is not XML that can be read", _XML_SAVE) from error
    return root


def local(element: Element) -> str:
    """An element's name without its namespace; ``""`` for a comment."""
    tag: object = element.tag  # a comment has a function here
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def is_comment(element: Element) -> bool:
    """Whether it is a comment."""
    tag: object = element.tag
    return tag is Comment


def child_text(element: Element | None, *steps: str) -> str:
    """The text of the first descendant along the steps, trimmed; ``""`` when there is none."""
    here = element
    for step in steps:
        here = next((child for child in here if local(child) == step), None) if here is not None else None
    return (here.text or "").strip() if here is not None else ""


def markup_string(element: Element) -> str:
    """An element as it stands within a text of markup."""
    return tostring(element, encoding="unicode")


def bytes_of(root: Element) -> bytes:
    """A document of ours: UTF-8, declared, indented where no text stands; the same tree gives the same bytes."""
    _lay_out(root, "\n")
    data: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _lay_out(element: Element, line: str) -> None:
    """Indent what lies within, unless text stands beside elements or the element is a paragraph: space counts there."""
    if not len(element) or local(element) in _RUNNING or any((part.tail or "").strip() for part in element):
        return
    inner = line + "  "
    element.text = (element.text or "").strip() or inner
    for part in element:
        part.tail = inner
        _lay_out(part, inner)
    element[-1].tail = line
