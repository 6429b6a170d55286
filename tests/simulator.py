"""A whole world in memory: a small bank, a scheme, a sitting. A test changes one line of it and looks what follows.

``WORLD.changed("sc-a1", status=ItemStatus.RETIRED).draw()`` is a sitting of the same world with one item retired. Digests
are computed when they are asked for, so a changed world is as sound as the first one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from certengine.aspects.deduction import DeductionRule
from certengine.aspects.judgement import JudgementRule
from certengine.aspects.measurement import Band, MeasurementRule
from certengine.aspects.veto import VetoRule
from certengine.assembly.draw import draw_papers
from certengine.canonical import digest
from certengine.items import KINDS
from certengine.items.essay import EssayContent
from certengine.items.gaps import ChoiceGap, Gap, GapTextContent, NumberGap, TextGap
from certengine.items.matching import MatchingContent, Prompt
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.numeric import NumericContent, Tolerance
from certengine.items.options import Option
from certengine.items.ordering import OrderingContent
from certengine.items.parameters import Parameter
from certengine.items.rubric import Criterion
from certengine.items.short_answer import ShortAnswerContent
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent
from certengine.model.bank import Area, Bank, BankDraft, CognitiveLevel, Item, ItemStatus
from certengine.model.pass_standard import AllOf, AtLeast, NoVeto, PassRule
from certengine.model.scheme import (
    Aspect,
    AspectGroup,
    Cell,
    CertificateRule,
    Level,
    PanelRule,
    PracticalComponent,
    Rounding,
    Scheme,
    Section,
    Task,
    WrittenComponent,
)
from certengine.model.sitting import Candidate, Paper, Rating, ResponseSheet, Sitting
from certengine.model.text import Text
from certengine.scoring.written import read_sheet

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SEED = bytes(range(32))
AREAS = ("A", "B")
LEVELS = ("know", "apply")


def text(words: str) -> Text:
    """The same words in both languages."""
    return Text.of(zh=words, en=words)


def options(*ids: str) -> tuple[Option, ...]:
    """Options whose texts are told apart by their ids."""
    return tuple(Option(id=option_id, text=text(f"option {option_id}")) for option_id in ids)


def single_choice(key: str = "b") -> SingleChoiceContent:
    """Four options, one of them right."""
    return SingleChoiceContent(stem=text("which one"), options=options("a", "b", "c", "d"), key=key)


def multiple_response(*key: str) -> MultipleResponseContent:
    """Five options, by default the first three of them right."""
    return MultipleResponseContent(
        stem=text("which ones"), options=options("a", "b", "c", "d", "e"), key=key or ("a", "b", "c")
    )


def true_false(key: bool = True) -> TrueFalseContent:
    """A statement, by default a true one."""
    return TrueFalseContent(stem=text("it is so"), key=key)


def numeric(**changes: Any) -> NumericContent:
    """The product of two parameters, right within a hundredth."""
    content = NumericContent(
        stem=text("{U} V and {I} A: what power?"),
        parameters={
            "I": Parameter(min=Decimal("0.5"), max=Decimal(10), step=Decimal("0.5")),
            "U": Parameter(values=(Decimal(12), Decimal(24), Decimal(230))),
        },
        key="U*I",
        unit="W",
        places=1,
        tolerance=Tolerance(relative=Decimal("0.01")),
    )
    return replace(content, **changes)


def matching(**changes: Any) -> MatchingContent:
    """Three prompts and four options; the first three of them are right, in their order."""
    content = MatchingContent(
        stem=text("what belongs together"),
        prompts=tuple(Prompt(id=one, text=text(f"prompt {one}")) for one in ("p", "q", "r")),
        options=options("a", "b", "c", "d"),
        key={"p": "a", "q": "b", "r": "c"},
    )
    return replace(content, **changes)


def ordering(*key: str) -> OrderingContent:
    """Four steps, by default right as they are listed."""
    return OrderingContent(
        stem=text("in which order"), options=options("a", "b", "c", "d"), key=key or ("a", "b", "c", "d")
    )


def short_answer(**changes: Any) -> ShortAnswerContent:
    """One form in two languages, another in one, and a pattern."""
    content = ShortAnswerContent(
        stem=text("what is it called"),
        accepted=({"zh": "互锁", "en": "interlock"}, {"en": "mutual exclusion"}),
        patterns=("*(电气|机械)联锁",),
    )
    return replace(content, **changes)


def gap_text(**changes: Any) -> GapTextContent:
    """A gap of each rule: the current through some ohms, a choice, a word."""
    content = GapTextContent(
        stem=text("{U} V across 6 ohms drives <<i>>; a meter for it stands <<how>> and is called <<name>>."),
        parameters={"U": Parameter(values=(Decimal(12), Decimal(24)))},
        gaps=(
            Gap(id="i", number=NumberGap(key="U/6", unit="A", places=1, tolerance=Tolerance(relative=Decimal("0.01")))),
            Gap(id="how", choice=ChoiceGap(options=options("a", "b", "c"), key="b")),
            Gap(id="name", text=TextGap(accepted=({"zh": "电流表", "en": "ammeter"},))),
        ),
    )
    return replace(content, **changes)


def essay(**changes: Any) -> EssayContent:
    """Three points for a cause, a check that asks for the cause, and tidiness."""
    content = EssayContent(
        stem=text("why, and how do you find out"),
        lines=8,
        points=3,
        criteria=(
            Criterion(id="cause", title=text("a cause"), marks=1),
            Criterion(id="check", title=text("its check"), marks=1, requires="cause"),
            Criterion(id="order", title=text("in a safe order"), marks=1),
        ),
        model_answer=text("jammed: turn it by hand"),
    )
    return replace(content, **changes)


CONTENTS: dict[str, Any] = {kind.id: kind.samples()[0].content for kind in KINDS} | {
    "single_choice": single_choice(),
    "multiple_response": multiple_response(),
    "true_false": true_false(),
    "numeric": numeric(),
    "matching": matching(),
    "ordering": ordering(),
    "short_answer": short_answer(),
    "gap_text": gap_text(),
    "essay": essay(),
}


def item(item_id: str, kind: str = "single_choice", area: str = "A", level: str = "know", **fields: Any) -> Item:
    """An active item of a kind in a cell."""
    content = fields.pop("content", CONTENTS[kind])
    status = fields.pop("status", ItemStatus.ACTIVE)
    return Item(
        id=item_id, kind=kind, area=area, level=level, content=content, status=status, author="an author", **fields
    )


def section(section_id: str, kind: str, marks: str, *cells: tuple[str, str, int], **fields: Any) -> Section:
    """A section of a blueprint; cells as ``(area, level, count)``."""
    return Section(
        id=section_id,
        title=text(section_id),
        kind=kind,
        marks=Decimal(marks),
        cells=tuple(Cell(area=area, level=level, count=count) for area, level, count in cells),
        **fields,
    )


def written(*sections: Section, **fields: Any) -> WrittenComponent:
    """A written component whose total is what its sections add up to."""
    total = sum((part.total for part in sections), Decimal(0))
    return WrittenComponent(
        **{
            "id": "theory",
            "title": text("theory"),
            "bank": "tiny",
            "minutes": 90,
            "total": total,
            "sections": sections,
            **fields,
        }
    )


def published(items: Sequence[Item]) -> Bank:
    """A bank of these items as its first published version."""
    draft = BankDraft(
        id="tiny",
        title=text("a tiny bank"),
        languages=("en", "zh"),
        areas=tuple(Area(id=area, title=text(area)) for area in AREAS),
        levels=tuple(CognitiveLevel(id=level, title=text(level)) for level in LEVELS),
        items=tuple(items),
    )
    return Bank(
        contents=draft,
        version=1,
        digest=digest(draft),
        item_digests=tuple((one.id, digest(one)) for one in items),
        published_at=NOW,
        published_by="a publisher",
        reason="first",
    )


def task(task_id: str = "panel") -> Task:
    """One aspect of each kind, a hundred marks together."""

    def aspect(aspect_id: str, kind: str, marks: int, rule: Any) -> Aspect:
        return Aspect(id=aspect_id, kind=kind, title=text(aspect_id), marks=Decimal(marks), rule=rule)

    bands = (Band(at_most=Decimal("0.05"), marks=Decimal(40)), Band(at_most=Decimal("0.1"), marks=Decimal(20)))
    aspects = (
        aspect("M1", "measurement", 40, MeasurementRule(unit="mm", nominal=Decimal(100), bands=bands)),
        aspect("D1", "deduction", 30, DeductionRule(per_fault=Decimal(10), faults=text("faults"))),
        aspect("J1", "judgement", 30, JudgementRule(levels=tuple(text(f"level {n}") for n in range(4)))),
        aspect("V1", "veto", 0, VetoRule()),
    )
    return Task(
        id=task_id,
        title=text(task_id),
        minutes=120,
        total=Decimal(100),
        brief=text("build it"),
        groups=(AspectGroup(id="g", title=text("g"), aspects=aspects),),
    )


def ratings(*by_assessor: dict[str, Any]) -> tuple[Rating, ...]:
    """Entries on :func:`task` by assessors ``a1``, ``a2``, ...: aspect id to value."""
    return tuple(
        Rating(candidate="C1", component="skill", task="panel", aspect=aspect, assessor=f"a{number}", value=value)
        for number, entries in enumerate(by_assessor, start=1)
        for aspect, value in entries.items()
    )


GOOD = {"M1": "100.03", "D1": 0, "J1": 3, "V1": False}
"""Entries of one assessor that earn full marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything a paper is drawn from, and everything a decision rests on."""

    items: tuple[Item, ...]
    component: WrittenComponent
    skill: PracticalComponent
    pass_standard: PassRule
    candidates: tuple[str, ...]
    seed: bytes = SEED

    @property
    def bank(self) -> Bank:
        """The items, published."""
        return published(self.items)

    @property
    def scheme(self) -> Scheme:
        """The components and the pass standard."""
        return Scheme(
            id="tiny-scheme",
            edition="2026",
            title=text("tiny"),
            level=Level(scale="cn-skill", code="3", title=text("three")),
            languages=("en", "zh"),
            components=(self.component, self.skill),
            pass_standard=self.pass_standard,
            rounding=Rounding(),
            certificate=CertificateRule(
                title=text("tiny"), occupation=text("tiny"), template="formal", number="T{yy}{serial:06}"
            ),
        )

    @property
    def sitting(self) -> Sitting:
        """The sitting, open."""
        bank = self.bank
        return Sitting(
            id="2026-tiny",
            scheme_id="tiny-scheme",
            scheme_version=1,
            scheme_digest=digest(self.scheme),
            banks=((bank.id, bank.version, bank.digest),),
            candidates=tuple(Candidate(id=one, name=f"name of {one}") for one in self.candidates),
            opened_at=NOW,
            opened_by="an administrator",
        )

    def changed(self, item_id: str, **fields: Any) -> World:
        """The same world with one item changed."""
        items = tuple(replace(one, **fields) if one.id == item_id else one for one in self.items)
        assert items != self.items, f"nothing changed in {item_id}"
        return replace(self, items=items)

    def added(self, *items: Item) -> World:
        """The same world with more items."""
        return replace(self, items=self.items + items)

    def draw(self) -> tuple[Paper, ...]:
        """The papers of all candidates, in roster order."""
        return draw_papers(self.component, self.bank, self.sitting, seed=self.seed)

    def paper(self, candidate: str = "C1") -> Paper:
        """The paper of one candidate."""
        return next(paper for paper in self.draw() if paper.candidate == candidate)

    def read(self, paper: Paper, raw: dict[int, str]) -> ResponseSheet:
        """What a candidate wrote, as the kinds read it."""
        sheet, _ = read_sheet(paper, self.bank, raw)
        return sheet


_KINDS_OF_CELLS = (
    ("sc-a", "single_choice", "A", "know", 5),
    ("sc-b", "single_choice", "B", "know", 3),
    ("mr-a", "multiple_response", "A", "apply", 3),
    ("tf-a", "true_false", "A", "know", 4),
    ("nu-b", "numeric", "B", "apply", 3),
)

WORLD = World(
    items=tuple(
        item(f"{prefix}{number}", kind, area, level)
        for prefix, kind, area, level, count in _KINDS_OF_CELLS
        for number in range(1, count + 1)
    ),
    component=written(
        section("single", "single_choice", "1", ("A", "know", 2), ("B", "know", 1)),
        section("multiple", "multiple_response", "2", ("A", "apply", 1), policy="net_correct"),
        section("judge", "true_false", "0.5", ("A", "know", 2)),
        section("compute", "numeric", "4", ("B", "apply", 1)),
    ),
    skill=PracticalComponent(
        id="skill", title=text("skill"), total=Decimal(100), tasks=(task(), task("drive")), panel=PanelRule()
    ),
    pass_standard=AllOf(
        all=(
            AtLeast(component="theory", at_least=Decimal(6)),
            AtLeast(component="skill", at_least=Decimal(60)),
            NoVeto(no_veto="skill"),
        )
    ),
    candidates=("C1", "C2", "C3"),
)
