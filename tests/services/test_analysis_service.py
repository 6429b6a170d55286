"""The analysis of a sitting from what is stored: the same numbers on the page, in the table and in JSON."""

from __future__ import annotations

import csv
import json
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from certengine.canonical import instant_text
from certengine.errors import NotFound, Refused
from certengine.items import KINDS
from certengine.model.bank import Item
from certengine.model.pass_standard import AllOf, AnyOf, AtLeast, NoVeto
from certengine.model.score import ScoreReport
from certengine.model.sitting import ResponseSheet, ResponseState
from certengine.model.view import AnswerForm
from certengine.scoring.option_facts import item_facts
from certengine.services.analysis import analyse_sitting
from certengine.services.context import Context
from certengine.services.grading import grade_written
from certengine.services.rating import grade_practical
from certengine.services.results import decide_sitting
from certengine.services.simulation import SimulatedFiles, simulate_sitting
from certengine.services.written_analysis import cuts_of
from certengine.store.decisions import latest_decisions
from certengine.store.gradings import latest_written
from tests.services.sealed_world import IDS, NOW, ROSTER, SITTING, copied, make_sealed, opened

pytestmark = pytest.mark.slow

QUESTIONS = 45
Graded = tuple[tuple[ResponseSheet, ScoreReport], ...]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which nothing was graded; never written from here on."""
    return make_sealed(tmp_path_factory.mktemp("sealed") / "ws")


@pytest.fixture(scope="module")
def simulated(root: Path, tmp_path_factory: pytest.TempPathFactory) -> SimulatedFiles:
    """Invented answers of nine who came and three who did not."""
    with opened(root) as context:
        return simulate_sitting(context, SITTING, tmp_path_factory.mktemp("files"), share_absent=Fraction(1, 4))


@pytest.fixture(scope="module")
def graded(root: Path, simulated: SimulatedFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """A copy with everything graded and nothing decided."""
    with opened(copied(root, tmp_path_factory.mktemp("graded") / "ws")) as context:
        assert simulated.responses is not None
        grade_written(context, SITTING, [simulated.responses])
        grade_practical(context, SITTING, simulated.ratings)
        yield context


@pytest.fixture(scope="module")
def decided(graded: Context, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """A copy that was decided too."""
    graded.database.close()
    with opened(copied(graded.workspace.root, tmp_path_factory.mktemp("decided") / "ws"), "zhao-ting") as context:
        decide_sitting(context, SITTING)
        yield context


@pytest.fixture(scope="module")
def folder(decided: Context, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of the decided sitting."""
    target = tmp_path_factory.mktemp("reports")
    analyse_sitting(decided, SITTING, target)
    return target


@pytest.fixture(scope="module")
def document(folder: Path) -> dict[str, Any]:
    """The JSON report."""
    return json.loads((folder / "item-analysis.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def scored(decided: Context) -> Graded:
    """What was graded, by paper."""
    with decided.reading() as connection:
        return latest_written(connection, SITTING)


def rows(folder: Path) -> list[dict[str, str]]:
    """The CSV report."""
    with (folder / "item-analysis.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


class TestWhenThereIsNothingYet:
    """What cannot be analysed is refused with the way on."""

    def test_nothing_graded(self, root: Path, tmp_path: Path) -> None:
        """The hint names the command that grades, and no file is written."""
        with opened(root) as context, pytest.raises(Refused) as refused:
            analyse_sitting(context, SITTING, tmp_path / "out")
        assert f"certengine grade written {SITTING}" in (refused.value.hint or "")
        assert not (tmp_path / "out").exists()

    def test_not_sealed(self, root: Path, tmp_path: Path) -> None:
        """Before its papers are drawn a sitting is only to be sealed."""
        with opened(root) as context, pytest.raises(Refused) as refused:
            analyse_sitting(context, "later", tmp_path)
        assert refused.value.code == "sitting/not-sealed"

    def test_no_such_sitting(self, root: Path, tmp_path: Path) -> None:
        """A sitting that does not exist is not found."""
        with opened(root) as context, pytest.raises(NotFound):
            analyse_sitting(context, "nowhere", tmp_path)

    def test_no_results_before_the_decision(self, graded: Context, tmp_path: Path) -> None:
        """Items can be looked at before anybody is told a result."""
        written = analyse_sitting(graded, SITTING, tmp_path)
        at_top = [path.name for path in written if path.parent == tmp_path]
        assert at_top == ["item-analysis.html", "item-analysis.csv", "item-analysis.json"]
        assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(written)

    def test_ratings_alone_are_analysed(
        self, root: Path, simulated: SimulatedFiles, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
    ) -> None:
        """The practical is reported while the written papers are still to be graded."""
        with opened(copied(root, tmp_path_factory.mktemp("practical") / "ws")) as context:
            grade_practical(context, SITTING, simulated.ratings)
            analyse_sitting(context, SITTING, tmp_path)
        found = json.loads((tmp_path / "item-analysis.json").read_text("utf-8"))
        assert (found["written"][0]["scores"]["n"], found["practical"][0]["scores"]["n"]) == (0, 9)
        assert rows(tmp_path) == []


class TestFiles:
    """The files as files."""

    def test_only_their_owner_reads_them(self, folder: Path) -> None:
        """They name keys and people."""
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()} == {0o600}

    def test_same_store_gives_the_same_bytes(self, decided: Context, folder: Path, tmp_path: Path) -> None:
        """With the clock at the same second nothing differs."""
        again = analyse_sitting(decided, SITTING, tmp_path)
        assert [path.read_bytes() for path in again] == [
            (folder / path.relative_to(tmp_path)).read_bytes() for path in again
        ]


class TestItems:
    """The item statistics against what was graded."""

    def test_every_item_given_has_one_row(self, folder: Path, scored: Graded) -> None:
        """As many rows as different items were on graded papers, each with the papers it was on."""
        given = Counter(score.item for _, report in scored for score in report.items)
        assert {row["item"]: int(row["presented"]) for row in rows(folder)} == dict(given)
        assert sum(given.values()) == 9 * QUESTIONS

    def test_p_is_the_mean_share_of_the_marks(self, folder: Path, scored: Graded) -> None:
        """Worked out once more from the stored scores, item by item."""
        shares: dict[str, list[Fraction]] = {}
        for _, report in scored:
            for score in report.items:
                shares.setdefault(score.item, []).append(score.earned / Fraction(score.full))
        due = {item: f"{float(sum(found) / len(found)):.4f}" for item, found in shares.items()}
        assert {row["item"]: row["p"] for row in rows(folder)} == due

    def test_states_are_counted_apart(self, folder: Path, scored: Graded) -> None:
        """Blanks and double marks of the table are those that were read."""
        states = Counter(one.state for sheet, _ in scored for one in sheet.responses)
        found = rows(folder)
        assert sum(int(row["blank"]) for row in found) == states[ResponseState.BLANK] > 0
        assert sum(int(row["multiple_marked"]) for row in found) == states[ResponseState.MULTIPLE_MARKED] > 0

    def test_keys_are_chosen_as_often_as_they_earned(self, document: dict[str, Any], scored: Graded) -> None:
        """On single choice and true/false the key's count is that of full marks, though letters differ by paper."""
        full = Counter(s.item for _, r in scored for s in r.items if s.section != "multiple" and s.earned == s.full)
        found = {
            item["item"]: sum(option["n"] for option in item["options"] if option["key"])
            for item in document["written"][0]["items"]
            if "-SC-" in item["item"] or "-TF-" in item["item"]
        }
        assert found == {item: full[item] for item in found}
        assert sum(found.values()) > 9 * QUESTIONS / 2

    def test_choices_and_spoilt_ones_add_up(self, document: dict[str, Any]) -> None:
        """Where one bubble is due, options, blanks and double marks together are everybody."""
        for item in document["written"][0]["items"]:
            if "-SC-" in item["item"] or "-TF-" in item["item"]:
                chosen = sum(option["n"] for option in item["options"])
                assert chosen + item["blank"] + item["multiple_marked"] + item["unreadable"] == item["n"]

    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
    def test_every_kind_with_bubbles_tells_its_options(self, kind: Any) -> None:
        """As many options as are printed, and a key among them, where bubbles are filled; none where parts are answered."""
        sample = kind.samples()[0]
        presented = kind.present(sample.content, sample.variant)
        bubbles = presented.answer_form in {AnswerForm.ONE_BUBBLE, AnswerForm.SEVERAL_BUBBLES}
        facts = item_facts(Item(id="I", kind=kind.id, area="A", level="L", content=sample.content, author="a"))
        printed = presented.options if bubbles else ()
        assert len(facts.options) == len(printed)
        assert bool(facts.keys) == bool(printed)
        assert set(facts.keys) <= set(facts.options)


class TestDocument:
    """The JSON report."""

    def test_says_what_it_is_about(self, document: dict[str, Any]) -> None:
        """Schema, sitting, pinned versions and the instant."""
        head = {name: document[name] for name in ("schema", "sitting", "scheme", "banks", "at")}
        assert head == {
            "schema": "certengine.item-analysis/1",
            "sitting": SITTING,
            "scheme": "electrician-l3@1",
            "banks": ["industrial-automation@1"],
            "at": instant_text(NOW),
        }

    def test_scores_are_those_of_the_papers(self, document: dict[str, Any], scored: Graded) -> None:
        """Mean and range of nine papers, the cut of the pass standard, ten bars."""
        scores = [report.score for _, report in scored if report.score is not None]
        found = document["written"][0]["scores"]
        assert found["mean"] == round(float(sum(scores) / len(scores)), 6)
        assert (Decimal(found["minimum"]), Decimal(found["maximum"])) == (min(scores), max(scores))
        assert (found["n"], found["cut"], len(found["bins"])) == (9, "60", 10)

    def test_practical_scores_are_those_decided_on(self, document: dict[str, Any], decided: Context) -> None:
        """Worked out from the ratings once more, they agree with the decisions."""
        with decided.reading() as connection:
            scores = [dict(one.decision.scores).get("practical") for one in latest_decisions(connection, SITTING)]
        given = [score for score in scores if score is not None]
        found = document["practical"][0]["scores"]
        assert (found["n"], found["mean"]) == (9, round(float(sum(given) / 9), 6))

    def test_severe_assessor_stands_out(self, document: dict[str, Any]) -> None:
        """The one who was made a little severe lies lowest."""
        by_difference = sorted(document["practical"][0]["assessors"], key=lambda one: one["difference"])
        assert by_difference[0]["assessor"] == "wang-min"
        assert by_difference[0]["difference"] < 0

    def test_agreement_is_of_the_whole_panel(self, document: dict[str, Any]) -> None:
        """Nine candidates came and three assessors marked each of them in full."""
        found = document["practical"][0]["agreement"]
        assert (found["marks"]["k"], found["left_out"]) == (3, 0)
        assert found["marks"]["n"] == 9
        assert found["marks"]["single"] <= found["marks"]["average"] <= 1
        assert [who for who, _ in found["kappa"]] == [one["assessor"] for one in document["practical"][0]["assessors"]]

    def test_every_assessor_has_a_report_of_his_own(self, folder: Path, document: dict[str, Any]) -> None:
        """A file for each assessor names that assessor and no other, and only its owner may read it."""
        names = {one["assessor"] for one in document["practical"][0]["assessors"]}
        reports = {path.stem: path for path in (folder / "assessors").iterdir()}
        assert set(reports) == names
        for who, path in reports.items():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            text = path.read_text("utf-8")
            assert {name for name in names if name in text} == {who}

    def test_one_veto_was_upheld(self, document: dict[str, Any]) -> None:
        """Of all aspects, one veto of one candidate."""
        assert sum(one["vetoed"] for one in document["practical"][0]["aspects"]) == 1


class TestPages:
    """The HTML reports, whose layout has tests of its own."""

    def test_item_page_shows_every_item(self, folder: Path) -> None:
        """Each id of the table stands on the page."""
        page = (folder / "item-analysis.html").read_text("utf-8")
        assert [row["item"] for row in rows(folder) if f">{row['item']}<" not in page] == []

    def test_results_are_in_roster_order(self, folder: Path) -> None:
        """Everybody on the roster, absent or not, in its order."""
        page = (folder / "results.html").read_text("utf-8")
        places = [page.index(f">{candidate}<") for candidate in IDS]
        assert places == sorted(places)

    def test_names_are_escaped(self, folder: Path) -> None:
        """A name with markup is text on the page."""
        page = (folder / "results.html").read_text("utf-8")
        hostile = ROSTER[-1][1]
        assert hostile not in page
        assert hostile.replace("<", "&lt;").replace(">", "&gt;") in page

    def test_absent_candidates_are_pending(self, decided: Context, simulated: SimulatedFiles, folder: Path) -> None:
        """Three who did not come are neither passed nor failed, and open in both distributions."""
        with decided.reading() as connection:
            outcomes = {one.decision.candidate: one.decision.outcome for one in latest_decisions(connection, SITTING)}
        assert {one for one, outcome in outcomes.items() if outcome == "pending"} == set(simulated.absent)
        assert (folder / "results.html").read_text("utf-8").count("+ 3 未定 open") == 2

    def test_shipped_design_stands_in_for_a_missing_one(self, graded: Context, tmp_path: Path) -> None:
        """A workspace whose template folder was moved away still gets its reports."""
        elsewhere = replace(graded, workspace=replace(graded.workspace, root=tmp_path / "moved"))
        written = analyse_sitting(elsewhere, SITTING, tmp_path / "out")
        assert "<h1>试题分析报告" in written[0].read_text("utf-8").replace('<span lang="zh">', "")


class TestCut:
    """The line drawn in the distributions."""

    def test_unconditional_thresholds_are_cuts(self) -> None:
        """Also inside nested conjunctions, and of the component asked for only."""
        inner = AllOf(all=(AtLeast(component="b", at_least=Decimal(70)), NoVeto(no_veto="b")))
        rule = AllOf(all=(AtLeast(component="a", at_least=Decimal(60)), inner))
        assert (tuple(cuts_of(rule, "a")), tuple(cuts_of(rule, "b"))) == ((60,), (70,))

    def test_an_alternative_is_no_cut(self) -> None:
        """Who misses one of several ways may still pass by another."""
        rule = AnyOf(any=(AtLeast(component="a", at_least=Decimal(60)), AtLeast(component="b", at_least=Decimal(80))))
        assert tuple(cuts_of(rule, "a")) == ()
