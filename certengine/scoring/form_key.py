"""What each answer earns on one form that many candidates share: worked out once for each text, not for each candidate.

Invariants:

1. Nothing is marked here: a text is read and marked by the kind of its item, just as on a single paper, and the outcome
   is remembered. So a form scored in bulk and a paper scored alone cannot come to different marks.
2. An outcome is the state of the response, the options it ticks, and the exact marks it earns. Texts with the same
   outcome share its code; what a wrong number or word says is not told apart.
3. Only forms whose answers need no person.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np
from numpy.typing import NDArray

from certengine.items import kind_of
from certengine.items.rubric import rubric_of
from certengine.model.bank import Bank
from certengine.model.scheme import WrittenComponent
from certengine.model.sitting import DrawnItem, Paper, Response, ResponseState
from certengine.scoring.item_marks import Marked, mark_response, read_response
from certengine.scoring.observations import ItemFacts
from certengine.scoring.option_facts import item_facts, ticked
from certengine.scoring.written import Corrections

NOT_PLAIN = 255
"""The code of a byte that alone is no answer: a separator, a line end, half of a character."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an answer comes to at one position."""

    state: ResponseState
    chosen: tuple[str, ...]
    earned: Fraction


class FormKey:
    """The outcomes of a form, by position from 0.

    Attributes:
        unit: every mark earned so far is a whole number of 1/unit; grows when an answer earns a finer share.
        counted: whether each item counts, which one that a correction of its key dropped does not.
        scale: what a sum of marks is multiplied with, to make up for dropped items.
    """

    def __init__(
        self, paper: Paper, component: WrittenComponent, bank: Bank, corrections: Corrections | None = None
    ) -> None:
        """The key of the form that ``paper`` is a copy of, with corrections of keys of the paper's bank.

        Raises:
            ValueError: when answers to some item wait for people.
        """
        self.component = component
        self.drawn: tuple[DrawnItem, ...] = paper.items
        self._policies = {section.id: section.policy for section in component.sections}
        self._items = [bank.contents.item(drawn.item) for drawn in paper.items]
        for drawn, item in zip(paper.items, self._items, strict=True):
            if rubric_of(kind_of(item.kind), item.content, self._policies[drawn.section]) is not None:
                raise ValueError(f"answers to item `{item.id}` are marked by people")
        self.outcomes: list[list[Outcome]] = [[] for _ in self._items]
        self.unit = 1
        self._codes: list[dict[str, int]] = [{} for _ in self._items]
        self._known: list[dict[Outcome, int]] = [{} for _ in self._items]
        self._corrections = [tuple((corrections or {}).get(item.id, ())) for item in self._items]
        self.facts: tuple[ItemFacts, ...] = tuple(map(item_facts, self._items, self._corrections))
        self.counted = [
            bool(one.marks) and not self._marked(index, "")[1].dropped for index, one in enumerate(self.drawn)
        ]
        whole = sum((Fraction(drawn.marks) for drawn in self.drawn), Fraction(0))
        left = sum(
            (Fraction(one.marks) for one, counts in zip(self.drawn, self.counted, strict=True) if counts), Fraction(0)
        )
        self.scale = whole / left if left else Fraction(1)
        self._units: list[tuple[tuple[int, int], tuple[int, ...]]] = [((0, 0), ()) for _ in self._items]

    def code(self, index: int, text: str) -> int:
        """The code of an answer, without outer white space, at a position."""
        known = self._codes[index]
        if text not in known:
            outcome = self._outcome(index, text)
            codes = self._known[index]
            if outcome not in codes:
                codes[outcome] = len(codes)
                self.outcomes[index].append(outcome)
                self.unit = lcm(self.unit, outcome.earned.denominator)
            known[text] = codes[outcome]
        return known[text]

    def plain_codes(self, letters: str) -> NDArray[np.uint8]:
        """The code of each of some ASCII letters, by position and byte; byte 0 stands for a blank."""
        table = np.full((len(self.drawn), 256), NOT_PLAIN, dtype=np.uint8)
        for index in range(len(self.drawn)):
            table[index, 0] = self.code(index, "")
            for letter in letters:
                table[index, ord(letter)] = self.code(index, letter.strip())
        return table

    def marks(self, units: int) -> Fraction:
        """A whole number of 1/unit in marks."""
        return Fraction(units, self.unit)

    def units(self, index: int) -> tuple[int, ...]:
        """What each code at a position earns, in 1/unit."""
        have = (self.unit, len(self.outcomes[index]))
        if self._units[index][0] != have:
            self._units[index] = have, tuple(int(one.earned * self.unit) for one in self.outcomes[index])
        return self._units[index][1]

    def _outcome(self, index: int, text: str) -> Outcome:
        response, marked = self._marked(index, text)
        options = self.facts[index].options
        chosen = tuple(one for one in ticked(response) if one in options)
        return Outcome(state=marked.state, chosen=chosen, earned=marked.mark.share * Fraction(self.drawn[index].marks))

    def _marked(self, index: int, text: str) -> tuple[Response, Marked]:
        drawn, item = self.drawn[index], self._items[index]
        response = read_response(drawn, item, text)
        policy = self._policies[drawn.section]
        return response, mark_response(drawn, item, policy, response, None, self._corrections[index])
