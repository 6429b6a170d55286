"""The static mirror: what it holds, what it keeps to itself, what stays when nothing changed, and what shows tampering."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from certengine.credentials.bundle import read_bundle
from certengine.credentials.codes import code_digest, printed
from certengine.credentials.keyring import read_keyring
from certengine.credentials.status_list import read_status_list
from certengine.errors import InputError, NotFound, Refused
from certengine.model.credential import Credential, State, Verdict
from certengine.services.context import Context
from certengine.services.issuing import issue_sitting
from certengine.services.keys import load_keyring, new_keys
from certengine.services.site import SiteExport, export_site
from certengine.services.site_manifest import MANIFEST, check_site, public_name
from certengine.services.standing import ReasonClass, change_standing, list_certificates
from certengine.services.verification import source_from_bundle, verify_text
from certengine.store import certificates as store
from certengine.store.certificates import CertificateEvent
from tests.services.small_world import NOW, SITTING, acting, passphrase

pytestmark = pytest.mark.slow

LATER = NOW + timedelta(days=1)


@pytest.fixture
def academy(at: Callable[[str], Path]) -> Iterator[Context]:
    """The academy with its certificates issued."""
    with acting(at("issued")) as context:
        yield context


@pytest.fixture
def issued(academy: Context) -> list[Credential]:
    """The certificates of 陈晓, 李娜 and 王磊."""
    return [record.credential for record in list_certificates(academy)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the mirror goes."""
    return tmp_path / "site"


def export(context: Context, folder: Path, at: datetime = NOW, **values: Any) -> SiteExport:
    """An export at an instant."""
    return export_site(replace(context, clock=lambda: at), folder, passphrase, **values)


def revoke(context: Context, number: str) -> None:
    """Withdraw a certificate."""
    change_standing(replace(context, actor="approver"), number, "revoked", reason=ReasonClass.ERROR)


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a mirror."""
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def test_a_page_where_the_qr_code_leads(academy: Context, folder: Path, issued: list[Credential]) -> None:
    """The address of the QR code, and the code as printed, are folders with a page; the JSON stands beside."""
    export(academy, folder)
    code = issued[0].code

    page = (folder / "C" / code / "index.html").read_text("utf-8")
    assert "陈晓" in page
    assert 'data-state="valid"' in page
    assert page == (folder / "C" / printed(code) / "index.html").read_text("utf-8")
    assert json.loads((folder / "C" / f"{code}.json").read_bytes())["state"] == "valid"


def test_works_without_script_and_without_a_server(academy: Context, folder: Path, issued: list[Credential]) -> None:
    """No page has a script, a form or an address of anything that is not a file of the mirror."""
    export(academy, folder)
    for page in folder.rglob("*.html"):
        html = page.read_text("utf-8")
        assert not re.search(r"<script|<form|style=|\son[a-z]+=", html)
        for address in re.findall(r'(?:href|src)="(/[^"#]*)"', html):
            assert (folder / address.lstrip("/")).exists(), address


def test_no_code_outside_the_names_of_pages(academy: Context, folder: Path, issued: list[Credential]) -> None:
    """Neither manifest nor any page or list holds a code; the manifest names pages by digests of codes."""
    export(academy, folder)
    contents = bytes_of(folder)

    for one in issued:
        for name, data in contents.items():
            assert one.code.encode() not in data, name
            assert printed(one.code).encode() not in data, name
    assert f"C/{code_digest(issued[0].code)}/index.html" in json.loads(contents[MANIFEST])["files"]


def test_pages_cannot_be_listed(academy: Context, folder: Path) -> None:
    """The folder of pages may be entered by name only, has a page of its own, and is closed to robots."""
    export(academy, folder)

    assert (folder / "C").stat().st_mode & 0o777 == 0o711
    assert (folder / "C" / "index.html").read_bytes() == (folder / "404.html").read_bytes()
    assert "Disallow: /C/" in (folder / "robots.txt").read_text()


def test_trust_files(academy: Context, folder: Path, issued: list[Credential]) -> None:
    """Keyring, root, bundle, key sets and signed status lists are there and hold."""
    revoke(academy, issued[1].number)
    export(academy, folder)
    keyring = load_keyring(academy)

    assert keyring == read_keyring((folder / "trust" / "keyring.json").read_bytes())
    assert read_bundle((folder / "trust" / "bundle.json").read_bytes(), anchor=keyring).made_at == NOW
    revoked = read_status_list((folder / "status" / "revocation-1").read_bytes())
    assert [False, True, False] == [revoked.is_set(one.status_index) for one in issued]
    for name in ("jwks.json", "did.json"):
        assert json.loads((folder / ".well-known" / name).read_bytes())


def test_bundle_of_the_mirror_verifies(academy: Context, folder: Path, issued: list[Credential]) -> None:
    """An employer who knows only the mirror checks a bare code no further than its source allows: cannot tell."""
    export(academy, folder)
    source = source_from_bundle(folder / "trust" / "bundle.json", at=NOW)
    assert verify_text(issued[0].code, source, at=NOW).state is State.UNCHECKED


def test_nothing_changed_nothing_written(academy: Context, folder: Path, issued: list[Credential]) -> None:
    """A day later the pages have their bytes and times; the age of the mirror is told in one file."""
    first = export(academy, folder)
    before = bytes_of(folder)
    second = export(academy, folder, LATER)
    after = bytes_of(folder)

    assert (3, 0) == (first.written, first.kept)
    assert (0, 3) == (second.written, second.kept)
    changed = {name for name in after if after[name] != before.get(name)}
    assert {
        "as-of.html",
        MANIFEST,
        "trust/bundle.json",
        "status/revocation-1",
        "status/suspension-1",
    } == changed
    assert "2026年11月23日" in after["as-of.html"].decode()


def test_a_changed_standing_changes_its_page(academy: Context, folder: Path, issued: list[Credential]) -> None:
    """A withdrawn certificate keeps its page, which says so."""
    export(academy, folder)
    revoke(academy, issued[1].number)
    result = export(academy, folder, LATER)

    assert (1, 2) == (result.written, result.kept)
    page = (folder / "C" / issued[1].code / "index.html").read_text("utf-8")
    assert 'data-state="revoked"' in page
    assert "已于2026年11月22日撤销" in page


def test_what_ends_in_time_changes_too(academy: Context, folder: Path, issued: list[Credential]) -> None:
    """A page of a certificate whose validity is over says so after the next export."""
    export(academy, folder)
    ended = issued[0].valid_until
    assert ended is not None
    years = (ended - NOW.date()) + timedelta(days=2)
    with_keys = replace(academy, clock=lambda: NOW + years)
    new_keys(with_keys, passphrase, rotate=True)
    result = export(academy, folder, NOW + years)

    assert result.written == 3
    assert 'data-state="expired"' in (folder / "C" / issued[0].code / "index.html").read_text("utf-8")


def test_an_altered_page_is_made_anew(academy: Context, folder: Path, issued: list[Credential]) -> None:
    """Who edits a page on the server finds it as it was after the next export."""
    export(academy, folder)
    page = folder / "C" / issued[0].code / "index.html"
    page.write_text(page.read_text("utf-8").replace("陈晓", "别人"), "utf-8")
    result = export(academy, folder, LATER)

    assert (1, 2) == (result.written, result.kept)
    assert "陈晓" in page.read_text("utf-8")


def test_a_certificate_without_record_loses_its_pages(academy: Context, folder: Path, issued: list[Credential]) -> None:
    """What the register no longer has as issued, such as after a restored backup, is removed; strangers' files stay."""
    export(academy, folder)
    old = "0" * 26
    (folder / "C" / old).mkdir()
    (folder / "C" / old / "index.html").write_text("old")
    (folder / "C" / f"{old}.json").write_text("{}")
    (folder / "C" / "notes.txt").write_text("mine")
    result = export(academy, folder, LATER)

    assert result.removed == 2
    assert not (folder / "C" / old).exists()
    assert (folder / "C" / "notes.txt").exists()


def test_reserved_and_void_have_no_page(at: Callable[[str], Path], folder: Path) -> None:
    """A number that was only reserved, or given up, was never issued."""
    with acting(at("keyed"), entropy="issue") as context:
        issue_sitting(context, SITTING, passphrase)
        record = list_certificates(context)[0]
        export(context, folder)
        event = CertificateEvent(kind="void", at=NOW, by="admin", reason="error")
        with context.writing() as connection:
            store.append_certificate_event(connection, record.id, event)
        result = export(context, folder, LATER)

    assert (2, 3) == (result.certificates, result.removed)
    assert not list((folder / "C").glob(f"{record.credential.code}*"))


def test_what_cannot_be_judged_is_reported_and_not_mirrored(
    academy: Context, folder: Path, issued: list[Credential]
) -> None:
    """A register without its keyring's key can vouch for nothing: no page says anything, and the numbers are told."""
    export(academy, folder)
    cred = next(key for key in load_keyring(academy).keys if key.use == "cred")
    keyring_file = academy.workspace.keys_folder() / "keyring.json"
    new_keys(replace(academy, clock=lambda: LATER), passphrase, rotate=True)
    document = json.loads(keyring_file.read_bytes())
    document["keys"] = [one for one in document["keys"] if one["kid"] != cred.kid]
    keyring_file.write_bytes(json.dumps(document).encode())
    result = export(academy, folder, LATER)

    assert tuple(one.number for one in issued) == result.failed
    assert (0, 9) == (result.certificates, result.removed)


def test_signed_manifest(academy: Context, folder: Path) -> None:
    """A copied mirror is held against its manifest: as signed, it has no problems."""
    export(academy, folder)
    check = check_site(folder, load_keyring(academy), at=NOW)

    assert () == check.problems
    assert check.files == len(bytes_of(folder)) - 1


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        (lambda folder, code: (folder / "C" / code / "index.html").write_text("valid"), "was changed"),
        (lambda folder, code: (folder / "C" / f"{code}.json").unlink(), "is missing"),
        (lambda folder, code: (folder / "extra.html").write_text("x"), "`extra.html` is not in the manifest"),
        (lambda folder, code: (folder / "C" / f"{code.lower()}.json").write_text("{}"), "is not in the manifest"),
    ],
    ids=["changed", "missing", "extra", "another spelling"],
)
def test_tampering_shows(
    academy: Context, folder: Path, issued: list[Credential], harm: Callable[[Path, str], object], problem: str
) -> None:
    """A file changed, taken away or added is found, and the report names no code."""
    export(academy, folder)
    harm(folder, issued[0].code)
    problems = check_site(folder, load_keyring(academy), at=NOW).problems

    assert len(problems) == 1
    assert problem in problems[0]
    assert issued[0].code not in problems[0]


def test_an_old_mirror_shows(academy: Context, folder: Path) -> None:
    """A mirror that nobody renewed is a problem, however whole."""
    result = export(academy, folder)
    check = check_site(folder, load_keyring(academy), at=result.valid_until + timedelta(seconds=1))
    assert ["the mirror was to be renewed by 2026-11-29T09:00:00Z"] == list(check.problems)


@pytest.mark.parametrize("change", ["made_at", "files", "proof"])
def test_a_manifest_that_does_not_hold(academy: Context, folder: Path, change: str) -> None:
    """One altered is refused; the next export makes everything anew."""
    export(academy, folder)
    document = json.loads((folder / MANIFEST).read_bytes())
    document[change] = {"made_at": "2026-11-23T09:00:00Z", "files": {}, "proof": []}[change]
    (folder / MANIFEST).write_bytes(json.dumps(document).encode())

    with pytest.raises(InputError, match="not a manifest that holds"):
        check_site(folder, load_keyring(academy), at=NOW)
    assert export(academy, folder, LATER).written == 3


def test_no_manifest(academy: Context, tmp_path: Path) -> None:
    """A folder that is no mirror is said to be none."""
    with pytest.raises(NotFound):
        check_site(tmp_path, load_keyring(academy), at=NOW)


def test_a_strange_folder_is_left_alone(academy: Context, folder: Path) -> None:
    """What somebody keeps there is neither overwritten nor removed."""
    folder.mkdir()
    (folder / "index.html").write_text("my page")

    with pytest.raises(Refused, match="something else"):
        export(academy, folder)
    assert {"index.html": b"my page"} == bytes_of(folder)


def test_the_caller_may_draw_the_pages(academy: Context, folder: Path, issued: list[Credential]) -> None:
    """Another rendering is used for certificates; its name decides when all pages are made anew."""

    def page(verdict: Verdict) -> str:
        return f"<!doctype html><title>{verdict.state.value}</title>"

    assert export(academy, folder, render_page=page, design="plain").written == 3
    assert export(academy, folder, render_page=page, design="plain").kept == 3
    assert export(academy, folder, render_page=page, design="plain 2").written == 3
    assert "<title>valid</title>" in (folder / "C" / issued[0].code / "index.html").read_text()


def test_needs_the_keyholder(academy: Context, folder: Path) -> None:
    """Signing a mirror is the keyholder's act."""
    with pytest.raises(Refused, match="keyholder"):
        export(replace(academy, actor="decider"), folder)


def test_progress(academy: Context, folder: Path) -> None:
    """The caller is told certificate by certificate."""
    told: list[tuple[int, int]] = []
    export(academy, folder, progress=lambda done, total: told.append((done, total)))
    assert [(1, 3), (2, 3), (3, 3)] == told


def test_public_names() -> None:
    """Only what is spelled as a code in the folder of pages is masked."""
    code = "0" * 26
    assert public_name(f"C/{code}.json") == f"C/{code_digest(code)}.json"
    assert public_name("C/index.html") == "C/index.html"
    assert public_name(f"trust/{code}") == f"trust/{code}"
