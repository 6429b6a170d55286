"""What programs by others say of a certificate issued just now, and of the same one tampered with.

The commands are those of docs/verify-a-certificate.md and docs/issue-certificates.md. The verifiers of badges come from
the npm registry; ``script/setup --with-tests`` installs them to ``build/strangers`` where node and npm are at hand.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from certengine.credentials.qr import read_qr_text
from certengine.credentials.token import decode_token
from certengine.credentials.verdict import judge
from certengine.model.credential import Presented, State, Status
from certengine.services.clock import utc_now
from certengine.services.context import open_context
from certengine.services.issuing import issue_sitting
from certengine.services.keys import load_keyring, new_keys
from certengine.services.standing import ReasonClass, change_standing
from certengine.services.trust import export_trust
from tests.services.small_world import SITTING, World, acting, passphrase

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tests" / "strangers" / "verify.mjs"
STRANGERS = Path(os.environ.get("CERTENGINE_STRANGERS", ROOT / "build" / "strangers"))
RANGES = re.compile(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def desk(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a stranger has it: a certificate, the same one tampered with, and what the issuer publishes."""
    folder = tmp_path_factory.mktemp("desk")
    root = world.copy("live", folder / "academy")
    context = open_context(root, actor="admin")
    (number, *_) = [one.credential.number for one in issue_sitting(context, SITTING, passphrase).issued]
    export_trust(context, passphrase, folder / "trust")
    context.database.close()
    shutil.copy(root / "certificates" / f"{number}.pdf", folder / "good.pdf")
    data = (folder / "good.pdf").read_bytes()
    place = data.index(b"stream") + 200
    (folder / "tampered.pdf").write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
    for name in ("good", "tampered"):
        said(folder, "pdfdetach", "-save", "1", "-o", f"{name}.json", f"{name}.pdf")
    badge = json.loads((folder / "good.json").read_bytes())
    badge["certificate"]["holder"]["name"] = "别人"
    (folder / "tampered.json").write_text(json.dumps(badge, ensure_ascii=False), encoding="utf-8")
    nss = folder / "nss"
    nss.mkdir()
    said(folder, "certutil", "-N", "-d", "sql:nss", "--empty-password")
    said(folder, "certutil", "-A", "-d", "sql:nss", "-n", "issuer", "-t", "CT,C,C", "-i", "trust/issuer.pem")
    return folder


def said(folder: Path, *command: str) -> str:
    """What a command prints, whatever its exit code."""
    ran = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return (ran.stdout + ran.stderr).decode("utf-8", "replace")


def test_pdfsig(desk: Path) -> None:
    """Poppler: valid, trusted, whole; and a digest that does not match."""
    good, tampered = (said(desk, "pdfsig", "-nssdir", "nss", f"{one}.pdf") for one in ("good", "tampered"))

    for words in ("Signature is Valid", "Certificate is Trusted", "Total document signed"):
        assert words in good
    assert "Signature is Valid" not in tampered
    assert "Digest Mismatch" in tampered


def test_mutool(desk: Path) -> None:
    """MuPDF: unchanged since signing; and not."""
    good, tampered = (said(desk, "mutool", "sign", "-v", f"{one}.pdf") for one in ("good", "tampered"))

    assert "unchanged since signing" in good
    assert "unchanged since signing" not in tampered


def test_openssl(desk: Path) -> None:
    """OpenSSL verifies the container over the covered bytes with the issuer's root alone; and refuses the other."""

    def verified(name: str) -> str:
        data = (desk / f"{name}.pdf").read_bytes()
        found = RANGES.search(data)
        assert found is not None
        start, end, tail = (int(number) for number in found.groups())
        (desk / f"{name}.der").write_bytes(bytes.fromhex(data[start + 1 : end - 1].decode()))
        (desk / f"{name}.covered").write_bytes(data[:start] + data[end : end + tail])
        return said(
            desk,
            *("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", f"{name}.der"),
            *("-content", f"{name}.covered", "-CAfile", "trust/issuer.pem", "-purpose", "any", "-out", os.devnull),
        )

    assert "Verification successful" in verified("good")
    assert "Verification successful" not in verified("tampered")


def test_qpdf(desk: Path) -> None:
    """The file is a clean PDF with the credential attached; one cut short is not clean."""
    data = (desk / "good.pdf").read_bytes()
    (desk / "cut.pdf").write_bytes(data[: len(data) - 3000])

    assert "No syntax or stream encoding errors found" in said(desk, "qpdf", "--check", "good.pdf")
    assert "credential.json" in said(desk, "qpdf", "--list-attachments", "good.pdf")
    assert "No syntax or stream encoding errors found" not in said(desk, "qpdf", "--check", "cut.pdf")


def test_zbarimg_and_pdfdetach(desk: Path) -> None:
    """The QR code read from the page and the attachment say the same, to the code; another name is refused."""
    said(desk, "pdftoppm", "-r", "300", "-png", "-singlefile", "good.pdf", "page")
    told = said(desk, "zbarimg", "-q", "--raw", "-S*.enable=0", "-Sqrcode.enable=1", "page.png")
    read = next(line for line in told.splitlines() if line.startswith("HTTPS://"))
    address, _, token = read.partition("#")
    badge = json.loads((desk / "good.json").read_bytes())
    presented = read_qr_text(read)
    assert presented is not None
    assert presented.token is not None
    assert token
    assert address.rpartition("/")[2] == badge["certificate"]["code"]
    assert decode_token(presented.token).claims.name == badge["certificate"]["holder"]["name"]
    assert judged(desk, "good") is State.UNCHECKED  # genuine; nobody was asked how it stands
    assert judged(desk, "tampered") is State.TAMPERED


def judged(desk: Path, name: str) -> State:
    """Our own verdict on an exported badge by the issuer's keyring, without status."""
    context = open_context(desk / "academy", actor="admin")
    keyring, at = load_keyring(context), context.clock()
    context.database.close()
    nothing: Status | None = None
    credential = (desk / f"{name}.json").read_bytes()
    return judge(Presented(credential=credential), keyring=keyring, lookup=nothing, at=at).state


def strangers() -> Path:
    """The folder of the verifiers by others.

    Raises:
        pytest.skip.Exception: when they are not installed.
    """
    if shutil.which("node") is None or not (STRANGERS / "node_modules").is_dir():
        pytest.skip("needs node, and `script/setup --with-tests` to install tests/strangers with npm")
    shutil.copy(SCRIPT, STRANGERS / SCRIPT.name)
    return STRANGERS


def asked(desk: Path, name: str, trust: str = "trust") -> dict[str, Any]:
    """What both verifiers by others say of a badge, without a network."""
    lists = [str(path) for path in sorted((desk / trust / "status").glob("*.json"))]
    command = ["node", SCRIPT.name, str(desk / f"{name}.json"), *lists]
    ran = subprocess.run(command, cwd=strangers(), capture_output=True, check=True, timeout=120)
    found: dict[str, Any] = json.loads(ran.stdout.decode().splitlines()[-1])
    return found


def test_verifiers_of_badges_by_others(desk: Path) -> None:
    """Digital Bazaar's checks both proofs and both status lists, Digital Credentials' the proof and the dates."""
    good = asked(desk, "good")

    assert good["@digitalbazaar/vc"] == {
        "verified": True,
        "status": True,
        "withdrawn": [],
        "proofs": [["eddsa-jcs-2022", True], ["eddsa-rdfc-2022", True]],
        "errors": [],
    }
    assert good["@digitalcredentials/verifier-core"]["verified"] is True
    assert good["@digitalcredentials/verifier-core"]["expiration"] is True


def test_verifiers_of_badges_by_others_refuse_another_name(desk: Path) -> None:
    """With the holder's name changed neither accepts it, by either proof."""
    tampered = asked(desk, "tampered")

    assert [one["verified"] for one in tampered.values()] == [False, False]
    assert tampered["@digitalbazaar/vc"]["proofs"] == [["eddsa-jcs-2022", False], ["eddsa-rdfc-2022", False]]


def test_verifiers_of_badges_by_others_accept_those_of_before_a_rotation(desk: Path) -> None:
    """Lists published after it are still by the issuer the badge names; they tell when it is withdrawn."""
    root = shutil.copytree(desk / "academy", desk / "rotated")
    number = json.loads((desk / "good.json").read_bytes())["certificate"]["number"]
    with acting(root, at=utc_now()) as context:
        new_keys(context, passphrase, rotate=True)
        export_trust(context, passphrase, desk / "later")
    assert asked(desk, "good", "later")["@digitalbazaar/vc"]["verified"] is True
    with acting(root, "approver", at=utc_now()) as context:
        change_standing(context, number, "revoked", reason=ReasonClass.MISCONDUCT)
    with acting(root, at=utc_now()) as context:
        export_trust(context, passphrase, desk / "revoked")
    found = asked(desk, "good", "revoked")["@digitalbazaar/vc"]
    assert (found["status"], found["withdrawn"]) == (True, ["revocation"])


def test_the_attachment_is_the_only_one(desk: Path) -> None:
    """Nothing else is hidden in the file."""
    with pikepdf.open(desk / "good.pdf") as pdf:
        assert list(pdf.attachments) == ["credential.json"]
