"""A text of a bank as safe HTML: formulas as pictures in the line, program text, tables, stress; figures below it.

Invariants:

1. Everything a text says is escaped; elements, classes and addresses come from here alone.
2. A text without signs is given back as the plain string it was: templates escape it, and nothing is parsed.
3. Only ``asset:`` addresses are written. A formula's address says the formula itself, so :func:`assets_in` finds the
   bytes of every picture of a page in the page, whoever put its parts together, in whatever process.
4. A formula that cannot be set is shown as it was written: a page that was printed once can be printed again.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from certengine.canonical import DIGEST_PREFIX, decimal_text
from certengine.documents.formulas import draw_formula
from certengine.documents.text_lines import text_lines
from certengine.errors import InputError
from certengine.model.markup import (
    Block,
    CodeBlock,
    DisplayFormula,
    Paragraph,
    Run,
    RunKind,
    Runs,
    Table,
    columns,
    has_markup,
    parse,
    plain,
)
from certengine.model.text import Text
from certengine.model.view import PresentedFigure

RICH_TEXT_CSS: Final = """
.rich { white-space: pre-line; }
.rich strong, .item strong { font-weight: 700; }
.formula { vertical-align: baseline; }
.formula-apart { text-align: center; text-indent: 0; padding: 1.2mm 0; white-space: normal; }
code, .code-block { font-family: "Certengine Mono", "Noto Sans Mono CJK SC", monospace; font-feature-settings: normal; }
.in-2 .cell, .in-4 .cell { display: inline-block; width: 84.7mm; vertical-align: baseline; }
.in-4 .cell { width: 42mm; }
code { font-size: 0.92em; }
.code-block { font-size: 0.86em; line-height: 1.35; margin: 1.2mm 0; padding: 1.2mm 2mm; border: 0.4pt solid #888;
  white-space: pre-wrap; overflow-wrap: anywhere; text-indent: 0; break-inside: avoid; }
table.rich-table { table-layout: auto; width: auto; max-width: 100%; margin: 1.4mm 0; text-indent: 0; white-space: normal;
  break-inside: avoid; }
.rich-table th, .rich-table td { border: 0.4pt solid #000; padding: 0.4mm 2.2mm; text-align: left; vertical-align: top;
  font-size: 0.95em; line-height: 1.35; }
.rich-table th { background: #f2f2f2; font-weight: 700; }
.rich-more { text-indent: 0; white-space: pre-line; }
figure { margin: 1.6mm 0 1.2mm 0; text-indent: 0; text-align: center; break-inside: avoid; }
figure img { max-width: 100%; }
figcaption { font: 9pt/1.35 "Certengine Sans", "Noto Sans CJK SC", sans-serif; padding-top: 0.6mm; }
html[lang="zh"] figcaption [lang="en"] { font-size: 8pt; }
"""

_FORMULA = "asset:formula-"
_FIGURE = "asset:figure-"
_ASSET = re.compile(rf"{_FORMULA}([id])-([A-Za-z0-9_-]*)|{_FIGURE}([0-9a-f]{{64}})")


class Shown(Markup):
    """A text as HTML that may stand wherever text may."""

    __slots__ = ()


class ShownBlocks(Shown):
    """A text as HTML with blocks in it (tables, program text, formulas set apart), which no paragraph may hold."""

    __slots__ = ()


def shown(text: str) -> str:
    """A text for a template: itself when it has no signs, else its HTML."""
    return _shown(parse(text)) if has_markup(text) else text


def shown_lines(text: Text, languages: Sequence[str]) -> list[tuple[str, str]]:
    """As :func:`certengine.documents.text_lines.text_lines`, each text as :func:`shown` gives it.

    A block that reads the same in two languages (a program, a table of figures) is given once, with the first of them.
    """
    lines = text_lines(text, languages)
    if len(lines) < 2 or not any(has_markup(line) for _, line in lines):
        return [(tag, shown(line)) for tag, line in lines]
    given: set[Block] = set()
    found = []
    for tag, line in lines:
        blocks = [block for block in parse(line) if block not in given]
        given.update(block for block in blocks if not isinstance(block, Paragraph))
        found.append((tag, _shown(blocks) if has_markup(line) else line))
    return [(tag, line) for tag, line in found if line]


def holder(lines: Iterable[tuple[str, str]]) -> str:
    """The element that shown lines may stand in: ``p``, or ``div`` when one of them holds blocks."""
    return "div" if any(isinstance(line, ShownBlocks) for _, line in lines) else "p"


def on_one_line(line: str) -> str:
    """A shown line without line breaks."""
    return Shown(line.replace("\n", " ")) if isinstance(line, Shown) else " ".join(line.split())


def joined(*parts: str) -> str:
    """Parts of a line as one: HTML if one of them is, else plain text."""
    return Markup("").join(parts) if any(isinstance(part, Markup) for part in parts) else "".join(parts)


def in_columns(cells: Sequence[str]) -> str:
    """Cells side by side: kept apart by tabs, which is cheap; as boxes where one has a picture, which tabs do not count."""
    if any(isinstance(cell, Markup) for cell in cells):
        return Markup("").join(Markup('<span class="cell">{}</span>').format(cell) for cell in cells)
    return "\t".join(cells)


def shown_figures(figures: Sequence[PresentedFigure], languages: Sequence[str]) -> Markup:
    """Pictures, one below the other, each with its caption in these languages."""
    return Markup("").join(_figure(figure, languages) for figure in figures)


def assets_in(html: str, figures: Mapping[str, bytes]) -> dict[str, bytes]:
    """The bytes of every formula and figure that a page asks for, by the name it asks for.

    Args:
        figures: the bytes of figures by digest, ``sha256:<hex>``; one that is not there is left to the layout to refuse.
    """
    found: dict[str, bytes] = {}
    for match in _ASSET.finditer(html):
        name = match[0].removeprefix("asset:")
        if name in found:
            continue
        if match[3] is not None:
            content = figures.get(DIGEST_PREFIX + match[3])
        else:
            content = _formula_bytes(match[2], display=match[1] == "d")
        if content is not None:
            found[name] = content
    return found


def measured(text: str) -> tuple[str, float] | None:
    """The running text of a line, and how many em its formulas and program text take beside it; ``None`` for blocks."""
    blocks = parse(text)
    if len(blocks) != 1 or not isinstance(blocks[0], Paragraph):
        return None
    runs = blocks[0].runs
    alone = len(runs) == 1
    told = "".join(run.text for run in runs if run.kind is RunKind.TEXT)
    return told, sum(_width(run, alone=alone) for run in runs if run.kind is not RunKind.TEXT)


def _shown(blocks: Sequence[Block]) -> Shown:
    if all(isinstance(block, Paragraph) for block in blocks):
        return Shown(Markup("\n").join(_block(block, is_first=True) for block in blocks))
    return ShownBlocks(Markup("").join(_block(block, is_first=not number) for number, block in enumerate(blocks)))


def _width(run: Run, *, alone: bool) -> float:
    if run.kind is RunKind.CODE:
        return columns(run.text) * 0.48
    try:
        return draw_formula(run.text, display=alone).width
    except InputError:
        return columns(run.text) * 0.6


def _block(block: Block, *, is_first: bool) -> Markup:
    match block:
        case Paragraph(runs):
            told = _runs(runs)
            return told if is_first else Markup('<div class="rich-more">{}</div>').format(told)
        case DisplayFormula(latex):
            return Markup('<div class="formula-apart">{}</div>').format(_formula(latex, display=True))
        case CodeBlock(text):
            return Markup('<pre class="code-block">{}</pre>').format(text)
        case Table(rows):
            heading, *others = rows
            lines = [_row("th", heading), *(_row("td", row) for row in others)]
            return Markup('<table class="rich-table">{}</table>').format(Markup("").join(lines))


def _row(cell: str, row: Sequence[Runs]) -> Markup:
    opened = Markup('<th scope="col">' if cell == "th" else "<td>")
    closed = Markup("</th>" if cell == "th" else "</td>")
    return Markup("<tr>{}</tr>").format(Markup("").join(opened + _runs(runs) + closed for runs in row))


def _runs(runs: Runs) -> Markup:
    return Markup("").join(_stressed(runs))


def _stressed(runs: Runs) -> Iterator[Markup]:
    for run in runs:
        told = _run(run, alone=len(runs) == 1)
        yield Markup("<strong>{}</strong>").format(told) if run.stressed else told


def _run(run: Run, *, alone: bool) -> Markup:
    """A run; a formula that is all there is (an option, a cell) is set as large as one set apart."""
    match run.kind:
        case RunKind.CODE:
            return Markup("<code>{}</code>").format(run.text)
        case RunKind.FORMULA:
            return _formula(run.text, display=alone)
        case RunKind.TEXT:
            return Markup("{}").format(run.text)


def _formula(latex: str, *, display: bool) -> Markup:
    try:
        picture = draw_formula(latex, display=display)
    except InputError:
        return Markup("<code>{}</code>").format(latex)
    name = base64.urlsafe_b64encode(latex.encode()).decode().rstrip("=")
    return Markup(
        '<img class="formula" src="{}{}-{}" alt="{}" style="width:{}em;height:{}em;vertical-align:{}em">'
    ).format(_FORMULA, "d" if display else "i", name, latex, picture.width, picture.height, -picture.depth)


def _formula_bytes(name: str, *, display: bool) -> bytes | None:
    try:
        latex = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
        return draw_formula(latex, display=display).svg
    except (ValueError, InputError):  # no page of ours asks for it: it is part of what somebody wrote
        return None


def _figure(figure: PresentedFigure, languages: Sequence[str]) -> Markup:
    alt = " / ".join(plain(line) for _, line in text_lines(figure.alt, languages))
    image = Markup('<img src="{}{}" alt="{}" style="width:{}mm">').format(
        _FIGURE, figure.digest.removeprefix(DIGEST_PREFIX), alt, decimal_text(Decimal(figure.width))
    )
    caption = Markup(" ").join(
        Markup('<span lang="{}">{}</span>').format(tag, line)
        for tag, line in (shown_lines(figure.caption, languages) if figure.caption is not None else ())
    )
    told = Markup("<figcaption>{}</figcaption>").format(caption) if caption else Markup("")
    return Markup("<figure>{}{}</figure>").format(image, told)
