"""What a blueprint can draw from: units by cell, their conflicts, and who is left out."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from certengine.assembly.pool import Pool, Unit, micro, section_keys, units_of, why_not
from certengine.model.bank import Item, ItemCalibration, ItemStatus, Stimulus
from certengine.model.scheme import Cell, DifficultyBand, MinutesRange, Section
from tests.simulator import WORLD, item, published, section, text, written

KNOW = ("single_choice", "A", "know")
ONE = written(section("s", "single_choice", "1", ("A", "know", 1)))


def pool(*items: Item, stimuli: tuple[Stimulus, ...] = ()) -> Pool:
    """The pool of a blueprint of one cell, and of sets of two."""
    sets = Section(
        id="sets",
        title=text("sets"),
        kind="stimulus_set",
        marks=Decimal(1),
        cells=(Cell(area="A", level="apply", count=1),),
        set_size=2,
    )
    component = replace(ONE, sections=(*ONE.sections, sets))
    return Pool.of(component, replace(published(items).contents, stimuli=stimuli))


def ids(of: Pool, key: tuple[str, str, str] = KNOW) -> list[str]:
    """The units of a cell."""
    return [of.units[unit].id for unit in of.in_cell(key)]


def case(name: str) -> Stimulus:
    """A case of area A to apply."""
    return Stimulus(id=name, area="A", level="apply", text=text(name))


def test_pool_holds_active_items_by_cell() -> None:
    """The pool has the active items of each wanted cell, in the order of their ids, and no other cell."""
    found = pool(item("b"), item("a"), item("c", status=ItemStatus.PILOT), item("d", area="B"))

    assert ["a", "b"] == ids(found)
    assert [] == ids(found, ("single_choice", "B", "know"))


def test_a_set_is_one_unit_in_the_order_of_the_bank() -> None:
    """The active items of a stimulus are one unit of the stimulus's cell, and nothing by themselves."""
    items = [item("z", stimulus="s"), item("a", stimulus="s"), item("b", stimulus="s", status=ItemStatus.RETIRED)]
    found = pool(*items, stimuli=(case("s"),))

    (unit,) = found.units
    assert (("stimulus", "s"), ("z", "a")) == (unit.label, tuple(one.id for one in unit.items))
    assert ("stimulus_set of 2", "A", "apply") == unit.key
    assert [] == ids(found)


def test_a_set_of_another_size_is_left_out() -> None:
    """A section takes sets of its own size only; a stimulus without items is of no use."""
    found = pool(item("a", stimulus="s"), stimuli=(case("s"), case("empty")))

    assert () == found.units


def test_conflicts_go_both_ways() -> None:
    """An enemy is one whichever side names it; items of one point are enemies of each other."""
    found = pool(item("a", enemies=("b",)), item("b"), item("c", point="p"), item("d", point="p"), item("e", point="q"))
    offsets, indexes = found.neighbours()

    near = {
        unit.id: [found.units[other].id for other in indexes[offsets[n] : offsets[n + 1]]]
        for n, unit in enumerate(found.units)
    }
    assert {"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c"], "e": []} == near
    assert [("enemies", (0, 1)), ("one item of a point", (2, 3))] == list(found.cliques)


def test_enemies_of_a_member_are_enemies_of_the_set() -> None:
    """A set may not stand beside the enemy of one of its items, nor beside an item of the same point."""
    items = [
        item("a", enemies=("x",)),
        item("s1", stimulus="s", enemies=("y",), point="p"),
        item("s2", stimulus="s"),
        item("x"),
        item("y"),
        item("z", point="p"),
    ]
    found = pool(*items, stimuli=(case("s"),))

    pairs = {(why, *(found.units[unit].id for unit in members)) for why, members in found.cliques}
    assert {("enemies", "a", "x"), ("enemies", "y", "s"), ("one item of a point", "z", "s")} == pairs


def test_unknown_and_own_enemies_are_no_conflict() -> None:
    """An enemy that is not drawn, and an item that names itself, bar nothing."""
    assert () == pool(item("a", enemies=("a", "ghost")), item("b")).cliques


def unit(*items: Item) -> Unit:
    """A set of items."""
    return Unit(label=("stimulus", "s"), key=KNOW, items=items)


def test_a_set_at_odds_with_itself_is_left_out() -> None:
    """Enemies or one point within a set would break a rule on every paper."""
    assert why_not(unit(item("a"), item("b", point="p")), ONE) is None
    assert "with enemies within the set" == why_not(unit(item("a"), item("b", enemies=("a",))), ONE)
    assert "with enemies within the set" == why_not(unit(item("a", point="p"), item("b", point="p")), ONE)


def test_what_lacks_a_number_that_a_rule_needs_is_left_out() -> None:
    """Without difficulty, minutes or calibration an item cannot be counted; without the rule it need not be."""
    known, unknown = item("a", difficulty=Decimal("0.5"), minutes=Decimal(1)), item("b")
    band = replace(ONE, difficulty=DifficultyBand(mean=Decimal("0.5"), tolerance=Decimal("0.1")))
    timed = replace(ONE, expected_minutes=MinutesRange(max=Decimal(9)))
    scaled = replace(ONE, cut_ability=Decimal(0))
    placed = item("c", calibration=ItemCalibration(discrimination=Decimal(1), location=Decimal(0)))

    assert [None, "without difficulty"] == [why_not(unit(one), band) for one in (known, unknown)]
    assert [None, "without minutes"] == [why_not(unit(one), timed) for one in (known, unknown)]
    assert [None, "without calibration"] == [why_not(unit(one), scaled) for one in (placed, unknown)]


def test_units_are_all_there_are() -> None:
    """Every active item of the simulator's bank is a unit."""
    assert {one.id for one in WORLD.items} == {one.id for one in units_of(WORLD.bank.contents)}


def test_numbers_are_read_in_millionths() -> None:
    """To six decimals, half to even; nothing is nothing."""
    assert [0, 650_000, 0, 2] == [
        micro(None),
        micro(Decimal("0.65")),
        micro(Decimal("0.0000005")),
        micro(Decimal("0.0000015")),
    ]


def test_cells_of_a_section() -> None:
    """A section of sets names its size in the kind of its cells."""
    assert (KNOW,) == section_keys(ONE.sections[0])
