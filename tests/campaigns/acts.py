"""The acts of the campaigns: a command on a small academy, and what must be true once it was run to its end."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from certengine.canonical import digest_of_bytes
from certengine.documents.pdf_reading import page_text
from certengine.services.context import open_context
from certengine.services.log_check import check_log
from certengine.services.overview import check_database
from certengine.services.standing import list_certificates
from certengine.services.transparency import PUBLISHED
from certengine.store import certificates, log
from certengine.store.certificates import CertificateState
from certengine.store.columns import metadata
from certengine.store.tables import audit, number_series
from tests.services.small_world import BANK, PASSING, SITTING

#: What a workspace holds beside its records: what may be deleted at any time, the database, what the campaign asked for.
_NOT_COMPARED = ("certengine.db", ".certengine/cache/", ".certengine/.gitignore")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A command that is killed, disturbed and run again.

    Attributes:
        stage: what it begins from, of :data:`tests.services.small_world.STAGES`.
        words: its arguments, in a workspace.
        same_bytes: its files are the same in every run.
        again: rows that a further run adds, though nothing was left to do: acts of the trail, by name.
        done: the code with which it refuses to do what is done.
    """

    name: str
    stage: str
    words: Callable[[Path], tuple[str, ...]]
    same_bytes: bool = False
    again: tuple[str, ...] = ()
    done: str | None = None

    def arguments(self, root: Path) -> list[str]:
        """The command, quiet, in a workspace."""
        return [*self.words(root), "-q", "--workspace", str(root)]


def _issue(root: Path) -> tuple[str, ...]:
    return ("cert", "issue", SITTING, "--as", "admin", "--passphrase-file", str(root / "passphrase"))


def _print(root: Path) -> tuple[str, ...]:
    return ("paper", "print", SITTING, "-o", str(root / "print"), "--as", "admin")


def _second(root: Path) -> str:
    return sorted((root / "certificates").glob("*.pdf"))[1].stem


ISSUE = Act(name="cert issue", stage="live", words=_issue)
PRINT = Act(
    name="paper print",
    stage="sealed",
    words=lambda root: (*_print(root), "--candidate", "C1", "--candidate", "C2"),
    same_bytes=True,
    again=("paper.print",),
)
PRINT_ALL = Act(
    name="paper print, in processes", stage="sealed", words=_print, same_bytes=True, again=("paper.print",)
)  # fmt: skip
WRITTEN = Act(
    name="grade written",
    stage="answered",
    words=lambda root: ("grade", "written", SITTING, str(root / "responses.csv"), "--as", "admin"),
)
PRACTICAL = Act(
    name="grade practical",
    stage="answered",
    words=lambda root: ("grade", "practical", SITTING, str(root / "ratings.csv"), "--as", "admin"),
)
REVOKE = Act(
    name="cert revoke",
    stage="in force",
    words=lambda root: ("cert", "revoke", _second(root), "--reason", "error", "--yes", "--as", "approver"),
    done="certificate/revoked",
)
PUBLISH = Act(
    name="bank publish",
    stage="workspace",
    words=lambda _: ("bank", "publish", BANK, "--reason", "first", "--as", "admin"),
)
APPROVE = Act(
    name="result approve",
    stage="decided",
    words=lambda _: ("result", "approve", SITTING, "--as", "approver"),
)
SIGNED = "log_checkpoint"
ACTS = (WRITTEN, PRACTICAL, PRINT, ISSUE, REVOKE, PUBLISH)
"""What is killed anywhere."""


def named(value: object) -> str:
    """What a test is called for an act, or anything else it is about."""
    return value.name if isinstance(value, Act) else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a workspace holds.

    Attributes:
        rows: how many, by table.
        acts: how many, by name.
        files: the digest of each.
    """

    rows: Mapping[str, int]
    acts: Mapping[str, int]
    files: Mapping[str, str]


def state_of(root: Path) -> State:
    """What a workspace holds now."""
    context = open_context(root, actor="admin")
    try:
        with context.reading() as connection:
            rows = {
                table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
                for table in metadata.sorted_tables
            }
            acts = Counter(connection.execute(select(audit.c.action)).scalars())
    finally:
        context.database.close()
    return State(rows=rows, acts=acts, files=files_in(root))


def files_in(root: Path) -> dict[str, str]:
    """The digest of each file of a workspace that is compared."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            inside = path.relative_to(root).as_posix()
            if not inside.startswith(_NOT_COMPARED):
                found[inside] = digest_of_bytes(path.read_bytes())
    return found


def demand_whole(root: Path, act: Act, undisturbed: State) -> None:
    """What is seen under its name is whole, at any time: also right after a kill, before anything is mended.

    Raises:
        AssertionError: naming the file that is not.
    """
    for folder in ("certificates", "print", "published"):
        for path in (root / folder).rglob("*"):
            if not path.is_file() or path.name.startswith("."):
                continue
            name = path.relative_to(root).as_posix()
            if act.same_bytes:
                assert digest_of_bytes(path.read_bytes()) == undisturbed.files[name], f"{name} is half-written"
            elif path.suffix == ".pdf":
                data = path.read_bytes()
                assert data.rstrip().endswith(b"%%EOF"), f"{name} is half-written"
                assert page_text(data), f"{name} is half-written"
            else:
                assert path.stat().st_size, f"{name} is empty"


def demand_settled(root: Path, act: Act, undisturbed: State, *, runs: int) -> None:
    """After an act was run to its end, its workspace is as if nothing had happened.

    Args:
        runs: how often it was begun.

    Raises:
        AssertionError: naming what is lost, doubled, half-written or left over.
    """
    now = state_of(root)
    demand_whole(root, act, undisturbed)
    kept = set(undisturbed.files)
    # What was published of the log stays, also when the log was signed once more on the way.
    more = {one for one in set(now.files) - kept if not one.startswith("published/log/tile/") or ".part" in one}
    lost = kept - set(now.files)
    assert not lost | more, f"lost {sorted(lost)}, left over {sorted(more)}"
    for name in now.acts.keys() | undisturbed.acts.keys():
        most = undisturbed.acts.get(name, 0) + (runs - 1 if name in act.again else 0)
        assert undisturbed.acts.get(name, 0) <= now.acts.get(name, 0) <= most, (name, now.acts, undisturbed.acts)
    if not act.again:
        assert {**now.rows, SIGNED: 0} == {**undisturbed.rows, SIGNED: 0}
        assert now.rows[SIGNED] >= undisturbed.rows[SIGNED]
    _demand_consistent(root)


def _demand_consistent(root: Path) -> None:
    """The database, the trail, the log and its files, the numbers and the certificates, each with the others."""
    context = open_context(root, actor="admin")
    try:
        assert check_database(context) == ()
        checked = check_log(context)
        assert checked.sound, checked.problems
        held = list_certificates(context)
        with context.reading() as connection:
            next_serials = list(connection.execute(select(number_series.c.next)).scalars())
            newest = log.latest_checkpoint(connection)
            published = root / PUBLISHED
            if newest is not None and published.exists():
                assert (published / "checkpoint").read_text("utf-8") == newest[1], "another checkpoint is published"
    finally:
        context.database.close()
    assert next_serials == ([len(held) + 1] if held else []), "a number is lost"
    numbers = [one.credential.number for one in held]
    assert [int(number[-4:]) for number in numbers] == list(range(1, len(held) + 1)), numbers
    assert [one.candidate for one in held] == list(PASSING[: len(held)])
    assert CertificateState.RESERVED not in {one.state for one in held}
    assert all([event.kind for event in one.events].count("issued") == 1 for one in held)
    files = {path.name: digest_of_bytes(path.read_bytes()) for path in (root / "certificates").glob("*.pdf")}
    assert files == {f"{one.credential.number}.pdf": one.pdf_digest for one in held}


def frozen(root: Path) -> dict[str, tuple[object, ...]]:
    """What can never change again: each reserved certificate, and the digest of each that is issued."""
    context = open_context(root, actor="admin")
    try:
        with context.reading() as connection:
            held = certificates.certificates_of(connection)
    finally:
        context.database.close()
    return {one.credential.number: (one.credential, one.candidate, one.pdf_digest) for one in held}


def demand_kept(before: Mapping[str, tuple[object, ...]], after: Mapping[str, tuple[object, ...]]) -> None:
    """What a kill found reserved or issued is the same afterwards.

    Raises:
        AssertionError: naming the number.
    """
    for number, (credential, candidate, digest) in before.items():
        now = after.get(number)
        assert now is not None, f"{number} is lost"
        assert now[:2] == (credential, candidate), f"{number} is another's now"
        assert digest is None or now[2] == digest, f"{number} was issued twice"
