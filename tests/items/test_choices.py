"""Choice items: letters on one paper, what a response says, marks by policy, what can be wrong in one."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import chain, combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.assembly.keyed import KeyedDraw
from certengine.items import kind_of
from certengine.items.options import LETTERS, Option, draw_order, letters_of, presented, read_letters
from certengine.items.true_false import TrueFalseContent
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from tests.simulator import multiple_response, options, single_choice, text, true_false
from tests.strategies import option_lists

SINGLE, MULTIPLE, TRUE_FALSE = map(kind_of, ("single_choice", "multiple_response", "true_false"))
ABC = options("a", "b", "c")
TURNED = {"options": ["c", "a", "b"]}
GIVEN, BLANK = ResponseState.GIVEN, ResponseState.BLANK
MULTIPLE_MARKED, UNREADABLE = ResponseState.MULTIPLE_MARKED, ResponseState.UNREADABLE


def codes(kind, content, languages: tuple[str, ...] = ("en", "zh")) -> list[tuple[str, tuple[str | int, ...]]]:
    """Code and place of everything a check finds."""
    return [(problem.code, problem.path) for problem in kind.check(content, languages)]


def test_letters_follow_the_paper() -> None:
    """A letter stands for the option at that place of this paper."""
    assert ["option c", "option a", "option b"] == [one.text.best("en") for one in presented(ABC, TURNED)]
    assert ["A", "B", "C"] == [one.label for one in presented(ABC, TURNED)]
    assert "AB" == letters_of(ABC, TURNED, ("a", "c"))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("A", ["c"]),
        (" b ", ["a"]),
        ("Ｃ", ["b"]),
        ("CA", ["c", "b"]),
        ("A、C", ["c", "b"]),
        ("a, b; c", ["c", "a", "b"]),
        ("A+B/C&", ["c", "a", "b"]),
    ],
)
def test_letters_that_are_read(raw: str, expected: list[str]) -> None:
    """Small and full-width letters and common separators are read; ids come in the order of the letters."""
    reading = read_letters(ABC, TURNED, raw)

    assert (GIVEN, expected) == (reading.state, reading.value)


@pytest.mark.parametrize(
    ("raw", "state"),
    [("", BLANK), ("\u3000", BLANK), ("*", MULTIPLE_MARKED), ("A*", MULTIPLE_MARKED), ("＊", MULTIPLE_MARKED),
     ("D", UNREADABLE), ("AA", UNREADABLE), ("1", UNREADABLE), (",", UNREADABLE), ("A?", UNREADABLE), ("Α", UNREADABLE)],
)  # fmt: skip
def test_letters_that_are_not_read(raw: str, state: ResponseState) -> None:
    """Nothing is guessed: a letter beyond the options, one given twice or a Greek twin is unreadable."""
    assert state is read_letters(ABC, TURNED, raw).state


@given(option_lists(), st.binary(min_size=32, max_size=32))
def test_pinned_options_stay(drawn: tuple[Option, ...], seed: bytes) -> None:
    """The order holds every option once, those pinned first before all others and those pinned last after them."""
    order = draw_order(drawn, KeyedDraw(seed, ("s",)))["options"]
    pins = {option.id: option.pin for option in drawn}
    rank = {"first": 0, None: 1, "last": 2}

    assert sorted(pins) == sorted(order)
    assert sorted(rank[pins[one]] for one in order) == [rank[pins[one]] for one in order]
    assert [o.id for o in drawn if o.pin == "last"] == [one for one in order if pins[one] == "last"]


def test_every_order_is_drawn() -> None:
    """Over many papers each of the six orders of three options comes up about as often."""
    papers = 1200
    found = [tuple(draw_order(ABC, KeyedDraw(bytes(32), (str(n),)))["options"]) for n in range(papers)]
    counts = {order: found.count(order) for order in permutations(("a", "b", "c"))}

    # chi-squared, five degrees of freedom: 20.5 is exceeded once in a thousand; the seed is fixed
    assert sum((n - papers / 6) ** 2 / (papers / 6) for n in counts.values()) < 20.5


def test_two_letters_for_one_answer() -> None:
    """In a single choice item two letters are a multiple mark, never the first or the right one of them."""
    content, variant = single_choice("b"), {"options": ["a", "b", "c", "d"]}

    assert MULTIPLE_MARKED is SINGLE.parse(content, variant, "AB").state
    assert UNREADABLE is SINGLE.parse(content, variant, "BB").state


@pytest.mark.parametrize("policy", ["all_or_nothing", "net_correct"])
def test_marks_of_every_set_of_ticks(policy: str) -> None:
    """For every set of ticks: all or nothing, or right ticks less wrong ones over the right options, never under 0."""
    content = multiple_response("a", "b", "c")
    variant = {"options": ["e", "d", "c", "b", "a"]}
    for ticks in chain.from_iterable(combinations("abcde", size) for size in range(1, 6)):
        right, wrong = len(set(ticks) & set("abc")), len(set(ticks) & set("de"))
        net = Fraction(max(0, right - wrong), 3)
        expected = net if policy == "net_correct" else Fraction(right == 3 and wrong == 0)

        assert expected == MULTIPLE.mark(content, variant, list(ticks), policy).share, ticks


def test_reason_names_letters_of_the_paper() -> None:
    """The trace speaks in the letters the candidate saw, and counts right, wrong and missed ones."""
    variant = {"options": ["e", "d", "c", "b", "a"]}
    mark = MULTIPLE.mark(multiple_response("a", "b", "c"), variant, ["c", "e"], "net_correct")

    assert "AC given, CDE is right: 1 right, 1 wrong, 2 missed" == mark.reason.best("en")
    assert "选 AC，正确答案 CDE：选对 1 项，选错 1 项，漏选 2 项" == mark.reason.best("zh")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("√", True), ("t", True), ("TRUE", True), ("ａ", True), ("1", True), ("是", True), ("正确", True),
     ("×", False), ("x", False), ("f", False), ("B", False), ("0", False), ("错", False), ("no", False)],
)  # fmt: skip
def test_true_or_false(raw: str, expected: bool) -> None:
    """Signs, letters and words for true and false are read in both languages."""
    reading = TRUE_FALSE.parse(true_false(), {}, raw)

    assert (GIVEN, expected) == (reading.state, reading.value)


@pytest.mark.parametrize("raw", ["AB", "BA", "√×", "×√", "TF", "*", "ＡＢ"])
def test_true_and_false(raw: str) -> None:
    """Both at once is a multiple mark."""
    assert MULTIPLE_MARKED is TRUE_FALSE.parse(true_false(), {}, raw).state


@pytest.mark.parametrize(
    ("key", "given_", "share"), [(True, True, 1), (False, False, 1), (True, False, 0), (False, True, 0)]
)
def test_statement_is_marked(key: bool, given_: bool, share: int) -> None:
    """The right one of two earns all, the other nothing."""
    assert share == TRUE_FALSE.mark(true_false(key), {}, given_, "all_or_nothing").share


def test_statement_is_shown_alike() -> None:
    """A is true and B is false on every paper, and the key says the letter with the sign."""
    shown = TRUE_FALSE.present(true_false(), {})

    assert ["A", "B"] == [option.label for option in shown.options]
    assert ("A √", "B ×") == (TRUE_FALSE.answer(true_false(True), {}), TRUE_FALSE.answer(true_false(False), {}))


def test_statement_that_asks() -> None:
    """A statement that ends with a question mark is warned of, in the language where it does."""
    content = TrueFalseContent(stem=Text.of(zh="对吗？", en="It is so."), key=True)

    assert [("item/statement-asks", ("stem", "zh"))] == codes(TRUE_FALSE, content)
    assert [True] == [problem.warning for problem in TRUE_FALSE.check(content, ("zh",))]


@pytest.mark.parametrize("count", [1, len(LETTERS) + 1])
def test_number_of_options(count: int) -> None:
    """An item has 2 to 10 options."""
    ids = "abcdefghijk"[:count]
    content = replace(single_choice("a"), options=options(*ids))

    assert [("item/option-count", ("options",))] == codes(SINGLE, content)


def test_option_twice() -> None:
    """An option id that stands twice is found, and so are options that read the same in one language."""
    twice = (*options("a", "b"), Option(id="a", text=text("another")))
    alike = (*options("a", "b"), Option(id="c", text=Text.of(zh="option c", en=" Option B ")))

    assert [("item/duplicate-option", ("options", 2, "id"))] == codes(SINGLE, replace(single_choice(), options=twice))
    assert [("item/equal-options", ("options", 2, "text"))] == codes(SINGLE, replace(single_choice(), options=alike))


def test_missing_translation_is_no_twin() -> None:
    """Options without a text in a language are not called equal in it."""
    bare = tuple(Option(id=one, text=Text.of(zh=one)) for one in "ab")

    assert [] == codes(SINGLE, replace(single_choice(), options=bare))


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        (SINGLE, single_choice("z"), [("item/key-unknown", ("key",))]),
        (MULTIPLE, multiple_response("a", "z"), [("item/key-unknown", ("key", 1))]),
        (MULTIPLE, multiple_response("a"), [("item/key-count", ("key",))]),
        (MULTIPLE, multiple_response("a", "a"), [("item/key-count", ("key",))]),
        (SINGLE, single_choice(), []),
        (MULTIPLE, multiple_response(), []),
    ],
)
def test_key(kind, content, expected) -> None:
    """A key names options of the item: one of a single choice, two different ones at least of a multiple response."""
    assert expected == codes(kind, content)
