"""The quick reader answers as the full one does, or leaves the file to it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from certengine.workspace.plain_yaml import PlainReader, Unsure
from certengine.workspace.yaml_source import MAX_NODES, YamlSource, _read_fully, _typed

ROOT = Path(__file__).parents[2]
SHIPPED = [*sorted((ROOT / "question_banks").rglob("*.yaml")), *sorted((ROOT / "rubrics").rglob("*.yaml"))]
SIGNS = [
    *" -:#{}[],\"'&*!|>%@`?~.059eE+_\t\n\\é电",
    "- ",
    ": ",
    " #",
    "null",
    "true",
    "no",
    "0x1F",
    "1_000",
    "2026-11-22",
]
SIGNS += ["---", "...", "<<", "  ", "\\n", "\\x41", '""', "''", "{}", "[]", "{a: 1}", "- - ", "? ", "\r\n", "\ufeff"]
# A text over several lines is YAML's full grammar, and its file is left to the full reader.
PLAIN = [path for path in SHIPPED if ": |-\n" not in path.read_text("utf-8")]


def answer(text: str) -> tuple[Any, ...] | None:
    """Data and places of the quick reader."""
    reader = PlainReader(text, _typed, MAX_NODES)
    try:
        data = reader.read()
    except Unsure:
        return None
    return typed(data), reader.values, reader.keys, []


def full_answer(text: str) -> tuple[Any, ...]:
    """Data, places and findings of the full reader."""
    source = YamlSource("x")
    _read_fully(source, text)
    return typed(source.data), source.values, source.keys, source.findings


def typed(data: Any) -> Any:
    """The data with the type of each scalar, for 1 == True == Decimal(1)."""
    if isinstance(data, dict):
        return {key: typed(value) for key, value in data.items()}
    if isinstance(data, list):
        return [typed(value) for value in data]
    return type(data), data


def damaged(chance: random.Random) -> str:
    """Some lines of a shipped file with a few signs put in, taken out or moved."""
    lines = chance.choice(SHIPPED).read_text("utf-8").split("\n")
    start = chance.randrange(len(lines))
    text = "\n".join([*(["items:"] if chance.random() < 0.3 else []), *lines[start : start + chance.randrange(1, 25)]])
    for _ in range(chance.randrange(4)):
        place = chance.randrange(len(text) + 1)
        if chance.random() < 0.6:
            text = text[:place] + chance.choice(SIGNS) + text[place:]
        else:
            text = text[:place] + text[place + chance.randrange(1, 4) :]
    return text


@pytest.mark.parametrize("path", [path for path in PLAIN if path.stat().st_size < 30_000], ids=lambda path: path.stem)
def test_shipped_files_are_read_quickly_and_the_same(path: Path) -> None:
    """Every value, its type and its place."""
    text = path.read_text("utf-8")
    assert answer(text) == full_answer(text)


def test_every_shipped_file_is_plain() -> None:
    """What the samples teach to write is what is read quickly, but for texts over several lines."""
    assert [path.name for path in PLAIN if answer(path.read_text("utf-8")) is None] == []
    assert len(PLAIN) > len(SHIPPED) / 2


@given(st.randoms(use_true_random=False))
def test_damaged_files_are_read_the_same_or_left(chance: random.Random) -> None:
    """No damage makes the two readers differ: where one would find a fault, the other is unsure."""
    text = damaged(chance)
    quick = answer(text)
    assert quick is None or quick == full_answer(text)


@given(st.text(alphabet="ab:-{}[], \n\"'#01", max_size=40))
@example("a:\n- b\n- c")
@example("a: [b, 'c''d', \"e\\n\"] # f")
@example("- - a\n  - b\n- c: 1\n  d: 2")
@example("a: 1\n b: 2")
@example("a: b\n  c")
def test_any_signs_are_read_the_same_or_left(text: str) -> None:
    """Short texts of the signs that carry YAML's structure."""
    quick = answer(text)
    assert quick is None or quick == full_answer(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a:",
        "a: 1\na: 2",
        "a: &x 1",
        "a: *x",
        "a: !!str 1",
        "a: |\n  text",
        "a: b: c",
        "a: b\n  c",
        'a: "b\n  c"',
        'a: "\\x41"',
        "a:\tb",
        "a: {b: 1,}",
        "a: {b: 1}}",
        "a: [1, 2",
        "a: 1e99",
        "a: 2026-13-45",
        "? a",
        "---\na: 1",
        "a: 1\n...\n",
        "a: 1\n b: 2",
        "\ufeffa: 1",
        "a: x\u2028y",
        "a: " + "[" * 60 + "1" + "]" * 60,
    ],
)
def test_what_is_not_plain_or_not_right_is_left_to_the_full_reader(text: str) -> None:
    """Findings come from one reader only."""
    assert answer(text) is None


def test_more_values_than_a_file_may_have_are_left() -> None:
    """The full reader says what the limit is."""
    with pytest.raises(Unsure):
        PlainReader("a: [1, 2, 3]", _typed, 4).read()
