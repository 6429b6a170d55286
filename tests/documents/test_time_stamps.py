"""Time stamps on signatures: what is asked, what is taken, and what one is worth to whoever reads it later."""

from __future__ import annotations

import random
import subprocess
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from asn1crypto import tsp

from certengine.documents.pdf_reading import gather_evidence
from certengine.documents.pdf_signature import PdfSigner, sign_pdf
from certengine.documents.signature_container import Kept, kept_of, read_signature
from certengine.documents.time_stamps import MAX_TOKEN, Reply, read_stamp, stamp_request, token_in_reply
from certengine.errors import CannotTell
from certengine.model.credential import PdfEvidence, StampState, TimeStamp
from tests.authority import Authority, Faults, make_authority, reply_of, stamp
from tests.documents.pki import AT, DAY, make_pki
from tests.documents.test_pdf_reading import PKI, PLAIN, SIGNED, SIGNER, passes

pytestmark = pytest.mark.slow

TSA = make_authority(start=AT - 30 * DAY, days=365)
OTHER = make_authority("Other", start=AT - 30 * DAY, days=365)
LATER = AT + timedelta(minutes=1)
DIGEST = sha256(b"something").digest()


def stamped_by(authority: Authority, at: datetime = LATER) -> bytes:
    """The signed file with a stamp of that authority."""
    return sign_pdf(PLAIN, SIGNER, at=AT, stamp=lambda digest: stamp(authority, digest, at=at))


STAMPED = stamped_by(TSA)


def seen(pdf: bytes, *, at: datetime = AT + DAY, stamp_roots: tuple[str, ...] = (TSA.anchor,)) -> PdfEvidence:
    """The evidence of a file whose stamps are trusted by those roots."""
    return gather_evidence(pdf, roots=[PKI.root], stamp_roots=stamp_roots, at=at, read_qr=False)


def taken(authority: Authority = TSA, *, roots: tuple[str, ...] = (TSA.anchor,), **faults: object) -> bytes:
    """What is taken from a reply with faults."""
    reply = reply_of(authority, stamp_request(DIGEST, 7), LATER, Faults(**faults))  # type: ignore[arg-type]
    return token_in_reply(reply, DIGEST, 7, roots=roots)


def test_a_stamped_signature_is_whole_and_tells_its_time() -> None:
    """The stamp is found, trusted by its own root, and the file is as whole as one without."""
    evidence = seen(STAMPED)

    assert passes(evidence)
    assert evidence.time_stamp == TimeStamp(
        state=StampState.TRUSTED, at=LATER, until=TSA.certificate.not_valid_after_utc
    )
    assert seen(SIGNED).time_stamp is None


@pytest.mark.parametrize(
    ("stamp_roots", "state"),
    [((), StampState.FOREIGN), ((OTHER.anchor,), StampState.FOREIGN), ((PKI.root,), StampState.FOREIGN)],
    ids=["nothing", "another", "the issuer's own"],
)
def test_a_stamp_of_an_authority_nobody_named_is_foreign(stamp_roots: tuple[str, ...], state: StampState) -> None:
    """It is told apart from a broken one, and takes nothing from the signature."""
    evidence = seen(STAMPED, stamp_roots=stamp_roots)

    assert passes(evidence)
    assert evidence.time_stamp == TimeStamp(state=state, at=LATER)


def test_the_root_of_stamps_vouches_for_no_document() -> None:
    """Whoever stamps does not thereby sign for the issuer."""
    evidence = gather_evidence(STAMPED, roots=[TSA.anchor], stamp_roots=[TSA.anchor], at=AT, read_qr=False)

    assert (evidence.intact, evidence.trusted) == (True, False)


def test_a_stamp_of_another_signature_is_broken() -> None:
    """A stamp taken from another file proves nothing here, and makes no genuine file an altered one."""
    foreign = sign_pdf(PLAIN, SIGNER, at=AT, stamp=lambda _: stamp(TSA, DIGEST, at=LATER))
    evidence = seen(foreign)

    assert passes(evidence)
    assert evidence.time_stamp == TimeStamp(state=StampState.BROKEN, at=LATER)


def test_a_stamp_ends_with_its_certificate() -> None:
    """Once the authority's certificate is over, the stamp counts no more; the file passes as before."""
    evidence = seen(STAMPED, at=AT + 400 * DAY)

    assert passes(evidence)
    assert evidence.time_stamp is not None
    assert evidence.time_stamp.state is StampState.LAPSED


def test_no_byte_of_a_stamp_can_change_unnoticed() -> None:
    """At 150 places in the container another digit makes a file that does not pass, or a stamp that is not trusted.

    But for the few bytes of a stamp that its authority's own signature leaves free: then it says the same.
    """
    text = STAMPED[STAMPED.index(b"/Contents <") + 11 :]
    start, used = STAMPED.index(text), len(text[: text.index(b">")].rstrip(b"0"))
    chance = random.Random(20261128)
    changed = bytearray(STAMPED)
    for place in sorted(chance.sample(range(start, start + used), 150)):
        changed[place] = ord(chance.choice(sorted(set("0123456789ABCDEF") - {chr(STAMPED[place])})))
        evidence = seen(bytes(changed))
        trusted = evidence.time_stamp is not None and evidence.time_stamp.state is StampState.TRUSTED
        assert not passes(evidence) or not trusted or evidence.time_stamp == seen(STAMPED).time_stamp, place
        changed[place] = STAMPED[place]


def test_a_stamp_is_carried_as_the_bytes_it_is() -> None:
    """It is never decoded to be put into a container: putting some authorities' stamps together again took seconds."""
    kept = Kept(signature=b"value", time_stamp=b"\x30\x03\x02\x01\x63")

    assert kept.time_stamp in SIGNER.container_for(DIGEST, kept=kept)


def test_what_is_kept_makes_the_same_file_again() -> None:
    """Without the authority, and without the key: from the signature value and the stamp alone."""
    again = sign_pdf(PLAIN, SIGNER, at=AT, kept=kept_of(STAMPED))

    assert again == STAMPED
    assert read_signature(STAMPED).without_stamp != STAMPED
    assert len(read_signature(STAMPED).without_stamp) == len(STAMPED)


def test_openssl_verifies_a_stamped_signature(tmp_path: Path) -> None:
    """OpenSSL takes the container with the stamp in it, and the stamp by itself over the signature value."""
    found = read_signature(STAMPED)
    assert found.time_stamp is not None
    files = {"token": found.time_stamp, "value": found.value, "root.pem": TSA.anchor.encode()}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    command = ["openssl", "ts", "-verify", "-in", "token", "-token_in", "-data", "value", "-CAfile", "root.pem"]
    command += ["-attime", str(int(LATER.timestamp()))]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "Verification: OK" in done.stdout + done.stderr


def test_poppler_and_mupdf_accept_a_stamped_signature(tmp_path: Path) -> None:
    """Readers that know nothing of the authority call the signature valid and the document unchanged."""
    (tmp_path / "stamped.pdf").write_bytes(STAMPED)
    said = [
        subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
        for command in (["pdfsig", "-nocert", "stamped.pdf"], ["mutool", "sign", "-v", "stamped.pdf"])
    ]

    assert "Signature is Valid" in said[0]
    assert "Total document signed" in said[0]
    assert "unchanged since signing" in said[1]


def test_a_request_says_what_is_wanted() -> None:
    """Digest, nonce, and the certificates along."""
    request = tsp.TimeStampReq.load(stamp_request(DIGEST, 1 << 63), strict=True)

    assert request["message_imprint"]["hashed_message"].native == DIGEST
    assert (request["nonce"].native, request["cert_req"].native) == (1 << 63, True)


def test_a_right_reply_is_taken() -> None:
    """Its stamp comes back, and is worth what it says."""
    assert read_stamp(taken(), DIGEST, roots=[TSA.anchor], at=LATER).state is StampState.TRUSTED


@pytest.mark.parametrize(
    ("faults", "code", "words"),
    [
        ({"nonce": True}, "stamp/wrong", "the nonce differs"),
        ({"digest": True}, "stamp/wrong", "the digest differs"),
        ({"spoils": True}, "stamp/wrong", "signature of its time stamp is not right"),
        ({"roots": (OTHER.anchor,)}, "stamp/wrong", "not trusted by the certificate named as `anchor`"),
        ({"authority": OTHER}, "stamp/wrong", "not trusted"),
        ({"refuses": True}, "stamp/refused", "refused: no more credit"),
        ({"body": b""}, "stamp/wrong", "no time-stamp reply"),
        ({"body": b"<html>"}, "stamp/wrong", "no time-stamp reply"),
        (
            {"body": Reply({"status": {"status": "granted"}}).dump()},
            "stamp/wrong",
            "holds no time stamp",
        ),
    ],
    ids=["nonce", "digest", "signature", "root", "authority", "refusal", "empty", "page", "bare"],
)
def test_a_wrong_reply_is_refused(faults: dict[str, object], code: str, words: str) -> None:
    """Whatever is no answer to this request by this authority is refused, and it is said why."""
    with pytest.raises(CannotTell) as error:
        taken(**faults)  # type: ignore[arg-type]

    assert error.value.code == code
    assert words in error.value.message
    assert error.value.hint is not None


def test_a_stamp_too_long_for_its_room_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is so much room in a file and no more."""
    monkeypatch.setattr("certengine.documents.time_stamps.MAX_TOKEN", 500)
    with pytest.raises(CannotTell) as error:
        taken()

    assert error.value.code == "stamp/too-large"
    assert MAX_TOKEN > 5000


@pytest.mark.parametrize("token", [b"", b"0", b"\x30\x03\x02\x01\x01", stamp(TSA, DIGEST, at=LATER) + b"0"])
def test_what_is_no_stamp_is_broken(token: bytes) -> None:
    """Reading never raises."""
    assert read_stamp(token, DIGEST, roots=[TSA.anchor], at=LATER).state is StampState.BROKEN


def test_a_certificate_for_documents_stamps_nothing() -> None:
    """A stamp needs a certificate that may stamp: the issuer's own document key cannot vouch for its time."""
    pki = make_pki(authority=False)
    own = Authority(
        key=pki.key, certificate=PdfSigner(private_key=pki.key, chain=pki.chain).leaf, root=TSA.root, root_key=pki.key
    )

    assert read_stamp(stamp(own, DIGEST, at=LATER), DIGEST, roots=[pki.root], at=LATER).state is not StampState.TRUSTED
