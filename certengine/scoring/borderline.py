"""Who stands so near a threshold that the error of the examination could have put him or her on the other side.

A component's thresholds are those that no pass can do without. How near is near is either declared in marks, or one
standard error of measurement where one is defined (:func:`~certengine.scoring.component_analysis.sampling_error`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from certengine.model.pass_standard import AtLeast
from certengine.model.scheme import Scheme
from certengine.scoring.enrolment import rules_alone


@dataclass(frozen=True, slots=True, kw_only=True)
class NearCut:
    """One score near a threshold.

    Attributes:
        distance: score less threshold; below zero it was missed.
        margin: how near counted as near, in marks.
    """

    candidate: str
    component: str
    score: Decimal
    cut: Decimal
    distance: Decimal
    margin: Decimal


def near_cuts(
    scheme: Scheme, scores: Iterable[tuple[str, str, Decimal]], margins: Mapping[str, Decimal]
) -> tuple[NearCut, ...]:
    """Scores within their component's margin of a threshold, the nearest first.

    Args:
        scores: candidate, component, score.
        margins: by component; one without a margin is left out.
    """
    cuts = {
        component.id: sorted(
            {
                rule.at_least
                for rule in rules_alone(scheme.pass_standard, component.id)
                if isinstance(rule, AtLeast) and rule.part is None
            }
        )
        for component in scheme.components
    }
    found = [
        NearCut(
            candidate=candidate,
            component=component,
            score=score,
            cut=cut,
            distance=score - cut,
            margin=margins[component],
        )
        for candidate, component, score in scores
        if component in margins
        for cut in cuts[component]
        if abs(score - cut) <= margins[component]
    ]
    return tuple(sorted(found, key=lambda one: (abs(one.distance), one.candidate, one.component, one.cut)))
