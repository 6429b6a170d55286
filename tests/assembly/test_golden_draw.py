"""The draw is pinned for ever: fixed inputs, exact papers, and a second implementation from the description alone.

The second implementation (:mod:`tests.assembly.naive_draw`) uses nothing of the engine and no NumPy: it is what anyone
would write who was given the seed, the published bank and ``docs/the-draw.md``.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from certengine.assembly.commitment import commitment, paper_digests
from certengine.assembly.draw import draw_papers, draw_task
from certengine.assembly.keyed import ALGORITHM
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.numeric import NumericContent, Tolerance
from certengine.items.options import Option
from certengine.items.parameters import Parameter
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent
from certengine.model.bank import Bank, Importance, ItemStatus, Stimulus
from certengine.model.scheme import (
    Cell,
    DifficultyBand,
    ImportanceShares,
    MinutesRange,
    PanelRule,
    PracticalComponent,
    Section,
    Share,
    WrittenComponent,
)
from certengine.model.sitting import Candidate, Paper, Sitting, TaskAssignment
from tests.assembly.naive_draw import Naive, Scope, canonical
from tests.simulator import NOW, item, published, task, text

Data = dict[str, Any]
VECTORS = Path(__file__).parents[1] / "vectors" / "draw.json"
GOLDEN: Data = json.loads(VECTORS.read_text(encoding="utf-8"))
SEED = bytes.fromhex(GOLDEN["seed"])
CANDIDATES: tuple[str, ...] = tuple(GOLDEN["sitting"]["candidates"])
SEEN = {one: tuple(map(tuple, pairs)) for one, pairs in GOLDEN["sitting"]["seen"].items()}


# The engine's draw


def _content(data: Data) -> Any:
    kind, stem = data["kind"], text(data["id"])
    options = tuple(
        Option(id=one.removeprefix("!"), text=text(one), pin="last" if one.startswith("!") else None)
        for one in data.get("options", ())
    )
    if kind == "single_choice":
        return SingleChoiceContent(stem=stem, options=options, key=data["key"])
    if kind == "multiple_response":
        return MultipleResponseContent(stem=stem, options=options, key=tuple(data["key"]))
    if kind == "true_false":
        return TrueFalseContent(stem=stem, key=data["key"])
    return NumericContent(
        stem=stem,
        parameters={name: _parameter(given) for name, given in data["parameters"].items()},
        where=data["where"],
        key=data["key"],
        tolerance=Tolerance(exact=True),
    )


def _parameter(given: list[str] | dict[str, str]) -> Parameter:
    if isinstance(given, list):
        return Parameter(values=tuple(map(Decimal, given)))
    return Parameter(**{name: Decimal(value) for name, value in given.items()})


def _bank() -> Bank:
    data = GOLDEN["bank"]
    items = [
        item(
            one["id"],
            one["kind"],
            one["area"],
            one["level"],
            content=_content(one),
            status=ItemStatus(one.get("status", "active")),
            importance=Importance(one.get("importance", "X")),
            difficulty=Decimal(one["difficulty"]),
            minutes=Decimal(one["minutes"]),
            enemies=tuple(one.get("enemies", ())),
            point=one.get("point"),
            stimulus=one.get("stimulus"),
        )
        for one in data["items"]
    ]
    stimuli = tuple(Stimulus(**one, text=text(one["id"])) for one in data["stimuli"])
    bank = published(items)
    return replace(
        bank,
        contents=replace(bank.contents, id=data["id"], stimuli=stimuli),
        version=data["version"],
        digest=data["digest"],
        item_digests=tuple((one["id"], one["digest"]) for one in data["items"]),
    )


def _component() -> WrittenComponent:
    data = GOLDEN["component"]
    sections = tuple(
        Section(
            id=one["id"],
            title=text(one["id"]),
            kind=one["kind"],
            marks=Decimal(one["marks"]),
            cells=tuple(Cell(**cell) for cell in one["cells"]),
            items=one.get("items"),
            set_size=one.get("set_size"),
        )
        for one in data["sections"]
    )
    return WrittenComponent(
        id=data["id"],
        title=text("theory"),
        bank=GOLDEN["bank"]["id"],
        minutes=60,
        total=sum((section.total for section in sections), start=Decimal(0)),
        sections=sections,
        difficulty=DifficultyBand(**{name: Decimal(value) for name, value in data["difficulty"].items()}),
        expected_minutes=MinutesRange(max=Decimal(data["expected_minutes"]["max"])),
        importance=ImportanceShares(X=Share(min=Decimal(data["importance"]["X"]["min"]))),
    )


def _sitting() -> Sitting:
    data, bank = GOLDEN["sitting"], GOLDEN["bank"]
    return Sitting(
        id=data["id"],
        scheme_id="golden",
        scheme_version=1,
        scheme_digest=data["scheme_digest"],
        banks=((bank["id"], bank["version"], bank["digest"]),),
        candidates=tuple(Candidate(id=one, name="a name") for one in CANDIDATES),
        opened_at=NOW,
        opened_by="an administrator",
    )


def _tasks() -> list[TaskAssignment]:
    component = PracticalComponent(
        id="skill",
        title=text("skill"),
        total=Decimal(100),
        tasks=tuple(task(one) for one in GOLDEN["tasks"]),
        panel=PanelRule(),
    )
    return [draw_task(component, _sitting(), one, seed=SEED) for one in CANDIDATES]


def _plain(paper: Paper) -> Data:
    rows = [[one.position, one.section, one.item, one.item_digest, str(one.marks), one.variant] for one in paper.items]
    return {"id": paper.id, "items": rows}


def drawn(seed: bytes) -> dict[str, Paper]:
    """The engine's papers by candidate."""
    papers = draw_papers(_component(), _bank(), _sitting(), seed=seed, seen=SEEN)
    return {paper.candidate: paper for paper in papers}


PAPERS = drawn(SEED)


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_paper_is_the_golden_one(candidate: str) -> None:
    """Paper id, items, their order and places, option orders and parameter values are exactly those written down."""
    assert GOLDEN["expected"]["papers"][candidate] == _plain(PAPERS[candidate])


def test_paper_names_what_it_was_drawn_from() -> None:
    """A paper pins algorithm, bank version and scheme."""
    paper = PAPERS[CANDIDATES[0]]

    assert (GOLDEN["algorithm"], GOLDEN["bank"]["digest"], 3) == (
        paper.algorithm,
        paper.bank_digest,
        paper.bank_version,
    )
    assert GOLDEN["algorithm"] == ALGORITHM


def test_tasks_are_the_golden_ones() -> None:
    """The lot gives each candidate the task written down."""
    assert GOLDEN["expected"]["tasks"] == {one.candidate: one.task for one in _tasks()}


def test_commitment_is_the_golden_one() -> None:
    """The published commitment is the digest written down."""
    papers = paper_digests(PAPERS.values())

    assert GOLDEN["expected"]["commitment"] == commitment(_sitting(), SEED, seen=SEEN, papers=papers, tasks=_tasks())


# The second implementation, from the description

NAIVE = Naive(GOLDEN)


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_anyone_can_draw_the_same_paper(candidate: str) -> None:
    """Whoever has seed, bank and the description draws the same paper with a standard library and AES."""
    assert GOLDEN["expected"]["papers"][candidate] == NAIVE.written(candidate)


@pytest.mark.parametrize("number", range(8))
def test_both_agree_under_other_seeds(number: int) -> None:
    """Whatever the seed, the two implementations draw the same papers."""
    seed = hashlib.sha256(f"seed {number}".encode()).digest()
    again = Naive({**GOLDEN, "seed": seed.hex()})

    assert {one: _plain(paper) for one, paper in drawn(seed).items()} == {one: again.written(one) for one in CANDIDATES}


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_anyone_can_draw_the_same_task(candidate: str) -> None:
    """The first in the keyed order of the tasks."""
    scope = Scope(SEED, GOLDEN["sitting"]["id"], "skill", candidate)

    assert GOLDEN["expected"]["tasks"][candidate] == scope.order(GOLDEN["tasks"], "task")[0]


def test_anyone_can_check_the_commitment() -> None:
    """The commitment is SHA-256 over the canonical JSON of what it binds."""
    bank = GOLDEN["bank"]

    def digest(value: object) -> str:
        return "sha256:" + hashlib.sha256(canonical(value)).hexdigest()

    bound = {
        "algorithm": GOLDEN["algorithm"],
        "banks": [{"id": bank["id"], "version": bank["version"], "digest": bank["digest"]}],
        "candidates": sorted([one, ""] for one in CANDIDATES),
        "papers": digest(sorted(paper_digests(PAPERS.values()))),
        "scheme": GOLDEN["sitting"]["scheme_digest"],
        "seed": GOLDEN["seed"],
        "seen": {one: sorted(pairs) for one, pairs in GOLDEN["sitting"]["seen"].items()},
        "sitting": GOLDEN["sitting"]["id"],
        "tasks": digest(sorted([one, "skill", given] for one, given in GOLDEN["expected"]["tasks"].items())),
    }

    assert GOLDEN["expected"]["commitment"] == digest(bound)


def test_golden_draw_tries_every_rule() -> None:
    """The pinned papers show what they should pin: differing items, values and tasks; repaired, evened out, fresh."""
    papers = list(GOLDEN["expected"]["papers"].values())
    used = [row[2] for paper in papers for row in paper["items"]]

    assert len(papers) == len({tuple(row[2] for row in paper["items"]) for paper in papers})
    assert 1 < len({json.dumps([row[5] for row in paper["items"] if row[2].startswith("NU")]) for paper in papers})
    assert 1 < len(set(GOLDEN["expected"]["tasks"].values()))
    assert {"CASE-1a", "CASE-2a"} <= set(used)
    assert NAIVE.exchanged
    assert NAIVE.repaired
