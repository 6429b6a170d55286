"""Keyed choices: each from its own label, even, and the same whatever stands around it."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from itertools import permutations

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from certengine.assembly.keyed import SEED_BYTES, KeyedDraw, block
from tests.simulator import SEED

SOURCE = KeyedDraw(SEED, ("sitting", "theory", "C1"))


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
        KeyedDraw(SEED, (*SOURCE.scope, "order")).number("order"),
        KeyedDraw(bytes(32), SOURCE.scope).number("order"),
    )

    assert number == KeyedDraw(SEED, ("sitting", "theory", "C1")).number("order")
    assert number not in others


def test_number_is_what_the_description_says() -> None:
    """AES-256 of the block of a label under the sub-key of the scope, as anyone computes it."""
    sub_key = hmac.digest(SEED, b'["certengine-draw/2","sitting","theory","C1"]', "sha256")
    text = hashlib.sha256('["item","判断-1",0]'.encode()).digest()[:16]
    expected = Cipher(algorithms.AES(sub_key), modes.ECB()).encryptor().update(text)

    assert int.from_bytes(expected) == SOURCE.within("item").number("判断-1")


def test_numbers_in_one_go_are_those_of_the_single_labels() -> None:
    """Many blocks at once give the first 48 bits, and the 48 from bit 64 on, of each label's own number."""
    labels = [f"item {n}" for n in range(50)]
    both = SOURCE.numbers(b"".join(block((one,)) for one in labels))

    expected = [(number >> 80, number >> 16 & (1 << 48) - 1) for number in map(SOURCE.number, labels)]
    assert expected == [tuple(row) for row in both.tolist()]


def test_narrower_labels_do_not_run_together() -> None:
    """Parts of a label are told apart: ``ab`` + ``c`` is not ``a`` + ``bc``."""
    assert SOURCE.within("ab").number("c") != SOURCE.within("a").number("bc")


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


def test_too_much_to_choose_from() -> None:
    """A choice among more than a number can tell apart is refused."""
    assert SOURCE.below("x", 1 << 128) == SOURCE.number("x")
    with pytest.raises(ValueError, match="too much to choose from"):
        SOURCE.below("x", (1 << 128) + 1)


def test_choices_are_even() -> None:
    """Each of seven values comes up about as often."""
    draws = 3500
    found = [SOURCE.below(f"label {n}", 7) for n in range(draws)]
    expected = draws / 7

    # chi-squared, six degrees of freedom: 22.5 is exceeded once in a thousand; the seed is fixed
    assert sum((found.count(n) - expected) ** 2 / expected for n in range(7)) < 22.5


def test_uneven_rest_is_drawn_anew() -> None:
    """A number beyond the last whole multiple of the bound is not folded back: the next counter decides."""
    bound = (1 << 127) + 1  # one whole multiple, so nearly half of all numbers lie beyond it
    labels = [f"label {n}" for n in range(20)]
    anew = [label for label in labels if SOURCE.number(label) >= bound]

    assert 0 < len(anew) < len(labels)
    for label in labels:
        numbers = (SOURCE.number(label, counter) for counter in range(100))
        assert next(number for number in numbers if number < bound) == SOURCE.below(label, bound)


@pytest.mark.parametrize("count", [0, 1, 8, 20, 21, 30])
@given(data=st.data())
def test_order_does_not_depend_on_the_list(count: int, data: st.DataObject) -> None:
    """However the ids are listed, their keyed order is the same, and holds each once."""
    ids = [f"i{n:02}" for n in range(count)]
    ordered = SOURCE.order("cell", data.draw(st.permutations(ids)))

    assert SOURCE.order("cell", ids) == ordered
    assert ids == sorted(ordered)


def test_orders_are_even() -> None:
    """Each of the six orders of three ids comes up about as often."""
    draws = 3000
    found = Counter(SOURCE.order(f"label {n}", "abc") for n in range(draws))

    # chi-squared, five degrees of freedom: 20.5 is exceeded once in a thousand; the labels are fixed
    assert sum((found[order] - draws / 6) ** 2 / (draws / 6) for order in permutations("abc")) < 20.5


def test_an_order_is_the_one_of_its_rank() -> None:
    """Up to twenty ids stand in the order whose rank among all orders, as a dictionary has them, is the keyed choice."""
    ranked = list(permutations("abcd"))

    for n in range(40):
        assert ranked[SOURCE.below(f"label {n}", 24)] == SOURCE.order(f"label {n}", "dcba")


def test_letters_are_told_apart_on_paper() -> None:
    """Paper ids use digits and letters without I, L, O and U."""
    letters = "".join(SOURCE.letters(f"label {n}", 8) for n in range(200))

    assert set("0123456789ABCDEFGHJKMNPQRSTVWXYZ") == set(letters)
