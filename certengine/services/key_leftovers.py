"""Files of keys that the keyring does not hold: what a change of keys leaves that is stopped before its last step.

They are named and never cleared away. A key that was never in the keyring signed nothing, and its file is encrypted, so
keeping it costs nothing. Whether it never was can only be told from trail and keyring, and either may have been put back
from an older backup: then what no act names is the one copy of a key that certificates rest on.
"""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Connection

from certengine.errors import Finding, NotFound, Place, Severity
from certengine.model.credential import Keyring, KeyUse
from certengine.services.context import Context
from certengine.services.keys import load_keyring
from certengine.store.audit import acts_called

_KEY_FILE = re.compile(r"(receipt-)?([0-9a-f]{16})(?:\.pem|\.token\.json)")
_STOPPED = (
    "a change of keys was stopped before its last step: delete the file (and its key, if it is on a token), unless the "
    "database or `keyring.json` was put back from a backup; then put the newest of both back"
)


def key_leftovers(context: Context, connection: Connection) -> tuple[Finding, ...]:
    """Every key file that is not the keyring's, or should be gone, each with a way out.

    Raises:
        InputError: when the keyring is damaged.
    """
    folder = context.workspace.keys_folder()
    found = [(path, match) for path in sorted(folder.glob("*")) if (match := _KEY_FILE.fullmatch(path.name))]
    if not found:
        return ()
    keyring, at = _keyring(context), context.clock()
    records = [(path, match[2], keyring.key(match[2]) if keyring is not None else None) for path, match in found]
    told = ""
    if any(record is None for _, _, record in records):  # else a trail of millions would be read for nothing
        told = "".join(str(act.details["kids"]) for act in acts_called(connection, "key.new"))
    findings = []
    for path, kid, record in records:
        if record is None:
            said = "made by an act, and not in the keyring" if kid in told else "in no act and not in the keyring"
            findings.append(_finding(path, f"this key is {said}", _STOPPED))
        elif record.use is KeyUse.RECEIPT and record.not_after <= at:
            hint = "delete the file: receipts it signed need the public half alone"
            findings.append(_finding(path, "this receipt key is retired, and could still sign", hint))
    return tuple(findings)


def _keyring(context: Context) -> Keyring | None:
    try:
        return load_keyring(context)
    except NotFound:
        return None


def _finding(path: Path, message: str, hint: str) -> Finding:
    return Finding(
        code="key/left-over", message=message, hint=hint, place=Place(source=str(path)), severity=Severity.WARNING
    )
