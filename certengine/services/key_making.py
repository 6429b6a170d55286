"""Making the keys that sign certificates: our own authority, and under it a document key in a file or on a token."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from certengine.credentials.certificate_authority import is_of, issue_pdf_signer, issue_root, outlasts
from certengine.credentials.keys import key_id, key_record, public_bytes
from certengine.errors import Refused
from certengine.model.credential import KeyRecord, Keyring
from certengine.services.context import Context
from certengine.services.external_key import ExternalKey
from certengine.services.key_files import keep_key, open_key
from certengine.services.token_keys import TokenKey, keep_marker, marker_of, token_key

ROOT_KEY = "root.pem"
VALIDITY = timedelta(days=2 * 365)


def own_authority(
    context: Context, folder: Path, old: Keyring | None, secret: bytes, at: datetime
) -> tuple[str, ec.EllipticCurvePrivateKey]:
    """The CA's certificate and key: the newest there are that outlast a key made now, else new ones.

    Other roots may have come after ours, with keys that other authorities issued. A root near its end gets a successor over
    the same key.

    Raises:
        NotFound, Refused: as :func:`~certengine.services.key_files.open_key`.
    """
    path = folder / ROOT_KEY
    key = open_key(path, secret) if old is not None and old.roots and path.exists() else None
    if old is not None and isinstance(key, ec.EllipticCurvePrivateKey):
        for root in reversed(old.roots):
            if is_of(root, key) and outlasts(root, at + VALIDITY):
                return root, key
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        key = ec.generate_private_key(ec.SECP256R1())
        keep_key(path, key, secret)
    certificate = issue_root(
        key=key, issuer=context.workspace.config.issuer_noun(), serial_entropy=context.entropy(16), not_before=at
    )
    return certificate, key


def signing_pair(
    context: Context,
    folder: Path,
    authority: tuple[str, ec.EllipticCurvePrivateKey],
    secret: bytes,
    at: datetime,
    on_token: TokenKey | None,
) -> tuple[KeyRecord, KeyRecord]:
    """The records of a document key under our authority, made here or on a token, and of a key for tokens of QR codes."""
    until = at + VALIDITY
    root, root_key = authority
    pdf_key = on_token or ec.generate_private_key(ec.SECP256R1())
    leaf = issue_pdf_signer(
        public_key=pdf_key.public_key(),
        issuer=context.workspace.config.issuer_noun(),
        root=root,
        root_key=root_key,
        serial_entropy=context.entropy(16),
        not_before=at,
        not_after=until,
    )
    cred_key = ed25519.Ed25519PrivateKey.generate()
    pdf = key_record(pdf_key.public_key(), not_before=at, not_after=until, chain=(leaf, root))
    cred = key_record(cred_key.public_key(), not_before=at, not_after=until)
    if on_token is None:
        keep_key(folder / f"{pdf.kid}.pem", pdf_key, secret)
    else:
        keep_marker(marker_of(folder, pdf.kid), on_token)
    keep_key(folder / f"{cred.kid}.pem", cred_key, secret)
    return pdf, cred


def new_token_key(context: Context, old: Keyring | None, label: str) -> TokenKey:
    """A key on the token that was none of the issuer's before.

    Raises:
        Refused: when it was: a key has one window.
        InputError, CannotTell: as :func:`~certengine.services.token_keys.token_key`.
    """
    key = token_key(context, label)
    if old is not None and old.key(key_id(public_bytes(key.public_key()))) is not None:
        raise Refused(
            f"the key `{label}` on the token is in the keyring already",
            hint="name a label that is not in use: a key is made on the token where there is none",
            code="key/pkcs11-key",
        )
    return key


def external_pair(folder: Path, external: ExternalKey, secret: bytes, at: datetime) -> tuple[KeyRecord, KeyRecord]:
    """The records of an externally issued document key and of a new key for tokens, whose windows end together."""
    begin, end = external.not_before, external.not_after
    pdf = key_record(external.key.public_key(), not_before=begin, not_after=end, chain=external.chain)
    cred_key = ed25519.Ed25519PrivateKey.generate()
    cred = key_record(cred_key.public_key(), not_before=at, not_after=end)
    keep_key(folder / f"{pdf.kid}.pem", external.key, secret)
    keep_key(folder / f"{cred.kid}.pem", cred_key, secret)
    return pdf, cred
