"""A text exists in several languages, none of them the main one."""

from __future__ import annotations

import pytest

from certengine.model.text import Text, visible


def test_order_of_languages_does_not_matter() -> None:
    """Texts are equal whatever the order their languages were written in."""
    assert Text.of(zh="电工", en="Electrician") == Text.of({"en": "Electrician", "zh": "电工"})
    assert ("en", "zh") == Text.of(zh="电工", en="Electrician").languages


def test_pairs_of_any_order_or_number_make_the_same_text() -> None:
    """The quick way to make a text of two languages makes what the slow way does, and takes any other pairs too."""
    for pairs in ((("en", "a"), ("zh", "b")), (("zh", "b"), ("en", "a")), (("zh", "b"),)):
        assert Text(pairs) == Text.in_order(pairs)


def test_tags_that_are_no_keywords() -> None:
    """A mapping takes tags such as ``zh-Hans``."""
    assert "电工" == Text.of({"zh-Hans": "电工"}).get("zh-Hans")


def test_a_text_without_language_is_refused() -> None:
    """Empty means refuse."""
    with pytest.raises(ValueError, match="at least one language"):
        Text.of()


def test_missing_language_is_none() -> None:
    """A language that a text does not exist in is ``None``, never another one."""
    assert Text.of(zh="电工").get("en") is None


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(("en", "zh"), "Electrician"), (("fr", "zh"), "电工"), (("fr",), "Electrician"), ((), "Electrician")],
)
def test_best_language(asked: tuple[str, ...], expected: str) -> None:
    """The first language asked for that exists wins, else the first that exists."""
    assert expected == Text.of(zh="电工", en="Electrician").best(*asked)


def test_form_in_files() -> None:
    """A text is a mapping of tag to text."""
    assert {"en": "Electrician", "zh": "电工"} == Text.of(zh="电工", en="Electrician").to_json()


@pytest.mark.parametrize("hidden", ["\n", "\x1b", "\u202e", "\u200b", "\udcff", "\u2028", "\u2029"])
def test_what_would_trick_a_terminal_is_shown_by_its_number(hidden: str) -> None:
    """Ends of lines, controls, marks of direction, what has no width, half a character; all else stays as it is."""
    assert visible(f"陈 é.pdf{hidden}x") == f"陈 é.pdf<U+{ord(hidden):04X}>x"
