"""The independent checker: a sound paper has no breach, and each single breach is caught and named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from certengine.assembly.conformance import breaches
from certengine.model.bank import ItemStatus
from certengine.model.sitting import DrawnItem, Paper
from tests.simulator import WORLD, World, item

PAPER = WORLD.paper()


def with_item(paper: Paper, index: int, **changes: object) -> Paper:
    """The paper with one of its items changed."""
    items = list(paper.items)
    items[index] = replace(items[index], **changes)
    return replace(paper, items=tuple(items))


def as_drawn(world: World, paper: Paper) -> Paper:
    """The paper pinned to the bank of a changed world, as if it had been drawn from it."""
    digests = dict(world.bank.item_digests)
    items = tuple(replace(drawn, item_digest=digests[drawn.item]) for drawn in paper.items)
    return replace(paper, bank_digest=world.bank.digest, items=items)


def spare(prefix: str) -> str:
    """An item of a cell that is not on the paper."""
    on_paper = {drawn.item for drawn in PAPER.items}
    return next(one.id for one in WORLD.items if one.id.startswith(prefix) and one.id not in on_paper)


def swapped(index: int, other: str) -> Paper:
    """The paper with another item at one place, with that item's own digest."""
    return with_item(PAPER, index, item=other, item_digest=dict(WORLD.bank.item_digests)[other])


FIRST, SECOND = PAPER.items[0].item, PAPER.items[1].item

BREACHES: dict[str, tuple[Callable[[], tuple[World, Paper]], str]] = {
    "another-version": (lambda: (WORLD, replace(PAPER, bank_version=2)), "pinned to tiny@2, checked against tiny@1"),
    "another-bank": (lambda: (WORLD, replace(PAPER, bank="other")), "pinned to other@1"),
    "another-digest": (lambda: (WORLD, replace(PAPER, bank_digest="sha256:00")), "pinned to tiny@1"),
    "gap": (lambda: (WORLD, with_item(PAPER, 6, position=8)), "positions do not run from 1"),
    "place-twice": (lambda: (WORLD, with_item(PAPER, 1, position=1)), "positions do not run from 1"),
    "changed-item": (lambda: (WORLD, with_item(PAPER, 0, item_digest="sha256:00")), f"{FIRST} is not active or was"),
    "retired-item": (
        lambda: (world := WORLD.changed(FIRST, status=ItemStatus.RETIRED), as_drawn(world, PAPER)),
        f"{FIRST} is not active",
    ),
    "pilot-item": (
        lambda: (world := WORLD.changed(FIRST, status=ItemStatus.PILOT), as_drawn(world, PAPER)),
        f"{FIRST} is not active",
    ),
    "marks-of-an-item": (lambda: (WORLD, with_item(PAPER, 0, marks=Decimal(2))), f"{FIRST} has another kind or other"),
    "enemies": (
        lambda: (world := WORLD.changed(FIRST, enemies=(SECOND,)), as_drawn(world, PAPER)),
        f"{FIRST} meets its enemy {SECOND}",
    ),
    "one-point": (
        lambda: (world := WORLD.changed(FIRST, point="p").changed(SECOND, point="p"), as_drawn(world, PAPER)),
        "assessment point p stands 2 times",
    ),
    "total": (
        lambda: (replace(WORLD, component=replace(WORLD.component, total=Decimal(99))), PAPER),
        "marks add up to 10.0, the component has 99",
    ),
}  # fmt: skip


def test_sound_paper() -> None:
    """A paper as drawn has no breach."""
    assert () == breaches(PAPER, WORLD.component, WORLD.bank)


@pytest.mark.parametrize("breach", BREACHES)
def test_single_breach(breach: str) -> None:
    """A paper that breaks one rule is caught, and only that rule is named (marks also show in the total)."""
    make, named = BREACHES[breach]
    world, paper = make()

    found = breaches(paper, world.component, world.bank)

    assert [named] == [one[: len(named)] for one in found if not one.startswith("marks add") or breach == "total"]


def test_unknown_item() -> None:
    """An item that the bank does not hold is named, and missing from its cell."""
    found = breaches(with_item(PAPER, 3, item="ghost"), WORLD.component, WORLD.bank)

    assert ("ghost in multiple is not in the bank or the blueprint", "multiple/A/apply has 0 items, needs 1") == found


def test_unknown_section() -> None:
    """A section that the blueprint does not have is named."""
    found = breaches(with_item(PAPER, 3, section="extra"), WORLD.component, WORLD.bank)

    assert f"{PAPER.items[3].item} in extra is not in the bank or the blueprint" == found[0]


def test_item_twice() -> None:
    """An item that stands twice is named."""
    place, twin = (n for n, drawn in enumerate(PAPER.items) if drawn.section == "judge")
    found = breaches(swapped(place, PAPER.items[twin].item), WORLD.component, WORLD.bank)

    assert (f"{PAPER.items[twin].item} stands 2 times",) == found


def test_item_of_another_cell() -> None:
    """An item of another area leaves one cell short and another over."""
    place = next(n for n, drawn in enumerate(PAPER.items) if drawn.item.startswith("sc-a"))
    found = breaches(swapped(place, spare("sc-b")), WORLD.component, WORLD.bank)

    assert ("single/A/know has 1 items, needs 2", "single/B/know has 2 items, needs 1") == found


def test_item_of_another_kind() -> None:
    """An item of another kind is caught though area and level fit."""
    place = next(n for n, drawn in enumerate(PAPER.items) if drawn.section == "judge")
    found = breaches(swapped(place, spare("sc-a")), WORLD.component, WORLD.bank)

    assert (f"{spare('sc-a')} has another kind or other marks than judge",) == found


def test_item_missing() -> None:
    """A paper with an item too few is short of a cell and of marks."""
    found = breaches(replace(PAPER, items=PAPER.items[:-1]), WORLD.component, WORLD.bank)

    assert ("compute/B/apply has 0 items, needs 1", "marks add up to 6.0, the component has 10.0") == found


def test_item_too_many() -> None:
    """A paper with an item too many is over a cell and over its marks."""
    more = DrawnItem(
        position=7,
        section="judge",
        item=spare("tf-a"),
        item_digest=dict(WORLD.bank.item_digests)[spare("tf-a")],
        marks=Decimal("0.5"),
        variant={},
    )
    items = (*PAPER.items[:6], more, replace(PAPER.items[6], position=8))
    found = breaches(replace(PAPER, items=items), WORLD.component, WORLD.bank)

    assert ("judge/A/know has 3 items, needs 2", "marks add up to 10.5, the component has 10.0") == found


def test_empty_paper() -> None:
    """A paper without items is short of everything."""
    assert 6 == len(breaches(replace(PAPER, items=()), WORLD.component, WORLD.bank))


def test_enemy_elsewhere() -> None:
    """An enemy that is not on the paper, and an item that names itself, are no breach."""
    world = WORLD.added(item("far", enemies=(FIRST,))).changed(FIRST, enemies=("far", FIRST))

    assert () == breaches(as_drawn(world, PAPER), world.component, world.bank)
