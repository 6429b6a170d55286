"""The audit trail: each act bears the hash of the one before, so that one altered row shows wherever it is."""

from __future__ import annotations

import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from certengine.canonical import digest
from certengine.store import audit, schema
from certengine.store.audit import Act, acts, first_break, length, write_act
from certengine.store.engine import Database
from certengine.store.tables import audit as table

ACTS = 12
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def act(number: int) -> Act:
    """One act of the trail."""
    return Act(
        at=AT + timedelta(minutes=number),
        actor=f"person-{number % 3}",
        action="bank.publish",
        subject=f"bank@{number}",
        details={"items": number, "digest": None},
    )


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a trail of some acts."""
    file = tmp_path_factory.mktemp("trail") / "trail.db"
    database = Database(f"sqlite:///{file}")
    schema.upgrade(database)
    with database.writing() as connection:
        for number in range(1, ACTS + 1):
            write_act(connection, act(number))
    return file


@pytest.fixture
def database(trail: Path, tmp_path: Path) -> Database:
    """A copy of it for one test."""
    return Database(f"sqlite:///{shutil.copy(trail, tmp_path)}")


def broken_at(file: Path, *statements: tuple[str, tuple[object, ...]]) -> int | None:
    """Where the chain breaks after somebody who owns the file dropped its protection and altered it."""
    copy = file.with_name("altered.db")
    shutil.copy(file, copy)
    connection = sqlite3.connect(copy)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement, values in statements:
        connection.execute(statement, values)
    connection.commit()
    connection.close()
    with Database(f"sqlite:///{copy}").reading() as reader:
        return first_break(reader)


def test_an_untouched_trail_is_whole(database: Database) -> None:
    """All acts fit the chain."""
    with database.reading() as connection:
        assert (first_break(connection), length(connection)) == (None, ACTS)


def test_an_empty_trail_is_whole(tmp_path: Path) -> None:
    """Before the first act there is nothing to break."""
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    schema.upgrade(database)
    with database.reading() as connection:
        assert (first_break(connection), acts(connection, 5)) == (None, ())


def test_acts_come_newest_first_as_they_were_written(database: Database) -> None:
    """What is read back is what was done."""
    with database.reading() as connection:
        assert acts(connection, 3) == (act(12), act(11), act(10))


@pytest.mark.slow
@given(
    seq=st.integers(1, ACTS),
    column=st.sampled_from(["at", "actor", "action", "subject", "details", "previous", "hash"]),
    value=st.one_of(st.text(st.characters(codec="ascii")), st.binary(), st.floats(allow_nan=False)),
)
def test_one_altered_row_is_found(trail: Path, seq: int, column: str, value: object) -> None:
    """Whatever is written into whichever column of whichever row, the chain breaks there."""
    assert broken_at(trail, (f"UPDATE audit SET {column} = ? WHERE seq = ?", (value, seq))) == seq


@given(seq=st.integers(1, ACTS - 1))
def test_a_row_taken_out_is_found(trail: Path, seq: int) -> None:
    """A gap shows at the row after it."""
    assert broken_at(trail, ("DELETE FROM audit WHERE seq = ?", (seq,))) == seq + 1


def test_a_row_altered_with_its_own_hash_breaks_the_next(trail: Path) -> None:
    """Whoever also computes the hash anew breaks the link of the act that follows."""
    row = {
        "seq": 5,
        "at": "2026-11-22T09:05:00Z",
        "actor": "somebody-else",
        "action": "bank.publish",
        "subject": "bank@5",
        "details": "{}",
    }
    with Database(f"sqlite:///{trail}").reading() as connection:
        row["previous"] = connection.execute(table.select().where(table.c.seq == 5)).one().previous
    altered = broken_at(
        trail,
        (
            "UPDATE audit SET actor = ?, details = ?, hash = ? WHERE seq = 5",
            (row["actor"], row["details"], digest(row)),
        ),
    )
    assert altered == 6


@pytest.mark.parametrize(
    "change",
    [{"seq": ACTS + 2}, {"seq": ACTS}, {"previous": "genesis"}, {"previous": "sha256:" + "0" * 64}],
    ids=["gap", "again", "from-the-start", "another-chain"],
)
def test_what_does_not_continue_the_chain_is_refused(database: Database, change: dict[str, object]) -> None:
    """The database itself takes only the next act after the latest."""
    with database.reading() as connection:
        last = connection.execute(table.select().order_by(table.c.seq.desc()).limit(1)).one()
    row = {**last._asdict(), "seq": ACTS + 1, "previous": last.hash, "hash": "sha256:new", **change}
    with pytest.raises(IntegrityError, match=r"audit"), database.writing() as connection:
        connection.execute(table.insert().values(row))


def test_what_cannot_be_written_down_does_not_happen(database: Database) -> None:
    """An act whose details have no canonical form takes its whole transaction back."""

    def two_acts() -> None:
        with database.writing() as connection:
            write_act(connection, act(13))
            write_act(connection, Act(at=AT, actor="a", action="b", subject="c", details={"share": 0.5}))

    with pytest.raises(TypeError):
        two_acts()
    with database.reading() as connection:
        assert length(connection) == ACTS


def test_the_first_act_stands_on_genesis(database: Database) -> None:
    """The chain begins with a name everybody knows."""
    with database.reading() as connection:
        assert connection.execute(table.select().order_by(table.c.seq)).first().previous == audit.GENESIS
