"""Drawing a sealed sitting again and comparing: from the register, or from what a proof published.

Drawing again takes nothing on trust: the commitment must follow from its parts, and every paper must come out of the draw
as it was stored or published.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from certengine.assembly.commitment import Seen, commitment, paper_digests
from certengine.assembly.draw import draw_paper, stands_alone
from certengine.assembly.keyed import ALGORITHM
from certengine.canonical import canonical_bytes
from certengine.errors import NotFound, Refused
from certengine.model.scheme import WrittenComponent
from certengine.model.sitting import DrawnItem, Paper, TaskAssignment
from certengine.services.context import Context
from certengine.services.sittings import SOLVER, LoadedSitting, demand_sealed, draw_everything, load
from certengine.store import sittings as store


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedDraw:
    """A draw with everything its commitment binds."""

    loaded: LoadedSitting
    seed: bytes
    seen: Seen
    papers: tuple[Paper, ...]
    tasks: tuple[TaskAssignment, ...]
    solver: str

    @property
    def commitment_holds(self) -> bool:
        """Whether the published commitment follows from its parts."""
        value = commitment(
            self.loaded.sitting, self.seed, seen=self.seen, papers=paper_digests(self.papers), tasks=self.tasks
        )
        return value == self.loaded.sitting.commitment


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One place in which a draw done again differs from what was stored or published.

    Attributes:
        slot: position on the paper; ``None`` when the whole paper differs.
    """

    paper: str
    slot: int | None
    stored: str
    drawn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedDraw:
    """A draw done again: how many papers came out the same, which did not, and whether the commitment holds.

    Attributes:
        solver: what found the parallel forms, where it is not the one that is installed here.
    """

    papers: int
    same: int
    different: tuple[str, ...]
    differences: tuple[Difference, ...]
    commitment_holds: bool
    solver: str | None = None


def sealed_draw(context: Context, sitting_id: str) -> SealedDraw:
    """A sealed sitting's draw, as the register holds it.

    Raises:
        NotFound: when there is no such sitting.
        Refused: when it is not sealed, or was drawn by another algorithm.
    """
    loaded = load(context, sitting_id)
    demand_sealed(loaded.sitting)
    with context.reading() as connection:
        details: dict[str, Any] = store.events(connection, sitting_id)["sealed"][1]
        if details.get("algorithm") != ALGORITHM:
            raise Refused(
                f"`{sitting_id}` was drawn with {details.get('algorithm')}, this program draws with {ALGORITHM}",
                hint="use the certengine that drew it",
                code="draw/other-algorithm",
            )
        return SealedDraw(
            loaded=loaded,
            seed=store.load_seed(connection, sitting_id),
            seen=store.items_seen(connection, details.get("seen", {})),
            papers=store.load_papers(connection, sitting_id),
            tasks=store.load_tasks(connection, sitting_id),
            solver=details.get("solver", ""),
        )


def replay_draw(context: Context, target: str, *, slot: int | None = None) -> ReplayedDraw:
    """Draw a sitting or one paper again, and compare with what was stored and committed to.

    Args:
        target: id of a sitting or of a paper.
        slot: only this position of the paper.

    Raises:
        NotFound: when there is no such sitting or paper, or the paper has no such slot.
        Refused: when it is not sealed.
    """
    with context.reading() as connection:
        sitting_id = target
        if target not in store.sitting_ids(connection):
            sitting_id = store.load_paper(connection, target).sitting
    return replay(sealed_draw(context, sitting_id), paper=target if target != sitting_id else None, slot=slot)


def replay_published(sealed: SealedDraw, target: str, *, slot: int | None = None) -> ReplayedDraw:
    """Draw a published sitting or one paper of it again.

    Raises:
        NotFound: when the proof is of another sitting and has no such paper, or the paper has no such slot.
    """
    return replay(sealed, paper=None if target == sealed.loaded.sitting.id else target, slot=slot)


def replay(sealed: SealedDraw, *, paper: str | None = None, slot: int | None = None) -> ReplayedDraw:
    """Draw again and compare: everything, one paper, or one slot of it.

    Raises:
        NotFound: when there is no such paper or slot.
    """
    stored = {one.id: one for one in sealed.papers if paper in {None, one.id}}
    if not stored and paper is not None:
        raise NotFound(f"paper `{paper}` is not one of `{sealed.loaded.sitting.id}`")
    if slot is not None and not any(1 <= slot <= len(one.items) for one in stored.values()):
        raise NotFound(f"there is no slot {slot} on it", hint="slots are the numbers of the items, from 1")
    differences = tuple(_differences(sealed, stored, slot))
    different = tuple(sorted({one.paper for one in differences}))
    forms = any((component.form_count or 1) > 1 for component in sealed.loaded.scheme.written)
    return ReplayedDraw(
        papers=len(stored),
        same=len(stored) - len([one for one in stored if one in different]),
        different=different,
        differences=differences,
        commitment_holds=sealed.commitment_holds,
        solver=sealed.solver if forms and sealed.solver != SOLVER else None,
    )


def _differences(sealed: SealedDraw, stored: Mapping[str, Paper], slot: int | None) -> Iterator[Difference]:
    """Where stored papers and tasks differ from those drawn again."""
    loaded = sealed.loaded
    (only,) = stored.values() if len(stored) == 1 else (None,)
    component = loaded.scheme.component(only.component) if only is not None else None
    if only is not None and isinstance(component, WrittenComponent) and stands_alone(component):
        bank = loaded.banks[component.bank]
        sitting = loaded.sitting.sitting_down(component.id)
        again = draw_paper(component, bank, sitting, only.candidate, seed=sealed.seed, seen=sealed.seen)
        yield from _between(only, again, slot)
        return
    papers, tasks = draw_everything(loaded, sealed.seed, sealed.seen)
    drawn = {(paper.candidate, paper.component): paper for paper in papers}
    for one in stored.values():
        yield from _between(one, drawn.get((one.candidate, one.component)), slot)
    if len(stored) == len(sealed.papers):
        given = {(one.candidate, one.component): one.task for one in sealed.tasks}
        for task in tasks:
            has = given.get((task.candidate, task.component), "nothing")
            if has != task.task:
                yield Difference(paper=f"task of {task.candidate}", slot=None, stored=has, drawn=task.task)


def _between(stored: Paper, again: Paper | None, slot: int | None) -> Iterator[Difference]:
    """Slot by slot; and as a whole where only the head differs."""
    if again is None:
        yield Difference(paper=stored.id, slot=slot, stored=stored.candidate, drawn="nothing")
        return
    last = max(len(stored.items), len(again.items))
    places = range(1, last + 1) if slot is None else (slot,)
    found = False
    for place in places:
        has, due = (one.items[place - 1] if place <= len(one.items) else None for one in (stored, again))
        if has != due:
            found = True
            yield Difference(paper=stored.id, slot=place, stored=_shown(has, due), drawn=_shown(due, has))
    if slot is None and not found and stored != again:
        yield Difference(paper=stored.id, slot=None, stored="another head", drawn=again.id)


def _shown(one: DrawnItem | None, other: DrawnItem | None) -> str:
    """An item, with its variant where the item alone does not tell the two apart."""
    if one is None:
        return "nothing"
    if other is not None and one.item == other.item:
        return f"{one.item} {canonical_bytes(one.variant).decode()}"
    return one.item
