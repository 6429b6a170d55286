"""Errors carry what a person needs: what, where, a code to search for, and the way out."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from certengine.errors import (
    AnswerIsNo,
    CannotTell,
    CertengineError,
    Finding,
    InputError,
    NotFound,
    Place,
    Refused,
    Severity,
    UsageError,
    first_errors,
    place_in,
    plural,
    ranges,
)

CLASSES = (InputError, NotFound, Refused, AnswerIsNo, CannotTell, UsageError)


def finding(code: str, place: Place | None = None, severity: Severity = Severity.ERROR) -> Finding:
    """A finding of that code."""
    return Finding(code=code, message="something", place=place, severity=severity)


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        (Place(source="a.yaml", line=4, column=2), "a.yaml:4:2"),
        (Place(source="a.yaml", line=4), "a.yaml:4"),
        (place_in(PurePath("banks", "a.yaml")), "banks/a.yaml"),
    ],
)
def test_place_is_shown_as_editors_open_it(place: Place, shown: str) -> None:
    """A place reads file, line and column, as far as they are known."""
    assert shown == str(place)


@pytest.mark.parametrize(
    ("place", "shown"), [(place_in("a.yaml", 3), "a.yaml:3: something [item/x]"), (None, "something [item/x]")]
)
def test_finding_ends_with_its_code(place: Place | None, shown: str) -> None:
    """A finding reads place, message, code."""
    assert shown == str(finding("item/x", place))


def test_findings_are_reported_in_file_order() -> None:
    """An error sorts its findings by file, line, column and code; those without a place come first."""
    late, early = finding("b", place_in("b.yaml", 1)), finding("z", place_in("a.yaml", 9, 2))
    earlier, nowhere = finding("y", place_in("a.yaml", 9, 1)), finding("n")

    error = InputError("two things", findings=(late, early, earlier, nowhere))

    assert (nowhere, earlier, early, late) == error.findings


def test_only_errors_stop_an_act() -> None:
    """Warnings are left out of what stops an act, and the rest is in report order."""
    second, first = finding("b", place_in("a", 2)), finding("a", place_in("a", 1))

    assert (first, second) == first_errors((second, finding("w", severity=Severity.WARNING), first))


@pytest.mark.parametrize("error_class", CLASSES)
def test_every_class_has_a_code_of_its_own(error_class: type[CertengineError]) -> None:
    """Each class of the tree has its own default code, and says what it was told."""
    error = error_class("no such thing", hint="look elsewhere")

    assert ("no such thing", "look elsewhere", error_class.default_code) == (error.message, error.hint, error.code)
    assert 1 == [other.default_code for other in CLASSES].count(error_class.default_code)


def test_a_stated_code_wins() -> None:
    """An error may name a code closer to its cause."""
    assert "draw/rules-clash" == AnswerIsNo("no", code="draw/rules-clash").code


def test_counts_are_said_in_words() -> None:
    """One is one thing, anything else several, and a plural that takes no s is named."""
    assert ["1 paper", "0 papers", "2 papers"] == [plural(count, "paper") for count in (1, 0, 2)]
    assert ["1 reply", "2 replies"] == [plural(count, "reply", "replies") for count in (1, 2)]


def test_numbers_that_follow_one_another_are_told_as_one() -> None:
    """Whatever their order, and each once."""
    assert ranges([7, 3, 4, 5, 4, 164]) == "3-5, 7, 164"
    assert ranges([]) == ""
