"""Archive revisions: what is appended, what is accepted as that, and nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import io
import random
import subprocess
from datetime import timedelta
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.generic import NumberObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import PdfSignatureValidationSpec, SignatureValidationSpec
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from certengine.credentials.certificate_authority import issue_crl, issue_pdf_signer, issue_root
from certengine.documents.archive_revision import (
    Material,
    held_material,
    split_archive,
    with_archive_stamp,
)
from certengine.documents.pdf_reading import gather_evidence
from certengine.documents.pdf_signature import PdfSigner, sign_pdf
from certengine.documents.time_stamps import loaded_roots
from certengine.errors import InputError
from certengine.model.credential import Issuer, PdfEvidence, StampState
from certengine.model.text import Text
from tests.authority import empty_crl, make_authority, stamp
from tests.documents.pki import AT, DAY
from tests.documents.test_pdf_reading import PLAIN, english, passes

pytestmark = pytest.mark.slow

YEAR = 365 * DAY
ISSUER = Issuer(id="academy", name=Text.of(zh="学院", en="Academy"), domain="verify.example.org")
ROOT_KEY, KEY = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
ROOT = issue_root(key=ROOT_KEY, issuer=ISSUER, serial_entropy=bytes(16), not_before=AT - DAY)
LEAF = issue_pdf_signer(
    public_key=KEY.public_key(),
    issuer=ISSUER,
    root=ROOT,
    root_key=ROOT_KEY,
    serial_entropy=bytes(range(16)),
    not_before=AT - DAY,
    not_after=AT + 2 * YEAR,
)
FIRST = make_authority("First", start=AT - DAY, days=5 * 365)
SECOND = make_authority("Second", start=AT + 4 * YEAR, days=5 * 365)
STRANGER = make_authority("Stranger", start=AT - DAY, days=3650)
ROOTS = (FIRST.anchor, SECOND.anchor)
CERTIFICATES = tuple(
    x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER) for pem in (LEAF, ROOT, *ROOTS)
)


def lists(at: timedelta) -> tuple[bytes, ...]:
    """Lists of withdrawn certificates as of some time after signing."""
    when = AT + at - timedelta(hours=1)
    own = issue_crl(root=ROOT, root_key=ROOT_KEY, revoked=[], this_update=when, next_update=when + 31 * DAY)
    theirs = [
        x509.load_pem_x509_crl(empty_crl(one, when, days=31)).public_bytes(Encoding.DER) for one in (FIRST, SECOND)
    ]
    return (own, *theirs)


def modern(pdf: bytes) -> bytes:
    """The file with a cross-reference stream, as certificates are laid out."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return out.getvalue()


LISTS, LATER_LISTS = lists(DAY), lists(4 * YEAR + DAY)
SIGNER = PdfSigner(private_key=KEY, chain=(LEAF, ROOT))
SIGNED = sign_pdf(modern(PLAIN), SIGNER, at=AT, stamp=lambda digest: stamp(FIRST, digest, at=AT))
ONCE = with_archive_stamp(
    SIGNED, Material(certificates=CERTIFICATES, lists=LISTS), lambda digest: stamp(FIRST, digest, at=AT + DAY)
)
TWICE = with_archive_stamp(
    ONCE,
    Material(certificates=CERTIFICATES, lists=LATER_LISTS),
    lambda digest: stamp(SECOND, digest, at=AT + 4 * YEAR + DAY),
)


def seen(pdf: bytes, *, years: float = 0.1, stamp_roots: tuple[str, ...] = ROOTS, read_qr: bool = False) -> PdfEvidence:
    """The evidence of a file so many years after it was signed."""
    return gather_evidence(pdf, roots=[ROOT], stamp_roots=stamp_roots, at=AT + years * YEAR, read_qr=read_qr)


def states(evidence: PdfEvidence) -> tuple[StampState | None, ...]:
    """What the signature's stamp and those of the archive are worth."""
    signature = evidence.time_stamp.state if evidence.time_stamp is not None else None
    return (signature, *(one.state for one in evidence.archive))


@pytest.mark.parametrize(("pdf", "count"), [(ONCE, 1), (TWICE, 2)])
def test_an_archived_file_shows_what_the_issued_one_shows(pdf: bytes, count: int) -> None:
    """Digest, signature, credential, codes: all are those of the issued file, which is its beginning."""
    issued, archived = seen(SIGNED, read_qr=True), seen(pdf, years=4.1 if count == 2 else 0.1, read_qr=True)

    assert pdf.startswith(SIGNED)
    assert passes(archived)
    assert (archived.digest, archived.credential, archived.qr_texts) == (
        issued.digest,
        issued.credential,
        issued.qr_texts,
    )
    assert archived.problem is None
    assert len(archived.archive) == count
    assert split_archive(pdf)[0] == SIGNED


T, F, L = StampState.TRUSTED, StampState.FOREIGN, StampState.LAPSED


@pytest.mark.parametrize(
    ("pdf", "years", "roots", "expected"),
    [
        (SIGNED, 1, ROOTS, (T,)),
        (SIGNED, 6, ROOTS, (L,)),
        (ONCE, 1, ROOTS, (T, T)),
        (ONCE, 6, ROOTS, (L, L)),
        (TWICE, 6, ROOTS, (T, T, T)),
        (TWICE, 10, ROOTS, (L, L, L)),
        (TWICE, 6, ROOTS[:1], (L, L, F)),
        (ONCE, 1, (), (F, F)),
    ],
)
def test_each_stamp_is_kept_by_the_next(
    pdf: bytes, years: float, roots: tuple[str, ...], expected: tuple[StampState, ...]
) -> None:
    """Six years on, the first authority's stamps count because the second's came in time; without it they are over."""
    evidence = seen(pdf, years=years, stamp_roots=roots)

    assert passes(evidence)
    assert states(evidence) == expected


def passes_with_a_stranger(pdf: bytes, years: float) -> bool:
    """Whether pyHanko's long-term check (ETSI EN 319 102-1 5.6.3) passes, with what the file holds and the roots alone."""
    roots = loaded_roots((ROOT, *ROOTS))
    policy = CertValidationPolicySpec(
        trust_manager=SimpleTrustManager.build(trust_roots=roots),
        revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO, retroactive_revinfo=True),
    )
    spec = PdfSignatureValidationSpec(SignatureValidationSpec(cert_validation_policy=policy))
    at = AT + years * YEAR
    timing = ValidationTimingInfo(validation_time=at, best_signature_time=at, point_in_time_validation=False)
    signature = PdfFileReader(io.BytesIO(pdf), strict=True).embedded_signatures[0]
    result = asyncio.run(ades_lta_validation(signature, spec, timing_info=timing))
    return result.ades_subindic is AdESPassed.OK


def test_a_stranger_validates_it_after_the_key_has_ended() -> None:
    """Two years after the key's certificate the archived file passes a strict long-term check by others; as issued not."""
    assert passes_with_a_stranger(TWICE, 4.01)
    assert not passes_with_a_stranger(SIGNED, 4.01)


def test_readers_by_others_accept_it(tmp_path: Path) -> None:
    """Poppler: the signature is valid. QPDF: a clean file. MuPDF: valid, with edits, which is what it says of every archive."""
    (tmp_path / "twice.pdf").write_bytes(TWICE)

    def said(*command: str) -> str:
        done = subprocess.run([*command, "twice.pdf"], cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    assert said("pdfsig", "-nocert").count("Signature is Valid") == 1
    assert "Total document signed" in said("pdfsig", "-nocert")
    assert "No syntax or stream encoding errors found" in said("qpdf", "--check")
    assert "The signature is valid but there have been edits since signing" in said("mutool", "sign", "-v")


def test_all_three_renderers_draw_the_same_page(tmp_path: Path) -> None:
    """Nothing that is seen differs, to the pixel."""
    for name, pdf in (("signed", SIGNED), ("twice", TWICE)):
        (tmp_path / f"{name}.pdf").write_bytes(pdf)
        subprocess.run(["pdftoppm", "-r", "60", f"{name}.pdf", name], cwd=tmp_path, check=True)
        subprocess.run(
            ["mutool", "draw", "-q", "-r", "60", "-o", f"{name}.mu.png", f"{name}.pdf"], cwd=tmp_path, check=True
        )

    assert (tmp_path / "signed-1.ppm").read_bytes() == (tmp_path / "twice-1.ppm").read_bytes()
    assert (tmp_path / "signed.mu.png").read_bytes() == (tmp_path / "twice.mu.png").read_bytes()


def test_what_the_file_holds_already_is_not_added_again() -> None:
    """The second revision adds lists and leaves the certificates."""
    _, revisions = split_archive(TWICE)

    assert len(revisions[0].material.certificates) == len(CERTIFICATES)
    assert revisions[1].material.certificates == ()
    assert held_material(TWICE).lists == (*LISTS, *LATER_LISTS)


def test_room_is_made_for_a_long_stamp() -> None:
    """A stamp that does not fit is asked for once more, with room for it."""
    asked: list[bytes] = []

    def remembered(digest: bytes) -> bytes:
        asked.append(digest)
        return stamp(FIRST, digest, at=AT + DAY)

    made = with_archive_stamp(SIGNED, Material(), remembered, room=200)

    assert passes(seen(made))
    assert len(asked) == 2


def turned(pdf: bytes) -> bytes:
    """A revision that turns the page."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=True)
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Rotate"] = NumberObject(90)  # type: ignore[no-untyped-call]  # pyHanko's
    writer.mark_update(page.container_ref)
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]  # pyHanko's
    return out.getvalue()


def test_a_revision_that_changes_what_is_seen_is_refused() -> None:
    """After the signature, after an archive, or with an archive stamp of a trusted authority over it: never whole."""
    over = b""
    try:
        over = with_archive_stamp(turned(SIGNED), Material(), lambda digest: stamp(FIRST, digest, at=AT + DAY))
    except InputError:
        over = turned(ONCE)
    for pdf in (turned(SIGNED), turned(ONCE), turned(TWICE), over):
        assert not passes(seen(pdf))


def test_a_change_within_an_archive_stamped_anew_is_refused() -> None:
    """Whoever can have any bytes stamped by the trusted authority gains nothing: only the one form is accepted."""
    found = split_archive(ONCE)[1][0]
    start = found.start
    changes = (
        (b"/F 132", b"/F 128"),
        (b"/Rect [ -9999 -9999 -9999 -9999 ]", b"/Rect [ 00000 00000  9999  9999 ]"),
        (b"/T (Archive-1)", b"/T (Archive-9)"),
        (b"/SigFlags 3", b"/SigFlags 1"),
        (b"/Type /DSS\n/Certs", b"/Type /DSS\n/Cerxs"),
        (b"/Pages ", b"/Pagex "),
    )
    for old, new in changes:
        place = ONCE.index(old, start)
        changed = ONCE[:place] + new + ONCE[place + len(old) :]
        hole = changed.index(b"/Contents <", start) + 10
        end = changed.index(b">", hole) + 1
        digest = hashlib.sha256(changed[:hole] + changed[end:]).digest()
        text = stamp(FIRST, digest, at=AT + DAY).hex().upper().encode().ljust(end - hole - 2, b"0")
        restamped = changed[: hole + 1] + text + changed[end - 1 :]
        assert len(restamped) == len(ONCE)
        assert not passes(seen(restamped)), old


def test_no_byte_of_an_archive_can_change() -> None:
    """At 250 places after the issued file another byte makes it not whole, or its archive not trusted.

    But for the few bytes of a stamp that its authority's own signature leaves free: then it says the same.
    """
    said = seen(ONCE)
    chance = random.Random(20261128)
    changed = bytearray(ONCE)
    for place in sorted(chance.sample(range(len(SIGNED), len(ONCE)), 250)):
        changed[place] ^= chance.choice((1, 2, 32))
        evidence = seen(bytes(changed))
        within_stamp = ONCE.rfind(b"/Contents <", 0, place) > ONCE.rfind(b" 0 obj", 0, place)
        assert not passes(evidence) or (within_stamp and (states(evidence)[1:] != (T,) or evidence == said)), place
        changed[place] = ONCE[place]


@pytest.mark.parametrize("tail", [b"\n", b"%", b"junk", b"\n%%EOF\n", ONCE[len(SIGNED) :]])
def test_anything_after_an_archive_is_refused(tail: bytes) -> None:
    """Bytes that are no archive revision, or one that belongs elsewhere."""
    assert not passes(seen(ONCE + tail))


@pytest.mark.parametrize("cut", [1, 7, 100, 3000])
def test_an_archive_cut_short_is_refused(cut: int) -> None:
    """Half a revision is no revision."""
    assert not passes(seen(ONCE[:-cut]))


def test_an_archive_taken_away_leaves_the_issued_file() -> None:
    """Which was genuine before, and is again."""
    assert passes(seen(ONCE[: len(SIGNED)]))


def test_an_archive_with_a_broken_stamp_is_none() -> None:
    """A revision in the right form whose stamp is over something else."""
    foreign = with_archive_stamp(SIGNED, Material(), lambda _: stamp(FIRST, bytes(32), at=AT + DAY))
    evidence = seen(foreign)

    assert not passes(evidence)
    assert english(evidence) == "what was appended is no archive"


def test_a_strangers_archive_is_told_and_changes_nothing() -> None:
    """Anybody may have a file stamped: it stays genuine, and the stamp counts for nothing."""
    evidence = seen(with_archive_stamp(SIGNED, Material(), lambda digest: stamp(STRANGER, digest, at=AT + DAY)))

    assert passes(evidence)
    assert states(evidence) == (T, F)


@pytest.mark.parametrize("material", [b"", b"0\x80", b"0\x03\x02\x01\x01", CERTIFICATES[0] + b"0", b"anything"])
def test_only_certificates_and_lists_may_be_held(material: bytes) -> None:
    """What is neither is not carried along under the guise of an archive."""
    made = with_archive_stamp(SIGNED, Material(lists=(material,)), lambda digest: stamp(FIRST, digest, at=AT + DAY))

    assert split_archive(made) == (made, ())
    assert not passes(seen(made))


@pytest.mark.parametrize("pdf", [PLAIN, b"", b"%PDF-1.7\n", SIGNED[:-3], sign_pdf(PLAIN, SIGNER, at=AT)])
def test_what_this_program_does_not_write_is_not_archived(pdf: bytes) -> None:
    """Said in words, with a way out; such a file has no archive either."""
    with pytest.raises(InputError) as error:
        with_archive_stamp(pdf, Material(), lambda _: b"")

    assert error.value.code == "archive/form"
    assert split_archive(pdf) == (pdf, ())
