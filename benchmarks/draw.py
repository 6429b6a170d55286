"""How long drawing takes, beside the obvious alternatives in the same run.

    python benchmarks/draw.py [PAPERS]

One bank of 3,000 items in 72 cells (a tenth with enemies, a fifth with an assessment point), papers of 100 items from 65
of the cells, with every rule: mean difficulty within 0.002, time, importance, even exposure, overlap of 40 at most.
Processor seconds and seconds on the wall, each of one run; ratios are of processor time, for other programs may share the
machine.

- ``choose``: units of so many papers, all rules, even exposure; and after it the search for pairs above the overlap.
- ``whole papers``: with order, option orders, checks by the independent checker, everything ``sitting seal`` draws.
- ``one alone``: one paper that depends on no other, from a prepared plan; choosing only, and the whole paper.
- ``sampled``: the obvious alternative, ``random.sample`` for each cell until a paper happens to keep all rules.
- ``one program a paper``: the other one, a solver for each paper.
- ``forms``: four parallel forms of 100 from 2,000 items.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from time import perf_counter, process_time
from typing import TypeVar

import numpy as np

from certengine.assembly.draw import draw_paper, draw_papers, plan_of
from certengine.assembly.exposure import Papers, even_out
from certengine.assembly.forms import choose_forms
from certengine.assembly.keyed import KeyedDraw
from certengine.assembly.overlap import pairs_over
from certengine.assembly.plan import Plan
from certengine.assembly.program import Program, demands_of_plan
from certengine.assembly.selection import select
from certengine.items.options import Option
from certengine.items.single_choice import SingleChoiceContent
from certengine.model.bank import Bank, BankDraft, Importance, Item, ItemCalibration, ItemStatus
from certengine.model.scheme import (
    Cell,
    DifficultyBand,
    ImportanceShares,
    MinutesRange,
    Section,
    Share,
    WrittenComponent,
)
from certengine.model.sitting import Candidate, Sitting
from certengine.model.text import Text

T = TypeVar("T")
SEED = bytes(32)
NOW = datetime(2026, 11, 28, tzinfo=UTC)
AREAS, LEVELS, USED = 8, 9, 65
OVERLAP = 40


def chance(name: str, item: int, below: int) -> int:
    """The same number in every run."""
    return int.from_bytes(sha256(f"{name} {item}".encode()).digest()[:6]) % below


def make_bank(count: int) -> Bank:
    """A bank that is always the same."""
    words = Text.of(zh="题", en="item")
    options = tuple(Option(id=one, text=words) for one in "abcde")
    items = tuple(
        Item(
            id=f"I{n:05}",
            kind="single_choice",
            area=f"A{chance('area', n, AREAS)}",
            level=f"L{chance('level', n, LEVELS)}",
            content=SingleChoiceContent(stem=words, options=options, key="b"),
            importance=Importance("XXXYYZ"[chance("importance", n, 6)]),
            difficulty=Decimal(300_000 + chance("difficulty", n, 600_000)) / 1_000_000,
            minutes=Decimal(60 + chance("minutes", n, 60)) / 100,
            status=ItemStatus.ACTIVE,
            author="a",
            point=f"P{chance('point', n, count // 2)}" if chance("pointed", n, 5) == 0 else None,
            enemies=(f"I{chance('enemy', n, count):05}",) if chance("hostile", n, 20) == 0 else (),
            calibration=ItemCalibration(
                discrimination=Decimal(60 + chance("slope", n, 140)) / 100,
                location=Decimal(chance("place", n, 400) - 200) / 100,
                guessing=Decimal("0.2"),
            ),
        )
        for n in range(count)
    )
    draft = BankDraft(id="large", title=words, languages=("en", "zh"), areas=(), levels=(), items=items)
    return Bank(
        contents=draft,
        version=1,
        digest="sha256:00",
        item_digests=tuple((item.id, f"sha256:{item.id}") for item in items),
        published_at=NOW,
        published_by="b",
        reason="c",
    )


def make_component(items: int = 100) -> WrittenComponent:
    """Papers of so many items from 65 cells."""
    words = Text.of(zh="部分", en="part")
    cells = [(f"A{n // LEVELS}", f"L{n % LEVELS}") for n in range(USED)]
    section = Section(
        id="s",
        title=words,
        kind="single_choice",
        marks=Decimal(1),
        cells=tuple(
            Cell(area=area, level=level, count=items // USED + (n < items % USED))
            for n, (area, level) in enumerate(cells)
        ),
    )
    return WrittenComponent(
        id="theory",
        title=words,
        bank="large",
        minutes=120,
        total=Decimal(items),
        sections=(section,),
        difficulty=DifficultyBand(mean=Decimal("0.604"), tolerance=Decimal("0.002")),
        expected_minutes=MinutesRange(max=Decimal(92)),
        importance=ImportanceShares(X=Share(min=Decimal("0.45"), max=Decimal("0.55"))),
        overlap=OVERLAP,
    )


def sitting(count: int) -> Sitting:
    """A roster of so many."""
    return Sitting(
        id="sitting",
        scheme_id="scheme",
        scheme_version=1,
        scheme_digest="sha256:00",
        banks=(),
        candidates=tuple(Candidate(id=f"C{n:06}", name="x", seat=f"A-{n}") for n in range(count)),
        opened_at=NOW,
        opened_by="a",
    )


def say(words: str) -> None:
    """A line, at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def timed(name: str, work: Callable[[], T], each: int = 1, unit: str = "") -> tuple[T, float]:
    """Do it, and say what it took."""
    wall, processor = perf_counter(), process_time()
    result = work()
    wall, processor = perf_counter() - wall, process_time() - processor
    per = f", {1000 * processor / each:.2f} ms {unit}" if unit else ""
    say(f"{name:<44} {processor:8.2f} s processor {wall:8.2f} s wall{per}")
    return result, processor / each


def chosen_papers(plan: Plan, count: int, name: str = "") -> Papers:
    """Units of so many papers, evened out."""
    sources = [KeyedDraw(SEED, ("sitting", "theory", "candidate", f"{name}{n:06}", "0")) for n in range(count)]
    chosen = select(plan, sources)
    assert chosen.whole.all()
    papers = Papers(plan, chosen.chosen, chosen.numbers, None, [])
    even_out(papers)
    return papers


def sampled(plan: Plan) -> int:
    """One paper by sampling until it keeps every rule; how often it took."""
    near: dict[int, set[int]] = defaultdict(set)
    for _, members in plan.pool.cliques:
        for one in members:
            near[one] |= set(members) - {one}
    weights = plan.weights.tolist()
    cells = [(list(plan.pool.in_cell(group.key)), group.count) for group in plan.groups]
    tries = 0
    while True:
        tries += 1
        units = [unit for cell, count in cells for unit in random.sample(cell, count)]  # nothing secret
        here = set(units)
        if any(near[unit] & here for unit in units if unit in near):
            continue
        sums = [sum(weights[unit][rule] for unit in units) for rule in range(len(plan.rules))]
        if all(rule.low <= total <= rule.high for rule, total in zip(plan.rules, sums, strict=True)):
            return tries


def solved(plan: Plan, number: int) -> None:
    """One paper by a solver with random costs."""
    program = Program(plan.pool, demands_of_plan(plan))
    program.cliques()
    program.whole_rules(plan.rules)
    program.cost([float(chance(f"cost {number}", unit, 1000)) for unit in range(len(plan.pool.units))])
    assert program.solve().seats


def main(papers: int) -> None:
    """Everything, one after the other."""
    bank, component = make_bank(3000), make_component()
    plan, _ = timed("prepare a plan over 3,000 items", lambda: prepared(component, bank))
    all_papers, each = timed(
        f"choose {papers:,} papers, even exposure", lambda: chosen_papers(plan, papers), papers, "each"
    )
    over, _ = timed(
        f"  and compare all pairs with {OVERLAP}", lambda: list(pairs_over(all_papers.chosen, plan.sizes, OVERLAP))
    )
    spread = max(all_papers.spread(group.key) for group in plan.groups)
    assert not plan.excess(plan.weights[all_papers.chosen].sum(axis=1)).any()
    say(
        f"  pairs above {OVERLAP}: {len(over)}; uses of a cell's items differ by {spread} of {papers * 100 // 2700} at most"
    )
    _, ten_times = timed(
        f"choose {10 * papers:,} papers", lambda: chosen_papers(plan, 10 * papers, "x"), 10 * papers, "each"
    )
    say(f"  {ten_times / each:.2f} times the time of one among {papers:,}")
    few = max(1, papers // 10)
    timed(
        f"{few:,} whole papers, as a sitting is sealed",
        lambda: draw_papers(component, bank, sitting(few), seed=SEED),
        few,
        "each",
    )
    free = replace(component, exposure="independent", overlap=None)
    free_plan = prepared(free, bank)
    source = KeyedDraw(SEED, ("sitting", "theory", "one"))
    timed("one alone, 100 times: choosing", lambda: [select(free_plan, [source]) for _ in range(100)], 100, "each")
    alone = lambda n: draw_paper(free, bank, sitting(1), f"{n}", seed=SEED, plan=free_plan)
    timed("one alone, 100 times: the whole paper", lambda: [alone(n) for n in range(100)], 100, "each")
    tries, slow = timed("sampled until it fits, 5 papers", lambda: [sampled(plan) for _ in range(5)], 5, "each")
    say(f"  {sum(tries) / 5:.0f} tries each; {slow / each:,.0f} times ours, exposure and overlap left to chance")
    _, slow = timed("one program a paper, 5 papers", lambda: [solved(plan, n) for n in range(5)], 5, "each")
    say(f"  {slow / each:,.0f} times ours")
    smaller = make_bank(2000)
    for rules, of in (
        ("counts only", replace(component, difficulty=None, expected_minutes=None, importance=None)),
        ("all rules", component),
        ("all rules and information at the cut", replace(component, cut_ability=Decimal("0.4"))),
    ):
        four = prepared(of, smaller)
        barred = np.zeros(len(four.pool.units), dtype=np.bool_)
        forms, _ = timed(
            f"4 forms of 100 from 2,000, {rules}",
            lambda four=four, barred=barred: choose_forms(four, source, 4, barred),
        )
        assert forms is not None
        assert len(np.unique(forms)) == 400


def prepared(component: WrittenComponent, bank: Bank) -> Plan:
    """A plan with everything computed that all papers share."""
    plan = plan_of(component, bank, sitting(1), seed=SEED)
    assert plan.blocks
    assert len(plan.weights) == len(plan.sizes)
    assert plan.neighbours[1].size
    return plan


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
