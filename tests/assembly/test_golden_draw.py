"""The draw is pinned for ever: fixed inputs, exact papers, and a second implementation from the description alone.

The second implementation uses nothing of the engine: HMAC-SHA256 over JSON, as anyone would write it who was given the
seed, the published bank and the description of the algorithm.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from certengine.assembly.draw import draw_papers, draw_task
from certengine.assembly.keyed import ALGORITHM, commitment
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.numeric import NumericContent, Tolerance
from certengine.items.options import Option
from certengine.items.parameters import Parameter
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent
from certengine.model.bank import Bank, Item
from certengine.model.scheme import PanelRule, PracticalComponent, WrittenComponent
from certengine.model.sitting import Candidate, Paper, Sitting
from tests.simulator import NOW, item, published, section, task, text, written

Data = dict[str, Any]
GOLDEN: Data = json.loads((Path(__file__).parents[1] / "vectors" / "draw.json").read_text(encoding="utf-8"))
SEED = bytes.fromhex(GOLDEN["seed"])
CANDIDATES: tuple[str, ...] = tuple(GOLDEN["sitting"]["candidates"])


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
    items: list[Item] = [
        item(
            one["id"],
            one["kind"],
            one["area"],
            one["level"],
            content=_content(one),
            enemies=tuple(one.get("enemies", ())),
            point=one.get("point"),
        )
        for one in data["items"]
    ]
    draft = replace(published(items).contents, id=data["id"])
    return replace(
        published(items),
        contents=draft,
        version=data["version"],
        digest=data["digest"],
        item_digests=tuple((one["id"], one["digest"]) for one in data["items"]),
    )


def _component() -> WrittenComponent:
    parts = (
        section(one["id"], one["kind"], one["marks"], *(tuple(cell) for cell in one["cells"]))
        for one in GOLDEN["component"]["sections"]
    )
    return written(*parts, id=GOLDEN["component"]["id"], bank=GOLDEN["bank"]["id"])


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


def _plain(paper: Paper) -> Data:
    rows = [[one.position, one.section, one.item, one.item_digest, str(one.marks), one.variant] for one in paper.items]
    return {"id": paper.id, "items": rows}


PAPERS = {paper.candidate: paper for paper in draw_papers(_component(), _bank(), _sitting(), seed=SEED)}


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
    component = PracticalComponent(
        id="skill",
        title=text("skill"),
        total=Decimal(100),
        tasks=tuple(task(one) for one in GOLDEN["tasks"]),
        panel=PanelRule(),
    )

    drawn = {one: draw_task(component, _sitting(), one, seed=SEED).task for one in CANDIDATES}

    assert GOLDEN["expected"]["tasks"] == drawn


def test_commitment_is_the_golden_one() -> None:
    """The published commitment is the digest written down."""
    assert GOLDEN["expected"]["commitment"] == commitment(_sitting(), SEED)


# The second implementation, from the description


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def _number(*labels: object) -> int:
    message = _json([GOLDEN["algorithm"], GOLDEN["sitting"]["id"], *labels])
    return int.from_bytes(hmac.new(SEED, message, hashlib.sha256).digest(), "big")


def _in_order(ids: Iterable[str], *scope: str) -> list[str]:
    return sorted(ids, key=lambda one: _number(*scope, one, 0))


def _may_meet(one: Data, other: Data) -> bool:
    enemies = one["id"] in other.get("enemies", ()) or other["id"] in one.get("enemies", ())
    return not enemies and (one.get("point") is None or one.get("point") != other.get("point"))


def _second_choice(candidate: str) -> dict[str, list[Data]]:
    """Items by section; for this bank no choice ever has to be taken back."""
    taken: dict[str, list[Data]] = {}
    for part in GOLDEN["component"]["sections"]:
        for area, level, count in part["cells"]:
            cell = {
                one["id"]: one
                for one in GOLDEN["bank"]["items"]
                if (one["kind"], one["area"], one["level"]) == (part["kind"], area, level)
            }
            label = f"cell|{part['id']}|{part['kind']}|{area}|{level}"
            for one in _in_order(cell, "theory", candidate, label):
                already = [other for items in taken.values() for other in items]
                if len(taken.setdefault(part["id"], [])) < count and all(
                    cell[one]["id"] != other["id"] and _may_meet(cell[one], other) for other in already
                ):
                    taken[part["id"]].append(cell[one])
            assert len(taken[part["id"]]) == count
    return taken


def _second_variant(data: Data, candidate: str) -> Data:
    scope = ("theory", candidate, "item", data["id"])
    if "options" in data:
        last = [one[1:] for one in data["options"] if one.startswith("!")]
        free = [one for one in data["options"] if not one.startswith("!")]
        return {"options": [*_in_order(free, *scope, "options"), *last]}
    if "parameters" not in data:
        return {}
    attempt = 0
    while True:
        values = {name: _second_value(given, name, attempt, scope) for name, given in data["parameters"].items()}
        if data["where"] is None or values["U"] * values["I"] > 100:
            return {"parameters": {name: f"{float(value):g}" for name, value in values.items()}}
        attempt += 1


def _second_value(given: list[str] | Mapping[str, str], name: str, attempt: int, scope: tuple[str, ...]) -> Fraction:
    number = _number(*scope, f"parameter|{name}|{attempt}", 0)
    if isinstance(given, list):
        return Fraction(given[number % len(given)])
    count = (Fraction(given["max"]) - Fraction(given["min"])) / Fraction(given["step"]) + 1
    return Fraction(given["min"]) + number % int(count) * Fraction(given["step"])


def _second_paper(candidate: str) -> Data:
    rows: list[list[Any]] = []
    chosen = _second_choice(candidate)
    for part in GOLDEN["component"]["sections"]:
        by_id = {one["id"]: one for one in chosen[part["id"]]}
        for item_id in _in_order(by_id, "theory", candidate, f"order|{part['id']}"):
            variant = _second_variant(by_id[item_id], candidate)
            rows.append([len(rows) + 1, part["id"], item_id, by_id[item_id]["digest"], part["marks"], variant])
    number = _number("theory", candidate, "paper-id", 0)
    letters = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> 5 * place & 31] for place in range(8))
    return {"id": f"{letters[:4]}-{letters[4:]}", "items": rows}


@pytest.mark.parametrize("candidate", CANDIDATES)
def test_anyone_can_draw_the_same_paper(candidate: str) -> None:
    """Whoever has seed, bank and the description draws the same paper with a standard library."""
    assert GOLDEN["expected"]["papers"][candidate] == _second_paper(candidate)


def test_anyone_can_check_the_commitment() -> None:
    """The commitment is SHA-256 over the canonical JSON of what it binds."""
    bank = GOLDEN["bank"]
    bound = {
        "algorithm": GOLDEN["algorithm"],
        "banks": [{"id": bank["id"], "version": bank["version"], "digest": bank["digest"]}],
        "candidates": sorted(CANDIDATES),
        "scheme": GOLDEN["sitting"]["scheme_digest"],
        "seed": GOLDEN["seed"],
        "sitting": GOLDEN["sitting"]["id"],
    }

    assert GOLDEN["expected"]["commitment"] == "sha256:" + hashlib.sha256(_json(bound)).hexdigest()


def test_golden_draw_tries_every_rule() -> None:
    """The pinned papers show what they should pin: differing items, values and tasks."""
    papers = list(GOLDEN["expected"]["papers"].values())

    assert 1 < len({tuple(row[2] for row in paper["items"]) for paper in papers})
    assert 1 < len({json.dumps([row[5] for row in paper["items"] if row[2].startswith("NU")]) for paper in papers})
    assert 1 < len(set(GOLDEN["expected"]["tasks"].values()))
