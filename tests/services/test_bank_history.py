"""What changed in a bank, as a subject expert reads it, and which statistics it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from certengine.canonical import to_json
from certengine.errors import AnswerIsNo, NotFound
from certengine.items import KINDS
from certengine.items.numeric import NumericContent, Tolerance
from certengine.items.options import Option
from certengine.items.parameters import Parameter
from certengine.items.single_choice import SingleChoiceContent
from certengine.model.bank import Area, BankDraft, CognitiveLevel, Importance, Item, ItemStatus, KeyProvenance
from certengine.model.text import Text
from certengine.services.bank_changes import BankDiff, ItemChange, marked_words
from certengine.services.bank_difference import diff_banks
from certengine.services.bank_history import diff_versions, list_versions
from certengine.services.banks import publish_bank
from tests.services.small_world import BANK, acting

ITEMS = "question_banks/small/items/all.yaml"
CHOICE = Item(
    id="C",
    kind="single_choice",
    area="S",
    level="know",
    status=ItemStatus.ACTIVE,
    author="chen",
    content=SingleChoiceContent(
        stem=Text.of(zh="额定电流是 22 A 吗？", en="Is the rated current 22 A?"),
        options=tuple(
            Option(id=id_, text=Text.of(zh=zh, en=en))
            for id_, zh, en in (("a", "是", "yes"), ("b", "否", "no"), ("c", "不定", "undetermined"))
        ),
        key="a",
    ),
)
NUMERIC = replace(
    CHOICE,
    id="N",
    kind="numeric",
    content=NumericContent(
        stem=Text.of(zh="{U} V？", en="{U} V?"),
        parameters={"U": Parameter(min=Decimal(10), max=Decimal(20), step=Decimal(1))},
        key="2*U",
        unit="V",
        tolerance=Tolerance(relative=Decimal("0.010")),
    ),
)


def bank(*items: Item, **changes: Any) -> BankDraft:
    """A bank of these items."""
    head = {
        "id": "b",
        "title": Text.of(zh="题库", en="Bank"),
        "languages": ("zh", "en"),
        "areas": (Area(id="S", title=Text.of(zh="安全", en="Safety")),),
        "levels": (CognitiveLevel(id="know", title=Text.of(zh="识记", en="Know")),),
        "items": items,
    }
    return BankDraft(**{**head, **changes})


def difference(was: BankDraft, now: BankDraft) -> BankDiff:
    """From version 1 to the draft."""
    return diff_banks(was, now, old="b@1", new="b (draft)")


def changed(was: Item, now: Item) -> ItemChange:
    """What changed in the one item."""
    (found,) = difference(bank(was), bank(now)).changed
    return found


def content(item: Item, **changes: Any) -> Item:
    """The item with its content changed."""
    return replace(item, content=replace(item.content, **changes))


def options(*texts: tuple[str, str]) -> tuple[Option, ...]:
    """Options by id and text, the same in both languages."""
    return tuple(Option(id=id_, text=Text.of(zh=text, en=text)) for id_, text in texts)


def test_nothing_changed_is_said_in_a_line() -> None:
    """Equal states have an empty difference."""
    found = difference(bank(CHOICE), bank(CHOICE))
    assert (found.empty, list(found.lines())) == (True, ["b@1 and b (draft) hold the same"])


def test_a_new_stem_shows_the_words_that_went_and_came_in_both_languages() -> None:
    """Chinese goes by characters, English by words, and the statistics end."""
    found = changed(CHOICE, content(CHOICE, stem=Text.of(zh="额定电压是 22 V 吗？", en="Is the rated voltage 22 V?")))
    assert list(found.lines()) == [
        "C  its statistics no longer carry over (stem)",
        "  stem (en): Is the rated [-current-]{+voltage+} 22 [-A-]{+V+}?",
        "  stem (zh): 额定电[-流-]{+压+}是 22 [-A-]{+V+} 吗？",
    ]


def test_another_key_is_shown_with_the_texts_it_names() -> None:
    """Letters alone would say nothing."""
    found = changed(CHOICE, content(CHOICE, key="b"))
    assert (list(found.lines())[1], found.carries_over) == ("  key: a “是” -> b “否”", False)


def test_options_are_added_taken_out_and_reworded_by_their_ids() -> None:
    """Each option is followed by its id."""
    now = content(CHOICE, options=(CHOICE.content.options[0], *options(("b", "no"), ("d", "maybe"))))
    assert list(changed(CHOICE, now).lines())[1:] == [
        "  option b (zh): 否 -> no",
        "  option d (en) added: maybe",
        "  option d (zh) added: maybe",
        "  option c (en) taken out: undetermined",
        "  option c (zh) taken out: 不定",
    ]


def test_what_a_wrong_option_rests_on_only_describes_it() -> None:
    """No candidate ever reads it."""
    second = replace(CHOICE.content.options[1], mistake=Text.of(zh="看反了", en="reads it upside down"))
    found = changed(CHOICE, content(CHOICE, options=(CHOICE.content.options[0], second, *CHOICE.content.options[2:])))
    assert list(found.lines()) == [
        "C  its statistics carry over",
        "  option b, mistake (en) added: reads it upside down",
        "  option b, mistake (zh) added: 看反了",
    ]


def test_a_reworded_right_option_is_no_other_key() -> None:
    """The key names an option, and still the same."""
    first = replace(CHOICE.content.options[0], text=Text.of(zh="是的", en="yes"))
    found = changed(CHOICE, content(CHOICE, options=(first, *CHOICE.content.options[1:])))
    assert [one.what for one in found.changes] == ["option a"]


def test_the_order_of_shuffled_options_is_no_change() -> None:
    """Papers draw it anew."""
    assert difference(bank(CHOICE), bank(content(CHOICE, options=CHOICE.content.options[::-1]))).empty


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"parameters": {"U": Parameter(min=Decimal(10), max=Decimal(30), step=Decimal(1))}},
            "parameter U, max: 20 -> 30",
        ),
        ({"tolerance": Tolerance(absolute=Decimal(1))}, "tolerance, absolute added: 1"),
        ({"tolerance": Tolerance(relative=Decimal("0.02"))}, "tolerance, relative: 0.01 -> 0.02"),
        ({"key": "3*U"}, "key: 2*U -> 3*U"),
        ({"unit": None}, "unit taken out: V"),
    ],
)
def test_parameters_tolerance_and_unit_end_the_statistics(changes: dict[str, Any], line: str) -> None:
    """What the candidate sees or the marking uses."""
    found = changed(NUMERIC, content(NUMERIC, **changes))
    assert (found.changes[0].line(), found.carries_over) == (line, False)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"explanation": Text.of(zh="因为")}, "explanation (zh) added: 因为"),
        ({"author": "wang"}, "author: chen -> wang"),
        ({"difficulty": Decimal("0.70")}, "difficulty added: 0.7"),
        ({"status": ItemStatus.PILOT}, "status: active -> pilot"),
        ({"importance": Importance.Y}, "importance: X -> Y"),
        ({"enemies": ("D", "E")}, "enemies added: D, E"),
        (
            {"provenance": KeyProvenance(against=Text.of(zh="书"), checked_by="w", checked_on=date(2026, 11, 1))},
            "provenance, against (zh) added: 书",
        ),
    ],
)
def test_what_only_describes_an_item_leaves_its_statistics(changes: dict[str, Any], line: str) -> None:
    """Explanation, people, difficulty, status and place in the bank."""
    found = changed(CHOICE, replace(CHOICE, **changes))
    assert (found.changes[0].line(), found.carries_over) == (line, True)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
def test_every_kind_of_item_is_compared(kind: Any) -> None:
    """A new stem shows, whatever else the kind is made of; and nothing else does."""
    was = replace(CHOICE, kind=kind.id, content=kind.samples()[0].content)
    stem = Text.of({tag: f"{text}!" for tag, text in was.content.stem.by_language})
    found = changed(was, content(was, stem=stem))
    assert ({one.what for one in found.changes}, found.carries_over) == ({"stem"}, False)


def test_a_key_by_prompts_is_compared_prompt_by_prompt() -> None:
    """Only the prompt with another option shows, with the texts of both options."""
    given = next(kind for kind in KINDS if kind.id == "matching").samples()[0].content
    was = replace(CHOICE, kind="matching", content=given)
    (prompt, old), *_ = given.key.items()
    new = next(option for option in given.options if option.id != old)
    (change,) = changed(was, content(was, key={**given.key, prompt: new.id})).changes
    assert (change.what, change.new) == (f"key, {prompt}", f"{new.id} “{new.text.best('zh')}”")


def test_accepted_forms_are_compared_one_by_one() -> None:
    """A form that came is named in its language."""
    given = next(kind for kind in KINDS if kind.id == "short_answer").samples()[0].content
    was = replace(CHOICE, kind="short_answer", content=given)
    (change,) = changed(was, content(was, accepted=(*given.accepted, {"en": "one more"}))).changes
    assert change.line() == f"accepted, {len(given.accepted) + 1}, en added: one more"


def test_equal_values_written_otherwise_are_no_change() -> None:
    """0.010 is 0.01, and a composed accent is one accent."""
    was = content(NUMERIC, unit="é")
    now = content(NUMERIC, unit="e\N{COMBINING ACUTE ACCENT}", tolerance=Tolerance(relative=Decimal("0.01")))
    assert difference(bank(was), bank(now)).empty


def test_items_come_retire_and_go() -> None:
    """Each in its own list; an item only retired is not also changed."""
    retired = replace(CHOICE, status=ItemStatus.RETIRED)
    found = difference(bank(CHOICE, replace(CHOICE, id="G")), bank(retired, NUMERIC))
    assert [[one.item for one in group] for group in (found.added, found.retired, found.removed)] == [
        ["N"],
        ["C"],
        ["G"],
    ]
    assert (found.changed, found.unchanged) == ((), 0)


def test_an_item_retired_and_reworded_stands_in_both_lists() -> None:
    """Nothing that changed is hidden behind the retirement."""
    now = replace(content(CHOICE, key="b"), status=ItemStatus.RETIRED)
    found = difference(bank(CHOICE), bank(now))
    assert ([one.item for one in found.retired], found.starts_over) == (["C"], ("C",))


def test_areas_and_title_are_changes_of_the_bank() -> None:
    """No statistics rest on them."""
    now = bank(CHOICE, areas=(Area(id="S", title=Text.of(zh="安全", en="Safe work")),))
    (found,) = difference(bank(CHOICE), now).head
    assert (found.line(), found.carries_over) == ("areas, S, title (en): Safety -> Safe work", True)


def test_the_last_line_counts_everything() -> None:
    """How many of each, and how many statistics start over."""
    lines = list(difference(bank(CHOICE), bank(content(CHOICE, key="b"), NUMERIC)).lines())
    assert lines[-1] == (
        "b@1 -> b (draft): 1 added, 0 retired, 0 removed, 1 changed, 0 as before; statistics start over for 1"
    )


def test_a_difference_is_plain_json() -> None:
    """Programs read the same as people."""
    body: Any = to_json(difference(bank(CHOICE), bank(content(CHOICE, key="b"))))
    assert body["changed"] == [
        {
            "item": "C",
            "carries_over": False,
            "changes": [{"what": "key", "old": "a “是”", "new": "b “否”", "carries_over": False}],
        }
    ]


def test_texts_with_little_in_common_are_shown_whole() -> None:
    """Marks in a rewritten sentence would hide it."""
    assert marked_words("完全不同的一句话", "What has nothing of it") is None


def test_endless_texts_are_not_compared_word_by_word() -> None:
    """A hostile bank costs no more time than another."""
    assert marked_words("甲乙" * 10_000, "乙甲" * 10_000) is None


def test_the_draft_is_compared_with_the_newest_version(at: Callable[[str], Path]) -> None:
    """Without numbers it is what would be published next."""
    root = at("published")
    path = root / ITEMS
    path.write_text(path.read_text("utf-8").replace('en: "wrong 1 one"', 'en: "wrong 1 three"'), encoding="utf-8")
    with acting(root) as context:
        found = diff_versions(context, BANK)
    assert (found.old, found.new, found.starts_over, found.unchanged) == ("small@1", "small (draft)", ("S1",), 5)


def test_two_versions_are_compared_without_the_files(at: Callable[[str], Path]) -> None:
    """Versions outlive their YAML."""
    root = at("published")
    path = root / ITEMS
    with acting(root) as context:
        path.write_text(path.read_text("utf-8").replace("key: true", "key: false"), encoding="utf-8")
        publish_bank(context, BANK, reason="corrected")
        path.write_text("items: []\n", encoding="utf-8")
        found = diff_versions(context, BANK, 1, 2)
        back = diff_versions(context, BANK, 2, 1)
    assert [one.line() for one in found.changed[0].changes] == ["key: true -> false"]
    assert [one.line() for one in back.changed[0].changes] == ["key: false -> true"]


def test_versions_are_listed_newest_first(at: Callable[[str], Path]) -> None:
    """With who, when, why and how many."""
    root = at("published")
    path = root / ITEMS
    with acting(root) as context:
        path.write_text(path.read_text("utf-8").replace("key: true", "key: false"), encoding="utf-8")
        publish_bank(context, BANK, reason="corrected")
        lines = list_versions(context, BANK)
    assert [(one.version, one.reason, one.items, one.active) for one in lines] == [
        (2, "corrected", 6, 6),
        (1, "first", 6, 6),
    ]


def test_a_draft_with_errors_is_not_compared(at: Callable[[str], Path]) -> None:
    """An item that does not bind would pass for one removed."""
    root = at("published")
    path = root / ITEMS
    path.write_text(path.read_text("utf-8").replace("key: true", "key: perhaps"), encoding="utf-8")
    with acting(root) as context, pytest.raises(AnswerIsNo, match="holds errors"):
        diff_versions(context, BANK)


def test_a_version_that_does_not_exist_is_not_found(at: Callable[[str], Path]) -> None:
    """Neither the old one nor the new one is guessed."""
    with acting(at("published")) as context, pytest.raises(NotFound):
        diff_versions(context, BANK, 1, 7)
