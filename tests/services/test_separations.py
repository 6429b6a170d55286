"""Separations of duty and the exceptions from them: declared with a reason, in time, used openly, and never of one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from certengine.errors import InputError, Refused
from certengine.services.analysis import analyse_sitting
from certengine.services.context import open_context
from certengine.services.overview import overview
from certengine.services.results import approve_sitting, decide_sitting
from certengine.services.separations import exceptions_behind, exceptions_used
from certengine.services.sittings import describe_sitting, load
from certengine.services.statements import statement_of
from certengine.store.decisions import latest_decisions
from tests.cli.running import done
from tests.services.small_world import SITTING, acting, rows_of

pytestmark = pytest.mark.slow

EXCEPTION = """
[[exceptions]]
person = "{person}"
separation = "{separation}"
reason = "{reason}"
agreed_by = "{agreed_by}"
until = {until}
"""


def declare(root: Path, **changes: str) -> None:
    """Declare an exception in a workspace: a2, an assessor, may decide until the end of the year."""
    said = {
        "person": "a2",
        "separation": "assessor-decides",
        "reason": "the only other decider is ill",
        "agreed_by": "approver",
        "until": "2026-12-31",
    }
    with (root / "certengine.toml").open("a", encoding="utf-8") as file:
        file.write(EXCEPTION.format(**said | changes))


def test_an_exception_lets_its_person_decide_and_is_an_act(at: Callable[[str], Path]) -> None:
    """Who is named may decide; the trail, the sitting and the overview say so, with reason and who agreed."""
    root = at("graded")
    declare(root)

    with acting(root, "a2") as context:
        decide_sitting(context, SITTING)
        (words,) = describe_sitting(context, SITTING).exceptions
        lines = [line.text for line in overview(context).lines]

    assert (
        words == "assessor-decides: a2 may decide until 2026-12-31, agreed by approver: the only other decider is ill"
    )
    assert any("the only other decider is ill" in line for line in lines)
    assert any("; acts under an exception: 1" in line for line in lines)
    shown = done("sitting", "show", SITTING, cwd=root).out
    assert f"exception   {words}" in shown
    assert "result.exception" in done("log", "show", "--as", "admin", cwd=root).out


@pytest.mark.parametrize(
    "changes",
    [
        {"until": "2026-11-21"},
        {"person": "a1"},
        {"separation": "trainer-decides"},
    ],
    ids=["ended", "another's", "another-separation"],
)
def test_any_other_exception_changes_nothing(changes: dict[str, str], at: Callable[[str], Path]) -> None:
    """An exception that ended, is another person's or of another separation refuses as none does, and writes nothing."""
    root = at("graded")
    declare(root, **changes)

    with acting(root, "a2") as context:
        before = rows_of(context)
        with pytest.raises(Refused) as refusal:
            decide_sitting(context, SITTING)
        assert rows_of(context) == before
    assert refusal.value.code == "result/assessor-decides"


def test_a_dry_run_uses_no_exception(at: Callable[[str], Path]) -> None:
    """What is only tried is not written down."""
    root = at("graded")
    declare(root)

    with acting(root, "a2") as context:
        decide_sitting(context, SITTING, dry_run=True)

        assert describe_sitting(context, SITTING).exceptions == ()


def test_a_trainer_needs_an_exception_of_their_own(at: Callable[[str], Path]) -> None:
    """Who trained a candidate decides by an exception from that separation only."""
    root = at("graded")
    with acting(root, "trainer") as context, pytest.raises(Refused, match="trained 1 of these"):
        decide_sitting(context, SITTING)
    declare(root, person="trainer", separation="trainer-decides")

    with acting(root, "trainer") as context:
        decide_sitting(context, SITTING)

        assert [one.split(":")[0] for one in describe_sitting(context, SITTING).exceptions] == ["trainer-decides"]


def test_no_exception_lets_the_decider_approve(at: Callable[[str], Path]) -> None:
    """That two people decide and approve cannot be excepted: there is no such separation to name."""
    root = at("decided")
    declare(root, person="decider")
    with acting(root, "decider") as context, pytest.raises(Refused) as refusal:
        approve_sitting(context, SITTING)
    assert refusal.value.code == "result/same-person"

    declare(root, person="decider", separation="same-person")
    with pytest.raises(InputError):
        open_context(root)


@pytest.mark.parametrize(
    "changes",
    [{"agreed_by": "a2"}, {"agreed_by": "somebody"}, {"person": "somebody"}, {"reason": " "}],
    ids=["own", "unknown-agreed", "unknown-person", "no-reason"],
)
def test_an_exception_is_another_persons_and_has_a_reason(changes: dict[str, str], at: Callable[[str], Path]) -> None:
    """An exception of one's own, of nobody declared or without reason is a finding, and the workspace does not open."""
    root = at("graded")
    declare(root, **changes)

    with pytest.raises(InputError) as refusal:
        open_context(root)
    assert {finding.code for finding in refusal.value.findings} == {"config/exception"}


def test_statements_and_results_tell_an_exception_to_whom_it_touches(at: Callable[[str], Path], tmp_path: Path) -> None:
    """Of a trainer's exception the own trainee is told, others are not; of an assessor's everybody; the results list them all."""
    root = at("graded")
    declare(root)
    declare(root, person="trainer", separation="trainer-decides", reason="a small centre")
    with acting(root, "a2") as context:
        decide_sitting(context, SITTING)
    with acting(root, "approver") as context:
        approve_sitting(context, SITTING)
        loaded = load(context, SITTING)
        analyse_sitting(context, SITTING, tmp_path)
        with context.reading() as connection:
            used = exceptions_used(connection, SITTING)
            (record,) = [one for one in latest_decisions(connection, SITTING) if one.decision.candidate == "C1"]
    statement = statement_of(context, loaded, record, used)
    (told,) = statement.exceptions or ()
    by_trainer = replace(used[0], actor="trainer", details={**used[0].details, "separation": "trainer-decides"})
    decided = replace(record, decided_by="trainer")

    assert told.best("en").startswith("who decided assessed in this sitting too, by an exception")
    assert "the only other decider is ill" in told.best("zh")
    assert "a2" not in told.best("en")
    assert "a2 may decide until" in (tmp_path / "results.html").read_text("utf-8")
    assert () == exceptions_behind([by_trainer], decided, loaded.sitting.candidate("C1"))
    assert 1 == len(exceptions_behind([by_trainer], decided, loaded.sitting.candidate("C6")))
    assert (
        statement_of(context, loaded, replace(record, decided_at=record.decided_at + timedelta(1)), used).exceptions
        is None
    )
