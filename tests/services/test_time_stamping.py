"""Issuing with time stamps: asked for over HTTP, kept with the issue, and nothing half made when the authority fails."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from certengine.canonical import digest_of_bytes
from certengine.documents.signature_container import read_signature
from certengine.errors import CannotTell, CertengineError, InputError, NotFound, Refused
from certengine.model.credential import Outcome, State, Verdict
from certengine.services.context import Context, open_context
from certengine.services.issuing import issue_sitting, render_again
from certengine.services.keys import load_keyring, new_keys, retire_key
from certengine.services.receipts import trust_in_register
from certengine.services.standing import list_certificates
from certengine.services.time_stamping import MAX_REPLY, TimeStamper, time_stamper
from certengine.services.trust import export_trust
from certengine.services.verification import source_from_bundle, verify_file
from certengine.store.certificates import CertificateState
from certengine.workspace.config import TimeStampingConfig
from tests.authority import Authority, Faults, basic, make_authority, openssl_serving, serving
from tests.cli.running import certengine
from tests.services.small_world import PASSING, SITTING, issue_killed_at, passphrase

At = Callable[[str], Path]
pytestmark = pytest.mark.slow
TSA = make_authority()
OTHER = make_authority("Other")
#: A busy machine is no authority out of reach.
PATIENCE = "120"
DIGEST = sha256(b"a signature").digest()


def name_authority(root: Path, url: str, authority: Authority = TSA, **fields: str) -> None:
    """Have a workspace name an authority."""
    (root / "tsa.pem").write_text(authority.anchor)
    given = {"url": url, "anchor": "tsa.pem", "seconds": PATIENCE, **fields}
    lines = "".join(f'{name} = "{value}"\n' for name, value in given.items())
    config = root / "certengine.toml"
    text = config.read_text("utf-8").split("\n[time_stamping]\n")[0]
    config.write_text(f"{text}\n[time_stamping]\n{lines}", "utf-8")


@contextmanager
def live(root: Path) -> Iterator[Context]:
    """The workspace by the real clock, as its keyholder."""
    context = open_context(root, actor="admin")
    try:
        yield context
    finally:
        context.database.close()


def verdict_on(root: Path, name: str = "0001") -> Verdict:
    """What the register says of a file it issued."""
    with live(root) as context:
        path = next((root / "certificates").glob(f"*{name}.pdf"))
        return verify_file(path, trust_in_register(context).source, at=datetime.now(UTC))


def outcome_of(verdict: Verdict, check: str = "time-stamp") -> Outcome | None:
    """How a check ended, if it was made."""
    return next((one.outcome for one in verdict.checks if one.id == check), None)


def test_issued_with_the_authority_of_openssl(at: At, tmp_path: Path) -> None:
    """OpenSSL's responder stamps each certificate; register, bundle and a fresh render agree on what was made."""
    root = at("live")
    with openssl_serving(TSA, tmp_path / "tsa") as url, live(root) as context:
        name_authority(root, url)
    with openssl_serving(TSA, tmp_path / "tsa") as url:
        name_authority(root, url)
        with live(root) as context:
            run = issue_sitting(context, SITTING, passphrase)
    assert run.failed == ()
    assert len(run.issued) == len(PASSING)
    verdict = verdict_on(root)
    assert (verdict.state, outcome_of(verdict)) == (State.VALID, Outcome.PASSED)
    with live(root) as context:  # the authority is gone: nobody is asked again
        copy = tmp_path / "copy.pdf"
        digest = render_again(context, run.issued[0].credential.number, passphrase, copy)
        assert digest == run.issued[0].pdf_digest == digest_of_bytes(copy.read_bytes())
        export_trust(context, passphrase, tmp_path / "trust")
    source = source_from_bundle(tmp_path / "trust" / "bundle.json", at=datetime.now(UTC))
    offline = verify_file(copy, source, at=datetime.now(UTC))
    assert (offline.state, outcome_of(offline)) == (State.VALID, Outcome.PASSED)


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        (Faults(nonce=True), "stamp/wrong"),
        (Faults(digest=True), "stamp/wrong"),
        (Faults(refuses=True), "stamp/refused"),
        (Faults(status=503), "stamp/out-of-reach"),
    ],
    ids=["nonce", "digest", "refusal", "http"],
)
def test_without_a_stamp_nothing_is_issued_and_running_again_resumes(at: At, faults: Faults, code: str) -> None:
    """Numbers stay reserved, no file is left, each failure is named; with a sound authority the same numbers are issued."""
    root = at("live")
    with serving(TSA, faults=faults) as url:
        name_authority(root, url)
        with live(root) as context:
            run = issue_sitting(context, SITTING, passphrase)
            reserved = list_certificates(context, SITTING)
    assert [one.code for one in run.failed] == [code] * len(PASSING)
    assert all(one.hint for one in run.failed)
    assert {one.state for one in reserved} == {CertificateState.RESERVED}
    assert list((root / "certificates").glob("*.pdf")) == []
    with serving(TSA) as url:
        name_authority(root, url)
        with live(root) as context:
            run = issue_sitting(context, SITTING, passphrase)
    assert (run.failed, run.resumed) == ((), len(PASSING))
    assert [one.credential for one in run.issued] == [one.credential for one in reserved]


def test_an_authority_out_of_reach_is_asked_twice_and_no_more(at: At) -> None:
    """A dead authority costs two waits, not one for each certificate."""
    root, faults = at("live"), Faults(status=500)
    with serving(TSA, faults=faults) as url:
        name_authority(root, url)
        with live(root) as context:
            run = issue_sitting(context, SITTING, passphrase)

    assert (len(run.failed), len(faults.asked)) == (len(PASSING), 2)


def test_killed_in_the_middle_it_resumes(at: At) -> None:
    """A process that dies with a stamped file already written leaves a reservation, and the next run a whole register."""
    root = at("live")
    with serving(TSA) as url:
        name_authority(root, url)
        issue_killed_at(root, "file-named:1")
        with live(root) as context:
            assert {one.state for one in list_certificates(context)} == {CertificateState.RESERVED}
            run = issue_sitting(context, SITTING, passphrase)
            held = list_certificates(context)
    assert run.failed == ()
    files = {path.name: digest_of_bytes(path.read_bytes()) for path in (root / "certificates").glob("*.pdf")}
    assert files == {f"{one.credential.number}.pdf": one.pdf_digest for one in held}


def test_a_stamp_proves_what_was_signed_before_a_key_was_stolen(at: At, tmp_path: Path) -> None:
    """A key revoked later leaves a bundle unable to tell, unless a trusted stamp says that it signed before."""
    root = at("live")
    with serving(TSA, clock=lambda: datetime.now(UTC) - timedelta(seconds=1)) as url:
        name_authority(root, url)
        with live(root) as context:
            record = issue_sitting(context, SITTING, passphrase).issued[0]
            stolen = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
            time.sleep((stolen - datetime.now(UTC)).total_seconds() + 0.1)
            for kid in (record.pdf_key, record.cred_key):
                retire_key(context, kid, compromised_from=stolen)
    with live(root) as context:
        new_keys(context, passphrase, rotate=True)
        export_trust(context, passphrase, tmp_path)
    path = next((root / "certificates").glob("*0001.pdf"))
    source = source_from_bundle(tmp_path / "bundle.json", at=datetime.now(UTC))
    assert source.keyring is not None
    blind = replace(source, keyring=replace(source.keyring, stamp_roots=()))

    assert verify_file(path, source, at=datetime.now(UTC)).state is State.VALID
    assert verify_file(path, blind, at=datetime.now(UTC)).state is State.UNCHECKED


def test_what_stamps_are_trusted_by_stays_in_the_keyring(at: At) -> None:
    """Another authority is added to the first; keys that are made anew keep both, and old stamps stay trusted."""
    root = at("live")
    with serving(TSA) as url:
        name_authority(root, url)
        with live(root) as context:
            issue_sitting(context, SITTING, passphrase)
    with serving(OTHER) as url:
        name_authority(root, url, OTHER)
        with live(root) as context:
            issue_sitting(context, SITTING, passphrase)
            new_keys(context, passphrase, rotate=True)
            keyring = load_keyring(context)
    assert keyring.stamp_roots == (TSA.anchor, OTHER.anchor)
    assert outcome_of(verdict_on(root)) is Outcome.PASSED


class TestAsking:
    """The client alone."""

    def asked(self, url: str, *, seconds: str = PATIENCE, secret: bytes | None = None) -> bytes:
        """A stamp from an address."""
        from decimal import Decimal

        config = TimeStampingConfig(url=url, anchor="-", seconds=Decimal(seconds))
        return TimeStamper(config, (TSA.anchor,), lambda size: b"7" * size, secret)(DIGEST)

    @pytest.mark.parametrize(
        ("faults", "seconds", "words"),
        [
            (Faults(waits=600), "0.5", "no answer within 0.5 seconds"),
            (Faults(drips=0.05), "0.5", "no answer within 0.5 seconds"),
            (Faults(body=bytes(MAX_REPLY + 1)), PATIENCE, f"more than {MAX_REPLY} bytes"),
            (Faults(status=302), PATIENCE, "answers 302"),
            (Faults(status=401), PATIENCE, "answers 401"),
        ],
        ids=["hangs", "drips", "floods", "redirects", "forbids"],
    )
    def test_an_answer_is_bounded_in_time_and_length(self, faults: Faults, seconds: str, words: str) -> None:
        """Whatever the authority does, the command goes on, and says why."""
        with serving(TSA, faults=faults) as url, pytest.raises(CannotTell) as error:
            self.asked(url, seconds=seconds)

        assert error.value.code == "stamp/out-of-reach"
        assert words in error.value.message

    def test_nobody_listening_is_out_of_reach(self) -> None:
        """An address where nobody answers."""
        with pytest.raises(CannotTell, match=r"127\.0\.0\.1 is out of reach"):
            self.asked("http://127.0.0.1:9/")

    def test_name_and_password_are_sent_where_given(self) -> None:
        """As the authority asks for them, and only to it."""
        faults = Faults()
        with serving(TSA, faults=faults) as url:
            self.asked(url, secret=b"academy:password")
            self.asked(url)

        assert faults.authorization == [basic("academy:password"), None]

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "tsa.example.org",
            "file:///etc/passwd",
            "http://",
            "http://u:p@tsa.example.org/",
            "http://x/ y",
            "http://x:99999/",
        ],
    )
    def test_what_is_no_address_is_refused(self, url: str) -> None:
        """Only HTTP, and no secret within the address."""
        with pytest.raises(InputError) as error:
            self.asked(url)

        assert error.value.code == "stamp/address"


class TestConfiguring:
    """What a workspace says of its authority."""

    def made(self, root: Path) -> TimeStamper | None:
        """The client of a workspace."""
        with live(root) as context:
            return time_stamper(context)

    def test_nothing_is_asked_when_no_authority_is_named(self, at: At) -> None:
        """Without the section there is no client at all."""
        assert self.made(at("live")) is None

    def test_an_anchor_that_is_none_is_refused(self, at: At) -> None:
        """Missing or no certificate: refused before any key is opened for signing."""
        root = at("live")
        name_authority(root, "http://127.0.0.1:9/")
        for text in (None, "nothing"):
            (root / "tsa.pem").unlink(missing_ok=True)
            if text is not None:
                (root / "tsa.pem").write_text(text)
            with pytest.raises(InputError) as error:
                self.made(root)
            assert error.value.code == "stamp/anchor"

    def test_credentials_come_from_a_private_file(self, at: At) -> None:
        """A missing one is not found; one that others may read is refused."""
        root = at("live")
        name_authority(root, "http://127.0.0.1:9/", credentials_file="tsa-login")
        with pytest.raises(NotFound):
            self.made(root)
        (root / "tsa-login").write_text("academy:password\n")
        (root / "tsa-login").chmod(0o644)
        with pytest.raises(Refused) as error:
            self.made(root)
        assert error.value.code == "key/file-mode"
        (root / "tsa-login").chmod(0o600)
        assert self.made(root) is not None


def test_commands_of_the_page_run_as_printed(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever types the page line by line has stamped certificates, and sees the stamps without a network."""
    root = at("live")
    monkeypatch.setenv("CERTENGINE_ACTOR", "admin")
    (root / "passphrase").write_bytes(passphrase() + b"\n")
    (root / "passphrase").chmod(0o600)
    (root / "certengine.toml").write_text(
        (root / "certengine.toml").read_text("utf-8").replace("[keys]", '[keys]\npassphrase_file = "passphrase"'),
        "utf-8",
    )
    page = (Path(__file__).parents[2] / "docs" / "time-stamps.md").read_text("utf-8")
    lines = [
        line
        for block in re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
    ]
    (root / "tsa-login").write_text("academy:password\n")
    (root / "tsa-login").chmod(0o600)
    with serving(TSA) as url:
        name_authority(root, url, credentials_file="tsa-login")
        ran = [certengine(*_words(line.replace(" spring", f" {SITTING}"), root), cwd=root) for line in lines]

    assert [one.code for one in ran] == [0] * len(lines)
    assert (ran[-1].out.count("time-stamp"), ran[-1].out.count("archived:")) == (len(PASSING), len(PASSING))


def _words(line: str, root: Path) -> list[str]:
    return [
        name
        for word in shlex.split(line)[1:]
        for name in (sorted(str(one.relative_to(root)) for one in root.glob(word)) if "*" in word else [word])
    ]


def test_a_certificate_without_the_stamp_it_should_have_is_not_issued(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of what was made looks at the stamp too."""
    from certengine.services.certificate_making import CertificateMaker
    from certengine.services.finishing import certificate_design
    from certengine.services.keys import open_signers

    root = at("live")
    with live(root) as context:
        record = issue_sitting(context, SITTING, passphrase).issued[0]
    name_authority(root, "http://127.0.0.1:9/")
    with live(root) as context:
        maker = CertificateMaker(context, open_signers(context, passphrase))
        pdf, _ = maker.make(record, certificate_design(context, "formal"), again=True)
        assert read_signature(pdf).time_stamp is None
        with pytest.raises(CertengineError) as error:
            maker.check(pdf, record.credential, "formal")
    assert error.value.code == "certificate/self-check"
