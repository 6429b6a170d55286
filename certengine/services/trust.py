"""What strangers check certificates with: status lists, the keyring, the root, and the signed trust bundle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certengine.credentials.bundle import make_bundle
from certengine.credentials.keyring import keyring_bytes
from certengine.credentials.keys import verification_method
from certengine.credentials.status_list import ENTRIES, Purpose, list_name, make_status_list
from certengine.errors import NotFound, Refused
from certengine.model.credential import KeyRecord
from certengine.services.context import Context
from certengine.services.files import write_whole
from certengine.services.key_files import open_key
from certengine.services.keys import Passphrase, Signers, open_signers
from certengine.services.transparency import publish_log
from certengine.store import certificates as store
from certengine.store.certificates import CertificateState

STATUS_FOLDER = "published/status"
LIST_VALIDITY = timedelta(days=7)
BUNDLE_VALIDITY = timedelta(days=30)

_MEANING: dict[Purpose, frozenset[CertificateState]] = {
    # A void number was never issued, yet its file may have been made before a kill: it must not verify offline.
    "revocation": frozenset({CertificateState.REVOKED, CertificateState.SUPERSEDED, CertificateState.VOID}),
    "suspension": frozenset({CertificateState.SUSPENDED}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustFiles:
    """The files written, for the issuer to publish."""

    issuer: Path
    keyring: Path
    bundle: Path


def export_trust(context: Context, passphrase: Passphrase, output: Path) -> TrustFiles:
    """Write ``issuer.pem``, ``keyring.json``, the signed ``bundle.json``, the log's ``checkpoint``, and signed lists.

    The endpoint serves lists and log from the workspace, so they are written there too.

    Raises:
        NotFound: when there are no keys.
        Refused: when the passphrase is wrong, no key is usable, or the folder cannot be written.
    """
    context.demand_role("keyholder")
    secret = passphrase()
    signers = open_signers(context, lambda: secret)
    at = context.clock()
    lists = dict(published_lists(context, signers, secret, at, BUNDLE_VALIDITY))
    bundle = make_bundle(
        signers.keyring,
        tuple(data for _, data in status_lists(context, signers, at, BUNDLE_VALIDITY)),
        made_at=at,
        valid_until=at + BUNDLE_VALIDITY,
        verification_method=signers.method,
        sign=signers.sign,
    )
    files = TrustFiles(issuer=output / "issuer.pem", keyring=output / "keyring.json", bundle=output / "bundle.json")
    write_whole(files.issuer, "".join(signers.keyring.roots).encode())
    write_whole(files.keyring, keyring_bytes(signers.keyring))
    write_whole(files.bundle, bundle)
    published = publish_log(context, signers)
    if published is not None:
        write_whole(output / "checkpoint", published.checkpoint.text.encode())
    for name, data in lists.items():
        write_whole(output / "status" / f"{name}.json", data)
        write_whole(context.workspace.root / STATUS_FOLDER / f"{name}.json", data)
    with context.writing() as connection:
        context.write_act(connection, at, "key.export", "trust", lists=len(lists))
    return files


@dataclass(frozen=True, slots=True, kw_only=True)
class _ListSigner:
    """A key that signs lists: ``method`` is the verification method that proofs name."""

    method: str
    sign: Callable[[bytes], bytes]


def status_lists(
    context: Context, signers: Signers, at: datetime, validity: timedelta = LIST_VALIDITY
) -> tuple[tuple[str, bytes], ...]:
    """The lists by name as a bundle holds them, all signed with the key in use, as the register stands now."""
    return _lists(context, signers, at, validity, {})


def published_lists(
    context: Context, signers: Signers, secret: bytes, at: datetime, validity: timedelta = LIST_VALIDITY
) -> tuple[tuple[str, bytes], ...]:
    """The lists by name as they are published for strangers: each signed with the key of its certificates (0036).

    A key that was revoked, whose file is gone, or that another passphrase opens signs nothing: the one in use does.
    """
    with context.reading() as connection:
        kids = store.keys_of_status_lists(connection)
    opened = {kid: _list_signer(context, signers.keyring.key(kid), secret) for kid in set(kids.values())}
    own = {number: signer for number, kid in kids.items() if (signer := opened[kid]) is not None}
    return _lists(context, signers, at, validity, own)


def _list_signer(context: Context, record: KeyRecord | None, secret: bytes) -> _ListSigner | None:
    if record is None or record.revoked_at is not None:
        return None
    try:
        key = open_key(context.workspace.keys_folder() / f"{record.kid}.pem", secret)
    except NotFound:
        return None
    except Refused as error:
        if error.code == "key/passphrase":
            return None
        raise
    return (
        _ListSigner(method=verification_method(record), sign=key.sign) if isinstance(key, Ed25519PrivateKey) else None
    )


def _lists(
    context: Context, signers: Signers, at: datetime, validity: timedelta, own: Mapping[int, _ListSigner]
) -> tuple[tuple[str, bytes], ...]:
    """Of each purpose as many lists as have been begun; ``own`` has other signers of some, by number."""
    purposes: tuple[Purpose, ...] = ("revocation", "suspension")
    marked: dict[tuple[Purpose, int], list[int]] = {(purpose, 0): [] for purpose in purposes}
    with context.reading() as connection:
        for index, state in store.status_indexes(connection):
            number, place = divmod(index, ENTRIES)
            for purpose in purposes:
                places = marked.setdefault((purpose, number), [])
                if state in _MEANING[purpose]:
                    places.append(place)
    usual = _ListSigner(method=signers.method, sign=signers.sign)
    made = []
    for (purpose, number), places in sorted(marked.items()):
        name, signer = list_name(purpose, number * ENTRIES), own.get(number, usual)
        data = make_status_list(
            domain=signers.keyring.issuer.domain,
            name=name,
            indices=places,
            valid_from=at,
            valid_until=at + validity,
            verification_method=signer.method,
            sign=signer.sign,
        )
        made.append((name, data))
    return tuple(made)
