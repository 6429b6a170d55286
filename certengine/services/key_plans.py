"""What a change of keys would do, told before it is done: no private key is opened or made, nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from certengine.model.credential import KeyRecord
from certengine.services.context import Context
from certengine.services.external_key import ExternalKey
from certengine.services.key_changes import KEYRING, demand_none_in_use, demand_retirable, in_use
from certengine.services.key_making import VALIDITY
from certengine.services.keys import load_keyring
from certengine.store import certificates as store
from certengine.store.certificates import CertificateRecord, CertificateState


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlan:
    """New keys.

    Attributes:
        until: when the windows of the new signing keys would end.
        closes: the keys whose windows would be closed.
        stranded: reserved certificates that could not be issued any more, since they name the present keys.
    """

    until: datetime
    closes: tuple[KeyRecord, ...]
    stranded: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementPlan:
    """A key retired.

    Attributes:
        undone: issued certificates whose signatures would no longer count.
        stranded: reserved certificates that could not be issued any more.
    """

    key: KeyRecord
    undone: tuple[str, ...]
    stranded: tuple[str, ...]


def plan_new_keys(context: Context, *, rotate: bool = False, external: ExternalKey | None = None) -> KeyPlan:
    """What :func:`~certengine.services.keys.new_keys` would do.

    Raises:
        Refused: when there are usable keys already, and none are to be rotated.
    """
    at = context.clock()
    old = load_keyring(context) if (context.workspace.keys_folder() / KEYRING).exists() else None
    if old is not None and not rotate:
        demand_none_in_use(old, at)
    closes = tuple(key for key in old.keys if in_use(key, at)) if old is not None else ()
    until = external.not_after if external is not None else at + VALIDITY
    return KeyPlan(until=until, closes=closes, stranded=_reserved(context, {key.kid for key in closes}))


def plan_retirement(context: Context, kid: str, *, compromised_from: datetime | None = None) -> RetirementPlan:
    """What :func:`~certengine.services.keys.retire_key` would do.

    Raises:
        NotFound, Refused: as it does.
    """
    record = demand_retirable(load_keyring(context), kid, context.clock(), compromised_from)
    undone: tuple[str, ...] = ()
    if compromised_from is not None:
        undone = tuple(
            one.credential.registered_as
            for one in _of(context, {kid})
            if one.state not in {CertificateState.RESERVED, CertificateState.VOID}
            and one.credential.issued_at >= compromised_from
        )
    return RetirementPlan(key=record, undone=undone, stranded=_reserved(context, {kid}))


def _reserved(context: Context, kids: set[str]) -> tuple[str, ...]:
    found = _of(context, kids)
    return tuple(one.credential.registered_as for one in found if one.state is CertificateState.RESERVED)


def _of(context: Context, kids: set[str]) -> list[CertificateRecord]:
    with context.reading() as connection:
        return [one for one in store.certificates_of(connection) if {one.pdf_key, one.cred_key} & kids]
