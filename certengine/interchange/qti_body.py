"""Texts of ours within a QTI item, and the identifiers of its parts.

Where a stem has slots - parameters in braces, gaps in double angle brackets - whoever writes the item says what stands
there. A choice within a sentence holds words alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from certengine.interchange.qti_formulas import add_formula
from certengine.interchange.questions import shown
from certengine.interchange.rich import add_blocks, add_inline, tell
from certengine.interchange.strict_xml import Element, SubElement
from certengine.interchange.wording import single_braces
from certengine.items.gaps import GAP_MARKER
from certengine.items.options import Option
from certengine.model.text import Text

RESPONSE: Final = "RESPONSE"

Slots = Callable[[Element, str], Element | None]
"""Adds to a paragraph what a slot stands for; ``None`` when it is none."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_SLOT: Final = re.compile(rf"\{{\{{|\}}\}}|\{{[A-Za-z_][A-Za-z0-9_]*\}}|{GAP_MARKER.pattern}")


def xml_name(text: str) -> str:
    """A text as an identifier of XML: itself where it is one."""
    plain = re.sub(r"[^A-Za-z0-9_.-]", "-", text)
    return plain if _NAME.fullmatch(plain) else f"_{plain}"


def names_of(parts: Sequence[Any]) -> dict[Any, str]:
    """Identifiers that are unique within the item: the ids themselves where they all can be identifiers."""
    ids = [part.id for part in parts]
    if all(_NAME.fullmatch(id_) for id_ in ids):
        return {id_: id_ for id_ in ids}
    return {id_: f"choice_{number}" for number, id_ in enumerate(ids, start=1)}


def add_text(parent: Element, text: Text) -> None:
    """A text as paragraphs and other blocks."""
    add_blocks(parent, shown(text), tell, add_formula)


def add_running(element: Element, text: Text) -> None:
    """A text as what an element holds: a choice, for example."""
    add_inline(element, shown(text), tell, add_formula)


def add_slotted(body: Element, stem: Text, slots: Slots, values: Mapping[str, str]) -> None:
    """A stem whose braces are doubled, with its slots.

    Args:
        values: by name of a parameter, the variable that stands for it in formulas.
    """

    def leaf(element: Element, text: str) -> None:
        position = 0
        for match in _SLOT.finditer(text):
            if match.group(0) in {"{{", "}}"}:
                continue
            tell(element, single_braces(text[position : match.start()]))
            if slots(element, match.group(0)) is None:
                tell(element, match.group(0))
            position = match.end()
        tell(element, single_braces(text[position:]))

    def formula(element: Element, latex: str, apart: bool) -> None:
        add_formula(element, latex, apart, values)

    add_blocks(body, shown(stem), leaf, formula)


def add_choices(interaction: Element, options: Sequence[Option], names: Mapping[str, str], *, shuffled: bool) -> None:
    """The options of a choice, those pinned at their ends."""
    first = [option for option in options if option.pin == "first"]
    last = [option for option in options if option.pin == "last"]
    for option in (*first, *(one for one in options if one.pin is None), *last):
        attributes = {"identifier": names[option.id]}
        if option.pin and shuffled:
            attributes["fixed"] = "true"
        add_running(SubElement(interaction, "simpleChoice", attributes), option.text)


def set_correct(declaration: Element, cardinality: str, base_type: str, values: Sequence[str]) -> None:
    """What a right response is."""
    declaration.set("cardinality", cardinality)
    declaration.set("baseType", base_type)
    correct = SubElement(declaration, "correctResponse")
    for value in values:
        SubElement(correct, "value").text = value
