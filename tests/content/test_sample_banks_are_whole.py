"""What the sample banks hold: enough items, every kind, numbers that differ, cases, essays, both languages."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from certengine import items
from certengine.model.bank import Item
from tests.content.sample_banks import active_items, sample_bank

LEAST = {"industrial-automation": 180, "new-energy-vehicles": 120, "ai-machine-vision": 120}


def _parametrised(item: Item) -> bool:
    return bool(getattr(item.content, "parameters", None))


@pytest.mark.parametrize(("bank_id", "least"), LEAST.items())
def test_enough_active_items(bank_id: str, least: int) -> None:
    """180 active items in the automation bank, 120 in each of the others, at least."""
    assert len(active_items(bank_id)) >= least


@pytest.mark.parametrize("bank_id", LEAST)
def test_every_kind_is_there(bank_id: str) -> None:
    """Each bank has two active items at least of every kind that the program knows."""
    counted = Counter(item.kind for item in active_items(bank_id))

    assert [kind.id for kind in items.KINDS if counted[kind.id] < 2] == []


@pytest.mark.parametrize("bank_id", LEAST)
def test_a_third_is_parametrised(bank_id: str) -> None:
    """A third of the active items at least have numbers that differ from paper to paper."""
    assert 3 * sum(map(_parametrised, active_items(bank_id))) >= len(active_items(bank_id))


@pytest.mark.parametrize("bank_id", LEAST)
def test_every_parameter_has_a_choice(bank_id: str) -> None:
    """No parametrised item is so in name only: there are three combinations of its values at least."""
    combinations = {}
    for item in filter(_parametrised, active_items(bank_id)):
        combinations[item.id] = 1
        for parameter in item.content.parameters.values():
            combinations[item.id] *= parameter.count

    assert [item_id for item_id, count in combinations.items() if count < 3] == []


@pytest.mark.parametrize("bank_id", LEAST)
def test_two_cases_of_three_items(bank_id: str) -> None:
    """Each bank has two cases at least, every one with three active items, some with a figure or a table."""
    members = defaultdict(list)
    for item in active_items(bank_id):
        if item.stimulus:
            members[item.stimulus].append(item.id)
    cases = sample_bank(bank_id).stimuli or ()

    assert len(cases) >= 2
    assert [case.id for case in cases if len(members[case.id]) != 3] == []
    assert any(case.figures or "\n|" in case.text.best("zh") for case in cases)


@pytest.mark.parametrize("bank_id", LEAST)
def test_every_text_is_in_both_languages(bank_id: str) -> None:
    """Stem, explanation and reason of the key stand in Chinese and in English, in every active item."""
    one_sided = [
        item.id
        for item in active_items(bank_id)
        for text in (item.content.stem, item.explanation, item.provenance.against if item.provenance else None)
        if text is None or set(text.languages) != {"zh", "en"}
    ]

    assert one_sided == []


@pytest.mark.parametrize("bank_id", LEAST)
def test_notation_is_used(bank_id: str) -> None:
    """Each bank shows a formula, program text and a table, and a formula with a parameter's value in it."""
    stems = [item.content.stem.best("en") for item in active_items(bank_id)]
    signs = ("\\frac", "`", "\n|", "\\val{")

    assert [sign for sign in signs if not any(sign in stem for stem in stems)] == []
