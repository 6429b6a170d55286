"""Keys of the machine-vision bank's newer calculations, computed a second time by other means.

The expressions were written from the stems, in another form than the bank's formulas where there is one, and in
floating point instead of fractions: a slip in a formula of the bank shows as a disagreement.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

Values = Mapping[str, float]

INDEPENDENT: dict[str, Callable[[Values], float]] = {
    "C1-NU-21": lambda p: sum([p["g"]] * int(p["d"])),
    "C1-NU-22": lambda p: p["n"] / (p["k"] / p["e"]),
    "C1-NU-23": lambda p: p["n"] * p["b"] / 100 - p["n"] * p["a"] / 100,
    "C1-NU-24": lambda p: p["h"] / (1 / p["P"]),
    "C1-NU-25": lambda p: 0.5 * (p["C"] * 1e-6 * p["U"]) * p["U"],
    "C1-NU-26": lambda p: p["n"] * p["k"] - (p["n"] - p["m"]) * p["k"],
    "C2-NU-21": lambda p: 1 / (p["d"] / p["f"]),
    "C2-NU-22": lambda p: math.hypot(p["n"] * p["p"], p["m"] * p["p"]) / 1e3,
    "C2-NU-23": lambda p: 0.5 / (p["p"] * 1e-3),
    "C2-NU-24": lambda p: p["N"] * p["w"] * 1e-9 * 2.44 * 1e6,
    "C2-NU-25": lambda p: p["x"] / math.cos(math.pi / 2 - math.radians(p["a"])),
    "C2-NU-26": lambda p: p["B"] / (p["d"] / p["f"]),
    "C2-NU-27": lambda p: 100 * (p["D"] / (p["D"] - p["h"]) - 1),
    "C2-NU-28": lambda p: (p["s"] * p["s"] / p["n"]) ** 0.5,
    "C2-NU-29": lambda p: 20 * (math.log(p["F"]) - math.log(p["r"])) / math.log(10),
    "C2-NU-30": lambda p: (1 - p["a"] / p["b"]) / (1 + p["a"] / p["b"]),
    "C2-NU-31": lambda p: 100 * p["a"] * p["a"] / (p["b"] * p["b"]),
    "C2-NU-32": lambda p: next(k for k in range(1, 99) if k * (p["n"] * p["r"]) - (k - 1) * p["o"] >= p["W"] - 1e-9),
    "C2-NU-33": lambda p: 1 / (p["f"] * 1e3 / p["v"]),
    "C2-NU-34": lambda p: round(p["L"] * 1000 / (p["r"] * 1000)) * 1.0,
    "C2-NU-35": lambda p: p["b"] // p["M"],
    "C2-NU-36": lambda p: 100 * (p["t"] * 1e-6) / (1 / p["f"]),
    "C2-NU-37": lambda p: p["D"] * math.sin(math.radians(p["a"])) / math.cos(math.radians(p["a"]) / 2) ** 2,
    "C2-NU-38": lambda p: p["L"] / math.hypot(p["x"], p["y"]),
    "C3-NU-21": lambda p: 100 - 100 * (p["n"] - p["k"]) / p["n"],
    "C3-NU-22": lambda p: 1 - (100 - p["o"]) / (100 - p["e"]),
    "C3-NU-23": lambda p: 1 / (2 / p["d"] - 1),
    "C3-NU-24": lambda p: p["c"] * p["d"] - p["c"] * p["b"] - p["a"] * p["d"] + p["a"] * p["b"],
    "C3-NU-25": lambda p: p["W"] * p["x"] - p["W"] * p["w"] / 2,
    "C3-NU-26": lambda p: p["w"] / (p["a"] / p["b"]),
    "C3-NU-27": lambda p: p["n"] / (1 / p["r"]) ** 2,
    "C3-NU-28": lambda p: p["n"] // (p["a"] + p["b"] + p["c"]) * p["c"],
    "C3-NU-29": lambda p: 0.5 + p["a"] / p["b"] / 2,
    "C3-NU-30": lambda p: -(-p["n"] // (p["s"] * p["h"] * p["k"])),
    "C3-NU-31": lambda p: p["n"] * p["k"] * p["a"] + p["n"] * p["k"] * p["r"] / 100 * p["b"],
    "C3-NU-32": lambda p: 100 - 100 * (p["a"] + p["b"] + p["c"]) / p["n"],
    "C3-NU-33": lambda p: 100 - 50 * p["a"] * p["b"] / ((p["a"] + p["m"] + p["m"]) * (p["b"] + p["m"] + p["m"])),
    "C4-NU-21": lambda p: 100 - 100 * (p["b"] + p["c"]) / (p["a"] + p["b"] + p["c"] + p["d"]),
    "C4-NU-22": lambda p: 100 - 100 * p["f"] / p["n"],
    "C4-NU-23": lambda p: p["r"] + (p["s"] - p["r"]) / 2,
    "C4-NU-24": lambda p: 1 / (0.2 / (p["p"] / 100) + 0.8 / (p["r"] / 100)),
    "C4-NU-25": lambda p: (1 + math.tanh(p["z"] / 2)) / 2,
    "C4-NU-26": lambda p: math.log(1 / p["p"]),
    "C4-NU-27": lambda p: p["m"] * p["c"] * p["k"] * p["k"] + p["m"],
    "C4-NU-28": lambda p: p["a"] * p["b"] + p["b"],
    "C4-NU-29": lambda p: float(int(p["W"]) >> int(p["n"])),
    "C4-NU-30": lambda p: 1 + sum([3 - 1] * int(p["n"])),
    "C4-NU-31": lambda p: p["w"] + (-p["g"]) * p["r"],
    "C4-NU-32": lambda p: p["x"] / p["s"] - p["m"] / p["s"],
    "C4-NU-33": lambda p: 1.96 * (p["r"] * (100 - p["r"]) / p["n"]) ** 0.5,
    "C4-NU-34": lambda p: sum([p["a"]] * int(p["m"])) + sum([p["b"]] * int(p["f"])),
    "C4-NU-35": lambda p: len(range(int(p["d"] * (p["k"] - 1)) + 1)) * 1.0,
    "C4-NU-36": lambda p: (p["t"] / 1e3) * p["n"] / 60 / 60 * p["e"],
    "C4-NU-37": lambda p: math.hypot(p["a"], p["b"], p["c"]) / 3**0.5,
    "C4-NU-38": lambda p: (2 * p["m"]) / 254,
    "C4-NU-39": lambda p: p["a"] / 3 + p["b"] / 3 + p["c"] / 3,
    "C5-NU-21": lambda p: 60000 // max((p["a"], p["b"], p["c"])),
    "C5-NU-22": lambda p: p["p"] / 100 * 1e6 - p["p"] / 100 * p["r"] / 100 * 1e6,
    "C5-NU-23": lambda p: p["p"] + 3 * (p["p"] * (100 - p["p"]) / p["n"]) ** 0.5,
    "C5-NU-24": lambda p: p["x"] / p["s"] - p["m"] / p["s"],
    "C5-NU-25": lambda p: p["c"] * 900 // p["g"],
    "C5-NU-26": lambda p: 100 - 100 * p["d"] / p["h"],
    "C5-NU-27": lambda p: p["c"] / ((p["n"] * p["k"] - p["m"]) / 1e4),
    "C5-NU-28": lambda p: round(p["L"] * 100 / (p["r"] * 100)) * 1.0,
    "C5-NU-29": lambda p: (p["t"] * 1e-3) / (1 / p["v"]),
    "C5-NU-30": lambda p: next(c for c in range(1, 99) if c * p["g"] * 8 >= p["k"] * p["f"] * 10),
    "C5-NU-31": lambda p: 100 - 100 * (p["n"] - p["k"]) / p["n"],
    "C5-NU-32": lambda p: (p["b"] + p["o"]) * 1e-6 * (p["p"] / 60) * 86400,
    "C5-NU-33": lambda p: p["k"] / (p["n"] * p["d"] / 100) * p["n"],
    "C5-NU-34": lambda p: 1 / (p["f"] / p["q"] - p["g"] / p["q"]),
    "C2-NU-39": lambda p: p["D"] / (p["f"] / p["s"]),
    "C2-NU-40": lambda p: (p["s"] / p["n"]) * (p["D"] / p["f"]),
    "C3-NU-34": lambda p: 40 * 40 / (60 * 50 + 70 * 50 - 40 * 40),
    "C4-NU-40": lambda p: p["n"] / 5,
    "C4-NU-41": lambda p: 2 / (1 / p["p"] + 1 / p["r"]),
    "C3-NU-35": lambda p: 1 / ((p["a"] + p["b"]) / p["i"] - 1),
    "C4-NU-42": lambda p: 1 - p["c"] / (p["a"] + p["c"]),
    "C4-NU-43": lambda p: 100 - 100 * (p["b"] + p["c"]) / (p["a"] + p["b"] + p["c"]),
    "C5-NU-35": lambda p: 800 / (160 / 128),
    "C4-NU-44": lambda p: 100 - 100 * (176 + 18 + 9 + 88) / 300,
    "C4-NU-45": lambda p: 100 - 693 / 7,
}

# By item and gap.
GAPS: dict[tuple[str, str], Callable[[Values], float]] = {
    ("C3-GT-41", "i"): lambda p: (70 - (30 - p["d"])) * (60 - 20),
    ("C3-GT-41", "u"): lambda p: 1 / (6500 / ((40 + p["d"]) * 40) - 1),
}

# (item, values in the stem, answer): worked by hand
WORKED: tuple[tuple[str, dict[str, str], str], ...] = ()
