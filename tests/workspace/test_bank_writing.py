"""Nouns written as our YAML are read back as the same nouns."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.errors import Severity
from certengine.model.bank import Area, BankDraft, CognitiveLevel, Importance, Item, ItemStatus, KeyProvenance
from certengine.model.text import Text
from certengine.workspace import bank_writing
from certengine.workspace.bank_files import read_bank
from certengine.workspace.bank_writing import (
    bank_files,
    head_document,
    head_from,
    item_document,
    item_files,
    item_from,
    json_document,
)
from tests.strategies import CONTENTS_OF_KIND, IDS

pytestmark = pytest.mark.slow

BANKS = Path(__file__).parents[2] / "question_banks"
ANY_TEXT = st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=30)
ANY_TEXTS = st.builds(lambda zh, en: Text.of(zh=zh, en=en), ANY_TEXT, ANY_TEXT)
SHARES = st.decimals(min_value="0.01", max_value="0.99", places=2)
HEAD = BankDraft(
    id="bank",
    title=Text.of(zh='题库: "甲"', en="- a: {b} # 'c'"),
    languages=("zh", "en"),
    areas=(
        Area(id="A1", title=Text.of(zh="一", en="one")),
        Area(id="A2", title=Text.of(zh="二", en="two"), parent="A1"),
    ),
    levels=(CognitiveLevel(id="know", title=Text.of(zh="识记", en="no")),),
    items=(),
)


@st.composite
def items(draw: st.DrawFn) -> Item:
    """Items of every kind, every field filled or left out."""
    kind = draw(st.sampled_from(sorted(CONTENTS_OF_KIND)))
    return Item(
        id=draw(IDS),
        kind=kind,
        area=draw(st.sampled_from(("A1", "A2"))),
        level="know",
        content=draw(CONTENTS_OF_KIND[kind]),
        importance=draw(st.sampled_from(Importance)),
        difficulty=draw(st.none() | SHARES),
        minutes=draw(st.none() | st.decimals(min_value="0.1", max_value="99", places=1)),
        status=draw(st.sampled_from(ItemStatus)),
        author=draw(ANY_TEXT),
        reviewer=draw(st.none() | ANY_TEXT),
        point=draw(st.none() | st.sampled_from(("no", "12:30", "1e3", "null", "2026-11-22"))),
        enemies=tuple(draw(st.lists(IDS, max_size=2))),
        explanation=draw(st.none() | ANY_TEXTS),
        provenance=draw(
            st.none()
            | st.builds(
                KeyProvenance,
                against=ANY_TEXTS,
                checked_by=ANY_TEXT,
                checked_on=st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1)),
            )
        ),
    )


def read_back(folder: Path, draft: BankDraft, files: dict[str, str] | None = None) -> BankDraft | None:
    """The draft that its files say."""
    bank = folder / draft.id
    for name, text in (files or bank_files(draft)).items():
        (bank / name).parent.mkdir(parents=True, exist_ok=True)
        (bank / name).write_text(text, encoding="utf-8")
    return read_bank(bank, folder)[0]


@given(item=items())
def test_an_item_is_read_back_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, item: Item) -> None:
    """Whatever an item holds, its YAML says exactly that item."""
    draft = replace(HEAD, items=(item,))
    assert read_back(tmp_path_factory.mktemp("bank"), draft) == draft


@given(item=items())
def test_an_item_as_json_is_the_same_item(item: Item) -> None:
    """The document of an item, as JSON, binds to that item."""
    assert item_from(json_document(item_document(item)), "x") == (item, ())


@pytest.mark.parametrize("name", ["industrial-automation", "new-energy-vehicles", "ai-machine-vision"])
def test_the_sample_banks_are_written_as_they_are(tmp_path: Path, name: str) -> None:
    """A sample bank written anew is the same bank, and as sound."""
    draft, _ = read_bank(BANKS / name, BANKS)
    assert draft is not None
    if (BANKS / name / "figures").is_dir():
        shutil.copytree(BANKS / name / "figures", tmp_path / name / "figures")
    assert read_back(tmp_path, draft) == draft
    findings = read_bank(tmp_path / name, tmp_path)[1]
    assert [finding for finding in findings if finding.severity is Severity.ERROR] == []


def test_the_head_as_json_is_the_same_head() -> None:
    """The head of a bank binds from its document."""
    head = head_from(json_document(head_document(HEAD)), "x")
    assert head is not None
    assert (head.id, head.title, head.languages, head.areas, head.levels) == (
        HEAD.id,
        HEAD.title,
        HEAD.languages,
        HEAD.areas,
        HEAD.levels,
    )


@pytest.mark.parametrize("document", [None, [], {"id": "x"}, {**head_document(HEAD), "languages": ["zh\n- x"]}])
def test_a_head_that_does_not_fit_is_none(document: object) -> None:
    """What is no head of a bank is not taken for one."""
    assert head_from(json_document(document), "x") is None


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("text", "item/unknown-kind"),
        ({"kind": "oracle"}, "item/unknown-kind"),
        ({"kind": "true_false", "key": True}, "item/missing-field"),
        ({"kind": "true_false", "key": True, "spell": 1}, "item/unknown-field"),
    ],
)
def test_a_document_that_does_not_fit_says_why(document: object, code: str) -> None:
    """What is no item gives findings and no item."""
    item, findings = item_from(document, "x")
    assert item is None
    assert code in {finding.code for finding in findings}


def test_many_items_become_several_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file never grows beyond its bound, and a name that is taken is not used."""
    monkeypatch.setattr(bank_writing, "MAX_ITEMS", 2)
    item = read_bank(BANKS / "ai-machine-vision", BANKS)[0]
    assert item is not None
    files = item_files(item.items[:5], "import", taken={"items/import.yaml": 1})
    assert sorted(files) == ["import-2.yaml", "import-3.yaml", "import-4.yaml"]


def test_areas_that_are_no_file_names_get_one() -> None:
    """An area's id never leads out of the folder of items."""
    items_ = read_bank(BANKS / "ai-machine-vision", BANKS)[0]
    assert items_ is not None
    draft = replace(HEAD, items=(replace(items_.items[0], area="../../x"), replace(items_.items[1], area="甲")))
    assert sorted(bank_files(draft)) == ["bank.yaml", "items/items.yaml", "items/x.yaml"]


def test_numbers_are_plain_and_exact() -> None:
    """A decimal is written without exponent and without trailing zeros, a text that looks like a number in quotes."""
    draft = read_bank(BANKS / "ai-machine-vision", BANKS)[0]
    assert draft is not None
    text = bank_writing.item_text(replace(draft.items[0], difficulty=Decimal("5E-1"), point="1.50"))
    assert "difficulty: 0.5\n" in text
    assert 'point: "1.50"\n' in text


def test_half_a_character_is_refused() -> None:
    """A lone surrogate has no place in a file."""
    with pytest.raises(ValueError, match="surrogates"):
        bank_writing.bank_text(replace(HEAD, title=Text.of(zh="\ud800")))
