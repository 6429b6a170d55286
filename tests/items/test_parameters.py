r"""Values in texts: ``{name}`` in running text, ``\val{name}`` in formulas, whose braces are LaTeX's."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.items.parameters import fill_in, placeholders
from certengine.model.latex import latex_fault
from certengine.model.markup import formulas

VALUES = {"U": Decimal("-1.50"), "n": Decimal(12)}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{U} V", "−1.5 V"),
        ("{{U}} and {x}", "{U} and {x}"),
        (r"$\frac{U}{R}$ at {U} V", r"$\frac{U}{R}$ at −1.5 V"),
        (r"$x^\val{n} + \val{U}$", "$x^{12} + {-1.5}$"),
        ("$$\n\\frac{\\val{n}}{{n}}\n$$", "$$\n\\frac{{12}}{{n}}\n$$"),
        (r"$\val{x}$", r"$\val{x}$"),
        (r"\val{U} \$ {n} \$", r"\val−1.5 \$ 12 \$"),
        ("`{n}` **{n}**", "`12` **12**"),
        ("```\nK{n} $x$\n```", "```\nK12 $x$\n```"),
        ("| {n} | $\\val{n}$ |\n| {U} | {{}} |", "| 12 | ${12}$ |\n| −1.5 | {} |"),
        ("costs $5, {n} of them $10", "costs $5, 12 of them $10"),
    ],
)
def test_values_are_put_in_by_where_they_stand(text: str, filled: str) -> None:
    """A formula's braces are left alone, a value in it is one group; everywhere else braces name a parameter."""
    assert fill_in(text, VALUES) == filled


@pytest.mark.parametrize(
    ("text", "names", "lone"),
    [
        ("{U} {n}", {"U", "n"}, False),
        (r"$\frac{a}{b} \val{U}$ {n}", {"U", "n"}, False),
        (r"$\frac{a}{b}$ {", set(), True),
        ("$x$ {{a}}", set(), False),
        (r"\val{U}", {"U"}, False),
    ],
)
def test_names_are_found_by_where_they_stand(text: str, names: set[str], lone: bool) -> None:
    r"""Placeholders are names in braces outside formulas, and of ``\val`` within them; a lone brace counts outside only."""
    assert placeholders(text) == (names, lone)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-10_000, max_value=10_000))
def test_a_formula_stays_a_formula_whatever_the_value(value: Decimal) -> None:
    """A value put into a formula that can be set gives a formula that can be set."""
    (latex, _), *others = formulas(fill_in(r"$\frac{\val{U}}{2^\val{U}} - \sqrt{\val{U}}$", {"U": value}))

    assert not others
    assert latex_fault(latex) is None
