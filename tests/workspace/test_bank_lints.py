"""What an editor would remark on: each lint fires where it must, and is silent beside it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from certengine.errors import Finding, Severity
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.numeric import NumericContent, Tolerance
from certengine.items.options import Option
from certengine.items.parameters import Parameter
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent
from certengine.model.bank import Area, Importance, Item, ItemStatus
from certengine.model.text import Text
from certengine.workspace.bank_lints import lint_bank, lint_item
from certengine.workspace.intervals import interval_of
from certengine.workspace.located import Located
from certengine.workspace.quantities import quantities
from certengine.workspace.yaml_source import YamlSource

AREAS = (Area(id="A", title=Text.of(zh="甲", en="A")),)
HEAD = YamlSource("bank.yaml", keys={("areas", 1): (8, 3)})
FILE = YamlSource("items.yaml")
ZH = "更换接触器线圈之前首先要做什么？"
EN = "What is done first before a contactor coil is replaced?"


def item(id_: str, content: Any = None, **changes: Any) -> Item:
    """An active item; without content, a statement like no other."""
    given = content or TrueFalseContent(stem=Text.of(zh=f"甲 {id_}", en=f"stem {id_}"), key=True)
    return Item(
        **{
            "id": id_,
            "kind": "true_false",
            "area": "A",
            "level": "know",
            "content": given,
            "status": ItemStatus.ACTIVE,
            "author": "chen",
            **changes,
        }
    )


def statement(zh: str, en: str) -> TrueFalseContent:
    """A statement."""
    return TrueFalseContent(stem=Text.of(zh=zh, en=en), key=True)


def choice(
    zh: str = ZH, en: str = EN, options: tuple[str, ...] = ("一", "二", "三"), key: int = 0
) -> SingleChoiceContent:
    """A single choice item whose options read the same in both languages."""
    return SingleChoiceContent(
        stem=Text.of(zh=zh, en=en),
        options=tuple(Option(id=f"o{n}", text=Text.of(zh=one, en=one)) for n, one in enumerate(options)),
        key=f"o{key}",
    )


def numeric(zh: str, en: str) -> NumericContent:
    """A numeric item over ``f`` and ``p``."""
    values = Parameter(values=(Decimal(2), Decimal(4)))
    return NumericContent(
        stem=Text.of(zh=zh, en=en), parameters={"f": values, "p": values}, key="f", tolerance=Tolerance(exact=True)
    )


def lint(*items: Item, areas: tuple[Area, ...] = AREAS) -> list[Finding]:
    """What is remarked on these items."""
    located = [Located(one, FILE, ("items", n)) for n, one in enumerate(items)]
    return [*(finding for one in located for finding in lint_item(one)), *lint_bank(areas, HEAD, located)]


def codes(*items: Item, areas: tuple[Area, ...] = AREAS) -> list[str]:
    """The codes of :func:`lint`."""
    return [one.code for one in lint(*items, areas=areas)]


def test_a_remark_is_a_warning_with_place_and_way_out() -> None:
    """No remark stops an act, and none leaves its reader alone."""
    (found,) = lint(item("1", choice(options=("≥ 5", "≥ 10", "3"))))
    assert (found.severity, found.place is not None, bool(found.hint)) == (Severity.WARNING, True, True)


# Near duplicates


def test_stems_that_differ_in_a_word_are_near_duplicates() -> None:
    """The later one is reported, and names the earlier."""
    found = lint(
        item("1", choice()), item("2", choice(zh=ZH.replace("首先", "必须"), en=EN.replace("first", "always")))
    )
    assert [one.code for one in found] == ["item/near-duplicate"]
    assert "`2` asks nearly the same as `1`" in found[0].message


def test_parameters_of_another_name_are_no_difference() -> None:
    """Two numeric items whose parameters alone differ ask the same."""
    stems = [
        (f"电源频率 {{{name}}} Hz 的电机同步转速{end}？", f"Which speed has a motor at {{{name}}} Hz{end}?")
        for name, end in (("f", ""), ("p", "呢"))
    ]
    assert codes(*(item(str(n), numeric(zh, en)) for n, (zh, en) in enumerate(stems))) == ["item/near-duplicate"]


@pytest.mark.parametrize(
    "excuse",
    [{"point": "P1"}, {"enemies": ("1",)}, {"status": ItemStatus.RETIRED}],
    ids=["one point", "enemies", "retired"],
)
def test_items_that_never_meet_may_be_alike(excuse: dict[str, Any]) -> None:
    """Items of one point, enemies and retired items never stand on one paper."""
    first = item("1", choice(), **({"point": "P1"} if "point" in excuse else {}))
    second = item("2", choice(zh=ZH + "请选择", en=EN + " Choose"), **excuse)
    assert codes(first, second) == []


def test_an_enemy_named_by_the_earlier_item_excuses_too() -> None:
    """Enmity is symmetric whichever side names it."""
    assert codes(item("1", choice(), enemies=("2",)), item("2", choice(zh=ZH + "请选择", en=EN + " Choose"))) == []


def test_stems_in_the_same_words_are_left_to_the_other_check() -> None:
    """Equal stems are reported once, by `item/equal-stem`."""
    assert codes(item("1", choice()), item("2", choice())) == []


def test_short_questions_about_two_values_are_two_questions() -> None:
    """Figures are told apart."""
    stems = [(f"{n} mA 表示什么？", f"What does {n} mA mean?") for n in (4, 20)]
    assert codes(*(item(str(n), choice(zh=zh, en=en)) for n, (zh, en) in enumerate(stems))) == []


def test_a_whole_family_is_named_once_each() -> None:
    """A third of a kind is compared with the first, not with all."""
    ends = ("", "请选择", "请回答")
    found = lint(*(item(str(n), choice(zh=ZH + end, en=EN)) for n, end in enumerate(ends)))
    assert found == []  # their English is the same: that is an equal stem
    found = lint(*(item(str(n), choice(zh=ZH + end, en=f"{EN} {end}")) for n, end in enumerate(ends)))
    assert [one.message.split(" (")[0] for one in found] == [
        "`1` asks nearly the same as `0`",
        "`2` asks nearly the same as `0`",
    ]


# Numbers in translations


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("电压为 380 V。", "The voltage is 400 V."),
        ("温度为 −10 ℃。", "The temperature is 10 °C."),
        ("寿命 50 万次。", "It lasts 50,000 cycles."),
        ("电阻为 10³ Ω。", "The resistance is 10⁴ Ω."),
    ],
)
def test_numbers_that_differ_are_found(zh: str, en: str) -> None:
    """A figure that one language lacks is a remark."""
    assert codes(item("1", statement(zh, en))) == ["text/numbers-differ"]


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("电压为３８０ V。", "The voltage is 380 V."),
        ("共１，０００台。", "There are 1,000 of them."),
        ("温度为-10 ℃。", "The temperature is −10 °C."),
        ("温度为零下 10 ℃。", "The temperature is −10 °C."),
        ("寿命 50 万次。", "It lasts 500,000 cycles."),
        ("2 台电机。", "Two motors."),
        ("二十四台电机。", "There are 24 motors."),
        ("共 24 台。", "There are twenty-four."),
        ("一半为 50 %。", "Half of it is 50 %."),
        ("500 万像素。", "It has 5 megapixels."),
        ("2026 年 11 月。", "November 2026."),
        ("信号为 4～20 mA。", "The signal is 4-20 mA."),
        ("面积 3 m²，X1 为 1 时。", "3 square metres when it is 1."),
        ("一般用三相电。", "It is usual to take what there is."),
    ],
)
def test_numbers_written_otherwise_are_the_same(zh: str, en: str) -> None:
    """Full-width figures, thousands, minus signs, scale words and numerals excuse."""
    assert codes(item("1", statement(zh, en))) == []


def test_numbers_of_options_are_compared_too() -> None:
    """An option whose translation names another value is a remark at that option."""
    content = choice()
    wrong = Option(id="o2", text=Text.of(zh="5 V", en="6 V"))
    (found,) = lint(item("1", replace(content, options=(*content.options[:2], wrong))))
    assert (found.code, found.message) == ("text/numbers-differ", "6 stands in `en` but not in `zh`")


def test_hostile_exponents_are_no_trouble() -> None:
    """Powers of nothing and endless figures are read without a fault."""
    assert quantities("0⁻¹ 9" + "9" * 400 + "⁹⁹ 1^0").figures >= {Decimal(0), Decimal(1)}


def test_a_parameter_missing_in_one_language_is_found() -> None:
    """Candidates of every language are told the same values."""
    assert codes(item("1", numeric("{f} Hz、{p} 极？", "At {f} Hz?"))) == ["text/parameters-differ"]


# Negation


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("下列哪项不属于安全措施？", "Choose."),
        ("关于验电，下列说法错误的是哪一项？", "Choose."),
        ("训练时不宜使用下列哪些增强？", "Choose."),
        ("选择。", "Which of these is not a safety measure?"),
        ("选择。", "A coil burns. Which step must not be taken?"),
        ("选择。", "Which statement is wrong?"),
        ("选择。", "All of these belong to it except which?"),
    ],
)
def test_a_negation_without_stress_is_found(zh: str, en: str) -> None:
    """A question for what is not so must show it."""
    assert codes(item("1", choice(zh=zh, en=en))) == ["item/unmarked-negation"]


@pytest.mark.parametrize(
    ("zh", "en"),
    [
        ("下列哪项“不属于”安全措施？", "Which of these is NOT a safety measure?"),
        ("下列哪项「不」属于安全措施？", "Which statement is WRONG?"),
        ("下列说法【错误的】是哪一项？", "All of these belong to it EXCEPT which?"),
        ("哪些原因会使电动机不能起动？", "Which of these faults mean that the motor does not start?"),
        ("电动机不能起动，下列哪项是原因？", "The motor does not start. Which of these is the cause?"),
        ("额定动作电流不应大于哪个值？", "Which value must the current not exceed?"),
        ("交车前不可缺少的是哪一项？", "Which step must not be missing?"),
        ("下列哪些任务需要掩膜，而不宜只用检测框？", "Which tasks need masks rather than boxes?"),
        ("为什么不能带电操作？", "Why must it not be done live?"),
    ],
)
def test_a_stressed_negation_and_a_negated_fact_are_left_alone(zh: str, en: str) -> None:
    """What is stressed, what only tells the case, and limits turn no question round."""
    assert codes(item("1", choice(zh=zh, en=en))) == []


def test_a_statement_may_negate() -> None:
    """A statement to be judged is no question."""
    assert codes(item("1", statement("下列哪项不属于此类是已知的。", "It is known which is not one."))) == []


# Options that overlap


@pytest.mark.parametrize(
    "options",
    [
        ("≥ 5", "≥ 10", "0"),
        ("大于 5 V", "10 V 以上", "1 V"),
        ("5～10 mA", "8～12 mA", "20 mA"),
        ("at least 5 min", "7 min", "1 min"),
        ("5 V to 10 V", "less than 6 V", "20 V"),
        ("不小于5", "5", "1"),
    ],
)
def test_options_that_hold_the_same_values_are_found(options: tuple[str, ...]) -> None:
    """Ranges, limits and values of one unit that meet."""
    assert codes(item("1", choice(options=options))) == ["item/options-overlap"]


@pytest.mark.parametrize(
    "options",
    [
        ("≥ 10", "< 10", "不定"),
        ("5～10 mA", "10～15 mA", "15～20 mA"),
        ("≥ 5 mV", "≥ 10 MV", "0"),
        ("大于 5", "5", "1"),
        ("5 V", "10 V", "15 V"),
        ("≥ 5 且断电", "≥ 10", "0"),
        ("10-5", "7", "1"),
    ],
)
def test_options_that_are_apart_or_not_certain_are_left_alone(options: tuple[str, ...]) -> None:
    """Touching ends, other units, single values and longer sentences are no finding."""
    assert codes(item("1", choice(options=options))) == []


def test_several_right_options_may_overlap() -> None:
    """In a multiple response item both may be meant."""
    options = choice(options=("≥ 5", "≥ 10", "0")).options
    content = MultipleResponseContent(stem=Text.of(zh=ZH, en=EN), options=options, key=("o0", "o1"))
    assert codes(item("1", content)) == []


def test_a_unit_keeps_its_case() -> None:
    """A millivolt is no megavolt."""
    assert [interval_of(one).unit for one in ("≥ 5 mV", "AT LEAST 5 MV")] == ["mV", "MV"]


# The bank as a whole


def many(longest: int, total: int) -> list[Item]:
    """Choice items of one point, of which some keys are the longest option."""
    long, short = ("甲乙丙丁", "甲", "乙"), ("甲", "甲乙丙丁", "乙")
    return [item(str(n), choice(options=long if n < longest else short), point="P") for n in range(total)]


@pytest.mark.parametrize(("longest", "total", "found"), [(9, 20, 2), (8, 20, 0), (19, 19, 0)])
def test_a_key_that_is_mostly_the_longest_option_is_told(longest: int, total: int, found: int) -> None:
    """Over 40 % of 20 items or more, in each language."""
    assert codes(*many(longest, total)) == ["bank/longest-option"] * found


def test_a_key_as_long_as_another_option_tells_nothing() -> None:
    """Only a single longest option stands out."""
    items = [item(str(n), choice(options=("甲乙", "丙丁", "戊")), point="P") for n in range(20)]
    assert codes(*items) == []


def test_an_area_without_active_item_is_found_where_it_is_listed() -> None:
    """The place is the area's line in ``bank.yaml``."""
    areas = (*AREAS, Area(id="B", title=Text.of(zh="乙", en="B")))
    (found,) = lint(item("1"), item("2", area="B", status=ItemStatus.DRAFT), areas=areas)
    assert (found.code, found.place and found.place.line) == ("bank/empty-area", 8)


def test_an_area_lives_by_the_areas_below_it() -> None:
    """A parent needs no item of its own, and a ring of parents ends."""
    areas = (
        Area(id="T", title=AREAS[0].title, parent="A"),
        Area(id="A", title=AREAS[0].title, parent="T"),
    )
    assert codes(item("1"), areas=areas) == []


def test_a_bank_that_has_nothing_active_yet_has_no_empty_area() -> None:
    """A bank in the making is not told of each of its areas."""
    assert codes(item("1", status=ItemStatus.DRAFT)) == []


def shares(x: int, y: int, z: int) -> list[Item]:
    """So many active items of each importance."""
    kinds = [Importance.X] * x + [Importance.Y] * y + [Importance.Z] * z
    return [item(f"i{n}", importance=one) for n, one in enumerate(kinds)]


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ((15, 4, 1), "of 20 active items: X 15 (80 % at least), Y 4 (15 % at most)"),
        ((17, 1, 2), "of 20 active items: Z 2 (5 % at most)"),
    ],
)
def test_importance_out_of_proportion_is_found(counts: tuple[int, int, int], message: str) -> None:
    """One remark names every share that is out."""
    assert [(one.code, one.message) for one in lint(*shares(*counts))] == [("bank/importance-shares", message)]


@pytest.mark.parametrize("counts", [(16, 3, 1), (0, 19, 0)])
def test_shares_at_their_limit_and_small_banks_are_left_alone(counts: tuple[int, int, int]) -> None:
    """The limits belong to the allowed side; under 20 items there are no shares."""
    assert codes(*shares(*counts)) == []
