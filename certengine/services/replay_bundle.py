"""A replay that leaves the database: everything one certificate follows from, as canonical JSON in a zip.

Levels, by what is left out, and what stands in its place:

- nothing: the certificate's person, scores, answers and marks are in it;
- ``personal``: the certificate's content, token, file and roster entry are left out;
- ``scores``: decision, reports, answers, marks and ratings are left out.

Invariants:

1. Of other candidates it holds what a published draw proof holds: id, seat, drawn items. Never a name, answer or score.
2. Salts in it open one record each, and only records that are in it: what is left out cannot be guessed from its
   commitment. The owner's salt never leaves the database.
3. Every file is in the manifest with its digest. Reading is bounded, and refuses what the manifest does not name.
4. It proves what it holds by acts, commitments and the issuer's log; the manifest's digests only find damage.

It holds the bank with its keys: it is for people who may see them, an auditor or an inspector, and not for publication.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from certengine.canonical import Json, digest_of_bytes, instant_text
from certengine.credentials.salted import salt_of_record
from certengine.credentials.strict_json import fields_of, jcs, list_of, read_object, text_of
from certengine.errors import CannotTell, InputError, NotFound, UsageError
from certengine.interchange.strict_zip import StrictZip, zipped
from certengine.services.context import Context
from certengine.services.files import PRIVATE_FILE, write_whole
from certengine.services.replay_case import Case, Row
from certengine.services.replay_salts import hidden_kinds, owner_in
from certengine.store import tables

SCHEMA = "certengine.replay-bundle/1"
LEVELS = ("personal", "scores")
_LIMIT = 64 * 1024 * 1024
_MANIFEST, _KEYRING, _PROOF, _PDF, _SALTS = (
    "manifest.json",
    "keyring.json",
    "issue.tlog-proof",
    "certificate.pdf",
    "salts.json",
)
_NO_SCORES = (tables.rating, tables.script_mark, tables.marking_key, tables.approval)
_BLANK: dict[str, dict[str, tuple[str, ...]]] = {
    "personal": {"certificate": ("credential",), "certificate_event": ("details",)},
    "scores": {"decision": ("contents", "reports", "digest"), "written_score": ("responses", "report")},
}


def write_bundle(
    context: Context, case: Case, pdf: bytes | None, target: Path, *, without: Collection[str] = ()
) -> dict[str, Json]:
    """Write the bundle of a case; returns its manifest.

    Raises:
        UsageError: for a level that there is not.
        Refused: when the actor is no auditor, or the file cannot be written.
    """
    context.demand_role("auditor")
    unknown = sorted(set(without) - set(LEVELS))
    if unknown:
        raise UsageError(f"`{unknown[0]}` is nothing that can be left out", hint=f"there are: {', '.join(LEVELS)}")
    at = context.clock()
    certificate = case.rows[tables.certificate.name][0]
    files = _files(case, pdf, frozenset(without))
    named: dict[str, Json] = {name: digest_of_bytes(data) for name, data in sorted(files.items())}
    left: list[Json] = [*sorted(without)]
    manifest: dict[str, Json] = {
        "schema": SCHEMA,
        "number": certificate["number"],
        "made_at": instant_text(at),
        "made_by": context.actor,
        "without": left,
        "files": named,
    }
    files[_MANIFEST] = jcs(manifest)
    with context.writing() as connection:
        context.write_act(
            connection,
            at,
            "replay.bundle",
            certificate["number"],
            without=list(left),
            manifest=digest_of_bytes(files[_MANIFEST]),
        )
        write_whole(target, zipped(dict(sorted(files.items()))), mode=PRIVATE_FILE)
    return manifest


def is_bundle(path: Path) -> bool:
    """Whether a file is a zip at all."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except (OSError, ValueError):
        return False


def read_bundle(path: Path) -> tuple[Case, bytes | None]:
    """The case in a bundle, and the certificate's file if it is in it.

    Raises:
        NotFound: when there is no such file.
        InputError: when it is no bundle, or not as its manifest says.
    """
    try:
        if path.stat().st_size > _LIMIT:
            raise InputError(f"`{path}` is larger than is read", code="replay/bundle")
        package = StrictZip(path.read_bytes(), path)
    except FileNotFoundError:
        raise NotFound(f"`{path}` does not exist", hint="check the path", code="file/not-found") from None
    except OSError as error:
        raise CannotTell(f"`{path}` cannot be read: {error.strerror}") from None
    try:
        files = {name: package.read(name) or b"" for name in package.names}
        manifest = read_object(files.pop(_MANIFEST, b""), limit=_LIMIT)
        fields = fields_of(manifest, required=("schema", "number", "made_at", "made_by", "without", "files"))
        named = fields["files"]
        if fields["schema"] != SCHEMA or not isinstance(named, dict):
            raise ValueError(f"it is not a `{SCHEMA}`")
        if {name: digest_of_bytes(data) for name, data in files.items()} != named:
            raise ValueError("its files are not those of its manifest")
        case = _case(files, frozenset(list_of(fields["without"], text_of)))
        if case.rows[tables.certificate.name][0]["number"] != fields["number"]:
            raise ValueError("it is of another certificate than it says")
        return case, files.get(_PDF)
    except (ValueError, TypeError, RecursionError) as error:
        raise InputError(
            f"`{path}` is no bundle that can be replayed: {error}",
            hint="`certengine replay NUMBER --bundle FILE` writes one",
            code="replay/bundle",
        ) from None


def _files(case: Case, pdf: bytes | None, without: frozenset[str]) -> dict[str, bytes]:
    rows = _rows(case, without)
    files = {f"rows/{name}.json": jcs(_plain(held)) for name, held in rows.items()}
    files[_SALTS] = jcs(_plain(_salts(case, without)))
    if case.keyring is not None:
        files[_KEYRING] = case.keyring
    if case.proof is not None:
        files[_PROOF] = case.proof.encode()
    if pdf is not None and "personal" not in without:
        files[_PDF] = pdf
    return files


def _rows(case: Case, without: frozenset[str]) -> dict[str, list[dict[str, Any]]]:
    own = case.rows[tables.certificate.name][0]["candidate"]
    rows = {name: [dict(row) for row in held] for name, held in case.rows.items() if name != "commitment_salt"}
    for row in rows[tables.candidate.name]:
        if row["id"] != own or "personal" in without:
            row["contents"] = _nameless(row["contents"])
    for level in without:
        for name, columns in _BLANK[level].items():
            for row in rows[name]:
                row.update(dict.fromkeys(columns))
    if "scores" in without:
        rows.update({table.name: [] for table in _NO_SCORES})
    return rows


def _nameless(text: str) -> str:
    """A roster entry as a published draw holds it: what the draw depends on."""
    try:
        held = json.loads(text)
        kept = {name: held[name] for name in ("id", "seat", "carry_over") if held.get(name)}
    except (ValueError, AttributeError, KeyError):
        return "{}"
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _salts(case: Case, without: frozenset[str]) -> list[dict[str, str]]:
    """One salt for each record that is in the bundle and was committed to."""
    owners = {row["owner"]: bytes.fromhex(row["salt"]) for row in case.rows[tables.commitment_salt.name]}
    hidden = hidden_kinds(without)
    found = {}
    for row in case.rows[tables.commitment.name]:
        kind, subject = row["kind"], row["subject"]
        owner = owner_in(case, kind, subject)
        if kind not in hidden and owner in owners:
            salt = salt_of_record(owners[owner], kind, subject).hex()
            found[owner, kind, subject] = {"owner": owner, "kind": kind, "subject": subject, "salt": salt}
    return list(found.values())


def _plain(rows: Iterable[Row]) -> Json:
    return [dict(row) for row in rows]


def _case(files: dict[str, bytes], without: frozenset[str]) -> Case:
    known = {f"rows/{table.name}.json": table for table in tables.EVERY}
    strange = sorted(set(files) - set(known) - {_KEYRING, _PROOF, _PDF, _SALTS})
    if strange:
        raise ValueError(f"`{strange[0][:80]}` is nothing that belongs in it")
    if not without <= set(LEVELS):
        raise ValueError("it leaves out what nobody knows")
    rows: dict[str, list[dict[str, Any]]] = {table.name: [] for table in known.values()}
    for name, table in known.items():
        if name in files:
            columns = {column.name for column in table.columns}
            rows[table.name] = _table(files[name], columns, places=table is tables.audit)
    salts = _table(files.get(_SALTS, b"[]"), {"owner", "kind", "subject", "salt"}, places=False)
    if len(rows[tables.certificate.name]) != 1:
        raise ValueError("it is of no one certificate")
    proof = files[_PROOF].decode("utf-8") if _PROOF in files else None
    return replace(
        Case(rows=rows, keyring=files.get(_KEYRING), proof=proof, withheld=without), record_salts=tuple(salts)
    )


def _table(data: bytes, columns: set[str], *, places: bool) -> list[dict[str, Any]]:
    """Rows with exactly these columns; of the trail also a place alone."""
    found = json.loads(data)
    allowed = [columns, {"seq", "previous", "hash"}] if places else [columns]
    if not isinstance(found, list):
        raise TypeError("a table is a list of rows")
    for row in found:
        if not isinstance(row, dict) or set(row) not in allowed:
            raise ValueError("a row has other columns than its table")
        if not all(value is None or isinstance(value, str | int) for value in row.values()):
            raise ValueError("a value is a text, a whole number or nothing")
    return found
