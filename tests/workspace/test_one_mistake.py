"""One sound bank, and each mistake a person makes in it: found where it stands, and nothing else with it.

Every line of what ``bank check`` promises is here: schema, ids, stems, translations, keys, options, parameters over
their whole space, enemies, areas, importance.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from certengine.workspace.bank_files import read_bank

HEAD = """\
format: 1
id: sound
title: {zh: "样例", en: "Sample"}
languages: [zh, en]
areas:
  - {id: A, title: {zh: "电工", en: "Electrics"}}
  - {id: B, title: {zh: "机械", en: "Mechanics"}}
levels: [{id: know, title: {zh: "识记", en: "Know"}}]
"""
COMMON = """\
  - id: "%s"
    kind: %s
    area: %s
    level: know
    importance: %s
    status: active
    author: "chen"
    reviewer: "wang"
    provenance: {against: {zh: "教材", en: "a textbook"}, checked_by: "wang", checked_on: 2026-10-09}
"""
# Twenty subjects that share no words, each with a right answer and two wrong ones; the key's place and length vary.
SUBJECTS = (
    "断路器 breaker", "熔断器 fuse", "接触器 contactor", "互感器 transformer", "电容器 capacitor", "电抗器 reactor",
    "避雷针 arrester", "继电柜 relay", "编码盘 encoder", "减速机 gearbox", "联轴节 coupling", "轴承座 bearing",
    "液压泵 pump", "节流阀 valve", "气动缸 cylinder", "光栅尺 scale", "变频柜 inverter", "伺服轴 servo",
    "接线排 terminal", "隔离闸 isolator",
)  # fmt: skip


def choice(number: int) -> str:
    """The single choice of one subject."""
    zh, en = SUBJECTS[number].split()
    texts = {
        "right": (f"{zh}动作", f"{en} acts"),
        "one": (f"{zh}长期停用", f"{en} rests for long"),
        "two": (f"{zh}坏", f"{en} fails"),
    }
    order = [*texts][number % 3 :] + [*texts][: number % 3]
    options = "".join(
        f'      - {{id: {one}, text: {{zh: "{texts[one][0]}", en: "{texts[one][1]}"}}}}\n' for one in order
    )
    head = COMMON % (f"C{number:02}", "single_choice", "A" if number % 2 else "B", "XXXXXXXYXXXXXXXXXXXY"[number])
    return (
        f'{head}    stem: {{zh: "{zh}怎样？", en: "What does the {en} do?"}}\n    options:\n{options}    key: right\n'
    )


NUMERIC = (
    (COMMON % ("N01", "numeric", "A", "X"))
    + """\
    stem: {zh: "{U} V 加在 {R} Ω 上，求电流。", en: "{U} V across {R} Ω: find the current."}
    parameters: {U: {values: [12, 24]}, R: {min: 2, max: 8, step: 2}}
    key: "U/R"
    unit: "A"
    places: 2
    tolerance: {significant: 3}
"""
)
COMPUTED = (
    (COMMON % ("K01", "single_choice", "B", "X"))
    + """\
    stem: {zh: "转矩 {T} N·m、半径 {r} m，切向力？", en: "Torque {T} N·m at radius {r} m: tangential force?"}
    parameters: {T: {values: [30, 60]}, r: {values: [0.1, 0.2]}}
    derived: {right: {formula: "T/r"}, product: {formula: "T*r", places: 1}, half: {formula: "T/r/2"}}
    options:
      - {id: a, text: {zh: "{product} N", en: "{product} N"}, mistake: {zh: "乘以半径", en: "multiplies"}}
      - {id: b, text: {zh: "{right} N", en: "{right} N"}}
      - {id: c, text: {zh: "{half} N", en: "{half} N"}}
    key: b
"""
)
TRUTH = (
    (COMMON % ("T01", "true_false", "A", "X"))
    + """\
    enemies: ["C01"]
    stem: {zh: "压力表应当定期检定 2 次。", en: "A pressure gauge is verified 2 times."}
    key: false
"""
)
ITEMS = "format: 1\nitems:\n" + "".join(map(choice, range(20))) + NUMERIC + COMPUTED + TRUTH

Mistake = tuple[str, str, str, str]
MISTAKES: dict[str, Mistake] = {
    # what: (old text, new text, code, the text at whose line and column it is found)
    "a field misspelt": ("importance: X", "importence: X", "item/unknown-field", "importence"),
    "a field left out": ("    level: know\n", "", "item/missing-field", 'id: "C00"'),
    "a wrong value": ("status: active", "status: ready", "item/wrong-value", "ready"),
    "an unknown kind": ("kind: true_false", "kind: truefalse", "item/unknown-kind", "truefalse"),
    "an unknown area": ("area: B", "area: E", "item/unknown-area", "E\n"),
    "an unknown level": ("level: know", "level: knwo", "item/unknown-level", "knwo"),
    "an id twice": ('id: "C02"', 'id: "C00"', "item/duplicate-id", '"C00"'),
    "not an id": ('id: "T01"', 'id: "T 01"', "item/id", '"T 01"'),
    "an unknown enemy": ('["C01"]', '["C99"]', "item/unknown-enemy", '"C99"'),
    "its own enemy": ('["C01"]', '["T01"]', "item/own-enemy", '"T01"]'),
    "the same stem": ("熔断器怎样？", "断路器怎样？", "item/equal-stem", '{zh: "断路器怎样？", en: "What does the fuse'),
    "nearly the same stem": (
        '{zh: "熔断器怎样？", en: "What does the fuse do?"}',
        '{zh: "断路器怎样了？", en: "What does the breaker do now?"}',
        "item/near-duplicate",
        '{zh: "断路器怎样了',
    ),
    "no translation": (', en: "What does the pump do?"', "", "text/missing-language", '{zh: "液压泵怎样？"}'),
    "an option in one language only": (', en: "pump fails"', "", "text/missing-language", '{zh: "液压泵坏"}'),
    "another number in the translation": ("verified 2 times", "verified 3 times", "text/numbers-differ", '{zh: "压力表'),
    "a parameter left out of a translation": ("{U} V across", "A voltage across", "text/parameters-differ", '{zh: "{U} V 加'),
    "two options that say the same": ("breaker fails", "breaker acts", "item/equal-options", '{zh: "断路器坏'),
    "options that overlap": (
        '{zh: "断路器动作", en: "breaker acts"}}\n      - {id: one, text: {zh: "断路器长期停用", en: "breaker rests for long"}}',
        '{zh: "≥ 5 A", en: "≥ 5 A"}}\n      - {id: one, text: {zh: "≥ 10 A", en: "≥ 10 A"}}',
        "item/options-overlap",
        '- {id: right, text: {zh: "≥ 5 A',
    ),
    "a key that is no option": ("    key: right\n", "    key: rihgt\n", "item/key-unknown", "rihgt"),
    "a negation not set off": ("断路器怎样？", "下列哪项不是断路器的事？", "item/unmarked-negation", '"下列哪项不是'),
    "a negation not set off in English": (
        "What does the breaker do?", "Which does the breaker never do?", "item/unmarked-negation", '"Which does',
    ),
    "equal options for some values": ('formula: "T/r/2"', 'formula: "T/0.1"', "item/equal-options", '{zh: "{half} N"'),
    "an option nobody chooses": ('formula: "T/r/2"', 'formula: "T-60"', "item/option-absurd", '{zh: "{half} N"'),
    "an option beyond measure": ('formula: "T/r/2"', 'formula: "T*10^12"', "item/value-absurd", '{zh: "{half} N"'),
    "a mistake divided by zero": ('formula: "T/r/2"', 'formula: "T/(r-0.1)"', "item/value-undefined", '"T/(r-0.1)"'),
    "a key divided by zero": ('key: "U/R"', 'key: "U/(R-4)"', "item/key-undefined", '"U/(R-4)"'),
    "a key beyond measure": ('key: "U/R"', 'key: "U*10^12"', "item/key-absurd", '"U*10^12"'),
    "a key printed too roughly": ("places: 2", "places: 0", "item/key-refused", "0\n    tolerance"),
    "a key without a tolerance": ("{significant: 3}", "{}", "item/tolerance", "{}"),
    "no figure that could be significant": ("{significant: 3}", "{significant: 0}", "item/tolerance", "0}"),
    "a formula broken off": ('key: "U/R"', 'key: "U/"', "item/formula", '"U/"'),
    "a name nobody knows": ('key: "U/R"', 'key: "U/I"', "item/unknown-parameter", '"U/I"'),
    "a space without end": ("step: 2}", "step: 0}", "item/parameter", "{min: 2"),
    "a space too large": ("{values: [12, 24]}", "{min: 100, max: 6100, step: 1}", "item/space-too-large", "{U: {min"),
    "a condition that hardly holds": ('    key: "U/R"', '    where: "U == 13"\n    key: "U/R"', "item/where-too-narrow", '"U == 13"'),
    "no reviewer": ('    reviewer: "wang"\n', "", "item/no-review", 'id: "C00"'),
    "reviewed by the author": ('reviewer: "wang"', 'reviewer: "chen"', "item/self-review", '"chen"\n    provenance'),
    "checked by the author": ('checked_by: "wang"', 'checked_by: "chen"', "item/self-checked", '"chen", checked_on'),
}  # fmt: skip
# Mistakes that show in the bank as a whole, at a place of bank.yaml or of the first item.
OF_THE_BANK: dict[str, Mistake] = {
    "an area without items": ("area: B", "area: A", "bank/empty-area", "{id: B"),
    "importance out of proportion": ("importance: X", "importance: Z", "bank/importance-shares", "format"),
    "the longest option is right": ("动作", "动作并且立刻断开全部电路", "bank/longest-option", "format"),
}


def found(tmp_path: Path, head: str = HEAD, items: str = ITEMS) -> list[tuple[str, str]]:
    """Code and place of everything found in a bank of one file."""
    folder = tmp_path / "sound"
    (folder / "items").mkdir(parents=True)
    (folder / "bank.yaml").write_text(head, encoding="utf-8")
    (folder / "items" / "all.yaml").write_text(items, encoding="utf-8")
    return [(one.code, str(one.place)) for one in read_bank(folder, tmp_path)[1]]


def place(file: str, text: str, near: str, *, after: int = 0) -> str:
    """Where a text stands in a file."""
    start = text.index(near, after)
    line = text.count("\n", 0, start) + 1
    return f"sound/{file}:{line}:{start - text.rfind(chr(10), 0, start)}"


def test_the_sound_bank_is_sound(tmp_path: Path) -> None:
    """Nothing is found in it, not even a remark."""
    assert found(tmp_path) == []


@pytest.mark.parametrize("what", MISTAKES)
def test_one_mistake_is_found_where_it_stands(what: str, tmp_path: Path) -> None:
    """Its code and place, once, and nothing beside it."""
    old, new, code, near = MISTAKES[what]
    changed_at = ITEMS.index(old)
    text = ITEMS.replace(old, new, 1)
    start = max(changed_at - 300, 0) if near in text[max(changed_at - 300, 0) :] else 0
    assert found(tmp_path, items=text) == [(code, place("items/all.yaml", text, near, after=start))]


@pytest.mark.parametrize("what", OF_THE_BANK)
def test_a_habit_is_found_in_the_whole(what: str, tmp_path: Path) -> None:
    """Its code once, at the line of bank.yaml that it concerns."""
    old, new, code, near = OF_THE_BANK[what]
    assert found(tmp_path, items=ITEMS.replace(old, new)) == [(code, place("bank.yaml", HEAD, near))]


def test_a_key_that_always_stands_first_is_found(tmp_path: Path) -> None:
    """At the first item of the file whose options are all written with the right one first."""
    lines = re.sub(r"((?:      - \{id: (?:one|two).*\n)+)(      - \{id: right.*\n)", r"\2\1", ITEMS)
    assert found(tmp_path, items=lines) == [("bank/key-position", place("items/all.yaml", lines, 'id: "C00"'))]


def test_small_files_share_a_habit(tmp_path: Path) -> None:
    """Five items in each of two files, all with the right option first, are ten."""
    folder = tmp_path / "sound"
    (folder / "items").mkdir(parents=True)
    (folder / "bank.yaml").write_text(HEAD, encoding="utf-8")
    for name, numbers in (("a", range(0, 15, 3)), ("b", range(15, 20))):
        text = "format: 1\nitems:\n" + "".join(map(choice, numbers))
        first = re.sub(r"((?:      - \{id: (?:one|two).*\n)+)(      - \{id: right.*\n)", r"\2\1", text)
        (folder / "items" / f"{name}.yaml").write_text(first, encoding="utf-8")
    found_ = [one for one in read_bank(folder, tmp_path)[1] if one.code == "bank/key-position"]
    assert [one.message for one in found_] == [
        "the right option stands at place 1 in 10 of 10 items of the smaller files"
    ]


@pytest.mark.parametrize(("key", "told"), [("[a, b]", True), ("[a, c]", False), ("[b, c]", False)])
def test_a_multiple_response_tells_by_its_right_options_before_the_others(tmp_path: Path, key: str, told: bool) -> None:
    """That the first option is right is no habit where most options are."""
    texts = ["一", "二", "三", "四"]
    options = "".join(
        f'      - {{id: {one}, text: {{zh: "{zh}处", en: "part {one}"}}}}\n'
        for one, zh in zip("abcd", texts, strict=True)
    )
    items = "".join(
        COMMON % (f"M{number:02}", "multiple_response", "AB"[number % 2], "X")
        + f'    stem: {{zh: "{zh}？", en: "{en}?"}}\n    options:\n{options}    key: {key}\n'
        for number, (zh, en) in enumerate(subject.split() for subject in SUBJECTS[:9])
    )
    assert [code for code, _ in found(tmp_path, items="format: 1\nitems:\n" + items)] == ["bank/key-position"] * told


def test_all_mistakes_are_found_at_once(tmp_path: Path) -> None:
    """Mistakes in different items hide one another in nothing."""
    text, expected = ITEMS, set()
    for what in (
        "an unknown enemy",
        "an option nobody chooses",
        "a key divided by zero",
        "no reviewer",
        "a negation not set off",
    ):
        old, new, code, _ = MISTAKES[what]
        text = text.replace(old, new, 1)
        expected.add(code)
    assert {code for code, _ in found(tmp_path, items=text)} == expected


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("断路器怎样？", "断路器的哪项说法“不”正确？"),
        ("What does the breaker do?", "What does the breaker NOT do?"),
        ("断路器动作", "断路器不动作"),
        ('{zh: "断路器动作", en: "breaker acts"}', '{zh: "5 A", en: "5 A"}'),
        ("verified 2 times", "verified twice"),
        ("断路器怎样？", "不用工具能看出断路器怎样吗？"),
        ("    key: false", '    explanation: {zh: "每年 1 次。", en: "Once a year."}\n    key: false'),
    ],
)
def test_what_only_looks_like_a_mistake_is_let_pass(old: str, new: str, tmp_path: Path) -> None:
    """A negation set off, a negation in an option, a lone value, a number in words: no finding."""
    assert old in ITEMS
    assert found(tmp_path, items=ITEMS.replace(old, new, 1)) == []
