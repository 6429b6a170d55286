"""What ticks earn where it is not all or nothing: partial credit by option, negative marking, a mapping of the item's own.

Policies and where they come from:

- ``partial_false2``, ``partial_false``, ``partial_true``, ``partial_all``, ``partial_none``: the rules of that name in
  R/exams (``exams_eval`` with ``partial = TRUE, negative = FALSE``). A right tick earns 1 / right options; a wrong one takes
  off 1 / max(wrong options, 2), 1 / wrong options, 1 / right options, everything, or nothing. An item is never under 0.
- ``negative``: a wrong answer takes off 1 / (options - 1) of the marks, so that blind guessing earns nothing on the whole
  (Thurstone 1919; the correction for guessing of Lord and Novick 1968); ``negative_quarter``, ``negative_third``,
  ``negative_half`` and ``negative_full`` take off that part. The floor is the paper's: no score is under 0.
- ``mapped``: points for each option, added up and kept between two bounds (QTI, ``mapResponse`` with ``lowerBound`` and
  ``upperBound``). An item without a mapping is marked all or nothing.

Invariants: the right answer earns 1, whatever the policy; blank and double marks are not seen here, and take nothing off.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from certengine.canonical import decimal_text
from certengine.items.kind import Problem, Variant
from certengine.items.options import Option, ordered
from certengine.model.score import Mark
from certengine.model.text import Text

PARTIAL: Final = ("partial_false2", "partial_false", "partial_true", "partial_all", "partial_none")
NEGATIVE: Final[Mapping[str, Fraction | None]] = {
    "negative": None,
    "negative_quarter": Fraction(1, 4),
    "negative_third": Fraction(1, 3),
    "negative_half": Fraction(1, 2),
    "negative_full": Fraction(1),
}
"""By policy, what a wrong answer takes off; ``None``: 1 / (options - 1)."""
MAPPED: Final = "mapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionMapping:
    """What the options of an item are worth under the policy ``mapped``.

    Attributes:
        values: points by option id; an option that is not named is worth 0.
        lower: the least an answer may come to.
        upper: the most it may come to, which is full marks; without it what the right answer comes to.
    """

    values: Mapping[str, Decimal]
    lower: Decimal = Decimal(0)
    upper: Decimal | None = None

    def full(self, key: Collection[str]) -> Decimal:
        """The points that are full marks."""
        return self.upper if self.upper is not None else self._sum(key)

    def points(self, ticked: Collection[str], key: Collection[str]) -> Decimal:
        """The points of an answer, within the bounds."""
        return max(self.lower, min(self._sum(ticked), self.full(key)))

    def _sum(self, ids: Collection[str]) -> Decimal:
        return sum((self.values.get(one, Decimal(0)) for one in ids), Decimal(0))


def wrong_tick(policy: str, right: int, wrong: int) -> Fraction:
    """The share of the marks that each wrong tick takes off under a policy of :data:`PARTIAL`.

    Args:
        right, wrong: how many options of either kind the item has.
    """
    return {
        "partial_false2": Fraction(1, max(wrong, 2)),
        "partial_false": Fraction(1, max(wrong, 1)),
        "partial_true": Fraction(1, right),
        "partial_all": Fraction(1),
        "partial_none": Fraction(0),
    }[policy]


def negative(policy: str, options: int, mark: Mark) -> Mark:
    """A wrong answer's mark under a policy of :data:`NEGATIVE`: what it takes off, and said so."""
    off = NEGATIVE[policy] or Fraction(1, options - 1)
    zh, en = mark.reason.best("zh"), mark.reason.best("en")
    return Mark(
        share=-off,
        reason=Text.of(zh=f"{zh}，答错倒扣本题分值的 {off}", en=f"{en}: a wrong answer takes off {off} of its marks"),
    )


def mapped(
    options: Sequence[Option], variant: Variant, mapping: OptionMapping, ticked: Collection[str], key: Collection[str]
) -> Mark:
    """The mark of some ticks by the item's mapping."""
    full, points = mapping.full(key), mapping.points(ticked, key)
    worths = [
        f"{letter} {decimal_text(mapping.values.get(option.id, Decimal(0)))}"
        for letter, option in ordered(options, variant)
        if option.id in ticked
    ]
    least, most, got = decimal_text(mapping.lower), decimal_text(full), decimal_text(points)
    return Mark(
        share=Fraction(points) / Fraction(full),
        reason=Text.of(
            zh=f"按选项计分：{'，'.join(worths)}；合计限于 {least} 至 {most}，得 {got}，满分 {most}",
            en=f"by option: {', '.join(worths)}; together within {least} to {most}: {got} of {most}",
        ),
    )


def mapping_problems(
    mapping: OptionMapping | None, options: Sequence[Option], key: Collection[str]
) -> Iterator[Problem]:
    """What can be wrong in a mapping: options there are not, bounds that cross, a right answer that earns less than all."""
    if mapping is None:
        return
    ids = [option.id for option in options]
    for one in mapping.values:
        if one not in ids:
            yield Problem(
                code="item/mapping-option",
                message=f"the mapping names `{one}`, which is none of the options: {', '.join(ids)}",
                path=("mapping", "values", one),
                hint="name ids of options",
            )
    full = mapping.full(key)
    if full <= 0 or mapping.points(key, key) != full:
        yield Problem(
            code="item/mapping-key",
            message="the right answer does not come to full marks by the mapping",
            path=("mapping",),
            hint="give the right options points that add up to `upper` at least, and more than 0",
        )
    elif not -full <= mapping.lower <= 0:
        yield Problem(
            code="item/mapping-bounds",
            message=f"`lower` lies between -{decimal_text(full)} and 0, given: {decimal_text(mapping.lower)}",
            path=("mapping", "lower"),
            hint="write `lower: 0`, or what an answer may cost at most",
        )
