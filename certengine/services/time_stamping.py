"""Time stamps from the authority that ``certengine.toml`` names: asked over HTTP, within bounds, and only when named.

1. One request for each signature; at most so many seconds, at most so many bytes, no redirection, no proxy.
2. The reply is checked before it is taken (:func:`~certengine.documents.time_stamps.token_in_reply`).
3. An authority that is out of reach twice in a row is not asked again by this process: what is left to do waits until
   the command runs again, instead of waiting for each certificate anew.
4. What its stamps are trusted by is written into the keyring and stays there, so that strangers with the keyring or a
   bundle can check old stamps after the issuer went to another authority.
"""

from __future__ import annotations

import base64
import http.client
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certengine.canonical import digest_of_bytes
from certengine.documents.time_stamps import stamp_request, token_in_reply
from certengine.errors import CannotTell, InputError
from certengine.model.credential import Keyring
from certengine.services.context import Context
from certengine.services.key_changes import keep_keyring, one_at_a_time
from certengine.services.keys import load_keyring
from certengine.services.passphrases import passphrase_from_file
from certengine.workspace.config import TimeStampingConfig

MAX_REPLY = 64 * 1024
"""Longest reply that is read, in bytes."""

_TRIES = 2
_CHUNK = 4096
_NONCE = 8  # bytes
_HINT = "see that the authority answers; then run the command again: it goes on where it stopped"


class TimeStamper:
    """Asks one authority for stamps; one for each process, since it remembers whether the authority answers."""

    def __init__(
        self, config: TimeStampingConfig, roots: tuple[str, ...], entropy: Callable[[int], bytes], secret: bytes | None
    ) -> None:
        self.roots = roots
        self._address = _address(config.url)
        self._seconds = float(config.seconds)
        self._entropy = entropy
        self._secret = secret
        self._missed: list[CannotTell] = []

    def __call__(self, digest: bytes) -> bytes:
        """The time stamp over a SHA-256 digest, DER, checked.

        Raises:
            CannotTell: when the authority is out of reach, refuses, or gives no stamp that holds.
        """
        if len(self._missed) >= _TRIES:
            raise self._missed[-1]
        nonce = int.from_bytes(b"\x01" + self._entropy(_NONCE), "big")  # positive, and never short
        try:
            reply = self._asked(stamp_request(digest, nonce))
        except CannotTell as error:
            self._missed.append(error)
            raise
        self._missed.clear()
        return token_in_reply(reply, digest, nonce, roots=self.roots)

    def _asked(self, request: bytes) -> bytes:
        """The body of the answer.

        Raises:
            CannotTell: when there is none within the bounds.
        """
        place = self._address
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        if self._secret is not None:
            headers["Authorization"] = "Basic " + base64.b64encode(self._secret).decode()
        path = (place.path or "/") + (f"?{place.query}" if place.query else "")
        ends = threading.Event()
        try:
            connection = kind(str(place.hostname), place.port, timeout=self._seconds)
            connection.connect()
            # Each read has its own time limit, so that somebody who sends one byte now and then would never reach it.
            timer = threading.Timer(self._seconds, _cut, (connection.sock, ends))
            timer.daemon = True
            timer.start()
            try:
                connection.request("POST", path, request, headers)
                return _body(connection.getresponse())
            finally:
                timer.cancel()
                connection.close()
        except (OSError, http.client.HTTPException, ValueError) as error:
            slow = ends.is_set() or isinstance(error, TimeoutError)
            why = f"no answer within {self._seconds:g} seconds" if slow else str(error) or type(error).__name__
            raise _out_of_reach(place, why) from error


def time_stamper(context: Context) -> TimeStamper | None:
    """What asks the authority that the workspace names; ``None`` where it names none.

    Raises:
        InputError: when address or anchor are not usable.
        NotFound, Refused: as for a passphrase file, when the credentials are not.
    """
    config = context.workspace.config.time_stamping
    if config is None:
        return None
    secret = None
    if config.credentials_file is not None:
        secret = passphrase_from_file(context.workspace.root / config.credentials_file)
    return TimeStamper(config, anchors(context), context.entropy, secret)


def anchors(context: Context) -> tuple[str, ...]:
    """The certificates (PEM) by which stamps of the named authority are trusted; none where none is named.

    Raises:
        InputError: when the file holds none.
    """
    config = context.workspace.config.time_stamping
    if config is None:
        return ()
    path = context.workspace.root / config.anchor
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(
            f"`{path}` holds no certificate (PEM) by which time stamps are trusted",
            hint="ask the time-stamping authority for its root, and name it as `time_stamping.anchor` in certengine.toml",
            code="stamp/anchor",
        ) from error
    return tuple(one.public_bytes(Encoding.PEM).decode() for one in found)


def remember_anchors(context: Context) -> Keyring:
    """The keyring, which tells by what the stamps now made are trusted; written down when that is new.

    Raises:
        InputError: as :func:`anchors`.
        NotFound: when there are no keys.
        Refused: when it is new, and somebody else is changing the keys.
    """
    wanted, keyring = anchors(context), load_keyring(context)
    return keyring if set(wanted) <= set(keyring.stamp_roots) else _with_anchors(context, wanted)


@one_at_a_time
def _with_anchors(context: Context, wanted: tuple[str, ...]) -> Keyring:
    keyring = load_keyring(context)
    new = [one for one in wanted if one not in keyring.stamp_roots]
    if not new:
        return keyring
    keyring = replace(keyring, stamp_roots=(*keyring.stamp_roots, *new))
    named = [digest_of_bytes(x509.load_pem_x509_certificate(one.encode()).public_bytes(Encoding.DER)) for one in new]
    keep_keyring(
        context,
        keyring,
        lambda connection: context.write_act(
            connection, context.clock(), "key.stamp-root", "issuer", roots=list(named)
        ),
    )
    return keyring


def _address(url: str) -> SplitResult:
    try:
        place = urlsplit(url)
        usable = place.scheme in {"http", "https"} and place.hostname and place.port != 0 and place.username is None
    except ValueError:
        usable = None
    if not usable or any(char <= " " or char > "~" for char in url):
        raise InputError(
            f"`{url[:200]}` is no address of a time-stamping authority",
            hint="`time_stamping.url` in certengine.toml is like `https://tsa.example.org/tsr`; a name and password go "
            "into `credentials_file`",
            code="stamp/address",
        )
    return place


def _body(response: http.client.HTTPResponse) -> bytes:
    if response.status != HTTPStatus.OK:
        raise http.client.HTTPException(f"it answers {response.status} {response.reason[:80]}")
    found = bytearray()
    while chunk := response.read1(_CHUNK):
        found += chunk
        if len(found) > MAX_REPLY:
            raise http.client.HTTPException(f"its reply has more than {MAX_REPLY} bytes")
    if response.length:
        raise http.client.HTTPException("its reply ends early")
    return bytes(found)


def _cut(connection: socket.socket, ended: threading.Event) -> None:
    ended.set()
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # it is closed already
        return


def _out_of_reach(place: SplitResult, why: str) -> CannotTell:
    return CannotTell(
        f"the time-stamping authority at {place.hostname} is out of reach: {why}",
        hint=_HINT,
        code="stamp/out-of-reach",
    )
