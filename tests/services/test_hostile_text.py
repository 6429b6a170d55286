"""Texts of bank, roster and responses are data from one end to the other: printed as they stand, run and fetched by nothing."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from certengine.services.analysis import analyse_sitting
from certengine.services.banks import publish_bank
from certengine.services.grading import grade_written
from certengine.services.issuing import issue_sitting
from certengine.services.keys import new_keys
from certengine.services.printing import print_sitting
from certengine.services.rating import grade_practical
from certengine.services.results import approve_sitting, decide_sitting
from certengine.services.sittings import open_sitting, seal_sitting
from tests.services.small_world import (
    BANK,
    SCHEME,
    SITTING,
    World,
    acting,
    passphrase,
    sound_ratings,
    sound_responses,
)

pytestmark = pytest.mark.slow

SECRET = "WHAT-NO-TEXT-MAY-READ"
ITEMS = f"question_banks/{BANK}/items"
#: What a text would do if it were a template, a page or a style sheet; braces and tags are shown as they are.
TRICKS = (
    "{{ 70 + 7 }} {% for x in range(999999999) %}y{% endfor %}",
    "{{ cycler.init.globals }} #{70 + 7} <%= 70 + 7 %>",
    "<style>@import url({url}a.css); p { background: url({url}b.png) }</style>",
    "<img src={url}c.png onerror=x><link rel=stylesheet href={url}d.css><iframe src={file}></iframe>",
    "</p><object data={file}></object><script src={url}e.js></script>",
)


@pytest.fixture(scope="module")
def asked() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and every request that reached it."""
    found: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}/", found
        http.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def done(world: World, asked: tuple[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sitting of hostile texts, printed, graded, reported on and certified."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "secret.txt").write_text(SECRET, encoding="utf-8")
    root = world.copy("workspace", folder / "academy")
    tricks = [one.replace("{url}", asked[0]).replace("{file}", (folder / "secret.txt").as_uri()) for one in TRICKS]
    file = next((root / ITEMS).glob("*.yaml"))
    text = file.read_text("utf-8")
    for number, trick in enumerate(tricks):
        text = (
            text.replace("安全问题？", f"问题 {trick}？", 1)
            if number
            else text.replace('{zh: "对 1"', f'{{zh: "{trick}"', 1)
        )
    file.write_text(text, encoding="utf-8")
    names = "".join(f"C{n},陈晓{{{{70+7}}}}{n}\n" for n in range(1, 4))
    (root / "roster.csv").write_text("candidate_id,name\n" + names, encoding="utf-8")
    with acting(root) as context:
        publish_bank(context, BANK, reason="first")
        open_sitting(context, SCHEME, root / "roster.csv", sitting_id=SITTING)
        seal_sitting(context, SITTING)
        print_sitting(context, SITTING, root / "print")
        grade_written(context, SITTING, [sound_responses(context, root / "responses.csv")])
        sound_ratings(root / "ratings.csv")
        rows = [
            line
            for line in (root / "ratings.csv").read_text("utf-8").splitlines()
            if line[:2] in {"ca", "C1", "C2", "C3"}
        ]
        (root / "ratings.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        grade_practical(context, SITTING, [root / "ratings.csv"])
    with acting(root, "decider") as context:
        decide_sitting(context, SITTING)
    with acting(root, "approver") as context:
        approve_sitting(context, SITTING)
    with acting(root) as context:
        new_keys(context, passphrase)
        assert len(issue_sitting(context, SITTING, passphrase).issued) == 3
        analyse_sitting(context, SITTING, root / "reports")
    return root


def texts(done: Path) -> dict[str, str]:
    """What every page says that was made: papers, keys, lists, certificates, reports."""
    found = {}
    for path in (*(done / "print").rglob("*.pdf"), *(done / "certificates").glob("*.pdf")):
        ran = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
        found[str(path.relative_to(done))] = ran.stdout.decode()
    for path in (done / "reports").rglob("*.html"):
        found[str(path.relative_to(done))] = path.read_text("utf-8")
    return found


def test_nothing_is_computed_and_nothing_is_left_out(done: Path) -> None:
    """Braces, tags and directives stand on the pages as they were written; no page has what they would have made."""
    said = texts(done)
    everything = "".join(said.values())

    assert len(said) > 10
    assert "{{ 70 + 7 }}" in everything
    assert "{% for x in range(999999999) %}" in everything
    assert "@import url(" in everything
    assert [name for name, text in said.items() if "yyyy" in text or ">77<" in text or " 77 " in text] == []


def test_a_name_is_printed_as_it_stands(done: Path) -> None:
    """On the certificate, on the lists and in the reports a name with braces is that name."""
    said = texts(done)

    certificates = [text for name, text in said.items() if name.startswith("certificates/")]
    assert len(certificates) == 3
    assert all("陈晓{{70+7}}" in text for text in certificates)


def test_nothing_was_fetched_and_no_file_was_read(done: Path, asked: tuple[str, list[str]]) -> None:
    """No request was made on the way, and nothing of the file that texts name is in any file of the workspace."""
    assert asked[1] == []
    assert [path for path in done.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()] == []
    assert [name for name, text in texts(done).items() if SECRET in text] == []


def test_reports_hold_no_element_that_a_text_wrote(done: Path) -> None:
    """In a page of HTML what a text wrote as a tag is escaped."""
    pages = [text for name, text in texts(done).items() if name.endswith(".html")]

    assert pages
    assert [
        page for page in pages for tag in ("<iframe", "<object", "<img src=http", "<link rel=stylesheet") if tag in page
    ] == []
