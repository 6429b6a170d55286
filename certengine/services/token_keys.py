"""Document keys on a token (PKCS#11): the private half stays where it is, and signs there.

1. The module, the token and the key are named by people; the PIN comes from a file or a prompt, is kept in memory for as
   long as the process needs it, and stands in no argument, no environment, no message.
2. A token is opened when something is signed, not before: commands that sign no document ask for no PIN.
3. In the key folder a small file beside the encrypted keys says on which token, under which label, a key lies; it holds no
   secret. What the token holds under that label must be the key of the keyring.
4. Signatures are made with the raw mechanism (CKM_ECDSA), which every token has; a nonce of the token's own makes each
   another, so the register keeps the one that was issued.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from certengine.errors import CannotTell, CertengineError, InputError, Refused
from certengine.services.context import Context
from certengine.services.core_files import leave_no_core_file
from certengine.services.files import write_whole
from certengine.services.passphrases import passphrase_from_file

if TYPE_CHECKING:
    from pkcs11 import Session, Token

_SCHEMA = "certengine.token-key/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a key lies: a token by its label, and the key's own label on it."""

    token: str
    label: str


class TokenKey(ec.EllipticCurvePrivateKey):
    """An ECDSA key on P-256 whose private half is on a token; it signs, and gives nothing else away."""

    def __init__(
        self, *, module: str, place: Place, pin: Callable[[], bytes], public: ec.EllipticCurvePublicKey | None = None
    ) -> None:
        self._module, self._place, self._pin, self._public = module, place, pin, public
        self._private: Any = None  # of a type that has its verbs at run time only

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """The public half: as the keyring has it, else as the token does."""
        if self._public is None:
            self._open(make=False)
        assert self._public is not None
        return self._public

    def made(self) -> TokenKey:
        """Itself, with a key pair that is made on the token where there is none under the label.

        Raises:
            Refused, CannotTell: as :meth:`sign`.
        """
        self._open(make=True)
        return self

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """The signature over data, with SHA-256, DER.

        Raises:
            Refused: the extra is not installed, the PIN is wrong, or the token holds no such key.
            CannotTell: the module cannot be loaded, or token or device do not answer.
        """
        if self._private is None:
            self._open(make=False)
        from pkcs11 import Mechanism
        from pkcs11.util.ec import encode_ecdsa_signature

        with _told(self._place):
            raw = self._private.sign(hashlib.sha256(data).digest(), mechanism=Mechanism.ECDSA)
            return bytes(encode_ecdsa_signature(raw))

    @property
    def curve(self) -> ec.EllipticCurve:
        """P-256."""
        return ec.SECP256R1()

    @property
    def key_size(self) -> int:
        """256 bits."""
        return self.curve.key_size

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> NoReturn:
        """Not for a signing key."""
        raise NotImplementedError("a document key only signs")

    def private_numbers(self) -> NoReturn:
        """They stay on the token."""
        raise NotImplementedError("the private half stays on the token")

    def private_bytes(self, *_: object, **__: object) -> NoReturn:
        """They stay on the token."""
        raise NotImplementedError("the private half stays on the token")

    def __copy__(self) -> TokenKey:
        return self

    def __deepcopy__(self, memo: dict[Any, Any]) -> TokenKey:
        return self

    def _open(self, *, make: bool) -> None:
        try:
            import pkcs11
            from pkcs11.util.ec import encode_ec_public_key
        except ImportError:
            raise Refused(
                "keys on tokens need the extra `pkcs11`, which is not installed",
                hint="pip install 'certengine[pkcs11]'",
                code="key/pkcs11-extra",
            ) from None
        leave_no_core_file()
        try:
            library = pkcs11.lib(self._module)
        except RuntimeError as error:
            raise CannotTell(
                f"the PKCS#11 module `{self._module}` cannot be loaded",
                hint="name the module of your token as `keys.pkcs11_module` in certengine.toml",
                code="key/pkcs11-module",
            ) from error
        with _told(self._place):
            token = library.get_token(token_label=self._place.token)
        with _told(self._place):
            session = _session(token, self._pin().decode(), rw=make)
            if make and not _is_there(session, self._place.label):
                _make_pair(session, self._place.label)
            private: Any = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self._place.label)
            public: Any = session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label=self._place.label)
            found = _loaded(encode_ec_public_key(public), self._place)
        if self._public is not None and found != self._public:
            raise Refused(
                f"token `{self._place.token}` holds another key under `{self._place.label}` than the keyring says",
                hint="plug in the token that the key was made on",
                code="key/pkcs11-key",
            )
        self._private, self._public = private, found


def token_key(context: Context, label: str) -> TokenKey:
    """The key of that label on the token that the workspace names, made there if there is none.

    Raises:
        InputError: the workspace names no module or no token.
        Refused, CannotTell: as :meth:`TokenKey.sign`.
    """
    config = context.workspace.config.keys
    if config.pkcs11_module is None or config.pkcs11_token is None:
        raise InputError(
            "certengine.toml does not name the token",
            hint="give `pkcs11_module` and `pkcs11_token` under `[keys]`",
            code="key/pkcs11-module",
        )
    place = Place(token=config.pkcs11_token, label=label)
    return TokenKey(module=config.pkcs11_module, place=place, pin=_pin_of(context)).made()


def token_key_at(context: Context, marker: Path, public: ec.EllipticCurvePublicKey) -> TokenKey:
    """The key that a file in the key folder says is on a token; the token is not opened yet.

    Raises:
        InputError: the file is damaged, or the workspace names no module.
    """
    module = context.workspace.config.keys.pkcs11_module
    if module is None:
        raise InputError(
            f"key `{marker.stem}` is on a token, and certengine.toml names no module to reach it with",
            hint="give `pkcs11_module` under `[keys]`",
            code="key/pkcs11-module",
        )
    try:
        said = json.loads(marker.read_text("utf-8"))
        place = Place(token=str(said["token"]), label=str(said["label"]))
    except (ValueError, KeyError, TypeError):
        raise InputError(f"`{marker}` is damaged", hint="restore it from a backup", code="key/pkcs11-key") from None
    return TokenKey(module=module, place=place, pin=_pin_of(context), public=public)


def marker_of(folder: Path, kid: str) -> Path:
    """The file that says where a key on a token lies."""
    return folder / f"{kid}.token.json"


def keep_marker(path: Path, key: TokenKey) -> None:
    """Write that file."""
    place = key._place  # noqa: SLF001  # its own module
    said = {"schema": _SCHEMA, "token": place.token, "label": place.label}
    write_whole(path, json.dumps(said, ensure_ascii=False).encode())


def _pin_of(context: Context) -> Callable[[], bytes]:
    """The PIN from the file that the workspace names, else from whoever can be asked."""
    file = context.workspace.config.keys.pin_file
    if file is not None:
        return lambda: passphrase_from_file(context.workspace.root / file)
    return context.pin


def _session(token: Token, pin: str, *, rw: bool) -> Session:
    """A session of somebody who is logged in; that holds for all sessions of a process, so none is ever closed."""
    from pkcs11.exceptions import UserAlreadyLoggedIn

    try:
        return token.open(rw=rw, user_pin=pin)
    except UserAlreadyLoggedIn:
        return token.open(rw=rw)


def _is_there(session: Session, label: str) -> bool:
    from pkcs11 import Attribute, ObjectClass

    return any(session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.LABEL: label}))


def _make_pair(session: Session, label: str) -> None:
    """A key pair on the token, whose private half cannot be taken out of it."""
    from pkcs11 import Attribute, KeyType
    from pkcs11.util.ec import encode_named_curve_parameters

    parameters = session.create_domain_parameters(
        KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}, local=True
    )
    hidden = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False}
    parameters.generate_keypair(store=True, label=label, private_template=hidden)


def _loaded(der: bytes, place: Place) -> ec.EllipticCurvePublicKey:
    try:
        key = serialization.load_der_public_key(der)
    except ValueError:
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Refused(
            f"`{place.label}` on token `{place.token}` is no ECDSA key on P-256",
            hint="name another label: a key is made on the token where there is none",
            code="key/pkcs11-key",
        )
    return key


@contextmanager
def _told(place: Place) -> Iterator[None]:
    """What a token says, in words with a way out; never with the PIN."""
    from pkcs11 import exceptions as said

    wrong_pin = (said.PinIncorrect, said.PinInvalid, said.PinLenRange, said.PinExpired, UnicodeDecodeError)
    try:
        yield
    except CertengineError:
        raise
    except wrong_pin:
        raise Refused(
            f"the PIN does not open token `{place.token}`",
            hint="mind how many tries it allows; `keys.pin_file` names a file with the PIN (mode 600)",
            code="key/pin",
        ) from None
    except said.PinLocked:
        raise Refused(
            f"token `{place.token}` is locked after too many wrong PINs",
            hint="its security officer can unlock it with the tools of its maker",
            code="key/pin",
        ) from None
    except said.NoSuchToken:
        raise CannotTell(
            f"there is no token `{place.token}`", hint="plug it in, or name the one there is", code="key/pkcs11-token"
        ) from None
    except (said.NoSuchKey, said.MultipleObjectsReturned, said.MultipleTokensReturned) as error:
        raise Refused(
            f"token `{place.token}` does not hold exactly one key `{place.label}`",
            hint="plug in the token that the key was made on",
            code="key/pkcs11-key",
        ) from error
    except said.PKCS11Error as error:
        name = type(error).__name__
        raise CannotTell(
            f"token `{place.token}` does not do what it is asked: {name}",
            hint="see that it is plugged in and not in use elsewhere; then run the command again",
            code="key/pkcs11-token",
        ) from error
