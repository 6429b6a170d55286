"""Items of QTI 2.1, 2.2 and 3.0, read: one interaction each; other interactions are left out and named.

A text is what a candidate would read: prompt and body without the interaction, a gap where an entry stands within a
sentence. Rubrics that candidates do not see are the explanation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from certengine.interchange.choices import choice_question
from certengine.interchange.essays import essay_question
from certengine.interchange.pictures import Pictures
from certengine.interchange.qti_body import xml_name
from certengine.interchange.qti_gap_reading import is_gap_text, read_gaps
from certengine.interchange.qti_parts import (
    ItemParts,
    explanation_of,
    guide_of,
    is_plain,
    pinned,
    tolerance_of,
    unmarked,
    with_parameters,
)
from certengine.interchange.qti_templates import templates_of
from certengine.interchange.qti_versions import evened
from certengine.interchange.questions import LANGUAGE, LeftOut, Losses, Question, fixed_number, read_number
from certengine.interchange.strict_xml import Element, local, parse_xml
from certengine.items.matching import MatchingContent, Prompt
from certengine.items.numeric import NumericContent
from certengine.items.option_credit import OptionMapping, mapping_problems
from certengine.items.options import LETTERS, Option
from certengine.items.ordering import OrderingContent
from certengine.items.short_answer import ShortAnswerContent
from certengine.items.true_false import TrueFalseContent

ITEM_ROOTS: Final = frozenset({"assessmentItem", "qti-assessment-item"})

_TRUTHS: Final = ({"true", "false"},)


def read_item(
    data: bytes, path: Path, load: Callable[[str], bytes | None] = lambda _: None
) -> Callable[[Losses], Question]:
    """A reader of one item.

    Args:
        load: the bytes of a file the item names, if there is one.

    Raises:
        InputError: when it is hostile or not well-formed.
    """
    root = evened(parse_xml(data, path))

    def read(losses: Losses) -> Question:
        identifier, title = losses.plain(root.get("identifier", "")), losses.plain(root.get("title", ""))
        # An id of ours that XML does not take as an identifier stands in the title.
        name = (title if title and xml_name(title) == identifier else identifier) or losses.item
        losses.item = name
        if local(root) != "assessmentItem":
            raise LeftOut(f"`{local(root)[:40]}` is not an item")
        body = root.find("itemBody")
        if body is None:
            raise LeftOut("the item has no body")
        found = [part for part in body.iter() if local(part).endswith("Interaction")]
        if root.find("modalFeedback") is not None:
            losses.add("feedback", "what is said after an answer is not carried")
        pictures = Pictures(load)
        kind, content = _content(root, body, found, losses, pictures)
        return Question(
            id=name,
            name=name,
            kind=kind,
            content=content,
            explanation=explanation_of(body, losses, apart=kind == "essay") or None,
            pictures=pictures.taken(),
        )

    return read


def _content(root: Element, body: Element, found: list[Element], losses: Losses, pictures: Pictures) -> tuple[str, Any]:
    """The kind and content of an item, told by its interactions."""
    if is_gap_text(found):
        return read_gaps([ItemParts(root, body, one, losses, pictures) for one in found])
    if len(found) != 1:
        raise LeftOut(f"an item of {len(found)} interactions is not carried")
    reader = READERS.get(local(found[0]))
    if reader is None:
        raise LeftOut(f"`{local(found[0])[:40]}` is not carried yet")
    return reader(ItemParts(root, body, found[0], losses, pictures))


def _choice(item: ItemParts) -> tuple[str, Any]:
    options = item.options("simpleChoice")
    correct, mapped = item.correct, item.mapped
    known = {identifier for identifier, _, _ in options}
    several = item.declaration.get("cardinality") == "multiple"
    best = max(mapped.values(), default=Fraction(0))
    right = set(correct) or {one for one, worth in mapped.items() if worth > 0 and (several or worth == best)}
    if not right or right - known:
        raise LeftOut(
            "its right response names no choice" if not right else "its right response names an unknown choice"
        )
    if {identifier.lower() for identifier in known} in _TRUTHS:
        truth = "true" in {identifier.lower() for identifier in right}
        return "true_false", TrueFalseContent(stem=item.losses.text(unmarked(item.stem)), key=truth)
    worth = Fraction(1, len(right))
    listed = [(text, worth if identifier in right else Fraction(0)) for identifier, text, _ in options]
    kind, content = choice_question(unmarked(item.stem), listed, item.losses, several=several)
    shuffled = item.interaction.get("shuffle", "false") == "true"
    options_ = pinned(content.options, [not shuffled or fixed for _, _, fixed in options], item.losses)
    names = [identifier for identifier, _, _ in options]
    content = replace(content, mapping=_mapping(item, dict(zip(names, content.options, strict=True)), content.key))
    return kind, _renamed(content, options_, names if all(map(is_plain, names)) else [one.id for one in options_])


def _mapping(item: ItemParts, options: Mapping[str, Option], key: str | tuple[str, ...]) -> OptionMapping | None:
    """What the options are worth, where that is more than right and wrong; named as lost where it cannot be ours."""
    found = item.bounded_mapping(list(options))
    if found is None:
        return None
    right = (key,) if isinstance(key, str) else key
    made = replace(found, values={options[name].id: points for name, points in found.values.items()})
    if any(mapping_problems(made, tuple(options.values()), right)):
        item.losses.add(
            "partial credit", "the right answer does not come to full marks by its mapping, or bounds cross"
        )
        return None
    return made


def _entry(item: ItemParts) -> tuple[str, Any]:
    if item.declaration.get("baseType") == "string":
        return _short(item)
    if item.declaration.get("baseType") not in {"float", "integer"}:
        raise LeftOut("an entry that is neither a number nor text is not carried")
    unit_text = item.taken_unit()
    found = templates_of(item.root, item.losses)
    values = item.correct or [key for key, worth in item.mapped.items() if worth > 0][:1]
    formula = found.keys.get(item.named)
    if formula is None and len(values) != 1:
        raise LeftOut("it has no one right number")
    tolerance = tolerance_of(item)
    if not found.parameters and not found.derived and formula is None:
        value = read_number(values[0])
        key = Fraction(value)
        return "numeric", fixed_number(item.losses, unmarked(item.stem), value, tolerance.margin(key), unit_text)
    names = {*found.parameters, *found.derived}
    return "numeric", NumericContent(
        stem=item.losses.text(with_parameters(item.stem, names)),
        parameters=found.parameters,
        where=found.where,
        derived=found.derived,
        key=formula or values[0],
        unit=unit_text,
        places=2,
        tolerance=tolerance,
    )


def _short(item: ItemParts) -> tuple[str, Any]:
    accepted = tuple({LANGUAGE: item.losses.plain(form)} for form in item.forms())
    return "short_answer", ShortAnswerContent(stem=item.losses.text(unmarked(item.stem)), accepted=accepted)


def _match(item: ItemParts) -> tuple[str, Any]:
    sets = list(item.interaction.iter("simpleMatchSet"))
    if len(sets) != 2:
        raise LeftOut("a matching has two sides")
    prompts, options = (item.options("simpleAssociableChoice", side) for side in sets)
    pairs = [tuple(pair.split()) for pair in item.correct]
    sides = ([one for one, _, _ in prompts], [one for one, _, _ in options])
    if sorted(pair[0] for pair in pairs if len(pair) == 2 and pair[1] in sides[1]) != sorted(sides[0]):
        raise LeftOut("its right response does not give each prompt one option")
    numbers = {identifier: f"p{number}" for number, identifier in enumerate(sides[0], start=1)}
    letters = _letters(sides[1])
    pins = [fixed for _, _, fixed in options]
    made = tuple(Option(id=letters[identifier], text=item.losses.text(text)) for identifier, text, _ in options)
    return "matching", MatchingContent(
        stem=item.losses.text(unmarked(item.stem)),
        prompts=tuple(Prompt(id=numbers[one], text=item.losses.text(text)) for one, text, _ in prompts),
        options=pinned(made, pins, item.losses),
        key={numbers[left]: letters[right] for left, right in pairs},
    )


def _order(item: ItemParts) -> tuple[str, Any]:
    options = item.options("simpleChoice")
    letters = _letters([identifier for identifier, _, _ in options])
    if sorted(item.correct) != sorted(letters):
        raise LeftOut("its right response does not name each step once")
    return "ordering", OrderingContent(
        stem=item.losses.text(unmarked(item.stem)),
        options=tuple(Option(id=letters[one], text=item.losses.text(text)) for one, text, _ in options),
        key=tuple(letters[one] for one in item.correct),
    )


def _essay(item: ItemParts) -> tuple[str, Any]:
    lines = item.interaction.get("expectedLines")
    guide = guide_of(item.body, item.losses)
    return essay_question(unmarked(item.stem), guide, item.losses, lines=read_number(lines) if lines else None)


READERS: Final[Mapping[str, Callable[[ItemParts], tuple[str, Any]]]] = {
    "choiceInteraction": _choice,
    "textEntryInteraction": _entry,
    "matchInteraction": _match,
    "orderInteraction": _order,
    "extendedTextInteraction": _essay,
}
"""By interaction: the kind and content of an item."""


def _letters(identifiers: list[str]) -> dict[str, str]:
    if not 2 <= len(identifiers) <= len(LETTERS):
        raise LeftOut(f"an item has 2 to {len(LETTERS)} choices, this one {len(identifiers)}")
    if all(map(is_plain, identifiers)):
        return {identifier: identifier for identifier in identifiers}
    return dict(zip(identifiers, LETTERS.lower(), strict=False))


def _renamed(content: Any, options: tuple[Option, ...], names: list[str]) -> Any:
    """A choice with the ids that its file gives its options."""
    ids = {option.id: name for option, name in zip(options, names, strict=True)}
    made = tuple(Option(id=ids[one.id], text=one.text, pin=one.pin) for one in options)
    key = ids[content.key] if isinstance(content.key, str) else tuple(ids[one] for one in content.key)
    mapping = content.mapping
    if mapping is not None:
        mapping = replace(mapping, values={ids[one]: points for one, points in mapping.values.items()})
    return type(content)(stem=content.stem, options=made, key=key, mapping=mapping)
