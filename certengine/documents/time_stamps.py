"""Time stamps (RFC 3161): the request, what an authority's reply must hold, and what a stamp is worth later.

Invariants:

1. A reply is taken only when it answers this request: granted, with our nonce, over our digest, its signature right, and
   its authority trusted by a given root. A stamp that nobody could rely on is never put into a file.
2. Reading one later never raises: what cannot be read is ``broken``.
3. A stamp counts while the certificates on its path are good. After that only a newer stamp over it, made in time, keeps
   it; so the instant at which it is looked at is an argument.
4. Nothing is fetched, and no store of the system is asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar

from asn1crypto import cms, core, pem, tsp
from asn1crypto import x509 as asn1_x509
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import ValidationContext

from certengine.documents.definite_lengths import only_value
from certengine.errors import CannotTell
from certengine.model.credential import StampState, TimeStamp

T = TypeVar("T")

MAX_TOKEN = 10 * 1024
"""Longest time stamp that is taken, in bytes: there is room for so much in a signature."""

_GRANTED = ("granted", "granted_with_mods")
_HINT = "ask who runs the time-stamping authority, or name another in `[time_stamping]`; then run the command again"


class Reply(core.Sequence):  # type: ignore[misc]  # asn1crypto's classes are untyped
    """An authority's reply (RFC 3161 2.4.2); unlike the decoder's own class it may come without a stamp, as refusals do."""

    _fields = [  # noqa: RUF012  # so asn1crypto wants it
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


def stamp_request(digest: bytes, nonce: int) -> bytes:
    """A request for a stamp over a SHA-256 digest, DER; the authority shall send its certificates along.

    Args:
        nonce: a number nobody can foresee, so that an old reply is none to this request.
    """
    request = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest},
            "nonce": nonce,
            "cert_req": True,
        }
    )
    return bytes(request.dump())


def token_in_reply(reply: bytes, digest: bytes, nonce: int, *, roots: Sequence[str]) -> bytes:
    """The time stamp in an authority's reply, DER.

    Args:
        reply: the body of the answer, as it came.
        digest: what was to be stamped.
        nonce: of the request.
        roots: certificates (PEM) by which the authority is trusted.

    Raises:
        CannotTell: when it is refused, is no answer to this request, is too long, or does not verify.
    """
    try:
        answer = Reply.load(only_value(reply), strict=True)
        status = str(answer["status"]["status"].native)
        words = "; ".join(answer["status"]["status_string"].native or ()) or "; ".join(
            sorted(answer["status"]["fail_info"].native or ())
        )
    except Exception as error:  # ASN.1 decoders raise many classes on what is none
        raise _wrong("its reply is no time-stamp reply") from error
    if status not in _GRANTED:
        said = " ".join(words.split())[:120] or status
        raise CannotTell(f"the time-stamping authority refused: {said}", hint=_HINT, code="stamp/refused")
    try:
        token = bytes(answer["time_stamp_token"].dump())
        info = _info(answer["time_stamp_token"])
        answered, stamped = info["nonce"].native, _imprint(info)
    except Exception as error:
        raise _wrong("its reply holds no time stamp") from error
    if len(token) > MAX_TOKEN:
        raise CannotTell(
            f"the time stamp has {len(token)} bytes; there is room for {MAX_TOKEN}",
            hint=_HINT,
            code="stamp/too-large",
        )
    if answered != nonce:
        raise _wrong("its reply is to another request: the nonce differs")
    if stamped != digest:
        raise _wrong("its reply stamps something else: the digest differs")
    found = read_stamp(token, digest, roots=roots, at=None)
    if found.state is StampState.BROKEN:
        raise _wrong("the signature of its time stamp is not right")
    if found.state is StampState.FOREIGN:
        raise _wrong("its time stamp is not trusted by the certificate named as `anchor`")
    return token


def read_stamp(token: bytes, digest: bytes, *, roots: Sequence[str], at: datetime | None) -> TimeStamp:
    """What a time stamp over a SHA-256 digest is worth; never raises.

    Args:
        roots: the only certificates (PEM) that authorities are trusted by.
        at: the instant it is looked at: now, or when a newer stamp over it was made; ``None`` for the time it states.
    """
    stated: datetime | None = None
    try:
        content = cms.ContentInfo.load(only_value(token), strict=True)
        info = _info(content)
        stated = info["gen_time"].native.astimezone(UTC)
        if _imprint(info) != digest:
            return TimeStamp(state=StampState.BROKEN, at=stated)
        status = _validated(content, roots, stated)
        if not (status["intact"] and status["valid"]):
            return TimeStamp(state=StampState.BROKEN, at=stated)
        path = status["validation_path"]
        if status["trust_problem_indic"] is not None or path is None or not roots:
            return TimeStamp(state=StampState.FOREIGN, at=stated)
        until = min(one.not_valid_after for one in path.iter_certs(include_root=True)).astimezone(UTC)
    except Exception:  # noqa: BLE001 # ASN.1 decoders and validators raise many classes on damaged bytes
        return TimeStamp(state=StampState.BROKEN, at=stated)
    state = StampState.TRUSTED if at is None or at <= until else StampState.LAPSED
    return TimeStamp(state=state, at=stated, until=until)


def certificates_in(token: bytes) -> tuple[asn1_x509.Certificate, ...]:
    """The certificates that a time stamp carries.

    Raises:
        Exception: when it cannot be read.
    """
    carried = cms.ContentInfo.load(token, strict=True)["content"]["certificates"]
    return tuple(one.chosen for one in carried if isinstance(one.chosen, asn1_x509.Certificate))


def loaded_roots(roots: Sequence[str]) -> list[asn1_x509.Certificate]:
    """Certificates in PEM as the validator takes them."""
    return [asn1_x509.Certificate.load(pem.unarmor(root.encode())[2]) for root in roots]


def outcome(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, whether or not an event loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(max_workers=1) as beside:
        return beside.submit(asyncio.run, coroutine).result()


def _info(content: cms.ContentInfo) -> tsp.TSTInfo:
    encapsulated = content["content"]["encap_content_info"]
    if encapsulated["content_type"].native != "tst_info":
        raise ValueError("no time stamp")
    return encapsulated["content"].parsed


def _imprint(info: tsp.TSTInfo) -> bytes:
    imprint = info["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != "sha256":
        raise ValueError("another digest than SHA-256")
    return bytes(imprint["hashed_message"].native)


def _validated(content: cms.ContentInfo, roots: Sequence[str], stated: datetime) -> dict[str, Any]:
    """What a validator says of its signature and of the path to the roots, at the time it states."""
    context = ValidationContext(trust_roots=loaded_roots(roots), moment=stated, allow_fetching=False)
    imprint = _imprint(_info(content))
    found: dict[str, Any] = outcome(validate_tst_signed_data(content["content"], context, lambda _algorithm: imprint))
    return found


def _wrong(what: str) -> CannotTell:
    return CannotTell(f"the time-stamping authority gave no stamp that holds: {what}", hint=_HINT, code="stamp/wrong")
