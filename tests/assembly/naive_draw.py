"""The draw once more, written from ``docs/the-draw.md`` with nothing of the engine: plain Python, one paper and one item at a
time, dictionaries and ``sorted``. It knows what the golden draw needs: single items and sets, ranges, rules over the whole
paper, items seen before, even exposure.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from fractions import Fraction
from math import ceil, factorial, floor
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

Data = dict[str, Any]
NAME = "certengine-draw/2"
PASSES, ATTEMPTS, ROUNDS, TRIED = 4, 4, 10, 16


def canonical(value: object) -> bytes:
    """Canonical JSON of strings, numbers and lists."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


class Scope:
    """A sub-key."""

    def __init__(self, seed: bytes, *scope: str) -> None:
        self.key = hmac.new(seed, canonical([NAME, *scope]), hashlib.sha256).digest()

    def number(self, *label: str, counter: int = 0) -> int:
        """The number of a label."""
        block = hashlib.sha256(canonical([*label, counter])).digest()[:16]
        return int.from_bytes(Cipher(algorithms.AES(self.key), modes.ECB()).encryptor().update(block), "big")

    def below(self, bound: int, *label: str) -> int:
        """An even choice."""
        counter = 0
        while self.number(*label, counter=counter) >= 2**128 // bound * bound:
            counter += 1
        return self.number(*label, counter=counter) % bound

    def order(self, ids: list[str], *label: str) -> list[str]:
        """The order of a rank."""
        left, found = sorted(ids), []
        rank = self.below(factorial(len(left)), *label)
        while left:
            found.append(left.pop(rank // factorial(len(left) - 1)))
            rank %= factorial(len(left))
        return found


class Naive:
    """A draw of the golden data."""

    def __init__(self, data: Data) -> None:
        self.data, self.seed = data, bytes.fromhex(data["seed"])
        self.component, self.sitting = data["component"], data["sitting"]
        self.units = sorted(self._units(), key=lambda unit: (unit["cell"], unit["label"]))
        self.slots = self._slots()
        self.names = sorted(self.sitting["candidates"])
        self.repaired = self.exchanged = 0
        self.papers = [self._paper(name) for name in self.names]
        self._even_out()

    def _units(self) -> list[Data]:
        active = [item for item in self.data["bank"]["items"] if item.get("status", "active") == "active"]
        units = [
            {"label": ["item", item["id"]], "cell": [item["kind"], item["area"], item["level"]], "items": [item]}
            for item in active
            if "stimulus" not in item
        ]
        for one in self.data["bank"]["stimuli"]:
            items = [item for item in active if item.get("stimulus") == one["id"]]
            cell = [f"stimulus_set of {len(items)}", one["area"], one["level"]]
            units.append({"label": ["stimulus", one["id"]], "cell": cell, "items": items})
        wanted = [self._cell(part, cell) for part in self.component["sections"] for cell in part["cells"]]
        return [unit for unit in units if unit["cell"] in wanted]

    def _cell(self, part: Data, cell: Data) -> list[str]:
        kind = f"stimulus_set of {part['set_size']}" if part["kind"] == "stimulus_set" else part["kind"]
        return [kind, cell["area"], cell["level"]]

    def _slots(self) -> list[Data]:
        """The slots in blueprint order; counts of ranges are decided by keyed choices of the component."""
        scope = Scope(self.seed, self.sitting["id"], self.component["id"])
        slots: list[Data] = []
        for part in self.component["sections"]:
            cells = [self._cell(part, cell) for cell in part["cells"]]
            counts = [cell.get("count", cell.get("min", 0)) for cell in part["cells"]]
            most = [cell.get("count", cell.get("max")) for cell in part["cells"]]
            for step in range(part.get("items", sum(counts)) - sum(counts)):
                have = [sum(unit["cell"] == cell for unit in self.units) for cell in cells]
                free = [n for n in range(len(cells)) if counts[n] < min(most[n], have[n])]
                counts[free[scope.below(len(free), "range", part["id"], "0", str(step))]] += 1
            for cell, count in zip(cells, counts, strict=True):
                slots.extend({"section": part["id"], "cell": cell} for _ in range(count))
        return slots

    def _cell_units(self, cell: list[str]) -> list[Data]:
        return [unit for unit in self.units if unit["cell"] == cell]

    def _may_meet(self, one: Data, other: Data) -> bool:
        for a in one["items"]:
            for b in other["items"]:
                enemies = b["id"] in a.get("enemies", ()) or a["id"] in b.get("enemies", ())
                if enemies or (a.get("point") is not None and a.get("point") == b.get("point")):
                    return False
        return True

    def _excess(self, units: list[Data]) -> int:
        """By how many millionths the rules over the whole paper are missed."""
        items = [item for unit in units for item in unit["items"]]
        million, total = 1_000_000, len(items)
        band, minutes, core = (self.component[name] for name in ("difficulty", "expected_minutes", "importance"))
        mean, tolerance = Fraction(band["mean"]), Fraction(band["tolerance"])
        sums = [
            (
                sum(Fraction(item["difficulty"]) for item in items) * million,
                ceil((mean - tolerance) * total * million),
                floor((mean + tolerance) * total * million),
            ),
            (sum(Fraction(item["minutes"]) for item in items) * million, 0, Fraction(minutes["max"]) * million),
            (
                sum(item.get("importance", "X") == "X" for item in items) * million,
                ceil(Fraction(core["X"]["min"]) * total) * million,
                total * million,
            ),
        ]
        return int(sum(max(0, low - value, value - high) for value, low, high in sums))

    def _paper(self, name: str) -> Data:
        for attempt in range(ATTEMPTS):
            paper = self._try(name, attempt)
            if paper is not None:
                return paper
        raise AssertionError("the golden draw needs no solver")

    def _try(self, name: str, attempt: int) -> Data | None:
        scope = Scope(self.seed, self.sitting["id"], self.component["id"], "candidate", name, str(attempt))
        seen = {item for bank, item in self.sitting["seen"].get(name, ()) if bank == self.data["bank"]["id"]}
        paper: Data = {"name": name, "scope": scope, "seen": seen, "units": [None] * len(self.slots)}
        by_need: dict[str, int] = {}
        for slot in self.slots:
            key = json.dumps(slot["cell"])
            need = sum(other["cell"] == slot["cell"] for other in self.slots)
            by_need[key] = len(self._cell_units(slot["cell"])) - need
        for place in sorted(range(len(self.slots)), key=lambda place: by_need[json.dumps(self.slots[place]["cell"])]):
            fitting = [unit for unit in self._in_order(paper, place) if self._fits(paper, place, unit)]
            if not fitting:
                return None
            paper["units"][place] = fitting[0]
        return paper if self._repair(paper) else None

    def _in_order(self, paper: Data, place: int) -> list[Data]:
        units = self._cell_units(self.slots[place]["cell"])
        return sorted(units, key=lambda unit: (self._first(paper, unit), unit["label"]))

    def _first(self, paper: Data, unit: Data) -> int:
        return paper["scope"].number(*unit["label"]) >> 80

    def _place(self, paper: Data, unit: Data) -> int:
        return paper["scope"].number(*unit["label"]) >> 16 & (1 << 48) - 1

    def _fits(self, paper: Data, place: int, unit: Data) -> bool:
        others = [other for n, other in enumerate(paper["units"]) if other is not None and n != place]
        fresh = not any(item["id"] in paper["seen"] for item in unit["items"])
        return fresh and unit not in others and all(self._may_meet(unit, other) for other in others)

    def _repair(self, paper: Data) -> bool:
        units = paper["units"]
        visits = sorted(range(len(units)), key=lambda place: (self._place(paper, units[place]), place))
        for visit in range(PASSES * len(units)):
            excess = self._excess(units)
            if not excess:
                break
            place = visits[visit % len(units)]
            best, least = None, excess
            for unit in self._in_order(paper, place):
                after = self._excess([*units[:place], unit, *units[place + 1 :]])
                if self._fits(paper, place, unit) and after < least:
                    best, least = unit, after
            if best is not None:
                units[place] = best
                self.repaired += 1
        return not self._excess(units)

    def _even_out(self) -> None:
        given = {
            (row, place): self._first(paper, unit)
            for row, paper in enumerate(self.papers)
            for place, unit in enumerate(paper["units"])
        }
        uneven = list(dict.fromkeys(json.dumps(slot["cell"]) for slot in self.slots))
        for _ in range(ROUNDS):
            uneven = [key for key in uneven if self._even_cell(json.loads(key), given)]

    def _even_cell(self, cell: list[str], given: dict[tuple[int, int], int]) -> bool:
        units = self._cell_units(cell)
        places = [place for place, slot in enumerate(self.slots) if slot["cell"] == cell]
        held = {
            (row, place): units.index(paper["units"][place])
            for row, paper in enumerate(self.papers)
            for place in places
        }
        used = [list(held.values()).count(n) for n in range(len(units))]
        if max(used) - min(used) <= 1:
            return False
        share = [len(held) // len(units)] * len(units)
        for n in sorted(range(len(units)), key=lambda n: -used[n])[: len(held) % len(units)]:
            share[n] += 1
        over = [have - due for have, due in zip(used, share, strict=True)]
        moved = False
        for one in [n for n in sorted(range(len(units)), key=lambda n: -over[n]) if over[n] > 0]:
            stands = sorted((at for at, unit in held.items() if unit == one), key=lambda at: -given[at])
            for other in sorted(range(len(units)), key=lambda n: over[n])[:TRIED]:
                want = min(over[one], -over[other]) if over[other] < 0 else (over[one] - over[other]) // 2
                if want <= 0:
                    break
                good = [at for at in stands if self._may_take(at, units[other])][:want]
                for row, place in good:
                    self.papers[row]["units"][place] = units[other]
                    given[row, place] = 0
                    self.exchanged += 1
                    stands.remove((row, place))
                    over[one], over[other], moved = over[one] - 1, over[other] + 1, True
        return moved

    def _may_take(self, at: tuple[int, int], unit: Data) -> bool:
        paper, place = self.papers[at[0]], at[1]
        units = paper["units"]
        after = [*units[:place], unit, *units[place + 1 :]]
        return unit not in units and self._fits(paper, place, unit) and self._excess(after) <= self._excess(units)

    def written(self, name: str) -> Data:
        """A paper as the golden file has it."""
        paper = self.papers[self.names.index(name)]
        rows: list[list[Any]] = []
        for part in self.component["sections"]:
            mine = [
                unit for unit, slot in zip(paper["units"], self.slots, strict=True) if slot["section"] == part["id"]
            ]
            for unit in sorted(mine, key=lambda unit: (self._place(paper, unit), unit["label"][1])):
                for item in unit["items"]:
                    variant = self._variant(paper["scope"], item)
                    rows.append([len(rows) + 1, part["id"], item["id"], item["digest"], part["marks"], variant])
        number = Scope(self.seed, self.sitting["id"], self.component["id"], "candidate", name, "0").number("paper-id")
        letters = "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> 5 * place & 31] for place in range(8))
        return {"id": f"{letters[:4]}-{letters[4:]}", "items": rows}

    def _variant(self, scope: Scope, item: Data) -> Data:
        label = ("variant", item["id"])
        if "options" in item:
            last = [one[1:] for one in item["options"] if one.startswith("!")]
            free = [one for one in item["options"] if not one.startswith("!")]
            return {"options": [*scope.order(free, *label, "options"), *last]}
        if "parameters" not in item:
            return {}
        attempt = 0
        while True:
            values = {
                name: self._value(scope, given, *label, f"parameter|{name}|{attempt}")
                for name, given in item["parameters"].items()
            }
            if item["where"] is None or values["U"] * values["I"] > 100:
                return {"parameters": {name: f"{float(value):g}" for name, value in values.items()}}
            attempt += 1

    def _value(self, scope: Scope, given: list[str] | Data, *label: str) -> Fraction:
        if isinstance(given, list):
            return Fraction(given[scope.below(len(given), *label)])
        count = (Fraction(given["max"]) - Fraction(given["min"])) / Fraction(given["step"]) + 1
        return Fraction(given["min"]) + scope.below(int(count), *label) * Fraction(given["step"])
