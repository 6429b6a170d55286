"""Exit codes: the one table that maps what happened to what a script sees. The core knows nothing of it."""

from __future__ import annotations

from certengine.errors import AnswerIsNo, CannotTell, CertengineError, InputError, NotFound, Refused, UsageError
from certengine.model.credential import State

DONE = 0
FAILED = 1
USAGE = 2
NO = 3
NOT_FOUND = 4
REFUSED = 5
CANNOT_TELL = 6
INTERRUPTED = 130

OF_ERROR: dict[type[CertengineError], int] = {
    UsageError: USAGE,
    InputError: NO,
    AnswerIsNo: NO,
    NotFound: NOT_FOUND,
    Refused: REFUSED,
    CannotTell: CANNOT_TELL,
}

OF_STATE: dict[State, int] = {
    State.VALID: DONE,
    State.UNKNOWN: NOT_FOUND,
    State.UNCHECKED: CANNOT_TELL,
    State.UNREADABLE: NO,
    State.TAMPERED: NO,
    State.REVOKED: NO,
    State.SUPERSEDED: NO,
    State.SUSPENDED: NO,
    State.NOT_YET_VALID: NO,
    State.EXPIRED: NO,
}


def of_error(error: CertengineError) -> int:
    """The exit code of an error."""
    return next((code for kind, code in OF_ERROR.items() if isinstance(error, kind)), FAILED)
