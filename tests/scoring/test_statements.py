"""A statement follows from its decision: parts with their sections, what can be done next, and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from certengine.model.credential import Issuer
from certengine.model.earlier import CarriedPart, CarryOver, RetakeRule
from certengine.model.pass_standard import AllOf, AtLeast, NoVeto
from certengine.model.scheme import AppealRule, AspectGroup, Scheme
from certengine.model.score import AspectScore, Failed, ItemScore, Passed, ScoreReport
from certengine.model.sitting import Candidate, ResponseState
from certengine.model.statement import PassedPart, Statement
from certengine.scoring.decision import decide
from certengine.scoring.statements import Occasion, state
from tests.simulator import WORLD, text

TASK = WORLD.skill.tasks[0]
STANDARD = AllOf(
    all=(
        AtLeast(component="theory", at_least=Decimal(4)),
        AtLeast(component="skill", at_least=Decimal(60)),
        NoVeto(no_veto="skill"),
    )
)
SCHEME = replace(WORLD.scheme, components=(WORLD.component, WORLD.skill), pass_standard=STANDARD)
CANDIDATE = Candidate(id="C1", name="张伟", name_en="Zhang Wei", id_document_last4="1234")


def theory(earned: str = "1", **changes: object) -> ScoreReport:
    """Every item of the paper with so many of its marks."""
    items = tuple(
        ItemScore(
            position=number,
            item=f"I{number}",
            section=section.id,
            state=ResponseState.GIVEN,
            full=section.marks,
            earned=Fraction(section.marks) * Fraction(earned),
            reason=text("r"),
        )
        for section in WORLD.component.sections
        for number in range(1, section.count + 1)
    )
    exact = sum((one.earned for one in items), Fraction(0))
    made = ScoreReport(
        candidate="C1",
        component="theory",
        full=WORLD.component.total,
        exact=exact,
        score=Decimal(exact.numerator) / exact.denominator,
        items=items,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def skill(share: str = "1", vetoes: tuple[str, ...] = (), **changes: object) -> ScoreReport:
    """Every aspect of the task with so many of its marks."""
    aspects = tuple(
        AspectScore(aspect=one.id, full=one.marks, earned=Fraction(one.marks) * Fraction(share), reason=text("r"))
        for one in TASK.aspects
    )
    exact = sum((one.earned for one in aspects), Fraction(0))
    made = ScoreReport(
        candidate="C1",
        component="skill",
        full=WORLD.skill.total,
        exact=exact,
        score=Decimal(exact.numerator) / exact.denominator,
        aspects=aspects,
        vetoes=vetoes,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def stated(*reports: ScoreReport, scheme: Scheme = SCHEME) -> Statement:
    """The statement of the decision on these reports, approved on 3 March 2027."""
    decision = decide("C1", scheme, {one.component: one for one in reports})
    assert isinstance(decision, Passed | Failed)
    occasion = Occasion(
        sitting="spring",
        scheme=scheme,
        scheme_version=2,
        issuer=Issuer(id="small", name=text("Academy"), domain="verify.example.org"),
        decided_on=date(2027, 3, 1),
        approved_on=date(2027, 3, 3),
    )
    return state(decision, reports, CANDIDATE, occasion)


def test_every_part_has_its_sections() -> None:
    """Sections of the paper and groups of the task with their marks; one without marks, such as vetoes', is left out."""
    veto = next(one for one in TASK.aspects if one.kind == "veto")
    marked = AspectGroup(id="m", title=text("marked"), aspects=tuple(one for one in TASK.aspects if one.marks))
    task = replace(TASK, groups=(marked, AspectGroup(id="v", title=text("vetoes"), aspects=(veto,))))
    of_groups = replace(SCHEME, components=(WORLD.component, replace(WORLD.skill, tasks=(task,))))
    by_id = {one.aspect: one for one in skill("1/3").aspects}
    statement = stated(theory(), skill("1/3", aspects=tuple(by_id[one.id] for one in task.aspects)), scheme=of_groups)
    paper, bench = statement.parts

    assert [(Decimal(one.earned), one.full) for one in paper.sections] == [
        (section.total, section.total) for section in WORLD.component.sections
    ]
    assert [(one.title, one.earned) for one in bench.sections] == [(text("marked"), "33.33…")]
    assert (paper.cut, bench.cut) == (Decimal(4), Decimal(60))


def test_a_task_that_is_not_in_the_scheme_has_no_groups() -> None:
    """Marks of a task the scheme no longer holds are told as a whole."""
    bench = stated(theory(), skill(aspects=skill().aspects[:1])).parts[1]

    assert bench.sections == ()


def test_an_upheld_veto_is_named_by_its_title() -> None:
    """Not by its id; one that the scheme no longer holds by the id after all."""
    known = next(one for one in TASK.aspects if one.kind == "veto")
    statement = stated(theory(), skill(vetoes=(known.id, "V9")))

    assert statement.outcome == "failed"
    assert statement.parts[1].vetoes == (known.title, text("V9"))


def test_who_failed_reads_what_counts_later_and_when_to_come_again() -> None:
    """The passed part with its last day, and the end of the wait; not what was carried already."""
    rules = replace(
        SCHEME,
        carry_over=(CarryOver(component="theory", months=12), CarryOver(component="skill", months=6)),
        retakes=RetakeRule(wait_days=30),
    )
    part = CarriedPart(component="theory", sitting="old", candidate="C1", until=date(2027, 9, 1))
    fresh, carried = stated(theory(), skill("0"), scheme=rules), stated(theory(carried=part), skill("0"), scheme=rules)

    assert fresh.carry == (PassedPart(title=WORLD.component.title, until=date(2028, 3, 2)),)
    assert fresh.again_from == date(2027, 3, 31)
    assert (carried.carry, carried.parts[0].origin is not None) == ((), True)


def test_who_passed_is_told_of_no_retake() -> None:
    """Nothing to carry, nothing to wait for."""
    rules = replace(SCHEME, carry_over=(CarryOver(component="theory", months=12),), retakes=RetakeRule(attempts=1))
    statement = stated(theory(), skill(), scheme=rules)

    assert (statement.outcome, statement.carry, statement.again_from) == ("passed", (), None)
    assert stated(theory("0"), skill(), scheme=rules).again_from is None


def test_an_open_part_is_not_told_as_a_score() -> None:
    """A decision that failed on one part says nothing of another that is still open."""
    assert [part.component for part in stated(theory("0"), skill(score=None)).parts] == ["theory"]
    assert stated(theory("0"), scheme=replace(SCHEME, carry_over=(CarryOver(component="skill", months=1),))).carry == ()


def test_the_last_day_of_an_appeal() -> None:
    """So many days after the approval, that day included; without a rule there is none."""
    how = text("in writing")
    statement = stated(theory(), skill(), scheme=replace(SCHEME, appeals=AppealRule(days=10, how=how)))

    assert (statement.appeal_until, statement.appeal_how) == (date(2027, 3, 13), how)
    assert stated(theory(), skill()).appeal_until is None


def test_it_holds_no_more_of_the_person_than_the_page() -> None:
    """Name and candidate id; no digits of a document."""
    statement = stated(theory(), skill())

    assert statement.reference == f"spring/C1/{statement.decision[7:15]}"
    assert "1234" not in repr(statement).replace(statement.decision, "").replace(statement.reference, "")
