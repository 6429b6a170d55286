"""Gap texts out of QTI items: several interactions within one text, or a choice within a sentence.

An item with one blank within a sentence stays what it is, a number or a short answer; ours are known by their identifiers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from certengine.interchange.qti_gaps import PREFIX
from certengine.interchange.qti_parts import ENTRY, INLINE, ItemParts, is_plain, pinned, tolerance_of, with_parameters
from certengine.interchange.qti_templates import Templates, templates_of
from certengine.interchange.questions import LANGUAGE, LeftOut, read_number
from certengine.interchange.strict_xml import Element, local
from certengine.items.gaps import GAP_ID, GAP_MARKER, ChoiceGap, Gap, GapTextContent, NumberGap, TextGap
from certengine.items.options import LETTERS, Option

MAX_GAPS: Final = 60
"""Most gaps of one text."""


def is_gap_text(interactions: Sequence[Element]) -> bool:
    """Whether interactions stand within one text as gaps."""
    if not interactions or not all(local(one) in INLINE for one in interactions):
        return False
    return (
        len(interactions) > 1
        or local(interactions[0]) == "inlineChoiceInteraction"
        or interactions[0].get("responseIdentifier", "").startswith(PREFIX)
    )


def read_gaps(items: Sequence[ItemParts]) -> tuple[str, GapTextContent]:
    """The gap text of an item.

    Args:
        items: the item as each of its interactions sees it, in order.

    Raises:
        LeftOut: when a gap has no rule of ours.
    """
    first = items[0]
    if len(items) > MAX_GAPS:
        raise LeftOut(f"a text has {MAX_GAPS} gaps at most, this one {len(items)}")
    found = templates_of(first.root, first.losses)
    ids = _ids([item.named for item in items])
    gaps = tuple(_gap(item, id_, found) for item, id_ in zip(items, ids, strict=True))
    text = first.text
    if text.count(ENTRY) != len(items) or GAP_MARKER.search(text):
        raise LeftOut("its gaps do not stand in one text")
    for id_ in ids:
        text = text.replace(ENTRY, f"<<{id_}>>", 1)
    names = {*found.parameters, *found.derived}
    return "gap_text", GapTextContent(
        stem=first.losses.text(with_parameters(text, names)),
        gaps=gaps,
        parameters=found.parameters,
        where=found.where,
        derived=found.derived,
    )


def _ids(named: Sequence[str]) -> list[str]:
    plain = [name.removeprefix(PREFIX) for name in named]
    if len(set(plain)) < len(plain):
        raise LeftOut("two of its gaps have one response")
    if all(GAP_ID.fullmatch(one) for one in plain):
        return plain
    return [str(number) for number in range(1, len(plain) + 1)]


def _gap(item: ItemParts, id_: str, found: Templates) -> Gap:
    if local(item.interaction) == "inlineChoiceInteraction":
        return Gap(id=id_, choice=_choice(item))
    base = item.declaration.get("baseType")
    if base in {"float", "integer"}:
        return Gap(id=id_, number=_number(item, found))
    if base == "string":
        return Gap(id=id_, text=_text(item))
    raise LeftOut("an entry that is neither a number nor text is not carried")


def _choice(item: ItemParts) -> ChoiceGap:
    listed = item.options("inlineChoice")
    right = item.correct or [key for key, worth in item.mapped.items() if worth > 0]
    names = [identifier for identifier, _, _ in listed]
    if len(right) != 1 or right[0] not in names:
        raise LeftOut("a gap has no one right choice")
    if not 2 <= len(listed) <= len(LETTERS):
        raise LeftOut(f"a choice has 2 to {len(LETTERS)} options, a gap has {len(listed)}")
    ids = names if all(map(is_plain, names)) else list(LETTERS.lower()[: len(names)])
    shuffled = item.interaction.get("shuffle", "false") == "true"
    made = tuple(Option(id=id_, text=item.losses.text(text)) for id_, (_, text, _) in zip(ids, listed, strict=True))
    placed = pinned(made, [not shuffled or fixed for _, _, fixed in listed], item.losses)
    return ChoiceGap(options=placed, key=ids[names.index(right[0])])


def _number(item: ItemParts, found: Templates) -> NumberGap:
    unit = item.taken_unit()
    formula = found.keys.get(item.named)
    values = item.correct or [key for key, worth in item.mapped.items() if worth > 0][:1]
    if formula is None and len(values) != 1:
        raise LeftOut("a gap has no one right number")
    if formula is not None:
        return NumberGap(key=formula, unit=unit, places=2, tolerance=tolerance_of(item))
    exponent = read_number(values[0]).normalize().as_tuple().exponent
    places = min(max(0, -int(exponent)), 12)
    return NumberGap(key=values[0], unit=unit, places=places, tolerance=tolerance_of(item))


def _text(item: ItemParts) -> TextGap:
    return TextGap(accepted=tuple({LANGUAGE: item.losses.plain(form)} for form in item.forms()))
