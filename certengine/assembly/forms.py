"""Parallel forms: a few papers, alike in content, difficulty and time, each shared by many candidates.

1. Of each cell only the first units in keyed order are considered, a few more than all forms need, so that nobody can
   tell the forms from bank and scheme without the seed.
2. A solver finds forms that keep the blueprint and all rules; their expected difficulty and time (where every unit has
   them) and their information at the cut (where the component says where that is) lie close to those that the cells'
   units have on average. Tolerances are rows: nothing is minimised.
3. Forms share nothing where that is possible; else all units are considered, then wider tolerances, and at last a bounded
   overlap.
4. Whoever sits next to, before or behind another gets another form, as far as there are forms for that. Which form is
   which, and who without a seat gets which, are keyed choices.

Steps 1 and 4 follow from seed and roster. Step 2 follows from the solver's version too, which is why papers are part of
what a sitting commits to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from certengine.assembly.keyed import KeyedDraw
from certengine.assembly.plan import Plan, WholeRule
from certengine.assembly.pool import CellKey
from certengine.assembly.program import Answer, Outcome, Program, demands_of_plan
from certengine.assembly.selection import Bools, Chosen, in_keyed_order
from certengine.model.bank import Item
from certengine.model.sitting import Candidate

LETTERS = "ABCDEFGHIJKLMNOPQRST"
# In millionths: of the mean difficulty, of the total time, of the information at the cut.
_CLOSE = {"difficulty": 2_000, "minutes": 10_000, "information": 10_000}
_WIDER = 5
_SPARE = 4
_PLACE = re.compile(r"(.*?)(\d+)\D*")


def choose_forms(plan: Plan, source: KeyedDraw, count: int, barred: Bools) -> Chosen | None:
    """The units of each form, a row for each; ``None`` when the solver finds none.

    Args:
        barred: for each unit, whether a candidate of the sitting has seen it before.
    """
    answers = (program.solve() for program in _programs(plan, source, count, barred))
    found = (rows_of(plan, answer, count) for answer in answers if answer.outcome is Outcome.FOUND)
    return next((chosen for chosen in found if not plan.excess(plan.weights[chosen].sum(axis=1)).any()), None)


def assign_forms(candidates: Sequence[Candidate], count: int, source: KeyedDraw) -> dict[str, int]:
    """Which form each candidate gets."""
    places = _places(candidates)
    rows = {row: number for number, row in enumerate(sorted({row for row, _ in places.values()}, key=_natural))}
    names = [int(one) for one in source.order("forms", [f"{n:02}" for n in range(count)])]
    step = 2 if count > 2 else 1  # so that with three forms and more those before and behind differ too
    given = {one: names[(column + step * rows[row]) % count] for one, (row, column) in places.items()}
    used = Counter(given.values())
    seatless = [one.id for one in candidates if one.id not in given]
    for one in sorted(seatless, key=lambda one: (source.number(one), one)):
        given[one] = min(names, key=lambda form: (used[form], names.index(form)))
        used[given[one]] += 1
    return given


def _places(candidates: Sequence[Candidate]) -> dict[str, tuple[str, int]]:
    """Row and number of every seat that ends in a number: ``B-07`` is the seventh of row ``B-``."""
    found = {}
    for one in candidates:
        match = _PLACE.fullmatch(one.seat or "")
        if match:
            found[one.id] = (match.group(1), int(match.group(2)))
    return found


def _natural(row: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", row))


def _programs(plan: Plan, source: KeyedDraw, count: int, barred: Bools) -> Iterator[Program]:
    """Step 3: what is tried, the strictest first."""
    ordered = in_keyed_order(plan, source.numbers(plan.blocks)[None, :, 0])[0]
    free = [int(unit) for unit in ordered if not barred[unit]]
    few = _first_of_each_cell(plan, free, count)
    cap = plan.component.overlap
    items = plan.component.count
    shares = [items // 10, items // 4, items // 2] if cap is None else [cap]
    tries = ((few, 1), (free, 1), (free, _WIDER)) if _enough_for_all(plan, free, count) else ()
    for allowed, slack in tries:
        program = _program(plan, allowed, count, slack)
        program.disjoint()
        yield program
    for share in filter(None, shares):
        program = _program(plan, free, count, _WIDER)
        program.shared_at_most(share)
        yield program


def _need(plan: Plan) -> Counter[CellKey]:
    need: Counter[CellKey] = Counter()
    for group in plan.groups:
        need[group.key] += group.count
    return need


def _enough_for_all(plan: Plan, free: Sequence[int], count: int) -> bool:
    """Whether no cell alone makes forms share a unit."""
    have = Counter(plan.pool.units[unit].key for unit in free)
    return all(have[key] >= need * count for key, need in _need(plan).items())


def _first_of_each_cell(plan: Plan, free: Sequence[int], count: int) -> list[int]:
    need = _need(plan)
    taken: Counter[CellKey] = Counter()
    few = []
    for unit in free:
        key = plan.pool.units[unit].key
        if taken[key] < need[key] * count * 5 // 4 + _SPARE:
            taken[key] += 1
            few.append(unit)
    return few


def _program(plan: Plan, allowed: Sequence[int], count: int, slack: int) -> Program:
    program = Program(plan.pool, demands_of_plan(plan), forms=count, allowed=allowed)
    program.cliques()
    program.whole_rules(plan.rules)
    program.whole_rules(list(_alike(plan, allowed, slack)))
    return program


def _alike(plan: Plan, allowed: Sequence[int], slack: int) -> Iterator[WholeRule]:
    """Bands around what the units of the cells have on average, moved into the component's own band where there is one."""
    usable = set(allowed)
    own = {rule.name: rule for rule in plan.rules}
    for name, close in _CLOSE.items():
        expected = 0
        rule = WholeRule(name=name, low=0, high=0, ability=plan.component.cut_ability)
        for group in plan.groups:
            units = [plan.pool.units[unit] for unit in plan.pool.in_cell(group.key) if unit in usable]
            items = [item for unit in units for item in unit.items]
            if not all(_known(name, item, plan) for item in items):
                break
            expected += group.count * sum(rule.weight(item) for item in items) // max(1, len(units))
        else:
            match name:
                case "difficulty":
                    width = slack * close * plan.component.count
                case "minutes":
                    width = slack * close * (expected // 1_000_000)
                case _:
                    width = slack * close * expected // 1_000_000
            if name in own:
                expected = min(max(expected, own[name].low + width), max(own[name].high - width, own[name].low + width))
            yield replace(rule, low=expected - width, high=expected + width)


def _known(name: str, item: Item, plan: Plan) -> bool:
    match name:
        case "difficulty":
            return item.difficulty is not None
        case "minutes":
            return item.minutes is not None
    return plan.component.cut_ability is not None and item.calibration is not None


def rows_of(plan: Plan, answer: Answer, count: int) -> Chosen:
    """The units that a solver chose, a row for each form."""
    chosen = np.zeros((count, plan.slot_count), dtype=np.int32)
    for form in range(count):
        for group in plan.groups:
            mine = [
                seat.unit
                for seat in answer.seats
                if (seat.form, seat.demand.section, seat.demand.key) == (form, group.section, group.key)
            ]
            chosen[form, group.slots] = mine
    return chosen
