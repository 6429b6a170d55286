"""Certificates that stand in for earlier ones: a replacement on error, a further print after loss, a renewal.

1. The approver's act reserves it: everything it will say is frozen, with the number of the one it stands in for. No key
   is opened for that.
2. The keyholder's act issues it, as any reservation; the transaction that issues it takes the earlier one out of force
   (a renewal leaves it to its own end) and links the two. So the earlier one holds until the very instant when there is
   another, and a kill between the two leaves nothing half done.

Who is both, or works where nobody is declared, does both at once.

What each may change: a replacement the holder's names (and whatever the scheme prints), under a new number and with the
old end of validity; a further print nothing at all, under the same number with the next print serial; a renewal the
dates, under a new number. Each has a code and a position in the status lists of its own, so that what is in a stranger's
hand can be told from what it was replaced by, also without a network.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection

from certengine.errors import Finding, InputError, Refused, UsageError
from certengine.interchange.candidates import certificate_name
from certengine.model.credential import Credential, Holder, Succession
from certengine.services.context import Context
from certengine.services.finishing import MAY_SUCCEED
from certengine.services.issuing import FOLDER, issue_reserved
from certengine.services.keys import Passphrase, open_signers
from certengine.services.reserving import (
    StatusPlaces,
    freeze,
    local_date,
    new_code,
    next_number,
    signing_kids,
    valid_until,
)
from certengine.services.restored import demand_not_older
from certengine.services.sittings import LoadedSitting, load
from certengine.services.standing import ReasonClass, find_certificate
from certengine.store import certificates as store
from certengine.store.certificates import CertificateRecord, CertificateState

Kind = Literal["replacement", "reprint", "renewal"]

RENEWAL_MONTHS = 6
"""So long before its end a certificate may be renewed; earlier it would only be given away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be done, and how the holder is to be named; a name that is ``None`` stays."""

    kind: Kind
    reason: ReasonClass
    name: str | None = None
    name_en: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessionRun:
    """What was done: the earlier certificate, the later one, and why the later is not issued yet, where it is not.

    Attributes:
        later: ``None`` in a dry run, which takes no number.
        waits: the later one is reserved, and a keyholder has yet to issue it.
    """

    earlier: CertificateRecord
    later: CertificateRecord | None
    holder: Holder
    valid_until: date | None
    waits: bool = False
    failed: tuple[Finding, ...] = ()


def succeed(
    context: Context,
    number_or_code: str,
    wish: Wish,
    passphrase: Passphrase,
    *,
    output: Path | None = None,
    dry_run: bool = False,
) -> SuccessionRun:
    """Have another certificate stand in for one; run again, it goes on with what is reserved already.

    Raises:
        NotFound: when there is no such certificate, or there are no keys.
        Refused: when its state does not allow it, it is too early to renew it, or the roles are missing.
        UsageError: when a replacement would change nothing.
        InputError: when a name cannot be printed as it reads.
    """
    if not dry_run:
        context.demand_role("approver")
    wish = _printable(wish)
    earlier = find_certificate(context, number_or_code)
    loaded = load(context, earlier.sitting)
    at = context.clock()
    holder = _holder(earlier.credential.holder, wish)
    if dry_run:
        with context.reading() as connection:
            _demand_may(context, connection, earlier, wish, at)
        until = _end(context, loaded, earlier.credential, wish, at)
        return SuccessionRun(earlier=earlier, later=None, holder=holder, valid_until=until)
    later = _reserved(context, loaded, earlier, wish, holder, at)
    if not _may_sign(context):
        later_end = later.credential.valid_until
        return SuccessionRun(earlier=earlier, later=later, holder=holder, valid_until=later_end, waits=True)
    secret = passphrase()
    signers = open_signers(context, lambda: secret)
    folder = output or context.workspace.root / FOLDER
    _, failed, _ = issue_reserved(context, earlier.sitting, signers, secret, folder=folder)
    with context.reading() as connection:
        earlier = store.certificate_by_id(connection, earlier.id) or earlier
        later = store.certificate_by_id(connection, later.id) or later
    return SuccessionRun(
        earlier=earlier,
        later=later,
        holder=later.credential.holder,
        valid_until=later.credential.valid_until,
        failed=failed,
    )


def _reserved(
    context: Context, loaded: LoadedSitting, earlier: CertificateRecord, wish: Wish, holder: Holder, at: datetime
) -> CertificateRecord:
    """Step 1: the reservation there is already, or a new one."""
    with context.writing() as connection:
        pending = _pending(connection, earlier)
        if pending is not None:
            _demand_same(pending, wish, holder)
            return pending
        _demand_may(context, connection, earlier, wish, at)
        demand_not_older(context, connection)
        kids = signing_kids(context)
        places = StatusPlaces(context, *store.newest_status_list(connection, kids.cred))
        credential = _successor(context, connection, loaded, earlier.credential, wish, holder, at, places.take())
        freeze(context, connection, loaded, earlier.decision, earlier.candidate, credential, kids)
        context.write_act(
            connection,
            at,
            f"cert.{wish.kind}",
            credential.registered_as,
            earlier=earlier.credential.registered_as,
            reason=wish.reason.value,
        )
        made = store.certificate_by_entry(connection, credential.registered_as)
    assert made is not None
    return made


def _pending(connection: Connection, earlier: CertificateRecord) -> CertificateRecord | None:
    """What stands in for a certificate and waits to be issued."""
    for record in store.certificates_of(connection, earlier.sitting):
        link = record.credential.succeeds
        named = link is not None and link.number == earlier.credential.registered_as
        if named and record.state is CertificateState.RESERVED:
            return record
    return None


def _demand_same(pending: CertificateRecord, wish: Wish, holder: Holder) -> None:
    link = pending.credential.succeeds
    if link is None or link.kind != wish.kind or pending.credential.holder != holder:
        number = pending.credential.registered_as
        raise Refused(
            f"another certificate, {number}, is reserved to stand in for it",
            hint=f"`certengine cert show {number}`; give it up with `certengine cert void {number}`, or issue it",
            code="certificate/succession-pending",
        )


def _demand_may(context: Context, connection: Connection, earlier: CertificateRecord, wish: Wish, at: datetime) -> None:
    """Refuse what its state, or the calendar, does not allow; and a replacement that would change nothing."""
    now = store.certificate_by_id(connection, earlier.id) or earlier
    number = now.credential.registered_as
    if now.state not in MAY_SUCCEED[wish.kind]:
        raise Refused(
            f"certificate {number} is {now.state} and takes no {wish.kind}",
            hint=f"`certengine cert show {number}` tells what happened to it",
            code=f"certificate/{now.state}",
        )
    if wish.kind == "renewal":
        _demand_due(context, now, at)
    elif wish.reason is ReasonClass.ERROR and _holder(now.credential.holder, wish) == now.credential.holder:
        raise UsageError(
            "a replacement on error names what is right: nothing would change",
            hint="give `--name` or `--name-en`",
            code="certificate/nothing-changes",
        )


def _demand_due(context: Context, now: CertificateRecord, at: datetime) -> None:
    number, end = now.credential.registered_as, now.credential.valid_until
    renewed = next((event for event in now.events if event.kind == "renewed"), None)
    if renewed is not None:
        raise Refused(
            f"certificate {number} was renewed already, as {renewed.details.get('successor')}",
            code="certificate/renewed",
        )
    if end is None:
        raise Refused(f"certificate {number} has no end and needs no renewal", code="certificate/no-end")
    today = local_date(context, at)
    from_ = _months_before(end, RENEWAL_MONTHS)
    if today < from_:
        raise Refused(
            f"certificate {number} is valid until {end}; it may be renewed from {from_}",
            hint="a new examination, or a replacement, is another matter",
            code="certificate/renewal-early",
        )


def _successor(
    context: Context,
    connection: Connection,
    loaded: LoadedSitting,
    earlier: Credential,
    wish: Wish,
    holder: Holder,
    at: datetime,
    status_index: int,
) -> Credential:
    scheme, rule = loaded.scheme, loaded.scheme.certificate
    today = local_date(context, at)
    again = replace(
        earlier,
        code=new_code(context),
        issued_at=at,
        status_index=status_index,
        succeeds=Succession(kind=wish.kind, number=earlier.registered_as, reason=wish.reason.value),
        print_serial=None,
    )
    if wish.kind == "reprint":
        return replace(again, print_serial=_next_print(connection, earlier.number))
    return replace(
        again,
        number=next_number(context, connection, scheme, at),
        issuer=context.workspace.config.issuer_noun(),
        holder=holder,
        title=rule.title,
        occupation=rule.occupation,
        level=scheme.level.title,
        issued_on=today,
        valid_until=_end(context, loaded, earlier, wish, at),
    )


def _end(context: Context, loaded: LoadedSitting, earlier: Credential, wish: Wish, at: datetime) -> date | None:
    if wish.kind == "renewal":
        return valid_until(local_date(context, at), loaded.scheme.certificate.validity_months)
    return earlier.valid_until


def _next_print(connection: Connection, number: str) -> int:
    """The serial after the last print of a number; one given up stays used."""
    serial = 2
    while store.certificate_by_entry(connection, f"{number}/{serial}") is not None:
        serial += 1
    return serial


def _holder(holder: Holder, wish: Wish) -> Holder:
    if wish.kind != "replacement":
        return holder
    return Holder(name=wish.name or holder.name, name_en=wish.name_en or holder.name_en)


def _printable(wish: Wish) -> Wish:
    """The wish with its names as they are printed: held to what a roster's names are held to."""
    return replace(
        wish,
        name=_printable_name("--name", wish.name, latin=False),
        name_en=_printable_name("--name-en", wish.name_en, latin=True),
    )


def _printable_name(option: str, name: str | None, *, latin: bool) -> str | None:
    try:
        return certificate_name(name, latin=latin) if name else None
    except ValueError as why:
        raise InputError(f"`{option}` {why}", hint="type the name anew", code="certificate/name") from None


def _may_sign(context: Context) -> bool:
    """Whether the acting person issues what was approved, or leaves that to a keyholder."""
    person = context.person()
    return not context.workspace.config.people or (person is not None and "keyholder" in person.roles)


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, 28))
