"""What a practical examination prints.

The site and tool list (考核准备通知单), the task sheet (考核试卷) and the scoring sheet (考核评分记录表).

Invariants:

1. A task sheet shows how the marks are shared out and what fails a candidate, never how an aspect is marked.
2. A scoring sheet is one assessor's for one candidate: nothing of another assessor's marks is on it.
3. Vetoes carry no marks and stand apart from what is marked.
4. What can be entered on an aspect is what its kind asks for: boxes for choices and points, a line for a number, nothing
   where nobody enters anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from certengine.aspects import kind_of
from certengine.aspects.checklist import LETTERS
from certengine.assembly.views import working_minutes
from certengine.documents.forms import Form
from certengine.documents.layout import Typesetter
from certengine.documents.option_widths import is_wider
from certengine.documents.press import Press
from certengine.documents.rare_letters import embed_as_truetype
from certengine.documents.template_folder import TemplateFolder
from certengine.model.scheme import Aspect, Task
from certengine.model.sitting import Candidate
from certengine.model.text import Text

_HEAD_EM = 78.0
"""What a line of the head holds."""
_VETO = "veto"
_BLANK = "＿＿＿＿＿＿"
_SCORING = Text.of(zh="考核评分记录表", en="Scoring sheet")


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
    """Whose scoring sheet it is: the candidate and the assessor, each ``None`` to be filled in by hand.

    Attributes:
        assessor: the id; ``assessor_name`` stands before it where it is known and another.
    """

    candidate: Candidate | None = None
    assessor: str | None = None
    assessor_name: str | None = None


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
    return typesetter.pdf(html, stylesheets=_sheets(templates), finisher=embed_as_truetype)


def render_site_list(
    head: SheetHead, task: Task, templates: TemplateFolder, typesetter: Typesetter, *, benches: int | None = None
) -> bytes:
    """The site and tool list (考核准备通知单) as PDF: quantities for one bench, and how many benches where known.

    Raises:
        NotFound, InputError: what is wrong with the templates.
    """
    html = templates.render("site_list.html", **_common(head, task), benches=benches)
    return typesetter.pdf(html, stylesheets=_sheets(templates), finisher=embed_as_truetype)


def render_scoring_sheets(
    head: SheetHead,
    task: Task,
    holders: Sequence[SheetHolder],
    templates: TemplateFolder,
    press: Press,
    *,
    criteria: Mapping[str, Text],
) -> tuple[bytes, ...]:
    """Scoring sheets (考核评分记录表) of one task, one PDF for each holder, in their order.

    ``criteria`` are the marking rules in words, by aspect id. The table is laid out once and each holder's facts are
    lettered into it; a file is the same made alone or with others.

    Raises:
        KeyError: when an aspect has no criterion: a sheet without the rule it is marked by is never printed.
        NotFound, InputError: what is wrong with the templates.
    """
    table = templates.render(
        "scoring_sheet.html",
        **_common(head, task),
        groups=_marked(task),
        vetoes=_vetoes(task),
        criteria={aspect.id: criteria[aspect.id] for aspect in task.aspects},
        crowded=is_wider([head.issuer_name, head.scheme_title], head.languages, _HEAD_EM),
        asked={aspect.id: kind_of(aspect.kind).ask(aspect) for aspect in task.aspects},
    )
    form = Form(table, _sheets(templates), press)
    language = head.languages[0]
    title = f"{_SCORING.best(language)} {task.id}"
    return tuple(
        form.filled(_facts(holder, task), title=_titled(title, holder), language=language) for holder in holders
    )


def _titled(title: str, holder: SheetHolder) -> str:
    return f"{title} {holder.candidate.id}" if holder.candidate else title


def _facts(holder: SheetHolder, task: Task) -> dict[str, str]:
    """What stands in a sheet's slots; what is not known is left to be filled in by hand."""
    candidate, assessor = holder.candidate, holder.assessor or ""
    if holder.assessor_name and holder.assessor_name != assessor:
        assessor = f"{holder.assessor_name}　{assessor}"
    name = candidate.name if candidate else ""
    latin = f"　{candidate.name_en}" if candidate and candidate.name_en else ""
    return {
        "candidate": candidate.id if candidate else "",
        "name": f"{name}{latin}",
        "seat": (candidate.seat or "") if candidate else "",
        "organisation": (candidate.organisation or "") if candidate else "",
        "assessor": assessor,
        "minutes": str(working_minutes(task, candidate)[0] if candidate else task.minutes),
        "owner": "　".join((candidate.id if candidate else _BLANK, name or _BLANK, assessor or _BLANK)),
    }


def _common(head: SheetHead, task: Task) -> dict[str, object]:
    return {"head": head, "task": task, "languages": head.languages, "sample": head.sample, "letters": LETTERS}


def _sheets(templates: TemplateFolder) -> list[str]:
    return [templates.css("paper_page.css"), templates.css("paper.css"), templates.css("sheets.css")]


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
