"""The links that were there before anybody answered: scheme, banks, the draw, papers, tasks, keys.

1. Scheme and banks against the digests that the certificate names, that the sitting pins, and that are stored with them.
2. Papers and tasks drawn again from seed, scheme, bank and roster; the draw's commitment recomputed from all of them.
3. The key a paper is marked by: each of its items, as drawn, against the item in the bank version.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from certengine.assembly.commitment import Seen, commitment
from certengine.assembly.draw import draw_paper, draw_task, stands_alone
from certengine.assembly.keyed import ALGORITHM
from certengine.canonical import digest, digest_of_bytes, parse_instant
from certengine.errors import CertengineError
from certengine.model.bank import Bank, BankDraft
from certengine.model.scheme import Scheme, WrittenComponent
from certengine.model.sitting import Candidate, Paper, Sitting, TaskAssignment
from certengine.model.text import Text
from certengine.revival import revive
from certengine.services.records_of_acts import bank_record, seed_record
from certengine.services.replay_case import Case, Row
from certengine.services.replay_links import ALTERED, MISSING, NOT_AS_WRITTEN, UNREADABLE, Chain, LinkOutcome
from certengine.services.replay_trail import Trail, latest, published_otherwise
from certengine.services.replay_withheld import TITLES
from certengine.services.sittings import SOLVER, LoadedSitting, draw_everything
from certengine.store import tables

_SCHEME = Text.of(zh="考核方案版本", en="scheme version")
_DRAW = Text.of(zh="抽题承诺", en="commitment to the draw")


@dataclass(slots=True)
class Material:
    """What the links below could read; what is missing here cannot carry what rests on it.

    Attributes:
        keys: other bank versions, whose keys corrected those of the sitting's, by reference.
        lost: pinned banks of which there is no row.
        papers: own papers by component; ``tasks`` the task given by component.
    """

    case: Case
    evidence: Mapping[str, str]
    scheme: Scheme | None = None
    banks: dict[str, Bank] = field(default_factory=dict)
    keys: dict[str, Bank] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    sitting: Sitting | None = None
    papers: dict[str, Paper] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)

    @property
    def loaded(self) -> LoadedSitting | None:
        """The sitting with what it pins, when all of it could be read."""
        if self.sitting is None or self.scheme is None or len(self.banks) < len(self.sitting.banks):
            return None
        return LoadedSitting(sitting=self.sitting, scheme=self.scheme, banks=self.banks)

    def below(self, component: str) -> tuple[str, ...]:
        """The ids of the links that a component's marks follow from."""
        return (*self.ground, f"paper:{component}", f"task:{component}")

    @property
    def ground(self) -> tuple[str, ...]:
        """The ids of the links that every draw follows from."""
        return ("scheme", *(f"bank:{bank}" for bank in (*self.banks, *self.lost)))


def read_material(case: Case, evidence: Mapping[str, str], chain: Chain, trail: Trail) -> Material:
    """Every link of this module, written down in ``chain``.

    Args:
        evidence: the digests a sound certificate names; none of one that is not sound.
    """
    found = Material(case=case, evidence=evidence)
    pinned = case.rows[tables.sitting.name]
    row = pinned[0] if pinned else None
    _scheme(found, row, chain)
    found.sitting = _sitting(case, row)
    pinned_banks = {(bank, version) for bank, version, _ in found.sitting.banks} if found.sitting else None
    held = {(one["bank"], one["version"]) for one in case.rows[tables.bank_version.name]}
    for bank, version in sorted((pinned_banks or set()) - held):
        title = _bank_title(f"{bank}@{version}")
        chain.put(f"bank:{bank}", title, LinkOutcome.DIFFERS, MISSING)
        found.lost.append(bank)
    for one in case.rows[tables.bank_version.name]:
        corrects = pinned_banks is not None and (one["bank"], one["version"]) not in pinned_banks
        _bank(found, one, chain, trail, corrects=corrects)
    _draw(found, chain, trail)
    return found


def _scheme(found: Material, pinned: Row | None, chain: Chain) -> None:
    rows = found.case.rows[tables.scheme_version.name]
    if not rows or pinned is None:
        chain.put("scheme", _SCHEME, LinkOutcome.DIFFERS, MISSING)
        return
    row = rows[0]
    again, named = digest_of_bytes(row["contents"].encode()), found.evidence.get("scheme", pinned["scheme_digest"])
    own = ALTERED if again != row["digest"] or again != named else None
    found.scheme = _revived(Scheme, row["contents"])
    own = own or (UNREADABLE if found.scheme is None else None)
    chain.judge("scheme", _SCHEME, own=own, kept=True, follows=None, stored=named, again=again)


def _bank(found: Material, row: Row, chain: Chain, trail: Trail, *, corrects: bool) -> None:
    reference = f"{row['bank']}@{row['version']}"
    again = digest_of_bytes(row["contents"].encode())
    named = found.evidence.get(f"bank {reference}", row["digest"])
    record = bank_record(row)
    act = latest(trail.found("bank.publish", reference), lambda one: trail.keeps(one, record))
    kept = trail.keeps(act, record)
    draft = _revived(BankDraft, row["contents"])
    own = ALTERED if again != row["digest"] or again != named else NOT_AS_WRITTEN if kept is False else None
    own = own or (UNREADABLE if draft is None else None) or published_otherwise(row, act)
    if draft is not None:
        bank = Bank(
            contents=draft,
            version=row["version"],
            digest=row["digest"],
            item_digests=tuple((item.id, digest(item)) for item in draft.items),
            published_at=parse_instant(row["published_at"]),
            published_by=row["published_by"],
            reason=row["reason"],
        )
        if corrects:
            found.keys[reference] = bank
        else:
            found.banks[row["bank"]] = bank
    title = _bank_title(reference)
    link = f"bank:{reference}" if corrects else f"bank:{row['bank']}"
    chain.judge(link, title, own=own, kept=True, follows=None, stored=named, again=again)


def _bank_title(reference: str) -> Text:
    return Text.of(zh=f"题库版本 {reference}", en=f"bank version {reference}")


def _sitting(case: Case, row: Row | None) -> Sitting | None:
    if row is None:
        return None
    try:
        return Sitting(
            id=row["id"],
            scheme_id=row["scheme"],
            scheme_version=row["scheme_version"],
            scheme_digest=row["scheme_digest"],
            banks=tuple((bank, version, value) for bank, version, value in json.loads(row["banks"])),
            candidates=tuple(
                revive(Candidate, one["contents"])
                for one in sorted(case.rows[tables.candidate.name], key=lambda one: int(one["place"]))
            ),
            opened_at=parse_instant(row["opened_at"]),
            opened_by=row["opened_by"],
        )
    except (ValueError, TypeError, KeyError):
        return None


def _draw(found: Material, chain: Chain, trail: Trail) -> None:
    """The draw as a whole, then own papers and tasks: each against its digest, and drawn again."""
    case = found.case
    own = case.rows[tables.certificate.name][0]
    sealed = case.one(tables.sitting_event, kind="sealed")
    stored = [(row, _revived(Paper, row["contents"])) for row in case.of(tables.paper, sitting=own["sitting"])]
    tasks = tuple(TaskAssignment(**row) for row in case.rows[tables.task_assignment.name])
    said = _said(sealed)
    holds = _holds(found, said, [paper for _, paper in stored], tasks)
    # Nothing can be drawn again for whoever is no longer in the roster.
    known = case.one(tables.candidate, id=own["candidate"]) is not None
    if not known:
        chain.put("candidate", TITLES["candidate"], LinkOutcome.DIFFERS, MISSING)
    drawing = _Drawing(found, said, tasks) if holds is not None and known else None
    for row, paper in stored:
        if row["candidate"] == own["candidate"]:
            _paper(found, row, paper, chain, drawing, sound=holds is True)
    for task in tasks:
        if task.candidate == own["candidate"]:
            _task(found, task, chain, drawing, sound=holds is True)
    _commitment(found, sealed, said, stored, chain, trail, holds=holds)


def _said(sealed: Row | None) -> dict[str, Any]:
    try:
        said = json.loads(sealed["details"]) if sealed is not None else {}
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _holds(
    found: Material, said: Mapping[str, Any], papers: list[Paper | None], tasks: tuple[TaskAssignment, ...]
) -> bool | None:
    """Whether the draw's commitment follows from its parts; ``None`` when they cannot be read."""
    if found.sitting is None or any(paper is None for paper in papers):
        return None
    try:
        value = commitment(
            found.sitting,
            _seed(found.case),
            seen=_seen(found.case, said),
            papers=[digest(paper) for paper in papers],
            tasks=tasks,
        )
    except (KeyError, ValueError, TypeError):
        return None
    return bool(value == said.get("commitment"))


def _seed(case: Case) -> bytes:
    """The seed; empty where its row is gone, as an altered one is: nothing comes out of it."""
    row = case.one(tables.sitting_secret)
    return bytes.fromhex(row["seed"]) if row is not None else b""


def _seen(case: Case, said: Mapping[str, Any]) -> Seen:
    items: dict[str, tuple[tuple[str, str], ...]] = {}
    for candidate, ids in said.get("seen", {}).items():
        papers = [revive(Paper, row["contents"]) for one in ids for row in case.of(tables.paper, id=one)]
        items[candidate] = tuple(sorted({(paper.bank, drawn.item) for paper in papers for drawn in paper.items}))
    return items


class _Drawing:
    """The draw done again, as much of it as is asked for."""

    def __init__(self, found: Material, said: Mapping[str, Any], tasks: tuple[TaskAssignment, ...]) -> None:
        self._found, self._said = found, said
        self._all: dict[tuple[str, str], Paper] | None = None
        self.strays = False

    @property
    def possible(self) -> bool:
        """Whether this program draws as it was drawn then."""
        forms = (
            any((component.form_count or 1) > 1 for component in self._found.scheme.written)
            if self._found.scheme
            else False
        )
        return (
            self._found.loaded is not None
            and self._said.get("algorithm") == ALGORITHM
            and (not forms or self._said.get("solver") == SOLVER)
        )

    def paper(self, candidate: str, component_id: str) -> Paper | None:
        """The paper that is due."""
        loaded = self._found.loaded
        assert loaded is not None
        try:
            component = loaded.scheme.component(component_id)
            seed, seen = _seed(self._found.case), _seen(self._found.case, self._said)
            if isinstance(component, WrittenComponent) and stands_alone(component):
                bank = loaded.banks[component.bank]
                sitting = loaded.sitting.sitting_down(component.id)
                return draw_paper(component, bank, sitting, candidate, seed=seed, seen=seen)
            if self._all is None:
                papers, _ = draw_everything(loaded, seed, seen)
                self._all = {(one.candidate, one.component): one for one in papers}
        except (CertengineError, KeyError, ValueError):
            return None
        return self._all.get((candidate, component_id))

    def task(self, candidate: str, component_id: str) -> str | None:
        """The task that is due."""
        loaded = self._found.loaded
        assert loaded is not None
        sits = loaded.sitting.candidate(candidate).sits(component_id)
        for component in loaded.scheme.practical:
            if component.id == component_id and sits:
                return draw_task(component, loaded.sitting, candidate, seed=_seed(self._found.case)).task
        return None


def _paper(
    found: Material, row: Row, paper: Paper | None, chain: Chain, drawing: _Drawing | None, *, sound: bool
) -> None:
    again = digest_of_bytes(row["contents"].encode())
    named = found.evidence.get("paper")
    many = len(found.case.of(tables.paper, sitting=row["sitting"], candidate=row["candidate"])) > 1
    own = ALTERED if again != row["digest"] or (named is not None and not many and named != again) else None
    own = own or (UNREADABLE if paper is None else None)
    if paper is not None:
        found.papers[row["component"]] = paper
    follows = None
    upon = found.ground
    if drawing is not None and drawing.possible and not chain.shaken(*upon):
        due = drawing.paper(row["candidate"], row["component"])
        # A paper that is as the certificate names it is not to blame for a seed or a roster that is not.
        follows = due == paper or (None if not sound else False)
        drawing.strays = drawing.strays or due != paper
    title = Text.of(zh=f"试卷 {row['id']}", en=f"paper {row['id']}")
    chain.judge(
        f"paper:{row['component']}",
        title,
        own=own,
        kept=sound or named == again,
        follows=follows,
        upon=upon,
        stored=named or row["digest"],
        again=again,
    )
    _key(found, row["component"], paper, chain)


def _key(found: Material, component: str, paper: Paper | None, chain: Chain) -> None:
    """The key version: every item of the paper as the bank holds it."""
    bank = found.banks.get(paper.bank) if paper is not None else None
    if paper is None or bank is None:
        return
    held = dict(bank.item_digests)
    stored = digest([[one.item, one.item_digest] for one in paper.items])
    again = digest([[one.item, held.get(one.item)] for one in paper.items])
    reference = f"{paper.bank}@{paper.bank_version}"
    title = Text.of(zh=f"标准答案版本 {reference}", en=f"key version {reference}")
    upon = (f"bank:{paper.bank}", f"paper:{component}")
    chain.judge(
        f"key:{component}",
        title,
        own=None,
        kept=False,
        follows=stored == again,
        upon=upon,
        stored=stored,
        again=again,
    )


def _task(found: Material, task: TaskAssignment, chain: Chain, drawing: _Drawing | None, *, sound: bool) -> None:
    found.tasks[task.component] = task.task
    follows = None
    if drawing is not None and drawing.possible and not chain.shaken("scheme"):
        due = drawing.task(task.candidate, task.component)
        # Where no paper comes out either it is the seed that was altered, not the task.
        follows = due == task.task or (None if drawing.strays else False)
    title = Text.of(zh=f"实操任务 {task.task}", en=f"practical task {task.task}")
    chain.judge(
        f"task:{task.component}",
        title,
        own=None,
        kept=sound,
        follows=follows,
        upon=("scheme",),
        stored=digest(task.task),
        again=digest(task.task),
    )


def _commitment(
    found: Material,
    sealed: Row | None,
    said: Mapping[str, Any],
    stored: Sequence[tuple[Row, Paper | None]],
    chain: Chain,
    trail: Trail,
    *,
    holds: bool | None,
) -> None:
    if sealed is None:
        chain.put("draw", _DRAW, LinkOutcome.DIFFERS, MISSING)
        return
    record = seed_record(sealed["sitting"], sealed)
    act = latest(trail.found("sitting.seal", sealed["sitting"]), lambda one: trail.keeps(one, record))
    kept = trail.keeps(act, record)
    own = NOT_AS_WRITTEN if kept is False or (act and act.details.get("commitment") != said.get("commitment")) else None
    others = [row["id"] for row, _ in stored if digest_of_bytes(row["contents"].encode()) != row["digest"]]
    mine = [paper.id for paper in found.papers.values()]
    strange = sorted(set(others) - set(mine))
    if strange and own is None:
        names = ", ".join(strange)
        own = Text.of(zh=f"同场其他试卷被改动：{names}", en=f"other papers of the sitting were altered: {names}")
    upon = ["scheme", "candidate", *(one for one in chain.links if one.startswith(("bank:", "paper:", "task:")))]
    chain.judge(
        "draw",
        _DRAW,
        own=own,
        kept=act is not None,
        follows=holds if holds is not None else False,
        upon=upon,
        stored=str(said.get("commitment")),
        again=str(act.details.get("commitment")) if act is not None else None,
    )


def _revived(noun: type[Any], text: str) -> Any:
    """A noun from its stored text, or ``None`` when it is not what the store writes."""
    try:
        return revive(noun, text)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
