"""The printer of papers: from views to files, with every block typeset once for as long as the process lives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from certengine.documents.answer_keys import print_answer_keys
from certengine.documents.answer_sheets import plan_sheet, set_sheet
from certengine.documents.blocks import Fragment
from certengine.documents.booklet import plan_booklet, set_booklet
from certengine.documents.fonts import FontSet
from certengine.documents.layout import Typesetter
from certengine.documents.press import FragmentMaker, Press
from certengine.documents.print_bundle import bundled
from certengine.documents.template_folder import TemplateFolder
from certengine.model.view import KeyView, PaperView

BLOCK_TEMPLATES = (("paper_blocks.html", "paper"), ("answer_sheet.html", "sheet"))
"""Templates of blocks with the style they are laid out in: of papers, and of answer sheets."""


class Fragments:
    """What papers are made of, without anything laid out: enough to know what is to be typeset."""

    def __init__(self, templates: TemplateFolder) -> None:
        self.paper, self.sheet = (FragmentMaker(templates, name, style) for name, style in BLOCK_TEMPLATES)

    def of(self, view: PaperView) -> Iterator[Fragment]:
        """Every fragment of a paper and its answer sheet.

        Raises:
            NotFound, InputError: what is wrong with the templates.
        """
        yield from plan_booklet(view, self.paper).fragments()
        yield from plan_sheet(view, self.sheet).fragments()


class PaperPrinter:
    """Prints papers, answer sheets and keys from blocks."""

    def __init__(
        self, templates: TemplateFolder, typesetter: Typesetter, fonts: FontSet, figures: Mapping[str, bytes]
    ) -> None:
        self.press = Press(templates, typesetter, fonts, figures)
        self._fragments = Fragments(templates)

    def prepare(self, views: Sequence[PaperView]) -> None:
        """Have every block of some papers at hand: those that are not are typeset together.

        Raises:
            NotFound, InputError: what is wrong with the templates.
        """
        self.press.require(one for view in views for one in self._fragments.of(view))

    def paper(self, view: PaperView) -> bytes:
        """A question paper as a booklet; the same bytes whatever was printed before.

        Raises:
            NotFound, InputError: what is wrong with the templates.
        """
        plan = plan_booklet(view, self._fragments.paper)
        self.press.require(plan.fragments())
        pages = set_booklet(plan, view, self._fragments.paper, self.press)
        return self.press.compose(pages, title=plan.title, language=plan.language)

    def answer_sheet(self, view: PaperView) -> bytes:
        """An answer sheet, drawn on the millimetre grid of :mod:`certengine.documents.answer_grid`.

        Raises:
            NotFound, InputError: what is wrong with the templates.
        """
        sheet = plan_sheet(view, self._fragments.sheet)
        self.press.require(sheet.fragments())
        return self.press.compose(set_sheet(sheet, view, self.press), title=sheet.title, language=sheet.language)

    def bundle(self, views: Sequence[PaperView]) -> bytes:
        """Papers and answer sheets in one file for the printer.

        Raises:
            NotFound, InputError: what is wrong with the templates.
        """
        make = self._fragments
        self.prepare(views)
        parts = [
            (
                view,
                set_booklet(plan_booklet(view, make.paper), view, make.paper, self.press),
                set_sheet(plan_sheet(view, make.sheet), view, self.press),
            )
            for view in views
        ]
        return bundled(parts, make.paper, self.press)

    def answer_keys(
        self, views: Sequence[KeyView], *, languages: Sequence[str] = ("zh", "en"), sample: bool = False
    ) -> bytes:
        """The answer keys of some papers, in one confidential file.

        Raises:
            NotFound, InputError: what is wrong with the templates.
        """
        return print_answer_keys(views, self._fragments.paper, self.press, languages=languages, sample=sample)
