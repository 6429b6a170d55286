"""What one item asks for on an answer sheet, row by row: bubbles, cells for a number, or a line for words.

An item answered in parts (a pair, a place in an order, a gap) has a numbered row for each part, in the order in which
a response names them. Where rows stand is the business of :mod:`certengine.documents.answer_grid`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from certengine.model.view import AnswerForm, Presented, PresentedGap, PresentedOption

_SIGNS = frozenset("√×✓✗✔✘")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowShape:
    """One row: bubbles as ``(label, what is printed in it)``, or cells, or else a line.

    Attributes:
        part: which part of the item it answers; ``None`` where the item has one answer.
    """

    part: str | None = None
    bubbles: tuple[tuple[str, str], ...] = ()
    cells: bool = False
    unit: str | None = None

    @property
    def written(self) -> bool:
        """Whether something is written, which takes more height than a bubble."""
        return not self.bubbles


def row_shapes(presented: Presented) -> tuple[RowShape, ...]:
    """The rows of one item, at least one; none for an essay, which has pages of its own."""
    match presented.answer_form:
        case AnswerForm.MATCHES:
            return _lettered([prompt.label for prompt in presented.prompts], presented.options)
        case AnswerForm.SEQUENCE:
            places = [str(place) for place, _ in enumerate(presented.options, 1)]
            return _lettered(places, presented.options)
        case AnswerForm.GAPS:
            return tuple(_gap_rows(presented.gaps))
        case AnswerForm.WRITTEN_NUMBER:
            return (RowShape(cells=True, unit=presented.unit),)
        case AnswerForm.WRITTEN_TEXT:
            return (RowShape(),)
        case AnswerForm.ESSAY:
            return ()
        case AnswerForm.ONE_BUBBLE | AnswerForm.SEVERAL_BUBBLES:
            return (RowShape(bubbles=tuple((option.label, sign_of(option)) for option in presented.options)),)


def sign_of(option: PresentedOption) -> str:
    """What an option's bubble prints: the sign a true-or-false option begins with, else its letter."""
    first = option.text.by_language[0][1][:1]
    return first if first in _SIGNS else option.label


def _lettered(parts: Sequence[str], options: Sequence[PresentedOption]) -> tuple[RowShape, ...]:
    letters = tuple((option.label, option.label) for option in options)
    return tuple(RowShape(part=part, bubbles=letters) for part in parts)


def _gap_rows(gaps: Sequence[PresentedGap]) -> Iterator[RowShape]:
    for gap in gaps:
        letters = tuple((option.label, option.label) for option in gap.options)
        cells = gap.answer_form is AnswerForm.WRITTEN_NUMBER
        yield RowShape(part=gap.label, bubbles=letters, cells=cells, unit=gap.unit)
