"""What a paper says about its sections: their headings, how they are answered, and options said once for all items."""

from __future__ import annotations

from collections.abc import Sequence

from certengine.canonical import decimal_text
from certengine.model.text import Text
from certengine.model.view import AnswerForm, PresentedItem, PresentedOption, PresentedSection

_ORDINALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十")
_HOW = {
    AnswerForm.ONE_BUBBLE: Text.of(zh="每题选一项，在答题卡上涂黑对应的字母。", en="Choose one option for each item."),
    AnswerForm.SEVERAL_BUBBLES: Text.of(
        zh="每题可选多项，在答题卡上涂黑所选的全部字母。", en="Mark every option you choose on the answer sheet."
    ),
    AnswerForm.WRITTEN_NUMBER: Text.of(
        zh="将计算结果填入答题卡的方格，不写单位。", en="Write the result, without its unit, on the answer sheet."
    ),
    AnswerForm.WRITTEN_TEXT: Text.of(
        zh="将答案写在答题卡的横线上，写出词语即可。",
        en="Write a word or a short phrase on the line of the answer sheet.",
    ),
    AnswerForm.MATCHES: Text.of(
        zh="为每个序号选一个字母，在答题卡上涂黑；字母可以不选，也可以重复选。",
        en="Mark one letter for each number; a letter may be used once, more than once or not at all.",
    ),
    AnswerForm.SEQUENCE: Text.of(
        zh="按先后顺序，在答题卡的每个位次上涂黑一个字母。",
        en="Put the steps in order: mark one letter for each place on the answer sheet, from the first to the last.",
    ),
    AnswerForm.GAPS: Text.of(
        zh="按空格序号在答题卡上作答：给出选项的涂黑字母，其余填写数值或词语。",
        en="Answer each numbered gap on the answer sheet: mark a letter where options are given, else write.",
    ),
    AnswerForm.ESSAY: Text.of(
        zh="用黑色签字笔写在答题卡该题的答题页上，不要写出框外；答题页上不得写姓名或作任何标记。",
        en="Write in black ink on the item's own page of the answer sheet, inside the frame; write no name and make "
        "no other mark there.",
    ),
}

_AS_EACH_ASKS = Text.of(
    zh="先读材料，再按各题要求在答题卡上作答。",
    en="Read the material first; answer each item on the answer sheet as it asks.",
)

_MARKED = {
    AnswerForm.SEVERAL_BUBBLES: Text.of(zh="（多选：选出所有正确的选项）", en="(Choose all that apply.)"),
    AnswerForm.ESSAY: Text.of(
        zh="（写在答题卡本题的答题页上）", en="(Write on this item's own page of the answer sheet.)"
    ),
}


def section_heading(number: int, section: PresentedSection) -> tuple[str, str]:
    """The heading of a section in Chinese and in English: its number, kind, items and marks."""
    ordinal = _ORDINALS[number - 1] if number <= len(_ORDINALS) else str(number)
    told_zh, told_en = _told(section)
    return (
        f"{ordinal}、{section.title.best('zh')}（{told_zh}）",
        f"Part {number}. {section.title.best('en')} ({told_en})",
    )


def how_to_answer(section: PresentedSection) -> Text:
    """What a candidate does in a section."""
    forms = {item.presented.answer_form for item in section.items}
    return _HOW[forms.pop()] if len(forms) == 1 else _AS_EACH_ASKS


def mark_of(item: PresentedItem, section: PresentedSection) -> Text | None:
    """What an item says of how it is answered where its section cannot: in a section of several kinds."""
    mixed = len({one.presented.answer_form for one in section.items}) > 1
    return _MARKED.get(item.presented.answer_form) if mixed else None


def shared_options(items: Sequence[PresentedItem]) -> tuple[PresentedOption, ...]:
    """The options of a section whose items all have the same ones, as true-or-false items do."""
    kinds = {item.presented.options for item in items if not item.presented.prompts}
    return kinds.pop() if len(items) > 1 and len(kinds) == 1 else ()


def _told(section: PresentedSection) -> tuple[str, str]:
    """Which items a section has and what they are worth, in Chinese and English."""
    first, last = section.items[0].position, section.items[-1].position
    each, total = decimal_text(section.marks_each), decimal_text(section.total)
    marks = f"{each} mark" if each == "1" else f"{each} marks"
    if first == last:
        return f"第 {first} 题，{each} 分", f"item {first}, {marks}"
    return (
        f"第 {first}–{last} 题，每题 {each} 分，共 {total} 分",
        f"items {first}–{last}, {marks} each, {total} marks",
    )
