"""The columns of tables of questions: those of Chinese question banks, and their names in plain CSV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from certengine.interchange.columns import Column, Columns
from certengine.interchange.records import MARK
from certengine.items.options import LETTERS

POINTS: Final = tuple(f"知识点{number}级" for number in "一二三四五六")
OPTIONS: Final = tuple(f"选项{letter}" for letter in LETTERS)
HEADINGS: Final = (
    "试题GUID",
    "题型",
    "题干",
    "答案",
    *OPTIONS,
    *POINTS,
    "难度",
    "一致性",
    "分数",
    "解析",
    "出处",
    "认知层次",
    "重要程度",
    MARK,
)
"""The columns as they are written; 选项A to 选项E are the national ones, up to J for items of more options."""

ENGLISH: Final[Mapping[str, str]] = {
    "试题GUID": "id",
    "题型": "type",
    "题干": "stem",
    "答案": "answer",
    **{f"选项{letter}": f"option_{letter.lower()}" for letter in LETTERS},
    **{heading: f"topic_{number}" for number, heading in enumerate(POINTS, start=1)},
    "难度": "difficulty",
    "一致性": "consistency",
    "分数": "score",
    "解析": "explanation",
    "出处": "source",
    "认知层次": "level",
    "重要程度": "importance",
    MARK: MARK,
}
"""The columns of plain CSV."""

_ALIASES: Final[Mapping[str, tuple[str, ...]]] = {
    "试题GUID": ("GUID", "试题ID", "题目ID", "试题编号"),
    "题型": ("试题类型", "题目类型"),
    "题干": ("试题题干", "题目", "试题内容"),
    "答案": ("正确答案", "标准答案", "参考答案"),
    "难度": ("难度系数", "试题难度"),
    "分数": ("分值",),
    "解析": ("试题解析", "答案解析"),
    "出处": ("试题来源",),
}


def _aliases(heading: str) -> tuple[str, ...]:
    """The other names of a column: English, and letters alone for options."""
    english = () if heading == MARK else (ENGLISH[heading],)
    return (*_ALIASES.get(heading, ()), *english, *((heading[-1],) if heading in OPTIONS else ()))


COLUMNS: Final = Columns(
    columns=tuple(
        Column(
            name=heading,
            aliases=_aliases(heading),
            required=heading in {"题型", "题干", "答案"},
        )
        for heading in HEADINGS
    )
)
