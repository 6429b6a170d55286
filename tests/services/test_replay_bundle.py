"""Bundles: a certificate replayed on another machine, with no more in them than their level says."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from certengine.canonical import digest_of_bytes
from certengine.credentials.strict_json import jcs
from certengine.errors import InputError, NotFound, Refused, UsageError
from certengine.interchange.strict_zip import zipped
from certengine.services.replay import case_of, replay_case
from certengine.services.replay_bundle import is_bundle, read_bundle, write_bundle
from certengine.services.replay_links import LinkOutcome, Replay
from certengine.store import audit, tables
from tests.services.small_world import acting
from tests.services.test_replay import ALTERATIONS, NUMBER

At = Callable[[str], Path]
PERSONAL = {"token", "standing", "certificate", "candidate"}
SCORES = {"approval", "decision", "score:theory", "score:bench", "responses:theory", "ratings:bench"}
LEVELS: dict[tuple[str, ...], set[str]] = {
    (): set(),
    ("personal",): PERSONAL,
    ("scores",): SCORES,
    ("personal", "scores"): PERSONAL | SCORES,
}


def bundled(root: Path, *without: str, actor: str = "inspector") -> Path:
    """The bundle of the first certificate."""
    target = root / "bundle.zip"
    with acting(root, actor) as context:
        case, pdf = case_of(context, NUMBER)
        write_bundle(context, case, pdf, target, without=without)
    return target


def elsewhere(bundle: Path, tmp_path: Path) -> Replay:
    """The replay where there is no database: only the bundle is carried over."""
    folder = tmp_path / "elsewhere"
    folder.mkdir(exist_ok=True)
    case, pdf = read_bundle(Path(shutil.copy(bundle, folder)))
    return replay_case(case, pdf=pdf)


def outcomes(found: Replay) -> dict[str, LinkOutcome]:
    """How each link ended."""
    return {link.id: link.outcome for link in found.links}


@pytest.mark.parametrize("level", LEVELS, ids="+".join)
def test_a_bundle_is_replayed_elsewhere(at: At, tmp_path: Path, level: tuple[str, ...]) -> None:
    """Every link that is not withheld is equal; what is withheld shows its commitment."""
    found = elsewhere(bundled(at("issued"), *level), tmp_path)
    withheld = {one for one, outcome in outcomes(found).items() if outcome is LinkOutcome.WITHHELD}
    others = {outcome for one, outcome in outcomes(found).items() if one not in {*withheld, "file"}}

    assert (found.outcome, withheld, others) == (LinkOutcome.EQUAL, LEVELS[level], {LinkOutcome.EQUAL})
    assert outcomes(found)["file"] is (LinkOutcome.ABSENT if "personal" in level else LinkOutcome.EQUAL)
    assert all(link.stored for link in found.links if link.id in withheld - {"token", "candidate"})


def contents(bundle: Path) -> str:
    """Everything in a bundle, as text."""
    with zipfile.ZipFile(bundle) as package:
        return "\n".join(package.read(name).decode("utf-8", "replace") for name in package.namelist())


@pytest.mark.parametrize("level", LEVELS, ids="+".join)
def test_a_bundle_holds_no_more_than_its_level(at: At, level: tuple[str, ...]) -> None:
    """Never another candidate's name, answer or score; the person's only with persons, the scores only with scores."""
    root = at("issued")
    text = contents(bundled(root, *level))
    with acting(root) as context, context.reading() as connection:
        stored = connection.exec_driver_sql("SELECT candidate, responses FROM written_score").all()
        seeds = {row[0] for row in connection.exec_driver_sql("SELECT seed FROM sitting_secret")}
        salts = {row[0] for row in connection.exec_driver_sql("SELECT salt FROM commitment_salt")} - seeds
        digests = connection.exec_driver_sql("SELECT candidate, digest FROM decision").all()
    raw = {candidate: json.loads(responses)["responses"] for candidate, responses in stored}

    assert not any(name in text for name in ("李娜", "王磊", "赵敏", "孙悦", "周涛"))
    assert ("陈晓" in text) == ("personal" not in level)
    assert ('"responses":"' in text) == ("scores" not in level)
    assert ('"assessor":"a1"' in text) == ("scores" not in level)
    assert not any(salt in text for salt in salts)
    assert {candidate for candidate, digest in digests if digest in text} == (set() if "scores" in level else {"C1"})
    assert raw["C1"]


@pytest.mark.parametrize("what", ["a score", "a rating", "a paper", "a bank version", "the holder's name", "an act"])
def test_what_was_altered_before_is_named_elsewhere(at: At, tmp_path: Path, what: str) -> None:
    """A bundle of an altered database replays to the same difference."""
    alter, link = ALTERATIONS[what]
    root = at("issued")
    alter(root)

    assert elsewhere(bundled(root), tmp_path).differing == (link,)


def changed(bundle: Path, name: str, change: Callable[[Any], Any], *, manifest: bool = True) -> Path:
    """A bundle with one JSON file changed, its manifest made to fit."""
    with zipfile.ZipFile(bundle) as package:
        files = {one: package.read(one) for one in package.namelist()}
    content = json.loads(files[name]) if name in files else None
    new = change(content)
    files[name] = new if isinstance(new, bytes) else jcs(new if new is not None else content)
    if manifest and name != "manifest.json":
        told = json.loads(files["manifest.json"])
        told["files"] = {one: digest_of_bytes(data) for one, data in files.items() if one != "manifest.json"}
        files["manifest.json"] = jcs(told)
    bundle.write_bytes(zipped(files))
    return bundle


def test_a_bundle_that_was_altered_is_named(at: At, tmp_path: Path) -> None:
    """Whoever changes a bundle and its manifest is found by acts and commitments."""

    def better(rows: Any) -> None:
        rows[0]["report"] = rows[0]["report"].replace('"earned":"0"', '"earned":"9"').replace("scored", "x")
        rows[0]["report"] = rows[0]["report"][:-1] + " }"

    root = at("issued")
    assert elsewhere(changed(bundled(root), "rows/written_score.json", better), tmp_path).differing == ("score:theory",)


def test_a_bundle_that_lacks_what_opens_its_records_is_not_equal(at: At, tmp_path: Path) -> None:
    """Ratings without their salts could be any: that they were committed to, and cannot be compared, is a difference."""

    def fewer(rows: Any) -> Any:
        rows[:] = [row for row in rows if row["kind"] != "ratings"]

    root = at("issued")
    assert elsewhere(changed(bundled(root), "salts.json", fewer), tmp_path).differing == ("trail",)


def test_nobody_is_given_what_opens_a_record_that_is_not_in_the_bundle(at: At, tmp_path: Path) -> None:
    """Resolutions of unreadable answers are in no bundle: with their salt an answer could be guessed."""
    with acting(at("issued"), "inspector") as context:
        case, _ = case_of(context, NUMBER)
        paper = case.one(tables.paper, candidate="C1")
        assert paper is not None
        one = {"seq": 999, "act": 1, "kind": "resolution", "subject": f"{paper['id']} 1", "value": "sha256:0"}
        case.rows["commitment"].append(one)
        write_bundle(context, case, None, tmp_path / "bundle.zip", without=("scores",))
    with zipfile.ZipFile(tmp_path / "bundle.zip") as package:
        opened = {row["kind"] for row in json.loads(package.read("salts.json"))}

    assert opened == {"reservation", "issue", "bank", "seed"}


REFUSED: dict[str, Callable[[Path], Path]] = {
    "a file not of the manifest": lambda path: changed(path, "rows/decision.json", lambda _: [], manifest=False),
    "a file that is not known": lambda path: changed(path, "rows/other.json", lambda _: []),
    "a column more": lambda path: changed(path, "rows/decision.json", lambda rows: [{**rows[0], "more": 1}]),
    "no rows": lambda path: changed(path, "rows/decision.json", lambda _: {}),
    "a value within a value": lambda path: changed(path, "rows/decision.json", lambda rows: [{**rows[0], "id": [1]}]),
    "no certificate": lambda path: changed(path, "rows/certificate.json", lambda _: []),
    "another certificate": lambda path: changed(path, "manifest.json", lambda told: {**told, "number": "S0"}),
    "another schema": lambda path: changed(path, "manifest.json", lambda told: {**told, "schema": "x/1"}),
    "something unknown left out": lambda path: changed(
        path, "manifest.json", lambda told: {**told, "without": ["all"]}
    ),
    "no JSON": lambda path: changed(path, "rows/decision.json", lambda _: b"[["),
    "deep JSON": lambda path: changed(path, "rows/decision.json", lambda _: b"[" * 100_000),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_bundle_is_refused(at: At, what: str) -> None:
    """In one sentence, whatever is wrong with it."""
    path = REFUSED[what](bundled(at("issued")))

    with pytest.raises(InputError) as error:
        read_bundle(path)
    assert error.value.code == "replay/bundle"


def test_hostile_zips_are_refused(tmp_path: Path) -> None:
    """A name that leads out, a bomb, a damaged file: nothing is written, nothing is unpacked beyond bounds."""
    for name, data in (("../out", b"x"), ("/etc/x", b"x"), ("bomb", bytes(300 * 1024 * 1024))):
        target = BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
            package.writestr(name, data)
        (tmp_path / "hostile.zip").write_bytes(target.getvalue())
        with pytest.raises(InputError):
            read_bundle(tmp_path / "hostile.zip")
    (tmp_path / "hostile.zip").write_bytes(b"PK\x03\x04 and nothing")
    assert is_bundle(tmp_path / "hostile.zip")
    assert not is_bundle(tmp_path / "none.zip")
    with pytest.raises(InputError):
        read_bundle(tmp_path / "hostile.zip")
    with pytest.raises(NotFound):
        read_bundle(tmp_path / "none.zip")


def test_a_bundle_is_an_act_of_an_auditor(at: At) -> None:
    """Whoever takes data out needs the role, and leaves a trace; the file is private."""
    root = at("issued")
    target = bundled(root, "personal")
    with acting(root) as context, context.reading() as connection:
        act = audit.acts(connection, 1)[0]
    assert (act.action, act.subject, act.details["without"]) == ("replay.bundle", NUMBER, ["personal"])
    assert target.stat().st_mode & 0o077 == 0
    with pytest.raises(Refused, match="auditor"):
        bundled(root, actor="decider")
    with pytest.raises(UsageError, match="left out"):
        bundled(root, "names")
