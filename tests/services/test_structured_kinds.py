"""Items answered in parts and in words, from the bank through paper, answers and marks to the item analysis."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from certengine.model.sitting import ResponseState
from certengine.services.analysis import analyse_sitting
from certengine.services.banks import publish_bank
from certengine.services.context import Context
from certengine.services.grading import grade_written
from certengine.services.item_preview import preview_item
from certengine.services.simulation import simulate_sitting
from certengine.services.sittings import load, open_sitting, seal_sitting
from certengine.store.gradings import latest_written
from certengine.store.sittings import load_papers
from tests.databases import new_workspace
from tests.services.sealed_world import opened

SITTING = "in-parts"
IDS = tuple(f"E{n:03}" for n in range(1, 13))
SECTIONS = """    sections:
      - {id: match, title: {zh: 匹配题, en: Matching}, kind: matching, marks: 10, policy: per_pair, cells: [
          {area: A4, level: know, count: 1}, {area: A1, level: know, count: 1}, {area: A2, level: know, count: 1}]}
      - {id: order, title: {zh: 排序题, en: Ordering}, kind: ordering, marks: 10, policy: adjacent_pairs, cells: [
          {area: A1, level: apply, count: 1}, {area: A2, level: understand, count: 1}, {area: A3, level: apply, count: 1}]}
      - {id: words, title: {zh: 简答题, en: Short answer}, kind: short_answer, marks: 5, policy: all_or_nothing, cells: [
          {area: A1, level: know, count: 1}, {area: A2, level: know, count: 1}]}
      - {id: gaps, title: {zh: 综合填空题, en: Gap text}, kind: gap_text, marks: 10, policy: per_gap, cells: [
          {area: A3, level: apply, count: 1}, {area: A4, level: apply, count: 1}, {area: A2, level: understand, count: 1}]}
"""


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """The sample academy with a sealed sitting whose paper has only these kinds, answered and graded."""
    root = tmp_path_factory.mktemp("parts") / "ws"
    new_workspace(root, sample=True)
    scheme = root / "rubrics" / "electrician-l3" / "scheme.yaml"
    written = re.sub(
        r"    sections:\n.*?(?=  - id: \"practical\")", SECTIONS, scheme.read_text("utf-8"), flags=re.DOTALL
    )
    scheme.write_text(written, encoding="utf-8")
    roster = root / "roster.csv"
    roster.write_text("candidate_id,name\n" + "".join(f"{one},考生\n" for one in IDS), encoding="utf-8")
    with opened(root) as context:
        publish_bank(context, "industrial-automation", reason="first")
        open_sitting(context, "electrician-l3", roster, sitting_id=SITTING)
        seal_sitting(context, SITTING)
        files = simulate_sitting(context, SITTING, root / "simulated")
        assert files.responses is not None
        grade_written(context, SITTING, [files.responses])
        yield context


def test_bank_draws_them(context: Context) -> None:
    """Every paper has the items of the blueprint, with what varied stored as plain data."""
    kinds = {item.id: item.kind for item in load(context, SITTING).banks["industrial-automation"].contents.items}
    with context.reading() as connection:
        papers = load_papers(connection, SITTING)

    expected = ["matching"] * 3 + ["ordering"] * 3 + ["short_answer"] * 2 + ["gap_text"] * 3
    assert [expected] * len(IDS) == [[kinds[drawn.item] for drawn in paper.items] for paper in papers]
    assert 1 < len({str(paper.items[0].variant) for paper in papers})


def test_invented_answers_are_read(context: Context) -> None:
    """Nothing that people are made to write is unreadable."""
    with context.reading() as connection:
        states = {one.state for sheet, _ in latest_written(connection, SITTING) for one in sheet.responses}

    assert states <= {ResponseState.GIVEN, ResponseState.BLANK}


def test_parts_earn_shares(context: Context) -> None:
    """Partly right answers earn a part of the marks, with a trace that counts the parts."""
    with context.reading() as connection:
        scores = [one for _, report in latest_written(connection, SITTING) for one in report.items]
    for section in ("match", "order", "gaps"):
        shares = {one.earned / Fraction(one.full) for one in scores if one.section == section}
        assert any(0 < share < 1 for share in shares), section
    assert {0, 1} == {one.earned / Fraction(one.full) for one in scores if one.section == "words"}
    assert any("pairs right" in one.reason.best("en") for one in scores)


def test_analysis_has_no_options_for_them(context: Context, tmp_path: Path) -> None:
    """The item analysis gives their difficulty, and no table of options that nobody could tick."""
    analyse_sitting(context, SITTING, tmp_path)
    document = json.loads((tmp_path / "item-analysis.json").read_text("utf-8"))
    items = document["written"][0]["items"]

    assert {"A1-MA-01", "A1-OR-01", "A1-SA-01", "A3-GT-01"} <= {one["item"] for one in items}
    assert [[]] * len(items) == [one["options"] for one in items]


def test_preview_shows_prompts_and_choices(context: Context) -> None:
    """`bank show` prints both sides of a matching, and what each gap offers; nothing of the key unless asked."""
    matching, gaps = (
        list(preview_item(context, "industrial-automation", item, with_key=False).lines())
        for item in ("A4-MA-01", "A2-GT-01")
    )

    assert any(re.fullmatch(r"  \(5\) Function code \d+", line) for line in matching)
    assert any(re.fullmatch(r"  F\. (read|write) .*", line) for line in matching)
    assert any(re.fullmatch(r"  \(1\) A\. .*  B\. .*  C\. .*", line) for line in gaps)
    assert [] == [line for line in matching + gaps if line.startswith("key")]
