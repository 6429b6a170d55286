"""Entries that are taken and hard to believe: which ones, why, and that real failures are not among them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from certengine.aspects import kind_of
from certengine.aspects.deduction import DeductionRule
from certengine.aspects.kind import Doubting
from certengine.aspects.measurement import Band, MeasurementRule
from certengine.aspects.tolerances import Limits, Line, Steps
from certengine.model.scheme import Aspect
from certengine.model.text import Text
from tests.simulator import task, text

D = Decimal
M1, D1, J1, V1 = task().aspects


def measured(unit: str = "mm", **rule: Any) -> Aspect:
    """A measurement of ten marks."""
    return replace(M1, marks=D(10), rule=MeasurementRule(unit=unit, **rule))


def doubt(aspect: Aspect, raw: str) -> str | None:
    """What is doubted in an entry, in English."""
    kind = kind_of(aspect.kind)
    assert isinstance(kind, Doubting)
    found = kind.doubt(aspect, kind.parse(aspect, raw))
    return None if found is None else found.best("en")


UPPER = measured(bands=(Band(at_most=D("0.03"), marks=D(10)), Band(at_most=D("0.06"), marks=D(5))))
LOWER = measured("MΩ", bands=(Band(at_least=D(1), marks=D(10)),))
SHARE = measured("", bands=(Band(at_least=D(".95"), marks=D(10)), Band(at_least=D(".85"), marks=D(3))))
FAULTS = replace(D1, rule=DeductionRule(per_fault=D(2), faults=text("faults")), marks=D(12))
TOO_MUCH = "more than ten times the limit"


@pytest.mark.parametrize(
    ("aspect", "raw", "why"),
    [
        (UPPER, "100.02", f"{TOO_MUCH} 0.06"),
        (UPPER, "0.6", None),
        (UPPER, "0", None),
        (UPPER, "-0.02", "negative, where no limit of the rule is"),
        (measured(limits=Limits(at_least=D(-5))), "-40", None),
        (measured(bands=(Band(at_most=D(0), marks=D(10)),)), "7", None),
        (M1, "0.02", "99.98 away from 100, more than ten times the limit 0.1; the reading is due, not its error"),
        (M1, "101", None),
        (measured(nominal=D(5), limits=Limits(at_least=D(1))), "900", None),
        (LOWER, "0.09", "less than a tenth of the limit 1"),
        (LOWER, "0", None),
        (LOWER, "5500", None),
        (SHARE, "96", "more than 1, where a share is due: 0.95 for 95 %"),
        (SHARE, "1", None),
        (SHARE, "0.3", None),
        (measured("", limits=Limits(at_least=D(2))), "40", None),
        (measured(limits=Limits(at_least=D("24.98"), at_most=D(25))), "249.9", "out by half or more of the limits 24.98 – 25"),
        (measured(limits=Limits(at_least=D("24.98"), at_most=D(25))), "2.5", "out by half or more of the limits 24.98 – 25"),
        (measured(limits=Limits(at_least=D("24.98"), at_most=D(25))), "26", None),
        (measured(limits=Limits(at_least=D(-1), at_most=D(1))), "40", None),
        (measured(steps=Steps(limit=D(1), per=D("0.1"), marks=D(5))), "13", f"{TOO_MUCH} 1.2"),
        (measured(steps=Steps(limit=D(1), per=D("0.1"), marks=D(5), beyond="below")), "0.05", "less than a tenth of the limit 0.8"),
        (measured("", line=Line(none_at=D(".8"), full_at=D(1))), "95", "more than 1, where a share is due: 0.95 for 95 %"),
        (measured("s", line=Line(none_at=D(20), full_at=D(12))), "201", f"{TOO_MUCH} 20"),
        (replace(M1, marks=D(8), rule=MeasurementRule(marks_each=D(1))), "8", None),
        (measured("", bands=(Band(at_least=D(1), marks=D(10)),)), "1", None),
        (FAULTS, "18", None),
        (FAULTS, "19", "19 faults: more than 3 times what takes off all there is"),
        (replace(FAULTS, rule=replace(FAULTS.rule, cap=D(4))), "7", "7 faults: more than 3 times what takes off all there is"),
    ],
)  # fmt: skip
def test_what_is_hard_to_believe(aspect: Aspect, raw: str, why: str | None) -> None:
    """A slip of the point, of the unit or of the row is told with what it is held against; a bad workpiece is not."""
    assert doubt(aspect, raw) == why


@pytest.mark.parametrize("aspect", [UPPER, FAULTS], ids=["measurement", "deduction"])
def test_not_attempted_is_no_doubt(aspect: Aspect) -> None:
    """What was not attempted has no value to be doubted."""
    kind = kind_of(aspect.kind)
    assert isinstance(kind, Doubting)
    assert kind.doubt(aspect, None) is None


def test_kinds_of_a_few_choices_have_no_doubts() -> None:
    """Where every entry is one of a few, none is hard to believe."""
    assert not any(isinstance(kind_of(one.kind), Doubting) for one in (J1, V1))


@pytest.mark.parametrize(("aspect", "raw"), [(UPPER, "9"), (M1, "0"), (FAULTS, "99"), (SHARE, "96"), (LOWER, "0.01")])
def test_a_doubt_is_in_both_languages(aspect: Aspect, raw: str) -> None:
    """Whoever is asked to look again reads why in Chinese too."""
    kind = kind_of(aspect.kind)
    assert isinstance(kind, Doubting)
    found = kind.doubt(aspect, kind.parse(aspect, raw))
    assert isinstance(found, Text)
    assert found.get("zh") != found.get("en")
