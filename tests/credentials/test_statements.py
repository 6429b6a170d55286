"""The second proof of a badge: the statements are those that a JSON-LD processor finds, to the byte."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld

from certengine.credentials.badge import OPEN_BADGES, badge_document, check_credential_json, statements_of
from certengine.credentials.badge_statements import proof_statements
from certengine.credentials.multikey import read_did_key_method, read_multibase
from certengine.credentials.rdf import TYPE, XSD, Blank, Iri, Literal, Statement, canonical_statements
from certengine.credentials.status_list import CONTEXT
from certengine.credentials.strict_json import Unreadable, jcs
from certengine.model.credential import Holder, Succession
from tests.credentials.credential_world import CRED, CREDENTIAL, KEYRING, STRANGER

CONTEXTS = Path(__file__).parent.parent / "vectors" / "contexts"
SHIPPED = {CONTEXT: "credentials-v2.json", OPEN_BADGES: "open-badges-3.0.3.json"}
DID = CRED.method.partition("#")[0]
# The processor writes control characters unescaped, as its older algorithm does; the newer one escapes them.
TEXT = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)


def by_processor(document: Any) -> bytes:
    """The statements that PyLD finds, with the contexts kept in this repository; it is given no network."""

    def load(url: str, _options: object = None) -> dict[str, Any]:
        content = json.loads((CONTEXTS / SHIPPED[url]).read_bytes())
        return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": content}

    jsonld.set_document_loader(load)
    found: str = jsonld.normalize(document, {"algorithm": "URDNA2015", "format": "application/n-quads"})
    return found.encode()


@settings(max_examples=25, deadline=None)
@given(name=TEXT, other=st.none() | TEXT, number=st.sampled_from(["S1", "W-2026-0003"]), end=st.booleans())
def test_statements_are_those_of_a_processor(name: str, other: str | None, number: str, end: bool) -> None:
    """Whatever names it holds, with an end or without, and as a second print."""
    credential = replace(
        CREDENTIAL,
        number=number,
        holder=Holder(name=name, name_en=None if other == name else other),
        valid_until=CREDENTIAL.valid_until if end else None,
        print_serial=2,
        succeeds=Succession(kind="reprint", number=number, reason="lost"),
    )
    document = badge_document(credential, DID)

    assert by_processor(document) == statements_of(document)


def test_options_are_those_of_a_processor() -> None:
    """What the proof says of itself, under the badge's own context."""
    badge = json.loads(CRED.badge())
    options = {name: value for name, value in badge["proof"][0].items() if name != "proofValue"}

    assert options["cryptosuite"] == "eddsa-rdfc-2022"
    assert by_processor({"@context": badge["@context"], **options}) == proof_statements(options)


def test_vector_of_the_standard() -> None:
    """The credential of W3C's test vectors (Data Integrity EdDSA Cryptosuites v1.0, B.1) has its hash and signature."""
    vc, subject = "https://www.w3.org/2018/credentials#", Iri("urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33")
    holder, examples = Iri("did:example:abcdefgh"), "https://www.w3.org/ns/credentials/examples#"
    document = canonical_statements(
        [
            Statement(subject, TYPE, Iri(f"{vc}VerifiableCredential")),
            Statement(subject, TYPE, Iri(f"{examples}AlumniCredential")),
            Statement(subject, "https://schema.org/name", Literal("Alumni Credential")),
            Statement(
                subject,
                "https://schema.org/description",
                Literal("A minimum viable example of an Alumni Credential."),
            ),
            Statement(subject, f"{vc}issuer", Iri("https://vc.example/issuers/5678")),
            Statement(subject, f"{vc}validFrom", Literal("2023-01-01T00:00:00Z", f"{XSD}dateTime")),
            Statement(subject, f"{vc}credentialSubject", holder),
            Statement(holder, f"{examples}alumniOf", Literal("The School of Examples")),
        ]
    )
    key = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
    options = proof_statements(
        {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-rdfc-2022",
            "created": "2023-02-24T23:36:38Z",
            "verificationMethod": f"did:key:{key}#{key}",
            "proofPurpose": "assertionMethod",
        }
    )
    signature = "z2YwC8z3ap7yx1nZYCg4L3j3ApHsF8kgPdSb5xoS1VR7vPG3F561B52hYnQF9iseabecm3ijx4K1FBTQsCZahKZme"
    signed = hashlib.sha256(options).digest() + hashlib.sha256(document).digest()

    assert hashlib.sha256(document).hexdigest() == "517744132ae165a5349155bef0bb0cf2258fff99dfe1dbd914b938d775a36017"
    public = Ed25519PublicKey.from_public_bytes(read_did_key_method(f"did:key:{key}#{key}"))
    public.verify(read_multibase(signature), signed)
    with pytest.raises(InvalidSignature):
        public.verify(read_multibase(signature), signed + b".")


def test_a_bad_second_proof_fails_the_badge() -> None:
    """What other software would refuse, ours refuses too: another instant, another key, another value."""
    other = json.loads(STRANGER.badge())["proof"][0]
    later = CRED.badge(replace(CREDENTIAL, issued_at=CREDENTIAL.issued_at.replace(second=31)))
    for second in (other, {**json.loads(CRED.badge())["proof"][0], "proofValue": other["proofValue"]}):
        badge = json.loads(CRED.badge())
        badge["proof"][0] = second
        assert "changed after" in str(check_credential_json(jcs(badge), KEYRING).problem)
    badge = json.loads(CRED.badge())
    badge["proof"][0] = json.loads(later)["proof"][0]
    assert check_credential_json(jcs(badge), KEYRING).problem is not None


def test_two_second_proofs_are_refused() -> None:
    """At most one of each suite."""
    badge = json.loads(CRED.badge())
    badge["proof"].insert(0, badge["proof"][0])

    assert "at most one" in str(check_credential_json(jcs(badge), KEYRING).problem)


def test_a_badge_of_one_proof_still_verifies() -> None:
    """Those issued first carry the proof over their JSON alone."""
    badge = json.loads(CRED.badge())
    badge["proof"] = badge["proof"][1:]

    assert check_credential_json(jcs(badge), KEYRING).problem is None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"@context": [CONTEXT]}, "another context"),
        ({"type": ["VerifiableCredential", "Other"]}, "`Other` is not a type"),
        ({"evidence": []}, "`evidence` is not a term"),
        ({"id": "no address"}, "an address"),
        ({"issuer": "a b"}, "an address"),
        ({"issuer": 7}, "not of the form"),
        ({"name": {}}, "not of the form"),
    ],
)
def test_what_is_no_badge_of_ours_has_no_statements(change: dict[str, Any], problem: str) -> None:
    """Nothing is left out silently: an unknown context, type, term or form is refused."""
    with pytest.raises(Unreadable) as error:
        statements_of({**badge_document(CREDENTIAL, DID), **change})

    assert problem in error.value.message


def test_an_address_may_stand_for_a_thing() -> None:
    """An issuer given by its address alone."""
    document = {**badge_document(CREDENTIAL, DID), "issuer": DID}

    assert by_processor(document) == statements_of(document)


def test_control_characters_are_escaped() -> None:
    """As RDFC-1.0 writes them: those with a short form by it, the others by number."""
    line = canonical_statements([Statement(Iri("urn:a"), "urn:b", Literal('\t\n\r\b\f\x01\x7f"\\'))])

    assert line == b'<urn:a> <urn:b> "\\t\\n\\r\\b\\f\\u0001\\u007F\\"\\\\" .\n'


def test_alike_nodes_are_refused() -> None:
    """Two nodes of which the same is said are not numbered by guess."""
    alike = [Statement(Iri("urn:a"), "urn:b", Blank(label)) for label in ("x", "y")]

    with pytest.raises(Unreadable):
        canonical_statements(alike)
