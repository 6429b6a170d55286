"""Nouns of a certification scheme: what is certified, by which components, blueprints, tasks and pass standard."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from certengine.model.earlier import CarryOver, RetakeRule
from certengine.model.marking import MarkingRule
from certengine.model.official_sheet import OfficialSheet
from certengine.model.pass_standard import PassRule
from certengine.model.text import Text

STIMULUS_SET = "stimulus_set"


class RoundingMode(StrEnum):
    """How a component score is rounded, once."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """The scheme's one rounding rule: applied to each component's score, nowhere else."""

    places: int = 1
    mode: RoundingMode = RoundingMode.HALF_UP


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level on a named scale, for example ``cn-skill`` 3 三级/高级工."""

    scale: str
    code: str
    title: Text


# Fields added after the first version default to None, which canonical JSON leaves out: digests of older schemes stay.
@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One row of a blueprint: how many items (or whole stimulus sets) of one area and cognitive level a section takes.

    Attributes:
        count: exactly so many; or else ``min`` and ``max``, of which either may be left out.
    """

    area: str
    level: str
    count: int | None = None
    min: int | None = None
    max: int | None = None

    @property
    def least(self) -> int:
        """The fewest it takes."""
        return self.count if self.count is not None else self.min or 0

    @property
    def most(self) -> int | None:
        """The most it takes; ``None`` is as many as its section has."""
        return self.count if self.count is not None else self.max


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a written paper: one kind of item, the marks of each item, the marking policy.

    A section of the kind :data:`STIMULUS_SET` takes whole sets: its cells count stimuli, each of which brings all its
    active items, ``set_size`` of them and of any kind. Other sections never take an item that has a stimulus.

    Attributes:
        policy: id of a policy that the kind offers, for example ``all_or_nothing``.
        set_size: how many items each set of a section of stimulus sets has.
        items: how many items (or sets) the section has, where its cells give ranges; the cells' counts add up otherwise.
        marking: who marks the answers that wait for people; without it one marker does.
    """

    id: str
    title: Text
    kind: str
    marks: Decimal
    policy: str = "all_or_nothing"
    cells: tuple[Cell, ...]
    set_size: int | None = None
    marking: MarkingRule | None = None
    items: int | None = None

    @property
    def units(self) -> int:
        """How many items, or whole sets, the section takes."""
        return self.items if self.items is not None else sum(cell.least for cell in self.cells)

    @property
    def count(self) -> int:
        """How many items the section has."""
        return self.units * (self.set_size or 1)

    @property
    def total(self) -> Decimal:
        """The section's full marks."""
        return self.marks * self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class DifficultyBand:
    """The mean expected difficulty of a paper's items lies within ``tolerance`` of ``mean``."""

    mean: Decimal
    tolerance: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class MinutesRange:
    """The expected working times of a paper's items add up to no less and no more."""

    min: Decimal | None = None
    max: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of a paper's items, from 0 to 1, at least and at most."""

    min: Decimal | None = None
    max: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportanceShares:
    """What shares of a paper's items are core (X), general (Y) and auxiliary (Z)."""

    X: Share | None = None
    Y: Share | None = None
    Z: Share | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenComponent:
    """A written examination drawn from a bank by a blueprint (its sections and cells).

    Attributes:
        difficulty, expected_minutes, importance: rules over the whole of each paper.
        forms: ``one`` form for all, 2 to 20 parallel forms, or ``unique`` papers, one for each candidate (when left out).
        overlap: the most items that two papers, or two forms, may share.
        exposure: ``even`` (when left out): over all unique papers each item of a cell is used about as often as any
            other; ``independent``: each paper is drawn without regard to any other.
        retakers: ``fresh`` (when left out): nobody gets an item of an earlier sitting again; ``any`` allows it.
        cut_ability: the ability at which the cut lies, in logits of the bank's calibration; parallel forms then measure
            equally well there, and items without calibration are not drawn.
    """

    id: str
    kind: Literal["written"] = "written"
    title: Text
    bank: str
    minutes: int
    total: Decimal
    sections: tuple[Section, ...]
    rules: tuple[Text, ...] = ()
    difficulty: DifficultyBand | None = None
    expected_minutes: MinutesRange | None = None
    importance: ImportanceShares | None = None
    forms: Literal["one", "unique"] | int | None = None
    overlap: int | None = None
    exposure: Literal["even", "independent"] | None = None
    retakers: Literal["fresh", "any"] | None = None
    cut_ability: Decimal | None = None

    @property
    def count(self) -> int:
        """How many items a paper has."""
        return sum(section.count for section in self.sections)

    @property
    def form_count(self) -> int | None:
        """How many forms there are; ``None`` where each candidate has a paper of his or her own."""
        match self.forms:
            case "one":
                return 1
            case int():
                return self.forms
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aspect:
    """One thing marked in a task.

    Attributes:
        kind: the id of its kind in :data:`certengine.aspects.KINDS`.
        marks: full marks; zero for what only bears on others' (a veto, a gate) or takes off the whole (time).
        rule: the kind's own frozen dataclass: bands, marks off per fault, level descriptors.
        specification: the section of the task's specification that it counts towards.
    """

    id: str
    kind: str
    title: Text
    marks: Decimal
    rule: Any
    requirement: Text | None = None
    specification: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AspectGroup:
    """A part of a task's scoring sheet (考核内容), with its aspects."""

    id: str
    title: Text
    aspects: tuple[Aspect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteItem:
    """One line of the site and tool list (考核准备通知单)."""

    title: Text
    specification: Text | None = None
    quantity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecificationSection:
    """A section of the standard that a task examines, and the marks of all aspects that count towards it."""

    id: str
    title: Text
    marks: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A practical assignment: what the site prepares, what the candidate does, what is marked.

    Attributes:
        specification: how the marks are spread over the sections of a standard; then every marked aspect names one.
    """

    id: str
    title: Text
    minutes: int
    total: Decimal
    brief: Text
    requirements: tuple[Text, ...] = ()
    site: tuple[SiteItem, ...] = ()
    groups: tuple[AspectGroup, ...]
    specification: tuple[SpecificationSection, ...] | None = None

    @property
    def aspects(self) -> tuple[Aspect, ...]:
        """All aspects in sheet order."""
        return tuple(aspect for group in self.groups for aspect in group.aspects)

    def aspect(self, aspect_id: str) -> Aspect:
        """The aspect of that id.

        Raises:
            KeyError: when the task has none.
        """
        for aspect in self.aspects:
            if aspect.id == aspect_id:
                return aspect
        raise KeyError(aspect_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelRule:
    """Who marks a practical and how their marks become one.

    Attributes:
        assessors: how many assessors mark each candidate, independently; odd.
        combine: how the marks of one aspect become one; ``trimmed_mean`` leaves out the highest and the lowest.
        judgement_spread: greatest allowed distance between judgements of one aspect; beyond it they are given anew.
        veto_votes: how many assessors must report a veto for it to count; fewer leaves the decision pending.
        trim: how many marks a trimmed mean leaves out at either end; one when left out.
        qualified: whether every assessor must be declared qualified for the scheme; else only those are held to it who
            declare what they are qualified for.
    """

    assessors: int = 3
    combine: Literal["mean", "median", "trimmed_mean"] = "mean"
    judgement_spread: int = 1
    veto_votes: int = 2
    trim: int | None = None
    qualified: bool | None = None

    @property
    def trimmed(self) -> int:
        """How many marks are left out at either end."""
        return 1 if self.trim is None else self.trim


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticalComponent:
    """A practical examination: tasks, of which each candidate is given one by lot."""

    id: str
    kind: Literal["practical"] = "practical"
    title: Text
    total: Decimal
    tasks: tuple[Task, ...]
    panel: PanelRule


Component = WrittenComponent | PracticalComponent


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRule:
    """What a passed decision is certified as.

    Attributes:
        title: the qualification as printed.
        validity_months: how long it is valid; ``None`` means without end.
        number: pattern of the printed number: literal text with ``{yy}``, ``{yyyy}``, ``{level}`` and one ``{serial:06}``.
        template: folder of the certificate design under ``templates/``.
        sample: print "sample - not a national certificate" in every language.
    """

    title: Text
    occupation: Text
    template: str
    number: str
    validity_months: int | None = None
    sample: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AppealRule:
    """Until when, and how, a candidate may appeal against a result.

    Attributes:
        days: calendar days after the approval, the last of them included.
        how: where and in what form; a result statement prints it.
    """

    days: int
    how: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A certification scheme of one edition.

    Attributes:
        edition: the scheme's own edition name; a certificate prints it.
        carry_over: components that need not be sat again for a time once passed; none without it.
        retakes: how often and how soon a candidate may sit again; without it as often and as soon as they like.
        official_sheet: the columns in which an authority wants the results.
        appeals: until when and how to appeal; without it a result statement sends candidates to the issuer.
    """

    id: str
    edition: str
    title: Text
    level: Level
    languages: tuple[str, ...]
    components: tuple[Component, ...]
    pass_standard: PassRule
    rounding: Rounding
    certificate: CertificateRule
    carry_over: tuple[CarryOver, ...] | None = None
    retakes: RetakeRule | None = None
    appeals: AppealRule | None = None
    official_sheet: OfficialSheet | None = None

    @property
    def written(self) -> tuple[WrittenComponent, ...]:
        """The written components in order."""
        return tuple(c for c in self.components if isinstance(c, WrittenComponent))

    @property
    def practical(self) -> tuple[PracticalComponent, ...]:
        """The practical components in order."""
        return tuple(c for c in self.components if isinstance(c, PracticalComponent))

    def component(self, component_id: str) -> Component:
        """The component of that id.

        Raises:
            KeyError: when the scheme has none.
        """
        for component in self.components:
            if component.id == component_id:
                return component
        raise KeyError(component_id)
