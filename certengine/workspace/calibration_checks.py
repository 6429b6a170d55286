"""Whether an item's calibration can be one: a slope above zero, a place on the scale, a chance to guess below certainty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from certengine.errors import Finding
from certengine.model.bank import ItemCalibration
from certengine.workspace.located import Places
from certengine.workspace.yaml_source import DataPath

FARTHEST: Final = 10
"""Logits from the middle of a scale, and the steepest slope: no estimate that lies beyond is to be believed."""


def calibration_findings(calibration: ItemCalibration | None, source: Places, path: DataPath) -> Iterator[Finding]:
    """Everything wrong with the parameters of one item."""
    if calibration is None:
        return
    a, b, c = calibration.discrimination, calibration.location, calibration.guessing
    if not 0 < a <= FARTHEST:
        yield source.finding(
            "item/calibration",
            f"a discrimination lies above 0 and at most at {FARTHEST}, given: {a}",
            (*path, "discrimination"),
            hint="write the slope in the logistic metric, for example 1.2; an item that does not discriminate measures nothing",
        )
    if abs(b) > FARTHEST:
        yield source.finding(
            "item/calibration",
            f"a location lies between -{FARTHEST} and {FARTHEST} logits, given: {b}",
            (*path, "location"),
            hint="write the location in logits, for example -0.35",
        )
    if c is not None and not 0 <= c < 1:
        yield source.finding(
            "item/calibration",
            f"guessing is a probability from 0 to below 1, given: {c}",
            (*path, "guessing"),
            hint="write for example 0.2, or leave it out",
        )
