"""The Open Badges document: the same bytes every time, every claim back, and dead when a byte changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certengine.credentials.badge import check_credential_json, read_credential_json
from certengine.credentials.strict_json import Unreadable, jcs
from certengine.model.credential import Holder, Succession
from certengine.model.text import Text
from tests.credentials.credential_world import CRED, CREDENTIAL, KEYRING, STRANGER, keyring_with

BADGE = CRED.badge()


def test_same_credential_same_bytes() -> None:
    """Issuing again gives the same bytes, and they are canonical."""
    assert CRED.badge() == BADGE
    assert jcs(json.loads(BADGE)) == BADGE


def test_credential_comes_back() -> None:
    """Every field, evidence included."""
    assert read_credential_json(BADGE).credential == CREDENTIAL


def test_optional_fields() -> None:
    """No end and no English name are simply absent."""
    credential = replace(CREDENTIAL, valid_until=None, holder=Holder(name="张伟"))
    document: Any = json.loads(CRED.badge(credential))

    assert "validUntil" not in document
    assert credential == read_credential_json(CRED.badge(credential)).credential


def test_open_badges_members_say_the_same() -> None:
    """Software that knows only Open Badges sees names, title, dates, both status lists and that it is a sample."""
    document: Any = json.loads(BADGE)
    subject = document["credentialSubject"]

    assert [item["identityHash"] for item in subject["identifier"]] == ["欧阳晓红", "OUYANG Xiaohong"]
    assert subject["achievement"]["name"] == "电工 / Electrician"
    assert (document["validFrom"], document["validUntil"]) == ("2026-11-22T00:00:00Z", "2028-11-21T23:59:59Z")
    assert [(entry["statusPurpose"], entry["statusListIndex"]) for entry in document["credentialStatus"]] == [
        ("revocation", "99321"),
        ("suspension", "99321"),
    ]
    assert "not a national certificate" in subject["achievement"]["description"]


def test_it_is_valid_from_the_moment_it_is_issued() -> None:
    """Where the issuer's day began before the day in UTC did, other software must not call it not yet valid."""
    evening = replace(
        CREDENTIAL, issued_on=date(2026, 11, 23), issued_at=datetime(2026, 11, 22, 17, 5, 3, 9, tzinfo=UTC)
    )

    assert json.loads(CRED.badge(evening))["validFrom"] == "2026-11-22T17:05:03Z"


def test_title_in_one_language_stands_once() -> None:
    """A title without a Chinese form is not repeated."""
    document: Any = json.loads(CRED.badge(replace(CREDENTIAL, title=Text.of(en="Welder"))))

    assert document["name"] == "Welder"


def test_real_issuer_is_no_sample() -> None:
    """Only a sample says that it is one."""
    issuer = replace(CREDENTIAL.issuer, sample=False)

    assert (
        "Sample"
        not in json.loads(CRED.badge(replace(CREDENTIAL, issuer=issuer)))["credentialSubject"]["achievement"][
            "description"
        ]
    )


def test_good_proof() -> None:
    """A credential of the issuer's key has no problem."""
    check = check_credential_json(BADGE, KEYRING)

    assert check.problem is None
    assert check.signed is not None


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(BADGE) - 1), st.integers(1, 255))
def test_any_changed_byte_never_verifies(place: int, flip: int) -> None:
    """Whatever byte is changed, there is a problem."""
    altered = bytearray(BADGE)
    altered[place] ^= flip

    assert check_credential_json(bytes(altered), KEYRING).problem is not None


def test_problems_are_named() -> None:
    """A stranger's key, changed content and a key out of its window are told apart."""
    late = replace(CRED.record, not_after=CRED.record.not_before)

    assert "not a key of the issuer" in str(check_credential_json(STRANGER.badge(), KEYRING).problem)
    assert "changed after" in str(check_credential_json(BADGE.replace("晓".encode(), "小".encode()), KEYRING).problem)
    assert "not in use" in str(check_credential_json(BADGE, keyring_with(late)).problem)


def altered(change: Callable[[Any], object]) -> bytes:
    """The badge with its parsed form changed."""
    document = json.loads(BADGE)
    change(document)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda d: d.pop("proof"), "exactly one"),
        (lambda d: d.update(proof=[]), "exactly one"),
        (lambda d: d["proof"].append(d["proof"][1]), "exactly one"),
        (lambda d: d["proof"][0].update(cryptosuite="eddsa-rdfc-2023"), "not used with"),
        (lambda d: d["proof"][0].update(proofPurpose="authentication"), "assertionMethod"),
        (lambda d: d["proof"][0].update(type="Other"), "DataIntegrityProof"),
        (lambda d: d["proof"][0].update(nonce="x"), "`nonce` is not a field"),
        (lambda d: d["proof"][1].update({"@context": []}), "context"),
        (lambda d: d["proof"][0].update(verificationMethod="did:web:x#k"), "begins with"),
        (lambda d: d.pop("certificate"), "object"),
        (lambda d: d["certificate"].update(form="certengine.credential/2"), "form"),
        (lambda d: d["certificate"].update(score=98), "`score` is not a field"),
        (lambda d: d["certificate"].update(code="ABC"), "full code"),
        (lambda d: d["certificate"]["evidence"][0].pop("digest"), "`digest` is missing"),
    ],
)
def test_unreadable_documents(change: Callable[[Any], object], problem: str) -> None:
    """What is not exactly such a document is refused by name."""
    with pytest.raises(Unreadable, match=problem):
        read_credential_json(altered(change))


def test_a_proof_of_another_suite_may_stand_beside_ours() -> None:
    """The list of proofs has room for a further suite, which is not judged here."""
    document = altered(lambda d: d["proof"].append({"cryptosuite": "ecdsa-sd-2023", "proofValue": "z1"}))

    assert check_credential_json(document, KEYRING).problem is None


def test_a_single_proof_need_not_be_a_list() -> None:
    """A document whose one proof stands alone is read the same."""
    document = altered(lambda d: d.update(proof=d["proof"][1]))

    assert check_credential_json(document, KEYRING).problem is None


def test_further_prints_successors_and_photographs_come_back() -> None:
    """All three are in the badge; a way of standing in for another that does not exist is refused."""
    link = Succession(kind="renewal", number="S1", reason="other")
    credential = replace(CREDENTIAL, print_serial=3, succeeds=link, photo="sha256:" + "1" * 64)
    badge = CRED.badge(credential)

    assert read_credential_json(badge).credential == credential
    assert credential.registered_as == f"{CREDENTIAL.number}/3"
    with pytest.raises(Unreadable):
        read_credential_json(badge.replace(b'"renewal"', b'"forgery"'))


def test_one_name_in_both_fields_is_one_identity() -> None:
    """Whoever has only a Latin name has one identity, and the badge is signed and verifies."""
    data = CRED.badge(replace(CREDENTIAL, holder=Holder(name="John Smith", name_en="John Smith")))

    assert [one["identityHash"] for one in json.loads(data)["credentialSubject"]["identifier"]] == ["John Smith"]
    assert check_credential_json(data, KEYRING).problem is None
