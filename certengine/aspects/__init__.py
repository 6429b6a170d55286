"""Kinds of practical marking aspect. A new kind is one file with all its verbs, and one entry in :data:`KINDS`."""

from __future__ import annotations

from certengine.aspects.checklist import Checklist
from certengine.aspects.deduction import Deduction
from certengine.aspects.gate import Gate
from certengine.aspects.judgement import Judgement
from certengine.aspects.kind import AspectKind
from certengine.aspects.measurement import Measurement
from certengine.aspects.overtime import Overtime
from certengine.aspects.veto import Veto

#: In the order in which aspects that bear on others are settled: what is vetoed first, then what a gate holds back.
KINDS: tuple[AspectKind, ...] = (Measurement(), Deduction(), Judgement(), Checklist(), Veto(), Gate(), Overtime())


def kind_of(kind_id: str) -> AspectKind:
    """The kind of that id.

    Raises:
        KeyError: when there is none.
    """
    for kind in KINDS:
        if kind.id == kind_id:
            return kind
    raise KeyError(kind_id)
