"""Drawing papers: a scheme's blueprint, a published bank, a seed and the roster give one paper for each candidate.

1. Refuse with every shortfall at once when a cell lacks items. Never fewer items, never one twice.
2. Choose each paper's units by its own keyed numbers (:mod:`~certengine.assembly.selection`); a paper for which that finds
   no way is tried again under the sub-keys of further attempts, then by a solver with its keyed order as preference.
3. Even out the exposure over all papers, unless the component asks for independent papers, and keep every pair under the
   component's overlap. With forms, choose and assign forms instead (:mod:`~certengine.assembly.forms`).
4. Lay each paper out by its own keyed numbers: order, option orders, parameter values.
5. Have every paper checked by :mod:`certengine.assembly.conformance`, which shares no code with this module.

What a paper depends on: without even exposure and overlap on its own candidate alone; with them on the set of candidates
too, never on their order. A unit added to, retired from or moved within one cell changes nothing in cells that are not
linked to it (:mod:`~certengine.assembly.selection`), unless the component has rules over the whole paper or an overlap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from certengine.assembly.commitment import Seen
from certengine.assembly.compose import Composer
from certengine.assembly.conformance import Checker
from certengine.assembly.exposure import Papers, even_out
from certengine.assembly.feasibility import check
from certengine.assembly.forms import LETTERS, assign_forms, choose_forms, rows_of
from certengine.assembly.keyed import KeyedDraw
from certengine.assembly.overlap import keep_under
from certengine.assembly.plan import Plan, make_plan
from certengine.assembly.program import Outcome, Program, demands_of_plan
from certengine.assembly.selection import Bools, Chosen, Selected, in_keyed_order, select
from certengine.assembly.sharing import check_sharing
from certengine.assembly.together import check_together
from certengine.errors import AnswerIsNo, Finding, first_errors
from certengine.model.bank import Bank
from certengine.model.scheme import PracticalComponent, WrittenComponent
from certengine.model.sitting import Paper, Sitting, TaskAssignment

ATTEMPTS = 4
PLANS = 10


def draw_papers(
    component: WrittenComponent, bank: Bank, sitting: Sitting, *, seed: bytes, seen: Seen | None = None
) -> tuple[Paper, ...]:
    """One paper for each candidate of a sitting, in roster order.

    Args:
        seen: what candidates have seen in earlier sittings and must not get again.

    Raises:
        AnswerIsNo: when the blueprint cannot be met; its findings name every shortfall.
    """
    _demand_enough(component, bank)
    drawing = _Drawing(component, bank, sitting, seed, seen or {})
    papers = drawing.forms() if component.form_count else drawing.unique()
    if len({paper.id for paper in papers}) != len(papers):
        raise AnswerIsNo("two papers have the same id; open the sitting anew", code="draw/paper-id-twice")
    checker = Checker(component, bank, seen or {})
    found = [one for paper in papers for one in checker.breaches(paper)] + checker.breaches_between(papers, sitting)
    if found:
        raise AssertionError(f"drawn papers break their blueprint: {found[:5]}")
    return papers


def draw_paper(
    component: WrittenComponent,
    bank: Bank,
    sitting: Sitting,
    candidate_id: str,
    *,
    seed: bytes,
    seen: Seen | None = None,
    plan: Plan | None = None,
) -> Paper:
    """The paper of one candidate: drawn alone where papers are independent, else with those of the whole roster.

    Raises:
        AnswerIsNo: when no choice of items fulfils all rules together.
    """
    if not stands_alone(component):
        papers = draw_papers(component, bank, sitting, seed=seed, seen=seen)
        return next(paper for paper in papers if paper.candidate == candidate_id)
    drawing = _Drawing(component, bank, sitting, seed, seen or {}, plan=plan)
    return drawing.alone(candidate_id)


def stands_alone(component: WrittenComponent) -> bool:
    """Whether a paper depends on no other candidate's."""
    return component.exposure == "independent" and component.overlap is None and not component.form_count


def plan_of(component: WrittenComponent, bank: Bank, sitting: Sitting, *, seed: bytes, attempt: int = 0) -> Plan:
    """The blueprint made ready to be drawn from, the same for all papers of a sitting."""
    return make_plan(component, bank.contents, KeyedDraw(seed, (sitting.id, component.id)), attempt=attempt)


def draw_task(component: PracticalComponent, sitting: Sitting, candidate_id: str, *, seed: bytes) -> TaskAssignment:
    """The practical task of one candidate, by lot among the component's tasks."""
    source = KeyedDraw(seed, (sitting.id, component.id, candidate_id))
    first = source.order("task", [task.id for task in component.tasks])[0]
    return TaskAssignment(sitting=sitting.id, candidate=candidate_id, component=component.id, task=first)


class _Drawing:
    """One draw: what all of its steps share."""

    def __init__(
        self,
        component: WrittenComponent,
        bank: Bank,
        sitting: Sitting,
        seed: bytes,
        seen: Seen,
        plan: Plan | None = None,
    ) -> None:
        self.component, self.bank, self.sitting, self.seed = component, bank, sitting, seed
        self.plan = plan or self._plan()
        self.composer = Composer(self.plan, bank, sitting)
        keep = component.retakers != "any"
        self.seen: Mapping[str, frozenset[str]] = {
            one: frozenset(item for of, item in items if of == bank.id) for one, items in seen.items() if keep
        }

    def source(self, candidate_id: str, attempt: int = 0) -> KeyedDraw:
        """The source of one candidate's choices."""
        return KeyedDraw(self.seed, (self.sitting.id, self.component.id, "candidate", candidate_id, str(attempt)))

    def alone(self, candidate_id: str) -> Paper:
        """One paper that depends on no other."""
        selected, (source,) = self._choose([candidate_id])
        items = self.composer.items(source, selected.chosen[0].tolist())
        return self.composer.paper(self.source(candidate_id), candidate_id, items)

    def unique(self) -> tuple[Paper, ...]:
        """A paper for each candidate."""
        names = sorted(candidate.id for candidate in self.sitting.candidates)
        selected, sources = self._choose(names)
        retakers = [row for row, name in enumerate(names) if self.seen.get(name)]
        barred = self._barred([names[row] for row in retakers]) if retakers else None
        papers = Papers(self.plan, selected.chosen, selected.numbers, barred, retakers)
        if self.component.exposure != "independent":
            even_out(papers)
        if self.component.overlap is not None:
            self._keep_apart(papers, self.component.overlap)
        made = {
            name: self.composer.paper(self.source(name), name, self.composer.items(source, row))
            for name, source, row in zip(names, sources, papers.chosen.tolist(), strict=True)
        }
        return tuple(made[candidate.id] for candidate in self.sitting.candidates)

    def forms(self) -> tuple[Paper, ...]:
        """Forms, and for each candidate a copy of one."""
        count = self.component.form_count or 1
        source = KeyedDraw(self.seed, (self.sitting.id, self.component.id, "forms"))
        barred: Bools = np.any(self._barred(sorted(self.seen)), axis=0)
        chosen = self._one_form(source, barred) if count == 1 else choose_forms(self.plan, source, count, barred)
        if chosen is None:
            raise self._impossible(barred, "no form" if count == 1 else f"no {count} parallel forms")
        items = [self.composer.items(self._of_form(form), row) for form, row in enumerate(chosen.tolist())]
        given = assign_forms(self.sitting.candidates, count, source)
        return tuple(
            self.composer.paper(self.source(one.id), one.id, items[given[one.id]], form=LETTERS[given[one.id]])
            for one in self.sitting.candidates
        )

    def _plan(self) -> Plan:
        """The first plan whose counts can be filled; without ranges there is only one."""
        plans = (plan_of(self.component, self.bank, self.sitting, seed=self.seed, attempt=n) for n in range(PLANS))
        first = next(plans)
        if all(cell.count is not None for section in self.component.sections for cell in section.cells):
            return first
        return next((plan for plan in (first, *plans) if _fillable(plan)), first)

    def _of_form(self, form: int) -> KeyedDraw:
        return KeyedDraw(self.seed, (self.sitting.id, self.component.id, "form", LETTERS[form]))

    def _one_form(self, source: KeyedDraw, barred: Bools) -> Chosen | None:
        selected = select(self.plan, [source], barred[None, :])
        return selected.chosen if selected.whole[0] else self._solved(source, barred)

    def _choose(self, names: Sequence[str]) -> tuple[Selected, list[KeyedDraw]]:
        """Step 2: the units of each candidate, and the source of the attempt that found them."""
        sources = [self.source(name) for name in names]
        selected = select(self.plan, sources, self._barred(names) if self.seen else None)
        for attempt in range(1, ATTEMPTS):
            self._again(names, sources, selected, attempt)
        for row in np.flatnonzero(~selected.whole).tolist():
            barred = self._barred([names[row]])[0]
            sources[row] = self.source(names[row])
            found = self._solved(sources[row], barred)
            if found is None:
                raise self._impossible(barred, f"no paper for `{names[row]}`")
            selected.chosen[row] = found[0]
        return selected, sources

    def _again(self, names: Sequence[str], sources: list[KeyedDraw], selected: Selected, attempt: int) -> None:
        rows = np.flatnonzero(~selected.whole).tolist()
        if not rows:
            return
        for row in rows:
            sources[row] = self.source(names[row], attempt)
        barred = self._barred([names[row] for row in rows]) if self.seen else None
        again = select(self.plan, [sources[row] for row in rows], barred)
        selected.chosen[rows], selected.numbers[rows], selected.whole[rows] = again.chosen, again.numbers, again.whole

    def _solved(self, source: KeyedDraw, barred: Bools) -> Chosen | None:
        """What a solver finds; it prefers units that come first in keyed order."""
        ordered = in_keyed_order(self.plan, source.numbers(self.plan.blocks)[None, :, 0])[0]
        cost = np.zeros(len(ordered))
        cost[ordered] = np.arange(len(ordered))
        program = Program(self.plan.pool, demands_of_plan(self.plan), allowed=np.flatnonzero(~barred).tolist())
        program.cliques()
        program.whole_rules(self.plan.rules)
        program.cost(cost.tolist())
        answer = program.solve()
        if answer.outcome is not Outcome.FOUND:
            return None
        chosen = rows_of(self.plan, answer, 1)
        return None if self.plan.excess(self.plan.weights[chosen].sum(axis=1)).any() else chosen

    def _barred(self, names: Sequence[str]) -> Bools:
        """For each of some candidates and each unit, whether it holds an item the candidate has seen."""
        barred = np.zeros((len(names), len(self.plan.pool.units)), dtype=np.bool_)
        for row, name in enumerate(names):
            seen = self.seen.get(name)
            if seen:
                barred[row] = [any(item.id in seen for item in unit.items) for unit in self.plan.pool.units]
        return barred

    def _keep_apart(self, papers: Papers, cap: int) -> None:
        left = keep_under(papers, cap)
        if left:
            worst = max(shared for _, _, shared in left)
            raise AnswerIsNo(
                f"papers of `{self.component.id}` cannot be kept from sharing more than {cap} items",
                findings=(
                    *self._shared(),
                    Finding(
                        code="draw/overlap",
                        message=f"{len(left)} pairs of {len(papers.chosen)} papers share up to {worst} items",
                        hint="raise `overlap`, or write more items",
                    ),
                ),
            )

    def _shared(self) -> tuple[Finding, ...]:
        """What keeps so many papers or forms from sharing little."""
        cells = check(self.component, self.bank.contents).cells
        return check_sharing(self.component, self.bank.contents, cells, papers=len(self.sitting.candidates))

    def _impossible(self, barred: Bools, what: str) -> AnswerIsNo:
        """Why there is no paper or form: what was seen before, or which rules stand in each other's way."""
        findings = [
            Finding(
                code="draw/seen-before",
                message=f"{self.component.id}: {' x '.join(group.key)} needs {group.count}, has "
                f"{len(units) - int(barred[units].sum())} that were not seen in an earlier sitting",
                hint="write more items there, or let `retakers` have `any`",
            )
            for group in self.plan.groups
            for units in (list(self.plan.pool.in_cell(group.key)),)
            if len(units) - barred[units].sum() < group.count
        ]
        findings = findings or list(check_together(self.component, self.bank.contents))
        findings = findings or list(first_errors(self._shared())) or [_CLASH]
        return AnswerIsNo(
            f"{what}: the rules of `{self.component.id}` cannot all be kept together", findings=tuple(findings)
        )


_CLASH = Finding(
    code="draw/rules-clash",
    message="every cell has enough items, but all rules together leave no choice",
    hint="have fewer forms, a wider `difficulty`, a larger `overlap`, no `cut_ability`, or write items without enemies",
)


def _fillable(plan: Plan) -> bool:
    program = Program(plan.pool, demands_of_plan(plan))
    program.cliques()
    program.whole_rules(plan.rules)
    return program.solve().outcome is Outcome.FOUND


def _demand_enough(component: WrittenComponent, bank: Bank) -> None:
    findings = check(component, bank.contents).findings
    if findings:
        raise AnswerIsNo(
            f"the blueprint of `{component.id}` cannot be met from {bank.reference}",
            findings=findings,
            hint="write the items named, publish the bank anew, and open the sitting with it",
        )
