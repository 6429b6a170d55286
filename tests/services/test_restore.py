"""Restoring a backup that was taken while others worked, and going on: nothing lost before it, nothing used twice after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from certengine.errors import Refused
from certengine.services.backups import back_up_database
from certengine.services.issuing import issue_sitting
from certengine.services.log_check import check_log
from certengine.services.overview import check_database
from certengine.services.register import register_source
from certengine.services.replay import replay
from certengine.services.replay_links import LinkOutcome
from certengine.services.standing import list_certificates
from certengine.services.transparency import PUBLISHED
from certengine.services.verification import verify_file
from certengine.store import audit
from tests.databases import put_back
from tests.services.small_world import NOW, PASSING, SITTING, acting, issue_killed_at, passphrase

At = Callable[[str], Path]
pytestmark = pytest.mark.slow


def backed_up(root: Path) -> Path:
    """A backup of a workspace's database, beside it."""
    back_up_database(root, root / "backup.db", actor="admin")
    return root / "backup.db"


def issue(root: Path, entropy: str) -> list[str]:
    """Issue the sitting; the numbers issued now."""
    with acting(root, entropy=entropy) as context:
        run = issue_sitting(context, SITTING, passphrase)
        assert run.failed == ()
        return [one.credential.number for one in run.issued]


def test_work_goes_on_from_a_backup_taken_while_issuing(at: At) -> None:
    """Numbers were reserved and no file made when it was taken: restored, the same numbers are issued, sound and proved."""
    root = at("live")
    issue_killed_at(root, "act-committed:1")
    backup = backed_up(root)
    with acting(root) as context:
        reserved = [one.credential for one in list_certificates(context)]
    put_back(root, backup)
    with acting(root) as context:
        assert check_database(context) == ()
        assert check_log(context).sound

    from certengine.services.context import open_context

    context = open_context(root, actor="admin")
    run = issue_sitting(context, SITTING, passphrase)
    assert ([one.credential for one in run.issued], run.resumed) == (reserved, len(PASSING))
    assert replay(context, reserved[0].number).outcome is LinkOutcome.EQUAL
    verdict = verify_file(
        root / "certificates" / f"{reserved[0].number}.pdf", register_source(context), at=context.clock()
    )
    assert verdict.state == "valid"
    context.database.close()


def test_an_old_backup_issues_no_number_twice(at: At) -> None:
    """What was issued after it is in strangers' hands: issuing is refused, and nothing is written or overwritten."""
    root = at("keyed")
    backup = backed_up(root)
    numbers = issue(root, "first")
    files = {name: (root / "certificates" / f"{name}.pdf").read_bytes() for name in numbers}
    put_back(root, backup)

    with acting(root, entropy="second") as context:
        with pytest.raises(Refused, match="older than what was issued") as refusal:
            issue_sitting(context, SITTING, passphrase)
        assert list_certificates(context) == ()
    assert refusal.value.code == "log/older"
    assert {name: (root / "certificates" / f"{name}.pdf").read_bytes() for name in numbers} == files


def test_where_no_newer_backup_is_the_numbers_are_passed_over(at: At) -> None:
    """With the published log put aside it goes on behind the numbers whose files are there, and the trail says why."""
    root = at("keyed")
    backup = backed_up(root)
    lost = issue(root, "first")
    files = {name: (root / "certificates" / f"{name}.pdf").read_bytes() for name in lost}
    put_back(root, backup)
    (root / PUBLISHED).parent.rename(root / "published-before")

    again = issue(root, "second")

    assert (lost, again) == (["S2630001", "S2630002", "S2630003"], ["S2630004", "S2630005", "S2630006"])
    assert {name: (root / "certificates" / f"{name}.pdf").read_bytes() for name in lost} == files
    with acting(root, at=NOW) as context, context.reading() as connection:
        told = {act.subject for act in audit.acts(connection, 99) if act.action == "cert.pass-over"}
    assert told == set(lost)


def test_the_newest_backup_is_worked_with_at_once(at: At) -> None:
    """One taken after the last issue knows everything that was published: the next issue is as ever."""
    root = at("keyed")
    numbers = issue(root, "first")
    backup = backed_up(root)
    put_back(root, backup)

    assert issue(root, "second") == []
    with acting(root) as context:
        assert [one.credential.number for one in list_certificates(context)] == numbers
        assert check_log(context).sound
