"""Keys of the machine-vision bank's numeric items, computed a second time by other means.

The expressions were written from the stems, in another form than the bank's formulas where there is one, and in
floating point instead of fractions: a slip in a formula of the bank shows as a disagreement.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

Values = Mapping[str, float]


def _overlap_of_boxes(p: Values) -> float:
    wide = min(p["w"], p["c"]) - max(0.0, p["a"])
    high = min(p["h"], p["d"]) - max(0.0, p["b"])
    areas = p["w"] * p["h"] + (p["c"] - p["a"]) * (p["d"] - p["b"])
    return wide * high / (areas - wide * high)


def _kappa(p: Values) -> float:
    """The form for a table of two by two, without the agreement by chance in between."""
    a, b, c, d = p["a"], p["b"], p["c"], p["d"]
    return 2 * (a * d - b * c) / ((a + b) * (b + d) + (a + c) * (c + d))


def _defects_to_collect(p: Values) -> float:
    """By counting up until the share is reached."""
    defects = round(p["n"] * p["p"] / 100)
    more = 0
    while (defects + more) * 100 < p["q"] * (p["n"] + more):
        more += 1
    return more


def _harmonic_mean(p: Values) -> float:
    precision, recall = p["a"] / (p["a"] + p["b"]), p["a"] / (p["a"] + p["c"])
    return 2 / (1 / precision + 1 / recall)


def _true_share_of_alarms(p: Values) -> float:
    """By counting in a million parts."""
    defective = 1e6 * p["p"] / 100
    found, false = defective * p["R"] / 100, (1e6 - defective) * p["r"] / 100
    return 100 * found / (found + false)


def _updates(p: Values) -> float:
    whole, rest = divmod(p["n"], p["b"])
    return (whole + (rest > 0)) * p["e"]


def _kernel_positions(p: Values) -> float:
    """By moving the kernel over the padded input."""
    side = int(p["W"] + 2 * p["P"])
    return len(range(0, side - int(p["K"]) + 1, int(p["S"])))


def _decayed_rate(p: Values) -> float:
    rate, epoch = p["g"], p["s"]
    while epoch <= p["e"]:
        rate, epoch = rate / 2, epoch + p["s"]
    return rate


def _stored_gigabytes(p: Values) -> float:
    kept = p["p"] * p["h"] * 60 * (p["k"] / 100)
    return kept * p["s"] / 1000


INDEPENDENT: dict[str, Callable[[Values], float]] = {
    "C2-NU-01": lambda p: 1 / (p["n"] / p["W"]),
    # pixels a second, then the time for so many pixels
    "C2-NU-02": lambda p: p["b"] / (p["v"] / p["r"]) * 1e6,
    "C2-NU-03": lambda p: p["D"] / (p["W"] / p["s"]),
    "C2-NU-04": lambda p: p["W"] * p["k"] / p["d"],
    # size of a pixel on the sensor over its size on the object
    "C2-NU-05": lambda p: (p["p"] * 1e-3) / (p["W"] / p["n"]),
    "C2-NU-06": lambda p: 1 / (p["r"] / p["v"]),
    "C2-NU-07": lambda p: p["F"] * p["B"] * p["n"] * p["m"] / 1e6,
    # turns of the roller, then pulses
    "C2-NU-08": lambda p: (p["L"] / p["C"]) * p["P"],
    # two stops halve the light twice
    "C2-NU-09": lambda p: p["t"] * 2 ** (2 * math.log2(p["b"] / p["a"])),
    "C2-NU-10": lambda p: p["m"] / (p["n"] / p["L"]),
    "C2-NU-11": lambda p: (p["v"] / p["r"]) * (p["t"] * 1e-6),
    "C3-NU-01": _overlap_of_boxes,
    "C3-NU-02": _kappa,
    "C3-NU-03": lambda p: p["i"] / ((p["a"] + p["b"]) / 2),
    "C3-NU-04": lambda p: (p["n"] * p["k"] * p["s"] + p["n"] * p["k"] * p["r"] / 100 * p["t"]) / 60 / 60,
    "C3-NU-05": lambda p: (p["a"] + p["g"] / 2) / p["W"],
    "C3-NU-06": _defects_to_collect,
    "C3-NU-91": lambda p: 100 - p["e"] / p["n"] * 100,
    "C4-NU-01": _harmonic_mean,
    # as many parts beyond the defects found as the draw put in
    "C4-NU-02": lambda p: p["f"] / (p["n"] - p["D"]) * 100,
    "C4-NU-03": _true_share_of_alarms,
    "C4-NU-04": _updates,
    "C4-NU-05": _kernel_positions,
    "C4-NU-06": lambda p: (p["a"] / 2 + p["b"] * 2 + p["c"] * 5) / 3,
    "C4-NU-07": _decayed_rate,
    "C4-NU-91": lambda p: 3 / (p["p"] / 100),
    "C5-NU-01": lambda p: 60 / p["p"] * 1e3 - (p["a"] + p["b"] + p["c"] + p["d"]),
    "C5-NU-02": lambda p: (p["L"] - p["v"] * p["d"] / 1e3) / p["v"] * 1e3,
    "C5-NU-03": _stored_gigabytes,
    "C5-NU-04": lambda p: p["t"] / (p["g"] / p["b"]),
    "C5-NU-05": lambda p: (p["n"] - p["n"] * p["p"] / 100) * p["r"] / 100 * (p["s"] / 60),
    "C5-NU-06": lambda p: p["M"] * 4 - p["M"] * p["b"],
    "C5-NU-07": lambda p: p["t"] / (1000 / (p["k"] * p["f"])) * 100,
    "C5-NU-08": lambda p: next(rank for rank in range(1, int(p["n"]) + 1) if rank * 100 >= p["p"] * p["n"]),
}

# (item, values in the stem, answer): worked by hand, the first five in the brief for the bank
WORKED: tuple[tuple[str, dict[str, str], str], ...] = (
    ("C2-NU-01", {"W": "120", "n": "2448"}, "0.0490"),
    ("C2-NU-02", {"v": "200", "r": "0.05", "b": "1"}, "250"),
    ("C3-NU-01", {"w": "10", "h": "10", "a": "5", "b": "0"}, "0.333"),
    ("C3-NU-02", {"a": "40", "b": "10", "c": "10", "d": "40"}, "0.60"),
    ("C4-NU-01", {"a": "90", "b": "10", "c": "30"}, "0.818"),
    ("C4-NU-03", {"p": "1", "R": "95", "r": "3"}, "24.2"),
    ("C4-NU-05", {"W": "224", "K": "7", "S": "2", "P": "3"}, "112"),
    ("C5-NU-08", {"n": "110", "p": "95"}, "105"),
)
