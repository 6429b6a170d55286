"""An independent checker: does a paper meet its blueprint? It shares no code with the drawer, and trusts nothing of it."""

from __future__ import annotations

from collections import Counter

from certengine.model.bank import Bank
from certengine.model.scheme import WrittenComponent
from certengine.model.sitting import Paper


def breaches(paper: Paper, component: WrittenComponent, bank: Bank) -> tuple[str, ...]:
    """Everything a paper breaks, in words; empty when it conforms.

    Checked: the pinned bank, positions, items known, active and unchanged, no item twice, no enemies or shared
    assessment points, every cell's count, marks and total.
    """
    found: list[str] = []
    if (paper.bank, paper.bank_version, paper.bank_digest) != (bank.id, bank.version, bank.digest):
        found.append(f"pinned to {paper.bank}@{paper.bank_version}, checked against {bank.reference}")
    if [drawn.position for drawn in paper.items] != list(range(1, len(paper.items) + 1)):
        found.append("positions do not run from 1 without a gap")
    known = {item.id: item for item in bank.contents.items}
    digests = dict(bank.item_digests)
    sections = {section.id: section for section in component.sections}
    have: Counter[tuple[str, str, str]] = Counter()
    ids = [drawn.item for drawn in paper.items]
    for drawn in paper.items:
        item, section = known.get(drawn.item), sections.get(drawn.section)
        if item is None or section is None:
            found.append(f"{drawn.item} in {drawn.section} is not in the bank or the blueprint")
            continue
        if item.status.value != "active" or digests[drawn.item] != drawn.item_digest:
            found.append(f"{drawn.item} is not active or was changed")
        if item.kind != section.kind or drawn.marks != section.marks:
            found.append(f"{drawn.item} has another kind or other marks than {section.id}")
        have[section.id, item.area, item.level] += 1
    need: Counter[tuple[str, str, str]] = Counter()
    for section in component.sections:
        for cell in section.cells:
            need[section.id, cell.area, cell.level] += cell.count
    found.extend(
        f"{'/'.join(key)} has {have[key]} items, needs {need[key]}"
        for key in sorted(have.keys() | need.keys())
        if have[key] != need[key]
    )
    found.extend(f"{item_id} stands {times} times" for item_id, times in Counter(ids).items() if times > 1)
    drawn_items = [known[item_id] for item_id in ids if item_id in known]
    found.extend(
        f"{item.id} meets its enemy {enemy}"
        for item in drawn_items
        for enemy in item.enemies
        if enemy in ids and enemy != item.id
    )
    points = Counter(item.point for item in drawn_items if item.point is not None)
    found.extend(f"assessment point {point} stands {times} times" for point, times in points.items() if times > 1)
    total = sum((drawn.marks for drawn in paper.items), start=component.total * 0)
    if total != component.total:
        found.append(f"marks add up to {total}, the component has {component.total}")
    return tuple(found)
