"""The signed manifest of a mirror: every file with its digest, and no code.

Invariants:

1. A page is named by the digest of the code its folder is named by: the manifest is public and opens nothing.
2. A folder is as signed when it has every file of the manifest, with those bytes, and no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from certengine.canonical import Json, digest_of_bytes, instant_text
from certengine.credentials.codes import FullCode, code_digest, printed, read_code, typed_digest
from certengine.credentials.keys import usable_at
from certengine.credentials.proof import read_proof, with_proof
from certengine.credentials.strict_json import Unreadable, fields_of, instant_of, jcs, read_object, text_of
from certengine.errors import InputError, NotFound
from certengine.model.credential import Keyring, KeyUse
from certengine.services.keys import Signers

SITE_SCHEMA = "certengine.site/1"
MANIFEST = "manifest.json"
CODES = "C"

_LIMIT = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCheck:
    """Whether a folder is a mirror as its issuer signed it; ``problems`` name files, never codes."""

    made_at: datetime
    valid_until: datetime
    files: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A read manifest whose signature was good."""

    files: dict[str, str]
    design: str
    made_at: datetime
    valid_until: datetime


def check_site(folder: Path, keyring: Keyring, *, at: datetime) -> SiteCheck:
    """Hold a mirror, wherever it was copied to, against its signed manifest.

    Raises:
        NotFound: when there is no manifest.
        InputError: when it cannot be read or is not signed by a ``cred`` key of the keyring.
    """
    manifest = read_manifest(folder, keyring)
    found = {public_name(path): digest_at(folder / path) for path in _paths(folder) if path != MANIFEST}
    problems = [f"`{name}` is missing" for name in manifest.files if name not in found]
    problems += [f"`{name}` is not in the manifest" for name in found if name not in manifest.files]
    problems += [f"`{name}` was changed" for name, one in found.items() if manifest.files.get(name, one) != one]
    if at > manifest.valid_until:
        problems.append(f"the mirror was to be renewed by {instant_text(manifest.valid_until)}")
    return SiteCheck(
        made_at=manifest.made_at,
        valid_until=manifest.valid_until,
        files=len(manifest.files),
        problems=tuple(sorted(problems)),
    )


def public_name(path: str) -> str:
    """A path as the manifest names it: codes become their digests, so that the manifest opens nothing."""
    folder, _, rest = path.partition("/")
    if folder != CODES:
        return path
    name, _, inner = rest.partition("/")
    stem = name.removesuffix(".json")
    read = read_code(stem)
    if read is None or stem not in {read.text, printed(read.text)}:
        return path
    masked = code_digest(read.text) if isinstance(read, FullCode) else typed_digest(read.text)
    return "/".join(part for part in (folder, masked + name[len(stem) :], inner) if part)


def make_manifest(files: Mapping[str, str], signers: Signers, *, design: str, at: datetime, until: datetime) -> bytes:
    """The signed manifest of a mirror: digests by public name."""
    document: dict[str, Json] = {
        "schema": SITE_SCHEMA,
        "issuer": signers.keyring.issuer.id,
        "design": design,
        "made_at": instant_text(at),
        "valid_until": instant_text(until),
        "files": dict(files),
    }
    return jcs(with_proof(document, created=at, verification_method=signers.method, sign=signers.sign))


def read_manifest(folder: Path, keyring: Keyring) -> Manifest:
    """The manifest of a folder.

    Raises:
        NotFound: when there is none.
        InputError: when it cannot be read or is not signed by a ``cred`` key of the keyring.
    """
    path = folder / MANIFEST
    try:
        document = read_object(path.read_bytes(), limit=_LIMIT)
        names = ("schema", "issuer", "design", "made_at", "valid_until", "files", "proof")
        fields = fields_of(document, required=names)
        if fields["schema"] != SITE_SCHEMA or fields["issuer"] != keyring.issuer.id:
            raise Unreadable(f"it is not a `{SITE_SCHEMA}` of this issuer")
        proof = read_proof(document)
        made_at = instant_of(fields["made_at"])
        record = keyring.key(proof.kid)
        if record is None or record.use is not KeyUse.CRED or record.specimen or not usable_at(record, made_at):
            raise Unreadable("it is not signed by a key of the issuer")
        if proof.created != made_at or not proof.verified_by(record):
            raise Unreadable("its signature is not good")
        files = fields["files"]
        if not isinstance(files, dict):
            raise Unreadable("an object of files was expected")
        return Manifest(
            files={name: text_of(value) for name, value in files.items()},
            design=str(fields["design"]),
            made_at=made_at,
            valid_until=instant_of(fields["valid_until"]),
        )
    except FileNotFoundError:
        raise NotFound(f"`{folder}` has no `{MANIFEST}`", hint="give the folder that `export-site` wrote") from None
    except ValueError as error:
        raise InputError(f"`{path}` is not a manifest that holds: {error}", code="site/manifest") from None


def digest_at(path: Path) -> str | None:
    """The digest of a file, or ``None`` when it cannot be read."""
    try:
        return digest_of_bytes(path.read_bytes())
    except OSError:
        return None


def _paths(folder: Path) -> Iterator[str]:
    return (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
