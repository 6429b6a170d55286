"""Pictures in the store: kept once by the digest of their bytes, and never given back altered."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from certengine.canonical import digest_of_bytes
from certengine.errors import NotFound, Refused
from certengine.store import schema
from certengine.store.engine import Database
from certengine.store.pictures import append_pictures, load_pictures

ONE, OTHER = b"one", b"other \x00"


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A database with one picture."""
    made = Database(f"sqlite:///{tmp_path / 'new.db'}")
    schema.upgrade(made)
    with made.writing() as connection:
        append_pictures(connection, {digest_of_bytes(ONE): ONE})
    return made


def test_pictures_are_read_as_they_were_kept(database: Database) -> None:
    """Keeping what is kept already changes nothing, and every byte comes back."""
    both = {digest_of_bytes(content): content for content in (ONE, OTHER)}
    with database.writing() as connection:
        append_pictures(connection, both)
        append_pictures(connection, {})
    with database.reading() as connection:
        assert load_pictures(connection, both.keys()) == both
        assert load_pictures(connection, ()) == {}


def test_a_picture_that_was_never_kept_is_missed_by_name(database: Database) -> None:
    """The answer names the digest and the way out."""
    with database.reading() as connection, pytest.raises(NotFound, match=r"sha256:\w+ is not in the database") as error:
        load_pictures(connection, {digest_of_bytes(ONE), digest_of_bytes(OTHER)})
    assert error.value.code == "store/no-picture"


def test_an_altered_picture_is_refused(database: Database) -> None:
    """Bytes that somebody changed behind the program's back are not printed."""
    assert database.file is not None
    with sqlite3.connect(database.file) as connection:
        connection.execute("DROP TRIGGER picture_no_update")
        connection.execute("UPDATE picture SET content = ?", (OTHER,))
    connection.close()
    with database.reading() as reading, pytest.raises(Refused, match="was altered"):
        load_pictures(reading, {digest_of_bytes(ONE)})
