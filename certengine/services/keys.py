"""Keys: making an issuer, listing, retiring, and opening the private halves to sign.

Private keys lie in the workspace's key folder, encrypted (PKCS#8), readable by their owner alone. The keyring beside
them holds every public key the issuer ever used: a retired key closes its window and stays.

One key is kept differently: the *receipt* key (``receipt-<kid>.pem``), unencrypted, mode 600. The endpoint signs a
receipt whenever somebody asks for one, at any hour and after any restart, so nobody is there to type a passphrase; and
a passphrase in a file beside the key would protect nothing while letting whoever reads it open the other keys as well.
What makes that bearable is how little the key can do. It is of a use of its own, so no verdict, list or bundle accepts
anything it signed; a thief could at worst invent records of checks, which decide nothing: whoever doubts a receipt
checks the certificate again. When its window closes its private half is deleted, for it could still sign with an older
date, and old receipts need only the public half. Workspaces without a receipt key work as ever; their receipts are
unsigned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from certengine.credentials.certificate_authority import is_of
from certengine.credentials.keyring import read_keyring
from certengine.credentials.keys import key_id, key_record, public_key, usable_at, verification_method
from certengine.errors import InputError, NotFound, Refused
from certengine.model.credential import KeyRecord, Keyring, KeyUse
from certengine.services.context import Context
from certengine.services.external_key import ExternalKey
from certengine.services.key_changes import (
    KEYRING,
    demand_none_in_use,
    demand_retirable,
    keep_keyring,
    one_at_a_time,
)
from certengine.services.key_files import keep_key, make_key_folder, open_key
from certengine.services.key_making import ROOT_KEY, VALIDITY, external_pair, new_token_key, own_authority, signing_pair
from certengine.services.token_keys import marker_of, token_key_at

_SHORTEST_PASSPHRASE = 8

Passphrase = Callable[[], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptSigner:
    """The opened receipt key: ``sign`` signs with it, ``method`` is the ``did:key`` method that proofs name."""

    record: KeyRecord
    sign: Callable[[bytes], bytes]
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSigner:
    """The opened key of the transparency log; ``sign`` signs with it."""

    record: KeyRecord
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signers:
    """The opened private keys of an issuer.

    Attributes:
        sign: signs with the ``cred`` key (Ed25519).
        method: the ``did:key`` verification method that proofs name.
        log: the key of the log; ``None`` in a keyring older than the log: nothing is published of it then.
    """

    keyring: Keyring
    pdf: KeyRecord
    pdf_key: ec.EllipticCurvePrivateKey
    cred: KeyRecord
    sign: Callable[[bytes], bytes]
    method: str
    log: LogSigner | None = None


@one_at_a_time
def new_keys(
    context: Context,
    passphrase: Passphrase,
    *,
    rotate: bool = False,
    external: ExternalKey | None = None,
    on_token: str | None = None,
) -> Keyring:
    """Make an issuer's keys: a small CA of its own, a document key under it, and keys for tokens, receipts and the log.

    Args:
        rotate: make new signing keys although there are usable ones; the old ones' windows are closed.
        external: a document key that somebody else issued, instead of one under a CA of our own.
        on_token: label of a document key on the token that the workspace names, instead of one in a file.

    Raises:
        Refused: when there are usable keys already, or the passphrase is too short.
    """
    context.demand_role("keyholder")
    folder = context.workspace.keys_folder()
    at = context.clock()
    old = load_keyring(context) if (folder / KEYRING).exists() else None
    if old is not None and not rotate:
        demand_none_in_use(old, at)
    secret = passphrase()
    if len(secret) < _SHORTEST_PASSPHRASE:
        raise Refused(f"a passphrase has at least {_SHORTEST_PASSPHRASE} characters", hint="choose a longer one")
    make_key_folder(folder)
    if external is None:
        root, root_key = own_authority(context, folder, old, secret, at)
        pdf_key = new_token_key(context, old, on_token) if on_token is not None else None
        records = signing_pair(context, folder, (root, root_key), secret, at, pdf_key)
    else:
        root, records = external.root, external_pair(folder, external, secret, at)
    receipt, log = _receipt_key(folder, at), _log_key(folder, secret, at)
    kept = tuple(_closed(record, at) for record in old.keys) if old is not None else ()
    roots = tuple(dict.fromkeys((*(old.roots if old else ()), root)))
    keyring = Keyring(
        issuer=context.workspace.config.issuer_noun(),
        keys=(*kept, receipt, log, *records),
        roots=roots,
        stamp_roots=old.stamp_roots if old else (),
    )
    kids = [record.kid for record in (*records, receipt, log)]
    keep_keyring(
        context, keyring, lambda connection: context.write_act(connection, at, "key.new", "issuer", kids=list(kids))
    )
    _forget_closed_receipt_keys(folder, kept)
    return keyring


@one_at_a_time
def new_receipt_key(context: Context) -> KeyRecord:
    """Make a receipt key and close the window of any other: for keyrings older than receipts. Needs no passphrase.

    Raises:
        NotFound: when there are no keys yet.
    """
    context.demand_role("keyholder")
    keyring = load_keyring(context)
    folder = context.workspace.keys_folder()
    at = context.clock()
    receipt = _receipt_key(folder, at)
    kept = tuple(_closed(key, at) if key.use is KeyUse.RECEIPT else key for key in keyring.keys)
    keep_keyring(
        context,
        replace(keyring, keys=(receipt, *kept)),
        lambda connection: context.write_act(connection, at, "key.new", "receipt", kids=[receipt.kid]),
    )
    _forget_closed_receipt_keys(folder, tuple(key for key in kept if key.use is KeyUse.RECEIPT))
    return receipt


@one_at_a_time
def new_log_key(context: Context, passphrase: Passphrase) -> KeyRecord:
    """Make a key for the transparency log and close the window of any other: for keyrings older than the log.

    Raises:
        NotFound: when there are no keys yet.
        Refused: when the passphrase does not open the others.
    """
    context.demand_role("keyholder")
    signers = open_signers(context, passphrase)
    folder, at = context.workspace.keys_folder(), context.clock()
    made = _log_key(folder, passphrase(), at)
    kept = tuple(_closed(key, at) if key.use is KeyUse.LOG else key for key in signers.keyring.keys)
    keep_keyring(
        context,
        replace(signers.keyring, keys=(made, *kept)),
        lambda connection: context.write_act(connection, at, "key.new", "log", kids=[made.kid]),
    )
    return made


@one_at_a_time
def retire_key(
    context: Context, kid: str, *, reason: str | None = None, compromised_from: datetime | None = None
) -> KeyRecord:
    """Close a key's window now; with ``compromised_from``, revoke it from that instant.

    Raises:
        NotFound: when the keyring has no such key.
        Refused: when it is retired already, or the instant is to come.
    """
    context.demand_role("keyholder")
    keyring = load_keyring(context)
    at = context.clock()
    record = demand_retirable(keyring, kid, at, compromised_from)
    changed = _closed(record, at)
    if compromised_from is not None:
        changed = replace(changed, revoked_at=compromised_from, revocation_reason=reason or "compromised")
    keys = tuple(changed if one.kid == kid else one for one in keyring.keys)
    revoked = compromised_from is not None
    keep_keyring(
        context,
        replace(keyring, keys=keys),
        lambda connection: context.write_act(connection, at, "key.retire", kid, reason=reason, revoked=revoked),
    )
    _forget_closed_receipt_keys(context.workspace.keys_folder(), (changed,))
    return changed


def load_keyring(context: Context) -> Keyring:
    """The issuer's keyring.

    Raises:
        NotFound: when no keys were made yet.
        InputError: when the file is damaged.
    """
    path = context.workspace.keys_folder() / KEYRING
    try:
        return read_keyring(path.read_bytes())
    except FileNotFoundError:
        raise NotFound(
            "this workspace has no keys yet", hint="`certengine key new` makes them", code="key/none"
        ) from None
    except ValueError as error:
        raise InputError(f"`{path}` is damaged: {error}", hint="restore it from a backup") from None


def open_signers(context: Context, passphrase: Passphrase) -> Signers:
    """Open the newest usable keys.

    Raises:
        NotFound: when there are no keys.
        Refused: when none is usable now, a key file is readable by others, or the passphrase is wrong.
    """
    keyring = load_keyring(context)
    return _opened(context, keyring, *signing_keys(keyring, context.clock()), passphrase)


def open_signers_of(context: Context, pdf_kid: str, cred_kid: str, passphrase: Passphrase) -> Signers:
    """Open the keys something was signed with, retired or not: only to make again, byte for byte, what was signed then.

    Raises:
        NotFound: when the keyring has no such keys, or their files are gone.
        Refused: when a key file is readable by others, or the passphrase is wrong.
    """
    keyring = load_keyring(context)
    pdf, cred = keyring.key(pdf_kid), keyring.key(cred_kid)
    if pdf is None or cred is None:
        raise NotFound(
            f"the keyring does not hold key `{pdf_kid if pdf is None else cred_kid}`",
            hint="restore the key folder from a backup, or use the file that was issued",
            code="key/not-found",
        )
    return _opened(context, keyring, pdf, cred, passphrase)


def _opened(context: Context, keyring: Keyring, pdf: KeyRecord, cred: KeyRecord, passphrase: Passphrase) -> Signers:
    secret = passphrase()
    folder = context.workspace.keys_folder()
    pdf_key = _document_key(context, folder, pdf, secret)
    cred_key = open_key(folder / f"{cred.kid}.pem", secret)
    if not isinstance(pdf_key, ec.EllipticCurvePrivateKey) or not isinstance(cred_key, ed25519.Ed25519PrivateKey):
        raise InputError("a key file holds another kind of key than the keyring says", hint="restore it from a backup")
    return Signers(
        keyring=keyring,
        pdf=pdf,
        pdf_key=pdf_key,
        cred=cred,
        sign=cred_key.sign,
        method=verification_method(cred),
        log=_log_signer(folder, _newest_log_key(keyring, context.clock()), secret),
    )


def _document_key(context: Context, folder: Path, record: KeyRecord, secret: bytes) -> object:
    """The document key: from its file, or as one on a token, which is opened when it signs."""
    marker, public = marker_of(folder, record.kid), public_key(record)
    if marker.exists() and isinstance(public, ec.EllipticCurvePublicKey):
        return token_key_at(context, marker, public)
    return open_key(folder / f"{record.kid}.pem", secret)


def asks_pin(context: Context) -> bool:
    """Whether somebody must be asked for a PIN before documents can be signed.

    Raises:
        NotFound, Refused: as :func:`open_signers`.
    """
    pdf, _ = signing_keys(load_keyring(context), context.clock())
    here = marker_of(context.workspace.keys_folder(), pdf.kid).exists()
    return here and context.workspace.config.keys.pin_file is None


def open_root(context: Context, passphrase: Passphrase) -> tuple[str, ec.EllipticCurvePrivateKey] | None:
    """The certificate (PEM) and the key of our own authority; ``None`` where document keys come from elsewhere.

    Raises:
        NotFound: when there are no keys.
        Refused: when the key file is readable by others, or the passphrase is wrong.
    """
    keyring, path = load_keyring(context), context.workspace.keys_folder() / ROOT_KEY
    if not path.exists():
        return None
    key = open_key(path, passphrase())
    for root in reversed(keyring.roots):
        if isinstance(key, ec.EllipticCurvePrivateKey) and is_of(root, key):
            return root, key
    return None


def signing_keys(keyring: Keyring, at: datetime) -> tuple[KeyRecord, KeyRecord]:
    """The newest usable ``pdf`` and ``cred`` keys: what is reserved at an instant is signed with these.

    Raises:
        Refused: when either has none.
    """
    newest = {record.use: record for record in keyring.keys if usable_at(record, at) and not record.specimen}
    if KeyUse.PDF not in newest or KeyUse.CRED not in newest:
        raise Refused(
            "every signing key is retired or out of its window",
            hint="`certengine key rotate` makes new ones",
            code="key/retired",
        )
    return newest[KeyUse.PDF], newest[KeyUse.CRED]


def open_receipt_signer(context: Context) -> ReceiptSigner | None:
    """Open the newest usable receipt key; ``None`` when the keyring has none: receipts are then unsigned.

    Raises:
        NotFound: when there are no keys, or the key's file is missing.
        Refused: when the key's file is readable by others.
        InputError: when the file is not that key.
    """
    at = context.clock()
    usable = [key for key in load_keyring(context).keys if key.use is KeyUse.RECEIPT and usable_at(key, at)]
    if not usable:
        return None
    record = max(usable, key=lambda key: key.not_before)
    key = open_key(_receipt_path(context.workspace.keys_folder(), record), None)
    if not isinstance(key, ed25519.Ed25519PrivateKey) or key_id(key.public_key().public_bytes_raw()) != record.kid:
        raise InputError(f"the file of receipt key `{record.kid}` holds another key", hint="restore it from a backup")
    return ReceiptSigner(record=record, sign=key.sign, method=verification_method(record))


def _closed(record: KeyRecord, at: datetime) -> KeyRecord:
    return replace(record, not_after=min(record.not_after, at))


def _receipt_key(folder: Path, at: datetime) -> KeyRecord:
    key = ed25519.Ed25519PrivateKey.generate()
    record = key_record(key.public_key(), not_before=at, not_after=at + VALIDITY, use=KeyUse.RECEIPT)
    keep_key(_receipt_path(folder, record), key, None)
    return record


def _log_key(folder: Path, secret: bytes, at: datetime) -> KeyRecord:
    key = ed25519.Ed25519PrivateKey.generate()
    record = key_record(key.public_key(), not_before=at, not_after=at + VALIDITY, use=KeyUse.LOG)
    keep_key(folder / f"{record.kid}.pem", key, secret)
    return record


def _newest_log_key(keyring: Keyring, at: datetime) -> KeyRecord | None:
    usable = [key for key in keyring.keys if key.use is KeyUse.LOG and usable_at(key, at)]
    return max(usable, key=lambda key: key.not_before) if usable else None


def _log_signer(folder: Path, record: KeyRecord | None, secret: bytes) -> LogSigner | None:
    if record is None:
        return None
    key = open_key(folder / f"{record.kid}.pem", secret)
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise InputError(f"the file of log key `{record.kid}` holds another key", hint="restore it from a backup")
    return LogSigner(record=record, sign=key.sign)


def _receipt_path(folder: Path, record: KeyRecord) -> Path:
    return folder / f"receipt-{record.kid}.pem"


def _forget_closed_receipt_keys(folder: Path, closed: tuple[KeyRecord, ...]) -> None:
    for record in closed:
        if record.use is KeyUse.RECEIPT:
            _receipt_path(folder, record).unlink(missing_ok=True)
