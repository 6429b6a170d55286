"""Keys of the sample bank's numeric items, computed a second time by other means.

The expressions here were written from the physics in the stem, in another form than the bank's formulas where there is
one, and in floating point instead of fractions: a slip in a formula of the bank shows as a disagreement.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

Values = Mapping[str, float]


def _discharge_seconds(p: Values) -> float:
    tau = (p["R"] * 1e3) * (p["C"] * 1e-6)
    return -tau * math.log(60 / p["U"])


def _trapezoid_seconds(p: Values) -> float:
    ramp = p["v"] / p["a"]
    steady = p["s"] - 2 * (0.5 * p["a"] * ramp**2)
    return 2 * ramp + steady / p["v"]


def _supply_amperes(p: Values) -> float:
    watts = p["n"] * 24 * p["i"] * 1e-3 + p["m"] * p["p"]
    return watts / 24 + 0.25 * watts / 24


def _gear_ratio(p: Values) -> float:
    commands_per_turn = p["L"] / (p["u"] * 1e-3)
    return p["R"] / commands_per_turn


INDEPENDENT: dict[str, Callable[[Values], float]] = {
    # three phases, each with the phase voltage U/√3
    "A1-NU-01": lambda p: 3 * (p["U"] / 3**0.5) * p["I"] * p["c"] * 1e-3,
    # one core there, one core back
    "A1-NU-02": lambda p: p["I"] * (0.0175 * p["L"] / p["s"]) + p["I"] * (0.0175 * p["L"] / p["s"]),
    # 24 V over the equivalent resistance
    "A1-NU-03": lambda p: 24 / (p["a"] * p["b"] / (p["a"] + p["b"])) * 1e3,
    "A1-NU-04": lambda p: p["U"] * (1 / p["z"]),
    "A1-NU-05": _discharge_seconds,
    # slope and intercept of the straight line through (4, 0) and (20, F)
    "A2-NU-01": lambda p: p["F"] / 16 * p["I"] - p["F"] / 4,
    "A2-NU-02": lambda p: p["a"] + p["T"] + p["T"] + p["b"],
    # cos 30° = √3/2: the line current is 2·cos 30° times the phase current
    "A2-NU-03": lambda p: p["I"] / (2 * math.cos(math.radians(30))),
    "A2-NU-04": _supply_amperes,
    "A2-NU-05": lambda p: 2 * math.pi * (p["D"] / 2) * (p["c"] / p["k"]),
    # seconds in a minute over pole pairs
    "A3-NU-01": lambda p: p["f"] * 60 / (p["p"] / 2),
    "A3-NU-02": lambda p: (1 - p["n"] / p["s"]) * 100,
    # micrometres in a screw turn over counts in a screw turn
    "A3-NU-03": lambda p: (p["L"] * 1000) / (p["i"] * p["N"] * 4),
    "A3-NU-04": _gear_ratio,
    "A3-NU-05": lambda p: (p["v"] * 1e3 / p["u"]) / 1e3,
    # turns of the screw in a second, of the motor, in a minute
    "A3-NU-06": lambda p: (p["v"] / p["L"]) * p["i"] * 60,
    "A3-NU-07": _trapezoid_seconds,
    # power over angular speed
    "A3-NU-08": lambda p: (p["P"] * 1e3) / (p["n"] / 60 * math.tau),
    "A3-NU-09": lambda p: p["U"] / 50 * p["f"],
    "A3-NU-10": lambda p: p["n"] / 60 * (p["p"] / 2),
    "A3-NU-91": lambda p: p["J"] / p["i"] / p["i"],
    "A4-NU-01": lambda p: p["H"] / 16 * p["I"] - p["H"] / 4,
    # 12.5 degrees to the milliampere, 0 °C at 8 mA
    "A4-NU-02": lambda p: 12.5 * (p["I"] - 8),
    "A4-NU-03": lambda p: 20 - 16 * (p["H"] - p["h"]) / p["H"],
    "A4-NU-04": lambda p: (p["R"] / 100 - 1) / 0.00385,
    "A4-NU-05": lambda p: (p["I"] * 1e-3) * p["R"],
    "A4-NU-06": lambda p: p["n"] * (11 / p["b"]) * 1e3,
    "A4-NU-07": lambda p: p["N"] * (p["n"] / 60) * 1e-3,
}

# (item, values in the stem, answer): worked by hand, several of them in the brief for the bank
WORKED: tuple[tuple[str, dict[str, str], str], ...] = (
    ("A3-NU-01", {"f": "50", "p": "4"}, "1500"),
    ("A3-NU-02", {"s": "1500", "d": "60", "n": "1440"}, "4.0"),
    ("A4-NU-01", {"H": "1.6", "I": "12"}, "0.800"),
    ("A4-NU-02", {"I": "10.4"}, "30.0"),
    ("A3-NU-03", {"N": "2500", "L": "10", "i": "1"}, "1.0000"),
    ("A3-NU-04", {"R": "131072", "L": "5", "u": "1"}, "26.2144"),
    ("A2-NU-03", {"I": "22"}, "12.7"),
    ("A1-NU-05", {"C": "1000", "U": "540", "R": "33"}, "72.5"),
    ("A3-NU-08", {"P": "7.5", "n": "1440"}, "49.74"),
    ("A4-NU-06", {"b": "9600", "n": "8"}, "9.17"),
)
