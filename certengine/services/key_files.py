"""Files of private keys: PKCS#8, encrypted, readable by their owner alone."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from certengine.errors import NotFound, Refused
from certengine.services.core_files import leave_no_core_file
from certengine.services.files import PRIVATE_FILE, make_folder, write_whole
from certengine.services.passphrases import demand_private

_PRIVATE_FOLDER = 0o700


def make_key_folder(folder: Path) -> None:
    """Make the folder of keys; it is its owner's alone, whoever made it.

    Raises:
        Refused: when it cannot be made.
    """
    try:
        make_folder(folder, mode=_PRIVATE_FOLDER)
        folder.chmod(_PRIVATE_FOLDER)
    except OSError as error:
        raise Refused(
            f"the key folder `{folder}` cannot be made: {error.strerror}",
            hint="free space, or name another one: `folder` under `[keys]` in certengine.toml",
        ) from error


def keep_key(path: Path, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, secret: bytes | None) -> None:
    """Write a private key, encrypted unless there is no secret."""
    encryption = serialization.NoEncryption() if secret is None else serialization.BestAvailableEncryption(secret)
    data = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    write_whole(path, data, mode=PRIVATE_FILE)


def open_key(path: Path, secret: bytes | None) -> object:
    """The private key in a file.

    Raises:
        NotFound: when it is missing.
        Refused: when others may read it, or the passphrase does not open it.
    """
    leave_no_core_file()
    try:
        demand_private(path)
        return serialization.load_pem_private_key(path.read_bytes(), secret)
    except FileNotFoundError:
        raise NotFound(f"the private key `{path.name}` is missing", hint="restore it from a backup") from None
    except (ValueError, TypeError):
        raise Refused(
            "the passphrase does not open the keys",
            hint="give the right one: `--passphrase-file FILE`, or `keys.passphrase_file` in certengine.toml",
            code="key/passphrase",
        ) from None
