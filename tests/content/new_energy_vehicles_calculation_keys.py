"""Keys of the new-energy-vehicle bank's newer calculations, computed a second time by other means.

The expressions were written from the stems, in another form than the bank's formulas where there is one, and in
floating point instead of fractions: a slip in a formula of the bank shows as a disagreement.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

Values = Mapping[str, float]

INDEPENDENT: dict[str, Callable[[Values], float]] = {
    "B1-NU-21": lambda p: p["U"] * math.e ** (-p["t"] / (p["R"] * 1e3 * p["C"] * 1e-6)),
    "B1-NU-22": lambda p: 0.0018 * p["C"],
    "B1-NU-23": lambda p: p["U"] / ((p["R"] + 1) * 1e3) * 1e3,
    "B1-NU-24": lambda p: sum([p["u"]] * int(p["n"] / 2)),
    "B1-NU-25": lambda p: p["u"] * 1e-3 / p["I"] / 1e-3,
    "B1-NU-26": lambda p: p["a"] * p["b"] * p["c"] / (p["a"] * p["b"] + p["b"] * p["c"] + p["c"] * p["a"]) * 1e6 / 400,
    "B1-NU-27": lambda p: p["C"] * 1e-6 * p["U"] * p["U"] / 4 * 1e3,
    "B1-NU-28": lambda p: 5 * (p["R"] * 1e3) * (p["C"] * 1e-6),
    "B1-NU-29": lambda p: p["R"] / (p["U"] * 0.1),
    "B2-NU-21": lambda p: (p["p"] * p["n"]) * (p["Q"] * p["u"]) * 1e-3,
    "B2-NU-22": lambda p: 1 / (p["Q"] / p["I"]),
    "B2-NU-23": lambda p: (p["Q"] - p["Q"] * p["s"] / 100) / (p["I"] / 60),
    "B2-NU-24": lambda p: (p["q"] * 3.6) / (p["i"] * 1e-3) / 3600,
    "B2-NU-25": lambda p: p["u"] * (p["u"] / p["R"]) * 1e3,
    "B2-NU-26": lambda p: sum([p["r"]] * int(p["n"]), p["c"]),
    "B2-NU-27": lambda p: p["E"] * (1 - (p["R"] * 1e-3 * p["I"]) / p["E"]),
    "B2-NU-28": lambda p: p["E"] * (100 / p["c"]),
    "B2-NU-29": lambda p: p["E"] / (p["m"] * 1e-3),
    "B2-NU-30": lambda p: (p["b"] / p["a"] - 1) * 100,
    "B2-NU-31": lambda p: (p["I"] / 1000) * p["U"],
    "B2-NU-32": lambda p: min((p["a"], p["b"], p["c"])),
    "B2-NU-33": lambda p: p["q"] * 1.07 * (3.4 * p["d"]) / 60,
    "B2-NU-34": lambda p: p["t"] / (p["Q"] / 1000),
    "B2-NU-35": lambda p: (p["r"] * 1e-6) * p["I"] * 1e3,
    "B2-NU-36": lambda p: p["u"] * 1000 / p["k"] - 2500 / p["k"],
    "B2-NU-37": lambda p: (p["P"] / 1000) * (p["t"] * 60) / p["m"],
    "B3-NU-21": lambda p: p["P"] * 1e5 / (p["e"] * p["U"]),
    "B3-NU-22": lambda p: 100 - 100 * (p["a"] - p["b"]) / p["a"],
    "B3-NU-23": lambda p: (p["T"] / p["r"]) * (p["i"] * p["e"] * 0.01),
    "B3-NU-24": lambda p: p["n"] * (p["k"] * 1e-3),
    "B3-NU-25": lambda p: p["m"] * (p["v"] * 1000 / 3600) ** 2 / 2e3 * (p["e"] * 0.01),
    "B3-NU-26": lambda p: 100 * (p["d"] * 1e-6) / (1 / (p["f"] * 1e3)),
    "B3-NU-27": lambda p: p["I"] * (p["R"] * 1e-3 * p["I"]) * 3,
    "B3-NU-28": lambda p: p["U"] * p["I"] * 100 / (p["e"] * p["H"]),
    "B3-NU-29": lambda p: p["P"] * 1e5 / p["e"] - p["P"] * 1e3,
    "B3-NU-30": lambda p: (p["t"] / p["r"] + p["P"]) * p["r"],
    "B3-NU-31": lambda p: p["C"] * 1e-6 * p["U"] ** 2 - 0.5 * p["C"] * 1e-6 * p["U"] ** 2,
    "B3-NU-32": lambda p: p["p"] * (p["d"] / p["a"]),
    "B3-NU-33": lambda p: (p["b"] * p["d"]) / (p["a"] * p["c"]),
    "B3-NU-34": lambda p: p["F"] / p["m"] - p["f"] / p["m"],
    "B4-NU-21": lambda p: p["I"] * 5 / 3,
    "B4-NU-22": lambda p: 3 * (p["U"] / 3**0.5) * p["I"] * 1e-3,
    "B4-NU-23": lambda p: 100 / (p["a"] / p["b"]),
    "B4-NU-24": lambda p: p["P"] / (p["U"] * 1e-3),
    "B4-NU-25": lambda p: 1 / (p["b"] * 1e3) * 1e6,
    "B4-NU-26": lambda p: p["f"] * (p["n"] / (p["b"] * 1e3)) * 100,
    "B4-NU-27": lambda p: 60 * p["r"] / (60 + p["r"]),
    "B4-NU-28": lambda p: p["I"] * p["I"] * (p["r"] + p["r"]) * 1e-3,
    "B4-NU-29": lambda p: p["a"] * p["E"] + p["s"] * p["E"],
    "B4-NU-30": lambda p: (p["u"] / 1000) / (p["I"] / 1000),
    "B4-NU-31": lambda p: 100 - 100 * p["b"] / p["a"],
    "B5-NU-21": lambda p: ((int(p["h"]) << 8) | int(p["l"])) / 10,
    "B5-NU-22": lambda p: int(f"{int(p['a'])}{int(p['b'])}", 16) - 40.0,
    "B5-NU-23": lambda p: p["T"] / ((p["L"] + p["E"]) / p["L"]),
    "B5-NU-24": lambda p: (p["a"] / p["b"] - 1) * 100,
    "B5-NU-25": lambda p: p["a"] / p["t"] - p["b"] / p["t"],
    "B5-NU-26": lambda p: p["M"] * p["u"] / 4 - p["M"] / 8,
    "B5-NU-27": lambda p: 100 - 100 * p["b"] / p["a"],
    "B5-NU-28": lambda p: 100 * (1 - p["b"] / 1e3 / p["a"]),
    "B5-NU-29": lambda p: 5e3 / (p["p"] * 1e3 / p["r"] + 1),
    "B5-NU-30": lambda p: 100 - 100 * p["a"] / p["I"],
    "B5-NU-31": lambda p: 12 - 12 / (p["a"] + p["b"]) * p["a"],
    "B3-NU-35": lambda p: -p["U"] * math.expm1(-(p["t"] * 1e-3) / (p["R"] * p["C"] * 1e-6)),
    "B1-NU-30": lambda p: p["U"] / (p["a"] / p["b"] + 1),
    "B1-NU-31": lambda p: p["U"] * p["b"] * p["c"] / (p["a"] * p["b"] + p["a"] * p["c"] + p["b"] * p["c"]),
    "B4-NU-32": lambda p: 12 - 11.3 / (1 + p["r"]),
    "B3-NU-36": lambda p: p["p"] * p["f"] * p["i"] + p["p"] * p["f"] * p["i"] / 2,
    "B3-NU-37": lambda p: p["U"] / math.exp(p["t"] / p["T"]),
    "B2-NU-38": lambda p: (0.8 * p["Q"] - p["a"] / 4 + p["b"] / 10 - p["c"] / 5) / p["Q"] * 100,
    "B5-NU-32": lambda p: int(f"0e{int(p['h'])}{int(p['l'])}", 16) / 10,
    "B1-NU-32": lambda p: 0.1 * 400,
    "B3-NU-38": lambda p: 380 / 80 - 95 / 80,
}

# (item, values in the stem, answer): worked by hand
WORKED: tuple[tuple[str, dict[str, str], str], ...] = ()
