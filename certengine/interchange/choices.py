"""Choice questions as other programs have them: options each with a worth, from which kind and key follow."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from certengine.canonical import decimal_text
from certengine.interchange.questions import LeftOut, Losses
from certengine.items.expression import round_half_up
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.options import LETTERS, Option
from certengine.items.single_choice import SingleChoiceContent


def percent_of_right(count: int) -> str:
    """What each of so many right options is worth, in percent with at most five places, as Moodle lists them."""
    return decimal_text(round_half_up(Fraction(100, count), 5))


def choice_question(
    stem: str,
    options: Sequence[tuple[str, Fraction]],
    losses: Losses,
    *,
    several: bool | None = None,
    fixed: bool = False,
) -> tuple[str, Any]:
    """The kind and content of a choice question.

    Args:
        options: each text with its worth; 1 is full marks, and under 0 takes marks away.
        several: whether more than one may be ticked; told by the worths when ``None``.
        fixed: the options stay in order.

    Raises:
        LeftOut: when there are too few or too many options, or no single key follows from the worths.
    """
    if not 2 <= len(options) <= len(LETTERS):
        raise LeftOut(f"a choice has 2 to {len(LETTERS)} options, this one {len(options)}")
    if any(not text for text, _ in options):
        raise LeftOut("an option has no text: it was a picture, or was left empty")
    letters = LETTERS.lower()
    right = [letter for letter, (_, worth) in zip(letters, options, strict=False) if worth > 0]
    full = [letter for letter, (_, worth) in zip(letters, options, strict=False) if worth == 1]
    made = tuple(
        Option(id=letter, text=losses.text(text), pin="first" if fixed else None)
        for letter, (text, _) in zip(letters, options, strict=False)
    )
    if several is None:
        several = len(right) > 1 and not full
    if several and len(right) > 1:
        _even(options, losses)
        return "multiple_response", MultipleResponseContent(stem=losses.text(stem), options=made, key=tuple(right))
    if several and right:
        losses.add("several answers", "several could be ticked though one is right; it becomes a single choice")
        full = right
    if len(full) != 1:
        raise LeftOut("no option is fully right" if not full else "several options are each fully right")
    if len(right) > 1:
        losses.add("partial credit", "options that are worth a part of the marks count as wrong")
    return "single_choice", SingleChoiceContent(stem=losses.text(stem), options=made, key=full[0])


def _even(options: Sequence[tuple[str, Fraction]], losses: Losses) -> None:
    """How much each tick is worth is said by the scheme, not by the item."""
    worths = {round(worth, 4) for _, worth in options if worth > 0}
    if len(worths) > 1:
        losses.add("partial credit", "right options of different worth count alike")
