"""Options of choice items: their drawn order, their letters on one paper, and reading letters from a response."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from certengine.items.kind import Draw, Problem, Reading, Variant
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from certengine.model.view import PresentedOption

LETTERS = "ABCDEFGHIJ"
_SEPARATORS = frozenset(" ,;/、，；+&")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a choice item.

    Attributes:
        pin: keeps it ``first`` or ``last`` whatever the draw ("all of the above").
        mistake: what a candidate did who chooses it, for trainers; never on a paper.
    """

    id: str
    text: Text
    pin: Literal["first", "last"] | None = None
    mistake: Text | None = None


def draw_order(options: Sequence[Option], draw: Draw) -> Variant:
    """The order of options on one paper, pinned ones kept in place."""
    first = [option.id for option in options if option.pin == "first"]
    last = [option.id for option in options if option.pin == "last"]
    free = [option.id for option in options if option.pin is None]
    return {"options": [*first, *draw.order("options", free), *last]}


def ordered(options: Sequence[Option], variant: Variant) -> tuple[tuple[str, Option], ...]:
    """``(letter, option)`` in the order of one paper."""
    by_id = {option.id: option for option in options}
    order = variant["options"]
    assert isinstance(order, list)
    return tuple(zip(LETTERS, (by_id[str(option_id)] for option_id in order), strict=False))


def presented(options: Sequence[Option], variant: Variant) -> tuple[PresentedOption, ...]:
    """The options as printed."""
    return tuple(PresentedOption(label=letter, text=option.text) for letter, option in ordered(options, variant))


def letters_of(options: Sequence[Option], variant: Variant, ids: Sequence[str]) -> str:
    """The letters that stand for some options on one paper, in letter order."""
    return "".join(letter for letter, option in ordered(options, variant) if option.id in ids)


def read_letters(options: Sequence[Option], variant: Variant, raw: str) -> Reading:
    """Option ids from letters such as ``B``, ``a c``, ``A、C`` or full-width ``Ａ``.

    Blank is blank, ``*`` is a multiple mark a scanner could not resolve, anything else is unreadable.
    """
    text = unicodedata.normalize("NFKC", raw).strip().upper()
    if not text:
        return Reading(state=ResponseState.BLANK)
    if "*" in text:
        return Reading(state=ResponseState.MULTIPLE_MARKED)
    ids = {letter: option.id for letter, option in ordered(options, variant)}
    letters = [character for character in text if character not in _SEPARATORS]
    strange = next((letter for letter in letters if letter not in ids), "")
    if not letters or strange or len(set(letters)) != len(letters):
        why = (
            f"`{strange}` is no letter of this item" if strange else "a letter stands twice" if letters else "no letter"
        )
        return Reading(state=ResponseState.UNREADABLE, why=why)
    return Reading(state=ResponseState.GIVEN, value=[ids[letter] for letter in sorted(letters)])


def check_options(options: Sequence[Option], languages: Sequence[str]) -> Iterator[Problem]:
    """What can be wrong in options whatever the key: too few, too many, the same id or text twice."""
    if not 2 <= len(options) <= len(LETTERS):
        yield Problem(
            code="item/option-count",
            message=f"an item has 2 to {len(LETTERS)} options, this one {len(options)}",
            path=("options",),
            hint="add or take away options",
        )
    seen: dict[str, int] = {}
    for index, option in enumerate(options):
        if option.id in seen:
            yield Problem(
                code="item/duplicate-option",
                message=f"option `{option.id}` stands twice",
                path=("options", index, "id"),
                hint="give each option an id of its own",
            )
        seen[option.id] = index
    for language in languages:
        texts: dict[str, int] = {}
        for index, option in enumerate(options):
            text = (option.text.get(language) or "").strip().casefold()
            if text and text in texts:
                yield Problem(
                    code="item/equal-options",
                    message=f"options `{options[texts[text]].id}` and `{option.id}` read the same in `{language}`",
                    path=("options", index, "text"),
                    hint="reword one of them",
                )
            texts.setdefault(text, index)
