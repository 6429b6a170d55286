"""A rubric in words, as keys and marking sheets show it to the people who mark."""

from __future__ import annotations

from collections.abc import Iterator

from certengine.items import kind_of
from certengine.items.essay import EssayContent, essay_rubric
from certengine.items.rubric import Criterion, Rubric
from certengine.model.bank import Item
from certengine.model.text import Text
from certengine.model.view import GuideRow, MarkingGuide


def marking_guide(content: EssayContent) -> MarkingGuide:
    """The guide of an essay."""
    return guide_of(essay_rubric(content), content.model_answer)


def model_answer_of(item: Item) -> Text:
    """What a marker compares an answer with: the model answer, or the key as it is printed."""
    if isinstance(item.content, EssayContent):
        return item.content.model_answer
    key = kind_of(item.kind).answer(item.content, {})
    return Text.of(zh=key, en=key)


def guide_of(rubric: Rubric, model_answer: Text) -> MarkingGuide:
    """The guide of a rubric."""
    titles = {criterion.id: criterion.title for criterion in rubric.criteria}
    rows = tuple(
        GuideRow(
            id=criterion.id,
            title=criterion.title,
            top=criterion.top,
            condition=not criterion.marks,
            levels=criterion.levels,
            note=_note(criterion, titles),
        )
        for criterion in rubric.criteria
    )
    return MarkingGuide(points=rubric.points, rows=rows, rules=tuple(_rules(rubric, titles)), model_answer=model_answer)


def _note(criterion: Criterion, titles: dict[str, Text]) -> Text | None:
    if criterion.requires is None:
        return None
    due = titles[criterion.requires]
    return Text.of(zh=f"须先满足“{due.best('zh')}”，否则不计分", en=f"counts only with: {due.best('en')}")


def _rules(rubric: Rubric, titles: dict[str, Text]) -> Iterator[Text]:
    for group in rubric.best_of:
        names = ", ".join(group.criteria)
        yield Text.of(
            zh=f"{'、'.join(group.criteria)} 中取得分最高的 {group.count} 项计分",
            en=f"the best {group.count} of {names} count",
        )
    for cap in rubric.caps:
        due = titles[cap.unless]
        yield Text.of(
            zh=f"未满足“{due.best('zh')}”的，至多得 {cap.at_most} 分",
            en=f"at most {cap.at_most} points without: {due.best('en')}",
        )
