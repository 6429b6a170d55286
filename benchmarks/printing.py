"""How long a print job takes, beside WeasyPrint laying out page by page in the same run.

    python benchmarks/printing.py [PAPERS]

Measured on the sample bank's electrician theory paper (45 items, Chinese and English side by side), in seconds on the
clock and of the processors (children included), with the largest resident memory of any one process:

- ``cold``: everything the sitting needs, nothing remembered: papers, answer sheets, keys, guide, lists, and three scoring
  sheets a candidate.
- ``warm``: the same once more into another folder, blocks remembered from the first.
- ``resumed``: the same into the first folder, where every file is there.
- ``page by page``: a few of the papers laid out whole by WeasyPrint, the obvious alternative; the ratio is to one paper
  of the warm run, with all that belongs to it.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from certengine.assembly.views import paper_view
from certengine.documents.fonts import default_font_cache, prepare_fonts
from certengine.documents.layout import Typesetter
from certengine.documents.papers import render_paper
from certengine.documents.template_folder import TemplateFolder
from certengine.services.banks import publish_bank
from certengine.services.context import Context, open_context
from certengine.services.pictures import pictures_shown
from certengine.services.printing import print_sitting
from certengine.services.setting_up import init_workspace
from certengine.services.sittings import load, open_sitting, seal_sitting
from certengine.store.sittings import load_papers

SITTING = "measured"
ACTOR = "zhou-ying"
WHOLE = 5


def main() -> None:
    """Make a sitting, print it cold, warm and resumed, then a few papers page by page."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    prepare_fonts(default_font_cache())  # made once a machine, and not what is measured here
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        context = _sealed(root / "workspace", count)
        cold = _timed(f"cold: {count} papers", lambda: print_sitting(context, SITTING, root / "cold"))
        warm = _timed("warm", lambda: print_sitting(context, SITTING, root / "warm"))
        _timed("resumed", lambda: print_sitting(context, SITTING, root / "cold"))
        whole = _timed(f"page by page: {WHOLE} papers", lambda: _page_by_page(context)) / WHOLE
        sizes = [path.stat().st_size for path in (root / "warm" / "papers").glob("*-paper.pdf")]
        context.database.close()
    largest = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    _say(f"{'a paper':<26} {sum(sizes) / len(sizes) / 1024:8.0f} KB")
    _say(f"{'largest process':<26} {largest / 1024:8.0f} MB")
    _say(f"{'processor time, page by page to warm':<36} {whole / (warm / count):6.1f} times")
    _say(f"{'processor time, page by page to cold':<36} {whole / (cold / count):6.1f} times")


def _sealed(root: Path, count: int) -> Context:
    init_workspace(root, sample=True)
    roster = root / "roster.csv"
    rows = (f"M{number:05},考生{number},A{number:04}" for number in range(1, count + 1))
    roster.write_text("\n".join(["candidate_id,name,seat", *rows]) + "\n", encoding="utf-8")
    context = open_context(root, actor=ACTOR)
    publish_bank(context, "industrial-automation", reason="measured")
    open_sitting(context, "electrician-l3", roster, sitting_id=SITTING)
    seal_sitting(context, SITTING)
    return context


def _page_by_page(context: Context) -> None:
    loaded = load(context, SITTING)
    component = loaded.scheme.written[0]
    with context.reading() as connection:
        papers = load_papers(connection, SITTING)[:WHOLE]
        views = [
            paper_view(
                paper,
                loaded.banks[paper.bank],
                loaded.scheme,
                component,
                loaded.sitting.candidate(paper.candidate),
                context.workspace.config.issuer_noun().name,
            )
            for paper in papers
        ]
        figures = pictures_shown(connection, views)
    templates = TemplateFolder(context.workspace.template_path(loaded.scheme.certificate.template))
    typesetter = Typesetter(prepare_fonts(default_font_cache()))
    for view in views:
        render_paper(view, templates, typesetter, figures=figures)


def _timed(name: str, work: Callable[[], object]) -> float:
    """Run it and print both times; the processors' time."""
    before, started = os.times(), perf_counter()
    work()
    after, clock = os.times(), perf_counter() - started
    spent = sum(after[:4]) - sum(before[:4])
    _say(f"{name:<26} {clock:8.2f} s {spent:8.2f} s of processors")
    return spent


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
