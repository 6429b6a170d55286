"""Issuing: who is certified, with what, and what is not issued. What kills do to it: ``tests/campaigns``."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import partialmethod
from pathlib import Path

import pikepdf
import pytest

from certengine.canonical import digest_of_bytes
from certengine.credentials.badge import Proofs
from certengine.credentials.codes import printed
from certengine.credentials.status_list import ENTRIES
from certengine.documents.certificate import NameSetting, RareLetters
from certengine.documents.pdf_reading import page_text
from certengine.errors import InputError, NotFound, Refused
from certengine.model.credential import State
from certengine.services.certificate_making import CertificateMaker
from certengine.services.grading import grade_written
from certengine.services.issuing import FORMS, issue_sitting, plan_issue, render_again
from certengine.services.keys import new_keys, open_signers, retire_key
from certengine.services.overview import check_database, overview
from certengine.services.register import register_source
from certengine.services.reserving import StatusPlaces
from certengine.services.results import approve_sitting, decide_sitting
from certengine.services.standing import ReasonClass, change_standing, find_certificate, list_certificates
from certengine.services.succession import Wish, succeed
from certengine.services.trust import TrustFiles, export_trust
from certengine.services.verification import (
    no_source,
    source_from_bundle,
    source_from_keyring,
    verify_bytes,
    verify_target,
    verify_text,
    worst,
)
from certengine.store.certificates import CertificateRecord, CertificateState
from tests.services.small_world import (
    NOW,
    PASSING,
    SITTING,
    acting,
    papers,
    passphrase,
    rows_of,
    write_responses,
)
from tests.services.test_succession import both_roles

At = Callable[[str], Path]
NUMBERS = ["S2630001", "S2630002", "S2630003"]
pytestmark = pytest.mark.slow


def records(root: Path) -> tuple[CertificateRecord, ...]:
    """What the register holds."""
    with acting(root) as context:
        return list_certificates(context, SITTING)


def demand_sound(root: Path) -> None:
    """Numbers without gap or double, each file the one of the register, nothing else in the folder, records sound."""
    held = records(root)
    year = held[0].credential.number[1:3]
    assert [one.credential.number for one in held] == [f"S{year}3{n:04}" for n in range(1, len(PASSING) + 1)]
    assert [one.candidate for one in held] == list(PASSING)
    assert {one.state for one in held} == {CertificateState.ISSUED}
    assert [[event.kind for event in one.events] for one in held] == [["issued"]] * len(PASSING)
    files = {path.name: digest_of_bytes(path.read_bytes()) for path in (root / "certificates").glob("*.pdf")}
    assert files == {f"{one.credential.number}.pdf": one.pdf_digest for one in held}
    with acting(root) as context:
        assert check_database(context) == ()


class TestIssuing:
    """Who is certified, and with what."""

    def test_whoever_passed_and_is_approved_is_certified(self, at: At) -> None:
        """In the candidates' order, from the first number of the series; what failed or waits is not."""
        root = at("issued")
        demand_sound(root)
        assert [one.credential.number for one in records(root)] == NUMBERS
        credential = records(root)[0].credential
        assert (str(credential.issued_on), str(credential.valid_until)) == ("2026-11-22", "2029-11-21")

    def test_each_file_says_what_was_reserved(self, at: At) -> None:
        """Name, number and code stand on the page, and the register calls the file valid."""
        root = at("issued")
        with acting(root) as context:
            source = register_source(context)
            for record in list_certificates(context, SITTING):
                pdf = (root / "certificates" / f"{record.credential.number}.pdf").read_bytes()
                text = "".join(page_text(pdf).split())
                for words in (record.credential.holder.name, record.credential.number, printed(record.credential.code)):
                    assert "".join(words.split()) in text
                assert verify_bytes(pdf, source, at=NOW).state is State.VALID

    def test_codes_and_positions_are_all_different(self, at: At) -> None:
        """Nobody's code or place in the status list says anything of another's."""
        held = records(at("issued"))
        assert len({one.credential.code for one in held}) == len({one.credential.status_index for one in held}) == 3

    def test_issuing_again_changes_nothing(self, at: At) -> None:
        """No number is taken, no file written, and the answer says how many there were."""
        root = at("issued")
        with acting(root) as context:
            before, files = rows_of(context), sorted((root / "certificates").glob("*.pdf"))
            again = issue_sitting(context, SITTING, passphrase)
            assert (again.issued, again.already, again.failed) == ((), 3, ())
            assert (rows_of(context), sorted((root / "certificates").glob("*.pdf"))) == (before, files)

    def test_the_same_file_can_be_made_again(self, at: At) -> None:
        """Byte for byte, under another name."""
        root = at("issued")
        with acting(root, entropy="other") as context:
            render_again(context, NUMBERS[0], passphrase, root / "copy.pdf")
        assert (root / "copy.pdf").read_bytes() == (root / "certificates" / f"{NUMBERS[0]}.pdf").read_bytes()

    def test_after_a_rotation_too(self, at: At) -> None:
        """With the keys of then, which sign nothing else any more."""
        root = at("issued")
        with acting(root, at=NOW + timedelta(days=400)) as context:
            new_keys(context, passphrase, rotate=True)
            render_again(context, NUMBERS[0], passphrase, root / "copy.pdf")
        assert (root / "copy.pdf").read_bytes() == (root / "certificates" / f"{NUMBERS[0]}.pdf").read_bytes()

    @pytest.mark.parametrize("form", FORMS)
    def test_files_of_every_form_can_be_made_again(
        self, at: At, form: tuple[Proofs, RareLetters, NameSetting], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also those issued with one proof, with rare letters as they were embedded once, or with names set alike."""
        root = at("keyed")
        page = root / "templates" / "formal" / "certificate.html"
        page.write_text(page.read_text("utf-8").replace("兹证明", "兹证明䶮"), encoding="utf-8")
        monkeypatch.setattr("certengine.documents.certificate.wants_narrow_quotes", lambda _name: True)
        earlier = partialmethod(CertificateMaker.make, proofs=form[0], rare=form[1], names=form[2])
        with acting(root) as context:
            with monkeypatch.context() as then:
                then.setattr(CertificateMaker, "make", earlier)
                assert issue_sitting(context, SITTING, passphrase).failed == ()
            render_again(context, NUMBERS[0], passphrase, root / "copy.pdf")
        pdf = (root / "certificates" / f"{NUMBERS[0]}.pdf").read_bytes()
        assert (root / "copy.pdf").read_bytes() == pdf
        with pikepdf.open(io.BytesIO(pdf)) as document:
            heavy = [one for one in document.objects if isinstance(one, pikepdf.Dictionary) and "/FontFile3" in one]
        assert len(heavy) == (form[1] == "opentype")

    def test_a_copy_that_would_differ_is_not_made(self, at: At) -> None:
        """After the design changed, the file that was issued is the only one."""
        root = at("issued")
        page = root / "templates" / "formal" / "certificate.css"
        page.write_text(page.read_text("utf-8") + "\nbody { letter-spacing: 0.1pt }\n", encoding="utf-8")
        with acting(root) as context, pytest.raises(Refused) as error:
            render_again(context, NUMBERS[0], passphrase, root / "copy.pdf")
        assert (error.value.code, (root / "copy.pdf").exists()) == ("certificate/would-differ", False)

    def test_the_plan_is_what_happens(self, at: At) -> None:
        """It names who would be certified, and writes nothing."""
        with acting(at("keyed")) as context:
            before = rows_of(context)
            plan = plan_issue(context, SITTING)
            assert (plan.ready, plan.reserved, plan.already, plan.template) == (PASSING, (), 0, "formal")
            assert rows_of(context) == before

    def test_progress_is_told_for_each(self, at: At) -> None:
        """From none to all."""
        told: list[tuple[int, int]] = []
        with acting(at("keyed")) as context:
            issue_sitting(context, SITTING, passphrase, progress=lambda done, total: told.append((done, total)))
        assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


class TestRefusals:
    """Before anything is reserved, everything that could fail is looked at."""

    @pytest.mark.parametrize(
        ("stage", "actor", "code"),
        [
            ("decided", "admin", "certificate/nothing-approved"),
            ("approved", "admin", "key/none"),
            ("keyed", "decider", "role/missing"),
        ],
    )
    def test_nothing_is_reserved_without_approval_keys_and_role(
        self, at: At, stage: str, actor: str, code: str
    ) -> None:
        """The error says what is missing; no number is taken."""
        with acting(at(stage), actor) as context:
            with pytest.raises((Refused, NotFound)) as error:
                issue_sitting(context, SITTING, passphrase)
            assert (error.value.code, rows_of(context)["certificate"]) == (code, 0)

    def test_another_passphrase_reserves_nothing(self, at: At) -> None:
        """A slip of the fingers takes no number."""
        with acting(at("keyed")) as context:
            with pytest.raises(Refused):
                issue_sitting(context, SITTING, lambda: b"another one")
            assert rows_of(context)["certificate"] == 0

    def test_a_missing_page_reserves_nothing(self, at: At) -> None:
        """A template folder without a certificate is found before a number is taken."""
        root = at("keyed")
        (root / "templates" / "formal" / "certificate.html").unlink()
        with acting(root) as context:
            with pytest.raises(NotFound) as error:
                issue_sitting(context, SITTING, passphrase)
            assert (error.value.code, rows_of(context)["certificate"]) == ("template/not-found", 0)

    @pytest.mark.parametrize("lost", ["number", "qr"])
    def test_a_page_without_number_or_code_is_not_issued(self, at: At, lost: str) -> None:
        """What a stranger could not check is not issued: no file, no event, and once mended the same numbers go on."""
        root = at("keyed")
        page = root / "templates" / "formal" / "certificate.html"
        whole = page.read_text("utf-8")
        page.write_text(without(whole, lost), encoding="utf-8")
        with acting(root) as context:
            run = issue_sitting(context, SITTING, passphrase)
            assert (run.issued, [one.code for one in run.failed]) == ((), ["certificate/self-check"] * 3)
            assert {one.state for one in list_certificates(context)} == {CertificateState.RESERVED}
            assert list((root / "certificates").glob("*")) == []
            page.write_text(whole, encoding="utf-8")
            mended = issue_sitting(context, SITTING, passphrase)
            assert (mended.resumed, [one.credential.number for one in mended.issued]) == (3, NUMBERS)

    def test_a_number_given_up_meanwhile_leaves_no_file(self, at: At) -> None:
        """Somebody voids the second number while its file is made: no file of it stays, and the others are issued."""
        root = at("keyed")
        with acting(root) as context:

            def give_up_the_second(done: int, _total: int) -> None:
                if done == 1:
                    change_standing(context, NUMBERS[1], "void", reason=ReasonClass.ERROR)

            run = issue_sitting(context, SITTING, passphrase, progress=give_up_the_second)
        assert ([one.credential.number for one in run.issued], [one.code for one in run.failed]) == (
            [NUMBERS[0], NUMBERS[2]],
            ["certificate/void"],
        )
        assert sorted(path.name for path in (root / "certificates").glob("*.pdf")) == [
            f"{NUMBERS[0]}.pdf",
            f"{NUMBERS[2]}.pdf",
        ]

    def test_a_superseded_decision_is_not_certified(self, at: At) -> None:
        """A number reserved before a candidate's result changed is not finished; the others are."""
        root = at("reserved")
        with acting(root) as context:
            paper = papers(context)[0]
            grade_written(context, SITTING, [write_responses(root / "blank.csv", [("C1", paper.id, {})])])
        with acting(root, "decider") as context:
            decide_sitting(context, SITTING)
        with acting(root, "approver") as context:
            approve_sitting(context, SITTING)
        with acting(root, at=records(root)[0].reserved_at + timedelta(minutes=1)) as context:
            again = issue_sitting(context, SITTING, passphrase)
            assert [one.code for one in again.failed] == ["certificate/decision-superseded"]
            assert [one.candidate for one in again.issued] == ["C2", "C3"]


def without(page: str, lost: str) -> str:
    """A certificate page that forgets one thing."""
    if lost == "number":
        changed = re.sub(r"\{\{[^{}]*\bnumber\b[^{}]*\}\}", "", page)
    else:
        changed = re.sub(r"<[^<>]*\bqr\b[^<>]*\{\{[^{}]*\}\}[^<>]*>|\{\{[^{}]*\bqr\w*\b[^{}]*\}\}", "", page)
    assert changed != page
    return changed


MAY_FOLLOW = {
    "issued": {"revoked", "suspended"},
    "suspended": {"revoked", "reinstated"},
    "revoked": set(),
    "reserved": {"void"},
    "void": set(),
}


class TestStanding:
    """What happens to a certificate after issue: which event may follow which."""

    def brought_to(self, at: At, state: str) -> Path:
        """A workspace whose first certificate is in a state."""
        root = at("reserved" if state in {"reserved", "void"} else "issued")
        if state in {"suspended", "revoked", "void"}:
            self.change(root, state)
        return root

    def change(self, root: Path, kind: str, **options: object) -> CertificateRecord:
        """One event on the first certificate."""
        number = records(root)[0].credential.number
        with acting(root, "admin" if kind == "void" else "approver") as context:
            return change_standing(context, number, kind, reason=ReasonClass.ERROR, **options)

    @pytest.mark.parametrize("state", ["issued", "suspended", "revoked", "reserved", "void"])
    def test_only_what_may_follow_follows(self, at: At, state: str) -> None:
        """Every other event is refused and leaves no trace."""
        root = self.brought_to(at, state)
        for kind in ("revoked", "suspended", "reinstated", "void"):
            if kind in MAY_FOLLOW[state]:
                assert self.change(root, kind, dry_run=True).state == state
            else:
                with acting(root) as context:
                    before = rows_of(context)
                with pytest.raises(Refused) as error:
                    self.change(root, kind)
                assert error.value.code == f"certificate/{state}"
                with acting(root) as context:
                    assert rows_of(context) == before

    def test_a_remark_stays_in_the_register(self, at: At) -> None:
        """The class of the reason is public; what was written beside it is not."""
        root = at("issued")
        self.change(root, "revoked", remark="copied from the neighbour")
        with acting(root) as context:
            record = list_certificates(context)[0]
            verdict = verify_text(record.credential.code, register_source(context), at=NOW)
        assert (record.events[-1].details, verdict.state) == ({"remark": "copied from the neighbour"}, State.REVOKED)
        assert "neighbour" not in repr(verdict)

    def test_a_certificate_is_found_by_number_and_by_both_codes(self, at: At) -> None:
        """As printed, as typed and in full."""
        with acting(at("issued")) as context:
            record = list_certificates(context)[1]
            names = (
                record.credential.number,
                record.credential.code,
                printed(record.credential.code),
                f" {NUMBERS[1]} ",
            )
            assert [find_certificate(context, name).id for name in names] == [record.id] * 4
            with pytest.raises(NotFound):
                find_certificate(context, "S2630099")

    def test_a_number_given_up_is_not_used_again(self, at: At) -> None:
        """The candidate gets the next number of the series; the void one stays."""
        root = self.brought_to(at, "void")
        year = records(root)[0].credential.number[:4]
        with acting(root, at=records(root)[0].reserved_at + timedelta(minutes=1), entropy="more") as context:
            run = issue_sitting(context, SITTING, passphrase)
        assert run.failed == ()
        assert [(one.credential.number, one.candidate, one.state.value) for one in records(root)] == [
            (f"{year}0001", "C1", "void"),
            (f"{year}0002", "C2", "issued"),
            (f"{year}0003", "C3", "issued"),
            (f"{year}0004", "C1", "issued"),
        ]

    def test_reserved_for_keys_that_were_rotated_it_is_given_up_and_issued_anew(self, at: At) -> None:
        """The way out that the refusal names works."""
        root = at("reserved")
        later = records(root)[0].reserved_at + timedelta(days=1)
        with acting(root, at=later, entropy="more") as context:
            new_keys(context, passphrase, rotate=True)
            refused = issue_sitting(context, SITTING, passphrase)
            assert {one.code for one in refused.failed} == {"certificate/other-keys"}
            for record in list_certificates(context):
                change_standing(context, record.credential.number, "void", reason=ReasonClass.ERROR)
            run_again = issue_sitting(context, SITTING, passphrase)
            assert (len(run_again.issued), run_again.failed) == (3, ())

    def test_what_is_void_does_not_verify_with_a_bundle(self, at: At) -> None:
        """A file that was made before its number was given up is revoked for whoever holds the bundle."""
        root = at("written")
        number = records(root)[0].credential.number
        pdf = (root / "certificates" / f"{number}.pdf").read_bytes()
        self.change(root, "void")
        later = records(root)[0].reserved_at + timedelta(minutes=1)
        with acting(root, at=later) as context:
            files = export_trust(context, passphrase, root / "trust")
        verdict = verify_bytes(pdf, source_from_bundle(files.bundle, at=later), at=later)
        assert verdict.state is State.REVOKED


def issuers_of(files: TrustFiles) -> dict[str, str]:
    """The issuer that each published list names, and the one that all lists of the bundle name."""
    lists = {path.stem: json.loads(path.read_bytes()) for path in (files.bundle.parent / "status").glob("*.json")}
    (bundled,) = {one["issuer"] for one in json.loads(files.bundle.read_bytes())["status_lists"]}
    return {"bundle": bundled, **{name: one["issuer"] for name, one in lists.items()}}


class TestManyLists:
    """A status list has 131,072 positions; a register may have more certificates."""

    def test_positions_are_free_and_a_list_is_left_when_three_quarters_are_taken(self, at: At) -> None:
        """The last of the third quarter is in the list in use, whatever comes next in the next one."""
        with acting(at("keyed")) as context:
            places = StatusPlaces(context, 1, set(range(StatusPlaces.FULL - 1)))
            taken = [places.take() for _ in range(3)]
        assert [one // ENTRIES for one in taken] == [1, 2, 2]
        assert taken[0] % ENTRIES >= StatusPlaces.FULL - 1

    def test_after_a_rotation_the_next_list_is_begun(self, at: At) -> None:
        """Published, each is signed by the key of its certificates, or by the one in use where that key was stolen; in the
        bundle all are by the one in use.
        """
        root = at("issued")
        (old,) = {one.cred_key for one in records(root)}
        both_roles(root)
        with acting(root, at=NOW + timedelta(days=1), entropy="later") as context:
            new_keys(context, passphrase, rotate=True)
            succeed(context, NUMBERS[0], Wish(kind="reprint", reason=ReasonClass.LOST), passphrase)
            own = open_signers(context, passphrase).method.partition("#")[0]
            first = issuers_of(export_trust(context, passphrase, root / "trust"))
            retire_key(context, old, compromised_from=NOW)
            after = issuers_of(export_trust(context, passphrase, root / "trust"))
        assert [one.credential.status_index // ENTRIES for one in records(root)] == [0, 0, 0, 1]
        assert first["revocation-1"] == first["suspension-1"] != own
        assert first["bundle"] == first["revocation-2"] == after["bundle"] == after["revocation-1"] == own

    def test_a_certificate_of_a_later_list_is_looked_up_there(self, at: At, monkeypatch: pytest.MonkeyPatch) -> None:
        """With room for one in each, three certificates are in three lists, all published; the third one is revoked there."""
        monkeypatch.setattr(StatusPlaces, "FULL", 1)
        root = at("keyed")
        with acting(root) as context:
            issue_sitting(context, SITTING, passphrase)
        with acting(root, "approver") as context:
            change_standing(context, NUMBERS[2], "revoked", reason=ReasonClass.MISCONDUCT)
        with acting(root) as context:
            files = export_trust(context, passphrase, root / "trust")
        source = source_from_bundle(files.bundle, at=NOW)
        found = [verify_target(str(root / "certificates" / f"{one}.pdf"), source, at=NOW).state for one in NUMBERS]
        lists = {path.stem for path in (root / "trust" / "status").iterdir()}
        assert [one.credential.status_index // ENTRIES for one in records(root)] == [0, 1, 2]
        assert lists == {f"{purpose}-{number}" for purpose in ("revocation", "suspension") for number in (1, 2, 3)}
        assert found == [State.VALID, State.VALID, State.REVOKED]


class TestKeysOverTime:
    """What was signed while a key was good stays good."""

    def test_rotation_keeps_old_certificates_valid(self, at: At) -> None:
        """After new keys were made the files issued before verify as ever."""
        root = at("issued")
        later = NOW + timedelta(days=400)
        with acting(root, at=later) as context:
            new_keys(context, passphrase, rotate=True)
            verdict = verify_target(
                str(root / "certificates" / f"{NUMBERS[0]}.pdf"), register_source(context), at=later
            )
        assert verdict.state is State.VALID

    def test_a_key_stolen_before_takes_its_certificates_with_it(self, at: At) -> None:
        """What it signed after the instant named is genuine no longer; what it signed before is."""
        root = at("issued")
        for stolen, valid in ((NOW + timedelta(days=1), True), (NOW - timedelta(days=1), False)):
            with acting(root, at=NOW + timedelta(days=2)) as context:
                retire_key(context, records(root)[0].pdf_key, compromised_from=stolen)
                source = register_source(context)
                verdict = verify_target(str(root / "certificates" / f"{NUMBERS[0]}.pdf"), source, at=context.clock())
            assert (verdict.state is State.VALID) == valid


class TestSources:
    """Where trust and status come from decides how much can be told."""

    @pytest.fixture
    def issued(self, at: At) -> Path:
        """A workspace whose second certificate was revoked, with what the issuer publishes."""
        root = at("issued")
        with acting(root, "approver") as context:
            change_standing(context, NUMBERS[1], "revoked", reason=ReasonClass.MISCONDUCT)
        with acting(root) as context:
            export_trust(context, passphrase, root / "trust")
        return root

    def states(self, root: Path, source: object) -> list[State]:
        """The verdicts on the three files."""
        return [verify_target(str(root / "certificates" / f"{one}.pdf"), source, at=NOW).state for one in NUMBERS]

    def test_with_a_bundle_status_is_known_without_the_register(self, issued: Path) -> None:
        """Whoever holds the signed bundle needs nothing else."""
        source = source_from_bundle(issued / "trust" / "bundle.json", at=NOW)
        assert self.states(issued, source) == [State.VALID, State.REVOKED, State.VALID]

    def test_with_a_keyring_alone_status_stays_unchecked(self, issued: Path) -> None:
        """Genuine, but nobody said whether it was revoked: never called valid."""
        source = source_from_keyring(issued / "trust" / "keyring.json")
        assert self.states(issued, source) == [State.UNCHECKED] * 3

    def test_with_nothing_to_trust_nothing_is_called_valid(self, issued: Path) -> None:
        """A file that vouches for itself proves nothing."""
        assert not {State.VALID, State.REVOKED} & set(self.states(issued, no_source()))

    def test_a_code_alone_is_judged_by_the_token_on_record(self, issued: Path) -> None:
        """Typed or in full, small letters or large."""
        with acting(issued) as context:
            code = list_certificates(context)[0].credential.code
            source = register_source(context)
            found = [verify_target(text, source, at=NOW).state for text in (code, code.lower(), printed(code))]
        assert found == [State.VALID] * 3

    def test_a_certificate_that_is_not_issued_is_unknown_to_strangers(self, at: At) -> None:
        """A number that is only reserved says no more than one that never was."""
        root = at("written")
        with acting(root) as context:
            record = list_certificates(context)[0]
            source = register_source(context)
            known = verify_text(record.credential.code, source, at=record.reserved_at).state
            never = verify_text("0" * 26, source, at=record.reserved_at).state
        assert (known, never) == (State.UNKNOWN, State.UNKNOWN)

    def test_one_changed_byte_is_found(self, issued: Path) -> None:
        """Wherever it is in the page."""
        data = bytearray((issued / "certificates" / f"{NUMBERS[0]}.pdf").read_bytes())
        data[len(data) // 3] ^= 1
        with acting(issued) as context:
            assert verify_bytes(bytes(data), register_source(context), at=NOW).state in {
                State.TAMPERED,
                State.UNREADABLE,
            }

    @pytest.mark.parametrize("name", ["none.pdf", "folder/none"])
    def test_a_path_that_does_not_exist_is_told_from_a_code(self, tmp_path: Path, name: str) -> None:
        """A slip in a path is no verdict on a certificate."""
        with pytest.raises(NotFound):
            verify_target(str(tmp_path / name), no_source(), at=NOW)

    def test_what_is_no_bundle_or_keyring_is_refused(self, tmp_path: Path) -> None:
        """Nothing is trusted that was not read whole."""
        (tmp_path / "x").write_text("{}")
        with pytest.raises(InputError, match="not a trust bundle"):
            source_from_bundle(tmp_path / "x", at=NOW)
        with pytest.raises(InputError, match="not a keyring"):
            source_from_keyring(tmp_path / "x")

    def test_of_several_answers_any_no_weighs_more_than_cannot_tell(self) -> None:
        """And cannot tell weighs more than yes."""
        assert worst([State.VALID, State.UNCHECKED, State.REVOKED]) is State.REVOKED
        assert worst([State.VALID, State.UNCHECKED]) is State.UNCHECKED
        assert worst([State.EXPIRED, State.TAMPERED]) is State.TAMPERED


def test_the_overview_counts_what_is_issued(at: At) -> None:
    """C6 waits for a score, which is what is left to do; an unfinished run is told with the command that resumes it."""
    done = at("issued")
    with acting(done) as context:
        overviewed = overview(context)
    assert overviewed.next_command == f"certengine result gaps {SITTING}"
    assert any("3 certificates" in line.text for line in overviewed.lines)
