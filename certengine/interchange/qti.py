"""Items of QTI 2.1, 2.2 and 3.0, read: one interaction each; other interactions are left out and named.

A text is what a candidate would read: prompt and body without the interaction, a gap where an entry stands within a
sentence. Rubrics that candidates do not see are the explanation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import Any, Final

from certengine.interchange.choices import choice_question
from certengine.interchange.html_text import html_to_text
from certengine.interchange.qti_templates import templates_of
from certengine.interchange.qti_versions import evened
from certengine.interchange.qti_writing import xml_name
from certengine.interchange.questions import (
    LANGUAGE,
    LeftOut,
    Losses,
    Question,
    doubled,
    fixed_number,
    read_number,
)
from certengine.interchange.strict_xml import Element, local, parse_xml
from certengine.items.matching import MatchingContent, Prompt
from certengine.items.numeric import NumericContent, Tolerance
from certengine.items.options import LETTERS, Option
from certengine.items.ordering import OrderingContent
from certengine.items.short_answer import ShortAnswerContent
from certengine.items.true_false import TrueFalseContent

ITEM_ROOTS: Final = frozenset({"assessmentItem", "qti-assessment-item"})

_GAP: Final = "_____"
# Stand within a text while its markup is read: a parameter's name between the first two, an interaction at the third.
_OPEN, _CLOSE, _ENTRY = "\ue000", "\ue001", "\ue002"
_TRUTHS: Final = ({"true", "false"},)


def read_item(data: bytes, path: Path) -> Callable[[Losses], Question]:
    """A reader of one item.

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
        if len(found) != 1:
            raise LeftOut(f"an item of {len(found)} interactions is not carried")
        reader = READERS.get(local(found[0]))
        if reader is None:
            raise LeftOut(f"`{local(found[0])[:40]}` is not carried yet")
        if root.find("modalFeedback") is not None:
            losses.add("feedback", "what is said after an answer is not carried")
        kind, content = reader(_Item(root, body, found[0], losses))
        return Question(
            id=name,
            name=name,
            kind=kind,
            content=content,
            explanation=_explanation(body, losses) or None,
        )

    return read


class _Item:
    """The parts of an item that readers of interactions look at."""

    def __init__(self, root: Element, body: Element, interaction: Element, losses: Losses) -> None:
        self.root, self.body, self.interaction, self.losses = root, body, interaction, losses
        named = interaction.get("responseIdentifier", "")
        self.declaration = next(
            (one for one in root.iter("responseDeclaration") if one.get("identifier") == named), Element("none")
        )

    @property
    def correct(self) -> list[str]:
        """The values of the right response."""
        return [(one.text or "").strip() for part in self.declaration.iter("correctResponse") for one in part]

    @property
    def mapped(self) -> dict[str, Fraction]:
        """What single values are worth."""
        return {
            entry.get("mapKey", ""): Fraction(read_number(entry.get("mappedValue", "0")))
            for entry in self.declaration.iter("mapEntry")
        }

    @property
    def stem(self) -> str:
        """The text, with marks for parameters."""
        text = self.losses.plain(html_to_text(_markup(self.body), self.losses))
        before, _, after = text.partition(_ENTRY)
        if before.strip() and after.strip():
            self.losses.add("gap in the sentence", f"the gap is shown as `{_GAP}`")
            return text.replace(_ENTRY, _GAP)
        found = (before.strip() + "\n" + after.strip()).strip()
        if not found:
            raise LeftOut("the item has no text")
        return found

    def options(self, tag: str, within: Element | None = None) -> list[tuple[str, str, bool]]:
        """Identifier, text and whether it stays in place, of each choice."""
        parts = (within if within is not None else self.interaction).iter(tag)
        found = [
            (
                one.get("identifier", ""),
                self.losses.plain(html_to_text(_markup(one), self.losses)),
                one.get("fixed") == "true",
            )
            for one in parts
        ]
        if len({identifier for identifier, _, _ in found}) < len(found):
            raise LeftOut("two of its choices have one identifier")
        if any(not text for _, text, _ in found):
            raise LeftOut("a choice has no text: it was a picture, or was left empty")
        return found


def _choice(item: _Item) -> tuple[str, Any]:
    options = item.options("simpleChoice")
    correct, mapped = item.correct, item.mapped
    known = {identifier for identifier, _, _ in options}
    right = set(correct) or {identifier for identifier, worth in mapped.items() if worth > 0}
    if not right or right - known:
        raise LeftOut(
            "its right response names no choice" if not right else "its right response names an unknown choice"
        )
    if correct and len({worth for worth in mapped.values() if worth > 0}) > 1:
        item.losses.add("partial credit", "right options of different worth count alike")
    if {identifier.lower() for identifier in known} in _TRUTHS:
        truth = "true" in {identifier.lower() for identifier in right}
        return "true_false", TrueFalseContent(stem=item.losses.text(_unmarked(item.stem)), key=truth)
    several = item.declaration.get("cardinality") == "multiple"
    worth = Fraction(1, len(right))
    listed = [(text, worth if identifier in right else Fraction(0)) for identifier, text, _ in options]
    kind, content = choice_question(_unmarked(item.stem), listed, item.losses, several=several)
    shuffled = item.interaction.get("shuffle", "false") == "true"
    pinned = _pinned(content.options, [not shuffled or fixed for _, _, fixed in options], item.losses)
    names = [identifier for identifier, _, _ in options]
    return kind, _renamed(content, pinned, names if all(map(_is_plain, names)) else [one.id for one in pinned])


def _entry(item: _Item) -> tuple[str, Any]:
    if item.declaration.get("baseType") == "string":
        return _short(item)
    if item.declaration.get("baseType") not in {"float", "integer"}:
        raise LeftOut("an entry that is neither a number nor text is not carried")
    unit = next((part for part in item.body.iter("span") if part.get("class") == "unit"), None)
    unit_text = item.losses.plain(unit.text or "") if unit is not None else None
    if unit is not None:
        unit.text = ""
    found = templates_of(item.root, item.losses)
    values = item.correct or [key for key, worth in item.mapped.items() if worth > 0][:1]
    if found.key is None and len(values) != 1:
        raise LeftOut("it has no one right number")
    tolerance = _tolerance(item)
    if not found.parameters and not found.derived and found.key is None:
        value = read_number(values[0])
        key = Fraction(value)
        return "numeric", fixed_number(item.losses, _unmarked(item.stem), value, tolerance.margin(key), unit_text)
    names = {*found.parameters, *found.derived}
    return "numeric", NumericContent(
        stem=item.losses.text(_with_parameters(item.stem, names)),
        parameters=found.parameters,
        where=found.where,
        derived=found.derived,
        key=found.key or values[0],
        unit=unit_text or None,
        places=2,
        tolerance=tolerance,
    )


def _short(item: _Item) -> tuple[str, Any]:
    mapped = item.mapped
    best = max(mapped.values(), default=Fraction(0))
    forms = [*item.correct, *(form for form, worth in mapped.items() if worth == best and worth > 0)]
    if not forms:
        raise LeftOut("it has no right answer")
    if any(0 < worth < best for worth in mapped.values()):
        item.losses.add("partial credit", "answers that are worth a part of the marks are not carried")
    accepted = tuple({LANGUAGE: item.losses.plain(form)} for form in dict.fromkeys(forms))
    return "short_answer", ShortAnswerContent(stem=item.losses.text(_unmarked(item.stem)), accepted=accepted)


def _match(item: _Item) -> tuple[str, Any]:
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
        stem=item.losses.text(_unmarked(item.stem)),
        prompts=tuple(Prompt(id=numbers[one], text=item.losses.text(text)) for one, text, _ in prompts),
        options=_pinned(made, pins, item.losses),
        key={numbers[left]: letters[right] for left, right in pairs},
    )


def _order(item: _Item) -> tuple[str, Any]:
    options = item.options("simpleChoice")
    letters = _letters([identifier for identifier, _, _ in options])
    if sorted(item.correct) != sorted(letters):
        raise LeftOut("its right response does not name each step once")
    return "ordering", OrderingContent(
        stem=item.losses.text(_unmarked(item.stem)),
        options=tuple(Option(id=letters[one], text=item.losses.text(text)) for one, text, _ in options),
        key=tuple(letters[one] for one in item.correct),
    )


READERS: Final[Mapping[str, Callable[[_Item], tuple[str, Any]]]] = {
    "choiceInteraction": _choice,
    "textEntryInteraction": _entry,
    "matchInteraction": _match,
    "orderInteraction": _order,
}
"""By interaction: the kind and content of an item."""


def _tolerance(item: _Item) -> Tolerance:
    """How far off is right, as the response processing compares."""
    for equal in item.root.iter("equal"):
        ways = equal.get("tolerance", "0").split()
        width = min((read_number(way) for way in ways), default=Decimal(0))
        if len(set(ways)) > 1:
            item.losses.add("tolerance", "the narrower side counts for both")
        if width and equal.get("toleranceMode") == "relative":
            return Tolerance(relative=width / 100)
        if width and equal.get("toleranceMode") == "absolute":
            return Tolerance(absolute=width)
    for rounded in item.root.iter("equalRounded"):
        if rounded.get("roundingMode") == "decimalPlaces":
            places = int(read_number(rounded.get("figures", "0")))
            if 0 <= places <= 12:
                return Tolerance(absolute=Decimal(5).scaleb(-places - 1))
        item.losses.add("tolerance", "rounding to significant figures is not carried; the number must be exact")
    return Tolerance(exact=True)


def _explanation(body: Element, losses: Losses) -> str:
    texts = (html_to_text(_markup(part, hidden=False), losses) for part in body.iter("rubricBlock") if _is_hidden(part))
    return losses.plain("\n".join(text for text in texts if text))


def _is_hidden(rubric: Element) -> bool:
    return "candidate" not in rubric.get("view", "candidate").split()


def _markup(element: Element, *, hidden: bool = True) -> str:
    """What lies within an element as HTML, interactions and printed variables as marks.

    Args:
        hidden: leave out what candidates do not see.
    """
    pieces = [_text(element.text)]
    for part in element:
        name = local(part)
        if name == "rubricBlock" and hidden and _is_hidden(part):
            pass
        elif name == "printedVariable":
            pieces.append(f"{_OPEN}{_text(part.get('identifier'))}{_CLOSE}")
        elif name.endswith("Interaction"):
            pieces.extend(_markup(prompt) for prompt in part.iter("prompt"))
            pieces.append(_ENTRY if name in {"textEntryInteraction", "inlineChoiceInteraction"} else "")
        elif name in {"itemBody", "prompt", "rubricBlock", "contentBody"}:
            pieces.append(f"<div>{_markup(part, hidden=hidden)}</div>")
        else:
            attributes = "".join(f' {key}="{escape(value)}"' for key, value in part.attrib.items() if key.isalnum())
            pieces.append(f"<{name}{attributes}>{_markup(part, hidden=hidden)}</{name}>")
        pieces.append(_text(part.tail))
    return "".join(pieces)


def _text(text: str | None) -> str:
    plain = (text or "").replace(_OPEN, "").replace(_CLOSE, "").replace(_ENTRY, "")
    return escape(plain, quote=False)


def _unmarked(text: str) -> str:
    """A text of an item without parameters: a printed variable is its name in brackets."""
    return text.replace(_OPEN, "[").replace(_CLOSE, "]")


def _with_parameters(text: str, names: set[str]) -> str:
    """A stem of ours: parameters in braces, other braces doubled."""
    written = doubled(text)
    for name in names:
        written = written.replace(f"{_OPEN}{name}{_CLOSE}", f"{{{name}}}")
    if _OPEN in written:
        raise LeftOut("a value is printed that is neither drawn nor computed")
    return written


def _letters(identifiers: list[str]) -> dict[str, str]:
    if not 2 <= len(identifiers) <= len(LETTERS):
        raise LeftOut(f"an item has 2 to {len(LETTERS)} choices, this one {len(identifiers)}")
    if all(map(_is_plain, identifiers)):
        return {identifier: identifier for identifier in identifiers}
    return dict(zip(identifiers, LETTERS.lower(), strict=False))


def _is_plain(identifier: str) -> bool:
    """Whether an identifier is short enough to stand in our files as the id of an option."""
    return identifier.isascii() and identifier.isalnum() and len(identifier) <= 3


def _pinned(options: tuple[Option, ...], fixed: list[bool], losses: Losses) -> tuple[Option, ...]:
    """Options that stay at the beginning or the end; one in the middle cannot stay."""
    start = next((number for number, stays in enumerate(fixed) if not stays), len(fixed))
    end = len(fixed) - next((number for number, stays in enumerate(reversed(fixed)) if not stays), len(fixed))
    if any(fixed[start:end]):
        losses.add("fixed place", "an option in the middle is shuffled with the others")
    return tuple(
        Option(id=one.id, text=one.text, pin="first" if n < start else "last" if n >= end else None)
        for n, one in enumerate(options)
    )


def _renamed(content: Any, options: tuple[Option, ...], names: list[str]) -> Any:
    """A choice with the ids that its file gives its options."""
    ids = {option.id: name for option, name in zip(options, names, strict=True)}
    made = tuple(Option(id=ids[one.id], text=one.text, pin=one.pin) for one in options)
    key = ids[content.key] if isinstance(content.key, str) else tuple(ids[one] for one in content.key)
    return type(content)(stem=content.stem, options=made, key=key)
