"""Keyed choices: each from its own label, even, and the same whatever stands around it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.assembly.keyed import SEED_BYTES, KeyedDraw, commitment
from certengine.model.sitting import Candidate
from tests.simulator import SEED, WORLD

SOURCE = KeyedDraw(SEED, ("sitting", "theory", "C1"))
SITTING = WORLD.sitting


def test_seed_has_256_bits() -> None:
    """A sitting's seed is 32 bytes."""
    assert SEED_BYTES == len(SEED)


def test_label_decides() -> None:
    """The same label gives the same number; another label, counter, scope or seed another."""
    number = SOURCE.number("order")
    others = (
        SOURCE.number("other"),
        SOURCE.number("order", 1),
        SOURCE.within("item").number("order"),
        KeyedDraw(bytes(32), SOURCE.scope).number("order"),
    )

    assert number == KeyedDraw(SEED, ("sitting", "theory", "C1")).number("order")
    assert number not in others


def test_scopes_do_not_run_together() -> None:
    """Parts of a scope are told apart: ``ab`` + ``c`` is not ``a`` + ``bc``."""
    assert KeyedDraw(SEED, ("ab", "c")).number("x") != KeyedDraw(SEED, ("a", "bc")).number("x")


@given(st.text(max_size=8).filter(lambda label: label.isprintable()), st.integers(1, 10**6))
def test_choice_is_below_its_bound(label: str, bound: int) -> None:
    """A choice lies from 0 to below the bound."""
    assert 0 <= SOURCE.below(label, bound) < bound


@pytest.mark.parametrize("bound", [0, -1])
def test_nothing_to_choose_from(bound: int) -> None:
    """A choice among nothing is refused."""
    with pytest.raises(ValueError, match="nothing to choose from"):
        SOURCE.below("x", bound)


def test_choices_are_even() -> None:
    """Each of seven values comes up about as often."""
    draws = 3500
    found = [SOURCE.below(f"label {n}", 7) for n in range(draws)]
    expected = draws / 7

    # chi-squared, six degrees of freedom: 22.5 is exceeded once in a thousand; the seed is fixed
    assert sum((found.count(n) - expected) ** 2 / expected for n in range(7)) < 22.5


def test_uneven_rest_is_drawn_anew() -> None:
    """A number beyond the last whole multiple of the bound is not folded back: the next counter decides."""
    bound = (1 << 255) + 1  # one whole multiple, so nearly half of all numbers lie beyond it
    labels = [f"label {n}" for n in range(20)]
    anew = [label for label in labels if SOURCE.number(label) >= bound]

    assert 0 < len(anew) < len(labels)
    for label in labels:
        numbers = (SOURCE.number(label, counter) for counter in range(100))
        assert next(number for number in numbers if number < bound) == SOURCE.below(label, bound)


@given(st.permutations([f"i{n}" for n in range(8)]))
def test_order_does_not_depend_on_the_list(ids: list[str]) -> None:
    """However the ids are listed, their keyed order is the same."""
    assert SOURCE.order("cell", sorted(ids)) == SOURCE.order("cell", ids)


@given(st.sets(st.sampled_from([f"i{n}" for n in range(12)]), min_size=1), st.text("abc", min_size=1, max_size=3))
def test_an_id_more_moves_no_other(ids: set[str], other: str) -> None:
    """With one id more the others keep their order among themselves."""
    with_it = SOURCE.order("cell", [*ids, other])

    assert SOURCE.order("cell", list(ids)) == tuple(one for one in with_it if one != other)


def test_letters_are_told_apart_on_paper() -> None:
    """Paper ids use digits and letters without I, L, O and U."""
    letters = "".join(SOURCE.letters(f"label {n}", 8) for n in range(200))

    assert set("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == set(letters)


def test_commitment_forgets_the_order_of_the_roster() -> None:
    """The commitment is the same however the roster is ordered, and says nothing of names."""
    named = tuple(Candidate(id=one.id, name="another name") for one in reversed(SITTING.candidates))

    assert commitment(SITTING, SEED) == commitment(replace(SITTING, candidates=named), SEED)


@pytest.mark.parametrize(
    "changed",
    [
        replace(SITTING, id="another"),
        replace(SITTING, scheme_digest="sha256:00"),
        replace(SITTING, banks=((*SITTING.banks[0][:2], "sha256:00"),)),
        replace(SITTING, candidates=SITTING.candidates[1:]),
    ],
    ids=["sitting", "scheme", "bank", "roster"],
)
def test_commitment_binds(changed) -> None:
    """Another sitting, scheme, bank or roster is another commitment."""
    assert commitment(SITTING, SEED) != commitment(changed, SEED)


def test_commitment_binds_the_seed() -> None:
    """Another seed is another commitment."""
    assert commitment(SITTING, SEED) != commitment(SITTING, SEED[::-1])
