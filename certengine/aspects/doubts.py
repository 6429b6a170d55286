"""Measured values that are hard to believe: taken as they are, once whoever entered them looked again.

Nothing here changes a mark. A doubt is a wide one, since a bad workpiece is as real as a slip of the point: ten times the
limit away, a tenth of it, twice a size that has two limits, negative where no limit is, or percent where a share is due.
"""

from __future__ import annotations

from decimal import Decimal

from certengine.aspects.tolerances import Edges
from certengine.canonical import decimal_text
from certengine.model.text import Text

_FAR = 10


def doubt_of(value: Decimal, edges: Edges, *, unit: str, nominal: Decimal | None) -> Text | None:
    """Why a measured value is hard to believe, or ``None``; with ``nominal`` the limits are those of the deviation."""
    if nominal is not None:
        return _far_away(abs(value - nominal), edges, nominal)
    least, most = edges.least, edges.most
    if value < 0:
        below = any(limit is not None and limit < 0 for limit in (least, most))
        return None if below else Text.of(zh="负值，而评分标准中没有负值", en="negative, where no limit of the rule is")
    if least is not None and most is not None:
        return _out_of_size(value, least, most)
    if most is not None:
        return _too_much(value, most)
    return None if least is None else _too_little(value, least, edges, unit)


def _far_away(deviation: Decimal, edges: Edges, nominal: Decimal) -> Text | None:
    if edges.most is None or deviation <= _FAR * edges.most:
        return None
    off, limit, due = decimal_text(deviation), decimal_text(edges.most), decimal_text(nominal)
    return Text.of(
        zh=f"与 {due} 相差 {off}，超过界限 {limit} 的十倍；应填读数，不是偏差",
        en=f"{off} away from {due}, more than ten times the limit {limit}; the reading is due, not its error",
    )


def _out_of_size(value: Decimal, least: Decimal, most: Decimal) -> Text | None:
    if least <= 0 or least <= 2 * value <= 4 * most:
        return None
    between = f"{decimal_text(least)} – {decimal_text(most)}"
    return Text.of(zh=f"与界限 {between} 相差一倍以上", en=f"out by half or more of the limits {between}")


def _too_much(value: Decimal, most: Decimal) -> Text | None:
    if most <= 0 or value <= _FAR * most:
        return None
    limit = decimal_text(most)
    return Text.of(zh=f"超过界限 {limit} 的十倍", en=f"more than ten times the limit {limit}")


def _too_little(value: Decimal, least: Decimal, edges: Edges, unit: str) -> Text | None:
    if 0 < _FAR * value < least:
        limit = decimal_text(least)
        return Text.of(zh=f"不到界限 {limit} 的十分之一", en=f"less than a tenth of the limit {limit}")
    if not unit and edges.full is not None and edges.full <= 1 < value:
        return Text.of(
            zh="大于 1，而此项应填比值（95% 填 0.95）", en="more than 1, where a share is due: 0.95 for 95 %"
        )
    return None
