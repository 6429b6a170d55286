"""What ``verify`` echoes of a target: a file is called what its sender wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import certengine


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
