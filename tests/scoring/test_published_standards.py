"""Every pass standard the design names can be declared in a scheme and decides as its body publishes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from certengine.errors import Finding
from certengine.model.scheme import AspectGroup, PracticalComponent, Scheme
from certengine.model.score import AspectScore, ScoreReport, Step
from certengine.scoring.decision import decide
from certengine.workspace.pass_standard_files import read_rule, rule_findings
from certengine.workspace.yaml_source import YamlSource, read_yaml
from tests.simulator import WORLD, section, text, written

STANDARDS: list[dict[str, Any]] = read_yaml(
    Path(__file__).parents[1] / "vectors" / "pass_standards.yaml", "pass_standards.yaml"
).data
CASES = [(standard, case) for standard in STANDARDS for case in standard["cases"]]


def practical(component_id: str, full: int, parts: list[str]) -> PracticalComponent:
    """A practical with one aspect for each part; marks are split so that the first is 60 at most, the rest evenly."""
    aspect = WORLD.skill.tasks[0].aspects[0]
    marks = {
        1: [full],
        2: [60, 40],
        3: [60, 30, 10],
        4: [60, 20, 10, 10],
    }[len(parts)]
    groups = tuple(
        AspectGroup(id=one, title=text(one), aspects=(replace(aspect, id=one, marks=Decimal(share)),))
        for one, share in zip(parts, marks, strict=True)
    )
    task = replace(WORLD.skill.tasks[0], groups=groups, total=Decimal(full))
    return replace(WORLD.skill, id=component_id, title=text(component_id), total=Decimal(full), tasks=(task,))


def declared(standard: dict[str, Any]) -> Scheme:
    """A scheme with the components of a standard and its rule, read as from a file and found without fault."""
    given = standard.get("practical", {})
    components = tuple(
        practical(one, full, given[one])
        if one in given
        else written(section("s", "true_false", "1", ("A", "know", full)), id=one, title=text(one), total=Decimal(full))
        for one, full in standard["components"].items()
    )
    findings: list[Finding] = []
    source = YamlSource("scheme.yaml")
    rule = read_rule(standard["standard"], source, ("pass_standard",), findings)
    assert rule is not None, findings
    scheme = replace(WORLD.scheme, components=components, pass_standard=rule)
    assert [*findings, *rule_findings(rule, scheme, source, ())] == []
    return scheme


def reports(scheme: Scheme, case: dict[str, Any]) -> dict[str, ScoreReport]:
    """The reports of a case: scores as given, or the sum of the aspects given."""
    made = {}
    for component in scheme.components:
        marks = case.get("aspects", {}).get(component.id)
        vetoes = tuple(case.get("vetoes", {}).get(component.id, ()))
        score = case.get("scores", {}).get(component.id)
        if marks is None and score is None:
            continue
        aspects = ()
        if marks is not None and isinstance(component, PracticalComponent):
            score = sum(marks.values())
            aspects = tuple(
                AspectScore(aspect=one.id, full=one.marks, earned=Fraction(marks[one.id]), reason=text("r"))
                for one in component.tasks[0].aspects
            )
        made[component.id] = ScoreReport(
            candidate="C1",
            component=component.id,
            full=component.total,
            exact=Fraction(str(score)),
            score=Decimal(str(score)),
            aspects=aspects,
            vetoes=vetoes,
        )
    return made


def everything_found(step: Step) -> Iterator[str]:
    """What was found at a step and at every step within."""
    yield step.found.best("en")
    for part in step.steps:
        yield from everything_found(part)


@pytest.mark.parametrize(("standard", "case"), CASES, ids=[f"{s['name']}-{n}" for n, (s, _) in enumerate(CASES)])
def test_a_declared_standard_decides_as_published(standard: dict[str, Any], case: dict[str, Any]) -> None:
    """The standard is read from its words, has no finding, and gives the outcome of each published number."""
    scheme = declared(standard)
    decision = decide("C1", scheme, reports(scheme, case))

    assert case["outcome"] == decision.outcome
    assert case.get("shown") is None or case["shown"] in everything_found(decision.derivation)


def test_every_scheme_of_the_design_has_a_standard_that_passes_and_fails() -> None:
    """Each standard is held to numbers on both sides of its lines."""
    outcomes = {standard["name"]: {case["outcome"] for case in standard["cases"]} for standard in STANDARDS}

    assert [name for name, seen in outcomes.items() if not {"passed", "failed"} <= seen] == []
