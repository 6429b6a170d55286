"""Certificates that stand in for earlier ones: the earlier holds until the instant its successor is issued."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from certengine.credentials.qr import qr_text
from certengine.credentials.wording import heading
from certengine.documents.pdf_reading import page_text
from certengine.errors import Refused, UsageError
from certengine.model.credential import Outcome, State, Verdict
from certengine.services.issuing import issue_sitting
from certengine.services.keys import load_keyring, open_signers
from certengine.services.register import register_source
from certengine.services.standing import ReasonClass, change_standing, find_certificate, list_certificates
from certengine.services.succession import SuccessionRun, Wish, succeed
from certengine.services.trust import export_trust
from certengine.services.verification import source_from_bundle, verify_bytes, verify_target, verify_text
from certengine.store.audit import acts
from certengine.store.certificates import CertificateRecord, CertificateState
from tests.cli.running import certengine
from tests.services.small_world import NOW, SITTING, acting, passphrase, rows_of

At = Callable[[str], Path]
LATER = NOW + timedelta(days=3)
FIRST = "S2630001"
CORRECTED = Wish(kind="replacement", reason=ReasonClass.ERROR, name="陈晓明")
LOST = Wish(kind="reprint", reason=ReasonClass.LOST)
RENEWED = Wish(kind="renewal", reason=ReasonClass.OTHER)
pytestmark = pytest.mark.slow


def done(root: Path, wish: Wish, number: str = FIRST, **options: object) -> SuccessionRun:
    """One succession, by somebody who is keyholder and approver."""
    both_roles(root)
    with acting(root, at=LATER, entropy=f"{wish.kind} {number}") as context:
        return succeed(context, number, wish, passphrase, **options)


def both_roles(root: Path) -> None:
    """Give ``admin`` both roles: one person does what two would."""
    config = root / "certengine.toml"
    config.write_text(config.read_text("utf-8").replace('"keyholder"]', '"keyholder", "approver"]'), encoding="utf-8")


def answer(root: Path, file: str) -> Verdict:
    """What the register says of a file of the certificates' folder."""
    with acting(root, at=LATER) as context:
        return verify_bytes((root / "certificates" / file).read_bytes(), register_source(context), at=LATER)


def record(root: Path, number: str) -> CertificateRecord:
    """One certificate of the register."""
    with acting(root) as context:
        return find_certificate(context, number)


class TestReplacement:
    """A faulty certificate gives way to a right one."""

    def test_the_new_one_is_valid_and_the_old_one_superseded(self, at: At) -> None:
        """Both files are answered so, and the old one's answer names the new number."""
        root = at("issued")
        run = done(root, CORRECTED)
        assert run.later is not None
        number = run.later.credential.number
        old, new = answer(root, f"{FIRST}.pdf"), answer(root, f"{number}.pdf")
        assert (old.state, new.state) == (State.SUPERSEDED, State.VALID)
        assert old.status is not None
        assert (old.status.successor, old.status.reason) == (number, "error")
        assert "2026年11月25日换发" in heading(old).best("zh")

    def test_verify_names_the_new_number(self, at: At) -> None:
        """Whoever holds the old one learns at the terminal, as on the page, what to ask for."""
        root = at("issued")
        done(root, CORRECTED)
        ran = certengine("verify", f"certificates/{FIRST}.pdf", cwd=root)
        assert (ran.code, "replaced by    S2630004" in ran.out) == (3, True)

    def test_it_says_what_is_right_and_keeps_the_end(self, at: At) -> None:
        """Name, number, code and day are new; the end of validity is not, and the page says what it replaces."""
        root = at("issued")
        before = record(root, FIRST).credential
        run = done(root, CORRECTED)
        assert run.later is not None
        after = run.later.credential
        assert (after.holder.name, after.number, str(after.issued_on)) == ("陈晓明", "S2630004", "2026-11-25")
        assert after.valid_until == before.valid_until
        assert after.code != before.code
        assert after.status_index != before.status_index
        text = "".join(page_text((root / "certificates" / "S2630004.pdf").read_bytes()).split())
        assert "陈晓明" in text
        assert FIRST in text

    def test_a_replacement_that_changes_nothing_is_refused(self, at: At) -> None:
        """A number would be used for nothing."""
        root = at("issued")
        with pytest.raises(UsageError) as error:
            done(root, Wish(kind="replacement", reason=ReasonClass.ERROR))
        assert error.value.code == "certificate/nothing-changes"

    def test_the_approver_reserves_and_the_keyholder_issues(self, at: At) -> None:
        """Two people: until the second has acted, the old one holds; then the same transaction turns both."""
        root = at("issued")
        with acting(root, "approver", at=LATER, entropy="two") as context:
            run = succeed(context, FIRST, CORRECTED, passphrase)
        assert run.waits
        assert (run.later and run.later.state, record(root, FIRST).state) == (
            CertificateState.RESERVED,
            CertificateState.ISSUED,
        )
        assert answer(root, f"{FIRST}.pdf").state is State.VALID
        with acting(root, at=LATER) as context:
            issued = issue_sitting(context, SITTING, passphrase)
        assert [one.credential.number for one in issued.issued] == ["S2630004"]
        assert record(root, FIRST).state is CertificateState.SUPERSEDED

    def test_the_keyholder_alone_may_not(self, at: At) -> None:
        """Taking a certificate out of force needs an approver; nothing is reserved."""
        root = at("issued")
        with acting(root, at=LATER) as context:
            before = rows_of(context)
            with pytest.raises(Refused) as error:
                succeed(context, FIRST, CORRECTED, passphrase)
            assert (error.value.code, rows_of(context)) == ("role/missing", before)

    def test_asked_again_it_goes_on_with_the_same_number(self, at: At) -> None:
        """What was reserved is issued, not reserved twice; another wish meanwhile is refused."""
        root = at("issued")
        with acting(root, "approver", at=LATER, entropy="two") as context:
            first = succeed(context, FIRST, CORRECTED, passphrase)
            with pytest.raises(Refused) as error:
                succeed(context, FIRST, LOST, passphrase)
        again = done(root, CORRECTED)
        assert error.value.code == "certificate/succession-pending"
        assert first.later is not None
        assert again.later is not None
        assert again.later.credential == first.later.credential
        assert again.later.state is CertificateState.ISSUED

    def test_one_withdrawn_meanwhile_is_not_replaced(self, at: At) -> None:
        """The reservation stays, with the way out; the withdrawn one stays withdrawn."""
        root = at("issued")
        with acting(root, "approver", at=LATER, entropy="two") as context:
            succeed(context, FIRST, CORRECTED, passphrase)
            change_standing(context, FIRST, "revoked", reason=ReasonClass.MISCONDUCT)
        with acting(root, at=LATER) as context:
            run = issue_sitting(context, SITTING, passphrase)
        assert [one.code for one in run.failed] == ["certificate/predecessor"]
        assert record(root, FIRST).state is CertificateState.REVOKED
        assert record(root, "S2630004").state is CertificateState.RESERVED

    def test_the_plan_writes_nothing(self, at: At) -> None:
        """A dry run tells the names and the end, and takes no number."""
        root = at("issued")
        with acting(root, at=LATER) as context:
            before = rows_of(context)
            run = succeed(context, FIRST, CORRECTED, passphrase, dry_run=True)
            assert (run.later, run.holder.name, rows_of(context)) == (None, "陈晓明", before)

    def test_the_acts_are_written_down(self, at: At) -> None:
        """Who replaced, reserved, issued and superseded, in the audit trail, without a name in it."""
        root = at("issued")
        done(root, CORRECTED)
        with acting(root) as context, context.reading() as connection:
            last = [(one.action, one.subject) for one in acts(connection, 4)]
            details = str([one.details for one in acts(connection, 4)])
        assert last == [
            ("cert.superseded", FIRST),
            ("cert.issue", "S2630004"),
            ("cert.replacement", "S2630004"),
            ("cert.reserve", "S2630004"),
        ]
        assert "陈晓明" not in details


class TestReprint:
    """A lost certificate is printed once more."""

    def test_the_number_stays_and_the_print_serial_counts(self, at: At) -> None:
        """The second print says so on its page; the lost one's file and QR code are superseded."""
        root = at("issued")
        lost = record(root, FIRST)
        run = done(root, LOST)
        assert run.later is not None
        credential = run.later.credential
        assert (credential.number, credential.print_serial, credential.issued_on) == (
            FIRST,
            2,
            lost.credential.issued_on,
        )
        pdf = root / "certificates" / f"{FIRST}.print-2.pdf"
        assert "第2次（补发）" in "".join(page_text(pdf.read_bytes()).split())
        assert (answer(root, f"{FIRST}.pdf").state, answer(root, pdf.name).state) == (State.SUPERSEDED, State.VALID)
        with acting(root, at=LATER) as context:
            found = verify_text(lost.credential.code, register_source(context), at=LATER)
            assert found.state is State.SUPERSEDED

    def test_a_further_print_is_valid_with_its_proof_beside_it(self, at: At) -> None:
        """The log names the print after the number; the proof that issuing writes beside the file is of that file."""
        root = at("issued")
        done(root, LOST)
        file = root / "certificates" / f"{FIRST}.print-2.pdf"
        assert file.with_suffix(".tlog-proof").is_file()
        with acting(root, at=LATER) as context:
            verdict = verify_target(str(file), register_source(context), at=LATER)
        assert (verdict.state, verdict.checks[-1].id, verdict.checks[-1].outcome) == (
            State.VALID,
            "log",
            Outcome.PASSED,
        )

    def test_the_number_finds_the_latest_print(self, at: At) -> None:
        """``number`` is the print in force, ``number/2`` one print, and the first is found by its code."""
        root = at("issued")
        lost = record(root, FIRST)
        done(root, LOST)
        done(root, Wish(kind="reprint", reason=ReasonClass.LOST), f"{FIRST}/2")
        prints = [record(root, one).credential.print_serial for one in (FIRST, f"{FIRST}/2", lost.credential.code)]
        assert prints == [3, 2, None]

    def test_the_lost_print_does_not_pass_offline_either(self, at: At) -> None:
        """Its position in the list of a new bundle is set; the second print's is not."""
        root = at("issued")
        lost = record(root, FIRST)
        run = done(root, LOST)
        assert run.later is not None
        with acting(root, at=LATER) as context:
            export_trust(context, passphrase, root / "trust")
            signers = open_signers(context, passphrase)
        source = source_from_bundle(root / "trust" / "bundle.json", at=LATER)
        from certengine.credentials.token import encode_token

        texts = [
            qr_text(one, encode_token(one, kid=signers.cred.kid, sign=signers.sign))
            for one in (lost.credential, run.later.credential)
        ]
        states = [verify_text(text, source, at=LATER).state for text in texts]
        assert states[0] in {State.REVOKED, State.SUPERSEDED}
        assert states[1] is State.VALID


class TestRenewal:
    """A certificate that ends is followed by another."""

    def renewed(self, root: Path, days_before_end: int) -> SuccessionRun:
        """A renewal so long before the end of the first certificate."""
        both_roles(root)
        end = record(root, FIRST).credential.valid_until
        assert end is not None
        when = NOW + timedelta(days=(end - NOW.date()).days - days_before_end)
        with acting(root, at=when, entropy="renew") as context:
            from certengine.services.keys import new_keys

            new_keys(context, passphrase, rotate=True)
            return succeed(context, FIRST, RENEWED, passphrase)

    def test_the_old_one_holds_to_its_end_and_the_new_one_after_it(self, at: At) -> None:
        """Both are valid while they overlap; each is linked to the other."""
        root = at("issued")
        run = self.renewed(root, 30)
        assert run.later is not None
        assert run.later.credential.succeeds is not None
        assert (run.later.credential.number[:3], run.later.credential.succeeds.number) == ("S29", FIRST)
        assert run.later.credential.valid_until == run.later.credential.issued_on.replace(year=2032) - timedelta(days=1)
        old = record(root, FIRST)
        assert (old.state, old.events[-1].details["successor"]) == (
            CertificateState.ISSUED,
            run.later.credential.number,
        )
        when = run.later.reserved_at
        with acting(root, at=when) as context:
            source = register_source(context)
            for one in (FIRST, run.later.credential.number):
                pdf = (root / "certificates" / f"{one}.pdf").read_bytes()
                assert verify_bytes(pdf, source, at=when).state is State.VALID

    def test_an_expired_one_may_be_renewed(self, at: At) -> None:
        """The old one reads expired, as before; the new one is valid."""
        root = at("issued")
        run = self.renewed(root, -10)
        assert run.later is not None
        assert run.later.state is CertificateState.ISSUED
        with acting(root, at=run.later.reserved_at) as context:
            pdf = (root / "certificates" / f"{FIRST}.pdf").read_bytes()
            assert verify_bytes(pdf, register_source(context), at=run.later.reserved_at).state is State.EXPIRED

    def test_too_early_or_twice_is_refused(self, at: At) -> None:
        """Half a year before its end, and once."""
        root = at("issued")
        with pytest.raises(Refused) as early:
            done(root, RENEWED)
        self.renewed(root, 20)
        with pytest.raises(Refused) as twice:
            self.renewed(root, 10)
        assert (early.value.code, twice.value.code) == ("certificate/renewal-early", "certificate/renewed")


@pytest.mark.parametrize("kind", ["replacement", "reprint", "renewal"])
@pytest.mark.parametrize("state", ["revoked", "superseded", "reserved"])
def test_what_is_out_of_force_is_not_succeeded(at: At, kind: str, state: str) -> None:
    """A revoked, a superseded and an unissued certificate take nothing."""
    if state == "reserved":
        root = at("reserved")
        with acting(root) as context:
            number = list_certificates(context)[0].credential.number
    else:
        root, number = at("issued"), FIRST
        if state == "superseded":
            number = FIRST
            done(root, CORRECTED)
        else:
            with acting(root, "approver") as context:
                change_standing(context, FIRST, "revoked", reason=ReasonClass.MISCONDUCT)
    with pytest.raises(Refused) as error:
        done(root, Wish(kind=kind, reason=ReasonClass.OTHER, name="别人"), number)  # type: ignore[arg-type]
    assert error.value.code == f"certificate/{state}"


def test_a_keyring_stays_as_it_was(at: At) -> None:
    """A succession signs with the keys there are."""
    root = at("issued")
    with acting(root) as context:
        before = load_keyring(context)
    done(root, LOST)
    with acting(root) as context:
        assert load_keyring(context) == before
