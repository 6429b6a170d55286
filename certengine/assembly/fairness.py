"""How alike and how fair the papers of a sitting are: exposure, overlap, difficulty, time, conformity.

What a report on comparable examinations (ISO/IEC 17024, 9.3) rests on. Everything is computed from the papers as stored and
the bank they pin; the drawer is not asked. Copies of one form count as one paper where papers are compared.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from itertools import combinations

from certengine.assembly.conformance import Checker
from certengine.assembly.information import information_of
from certengine.model.bank import Bank, Item
from certengine.model.scheme import WrittenComponent
from certengine.model.sitting import Paper, Sitting

COMPARED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CellExposure:
    """How often the items (or sets) of one cell stand on papers.

    Attributes:
        available: how many active items of the cell could be drawn.
        fewest, most: uses of the least and the most used of them.
    """

    section: str
    kind: str
    area: str
    level: str
    available: int
    uses: int
    fewest: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSummary:
    """One form, or one paper of a candidate's own where papers are unique.

    Attributes:
        difficulty: mean expected difficulty; ``None`` when an item has none.
        minutes: expected working time; ``None`` when an item has none.
        importance: how many items are X, Y and Z.
        information: at the component's cut, in 1/logit²; ``None`` when it names none or an item is not calibrated.
    """

    form: str
    candidates: int
    difficulty: Fraction | None
    minutes: Decimal | None
    importance: tuple[int, int, int]
    information: Decimal | None = None

    @property
    def standard_error(self) -> Decimal | None:
        """The standard error of ability at the cut, in logits."""
        return 1 / self.information.sqrt() if self.information else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentFairness:
    """Everything about the papers of one written component.

    Attributes:
        papers: papers given out; ``different``: forms, or papers that are no copies of another.
        exposure: for each item that stands on a paper, on how many.
        overlap: how many pairs of different papers share so many items; by number of items.
        compared: how many papers were compared pair by pair; fewer than ``different`` when there are very many.
        summaries: each different paper, in order of form or candidate.
        breaches: what the independent checker found, in words; nothing when all papers conform.
    """

    component: WrittenComponent
    papers: int
    different: int
    exposure: Mapping[str, int]
    cells: tuple[CellExposure, ...]
    overlap: Mapping[int, int]
    compared: int
    summaries: tuple[FormSummary, ...]
    breaches: tuple[str, ...]

    @property
    def difficulties(self) -> tuple[Fraction, ...]:
        """The mean difficulties of the papers that have one."""
        return tuple(one.difficulty for one in self.summaries if one.difficulty is not None)

    @property
    def minutes(self) -> tuple[Decimal, ...]:
        """The expected working times of the papers that have one."""
        return tuple(one.minutes for one in self.summaries if one.minutes is not None)

    @property
    def informations(self) -> tuple[Decimal, ...]:
        """The information at the cut of the papers that have one."""
        return tuple(one.information for one in self.summaries if one.information is not None)

    @property
    def pairs(self) -> int:
        """How many pairs were compared."""
        return sum(self.overlap.values())

    @property
    def mean_overlap(self) -> Fraction | None:
        """Items that two different papers share on average; ``None`` when there is only one."""
        shared = sum(items * pairs for items, pairs in self.overlap.items())
        return Fraction(shared, self.pairs) if self.pairs else None


def summarise_fairness(
    component: WrittenComponent,
    bank: Bank,
    papers: Sequence[Paper],
    sitting: Sitting,
    seen: Mapping[str, Sequence[tuple[str, str]]],
) -> ComponentFairness:
    """The fairness of one component's papers, which stand in roster order."""
    items = {item.id: item for item in bank.contents.items}
    copies: dict[str, list[Paper]] = defaultdict(list)
    for paper in papers:
        copies[paper.form or paper.candidate].append(paper)
    different = {name: held[0] for name, held in sorted(copies.items())}
    checker = Checker(component, bank, seen)
    return ComponentFairness(
        component=component,
        papers=len(papers),
        different=len(different),
        exposure=dict(sorted(Counter(one.item for paper in papers for one in paper.items).items())),
        cells=tuple(_cells(component, bank, papers)),
        overlap=_overlap(different),
        compared=min(len(different), COMPARED),
        summaries=tuple(
            _summary(name, paper, len(copies[name]), items, component.cut_ability) for name, paper in different.items()
        ),
        breaches=(
            *(f"{paper.id}: {found}" for paper in papers for found in checker.breaches(paper)),
            *checker.breaches_between(papers, sitting),
        ),
    )


def _cells(component: WrittenComponent, bank: Bank, papers: Sequence[Paper]) -> list[CellExposure]:
    """By section and cell; an item of a set counts for its stimulus, once."""
    stimuli = {one.id: one for one in bank.contents.stimuli or ()}
    belongs: dict[str, tuple[str, str, str, str]] = {}
    for item in bank.contents.items:
        stimulus = stimuli.get(item.stimulus or "")
        if item.status.value == "active":
            belongs[item.id] = (
                (item.kind, item.area, item.level, item.id)
                if stimulus is None
                else ("stimulus_set", stimulus.area, stimulus.level, stimulus.id)
            )
    held: Counter[tuple[str, tuple[str, str, str, str]]] = Counter()
    for paper in papers:
        held.update({(one.section, belongs[one.item]) for one in paper.items if one.item in belongs})
    units = set(belongs.values())
    found = []
    for section in component.sections:
        for area, level in dict.fromkeys((cell.area, cell.level) for cell in section.cells):
            mine = [unit for unit in units if unit[:3] == (section.kind, area, level)]
            uses = [held[section.id, unit] for unit in mine]
            found.append(
                CellExposure(
                    section=section.id,
                    kind=section.kind,
                    area=area,
                    level=level,
                    available=len(mine),
                    uses=sum(uses),
                    fewest=min(uses, default=0),
                    most=max(uses, default=0),
                )
            )
    return found


def _overlap(different: Mapping[str, Paper]) -> dict[int, int]:
    """Of very many papers a part is compared: those whose ids digest lowest, so that nobody can choose them."""
    chosen = sorted(different.values(), key=lambda paper: sha256(paper.id.encode()).digest())[:COMPARED]
    held = [frozenset(one.item for one in paper.items) for paper in chosen]
    return dict(sorted(Counter(len(one & other) for one, other in combinations(held, 2)).items()))


def _summary(name: str, paper: Paper, candidates: int, items: Mapping[str, Item], cut: Decimal | None) -> FormSummary:
    held = [items[one.item] for one in paper.items]
    difficulties = [item.difficulty for item in held if item.difficulty is not None]
    minutes = [item.minutes for item in held if item.minutes is not None]
    calibrations = [item.calibration for item in held if item.calibration is not None]
    letters = Counter(item.importance.value for item in held)
    return FormSummary(
        form=name,
        candidates=candidates,
        difficulty=Fraction(sum(difficulties, start=Decimal(0))) / len(held)
        if len(difficulties) == len(held)
        else None,
        minutes=sum(minutes, start=Decimal(0)) if len(minutes) == len(held) else None,
        importance=(letters["X"], letters["Y"], letters["Z"]),
        information=sum((information_of(one, cut) for one in calibrations), start=Decimal(0))
        if cut is not None and len(calibrations) == len(held)
        else None,
    )
