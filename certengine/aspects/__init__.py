"""Kinds of practical marking aspect. A new kind is one file with all its verbs, and one entry in :data:`KINDS`."""

from __future__ import annotations

from certengine.aspects.deduction import Deduction
from certengine.aspects.judgement import Judgement
from certengine.aspects.kind import AspectKind
from certengine.aspects.measurement import Measurement
from certengine.aspects.veto import Veto

KINDS: tuple[AspectKind, ...] = (Measurement(), Deduction(), Judgement(), Veto())


def kind_of(kind_id: str) -> AspectKind:
    """The kind of that id.

    Raises:
        KeyError: when there is none.
    """
    for kind in KINDS:
        if kind.id == kind_id:
            return kind
    raise KeyError(kind_id)
