"""The blueprint as an integer program, for what counting and exchanging cannot settle: the one place that calls a solver.

A column says that a unit stands in a cell of a section of a form. Rows: what each cell takes, how many units a section
has, each unit once, one of each clique, the rules over the whole paper, and between forms how much they may share. A
solver works in floating point, so whoever uses an answer checks it in whole numbers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations
from typing import NamedTuple

import numpy as np

from certengine.assembly.plan import UNBOUNDED, Plan, WholeRule
from certengine.assembly.pool import CellKey, Pool, section_keys
from certengine.model.scheme import WrittenComponent

SECONDS = 20.0
_MICRO = 1e6
_OUT_OF_TIME = 1
_HALF = 0.5


class Outcome(StrEnum):
    """What a solver found out."""

    FOUND = "found"
    IMPOSSIBLE = "impossible"
    OUT_OF_TIME = "out of time"


class Demand(NamedTuple):
    """What one cell of one section takes."""

    section: str
    key: CellKey
    least: int
    most: int


class Seat(NamedTuple):
    """What a column says: a unit stands in a cell of a section of a form."""

    form: int
    demand: Demand
    unit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a solver answered.

    Attributes:
        seats: who sits where, in the order of the columns.
        slack: by how much each elastic row had to give, by its name; rows that gave nothing are left out.
    """

    outcome: Outcome
    seats: tuple[Seat, ...] = ()
    slack: Mapping[str, float] = field(default_factory=dict)


def demands_of(component: WrittenComponent) -> tuple[Demand, ...]:
    """What the cells of a blueprint take, ranges as they are written; a cell written twice in a section adds up."""
    least: dict[tuple[str, CellKey], int] = defaultdict(int)
    most: dict[tuple[str, CellKey], int] = defaultdict(int)
    for section in component.sections:
        for key, cell in zip(section_keys(section), section.cells, strict=True):
            least[section.id, key] += cell.least
            most[section.id, key] += section.units if cell.most is None else cell.most
    return tuple(Demand(section, key, count, most[section, key]) for (section, key), count in least.items())


def demands_of_plan(plan: Plan) -> tuple[Demand, ...]:
    """What the groups of a plan take, exactly."""
    return tuple(Demand(group.section, group.key, group.count, group.count) for group in plan.groups)


class Program:
    """Columns and rows, added one after the other."""

    def __init__(
        self, pool: Pool, demands: Iterable[Demand], *, forms: int = 1, allowed: Iterable[int] | None = None
    ) -> None:
        """Columns for every allowed unit in every cell of every form, and the rows of the cells.

        Args:
            allowed: the units that may be used; all when left out.
        """
        self.pool, self.forms = pool, forms
        self._seats: list[Seat] = []
        self._costs: list[float] = []
        self._uppers: list[float] = []
        self._slack: dict[str, list[int]] = defaultdict(list)
        self._rows: list[tuple[dict[int, float], float, float]] = []
        self._cells: list[tuple[Demand, int]] = []
        self._of: list[dict[int, list[int]]] = [defaultdict(list) for _ in range(forms)]
        usable = set(range(len(pool.units)) if allowed is None else allowed)
        for form in range(forms):
            for demand in demands:
                row = {}
                for unit in pool.in_cell(demand.key):
                    if unit in usable:
                        column = len(self._seats)
                        self._seats.append(Seat(form, demand, unit))
                        self._of[form][unit].append(column)
                        row[column] = 1.0
                self._cells.append((demand, len(self._rows)))
                self._rows.append((row, demand.least, demand.most))
        self._costs = [0.0] * len(self._seats)
        self._uppers = [1.0] * len(self._seats)
        for columns_of in self._of:
            self._rows.extend(
                (dict.fromkeys(columns, 1.0), 0, 1) for columns in columns_of.values() if len(columns) > 1
            )

    def elastic_cells(self, name: Callable[[Demand], str]) -> None:
        """Let cells take less than their least, at a cost of 1 for each unit."""
        for demand, index in self._cells:
            row, low, high = self._rows[index]
            self._rows[index] = ({**row, self._give(name(demand)): 1.0}, low, high)

    def section_totals(self, totals: Mapping[str, int]) -> None:
        """Each section has so many units: needed where its cells give ranges."""
        for form in range(self.forms):
            for section, total in totals.items():
                self._rows.append((self._where(form, section), total, total))

    def cliques(self, *why: str) -> None:
        """One unit of each clique at most, of the cliques for these reasons; of all when none is named."""
        for reason, members in self.pool.cliques:
            if reason in why or not why:
                for columns_of in self._of:
                    row = {column: 1.0 for unit in members for column in columns_of.get(unit, ())}
                    if len(row) > 1:
                        self._rows.append((row, 0, 1))

    def whole_rules(self, rules: Sequence[WholeRule], *, elastic: bool = False) -> None:
        """Sums over each form within their bounds; elastic ones may miss them, at a cost of 1 for each whole number."""
        weights = [[sum(rule.weight(item) for item in unit.items) for unit in self.pool.units] for rule in rules]
        for form in range(self.forms):
            for rule, own in zip(rules, weights, strict=True):
                row = {n: own[seat.unit] / _MICRO for n, seat in enumerate(self._seats) if seat.form == form}
                if elastic:
                    row |= {self._give(f"{rule.name}|under"): 1.0, self._give(f"{rule.name}|over"): -1.0}
                low = -np.inf if rule.low == -UNBOUNDED else rule.low / _MICRO
                high = np.inf if rule.high == UNBOUNDED else rule.high / _MICRO
                self._rows.append((row, low, high))

    def disjoint(self) -> None:
        """No unit stands on two forms."""
        self._rows.extend((dict.fromkeys(columns, 1.0), 0, 1) for columns in self._by_unit().values())

    def shared_at_most(self, items: int) -> None:
        """Two forms share no more than so many items."""
        for one, other in combinations(range(self.forms), 2):
            shared = {}
            for unit in sorted(self._of[one].keys() & self._of[other].keys()):
                both = self._extra(upper=1.0)
                shared[both] = float(len(self.pool.units[unit].items))
                columns = [*self._of[one][unit], *self._of[other][unit]]
                self._rows.append(({**dict.fromkeys(columns, 1.0), both: -1.0}, -1, 1))
            self._rows.append((shared, 0, items))

    def cost(self, of_unit: Sequence[float]) -> None:
        """What using each unit costs."""
        self._costs[: len(self._seats)] = [of_unit[seat.unit] for seat in self._seats]

    def solve(self, seconds: float = SECONDS) -> Answer:
        """The cheapest way to keep all rows, if there is one."""
        # Here and not above: every command that knows sittings would load the solver, which takes most of a second.
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array

        columns = len(self._costs)
        if not columns:
            impossible = any(low > 0 for _, low, _ in self._rows)
            return Answer(outcome=Outcome.IMPOSSIBLE if impossible else Outcome.FOUND)
        entries = [(n, column, value) for n, (row, _, _) in enumerate(self._rows) for column, value in row.items()]
        where, which, values = zip(*entries, strict=True)
        matrix = csr_array((values, (where, which)), shape=(len(self._rows), columns))
        whole = np.zeros(columns)
        whole[: len(self._seats)] = 1
        found = milp(
            np.array(self._costs),
            integrality=whole,
            bounds=Bounds(0, np.array(self._uppers)),
            constraints=LinearConstraint(
                matrix, [low for _, low, _ in self._rows], [high for _, _, high in self._rows]
            ),
            options={"time_limit": seconds, "mip_rel_gap": 1e-4},
        )
        if found.x is None:
            late = found.status == _OUT_OF_TIME
            return Answer(outcome=Outcome.OUT_OF_TIME if late else Outcome.IMPOSSIBLE)
        slack = {name: sum(float(found.x[n]) for n in mine) for name, mine in self._slack.items()}
        return Answer(
            outcome=Outcome.FOUND,
            seats=tuple(seat for n, seat in enumerate(self._seats) if found.x[n] > _HALF),
            slack={name: value for name, value in slack.items() if value > 1 / _MICRO},
        )

    def _where(self, form: int, section: str) -> dict[int, float]:
        return {n: 1.0 for n, seat in enumerate(self._seats) if (seat.form, seat.demand.section) == (form, section)}

    def _by_unit(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for columns_of in self._of:
            for unit, columns in columns_of.items():
                found[unit].extend(columns)
        return found

    def _extra(self, *, upper: float = np.inf, cost: float = 0.0) -> int:
        self._costs.append(cost)
        self._uppers.append(upper)
        return len(self._costs) - 1

    def _give(self, name: str) -> int:
        self._slack[name].append(self._extra(cost=1.0))
        return self._slack[name][-1]
