"""What the program remembers: whole or not at all, for its key alone, and nothing that a stranger could have written."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from threading import Thread

import pytest

from certengine.workspace.memory import Memory, key_of

TEXTS = ["", '[["a", 1]]', "断路器"]


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    """An empty memory in an empty workspace."""
    return Memory(tmp_path, ("banks", "small"))


def entry(memory: Memory) -> Path:
    """The file of the one entry there is."""
    (found,) = memory.folder.iterdir()
    return found


def test_what_was_kept_comes_back(memory: Memory) -> None:
    """Texts come back under their name and key, under no other key and no other name."""
    memory.keep("one", "key", TEXTS)
    assert memory.recall("one", "key") == TEXTS
    assert memory.recall("one", "another key") is None
    assert memory.recall("two", "key") is None


def test_a_later_entry_takes_the_place_of_an_earlier(memory: Memory) -> None:
    """One name has one entry, so the folder does not grow."""
    memory.keep("one", "key", TEXTS)
    memory.keep("one", "new key", ["new"])
    assert memory.recall("one", "key") is None
    assert memory.recall("one", "new key") == ["new"]
    assert entry(memory).is_file()


def test_a_damaged_entry_is_none(memory: Memory) -> None:
    """Whatever byte is changed or lost, the entry is no entry."""
    memory.keep("one", "key", TEXTS)
    whole = entry(memory).read_bytes()
    for index in range(len(whole)):
        entry(memory).write_bytes(whole[:index] + bytes([whole[index] ^ 1]) + whole[index + 1 :])
        assert memory.recall("one", "key") is None, index
        entry(memory).write_bytes(whole[:index])
        assert memory.recall("one", "key") is None, index


def test_only_the_owner_reads_and_writes(memory: Memory, tmp_path: Path) -> None:
    """Folders have mode 700 and files 600, and git is told to look away."""
    memory.keep("one", "key", TEXTS)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (memory.folder, tmp_path / ".certengine")] == [0o700, 0o700]
    assert stat.S_IMODE(entry(memory).stat().st_mode) == 0o600
    assert (tmp_path / ".certengine" / ".gitignore").read_text("utf-8") == "*\n"


def test_a_folder_that_others_may_write_is_not_read(memory: Memory, tmp_path: Path) -> None:
    """A stranger could have laid an entry there."""
    memory.keep("one", "key", TEXTS)
    (tmp_path / ".certengine" / "cache").chmod(0o770)
    assert memory.recall("one", "key") is None


def test_a_link_is_not_followed(memory: Memory, tmp_path: Path) -> None:
    """A folder that is a link elsewhere is neither read nor written."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    memory.folder.parent.mkdir(parents=True, mode=0o700)
    for folder in (tmp_path / ".certengine", tmp_path / ".certengine" / "cache"):
        folder.chmod(0o700)
    memory.folder.symlink_to(elsewhere, target_is_directory=True)
    memory.keep("one", "key", TEXTS)
    assert list(elsewhere.iterdir()) == []


def test_where_nothing_can_be_written_nothing_is_kept(memory: Memory, tmp_path: Path) -> None:
    """A workspace that cannot be written is read without a memory."""
    (tmp_path / ".certengine").write_text("in the way", encoding="utf-8")
    memory.keep("one", "key", TEXTS)
    memory.forget_all_but([])
    memory.forget_subjects_but([])
    assert memory.recall("one", "key") is None


def test_a_writer_that_cannot_rename_leaves_nothing_behind(memory: Memory) -> None:
    """A name that is taken by a folder fails the entry, and what was begun is taken away."""
    memory.keep("one", "key", TEXTS)
    taken = entry(memory)
    taken.unlink()
    taken.mkdir()
    memory.keep("one", "key", TEXTS)
    assert [path.name for path in memory.folder.iterdir()] == [taken.name]


def test_others_are_forgotten(memory: Memory, tmp_path: Path) -> None:
    """Entries of other names go, with what an interrupted writer left; and subjects that are none any more."""
    memory.keep("one", "key", TEXTS)
    memory.keep("two", "key", TEXTS)
    (memory.folder / "begun-left").write_text("half", encoding="utf-8")
    memory.forget_all_but(["two"])
    assert (memory.recall("one", "key"), memory.recall("two", "key")) == (None, TEXTS)
    assert entry(memory).is_file()
    other = Memory(tmp_path, ("banks", "gone"))
    other.keep("one", "key", TEXTS)
    memory.forget_subjects_but(["small"])
    assert not other.folder.exists()
    assert memory.recall("two", "key") == TEXTS


def test_writers_at_the_same_time_do_no_harm(memory: Memory) -> None:
    """While several write one name, a reader finds what one of them wrote, whole."""
    texts = {str(writer): [str(writer) * 20_000] for writer in range(4)}
    memory.keep("one", "key", texts["0"])

    def write(writer: str) -> None:
        for _ in range(20):
            memory.keep("one", "key", texts[writer])

    threads = [Thread(target=write, args=(writer,)) for writer in texts]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert memory.recall("one", "key") in texts.values()
    assert len(list(memory.folder.iterdir())) == 1


def test_a_key_tells_its_parts_apart() -> None:
    """Parts that differ, or stand otherwise, give other keys; the same give the same in every run of this program."""
    keys = {key_of("ab", "c"), key_of("a", "bc"), key_of("a", "b", "c"), key_of(["a", "b"], "c"), key_of()}
    assert len(keys) == 5
    assert key_of("ab", "c") in keys


def test_a_name_from_the_file_system_is_any_bytes(memory: Memory) -> None:
    """A file's name that is not UTF-8 has an entry like any other."""
    name = os.fsdecode(b"items/\xff.yaml")
    memory.keep(name, "key", TEXTS)
    assert memory.recall(name, "key") == TEXTS
