"""Drawing papers: a scheme's blueprint, a published bank, a seed and the roster give one paper for each candidate.

1. Refuse with every shortfall at once when a cell lacks items. Never fewer items, never one twice.
2. Order each cell's items by keyed numbers of this candidate.
3. Take from each cell the first that may stand beside those already taken; go back where that leads nowhere.
4. Order the items of each section by keyed numbers, and let each kind vary its item.
5. Have every paper checked by :mod:`certengine.assembly.conformance`, which shares no code with this module.
"""

from __future__ import annotations

from collections.abc import Mapping

from certengine.assembly.conformance import breaches
from certengine.assembly.feasibility import check
from certengine.assembly.keyed import ALGORITHM, KeyedDraw
from certengine.assembly.pool import Pool, Slotted, slots
from certengine.errors import AnswerIsNo, Finding
from certengine.items import kind_of
from certengine.model.bank import Bank
from certengine.model.scheme import PracticalComponent, Section, WrittenComponent
from certengine.model.sitting import DrawnItem, Paper, Sitting, TaskAssignment

_SEARCH_LIMIT = 50_000


def draw_papers(component: WrittenComponent, bank: Bank, sitting: Sitting, *, seed: bytes) -> tuple[Paper, ...]:
    """One paper for each candidate of a sitting, in roster order.

    Raises:
        AnswerIsNo: when the blueprint cannot be met; its findings name every shortfall.
    """
    feasibility = check(component, bank.contents)
    if feasibility.shortfalls:
        raise AnswerIsNo(
            f"the blueprint of `{component.id}` cannot be met from {bank.reference}",
            findings=tuple(cell.finding() for cell in feasibility.shortfalls),
            hint="write the items named, publish the bank anew, and open the sitting with it",
        )
    pool = Pool.of(bank.contents)
    papers = tuple(
        draw_paper(component, bank, pool, sitting, candidate.id, seed=seed) for candidate in sitting.candidates
    )
    if len({paper.id for paper in papers}) != len(papers):
        raise AnswerIsNo("two papers have the same id; open the sitting anew", code="draw/paper-id-twice")
    return papers


def draw_paper(
    component: WrittenComponent, bank: Bank, pool: Pool, sitting: Sitting, candidate_id: str, *, seed: bytes
) -> Paper:
    """The paper of one candidate, computed from nothing but the arguments.

    Raises:
        AnswerIsNo: when no choice of items fulfils all rules together.
    """
    source = KeyedDraw(seed, (sitting.id, component.id, candidate_id))
    chosen = _choose(source, pool, slots(component))
    if chosen is None:
        raise AnswerIsNo(
            f"the rules of `{component.id}` cannot all be kept together",
            findings=(
                Finding(
                    code="draw/rules-clash",
                    message="every cell has enough items, but enemies and assessment points across cells leave no choice",
                    hint="write items without enemies in the cells that share them",
                ),
            ),
        )
    paper = Paper(
        id=_paper_id(source),
        sitting=sitting.id,
        candidate=candidate_id,
        component=component.id,
        algorithm=ALGORITHM,
        bank=bank.id,
        bank_version=bank.version,
        bank_digest=bank.digest,
        scheme_digest=sitting.scheme_digest,
        items=_lay_out(source, component, bank, chosen),
    )
    found = breaches(paper, component, bank)
    if found:
        raise AssertionError(f"a drawn paper breaks its blueprint: {found}")
    return paper


def draw_task(component: PracticalComponent, sitting: Sitting, candidate_id: str, *, seed: bytes) -> TaskAssignment:
    """The practical task of one candidate, by lot among the component's tasks."""
    source = KeyedDraw(seed, (sitting.id, component.id, candidate_id))
    first = source.order("task", [task.id for task in component.tasks])[0]
    return TaskAssignment(sitting=sitting.id, candidate=candidate_id, component=component.id, task=first)


def _paper_id(source: KeyedDraw) -> str:
    letters = source.letters("paper-id", 8)
    return f"{letters[:4]}-{letters[4:]}"


def _choose(source: KeyedDraw, pool: Pool, cells: tuple[Slotted, ...]) -> Mapping[str, tuple[str, ...]] | None:
    """Item ids by section, or ``None`` when the search finds no way within its limit."""
    wanted: list[tuple[Slotted, tuple[str, ...]]] = []
    for slot in cells:
        label = "|".join(("cell", slot.section, *slot.key))
        wanted.append((slot, source.order(label, pool.by_cell.get(slot.key, ()))))
    taken: list[list[str]] = [[] for _ in wanted]
    used: dict[str, int] = {}
    steps = 0

    def peaceful(item_id: str) -> bool:
        return item_id not in used and not any(enemy in used for enemy in pool.conflicts.get(item_id, ()))

    def fill(cell: int, start: int) -> bool:
        nonlocal steps
        if cell == len(wanted):
            return True
        slot, ordered = wanted[cell]
        if len(taken[cell]) == slot.count:
            return fill(cell + 1, 0)
        for index in range(start, len(ordered)):
            steps += 1
            if steps > _SEARCH_LIMIT:
                return False
            item_id = ordered[index]
            if not peaceful(item_id):
                continue
            used[item_id] = cell
            taken[cell].append(item_id)
            if fill(cell, index + 1):
                return True
            del used[item_id]
            taken[cell].pop()
        return False

    if not fill(0, 0):
        return None
    by_section: dict[str, tuple[str, ...]] = {}
    for (slot, _), ids in zip(wanted, taken, strict=True):
        by_section[slot.section] = by_section.get(slot.section, ()) + tuple(ids)
    return by_section


def _lay_out(
    source: KeyedDraw, component: WrittenComponent, bank: Bank, chosen: Mapping[str, tuple[str, ...]]
) -> tuple[DrawnItem, ...]:
    items = {item.id: item for item in bank.contents.items}
    digests = dict(bank.item_digests)
    drawn: list[DrawnItem] = []
    for section in component.sections:
        for item_id in _ordered_section(source, section, chosen.get(section.id, ())):
            item = items[item_id]
            variant = kind_of(item.kind).vary(item.content, source.within("item", item_id))
            drawn.append(
                DrawnItem(
                    position=len(drawn) + 1,
                    section=section.id,
                    item=item_id,
                    item_digest=digests[item_id],
                    marks=section.marks,
                    variant=variant,
                )
            )
    return tuple(drawn)


def _ordered_section(source: KeyedDraw, section: Section, ids: tuple[str, ...]) -> tuple[str, ...]:
    return source.order(f"order|{section.id}", ids)
