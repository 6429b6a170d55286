"""How long a print job takes, beside WeasyPrint laying out page by page in the same run.

    python benchmarks/printing.py [PAPERS] [--written]

Measured on the sample bank with an electrician theory paper of 50 items (Chinese and English side by side), in seconds
on the clock and of the processors (children included), with the largest memory of all its processes together:

- ``written``: papers, answer sheets and keys with the marking guide. ``cold`` with nothing remembered, ``warm`` the same
  once more into another folder, blocks remembered from the first.
- ``everything``: what the sitting needs beside them, too: lists, the practical task, and three scoring sheets a
  candidate; cold and warm as before, then ``resumed`` into the first folder, where every file is there.
- ``page by page``: a few of the papers laid out whole by WeasyPrint, the obvious alternative; the ratio is to one paper
  with its answer sheet and key.

With ``--written`` the rest is left out. The processors' time says more than the clock where others use the machine.
"""

# What is measured is imported where it is used: the printing processes read this file, and would load it all again.
from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from certengine.services.context import Context

SITTING = "measured"
ACTOR = "zhou-ying"
WHOLE = 5
MARKS = ("marks: 4", "marks: 3")
MORE = {
    "{area: A1, level: know, count: 3}": "{area: A1, level: know, count: 4}",
    "{area: A2, level: know, count: 4}": "{area: A2, level: know, count: 6}",
    "{area: A3, level: know, count: 3}": "{area: A3, level: know, count: 5}",
}
"""Five single-choice items more than the sample asks for, and their marks from the long items."""


def main() -> None:
    """Make a sitting, print it cold and warm, then a few papers page by page."""
    written = "--written" in sys.argv
    count = next((int(one) for one in sys.argv[1:] if one.isdigit()), 100)
    from certengine.documents.fonts import default_font_cache, prepare_fonts

    prepare_fonts(default_font_cache())  # made once a machine, and not what is measured here
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        context = _sealed(root / "workspace", count)
        _say(f"{count} papers of 50 items")
        warm = _cold_and_warm(context, root / "written", "written", frozenset({"papers", "keys"}))
        if not written:
            _cold_and_warm(context, root / "everything", "everything", frozenset())
        whole = _timed(f"page by page: {WHOLE} papers", lambda: _page_by_page(context)) / WHOLE
        sizes = [path.stat().st_size for path in (root / "written" / "warm" / "papers").glob("*-paper.pdf")]
        context.database.close()
    _say(f"{'a paper':<28} {sum(sizes) / len(sizes) / 1024:8.0f} KB")
    _say(f"{'page by page to written, warm':<28} {whole / (warm / count):8.1f} times the processors' time")


def _cold_and_warm(context: Context, output: Path, name: str, folders: frozenset[str]) -> float:
    """Print into two folders, the second time from what is remembered; the processors' time of that."""
    from certengine.services.print_plan import PrintOrder
    from certengine.services.printing import print_sitting

    order = PrintOrder(folders=folders)
    shutil.rmtree(context.workspace.root / ".certengine" / "cache" / "blocks", ignore_errors=True)
    _timed(f"{name}, cold", lambda: print_sitting(context, SITTING, output / "cold", order))
    warm = _timed(f"{name}, warm", lambda: print_sitting(context, SITTING, output / "warm", order))
    if not folders:
        _timed(f"{name}, resumed", lambda: print_sitting(context, SITTING, output / "cold", order))
    return warm


def _sealed(root: Path, count: int) -> Context:
    from certengine.services.banks import publish_bank
    from certengine.services.context import open_context
    from certengine.services.setting_up import init_workspace
    from certengine.services.sittings import open_sitting, seal_sitting

    init_workspace(root, sample=True)
    scheme = root / "rubrics" / "electrician-l3" / "scheme.yaml"
    text = scheme.read_text(encoding="utf-8").replace(*MARKS)
    for old, new in MORE.items():
        text = text.replace(old, new)
    scheme.write_text(text, encoding="utf-8")
    roster = root / "roster.csv"
    rows = (f"M{number:05},考生{number},A{number:04}" for number in range(1, count + 1))
    roster.write_text("\n".join(["candidate_id,name,seat", *rows]) + "\n", encoding="utf-8")
    context = open_context(root, actor=ACTOR)
    publish_bank(context, "industrial-automation", reason="measured")
    open_sitting(context, "electrician-l3", roster, sitting_id=SITTING)
    seal_sitting(context, SITTING)
    return context


def _page_by_page(context: Context) -> None:
    from certengine.assembly.views import paper_view
    from certengine.documents.fonts import default_font_cache, prepare_fonts
    from certengine.documents.layout import Typesetter
    from certengine.documents.papers import render_paper
    from certengine.documents.template_folder import TemplateFolder
    from certengine.services.pictures import pictures_shown
    from certengine.services.sittings import load
    from certengine.store.sittings import load_papers

    loaded = load(context, SITTING)
    component = loaded.scheme.written[0]
    issuer = context.workspace.config.issuer_noun().name
    with context.reading() as connection:
        views = [
            paper_view(
                paper,
                loaded.banks[paper.bank],
                loaded.scheme,
                component,
                loaded.sitting.candidate(paper.candidate),
                issuer,
            )
            for paper in load_papers(connection, SITTING)[:WHOLE]
        ]
        figures = pictures_shown(connection, views)
    templates = TemplateFolder(context.workspace.template_path(loaded.scheme.certificate.template))
    typesetter = Typesetter(prepare_fonts(default_font_cache()))
    for view in views:
        render_paper(view, templates, typesetter, figures=figures)


def _timed(name: str, work: Callable[[], object]) -> float:
    """Run it and print both times and the memory; the processors' time."""
    ended = threading.Event()
    sizes = [0]
    beside = threading.Thread(target=_watch, args=(ended, sizes))
    beside.start()
    started_with, started = _processors(), perf_counter()
    try:
        work()
    finally:
        clock, spent = perf_counter() - started, _processors() - started_with
        ended.set()
        beside.join()
    _say(f"{name:<28} {clock:8.2f} s {spent:8.2f} s of processors {max(sizes) / 1024:6.0f} MB")
    return spent


def _watch(ended: threading.Event, sizes: list[int]) -> None:
    while not ended.wait(0.2):
        sizes.append(sum(_kilobytes(process) for process in _family()))


def _family() -> list[int]:
    """This process and all that came of it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields:
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [os.getpid()]
    for process in found:
        found += parents.get(process, [])
    return found


def _processors() -> float:
    """Seconds of the processors that this family has used, ended members included."""
    ticks = 0
    for process in _family():
        fields = _stat(process)
        if fields:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(process: int) -> list[str]:
    """The fields of ``/proc/<process>/stat`` after the name: state, parent, and so on."""
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _kilobytes(process: int) -> int:
    """What a process holds that it shares with no other in equal parts."""
    try:
        lines = (Path("/proc") / str(process) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
