"""Revealing a sitting's seed, and drawing again: from the register, or from public material alone.

Invariants:

1. The seed is revealed only when the sitting is closed: with it, anyone who has the bank can compute its papers.
2. A proof holds everything the commitment binds, but no name, no key and no item's text.
3. Drawing again takes nothing from the proof on trust: scheme and banks must have the digests it names, the commitment must
   follow from its parts, and every paper must come out of the draw as it stands there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from certengine.assembly.commitment import Seen, commitment, paper_digests, seen_document
from certengine.assembly.draw import draw_paper, stands_alone
from certengine.assembly.keyed import ALGORITHM
from certengine.canonical import Json, canonical_bytes, digest, to_json
from certengine.errors import AnswerIsNo, InputError, NotFound, Refused
from certengine.model.bank import Bank, BankDraft
from certengine.model.scheme import Scheme, WrittenComponent
from certengine.model.sitting import Candidate, DrawnItem, Paper, Sitting, TaskAssignment
from certengine.revival import from_json
from certengine.services.context import Context
from certengine.services.files import PRIVATE_FILE, write_whole
from certengine.services.sittings import SOLVER, LoadedSitting, demand_sealed, draw_everything, load
from certengine.store import sittings as store

PROOF = "certengine.draw-proof/1"
_MAX_FILE = 1 << 30


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


def reveal_sitting(context: Context, sitting_id: str, output: Path | None = None) -> tuple[Sitting, str]:
    """Publish a closed sitting's seed, so that anyone can check the draw; returns it in hex.

    Args:
        output: where the public proof is written.

    Raises:
        Refused: when it is not sealed and closed, or the file cannot be written.
    """
    context.demand_role("administrator")
    at = context.clock()
    with context.reading() as connection:
        sitting = store.load_sitting(connection, sitting_id)
        happened = store.events(connection, sitting_id)
    demand_sealed(sitting)
    if "closed" not in happened:
        raise Refused(
            f"sitting `{sitting_id}` is not closed: with the seed anyone can compute its papers",
            hint=f"when nobody works on them any more: `certengine sitting close {sitting_id}`",
            code="sitting/too-early",
        )
    sealed = sealed_draw(context, sitting_id)
    if output is not None:
        write_whole(output, canonical_bytes(proof_document(sealed)))
    if "revealed" not in happened:
        with context.writing() as connection:
            store.append_event(
                connection, sitting_id, "revealed", at=at, by=context.actor, details={"seed": sealed.seed.hex()}
            )
            context.write_act(connection, at, "sitting.reveal", sitting_id, commitment=sitting.commitment)
    return sitting, sealed.seed.hex()


def write_banks(context: Context, sitting_id: str, folder: Path) -> tuple[Path, ...]:
    """Write the banks a sitting pins, as they were published; they hold the keys, so only their owner may read them.

    Raises:
        NotFound: when there is no such sitting.
        Refused: when a file cannot be written.
    """
    context.demand_role("administrator")
    loaded = load(context, sitting_id)
    files = []
    for bank in loaded.banks.values():
        files.append(folder / f"{bank.reference}.json")
        write_whole(files[-1], canonical_bytes(bank.contents), mode=PRIVATE_FILE)
    return tuple(files)


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


def proof_document(sealed: SealedDraw) -> dict[str, Json]:
    """What is published when the seed is revealed."""
    sitting, scheme = sealed.loaded.sitting, sealed.loaded.scheme
    return {
        "schema": PROOF,
        "algorithm": ALGORITHM,
        "solver": sealed.solver,
        "sitting": sitting.id,
        "seed": sealed.seed.hex(),
        "commitment": sitting.commitment,
        "scheme": to_json(scheme),
        "scheme_digest": sitting.scheme_digest,
        "banks": [{"id": bank, "version": version, "digest": value} for bank, version, value in sitting.banks],
        "candidates": [{"id": one.id, "seat": one.seat} if one.seat else {"id": one.id} for one in sitting.candidates],
        "seen": seen_document(sealed.seen),
        "tasks": [[one.candidate, one.component, one.task] for one in sealed.tasks],
        "papers": [
            {
                "id": one.id,
                "candidate": one.candidate,
                "component": one.component,
                **({"form": one.form} if one.form else {}),
                "items": [[drawn.section, drawn.item, drawn.variant] for drawn in one.items],
            }
            for one in sealed.papers
        ],
    }


def read_proof(proof: Path, banks: Sequence[Path]) -> SealedDraw:
    """A published draw, with the banks it names.

    Raises:
        InputError: when a file cannot be read as what it should be.
        AnswerIsNo: when scheme or bank are not those that the proof names.
        NotFound: when a bank is missing.
    """
    try:
        return _from_proof(_json(proof), [from_json(BankDraft, _json(path)) for path in banks], proof)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(
            f"`{proof}` and its banks cannot be read as a published draw",
            hint="`sitting reveal -o FILE` writes the proof, `--banks DIR` the banks",
            code="proof/unreadable",
        ) from error


def _from_proof(data: Any, drafts: Sequence[BankDraft], source: Path) -> SealedDraw:
    if data["schema"] != PROOF or data["algorithm"] != ALGORITHM:
        raise InputError(
            f"`{source}` is no proof of {ALGORITHM}", hint="use the certengine that drew it", code="proof/unreadable"
        )
    scheme: Scheme = from_json(Scheme, data["scheme"])
    _demand_digest(f"scheme `{scheme.id}`", digest(scheme), data["scheme_digest"])
    by_id = {draft.id: draft for draft in drafts}
    named = {one["id"]: one for one in data["banks"]}
    found = {bank_id: _bank(by_id, one) for bank_id, one in named.items()}
    sitting = Sitting(
        id=data["sitting"],
        scheme_id=scheme.id,
        scheme_version=1,
        scheme_digest=data["scheme_digest"],
        banks=tuple((one["id"], one["version"], one["digest"]) for one in data["banks"]),
        candidates=tuple(Candidate(id=one["id"], name="", seat=one.get("seat")) for one in data["candidates"]),
        opened_at=_LONG_AGO,
        opened_by="",
        sealed_at=_LONG_AGO,
        commitment=data["commitment"],
    )
    loaded = LoadedSitting(sitting=sitting, scheme=scheme, banks=found)
    return SealedDraw(
        loaded=loaded,
        seed=bytes.fromhex(data["seed"]),
        seen={one: tuple((bank, item) for bank, item in items) for one, items in data["seen"].items()},
        papers=tuple(_paper(one, loaded) for one in data["papers"]),
        tasks=tuple(
            TaskAssignment(sitting=sitting.id, candidate=candidate, component=component, task=task)
            for candidate, component, task in data["tasks"]
        ),
        solver=data["solver"],
    )


_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def _json(path: Path) -> Any:
    try:
        if path.stat().st_size > _MAX_FILE:
            raise InputError(f"`{path}` is larger than is read", code="proof/unreadable")
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise NotFound(f"`{path}` cannot be opened", hint="name the file that was published") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"`{path}` is not JSON", code="proof/unreadable") from error
    return data.get("contents", data) if isinstance(data, dict) else data


def _bank(drafts: Mapping[str, BankDraft], named: Mapping[str, Any]) -> Bank:
    draft = drafts.get(named["id"])
    if draft is None:
        raise NotFound(
            f"the draw needs bank `{named['id']}` version {named['version']}", hint="name its file with `--bank FILE`"
        )
    _demand_digest(f"bank `{draft.id}`", digest(draft), named["digest"])
    return Bank(
        contents=draft,
        version=named["version"],
        digest=named["digest"],
        item_digests=tuple((item.id, digest(item)) for item in draft.items),
        published_at=_LONG_AGO,
        published_by="",
        reason="",
    )


def _demand_digest(what: str, found: str, named: str) -> None:
    if found != named:
        raise AnswerIsNo(
            f"{what} is not the one the draw was made from", hint=f"its digest is {named}", code="proof/other-material"
        )


def _paper(data: Mapping[str, Any], loaded: LoadedSitting) -> Paper:
    component = loaded.scheme.component(data["component"])
    assert isinstance(component, WrittenComponent)
    bank = loaded.banks[component.bank]
    digests, marks = dict(bank.item_digests), {section.id: section.marks for section in component.sections}
    return Paper(
        id=data["id"],
        sitting=loaded.sitting.id,
        candidate=data["candidate"],
        component=component.id,
        algorithm=ALGORITHM,
        bank=bank.id,
        bank_version=bank.version,
        bank_digest=bank.digest,
        scheme_digest=loaded.sitting.scheme_digest,
        items=tuple(
            DrawnItem(
                position=position,
                section=section,
                item=item,
                item_digest=digests[item],
                marks=marks[section],
                variant=variant,
            )
            for position, (section, item, variant) in enumerate(data["items"], 1)
        ),
        form=data.get("form"),
    )


def _differences(sealed: SealedDraw, stored: Mapping[str, Paper], slot: int | None) -> Iterator[Difference]:
    """Where stored papers and tasks differ from those drawn again."""
    loaded = sealed.loaded
    (only,) = stored.values() if len(stored) == 1 else (None,)
    component = loaded.scheme.component(only.component) if only is not None else None
    if only is not None and isinstance(component, WrittenComponent) and stands_alone(component):
        bank = loaded.banks[component.bank]
        again = draw_paper(component, bank, loaded.sitting, only.candidate, seed=sealed.seed, seen=sealed.seen)
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
