"""Receipts of checks: where an answer's trust came from, and the receipt that says so.

Invariants:

1. A receipt is signed only by the register's issuer, for an answer about *now*: an answer for another date
   (``--at``) is a calculation, and a signature under its date would claim that it was given then.
2. The key is opened when a receipt is asked for, not before: a check never fails for want of a receipt key.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from certengine.canonical import digest_of_bytes
from certengine.credentials.bundle import read_bundle
from certengine.credentials.receipt import Basis, Rests, make_receipt, may_sign, read_receipt
from certengine.errors import InputError
from certengine.model.credential import Keyring, Verdict
from certengine.services.clock import utc_now
from certengine.services.verification import (
    Source,
    no_source,
    source_from_bundle,
    source_from_keyring,
)

if TYPE_CHECKING:
    from certengine.services.context import Context
    from certengine.services.keys import ReceiptSigner

_NOW_WITHIN = timedelta(minutes=10)
_NEVER_ISSUED = frozenset({"reserved", "void"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Where answers come from, what their receipts say of it, and who signs these.

    Attributes:
        signer: opens the receipt key; gives ``None`` where there is none.
        code_of: the code of the certificate with a printed number *and* its holder's name, or ``None`` when no
            certificate has both; ``None`` itself where only the register could tell.
        clock: tells whether an answer is about now.
    """

    source: Source
    basis: Basis
    signer: Callable[[], ReceiptSigner | None] = lambda: None
    code_of: Callable[[str, str], str | None] | None = None
    clock: Callable[[], datetime] = utc_now


def trust_in_bundle(path: Path, *, max_age: timedelta | None = None, at: datetime) -> Trust:
    """Trust and status from a signed bundle; receipts are unsigned and name the bundle.

    Raises:
        NotFound, InputError: as :func:`~certengine.services.verification.source_from_bundle`.
    """
    source = source_from_bundle(path, max_age=max_age, at=at)
    data = path.read_bytes()
    try:
        bundle = read_bundle(data)
    except ValueError as error:
        raise InputError(f"`{path}` was exchanged while it was read: {error}", hint="try again") from None
    basis = Basis(
        rests_on=Rests.BUNDLE,
        digest=digest_of_bytes(data),
        made_at=bundle.made_at,
        issuer=bundle.keyring.issuer,
    )
    return Trust(source=source, basis=basis)


def trust_in_keyring(path: Path) -> Trust:
    """Trust from a keyring alone; status stays unchecked, receipts are unsigned.

    Raises:
        NotFound, InputError: as :func:`~certengine.services.verification.source_from_keyring`.
    """
    source = source_from_keyring(path)
    issuer = source.keyring.issuer if source.keyring is not None else None
    basis = Basis(rests_on=Rests.KEYRING, digest=digest_of_bytes(path.read_bytes()), issuer=issuer)
    return Trust(source=source, basis=basis)


def trust_in_register(context: Context) -> Trust:
    """Trust, status, the look-up by number and name, and the receipt key of a workspace.

    Raises:
        NotFound: when it has no keys yet.
    """
    # Imported here: whoever checks with a bundle needs no database.
    from certengine.services.keys import open_receipt_signer
    from certengine.services.register import register_source
    from certengine.store import certificates as store

    source = register_source(context)
    issuer = source.keyring.issuer if source.keyring is not None else None

    def code_of(number: str, name: str) -> str | None:
        with context.reading() as connection:
            found = (store.certificate_by_number(connection, one) for one in dict.fromkeys((number, number.upper())))
            record = next((one for one in found if one is not None), None)
        if record is None or record.state in _NEVER_ISSUED:
            return None
        holder = record.credential.holder
        return record.credential.code or None if same_name(name, holder.name, holder.name_en) else None

    return Trust(
        source=source,
        basis=Basis(rests_on=Rests.REGISTER, issuer=issuer),
        signer=lambda: open_receipt_signer(context),
        code_of=code_of,
        clock=context.clock,
    )


def trust_in_nothing() -> Trust:
    """Nothing to trust: whatever is presented cannot be told."""
    return Trust(source=no_source(), basis=Basis(rests_on=Rests.NOTHING))


def receipt_of(
    verdict: Verdict,
    trust: Trust,
    *,
    target: str | None = None,
    file: bytes | None = None,
    file_digest: str | None = None,
) -> bytes:
    """The receipt of an answer, signed where a receipt key is at hand and the answer is about now.

    ``target`` is the code or QR text presented, ``file`` the bytes of the file, where it was one, or their digest.

    Raises:
        NotFound, Refused, InputError: when there is a receipt key and it cannot be opened.
    """
    signer = trust.signer() if abs(trust.clock() - verdict.checked_at) <= _NOW_WITHIN else None
    if signer is not None and not may_sign(signer.record, verdict.checked_at):
        signer = None
    return make_receipt(
        verdict,
        target=target,
        file_digest=digest_of_bytes(file) if file is not None else file_digest,
        source=trust.basis,
        method=signer.method if signer is not None else None,
        sign=signer.sign if signer is not None else None,
    )


def receipt_page(data: bytes, keyring: Keyring | None) -> bytes:
    """A receipt as one page to keep, with the receipt itself inside; the keyring tells whether the issuer signed it.

    Raises:
        Refused, InputError: when the page cannot be laid out.
    """
    from certengine.documents.fonts import default_font_cache, prepare_fonts
    from certengine.documents.layout import Typesetter
    from certengine.documents.receipt import render_receipt
    from certengine.documents.template_folder import TemplateFolder
    from certengine.workspace.folders import bundled_root

    templates = TemplateFolder(bundled_root() / "templates" / "formal")
    typesetter = Typesetter(prepare_fonts(default_font_cache()))
    return render_receipt(read_receipt(data, keyring), templates=templates, typesetter=typesetter)


def same_name(given: str, *names: str | None) -> bool:
    """Whether a name is one of those printed: width, letter case and spaces do not count, nothing else is forgiven."""
    wanted = _even(given)
    return bool(wanted) and wanted in {_even(name) for name in names if name is not None}


def _even(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
