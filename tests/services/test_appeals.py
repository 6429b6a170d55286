"""Appeals: another decider, the scores that count now, and a superseding decision either way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from certengine.errors import CertengineError, NotFound, Refused, UsageError
from certengine.model.key_correction import KeyPolicy
from certengine.services.appeals import list_appeals, open_appeal, settle_appeal
from certengine.services.enrolment import civil_zone
from certengine.services.overview import overview
from certengine.services.rescoring import rescore
from certengine.services.results import approve_sitting, decide_sitting, sitting_results
from certengine.services.touched import warnings
from certengine.store.audit import acts
from certengine.store.decisions import DecisionRecord
from tests.cli.running import certengine, done
from tests.services.small_world import NOW, SITTING, acting, rows_of

pytestmark = pytest.mark.slow

At = Callable[[str], Path]
OTHER = "second"


def with_second_decider(root: Path) -> Path:
    """A workspace with two deciders: ``decider``, who made the decisions, and ``second``."""
    with (root / "certengine.toml").open("a", encoding="utf-8") as config:
        config.write(f'\n[[people]]\nid = "{OTHER}"\nname = "吴芳"\nroles = ["decider"]\n')
    return root


def appeal(root: Path, candidate: str = "C4", **options: object) -> int:
    """An appeal, written down by the administrator; returns its number."""
    with acting(root) as context:
        return open_appeal(context, SITTING, candidate, reason="question 1", **options).id


def settle(root: Path, candidate: str = "C4", who: str = OTHER, **options: object) -> tuple[str, str]:
    """How the appeal ended, and the outcome."""
    with acting(root, who) as context:
        settled, outcome = settle_appeal(context, SITTING, candidate, reason="looked again", **options)
    return settled.outcome, outcome


def latest(root: Path, candidate: str = "C4") -> DecisionRecord:
    """The decision that counts."""
    with acting(root) as context:
        return next(one for one in sitting_results(context, SITTING) if one.decision.candidate == candidate)


def credit(root: Path, *items: str) -> None:
    """Full marks for everybody in some items: also for C4, who left the paper blank."""
    with acting(root) as context:
        asked = [(item, KeyPolicy.FULL_CREDIT) for item in items]
        rescore(context, SITTING, asked, approver="approver", reason="at fault")


def test_changed_by_another_decider(at: At) -> None:
    """Marks are put right where marks are given; the other decider's decision supersedes, and a third person approves."""
    root = with_second_decider(at("approved"))
    first = latest(root)
    appeal(root)
    credit(root, "S1", "S2", "S3", "T1", "R1")
    assert settle(root, dry_run=True) == ("changed", "passed")
    assert latest(root).id == first.id
    assert settle(root) == ("changed", "passed")
    now = latest(root)

    assert (first.decision.outcome, now.decision.outcome, now.decided_by, now.approved_by) == (
        "failed",
        "passed",
        OTHER,
        None,
    )
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)
    with acting(root, "approver") as context:
        approve_sitting(context, SITTING)
    assert latest(root).approved_by == "approver"
    with acting(root) as context:
        (found,) = list_appeals(context, SITTING)
        told = [act.action for act in acts_of(context)]
    assert found.settlement is not None
    assert (found.settlement.decision, found.settlement.outcome, found.decision) == (now.id, "changed", first.id)
    assert "result.settle" in told


def acts_of(context: object) -> list[object]:
    """The latest acts."""
    with context.reading() as connection:
        return list(acts(connection, 20))


def test_confirmed_leaves_the_certificate_as_it_is(at: At) -> None:
    """A decision confirmed word for word is one of its own, and no certificate is warned of."""
    root = with_second_decider(at("issued"))
    first = latest(root, "C1")
    appeal(root, "C1")
    assert settle(root, "C1") == ("confirmed", "passed")
    now = latest(root, "C1")

    assert (now.id > first.id, now.digest, now.decided_by) == (True, first.digest, OTHER)
    with acting(root) as context:
        assert warnings(context) == ()


def test_first_decider_keeps_off_while_it_is_open(at: At) -> None:
    """Deciding and approving leave out whoever appeals; everybody else goes on."""
    root = with_second_decider(at("approved"))
    appeal(root)
    credit(root, "S1", "S2", "S3")
    with acting(root, "decider") as context:
        run, _ = decide_sitting(context, SITTING)
        assert run.appealed == 1
    assert latest(root).decided_by == "decider"
    assert latest(root).decided_at == NOW
    with acting(root, "approver") as context:
        approve_sitting(context, SITTING)
        line = next(one.text for one in overview(context).lines if one.what == "sitting")
        assert f"1 appeal open, due {NOW.date() + timedelta(days=30)}" in line
        assert overview(context).next_command == f"certengine result appeal list {SITTING}"


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("decider", "appeal/same-decider"),
        ("approver", "role/missing"),
        ("a2", "result/assessor-decides"),
        ("trainer", "result/trainer-decides"),
        ("admin", "role/missing"),
    ],
)
def test_who_may_not_settle(at: At, who: str, code: str) -> None:
    """Neither who decided, nor who assessed or trained, nor who is no decider; nothing is written then."""
    root = with_second_decider(at("approved"))
    appeal(root)
    with acting(root) as context:
        before = rows_of(context)
    with pytest.raises(Refused) as error:
        settle(root, who=who)
    with acting(root) as context:
        assert rows_of(context) == before

    assert error.value.code == code


def test_approver_of_the_decision_does_not_settle(at: At) -> None:
    """Who approved the decision took part in it, also with the role of a decider."""
    root = at("approved")
    text = (root / "certengine.toml").read_text("utf-8")
    (root / "certengine.toml").write_text(
        text.replace('roles = ["approver"]', 'roles = ["approver", "decider"]'), encoding="utf-8"
    )
    appeal(root)
    with pytest.raises(Refused) as error:
        settle(root, who="approver")

    assert error.value.code == "appeal/same-decider"


@pytest.mark.parametrize(
    ("candidate", "options", "error", "code"),
    [
        ("C6", {}, Refused, "appeal/pending"),
        ("C9", {}, NotFound, "not-found"),
        ("C4", {"deadline": date(2020, 1, 1)}, UsageError, "usage"),
    ],
)
def test_what_is_no_appeal(
    at: At, candidate: str, options: dict[str, object], error: type[CertengineError], code: str
) -> None:
    """Against a pending decision, of nobody, or with a deadline that is over."""
    root = with_second_decider(at("approved"))
    with pytest.raises(error) as refused:
        appeal(root, candidate, **options)

    assert refused.value.code == code


def test_one_open_appeal_at_a_time(at: At) -> None:
    """A second one waits until the first is settled; then it may come. What is not open is not settled."""
    root = with_second_decider(at("approved"))
    with pytest.raises(NotFound):
        settle(root)
    appeal(root)
    with pytest.raises(Refused) as error:
        appeal(root)
    assert error.value.code == "appeal/open"
    settle(root)

    assert appeal(root) == 2


def test_commands(at: At, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way through the command line, with its answers."""
    monkeypatch.setenv("CERTENGINE_ACTOR", "admin")
    root = with_second_decider(at("decided"))
    # Today: the commands know no other day, and the time to appeal is short.
    done("result", "approve", SITTING, "--as", "approver", cwd=root)
    opened = done("result", "appeal", "open", SITTING, "C4", "-m", "blank?", "--deadline", "2099-01-31", cwd=root)
    assert "to be settled by 2099-01-31" in opened.out
    listed = done("result", "appeal", "list", SITTING, cwd=root)
    assert "open" in listed.out
    settled = done("result", "appeal", "settle", SITTING, "C4", "-m", "blank indeed", "--as", OTHER, cwd=root)
    assert settled.out == "the decision on C4 confirmed: failed\n"
    assert f"confirmed by {OTHER}" in done("result", "appeal", "list", SITTING, cwd=root).out
    assert certengine("result", "appeal", "open", SITTING, "C4", "-m", "x", "--deadline", "soon", cwd=root).code == 2
    assert certengine("result", "appeal", "settle", SITTING, "C4", "-m", " ", "--as", OTHER, cwd=root).code == 2
    assert done("db", "check", cwd=root).code == 0


def test_a_late_appeal_is_refused_with_the_last_day(at: At) -> None:
    """On the last day it is taken, on the day after refused; both are days of the issuer's civil time."""
    root = at("approved")
    last = NOW.date() + timedelta(days=10)
    with acting(root) as context:
        late = datetime.combine(last + timedelta(days=1), time(), civil_zone(context)).astimezone(UTC)

    with acting(root, at=late) as context, pytest.raises(Refused) as refusal:
        open_appeal(context, SITTING, "C4", reason="question 1")
    assert ("appeal/late", True) == (refusal.value.code, str(last) in refusal.value.message)
    with acting(root, at=late - timedelta(minutes=1)) as context:
        assert "C4" == open_appeal(context, SITTING, "C4", reason="question 1").candidate
