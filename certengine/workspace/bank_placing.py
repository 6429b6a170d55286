"""Laying new files of a bank beside the workspace, reading them back, and giving them their names all at once.

Invariants:

1. No file that exists is written over, and nothing half-written is ever seen under a name that is read.
2. What is placed was read back from the very files that are placed.
3. When placing fails half-way, what was placed is taken away again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from certengine.errors import Finding, Refused
from certengine.model.bank import BankDraft
from certengine.workspace.bank_files import read_bank


@dataclass(frozen=True, slots=True)
class Laid:
    """New files of a bank, not yet in place.

    Attributes:
        files: paths within the bank's folder.
        draft: the whole bank as it will be; ``None`` when its head does not bind.
        findings: what a check finds in the new files.
    """

    bank_id: str
    root: Path
    beside: Path
    files: tuple[str, ...]
    draft: BankDraft | None
    findings: tuple[Finding, ...]

    @property
    def target(self) -> Path:
        """The bank's folder."""
        return self.root / "question_banks" / self.bank_id


@contextmanager
def laid_beside(root: Path, bank_id: str, files: Mapping[str, str | bytes]) -> Iterator[Laid]:
    """New files of a new or an existing bank, laid in a hidden folder of the workspace and read back with the rest.

    Raises:
        Refused: when the disk is full or the workspace cannot be written.
    """
    beside = root / f".import-{os.getpid()}"
    folder = beside / "question_banks" / bank_id
    there = root / "question_banks" / bank_id
    try:
        try:
            shutil.rmtree(beside, ignore_errors=True)
            folder.parent.mkdir(parents=True)
            if there.exists():
                shutil.copytree(there, folder)
            for name, held in files.items():
                _write(folder / name, held.encode("utf-8") if isinstance(held, str) else held)
        except OSError as error:
            raise _unwritable(there, error) from error
        draft, findings = read_bank(folder, beside)
        shown = {f"question_banks/{bank_id}/{name}" for name in files}
        own = tuple(finding for finding in findings if finding.place and finding.place.source in shown)
        yield Laid(bank_id, root, beside, tuple(files), draft, own)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def place(laid: Laid) -> None:
    """Give laid files their names.

    Raises:
        Refused: when a name is taken in the meantime, or the folder cannot be written.
    """
    source = laid.beside / "question_banks" / laid.bank_id
    try:
        if not laid.target.exists():
            laid.target.parent.mkdir(exist_ok=True)
            source.rename(laid.target)
            return
        _place_files(source, laid)
    except FileExistsError as error:
        raise Refused(
            f"`{error.filename2 or error.filename}` exists", hint="import again: another name is taken"
        ) from error
    except OSError as error:
        raise _unwritable(laid.target, error) from error


def _place_files(source: Path, laid: Laid) -> None:
    placed: list[Path] = []
    try:
        for name in laid.files:
            target = laid.target / name
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(source / name, target)  # unlike a rename, it never replaces what is there
            placed.append(target)
    except OSError:
        for target in placed:
            target.unlink(missing_ok=True)
        raise


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _unwritable(path: Path, error: OSError) -> Refused:
    return Refused(
        f"`{path}` cannot be written: {error.strerror or error}", hint="free space or make the folder writable"
    )
