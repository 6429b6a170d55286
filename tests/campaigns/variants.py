"""Deliberate mistakes: the program as somebody might have written it, put in place of its parts in a process of the tests.

Each says what is wrong with it; ``test_teeth.py`` shows that the campaigns find it. The program itself has no such paths.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from certengine.credentials.keyring import keyring_bytes
from certengine.services import (
    context as contexts,
)
from certengine.services import (
    files,
    finishing,
    grading,
    issuing,
    key_files,
    keys,
    print_record,
    print_workers,
    reserving,
    transparency,
)
from certengine.services.context import Context
from certengine.services.key_changes import KEYRING
from certengine.services.print_work import set_bench
from certengine.services.stopping import passing
from certengine.store import certificates, engine, gradings

_WRITERS: tuple[Any, ...] = (finishing, print_record, transparency)


def files_not_flushed() -> None:
    """A file is renamed while its bytes are on their way to the disk."""
    flush = os.fsync

    def folders_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            flush(descriptor)

    os.fsync = folders_only  # type: ignore[assignment]


def folders_not_flushed() -> None:
    """A new name is on its way to the disk when something is said to be done that rests on it."""
    files._flush_folder = lambda _folder: None


def written_in_place() -> None:
    """A file is written under its own name."""

    def write(path: Path, data: bytes, **_mode: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(data[: len(data) // 2])
            file.flush()
            passing("file-laid")
            file.write(data[len(data) // 2 :])
        passing("file-named")

    for module in _WRITERS:
        module.write_whole = write


def written_once() -> None:
    """One call is believed to write everything."""

    def write(path: Path, data: bytes, **_mode: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.part")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.write(descriptor, data)
        os.fsync(descriptor)
        os.close(descriptor)
        os.replace(temporary, path)

    for module in _WRITERS:
        module.write_whole = write


def left_over() -> None:
    """What a killed run left half-written stays."""
    for module in (issuing, print_record, transparency):
        module.clear_left_over = lambda *_folders: None  # type: ignore[attr-defined]


def issued_before_written() -> None:
    """A certificate is issued, and then its file is written."""
    really, issue = finishing.write_whole, finishing.Finisher.issue
    waiting: list[tuple[Path, bytes]] = []

    def later(path: Path, data: bytes) -> None:
        waiting.append((path, data))

    def issued(self: finishing.Finisher, record: Any) -> Any:
        done = issue(self, record)
        while waiting:
            really(*waiting.pop())
        return done

    finishing.write_whole = later  # type: ignore[assignment]
    finishing.Finisher.issue = issued  # type: ignore[method-assign]


def numbers_taken_apart() -> None:
    """Numbers are taken in one transaction and used in the next."""
    reserve, take = reserving.reserve_all, certificates.take_serial

    def reserved(context: Context, loaded: Any, approved: Any, kids: Any) -> int:
        with context.reading() as connection:
            held = {one.candidate for one in certificates.certificates_of(connection)}
        wanting = [one for one in approved if one.decision.candidate not in held]
        taken = []
        with context.writing() as connection:
            for one in wanting:
                day = reserving.local_date(context, context.clock())
                pattern, level = loaded.scheme.certificate.number, loaded.scheme.level.code
                taken.append(take(connection, reserving.series_of(pattern, day, level)))
                assert one is not None
        certificates.take_serial = lambda _connection, _series: taken.pop(0)
        return reserve(context, loaded, approved, kids)

    issuing.reserve_all = reserved


def reserved_anew() -> None:
    """Whoever resumes takes new numbers for what waits under the old ones."""
    held = certificates.certificates_of

    def issued_only(connection: Any, sitting: str | None = None) -> Any:
        found = held(connection, sitting)
        return tuple(one for one in found if one.state is not certificates.CertificateState.RESERVED)

    class Register:
        def __getattr__(self, name: str) -> Any:
            return issued_only if name == "certificates_of" else getattr(certificates, name)

    reserving.store = Register()  # type: ignore[assignment]


def proofs_forgotten() -> None:
    """Only what was issued in this very run is published and proved."""
    issuing._unproved = lambda _folder, _record: False


def run_before_scores() -> None:
    """That a file was read is written down before what was read."""
    append = gradings.append_run

    def appended(connection: Any, *words: Any, **more: Any) -> int:
        run = append(connection, *words, **more)
        connection.commit()
        passing("act-committed")
        return run

    grading.gradings = type("Apart", (), {**vars(gradings), "append_run": staticmethod(appended)})  # type: ignore[assignment]


def acts_written_apart() -> None:
    """What is done and the act that tells of it are two transactions."""
    writing, write = Context.writing, Context.write_act
    waiting: list[tuple[Any, ...]] = []

    @contextmanager
    def apart(self: Context) -> Iterator[Any]:
        with writing(self) as connection:
            yield connection
        if waiting:
            with writing(self) as connection:
                while waiting:
                    at, action, subject, details = waiting.pop(0)
                    write(self, connection, at, action, subject, **details)

    def later(self: Context, _connection: Any, at: Any, action: str, subject: str, **details: Any) -> None:
        waiting.append((at, action, subject, details))

    Context.writing, Context.write_act = apart, later  # type: ignore[method-assign,assignment]


def no_turns() -> None:
    """Writers begin by reading, each at the same time as the others."""
    hook = engine._hook
    plain = {("BEGIN IMMEDIATE",): ("BEGIN",), engine._POSTGRESQL_WRITER: ()}
    engine._hook = lambda made, begin, pragmas: hook(made, plain.get(begin, begin), pragmas)


def database_errors_unforeseen() -> None:
    """A database that cannot be read is taken for a mistake of the program."""
    contexts.out_of_reach = lambda _error: None


def removal_unnoticed() -> None:
    """Nobody looks whether the database is still where it was."""
    engine._identity = lambda _file: None


def made_when_missing() -> None:
    """A database that is not there is made, empty."""
    engine._only_what_is_there = lambda _engine, _file: None


def keys_used_before_told() -> None:
    """The keyring takes its name, and then the act of it is recorded."""

    def kept(context: Context, keyring: Any, write_act: Callable[[Any], None]) -> None:
        files.write_whole(context.workspace.keys_folder() / KEYRING, keyring_bytes(keyring))
        with context.writing() as connection:
            write_act(connection)

    keys.keep_keyring = kept  # type: ignore[attr-defined]


def keyring_flushed_last() -> None:
    """The act of a keyring is recorded, and then its file is flushed."""

    def kept(context: Context, keyring: Any, write_act: Callable[[Any], None]) -> None:
        with files.filled_beside(context.workspace.keys_folder() / KEYRING) as temporary:
            temporary.write_bytes(keyring_bytes(keyring))
            with context.writing() as connection:
                write_act(connection)

    keys.keep_keyring = kept  # type: ignore[attr-defined]


def key_folder_not_flushed() -> None:
    """The name of the folder of keys is on its way to the disk when keys are said to be made."""
    key_files.make_folder = lambda folder, *, mode: folder.mkdir(mode)  # type: ignore[attr-defined]


def workers_left() -> None:
    """Printing processes do not look whether anybody waits for them."""
    print_workers._begin = set_bench


VARIANTS: dict[str, Callable[[], None]] = {
    one.__name__: one
    for one in (
        files_not_flushed,
        folders_not_flushed,
        written_in_place,
        written_once,
        left_over,
        issued_before_written,
        numbers_taken_apart,
        reserved_anew,
        proofs_forgotten,
        run_before_scores,
        acts_written_apart,
        no_turns,
        database_errors_unforeseen,
        removal_unnoticed,
        made_when_missing,
        keys_used_before_told,
        keyring_flushed_last,
        key_folder_not_flushed,
        workers_left,
    )
}
