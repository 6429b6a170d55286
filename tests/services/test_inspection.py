"""The inspection archive: everything on record, named in its index, made by an auditor, checked by its digests."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from certengine.canonical import digest, digest_of_bytes
from certengine.documents.inspection_index import CLAUSES, index_page
from certengine.errors import NotFound, Refused
from certengine.model.text import Text
from certengine.services.draw_proof import reveal_sitting
from certengine.services.inspection import _OF_RUNS, _OF_SITTING, archive_sitting
from certengine.services.results import decide_sitting
from certengine.services.sittings import close_sitting
from certengine.services.standing import ReasonClass, change_standing
from certengine.store import audit
from certengine.store.columns import metadata
from tests.services.small_world import CANDIDATES, SITTING, acting
from tests.services.test_erasure import LATER, erased
from tests.services.test_separations import declare

At = Callable[[str], Path]


#: People of the small academy with roles that are better apart.
SEVERAL_ROLES = {"a2", "decider", "trainer"}


def archived(root: Path) -> dict[str, bytes]:
    """The files of the archive."""
    with acting(root, "inspector") as context:
        archive_sitting(context, SITTING, root / "archive.zip")
    with zipfile.ZipFile(root / "archive.zip") as package:
        return {name: package.read(name) for name in package.namelist()}


@pytest.fixture
def issued(at: At) -> Path:
    """A finished sitting: revealed, and one certificate revoked."""
    root = at("issued")
    with acting(root) as context:
        close_sitting(context, SITTING)
        reveal_sitting(context, SITTING)
    with acting(root, "approver") as context:
        change_standing(context, "S2630002", "revoked", reason=ReasonClass.ERROR)
    return root


def test_everything_on_record_is_in_it(issued: Path) -> None:
    """Draw, papers, answers, ratings, scores, decisions, approvals, certificates with their proofs, acts and people."""
    files = archived(issued)
    data = {name: json.loads(held) for name, held in files.items() if name.endswith(".json")}

    assert len(data["sitting/candidates.json"]) == len(data["decisions/decisions.json"]) == len(CANDIDATES)
    assert len(data["scores/written.json"]) == len(data["draw/papers.json"]) == len(CANDIDATES)
    assert len(data["scores/ratings.json"]) == 60
    assert [one["kind"] for one in data["certificates/events.json"]] == ["issued", "issued", "revoked", "issued"]
    assert [name for name in files if name.endswith(".tlog-proof")]
    assert data["draw/proof.json"]["schema"] == "certengine.draw-proof/1"
    assert (data["draw/replay.json"]["same"], data["draw/replay.json"]["commitment_holds"]) == (6, True)
    assert data["trail/log-check.json"]["problems"] == []
    assert {one["id"] for one in data["people.json"]} >= {"admin", "inspector"}
    assert data["manifest.json"]["missing"] == {}


def test_acts_in_it_can_be_checked(issued: Path) -> None:
    """Each act is there with its hash; the acts are those on the sitting, its banks and its certificates."""
    acts = json.loads(archived(issued)["trail/acts.json"])

    assert all(digest({name: act[name] for name in act if name != "hash"}) == act["hash"] for act in acts)
    assert {act["action"] for act in acts} >= {
        "bank.publish",
        "sitting.seal",
        "grade.written",
        "result.decide",
        "cert.issue",
    }


def test_the_act_of_an_erasure_is_in_it(at: At) -> None:
    """What lacks of a person lacks by an act, and the act stands beside: who, when, and by whose approval."""
    root = at("issued")
    with acting(root, at=LATER) as context:
        erased(context)
    acts = json.loads(archived(root)["trail/acts.json"])

    assert [one["subject"] for one in acts if one["action"] == "person.erase"] == [f"{SITTING}/C1"]


def test_exceptions_are_told_with_their_clause(issued: Path) -> None:
    """What was out of the ordinary stands in one list."""
    told = json.loads(archived(issued)["exceptions/exceptions.json"])

    assert {"kind": "revoked", "clause": "9.5", "subject": "S2630002", "what": "error"} in told
    assert {"kind": "trained-by", "clause": "5.2", "subject": "C6", "what": "trainer"} in told
    assert {one["subject"] for one in told if one["kind"] == "several-roles"} == SEVERAL_ROLES


def test_an_exception_from_a_separation_is_told_where_it_was_declared_and_used(at: At) -> None:
    """Reason, who agreed, until when; and the instant at which it was used, under the clauses on impartiality."""
    root = at("graded")
    declare(root)
    with acting(root, "a2") as context:
        decide_sitting(context, SITTING)
    files = archived(root)
    told = json.loads(files["exceptions/exceptions.json"])
    agreed = "until 2026-12-31, agreed by approver: the only other decider is ill"

    assert {
        (one["kind"], one["clause"], one["subject"], one["what"]) for one in told if "exception" in one["kind"]
    } == {
        ("exception-declared", "4.3, 5.2", "a2", f"assessor-decides {agreed}"),
        ("exception-used", "4.3, 5.2", "a2", f"2026-11-22T09:00:00Z assessor-decides: a2 may decide {agreed}"),
    }
    row = files["index.html"].decode().split('<th scope="row">4.3, 5.2</th>')[1].split("</tr>")[0]
    assert 'href="exceptions/exceptions.json"' in row
    assert "result.exception" in {act["action"] for act in json.loads(files["trail/acts.json"])}


def test_every_file_is_in_the_manifest_and_the_index_leads_to_it(issued: Path) -> None:
    """Digests of all; links of the index resolve within the archive; no clause is left without a file."""
    files = archived(issued)
    manifest = json.loads(files["manifest.json"])
    page = files["index.html"].decode()
    links = set(re.findall(r'href="([^"]+)"', page))

    assert manifest["files"] == {name: digest_of_bytes(held) for name, held in files.items() if name != "manifest.json"}
    assert links <= set(files)
    assert all(clause in page for clause, _, _ in CLAUSES)
    assert "<td>-</td>" not in page
    assert "http" not in page
    assert (issued / "archive.zip").stat().st_mode & 0o077 == 0


def test_what_could_not_be_put_in_is_said(at: At) -> None:
    """Before the seed is revealed there is no proof of the draw; the index says why."""
    files = archived(at("issued"))

    assert "draw/proof.json" not in files
    assert json.loads(files["manifest.json"])["missing"] == {"draw/proof.json": "the seed is not revealed yet"}
    assert "the seed is not revealed yet" in files["index.html"].decode()


def test_only_an_auditor_makes_one_and_it_is_an_act(issued: Path) -> None:
    """It holds names and scores: taking it out leaves a trace."""
    archived(issued)
    with acting(issued) as context:
        with context.reading() as connection:
            act = audit.acts(connection, 1)[0]
        assert (act.actor, act.action, act.subject) == ("inspector", "sitting.archive", SITTING)
        with pytest.raises(Refused, match="auditor"):
            archive_sitting(context, SITTING, issued / "again.zip")
    with acting(issued, "inspector") as context, pytest.raises(NotFound):
        archive_sitting(context, "none", issued / "again.zip")


def test_every_table_that_names_a_sitting_is_in_it() -> None:
    """A new table of a sitting's records belongs in the archive; only secrets stay out."""
    of_sittings = {table.name for table in metadata.sorted_tables if "sitting" in table.c}
    of_runs = {table.name for table in metadata.sorted_tables if "run" in table.c and "sitting" not in table.c}

    assert of_sittings - {table.name for table in _OF_SITTING.values()} == {"marking_key", "sitting_secret"}
    assert of_runs - {table.name for table in _OF_RUNS.values()} == set()


def test_texts_are_data_in_the_index() -> None:
    """A title with a tag in it is shown, not run."""
    page = index_page("s<1>", Text.of(zh="<b>", en="<script>"), "now", ["scheme.json"], {"<x>": "<y>"})

    assert "<script" not in page
    assert "&lt;b&gt;" in page
    assert "&lt;y&gt;" in page
