"""The tree of commands: help with an example, options that mean the same everywhere, and documentation that agrees."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from certengine_cli import exits

from certengine import errors
from certengine.model.credential import State
from tests.cli.running import certengine, flags, leaves

DOCS = Path(__file__).resolve().parents[2] / "docs"
COMMANDS = DOCS / "commands.md"
WITHOUT_WORKSPACE = {"init", "schema"}
HEAVY = {
    *("weasyprint", "sqlalchemy", "numpy", "pyhanko", "pikepdf", "pypdfium2", "openpyxl", "PIL", "alembic"),
    *("ruamel", "starlette", "uvicorn", "cryptography", "fontTools", "zxingcpp", "jinja2"),
}


@pytest.mark.parametrize("words", leaves())
def test_help_shows_an_example(words: str, tmp_path: Path) -> None:
    """Every command's help has an example of that very command."""
    ran = certengine(*words.split(), "--help", cwd=tmp_path)

    assert ran.code == 0
    assert re.search(rf"^\s*certengine {words}( |$)", ran.out, re.MULTILINE)


@pytest.mark.parametrize(("words", "command"), leaves().items(), ids=leaves())
def test_common_options_are_everywhere(words: str, command: object) -> None:
    """Every command takes the common options, and those on a workspace can name it and its database."""
    common = {"--json", "-q", "--quiet", "-v", "--verbose"}
    wanted = common if words in WITHOUT_WORKSPACE else common | {"--workspace", "--db"}

    assert wanted - flags(command) == set()


@pytest.mark.parametrize(("long", "short"), [("--output", "-o"), ("--dry-run", "-n"), ("--help", "-h")])
def test_short_forms_are_the_same_everywhere(long: str, short: str) -> None:
    """An option has one short form, and a short form means one option, in every command that has either."""
    odd = {words for words, command in leaves().items() if (long in flags(command)) != (short in flags(command))}

    assert odd == set()


@pytest.mark.parametrize(
    "words", ["", "bank", "scheme", "sitting", "paper", "grade", "result", "cert", "key", "log", "db"]
)
def test_group_alone_shows_its_help(words: str, tmp_path: Path) -> None:
    """A group without a command shows what it holds and leaves with the code of a usage error."""
    ran = certengine(*words.split(), cwd=tmp_path)

    assert ran.code == exits.USAGE
    assert "Commands" in ran.out + ran.err
    assert "error" not in ran.err


def test_help_imports_nothing_heavy() -> None:
    """``certengine --help`` imports no typesetter, no database and no cryptography."""
    code = (
        "import sys; from certengine_cli.main import run; run(['--help']); run(['cert', 'issue', '--help']);"
        f"print('heavy:', *sorted({HEAVY!r} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.splitlines()[-1] == "heavy:"


def test_every_command_is_documented() -> None:
    """``docs/commands.md`` lists exactly the commands there are."""
    listed = re.findall(r"^\| `certengine ([a-z -]+?)(?: [A-Z\[-].*?)?` \|", COMMANDS.read_text("utf-8"), re.MULTILINE)

    assert sorted(leaves()) == sorted(listed)


def test_exit_codes_are_documented() -> None:
    """The table of exit codes in ``docs/commands.md`` is the one of the program."""
    named = {value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)}
    listed = re.findall(r"^\| (\d+) \|", COMMANDS.read_text("utf-8"), re.MULTILINE)

    assert sorted(named) == [int(code) for code in listed]


def test_every_error_has_an_exit_code() -> None:
    """Every class of the error tree leaves with a code that the table names."""
    classes = set(errors.CertengineError.__subclasses__())
    own = {one for one in classes if one.__module__ == errors.__name__}

    assert own == set(exits.OF_ERROR)


def test_every_state_has_an_exit_code() -> None:
    """Every verdict has an exit code, and only ``valid`` has 0."""
    assert set(exits.OF_STATE) == set(State)
    assert [state for state, code in exits.OF_STATE.items() if code == exits.DONE] == [State.VALID]
