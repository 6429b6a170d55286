"""The pictures of banks: read from a draft's files when it is published, and from the store ever after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from certengine.assembly.views import figures_shown
from certengine.errors import AnswerIsNo, Refused
from certengine.model.bank import BankDraft, Figure
from certengine.model.view import PaperView
from certengine.services.context import Context
from certengine.store.pictures import load_pictures
from certengine.workspace.figure_files import FigureFault, read_figure


def pictures_in_files(context: Context, draft: BankDraft) -> dict[str, bytes]:
    """The bytes of every picture of a draft by digest, as its files hold them now.

    Raises:
        AnswerIsNo: when one may not be shown.
        Refused: when one has changed since the draft was read.
    """
    folder = context.workspace.root / "question_banks" / draft.id
    found: dict[str, bytes] = {}
    for figure in figures_of(draft):
        try:
            read = read_figure(folder, figure.file)
        except FigureFault as fault:
            raise AnswerIsNo(fault.message, hint=fault.hint, code=fault.code) from None
        if figure.digest not in {None, read.digest}:
            raise Refused(f"`{figure.file}` changed while it was read", hint="run the command again")
        found[read.digest] = read.content
    return found


def figures_of(draft: BankDraft) -> Iterator[Figure]:
    """Every figure of a bank."""
    for figures in (*(item.figures for item in draft.items), *(one.figures for one in draft.stimuli or ())):
        yield from figures or ()


def pictures_shown(connection: Connection, views: Iterable[PaperView]) -> dict[str, bytes]:
    """The bytes of every picture on some papers by digest, from the store.

    Raises:
        NotFound: when one was never kept.
        Refused: when one does not match its digest.
    """
    return load_pictures(connection, frozenset[str]().union(*map(figures_shown, views)))
