"""Keys of gap texts, computed a second time by other means, and answers that people do write to the sample items."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import pytest

from certengine.items.gaps import GapTextContent, NumberGap
from certengine.items.parameters import evaluate
from certengine.items.short_answer import ShortAnswerContent, accepted_by
from certengine.model.bank import Item
from tests.content import ai_machine_vision_calculation_keys, industrial_automation_calculation_keys
from tests.content.sample_banks import BANKS, active_items, sample_bank

KINDS = {"matching": 6, "ordering": 6, "short_answer": 4, "gap_text": 4}


@cache
def _items() -> dict[str, Item]:
    return {item.id: item for bank_id in BANKS for item in sample_bank(bank_id).items if item.kind in KINDS}


Values = Mapping[str, float]


def _shared_columns(p: Values) -> float:
    """By counting the pixels that both boxes hold."""
    side, apart = round(p["w"]), round(p["d"])
    return sum(side for column in range(side) if apart <= column)


def _shared_share(p: Values) -> float:
    common = _shared_columns(p)
    return common / (2 * p["w"] ** 2 - common)


# By item and gap, in floating point, and in another form than the bank's formula where there is one.
INDEPENDENT: dict[tuple[str, str], Callable[[Values], float]] = {
    ("A3-GT-01", "n0"): lambda p: 50 * 60 / (p["p"] / 2),
    ("A3-GT-01", "n"): lambda p: 3000 / (p["p"] / 2) - 3000 / (p["p"] / 2) * p["s"] / 100,
    ("A4-GT-01", "p"): lambda p: p["R"] * p["I"] / 16 - p["R"] / 4,
    ("A4-GT-01", "v"): lambda p: p["I"] / 4,
    ("A1-GT-01", "v"): lambda p: 500,
    ("A1-GT-01", "m"): lambda p: 1,
    ("B2-GT-01", "v"): lambda p: sum(p["u"] for _ in range(round(p["n"]))),
    ("B2-GT-01", "e"): lambda p: p["u"] * p["c"] * 1e-3 * p["n"],
    ("B1-GT-01", "d"): lambda p: 60,
    ("B1-GT-01", "a"): lambda p: 30,
    ("B3-GT-01", "e"): lambda p: 0.5 * (p["C"] * 1e-6 * p["U"]) * p["U"],
    ("B4-GT-01", "i"): lambda p: p["D"] / 100 * 60,
    ("B4-GT-01", "k"): lambda p: 0.132 * p["D"],
    ("B4-GT-01", "s"): lambda p: 6,
    ("C4-GT-01", "p"): lambda p: 1 / (1 + p["b"] / p["a"]),
    ("C4-GT-01", "r"): lambda p: 1 - p["c"] / (p["a"] + p["c"]),
    ("C2-GT-01", "s"): lambda p: 1 / (p["N"] / p["W"]),
    ("C2-GT-01", "k"): lambda p: p["d"] / (p["W"] / p["N"]),
    ("C3-GT-01", "i"): _shared_columns,
    ("C3-GT-01", "u"): _shared_share,
    ("C5-GT-01", "n"): lambda p: 60 * (60 / p["t"]),
    ("C5-GT-01", "x"): lambda p: 1000 * (p["t"] - (p["a"] + p["m"]) / 1000),
}
INDEPENDENT |= ai_machine_vision_calculation_keys.GAPS | industrial_automation_calculation_keys.GAPS


@cache
def _numbers() -> dict[tuple[str, str], tuple[GapTextContent, NumberGap]]:
    return {
        (item_id, gap.id): (item.content, gap.number)
        for item_id, item in _items().items()
        if isinstance(item.content, GapTextContent)
        for gap in item.content.gaps
        if gap.number is not None
    }


def _space(content: GapTextContent) -> list[dict[str, Decimal]]:
    assert content.where is None
    assert not content.derived
    names = list(content.parameters)
    return [
        dict(zip(names, values, strict=True))
        for values in product(*(content.parameters[name].values for name in names))
    ]


@pytest.mark.parametrize("bank_id", BANKS)
def test_every_bank_has_items_of_every_kind(bank_id: str) -> None:
    """Each sample bank has six active items at least to match and to order, four of short answers and gap texts."""
    active = [item.kind for item in active_items(bank_id)]

    assert [kind for kind, least in KINDS.items() if active.count(kind) < least] == []


def test_every_number_gap_has_a_second_computation() -> None:
    """The table of second computations and the number gaps of the banks name the same."""
    assert set(INDEPENDENT) == set(_numbers())


@pytest.mark.parametrize("place", sorted(INDEPENDENT), ids="-".join)
def test_key_agrees_with_the_second_computation(place: tuple[str, str]) -> None:
    """For all values of the parameters formula and independent expression agree, and rounding stays within tolerance."""
    content, rule = _numbers()[place]
    for values in _space(content):
        key = evaluate(rule.key, values)
        expected = INDEPENDENT[place]({name: float(value) for name, value in values.items()})
        assert math.isclose(expected, float(key), rel_tol=1e-12), values
        rounded = Fraction(round(Decimal(key.numerator) / key.denominator, rule.places))
        assert abs(rounded - key) <= rule.tolerance.margin(key), values


# What people write besides the forms of the bank, and what they must not get marks for.
ANSWERS: list[tuple[str, str, bool]] = [
    ("A3-SA-01", "恒压频比控制方式", True),
    ("A3-SA-01", "U/f 控制", True),
    ("A3-SA-01", "矢量控制", False),
    ("A3-SA-01", "VFD", False),
    ("A1-SA-01", "Lock-out / Tag-out", True),
    ("A1-SA-01", "上锁、挂牌", True),
    ("A1-SA-01", "验电", False),
    ("A4-SA-01", "总线终端电阻器", True),
    ("A4-SA-01", "Termination Resistor", True),
    ("A4-SA-01", "上拉电阻", False),
    ("A2-SA-01", "电气互锁", True),
    ("A2-SA-01", "自锁", False),
    ("B1-SA-01", "橙", True),
    ("B1-SA-01", "Orange.", True),
    ("B1-SA-01", "红色", False),
    ("B2-SA-01", "被动均衡", True),
    ("B2-SA-01", "cell equalization", True),
    ("B2-SA-01", "热管理", False),
    ("B3-SA-01", "制动能量回收", True),
    ("B3-SA-01", "regen braking", True),
    ("B3-SA-01", "机械制动", False),
    ("B4-SA-01", "控制引导线", True),
    ("B4-SA-01", "CC", False),
    ("C4-SA-01", "过度拟合", True),
    ("C4-SA-01", "over-fitting", True),
    ("C4-SA-01", "欠拟合", False),
    ("C4-SA-01", "underfitting", False),
    ("C3-SA-01", "Cohen’s κ", True),
    ("C3-SA-01", "相关系数", False),
    ("C2-SA-01", "双侧远心镜头", True),
    ("C2-SA-01", "bi-telecentric lens", True),
    ("C2-SA-01", "长焦镜头", False),
    ("C5-SA-01", "数据分布偏移", True),
    ("C5-SA-01", "concept", False),
]


@pytest.mark.parametrize(("item_id", "written", "right"), ANSWERS)
def test_short_answer_as_people_write_it(item_id: str, written: str, right: bool) -> None:
    """Usual writings of the right answer are accepted, other terms of the trade are not."""
    content: Any = _items()[item_id].content
    assert isinstance(content, ShortAnswerContent)

    assert right is (accepted_by(content, written) is not None)


@pytest.mark.parametrize(
    ("item_id", "right"),
    [
        ("A4-MA-01", {"功能码 01": "读线圈", "功能码 03": "读保持寄存器", "功能码 16": "写多个寄存器"}),
        ("B2-MA-01", {"SOC": "当前剩余电量所占的比例", "IMD": "监测高压系统对车身绝缘的装置"}),
        ("C3-MA-01", {"检测框": "对螺钉计数和定位", "分割掩膜": "测量划痕的面积"}),
    ],
)
def test_pairs_in_words(item_id: str, right: dict[str, str]) -> None:
    """The ids of a key stand for the texts that belong together."""
    content: Any = _items()[item_id].content
    options = {option.id: option.text.best("zh") for option in content.options}
    found = {prompt.text.best("zh"): options[content.key[prompt.id]] for prompt in content.prompts}

    assert right == {prompt: found[prompt] for prompt in right}


@pytest.mark.parametrize(
    ("item_id", "right"),
    [
        ("A1-OR-01", ["断开电源", "采取措施，防止重新合闸", "验明无电", "接地并短路", "对邻近的带电部分设防护"]),
        (
            "B1-OR-01",
            ["熄火，将钥匙移离车辆并保管", "断开 12 V 蓄电池负极并绝缘", "断开手动维修开关（MSD）并保管",
             "按手册规定的时间等待电容放电", "用已核验的仪表验明无电"],
        ),
        (
            "C5-OR-01",
            ["确定验收指标", "采集并标注数据", "划分并冻结测试集", "在训练集和验证集上训练、调参",
             "在冻结的测试集上评估", "影子运行", "带版本号发布，并备好回退"],
        ),
    ],
)  # fmt: skip
def test_order_in_words(item_id: str, right: list[str]) -> None:
    """The ids of a key stand for the steps in their order."""
    content: Any = _items()[item_id].content
    steps = {option.id: option.text.best("zh") for option in content.options}

    assert right == [steps[one] for one in content.key]
