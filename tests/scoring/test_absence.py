"""Who did not come is absent, not blank: nothing is earned, nobody is failed by a blank, and no statistic counts it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from certengine.model.key_correction import KeyCorrection, KeyPolicy
from certengine.model.pass_standard import AtLeast, PassRule, WeightedAtLeast
from certengine.model.score import Failed, Passed, ScoreReport
from certengine.model.sitting import ResponseState
from certengine.scoring.component_analysis import summarise_scores
from certengine.scoring.decision import decide
from certengine.scoring.explanation import explain
from certengine.scoring.observations import observe
from certengine.scoring.written import read_sheet, score_written
from tests.scoring.test_statements import skill, stated
from tests.simulator import WORLD

PAPER, BANK, COMPONENT = WORLD.paper(), WORLD.bank, WORLD.component
STANDARD = AtLeast(component="theory", at_least=Decimal(4))
SCHEME = replace(WORLD.scheme, components=(COMPONENT, WORLD.skill), pass_standard=STANDARD)


def absent(*corrections: KeyCorrection) -> ScoreReport:
    """The score of a paper whose candidate did not come."""
    sheet, findings = read_sheet(PAPER, BANK, {}, absent=True)
    assert () == findings
    chains = {drawn.item: corrections for drawn in PAPER.items}
    return score_written(PAPER, sheet, COMPONENT, BANK, SCHEME.rounding, corrections=chains)


def decided(rule: PassRule, *reports: ScoreReport) -> Failed | Passed:
    """The decision by one rule, where the scheme asks for no other component."""
    asked = tuple(one for one in SCHEME.components if one.id in {report.component for report in reports})
    scheme = replace(SCHEME, pass_standard=rule, components=asked)
    made = decide("C1", scheme, {one.component: one for one in reports})
    assert isinstance(made, Failed | Passed)
    return made


def test_every_response_is_absent() -> None:
    """Not blank: the trace says so in both languages; a paper without any position is nobody's absence."""
    report = absent()

    assert report.absent
    assert not replace(report, items=()).absent
    assert (Fraction(0), Decimal("0.0")) == (report.exact, report.score)
    assert {(ResponseState.ABSENT, "缺考", "absent")} == {
        (one.state, one.reason.best("zh"), one.reason.best("en")) for one in report.items
    }


def test_full_credit_for_everybody_is_not_for_the_absent() -> None:
    """A question at fault gives marks to all who sat the paper, and to nobody else; nor does a corrected key."""
    full = KeyCorrection(number=1, bank=BANK.id, item="-", policy=KeyPolicy.FULL_CREDIT)
    report = absent(full)
    anew = [
        replace(full, policy=KeyPolicy.CURRENT, corrected=item, item=item.id, key="k@2") for item in BANK.contents.items
    ]
    sheet, _ = read_sheet(PAPER, BANK, {}, absent=True)
    chains = {one.item: (one,) for one in anew}
    again = score_written(PAPER, sheet, COMPONENT, BANK, SCHEME.rounding, corrections=chains)

    assert (Fraction(0), True) == (report.exact, report.absent)
    assert {1} == {one.correction for one in report.items}
    assert (Fraction(0), True) == (again.exact, again.absent)


@pytest.mark.parametrize("due", ["4", "0"])
def test_the_absent_do_not_pass_a_threshold(due: str) -> None:
    """Not even one of nothing; the derivation says why."""
    made = decided(replace(STANDARD, at_least=Decimal(due)), absent())

    assert "failed" == made.outcome
    assert made.derivation.found.best("en") == f"0 (absent from {COMPONENT.title.best('en')})"
    assert made.derivation.found.best("zh") == f"0 分（{COMPONENT.title.best('zh')}缺考）"


def test_a_mean_counts_nothing_for_the_absent_and_says_so() -> None:
    """What they sat may carry them where the scheme lets it."""
    weights = {"theory": Decimal(1), "skill": Decimal(1)}
    made = decided(WeightedAtLeast(weighted=weights, at_least=Decimal(10)), absent(), skill())

    assert "passed" == made.outcome
    assert "absent from" in made.derivation.found.best("en")


def test_statement_and_explanation_say_absent() -> None:
    """In place of marks: no sections of nothing, no rounding of nothing."""
    made = decided(STANDARD, absent())
    (part,) = stated(absent(), scheme=SCHEME).parts
    (line,) = explain(made, [absent()], SCHEME).components

    assert (True, (), "absent") == (part.absent, part.sections, part.rounding.best("en"))
    assert "缺考" == line.rounding.best("zh")


def test_no_statistic_counts_the_absent() -> None:
    """No observation of any item; of scores they are counted apart."""
    assert () == observe(absent(), {})
    summary = summarise_scores([Decimal(5), None], full=Decimal(10), cut=None, absent=3)

    assert (1, 1, 3) == (summary.n, summary.open, summary.absent)
