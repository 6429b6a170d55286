"""What the command line says to nonsense: one clear error, its code, the exit code of the table, never a traceback."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from certengine_cli import exits, options, terminal

from certengine.services import keys, overview
from tests.cli.running import certengine

USAGE, NO, NOT_FOUND, REFUSED, CANNOT_TELL = 2, 3, 4, 5, 6

NONSENSE: dict[str, tuple[int, str]] = {
    "bank shwo": (USAGE, "usage"),
    "bank show": (USAGE, "usage"),
    "status --wrokspace .": (USAGE, "usage"),
    "--workspace . status": (USAGE, "usage"),
    "log show --limit none": (USAGE, "usage"),
    "serve --port 99999": (USAGE, "usage"),
    "verify x --at yesterday": (USAGE, "usage"),
    "verify rubrics": (USAGE, "usage"),
    "verify x --receipt receipt.txt": (USAGE, "usage"),
    "sitting open electrician-l3 --candidates roster.csv --id a/b": (USAGE, "usage"),
    "sitting open electrician-l3 --candidates roster.csv": (NOT_FOUND, "bank/not-published"),
    "cert revoke X --reason whim --yes": (USAGE, "usage"),
    "cert revoke X --reason misconduct": (USAGE, "usage/confirm"),
    "db check --db nonsense": (USAGE, "usage"),
    "bank check industrial-automaton": (NOT_FOUND, "bank/not-found"),
    "bank show industrial-automation NO": (NOT_FOUND, "not-found"),
    "bank show industrial-automation A3-NU-01 --versions": (USAGE, "usage"),
    "bank show industrial-automation --versions": (NOT_FOUND, "bank/not-published"),
    "scheme check ../electrician-l3": (NOT_FOUND, "scheme/not-found"),
    "sitting open electrician-l3 --candidates nowhere.csv": (NOT_FOUND, "file/not-found"),
    "sitting open electrician-l3 --candidates .": (USAGE, "usage"),
    "sitting open electrician-l3 --candidates other.db": (NO, "table/format"),
    "sitting seal nowhere": (NOT_FOUND, "sitting/not-found"),
    "sitting show ''": (NOT_FOUND, "sitting/not-found"),
    "paper show 7F3K-9QWE": (NOT_FOUND, "not-found"),
    "grade written nowhere roster.csv": (NOT_FOUND, "sitting/not-found"),
    "result export nowhere -o results.csv": (NOT_FOUND, "sitting/not-found"),
    "cert list nowhere": (NOT_FOUND, "sitting/not-found"),
    "cert show 1": (NOT_FOUND, "certificate/not-found"),
    "key list": (NOT_FOUND, "key/none"),
    "key new": (USAGE, "key/no-passphrase"),
    "key new --passphrase-file roster.csv": (REFUSED, "key/file-mode"),
    "key new --passphrase-file nowhere": (NOT_FOUND, "not-found"),
    "verify x --bundle roster.csv": (NO, "input"),
    "verify x --bundle .": (CANNOT_TELL, "cannot-tell"),
    "verify nowhere.pdf --keyring nowhere.json": (NOT_FOUND, "file/not-found"),
    "status --workspace nowhere": (NOT_FOUND, "workspace/not-found"),
    "status --db sqlite:////nowhere/x.db": (CANNOT_TELL, "cannot-tell"),
    "schema nothing": (NOT_FOUND, "not-found"),
    "init .": (REFUSED, "refused"),
    "init roster.csv": (USAGE, "usage"),
    "db backup roster.csv": (REFUSED, "refused"),
}


@pytest.fixture(scope="module")
def academy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample workspace in which nothing was done yet, with a roster whose mode is not private."""
    root = tmp_path_factory.mktemp("refusals") / "academy"
    certengine("init", root, "--sample", cwd=root.parent)
    (root / "roster.csv").write_text("candidate_id,name\n001,陈晓\n", encoding="utf-8")
    (root / "roster.csv").chmod(0o644)
    (root / "other.db").write_bytes(b"SQLite format 3\0")
    return root


@pytest.fixture(autouse=True)
def administrator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is asked by the sample academy's administrator."""
    monkeypatch.setenv("CERTENGINE_ACTOR", "zhou-ying")


def words_of(command: str) -> list[str]:
    """The words of a command line; two quotes are an empty word."""
    return ["" if word == "''" else word for word in command.split(" ")]


@pytest.mark.parametrize("command", NONSENSE)
def test_nonsense_is_refused_in_one_line(command: str, academy: Path) -> None:
    """The error is one line with its code in brackets, lower case and without a full stop; the exit code is the table's."""
    code, name = NONSENSE[command]
    ran = certengine(*words_of(command), cwd=academy)
    errors = [line for line in ran.err.splitlines() if line.startswith("error: ")]

    assert (ran.code, ran.out) == (code, "")
    assert "Traceback" not in ran.err
    assert len(errors) == 1
    assert re.fullmatch(rf"error: [^A-Z].*[^.] \[{name}\]", errors[0])


@pytest.mark.parametrize("command", NONSENSE)
def test_nonsense_with_json_is_one_object(command: str, academy: Path) -> None:
    """With ``--json`` the same error is one JSON object on standard error, and nothing else is written."""
    code, name = NONSENSE[command]
    ran = certengine(*words_of(command), "--json", cwd=academy)
    document = json.loads(ran.err)

    assert (ran.code, ran.out) == (code, "")
    assert (document["schema"], document["code"]) == ("certengine.error/1", name)
    assert document.keys() == {"schema", "code", "message", "hint", "findings"}


def test_nearly_right_words_are_suggested(academy: Path) -> None:
    """A slip in a command or an id is answered with what was probably meant."""
    assert "did you mean `show`?" in certengine("bank", "shwo", cwd=academy).err
    assert (
        "did you mean `industrial-automation`?" in certengine("bank", "check", "industrial-automaton", cwd=academy).err
    )


def test_usage_error_names_the_help_of_its_command(academy: Path) -> None:
    """The hint of a usage error is the help of the command that was meant, not of the whole program."""
    assert certengine("bank", "show", cwd=academy).hint == "`certengine bank show --help` shows what it takes"


def test_word_that_is_no_choice_is_answered_with_the_choices(academy: Path) -> None:
    """The error names the words there are, and nothing of how they were read."""
    ran = certengine("grade", "conflict", "autumn", "001", "--kind", "cousin", cwd=academy)
    said = "error: invalid value for `--kind`: `cousin` is not one of `relative`, `trainee`, `other` [usage]"

    assert ran.err.splitlines()[0] == said


def test_option_before_the_command_is_told_where_it_belongs(academy: Path) -> None:
    """Who writes a common option before the command learns that it stands after it."""
    ran = certengine("--json", "status", cwd=academy)

    assert json.loads(ran.err)["hint"] == "options stand after the command: `certengine status --json`"


def test_finding_is_not_said_twice(academy: Path) -> None:
    """An error whose one finding would only repeat it is said once."""
    ran = certengine("sitting", "open", "electrician-l3", "--candidates", "other.db", cwd=academy)

    assert ran.err.count("is not a form of table") == 1


def test_verifying_in_a_workspace_without_keys_cannot_tell(academy: Path) -> None:
    """A workspace that never made keys is nothing to trust: a certificate is not unknown there, it cannot be told."""
    ran = certengine("verify", "P6G5-K0VY-FBSC-RGXJ-8", cwd=academy)

    assert ran.code == CANNOT_TELL
    assert "nothing to trust" in ran.err


def test_no_to_a_question_does_nothing_and_says_so(academy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever answers no is told that nothing was done."""
    monkeypatch.setattr(terminal, "may_ask", lambda: True)
    monkeypatch.setattr(options.typer, "confirm", lambda *_args, **_options: False)
    ran = certengine("sitting", "reveal", "nowhere", cwd=academy)

    assert (ran.code, ran.err) == (REFUSED, "error: nothing was done: the answer was no [usage/declined]\n")


@pytest.mark.parametrize("mode", [(), ("--json",)])
def test_bug_is_one_line_and_its_log(
    academy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: tuple[str, ...]
) -> None:
    """What nobody foresaw is one line naming a log; the log holds the traceback, the line nothing of what was read."""

    def broken(_context: object, *, every: bool) -> None:
        raise ZeroDivisionError("holder 张明远")

    monkeypatch.setattr(overview, "overview", broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ran = certengine("status", *mode, cwd=academy)
    log = next(tmp_path.glob("certengine-*.log"))

    assert ran.code == exits.FAILED
    assert ran.err.count("\n") == 1
    assert str(log) in ran.err
    assert "张明远" not in ran.err
    assert "ZeroDivisionError: holder 张明远" in log.read_text("utf-8")
    assert log.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("given", ["file", "typed"])
def test_the_log_of_a_bug_holds_no_secret_that_was_given(
    academy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    """A passphrase that exceptions and their notes quote, one as text, one as bytes, is taken out; the rest is there."""
    secret = "kept \\ for 'nobody' é"  # of that sort, it is written otherwise in bytes

    def broken(_context: object, passphrase: Callable[[], bytes], **_more: object) -> None:
        try:
            raise KeyError(passphrase())
        except KeyError as error:
            wrong = ValueError(f"not opened by {secret!r}: {secret}")
            wrong.add_note(f"tried {secret}")
            raise wrong from error

    (tmp_path / "passphrase").write_text(secret + "\n", encoding="utf-8")
    (tmp_path / "passphrase").chmod(0o600)
    monkeypatch.setattr(keys, "new_keys", broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(terminal, "may_ask", lambda: True)
    monkeypatch.setattr(options.typer, "prompt", lambda *_args, **_options: secret)
    words = ("--passphrase-file", tmp_path / "passphrase") if given == "file" else ()
    ran = certengine("key", "new", *words, cwd=academy)
    log = next(tmp_path.glob("certengine-*.log")).read_text("utf-8")

    assert ran.code == exits.FAILED
    assert "nobody" not in log
    assert "KeyError: b'[secret]'" in log or 'KeyError: b"[secret]"' in log
    assert "ValueError: not opened by" in log
    assert "tried [secret]" in log


def test_a_failing_disk_is_told_as_such(academy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a library has wrapped it in an error of its own; it is no bug, and running again is the way out."""

    def failing(_context: object, *, every: bool) -> None:
        try:
            raise OSError(errno.EIO, "Input/output error", "/mnt/certengine.db")
        except OSError as error:
            raise RuntimeError("font") from error

    monkeypatch.setattr(overview, "overview", failing)
    ran = certengine("status", cwd=academy)

    assert (ran.code, ran.out) == (exits.FAILED, "")
    assert ran.err.startswith("error: the machine did not let it go on: Input/output error (`/mnt/certengine.db`)")
    assert "again" in ran.hint


def test_output_that_finds_no_room_is_a_failure(academy: Path) -> None:
    """A list that was redirected to a full disk was not written, and the exit code says so."""
    command = [sys.executable, "-m", "certengine_cli", "--version"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, cwd=academy, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert (done.returncode, "[system/failed]" in done.stderr, "Traceback" in done.stderr) == (
        exits.FAILED,
        True,
        False,
    )


def test_reader_that_goes_away_is_no_failure(academy: Path) -> None:
    """Piping a long answer into ``head`` ends quietly and well."""
    command = [sys.executable, "-m", "certengine_cli", "bank", "show", "industrial-automation", "--json"]
    process = subprocess.Popen(command, cwd=academy, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        first = process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()

    assert (first, said, process.returncode) == ("{\n", "", 0)


@pytest.mark.parametrize(
    ("command", "file", "old", "new"),
    [
        ("bank check", "question_banks/industrial-automation/bank.yaml", "A1", "A9"),
        ("scheme check electrician-l3", "rubrics/electrician-l3/scheme.yaml", "count: 3}", "count: 300}"),
    ],
)
def test_reader_that_goes_away_leaves_the_answer(
    academy: Path, tmp_path: Path, command: str, file: str, old: str, new: str
) -> None:
    """Where a check says no, it says so to a script that read a part of it too."""
    root = Path(shutil.copytree(academy, tmp_path / "academy"))
    (root / file).write_text((root / file).read_text("utf-8").replace(old, new), encoding="utf-8")
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        words = [sys.executable, "-m", "certengine_cli", *command.split()]
        done = subprocess.run(words, cwd=root, stdout=closed, stderr=subprocess.PIPE, check=False)

    assert (done.returncode, b"BrokenPipe" in done.stderr) == (exits.NO, False)


def test_interrupt_leaves_with_its_code(academy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control-C ends a command with code 130 and without a traceback."""

    def interrupted(_context: object, *, every: bool) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(overview, "overview", interrupted)
    ran = certengine("status", cwd=academy)

    assert (ran.code, ran.out, ran.err) == (exits.INTERRUPTED, "", "interrupted\n")
