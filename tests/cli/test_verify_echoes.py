"""What ``verify`` says, and what it echoes: a file is called, and holds, what its sender wanted."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from certengine_cli import terminal

from certengine.credentials.keyring import keyring_bytes
from certengine.credentials.qr import qr_text
from certengine.errors import Finding, InputError, place_in
from tests.cli.running import certengine
from tests.credentials.credential_world import CRED, CREDENTIAL
from tests.credentials.test_receipt import TRUSTED, changed, made, receipt_key, unsigned
from tests.credentials.test_status_and_bundle import BUNDLE


@pytest.mark.parametrize(
    "name", ["x.pdf: VALID 有效\nb.pdf", "\x1b[2Jx.pdf", "x\u202efdp.exe"], ids=["line", "control", "direction"]
)
def test_a_name_does_not_write_the_answer(tmp_path: Path, name: str) -> None:
    """A line end, a control or a mark of direction in a name is shown by its number, and whole in JSON."""
    (tmp_path / name).write_bytes(b"%PDF-1.7 none")
    told = certengine("verify", name, "--offline", cwd=tmp_path).out
    results = certengine("verify", name, "--offline", "--json", cwd=tmp_path).document["results"]

    assert [line for line in told.splitlines() if "NOT A CERTIFICATE" in line] == [told.splitlines()[0]]
    assert not {"\x1b", "\u202e"} & set(told)
    assert [one["target"] for one in results] == [name]


def test_a_name_that_is_not_there_does_not_either(tmp_path: Path) -> None:
    """The same in an error."""
    ran = certengine("verify", "x/\x1b[2J\u202ey.pdf", "--offline", cwd=tmp_path)

    assert (ran.code, "`x/<U+001B>[2J<U+202E>y.pdf` does not exist" in ran.err) == (4, True)


def test_a_target_without_end_is_cut(tmp_path: Path) -> None:
    """A text of a hundred thousand letters does not fill the terminal."""
    ran = certengine("verify", "x" * 100_000, "--offline", cwd=tmp_path)

    assert (ran.code, len(ran.out) < 5000) == (3, True)


def test_a_name_of_other_bytes_is_answered(tmp_path: Path) -> None:
    """A file whose name is no UTF-8, as old archives unpack, is answered in JSON too, its bytes by number."""
    name = os.fsdecode("张三.pdf".encode("gbk"))
    (tmp_path / name).write_bytes(b"%PDF-1.7 none")
    ran = certengine("verify", name, "--offline", "--json", cwd=tmp_path)

    assert (ran.code, ran.document["results"][0]["target"]) == (3, "\\xd5\\xc5\\xc8\\xfd.pdf")


@pytest.mark.parametrize("as_json", [False, True])
def test_what_stands_in_a_file_does_not_write_to_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    """The name of a sheet, told in an error, neither moves the cursor nor ends the line nor turns the direction."""
    title = "a\x1b[2J\x9b2J\u202eb\nerror: no"
    finding = Finding(code="a/b", message=f"sheet `{title}`", place=place_in(Path(title), 1), hint=title)
    monkeypatch.setattr(terminal, "settings", terminal.Settings(json=as_json))
    terminal.show_error(InputError(f"`{title}`", hint=title, findings=(finding,)))
    told = capsys.readouterr().err

    assert not {"\x1b", "\x9b", "\u202e"} & set(told)
    assert sum(line.startswith("error: ") for line in told.splitlines()) == (0 if as_json else 1)
    assert not as_json or json.loads(told)["hint"] == title


def test_the_answer_says_what_to_do_and_as_of_when(tmp_path: Path) -> None:
    """A valid certificate is to be compared, as of a day that is named; a number alone leads to the code beside the QR code."""
    (tmp_path / "bundle.json").write_bytes(BUNDLE)
    at = "2027-03-04"
    told = [
        certengine("verify", target, "--offline", "--bundle", "bundle.json", "--at", at, cwd=tmp_path).out
        for target in (qr_text(CREDENTIAL, CRED.token()), CREDENTIAL.number)
    ]

    assert "VALID" in told[0]
    assert "Compare the name" in told[0]
    assert "as known on 3 March 2027" in told[0]
    assert "Type the code printed beside the QR code" in told[1]


def test_what_cannot_be_told_says_by_which_bundle(tmp_path: Path) -> None:
    """The day of a bundle that is too old is named, so that one knows to ask for another."""
    (tmp_path / "bundle.json").write_bytes(BUNDLE)
    text = qr_text(CREDENTIAL, CRED.token())
    ran = certengine("verify", text, "--offline", "--bundle", "bundle.json", "--at", "2027-09-01", cwd=tmp_path)

    assert (ran.code, ran.err.strip()) == (6, "trust: bundle of 2027-03-03 09:30 UTC")


@pytest.mark.parametrize(
    ("receipt", "told"),
    [
        (made(), "signed by the issuer and unchanged, of a check on 3 March 2027, 09:30 UTC with the answer “Valid”"),
        (unsigned(), "without a signature, which anybody can write"),
        (changed(made(), lambda document: document.update(advice={"en": "take it"})), "it was altered"),
        (made(receipt_key(10)), "nothing shows that the issuer signed it"),
    ],
    ids=["signed", "unsigned", "altered", "foreign"],
)
def test_a_receipt_that_was_kept_is_told_for_one(tmp_path: Path, receipt: bytes, told: str) -> None:
    """A receipt is no certificate; whether the issuer gave it, and when with what answer, is said."""
    (tmp_path / "receipt.json").write_bytes(receipt)
    (tmp_path / "keyring.json").write_bytes(keyring_bytes(TRUSTED))
    ran = certengine("verify", "receipt.json", "--offline", "--keyring", "keyring.json", cwd=tmp_path)

    assert (ran.code, told in ran.out) == (3, True), ran.out
