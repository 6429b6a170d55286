"""Archiving what was issued: once, again before it lapses, and provable after the keys have ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from certengine.canonical import digest_of_bytes
from certengine.documents.archive_revision import held_material, split_archive
from certengine.errors import CertengineError, InputError, NotFound, Refused
from certengine.model.credential import Outcome, State, Verdict
from certengine.services import archiving
from certengine.services.archiving import ArchiveRun, archive_certificates
from certengine.services.certificate_export import Form, export_certificates
from certengine.services.issuing import render_again
from certengine.services.keys import load_keyring, new_keys, retire_key
from certengine.services.receipts import trust_in_register
from certengine.services.standing import list_certificates
from certengine.services.trust import export_trust
from certengine.services.verification import source_from_bundle, verify_file
from tests.authority import Authority, Faults, empty_crl, make_authority, serving
from tests.services.small_world import NOW, PASSING, SITTING, acting, passphrase
from tests.services.test_time_stamping import name_authority

At = Callable[[str], Path]
pytestmark = pytest.mark.slow
DAY = timedelta(days=1)
YEAR = 365 * DAY
FIRST = make_authority("First", start=NOW - DAY, days=5 * 365)
SECOND = make_authority("Second", start=NOW + 4 * YEAR, days=10 * 365)


def archived(root: Path, at: datetime = NOW, authority: Authority = FIRST, **fields: object) -> ArchiveRun:
    """Archive everything at a time, stamped by an authority whose clock agrees."""
    with serving(authority, clock=lambda: at) as url:
        name_authority(root, url, authority)
        with acting(root, at=at) as context:
            return archive_certificates(context, SITTING, passphrase, **fields)  # type: ignore[arg-type]


def files(root: Path) -> dict[str, bytes]:
    """The files as they are."""
    return {path.name: path.read_bytes() for path in sorted((root / "certificates").glob("*.pdf"))}


def seen(root: Path, at: datetime, name: str = "S2630001.pdf") -> Verdict:
    """What the register says of a file at a time."""
    with acting(root, at=at) as context:
        return verify_file(root / "certificates" / name, trust_in_register(context).source, at=at)


def outcome(verdict: Verdict) -> Outcome | None:
    """How the check of the archive ended."""
    return next((one.outcome for one in verdict.checks if one.id == "archive"), None)


def test_archiving_appends_and_running_again_changes_nothing(at: At) -> None:
    """Each file begins with what was issued, is as valid as before and archived; a second run has nothing to do."""
    root = at("issued")
    before = files(root)
    run = archived(root)
    after = files(root)
    again = archived(root, NOW + DAY)

    assert run.archived == ("S2630001", "S2630002", "S2630003")
    assert run.until == FIRST.certificate.not_valid_after_utc
    assert all(after[name].startswith(before[name]) and len(after[name]) > len(before[name]) for name in before)
    assert (seen(root, NOW).state, outcome(seen(root, NOW))) == (State.VALID, Outcome.PASSED)
    assert (again.archived, again.renewed, again.already) == ((), (), len(PASSING))
    assert files(root) == after


def test_archived_certificates_hold_what_they_are_checked_with(at: At) -> None:
    """The chain of the document key, the root of stamps, and a list of withdrawn certificates that names a revoked key's."""
    root = at("issued")
    with acting(root, at=NOW + DAY) as context:
        revoked = list_certificates(context)[0].pdf_key
        retire_key(context, revoked, compromised_from=NOW + DAY)
        record = load_keyring(context).key(revoked)
    assert record is not None
    archived(root, NOW)
    material = held_material(files(root)["S2630001.pdf"])
    subjects = {x509.load_der_x509_certificate(one).subject.rfc4514_string() for one in material.certificates}
    listed = x509.load_der_x509_crl(material.lists[0])
    leaf, issuer = (x509.load_pem_x509_certificate(pem.encode()) for pem in record.chain)

    assert {leaf.subject.rfc4514_string(), issuer.subject.rfc4514_string(), "CN=First Root"} <= subjects
    assert listed.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    assert [one.serial_number for one in listed] == [leaf.serial_number]


def test_stamps_are_renewed_before_they_lapse_and_not_otherwise(at: At) -> None:
    """In the last year of a stamp another authority's is added; the first stays, and both count long after the keys."""
    root = at("issued")
    archived(root)
    after_the_key = seen(root, NOW + 2 * YEAR + 30 * DAY)
    in_between = archived(root, NOW + 3 * YEAR)
    renewed = archived(root, NOW + 4 * YEAR + DAY, SECOND)
    later = NOW + 6 * YEAR

    assert (in_between.already, in_between.renewed) == (len(PASSING), ())
    assert (after_the_key.state, outcome(after_the_key)) == (State.VALID, Outcome.PASSED)
    assert len(renewed.renewed) == len(PASSING)
    assert len(split_archive(files(root)["S2630001.pdf"])[1]) == 2
    assert (seen(root, later).state, outcome(seen(root, later))) == (State.EXPIRED, Outcome.PASSED)
    assert outcome(seen(root, NOW + 30 * YEAR)) is Outcome.NOT_DONE


def test_a_stamp_that_would_hold_no_longer_is_not_added(at: At) -> None:
    """An authority whose certificate ends as soon as before: said in time, and the file stays as it is."""
    root = at("issued")
    archived(root)
    before = files(root)
    run = archived(root, NOW + 4 * YEAR + DAY)

    assert {one.code for one in run.failed} >= {"archive/no-longer"}
    assert run.renewed == ()
    assert files(root) == before


def test_an_archived_certificate_holds_after_its_key_was_revoked(at: At, tmp_path: Path) -> None:
    """A bundle alone cannot tell when a revoked key signed; the archive stamp proves that it was before."""
    root = at("issued")
    before = files(root)["S2630001.pdf"]
    archived(root, NOW + DAY)
    with acting(root, at=NOW + 3 * DAY) as context:
        record = list_certificates(context)[0]
        for kid in (record.pdf_key, record.cred_key):
            retire_key(context, kid, compromised_from=NOW + 2 * DAY)
        new_keys(context, passphrase, rotate=True)
        export_trust(context, passphrase, tmp_path)
    source = source_from_bundle(tmp_path / "bundle.json", at=NOW + 4 * DAY)
    (tmp_path / "bare.pdf").write_bytes(before)

    assert verify_file(root / "certificates" / "S2630001.pdf", source, at=NOW + 4 * DAY).state is State.VALID
    assert verify_file(tmp_path / "bare.pdf", source, at=NOW + 4 * DAY).state is State.UNCHECKED


def test_archived_files_are_the_issued_ones_to_everything_else(at: At, tmp_path: Path) -> None:
    """The proof of the log beside it holds, the package for the holder is made, and `cert render` gives the issued bytes."""
    root = at("issued")
    before = files(root)
    archived(root)
    with acting(root) as context:
        exported = export_certificates(context, [SITTING], Form.ZIP, tmp_path / "out", passphrase)
        digest = render_again(context, "S2630001", passphrase, tmp_path / "again.pdf")
    log = [one.outcome for one in seen(root, NOW).checks if one.id == "log"]

    assert log == [Outcome.PASSED]
    assert (len(exported.files), exported.failed) == (len(PASSING), ())
    assert (tmp_path / "again.pdf").read_bytes() == before["S2630001.pdf"]
    assert digest == digest_of_bytes(before["S2630001.pdf"])


@pytest.mark.parametrize("faults", [Faults(status=500), Faults(refuses=True), Faults(digest=True)])
def test_without_a_stamp_files_stay_as_they_are(at: At, faults: Faults) -> None:
    """Each failure is named; the next run archives them."""
    root = at("issued")
    before = files(root)
    with serving(FIRST, clock=lambda: NOW, faults=faults) as url:
        name_authority(root, url, FIRST)
        with acting(root) as context:
            run = archive_certificates(context, SITTING, passphrase)

    assert sum(one.code.startswith("stamp/") for one in run.failed) == len(PASSING)
    assert files(root) == before
    assert len(archived(root).archived) == len(PASSING)


def test_interrupted_it_goes_on(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that dies after the first file leaves it whole and archived; the next does the others, and it once only."""
    root = at("issued")
    right = archiving.write_whole

    def dies_on_the_second(path: Path, data: bytes) -> None:
        if path.name == "S2630002.pdf":
            raise KeyboardInterrupt
        right(path, data)

    monkeypatch.setattr(archiving, "write_whole", dies_on_the_second)
    with pytest.raises(KeyboardInterrupt):
        archived(root)
    monkeypatch.undo()
    first = files(root)["S2630001.pdf"]
    run = archived(root)

    assert (run.archived, run.already) == (("S2630002", "S2630003"), 1)
    assert files(root)["S2630001.pdf"] == first


def test_a_dry_run_asks_nobody_and_writes_nothing(at: At) -> None:
    """It tells what would be done, without a passphrase."""
    root = at("issued")
    before, faults = files(root), Faults()
    with serving(FIRST, clock=lambda: NOW, faults=faults) as url:
        name_authority(root, url, FIRST)
        with acting(root) as context:
            run = archive_certificates(context, None, lambda: pytest.fail("asked"), dry_run=True)

    assert len(run.archived) == len(PASSING)
    assert (faults.asked, files(root)) == ([], before)


def test_missing_and_strange_files_are_named(at: At) -> None:
    """One that is not there, and one that is not what was issued; the third is archived."""
    root = at("issued")
    (root / "certificates" / "S2630001.pdf").unlink()
    (root / "certificates" / "S2630002.pdf").write_bytes(b"%PDF-1.7 another")
    run = archived(root)

    assert {"file/not-found", "certificate/other-file"} <= {one.code for one in run.failed}
    assert run.archived == ("S2630003",)


def test_what_strangers_will_miss_is_said(at: At) -> None:
    """Without a list by the authority of stamps there is a warning; with one there is none."""
    root = at("issued")
    with serving(FIRST, clock=lambda: NOW) as url:
        name_authority(root, url, FIRST)
        with acting(root) as context:
            bare = archive_certificates(context, SITTING, passphrase)
    (root / "first.crl").write_bytes(empty_crl(FIRST, NOW - DAY))
    config = root / "certengine.toml"
    config.write_text(config.read_text("utf-8") + 'revocation_lists = ["first.crl"]\n', "utf-8")
    with acting(root) as context:
        listed = archive_certificates(context, SITTING, passphrase)
        (root / "first.crl").write_bytes(b"none")
        with pytest.raises(InputError) as error:
            archive_certificates(context, SITTING, passphrase)

    assert [(one.code, one.severity.value) for one in bare.failed] == [("archive/no-list", "warning")]
    assert listed.failed == ()
    assert error.value.code == "archive/list"


def test_it_needs_an_authority_a_keyholder_and_something_issued(at: At) -> None:
    """Each is said, with a way out."""
    root = at("keyed")
    with acting(root) as context, pytest.raises(Refused) as no_authority:
        archive_certificates(context, SITTING, passphrase)
    name_authority(root, "http://127.0.0.1:9/", FIRST)
    with acting(root) as context, pytest.raises(NotFound):
        archive_certificates(context, SITTING, passphrase)
    with acting(root, "approver") as context, pytest.raises(CertengineError) as no_role:
        archive_certificates(context, SITTING, passphrase)

    assert (no_authority.value.code, no_role.value.code) == ("archive/no-authority", "role/missing")


def test_a_file_that_does_not_pass_its_check_stays_as_it_was(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was made is looked at before it takes the place of the file."""
    root = at("issued")
    before = files(root)
    right = archiving.with_archive_stamp
    monkeypatch.setattr(archiving, "with_archive_stamp", lambda *given, **more: right(*given, **more) + b"%")
    run = archived(root)

    assert {one.code for one in run.failed} >= {"archive/self-check"}
    assert files(root) == before
