"""Document keys on a token (SoftHSM): made there, signing there, and nothing of them anywhere else."""

from __future__ import annotations

import builtins
import itertools
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from certengine.canonical import digest_of_bytes
from certengine.errors import CertengineError, InputError, Refused
from certengine.model.credential import Outcome, State
from certengine.services.context import Context
from certengine.services.issuing import issue_sitting, render_again
from certengine.services.keys import asks_pin, load_keyring, new_keys, open_signers
from certengine.services.receipts import trust_in_register
from certengine.services.statements import write_statements
from certengine.services.token_keys import TokenKey, marker_of, token_key
from certengine.services.trust import export_trust
from certengine.services.verification import verify_file
from certengine.store.columns import metadata
from tests.cli.running import certengine
from tests.databases import held_rows
from tests.services.small_world import NOW, PASSING, PASSPHRASE, SITTING, acting, passphrase

At = Callable[[str], Path]
pytestmark = pytest.mark.slow
PIN = b"Pin.471147"
TOKEN = "academy"
MODULE = next((str(one) for one in Path("/usr/lib").glob("**/softhsm/libsofthsm2.so")), "none")
LABELS = (f"key-{number}" for number in itertools.count(1))


@pytest.fixture(scope="module", autouse=True)
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One token for this process; SoftHSM reads its configuration once."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "conf").write_text(
        f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "conf")
    made = ["softhsm2-util", "--init-token", "--free", "--label", TOKEN, "--pin", PIN.decode(), "--so-pin", "1" * 8]
    subprocess.run(made, check=True, capture_output=True)
    yield
    os.environ.pop("SOFTHSM2_CONF")
    if before is not None:
        os.environ["SOFTHSM2_CONF"] = before


def name_token(root: Path, *, module: str = MODULE, token: str = TOKEN, pin: bytes | None = PIN) -> None:
    """Have a workspace name the token, and a file with its PIN."""
    lines = f'[keys]\npkcs11_module = "{module}"\npkcs11_token = "{token}"\n'
    if pin is not None:
        (root / "pin").write_bytes(pin + b"\n")
        (root / "pin").chmod(0o600)
        lines += 'pin_file = "pin"\n'
    config = root / "certengine.toml"
    config.write_text(config.read_text("utf-8").replace("[keys]\n", lines), "utf-8")


@contextmanager
def on_token(root: Path, label: str | None = None, **named: object) -> Iterator[Context]:
    """A workspace whose document key was made on the token."""
    name_token(root, **named)  # type: ignore[arg-type]
    with acting(root) as context:
        new_keys(context, passphrase, rotate=True, on_token=label or next(LABELS))
        yield context


def test_certificates_signed_on_a_token_verify_and_are_made_again(at: At, tmp_path: Path) -> None:
    """Issued, valid in the register, and rendered to the same bytes although the token signs differently each time."""
    root = at("approved")
    with on_token(root) as context:
        run = issue_sitting(context, SITTING, passphrase)
        assert run.failed == ()
        digest = render_again(context, run.issued[0].credential.number, passphrase, tmp_path / "again.pdf")
        source = trust_in_register(context).source
        verdict = verify_file(root / "certificates" / "S2630001.pdf", source, at=NOW)

    assert len(run.issued) == len(PASSING)
    assert digest == run.issued[0].pdf_digest == digest_of_bytes((tmp_path / "again.pdf").read_bytes())
    assert verdict.state is State.VALID
    assert {one.outcome for one in verdict.checks} == {Outcome.PASSED}


def test_statements_are_signed_on_the_token_too(at: At, tmp_path: Path) -> None:
    """Every document is."""
    with on_token(at("approved")) as context:
        run = write_statements(context, SITTING, passphrase, tmp_path)

    assert run.written
    assert run.failed == ()


def test_the_private_half_is_nowhere_but_on_the_token(at: At) -> None:
    """The key folder has a note of where it lies, without a secret; the token does not give it away."""
    root = at("approved")
    with on_token(root) as context:
        kid = open_signers(context, passphrase).pdf.kid
        folder = context.workspace.keys_folder()
        key = open_signers(context, passphrase).pdf_key

    assert not (folder / f"{kid}.pem").exists()
    assert all(PIN not in path.read_bytes() for path in folder.iterdir())
    assert TOKEN in marker_of(folder, kid).read_text("utf-8")
    assert isinstance(key, TokenKey)
    for take in (key.private_bytes, key.private_numbers):
        with pytest.raises(NotImplementedError):
            take()
    with pytest.raises(NotImplementedError):
        key.exchange(ec.ECDH(), key.public_key())


def test_no_pin_is_asked_until_something_is_signed(at: At, tmp_path: Path) -> None:
    """Lists and bundle, which cron writes, need the passphrase alone; then the PIN is asked for once."""
    root, asked = at("approved"), []

    def pin() -> bytes:
        asked.append("PIN")
        return PIN

    name_token(root, pin=None)
    with acting(root) as plain:
        context = replace(plain, pin=pin)
        new_keys(context, passphrase, rotate=True, on_token=next(LABELS))
        asked.clear()
        export_trust(context, passphrase, tmp_path)
        assert (asked, asks_pin(context)) == ([], True)
        signers = open_signers(context, passphrase)
        data = b"a document"
        for _ in range(2):
            signers.pdf_key.public_key().verify(
                signers.pdf_key.sign(data, ec.ECDSA(SHA256())), data, ec.ECDSA(SHA256())
            )
        assert asked == ["PIN"]


def test_workers_are_given_the_pin(at: At) -> None:
    """A batch shared by two processes is issued whole; the PIN was asked for in the first alone."""
    root = at("approved")
    name_token(root, pin=None)
    with acting(root) as plain:
        context = replace(plain, pin=lambda: PIN)
        new_keys(context, passphrase, rotate=True, on_token=next(LABELS))
        run = issue_sitting(context, SITTING, passphrase, workers=2)

    assert run.failed == ()
    assert len(run.issued) + run.elsewhere == len(PASSING)
    # Neither the keys' passphrase nor the PIN lies anywhere afterwards but where its owner put it.
    for path in root.rglob("*"):
        held = path.read_bytes() if path.is_file() and path.name != "passphrase" else b""
        assert PIN not in held, path
        assert PASSPHRASE not in held, path
    rows = repr([held_rows(root, table) for table in metadata.tables])
    assert PIN.decode() not in rows
    assert PASSPHRASE.decode() not in rows


def test_a_label_in_use_is_refused(at: At) -> None:
    """A key has one window, so rotating takes a new one."""
    root, label = at("approved"), next(LABELS)
    with on_token(root, label) as context:
        with pytest.raises(Refused) as error:
            new_keys(context, passphrase, rotate=True, on_token=label)
        new_keys(context, passphrase, rotate=True, on_token=next(LABELS))
        pdf = [one for one in load_keyring(context).keys if one.use.value == "pdf"]

    assert error.value.code == "key/pkcs11-key"
    assert len(pdf) == 2


_MAKES = """
import sys
from pathlib import Path
from certengine.services.context import open_context
from certengine.services.keys import new_keys
from certengine.errors import CertengineError
context = open_context(Path(sys.argv[1]), actor="admin")
try:
    new_keys(context, lambda: sys.argv[2].encode(), rotate=True, on_token="anything")
except CertengineError as error:
    print(type(error).__name__, error.code, error.message, error.hint)
"""


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"pin": b"000000"}, "Refused key/pin the PIN does not open token `academy`"),
        ({"pin": b"\xff\xfe"}, "Refused key/pin the PIN does not open token `academy`"),
        ({"pin": None}, "Refused key/pin the PIN of the token is needed, and nobody can be asked"),
        ({"token": "another"}, "CannotTell key/pkcs11-token there is no token `another`"),
        ({"module": "/none.so"}, "CannotTell key/pkcs11-module the PKCS#11 module `/none.so` cannot be loaded"),
    ],
    ids=["wrong pin", "no text", "nobody asked", "no token", "no module"],
)
def test_what_keeps_a_token_from_signing_is_said(at: At, named: dict[str, object], said: str) -> None:
    """With a way out, and never with the PIN; nothing is made. In a process of its own, that nobody is logged in in."""
    root = at("keyed")
    name_token(root, **named)  # type: ignore[arg-type]
    command = [sys.executable, "-c", _MAKES, str(root), PASSPHRASE.decode()]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ran.stdout.startswith(said), ran
    assert not ran.stdout.strip().endswith("None")
    assert "000000" not in ran.stdout + ran.stderr
    with acting(root) as context:
        assert len(load_keyring(context).keys) == 4


_RUN = """
import sys
from certengine.services import token_keys
if sys.argv[1] == "bug":
    token_keys._session = lambda *_, **__: 1 // 0
from certengine_cli.main import run
sys.exit(run(sys.argv[2:]))
"""


@pytest.mark.parametrize("mode", ["--json", "-v"])
@pytest.mark.parametrize("fault", ["wrong pin", "wrong passphrase", "bug"])
def test_no_failure_tells_the_pin_or_the_passphrase(at: At, tmp_path: Path, fault: str, mode: str) -> None:
    """Neither the answer, nor the error, nor the log of a bug, nor any file of the workspace holds what opens keys."""
    root, logs = at("keyed"), tmp_path / "logs"
    logs.mkdir()
    name_token(root, pin=b"Wrong.880088" if fault == "wrong pin" else PIN)
    if fault == "wrong passphrase":
        (root / "passphrase").write_bytes(b"Wrong.880088 passphrase\n")
    rotate = (
        "key",
        "rotate",
        "--yes",
        "--pkcs11",
        next(LABELS),
        "--passphrase-file",
        "passphrase",
        "--as",
        "admin",
        mode,
    )
    ran = subprocess.run(
        [sys.executable, "-c", _RUN, fault, *rotate],
        cwd=root,
        env={**os.environ, "TMPDIR": str(logs)},
        capture_output=True,
        check=False,
    )
    kept = [
        path
        for path in (*logs.iterdir(), *root.rglob("*"))
        if path.is_file() and path.name not in {"pin", "passphrase"}
    ]
    said = b"".join((ran.stdout, ran.stderr, *(path.read_bytes() for path in kept)))

    assert ran.returncode not in {0, 2}, ran
    assert bool([*logs.glob("certengine-*.log")]) == (fault == "bug"), ran
    assert [secret for secret in (PIN, PASSPHRASE, b"880088") if secret in said] == []


def test_a_workspace_that_names_no_token(at: At) -> None:
    """Nothing to open; and a key that is on one cannot be reached when the module is no longer named."""
    root = at("approved")
    with acting(root) as context, pytest.raises(InputError):
        token_key(context, "anything")
    with on_token(root):
        pass
    config = root / "certengine.toml"
    config.write_text(re.sub(r"pkcs11_module.*\n", "", config.read_text("utf-8")), "utf-8")
    with acting(root) as context, pytest.raises(InputError) as error:
        open_signers(context, passphrase)

    assert error.value.code == "key/pkcs11-module"


def test_another_key_under_the_label_signs_nothing(at: At) -> None:
    """What the token holds must be the key of the keyring; a damaged note is refused too."""
    root, other = at("approved"), next(LABELS)
    with on_token(root) as context:
        token_key(context, other)
        marker = marker_of(context.workspace.keys_folder(), open_signers(context, passphrase).pdf.kid)
        right = marker.read_text("utf-8")
        for text, code in (
            (re.sub(r"key-\d+", other, right), "key/pkcs11-key"),
            (re.sub(r"key-\d+", "nothing", right), "key/pkcs11-key"),
            ("{", "key/pkcs11-key"),
        ):
            marker.write_text(text, "utf-8")
            with pytest.raises(CertengineError) as error:
                open_signers(context, passphrase).pdf_key.sign(b"x", ec.ECDSA(SHA256()))
            assert error.value.code == code


def test_without_the_extra_it_says_what_to_install(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing library is no bug."""
    root = at("approved")
    name_token(root)
    right = builtins.__import__

    def without(name: str, *rest: object, **more: object) -> object:
        if name.partition(".")[0] == "pkcs11":
            raise ImportError(name)
        return right(name, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with acting(root) as context, pytest.raises(Refused) as error:
        token_key(context, "anything")

    assert error.value.code == "key/pkcs11-extra"
    assert "certengine[pkcs11]" in str(error.value.hint)


def test_commands_of_the_page_run_as_printed(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever types the lines about tokens has a key on one, and certificates signed with it."""
    root = at("approved")
    monkeypatch.setenv("CERTENGINE_ACTOR", "admin")
    (root / "passphrase").write_bytes(PASSPHRASE + b"\n")
    (root / "passphrase").chmod(0o600)
    name_token(root)
    config = root / "certengine.toml"
    config.write_text(
        config.read_text("utf-8").replace("[keys]\n", '[keys]\npassphrase_file = "passphrase"\n'), "utf-8"
    )
    page = (Path(__file__).parents[2] / "docs" / "guard-your-keys.md").read_text("utf-8")
    lines = [
        line
        for block in re.findall(r"^```sh\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
    ]
    ran = [certengine(*shlex.split(line.replace(" spring", f" {SITTING}"))[1:], cwd=root) for line in lines]

    assert [one.code for one in ran] == [0] * len(lines)
    assert len(list((root / "keys").glob("*.token.json"))) == 2
    assert len(list((root / "certificates").glob("*.pdf"))) == len(PASSING)
