"""The one error tree.

::

    CertengineError
    ├── InputError        what a person wrote or sent does not hold together; carries findings
    ├── NotFound          the thing named does not exist
    ├── Refused           it exists, but the rules forbid this act now
    ├── AnswerIsNo        the question was understood and the answer is no (blueprint cannot be met)
    ├── CannotTell        what the answer depends on is out of reach
    └── UsageError        the command itself cannot be understood

The tree knows nothing of exit codes; the command-line face maps classes to codes in one table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath


class Severity(StrEnum):
    """How much a finding weighs: an error stops the act, a warning is only shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a finding is: a file (or another named source), and a 1-based line and column where known."""

    source: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.source, self.line, self.column) if part is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong in what a person wrote: what, where, a stable code to search for, and the way out."""

    code: str
    message: str
    place: Place | None = None
    severity: Severity = Severity.ERROR
    hint: str | None = None

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.message} [{self.code}]"

    def sort_key(self) -> tuple[str, int, int, str]:
        """Order of a report: by file, then line, then column, then code."""
        if self.place is None:
            return ("", 0, 0, self.code)
        return (self.place.source, self.place.line or 0, self.place.column or 0, self.code)


class CertengineError(Exception):
    """Root of the tree; never raised itself.

    Attributes:
        message: one sentence, lower case, no final stop.
        hint: the command or edit that mends it, if one is known.
        findings: everything found wrong at once, in report order.
        code: a stable code to search for.
    """

    default_code = "error"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        findings: tuple[Finding, ...] = (),
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.findings = tuple(sorted(findings, key=Finding.sort_key))
        self.code = code or self.default_code


class InputError(CertengineError):
    """What a person wrote or sent does not hold together."""

    default_code = "input"


class NotFound(CertengineError):
    """The thing named does not exist here."""

    default_code = "not-found"


class Refused(CertengineError):
    """It exists, but the rules forbid this act now: already issued, not permitted, key retired."""

    default_code = "refused"


class AnswerIsNo(CertengineError):
    """The question was understood and the answer is no."""

    default_code = "no"


class CannotTell(CertengineError):
    """What the answer depends on is out of reach; never to be read as yes or no."""

    default_code = "cannot-tell"


class UsageError(CertengineError):
    """The command cannot be understood as given."""

    default_code = "usage"


def place_in(source: PurePath | str, line: int | None = None, column: int | None = None) -> Place:
    """A place in a file or another named source."""
    return Place(source=str(source), line=line, column=column)


def plural(count: int, one: str, several: str | None = None) -> str:
    """``1 paper``, ``2 papers``."""
    return f"{count} {one if count == 1 else several or one + 's'}"


def ranges(numbers: Iterable[int]) -> str:
    """Numbers in their order, those that follow one another as one: ``3-162, 164``."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join("-".join(map(str, run)) for run in runs)


def first_errors(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings that stop an act, in report order."""
    return tuple(sorted((f for f in findings if f.severity is Severity.ERROR), key=Finding.sort_key))
