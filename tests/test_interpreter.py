"""What the tests need of the interpreter that runs them."""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator

import pytest


class Ring:
    """Waste that only the garbage collector finds, and that parses when it is found."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        ast.parse("a + (b * (c - 1))")


@pytest.fixture
def often() -> Iterator[None]:
    """The collector as it was, afterwards."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_parsing_is_not_disturbed_by_the_collector(often: None) -> None:
    """Whenever waste is collected that parses something itself, the tree is built."""
    text = "f(" + " + ".join(["(a, [b, {c: d}])"] * 20) + ")"
    for objects in range(1, 200):
        gc.collect()
        gc.set_threshold(100_000)
        Ring()
        gc.set_threshold(objects)
        assert isinstance(ast.parse(text), ast.Module)
