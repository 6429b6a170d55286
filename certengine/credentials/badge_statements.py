"""A badge as RDF statements: what JSON-LD software makes of it with the contexts that it names.

The terms are those of the W3C context ``credentials/v2`` and the 1EdTech context ``3.0.3`` that our badges use, each
with what the contexts say of it; tests hold the table to both contexts through a JSON-LD processor. A document with any
other term, type or context is refused: it is not one of ours, and leaving a part out would sign less than it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from certengine.canonical import Json
from certengine.credentials.rdf import JSON, TYPE, XSD, Blank, Iri, Literal, Node, Statement, canonical_statements
from certengine.credentials.strict_json import Unreadable, jcs, text_of

_VC = "https://www.w3.org/2018/credentials#"
_STATUS = "https://www.w3.org/ns/credentials/status#"
_OB = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#"
_SCHEMA = "https://schema.org/"
_SECURITY = "https://w3id.org/security#"
# The 1EdTech context writes the namespace of XML Schema with `https`, which makes these other datatypes than W3C's.
_XSD_OF_OB = "https://www.w3.org/2001/XMLSchema#"

_TYPES = {
    "VerifiableCredential": f"{_VC}VerifiableCredential",
    "OpenBadgeCredential": f"{_OB}OpenBadgeCredential",
    "Profile": f"{_OB}Profile",
    "BitstringStatusListEntry": f"{_STATUS}BitstringStatusListEntry",
    "AchievementSubject": f"{_OB}AchievementSubject",
    "IdentityObject": f"{_OB}IdentityObject",
    "Achievement": f"{_OB}Achievement",
}


@dataclass(frozen=True, slots=True)
class _Term:
    """What a context says of a term: its address, and ``iri``, ``json``, a datatype, or nothing (a string or a node)."""

    iri: str
    kind: str | None = None


_TERMS = {
    "name": _Term(f"{_SCHEMA}name"),
    "description": _Term(f"{_SCHEMA}description"),
    "url": _Term(f"{_SCHEMA}url", f"{_XSD_OF_OB}anyURI"),
    "issuer": _Term(f"{_VC}issuer", "iri"),
    "validFrom": _Term(f"{_VC}validFrom", f"{XSD}dateTime"),
    "validUntil": _Term(f"{_VC}validUntil", f"{XSD}dateTime"),
    "credentialSubject": _Term(f"{_VC}credentialSubject", "iri"),
    "credentialStatus": _Term(f"{_VC}credentialStatus", "iri"),
    "statusPurpose": _Term(f"{_STATUS}statusPurpose"),
    "statusListIndex": _Term(f"{_STATUS}statusListIndex"),
    "statusListCredential": _Term(f"{_STATUS}statusListCredential", "iri"),
    "identifier": _Term(f"{_OB}identifier", "iri"),
    "identityType": _Term(f"{_OB}identityType"),
    "identityHash": _Term(f"{_OB}identityHash"),
    "hashed": _Term(f"{_OB}hashed", f"{_XSD_OF_OB}boolean"),
    "achievement": _Term(f"{_OB}achievement", "iri"),
    "achievementType": _Term(f"{_OB}achievementType"),
    "criteria": _Term(f"{_OB}Criteria", "iri"),
    "narrative": _Term(f"{_OB}narrative"),
    "certificate": _Term("urn:certengine:certificate", "json"),
}


def badge_statements(document: dict[str, Json], context: Json) -> bytes:
    """The canonical statements of a badge without its proof.

    Raises:
        Unreadable: when it names another context than ``context``, or says anything the table does not know.
    """
    if document.get("@context") != context:
        raise Unreadable("the document is of another context than a badge of ours")
    walk = _Walk()
    content = {name: value for name, value in document.items() if name != "@context"}
    walk.node(content)
    return canonical_statements(walk.statements)


def proof_statements(options: dict[str, Json]) -> bytes:
    """The canonical statements of a proof's options: type, suite, instant, key, purpose.

    Raises:
        Unreadable: when one is missing or no text.
    """
    proof = Blank("proof")
    purpose = f"{_SECURITY}{text_of(options.get('proofPurpose'))}"
    suite = Literal(text_of(options.get("cryptosuite")), f"{_SECURITY}cryptosuiteString")
    return canonical_statements(
        [
            Statement(proof, TYPE, Iri(f"{_SECURITY}{text_of(options.get('type'))}")),
            Statement(proof, f"{_SECURITY}cryptosuite", suite),
            Statement(
                proof,
                "http://purl.org/dc/terms/created",
                Literal(text_of(options.get("created")), f"{XSD}dateTime"),
            ),
            Statement(proof, f"{_SECURITY}verificationMethod", Iri(text_of(options.get("verificationMethod")))),
            Statement(proof, f"{_SECURITY}proofPurpose", Iri(purpose)),
        ]
    )


@dataclass(slots=True)
class _Walk:
    """The statements found so far; each node without an id gets a label of its own."""

    statements: list[Statement] = field(default_factory=list)
    blanks: int = 0

    def node(self, value: dict[str, Json]) -> Node:
        """The statements of an object; returns what it is called."""
        subject = self._name(value)
        for type_ in _each(value.get("type", [])):
            known = _TYPES.get(text_of(type_))
            if known is None:
                raise Unreadable(f"`{type_}` is not a type of a badge of ours")
            self.statements.append(Statement(subject, TYPE, Iri(known)))
        for name, member in value.items():
            if name not in {"id", "type"}:
                self._member(subject, name, member)
        return subject

    def _name(self, value: dict[str, Json]) -> Node:
        if "id" in value:
            return Iri(text_of(value["id"]))
        self.blanks += 1
        return Blank(f"b{self.blanks}")

    def _member(self, subject: Node, name: str, member: Json) -> None:
        term = _TERMS.get(name)
        if term is None:
            raise Unreadable(f"`{name}` is not a term of a badge of ours")
        for one in [member] if term.kind == "json" else _each(member):
            self.statements.append(Statement(subject, term.iri, self._object(term, one)))

    def _object(self, term: _Term, value: Json) -> Node | Literal:
        match term.kind, value:
            case "json", _:
                return Literal(jcs(value).decode(), JSON)
            case "iri", dict():
                return self.node(value)
            case "iri", str():
                return Iri(value)
            case str() as datatype, bool():
                return Literal("true" if value else "false", datatype)
            case datatype, str():
                return Literal(value, datatype)
        raise Unreadable("a part of the badge is not of the form its term asks for")


def _each(value: Json) -> Iterator[Json]:
    yield from value if isinstance(value, list) else [value]
