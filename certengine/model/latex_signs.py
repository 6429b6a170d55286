r"""The commands of LaTeX's mathematics that formulas of a bank may name, with the sign of Unicode that each stands for."""

from __future__ import annotations

from typing import Final


def _pairs(names: str, signs: str) -> dict[str, str]:
    return dict(zip(names.split(), signs, strict=True))


LETTERS: Final = _pairs(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho sigma tau"
    " upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
    " infty partial hbar ell",
    "αβγδϵεζηθϑικλμνξπρστυϕφχψωΓΔΘΛΞΠΣΥΦΨΩ∞∂ℏℓ",
)
"""Signs that stand for a quantity."""

OPERATORS: Final = _pairs(
    "times cdot div pm mp le leq ge geq ne neq approx equiv sim simeq propto ll gg in notin subset cup cap to"
    " rightarrow leftarrow leftrightarrow Rightarrow Leftrightarrow uparrow downarrow nabla angle perp parallel circ"
    " bullet ldots cdots forall exists neg land lor oplus otimes prime triangle therefore because",
    "×⋅÷±∓≤≤≥≥≠≠≈≡∼≃∝≪≫∈∉⊂∪∩→→←↔⇒⇔↑↓∇∠⊥∥∘∙…⋯∀∃¬∧∨⊕⊗′△∴∵",
)
"""Signs between quantities or before them."""

LARGE: Final = _pairs("sum prod int oint", "∑∏∫∮")
FUNCTIONS: Final = frozenset(
    {"sin", "cos", "tan", "cot", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "ln", "lg", "log", "exp"}
    | {"det", "arg"}
)
LIMITS: Final = frozenset({"lim", "max", "min"})
"""Functions whose subscript stands below them in a formula set apart."""

BRACKETS: Final = _pairs(
    "lbrace rbrace langle rangle lfloor rfloor lceil rceil vert lvert rvert Vert lVert rVert", "{}⟨⟩⌊⌋⌈⌉|||‖‖‖"
)
ACCENTS: Final = _pairs(
    "bar overline hat tilde vec dot ddot underline", "\u0304\u0305\u0302\u0303\u20d7\u0307\u0308\u0332"
)
"""Marks on what stands in braces, as combining characters."""

FONTS: Final = {
    "mathrm": "normal",
    "mathbf": "bold",
    "mathit": "italic",
    "mathsf": "sans-serif",
    "mathcal": "script",
}
WORDS: Final = frozenset({"text", "textrm", "operatorname"})
"""Commands whose braces hold words, spaces and all."""

FRACTIONS: Final = frozenset({"frac", "dfrac", "tfrac"})
SPACES: Final = {"quad": 1.0, "qquad": 2.0, ",": 0.167, ":": 0.222, ";": 0.278, " ": 0.25, "!": 0.0}
"""Widths in em."""

SIGNS: Final = {"{": "{", "}": "}", "%": "%", "$": "$", "#": "#", "&": "&", "_": "_", "|": "‖"}
"""What a backslash before a sign prints."""

FENCES: Final = frozenset("()[]|/.")
ENVIRONMENTS: Final = {
    "matrix": ("", ""),
    "pmatrix": ("(", ")"),
    "bmatrix": ("[", "]"),
    "vmatrix": ("|", "|"),
    "cases": ("{", ""),
    "aligned": ("", ""),
}
COMMANDS: Final = frozenset(
    {
        *LETTERS,
        *OPERATORS,
        *LARGE,
        *FUNCTIONS,
        *LIMITS,
        *BRACKETS,
        *ACCENTS,
        *FONTS,
        *WORDS,
        *FRACTIONS,
        *SPACES,
        *SIGNS,
    }
    | {"sqrt", "left", "right", "begin", "end", "\\"}
)
"""Every command of a formula, without its backslash."""
