"""The marking guide: rubrics and model answers of what people mark, and why the other keys are right; each item once.

It is for markers and trainers, and lies apart from everything a candidate gets.
"""

from __future__ import annotations

from collections.abc import Sequence

from certengine.documents.layout import Typesetter
from certengine.documents.rare_letters import embed_as_truetype
from certengine.documents.rich_text import RICH_TEXT_CSS, assets_in
from certengine.documents.template_folder import TemplateFolder
from certengine.model.text import Text
from certengine.model.view import KeyView, MarkingGuide


def render_marking_guide(
    views: Sequence[KeyView],
    templates: TemplateFolder,
    typesetter: Typesetter,
    *,
    languages: tuple[str, ...] = ("zh", "en"),
    sample: bool = False,
) -> bytes:
    """The marking guide of some papers as PDF.

    Raises:
        NotFound, InputError: what is wrong with the templates.
    """
    html = templates.render(
        "marking_guide.html",
        guides=_guides(views),
        reasons=_reasons(views),
        languages=languages,
        sample=sample,
    )
    sheets = [RICH_TEXT_CSS, templates.css("paper_page.css"), templates.css("paper.css")]
    return typesetter.pdf(html, stylesheets=sheets, images=assets_in(html, {}), finisher=embed_as_truetype)


def _guides(views: Sequence[KeyView]) -> list[tuple[str, MarkingGuide]]:
    """The marking guide of each essay once, by item."""
    entries = [entry for view in views for _, entries in view.sections for entry in entries]
    return sorted({entry.item: entry.guide for entry in entries if entry.guide is not None}.items())


def _reasons(views: Sequence[KeyView]) -> list[tuple[str, Text]]:
    """Each explanation once, by item: papers share items, and a marker reads a reason once."""
    found = {
        (entry.item, entry.explanation)
        for view in views
        for _, entries in view.sections
        for entry in entries
        if entry.explanation is not None
    }
    return sorted(found, key=lambda pair: (pair[0], pair[1].by_language))
