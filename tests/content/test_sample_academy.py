"""The sample academy teaches by example: its banks and schemes hold together without a single finding."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from certengine.assembly.feasibility import check
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent
from certengine.model.bank import BankDraft, ItemStatus
from certengine.model.scheme import Scheme
from certengine.workspace.bank_files import read_bank
from certengine.workspace.scheme_files import read_scheme

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
BANKS = sorted(path.name for path in (ROOT / "question_banks").iterdir())
SCHEMES = sorted(path.name for path in (ROOT / "rubrics").iterdir())


def _bank(bank_id: str) -> BankDraft:
    draft, findings = read_bank(ROOT / "question_banks" / bank_id, ROOT)
    assert findings == ()
    assert draft is not None
    return draft


def _scheme(scheme_id: str) -> Scheme:
    scheme, findings = read_scheme(ROOT / "rubrics" / scheme_id, ROOT)
    assert findings == ()
    assert scheme is not None
    return scheme


@pytest.mark.parametrize("bank_id", BANKS)
def test_bank_has_no_finding(bank_id: str) -> None:
    """A sample bank passes every check, and has enough active items to be worth drawing from."""
    active = [item for item in _bank(bank_id).items if item.status is ItemStatus.ACTIVE]

    assert len(active) >= 120


@pytest.mark.parametrize("bank_id", BANKS)
def test_every_active_item_explains_its_key(bank_id: str) -> None:
    """Each active item says why its key is right, what that rests on, and how hard it is expected to be."""
    lacking = [
        item.id
        for item in _bank(bank_id).items
        if item.status is ItemStatus.ACTIVE
        and None in {item.explanation, item.provenance, item.difficulty, item.minutes, item.reviewer}
    ]

    assert lacking == []


@pytest.mark.parametrize("bank_id", BANKS)
def test_right_option_stands_everywhere(bank_id: str) -> None:
    """No place among the options holds more than four in ten of the keys, so that guessing a place gains nothing."""
    places = Counter(
        [option.id for option in item.content.options].index(item.content.key)
        for item in _bank(bank_id).items
        if isinstance(item.content, SingleChoiceContent)
    )

    assert max(places.values()) <= 0.4 * places.total()


@pytest.mark.parametrize("bank_id", BANKS)
def test_true_and_false_are_about_even(bank_id: str) -> None:
    """Neither answer to true/false items is right more than six times in ten."""
    truths = [item.content.key for item in _bank(bank_id).items if isinstance(item.content, TrueFalseContent)]

    assert 0.4 <= sum(truths) / len(truths) <= 0.6


@pytest.mark.parametrize("scheme_id", SCHEMES)
def test_bank_fills_each_cell_three_times(scheme_id: str) -> None:
    """Every cell of a sample blueprint has three times the items it needs, so that papers differ."""
    for component in _scheme(scheme_id).written:
        for cell in check(component, _bank(component.bank)).cells:
            assert cell.available >= 3 * cell.need, cell


@pytest.mark.parametrize("scheme_id", SCHEMES)
def test_certificate_is_a_sample(scheme_id: str) -> None:
    """No sample scheme issues what could be taken for a national certificate: its number names no real body."""
    rule = _scheme(scheme_id).certificate

    assert (rule.sample, rule.number[:13]) == (True, "S000000000000")


@pytest.mark.parametrize("scheme_id", SCHEMES)
def test_judgement_levels_are_described_in_every_language(scheme_id: str) -> None:
    """Each judgement aspect describes its four levels in Chinese and in English."""
    for component in _scheme(scheme_id).practical:
        for task in component.tasks:
            for aspect in task.aspects:
                if aspect.kind == "judgement":
                    assert [level.languages for level in aspect.rule.levels] == [("en", "zh")] * 4
