"""Pages from rows: nothing lost, nothing over the foot, items whole, headings with what they head."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.documents.pagination import Row, Unit, paginate

ROOM = 100.0


def unit(name: str, *heights: float, heading: bool = False, bound: bool = False, above: float = 0.0) -> Unit[str]:
    """A unit of rows named after it; the first row is bound to the second, as a stem is to its options."""
    rows = tuple(
        Row(height=height, holds=f"{name}.{number}", above=above if number == 0 else 0.0, bound=number == 0)
        for number, height in enumerate(heights)
    )
    return Unit(rows=rows, heading=heading, bound=bound)


def names(pages: list[list[tuple[float, str]]]) -> list[list[str]]:
    """What stands on each page."""
    return [[name for _, name in page] for page in pages]


heights = st.floats(1.0, 60.0)
units = st.lists(
    st.tuples(
        st.lists(heights, min_size=1, max_size=6), st.sampled_from(["item", "heading", "bound"]), st.floats(0.0, 8.0)
    ),
    min_size=1,
    max_size=25,
).map(
    lambda told: [
        unit(f"u{n}", *(rows[:1] if kind == "heading" else rows), heading=kind == "heading", bound=kind == "bound", above=above)
        for n, (rows, kind, above) in enumerate(told)
    ]
)  # fmt: skip


@given(units)
def test_every_row_stands_once_in_order_within_its_page(given_units: list[Unit[str]]) -> None:
    """Whatever the heights: each row once, in order, none above the one before it, none over the foot."""
    size = {row.holds: row.height for one in given_units for row in one.rows}

    pages = paginate(given_units, ROOM)

    assert [name for page in names(pages) for name in page] == [row.holds for one in given_units for row in one.rows]
    for page in pages:
        foot = 0.0
        for top, name in page:
            assert top >= foot - 1e-6
            foot = top + size[name]
        assert foot <= ROOM + 0.1
        assert page[0][0] == 0.0


@given(units)
def test_no_unit_that_fits_a_page_is_split(given_units: list[Unit[str]]) -> None:
    """A unit no taller than a page stands on one page."""
    pages = names(paginate(given_units, ROOM))

    for one in given_units:
        height = sum(row.height for row in one.rows)
        if height <= ROOM:
            assert 1 == sum(any(row.holds in page for row in one.rows) for page in pages)


@given(units)
def test_no_heading_is_the_last_on_its_page(given_units: list[Unit[str]]) -> None:
    """After a heading something stands on the same page, if anything comes at all and fits below it."""
    pages = names(paginate(given_units, ROOM))
    followers = dict(pairwise(given_units))

    for one, following in followers.items():
        first = next(iter(following.rows))
        both = one.rows[0].height + first.above + sum(row.height for row in following.rows)
        if one.heading and not following.heading and both <= ROOM:
            assert any(one.rows[0].holds in page and first.holds in page for page in pages)


def test_stem_is_not_left_without_an_option() -> None:
    """A unit taller than a page is parted after an option, not after its stem."""
    pages = paginate([unit("a", 70), unit("b", 20, 30, 30, 30)], ROOM)

    assert names(pages) == [["a.0"], ["b.0", "b.1", "b.2"], ["b.3"]]


def test_text_of_a_set_stands_with_its_first_item() -> None:
    """A stimulus moves to the next page with the item that refers to it, where one page holds both."""
    pages = paginate([unit("a", 60), unit("s", 30, bound=True), unit("b", 20, 20)], ROOM)

    assert names(pages) == [["a.0"], ["s.0", "b.0", "b.1"]]


def test_text_and_item_too_tall_for_one_page_are_parted_between_them() -> None:
    """Where no page holds both, the item still stands whole."""
    pages = paginate([unit("s", 70, bound=True), unit("b", 20, 30)], ROOM)

    assert names(pages) == [["s.0"], ["b.0", "b.1"]]


def test_space_above_is_left_out_at_the_top_of_a_page() -> None:
    """The space before a heading is for what stands above it."""
    pages = paginate([unit("a", 90), unit("b", 40, above=15), unit("c", 10, above=5)], ROOM)

    assert pages == [[(0.0, "a.0")], [(0.0, "b.0"), (45.0, "c.0")]]


@pytest.mark.parametrize("height", [100.0, 100.004])
def test_page_may_be_full(height: float) -> None:
    """A page is filled to its foot, and rounding turns no page."""
    assert len(paginate([unit("a", height)], ROOM)) == 1
