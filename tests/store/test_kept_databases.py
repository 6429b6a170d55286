"""Databases of every schema there ever was are upgraded and read as on the day they were written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from certengine.store import schema
from certengine.store.append_only import missing_triggers
from certengine.store.columns import metadata
from certengine.store.engine import Database
from certengine.store.migrations.versions import __path__ as versions
from certengine.store.tables import HISTORY
from tests.vectors.databases.make_vectors import HERE, what_is_read

KEPT = sorted(HERE.glob("*.db"))


@pytest.fixture(params=KEPT, ids=lambda path: path.stem)
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A copy of a kept database, brought to the newest schema."""
    database = Database(f"sqlite:///{shutil.copy(request.param, tmp_path)}")
    schema.upgrade(database)
    return database


def test_one_is_kept_of_every_schema() -> None:
    """Whoever adds a migration adds the database it makes (``tests/vectors/databases/make_vectors.py``)."""
    known = sorted(path.name[:4] for path in Path(versions[0]).glob("[0-9]*.py"))
    assert [path.stem for path in KEPT] == known


def test_a_kept_database_is_read_as_it_was_written(upgraded: Database) -> None:
    """Every noun, score, decision, certificate and act reads as the file beside it says."""
    assert upgraded.file is not None
    expected = json.loads((HERE / f"{upgraded.file.stem}.json").read_text("utf-8"))
    assert what_is_read(upgraded) == expected


def test_the_newest_kept_database_holds_a_row_of_every_table() -> None:
    """Nothing that is stored is left out of the promise; an older one knows nothing of younger tables."""
    with Database(f"sqlite:///{KEPT[-1]}").reading() as connection:
        empty = [table.name for table in metadata.sorted_tables if connection.execute(table.select()).first() is None]
    assert empty == []


def test_a_kept_database_is_protected(upgraded: Database) -> None:
    """After the upgrade every trigger of today is there."""
    with upgraded.reading() as connection:
        assert missing_triggers(connection, HISTORY) == ()
