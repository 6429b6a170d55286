"""The commitment binds everything a draw depends on and everything it gave, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from certengine.assembly.commitment import commitment, paper_digests, seen_document
from certengine.model.sitting import Candidate, Paper, Sitting, TaskAssignment
from tests.simulator import SEED, WORLD

SITTING = WORLD.sitting
PAPERS = WORLD.draw()


def tasks(name: str) -> tuple[TaskAssignment, ...]:
    """One task for the first candidate."""
    return (TaskAssignment(sitting=SITTING.id, candidate="C1", component="skill", task=name),)


@dataclass(frozen=True)
class Sealed:
    """What is committed to."""

    sitting: Sitting = SITTING
    seed: bytes = SEED
    seen: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=lambda: {"C1": (("tiny", "sc-a1"),)})
    papers: tuple[Paper, ...] = PAPERS
    tasks: tuple[TaskAssignment, ...] = tasks("drive")

    @property
    def commitment(self) -> str:
        """The digest that is published."""
        papers = paper_digests(self.papers)
        return commitment(self.sitting, self.seed, seen=self.seen, papers=papers, tasks=self.tasks)


def test_commitment_forgets_order_and_names() -> None:
    """It is the same however roster, papers and what was seen are ordered, and says nothing of names."""
    named = tuple(Candidate(id=one.id, name="another name") for one in reversed(SITTING.candidates))
    turned = Sealed(sitting=replace(SITTING, candidates=named), papers=PAPERS[::-1])

    assert Sealed().commitment == turned.commitment
    assert Sealed(seen={"C1": Sealed().seen["C1"], "C2": ()}).commitment == Sealed().commitment


CHANGES: dict[str, Callable[[], Any]] = {
    "sitting": lambda: Sealed(sitting=replace(SITTING, id="another")),
    "scheme": lambda: Sealed(sitting=replace(SITTING, scheme_digest="sha256:00")),
    "bank": lambda: Sealed(sitting=replace(SITTING, banks=((*SITTING.banks[0][:2], "sha256:00"),))),
    "roster": lambda: Sealed(sitting=replace(SITTING, candidates=SITTING.candidates[1:])),
    "seat": lambda: Sealed(sitting=replace(SITTING, candidates=(replace(SITTING.candidates[0], seat="1"),))),
    "seed": lambda: Sealed(seed=SEED[::-1]),
    "seen": lambda: Sealed(seen={}),
    "papers": lambda: Sealed(papers=(replace(PAPERS[0], id="0000-0000"), *PAPERS[1:])),
    "tasks": lambda: Sealed(tasks=tasks("lathe")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_commitment_binds(change: str) -> None:
    """Another sitting, scheme, bank, roster, seat, seed, paper or task, or something else seen, is another commitment."""
    assert Sealed().commitment != CHANGES[change]().commitment


def test_what_was_seen_is_published_in_order() -> None:
    """By candidate a sorted list; who has seen nothing does not stand in it."""
    assert {"C1": [["a", "x"], ["b", "w"]]} == seen_document({"C2": (), "C1": (("b", "w"), ("a", "x"))})
