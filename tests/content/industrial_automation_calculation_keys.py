"""Keys of the industrial-automation bank's newer calculations, computed a second time by other means.

The expressions were written from the stems, in another form than the bank's formulas where there is one, and in
floating point instead of fractions: a slip in a formula of the bank shows as a disagreement.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

Values = Mapping[str, float]

INDEPENDENT: dict[str, Callable[[Values], float]] = {
    "A1-NU-21": lambda p: p["U"] / (p["P"] / p["U"]),
    "A1-NU-22": lambda p: 1 / (math.tau * p["f"] * (p["C"] * 1e-6)),
    "A1-NU-23": lambda p: math.tau * p["f"] * (p["L"] * 1e-3),
    "A1-NU-24": lambda p: math.hypot(p["R"], p["X"]),
    "A1-NU-25": lambda p: math.cos(math.acos(p["P"] / p["S"])),
    "A1-NU-26": lambda p: p["S"] * math.sin(math.acos(p["P"] / p["S"])),
    "A1-NU-27": lambda p: p["P"] * 1000 / p["c"] / 3 / (p["U"] / 3**0.5),
    "A1-NU-28": lambda p: p["P"] / (p["e"] * 0.01),
    "A1-NU-29": lambda p: p["U"] / math.sin(math.pi / 4),
    "A1-NU-30": lambda p: p["R"] + p["R"] * 0.00393 * p["t"] - p["R"] * 0.0786,
    "A1-NU-31": lambda p: 50 / (p["i"] * 1e-3),
    "A1-NU-32": lambda p: p["b"] / (p["a"] / p["U"]),
    "A1-NU-33": lambda p: p["a"] * p["b"] * p["c"] / (p["a"] * p["b"] + p["b"] * p["c"] + p["c"] * p["a"]),
    "A1-NU-34": lambda p: p["d"] * (p["h"] * 60) * p["P"] / 60,
    "A2-NU-21": lambda p: 10 * 1000 / math.exp2(p["n"]),
    "A2-NU-22": lambda p: ((p["a"] * 2 + p["b"]) * 2 + p["c"]) * 2 + p["d"],
    "A2-NU-23": lambda p: float(int(f"{int(p['a'])}{int(p['b'])}", 16)),
    "A2-NU-24": lambda p: p["t"] / (p["b"] * 1e-3),
    "A2-NU-25": lambda p: p["n"] * (p["a"] / 1000) + p["m"] * (p["b"] / 1000),
    "A2-NU-26": lambda p: 24 * (24 / p["R"]),
    "A2-NU-27": lambda p: p["k"] * p["I"] / 3**0.5 / 3**0.5,
    "A2-NU-28": lambda p: p["T"] * (1 / 3**0.5) ** 2,
    "A2-NU-29": lambda p: (p["L"] / 1000) / (p["v"] / 60) * 1000,
    "A2-NU-30": lambda p: next(k for k in range(1, 99) if k * 16 >= p["n"] * 1.2),
    "A2-NU-31": lambda p: sum([p["a"]] * int(p["n"])) + sum([p["b"]] * int(p["m"])),
    "A2-NU-32": lambda p: (p["L"] * 1e-3) / p["R"] * 1e3,
    "A2-NU-33": lambda p: 24 - 24 * (p["T"] - p["t"]) / p["T"],
    "A3-NU-21": lambda p: 60 * p["f"] / (p["p"] / 2) * (100 - p["s"]) / 100,
    "A3-NU-22": lambda p: p["f"] - p["f"] * (1 - p["s"] / 100),
    "A3-NU-23": lambda p: p["T"] * (p["n"] * math.tau / 60) * 1e-3,
    "A3-NU-24": lambda p: p["U"] / 3**0.5 * 6**0.5,
    "A3-NU-25": lambda p: p["t"] / 50 * p["b"] - p["t"] / 50 * p["a"],
    "A3-NU-26": lambda p: p["U"] * (p["U"] / p["R"]) * 1e-3,
    "A3-NU-27": lambda p: 0.5 * p["v"] * (p["v"] / p["a"]),
    "A3-NU-28": lambda p: (p["s"] / p["L"]) * p["R"],
    "A3-NU-29": lambda p: p["f"] * 1000 * (1.8 / p["m"]) / 360 * 60,
    "A3-NU-30": lambda p: (p["D"] / 2000) * (p["n"] / 60 * math.tau),
    "A3-NU-31": lambda p: p["T"] * p["i"] - p["T"] * p["i"] * (100 - p["e"]) / 100,
    "A3-NU-32": lambda p: 1 / (p["k"] / p["v"]),
    "A3-NU-33": lambda p: (p["J"] * 1e-4) * (p["n"] / 60 * math.tau) * (1 / p["t"]),
    "A3-NU-34": lambda p: p["F"] - p["F"] * (10 - p["u"]) / 10,
    "A3-NU-35": lambda p: p["k"] * p["k"] * p["k"] / 1e4,
    "A3-NU-36": lambda p: (p["m"] * 9.8) * (p["v"] / 60) * 100 / p["e"] * 1e-3,
    "A3-NU-37": lambda p: math.tau * p["T"] / (p["L"] * 1e-3) * (p["e"] * 0.01),
    "A3-NU-38": lambda p: p["L"] / (p["R"] * 4) * p["c"],
    "A4-NU-21": lambda p: (p["k"] * p["U"]) * (p["m"] / p["M"]),
    "A4-NU-22": lambda p: p["E"] / 0.041 + p["t"],
    "A4-NU-23": lambda p: 0.17 * p["t"],
    "A4-NU-24": lambda p: 60 * p["f"] * (1 / p["K"]),
    "A4-NU-25": lambda p: p["Q"] * p["d"] ** 0.5 / p["P"] ** 0.5,
    "A4-NU-26": lambda p: p["p"] / (p["d"] * 0.0098),
    "A4-NU-27": lambda p: (p["r"] + p["r"]) / 0.385,
    "A4-NU-28": lambda p: p["c"] * (p["M"] / 100),
    "A4-NU-29": lambda p: math.degrees(math.tau / (4 * p["N"])) * 3600,
    "A4-NU-30": lambda p: (1 << (32 - int(p["n"]))) - 2,
    "A4-NU-31": lambda p: sum([p["t"]] * int(p["n"]), p["g"]),
    "A4-NU-32": lambda p: p["L"] - p["L"] * (10 - p["u"]) / 10,
    "A4-NU-33": lambda p: p["f"] / (p["z"] / 60),
    "A5-NU-21": lambda p: 100 - 100 * p["b"] / (p["a"] + p["b"]),
    "A5-NU-22": lambda p: (
        100
        * max(
            max(p["a"], p["b"], p["c"]) - (p["a"] + p["b"] + p["c"]) / 3,
            (p["a"] + p["b"] + p["c"]) / 3 - min(p["a"], p["b"], p["c"]),
        )
        * 3
        / (p["a"] + p["b"] + p["c"])
    ),
    "A5-NU-23": lambda p: 1 / (p["a"] / p["b"]),
    "A5-NU-24": lambda p: (p["u"] * 1e-3) / p["I"] * 1e3,
    "A5-NU-25": lambda p: float((int(p["n"]) - 1).bit_length()),
    "A5-NU-26": lambda p: 1 / (p["P"] * 0.01),
    "A5-NU-27": lambda p: p["o"] + p["k"] * p["w"] - p["k"] * p["y"],
    "A5-NU-28": lambda p: 100 * math.prod((p["a"] / 100, p["b"] / 100, p["c"] / 100)),
    "A5-NU-29": lambda p: p["u"] * (1 / p["I"]),
    "A5-NU-30": lambda p: 200 / (p["m"] / p["g"]),
    "A4-NU-34": lambda p: 24 - (p["I"] * 0.25 + p["I"] * 1e-3 * p["r"]),
    "A2-NU-34": lambda p: p["U"] * math.tan(math.pi / 6),
    "A3-NU-39": lambda p: 60 / (p["N"] * (p["T"] * 1e-6)),
    "A3-NU-40": lambda p: 0.25 * 1e6 / (p["N"] * (p["n"] / 60)),
    "A5-NU-31": lambda p: p["b"] + (p["b"] - p["a"]) / 4,
    "A1-NU-35": lambda p: p["U"] - p["U"] * p["a"] / (p["a"] + p["b"]),
    "A3-NU-41": lambda p: 100 * (1 - (100 - p["k"]) / 100) ** 2,
    "A2-NU-35": lambda p: p["a"] + sum(2 * i for i in range(1, int(p["n"]) + 1)),
    "A5-NU-32": lambda p: p["P"] * 1e5 / (3 * 380 / 3**0.5 * p["I"] * p["c"]),
    "A5-NU-33": lambda p: 1 / (13 / 24.7),
    "A4-NU-35": lambda p: 8 * 0.25 - 1,
}

# By item and gap.
GAPS: dict[tuple[str, str], Callable[[Values], float]] = {
    ("A4-GT-41", "p"): lambda p: p["H"] * p["I"] / 16 - p["H"] / 4,
    ("A4-GT-41", "u"): lambda p: p["I"] / 4,
}

# (item, values in the stem, answer): worked by hand
WORKED: tuple[tuple[str, dict[str, str], str], ...] = ()
