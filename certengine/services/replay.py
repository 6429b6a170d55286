"""``certengine replay``: a certificate followed down to its bank, each link recomputed from what is stored.

1. Find the certificate by number, code, or the file itself; gather every row it follows from, in one reading
   transaction.
2. Read the trail: which acts are whole, and what they committed to when they wrote.
3. Compare from the bank upwards, so that a link that only rests on an altered one is not called altered itself.
4. Show the chain from the file downwards.
"""

from __future__ import annotations

import json
from pathlib import Path

from certengine.credentials.codes import FullCode, code_digest, read_code, typed_digest
from certengine.credentials.qr import read_qr_text
from certengine.errors import InputError, NotFound, Refused
from certengine.services.context import Context
from certengine.services.issuing import FOLDER
from certengine.services.key_changes import KEYRING
from certengine.services.replay_case import Case, gather
from certengine.services.replay_decision import (
    evidence_of,
    read_candidate,
    read_certificate,
    read_decision,
    read_file,
    read_standing,
    read_token,
)
from certengine.services.replay_erased import erasure_of, tell_erased
from certengine.services.replay_links import Chain, Link, Replay
from certengine.services.replay_log import read_log
from certengine.services.replay_material import read_material
from certengine.services.replay_salts import read_salts
from certengine.services.replay_trail import read_trail
from certengine.services.replay_withheld import withhold_personal, withhold_scores
from certengine.services.verification import MAX_FILE
from certengine.store import certificates as store
from certengine.store import tables

#: The order of the chain as it is shown: from what a stranger holds down to what was there first.
_ORDER = (
    *("file", "token", "log", "standing", "certificate", "candidate", "approval", "decision"),
    *(
        "score",
        "marks",
        "ratings",
        "responses",
        "correction",
        "key",
        "paper",
        "task",
        "draw",
        "bank",
        "scheme",
        "trail",
    ),
)


def replay(context: Context, target: str) -> Replay:
    """Replay the certificate of a number, a code, or a certificate file.

    Raises:
        NotFound: when the register has no such certificate, or the file does not exist.
        InputError: when the file names no certificate.
        Refused: when it was never issued.
    """
    case, pdf = case_of(context, target)
    return replay_case(case, pdf=pdf)


def case_of(context: Context, target: str) -> tuple[Case, bytes | None]:
    """What a replay goes by, and the certificate's file where it is at hand.

    Raises:
        NotFound, InputError, Refused: as :func:`replay`.
    """
    pdf = _file(Path(target))
    named = target if pdf is None else _named_in(pdf, target)
    certificate, number = _find(context, named)
    keyring = context.workspace.keys_folder() / KEYRING
    with context.reading() as connection:
        case = gather(connection, certificate, keyring.read_bytes() if keyring.is_file() else None)
    issued = case.one(tables.certificate_event, kind="issued")
    if issued is None:
        raise Refused(
            f"certificate {number} was never issued",
            hint=f"`certengine cert show {number}` tells how it stands",
            code="certificate/reserved",
        )
    return case, pdf if pdf is not None else _file(context.workspace.root / FOLDER / _name(issued["details"], number))


def replay_case(case: Case, *, pdf: bytes | None) -> Replay:
    """Replay what was gathered."""
    chain = Chain()
    number = case.rows[tables.certificate.name][0]["number"]
    trail = read_trail(case, chain)
    personal, scores = "personal" in case.withheld, "scores" in case.withheld
    erased = erasure_of(case, trail)
    gone = erased is not None and erased.register
    read_salts(case, chain, trail, erased=erased is not None)
    credential = None if personal or gone else read_certificate(case, chain, trail)
    material = read_material(case, evidence_of(credential, chain), chain, trail)
    if erased is not None:
        tell_erased(case, erased, chain)
    elif scores:
        withhold_scores(case, chain, trail)
    else:
        read_decision(material, chain, trail)
    issue = None
    if gone:
        pass  # told already
    elif personal:
        withhold_personal(case, chain, trail)
    else:
        if erased is None:
            read_candidate(case, credential, chain)
        issue = read_standing(case, chain, trail)
        read_token(case, credential, issue, chain)
    read_file(pdf, issue, trail, number, chain)
    read_log(case, chain, trail)
    return Replay(number=number, links=tuple(sorted(chain.links.values(), key=_place)))


def _place(link: Link) -> int:
    return _ORDER.index(link.id.partition(":")[0])


def _find(context: Context, named: str) -> tuple[int, str]:
    """Id and number of a certificate, from its columns alone: its content may be what was altered."""
    code = read_code(named)
    with context.reading() as connection:
        found = store.certificate_id(connection, number=named.strip())
        if found is None and code is not None:
            full = isinstance(code, FullCode)
            value = code_digest(code.text) if full else typed_digest(code.text)
            found = store.certificate_id(connection, digest=value)
    if found is None:
        raise NotFound(
            f"no certificate has the number or code `{named[:80]}`",
            hint="`certengine cert list` shows what was issued",
            code="certificate/not-found",
        )
    return found


def _file(path: Path) -> bytes | None:
    try:
        if not path.is_file() or path.stat().st_size > MAX_FILE:
            return None
        return path.read_bytes()
    except (OSError, ValueError):  # a code is no path
        return None


def _name(details: str, number: str) -> str:
    """The name of a certificate's file, as its issue tells it; no path."""
    try:
        return Path(str(json.loads(details)["file"])).name
    except (ValueError, KeyError, TypeError):
        return f"{number}.pdf"


def _named_in(pdf: bytes, source: str) -> str:
    """The number or code that a file names, be it sound or not.

    Raises:
        InputError: when it names none.
    """
    from certengine.documents.pdf_reading import gather_evidence
    from certengine.services.clock import utc_now

    evidence = gather_evidence(pdf, roots=(), at=utc_now())
    for text in evidence.qr_texts:
        read = read_qr_text(text)
        if read is not None and read.code is not None:
            return read.code
    stem = Path(source).stem
    if evidence.readable and stem:
        return stem
    raise InputError(
        f"`{source}` names no certificate", hint="give its number or code instead", code="replay/no-certificate"
    )
