"""The trust bundle: one signed file with which certificates are verified without a network.

Invariants:

1. A bundle is signed by a ``cred`` key of the keyring it carries, in its window. That proves it whole, not whose it
   is: whoever has the issuer's keyring from elsewhere gives it as the ``anchor``.
2. Every status list in it is signed by such a key too.
3. It answers issued, suspended or revoked *as of when it was made*; too old, it answers nothing - but a revocation is
   for ever, and an old bundle still tells it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from certengine.canonical import Json, instant_text
from certengine.credentials.keyring import keyring_json, keyring_of
from certengine.credentials.keys import usable_at
from certengine.credentials.proof import Proof, read_proof, with_proof
from certengine.credentials.status_list import Purpose, StatusList, list_id, list_name, status_list_of
from certengine.credentials.strict_json import Unreadable, fields_of, instant_of, jcs, list_of, read_object
from certengine.model.credential import Keyring, KeyUse, Standing, Status

BUNDLE_SCHEMA = "certengine.bundle/1"

#: The two kinds of source a :class:`Status` names; only the register knows one certificate from another.
SOURCE_BUNDLE = "bundle"
SOURCE_REGISTER = "register"

_LIMIT = 8_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A read bundle whose signatures were good."""

    keyring: Keyring
    lists: tuple[StatusList, ...]
    made_at: datetime
    valid_until: datetime

    def list_for(self, purpose: Purpose, status_index: int) -> StatusList | None:
        """The list a status index lies in, if the bundle has it."""
        wanted = list_id(self.keyring.issuer.domain, list_name(purpose, status_index))
        return next((item for item in self.lists if item.id == wanted), None)


def make_bundle(
    keyring: Keyring,
    status_lists: tuple[bytes, ...],
    *,
    made_at: datetime,
    valid_until: datetime,
    verification_method: str,
    sign: Callable[[bytes], bytes],
) -> bytes:
    """A signed bundle as canonical JSON.

    ``status_lists`` are signed lists as :func:`~certengine.credentials.status_list.make_status_list` gives them.

    Raises:
        Unreadable: when it would not be read again, for example for a key outside of its window.
    """
    lists: list[Json] = []
    for data in status_lists:
        lists.append(read_object(data, limit=_LIMIT))
    document: dict[str, Json] = {
        "schema": BUNDLE_SCHEMA,
        "keyring": keyring_json(keyring),
        "status_lists": lists,
        "made_at": instant_text(made_at),
        "valid_until": instant_text(valid_until),
    }
    data = jcs(with_proof(document, created=made_at, verification_method=verification_method, sign=sign))
    read_bundle(data)
    return data


def read_bundle(data: bytes, *, anchor: Keyring | None = None) -> Bundle:
    """The bundle in ``data``.

    ``anchor`` is a keyring of the issuer that is already trusted; the bundle must be signed by one of its keys.

    Raises:
        Unreadable: when anything in it does not hold together, or a signature is not good.
    """
    document = read_object(data, limit=_LIMIT)
    fields = fields_of(document, required=("schema", "keyring", "status_lists", "made_at", "valid_until", "proof"))
    if fields["schema"] != BUNDLE_SCHEMA:
        raise Unreadable(f"the schema is not `{BUNDLE_SCHEMA}`")
    keyring = keyring_of(fields["keyring"])
    made_at = instant_of(fields["made_at"])
    proof = read_proof(document)
    _demand(proof, keyring, made_at, "the bundle")
    if anchor is not None:
        _demand(proof, anchor, made_at, "the bundle")
    lists = list_of(fields["status_lists"], status_list_of)
    for item in lists:
        _demand(item.proof, keyring, item.valid_from, f"the status list `{item.id}`")
    return Bundle(keyring=keyring, lists=lists, made_at=made_at, valid_until=instant_of(fields["valid_until"]))


def status_in_bundle(
    bundle: Bundle, status_index: int, at: datetime, max_age: timedelta | None = None
) -> Status | None:
    """The standing of a certificate as the bundle knows it, or ``None`` when it cannot tell.

    ``at`` is the instant to answer for, ``max_age`` how old the bundle may be at most; its own ``valid_until`` holds
    in any case.
    """
    revocation = bundle.list_for("revocation", status_index)
    suspension = bundle.list_for("suspension", status_index)
    if revocation is not None and revocation.is_set(status_index):
        return Status(standing=Standing.REVOKED, known_at=revocation.valid_from, source=SOURCE_BUNDLE)
    too_old = at > bundle.valid_until or (max_age is not None and at - bundle.made_at > max_age)
    if revocation is None or suspension is None or too_old:
        return None
    standing = Standing.SUSPENDED if suspension.is_set(status_index) else Standing.ISSUED
    known_at = min(revocation.valid_from, suspension.valid_from)
    return Status(standing=standing, known_at=known_at, source=SOURCE_BUNDLE)


def _demand(proof: Proof, keyring: Keyring, at: datetime, what: str) -> None:
    record = keyring.key(proof.kid)
    if record is None or record.use is not KeyUse.CRED or record.specimen:
        raise Unreadable(f"{what} is not signed by a key of the issuer")
    if not usable_at(record, at) or proof.created != at or not proof.verified_by(record):
        raise Unreadable(f"the signature of {what} is not good")
