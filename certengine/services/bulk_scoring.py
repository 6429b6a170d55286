"""Scoring many papers of one bank: each response that was met before is neither read nor marked again.

Ten thousand different papers ask the same few hundred items, in few orders of options, and get the same few answers. What
:func:`certengine.scoring.item_marks.mark_response` makes of one is kept with its canonical JSON, so that a paper is put
together from parts.

Invariants:

1. What comes out is, byte for byte, the canonical JSON of the response sheet and the score report that scoring the paper
   by itself gives (:mod:`certengine.scoring.written`).
2. Papers with answers that wait for people are not scored here.
3. No more is remembered than a bound allows: numbers and texts that candidates write themselves are never met out.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from certengine.canonical import to_json
from certengine.model.bank import Item
from certengine.model.scheme import WrittenComponent
from certengine.model.score import ScoreReport
from certengine.model.sitting import DrawnItem, ResponseSheet, ResponseState
from certengine.revival import from_json
from certengine.scoring.item_marks import absent_response, mark_response, read_response, why_unreadable
from certengine.scoring.rounding import round_marks
from certengine.scoring.written import item_score
from certengine.services.scripts import Desk

_REMEMBERED = 131_072
"""Responses kept of a component, some 15 MB; then it is begun anew, which costs less than telling which was met last."""
_Asked = tuple[str, str, str, str]
"""Item, section, marks and variant of a drawn item."""

_DOUBTFUL = {ResponseState.UNREADABLE, ResponseState.MULTIPLE_MARKED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """One paper, as it is stored.

    Attributes:
        doubtful: positions of responses that cannot be read or are marked more than once, with their state and raw text.
    """

    paper: str
    candidate: str
    responses: str
    report: str
    doubtful: tuple[tuple[int, ResponseState, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A response that was met: its JSON and that of its score, each before and after the position; what it earned.

    Many responses come to the same one: it knows neither the paper nor the order of the options.
    """

    response: tuple[str, str]
    score: tuple[str, str]
    earned: int
    of: int
    full: Decimal
    dropped: bool
    state: ResponseState
    why: str


class _Memory:
    """Responses to the items of one component that were met, by what was asked and by what was answered."""

    __slots__ = ("_count", "_same", "_texts", "answered")

    def __init__(self) -> None:
        self.answered: dict[_Asked, dict[str | None, _Known]] = {}
        self._count = 0
        self._same: dict[tuple[str, ...], _Known] = {}
        self._texts: dict[str, str] = {}

    def __len__(self) -> int:
        return self._count

    def keep(self, asked: _Asked, raw: str | None, found: _Known) -> _Known:
        """Remember a response; the same that was met before is kept once."""
        if self._count >= _REMEMBERED:
            for one in (self.answered, self._same, self._texts):
                one.clear()
            self._count = 0
        self._count += 1
        answered = self.answered.get(asked)
        if answered is None:
            item, section, marks, variant = asked
            answered = self.answered[self._text(item), self._text(section), self._text(marks), variant] = {}
        written = (*found.response, *found.score)  # with it goes all else
        same = self._same.get(written)
        if same is None:
            begun, ended, begun_score, ended_score = map(self._text, written)
            same = replace(found, response=(begun, ended), score=(begun_score, ended_score))
            self._same[begun, ended, begun_score, ended_score] = same
        answered[raw if raw is None else self._text(raw)] = same
        return same

    def _text(self, text: str) -> str:
        """The same text as it was met first: a reason stands with every order of an item's options."""
        return self._texts.setdefault(text, text)


class BulkScorer:
    """Scores papers as they are stored, and remembers what it met."""

    def __init__(self, desk: Desk) -> None:
        """Score by a desk's keys.

        Raises:
            ValueError: when answers of the sitting wait for people.
        """
        if desk.people:
            raise ValueError("answers that people mark are scored one by one")
        self._desk = desk
        self._components = {one.id: one for one in desk.loaded.scheme.written}
        self._items = {bank.id: {item.id: item for item in bank.contents.items} for bank in desk.loaded.banks.values()}
        self._memories: dict[str, _Memory] = defaultdict(_Memory)

    def score(self, contents: str, answers: Mapping[int, str], *, absent: bool = False) -> Scored:
        """One paper from its stored JSON and the raw answers by position; an absent candidate's has none.

        Raises:
            ValueError: when it was not drawn from the sitting's bank version.
        """
        paper = json.loads(contents)
        component = self._components[paper["component"]]
        bank = self._desk.loaded.banks[paper["bank"]]
        if (paper["bank_version"], paper["bank_digest"]) != (bank.version, bank.digest):
            raise ValueError("the paper was not drawn from this bank version")
        memory = self._memories[component.id]
        responses: list[str] = []
        scores: list[str] = []
        earned: dict[int, int] = defaultdict(int)
        whole = left = Decimal(0)
        doubtful: list[tuple[int, ResponseState, str, str]] = []
        for drawn in paper["items"]:
            position = drawn["position"]
            raw = None if absent else answers.get(position, "")
            asked = (drawn["item"], drawn["section"], drawn["marks"], str(drawn["variant"]))
            answered = memory.answered.get(asked)
            found = answered.get(raw) if answered is not None else None
            if found is None:
                found = memory.keep(asked, raw, self._met(component, bank.id, drawn, raw))
            before, after = found.response
            responses.append(f"{before}{position}{after}")
            before, after = found.score
            scores.append(f"{before}{position}{after}")
            earned[found.of] += found.earned
            whole += found.full
            if not found.dropped:
                left += found.full
            if raw is not None and found.state in _DOUBTFUL:
                doubtful.append((position, found.state, raw, found.why))
        exact = sum((Fraction(marks, of) for of, marks in earned.items()), Fraction(0))
        if left and left != whole:
            exact = exact * Fraction(whole) / Fraction(left)
        exact = max(Fraction(0), min(exact, Fraction(component.total)))
        return Scored(
            paper=paper["id"],
            candidate=paper["candidate"],
            responses=_filled(
                ResponseSheet(paper=paper["id"], candidate=paper["candidate"], responses=()), "responses", responses
            ),
            report=_filled(self._report(component, paper["candidate"], exact), "items", scores),
            doubtful=tuple(doubtful),
        )

    def _report(self, component: WrittenComponent, candidate: str, exact: Fraction) -> ScoreReport:
        return ScoreReport(
            candidate=candidate,
            component=component.id,
            full=component.total,
            exact=exact,
            score=round_marks(exact, self._desk.loaded.scheme.rounding),
        )

    def _met(self, component: WrittenComponent, bank: str, read: Mapping[str, Any], raw: str | None) -> _Known:
        """A response that is met for the first time."""
        drawn: DrawnItem = from_json(DrawnItem, read)
        item: Item = self._items[bank][drawn.item]
        policy = next(section.policy for section in component.sections if section.id == drawn.section)
        response = absent_response(drawn) if raw is None else read_response(drawn, item, raw)
        chain = self._desk.corrections.get(bank, {}).get(drawn.item, ())
        score = item_score(drawn, mark_response(drawn, item, policy, response, None, chain))
        assert score.open is None, "nobody is asked about this component"
        return _Known(
            response=_around_position(_text(response), drawn.position),
            score=_around_position(_text(score), drawn.position),
            earned=score.earned.numerator,
            of=score.earned.denominator,
            full=score.full,
            dropped=bool(score.dropped),
            state=response.state,
            why=why_unreadable(drawn, item, response.raw) if response.state is ResponseState.UNREADABLE else "",
        )


def _text(noun: object) -> str:
    """The canonical JSON of a noun whose keys are ASCII and whose numbers are small.

    What RFC 8785 asks for beyond that (order of other keys, form of fractions) does not arise here, and the standard
    encoder is ten times as fast.
    """
    return json.dumps(to_json(noun), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _around_position(text: str, position: int) -> tuple[str, str]:
    """An object's canonical JSON before and after its position; a quote inside a text is escaped, so there is one place."""
    before, _, after = text.partition(f'"position":{position}')
    return f'{before}"position":', after


def _filled(noun: object, name: str, parts: list[str]) -> str:
    """A noun's canonical JSON with the parts of its empty list put in."""
    before, sign, after = _text(noun).partition(f'"{name}":[]')
    assert sign, "the list is empty"
    return f'{before}"{name}":[{",".join(parts)}]{after}'
