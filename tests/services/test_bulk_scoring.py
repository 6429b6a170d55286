"""Many papers scored at once come out, byte for byte, as each scored by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certengine.canonical import canonical_bytes
from certengine.model.key_correction import KeyPolicy
from certengine.scoring.written import read_sheet
from certengine.services import bulk_scoring
from certengine.services.bulk_scoring import BulkScorer
from certengine.services.grading import grade_written
from certengine.services.rescoring import rescore
from certengine.services.scripts import load_desk
from certengine.services.sittings import load
from certengine.store import gradings
from certengine.store.sittings import paper_contents
from tests.services.essay_world import SITTING as ESSAYS
from tests.services.essay_world import make_essays
from tests.services.small_world import SITTING, World, acting, papers, sound_responses
from tests.strategies import RAW_RESPONSES

pytestmark = pytest.mark.slow

At = Callable[[str], Path]
ANSWERS = st.dictionaries(
    st.integers(1, 5), RAW_RESPONSES | st.sampled_from(["A", "B", "√", "AB", "40 W", "4?", '"', "\\"])
)


@pytest.fixture(scope="module", params=["as drawn", "corrected"])
def root(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sealed sitting; of the second one an item was dropped and another has full credit."""
    folder = tmp_path_factory.mktemp("bulk")
    root = World(folder / "stages").copy("graded", folder / "academy")
    if request.param == "corrected":
        with acting(root) as context:
            items = [("R1", KeyPolicy.DROP), ("S1", KeyPolicy.FULL_CREDIT)]
            rescore(context, SITTING, items, approver="approver", reason="misprint")
    return root


@given(answers=st.lists(ANSWERS, min_size=6, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_same_bytes_as_one_by_one(root: Path, answers: list[dict[int, str]]) -> None:
    """Whatever was written, sheet and report are the canonical JSON that scoring each paper alone gives."""
    with acting(root) as context:
        loaded = load(context, SITTING)
        with context.reading() as connection:
            desk = load_desk(connection, loaded)
            contents = paper_contents(connection, [one.id for one in papers(context)])
        scorer = BulkScorer(desk)
        for paper, raw in zip(papers(context), answers, strict=True):
            sheet, _ = read_sheet(paper, loaded.banks[paper.bank], raw)
            found = scorer.score(contents[paper.id], raw)

            assert found.responses == canonical_bytes(sheet).decode()
            assert found.report == canonical_bytes(desk.score(paper, sheet)).decode()


def test_what_is_remembered_is_bounded(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers that everybody writes differently are not all kept, and a response that was forgotten is read again."""
    monkeypatch.setattr(bulk_scoring, "_REMEMBERED", 7)
    with acting(root) as context, context.reading() as connection:
        desk = load_desk(connection, load(context, SITTING))
        (contents,) = paper_contents(connection, [papers(context)[0].id]).values()
        sheets = [dict.fromkeys(range(1, 6), str(number)) for number in (1, 2, 3, 1)]
        scorer = BulkScorer(desk)
        found = [scorer.score(contents, sheet) for sheet in sheets]

        assert found == [BulkScorer(desk).score(contents, sheet) for sheet in sheets]
        assert max(len(one) for one in scorer._memories.values()) <= 7  # what is held shows nowhere else


def test_what_is_stored_is_what_is_read(root: Path) -> None:
    """The store reads back the sheets and reports that were put together from parts."""
    with acting(root) as context, context.reading() as connection:
        desk = load_desk(connection, load(context, SITTING))
        by_id = {one.id: one for one in papers(context)}
        latest = gradings.latest_written(connection, SITTING)

        assert len(latest) == 6
        assert all(desk.score(by_id[sheet.paper], sheet) == report for sheet, report in latest)


def test_essays_are_not_scored_in_bulk(at: At) -> None:
    """Where answers wait for people each paper is scored by itself."""
    root = make_essays(at("workspace"))
    with acting(root) as context, context.reading() as connection:
        desk = load_desk(connection, load(context, ESSAYS))
        with pytest.raises(ValueError, match="one by one"):
            BulkScorer(desk)


def test_paper_of_another_bank_version_is_refused(root: Path) -> None:
    """A paper that names another bank version is not scored by this one."""
    with acting(root) as context, context.reading() as connection:
        scorer = BulkScorer(load_desk(connection, load(context, SITTING)))
        paper = papers(context)[0]
        (contents,) = paper_contents(connection, [paper.id]).values()
        with pytest.raises(ValueError, match="bank version"):
            scorer.score(contents.replace('"bank_version":1', '"bank_version":2'), {})


def test_progress_counts_papers(at: At) -> None:
    """Whoever waits sees how many papers are done, also when nothing is written."""
    root = at("sealed")
    seen: list[tuple[int, int]] = []
    with acting(root) as context:
        file = sound_responses(context, root / "r.csv")
        grade_written(context, SITTING, [file], progress=lambda done, total: seen.append((done, total)), dry_run=True)

    assert seen == [(6, 6)]
