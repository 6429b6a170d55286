"""Which rules of a component stand in each other's way, though every cell has enough units for itself.

A solver says whether all rules can be kept together. If not, the simplest cause there is gets named:

1. the cells that enemies and points across cells leave short, by as few places as possible;
2. or each rule over the whole paper that cannot be kept even alone, with how near a paper gets;
3. or the smallest set of rules that cannot be kept together: each is left out in turn, and stays out if what remains still
   cannot be kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from certengine.assembly.plan import UNBOUNDED, WholeRule, whole_rules
from certengine.assembly.pool import CellKey, Pool
from certengine.assembly.program import Demand, Outcome, Program, demands_of
from certengine.errors import Finding, Severity
from certengine.model.bank import BankDraft
from certengine.model.scheme import WrittenComponent

_REASONS = ("enemies", "one item of a point")


def check_together(component: WrittenComponent, bank: BankDraft) -> tuple[Finding, ...]:
    """What keeps the rules of a component from being kept together, though every cell has enough for itself."""
    together = _Together(component, Pool.of(component, bank))
    outcome = together.outcome(_REASONS, together.rules)
    if outcome is Outcome.FOUND:
        return ()
    if outcome is Outcome.OUT_OF_TIME:
        return (together.not_proven(),)
    return tuple(together.findings())


class _Together:
    """The rules of a component, kept together as far as they can be."""

    def __init__(self, component: WrittenComponent, pool: Pool) -> None:
        self.component, self.pool = component, pool
        self.rules = whole_rules(component)
        self.demands = demands_of(component)

    def outcome(self, reasons: tuple[str, ...], rules: tuple[WholeRule, ...]) -> Outcome:
        """Whether the cells can be filled with some reasons and rules kept."""
        program = self._program(reasons)
        program.whole_rules(rules)
        return program.solve().outcome

    def findings(self) -> Iterator[Finding]:
        """What to blame, the simplest cause that there is."""
        short = list(self._short_cells())
        if short:
            yield from short
            return
        alone = [finding for rule in self.rules for finding in self._out_of_reach(rule)]
        yield from alone
        if not alone:
            yield self._clash()

    def not_proven(self) -> Finding:
        """The solver ran out of time."""
        return Finding(
            code="scheme/not-proven",
            message=f"{self.component.id}: whether all rules can be kept together was not found out in time",
            severity=Severity.WARNING,
            hint="draw a trial sitting; papers are checked one by one",
        )

    def _program(self, reasons: tuple[str, ...]) -> Program:
        program = Program(self.pool, self.demands)
        program.section_totals({section.id: section.units for section in self.component.sections})
        for reason in reasons:
            program.cliques(reason)
        return program

    def _short_cells(self) -> Iterator[Finding]:
        """The cells that enemies and points leave short, by giving up as few places as possible."""
        names = {_cell_name(demand): demand for demand in self.demands}
        program = Program(self.pool, self.demands)
        program.elastic_cells(_cell_name)
        program.cliques()
        slack = program.solve().slack
        for name, given in slack.items():
            demand = names[name]
            near = ", ".join(self._blockers(demand.key)) or "no other cell"
            yield Finding(
                code="scheme/cell-blocked",
                message=f"{self.component.id}: {' x '.join(demand.key)} has enough items for itself, but enemies and "
                f"assessment points shared with {near} leave it {round(given)} short of {demand.least}",
                hint=f"write {round(given)} more without enemies or points in those cells, or lower a cell",
            )

    def _blockers(self, key: CellKey) -> list[str]:
        mine = set(self.pool.in_cell(key))
        keys = {
            self.pool.units[unit].key for _, members in self.pool.cliques if mine & set(members) for unit in members
        }
        return [" x ".join(one) for one in sorted(keys - {key})]

    def _out_of_reach(self, rule: WholeRule) -> Iterator[Finding]:
        """A rule that cannot be kept with the cells, enemies and points alone; with how near a paper gets."""
        program = self._program(_REASONS)
        program.whole_rules([rule], elastic=True)
        slack = program.solve().slack
        for direction in ("under", "over"):
            miss = slack.get(f"{rule.name}|{direction}")
            if miss:
                bound = rule.low / 1e6 - miss if direction == "under" else rule.high / 1e6 + miss
                yield Finding(
                    code="scheme/rule-out-of-reach",
                    message=f"{self.component.id}: {self._asked(rule)}, but these cells give "
                    f"{self._amount(rule, bound)} at {'most' if direction == 'under' else 'least'}",
                    hint="widen the rule, move counts to other cells, or write items that meet it",
                )

    def _clash(self) -> Finding:
        """The smallest set of rules that cannot be kept together."""
        reasons = [reason for reason in _REASONS if any(why == reason for why, _ in self.pool.cliques)]
        rules = list(self.rules)
        for reason in tuple(reasons):
            less = tuple(one for one in reasons if one != reason)
            if self.outcome(less, tuple(rules)) is Outcome.IMPOSSIBLE:
                reasons.remove(reason)
        for rule in self.rules:
            fewer = tuple(one for one in rules if one is not rule)
            if self.outcome(tuple(reasons), fewer) is Outcome.IMPOSSIBLE:
                rules.remove(rule)
        named = [*(self._asked(rule) for rule in rules), *reasons]
        return Finding(
            code="scheme/rules-clash",
            message=f"{self.component.id}: every cell has enough items and every rule can be kept alone, but not "
            f"together: {'; '.join(named) or 'the ranges of the cells'}",
            hint="widen one of these rules, or write items that meet several of them",
        )

    def _asked(self, rule: WholeRule) -> str:
        low = "" if rule.low == -UNBOUNDED else f" at least {self._amount(rule, rule.low / 1e6)}"
        high = "" if rule.high == UNBOUNDED else f" at most {self._amount(rule, rule.high / 1e6)}"
        name = {"difficulty": "mean difficulty", "minutes": "expected minutes"}.get(rule.name, f"{rule.name} items")
        return f"{name}{low}{' and' if low and high else ''}{high}"

    def _amount(self, rule: WholeRule, total: float) -> str:
        return f"{total / self.component.count:.3f}" if rule.name == "difficulty" else f"{total:g}"


def _cell_name(demand: Demand) -> str:
    return f"{demand.section}|{'|'.join(demand.key)}"
