"""The text of the QR code: an address for any phone, and behind its ``#`` the signed token.

``HTTPS://HOST/C/<CODE>#<BASE32>`` - all but the ``#`` lies in the QR alphanumeric set, so a printer of mixed-mode
segments needs 5.5 bits a character. What follows the ``#`` never reaches the server. Invariants:

1. Reading never raises; what is not ours is ``None``.
2. A read address keeps its host, so that the verdict can compare it with the issuer the token names.
"""

from __future__ import annotations

import base64
import re

from certengine.credentials.codes import FullCode, read_code
from certengine.credentials.token import TOKEN_LIMIT
from certengine.model.credential import Credential, Presented

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?::[0-9]{1,5})?", re.ASCII)
_ADDRESS = re.compile(r"https://([^/?#@\s]+)/c/([^/?#\s]+)(?:#([^\s]*))?", re.IGNORECASE)
_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV")
_BASE32 = re.compile(r"[A-Z2-7]+")
_LONGEST = 64 + 260 + TOKEN_LIMIT * 8 // 5 + 8
# A token carries 64 bytes of signature and a key id; a shorter run of letters is a mistyped code, not a token.
_SHORTEST_TOKEN = 120


def qr_text(credential: Credential, token: bytes | None) -> str:
    """The text of a credential's QR code; without a token, the bare address for codes printed small.

    Raises:
        ValueError: when the issuer's domain is not a plain host name, with a port if need be.
    """
    return qr_address(credential.issuer.domain, credential.code, token)


def qr_address(domain: str, code: str, token: bytes | None) -> str:
    """The text of the QR code with this code and token, of the issuer with this domain.

    Raises:
        ValueError: as :func:`qr_text`.
    """
    if not _HOST.fullmatch(domain.lower()):
        raise ValueError(f"`{domain}` is not a host name that fits a QR code")
    address = f"HTTPS://{domain.upper()}/C/{code}"
    return address if token is None else f"{address}#{_base32(token)}"


def read_qr_text(text: str) -> Presented | None:
    """What a QR text, an address or a typed code presents, or ``None`` when it is nothing of ours.

    A fragment that is no base32 is presented as an empty token, so that the verdict says it cannot be read.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return None
    address = _ADDRESS.fullmatch(text)
    if address is None:
        return _bare(text)
    host, code, fragment = address.group(1).lower(), address.group(2), address.group(3)
    read = read_code(code)
    if not _HOST.fullmatch(host) or read is None:
        return None
    token = None if fragment is None else _read_base32(fragment.upper()) or b""
    return Presented(code=read.text, token=token, host=host)


def _bare(text: str) -> Presented | None:
    read = read_code(text)
    if read is not None:
        return Presented(code=read.text)
    token = _read_base32(text.upper()) if len(text) >= _SHORTEST_TOKEN else None
    return None if token is None else Presented(token=token)


def full_code(presented: Presented) -> str | None:
    """The full code presented, or ``None`` when there is none or only the typed form."""
    read = read_code(presented.code or "")
    return read.text if isinstance(read, FullCode) else None


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode().rstrip("=")


def _read_base32(text: str) -> bytes | None:
    if not _BASE32.fullmatch(text) or len(text) % 8 in {1, 3, 6}:
        return None
    # As one number: the library's decoder, and encoding again to compare, take ten times as long.
    number, spare = int(text.translate(_DIGITS), 32), len(text) * 5 % 8
    if number & (1 << spare) - 1:
        return None
    return (number >> spare).to_bytes(len(text) * 5 // 8)
