"""Choices over parameters: what a typical mistake makes of the drawn values is an option beside the right one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.assembly.keyed import KeyedDraw
from certengine.canonical import canonical_bytes
from certengine.items import kind_of
from certengine.items.options import Option
from certengine.items.parameters import Derived, Parameter
from certengine.items.single_choice import SingleChoiceContent
from certengine.model.text import Text
from certengine.revival import revive
from tests.strategies import computed_choices

SINGLE = kind_of("single_choice")


def volts(*given_: int) -> Parameter:
    """A parameter that takes one of these values."""
    return Parameter(values=tuple(map(Decimal, given_)))


def parallel(**changes: Any) -> SingleChoiceContent:
    """Two resistors in parallel; mistakes: in series, the product alone, the larger alone."""
    rules = {"right": "A*B/(A+B)", "series": "A+B", "product": "A*B", "larger": "max(A, B)"}
    content = SingleChoiceContent(
        stem=Text.of(zh="{A} Ω 与 {B} Ω 并联？", en="{A} Ω and {B} Ω in parallel?"),
        options=tuple(Option(id=name, text=Text.of(zh=f"{{{name}}} Ω", en=f"{{{name}}} Ω")) for name in rules),
        key="right",
        parameters={"A": volts(3, 6), "B": volts(6, 12)},
        derived={name: Derived(formula=rule, places=1) for name, rule in rules.items()},
    )
    return replace(content, **changes)


def with_rule(**rules: str) -> SingleChoiceContent:
    """The same with other formulas."""
    derived = parallel().derived
    assert derived is not None
    return parallel(derived={**derived, **{name: Derived(formula=rule, places=1) for name, rule in rules.items()}})


def found(content: SingleChoiceContent) -> list[tuple[str, tuple[str | int, ...], bool]]:
    """Code, path and weight of everything a check finds."""
    return [(one.code, one.path, one.warning) for one in SINGLE.check(content, ("en", "zh"))]


def test_a_paper_shows_values_in_stem_and_options() -> None:
    """Every placeholder is filled in; the key letter follows the order of the paper."""
    variant = {"options": ["series", "right", "larger", "product"], "parameters": {"A": "6", "B": "12"}}
    seen = SINGLE.present(parallel(), variant)
    assert seen.stem.best("en") == "6 Ω and 12 Ω in parallel?"
    assert [one.text.best("zh") for one in seen.options] == ["18 Ω", "4 Ω", "12 Ω", "72 Ω"]
    assert SINGLE.answer(parallel(), variant) == "B"
    assert SINGLE.mark(parallel(), variant, "right", "all_or_nothing").share == Fraction(1)


@given(content=computed_choices(), paper=st.text(max_size=5))
def test_every_paper_can_be_read_and_told_apart(content: SingleChoiceContent, paper: str) -> None:
    """Whatever is drawn, no placeholder is left, no two options are equal, and the key is the sum of the parameters."""
    assert found(content) == []
    variant = SINGLE.vary(content, KeyedDraw(bytes(32), (paper,)))
    seen = SINGLE.present(content, variant)
    texts = [one.text.best("zh") for one in seen.options]
    assert len(set(texts)) == len(texts)
    assert not any("{" in text for text in texts)
    a, b = (int(str(variant["parameters"][name])) for name in "ab")
    right = next(one for one in seen.options if one.label == SINGLE.answer(content, variant))
    assert right.text.best("zh") == f"{a + b} mm"


@given(content=computed_choices(), paper=st.text(max_size=5))
def test_a_stored_bank_presents_the_same(content: SingleChoiceContent, paper: str) -> None:
    """Canonical JSON sorts names; what is computed from them stays."""
    variant = SINGLE.vary(content, KeyedDraw(bytes(32), (paper,)))
    stored = revive(SingleChoiceContent, canonical_bytes(content).decode())
    assert SINGLE.present(stored, variant) == SINGLE.present(content, variant)


def test_the_order_of_options_does_not_depend_on_parameters() -> None:
    """Whoever gives an item parameters leaves the order of its options on every paper as it was."""
    draw = KeyedDraw(bytes(32), ("paper",))
    plain = parallel(parameters=None, derived=None)
    assert SINGLE.vary(parallel(), draw)["options"] == SINGLE.vary(plain, draw)["options"]
    assert "parameters" not in SINGLE.vary(plain, draw)


def test_braces_without_parameters_are_braces() -> None:
    """A choice that has no parameters prints what is written."""
    plain = parallel(parameters=None, derived=None)
    seen = SINGLE.present(plain, {"options": ["right", "series", "product", "larger"]})
    assert seen.options[0].text.best("en") == "{right} Ω"
    assert found(plain) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (parallel(), []),
        # 6 Ω and 12 Ω: the difference is the smaller one, which is 6 Ω, and so is the difference.
        (with_rule(series="B-A", larger="min(A, B)"), [("item/equal-options", ("options", 3, "text"), False),
                                                        ("item/option-absurd", ("options", 1, "text"), True)]),
        (with_rule(series="A*B*0 + 2"), [("item/equal-options", ("options", 1, "text"), False)]),
        (with_rule(series="A-B"), [("item/option-absurd", ("options", 1, "text"), True)]),
        (with_rule(series="A*B*10^11"), [("item/value-absurd", ("options", 1, "text"), False)]),
        (with_rule(series="A/(B-12)"), [("item/option-absurd", ("options", 1, "text"), True),
                                        ("item/value-undefined", ("derived", "series", "formula"), False)]),
        (with_rule(series="A+"), [("item/formula", ("derived", "series", "formula"), False)]),
        (with_rule(series="A+C"), [("item/unknown-parameter", ("derived", "series", "formula"), False)]),
        (parallel(where="A == 7"), [("item/where-too-narrow", ("where",), False)]),
        (parallel(where="right > 3", derived={**parallel().derived, "series": Derived(formula="3.2", places=1)}), []),
        (parallel(stem=Text.of(zh="{A} {X}", en="{A} {")),
         [("item/lone-brace", ("stem", "en"), False), ("item/unknown-parameter", ("stem", "zh"), False)]),
        (parallel(options=(*parallel().options, Option(id="e", text=Text.of(zh="{X}", en="e")))),
         [("item/unknown-parameter", ("options", 4, "text", "zh"), False)]),
        (parallel(parameters={"A": volts(3), "B": Parameter()}), [("item/parameter", ("parameters", "B"), False)]),
        (parallel(parameters=None), [("item/parameter", ("derived",), False)]),
        (parallel(parameters=None, derived=None, where="A > 1"), [("item/parameter", ("where",), False)]),
        (parallel(key="nothing"), [("item/key-unknown", ("key",), False)]),
    ],
)  # fmt: skip
def test_check(content: SingleChoiceContent, expected: list[tuple[str, tuple[str | int, ...], bool]]) -> None:
    """What is wrong for any drawn values is found over the whole space, once, at its place."""
    assert found(content) == expected


def test_an_option_of_words_is_no_number() -> None:
    """An option that shows two values, or none, is not measured against the key."""
    words = Option(id="words", text=Text.of(zh="无法确定", en="cannot be told"))
    both = Option(id="both", text=Text.of(zh="{A} 或 {B}", en="{A} or {B}"))
    assert found(parallel(options=(*parallel().options, words, both))) == []


def test_the_message_names_options_and_values() -> None:
    """An author reads which options are equal, and for which values."""
    (problem,) = SINGLE.check(with_rule(series="2"), ("en",))
    assert problem.message == "options `right` and `series` read the same in `en` for A=3, B=6"
    assert "`where`" in (problem.hint or "")
