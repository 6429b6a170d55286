"""Short answers: which texts read the same, what patterns match, and that neither ever takes long."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.items import kind_of
from certengine.items.accepted_text import MAX_ANSWER, MAX_PATTERN, PatternRefused, matches, parse_pattern, plain_form
from certengine.items.short_answer import accepted_by
from tests.simulator import short_answer

SHORT = kind_of("short_answer")


@pytest.mark.parametrize(
    ("one", "another"),
    [("Live Zero", "live-zero"), ("ＰＷＭ", "pwm"), ("断开。", "“断开”"), ("r/min", "R / MIN"), ("4–20 mA", "4 - 20mA"),
     ("4～20mA", "4-20 mA"), ("m²", "m2"), ("℃", "°c"), ("安全 转矩 关断", "安全转矩关断（）"), ("−5 V", "-5v"),
     ("Cohen's", "Cohen’s"), ("Maße", "masse"), ("1 500", "１　５００"), ("A/B", "a、b"), ("IEC-60204", "iec 60204")],
)  # fmt: skip
def test_texts_that_read_the_same(one: str, another: str) -> None:
    """Case, width, spaces and ornamental punctuation do not tell two answers apart."""
    assert plain_form(one) == plain_form(another)


@pytest.mark.parametrize(
    ("one", "another"),
    [("4-20", "420"), ("0.5", "05"), ("1.5", "15"), ("-5 V", "5 V"), ("5%", "5"), ("C#", "C"), ("A+", "A"), ("2 4", "24"),
     ("3/4", "34"), ("断开", "断"), ("≥5", "5"), ("I=0", "I0")],
)  # fmt: skip
def test_texts_that_differ(one: str, another: str) -> None:
    """A sign that may change the meaning does."""
    assert plain_form(one) != plain_form(another)


@given(st.text(max_size=60))
def test_plain_form_is_settled(text: str) -> None:
    """Whatever is written, ornaments around it change nothing, and no space is left at the ends."""
    plain = plain_form(text)

    assert plain == plain.strip()
    assert plain == plain_form(f"（{text}）。")


@pytest.mark.parametrize(
    ("pattern", "right", "wrong"),
    [
        ("live zero", ("Live-Zero",), ("live zeros", "alive zero")),
        ("live*zero", ("live zero", "live (elevated) zero"), ("live zero point",)),
        ("*短路*", ("短路", "相间短路故障"), ("断路", "短 接")),
        ("(safe|secure|) torque off", ("torque off", "safe torque off", "Secure-Torque-Off"), ("unsafe torque off",)),
        ("(互锁|联锁)(电路|)", ("互锁", "联锁电路"), ("自锁", "电路")),
        ("（互锁｜联锁）", ("联锁",), ("互锁联锁",)),
        ("a*b*c", ("abc", "a1b2c", "abbcc"), ("acb", "ab")),
        ("(ab|a)(c|bc)", ("abc", "ac", "abbc"), ("abcc",)),
        ("*a", ("a", "banana"), ("ab",)),
        ("4-20", ("4 – 20",), ("420",)),
    ],
)
def test_patterns(pattern: str, right: tuple[str, ...], wrong: tuple[str, ...]) -> None:
    """A star is any run, brackets offer alternatives, and the whole text has to match."""
    found = {text: matches(parse_pattern(pattern), plain_form(text)) for text in (*right, *wrong)}

    assert dict.fromkeys(right, True) | dict.fromkeys(wrong, False) == found


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "*",
        "**",
        "*(a|)*",
        "( | )",
        "(a",
        "a)",
        "(a(b|c))",
        "(a)",
        "(a|a)",
        "()",
        "a|b",
        "…",
        "x" * (MAX_PATTERN + 1),
    ],
)
def test_what_is_no_pattern(pattern: str) -> None:
    """Lone brackets and bars, a choice of nothing, a pattern that matches almost anything, are refused."""
    with pytest.raises(PatternRefused):
        parse_pattern(pattern)


_PIECES = st.lists(st.sampled_from(("a", "b", "ab", "*", "(a|b)", "(ab|)", "(a|ab|ba)")), min_size=1, max_size=7)


@given(_PIECES, st.text(alphabet="ab", max_size=12))
def test_patterns_agree_with_regular_expressions(pieces: list[str], text: str) -> None:
    """On small cases a pattern matches what the same regular expression does."""
    expression = "".join(pieces).replace("*", ".*")
    if parse_or_none("".join(pieces)) is not None:
        assert (re.fullmatch(expression, text) is not None) == matches(parse_pattern("".join(pieces)), text)


def parse_or_none(pattern: str):
    """A pattern, if it is one."""
    try:
        return parse_pattern(pattern)
    except PatternRefused:
        return None


def test_no_pattern_takes_long() -> None:
    """What takes a backtracking engine years is told: with such an engine this test would not end."""
    pattern = parse_pattern("*" + "(a|aa)" * 40 + "*b")

    assert not matches(pattern, "a" * MAX_ANSWER)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("互 锁", "互锁"), ("INTERLOCK", "interlock"), ("mutual-exclusion", "mutual exclusion"), ("（电气）联锁", "*(电气|机械)联锁"),
     ("自锁", None), ("互锁和自锁", None), ("inter lock" + " " * 300, "interlock"), ("互锁" * MAX_ANSWER, None)],
)  # fmt: skip
def test_accepted_by(raw: str, expected: str | None) -> None:
    """The form or pattern that an answer reads like is named as the bank has it; none is told apart."""
    value = SHORT.parse(short_answer(), {}, raw).value

    assert expected == accepted_by(short_answer(), str(value))


def test_reasons() -> None:
    """The trace names the form that was accepted, or says that none was."""
    right, wrong = (SHORT.mark(short_answer(), {}, value, "all_or_nothing") for value in ("Interlock", "自锁"))

    assert "Interlock given, accepted as interlock" == right.reason.best("en")
    assert "答 自锁：不在可接受答案之列" == wrong.reason.best("zh")
    assert (1, 0) == (right.share, wrong.share)


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        ("", "blank"),
        ("\u3000\n", "blank"),
        ("—", "unreadable"),
        ("?", "unreadable"),
        ("*", "unreadable"),
        ("互", "given"),
    ],
)
def test_states(raw: str, state: str) -> None:
    """A text without a letter or digit is unreadable, one without anything is blank."""
    assert state == SHORT.parse(short_answer(), {}, raw).state


def test_answer_in_each_language() -> None:
    """The key prints the first form in its languages, Chinese first, and one that reads alike in both once."""
    same = short_answer(accepted=({"en": "PWM", "zh": "PWM"},))

    assert ("互锁 / interlock", "PWM") == (SHORT.answer(short_answer(), {}), SHORT.answer(same, {}))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"accepted": ()}, [("item/no-accepted-form", ("accepted",))]),
        ({"accepted": ({},)}, [("item/no-accepted-form", ("accepted",))]),
        ({"accepted": ({"zh": "互锁", "en": "x"}, {"en": "、。"})}, [("item/empty-form", ("accepted", 1, "en"))]),
        ({"accepted": ({"zh": "互" * (MAX_ANSWER + 1)},)}, [("item/empty-form", ("accepted", 0, "zh"))]),
        ({"accepted": ({"zh": "互锁"}, {"zh": "“互锁”"})}, [("item/equal-forms", ("accepted", 1, "zh"))]),
        ({"accepted": ({"zh": "PWM", "en": "pwm"},)}, []),
        ({"accepted": ({"de": "Verriegelung"},)}, [("item/form-language", ("accepted", 0, "de"))]),
        ({"patterns": ("a*", "(")}, [("item/pattern", ("patterns", 1))]),
    ],
)
def test_check(changes, expected: list[tuple[str, tuple[str | int, ...]]]) -> None:
    """Each thing that can be wrong in a short answer is found, under its code and at its place."""
    assert expected == [(p.code, p.path) for p in SHORT.check(short_answer(**changes), ("en", "zh"))]
