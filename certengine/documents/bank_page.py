"""What a bank holds, as an HTML page that stands alone: a heat map of areas by cognitive levels, and tables beside it.

Invariants:

1. One file: style and marks are inside, no script, no address of anything else.
2. The heat map is a table with its numbers in it: shade and bars only repeat them, so it reads without colours, on a
   grey printer and aloud.
3. Titles and ids are data and are escaped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from math import ceil

from markupsafe import Markup

from certengine import __version__
from certengine.documents.bank_counts import BankStatistics, CellCount, StatusCount
from certengine.documents.shown_numbers import percent
from certengine.documents.template_folder import TemplateFolder
from certengine.model.bank import ItemStatus
from certengine.model.text import Text

TEMPLATE = "bank.html"
SHADES = 5
BAR_WIDTH = 100
STATUS_TITLES = {
    ItemStatus.ACTIVE: Text.of(zh="启用", en="active"),
    ItemStatus.PILOT: Text.of(zh="试测", en="pilot"),
    ItemStatus.REVIEW: Text.of(zh="审核中", en="in review"),
    ItemStatus.DRAFT: Text.of(zh="草稿", en="draft"),
    ItemStatus.RETIRED: Text.of(zh="停用", en="retired"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BankPage:
    """Everything the page shows; ``at`` is when it was made, aware."""

    statistics: BankStatistics
    at: datetime
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A piece of a cell's bar: a status from ``x``, in hundredths of the bar."""

    status: str
    x: int
    width: int


def render_bank_page(page: BankPage, folder: TemplateFolder) -> str:
    """The page of a bank's statistics."""
    statistics = page.statistics
    most = max((cell.active for cell in statistics.cells), default=0)
    cells = {(cell.area, cell.level): cell for cell in statistics.cells}
    return folder.render(
        TEMPLATE,
        css=Markup(folder.css("report.css") + folder.css("bank.css")),  # the design folder is trusted
        bank=statistics,
        rows=[
            (
                id_,
                title,
                [_shown(cells[id_, level], most) for level, _ in statistics.levels],
                _sum(statistics, area=id_),
            )
            for id_, title in statistics.areas
        ],
        columns=[_sum(statistics, level=level) for level, _ in statistics.levels],
        groups=(
            ("题型", "Kinds", statistics.kinds),
            ("重要程度", "Importance", statistics.importances),
        ),
        statuses=[(status.value, title) for status, title in STATUS_TITLES.items() if _stands(statistics, status)],
        counts={status.value: _of_status(statistics.by_status, status) for status in ItemStatus},
        of_status=lambda group, status: _of_status(group.by_status, ItemStatus(status)),
        share=lambda part: percent(Fraction(part, statistics.active)) if statistics.active else "–",
        legend=_legend(most),
        at=page.at.astimezone(UTC),
        sample=page.sample,
        version=__version__,
    )


def _shown(cell: CellCount, most: int) -> dict[str, object]:
    return {
        "cell": cell,
        "shade": shade(cell.active, most),
        "others": [(one.items, STATUS_TITLES[ItemStatus(one.status)]) for one in _others(cell)],
        "pieces": _pieces(cell),
    }


def shade(active: int, most: int) -> int:
    """The shade of a cell: 0 for nothing, else 1 to ``SHADES`` in even steps up to the fullest cell."""
    return ceil(Fraction(active * SHADES, most)) if active else 0


def _legend(most: int) -> list[tuple[int, str]]:
    """Each shade with the numbers it stands for."""
    found: dict[int, list[int]] = {}
    for active in range(most + 1):
        found.setdefault(shade(active, most), []).append(active)
    return [(step, f"{one[0]}–{one[-1]}" if len(one) > 1 else str(one[0])) for step, one in sorted(found.items())]


def _others(cell: CellCount) -> list[StatusCount]:
    return [one for one in cell.by_status if one.status != ItemStatus.ACTIVE.value]


def _pieces(cell: CellCount) -> list[_Piece]:
    """The bar of a cell in the order of :data:`STATUS_TITLES`; the pieces fill it without a gap."""
    pieces, before = [], 0
    for status in STATUS_TITLES:
        items = _of_status(cell.by_status, status)
        if items:
            x, end = (BAR_WIDTH * n // cell.items for n in (before, before + items))
            pieces.append(_Piece(status=status.value, x=x, width=end - x))
            before += items
    return pieces


def _of_status(counts: tuple[StatusCount, ...], status: ItemStatus) -> int:
    return next((one.items for one in counts if one.status == status.value), 0)


def _stands(statistics: BankStatistics, status: ItemStatus) -> bool:
    """Whether a status has a column: active always, another when an item has it."""
    return status is ItemStatus.ACTIVE or _of_status(statistics.by_status, status) > 0


def _sum(statistics: BankStatistics, *, area: str | None = None, level: str | None = None) -> tuple[int, int]:
    """Active items and all others of an area or a level."""
    cells = [cell for cell in statistics.cells if area in {None, cell.area} and level in {None, cell.level}]
    active = sum(cell.active for cell in cells)
    return active, sum(cell.items for cell in cells) - active
