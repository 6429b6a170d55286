"""Invented answers and ratings: gradable as they are, deterministic, and of every kind of trouble a little."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import func, select

from certengine import aspects, items
from certengine.assembly.keyed import KeyedDraw
from certengine.errors import NotFound, Refused, UsageError
from certengine.items.kind import ItemKind
from certengine.model.bank import Item
from certengine.model.sitting import ResponseState
from certengine.model.view import AnswerForm
from certengine.services.context import Context
from certengine.services.grading import grade_written
from certengine.services.invented_ratings import TRIALS, _ladder
from certengine.services.invented_responses import WRONG_ANSWERS, Asked
from certengine.services.rating import grade_practical
from certengine.services.results import decide_sitting
from certengine.services.simulation import SimulatedFiles, simulate_sitting
from certengine.store.columns import metadata
from certengine.store.gradings import latest_written
from certengine.store.sittings import load_papers
from tests.services.sealed_world import IDS, SITTING, TRAINED, copied, make_sealed, opened

pytestmark = pytest.mark.slow

QUESTIONS = 45


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace, only read from here on."""
    return make_sealed(tmp_path_factory.mktemp("sealed") / "ws")


@pytest.fixture(scope="module")
def context(root: Path) -> Iterator[Context]:
    """The workspace, opened."""
    with opened(root) as context:
        yield context


@pytest.fixture(scope="module")
def files(context: Context, tmp_path_factory: pytest.TempPathFactory) -> SimulatedFiles:
    """What the default seed gives."""
    return simulate_sitting(context, SITTING, tmp_path_factory.mktemp("simulated"))


@pytest.fixture(scope="module")
def graded(root: Path, files: SimulatedFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """A copy of the workspace with both files read."""
    with opened(copied(root, tmp_path_factory.mktemp("graded") / "ws")) as context:
        assert files.responses is not None
        grade_written(context, SITTING, [files.responses])
        grade_practical(context, SITTING, files.ratings)
        yield context


def table(path: Path | None) -> list[dict[str, str]]:
    """The rows of a file by column."""
    assert path is not None
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def cells(files: SimulatedFiles) -> list[str]:
    """All answers but those of the stray row."""
    return [row[f"q{n}"] for row in table(files.responses)[:-1] for n in range(1, QUESTIONS + 1)]


def ratings(files: SimulatedFiles) -> list[dict[str, str]]:
    """The rows of all assessors."""
    return [row for path in files.ratings for row in table(path)]


class TestFiles:
    """What is written, and what is left alone."""

    def test_same_seed_gives_the_same_bytes(self, context: Context, files: SimulatedFiles, tmp_path: Path) -> None:
        """A second run with the seed of the first writes the same files."""
        again = simulate_sitting(context, SITTING, tmp_path)
        assert [path.name for path in again.paths] == [path.name for path in files.paths]
        assert [path.read_bytes() for path in again.paths] == [path.read_bytes() for path in files.paths]

    def test_another_seed_gives_other_answers(self, context: Context, files: SimulatedFiles, tmp_path: Path) -> None:
        """The seed decides what is answered and rated."""
        other = simulate_sitting(context, SITTING, tmp_path, seed=2)
        assert all(a.read_bytes() != b.read_bytes() for a, b in zip(other.paths, files.paths, strict=True))

    def test_writes_nothing_into_the_database(self, context: Context, tmp_path: Path) -> None:
        """Every table has as many rows after as before."""

        def counts() -> list[int]:
            with context.reading() as connection:
                return [connection.scalar(select(func.count()).select_from(one)) for one in metadata.sorted_tables]

        before = counts()
        simulate_sitting(context, SITTING, tmp_path)
        assert counts() == before

    def test_repeating_into_the_same_folder_is_no_conflict(self, context: Context, tmp_path: Path) -> None:
        """What is there already may be written again."""
        first = simulate_sitting(context, SITTING, tmp_path)
        assert simulate_sitting(context, SITTING, tmp_path) == first

    def test_never_replaces_a_file_of_somebody_else(self, context: Context, tmp_path: Path) -> None:
        """A real scan of that name stays as it is, and nothing is written beside it."""
        scan = tmp_path / "responses.csv"
        scan.write_text("candidate_id,paper_id,q1\nE001,AAAA-BBBB,A\n")
        with pytest.raises(Refused) as refused:
            simulate_sitting(context, SITTING, tmp_path)
        assert refused.value.code == "simulation/exists"
        assert list(tmp_path.iterdir()) == [scan]
        assert "AAAA-BBBB" in scan.read_text()

    def test_absent_candidates_are_in_no_file(self, context: Context, tmp_path: Path) -> None:
        """A quarter absent leaves nine of twelve, in responses and ratings alike."""
        files = simulate_sitting(context, SITTING, tmp_path, share_absent=Fraction(1, 4))
        came = [candidate for candidate in IDS if candidate not in files.absent]
        assert (len(files.absent), files.candidates) == (3, 9)
        assert [row["candidate_id"] for row in table(files.responses)[:-1]] == came
        assert {row["candidate_id"] for row in ratings(files)} == set(came)


class TestResponses:
    """The table a scanner would deliver."""

    def test_rows_are_in_roster_order_on_each_candidates_own_paper(
        self, context: Context, files: SimulatedFiles
    ) -> None:
        """Row by row the roster, each with the paper that was drawn."""
        with context.reading() as connection:
            papers = {paper.candidate: paper.id for paper in load_papers(connection, SITTING)}
        rows = [(row["candidate_id"], row["paper_id"]) for row in table(files.responses)]
        assert rows[:-1] == [(candidate, papers[candidate]) for candidate in IDS]

    def test_last_row_is_of_no_candidate_and_no_paper(self, context: Context, files: SimulatedFiles) -> None:
        """The one bad row names nobody on the roster and a paper that was never drawn."""
        last = table(files.responses)[-1]
        with context.reading() as connection:
            papers = {paper.id for paper in load_papers(connection, SITTING)}
        assert last["candidate_id"] not in IDS
        assert last["paper_id"] not in papers

    def test_about_two_percent_are_blank(self, files: SimulatedFiles) -> None:
        """Blanks are there, and few."""
        found = cells(files)
        assert 0.005 < found.count("") / len(found) < 0.04

    def test_shows_double_marks_and_unresolved_marks(self, files: SimulatedFiles) -> None:
        """Both forms in which a scanner delivers a double mark, on single choice."""
        single = [row[f"q{n}"] for row in table(files.responses)[:-1] for n in range(1, 26)]
        assert (single.count("AC"), single.count("*")) == (2, 1)

    def test_numbers_are_written_as_people_write_them(self, files: SimulatedFiles) -> None:
        """Plain, with the unit, and by one candidate in full-width digits."""
        rows = [[row[f"q{n}"] for n in range(41, 46)] for row in table(files.responses)[:-1]]
        numbers = [number for row in rows for number in row]
        wide = [row for row in rows if any("０" <= sign <= "９" for number in row for sign in number)]
        assert len(wide) == 1
        assert any(number.replace(".", "").isascii() and number.replace(".", "").isdecimal() for number in numbers)
        assert any(number and number[-1].isalpha() for number in numbers)


class TestRatings:
    """The sheets the assessors would hand in."""

    def test_panel_is_of_the_workspaces_assessors(self, files: SimulatedFiles) -> None:
        """The three assessors of the academy mark everybody they did not train."""
        panels = defaultdict(set)
        for row in ratings(files):
            panels[row["candidate_id"]].add(row["assessor"])
        assert {frozenset(panels[one]) for one in IDS if one not in TRAINED} == {
            frozenset({"chen-li", "wang-min", "li-qiang"})
        }

    def test_trainers_do_not_mark_their_own(self, files: SimulatedFiles) -> None:
        """Another person completes the panel of whom one assessor trained."""
        panels = defaultdict(set)
        for row in ratings(files):
            panels[row["candidate_id"]].add(row["assessor"])
        assert all("li-qiang" not in panels[one] and len(panels[one]) == 3 for one in TRAINED)

    def test_one_file_holds_one_assessors_rows_in_roster_order(self, files: SimulatedFiles) -> None:
        """As a person hands in a sheet."""
        for path in files.ratings:
            rows = table(path)
            assert {f"ratings-{row['assessor']}.csv" for row in rows} == {path.name}
            order = list(dict.fromkeys(row["candidate_id"] for row in rows))
            assert order == [one for one in IDS if one in order]

    def test_columns_are_those_of_the_scoring_sheet(self, files: SimulatedFiles) -> None:
        """The header is what grading reads."""
        assert list(table(files.ratings[0])[0]) == ["candidate_id", "task", "aspect", "assessor", "value", "remark"]

    def test_one_candidate_is_vetoed_by_the_whole_panel(self, files: SimulatedFiles) -> None:
        """Three reports of one veto on one person, each with a remark, and no other."""
        reports = [row for row in ratings(files) if row["aspect"].startswith("V") and row["value"] == "1"]
        assert len(reports) == 3
        assert len({(row["candidate_id"], row["aspect"]) for row in reports}) == 1
        assert all(row["remark"] for row in reports)

    def test_no_judgement_exceeds_the_spread(self, files: SimulatedFiles) -> None:
        """Judgements of one aspect lie one level apart at most, and sometimes do."""
        given = defaultdict(list)
        for row in ratings(files):
            if row["aspect"].startswith("J"):
                given[row["candidate_id"], row["aspect"]].append(int(row["value"]))
        assert {max(values) - min(values) for values in given.values()} == {0, 1}

    def test_one_assessor_is_a_little_severe(self, files: SimulatedFiles) -> None:
        """The second of the panel counts more faults and judges lower than the third."""
        sums: dict[tuple[str, str], int] = defaultdict(int)
        for row in ratings(files):
            if row["aspect"][0] in "DJ" and row["candidate_id"] not in TRAINED:
                sums[row["assessor"], row["aspect"][0]] += int(row["value"])
        assert sums["wang-min", "D"] > sums["li-qiang", "D"]
        assert sums["wang-min", "J"] < sums["li-qiang", "J"]

    def test_acting_person_rates_only_where_others_are_too_few(self, context: Context, tmp_path: Path) -> None:
        """An administrator who is an assessor too stands last in line."""
        config = context.workspace.config
        people = tuple(
            replace(one, roles=("administrator", "assessor")) if one.id == "chen-li" else one for one in config.people
        )
        workspace = replace(context.workspace, config=replace(config, people=people))
        files = simulate_sitting(replace(context, workspace=workspace, actor="chen-li"), SITTING, tmp_path)
        by_chen = {row["candidate_id"] for row in ratings(files) if row["assessor"] == "chen-li"}
        assert by_chen == set(TRAINED)

    def test_ids_are_made_up_where_nobody_is_declared(self, context: Context, tmp_path: Path) -> None:
        """A workspace without people gets three assessors all the same."""
        nobody = replace(context.workspace, config=replace(context.workspace.config, people=()))
        files = simulate_sitting(replace(context, workspace=nobody), SITTING, tmp_path)
        assert [path.name for path in files.ratings] == [f"ratings-assessor-{n}.csv" for n in (1, 2, 3)]


class TestGrading:
    """What grading makes of them."""

    def test_only_the_bad_row_is_set_aside(self, context: Context, files: SimulatedFiles) -> None:
        """Twelve papers are graded, one row is not, and the reason is its paper."""
        assert files.responses is not None
        run = grade_written(context, SITTING, [files.responses], dry_run=True)
        assert (run.graded, run.waiting, [finding.code for finding in run.set_aside]) == (
            12,
            0,
            ["response/unknown-paper"],
        )

    def test_nothing_is_unreadable(self, graded: Context) -> None:
        """Every answer is read as what it was meant to be."""
        with graded.reading() as connection:
            states = {one.state for sheet, _ in latest_written(connection, SITTING) for one in sheet.responses}
        assert states == {ResponseState.GIVEN, ResponseState.BLANK, ResponseState.MULTIPLE_MARKED}

    def test_every_entry_is_taken(self, context: Context, files: SimulatedFiles) -> None:
        """No rating is set aside, and nobody waits for one."""
        run = grade_practical(context, SITTING, files.ratings, dry_run=True)
        assert (run.graded, run.waiting, run.set_aside) == (12, 0, ())

    def test_three_in_four_pass_and_each_way_to_fail_is_there(self, graded: Context) -> None:
        """Nine pass; one fails in theory alone, one in practice, one by veto alone; nothing is pending."""
        _, decisions = decide_sitting(replace(graded, actor="zhao-ting"), SITTING, dry_run=True)
        failed = [one for one in decisions if one.outcome == "failed"]
        ways = sorted(tuple(step.holds for step in one.derivation.steps) for one in failed)
        assert [one.outcome for one in decisions].count("passed") == 9
        assert ways == [(False, True, True), (True, False, True), (True, True, False)]


class TestRefusals:
    """When nothing is simulated."""

    def test_unsealed_sitting(self, context: Context, tmp_path: Path) -> None:
        """Without papers there is nothing to answer."""
        with pytest.raises(Refused) as refused:
            simulate_sitting(context, "later", tmp_path)
        assert refused.value.code == "sitting/not-sealed"

    def test_unknown_sitting(self, context: Context, tmp_path: Path) -> None:
        """A sitting that does not exist is not found."""
        with pytest.raises(NotFound):
            simulate_sitting(context, "nowhere", tmp_path)

    def test_somebody_who_is_no_administrator(self, context: Context, tmp_path: Path) -> None:
        """The file tells much of the keys, so an assessor does not get it."""
        with pytest.raises(Refused):
            simulate_sitting(replace(context, actor="li-qiang"), SITTING, tmp_path)

    @pytest.mark.parametrize("share", [Fraction(-1, 10), Fraction(1)])
    def test_absence_that_is_no_share(self, context: Context, tmp_path: Path, share: Fraction) -> None:
        """Fewer than none, or everybody."""
        with pytest.raises(UsageError):
            simulate_sitting(context, SITTING, tmp_path, share_absent=share)


class TestTables:
    """The two tables cover every kind."""

    def test_every_answer_form_has_a_wrong_answer(self) -> None:
        """A new answer form does not go without."""
        assert set(WRONG_ANSWERS) == set(AnswerForm)

    def test_every_kind_of_aspect_has_entries_to_try(self) -> None:
        """A new kind of aspect does not go without, whatever its rule, unless nobody enters anything on it."""
        asked = [sample.aspect for kind in aspects.KINDS for sample in kind.samples() if kind.ask(sample.aspect)]

        assert set(TRIALS) == {aspect.kind for aspect in asked}
        assert all(len(_ladder(aspect)) > 1 for aspect in asked if aspect.marks)

    @pytest.mark.parametrize("kind", items.KINDS, ids=lambda kind: kind.id)
    def test_right_answers_earn_everything_and_wrong_ones_nothing(self, kind: ItemKind) -> None:
        """What is meant as right or wrong is so by the kind's own judgement, whatever the draw; or people judge it."""
        sample = kind.samples()[0]
        asked = Asked(
            item=Item(id="I", kind=kind.id, area="A", level="L", content=sample.content, author="a"),
            kind=kind,
            variant=sample.variant,
            presented=kind.present(sample.content, sample.variant),
            policy="all_or_nothing",
        )
        right = asked.read(asked.right)
        mark = kind.mark(sample.content, sample.variant, right, "all_or_nothing")
        assert mark.share == 1 or (mark.open is not None and kind.id == "essay")
        for n in range(20):
            wrong = WRONG_ANSWERS[asked.form](asked, KeyedDraw(bytes(32), (str(n),)))
            assert asked.earns_nothing(wrong)
