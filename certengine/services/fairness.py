"""The fairness report of a sealed sitting: whether its papers are comparable, as a page and as data."""

from __future__ import annotations

from pathlib import Path

from certengine.assembly.fairness import ComponentFairness, summarise_fairness
from certengine.canonical import Json, canonical_bytes, decimal_text, instant_text
from certengine.documents.fairness_report import render_fairness_report
from certengine.documents.report import ReportHeading
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import UsageError
from certengine.services.context import Context
from certengine.services.draw_replay import sealed_draw
from certengine.services.files import PRIVATE_FILE, write_whole


def report_fairness(context: Context, sitting_id: str, output: Path) -> tuple[Path, Path]:
    """Write the report as HTML, and the same as JSON beside it; both name items, so only their owner may read them.

    Raises:
        NotFound: when there is no such sitting, or the scheme's template folder is missing.
        Refused: when it is not sealed, or a file cannot be written.
        UsageError: when the file is not named as a page.
    """
    if output.suffix.lower() not in {".html", ".htm"}:
        raise UsageError(
            f"`{output}` is not the name of a page", hint="end it in `.html`; the JSON is written beside it"
        )
    sealed = sealed_draw(context, sitting_id)
    loaded = sealed.loaded
    place = {candidate.id: number for number, candidate in enumerate(loaded.sitting.candidates)}
    papers = sorted(sealed.papers, key=lambda paper: place.get(paper.candidate, len(place)))
    parts = [
        summarise_fairness(
            component,
            loaded.banks[component.bank],
            [paper for paper in papers if paper.component == component.id],
            loaded.sitting,
            sealed.seen,
        )
        for component in loaded.scheme.written
    ]
    heading = ReportHeading(
        scheme_title=loaded.scheme.title,
        level_title=loaded.scheme.level.title,
        sitting=sitting_id,
        at=context.clock(),
        sample=loaded.scheme.certificate.sample,
    )
    folder = TemplateFolder(context.workspace.template_path(loaded.scheme.certificate.template))
    page = render_fairness_report(heading, loaded.sitting.commitment or "", parts, folder)
    data = output.with_suffix(".json")
    write_whole(output, page.encode(), mode=PRIVATE_FILE)
    document = {
        "schema": "certengine.fairness/1",
        "sitting": sitting_id,
        "at": instant_text(heading.at),
        "commitment": loaded.sitting.commitment,
        "components": [_component(part) for part in parts],
    }
    write_whole(data, canonical_bytes(document), mode=PRIVATE_FILE)
    return output, data


def _component(part: ComponentFairness) -> dict[str, Json]:
    return {
        "id": part.component.id,
        "papers": part.papers,
        "different": part.different,
        "conforms": not part.breaches,
        "breaches": list(part.breaches),
        "exposure": dict(part.exposure),
        "cells": [
            {
                "section": cell.section,
                "kind": cell.kind,
                "area": cell.area,
                "level": cell.level,
                "available": cell.available,
                "uses": cell.uses,
                "fewest": cell.fewest,
                "most": cell.most,
            }
            for cell in part.cells
        ],
        "overlap": {str(items): pairs for items, pairs in part.overlap.items()},
        "compared": part.compared,
        "papers_by_form": [
            {
                "form": one.form,
                "candidates": one.candidates,
                "difficulty": None if one.difficulty is None else f"{float(one.difficulty):.6f}",
                "minutes": None if one.minutes is None else decimal_text(one.minutes),
                "importance": list(one.importance),
                "information": None if one.information is None else f"{one.information:.6f}",
                "standard_error": None if one.standard_error is None else f"{one.standard_error:.6f}",
            }
            for one in part.summaries
        ],
    }
