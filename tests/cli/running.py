"""Running the command line as a user would, in this process, and walking its tree of commands."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certengine_cli.main import commands, run

from tests.databases import ON_POSTGRESQL, server


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        return dict(json.loads(self.out))

    @property
    def hint(self) -> str:
        """The last hint given."""
        return self.err.rpartition("hint: ")[2].strip()


def certengine(*words: str | Path, cwd: Path) -> Ran:
    """Run one command in a folder."""
    if ON_POSTGRESQL and words[:1] == ("init",) and "--db" not in words:
        words = (*words, "--db", server().new())
    out, err = io.StringIO(), io.StringIO()
    with chdir(cwd), redirect_stdout(out), redirect_stderr(err):
        code = run([str(word) for word in words])
    return Ran(code=code, out=out.getvalue(), err=err.getvalue())


def done(*words: str | Path, cwd: Path) -> Ran:
    """Run one command that must end well."""
    ran = certengine(*words, cwd=cwd)
    assert (ran.code, ran.err if ran.code else "") == (0, ""), ran
    return ran


def leaves() -> dict[str, Any]:
    """Every command that does something, by its words: ``{"bank check": ...}``."""
    return dict(_leaves(commands(), ()))


def _leaves(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield " ".join(words), command
        return
    for name, child in children.items():
        yield from _leaves(child, (*words, name))


def flags(command: Any) -> set[str]:
    """Every spelling of every option of a command."""
    return {flag for parameter in command.params for flag in parameter.opts if flag.startswith("-")}
