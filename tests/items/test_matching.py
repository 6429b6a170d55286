"""Matching items: drawn prompts and options, every writing of pairs, marks by pair, what a check finds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.assembly.keyed import KeyedDraw
from certengine.items import kind_of
from certengine.items.matching import MAX_PROMPTS, Prompt
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from tests.simulator import matching, options, text
from tests.strategies import matchings

MATCHING = kind_of("matching")
GIVEN, BLANK = ResponseState.GIVEN, ResponseState.BLANK
MULTIPLE, UNREADABLE = ResponseState.MULTIPLE_MARKED, ResponseState.UNREADABLE
PAPER = {"prompts": ["r", "p", "q"], "options": ["d", "c", "b", "a"]}
"""On this paper 1 is r, 2 is p, 3 is q; A is d, B is c, C is b, D is a. Right: 1B 2D 3C."""


def codes(**changes) -> list[tuple[str, tuple[str | int, ...]]]:
    """Code and place of everything a check finds."""
    return [(problem.code, problem.path) for problem in MATCHING.check(matching(**changes), ("en", "zh"))]


@pytest.mark.parametrize(
    "raw",
    ["1B 2D 3C", "1B2D3C", "3C,1B,2D", "1-B, 2-D, 3-C", "1.b 2.d 3.c", "1→B；2→D；3→C", "(1)B (2)D (3)C", "①B②D③C",
     "1:B 2:D 3:C", "１Ｂ　２Ｄ　３Ｃ", "01B 02D 03C", "1B 2D 3C 3C", "BDC", "b d c", "B、D、C", "B-D-C", "Ｂ/Ｄ/Ｃ"],
)  # fmt: skip
def test_writings_of_the_same_pairs(raw: str) -> None:
    """Numbers with letters in any usual writing and order, or letters in turn, say the same pairs."""
    reading = MATCHING.parse(matching(), PAPER, raw)

    assert (GIVEN, {"r": "c", "p": "a", "q": "b"}) == (reading.state, reading.value)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2D", {"p": "a"}),
        ("B.C", {"r": "c", "q": "b"}),
        ("_D_", {"p": "a"}),
        ("1B 2* 3C", {"r": "c", "p": None, "q": "b"}),
        ("1B 2CD", {"r": "c", "p": None}),
        ("1B 2C 2D", {"r": "c", "p": None}),
        ("1B 2C 2*", {"r": "c", "p": None}),
        ("B*C", {"r": "c", "p": None, "q": "b"}),
        ("1A 2A 3A", {"r": "d", "p": "d", "q": "d"}),
    ],
)
def test_parts_of_an_answer(raw: str, expected: dict[str, str | None]) -> None:
    """A prompt left out is not in the value, a doubly marked one has none; a letter may be given for several."""
    reading = MATCHING.parse(matching(), PAPER, raw)

    assert (GIVEN, expected) == (reading.state, reading.value)


@pytest.mark.parametrize(
    ("raw", "state"),
    [("", BLANK), ("\u3000", BLANK), ("...", BLANK), ("*", MULTIPLE), ("***", MULTIPLE), ("1* 2*", MULTIPLE),
     ("4A", UNREADABLE), ("1E", UNREADABLE), ("1", UNREADABLE), ("A1", UNREADABLE), ("BD", UNREADABLE),
     ("BDCA", UNREADABLE), ("1B 2", UNREADABLE), ("0B", UNREADABLE), ("BDX", UNREADABLE), ("?", UNREADABLE),
     ("1B 2?", UNREADABLE), ("١B", UNREADABLE)],
)  # fmt: skip
def test_what_is_not_given(raw: str, state: ResponseState) -> None:
    """Nothing is guessed: a number or letter of no prompt or option, or too few letters in turn, is unreadable."""
    reading = MATCHING.parse(matching(), PAPER, raw)

    assert (state, None) == (reading.state, reading.value)


@pytest.mark.parametrize(
    ("value", "right"),
    [({"p": "a", "q": "b", "r": "c"}, 3), ({"p": "a", "q": "b"}, 2), ({"p": "a", "q": None, "r": "d"}, 1),
     ({"p": "b", "q": "a", "r": "d"}, 0), ({"p": "a", "q": "a", "r": "a"}, 1)],
)  # fmt: skip
def test_marks(value: dict[str, str | None], right: int) -> None:
    """Each right pair earns its share under `per_pair`; under `all_or_nothing` only all of them earn."""
    assert Fraction(right, 3) == MATCHING.mark(matching(), PAPER, value, "per_pair").share
    assert Fraction(right == 3) == MATCHING.mark(matching(), PAPER, value, "all_or_nothing").share


def test_reason_speaks_of_the_paper() -> None:
    """The trace has the numbers and letters that the candidate saw."""
    mark = MATCHING.mark(matching(), PAPER, {"p": "a", "q": None}, "per_pair")

    assert "2D 3* given, 1B 2D 3C is right: 1 of 3 pairs right" == mark.reason.best("en")
    assert "答 2D 3*，正确答案 1B 2D 3C：3 对中配对 1 对" == mark.reason.best("zh")


def test_both_sides_are_shown_in_drawn_order() -> None:
    """Prompts are numbered and options lettered in the order of the paper; a distractor stands among them."""
    shown = MATCHING.present(matching(), PAPER)

    assert [("1", "prompt r"), ("2", "prompt p"), ("3", "prompt q")] == [
        (one.label, one.text.best("en")) for one in shown.prompts
    ]
    assert ["option d", "option c", "option b", "option a"] == [one.text.best("en") for one in shown.options]


@given(st.binary(min_size=32, max_size=32), matchings())
def test_sides_are_drawn_apart(seed: bytes, content) -> None:
    """Each side is drawn by a label of its own: other options leave the order of the prompts as it is."""
    source = KeyedDraw(seed, ("s",))
    other = replace(content, options=options("x", "y"))

    assert MATCHING.vary(content, source)["prompts"] == MATCHING.vary(other, source)["prompts"]
    assert sorted(prompt.id for prompt in content.prompts) == sorted(MATCHING.vary(content, source)["prompts"])


def test_every_order_of_prompts_is_drawn() -> None:
    """Over many papers each order of three prompts comes up, apart from the order of the options."""
    papers = [MATCHING.vary(matching(), KeyedDraw(bytes(32), (str(n),))) for n in range(120)]

    assert 6 == len({tuple(paper["prompts"]) for paper in papers})
    assert 6 * 4 < len({(tuple(paper["prompts"]), tuple(paper["options"])) for paper in papers})


def prompts(*ids: str) -> tuple[Prompt, ...]:
    """Prompts told apart by their ids."""
    return tuple(Prompt(id=one, text=text(f"prompt {one}")) for one in ids)


MANY = tuple(f"n{n}" for n in range(MAX_PROMPTS + 1))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"options": options("a", "b", "c")}, []),
        ({"key": {"p": "a", "q": "a", "r": "b"}}, []),
        ({"prompts": prompts("p"), "key": {"p": "a"}}, [("item/prompt-count", ("prompts",))]),
        ({"prompts": prompts(*MANY), "key": dict.fromkeys(MANY, "a") | {"n0": "b"}}, [("item/prompt-count", ("prompts",))]),
        ({"prompts": prompts("p", "q", "r", "p")},
         [("item/duplicate-prompt", ("prompts", 3, "id")), ("item/equal-prompts", ("prompts", 3, "text")),
          ("item/equal-prompts", ("prompts", 3, "text"))]),
        ({"prompts": (*prompts("p", "q"), Prompt(id="r", text=Text.of(zh="r", en=" Prompt P ")))},
         [("item/equal-prompts", ("prompts", 2, "text"))]),
        ({"prompts": (*prompts("p"), *(Prompt(id=one, text=Text.of(zh=one)) for one in "qr"))}, []),
        ({"key": {"p": "a", "q": "b", "r": "z"}}, [("item/key-unknown", ("key", "r"))]),
        ({"key": {"p": "a", "q": "b", "r": "c", "s": "d"}}, [("item/key-unknown", ("key", "s"))]),
        ({"key": {"p": "a", "q": "b"}}, [("item/key-missing", ("key",))]),
        ({"key": {"p": "a", "q": "a", "r": "a"}}, [("item/key-constant", ("key",))]),
        ({"options": (*options("a", "b", "c"), *options("a"))},
         [("item/duplicate-option", ("options", 3, "id")), ("item/equal-options", ("options", 3, "text")),
          ("item/equal-options", ("options", 3, "text"))]),
    ],
)  # fmt: skip
def test_check(changes, expected: list[tuple[str, tuple[str | int, ...]]]) -> None:
    """Each thing that can be wrong in a matching is found, under its code and at its place."""
    assert expected == codes(**changes)
