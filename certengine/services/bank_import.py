"""Banks from the formats of other programs, with a report of everything that is not carried.

1. Read the questions of every file. A record of ours is believed as far as writing it again gives what the file says.
2. Each becomes a draft that somebody here must review: no status and no reviewer of a file counts.
3. Lay the files beside the workspace, read them back, and give them their names: a new bank, or new files of one that
   exists. Nothing that exists is written over, nothing is ever half there.

Several files are one import: when one of them is refused, nothing of any is written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from certengine.errors import AnswerIsNo, CertengineError, Finding, InputError, Refused, UsageError
from certengine.interchange.bank_formats import format_named, format_of
from certengine.interchange.loss import LossReport
from certengine.model.bank import BankDraft, Item
from certengine.services.bank_intake import Intake
from certengine.services.context import Context
from certengine.services.exchanged_pictures import Gallery
from certengine.workspace.bank_placing import laid_beside, place
from certengine.workspace.bank_writing import bank_files, item_files
from certengine.workspace.ids import ID

MAX_FILES: Final = 200
"""Most files of one import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFile:
    """What became of one file.

    Attributes:
        items: ids of the items it gave.
        renamed: what the file calls a question, and the id it got.
    """

    source: Path
    format: str
    title: str
    items: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    report: LossReport


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRun:
    """What an import did, or with ``dry_run`` would do.

    Attributes:
        files: the new files, relative to the workspace.
        findings: what ``bank check`` finds in the new files: the work that is left.
    """

    bank: str
    new_bank: bool
    sources: tuple[ImportedFile, ...]
    files: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def items(self) -> tuple[str, ...]:
        """Ids of the new items, in the order of the files."""
        return tuple(item for source in self.sources for item in source.items)

    @property
    def report(self) -> LossReport:
        """Every loss of every file."""
        return LossReport(losses=tuple(loss for source in self.sources for loss in source.report.losses))


def import_bank(
    context: Context,
    paths: Path | Sequence[Path],
    bank_id: str,
    *,
    format: str | None = None,
    language: str | None = None,
    dry_run: bool = False,
) -> ImportRun:
    """Take the questions of files into a new bank, or into new files of one that exists; all as drafts.

    Args:
        format: told by each file itself when not given.
        language: of the texts in the files, where no record of ours says it; when not given, Chinese where there is a
            Chinese character and English where there is none.

    Raises:
        NotFound: when there is no such file.
        InputError: when one is hostile, damaged, too large, or in no format that is read.
        UsageError: when the bank's id is none, or a file is named twice.
        AnswerIsNo: when not one question of a file can be carried.
        Refused: when the actor is no author, the bank's own files do not bind, or nothing can be written.
    """
    context.demand_role("author", "administrator")
    named = [paths] if isinstance(paths, Path) else list(paths)
    _demand_sound(bank_id, named)
    existing = _existing(context, bank_id)
    taken = _Taken(context, bank_id, existing, format, language)
    refusals: list[CertengineError] = []
    for path in named:
        try:
            taken.take(path)
        except (InputError, AnswerIsNo) as error:
            refusals.append(error)
    if refusals:
        raise _refused_together(refusals, len(named))
    return _placed(context, bank_id, taken, existing, dry_run=dry_run)


class _Taken:
    """What the files gave so far: the items, and the bank as it grows with them."""

    def __init__(
        self, context: Context, bank_id: str, existing: BankDraft | None, format: str | None, language: str | None
    ) -> None:
        self.bank_id, self.existing, self.format, self.language = bank_id, existing, format, language
        self.author = context.actor
        self.folder = context.workspace.root / "question_banks" / bank_id
        self.gallery = Gallery(self.folder)
        self.draft = existing
        self.sources: list[ImportedFile] = []
        self.items: list[Item] = []
        self.added: dict[str, str] = {}

    def take(self, path: Path) -> None:
        """The items of one more file."""
        chosen = format_named(self.format) if self.format else format_of(path)
        incoming = chosen.read(path)
        intake = Intake(
            chosen, incoming.questions, self.draft, language=self.language, author=self.author, gallery=self.gallery
        )
        items = intake.items()
        report = LossReport(losses=(*intake.kept(incoming.losses), *intake.losses))
        if not items:
            raise AnswerIsNo(
                f"not one question of `{path.name}` can be carried",
                hint=next(iter(report.lines()), "see which format it is in"),
                code="exchange/nothing-carried",
            )
        self.sources.append(
            ImportedFile(
                source=path,
                format=chosen.id,
                title=chosen.title,
                items=tuple(item.id for item in items),
                renamed=tuple(intake.renamed),
                report=report,
            )
        )
        self.items.extend(items)
        if self.existing is None:
            self.draft = intake.grown_bank(self.bank_id, path.stem, items)
        else:
            assert self.draft is not None
            self.draft = replace(self.draft, items=(*self.draft.items, *items))
            self._add_files(path, items)

    def files(self) -> dict[str, str | bytes]:
        """The new files, by path within the bank's folder."""
        if self.existing is None and self.draft is not None:
            return {**bank_files(self.draft), **self.gallery.new}
        return {**self.added, **self.gallery.new}

    def _add_files(self, path: Path, items: Sequence[Item]) -> None:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-.")[:60] or "file"
        names = {f"items/{one.name}": "" for one in (self.folder / "items").glob("*")} | self.added
        self.added |= {f"items/{name}": text for name, text in item_files(items, f"import-{stem}", taken=names).items()}


def _placed(context: Context, bank_id: str, taken: _Taken, existing: BankDraft | None, *, dry_run: bool) -> ImportRun:
    """Lay the new files beside the workspace, see that they say what was imported, give them their names."""
    files = taken.files()
    with laid_beside(context.workspace.root, bank_id, files) as laid:
        placed = {item.id: item for item in laid.draft.items} if laid.draft else {}
        apart = [item.id for item in taken.items if placed.get(item.id) != item]
        if apart:
            raise Refused(
                f"`{apart[0]}` would not be read back as it was imported; nothing is written",
                hint="report the file: this is a fault of certengine",
                findings=laid.findings,
            )
        if not dry_run:
            place(laid)
        return ImportRun(
            bank=bank_id,
            new_bank=existing is None,
            sources=tuple(taken.sources),
            files=tuple(f"question_banks/{bank_id}/{name}" for name in files),
            findings=laid.findings,
        )


def _demand_sound(bank_id: str, paths: Sequence[Path]) -> None:
    if not ID.fullmatch(bank_id):
        raise UsageError(f"`{bank_id}` is not an id", hint="use letters, digits, `-`, `_` and `.`")
    if len(paths) > MAX_FILES:
        raise UsageError(f"{len(paths)} files are too many for one import", hint=f"name {MAX_FILES} at most")
    resolved = [path.resolve() for path in paths]
    twice = next((path for path, real in zip(paths, resolved, strict=True) if resolved.count(real) > 1), None)
    if twice is not None:
        raise UsageError(f"`{twice}` is named twice", hint="name each file once")


def _refused_together(refusals: Sequence[CertengineError], files: int) -> CertengineError:
    """The one refusal as it is; of several files, what is wrong with each, all at once."""
    if files == 1:
        return refusals[0]
    findings = [
        finding
        for error in refusals
        for finding in (error.findings or (Finding(code=error.code, message=error.message, hint=error.hint),))
    ]
    return InputError(
        f"{len(refusals)} of {files} files cannot be imported; nothing is written",
        hint="mend them or leave them out, then import again",
        findings=tuple(findings),
        code="exchange/part-refused",
    )


def _existing(context: Context, bank_id: str) -> BankDraft | None:
    if bank_id not in context.workspace.bank_ids():
        folder = context.workspace.root / "question_banks" / bank_id
        if folder.exists():
            raise Refused(f"`{folder}` exists and is no bank", hint="move it away, or name another bank")
        return None
    draft, _ = context.workspace.read_bank(bank_id)
    if draft is None:
        raise Refused(
            f"the head of bank `{bank_id}` cannot be read", hint=f"mend it: `certengine bank check {bank_id}`"
        )
    return draft
