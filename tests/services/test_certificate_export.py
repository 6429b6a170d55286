"""What is exported is what was issued: badges from the files themselves, JWTs that verify, packages."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certengine.credentials.badge import check_credential_json
from certengine.credentials.multikey import read_did_key_method
from certengine.credentials.strict_json import Unreadable
from certengine.credentials.vc_jwt import read_badge_jwt
from certengine.errors import NotFound
from certengine.model.credential import State
from certengine.services.certificate_export import ExportRun, Form, export_certificates
from certengine.services.keys import load_keyring
from certengine.services.register import register_source
from certengine.services.standing import ReasonClass, change_standing
from certengine.services.verification import verify_target
from tests.services.small_world import NOW, SITTING, acting, passphrase

At = Callable[[str], Path]
pytestmark = pytest.mark.slow


def exported(root: Path, form: Form, *named: str) -> ExportRun:
    """One export into ``out``."""
    with acting(root) as context:
        return export_certificates(context, named or (SITTING,), form, root / "out", passphrase)


def no_passphrase() -> bytes:
    """For exports that open no key."""
    raise AssertionError("no key is needed")


def test_badges_are_those_in_the_files(at: At) -> None:
    """One for each certificate, good by the issuer's keyring; no passphrase is asked for."""
    root = at("issued")
    with acting(root) as context:
        run = export_certificates(context, (SITTING,), Form.BADGE, root / "out", no_passphrase)
        keyring = load_keyring(context)
    assert [path.name for path in run.files] == ["S2630001.json", "S2630002.json", "S2630003.json"]
    for path in run.files:
        assert check_credential_json(path.read_bytes(), keyring).problem is None


def test_a_jwt_verifies_with_nothing_but_its_key(at: At) -> None:
    """By the bytes: header, payload, EdDSA; the payload is the badge, and one changed letter is refused."""
    root = at("issued")
    (path,) = exported(root, Form.JWT, "S2630001").files
    text = path.read_text("ascii")
    head, body, signature = text.split(".")
    header, payload = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in (head, body))
    key = Ed25519PublicKey.from_public_bytes(read_did_key_method(header["kid"]))
    key.verify(base64.urlsafe_b64decode(signature + "=="), f"{head}.{body}".encode())
    with acting(root) as context:
        keyring = load_keyring(context)

    assert (header["alg"], header["typ"], payload["iss"]) == ("EdDSA", "vc+jwt", header["kid"].partition("#")[0])
    assert payload["nbf"] < payload["exp"]
    assert payload["jti"] == payload["id"]
    assert "proof" not in payload
    assert read_badge_jwt(text, keyring) == payload
    for wrong in (f"{head}.{body[:-1]}A.{signature}", f"{head}.{body}", f"{head}.!.{signature}"):
        with pytest.raises(Unreadable):
            read_badge_jwt(wrong, keyring)


def test_a_package_has_everything_a_holder_needs(at: At) -> None:
    """The file as issued, its badge, its proof, the root, and how to check; the same bytes again."""
    root = at("issued")
    (path,) = exported(root, Form.ZIP, "S2630002").files
    first = path.read_bytes()
    exported(root, Form.ZIP, "S2630002")
    with zipfile.ZipFile(io.BytesIO(first)) as package:
        assert package.namelist() == [
            *("README.txt", "S2630002.json", "S2630002.pdf", "S2630002.tlog-proof", "issuer.pem"),
        ]
        assert package.read("S2630002.pdf") == (root / "certificates" / "S2630002.pdf").read_bytes()
        assert "https://verify.example.org" in package.read("README.txt").decode()
    assert path.read_bytes() == first


def test_another_file_is_not_exported(at: At) -> None:
    """A file that was changed, or is gone, is named; the others are exported."""
    root = at("issued")
    (root / "certificates" / "S2630001.pdf").write_bytes(b"%PDF-1.7 another")
    (root / "certificates" / "S2630002.pdf").unlink()
    run = exported(root, Form.BADGE)

    assert [one.code for one in run.failed] == ["certificate/other-file", "file/not-found"]
    assert [path.name for path in run.files] == ["S2630003.json"]


def test_a_file_issued_elsewhere_is_asked_for_by_its_folder(at: At) -> None:
    """Whoever issued with ``-o`` is told the option, and it helps."""
    root = at("issued")
    (root / "certificates").rename(root / "elsewhere")
    run = exported(root, Form.BADGE, "S2630001")
    with acting(root) as context:
        found = export_certificates(
            context, ["S2630001"], Form.BADGE, root / "out", passphrase, issued_in=root / "elsewhere"
        )

    assert [(one.code, "`--issued-in DIR`" in (one.hint or "")) for one in run.failed] == [("file/not-found", True)]
    assert [path.name for path in found.files] == ["S2630001.json"]


def test_what_is_out_of_force_is_not_handed_out_with_its_sitting(at: At) -> None:
    """It is left out and told; named by its number it is exported all the same, as a suspended one is."""
    root = at("issued")
    with acting(root, "approver") as context:
        change_standing(context, "S2630001", "revoked", reason=ReasonClass.MISCONDUCT)
        change_standing(context, "S2630002", "suspended", reason=ReasonClass.APPEAL)
    run = exported(root, Form.ZIP)
    named = exported(root, Form.ZIP, SITTING, "S2630001")

    assert ([path.stem for path in run.files], run.left_out) == (["S2630002", "S2630003"], ("S2630001",))
    assert ([path.stem for path in named.files], named.left_out) == (["S2630001", "S2630002", "S2630003"], ())


def test_verify_says_what_a_jwt_is(at: At) -> None:
    """It takes none, and does not call it a code with a wrong letter."""
    root = at("issued")
    (path,) = exported(root, Form.JWT, "S2630001").files
    with acting(root) as context:
        verdict = verify_target(str(path), register_source(context), at=NOW)

    assert verdict.state is State.UNREADABLE
    assert [one.detail.best("en")[:20] for one in verdict.checks] == ["this is a credential"]


def test_what_was_never_issued_is_not_exported(at: At) -> None:
    """A reservation is nobody's certificate yet."""
    with pytest.raises(NotFound):
        exported(at("reserved"), Form.BADGE)
