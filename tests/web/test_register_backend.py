"""An employer's way, from the paper in hand to an answer, over a real register with certificates issued into it."""

from __future__ import annotations

import html
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pypdfium2
import pytest
from sqlalchemy.exc import DBAPIError

from certengine.credentials.codes import typed_form
from certengine.credentials.receipt import Warrant, read_receipt
from certengine.credentials.status_list import read_status_list
from certengine.model.credential import State
from certengine.services.context import Context, open_context
from certengine.services.endpoint import KeptConnections, RegisterBackend
from certengine.services.keys import load_keyring, new_keys
from certengine.services.standing import ReasonClass, change_standing, list_certificates
from certengine.services.trust import export_trust
from certengine.store.engine import Database
from tests.databases import copied_workspace, put_aside, take_away
from tests.services.small_world import NOW, World, acting, passphrase
from tests.web.register import ROOMY, Client

pytestmark = pytest.mark.slow

JSON = {"accept": "application/json"}


@pytest.fixture(scope="module")
def academy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An academy with three certificates, one of them revoked, one suspended, and its lists exported."""
    root = World(tmp_path_factory.mktemp("world")).copy("issued", tmp_path_factory.mktemp("academy") / "academy")
    with acting(root, "approver") as context:
        _, second, third = list_certificates(context)
        change_standing(context, second.credential.number, "revoked", reason=ReasonClass.MISCONDUCT)
        change_standing(context, third.credential.number, "suspended", reason=ReasonClass.OTHER, remark="a remark")
    with acting(root) as context:
        export_trust(context, passphrase, root / "trust")
    return root


@pytest.fixture(scope="module")
def client(academy: Path) -> Iterator[Client]:
    """An endpoint over it, with the real reading processes and a clock a day later."""
    context = _opened(academy)
    made = Client(RegisterBackend(context), limits=ROOMY, reading="certengine.web.foreign")
    yield made
    made.readers.close()
    context.database.close()


def _opened(root: Path) -> Context:
    return replace(open_context(root, actor="admin"), clock=lambda: NOW + timedelta(days=1))


def codes(academy: Path) -> list[str]:
    """The codes of the three certificates, as they are printed on paper."""
    with acting(academy) as context:
        return [record.credential.code for record in list_certificates(context)]


def files(academy: Path) -> list[bytes]:
    """The files of the three certificates."""
    with acting(academy) as context:
        numbers = [record.credential.number for record in list_certificates(context)]
    return [next(academy.rglob(f"{number}.pdf")).read_bytes() for number in numbers]


def photographed(pdf: bytes, kind: str) -> bytes:
    """The first page of a certificate as a picture."""
    with pypdfium2.PdfDocument(pdf) as document:
        picture = document[0].render(scale=2.5).to_pil().convert("RGB")
    out = io.BytesIO()
    picture.save(out, kind, quality=80)
    return out.getvalue()


def posted(client: Client, data: bytes) -> httpx.Response:
    """The answer to a file."""
    return client.post(files={"file": ("file", data)}, headers=JSON)


def test_codes_are_looked_up(client: Client, academy: Path) -> None:
    """The full and the typed code give the register's standing, with reasons and without remarks."""
    states = [client.get(f"/c/{code}.json").json()["state"] for code in codes(academy)]
    typed = [client.get(f"/c/{typed_form(code)}.json").json()["state"] for code in codes(academy)]
    page = client.get(f"/c/{codes(academy)[2]}?lang=en").text

    assert states == typed == ["valid", "revoked", "suspended"]
    assert "remark" not in page


def test_unknown_and_malformed_codes(client: Client) -> None:
    """A code nobody has and a code that is none get the same answer."""
    unknown, malformed = client.get(f"/c/{'0' * 26}.json"), client.get("/c/malformed.json")

    assert (unknown.status_code, unknown.text) == (malformed.status_code, malformed.text) == (404, unknown.text)


def test_certificate_files_are_verified(client: Client, academy: Path) -> None:
    """The issued file is valid, byte for byte; any byte changed, it is not; the other two stand as they stand."""
    first, second, third = files(academy)
    changed = bytearray(first)
    changed[len(first) // 2] ^= 1

    assert posted(client, first).json()["state"] == "valid"
    assert posted(client, bytes(changed)).json()["state"] in {"tampered", "unreadable"}
    assert posted(client, first + b"\n").json()["state"] == "tampered"
    assert [posted(client, one).json()["state"] for one in (second, third)] == ["revoked", "suspended"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_photographs_are_verified(client: Client, academy: Path, kind: str) -> None:
    """A picture of the paper in any of three formats shows the same as its code."""
    first, second, _ = files(academy)
    answers = [posted(client, photographed(one, kind)).json() for one in (first, second)]

    assert [answer["state"] for answer in answers] == ["valid", "revoked"]
    assert "token-signature" in [check["id"] for check in answers[0]["checks"]]


def test_exported_credentials_are_verified(client: Client, academy: Path) -> None:
    """The credential that a certificate's file embeds is verified by itself too."""
    import pikepdf

    with pikepdf.open(io.BytesIO(files(academy)[0])) as document:
        credential = document.attachments["credential.json"].get_file().read_bytes()

    assert posted(client, credential).json()["state"] == "valid"
    assert posted(client, credential.replace(b"2026", b"2025")).json()["state"] in {"tampered", "unreadable"}


def test_lists_are_as_exported(client: Client, academy: Path) -> None:
    """The signed lists and the checkpoint of the log are served as ``key export`` wrote them; other lists there are none."""
    with acting(academy) as context:
        revoked = list_certificates(context)[1].credential.status_index
    answer = client.get("/status/revocation-1")

    assert read_status_list(answer.content).is_set(revoked)
    assert [client.get(path).status_code for path in ("/status/revocation-2", "/status/keys", "/log/checkpoint")] == [
        404,
        404,
        200,
    ]


def test_ready_needs_register_and_keys(academy: Path, tmp_path: Path) -> None:
    """Ready is who can read the register and has a key in use; each one missing is told."""
    root = tmp_path / "academy"
    copied_workspace(academy, root)
    context = _opened(root)
    backend = RegisterBackend(context)
    keyring = root / "keys" / "keyring.json"
    found = [backend.ready()]
    kept = keyring.read_bytes()
    for damaged in (b"{}", kept[:-5]):
        keyring.write_bytes(damaged)
        found.append(backend.ready())
    keyring.write_bytes(kept)
    late = RegisterBackend(replace(context, clock=lambda: NOW + timedelta(days=10_000)))
    found.append(late.ready())
    with put_aside(root):
        found.append(backend.ready())
    found.append(backend.ready())
    context.database.close()

    assert found == [True, False, False, False, False, True]


def test_rotated_keys_count_at_once(academy: Path, tmp_path: Path) -> None:
    """A keyring that changes while the endpoint runs is the one it judges by and publishes."""
    root = tmp_path / "academy"
    copied_workspace(academy, root)
    context = _opened(root)
    client = Client(RegisterBackend(context), reading="certengine.web.foreign")
    before: Any = client.get("/.well-known/jwks.json").json()
    with acting(root, entropy="rotation") as acted:
        new_keys(acted, passphrase, rotate=True)
    after: Any = client.get("/.well-known/jwks.json").json()
    state = client.get(f"/c/{codes(root)[0]}.json").json()["state"]
    context.database.close()

    assert {key["kid"] for key in before["keys"]} < {key["kid"] for key in after["keys"]}
    assert state == "valid"


@pytest.mark.sqlite
def test_restored_register_is_read(academy: Path, tmp_path: Path) -> None:
    """A database that takes the place of another one while the endpoint runs is the one that answers."""
    root = tmp_path / "academy"
    copied_workspace(academy, root)
    context = _opened(root)
    client = Client(RegisterBackend(context), reading="certengine.web.foreign")
    database = next(root.rglob("*.db"))
    code = codes(root)[0]
    backup = tmp_path / "backup.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM INTO ?", (str(backup),))
    with acting(root, "approver", at=NOW + timedelta(hours=1)) as acted:
        change_standing(acted, code, "revoked", reason=ReasonClass.ERROR)
    states = [client.get(f"/c/{code}.json").json()["state"]]
    for leftover in root.rglob("*.db-*"):
        leftover.unlink()
    backup.rename(database)
    states.append(client.get(f"/c/{code}.json").json()["state"])
    context.database.close()

    assert states == ["revoked", "valid"]


def test_other_databases_keep_their_connections_too() -> None:
    """A database that is no file of SQLite gets an engine that reads and gives its connections back."""
    kept = KeptConnections(Database("sqlite://"))
    with kept.reading() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    kept.close()


def test_reading_cannot_write(academy: Path) -> None:
    """What reads for the endpoint cannot change a thing."""
    context = _opened(academy)
    kept = KeptConnections(context.database)
    with kept.reading() as connection, pytest.raises(DBAPIError, match=r"read-?only"):
        connection.exec_driver_sql("DELETE FROM number_series")
    kept.close()
    context.database.close()


def test_register_out_of_reach(academy: Path, tmp_path: Path) -> None:
    """Without its database the endpoint says that it cannot tell, and a token's signature is still checked."""
    root = tmp_path / "academy"
    copied_workspace(academy, root)
    context = _opened(root)
    client = Client(RegisterBackend(context), reading="certengine.web.foreign")
    code, file = codes(root)[0], files(root)[0]
    take_away(root)
    by_code, by_file = client.get(f"/c/{code}.json"), posted(client, photographed(file, "PNG"))
    client.readers.close()
    context.database.close()

    assert [(one.status_code, one.json()["state"]) for one in (by_code, by_file)] == [(503, "unchecked")] * 2
    assert by_file.json()["claims"]["holder"]


def test_receipts_are_signed_by_the_workspace(academy: Path, client: Client) -> None:
    """The receipt of a look-up, and of a file, holds against the workspace's own keyring."""
    with acting(academy) as context:
        keyring = load_keyring(context)
    told = client.get(f"/c/{codes(academy)[0]}/receipt.json").content
    page = client.post("/verify", files={"file": ("c.pdf", files(academy)[0])}).text
    offered = html.unescape(page.partition('name="receipt" value="')[2].partition('"')[0]).encode()

    for data in (told, offered):
        read = read_receipt(data, keyring)
        # The test's clock is a day ahead, and the receipt is about then: it is no answer about another time.
        assert (read.warrant, read.receipt.state) == (Warrant.SIGNED, State.VALID)
