"""What a roster says of trainers holds at the bench, and a panel that cannot be filled is told before the day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from certengine.errors import Finding, InputError
from certengine.services.sittings import open_sitting
from tests.services.small_world import SCHEME, acting

At = Callable[[str], Path]


def opened(root: Path, *trainers: str, carry_over: str = "") -> tuple[Finding, ...]:
    """The warnings at opening a sitting of as many candidates as there are cells of trainers."""
    lines = [f"N{number},考生{number}号,{cell},{carry_over}" for number, cell in enumerate(trainers, 1)]
    roster = root / "n.csv"
    roster.write_text("\n".join(["准考证号,姓名,培训教师,保留成绩", *lines]), encoding="utf-8")
    with acting(root) as context:
        return open_sitting(context, SCHEME, roster, sitting_id="n")[1]


@pytest.mark.parametrize("written", ["陈立", "A1", "a2;Ａ１"])
def test_a_trainer_named_otherwise_than_by_the_id_is_refused(at: At, written: str) -> None:
    """By name or in capitals the trainer would have been nobody, and free to mark the own trainee."""
    with pytest.raises(InputError) as error:
        opened(at("published"), "a1", written)
    found = error.value.findings
    assert [(one.code, one.place and one.place.line) for one in found] == [("roster/trainer-by-name", 3)]
    assert "`a1`" in found[0].message
    assert "陈立" not in found[0].message


def test_a_trainer_whom_nobody_knows_is_told_once(at: At) -> None:
    """An id that is nobody's keeps nobody from anything; the near one is named."""
    found = opened(at("published"), "a11", "a11;外聘教师")
    assert [(one.code, one.message) for one in found] == [
        ("roster/unknown-trainer", "trainer `a11` is nobody in certengine.toml; did you mean `a1`?"),
        ("roster/unknown-trainer", "trainer `外聘教师` is nobody in certengine.toml"),
    ]


def test_a_panel_that_cannot_be_filled_is_told(at: At) -> None:
    """Of four assessors two trained these candidates: two are left of three, and the first candidate is named."""
    found = opened(at("published"), "a1", "a1;a2", "a2;a3")
    assert [(one.code, one.message) for one in found] == [
        ("roster/panel-short", "3 assessors are due in bench and 2 may mark candidate `N2` and 1 other")
    ]


def test_assessors_qualified_for_another_scheme_fill_no_panel(at: At) -> None:
    """Whoever is qualified for something else, or was until yesterday, is not counted."""
    root = at("published")
    toml = root / "certengine.toml"
    for person, qualified in (("a1", '{scheme = "other"}'), ("a2", f'{{scheme = "{SCHEME}", until = 2026-11-21}}')):
        text = toml.read_text("utf-8")
        toml.write_text(
            text.replace(f'id = "{person}"\n', f'id = "{person}"\nqualifications = [{qualified}]\n'), "utf-8"
        )
    assert [one.message for one in opened(root, "")] == ["3 assessors are due in bench and 2 may mark candidate `N1`"]


def test_where_nobody_is_declared_nothing_is_said(at: At) -> None:
    """A workspace of one person tells nobody from anybody."""
    root = at("published")
    toml = root / "certengine.toml"
    toml.write_text(toml.read_text("utf-8").split("[[people]]")[0], encoding="utf-8")
    assert opened(root, "陈立") == ()
