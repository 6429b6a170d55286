r"""The markup of texts: what each sign means, that every text is shown, and what a writer is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.model.markup import (
    CodeBlock,
    DisplayFormula,
    Paragraph,
    Run,
    RunKind,
    Table,
    escape,
    formula_spans,
    formulas,
    has_markup,
    parse,
    plain,
)
from certengine.model.markup_slips import checkable, slips

SIGNS = st.text(alphabet=st.sampled_from("$`|*\\ \nab1{}^_.停"), max_size=60)
TEXTS = SIGNS | st.text(max_size=60)


def text(told: str, *, stressed: bool = False) -> Run:
    return Run(RunKind.TEXT, told, stressed)


def code(told: str) -> Run:
    return Run(RunKind.CODE, told)


def formula(latex: str) -> Run:
    return Run(RunKind.FORMULA, latex)


def codes(told: str) -> list[str]:
    return [slip.code for slip in slips(told)]


@given(TEXTS)
def test_every_text_parses_and_is_shown(told: str) -> None:
    """No text is refused: it has a block at least, words in plain, and spans within it."""
    assert parse(told)
    assert isinstance(plain(told), str)
    assert all(0 <= start < end <= len(told) for start, end in formula_spans(told))
    assert isinstance([*slips(told)], list)


@given(TEXTS.filter(lambda told: not has_markup(told)))
def test_a_text_without_signs_is_one_paragraph_unchanged(told: str) -> None:
    """What was written before there was markup reads as it did."""
    assert parse(told) == (Paragraph((text(told),)),)
    assert plain(told) == told


@given(TEXTS)
def test_an_escaped_text_says_just_itself(told: str) -> None:
    """Whatever a text holds, its escaped form shows exactly that, and nothing in it is a slip."""
    assert plain(escape(told)) == told
    assert codes(escape(told)) == []


@given(SIGNS)
def test_formulas_stand_where_their_spans_say(told: str) -> None:
    """The formulas of a text and their places agree: what is between the signs of a place is that formula."""
    held = [told[start:end].strip().strip("$").strip() for start, end in formula_spans(told)]

    assert held == [latex.strip().strip("$").strip() for latex, _ in formulas(told)]


@given(SIGNS)
def test_values_never_change_how_a_text_parses(told: str) -> None:
    """Digits, a point and a minus sign put into a text leave every formula where it was."""
    filled = told.replace("a", "a\N{MINUS SIGN}12.5")

    assert [display for _, display in formulas(filled)] == [display for _, display in formulas(told)]


def test_signs_within_a_line() -> None:
    """Formulas, program text and stress are runs of their own; what is between them is text."""
    assert parse("a $x$ `MOVE` **not** b") == (
        Paragraph(
            (text("a "), formula("x"), text(" "), code("MOVE"), text(" "), text("not", stressed=True), text(" b"))
        ),
    )


def test_stress_reaches_over_what_it_holds() -> None:
    """A formula within a stress is stressed as well."""
    assert parse("**a $x$**") == (Paragraph((text("a ", stressed=True), Run(RunKind.FORMULA, "x", stressed=True))),)


@pytest.mark.parametrize("told", ["$5 or $10", "$5 and 10 $", "5 $", "US$5/US$6", "$$", "a $$x$$ b"])
def test_sums_of_money_are_no_formulas(told: str) -> None:
    """A dollar sign beside a space, before a digit, or doubled within a line opens or closes nothing."""
    assert formulas(told) == ()
    assert plain(told) == told


@pytest.mark.parametrize("told", ["2 ** 3", "****", "** a**", "**a **", "a**b"])
def test_stars_that_enclose_nothing_are_stars(told: str) -> None:
    """A stress touches what it encloses."""
    assert plain(told) == told


def test_program_text_holds_no_other_signs() -> None:
    """What stands between backquotes is as it is, whatever signs it holds."""
    assert parse("`a|b$c$**d**`") == (Paragraph((code("a|b$c$**d**"),)),)


def test_a_block_of_program_text_keeps_its_spaces() -> None:
    """Three backquotes on lines of their own enclose lines as they are."""
    assert parse("do:\n```\n  LD X0\n\n| $x$ |\n```\nend") == (
        Paragraph((text("do:"),)),
        CodeBlock("  LD X0\n\n| $x$ |"),
        Paragraph((text("end"),)),
    )


def test_a_fence_that_is_not_closed_is_text() -> None:
    """It is shown, and the writer is told."""
    assert plain("```\nLD X0") == "```\nLD X0"
    assert codes("```\nLD X0") == ["text/lone-sign"]


@pytest.mark.parametrize("told", ["$$a=b$$", "$$ a=b $$", "$$\na=b\n$$", "  $$a=b\n$$"])
def test_a_formula_set_apart(told: str) -> None:
    """Double dollar signs around whole lines, one or several, set a formula apart."""
    assert parse(told) == (DisplayFormula("a=b"),)
    assert formulas(told) == (("a=b", True),)
    assert formula_spans(told) == ((0, len(told)),)


@pytest.mark.parametrize("told", ["$$a\n\nb$$", "$$a\nb", "$$a\nb $$ c", "$$a\n$$b"])
def test_a_formula_set_apart_that_is_not_closed_is_text(told: str) -> None:
    """An empty line, the end, or another sign within ends the search."""
    assert formulas(told) == ()
    assert "text/lone-sign" in codes(told)


def test_formulas_are_found_wherever_they_stand() -> None:
    """In running text, in the cells of tables and set apart; a dollar sign in a program opens none."""
    told = "$a$\n| $b$ | c |\n| d | $e$ |\n$$f$$\n```\n$g$\n```"

    assert formulas(told) == (("a", False), ("b", False), ("e", False), ("f", True))
    assert [told[start:end] for start, end in formula_spans(told)] == ["$a$", "$b$", "$e$", "$$f$$"]


def test_a_table() -> None:
    """Lines between bars are rows; a bar within a formula, program text or an escape parts nothing."""
    assert parse("see:\n| U | `a|b` |\n| $|x|$ | 1 \\| 2 |") == (
        Paragraph((text("see:"),)),
        Table((((text("U"),), (code("a|b"),)), ((formula("|x|"),), (text("1 | 2"),)))),
    )


@pytest.mark.parametrize("told", ["|x|", "| a | b |", "| a |\n\n| b |", "| a \\|\n| b \\|", "|\n|"])
def test_fewer_lines_than_a_table_has(told: str) -> None:
    """One line between bars is no table: absolute values are written so."""
    assert not any(isinstance(block, Table) for block in parse(told))


def test_ragged_rows_are_filled_up_and_told() -> None:
    """A table has as many columns as its longest row, and the writer is told which rows differ."""
    ragged = "| a | b |\n| c |\n| d | e |"

    assert parse(ragged) == (Table((((text("a"),), (text("b"),)), ((text("c"),), ()), ((text("d"),), (text("e"),)))),)
    assert [slip.message for slip in slips(ragged)] == ["row 2 of a table has 1 cells, its heading 2"]


def test_a_text_in_plain_words() -> None:
    """Formulas become signs of Unicode, columns stand under each other whatever their script, programs stay."""
    told = "若 $U_N \\ge 24$：\n| 电流 | I |\n| $\\frac{U}{2R}$ | 1 |\n\n$$a^2$$\n```\nLD  X0\n```"

    assert plain(told) == "若 U_N ≥ 24：\n电流    I\nU/(2R)  1\na²\nLD  X0"


def test_empty_lines_part_blocks_and_no_more() -> None:
    """Empty lines within running text stay; around blocks they are gone, and a text of them alone is still a block."""
    assert plain("a\n\nb $x$") == "a\n\nb x"
    assert plain("\n```\nx\n```\n\n```\ny\n```\n") == "x\ny"
    assert parse("**") == (Paragraph((text("**"),)),)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ("costs $5", "`$` stands alone and is printed as it is"),
        ("a ` b", "a backquote stands alone"),
        ("2 ** 3", "`**` stands alone and is printed as it is"),
        ("| a ` |\n| b |", "a backquote stands alone"),
        ("at \\val{U} V", "`\\val{...}` stands outside a formula"),
        ("$\\foo$", "the formula `\\foo` cannot be set: `\\foo` is not known here"),
        ("$\\foo" + "a" * 80 + "$", "the formula `\\foo" + "a" * 56 + "…` cannot be set: `\\foo" + "a" * 80 + "` is not known here"),
    ],
)  # fmt: skip
def test_what_was_probably_not_meant_is_told(told: str, message: str) -> None:
    """Each slip says what, and has a way out."""
    (slip,) = slips(told)

    assert slip.message == message
    assert slip.hint


@pytest.mark.parametrize("told", ["plain", "$x$ `y` **z**", "\\$5", "```\n$ ` **\n```", "$$\\val{U}$$", "`\\val{U}`"])
def test_sound_texts_have_no_slips(told: str) -> None:
    """What is written as the formats say is not remarked upon; program text may say anything."""
    assert codes(told) == []


def test_a_formula_is_checked_with_a_value_for_each_parameter() -> None:
    """A parameter is a group, so it may stand wherever an argument may."""
    assert checkable(r"x^\val{n} + \val{b}") == "x^{12.5} + {12.5}"


def test_long_texts_of_signs_are_read_in_time_that_grows_with_them() -> None:
    """Signs that pair with nothing cost as much each as any other character: none sends the reader back."""
    for sign in ("$a ", "`", "**", "| ", "\\", "$$a\n", "```\n", "$\\", "|a\n", "$a\\"):
        told = sign * (20_000 // len(sign))
        assert parse(told)
        assert len([*slips(told)]) < 20_000


def test_a_gap_in_a_formula_is_a_slip() -> None:
    """A gap is a box to write in, and no part of a formula."""
    assert [slip.code for slip in slips("$U = <<1>>$")] == ["text/gap-in-formula"]
