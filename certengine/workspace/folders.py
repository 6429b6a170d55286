"""A workspace: one folder with configuration, banks, schemes, templates, keys and the database.

Also finds the data that ships with the package (the sample academy, the templates): inside the package when installed
from a wheel, at the root of the repository when installed editable.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import certengine
from certengine.errors import Finding, NotFound, Refused, UsageError
from certengine.model.bank import BankDraft
from certengine.model.scheme import Scheme
from certengine.workspace.bank_cache import Recalled, recall_bank
from certengine.workspace.bank_files import read_bank
from certengine.workspace.binding import closest
from certengine.workspace.config import FILE_NAME, Config, read_config
from certengine.workspace.ids import ID
from certengine.workspace.scheme_files import read_scheme

PRIVATE_FOLDER = 0o700
DATA_FOLDERS = ("question_banks", "rubrics", "templates")


@dataclass(frozen=True, slots=True)
class Workspace:
    """An opened workspace."""

    root: Path
    config: Config

    def bank_ids(self) -> tuple[str, ...]:
        """Ids of the banks that have a ``bank.yaml``, sorted."""
        return _with_file(self.root / "question_banks", "bank.yaml")

    def scheme_ids(self) -> tuple[str, ...]:
        """Ids of the schemes that have a ``scheme.yaml``, sorted."""
        return _with_file(self.root / "rubrics", "scheme.yaml")

    def read_bank(self, bank_id: str) -> tuple[BankDraft | None, tuple[Finding, ...]]:
        """The draft of a bank and everything found in its files; files that did not change are remembered.

        Raises:
            NotFound: when there is no such bank.
        """
        recalled = self.recall_bank(bank_id)
        return recalled.draft, recalled.findings

    def recall_bank(self, bank_id: str) -> Recalled:
        """As :meth:`read_bank`, with the draft's digest.

        Raises:
            NotFound: when there is no such bank.
        """
        return recall_bank(self._bank_folder(bank_id), self.root)

    def read_bank_anew(self, bank_id: str) -> tuple[BankDraft | None, tuple[Finding, ...]]:
        """As :meth:`read_bank`, from the files alone: what is frozen for ever rests on nothing remembered.

        Raises:
            NotFound: when there is no such bank.
        """
        return read_bank(self._bank_folder(bank_id), self.root)

    def read_scheme(self, scheme_id: str) -> tuple[Scheme | None, tuple[Finding, ...]]:
        """A scheme and everything found in its files.

        Raises:
            NotFound: when there is no such scheme.
        """
        return read_scheme(self._folder("rubrics", scheme_id, "scheme", self.scheme_ids()), self.root)

    def template_path(self, name: str) -> Path:
        """The folder of a template: the workspace's own, else the one that ships.

        Raises:
            NotFound: when neither has it.
        """
        if ID.fullmatch(name):
            for base in (self.root, bundled_root()):
                folder = base / "templates" / name
                if folder.is_dir():
                    return folder
        raise NotFound(
            f"template `{name}` does not exist in `{self.root / 'templates'}`",
            hint="correct `certificate.template` in the scheme, or copy a shipped template under that name",
            code="template/not-found",
        )

    def database_url(self, override: str | None = None) -> str:
        """The database address, with a relative SQLite path made absolute."""
        url = override or os.environ.get("CERTENGINE_DB") or self.config.database.url
        prefix = "sqlite:///"
        if url.startswith(prefix) and not url.startswith(prefix + "/"):
            return prefix + str(self.root / url.removeprefix(prefix))
        return url

    def keys_folder(self) -> Path:
        """Where private keys lie."""
        return self.root / self.config.keys.folder

    def _bank_folder(self, bank_id: str) -> Path:
        return self._folder("question_banks", bank_id, "bank", self.bank_ids())

    def _folder(self, kind: str, name: str, noun: str, known: tuple[str, ...]) -> Path:
        if name not in known:
            raise NotFound(
                f"{noun} `{name}` does not exist in this workspace{closest(name, known)}",
                hint=f"`certengine {noun} list` shows what exists",
                code=f"{noun}/not-found",
            )
        return self.root / kind / name


def find_workspace(start: Path | None = None) -> Path:
    """The folder of the nearest ``certengine.toml`` upwards from a folder.

    Raises:
        NotFound: when there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / FILE_NAME).is_file():
            return folder
    raise NotFound(
        f"no {FILE_NAME} in `{here}` or above",
        hint="`certengine init DIR --sample` makes a workspace; `--workspace DIR` names one",
        code="workspace/not-found",
    )


def open_workspace(root: Path) -> Workspace:
    """Open the workspace in a folder.

    Raises:
        NotFound: when the folder is not a workspace.
        InputError: when its configuration does not hold together.
    """
    root = root.resolve()
    return Workspace(root, read_config(root))


def bundled_root() -> Path:
    """The folder that holds the shipped ``question_banks``, ``rubrics`` and ``templates``."""
    package = Path(certengine.__file__).resolve().parent
    for base in (package / "bundled", package.parent):
        if (base / "templates").is_dir():
            return base
    raise NotFound("the data shipped with certengine is missing", hint="install the package anew")


def make_workspace(
    root: Path, config_text: str, *, sample: bool, finish: Callable[[Path], object] = lambda _laid: None
) -> None:
    """A new workspace: configuration, templates, and with ``sample`` the whole sample academy.

    Everything is laid in a folder beside it and renamed, so that nothing half-made is left behind.

    Args:
        finish: what else belongs in it (the database), done in the laid folder before it gets its name.

    Raises:
        Refused: when the folder exists and is not empty, or cannot be written.
        UsageError: when it is a file.
    """
    root = root.resolve()
    if root.is_file():
        raise UsageError(f"`{root}` is a file", hint="name a folder")
    if root.exists() and any(root.iterdir()):
        raise Refused(f"`{root}` exists and is not empty", hint="name a new folder")
    root.parent.mkdir(parents=True, exist_ok=True)
    laid = root.parent / f".{root.name}.new-{os.getpid()}"
    try:
        laid.mkdir(mode=PRIVATE_FOLDER)
        (laid / FILE_NAME).write_text(config_text, encoding="utf-8")
        for name in DATA_FOLDERS if sample else ("templates",):
            shutil.copytree(bundled_root() / name, laid / name)
        for name in DATA_FOLDERS:
            (laid / name).mkdir(exist_ok=True)
        finish(laid)
        if root.exists():
            root.rmdir()
        laid.rename(root)
    except OSError as error:
        raise Refused(
            f"`{root}` cannot be made: {error.strerror or 'not every file could be written'}",
            hint="free space or choose another folder",
        ) from error
    finally:
        if laid.exists():
            shutil.rmtree(laid)


def _with_file(folder: Path, name: str) -> tuple[str, ...]:
    return tuple(_names(folder, name))


def _names(folder: Path, name: str) -> Iterator[str]:
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if ID.fullmatch(path.name) and (path / name).is_file():
                yield path.name
