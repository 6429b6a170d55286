"""The lines of a paper: which fragments stand side by side, and which lines belong together.

Options stand in one, two or four columns by the width of the widest of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest

from certengine.documents.blocks import Fragment
from certengine.documents.option_widths import option_columns
from certengine.documents.paper_wording import how_to_answer, mark_of, section_heading, shared_options
from certengine.documents.press import FragmentMaker
from certengine.model.text import Text
from certengine.model.view import (
    AnswerForm,
    PaperView,
    PresentedFigure,
    PresentedGap,
    PresentedItem,
    PresentedOption,
    PresentedSection,
    PresentedStimulus,
)

WIDTH = 176.0
_INDENT = 8.4
_LETTER, _NUMBERED = 5.6, 9.0
_COLUMN_GAP = 3.0
_ABOVE_ITEM, _ABOVE_PART, _ABOVE_OPTIONS = 2.4, 5.0, 0.3


@dataclass(frozen=True, slots=True)
class Cell:
    """A fragment with its left edge, and before it a label on the same baseline."""

    fragment: Fragment
    x: float = 0.0
    label: Fragment | None = None
    label_x: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """Cells side by side; ``bound`` when the next line may not begin a page."""

    cells: tuple[Cell, ...]
    above: float = 0.0
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Stack:
    """Lines that belong together; as a heading, or ``bound``, with what follows."""

    lines: tuple[Line, ...]
    heading: bool = False
    bound: bool = False

    def fragments(self) -> Iterator[Fragment]:
        """Every fragment in it."""
        for line in self.lines:
            for cell in line.cells:
                if cell.label is not None:
                    yield cell.label
                yield cell.fragment


class ItemSetter:
    """Stacks of sections and items, in the languages of one paper."""

    def __init__(self, make: FragmentMaker, languages: Sequence[str]) -> None:
        self._make = make
        self._languages = tuple(languages)

    def body(self, view: PaperView) -> Iterator[Stack]:
        """Everything after the cover."""
        for number, section in enumerate(view.sections, 1):
            yield from self._section(number, section)
        yield Stack((Line((Cell(self._make("end", "line", WIDTH, self._languages)),), above=7.0),))

    def _section(self, number: int, section: PresentedSection) -> Iterator[Stack]:
        shared = shared_options(section.items)
        zh, en = section_heading(number, section)
        heading = self._make(
            "section", "part", WIDTH, self._languages,
            heading_zh=zh, heading_en=en, how=how_to_answer(section), shared=shared,
        )  # fmt: skip
        yield Stack((Line((Cell(heading),), above=_ABOVE_PART),), heading=True)
        last: PresentedStimulus | None = None
        for place, item in enumerate(section.items):
            if item.stimulus is not None and item.stimulus != last:
                yield self._stimulus(item.stimulus, section.items[place:])
            last = item.stimulus
            yield Stack(tuple(self._item(item, mark_of(item, section), shared=bool(shared))))

    def _stimulus(self, stimulus: PresentedStimulus, items: Sequence[PresentedItem]) -> Stack:
        """What the items of a set refer to; its first item stands with it."""
        of_it = [item.position for item in takewhile(lambda item: item.stimulus == stimulus, items)]
        told = self._make(
            "stimulus", "stimulus", WIDTH, self._languages, stimulus=stimulus, first=of_it[0], last=of_it[-1]
        )
        return Stack((Line((Cell(told),), above=_ABOVE_PART),), bound=True)

    def _figures(self, figures: Sequence[PresentedFigure], left: float) -> Iterator[Line]:
        """A line for each picture, as wide as it says."""
        for figure in figures:
            fragment = self._make("figures", "figures", WIDTH - left, self._languages, figures=(figure,))
            yield Line((Cell(fragment, left),), above=1.0)

    def _item(self, item: PresentedItem, mark: Text | None, *, shared: bool) -> Iterator[Line]:
        above = [self._stem(item), *self._mark(mark), *self._figures(item.figures, _INDENT)]
        below = list(self._answers(item, shared=shared))
        for line in above if below else above[:-1]:
            yield Line(line.cells, line.above, bound=True)
        yield from below or above[-1:]

    def _stem(self, item: PresentedItem) -> Line:
        stem = self._make("stacked", "stem", WIDTH - _INDENT, self._languages, text=item.presented.stem)
        return Line((Cell(stem, _INDENT, self._label("number", f"{item.position}.")),), above=_ABOVE_ITEM)

    def _mark(self, mark: Text | None) -> Iterator[Line]:
        if mark is not None:
            yield Line((Cell(self._make("mark", "line", WIDTH - _INDENT, self._languages, text=mark), _INDENT),))

    def _answers(self, item: PresentedItem, *, shared: bool) -> Iterator[Line]:
        shown = item.presented
        if shown.prompts:
            yield from self._pairs(shown.prompts, () if shared else shown.options)
        elif not shared:
            yield from self._grid(shown.options, _INDENT)
        for gap in shown.gaps:
            if gap.options:
                yield from self._gap(gap)
        if shown.answer_form is AnswerForm.WRITTEN_TEXT:
            yield Line((Cell(self._make("written", "line", WIDTH - _INDENT, self._languages), _INDENT),))
        if shown.unit:
            unit = self._make("unit", "line", WIDTH - _INDENT, self._languages, unit=shown.unit)
            yield Line((Cell(unit, _INDENT),), above=0.5)

    def _pairs(self, prompts: Sequence[PresentedOption], options: Sequence[PresentedOption]) -> Iterator[Line]:
        """Prompts on the left, options on the right; the longer column goes on alone."""
        half = (WIDTH - _INDENT) / 2
        for prompt, option in zip_longest(prompts, options):
            cells = []
            if prompt is not None:
                cells.append(self._numbered(prompt, _INDENT, half - _COLUMN_GAP))
            if option is not None:
                cells.append(self._lettered(option, _INDENT + half, half, stacked=True))
            yield Line(tuple(cells), above=0.8)

    def _grid(self, options: Sequence[PresentedOption], left: float, first: Cell | None = None) -> Iterator[Line]:
        if not options:
            return
        columns = option_columns(options, self._languages)
        pitch = (WIDTH - left) / columns
        width = pitch if columns == 1 else pitch - _COLUMN_GAP
        for start in range(0, len(options), columns):
            row = options[start : start + columns]
            cells = [
                self._lettered(option, left + place * pitch, width, stacked=columns > 1)
                for place, option in enumerate(row)
            ]
            lead = [first] if first is not None and start == 0 else []
            yield Line((*lead, *cells), above=_ABOVE_OPTIONS)

    def _gap(self, gap: PresentedGap) -> Iterator[Line]:
        """The options of one gap, after its number."""
        yield from self._grid(gap.options, _INDENT + _NUMBERED, Cell(self._label("letter", f"({gap.label})"), _INDENT))

    def _lettered(self, option: PresentedOption, left: float, width: float, *, stacked: bool) -> Cell:
        text = self._text(option.text, width - _LETTER, stacked=stacked)
        return Cell(text, left + _LETTER, self._label("letter", f"{option.label}."), left)

    def _numbered(self, prompt: PresentedOption, left: float, width: float) -> Cell:
        text = self._text(prompt.text, width - _NUMBERED, stacked=True)
        return Cell(text, left + _NUMBERED, self._label("letter", f"({prompt.label})"), left)

    def _text(self, text: Text, width: float, *, stacked: bool) -> Fragment:
        return self._make("stacked" if stacked else "in-line", "option", round(width, 2), self._languages, text=text)

    def _label(self, shape: str, label: str) -> Fragment:
        return self._make("label", shape, 12.0, self._languages[:1], label=label)
