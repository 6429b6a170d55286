"""The parts of a QTI item as readers look at them: texts, choices, declarations, tolerances.

A text is what a candidate would read. While its markup is read, private characters stand for what is no text: a
parameter's name between the first two, an interaction within the sentence at the third.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from html import escape
from itertools import pairwise
from typing import Final

from certengine.interchange.html_text import html_to_text
from certengine.interchange.pictures import Pictures
from certengine.interchange.questions import LeftOut, Losses, read_number
from certengine.interchange.strict_xml import Element, local
from certengine.interchange.wording import doubled
from certengine.items.numeric import Tolerance
from certengine.items.option_credit import OptionMapping
from certengine.items.options import Option

ENTRY: Final = "\ue002"
"""Stands in a text for an interaction within the sentence."""

INLINE: Final = frozenset({"textEntryInteraction", "inlineChoiceInteraction"})

_OPEN, _CLOSE = "\ue000", "\ue001"
_GAP: Final = "_____"


class ItemParts:
    """The parts of an item that readers of interactions look at."""

    def __init__(self, root: Element, body: Element, interaction: Element, losses: Losses, pictures: Pictures) -> None:
        self.pictures = pictures
        self.root, self.body, self.interaction, self.losses = root, body, interaction, losses
        self.named = interaction.get("responseIdentifier", "")
        self.declaration = next(
            (one for one in root.iter("responseDeclaration") if one.get("identifier") == self.named), Element("none")
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

    def bounded_mapping(self, names: Sequence[str]) -> OptionMapping | None:
        """What choices of these names are worth; ``None`` where the right ones are worth alike and no other anything."""
        element = next(self.declaration.iter("mapping"), None)
        if element is None:
            return None
        lower, upper = element.get("lowerBound"), element.get("upperBound")
        said = {
            entry.get("mapKey", ""): read_number(entry.get("mappedValue", "0")) for entry in element.iter("mapEntry")
        }
        default = read_number(element.get("defaultValue", "0"))
        values = {name: said.get(name, default) for name in names}
        if lower is None and upper is None and min(values.values()) >= 0 and len({*values.values()} - {0}) < 2:
            return None
        under = [points for points in values.values() if points < 0]
        several = self.declaration.get("cardinality") == "multiple"
        least = sum(under, Decimal(0)) if several else min(under, default=Decimal(0))
        return OptionMapping(
            values={name: points for name, points in values.items() if points},
            lower=least if lower is None else read_number(lower),
            upper=None if upper is None else read_number(upper),
        )

    def forms(self) -> list[str]:
        """What a written answer may be, of those worth most.

        Raises:
            LeftOut: when there is none.
        """
        mapped = self.mapped
        best = max(mapped.values(), default=Fraction(0))
        found = [*self.correct, *(form for form, worth in mapped.items() if worth == best and worth > 0)]
        if not found:
            raise LeftOut("it has no right answer")
        if any(0 < worth < best for worth in mapped.values()):
            self.losses.add("partial credit", "answers that are worth a part of the marks are not carried")
        return list(dict.fromkeys(found))

    @property
    def text(self) -> str:
        """The text as it stands, with marks for parameters and interactions."""
        return self.losses.plain(html_to_text(markup_of(self.body), self.losses, picture=self.pictures.take))

    @property
    def stem(self) -> str:
        """The text, with marks for parameters."""
        text = self.text
        before, _, after = text.partition(ENTRY)
        if before.strip() and after.strip():
            self.losses.add("gap in the sentence", f"the gap is shown as `{_GAP}`")
            return text.replace(ENTRY, _GAP)
        found = (before.strip() + "\n" + after.strip()).strip()
        if not found:
            raise LeftOut("the item has no text")
        return found

    def taken_unit(self) -> str | None:
        """The unit that stands right after the interaction, taken out of the text."""
        for parent in self.body.iter():
            for here, after in pairwise(list(parent)):
                if here is self.interaction and local(after) == "span" and after.get("class") == "unit":
                    unit = self.losses.plain("".join(after.itertext()))
                    after.text = ""
                    for part in list(after):
                        after.remove(part)
                    return unit or None
        return None

    def options(self, tag: str, within: Element | None = None) -> list[tuple[str, str, bool]]:
        """Identifier, text and whether it stays in place, of each choice."""
        parts = (within if within is not None else self.interaction).iter(tag)
        found = [
            (
                one.get("identifier", ""),
                self.losses.plain(html_to_text(markup_of(one), self.losses)),
                one.get("fixed") == "true",
            )
            for one in parts
        ]
        if len({identifier for identifier, _, _ in found}) < len(found):
            raise LeftOut("two of its choices have one identifier")
        if any(not text for _, text, _ in found):
            raise LeftOut("a choice has no text: it was a picture, or was left empty")
        return found


def tolerance_of(item: ItemParts) -> Tolerance:
    """How far off is right, as the response processing compares."""
    compared = [part for rules in item.root.iter("responseProcessing") for part in rules.iter()]
    own = [part for part in compared if any(one.get("identifier") == item.named for one in part.iter("variable"))]
    own = own or compared  # a foreign item may compare what it computed before
    for equal in (part for part in own if local(part) == "equal"):
        ways = equal.get("tolerance", "0").split()
        width = min((read_number(way) for way in ways), default=Decimal(0))
        if len(set(ways)) > 1:
            item.losses.add("tolerance", "the narrower side counts for both")
        if width and equal.get("toleranceMode") == "relative":
            return Tolerance(relative=width / 100)
        if width and equal.get("toleranceMode") == "absolute":
            return Tolerance(absolute=width)
    for rounded in (part for part in own if local(part) == "equalRounded"):
        if rounded.get("roundingMode") == "decimalPlaces":
            places = int(read_number(rounded.get("figures", "0")))
            if 0 <= places <= 12:
                return Tolerance(absolute=Decimal(5).scaleb(-places - 1))
        item.losses.add("tolerance", "rounding to significant figures is not carried; the number must be exact")
    return Tolerance(exact=True)


def explanation_of(body: Element, losses: Losses, *, apart: bool = False) -> str:
    """What scorers and tutors see, and candidates do not.

    Args:
        apart: what only scorers see is a guide for marking, and no explanation.
    """
    hidden = [part for part in body.iter("rubricBlock") if _is_hidden(part)]
    return _texts([part for part in hidden if not (apart and _is_guide(part))], losses)


def guide_of(body: Element, losses: Losses) -> str:
    """What only scorers see."""
    return _texts([part for part in body.iter("rubricBlock") if _is_guide(part)], losses)


def _texts(rubrics: list[Element], losses: Losses) -> str:
    texts = (html_to_text(markup_of(part, hidden=False), losses) for part in rubrics)
    return losses.plain("\n".join(text for text in texts if text))


def _is_guide(rubric: Element) -> bool:
    return rubric.get("view", "candidate").split() == ["scorer"]


def _is_hidden(rubric: Element) -> bool:
    return "candidate" not in rubric.get("view", "candidate").split()


def markup_of(element: Element, *, hidden: bool = True) -> str:
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
            pieces.extend(markup_of(prompt) for prompt in part.iter("prompt"))
            pieces.append(ENTRY if name in INLINE else "")
        elif name in {"itemBody", "prompt", "rubricBlock", "contentBody"}:
            pieces.append(f"<div>{markup_of(part, hidden=hidden)}</div>")
        else:
            attributes = "".join(f' {key}="{escape(value)}"' for key, value in part.attrib.items() if key.isalnum())
            pieces.append(f"<{name}{attributes}>{markup_of(part, hidden=hidden)}</{name}>")
        pieces.append(_text(part.tail))
    return "".join(pieces)


def _text(text: str | None) -> str:
    plain = (text or "").replace(_OPEN, "").replace(_CLOSE, "").replace(ENTRY, "")
    return escape(plain, quote=False)


def unmarked(text: str) -> str:
    """A text of an item without parameters: a printed variable is its name in brackets."""
    return text.replace(_OPEN, "[").replace(_CLOSE, "]")


def with_parameters(text: str, names: set[str]) -> str:
    """A stem of ours: parameters in braces, other braces doubled."""
    written = doubled(text)
    for name in names:
        written = written.replace(f"{_OPEN}{name}{_CLOSE}", f"{{{name}}}")
    if _OPEN in written:
        raise LeftOut("a value is printed that is neither drawn nor computed")
    return written


def pinned(options: tuple[Option, ...], fixed: list[bool], losses: Losses) -> tuple[Option, ...]:
    """Options that stay at the beginning or the end; one in the middle cannot stay."""
    start = next((number for number, stays in enumerate(fixed) if not stays), len(fixed))
    end = len(fixed) - next((number for number, stays in enumerate(reversed(fixed)) if not stays), len(fixed))
    if any(fixed[start:end]):
        losses.add("fixed place", "an option in the middle is shuffled with the others")
    return tuple(
        Option(id=one.id, text=one.text, pin="first" if n < start else "last" if n >= end else None)
        for n, one in enumerate(options)
    )


def is_plain(identifier: str) -> bool:
    """Whether an identifier is short enough to stand in our files as the id of an option."""
    return identifier.isascii() and identifier.isalnum() and len(identifier) <= 3
