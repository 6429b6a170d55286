"""Keys of the new-energy-vehicle bank's numeric items, computed a second time by other means.

The expressions were written from the physics in the stem, in another form than the bank's formulas where there is one,
and in floating point instead of fractions: a slip in a formula of the bank shows as a disagreement.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

Values = Mapping[str, float]


def _charge_left(p: Values) -> float:
    ampere_hours = p["Q"] * p["s"] / 100 - p["I"] * (p["t"] / 60)
    return ampere_hours / p["Q"] * 100


def _motor_speed(p: Values) -> float:
    metres_per_minute = p["v"] * 1000 / 60
    return metres_per_minute / (math.pi * 2 * p["r"]) * p["i"]


def _charging_hours(p: Values) -> float:
    missing = p["E"] * p["b"] / 100 - p["E"] * p["a"] / 100
    return missing / (p["P"] - p["P"] * (1 - p["e"] / 100))


def _unbalance(p: Values) -> float:
    readings = (p["a"], p["b"], p["c"])
    return (max(readings) - min(readings)) / (math.fsum(readings) / 3) * 100


INDEPENDENT: dict[str, Callable[[Values], float]] = {
    # ohms from the limit per volt, then kilohms
    "B1-NU-01": lambda p: (100 * p["U"]) * 1e-3,
    "B1-NU-02": lambda p: (500 * p["U"]) * 1e-3,
    "B1-NU-03": lambda p: p["R"] * p["U"] * (p["a"] - p["b"]) / (p["a"] * p["b"]),
    "B1-NU-04": lambda p: (p["R"] * 1e3) / p["U"],
    "B1-NU-05": lambda p: p["U"] / (p["R"] * 1e3) * 1e3,
    "B2-NU-01": lambda p: p["u"] * p["n"],
    # energy of one cell in watt hours, times the number of cells
    "B2-NU-02": lambda p: (p["u"] * p["Q"]) * p["n"] * 1e-3,
    "B2-NU-03": lambda p: p["Q"] / (1 / p["k"]),
    "B2-NU-04": _charge_left,
    # the resistance from which the second reading was made
    "B2-NU-05": lambda p: p["r"],
    # voltage lost inside, times current
    "B2-NU-06": lambda p: (p["R"] * 1e-3 * p["I"]) * p["I"],
    "B2-NU-07": lambda p: 100 - (p["Q"] - p["m"]) / p["Q"] * 100,
    "B2-NU-08": lambda p: p["d"],
    "B3-NU-01": lambda p: -(p["R"] * 1e3) * (p["C"] * 1e-6) * math.log(60 / p["U"]),
    # time constant in milliseconds, times the logarithm of whole over what is missing
    "B3-NU-02": lambda p: (p["R"] * p["C"] * 1e-6) * 1e3 * math.log(100 / (100 - p["k"])),
    "B3-NU-03": lambda p: p["U"] * (1 / p["R"]),
    "B3-NU-04": _motor_speed,
    "B3-NU-05": lambda p: (p["P"] * 1e3) / (p["n"] / 60 * math.tau),
    "B3-NU-06": lambda p: (p["n"] / 60) * p["p"],
    # mean voltage while charging, times the charge
    "B3-NU-07": lambda p: (p["U"] / 2) * (p["C"] * 1e-6 * p["U"]),
    "B4-NU-01": lambda p: p["D"] * 3 / 5,
    "B4-NU-02": _charging_hours,
    # two in parallel, then the third
    "B5-NU-01": lambda p: 1 / ((p["a"] + p["b"]) / (p["a"] * p["b"]) + 1 / p["c"]),
    "B5-NU-02": lambda p: 1 / (1 / p["t"] - 1 / p["r"]),
    "B5-NU-03": lambda p: (p["d"] * 1e-3) / p["I"] * 1e3,
    # current through both resistors, times the thermistor
    "B5-NU-04": lambda p: (5 / (p["p"] + p["r"])) * p["r"],
    "B5-NU-05": _unbalance,
    "B5-NU-06": lambda p: (p["Q"] * p["k"] / 100) / (p["I"] * 1e-3 * 24),
}

# (item, values in the stem, answer): worked by hand, several of them in the brief for the bank
WORKED: tuple[tuple[str, dict[str, str], str], ...] = (
    ("B1-NU-01", {"U": "750"}, "75"),
    ("B1-NU-02", {"U": "400"}, "200"),
    ("B1-NU-05", {"U": "400", "R": "2"}, "200"),
    ("B2-NU-01", {"n": "96", "u": "3.65"}, "350.4"),
    ("B2-NU-04", {"Q": "100", "s": "80", "I": "60", "t": "30"}, "50.0"),
    ("B3-NU-01", {"C": "500", "R": "10", "U": "400"}, "9.49"),
    ("B3-NU-05", {"P": "60", "n": "6000"}, "95.5"),
    ("B3-NU-07", {"C": "500", "U": "400"}, "40.0"),
    ("B4-NU-01", {"D": "50"}, "30"),
    ("B5-NU-02", {"t": "20", "r": "1000"}, "20.4"),
    ("B5-NU-04", {"p": "10", "r": "10"}, "2.50"),
)
