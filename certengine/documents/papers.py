"""A question paper laid out whole, for candidates who need it otherwise than as a booklet of blocks.

Invariants:

1. A paper is laid out from a :class:`~certengine.model.view.PaperView` alone, which has no field for an answer.
2. Every page carries the paper id, in words and as a QR code, and "page n of m".
3. It says what the booklet says, one thing below the other: nothing stands in columns, so that it can be read aloud,
   and enlarged.
4. An item is never split over two pages: its options stand with its stem.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from certengine.documents.layout import Typesetter
from certengine.documents.lettering import wants_narrow_quotes
from certengine.documents.paper_looks import HIGH_CONTRAST, LARGE_PRINT, LOOKS, TAGGED
from certengine.documents.paper_wording import how_to_answer, mark_of, section_heading, shared_options
from certengine.documents.qr import qr_png
from certengine.documents.rare_letters import embed_as_truetype
from certengine.documents.rich_text import RICH_TEXT_CSS, assets_in
from certengine.documents.template_folder import TemplateFolder
from certengine.model.text import Text
from certengine.model.view import (
    AnswerForm,
    PaperView,
    PresentedFigure,
    PresentedGap,
    PresentedOption,
    PresentedSection,
    PresentedStimulus,
)

_FIGURE_SPACE = "\u2007"  # as wide as a digit: numbers of one and two digits leave the stem at the same place
_NUMBER_WIDTH = 4
_SHEETS = {LARGE_PRINT: "paper_large.css", HIGH_CONTRAST: "paper_contrast.css"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _PrintedItem:
    """An item with the choices of layout made.

    Attributes:
        options: empty where the section's heading has said them.
        stimulus: what it and those after it refer to, on the first item of a set; ``last`` is the position of the last.
        line: whether an answer in words is asked for.
    """

    number: str
    stem: Text
    mark: Text | None
    options: tuple[PresentedOption, ...]
    prompts: tuple[PresentedOption, ...]
    gaps: tuple[PresentedGap, ...]
    figures: tuple[PresentedFigure, ...]
    stimulus: PresentedStimulus | None
    first: int
    last: int
    unit: str | None
    line: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _PrintedPart:
    """A section with its heading; ``shared`` are options that all its items have, said once."""

    section: PresentedSection
    heading_zh: str
    heading_en: str
    how: Text
    shared: tuple[PresentedOption, ...]
    items: tuple[_PrintedItem, ...]


def render_paper(
    view: PaperView,
    templates: TemplateFolder,
    typesetter: Typesetter,
    *,
    figures: Mapping[str, bytes] = {},
    looks: frozenset[str] = frozenset(),
) -> bytes:
    """One candidate's question paper as PDF.

    Args:
        figures: the bytes of its figures by digest.
        looks: of :data:`~certengine.documents.paper_looks.LOOKS`; ``tagged`` makes it PDF/UA-1.

    Raises:
        NotFound, InputError: what is wrong with the templates.
    """
    parts = tuple(_printed(number, section) for number, section in enumerate(view.sections, 1))
    html = templates.render(
        "paper.html",
        view=view,
        parts=parts,
        count=sum(len(part.items) for part in parts),
        looks=[text for look, text in LOOKS.items() if look in looks],
        languages=view.languages,
        narrow=wants_narrow_quotes(view.candidate.name),
        paper_id=view.paper_id,
        verify_line=view.verify_line,
        sample=view.sample,
    )
    sheets = ["paper_page.css", "paper.css", *(name for look, name in _SHEETS.items() if look in looks)]
    return typesetter.pdf(
        html,
        stylesheets=[RICH_TEXT_CSS, *(templates.css(name) for name in sheets)],
        images={"qr": qr_png(view.paper_id), **assets_in(html, figures)},
        variant="pdf/ua-1" if TAGGED in looks else None,
        finisher=embed_as_truetype,
    )


def _printed(number: int, section: PresentedSection) -> _PrintedPart:
    shared = shared_options(section.items)
    heading_zh, heading_en = section_heading(number, section)
    return _PrintedPart(
        section=section,
        heading_zh=heading_zh,
        heading_en=heading_en,
        how=how_to_answer(section),
        shared=shared,
        items=tuple(_print_items(section, shared=bool(shared))),
    )


def _print_items(section: PresentedSection, *, shared: bool) -> list[_PrintedItem]:
    items = section.items
    printed = []
    last: PresentedStimulus | None = None
    for item in items:
        shown = item.presented
        printed.append(
            _PrintedItem(
                number=f"{item.position}.".ljust(_NUMBER_WIDTH, _FIGURE_SPACE),
                stem=shown.stem,
                mark=mark_of(item, section),
                options=() if shared else shown.options,
                prompts=shown.prompts,
                gaps=tuple(gap for gap in shown.gaps if gap.options),
                figures=item.figures,
                stimulus=item.stimulus if item.stimulus != last else None,
                first=item.position,
                last=max(other.position for other in items if other.stimulus == item.stimulus),
                unit=shown.unit,
                line=shown.answer_form is AnswerForm.WRITTEN_TEXT,
            )
        )
        last = item.stimulus
    return printed
