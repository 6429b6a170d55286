"""Formulas by the grammar of :mod:`certengine.model.latex`: each is one that a bank may hold."""

from __future__ import annotations

from hypothesis import strategies as st

from certengine.model.latex_signs import (
    ACCENTS,
    BRACKETS,
    ENVIRONMENTS,
    FONTS,
    FUNCTIONS,
    LARGE,
    LETTERS,
    LIMITS,
    OPERATORS,
)

NAMES = sorted({*LETTERS, *OPERATORS, *LARGE, *FUNCTIONS, *LIMITS, *BRACKETS})
ATOMS = st.sampled_from(
    [*(f"\\{name} " for name in NAMES), *"abxyURΩµ+-=<>()[]|,.!/", "0", "7", "12", "1.5", "a\\,", "b\\quad "]
)


def _within(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    rows = st.tuples(st.integers(1, 3), st.integers(1, 2)).flatmap(
        lambda size: st.lists(
            st.lists(inner, min_size=size[1], max_size=size[1]).map("&".join), min_size=size[0], max_size=size[0]
        ).map(r"\\".join)
    )
    return st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join).map(lambda held: "{" + held + "}"),
        st.builds(r"\{}{{{}}}{{{}}}".format, st.sampled_from(("frac", "dfrac", "tfrac")), inner, inner),
        st.builds(r"\sqrt{}{{{}}}".format, st.sampled_from(("", "[3]", "[n]")), inner),
        st.builds(r"\{}{{{}}}".format, st.sampled_from(sorted({*ACCENTS, *FONTS})), inner),
        st.builds("{{{}}}_{{{}}}^{{{}}}".format, inner, inner, inner),
        st.builds(r"\left{}{}\right{}".format, st.sampled_from("([|."), inner, st.sampled_from(")]|.")),
        st.builds(r"\begin{{{0}}}{1}\end{{{0}}}".format, st.sampled_from(sorted(ENVIRONMENTS)), rows),
        st.sampled_from((r"\text{max value}", r"\operatorname{sgn}", r"\textrm{a}")),
    )


FORMULAS = st.recursive(ATOMS, _within, max_leaves=8).filter(lambda latex: len(latex) <= 400)
