"""RDF statements in their one canonical form: what ``eddsa-rdfc-2022`` signs instead of JSON.

RDF Dataset Canonicalization (RDFC-1.0, W3C 2024) for graphs in which no two blank nodes have the same first-degree hash:
then the blank nodes are numbered in the order of those hashes (section 4.4.3, steps 4 and 6), and the rest of the
algorithm, which tells alike nodes apart by trying, has nothing to do. Our documents are all of that kind; a graph that
is not is refused, never numbered by guess.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from certengine.credentials.strict_json import Unreadable

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
JSON = "http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON"
XSD = "http://www.w3.org/2001/XMLSchema#"

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]*")
_SHORT = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r", '"': r"\"", "\\": r"\\"}
_ESCAPED = re.compile(r"[\x00-\x1f\x7f\"\\]")


@dataclass(frozen=True, slots=True)
class Iri:
    """A named thing.

    Raises:
        Unreadable: when it cannot stand in a statement (RFC 3987).
    """

    value: str

    def __post_init__(self) -> None:
        if not _IRI.fullmatch(self.value):
            raise Unreadable("an address was expected")

    def written(self, _labels: dict[str, str]) -> str:
        """In N-Quads."""
        return f"<{self.value}>"


@dataclass(frozen=True, slots=True)
class Blank:
    """A thing without a name; the label only tells it from others of the same graph."""

    label: str

    def written(self, labels: dict[str, str]) -> str:
        """In N-Quads, under the label given to it there."""
        return f"_:{labels[self.label]}"


@dataclass(frozen=True, slots=True)
class Literal:
    """A value, with its datatype where it is no plain string."""

    value: str
    datatype: str | None = None

    def written(self, _labels: dict[str, str]) -> str:
        """In canonical N-Quads (RDF 1.2 N-Quads section 4, which RDFC-1.0 section 5 asks for)."""
        text = _ESCAPED.sub(lambda found: _SHORT.get(found[0], f"\\u{ord(found[0]):04X}"), self.value)
        return f'"{text}"' if self.datatype is None else f'"{text}"^^<{self.datatype}>'


Node = Iri | Blank


@dataclass(frozen=True, slots=True)
class Statement:
    """Subject, predicate, object."""

    subject: Node
    predicate: str
    object: Node | Literal

    def written(self, labels: dict[str, str]) -> str:
        """One line of N-Quads."""
        return f"{self.subject.written(labels)} <{self.predicate}> {self.object.written(labels)} .\n"

    def mentions(self, label: str) -> bool:
        """Whether a blank node stands in it."""
        return Blank(label) in (self.subject, self.object)


def canonical_statements(statements: Sequence[Statement]) -> bytes:
    """The statements in canonical N-Quads.

    Raises:
        Unreadable: when two blank nodes cannot be told apart by the statements they stand in.
    """
    blanks = {node.label for one in statements for node in (one.subject, one.object) if isinstance(node, Blank)}
    hashes = {label: _first_degree(statements, label, blanks) for label in blanks}
    if len(set(hashes.values())) != len(blanks):
        raise Unreadable("two parts of the document cannot be told apart")
    ordered = sorted(blanks, key=hashes.__getitem__)
    labels = {label: f"c14n{number}" for number, label in enumerate(ordered)}
    return "".join(sorted({one.written(labels) for one in statements})).encode()


def _first_degree(statements: Sequence[Statement], label: str, blanks: set[str]) -> str:
    """Hash First Degree Quads (section 4.6): what can be said of a blank node without naming another."""
    labels = {other: "a" if other == label else "z" for other in blanks}
    lines = sorted(one.written(labels) for one in statements if one.mentions(label))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
