"""How much an item tells about candidates at the cut: what parallel forms are matched on beside difficulty and time.

Exact to the last millionth on every platform: computed in decimals of a fixed precision, never in floating point.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Final

from certengine.model.bank import ItemCalibration

_EXACT: Final = Context(prec=28)


def information_of(calibration: ItemCalibration, ability: Decimal) -> Decimal:
    """Fisher information of one item about ability, in 1/logit²; that of a paper is the sum over its items.

    The three-parameter logistic model (Birnbaum, in Lord and Novick 1968; Lord 1980), with guessing 0 the two-parameter
    one: ``P = c + (1 - c) R`` where ``R = 1 / (1 + exp(-a (ability - b)))``, and ``I = a² (1 - c) R² (1 - R) / P``. The
    standard error of ability at that point is one over the root of a paper's information.
    """
    a, c = calibration.discrimination, calibration.guessing or Decimal(0)
    rise = _EXACT.exp(_EXACT.multiply(-a, _EXACT.subtract(ability, calibration.location)))
    reach = _EXACT.divide(Decimal(1), _EXACT.add(Decimal(1), rise))
    miss = _EXACT.divide(rise, _EXACT.add(Decimal(1), rise))  # not 1 - reach, which loses what lies far below the item
    right = _EXACT.add(c, _EXACT.multiply(_EXACT.subtract(Decimal(1), c), reach))
    gain = _EXACT.multiply(_EXACT.multiply(a, a), _EXACT.subtract(Decimal(1), c))
    return _EXACT.divide(_EXACT.multiply(gain, _EXACT.multiply(_EXACT.multiply(reach, reach), miss)), right)
