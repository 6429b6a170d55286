"""The figures of the sample banks: plain drawings that print well, used by items, and showing what the keys say."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET  # our own files, and the parser reads no entities from elsewhere

import pytest

from certengine.model.bank import BankDraft, Figure, ItemStatus
from tests.content.sample_banks import ROOT, sample_bank

LEAST = {"industrial-automation": 4, "new-energy-vehicles": 3, "ai-machine-vision": 3}
DRAWINGS = sorted((ROOT / "question_banks").glob("*/figures/*.svg"))
PLAIN = {"svg", "g", "rect", "line", "polyline", "polygon", "circle", "path", "text", "tspan"}
SVG = "{http://www.w3.org/2000/svg}"


def _uses(bank: BankDraft) -> Iterator[tuple[str, Figure]]:
    for item in bank.items:
        if item.status is ItemStatus.ACTIVE:
            yield from ((item.kind, figure) for figure in item.figures or ())
    for stimulus in bank.stimuli or ():
        yield from (("stimulus", figure) for figure in stimulus.figures or ())


def _parsed(path: Path) -> ET.Element:
    return ET.fromstring(path.read_text("utf-8"))


def _elements(path: Path, tag: str) -> list[ET.Element]:
    return list(_parsed(path).iter(f"{SVG}{tag}"))


def _numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", text)]


def test_there_are_ten_figures() -> None:
    """Ten figures are drawn at least, and every bank has its share."""
    per_bank = Counter(path.parents[1].name for path in DRAWINGS)

    assert per_bank.total() >= 10
    assert {bank_id: per_bank[bank_id] >= least for bank_id, least in LEAST.items()} == dict.fromkeys(LEAST, True)


@pytest.mark.parametrize("bank_id", LEAST)
def test_every_figure_is_used_twice_and_by_several_kinds(bank_id: str) -> None:
    """Each drawing of a bank belongs to two active items at least, of more than one kind."""
    kinds: dict[str, list[str]] = {
        str(path.relative_to(path.parents[1])): [] for path in DRAWINGS if path.parents[1].name == bank_id
    }
    for kind, figure in _uses(sample_bank(bank_id)):
        kinds[figure.file].append(kind)

    assert [name for name, used in kinds.items() if len(used) < 2 or len(set(used)) < 2] == []


@pytest.mark.parametrize("bank_id", LEAST)
def test_every_figure_is_described_in_every_language(bank_id: str) -> None:
    """Who cannot see a picture is told what it shows, in Chinese and in English."""
    assert [figure.file for _, figure in _uses(sample_bank(bank_id)) if set(figure.alt.languages) != {"zh", "en"}] == []


@pytest.mark.parametrize("path", DRAWINGS, ids=lambda path: path.stem)
def test_drawing_is_plain(path: Path) -> None:
    """Shapes and text only: no script, no style sheet, no picture in the picture, nothing fetched from elsewhere."""
    elements = list(_parsed(path).iter())

    assert {element.tag.removeprefix(SVG) for element in elements} <= PLAIN
    assert [name for element in elements for name in element.attrib if "href" in name or name.startswith("on")] == []
    assert "url(" not in path.read_text("utf-8")


@pytest.mark.parametrize("bank_id", LEAST)
def test_drawing_prints_at_a_readable_size(bank_id: str) -> None:
    """At the width an item gives it, every letter is 2 mm high at least and every stroke is a pen's, 0.1 to 1 mm."""
    small = set()
    for _, figure in _uses(sample_bank(bank_id)):
        root = _parsed(ROOT / "question_banks" / bank_id / figure.file)
        scale = float(figure.width) / _numbers(root.attrib["viewBox"])[2]
        letters = [float(part.attrib["font-size"]) for part in root.iter() if "font-size" in part.attrib]
        strokes = [float(part.attrib["stroke-width"]) for part in root.iter() if "stroke-width" in part.attrib]
        if min(letters) * scale < 2 or not 0.1 <= min(strokes) * scale <= max(strokes) * scale <= 1:
            small.add(figure.file)

    assert small == set()


def test_boxes_stand_where_their_items_say() -> None:
    """The intersection over union read off the drawing is the key of the item about it."""
    path = ROOT / "question_banks" / "ai-machine-vision" / "figures" / "boxes.svg"
    (true, found) = [
        [float(part.attrib[name]) for name in ("x", "y", "width", "height")]
        for part in _elements(path, "rect")
        if part.attrib.get("stroke-width") == "6"
    ]
    wide = min(true[0] + true[2], found[0] + found[2]) - max(true[0], found[0])
    high = min(true[1] + true[3], found[1] + found[3]) - max(true[1], found[1])
    union = true[2] * true[3] + found[2] * found[3] - wide * high
    keys = [
        float(Decimal(item.content.key.split("/")[0]) / Decimal(item.content.key.split("/")[1]))
        for item in sample_bank("ai-machine-vision").items
        if item.kind == "numeric" and any(figure.file == "figures/boxes.svg" for figure in item.figures or ())
    ]

    assert keys == [pytest.approx(wide * high / union)]


def test_curves_pass_where_their_items_say() -> None:
    """At the recalls that items ask about, the drawn curves have the precisions that their keys rest on."""
    path = ROOT / "question_banks" / "ai-machine-vision" / "figures" / "precision-recall.svg"
    left, bottom, side = 120, 720, 650
    curves = []
    for part in _elements(path, "polyline"):
        numbers = _numbers(part.attrib["points"])
        points = zip(numbers[::2], numbers[1::2], strict=True)
        curves.append({round((x - left) / side, 2): round((bottom - y) / side, 2) for x, y in points})
    first, second = curves

    assert (first[0.8], first[0.9], second[0.9]) == (0.8, 0.6, 0.8)
    assert first[0.5] > second[0.5]


def test_step_response_overshoots_as_its_items_say() -> None:
    """The drawn response peaks at 125 % after 2 s, and stays within 5 % of its final value from 6 s on."""
    path = ROOT / "question_banks" / "industrial-automation" / "figures" / "step-response.svg"
    left, bottom, second, whole = 110, 560, 90, 340
    (curve,) = [part for part in _elements(path, "polyline") if part.attrib["points"].count(",") > 100]
    numbers = _numbers(curve.attrib["points"])
    points = [
        ((x - left) / second, 100 * (bottom - y) / whole) for x, y in zip(numbers[::2], numbers[1::2], strict=True)
    ]
    peak = max(points, key=lambda point: point[1])

    assert peak == (pytest.approx(2, abs=0.06), pytest.approx(125, abs=0.5))
    assert all(abs(value - 100) <= 5 for time, value in points if time >= 6)


def test_pilot_levels_follow_from_the_resistors_drawn() -> None:
    """With the resistors in the drawing the pilot stands at 9 V with S2 open and at 6 V with S2 closed."""
    path = ROOT / "question_banks" / "new-energy-vehicles" / "figures" / "control-pilot.svg"
    words = " ".join("".join(part.itertext()) for part in _elements(path, "text"))
    series, shunt, switched = (float(value) for value in re.findall(r"([\d.]+) kΩ", words))
    levels = [0.7 + 11.3 * load / (series + load) for load in (shunt, 1 / (1 / shunt + 1 / switched))]

    assert [round(level) for level in levels] == [9, 6]


def _ends(path: Path) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Every straight piece of wire of a drawing."""
    pieces = []
    for part in _elements(path, "line"):
        if "stroke-dasharray" not in part.attrib:
            x1, y1, x2, y2 = (float(part.attrib[name]) for name in ("x1", "y1", "x2", "y2"))
            pieces.append(((x1, y1), (x2, y2)))
    for part in _elements(path, "polyline"):
        numbers = _numbers(part.attrib["points"])
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        pieces.extend(itertools.pairwise(points))
    return pieces


def _lies_on(point: tuple[float, float], piece: tuple[tuple[float, float], tuple[float, float]]) -> bool:
    whole = math.dist(*piece)
    return math.isclose(math.dist(piece[0], point) + math.dist(point, piece[1]), whole, abs_tol=0.01)


def test_delta_contactor_joins_each_phase_to_the_other_end_of_the_next_winding() -> None:
    """Traced through the drawing, K2 joins L1 to W2, L2 to U2 and L3 to V2: U1-W2, V1-U2, W1-V2 is a delta."""
    path = ROOT / "question_banks" / "industrial-automation" / "figures" / "star-delta.svg"
    pieces = _ends(path)
    below = {"U2": (240.0, 880.0), "V2": (310.0, 930.0), "W2": (380.0, 980.0)}
    under = {"L1": (620.0, 440.0), "L2": (690.0, 440.0), "L3": (760.0, 440.0)}

    def joined(start: tuple[float, float]) -> set[str]:
        reached, waiting = {start}, [start]
        dots = [(float(part.attrib["cx"]), float(part.attrib["cy"])) for part in _elements(path, "circle")]
        while waiting:
            point = waiting.pop()
            for piece in pieces:
                if not _lies_on(point, piece):
                    continue
                for end in (*piece, *(dot for dot in dots if _lies_on(dot, piece))):
                    if end not in reached:
                        reached.add(end)
                        waiting.append(end)
        return {name for name, corner in below.items() if corner in reached}

    assert {phase: joined(contact) for phase, contact in under.items()} == {"L1": {"W2"}, "L2": {"U2"}, "L3": {"V2"}}
