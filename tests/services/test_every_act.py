"""Whatever writes to the register writes down who did it: no service opens a writing transaction without an act."""

from __future__ import annotations

import ast
from pathlib import Path

SERVICES = Path(__file__).resolve().parents[2] / "certengine" / "services"
#: Writing without an act of their own, and why.
WITHOUT = {
    ("bench.py", "_store"): "one entry at the bench; signing them is the act",
    ("issue_work.py", "_claim"): "who works on which job, not what is on record",
    ("issue_work.py", "_one"): "likewise",
    ("issue_work.py", "_settle"): "likewise",
    ("issuing.py", "issue_reserved"): "queues jobs; each issue is an act",
    ("reserving.py", "reserve_all"): "freeze writes the act of each reservation",
    ("simulation.py", "_desk"): "draws the secret of invented marks",
    ("transparency.py", "publish_log"): "a checkpoint is its own record",
}


def writers(source: str) -> set[str]:
    """The functions with a writing transaction in which no act is written."""
    found = set()
    for function in ast.walk(ast.parse(source)):
        if not isinstance(function, ast.FunctionDef):
            continue
        blocks = [one for one in ast.walk(function) if isinstance(one, ast.With)]
        writing = [one for one in blocks if any(".writing()" in ast.unparse(item.context_expr) for item in one.items)]
        if any("write_act(" not in ast.unparse(one) for one in writing):
            found.add(function.name)
    return found


def test_every_writing_service_writes_an_act() -> None:
    """Those that write none are known, each with its reason."""
    found = {(path.name, name) for path in SERVICES.glob("*.py") for name in writers(path.read_text("utf-8"))}

    assert found == set(WITHOUT)


def test_the_check_has_teeth() -> None:
    """A transaction without an act is found; one with an act is not."""
    silent = "def f(context):\n with context.writing() as c:\n  c.execute(x)\n"

    assert writers(silent) == {"f"}
    assert writers(silent + "  context.write_act(c)\n") == set()
