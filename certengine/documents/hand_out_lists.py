"""Lists of an examination room: who sits where, who signed in, what was handed out and came back.

They name candidates and papers, and nothing of what a paper asks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from certengine.documents.layout import Typesetter
from certengine.documents.template_folder import TemplateFolder
from certengine.model.sitting import Candidate
from certengine.model.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ListHead:
    """What stands at the head of every list.

    Attributes:
        component: the component's id, for file names.
        minutes: working time without anybody's extra time.
    """

    issuer_name: Text
    scheme_title: Text
    component_title: Text
    component: str
    sitting: str
    minutes: int
    languages: tuple[str, ...]
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """One candidate with the paper they get and the time they have."""

    candidate: Candidate
    paper_id: str
    minutes: int
    extra_minutes: int
    accommodations: tuple[Text, ...] = ()


def render_list(
    template: str, head: ListHead, rows: Sequence[ListRow], templates: TemplateFolder, typesetter: Typesetter
) -> bytes:
    """One list as PDF, in the order of the seats.

    Raises:
        NotFound, InputError: what is wrong with the templates.
    """
    html = templates.render(
        template, head=head, rows=sorted(rows, key=_by_seat), languages=head.languages, sample=head.sample
    )
    sheets = [templates.css(name) for name in ("paper_page.css", "paper.css", "sheets.css", "lists.css")]
    return typesetter.pdf(html, stylesheets=sheets)


def _by_seat(row: ListRow) -> tuple[bool, list[tuple[int, str]], str]:
    """Seats as people count them: A-2 before A-10, those without a seat last."""
    seat = row.candidate.seat or ""
    parts = [(int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", seat)]
    return (not seat, parts, row.candidate.id)
