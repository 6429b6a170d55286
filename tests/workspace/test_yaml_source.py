"""YAML as data: exact, bounded, and each value with the place where it stands."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.errors import Place
from certengine.workspace.yaml_source import MAX_BYTES, MAX_DEPTH, YamlSource, read_yaml


@pytest.fixture
def read(tmp_path: Path) -> object:
    """Read a text or bytes as a file ``x.yaml``."""

    def reading(content: str | bytes) -> YamlSource:
        path = tmp_path / "x.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_yaml(path, "x.yaml")

    return reading


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.10", Decimal("0.10")),
        ("1e2", Decimal("1e2")),
        ("-0.5", Decimal("-0.5")),
        ("7", 7),
        ("0x1F", 31),
        ("0o17", 15),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("'1'", "1"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("2026-11-22", date(2026, 11, 22)),
        ("a", "a"),
    ],
)
def test_a_value_is_what_it_says(read: object, written: str, value: object) -> None:
    """Decimals stay exact, and words such as ``no`` or a time of day stay text, as YAML 1.2 says."""
    source = read(f"x: {written}")
    assert source.findings == []
    assert (source.data["x"], type(source.data["x"])) == (value, type(value))


def test_a_decimal_keeps_its_last_zero(read: object) -> None:
    """``0.10`` is written with two places and read with two."""
    assert str(read("x: 0.10").data["x"]) == "0.10"


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: 1\nb: 2\na: 3\n", "file/duplicate-key", 3, 1),
        ("a: &x 1\nb: *x\n", "file/alias", 2, 1),
        ("a: &x [1]\nb:\n  - *x\n", "file/alias", 3, 3),
        ("a: !!python/object:os.system x\n", "file/tag", 1, 4),
        ("a: !!python/object:os.system {b: 1}\n", "file/tag", 1, 4),
        ("a: !mine [1]\n", "file/tag", 1, 4),
        ("a: !!set {b, c}\n", "file/tag", 1, 4),
        ("a: !!binary aGk=\n", "file/tag", 1, 4),
        ("a:\n\tb: 1\n", "file/yaml", 2, 1),
        ("a: [1, 2\nb: 3\n", "file/yaml", 2, 2),
        ("a: 1\n---\nb: 2\n", "file/yaml", 2, 1),
        ("a: .inf\n", "file/value", 1, 4),
        ("a: .nan\n", "file/value", 1, 4),
        ("a: 1e400\n", "file/value", 1, 4),
        ("a: 2026-02-30\n", "file/value", 1, 4),
        ("a: 2026-11-22 10:00:00\n", "file/value", 1, 4),
        (f"a: {'9' * 5000}\n", "file/value", 1, 4),
        ("? [a, b]\n: 1\n", "file/key", 1, 1),
        ("", "file/empty", 1, 1),
        ("# nothing\n", "file/empty", 1, 1),
    ],
)
def test_what_is_not_read_is_found_where_it_stands(read: object, text: str, code: str, line: int, column: int) -> None:
    """Each is one finding with file, line and column."""
    assert [(one.code, one.place) for one in read(text).findings] == [
        (code, Place(source="x.yaml", line=line, column=column))
    ]


def test_all_duplicates_come_at_once(read: object) -> None:
    """One run shows every key that stands twice, each with the line of the first."""
    findings = read("a: 1\na: 2\nb:\n  c: 1\n  c: 2\n").findings
    assert [one.message for one in findings] == [
        "`a` stands twice in one mapping, first on line 1",
        "`c` stands twice in one mapping, first on line 4",
    ]


@pytest.mark.parametrize("opening", ["[", "{a: "])
def test_depth_is_bounded(read: object, opening: str) -> None:
    """A file nested beyond the bound is a finding, however deep: never a stack that runs over."""
    for depth in (MAX_DEPTH + 2, 5_000):
        closing = "]" if opening == "[" else "}"
        source = read("x: " + opening * depth + closing * depth)
        assert [one.code for one in source.findings] in (["file/too-deep"], ["file/yaml"])


def test_size_is_bounded(read: object) -> None:
    """A file beyond the bound is not read at all."""
    source = read(b"a: 1 #" + b"x" * MAX_BYTES)
    assert ([one.code for one in source.findings], source.data) == (["file/too-large"], None)


def test_a_bomb_of_aliases_does_not_grow(read: object) -> None:
    """Nine lists of nine references each are nine findings a list, not a billion values."""
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    source = read("\n".join(lines))
    assert {one.code for one in source.findings} == {"file/alias"}


def test_what_is_not_utf8_is_found_with_its_line(read: object) -> None:
    """A file saved in another encoding is told from a wrong one."""
    (finding,) = read("a: 1\nb: 中文\n".encode("gb18030")).findings
    assert (finding.code, finding.place) == ("file/encoding", Place(source="x.yaml", line=2, column=1))


def test_a_byte_order_mark_is_no_part_of_the_first_key(read: object) -> None:
    """What Windows editors put before the text is passed over."""
    assert read(b"\xef\xbb\xbfa: 1\n").data == {"a": 1}


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    """A folder of that name stops nothing else from being checked."""
    (tmp_path / "x.yaml").mkdir()
    (finding,) = read_yaml(tmp_path / "x.yaml", "x.yaml").findings
    assert (finding.code, finding.place) == ("file/unreadable", Place(source="x.yaml"))


def test_a_missing_value_is_placed_at_what_encloses_it(read: object) -> None:
    """A finding about a field that is not there points at the nearest place that is."""
    source = read("a:\n  b:\n    - c: 1\n")
    assert source.place(("a", "b", 0, "d")) == Place(source="x.yaml", line=3, column=7)
    assert source.place(("a", "b"), key=True) == Place(source="x.yaml", line=2, column=3)


@given(text=st.text(st.characters(codec="utf-8"), max_size=60))
def test_no_text_makes_the_reader_raise(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever a file holds, the answer is data or findings."""
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(text.encode())
    source = read_yaml(path, "any.yaml")
    assert source.data is not None or source.findings or text.strip("\ufeff \n") != ""
