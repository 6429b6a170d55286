"""Counting a bank: area x cognitive level x status, kinds, importance; and what no blueprint ever draws.

Invariant: an item counts as never drawn only when some scheme of the workspace draws from the bank, every scheme could
be read, and none has a cell of its kind, area and level.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from certengine.documents.bank_counts import BankStatistics, CellCount, GroupCount, StatusCount
from certengine.errors import AnswerIsNo, Finding, Severity, first_errors, place_in
from certengine.items import KINDS
from certengine.model.bank import BankDraft, Importance, ItemStatus
from certengine.model.scheme import STIMULUS_SET
from certengine.model.text import Text
from certengine.services.context import Context
from certengine.workspace.folders import bundled_root

Cell = tuple[str, str, str]
_IMPORTANCES = {
    Importance.X: Text.of(zh="核心", en="core"),
    Importance.Y: Text.of(zh="一般", en="general"),
    Importance.Z: Text.of(zh="辅助", en="auxiliary"),
}


def bank_statistics(context: Context, bank_id: str) -> BankStatistics:
    """What the draft of a bank holds.

    Raises:
        NotFound: when there is no such bank.
        AnswerIsNo: when its ``bank.yaml`` does not bind.
    """
    draft, findings = context.workspace.read_bank(bank_id)
    if draft is None:
        raise AnswerIsNo(
            f"bank `{bank_id}` cannot be read",
            findings=first_errors(findings),
            hint=f"`certengine bank check {bank_id}`",
        )
    drawn = _drawn_cells(context, bank_id)
    return count_items(draft, undrawn=None if drawn is None else _undrawn(draft, drawn))


def never_drawn(context: Context, draft: BankDraft) -> tuple[Finding, ...]:
    """A warning for each kind, or cell of a kind, with active items that no blueprint of the workspace draws."""
    drawn = _drawn_cells(context, draft.id)
    if drawn is None:
        return ()
    kinds = {kind for kind, _, _ in drawn}
    active = Counter((item.kind, item.area, item.level) for item in draft.items if item.status is ItemStatus.ACTIVE)
    undrawn: Counter[str] = Counter()
    for (kind, area, level), count in sorted(active.items()):
        if kind not in kinds:
            undrawn[f"`{kind}`"] += count
        elif (kind, area, level) not in drawn:
            undrawn[f"`{kind}` of `{area}` x `{level}`"] += count
    return tuple(
        Finding(
            code="bank/never-drawn",
            message=f"no blueprint draws {what}; active items of it: {count}",
            place=place_in(f"question_banks/{draft.id}/bank.yaml"),
            severity=Severity.WARNING,
            hint="add a cell for them to a section of a scheme, or move the items",
        )
        for what, count in undrawn.items()
    )


def statistics_page(context: Context, statistics: BankStatistics) -> str:
    """The statistics as an HTML page that stands alone, with a heat map.

    Raises:
        InputError: when the workspace's own template is wrong.
    """
    from certengine.documents.bank_page import TEMPLATE, BankPage, render_bank_page
    from certengine.documents.template_folder import TemplateFolder

    # A workspace made before this page was has a template folder without it.
    own = context.workspace.template_path("formal")
    folder = own if (own / TEMPLATE).is_file() else bundled_root() / "templates" / "formal"
    page = BankPage(statistics=statistics, at=context.clock(), sample=context.workspace.config.issuer.sample)
    return render_bank_page(page, TemplateFolder(folder))


def count_items(draft: BankDraft, *, undrawn: tuple[str, ...] | None = None) -> BankStatistics:
    """The counts of a bank.

    Args:
        undrawn: ids of active items that no blueprint draws, when that is known.
    """
    cells = Counter((item.area, item.level, item.status) for item in draft.items)
    kinds = Counter((item.kind, item.status) for item in draft.items)
    importances = Counter((item.importance, item.status) for item in draft.items)
    active = [item for item in draft.items if item.status is ItemStatus.ACTIVE]
    return BankStatistics(
        bank=draft.id,
        title=draft.title,
        items=len(draft.items),
        active=len(active),
        parametrised=sum(bool(getattr(item.content, "parameters", None)) for item in active),
        areas=tuple((area.id, area.title) for area in draft.areas),
        levels=tuple((level.id, level.title) for level in draft.levels),
        by_status=_by_status(Counter(item.status for item in draft.items)),
        cells=tuple(
            _cell(area.id, level.id, {status: cells[area.id, level.id, status] for status in ItemStatus})
            for area in draft.areas
            for level in draft.levels
        ),
        kinds=tuple(
            _group(kind.id, kind.title, {status: kinds[kind.id, status] for status in ItemStatus})
            for kind in KINDS
            if any(kinds[kind.id, status] for status in ItemStatus)
        ),
        importances=tuple(
            _group(one.value, title, {status: importances[one, status] for status in ItemStatus})
            for one, title in _IMPORTANCES.items()
        ),
        undrawn=undrawn,
    )


def _cell(area: str, level: str, counts: Mapping[ItemStatus, int]) -> CellCount:
    return CellCount(
        area=area,
        level=level,
        items=sum(counts.values()),
        active=counts[ItemStatus.ACTIVE],
        by_status=_by_status(counts),
    )


def _group(id_: str, title: Text, counts: Mapping[ItemStatus, int]) -> GroupCount:
    return GroupCount(
        id=id_,
        title=title,
        items=sum(counts.values()),
        active=counts[ItemStatus.ACTIVE],
        by_status=_by_status(counts),
    )


def _by_status(counts: Mapping[ItemStatus, int]) -> tuple[StatusCount, ...]:
    return tuple(StatusCount(status=status.value, items=counts[status]) for status in ItemStatus if counts.get(status))


def _drawn_cells(context: Context, bank_id: str) -> frozenset[Cell] | None:
    """Every kind, area and level that some blueprint draws from the bank; ``None`` when that is not known."""
    cells: set[Cell] = set()
    for scheme_id in context.workspace.scheme_ids():
        scheme, _ = context.workspace.read_scheme(scheme_id)
        if scheme is None:
            return None
        cells |= {
            (section.kind, cell.area, cell.level)
            for component in scheme.written
            if component.bank == bank_id
            for section in component.sections
            for cell in section.cells
        }
    return frozenset(cells) or None


def _undrawn(draft: BankDraft, drawn: frozenset[Cell]) -> tuple[str, ...]:
    sets = {one.id: (STIMULUS_SET, one.area, one.level) for one in draft.stimuli or ()}
    return tuple(
        sorted(
            item.id
            for item in draft.items
            if item.status is ItemStatus.ACTIVE
            and sets.get(item.stimulus or "", (item.kind, item.area, item.level)) not in drawn
        )
    )
