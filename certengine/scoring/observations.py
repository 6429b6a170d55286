"""What a sitting's written papers say, as one flat run of observations: the input of every analysis.

Invariant: an observation names options by their id in the bank, never by the letter on one candidate's paper, since
every paper has its own order of options.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import lcm

from certengine.model.score import ScoreReport
from certengine.model.sitting import ResponseState


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """What the bank says of an item: option ids in bank order and which are right; none for items without options."""

    item: str
    options: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemObservation:
    """What one candidate did with one item.

    Attributes:
        share: of the full marks.
        chosen: option *ids*, not the letters of this paper; read only when the state is ``given``.
    """

    candidate: str
    item: str
    section: str
    share: Fraction
    full: Decimal
    state: ResponseState
    chosen: tuple[str, ...] = ()


def observe(report: ScoreReport, chosen: Mapping[int, tuple[str, ...]]) -> tuple[ItemObservation, ...]:
    """A written score report as observations; ``chosen`` gives the option ids ticked at each position.

    Items dropped by a key correction or worth no marks, answers that wait for a person, and papers of absent candidates say
    nothing and are left out.
    """
    return tuple(
        ItemObservation(
            candidate=report.candidate,
            item=score.item,
            section=score.section,
            share=score.earned / Fraction(score.full),
            full=score.full,
            state=score.state,
            chosen=chosen.get(score.position, ()),
        )
        for score in report.items
        if score.full and score.open is None and not score.dropped and score.state is not ResponseState.ABSENT
    )


def whole_marks(observations: Sequence[ItemObservation]) -> list[tuple[int, int]]:
    """Earned and full marks of each observation, as whole numbers in one unit.

    A sitting may have a million observations but few distinct marks, so each distinct pair is worked out once.
    """
    keys = [(seen.share.numerator, seen.share.denominator, seen.full) for seen in observations]
    exact = {key: (Fraction(key[0], key[1]) * Fraction(key[2]), Fraction(key[2])) for key in set(keys)}
    unit = lcm(*(mark.denominator for pair in exact.values() for mark in pair))
    whole = {key: (int(earned * unit), int(full * unit)) for key, (earned, full) in exact.items()}
    return [whole[key] for key in keys]
