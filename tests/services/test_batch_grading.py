"""Grading in bulk from beginning to end: the same scores as ``grade written``, doubtful rows aside, nothing decided."""

from __future__ import annotations

import csv
import json
import shutil
import stat
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from certengine.errors import NotFound, Refused
from certengine.services.banks import publish_bank
from certengine.services.batch_grading import BatchRun, grade_batch
from certengine.services.context import Context
from certengine.services.grading import grade_written
from certengine.services.setting_up import init_workspace
from certengine.services.sittings import open_sitting, seal_sitting
from certengine.store import audit
from certengine.store.gradings import latest_written
from tests.cli.running import certengine
from tests.services.small_world import ACADEMY, BANK, CANDIDATES, ROSTER, SCHEME, SITTING, acting, papers, right_answers

pytestmark = pytest.mark.slow

COLUMNS = ("q1", "q2", "q3", "q4", "q5")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed sitting in which everybody has the same form, and one (``own``) in which everybody has another paper."""
    root = tmp_path_factory.mktemp("batch") / "ws"
    init_workspace(root, sample=False)
    for name in ("question_banks", "rubrics"):
        shutil.copytree(ACADEMY / name, root / name, dirs_exist_ok=True)
    shutil.copy(ACADEMY / "certengine.toml", root)
    (root / "roster.csv").write_text(ROSTER, encoding="utf-8")
    scheme = root / "rubrics" / SCHEME / "scheme.yaml"
    with acting(root) as context:
        publish_bank(context, BANK, reason="first")
        open_sitting(context, SCHEME, root / "roster.csv", sitting_id="own")
        seal_sitting(context, "own")
    scheme.write_text(
        scheme.read_text("utf-8").replace("    minutes: 30\n", "    minutes: 30\n    forms: one\n    retakers: any\n"),
        "utf-8",
    )
    with acting(root) as context:
        open_sitting(context, SCHEME, root / "roster.csv", sitting_id=SITTING)
        seal_sitting(context, SITTING)
    return root


@pytest.fixture
def context(root: Path, tmp_path: Path) -> Iterator[Context]:
    """A copy of it, acted in."""
    shutil.copytree(root, tmp_path / "ws")
    with acting(tmp_path / "ws") as context:
        yield context


def right(context: Context) -> list[str]:
    """The right answers of the form."""
    answers = next(iter(right_answers(context).values()))
    return [answers[column] for column in COLUMNS]


def wide(path: Path, *rows: tuple[str, list[str]]) -> Path:
    """A wide file."""
    lines = [",".join(("candidate_id", *COLUMNS)), *(",".join((who, *answers)) for who, answers in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def scores(run: BatchRun) -> dict[str, str]:
    """The file of scores, by candidate."""
    with run.files[0].open(encoding="utf-8-sig", newline="") as stream:
        return {row["candidate_id"]: row["score"] for row in csv.DictReader(stream)}


def test_scores_are_those_of_grade_written(context: Context, tmp_path: Path) -> None:
    """Right, wrong, blank and odd answers of six candidates come to the marks that the sitting's own grading gives them."""
    key = right(context)
    answers = dict(
        zip(
            CANDIDATES,
            (key, [*key[:4], "x"], [""] * 5, ["A", "B", "A", "AC", "1"], [f" {one} " for one in key], ["*"] * 5),
            strict=True,
        )
    )
    own = {paper.candidate: paper.id for paper in papers(context)}
    named = tmp_path / "named.csv"
    lines = [",".join(("candidate_id", "paper_id", *COLUMNS))]
    lines += [",".join((who, own[who], *row)) for who, row in answers.items()]
    named.write_text("\n".join(lines), encoding="utf-8")

    run = grade_batch(context, SITTING, [wide(tmp_path / "wide.csv", *answers.items())], tmp_path / "out")
    grade_written(context, SITTING, [named])

    with context.reading() as connection:
        graded = {report.candidate: str(report.score) for _, report in latest_written(connection, SITTING)}
    assert graded == scores(run)
    assert (6, ()) == (run.graded, run.set_aside)


def test_nothing_is_decided_and_the_act_is_written_down(context: Context, tmp_path: Path) -> None:
    """The database holds no score of it, only who did it, with which files."""
    path = wide(tmp_path / "wide.csv", ("P1", right(context)))

    grade_batch(context, SITTING, [path], tmp_path / "out")

    with context.reading() as connection:
        assert latest_written(connection, SITTING) == ()
        act = next(one for one in audit.acts(connection, 9) if one.action == "grade.batch")
    assert (act.subject, act.details["graded"]) == (SITTING, 1)
    assert str(act.details["files"]["wide.csv"]).startswith("sha256:")  # type: ignore[index, call-overload]


def test_doubtful_candidates_are_set_aside_with_every_row(context: Context, tmp_path: Path) -> None:
    """Who stands twice, in one file or in two, or whose other row is damaged, is not graded; statistics leave them out."""
    key = right(context)
    wrong = ["D", "D", "D", "D", "D"]
    first = wide(tmp_path / "a.csv", ("P1", key), ("P2", wrong), ("P3", key), ("P2", key), ("P4", wrong), ("P5", key))
    second = wide(tmp_path / "b.csv", ("P3", wrong), ("P6", key), ("P4", ["A"]))

    run = grade_batch(context, SITTING, [first, second], tmp_path / "out")

    full = "100"
    assert {"P1": full, "P5": full, "P6": full} == scores(run)
    found = Counter((one.code, Path(one.place.source).name, one.place.line) for one in run.set_aside if one.place)
    assert found == Counter(
        [
            ("batch/candidate-twice", "a.csv", 3),
            ("batch/candidate-twice", "a.csv", 5),
            ("batch/candidate-twice", "a.csv", 4),
            ("batch/candidate-twice", "b.csv", 2),
            ("batch/candidate-twice", "a.csv", 6),
            ("table/ragged-row", "b.csv", 4),
        ]
    )
    document = json.loads((tmp_path / "out" / "item-analysis.json").read_text("utf-8"))
    assert {3} == {item["n"] for item in document["written"][0]["items"]}
    assert {1.0} == {item["p"] for item in document["written"][0]["items"]}
    with (tmp_path / "out" / "set-aside.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 6


def test_files_are_private_and_name_every_table(context: Context, tmp_path: Path) -> None:
    """Scores name candidates, so only their owner reads them; page, tables and document are there."""
    run = grade_batch(context, SITTING, [wide(tmp_path / "w.csv", ("P1", right(context)))], tmp_path / "out")

    names = {str(path.relative_to(tmp_path / "out")) for path in run.files}
    assert names == {
        "scores.csv", "item-analysis.html", "item-analysis.csv", "item-analysis.json",
        "tables/options.csv", "tables/forms.csv", "tables/sections.csv",
    }  # fmt: skip
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in run.files}


def test_dry_run_writes_nothing(context: Context, tmp_path: Path) -> None:
    """The plan says what would be graded and what set aside; no file, no act."""
    path = wide(tmp_path / "w.csv", ("P1", right(context)), ("", right(context)))

    run = grade_batch(context, SITTING, [path], tmp_path / "out", dry_run=True)

    assert (1, 1, ()) == (run.graded, len(run.set_aside), run.files)
    assert not (tmp_path / "out").exists()
    with context.reading() as connection:
        assert "grade.batch" not in {one.action for one in audit.acts(connection, 99)}


def test_an_earlier_list_of_rows_set_aside_goes(context: Context, tmp_path: Path) -> None:
    """Graded again into the same folder when the rows are mended, no row is said to be set aside."""
    grade_batch(context, SITTING, [wide(tmp_path / "w.csv", ("", right(context)))], tmp_path / "out")
    assert (tmp_path / "out" / "set-aside.csv").is_file()

    grade_batch(context, SITTING, [wide(tmp_path / "w.csv", ("P1", right(context)))], tmp_path / "out")

    assert not (tmp_path / "out" / "set-aside.csv").exists()


class TestWhatIsRefused:
    """A sitting that cannot be graded so says why, and which command does it."""

    def test_papers_of_their_own(self, context: Context, tmp_path: Path) -> None:
        """Where each candidate has another paper there is no one key."""
        with pytest.raises(Refused) as refused:
            grade_batch(context, "own", [], tmp_path)
        assert refused.value.code == "batch/no-shared-form"
        assert "grade written" in (refused.value.hint or "")

    def test_no_such_component(self, context: Context, tmp_path: Path) -> None:
        """A component that the scheme has not is not found."""
        with pytest.raises(NotFound):
            grade_batch(context, SITTING, [], tmp_path, component="nothing")

    def test_no_such_file(self, context: Context, tmp_path: Path) -> None:
        """A file that is not there is not found, and no folder is made."""
        with pytest.raises(NotFound):
            grade_batch(context, SITTING, [tmp_path / "none.csv"], tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_command(context: Context, tmp_path: Path) -> None:
    """The clerk sees each row set aside with its reason and one summary line; exit code 1, as part of the batch failed."""
    path = wide(tmp_path / "w.csv", ("P1", right(context)), ("P2", ["A"]))
    words = ("grade", "batch", SITTING, path, "-o", tmp_path / "out", "--as", "admin")

    ran = certengine(*words, cwd=context.workspace.root)
    as_json = certengine(*words, "--json", cwd=context.workspace.root)

    assert (1, "graded 1 row, set aside 1 row") == (ran.code, ran.out.splitlines()[0])
    assert "w.csv:3: the row has 2 cells, the header has 6 [table/ragged-row]" in ran.err
    assert ("certengine.batch/1", 1, 1) == (
        as_json.document["schema"],
        as_json.document["graded"],
        len(as_json.document["set_aside"]),
    )


def test_many_rows_set_aside_are_counted_not_all_shown(context: Context, tmp_path: Path) -> None:
    """A file with hundreds of bad rows does not flood the terminal; the file beside the scores names them all."""
    path = wide(tmp_path / "w.csv", *((f"P{n}", ["A"]) for n in range(50)))

    ran = certengine(
        "grade", "batch", SITTING, path, "-o", tmp_path / "out", "--as", "admin", cwd=context.workspace.root
    )

    assert "... and 30 more rows, all of them in set-aside.csv" in ran.err
    assert ran.err.count("[table/ragged-row]") == 20
