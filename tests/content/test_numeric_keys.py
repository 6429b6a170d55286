"""Keys of numeric items, computed a second time by other means: a slip in a formula of a bank shows as a disagreement."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import cache

import pytest

from certengine.items.expression import parse_formula, round_half_up
from certengine.items.numeric import NumericContent
from certengine.items.parameters import combinations, evaluate, with_derived
from tests.content import (
    ai_machine_vision_calculation_keys,
    ai_machine_vision_keys,
    industrial_automation_calculation_keys,
    industrial_automation_keys,
    new_energy_vehicles_calculation_keys,
    new_energy_vehicles_keys,
)
from tests.content.sample_banks import sample_bank

TABLES = {
    "industrial-automation": (industrial_automation_keys, industrial_automation_calculation_keys),
    "new-energy-vehicles": (new_energy_vehicles_keys, new_energy_vehicles_calculation_keys),
    "ai-machine-vision": (ai_machine_vision_keys, ai_machine_vision_calculation_keys),
}
SECOND = {
    (bank_id, item_id): expression
    for bank_id, tables in TABLES.items()
    for table in tables
    for item_id, expression in table.INDEPENDENT.items()
}


@cache
def _contents(bank_id: str) -> dict[str, NumericContent]:
    items = sample_bank(bank_id).items
    return {item.id: item.content for item in items if isinstance(item.content, NumericContent)}


ITEMS = sorted(SECOND)
EXAMPLES = [(bank_id, *example) for bank_id, tables in TABLES.items() for table in tables for example in table.WORKED]


def _space(content: NumericContent) -> Iterator[dict[str, Decimal]]:
    condition = parse_formula(content.where) if content.where else None
    found, _, whole = combinations(content.parameters)
    assert whole, "the space is small enough to be searched whole"
    for values in found:
        if condition is None or condition.holds({name: Fraction(value) for name, value in values.items()}):
            yield with_derived(values, content.derived)


@pytest.mark.parametrize("bank_id", TABLES)
def test_every_numeric_item_has_a_second_computation(bank_id: str) -> None:
    """The tables of second computations and the numeric items of the bank name the same ids, each once."""
    named = [item_id for table in TABLES[bank_id] for item_id in table.INDEPENDENT]
    assert sorted(_contents(bank_id)) == sorted(named)


@pytest.mark.parametrize(("bank_id", "item_id"), ITEMS)
def test_key_agrees_with_the_second_computation(bank_id: str, item_id: str) -> None:
    """Over the whole parameter space the bank's formula and the independent expression give the same value."""
    content = _contents(bank_id)[item_id]
    seen = 0
    for values in _space(content):
        expected = SECOND[bank_id, item_id]({name: float(value) for name, value in values.items()})
        actual = float(evaluate(content.key, values))
        assert math.isclose(expected, actual, rel_tol=1e-12, abs_tol=1e-12), (values, expected, actual)
        seen += 1
    assert seen > 0


@pytest.mark.parametrize(("bank_id", "item_id"), ITEMS)
def test_key_rounded_as_asked_is_within_tolerance(bank_id: str, item_id: str) -> None:
    """Whoever computes exactly and rounds to the places asked for is right on every paper."""
    content = _contents(bank_id)[item_id]
    for values in _space(content):
        key = evaluate(content.key, values)
        assert abs(Fraction(round_half_up(key, content.places)) - key) <= content.tolerance.margin(key), values


@pytest.mark.parametrize(("bank_id", "item_id", "values", "answer"), EXAMPLES)
def test_worked_example(bank_id: str, item_id: str, values: dict[str, str], answer: str) -> None:
    """An answer worked by hand is what the bank's formula gives."""
    content = _contents(bank_id)[item_id]
    key = evaluate(content.key, {name: Decimal(value) for name, value in values.items()})
    assert round_half_up(key, content.places) == Decimal(answer)


def test_voltmeter_method_gives_back_the_resistance_put_in() -> None:
    """The readings in the stem were made from a smaller resistance `p`; the method finds it again within 1 %."""
    content = _contents("new-energy-vehicles")["B1-NU-03"]
    for values in _space(content):
        assert math.isclose(float(evaluate(content.key, values)), float(values["p"]), rel_tol=0.01), values
