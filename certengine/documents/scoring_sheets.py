"""What a practical examination prints.

The site and tool list (考核准备通知单), the task sheet (考核试卷) and the scoring sheet (考核评分记录表).

Invariants:

1. A task sheet shows how the marks are shared out and what fails a candidate, never how an aspect is marked.
2. A scoring sheet is one assessor's for one candidate: nothing of another assessor's marks is on it.
3. Vetoes carry no marks and stand apart from what is marked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from certengine.documents.layers import lay_over, page_count
from certengine.documents.layout import Typesetter
from certengine.documents.template_folder import TemplateFolder
from certengine.model.scheme import Aspect, Task
from certengine.model.sitting import Candidate
from certengine.model.text import Text

_VETO = "veto"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetHead:
    """What every sheet of a practical component says at its head.

    Attributes:
        sitting: the sitting's id, or ``None`` before there is one (a site prepares earlier).
        sample: print "样卷 SAMPLE" on every page.
    """

    issuer_name: Text
    scheme_title: Text
    level_title: Text
    component_title: Text
    languages: tuple[str, ...]
    sitting: str | None = None
    sample: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetHolder:
    """Whose scoring sheet it is: the candidate and the assessor, each ``None`` to be filled in by hand."""

    candidate: Candidate | None = None
    assessor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _MarkedGroup:
    """A group of marked aspects with its marks; ``number`` counts on over the groups."""

    title: Text
    marks: Decimal
    aspects: tuple[tuple[int, Aspect], ...]


def render_task(
    head: SheetHead,
    task: Task,
    templates: TemplateFolder,
    typesetter: Typesetter,
    *,
    candidate: Candidate | None = None,
) -> bytes:
    """The task sheet (考核试卷) as PDF, for one candidate or with the name left open.

    Raises:
        NotFound, InputError: what is wrong with the templates.
    """
    html = templates.render(
        "task.html", **_common(head, task), candidate=candidate, groups=_marked(task), vetoes=_vetoes(task)
    )
    return typesetter.pdf(html, stylesheets=_sheets(templates))


def render_site_list(
    head: SheetHead, task: Task, templates: TemplateFolder, typesetter: Typesetter, *, benches: int | None = None
) -> bytes:
    """The site and tool list (考核准备通知单) as PDF: quantities for one bench, and how many benches where known.

    Raises:
        NotFound, InputError: what is wrong with the templates.
    """
    html = templates.render("site_list.html", **_common(head, task), benches=benches)
    return typesetter.pdf(html, stylesheets=_sheets(templates))


def render_scoring_sheet(
    head: SheetHead,
    task: Task,
    holder: SheetHolder,
    templates: TemplateFolder,
    typesetter: Typesetter,
    *,
    criteria: Mapping[str, Text],
) -> bytes:
    """One scoring sheet; see :func:`render_scoring_sheets`."""
    return render_scoring_sheets(head, task, [holder], templates, typesetter, criteria=criteria)[0]


def render_scoring_sheets(
    head: SheetHead,
    task: Task,
    holders: Sequence[SheetHolder],
    templates: TemplateFolder,
    typesetter: Typesetter,
    *,
    criteria: Mapping[str, Text],
) -> tuple[bytes, ...]:
    """Scoring sheets (考核评分记录表) of one task, one PDF for each holder, in their order.

    ``criteria`` are the marking rules in words, by aspect id. The table is laid out once and each holder's facts are
    laid over it; a file is the same made alone or with others.

    Raises:
        KeyError: when an aspect has no criterion: a sheet without the rule it is marked by is never printed.
        NotFound, InputError: what is wrong with the templates.
    """
    css = _sheets(templates)
    values = _common(head, task)
    table = templates.render(
        "scoring_sheet.html",
        **values,
        holder=None,
        pages=0,
        groups=_marked(task),
        vetoes=_vetoes(task),
        criteria={aspect.id: criteria[aspect.id] for aspect in task.aspects},
    )
    form = typesetter.pdf(table, stylesheets=css)
    pages = page_count(form)
    facts = (templates.render("scoring_sheet.html", **values, holder=holder, pages=pages) for holder in holders)
    return tuple(lay_over(form, typesetter.pdf(html, stylesheets=css)) for html in facts)


def _common(head: SheetHead, task: Task) -> dict[str, object]:
    return {"head": head, "task": task, "languages": head.languages, "sample": head.sample}


def _sheets(templates: TemplateFolder) -> list[str]:
    return [templates.css("paper.css"), templates.css("sheets.css")]


def _marked(task: Task) -> tuple[_MarkedGroup, ...]:
    groups: list[_MarkedGroup] = []
    number = 0
    for group in task.groups:
        aspects = tuple(aspect for aspect in group.aspects if aspect.kind != _VETO)
        if aspects:
            marks = sum((aspect.marks for aspect in aspects), Decimal(0))
            groups.append(_MarkedGroup(title=group.title, marks=marks, aspects=tuple(enumerate(aspects, number + 1))))
            number += len(aspects)
    return tuple(groups)


def _vetoes(task: Task) -> tuple[Aspect, ...]:
    return tuple(aspect for aspect in task.aspects if aspect.kind == _VETO)
