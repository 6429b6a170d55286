"""Whether forms, or papers, can be kept from sharing more items than a component allows - before anything is drawn.

1. Counting: where each of ``n`` papers takes ``k`` of a cell's ``m`` units, these are used ``n * k`` times, and the papers
   share least when the uses are spread evenly. If that is more, over all cells, than all pairs may share, no draw can keep
   to it, and the cells that would have to grow are named. Enemies are no matter here: they stand on different papers.
2. Where forms cannot be told impossible so, a trial draw of them; if it finds none, a solver says what stands in the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from certengine.assembly.feasibility import CellCount
from certengine.assembly.forms import choose_forms
from certengine.assembly.keyed import SEED_BYTES, KeyedDraw
from certengine.assembly.plan import WholeRule, make_plan, whole_rules
from certengine.assembly.pool import Pool
from certengine.assembly.program import Outcome, Program, demands_of
from certengine.errors import Finding, Severity
from certengine.model.bank import BankDraft
from certengine.model.scheme import WrittenComponent

_SHARE = 20  # of a cell's units that are written at a time, so that a count for thousands of papers ends
_TRIAL = bytes(SEED_BYTES)


def check_sharing(
    component: WrittenComponent, bank: BankDraft, cells: Sequence[CellCount], *, papers: int = 2
) -> tuple[Finding, ...]:
    """What keeps forms or papers from sharing as little as they must, though one alone can be made.

    Args:
        cells: the counts of the component's cells, none of them short.
        papers: how many there will be where each candidate has one of his or her own; two when left out.
    """
    count = component.form_count or papers
    # Without `overlap` forms may share half of their items, and papers whatever they do.
    allowed = component.overlap if component.overlap is not None else component.count // 2
    if count < 2 or (component.overlap is None and component.form_count is None):
        return ()
    pool = Pool.of(component, bank)
    uses = [_Use(cell, pool, count) for cell in cells if cell.need]
    short = tuple(_short(component, uses, count, allowed))
    if short or component.form_count is None:
        return short
    return tuple(_not_found(component, bank, pool, count, allowed))


@dataclass(slots=True)
class _Use:
    """How a cell's units are used by all papers.

    Attributes:
        uses: how often, all units together; ``size`` is how many items each of them has.
        more: how many further units would have to be written.
    """

    cell: CellCount
    units: int
    uses: int
    size: int
    more: int

    def __init__(self, cell: CellCount, pool: Pool, papers: int) -> None:
        units = pool.in_cell((cell.kind, cell.area, cell.level))
        self.cell, self.units, self.uses, self.more = cell, len(units), cell.need * papers, 0
        self.size = len(pool.units[units[0]].items)

    def shared(self, more: int = 0) -> int:
        """How many items all pairs of papers share at least."""
        units = self.units + self.more + more
        each, rest = divmod(self.uses, units)
        return self.size * (rest * each + units * (each * (each - 1) // 2))

    @property
    def step(self) -> int:
        """How many units are written at a time: never more than are needed so that nothing is shared."""
        here = self.units + self.more
        return max(0, min(max(1, here // _SHARE), self.uses - here))

    @property
    def relief(self) -> int:
        """How many items fewer would be shared."""
        return self.shared() - self.shared(self.step)


def _short(component: WrittenComponent, uses: Sequence[_Use], count: int, allowed: int) -> Iterator[Finding]:
    """The cells that would have to grow, those first whose growth helps most, until counting finds nothing short."""
    limit = allowed * count * (count - 1) // 2
    while sum(one.shared() for one in uses) > limit:
        most = max(uses, key=lambda one: one.relief)
        most.more += most.step
    what, way_out = ("forms", "have fewer forms, ") if component.form_count else ("papers", "")
    for one in uses:
        if one.more:
            cell = one.cell
            others = [f"{number} {why}" for why, number in cell.others if not why.startswith("blocked")]
            out = f" ({', '.join(others)})" if others else ""
            yield Finding(
                code="scheme/cell-shared",
                message=f"{component.id}: {cell.kind} x {cell.area} x {cell.level} needs {one.units + one.more} for "
                f"{count} {what} that share at most {allowed} items, has {one.units} active{out}",
                hint=f"write {one.more} more, {way_out}or allow a larger `overlap`",
            )


def _not_found(component: WrittenComponent, bank: BankDraft, pool: Pool, count: int, allowed: int) -> Iterator[Finding]:
    """What stands in the way of forms, if a trial draw finds none."""
    source = KeyedDraw(_TRIAL, (component.id, "forms"))
    plan = make_plan(component, bank, source)
    if choose_forms(plan, source, count, np.zeros(len(pool.units), dtype=np.bool_)) is not None:
        return
    rules = whole_rules(component)
    named = ", ".join(f"`{name}`" for name in dict.fromkeys(_FIELDS.get(rule.name, "importance") for rule in rules))
    levels: list[tuple[tuple[WholeRule, ...], str]] = [((), "enemies and points kept apart")]
    if rules:
        levels.append((rules, f"enemies and points kept apart, and {named} kept on each"))
    for kept, told in levels:
        if _outcome(component, pool, count, allowed, kept) is Outcome.IMPOSSIBLE:
            yield Finding(
                code="scheme/forms-clash",
                message=f"{component.id}: one form can be made, but not {count} that share at most {allowed} items with {told}",
                hint="have fewer forms, a larger `overlap` or wider rules, or write items without enemies",
            )
            return
    yield Finding(
        code="scheme/not-proven",
        message=f"{component.id}: a trial draw found no {count} forms alike in difficulty, time and information that share "
        f"at most {allowed} items",
        severity=Severity.WARNING,
        hint="draw a trial sitting with `sitting seal --dry-run`; have fewer forms, or a larger `overlap`",
    )


_FIELDS = {"difficulty": "difficulty", "minutes": "expected_minutes"}


def _outcome(component: WrittenComponent, pool: Pool, count: int, allowed: int, rules: Sequence[WholeRule]) -> Outcome:
    """Whether so many forms can be filled that keep some rules and share no more than they may."""
    program = Program(pool, demands_of(component), forms=count)
    program.section_totals({section.id: section.units for section in component.sections})
    program.cliques()
    program.whole_rules(rules)
    program.shared_at_most(allowed)
    return program.solve().outcome
