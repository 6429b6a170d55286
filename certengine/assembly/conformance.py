"""An independent checker: does a paper meet its blueprint? It shares no code with the drawer, and trusts nothing of it.

Everything is counted anew from the bank and the component in exact decimals; no array, no index and no table of the
drawer's is used.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import groupby

from certengine.model.bank import Bank, Item
from certengine.model.scheme import STIMULUS_SET, Section, WrittenComponent
from certengine.model.sitting import DrawnItem, Paper, Sitting

_MILLIONTH = Decimal("0.000001")


def breaches(paper: Paper, component: WrittenComponent, bank: Bank) -> tuple[str, ...]:
    """Everything a paper breaks, in words; empty when it conforms."""
    return tuple(Checker(component, bank).breaches(paper))


class Checker:
    """Checks the papers of one component against the bank they pin.

    Checked of each paper: the pinned bank, positions, items known, active and unchanged, no item twice, no enemies or
    shared assessment points, kinds and marks of sections, every cell's count or range, each section's number of items,
    stimulus sets whole, together and in the bank's order, items of a stimulus nowhere else, difficulty, minutes,
    calibration, shares of importance, nothing the candidate has seen before, and the total.
    """

    def __init__(
        self,
        component: WrittenComponent,
        bank: Bank,
        seen: Mapping[str, Sequence[tuple[str, str]]] | None = None,
    ) -> None:
        """Look up what all papers need.

        Args:
            seen: by candidate, the ``(bank, item)`` of earlier sittings.
        """
        self._component, self._bank = component, bank
        self._known = {item.id: item for item in bank.contents.items}
        self._digests = dict(bank.item_digests)
        self._sections = {section.id: section for section in component.sections}
        self._stimuli = {stimulus.id: stimulus for stimulus in bank.contents.stimuli or ()}
        self._sets: dict[str, list[str]] = defaultdict(list)
        for item in bank.contents.items:
            if item.stimulus is not None and item.status.value == "active":
                self._sets[item.stimulus].append(item.id)
        self._seen = {} if component.retakers == "any" else seen or {}

    def breaches(self, paper: Paper) -> list[str]:
        """Everything one paper breaks."""
        found = list(self._head(paper))
        drawn: list[tuple[DrawnItem, Item, Section]] = []
        for one in paper.items:
            item, section = self._known.get(one.item), self._sections.get(one.section)
            if item is None or section is None:
                found.append(f"{one.item} in {one.section} is not in the bank or the blueprint")
            else:
                drawn.append((one, item, section))
        found.extend(self._items(drawn))
        found.extend(self._cells(drawn))
        found.extend(self._sets_of(drawn))
        found.extend(self._company(paper, [item for _, item, _ in drawn]))
        found.extend(self._whole([item for _, item, _ in drawn]))
        total = sum((one.marks for one in paper.items), start=self._component.total * 0)
        if total != self._component.total:
            found.append(f"marks add up to {total}, the component has {self._component.total}")
        return found

    def breaches_between(self, papers: Sequence[Paper], sitting: Sitting) -> list[str]:
        """What the papers of a sitting break together: who has one, forms alike, neighbours, overlap."""
        found = []
        if [paper.candidate for paper in papers] != [candidate.id for candidate in sitting.candidates]:
            found.append("there is not one paper for each candidate")
        forms: dict[str, set[tuple[DrawnItem, ...] | str]] = defaultdict(set)
        for paper in papers:
            forms[paper.form or ""].add(_text_of(paper) if paper.form else "")
        found.extend(f"form {form} is not the same for all" for form, kinds in forms.items() if form and len(kinds) > 1)
        wanted = self._component.forms
        allowed = 0 if wanted in {None, "unique"} else 1 if wanted == "one" else int(str(wanted))
        named = [form for form in forms if form]
        if bool(allowed) != bool(named) or len(named) > allowed or ("" in forms and allowed):
            found.append(f"{len(named)} forms were made, {allowed} are due")
        if allowed > 1:
            found.extend(_neighbours_alike(papers, sitting))
        if self._component.overlap is not None and allowed != 1:
            found.extend(_too_alike(papers, self._component.overlap))
        return found

    def _head(self, paper: Paper) -> Iterator[str]:
        if (paper.bank, paper.bank_version, paper.bank_digest) != (
            self._bank.id,
            self._bank.version,
            self._bank.digest,
        ):
            yield f"pinned to {paper.bank}@{paper.bank_version}, checked against {self._bank.reference}"
        if [one.position for one in paper.items] != list(range(1, len(paper.items) + 1)):
            yield "positions do not run from 1 without a gap"
        order = [one.section for one in paper.items if one.section in self._sections]
        if order != sorted(order, key=list(self._sections).index):
            yield "the sections do not follow the blueprint"

    def _items(self, drawn: Sequence[tuple[DrawnItem, Item, Section]]) -> Iterator[str]:
        for one, item, section in drawn:
            if item.status.value != "active" or self._digests[item.id] != one.item_digest:
                yield f"{item.id} is not active or was changed"
            of_set = section.kind == STIMULUS_SET
            if (item.kind != section.kind and not of_set) or one.marks != section.marks:
                yield f"{item.id} has another kind or other marks than {section.id}"
            if (item.stimulus is not None) != of_set:
                yield f"{item.id} {'has no stimulus' if of_set else 'belongs to a stimulus'}, which {section.id} does not take"

    def _cells(self, drawn: Sequence[tuple[DrawnItem, Item, Section]]) -> Iterator[str]:
        have: Counter[tuple[str, str, str]] = Counter()
        of_sets: set[tuple[str, str]] = set()
        for one, item, section in drawn:
            stimulus = self._stimuli.get(item.stimulus or "")
            if section.kind != STIMULUS_SET or stimulus is None:
                have[one.section, item.area, item.level] += 1
            elif (one.section, stimulus.id) not in of_sets:
                of_sets.add((one.section, stimulus.id))
                have[one.section, stimulus.area, stimulus.level] += 1
        least: Counter[tuple[str, str, str]] = Counter()
        most: Counter[tuple[str, str, str]] = Counter()
        for section in self._component.sections:
            units = section.items if section.items is not None else sum(cell.count or 0 for cell in section.cells)
            for cell in section.cells:
                key = (section.id, cell.area, cell.level)
                exact = cell.count is not None
                least[key] += (cell.count if exact else cell.min) or 0
                most[key] += ((cell.count if exact else cell.max) if exact or cell.max is not None else units) or 0
            here = sum(count for key, count in have.items() if key[0] == section.id)
            if section.items is not None and here != units:
                yield f"{section.id} has {here} items or sets, needs {units}"
        for key in sorted(have.keys() | least.keys()):
            if not least[key] <= have[key] <= most[key]:
                need = f"{least[key]}" if least[key] == most[key] else f"{least[key]} to {most[key]}"
                yield f"{'/'.join(key)} has {have[key]} items, needs {need}"

    def _sets_of(self, drawn: Sequence[tuple[DrawnItem, Item, Section]]) -> Iterator[str]:
        """Each run of items with one stimulus is that stimulus's whole set, in the bank's order."""
        met: Counter[str] = Counter()
        for stimulus, run in groupby(drawn, key=lambda one: one[1].stimulus):
            if stimulus is None:
                continue
            rows = list(run)
            met[stimulus] += 1
            if [item.id for _, item, _ in rows] != self._sets[stimulus] or met[stimulus] > 1:
                yield f"the set of {stimulus} is not whole and together in its order"
            if len(rows) != rows[0][2].set_size:
                yield f"the set of {stimulus} has {len(rows)} items, {rows[0][2].id} takes {rows[0][2].set_size}"

    def _company(self, paper: Paper, items: Sequence[Item]) -> Iterator[str]:
        ids = [one.item for one in paper.items]
        present = set(ids)
        yield from (f"{one} stands {times} times" for one, times in Counter(ids).items() if times > 1)
        for item in items:
            yield from (
                f"{item.id} meets its enemy {enemy}" for enemy in item.enemies if enemy in present and enemy != item.id
            )
        points = Counter(item.point for item in items if item.point is not None)
        yield from (f"assessment point {point} stands {times} times" for point, times in points.items() if times > 1)
        before = {item for bank, item in self._seen.get(paper.candidate, ()) if bank == self._bank.id}
        yield from (f"{one} was seen in an earlier sitting" for one in ids if one in before)

    def _whole(self, items: Sequence[Item]) -> Iterator[str]:
        """The rules over the whole paper."""
        component, count = self._component, Decimal(len(items))
        if component.difficulty is not None and items:
            band = component.difficulty
            values = [one.difficulty for one in items]
            if None in values:
                yield "an item has no difficulty"
            sum_ = sum(((v or Decimal(0)).quantize(_MILLIONTH, ROUND_HALF_EVEN) for v in values), start=Decimal(0))
            if abs(sum_ - band.mean * count) > band.tolerance * count:
                yield f"the mean difficulty is {sum_ / count:.4f}, not {band.mean} within {band.tolerance}"
        if component.expected_minutes is not None:
            low, high = component.expected_minutes.min, component.expected_minutes.max
            times = [one.minutes for one in items]
            if None in times:
                yield "an item has no minutes"
            sum_ = sum(((v or Decimal(0)).quantize(_MILLIONTH, ROUND_HALF_EVEN) for v in times), start=Decimal(0))
            if (low is not None and sum_ < low) or (high is not None and sum_ > high):
                yield f"the items take {sum_} minutes, not {low or 0} to {high or 'any'}"
        if component.cut_ability is not None and any(one.calibration is None for one in items):
            yield "an item has no calibration"
        shares = component.importance
        for letter, share in (("X", shares.X), ("Y", shares.Y), ("Z", shares.Z)) if shares is not None else ():
            of = Decimal(sum(one.importance.value == letter for one in items))
            if share is not None and (
                (share.min is not None and of < share.min * count) or (share.max is not None and of > share.max * count)
            ):
                yield f"{of} of {count} items are {letter}"


def _text_of(paper: Paper) -> str:
    """A paper's items as text that is equal for equal ones."""
    return repr(paper.items)


def _neighbours_alike(papers: Sequence[Paper], sitting: Sitting) -> Iterator[str]:
    """Two candidates of one row whose seats have numbers next to each other, and the same form."""
    forms = {paper.candidate: paper.form for paper in papers}
    rows: dict[str, dict[int, str]] = defaultdict(dict)
    for one in sitting.candidates:
        row = (one.seat or "").rstrip("0123456789")
        number = (one.seat or "")[len(row) :]
        if number.isascii() and number.isdecimal():
            rows[row][int(number)] = one.id
    for seats in rows.values():
        for place, left in seats.items():
            right = seats.get(place + 1)
            if right is not None and forms.get(left) == forms.get(right):
                yield f"{left} and {right} sit side by side with one form"


def _too_alike(papers: Sequence[Paper], cap: int) -> Iterator[str]:
    """Pairs that share more than they may: for each item, who has it; for each paper, how often it meets each later one.

    Papers of one form are copies, and count once.
    """
    different = {paper.form or paper.id: paper for paper in papers}
    holders: dict[str, list[int]] = defaultdict(list)
    for number, paper in enumerate(different.values()):
        for one in paper.items:
            holders[one.item].append(number)
    names = list(different)
    for number, paper in enumerate(different.values()):
        met = Counter(other for one in paper.items for other in holders[one.item] if other > number)
        yield from (f"{names[number]} and {names[other]} share {n} items" for other, n in met.items() if n > cap)
