"""Gap texts: blanks and what they offer, parts of a response, marks by gap, everything a check finds."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from certengine.assembly.keyed import KeyedDraw
from certengine.items import kind_of
from certengine.items.gap_checks import MAX_GAPS
from certengine.items.gap_text import _OfGap
from certengine.items.gaps import ChoiceGap, Gap, NumberGap, TextGap
from certengine.items.numeric import Tolerance
from certengine.items.parameters import Derived, Parameter
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from certengine.model.view import AnswerForm
from tests.simulator import gap_text, options, text

GAPS = kind_of("gap_text")
CURRENT, HOW, NAME = gap_text().gaps
GIVEN, BLANK = ResponseState.GIVEN, ResponseState.BLANK
MULTIPLE, UNREADABLE = ResponseState.MULTIPLE_MARKED, ResponseState.UNREADABLE
PAPER = {"parameters": {"U": "24"}, "gaps": {"how": {"options": ["c", "b", "a"]}}}
"""On this paper the current is 4 A, and the right letter is B."""


def test_blanks_are_numbered_in_the_sentence() -> None:
    """Values are put in, each marker becomes a numbered blank, a number's with its unit."""
    shown = GAPS.present(gap_text(), PAPER)

    assert (
        "24 V across 6 ohms drives ____(1)____ A; a meter for it stands ____(2)____ and is called ____(3)____."
        == shown.stem.best("en")
    )
    assert [
        ("1", AnswerForm.WRITTEN_NUMBER, "A", 0),
        ("2", AnswerForm.ONE_BUBBLE, None, 3),
        ("3", AnswerForm.WRITTEN_TEXT, None, 0),
    ] == [(gap.label, gap.answer_form, gap.unit, len(gap.options)) for gap in shown.gaps]


def test_blanks_keep_their_numbers_in_every_language() -> None:
    """A gap has the same number wherever a language's grammar puts it, and may open or close the text."""
    content = gap_text(stem=Text.of(zh="<<name>>{{<<how>>}}<<i>>", en="<<i>> <<name>> <<how>>"))
    stem = GAPS.present(content, PAPER).stem

    assert "____(3)____{____(2)____}____(1)____ A" == stem.best("zh")
    assert "____(1)____ A ____(3)____ ____(2)____" == stem.best("en")


def test_choices_of_gaps_are_drawn_apart() -> None:
    """Each gap's options have an order of their own, which no other gap changes."""
    two = [replace(HOW, id=one) for one in ("x", "y")]
    papers = [KeyedDraw(bytes(32), (str(n),)) for n in range(30)]
    orders = [GAPS.vary(gap_text(gaps=tuple(two)), paper)["gaps"] for paper in papers]

    assert any(one["x"] != one["y"] for one in orders)
    assert [one["x"] for one in orders] == [GAPS.vary(gap_text(gaps=(two[0],)), paper)["gaps"]["x"] for paper in papers]


def test_every_choice_of_a_gap_has_a_label_of_its_own() -> None:
    """Whatever a gap's kind draws is drawn under the gap's id."""
    source = KeyedDraw(bytes(32), ("x",))
    gap = _OfGap(source, "how")

    assert source.below("gap|how|n", 1000) == gap.below("n", 1000)
    assert source.order("gap|how|options", "abc") == gap.order("options", "abc")


def test_numbers_share_their_parameters() -> None:
    """All numbers of a text are computed from one drawn combination, with its condition and derived values."""
    gaps = tuple(
        Gap(id=one, number=NumberGap(key=key, tolerance=Tolerance(exact=True)))
        for one, key in (("a", "U"), ("b", "U * 2"), ("c", "half"))
    )
    content = gap_text(gaps=gaps, where="U > 12", derived={"half": Derived(formula="U / 2")}, stem=text("{half}"))
    variant = GAPS.vary(content, KeyedDraw(bytes(32), ("x",)))

    assert "24 | 48 | 12" == GAPS.answer(content, variant)
    assert "12" == GAPS.present(content, variant).stem.best("en")


def test_answer_of_a_paper() -> None:
    """The key prints each gap as its kind does, in order."""
    assert "4 A | B | 电流表 / ammeter" == GAPS.answer(gap_text(), PAPER)


@pytest.mark.parametrize(
    "raw", ["4|B|ammeter", " 4 A ; b ; 电流表 ", "４｜Ｂ｜电流表", "4；B；Ammeter", "4.0 | B | ammeter."]
)
def test_writings_that_earn_everything(raw: str) -> None:
    """Gaps are parted by a bar or a semicolon of either width, and each is read as its kind reads it."""
    reading = GAPS.parse(gap_text(), PAPER, raw)

    assert GIVEN is reading.state
    assert 1 == GAPS.mark(gap_text(), PAPER, reading.value, "all_or_nothing").share


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("4||", {"i": "4"}),
        ("|B|", {"how": "b"}),
        (";;表", {"name": "表"}),
        ("4|AB|表", {"i": "4", "how": None, "name": "表"}),
        ("4|*|", {"i": "4", "how": None}),
        ("|B|a;b", {"how": "b", "name": "a;b"}),
    ],
)
def test_parts_of_an_answer(raw: str, expected: dict[str, str | None]) -> None:
    """A blank gap is left out, a doubly marked one has no value, and a semicolon beside a bar is text."""
    reading = GAPS.parse(gap_text(), PAPER, raw)

    assert (GIVEN, expected) == (reading.state, reading.value)


@pytest.mark.parametrize(
    ("raw", "state"),
    [("", BLANK), ("||", BLANK), (" ; ; ", BLANK), ("|AB|", MULTIPLE), ("|*|", MULTIPLE), ("4|B", UNREADABLE),
     ("4|B|x|y", UNREADABLE), ("4", UNREADABLE), ("fast|B|x", UNREADABLE), ("4 V|B|x", UNREADABLE), ("4|D|x", UNREADABLE),
     ("4|B|?", UNREADABLE), ("1,234|B|x", UNREADABLE), ("4,B,x", UNREADABLE)],
)  # fmt: skip
def test_what_is_not_given(raw: str, state: ResponseState) -> None:
    """Another number of parts, or one gap that cannot be read, needs a person; nothing is guessed."""
    reading = GAPS.parse(gap_text(), PAPER, raw)

    assert (state, None) == (reading.state, reading.value)


def test_single_gap_is_not_parted() -> None:
    """With one gap the whole response is its answer, whatever it holds."""
    content = gap_text(gaps=(NAME,), stem=text("<<name>>"))

    assert {"name": "a|b;c"} == GAPS.parse(content, PAPER, "a|b;c").value


@pytest.mark.parametrize(
    ("value", "right"),
    [({"i": "4", "how": "b", "name": "ammeter"}, 3), ({"i": "4.04", "how": "b"}, 2), ({"i": "4.05", "how": None}, 0),
     ({"how": "a", "name": "电流表"}, 1), ({"name": "meter"}, 0)],
)  # fmt: skip
def test_marks(value: dict[str, str | None], right: int) -> None:
    """Each right gap earns its share under `per_gap`; under `all_or_nothing` only all of them earn."""
    assert Fraction(right, 3) == GAPS.mark(gap_text(), PAPER, value, "per_gap").share
    assert Fraction(right == 3) == GAPS.mark(gap_text(), PAPER, value, "all_or_nothing").share


def test_reason_of_every_gap() -> None:
    """The trace gives each gap's own reason under its number, also where it was left out or doubly marked."""
    mark = GAPS.mark(gap_text(), PAPER, {"how": None, "name": "x"}, "per_gap")

    assert "(1) blank; (2) more than one marked; (3) x given: no accepted form" == mark.reason.best("en")
    assert "（1）未作答；（2）重复填涂；（3）答 x：不在可接受答案之列" == mark.reason.best("zh")


def number(key: str, **changes: Any) -> Gap:
    """The gap of the current with another rule."""
    return Gap(id="i", number=NumberGap(**{"key": key, "tolerance": Tolerance(exact=True), **changes}))


def with_gap(gap: Gap) -> dict[str, Any]:
    """Changes that put this gap first."""
    return {"gaps": (gap, HOW, NAME)}


MANY = tuple(replace(NAME, id=f"n{n}") for n in range(MAX_GAPS + 1))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"gaps": (), "stem": text("{U}")}, [("item/gap-count", ("gaps",))]),
        ({"gaps": MANY, "stem": text(" ".join(f"<<{gap.id}>>" for gap in MANY))}, [("item/gap-count", ("gaps",))]),
        ({"gaps": (CURRENT, HOW, NAME, NAME)}, [("item/duplicate-gap", ("gaps", 3, "id"))]),
        ({"gaps": (*gap_text().gaps, replace(NAME, id="a b"))},
         [("item/gap-id", ("gaps", 3, "id")), ("item/gap-marker", ("stem", "en")), ("item/gap-marker", ("stem", "zh"))]),
        ({"stem": Text.of(zh="<<i>> <<how>>", en="<<i>> <<how>> <<name>> <<name>>")},
         [("item/gap-marker", ("stem", "en")), ("item/gap-marker", ("stem", "zh"))]),
        ({"stem": Text.of(zh="<<i>> <<how>> <<name>>")}, []),
        ({"stem": Text.of(zh="<<i>> <<how>> <<name>> <<z>>")}, [("item/gap-unknown", ("stem", "zh"))]),
        ({"stem": Text.of(zh="<<i>> <<how>> <<name>> <<a b>>")}, [("item/gap-broken", ("stem", "zh"))]),
        ({"stem": Text.of(zh="<<i>> <<how>> <<name>> >>")}, [("item/gap-broken", ("stem", "zh"))]),
        ({"stem": Text.of(zh="<<i>> A <<how>> <<name>>")}, [("item/unit-twice", ("stem", "zh"))]),
        ({"stem": Text.of(zh="<<i>> <<how>> <<name>> {X} {")},
         [("item/lone-brace", ("stem", "zh")), ("item/unknown-parameter", ("stem", "zh"))]),
        (with_gap(Gap(id="i")), [("item/gap-rule", ("gaps", 0))]),
        (with_gap(replace(CURRENT, text=NAME.text)), [("item/gap-rule", ("gaps", 0))]),
        (with_gap(number("U / X")), [("item/unknown-parameter", ("gaps", 0, "number", "key"))]),
        (with_gap(number("12 / (U - 24)")), [("item/key-undefined", ("gaps", 0, "number", "key"))]),
        (with_gap(number("U", places=99)), [("item/places", ("gaps", 0, "number", "places"))]),
        (with_gap(number("U", tolerance=Tolerance())), [("item/tolerance", ("gaps", 0, "number", "tolerance"))]),
        ({"parameters": {"U": Parameter()}}, [("item/parameter", ("parameters", "U"))]),
        ({"where": "U > X"}, [("item/unknown-parameter", ("where",))]),
        ({"derived": {"d": Derived(formula="1 / (U - 24)")}, "gaps": (HOW, NAME), "stem": text("<<how>> <<name>> {d}")},
         [("item/value-undefined", ("derived", "d", "formula"))]),
        (with_gap(Gap(id="i", choice=ChoiceGap(options=options("a", "b"), key="z"))),
         [("item/key-unknown", ("gaps", 0, "choice", "key"))]),
        (with_gap(Gap(id="i", choice=ChoiceGap(options=options("a"), key="a"))),
         [("item/option-count", ("gaps", 0, "choice", "options"))]),
        (with_gap(Gap(id="i", text=TextGap(accepted=(), patterns=("*",)))),
         [("item/no-accepted-form", ("gaps", 0, "text", "accepted")), ("item/pattern", ("gaps", 0, "text", "patterns", 0))]),
        (with_gap(Gap(id="i", text=TextGap(accepted=({"zh": "甲；乙", "en": "a|b"},)))),
         [("item/form-parts-gaps", ("gaps", 0, "text", "accepted", 0, "zh")),
          ("item/form-parts-gaps", ("gaps", 0, "text", "accepted", 0, "en"))]),
        ({"gaps": (Gap(id="i", text=TextGap(accepted=({"zh": "甲；乙"},))),), "stem": text("<<i>>")}, []),
    ],
)  # fmt: skip
def test_check(changes: dict[str, Any], expected: list[tuple[str, tuple[str | int, ...]]]) -> None:
    """Each thing that can be wrong in a gap text is found once, under its code and at its place."""
    assert expected == [(problem.code, problem.path) for problem in GAPS.check(gap_text(**changes), ("en", "zh"))]


def test_parameters_are_numbers_of_the_text() -> None:
    """A text without number gaps may still vary by its parameters."""
    content = gap_text(
        stem=text("{n} <<name>>"), gaps=(NAME,), parameters={"n": Parameter(values=(Decimal(1), Decimal(2)))}
    )
    shown = {
        GAPS.present(content, GAPS.vary(content, KeyedDraw(bytes(32), (str(n),)))).stem.best("en") for n in range(20)
    }

    assert {"1 ____(1)____", "2 ____(1)____"} == shown
