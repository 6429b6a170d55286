"""The printer of papers: from views to files, with every block typeset once for as long as the process lives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from certengine.documents.answer_keys import print_answer_keys
from certengine.documents.answer_sheets import SheetSet, plan_sheet, set_sheet
from certengine.documents.blocks import Fragment
from certengine.documents.booklet import BookletPlan, plan_booklet, set_booklet
from certengine.documents.fonts import FontSet
from certengine.documents.hand_out_lists import ListHead, ListRow, print_lists
from certengine.documents.layout import Typesetter
from certengine.documents.press import FragmentMaker, Press
from certengine.documents.print_bundle import bundled
from certengine.documents.template_folder import TemplateFolder
from certengine.model.view import KeyView, PaperView

BLOCK_TEMPLATES = (("paper_blocks.html", "paper"), ("answer_sheet.html", "sheet"), ("list_blocks.html", "list"))
"""Templates of blocks with the style they are laid out in: of papers, of answer sheets, of a room's lists."""


class Fragments:
    """What papers are made of, without anything laid out: enough to know what is to be typeset."""

    def __init__(self, templates: TemplateFolder) -> None:
        self.paper, self.sheet, self.list = (FragmentMaker(templates, name, style) for name, style in BLOCK_TEMPLATES)

    def of(self, view: PaperView) -> Iterator[Fragment]:
        """Every fragment of a paper and its answer sheet.

        Raises:
            NotFound, InputError: what is wrong with the templates.
        """
        booklet, sheet = self.plans(view)
        yield from booklet.fragments()
        yield from sheet.fragments()

    def plans(self, view: PaperView) -> tuple[BookletPlan, SheetSet]:
        """What stands on a paper and on its answer sheet.

        Raises:
            NotFound, InputError: what is wrong with the templates.
        """
        return plan_booklet(view, self.paper), plan_sheet(view, self.sheet)


class PaperPrinter:
    """Prints papers, answer sheets and keys from blocks."""

    def __init__(
        self, templates: TemplateFolder, typesetter: Typesetter, fonts: FontSet, figures: Mapping[str, bytes]
    ) -> None:
        self.press = Press(templates, typesetter, fonts, figures)
        self.fragments = Fragments(templates)
        self._planned: dict[PaperView, tuple[BookletPlan, SheetSet]] = {}

    def prepare(self, views: Sequence[PaperView]) -> None:
        """Have every block of some papers at hand: those that are not are typeset together.

        Raises:
            NotFound, InputError: what is wrong with the templates.
        """
        self._planned = {view: self.fragments.plans(view) for view in views}
        self.press.require(
            one for booklet, sheet in self._planned.values() for one in chain(booklet.fragments(), sheet.fragments())
        )

    def paper(self, view: PaperView) -> bytes:
        """A question paper as a booklet; the same bytes whatever was printed before.

        Raises:
            NotFound, InputError: what is wrong with the templates.
        """
        plan, _ = self._plans(view)
        pages = set_booklet(plan, view, self.fragments.paper, self.press)
        return self.press.compose(pages, title=plan.title, language=plan.language)

    def answer_sheet(self, view: PaperView) -> bytes:
        """An answer sheet, drawn on the millimetre grid of :mod:`certengine.documents.answer_grid`.

        Raises:
            NotFound, InputError: what is wrong with the templates.
        """
        _, sheet = self._plans(view)
        return self.press.compose(set_sheet(sheet, view, self.press), title=sheet.title, language=sheet.language)

    def _plans(self, view: PaperView) -> tuple[BookletPlan, SheetSet]:
        """The plans of a paper whose blocks are at hand."""
        if view not in self._planned:
            self.prepare([view])
        return self._planned[view]

    def bundle(self, views: Sequence[PaperView]) -> bytes:
        """Papers and answer sheets in one file for the printer.

        Raises:
            NotFound, InputError: what is wrong with the templates.
        """
        make = self.fragments
        self.prepare(views)
        parts = [
            (
                view,
                set_booklet(booklet, view, make.paper, self.press),
                set_sheet(sheet, view, self.press),
            )
            for view, (booklet, sheet) in self._planned.items()
        ]
        return bundled(parts, make.paper, self.press)

    def lists(self, head: ListHead, rows: Sequence[ListRow]) -> Iterator[bytes]:
        """Seat list, sign-in sheet, hand-out and collection record.

        Raises:
            NotFound, InputError: what is wrong with the templates.
        """
        return print_lists(head, rows, self.fragments.list, self.fragments.paper, self.press)

    def answer_keys(
        self, views: Sequence[KeyView], *, languages: Sequence[str] = ("zh", "en"), sample: bool = False
    ) -> bytes:
        """The answer keys of some papers, in one confidential file.

        Raises:
            NotFound, InputError: what is wrong with the templates.
        """
        return print_answer_keys(views, self.fragments.paper, self.press, languages=languages, sample=sample)
