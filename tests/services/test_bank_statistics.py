"""What a bank holds: every item counted once, gaps seen, and a page that stands alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from certengine.canonical import to_json
from certengine.documents.bank_page import BankPage, render_bank_page, shade
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import AnswerIsNo
from certengine.items.true_false import TrueFalseContent
from certengine.model.bank import Area, BankDraft, CognitiveLevel, Item, ItemStatus
from certengine.model.text import Text
from certengine.services.bank_statistics import bank_statistics, count_items, never_drawn, statistics_page
from tests.services.small_world import BANK, acting

FOLDER = TemplateFolder(Path(__file__).parents[2] / "templates" / "formal")
ITEMS = "question_banks/small/items/all.yaml"
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOSTILE = """</style><script src="https://evil.example/x.js"></script><img src=x onerror=y>{{ 7 * 7 }}&"""


def bank(*places: tuple[str, str, ItemStatus], title: str = "题") -> BankDraft:
    """A bank of two areas and two levels with a statement at each place."""
    text = Text.of(zh=title, en=title)
    items = tuple(
        Item(
            id=f"I{number}",
            kind="true_false",
            area=area,
            level=level,
            status=status,
            author="chen",
            content=TrueFalseContent(stem=text, key=True),
        )
        for number, (area, level, status) in enumerate(places)
    )
    return BankDraft(
        id="b",
        title=text,
        languages=("zh", "en"),
        areas=(Area(id="A", title=text), Area(id="B", title=text)),
        levels=(CognitiveLevel(id="know", title=text), CognitiveLevel(id="apply", title=text)),
        items=items,
    )


MIXED = bank(
    ("A", "know", ItemStatus.ACTIVE),
    ("A", "know", ItemStatus.ACTIVE),
    ("A", "know", ItemStatus.DRAFT),
    ("B", "apply", ItemStatus.RETIRED),
)


class Page(HTMLParser):
    """Tags with their attributes, and the text outside styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def page(draft: BankDraft) -> str:
    """The page of a draft."""
    return render_bank_page(BankPage(statistics=count_items(draft), at=NOW, sample=True), FOLDER)


def test_the_table_has_a_cell_for_every_area_and_level() -> None:
    """What is empty shows as 0; what is not active stands apart."""
    header, rows = count_items(MIXED).table()
    assert header == ("area", "know", "apply", "all")
    assert rows == [
        ("A", "2+1d", "0", "2+1d"),
        ("B", "0", "0+1x", "0+1x"),
        ("all", "2+1d", "0+1x", "2+1d+1x"),
    ]


def test_counts_are_plain_json() -> None:
    """Programs read the same as people, and statuses without items are left out."""
    body: Any = to_json(count_items(MIXED))
    assert (body["items"], body["active"], body["kinds"][0]["items"]) == (4, 2, 4)
    assert body["cells"][0]["by_status"] == [{"status": "draft", "items": 1}, {"status": "active", "items": 2}]


def test_lines_tell_what_the_table_does_not() -> None:
    """Statuses, kinds, shares of importance and of parameters."""
    assert list(count_items(MIXED).lines()) == [
        "4 items: 1 draft, 2 active, 1 retired",
        "in the table: active, and d draft, x retired",
        "kinds (active): true_false 2",
        "importance (active): X 100 %, Y 0 %, Z 0 %",
        "with parameters: 0 of 2 active (0 %)",
    ]


def test_a_bank_without_items_has_no_shares() -> None:
    """Nothing is divided by nothing."""
    lines = list(count_items(bank()).lines())
    assert lines[-1] == "with parameters: 0 of 0 active (-)"
    assert "–" in Page(page(bank())).words


@pytest.mark.parametrize(
    ("active", "most", "step"), [(0, 0, 0), (0, 9, 0), (1, 1, 5), (1, 10, 1), (6, 10, 3), (10, 10, 5)]
)
def test_shades_rise_in_even_steps(active: int, most: int, step: int) -> None:
    """Nothing is white, the fullest cell the darkest."""
    assert shade(active, most) == step


def test_a_bar_is_filled_without_a_gap() -> None:
    """The pieces of a cell's bar follow each other to its end."""
    rects = [attrs for tag, attrs in Page(page(MIXED)).tags if tag == "rect" and attrs.get("y") == "0"]
    assert [(one["class"], one["x"], one["width"]) for one in rects] == [
        ("active", "0", "66"),
        ("draft", "66", "34"),
        ("retired", "0", "100"),
    ]


def test_the_page_says_its_numbers_in_both_languages_and_without_colour() -> None:
    """The heat map is a table whose cells hold their numbers; marks are hidden from readers aloud."""
    found = Page(page(MIXED))
    assert {"2", "草稿", "draft", "题库统计", "Bank statistics"} <= set(found.words)
    assert all(attrs.get("aria-hidden") == "true" for tag, attrs in found.tags if tag == "svg")
    assert all("scope" in attrs for tag, attrs in found.tags if tag == "th")


def test_the_page_stands_alone_and_escapes_what_people_wrote() -> None:
    """No script, no address, no template in a title."""
    html = page(bank(("A", "know", ItemStatus.ACTIVE), title=HOSTILE))
    found = Page(html)
    assert {"script", "img", "link", "a"} & {tag for tag, _ in found.tags} == set()
    assert "49" not in html.split("</style>")[-1]


def test_every_item_of_the_sample_academy_can_be_drawn(at: Callable[[str], Path]) -> None:
    """A blueprint that draws from every cell leaves nothing over."""
    with acting(at("workspace")) as context:
        statistics = bank_statistics(context, BANK)
        draft, _ = context.workspace.read_bank(BANK)
        assert draft is not None
        assert (statistics.undrawn, never_drawn(context, draft)) == ((), ())


def test_active_items_outside_every_blueprint_are_named(at: Callable[[str], Path]) -> None:
    """One warning for the cell, and each item in the statistics."""
    root = at("workspace")
    path = root / ITEMS
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("id: T1\n    kind: true_false\n    area: S", "id: T1\n    kind: true_false\n    area: M")
    )
    with acting(root) as context:
        statistics = bank_statistics(context, BANK)
        draft, _ = context.workspace.read_bank(BANK)
        assert draft is not None
        found = never_drawn(context, draft)
    assert statistics.undrawn == ("T1",)
    assert [one.message for one in found] == ["no blueprint draws `true_false` of `M` x `know`; active items of it: 1"]


def test_a_kind_that_no_blueprint_draws_is_named_once(at: Callable[[str], Path]) -> None:
    """Not once for each of its cells."""
    with acting(at("workspace")) as context:
        draft, _ = context.workspace.read_bank(BANK)
        assert draft is not None
        items = tuple(replace(item, kind="essay") for item in draft.items)
        found = never_drawn(context, replace(draft, items=items))
    assert [one.message for one in found] == ["no blueprint draws `essay`; active items of it: 6"]


def test_a_bank_that_no_scheme_uses_is_told_nothing(at: Callable[[str], Path]) -> None:
    """Without a blueprint nothing is drawn yet, and nothing is amiss."""
    with acting(at("workspace")) as context:
        draft, _ = context.workspace.read_bank(BANK)
        assert draft is not None
        assert never_drawn(context, replace(draft, id="other")) == ()


def test_a_scheme_that_cannot_be_read_leaves_it_open(at: Callable[[str], Path]) -> None:
    """Its blueprint might draw what the others do not."""
    root = at("workspace")
    (root / "rubrics" / "small-l3" / "scheme.yaml").write_text("format: 1\n", encoding="utf-8")
    with acting(root) as context:
        assert bank_statistics(context, BANK).undrawn is None


def test_the_page_needs_no_template_of_the_workspace(at: Callable[[str], Path]) -> None:
    """A workspace made before the page was has none."""
    root = at("workspace")
    (root / "templates" / "formal" / "bank.html").unlink()
    with acting(root) as context:
        html = statistics_page(context, bank_statistics(context, BANK))
    assert "2026-11-22 09:00 UTC" in html


def test_a_bank_that_does_not_bind_has_no_statistics(at: Callable[[str], Path]) -> None:
    """Half a bank is not counted."""
    root = at("workspace")
    (root / "question_banks" / BANK / "bank.yaml").write_text("format: 1\n", encoding="utf-8")
    with acting(root) as context, pytest.raises(AnswerIsNo):
        bank_statistics(context, BANK)
