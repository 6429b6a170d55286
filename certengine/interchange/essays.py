"""Essays as other programs have them: a question, room for the answer, and words for whoever marks it.

Our rubric stands in those words; as a rubric of its own no format carries it. A foreign essay gets one criterion for the
whole answer, which its author turns into a rubric.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from certengine.interchange.questions import Losses, worded
from certengine.interchange.wording import words
from certengine.items.essay import MAX_LINES, EssayContent
from certengine.items.marking_guide import marking_guide
from certengine.items.rubric import MAX_POINTS, Criterion
from certengine.model.text import Text

DEFAULT_LINES: Final = 15
DEFAULT_POINTS: Final = 10
_WHOLE: Final = {True: "答得正确、完整", False: "right and complete"}
_HAN: Final = re.compile("[\u3400-\u9fff]")
_NO_ANSWER: Final = "—"


def guide_text(content: EssayContent) -> str:
    """The model answer and the rubric, for a marker to read."""
    return "\n".join(_guide_lines(content))


def essay_question(
    stem: str, answer: str, losses: Losses, *, points: Decimal | None = None, lines: Decimal | None = None
) -> tuple[str, Any]:
    """An essay from what a foreign file says.

    Args:
        answer: what it says to the marker.
        points: full marks there.
        lines: of the room for the answer.
    """
    losses.add("rubric", "one criterion for the whole answer stands in its place: write what earns points")
    if not answer:
        losses.add("model_answer", "the file has none")
    whole = _within(points, DEFAULT_POINTS, MAX_POINTS)
    return "essay", EssayContent(
        stem=losses.text(stem),
        lines=_within(lines, DEFAULT_LINES, MAX_LINES),
        points=whole,
        criteria=(Criterion(id="whole", title=losses.text(_WHOLE[bool(_HAN.search(stem))]), marks=whole),),
        model_answer=losses.text(answer or _NO_ANSWER),
    )


def _guide_lines(content: EssayContent) -> Iterator[str]:
    guide = marking_guide(content)
    yield worded(content.model_answer)
    for row in guide.rows:
        levels = "; ".join(f"{number}: {worded(level)}" for number, level in enumerate(row.levels))
        note = f" ({_both(row.note)})" if row.note is not None else ""
        yield f"[{row.id}] {worded(row.title)} (0-{row.top}){note}{f' - {levels}' if levels else ''}"
    yield from (_both(rule) for rule in guide.rules)


def _both(text: Text) -> str:
    """A text of ours in both languages: which one the file is in, nobody says here."""
    return " / ".join(dict.fromkeys(words(written) for _, written in text.by_language))


def _within(value: Decimal | None, default: int, most: int) -> int:
    return min(max(int(value), 1), most) if value is not None else default
