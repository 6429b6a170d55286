"""Published versions of a bank: what is refused, what is pinned, what is told, and that they stay for ever."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.canonical import canonical_bytes, digest, digest_of_bytes
from certengine.errors import AnswerIsNo
from certengine.items.true_false import TrueFalseContent
from certengine.model.bank import (
    BankDraft,
    Figure,
    Importance,
    Item,
    ItemCalibration,
    ItemStatus,
    KeyProvenance,
    Stimulus,
)
from certengine.model.text import Text
from certengine.revival import revive
from certengine.services.bank_difference import diff_banks
from certengine.services.bank_history import list_versions
from certengine.services.banks import list_banks, publish_bank, published_bank
from certengine.store.sittings import load_papers
from certengine.store.tables import bank_version
from certengine.workspace.bank_cache import recall_bank
from certengine.workspace.bank_files import read_bank
from certengine.workspace.memory import Memory
from tests.services.small_world import BANK, SITTING, acting
from tests.strategies import CONTENTS_OF_KIND

At = Callable[[str], Path]
ITEMS = f"question_banks/{BANK}/items/all.yaml"
VECTORS = Path(__file__).parents[1] / "vectors" / "banks"
PICTURE = Figure(
    file="figures/loop.svg", alt=Text.of(zh="回路", en="a loop"), width=Decimal(80), digest="sha256:" + "a" * 64
)
CONTENT = TrueFalseContent(stem=Text.of(zh="断路器断开。", en="The breaker is open."), key=True)
CASE = Stimulus(id="S", area="A", level="know", text=Text.of(zh="某车间", en="A workshop"), figures=(PICTURE,))


def edit(root: Path, old: str, new: str, times: int = 1) -> None:
    """Change one text in the bank's file."""
    path = root / ITEMS
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, times), encoding="utf-8")


def refusals(root: Path) -> set[str]:
    """The codes for which publishing is refused."""
    with acting(root) as context, pytest.raises(AnswerIsNo) as error:
        publish_bank(context, BANK, reason="first")
    return {finding.code for finding in error.value.findings}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("reviewer: wang", "point: x", "item/no-review"),
        ("reviewer: wang", "reviewer: chen", "item/self-review"),
        ("reviewer: wang", 'reviewer: " ＣＨＥＮ "', "item/self-review"),
        ("reviewer: wang", 'reviewer: " "', "item/nobody"),
        ("author: chen", 'author: "\u3000"', "item/nobody"),
        ("checked_by: wang", "checked_by: chen", "item/self-checked"),
        ("checked_by: wang", 'checked_by: ""', "item/nobody"),
        ("checked_by: wang, ", "", "item/missing-field"),
    ],
)
def test_what_no_second_person_saw_is_not_published(at: At, old: str, new: str, code: str) -> None:
    """No review, no checked key, one person in two parts under any spelling, nobody at all: each is refused."""
    root = at("workspace")
    edit(root, old, new)
    assert code in refusals(root)


def test_a_pilot_item_needs_the_same(at: At) -> None:
    """What candidates try out is reviewed as well."""
    root = at("workspace")
    edit(root, "status: active", "status: pilot")
    edit(root, "reviewer: wang", "point: x")
    assert refusals(root) == {"item/no-review"}


def test_an_item_in_work_needs_neither(at: At) -> None:
    """A draft waits for review and check; it keeps the others from nothing, and is drawn by nobody."""
    root = at("workspace")
    edit(root, "status: active", "status: draft")
    edit(root, "reviewer: wang", "point: x")
    edit(root, "checked_by: wang", "checked_by: chen")
    with acting(root) as context:
        bank, new = publish_bank(context, BANK, reason="first")
        assert new
        assert sum(item.status is ItemStatus.ACTIVE for item in bank.contents.items) == len(bank.contents.items) - 1


def test_publishing_rests_on_the_files_alone(at: At) -> None:
    """A remembered bank that says something else, however it came there, is not what is published."""
    root = at("workspace")
    folder = root / "question_banks" / BANK
    recalled = recall_bank(folder, root)
    memory = Memory(root, ("banks", BANK))
    (entry,) = [path for path in memory.folder.iterdir() if '"key":true' in path.read_text("utf-8")]
    texts = entry.read_text("utf-8").split("\n")
    memory.keep(ITEMS, texts[0].split(" ")[0], [text.replace('"key":true', '"key":false') for text in texts[1:]])
    assert recall_bank(folder, root).draft != recalled.draft
    with acting(root) as context:
        assert publish_bank(context, BANK, reason="first")[0].contents == read_bank(folder, root)[0]


def test_a_version_has_digests_of_its_bytes(at: At) -> None:
    """The bank's digest is that of the stored bytes, each item's that of its own; the acting person and reason stand by."""
    with acting(at("published"), "admin") as context:
        bank = published_bank(context, BANK)
        with context.reading() as connection:
            row = connection.execute(bank_version.select()).one()
    assert (bank.digest, digest_of_bytes(row.contents.encode())) == (row.digest, row.digest)
    assert canonical_bytes(bank.contents).decode() == row.contents
    assert bank.item_digests == tuple((item.id, digest(item)) for item in bank.contents.items)
    assert (bank.published_by, bank.reason, bank.version) == ("admin", "first", 1)


def test_text_of_any_kind_keeps_its_digest(at: At) -> None:
    """Control signs, quotes, signs beyond the basic plane: an item's digest is that of its canonical bytes."""
    root = at("workspace")
    edit(root, "对 1", 'tab\\t \\"quoted\\" back\\\\slash \\u2028 \\U0001F50C line\\n', 1)
    with acting(root) as context:
        bank = publish_bank(context, BANK, reason="first")[0]
    assert any("\U0001f50c" in str(item.content) for item in bank.contents.items)
    assert dict(bank.item_digests) == {item.id: digest(item) for item in bank.contents.items}


def test_a_paper_pins_version_and_digest(at: At) -> None:
    """Of the bank as it was when the sitting was opened, and of each item; a later version changes neither."""
    root = at("sealed")
    edit(root, "对 1", "正确 1")
    with acting(root) as context:
        first = published_bank(context, BANK, 1)
        publish_bank(context, BANK, reason="clearer")
        with context.reading() as connection:
            papers = load_papers(connection, SITTING)
    assert {(paper.bank_version, paper.bank_digest) for paper in papers} == {(1, first.digest)}
    pinned = {(one.item, one.item_digest) for paper in papers for one in paper.items}
    assert pinned <= set(first.item_digests)


def test_the_changelog_says_who_when_why_and_what(at: At) -> None:
    """Newest first; each with what changed since the one before, counted."""
    root = at("published")
    with acting(root) as context:
        edit(root, "key: true", "key: false")
        publish_bank(context, BANK, reason="corrected")
        bank = root / "question_banks" / BANK / "bank.yaml"
        bank.write_text(bank.read_text("utf-8").replace("title: {", 'title: {de: "Klein", ', 1), encoding="utf-8")
        publish_bank(context, BANK, reason="renamed")
        lines = list_versions(context, BANK)
    assert [(one.version, one.published_by, one.reason, one.changes) for one in lines] == [
        (3, "admin", "renamed", "the bank itself"),
        (2, "admin", "corrected", "1 changed, 1 statistics start over"),
        (1, "admin", "first", None),
    ]
    assert lines[0].row()[:3] == ("3", "2026-11-22 09:00 UTC", "admin")
    assert all(one.digest.startswith("sha256:") for one in lines)


def test_the_list_of_banks_says_changed_only_when_the_bytes_differ(at: At) -> None:
    """A comment or another order of fields is no change; the digest decides, remembered or not."""
    root = at("published")
    path = root / ITEMS
    path.write_text("# a comment\n" + path.read_text("utf-8"), encoding="utf-8")
    with acting(root) as context:
        assert [[line.changed for line in list_banks(context)] for _ in range(2)] == [[False], [False]]
        edit(root, "对 1", "正确 1")
        assert [[line.changed for line in list_banks(context)] for _ in range(2)] == [[True], [True]]


@pytest.mark.parametrize("folder", sorted(path.name for path in VECTORS.iterdir()))
def test_a_kept_bank_has_the_digests_written_down(folder: str) -> None:
    """The same files give the same digests for ever: what was published and pinned once can be found again."""
    expected = json.loads((VECTORS / folder / "digests.json").read_text("utf-8"))
    draft, findings = read_bank(VECTORS / folder / "kept", VECTORS / folder)
    assert draft is not None
    assert [str(finding) for finding in findings] == []
    assert {"bank": digest(draft), "items": {item.id: digest(item) for item in draft.items}} == expected


# Each field of an item with another value, and the word a diff names it by.
OTHER_VALUES: dict[str, Any] = {
    "area": "B",
    "level": "apply",
    "importance": Importance.Z,
    "difficulty": Decimal("0.31"),
    "minutes": Decimal("7.5"),
    "status": ItemStatus.PILOT,
    "author": "somebody else",
    "reviewer": "another",
    "point": "P-other",
    "enemies": ("E1",),
    "explanation": Text.of(zh="解释", en="because"),
    "provenance": KeyProvenance(
        against=Text.of(zh="标准", en="a standard"), checked_by="zhao", checked_on=date(2026, 10, 9)
    ),
    "figures": (PICTURE,),
    "stimulus": "S",
    "calibration": ItemCalibration(discrimination=Decimal(1), location=Decimal(0)),
}
CARRYING = {name for name in OTHER_VALUES if name not in {"figures", "stimulus"}}


def item_of(kind: str, content: Any) -> Item:
    """An item with as little as an item has."""
    return Item(id="I", kind=kind, area="A", level="know", content=content, author="chen")


TRUTH = item_of("true_false", CONTENT)


def bank_of(*items: Item, stimuli: tuple[Stimulus, ...] | None = None) -> BankDraft:
    """A bank of these."""
    title = Text.of(zh="题库", en="Bank")
    return BankDraft(id="b", title=title, languages=("zh",), areas=(), levels=(), items=items, stimuli=stimuli)


KIND_AND_CONTENT = st.sampled_from(sorted(CONTENTS_OF_KIND)).flatmap(
    lambda kind: st.tuples(st.just(kind), CONTENTS_OF_KIND[kind])
)


def test_every_field_of_an_item_has_another_value_here() -> None:
    """A field that is added to items cannot be forgotten below."""
    assert {part.name for part in fields(Item)} == {*OTHER_VALUES, "id", "kind", "content"}


@given(made=KIND_AND_CONTENT)
def test_an_item_does_not_differ_from_itself(made: tuple[str, Any]) -> None:
    """Whatever it holds, also when the other was stored and read again."""
    bank = bank_of(item_of(*made))
    stored = revive(BankDraft, canonical_bytes(bank).decode())
    assert diff_banks(bank, bank, old="1", new="2").empty
    assert diff_banks(stored, bank, old="1", new="2").empty


@given(made=KIND_AND_CONTENT, names=st.sets(st.sampled_from(sorted(OTHER_VALUES)), min_size=1))
def test_every_changed_field_is_named(made: tuple[str, Any], names: set[str]) -> None:
    """All that changed and nothing else, both ways; and whether the statistics carry over follows from the fields."""
    was = item_of(*made)
    now = replace(was, **{name: OTHER_VALUES[name] for name in names})
    for before, after in ((was, now), (now, was)):
        (found,) = diff_banks(bank_of(before), bank_of(after), old="1", new="2").changed
        first_words = {change.what.split(" ")[0].split(",")[0] for change in found.changes}
        assert {"figures" if word == "figure" else word for word in first_words} == names
        assert found.carries_over == (names <= CARRYING)


@given(one=KIND_AND_CONTENT, other=KIND_AND_CONTENT)
def test_another_content_is_never_the_same(one: tuple[str, Any], other: tuple[str, Any]) -> None:
    """Two contents whose bytes differ beyond the order of options differ in words too, and end the statistics.

    But for what wrong options rest on, which candidates never read.
    """
    before, after = item_of(*one), item_of(*other)
    found = diff_banks(bank_of(before), bank_of(after), old="1", new="2")
    if found.empty:
        unordered = [sorted(canonical_bytes(item).decode()) for item in (before, after)]
        assert unordered[0] == unordered[1]
    elif not all(change.what.endswith(", mistake") for change in found.changed[0].changes):
        assert found.starts_over == ("I",)


def test_another_picture_in_the_same_file_ends_the_statistics() -> None:
    """What the candidate sees is the picture, not the name of its file."""
    drawn = replace(PICTURE, digest="sha256:" + "b" * 64)
    was = replace(TRUTH, figures=(PICTURE,))
    found = diff_banks(bank_of(was), bank_of(replace(was, figures=(drawn,))), old="1", new="2")
    assert list(found.changed[0].lines()) == [
        "I  its statistics no longer carry over (figure 1, picture)",
        "  figure 1: the picture itself changed",
    ]


def test_a_figure_is_followed_in_words() -> None:
    """Its alternative text, caption and width are told as what they are."""
    described = replace(PICTURE, alt=Text.of(zh="电流环", en="a loop"), width=Decimal(60), caption=Text.of(en="Loop"))
    was = replace(TRUTH, figures=(PICTURE,))
    found = diff_banks(bank_of(was), bank_of(replace(was, figures=(described,))), old="1", new="2")
    assert [change.line() for change in found.changed[0].changes] == [
        "figure 1, alt (zh): 回路 -> 电流环",
        "figure 1, caption (en) added: Loop",
        "figure 1, width: 80 -> 60",
    ]


def test_a_changed_stimulus_ends_the_statistics_of_its_items() -> None:
    """The items themselves are as they were, but candidates read another case before them."""
    items = [replace(TRUTH, id=one, stimulus="S") for one in ("I", "J")]
    other = replace(items[0], id="K", stimulus=None)
    told = replace(CASE, text=Text.of(zh="某车间停电", en="A workshop"))
    found = diff_banks(
        bank_of(*items, other, stimuli=(CASE,)), bank_of(*items, other, stimuli=(told,)), old="1", new="2"
    )
    assert (found.starts_over, found.changed, found.unchanged, found.empty) == (("I", "J"), (), 1, False)
    assert list(found.lines()) == [
        "stimuli: 1",
        "  S  of I, J",
        "    text (zh): 某车间{+停电+}",
        "",
        "1 -> 2: 0 added, 0 retired, 0 removed, 0 changed, 1 as before; statistics start over for 2",
    ]


def test_a_stimulus_comes_and_goes() -> None:
    """One that no item refers to ends nobody's statistics."""
    item = TRUTH
    come = diff_banks(bank_of(item), bank_of(item, stimuli=(CASE,)), old="1", new="2")
    gone = diff_banks(bank_of(item, stimuli=(CASE,)), bank_of(item), old="1", new="2")
    assert come.stimuli is not None
    assert gone.stimuli is not None
    assert (come.starts_over, gone.starts_over) == ((), ())
    assert list(come.stimuli[0].lines())[:2] == ["S  of no item", "  area added: A"]
    assert list(gone.stimuli[0].lines())[1] == "  area taken out: A"


def test_the_files_may_be_gone(at: At) -> None:
    """Without question_banks/ the versions are there still, and told apart."""
    root = at("published")
    with acting(root) as context:
        edit(root, "key: true", "key: false")
        publish_bank(context, BANK, reason="corrected")
        shutil.rmtree(root / "question_banks")
        assert [one.version for one in list_versions(context, BANK)] == [2, 1]
