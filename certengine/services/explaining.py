"""Explaining results: one decision line by line, and who stands near a threshold."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from certengine.errors import Refused
from certengine.model.scheme import Scheme, WrittenComponent
from certengine.scoring.borderline import NearCut, near_cuts
from certengine.scoring.component_analysis import sampling_error
from certengine.scoring.explanation import Explanation, explain
from certengine.scoring.observations import observe
from certengine.services.context import Context
from certengine.services.readers import RESULT_READERS
from certengine.services.results import candidate_result, sitting_results
from certengine.services.sittings import LoadedSitting, load
from certengine.store import gradings
from certengine.store.decisions import DecisionRecord

_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A decision as written down, with its explanation and the scheme it was made by."""

    record: DecisionRecord
    scheme: Scheme
    explanation: Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class Borderline:
    """Scores near a threshold, and by which margin for each component; those without a margin were not looked at."""

    margins: dict[str, Decimal]
    unmeasured: tuple[str, ...]
    near: tuple[NearCut, ...]


def explain_result(context: Context, sitting_id: str, candidate_id: str) -> Explained:
    """The latest decision on a candidate, line by line.

    Raises:
        NotFound: when the sitting, the candidate or a decision does not exist.
    """
    scheme = load(context, sitting_id).scheme
    record = candidate_result(context, sitting_id, candidate_id)
    return Explained(record=record, scheme=scheme, explanation=explain(record.decision, record.reports, scheme))


def borderline(context: Context, sitting_id: str, within: Decimal | None) -> Borderline:
    """Decided scores within so many marks of a threshold, or within one standard error where that is not said.

    Raises:
        NotFound: when there is no such sitting.
        Refused: when nothing was decided, the margin is not above 0, or the role is missing.
    """
    context.demand_role(*RESULT_READERS)
    if within is not None and within <= 0:
        raise Refused("a margin is above 0 marks", hint="write for example `--within 2.5`", code="result/margin")
    loaded = load(context, sitting_id)
    records = sitting_results(context, sitting_id)
    if not records:
        raise Refused(
            f"sitting `{sitting_id}` has no decisions",
            hint=f"`certengine result decide {sitting_id}`",
            code="result/none",
        )
    margins = (
        _standard_errors(context, loaded) if within is None else {one.id: within for one in loaded.scheme.components}
    )
    carried = {
        (one.candidate, one.component) for record in records for one in record.reports if one.carried is not None
    }
    scores = [
        (record.decision.candidate, component, score)
        for record in records
        for component, score in record.decision.scores
        if (record.decision.candidate, component) not in carried
    ]
    return Borderline(
        margins=margins,
        unmeasured=tuple(one.id for one in loaded.scheme.components if one.id not in margins),
        near=near_cuts(loaded.scheme, scores, margins),
    )


def _standard_errors(context: Context, loaded: LoadedSitting) -> dict[str, Decimal]:
    """The standard error of each written component in marks, to the hundredth, where one is defined."""
    with context.reading() as connection:
        written = gradings.latest_written(connection, loaded.sitting.id)
    found = {}
    for component in loaded.scheme.components:
        if isinstance(component, WrittenComponent):
            seen = [one for _, report in written if report.component == component.id for one in observe(report, {})]
            error = sampling_error(seen)
            if error is not None:
                found[component.id] = Decimal(str(round(error, 6))).quantize(_HUNDREDTH)
    return found
