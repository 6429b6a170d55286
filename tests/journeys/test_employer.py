"""The employer's journey: a certificate, a bundle, and no workspace; then the look-up page over real HTTP."""

from __future__ import annotations

import html
import io
import json
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter

from certengine.credentials.keyring import read_keyring
from certengine.credentials.receipt import Warrant, read_receipt
from tests.cli.running import Ran, certengine, done
from tests.journeys.academy import issue_everything, sealed_academy

pytestmark = pytest.mark.slow

PATIENCE = 120
PAGE = Path(__file__).resolve().parents[2] / "docs" / "verify-a-certificate.md"
BUNDLE = ("--offline", "--bundle", "bundle.json")
UNKNOWN_CODE = "00000000000000000000000000"


@pytest.fixture(scope="module")
def academy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The issuer: two certificates issued, none revoked yet."""
    root = sealed_academy(tmp_path_factory.mktemp("issuer") / "academy", 2)
    issue_everything(root)
    return root


@pytest.fixture(scope="module")
def numbers(academy: Path) -> list[str]:
    """The printed numbers of both certificates."""
    return sorted(path.stem for path in (academy / "certificates").glob("*.pdf"))


@pytest.fixture(scope="module")
def office(academy: Path, numbers: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The employer's folder: what the candidate and the issuer sent, and nothing else."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "certificate.pdf").write_bytes((academy / "certificates" / f"{numbers[0]}.pdf").read_bytes())
    for name in ("issuer.pem", "keyring.json", "bundle.json"):
        (folder / name).write_bytes((academy / "trust" / name).read_bytes())
    return folder


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """There is no network: names are not found and nothing can be connected to, and whoever tries is remembered."""
    tried: list[object] = []

    def refused(*words: object, **_options: object) -> None:
        tried.append(words)
        raise OSError("there is no network")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket.socket, "sendto", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    yield
    assert tried == []


def said(command: str, folder: Path) -> str:
    """What a shell command prints, on either stream."""
    return shell(command, folder).stdout


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell command in a folder, with this installation's commands at hand."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euc", command],
        cwd=folder,
        env=os.environ | {"PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.mark.usefixtures("no_network")
def test_pdf_is_verified_with_the_bundle_alone(office: Path) -> None:
    """Without workspace, database and network the bundle is enough to call a certificate valid."""
    ran = certengine("verify", "certificate.pdf", *BUNDLE, "--json", cwd=office)
    result = ran.document["results"][0]

    assert (ran.code, result["state"], result["claims"]["holder"]["name"]) == (0, "valid", "张明远")
    assert {check["outcome"] for check in result["checks"]} == {"passed"}


@pytest.mark.usefixtures("no_network")
def test_keyring_alone_cannot_tell_the_status(office: Path) -> None:
    """With the keys but without a status the answer is "cannot tell", never "valid"."""
    assert certengine("verify", "certificate.pdf", "--keyring", "keyring.json", cwd=office).code == 6


@pytest.mark.usefixtures("no_network")
def test_nothing_to_trust_cannot_tell(office: Path) -> None:
    """Without bundle, keyring and workspace nothing is called genuine."""
    assert certengine("verify", "certificate.pdf", cwd=office).code == 6


def commands_of(page: Path) -> list[str]:
    """The shell blocks of a page, in order."""
    return re.findall(r"^```sh\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_commands_of_the_page_for_employers_work(office: Path) -> None:
    """Every command of ``docs/verify-a-certificate.md`` runs as printed and says what the page promises."""
    for block in commands_of(PAGE):
        ran = shell(block, office)
        assert ran.returncode == 0, f"{block}\n{ran.stdout}"
        (office / "said.txt").open("a").write(ran.stdout)
    everything = (office / "said.txt").read_text("utf-8")
    promised = (
        *("VALID 有效", "sha256 Fingerprint=", "Signature is Valid", "Certificate is Trusted", "Total document signed"),
        *("CMS Verification successful", "unchanged since signing"),
    )

    assert [words for words in promised if words not in everything] == []


@pytest.mark.usefixtures("no_network")
def test_qr_code_read_by_a_stranger_is_verified(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What zbarimg read from the page at 300 dpi, handed in by standard input, is enough to call it valid."""
    monkeypatch.setattr(sys, "stdin", io.StringIO((office / "qr.txt").read_text("utf-8")))
    ran = certengine("verify", "-", *BUNDLE, "--quiet", cwd=office)

    assert (ran.code, ran.out) == (0, "-: VALID 有效\n")


@pytest.mark.usefixtures("no_network")
def test_picture_of_the_page_is_verified(office: Path) -> None:
    """A picture of the page is as good as its QR code."""
    ran = certengine("verify", "page.png", *BUNDLE, "--quiet", cwd=office)

    assert (ran.code, ran.out) == (0, "page.png: VALID 有效\n")


@pytest.mark.parametrize("name", ["certificate.pdf", "page.png", "qr.txt"])
def test_whatever_comes_by_standard_input(name: str, office: Path) -> None:
    """A file, a picture or a text piped in is judged as what it is, and its receipt says what it was."""
    ran = said(f"certengine verify - --offline --bundle bundle.json --receipt piped.json < {name} 2>&1", office)
    receipt = json.loads((office / "piped.json").read_text("utf-8"))

    assert "-: VALID 有效" in ran
    assert receipt["presented"]["kind"] == ("qr-text" if name == "qr.txt" else "file")


def test_what_another_program_gives_is_verified(office: Path) -> None:
    """A pipe with a name, as a shell puts for a command's output, is read once and judged; a device without end is refused."""
    ran = said(
        "certengine verify <(cat certificate.pdf) --offline --bundle bundle.json --receipt read.json 2>&1", office
    )
    endless = shell("certengine verify /dev/zero --offline --bundle bundle.json", office)

    assert "VALID 有效" in ran
    assert json.loads((office / "read.json").read_text("utf-8"))["presented"]["kind"] == "file"
    assert (endless.returncode, "`/dev/zero` has more than" in endless.stdout) == (3, True)


def photographed(page: Path, photograph: Path) -> Path:
    """The page as a phone takes it: at an angle, turned, unevenly lit, a little out of focus, and squeezed into a JPEG."""
    with Image.open(page) as whole:
        picture = whole.convert("RGB")
    width, height = picture.size
    corners = (-40, 20, 30, height + 60, width + 70, height - 10, width - 30, -50)
    picture = picture.transform(
        (width, height), Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor="gray"
    )
    picture = picture.rotate(7, Image.Resampling.BICUBIC, expand=True, fillcolor="gray")
    light = Image.linear_gradient("L").resize(picture.size).point(lambda value: 150 + value // 3)
    picture = ImageChops.multiply(picture, Image.merge("RGB", (light,) * 3)).filter(ImageFilter.GaussianBlur(1.2))
    picture.save(photograph, "JPEG", quality=60)
    return photograph


def test_from_a_photographed_code_to_a_receipt(office: Path, address: str) -> None:
    """A phone's photograph of the paper: valid offline and at the endpoint, and each gives its receipt to keep."""
    photograph = photographed(office / "page.png", office / "photograph.jpg")
    ran = certengine("verify", "photograph.jpg", *BUNDLE, "--receipt", "kept.json", cwd=office)
    assert (ran.code, "VALID 有效" in ran.out) == (0, True)
    kept = json.loads((office / "kept.json").read_text("utf-8"))
    assert (kept["state"], kept["signed"], kept["rests_on"]["kind"]) == ("valid", False, "bundle")

    request = urllib.request.Request(
        f"{address}verify?lang=en", photograph.read_bytes(), {"Content-Type": "image/jpeg"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        page = answer.read().decode()
    assert 'data-state="valid"' in page
    offered = html.unescape(page.partition('name="receipt" value="')[2].partition('"')[0])
    form = urllib.parse.urlencode({"receipt": offered, "as": "pdf"}).encode()
    with urllib.request.urlopen(f"{address}receipt", form, timeout=PATIENCE) as answer:
        receipt = answer.read()
    (office / "receipt.pdf").write_bytes(receipt)
    text = said("pdftotext receipt.pdf -", office)
    assert "This receipt is signed by the issuer" in text
    assert kept["claims"]["number"] in text
    # What the receipt holds is the signed answer itself.
    keyring = read_keyring((office / "keyring.json").read_bytes())
    assert read_receipt(offered.encode(), keyring).warrant is Warrant.SIGNED


def test_a_code_that_leads_elsewhere_names_the_domain_that_is_trusted(office: Path) -> None:
    """A genuine token behind a look-alike domain: no, and the command says where it leads and which is the issuer's."""
    text = (office / "qr.txt").read_text("utf-8").strip()
    own = text.removeprefix("HTTPS://").partition("/")[0]
    ran = certengine("verify", text.replace(own, f"{own}.EVIL.EXAMPLE"), *BUNDLE, cwd=office)

    assert ran.code == 3
    said_so = f"the QR code leads to {own.lower()}.evil.example, but the issuer's address is {own.lower()}"
    assert said_so in ran.out
    assert not any(line.startswith("  holder") for line in ran.out.splitlines())


@pytest.mark.parametrize("share", [0.001, 0.2, 0.5, 0.85, 0.999])
def test_altered_byte_is_found_wherever_it_is(share: float, office: Path, tmp_path: Path) -> None:
    """One byte changed anywhere in the file is never valid."""
    data = bytearray((office / "certificate.pdf").read_bytes())
    data[int(len(data) * share)] ^= 1
    (tmp_path / "altered.pdf").write_bytes(data)
    ran = certengine("verify", tmp_path / "altered.pdf", *BUNDLE, cwd=office)

    assert ran.code in {3, 6}
    assert "VALID 有效" not in ran.out


def test_old_bundle_cannot_tell(office: Path) -> None:
    """Forty days on the bundle is too old to say whether the certificate was revoked since."""
    later = datetime.now(UTC) + timedelta(days=40)
    ran = certengine("verify", "certificate.pdf", *BUNDLE, "--at", f"{later:%Y-%m-%d}", cwd=office)

    assert ran.code == 6


def test_stranger_finds_an_altered_file_invalid(office: Path, tmp_path: Path) -> None:
    """Poppler's verifier says of an altered copy that the digest does not match."""
    data = bytearray((office / "certificate.pdf").read_bytes())
    data[20_000] ^= 1
    (tmp_path / "altered.pdf").write_bytes(data)
    report = said(f"pdfsig -nssdir nss {tmp_path}/altered.pdf || true", office)

    assert "Signature is Valid" not in report
    assert "Digest Mismatch" in report


@pytest.fixture(scope="module")
def address(academy: Path) -> Iterator[str]:
    """The endpoint, served by the real command on a free port."""
    command = [sys.executable, "-m", "certengine_cli", "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, cwd=academy, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = ""
        while "}" not in lines:
            line = process.stdout.readline()
            assert line, process.communicate()
            lines += line
        yield str(json.loads(lines)["address"])
        process.terminate()


def fetched(url: str, language: str = "en") -> tuple[int, str]:
    """Status and body of a page; a refusal is an answer too."""
    request = urllib.request.Request(url, headers={"Accept-Language": language})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def shown(academy: Path, number: str) -> Ran:
    """The register's own view of a certificate."""
    return done("cert", "show", number, "--json", cwd=academy)


def test_typed_code_is_looked_up_over_http(address: str, office: Path) -> None:
    """The code printed on the page, typed in small letters and with its hyphens, is answered with holder and number."""
    text = said("pdftotext certificate.pdf -", office)
    typed = re.findall(r"\b(?:[0-9A-Z]{4}-){4}[0-9A-Z]\b", text)[0].lower()
    status, body = fetched(f"{address}c/{typed}.json")
    found = json.loads(body)

    assert (status, found["state"], found["claims"]["holder"]["name"]) == (200, "valid", "张明远")


@pytest.mark.parametrize(("language", "heading"), [("en", "Valid"), ("zh-CN", "有效")])
def test_page_answers_in_the_readers_language(
    language: str, heading: str, address: str, academy: Path, numbers: list[str]
) -> None:
    """The page says the state in its first heading, in the language the browser asks for."""
    code = shown(academy, numbers[0]).document["code"]
    status, body = fetched(f"{address}c/{code}", language)
    first = re.findall(r"<h1[^>]*>(.*?)</h1>", body, re.DOTALL)[0]

    assert status == 200
    assert heading in first


def test_unknown_code_is_not_found(address: str, academy: Path) -> None:
    """A code nobody was given is unknown: 404 over HTTP, exit code 4 at the register."""
    assert fetched(f"{address}c/{UNKNOWN_CODE}.json")[0] == 404
    assert certengine("verify", UNKNOWN_CODE, cwd=academy).code == 4


def test_revoked_certificate_is_refused_everywhere(
    address: str, academy: Path, numbers: list[str], office: Path
) -> None:
    """After revoking, the page says so at once, and a new bundle says so offline; the other certificate stays valid."""
    done("cert", "revoke", numbers[0], "--reason", "misconduct", "--yes", "--as", "sun-hao", cwd=academy)
    done("key", "export", "-o", "trust", "--passphrase-file", "passphrase", cwd=academy)
    (office / "bundle.json").write_bytes((academy / "trust" / "bundle.json").read_bytes())
    states = [
        json.loads(fetched(f"{address}c/{shown(academy, number).document['code']}.json")[1])["state"]
        for number in numbers
    ]
    offline = certengine("verify", "certificate.pdf", *BUNDLE, "--quiet", cwd=office)

    assert states == ["revoked", "valid"]
    assert (offline.code, offline.out.splitlines()[0]) == (3, "certificate.pdf: REVOKED 已撤销")


def test_of_several_the_gravest_decides(academy: Path, numbers: list[str], office: Path) -> None:
    """One revoked certificate among valid ones gives the exit code of the revoked one, and each is told."""
    other = academy / "certificates" / f"{numbers[1]}.pdf"
    ran = certengine("verify", "certificate.pdf", other, *BUNDLE, "--json", cwd=office)

    assert (ran.code, [result["state"] for result in ran.document["results"]]) == (3, ["revoked", "valid"])


def test_one_missing_file_keeps_no_other_from_being_checked(office: Path) -> None:
    """Of several targets one that does not exist is told as missing, and the others are judged all the same."""
    ran = certengine("verify", "nowhere.pdf", "certificate.pdf", *BUNDLE, "--json", cwd=office)

    assert ["file/not-found"] == [one["error"]["code"] for one in ran.document["errors"]]
    assert 1 == len(ran.document["results"])


def test_receipt_without_a_key_names_the_bundle_it_rests_on(office: Path) -> None:
    """An employer's own receipt is unsigned and says so; the issuer's is signed."""
    certengine("verify", "certificate.pdf", *BUNDLE, "--receipt", "receipt.json", cwd=office)
    receipt = json.loads((office / "receipt.json").read_text("utf-8"))

    assert (receipt["schema"], receipt["signed"], "proof" in receipt) == ("certengine.receipt/1", False, False)


def test_receipt_of_the_issuer_is_signed(academy: Path, numbers: list[str]) -> None:
    """Asked in the issuer's workspace, the answer on a certificate is kept with a signature."""
    certengine("verify", f"certificates/{numbers[1]}.pdf", "--receipt", "receipt.json", cwd=academy)
    receipt = json.loads((academy / "receipt.json").read_text("utf-8"))

    assert (receipt["signed"], "proof" in receipt) == (True, True)


def test_sheet_of_many_is_given_back_with_an_answer_in_each_row(academy: Path, numbers: list[str]) -> None:
    """A number counts only with its holder's name; the sheet comes back with state, reason, time and receipt."""
    holder = certengine("cert", "show", numbers[1], "--json", cwd=academy).document["holder"]["name"]
    sheet = academy / "applicants.csv"
    sheet.write_text(f"number,name,team\n{numbers[1]},{holder},red\n{numbers[1]},somebody,blue\n", encoding="utf-8")
    ran = certengine("verify", sheet, "--json", cwd=academy)
    rows = (academy / "applicants-checked.csv").read_text("utf-8-sig").splitlines()

    assert {"valid": 1, "unknown": 1} == ran.document["counts"]
    assert ["red", "blue"] == [row.split(",")[2] for row in rows[1:]]
    assert ["valid", "no such certificate"] == [row.split(",")[3].split(" / ")[1] for row in rows[1:]]


def test_mirror_is_whole_until_a_page_is_changed(academy: Path) -> None:
    """The static mirror checks out as exported, and a changed page is named."""
    written = certengine("export-site", "site", "--passphrase-file", "passphrase", cwd=academy)
    sound = certengine("export-site", "site", "--check", cwd=academy)
    page = next((academy / "site" / "C").glob("*.json"))
    page.write_bytes(page.read_bytes() + b" ")
    changed = certengine("export-site", "site", "--check", cwd=academy)

    assert (0, 0, 3) == (written.code, sound.code, changed.code)
