r"""Formulas: what is read and what is refused, in words of Unicode, and as MathML."""

from __future__ import annotations

from xml.etree.ElementTree import Element, tostring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.model.latex import MAX_DEPTH, MAX_LATEX, Group, Letter, latex_fault, parse_latex
from certengine.model.latex_signs import COMMANDS
from certengine.model.latex_words import formula_in_words
from certengine.model.mathml import mathml
from tests.formulas import FORMULAS

SOUP = st.lists(
    st.sampled_from([*(f"\\{name}" for name in sorted(COMMANDS)), *"{}^_&[]'()x1 ", "{matrix}", "{cases}", "12", "额"]),
    max_size=30,
).map("".join)


@pytest.mark.parametrize(
    ("latex", "words"),
    [
        (r"\frac{U^2}{2R}", "U²/(2R)"),
        (r"\frac{a + b}{c}", "(a + b)/c"),
        (r"\sqrt{R^2 + (\omega L)^2}", "√(R² + (ωL)²)"),
        (r"\sqrt[3]{x}", "∛x"),
        (r"\sqrt[n]{x}", "n√x"),
        (r"n_s = \frac{120 f}{p}", "n_s = 120f/p"),
        (r"I_N \le 1.5\,\mathrm{A}", "I_N ≤ 1.5 A"),
        (r"U_{\text{max}}", "U_max"),
        (r"x_{i+1}^{n-1}", "xᵢ₊₁ⁿ⁻¹".replace("ᵢ₊₁", "_(i+1)")),
        (r"x_{12}", "x₁₂"),
        (r"x^{a+b}", "x^(a+b)"),
        (r"-5 \times 3 = -15", "-5 × 3 = -15"),
        (r"\sin \alpha + 2\cos(2x)", "sin α + 2 cos(2x)"),
        (r"\sin^2 x", "sin² x"),
        (r"\left( \frac{a}{b} \right)^2", "(a/b)²"),
        (r"\left. x \right|", "x|"),
        (r"\left\{ x \right\rangle", "{x⟩"),
        (r"\bar{x} + \overline{AB}", "x̄ + AB"),
        (r"90^\circ", "90°"),
        (r"f'(x)", "f′(x)"),
        (r"{}_1 x\quad y\!z", "₁x yz"),
        (r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", "(1, 2; 3, 4)"),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", "a = b; c = d"),
        (r"\operatorname{sgn} x", "sgn x"),
        (r"\mathbf{v}\{1\}\%", "v{1}%"),
        ("a > b", "a > b"),
        (r"\foo", r"\foo"),
        ("x" * (MAX_LATEX + 1), "x" * (MAX_LATEX + 1)),
    ],
)
def test_a_formula_in_words(latex: str, words: str) -> None:
    """A terminal shows what the formula says, unambiguously; one that cannot be read stays as written."""
    assert formula_in_words(latex) == words


@pytest.mark.parametrize(
    ("latex", "fault"),
    [
        ("", "it is empty"),
        ("x" * (MAX_LATEX + 1), f"it has {MAX_LATEX + 1} characters, {MAX_LATEX} are the most"),
        ("{" * (MAX_DEPTH + 1), f"it is nested deeper than {MAX_DEPTH} levels"),
        (r"\href{javascript:x}{y}", r"`\href` is not known here"),
        (r"\color{red} x", r"`\color` is not known here"),
        (r"\def\x{y}", r"`\def` is not known here"),
        (r"\frac12", r"`\frac` needs its argument in braces"),
        (r"\frac{}{2}", r"`\frac` has nothing in its braces"),
        (r"\frac{1}", r"`\frac` needs its argument in braces"),
        ("x^12", "`^12` needs braces: `^{12}`"),
        (r"x^\frac{1}{2}", r"`^\frac` needs braces"),
        ("x^", "`^` has nothing after it"),
        ("x^}", "`^` has nothing after it"),
        ("x_{}", "`_` has nothing in its braces"),
        ("x^a^b", "two `^` on one thing; put braces"),
        ("x^a'", "`'` follows a superscript; put braces"),
        ("{x", "`{` is not closed"),
        ("x_{y", "`{` is not closed"),
        ("x}", "`}` closes nothing"),
        (r"\left( x", r"`\left` has no `\right`"),
        (r"\left x \right)", r"`\left` needs a bracket after it"),
        (r"\left( x \right", r"`\right` needs a bracket after it"),
        (r"\left( x \right\alpha", r"`\right` needs a bracket after it"),
        (r"x \right)", r"`\right` closes nothing"),
        ("a & b", "`&` closes nothing"),
        ("50 %", r"`%` begins a comment; write `\%`"),
        ("a # b", "`#` is no sign of a formula"),
        ("额定", "`额` is no sign of a formula: words of a language stand outside the formula"),
        (r"\text{a", r"`\text` needs its words in braces"),
        (r"\text x}", r"`\text` needs its words in braces"),
        (r"\text{额定}", r"`\text` holds words in Latin letters, and no signs of a formula"),
        (r"\text{ }", r"`\text` holds words in Latin letters, and no signs of a formula"),
        (r"\sqrt[12", r"`\sqrt[n]` takes a number or a letter as its index"),
        (r"\sqrt[\alpha]{x}", r"`\sqrt[n]` takes a number or a letter as its index"),
        (r"\begin{figure} x \end{figure}", r"`\begin` needs one of matrix, pmatrix, bmatrix, vmatrix, cases, aligned in braces"),
        (r"\begin x", r"`\begin` needs one of matrix, pmatrix, bmatrix, vmatrix, cases, aligned in braces"),
        (r"\begin{cases} x \end{matrix}", r"`\begin{cases}` has no `\end{cases}`"),
        (r"\begin{cases} x", r"`\begin{cases}` has no `\end{cases}`"),
        (r"\begin{matrix} 1 & 2 \\ 3 \end{matrix}", "the rows of `matrix` have different numbers of cells"),
    ],
)  # fmt: skip
def test_what_is_not_understood_whole_is_refused(latex: str, fault: str) -> None:
    """Nothing is left out in silence: the reason names what stands in the way."""
    assert latex_fault(latex) == fault


@given(SOUP | st.text(max_size=40))
def test_every_text_is_read_or_refused_with_a_reason(latex: str) -> None:
    """No text breaks the reader, whatever commands it strings together; words are given for every one."""
    fault = latex_fault(latex)

    assert fault is None or fault
    assert isinstance(formula_in_words(latex), str)


@given(FORMULAS)
def test_what_the_grammar_makes_is_read(latex: str) -> None:
    """Formulas built by the grammar have no fault, and their MathML says every letter and digit of them."""
    assert latex_fault(latex) is None
    element = mathml(parse_latex(latex), display=False)
    said = "".join(element.itertext())
    assert sorted(char for char in said if char in "0123456789") == sorted(c for c in latex if c in "0123456789")


@pytest.mark.parametrize(
    ("latex", "tags"),
    [
        (r"\frac{1}{2}", {"mfrac", "mn"}),
        (r"\dfrac{1}{2}", {"mstyle", "mfrac", "mn"}),
        (r"\sqrt{x}", {"msqrt", "mi"}),
        (r"\sqrt[3]{x}", {"mroot", "mi", "mn"}),
        (r"\sqrt[n]{x}", {"mroot", "mi"}),
        (r"x_1^2", {"msubsup", "mi", "mn"}),
        (r"x_1", {"msub", "mi", "mn"}),
        (r"\vec{F}", {"mover", "mi", "mo"}),
        (r"\underline{x}", {"munder", "mi", "mo"}),
        (r"\sum_{i=1}^{n} i", {"munderover", "mi", "mn", "mo"}),
        (r"\lim_{x \to 0} x", {"munder", "mi", "mn", "mo", "mspace"}),
        (r"\lim^x", {"mover", "mi"}),
        (r"\text{a b}\!x", {"mtext", "mi"}),
        (r"\mathbf{v 1}", {"mi", "mn"}),
        (r"\begin{cases} 1 \end{cases}", {"mtable", "mtr", "mtd", "mo", "mn"}),
        (r"\left. x \right)", {"mi", "mo"}),
    ],
)
def test_mathml_says_what_the_formula_is(latex: str, tags: set[str]) -> None:
    """Each construct has its element of MathML, and no others come with it."""
    found = {element.tag for element in mathml(parse_latex(latex), display=True).iter()}

    assert found - {"math", "mrow"} == tags


def test_limits_stand_beside_their_sign_within_a_line() -> None:
    """In running text a sum has its limits beside it and stays small, set apart it has them above and below."""

    def of(latex: str, *, display: bool) -> Element:
        return mathml(parse_latex(latex), display=display)

    assert of(r"\sum_{i}^{n}", display=False).find(".//msubsup") is not None
    assert of(r"\sum_{i}^{n}", display=True).find(".//munderover") is not None
    assert b'stretchy="false"' in tostring(of(r"\int", display=False))
    assert b'stretchy="false"' not in tostring(of(r"\int", display=True))


def test_an_operator_of_one_letter_keeps_its_font() -> None:
    """Capital Greek letters stand upright, as the standards of quantities print them."""
    assert parse_latex(r"\Omega") == Group((Letter("Ω"),))
    assert b'mathvariant="normal"' in tostring(mathml(parse_latex(r"\Omega"), display=False))
