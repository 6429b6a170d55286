"""What strangers check certificates with: status lists, the keyring, the root, and the signed trust bundle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from certengine.credentials.bundle import make_bundle
from certengine.credentials.keyring import keyring_bytes
from certengine.credentials.status_list import ENTRIES, Purpose, list_name, make_status_list
from certengine.services.context import Context
from certengine.services.files import write_whole
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
    signers = open_signers(context, passphrase)
    at = context.clock()
    lists = dict(status_lists(context, signers, at, BUNDLE_VALIDITY))
    bundle = make_bundle(
        signers.keyring,
        tuple(lists.values()),
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


def status_lists(
    context: Context, signers: Signers, at: datetime, validity: timedelta = LIST_VALIDITY
) -> tuple[tuple[str, bytes], ...]:
    """The signed lists by name, as the register stands now: of each purpose as many as have been begun."""
    purposes: tuple[Purpose, ...] = ("revocation", "suspension")
    marked: dict[tuple[Purpose, int], list[int]] = {(purpose, 0): [] for purpose in purposes}
    with context.reading() as connection:
        for index, state in store.status_indexes(connection):
            number, place = divmod(index, ENTRIES)
            for purpose in purposes:
                places = marked.setdefault((purpose, number), [])
                if state in _MEANING[purpose]:
                    places.append(place)
    return tuple(
        (
            name := list_name(purpose, number * ENTRIES),
            make_status_list(
                domain=signers.keyring.issuer.domain,
                name=name,
                indices=places,
                valid_from=at,
                valid_until=at + validity,
                verification_method=signers.method,
                sign=signers.sign,
            ),
        )
        for (purpose, number), places in sorted(marked.items())
    )
