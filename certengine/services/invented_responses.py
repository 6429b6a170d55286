"""Invented responses: what able and less able people would write on stored papers, as a scanner delivers it.

Kinds are asked, not looked into: the kind says what is right and what a wrong answer earns. What a person writes who
does not know comes of one table by answer form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Context as Precision
from decimal import Decimal
from fractions import Fraction

from certengine.assembly.keyed import KeyedDraw
from certengine.canonical import Json, decimal_text
from certengine.interchange.delimited import write_csv
from certengine.items import kind_of
from certengine.items.gap_text import BETWEEN_GAPS
from certengine.items.kind import ItemKind, Variant
from certengine.items.short_answer import BETWEEN_LANGUAGES
from certengine.model.bank import Item
from certengine.model.scheme import WrittenComponent
from certengine.model.sitting import Candidate, Paper, ResponseState
from certengine.model.view import AnswerForm, Presented, PresentedGap
from certengine.services.sittings import LoadedSitting

UNKNOWN_PAPER = "UUUU-0000"  # `U` is not in the alphabet of paper ids, so no paper is ever called this

_BLANK_PERCENT = 2
_DIFFICULTY = Decimal("0.7")  # of an item whose bank does not say
_FULL_WIDTH = str.maketrans({str(digit): chr(ord("０") + digit) for digit in range(10)})
_GUESSES = ("不清楚", "not sure", "没学过")
_SLIPS = ("10", "0.1", "2", "0.5", "1.732", "-1")  # a place, a factor, a forgotten root of three, a sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One item as one candidate has it."""

    item: Item
    kind: ItemKind
    variant: Variant
    presented: Presented
    policy: str

    @property
    def form(self) -> AnswerForm:
        """What the candidate does on the answer sheet."""
        return self.presented.answer_form

    @property
    def right(self) -> str:
        """The right answer as a candidate writes it: letters, a number without its unit, one form of a word."""
        if self.form is AnswerForm.GAPS:
            return BETWEEN_GAPS.join(self.gaps)
        return _as_written(self.form, self.kind.answer(self.item.content, self.variant))

    @property
    def gaps(self) -> list[str]:
        """The right answer of each gap, as a candidate writes it."""
        parts = self.kind.answer(self.item.content, self.variant).split(BETWEEN_GAPS)
        return [_as_written(gap.answer_form, part) for gap, part in zip(self.presented.gaps, parts, strict=True)]

    def read(self, raw: str) -> Json:
        """What the kind reads, or ``None`` when it reads nothing."""
        reading = self.kind.parse(self.item.content, self.variant, raw)
        return reading.value if reading.state is ResponseState.GIVEN else None

    def earns_nothing(self, raw: str) -> bool:
        """Whether the kind reads the answer and gives it no mark."""
        value = self.read(raw)
        return value is not None and self.kind.mark(self.item.content, self.variant, value, self.policy).share <= 0


@dataclass(frozen=True, slots=True)
class _Spoilers:
    """Ids of candidates whose sheets show what scanners deliver: two bubbles, an unresolved mark, full-width digits."""

    doubly: frozenset[str]
    unresolved: frozenset[str]
    full_width: frozenset[str]

    @classmethod
    def among(cls, draw: KeyedDraw, ids: Sequence[str]) -> _Spoilers:
        """One of each at least, and more in larger groups."""
        counts = {"double-mark": 1 + len(ids) // 8, "unresolved": 1 + len(ids) // 20, "full-width": 1}
        return cls(*(frozenset(draw.order(label, ids)[:count]) for label, count in counts.items()))


def invent_responses(
    draw: KeyedDraw,
    loaded: LoadedSitting,
    papers: Iterable[Paper],
    candidates: Sequence[Candidate],
    odds: Mapping[str, Fraction],
) -> bytes:
    """A wide table in the order of ``candidates``, and last one row of a paper that does not exist.

    ``odds`` is by candidate: the factor on every item's odds of a right answer.
    """
    by_place = {(paper.candidate, paper.component): paper for paper in papers}
    spoilers = _Spoilers.among(draw, [candidate.id for candidate in candidates])
    rows: list[tuple[str, ...]] = []
    for candidate in candidates:
        for component in loaded.scheme.written:
            paper = by_place[candidate.id, component.id]
            own = draw.within(candidate.id, component.id)
            asked = _asked(paper, component, loaded)
            cells = [_respond(one, odds[candidate.id], own.within(one.item.id)) for one in asked]
            _spoil(asked, cells, candidate.id, spoilers, own)
            rows.append((candidate.id, paper.id, *cells))
    width = max((len(row) for row in rows), default=3)
    known = {candidate.id for candidate in loaded.sitting.candidates}
    stray = next(one for n in range(len(known) + 1) if (one := f"X-{n:04}") not in known)
    rows.append((stray, UNKNOWN_PAPER, *("ABCD"[n % 4] for n in range(width - 2))))
    header = ("candidate_id", "paper_id", *(f"q{n}" for n in range(1, width - 1)))
    return write_csv(header, [row + ("",) * (width - len(row)) for row in rows])


def _asked(paper: Paper, component: WrittenComponent, loaded: LoadedSitting) -> list[Asked]:
    items = {item.id: item for item in loaded.banks[component.bank].contents.items}
    policies = {section.id: section.policy for section in component.sections}
    found = []
    for drawn in paper.items:
        item = items[drawn.item]
        kind = kind_of(item.kind)
        presented = kind.present(item.content, drawn.variant)
        policy = policies[drawn.section]
        found.append(Asked(item=item, kind=kind, variant=drawn.variant, presented=presented, policy=policy))
    return found


def _respond(asked: Asked, odds: Fraction, draw: KeyedDraw) -> str:
    """A blank, the right answer, or a wrong one: the item's odds times the candidate's (Rasch's model, exact)."""
    if draw.below("blank", 100) < _BLANK_PERCENT:
        return ""
    expected = Fraction(asked.item.difficulty if asked.item.difficulty is not None else _DIFFICULTY)
    chance = expected * odds / (expected * odds + 1 - expected)
    knows = draw.below("right", 1_000_000) < chance * 1_000_000
    text = asked.right if knows else WRONG_ANSWERS[asked.form](asked, draw)
    return _handwritten(asked, text, draw) if asked.form is AnswerForm.WRITTEN_NUMBER else text


def _another_bubble(asked: Asked, draw: KeyedDraw) -> str:
    """A distractor, each twice as attractive as the next: the same ones on every paper, whatever their letters."""
    labels = {o.text.best("zh", "en"): o.label for o in asked.presented.options if o.label not in asked.right}
    appeal = KeyedDraw(draw.seed, ("appeal", asked.item.id)).order("options", list(labels))
    pick = draw.below("distractor", 2 ** len(appeal) - 1) + 1
    return labels[appeal[len(appeal) - pick.bit_length()]]


def _other_bubbles(asked: Asked, draw: KeyedDraw) -> str:
    """One right option missed, or a wrong one ticked beside the right ones."""
    wrong = [option.label for option in asked.presented.options if option.label not in asked.right]
    if wrong and draw.below("one-too-many", 2):
        return "".join(sorted(asked.right + wrong[draw.below("wrong", len(wrong))]))
    return asked.right.replace(asked.right[draw.below("missed", len(asked.right))], "")


def _another_number(asked: Asked, draw: KeyedDraw) -> str:
    """The right number after a usual slip that the kind gives no mark; a blank when every slip would be right."""
    right = Decimal(asked.right)
    slips = (decimal_text(Precision(prec=4).multiply(right, Decimal(slip))) for slip in draw.order("slip", _SLIPS))
    return next((text for text in (*slips, decimal_text(right + 7)) if asked.earns_nothing(text)), "")


def _another_text(asked: Asked, draw: KeyedDraw) -> str:
    """Words of somebody who guesses, that the kind gives no mark."""
    return next((text for text in draw.order("guess", _GUESSES) if asked.earns_nothing(text)), "")


def _other_matches(asked: Asked, draw: KeyedDraw) -> str:
    """One prompt with another letter, the others right."""
    pairs = asked.right.split()
    place = draw.below("pair", len(pairs))
    wrong = [option.label for option in asked.presented.options if option.label != pairs[place][-1]]
    pairs[place] = pairs[place][:-1] + wrong[draw.below("letter", len(wrong))]
    return " ".join(pairs)


def _another_order(asked: Asked, draw: KeyedDraw) -> str:
    """Two neighbouring steps the other way round."""
    right = asked.right
    place = draw.below("swap", len(right) - 1)
    return right[:place] + right[place + 1] + right[place] + right[place + 2 :]


def _other_gaps(asked: Asked, draw: KeyedDraw) -> str:
    """One gap wrong, the others right; left blank where every wrong answer at hand would be right."""
    parts = asked.gaps
    place = draw.below("gap", len(parts))
    gap, right = asked.presented.gaps[place], parts[place]
    for text in _wrong_in_gap(gap, right, draw):
        parts[place] = text
        whole = BETWEEN_GAPS.join(parts)
        if replace(asked, policy="all_or_nothing").earns_nothing(whole):
            return whole
    parts[place] = ""
    return BETWEEN_GAPS.join(parts)


def _wrong_in_gap(gap: PresentedGap, right: str, draw: KeyedDraw) -> Sequence[str]:
    if gap.options:
        return draw.order("letter", [option.label for option in gap.options if option.label != right])
    if gap.answer_form is AnswerForm.WRITTEN_NUMBER:
        return [decimal_text(Precision(prec=4).multiply(Decimal(right), Decimal(slip))) for slip in _SLIPS]
    return draw.order("guess", _GUESSES)


def _as_written(form: AnswerForm, answer: str) -> str:
    """A printed key as a candidate writes it."""
    if form is AnswerForm.WRITTEN_TEXT:
        return answer.split(BETWEEN_LANGUAGES, maxsplit=1)[0]
    return answer if form in {AnswerForm.MATCHES, AnswerForm.ESSAY} else answer.split(maxsplit=1)[0]


def _another_essay(asked: Asked, draw: KeyedDraw) -> str:
    """A sentence or two of the model answer, or words of somebody who guesses: how much it earns, people say."""
    sentences = [part for part in re.split(r"(?<=[。；;.])", asked.right) if part.strip()]
    return "".join(sentences[: draw.below("sentences", len(sentences))]).strip() or _GUESSES[draw.below("guess", 3)]


# What a person writes who does not know, by answer form.
WRONG_ANSWERS: Mapping[AnswerForm, Callable[[Asked, KeyedDraw], str]] = {
    AnswerForm.ONE_BUBBLE: _another_bubble,
    AnswerForm.SEVERAL_BUBBLES: _other_bubbles,
    AnswerForm.WRITTEN_NUMBER: _another_number,
    AnswerForm.WRITTEN_TEXT: _another_text,
    AnswerForm.MATCHES: _other_matches,
    AnswerForm.SEQUENCE: _another_order,
    AnswerForm.GAPS: _other_gaps,
    AnswerForm.ESSAY: _another_essay,
}


def _handwritten(asked: Asked, text: str, draw: KeyedDraw) -> str:
    """The number as this person writes it: three in ten add the unit, one of them without a space.

    A signed number stays plain, for with a unit after it a spreadsheet takes it for a formula.
    """
    hand, unit = draw.below("hand", 10), asked.presented.unit
    if not text or not unit or hand > 2 or text.startswith("-"):
        return text
    written = f"{text}{unit}" if hand == 0 else f"{text} {unit}"
    return written if asked.read(written) == asked.read(text) else text


def _spoil(asked: Sequence[Asked], cells: list[str], candidate: str, spoilers: _Spoilers, draw: KeyedDraw) -> None:
    """Change some cells of one sheet to what careless hands and scanners make of them."""
    if candidate in spoilers.full_width:
        for place, one in enumerate(asked):
            if one.form is AnswerForm.WRITTEN_NUMBER and not cells[place].startswith("-"):
                cells[place] = cells[place].translate(_FULL_WIDTH)
    bubbled = [place for place, one in enumerate(asked) if len(one.presented.options) > 2]
    single = [place for place in bubbled if asked[place].form is AnswerForm.ONE_BUBBLE]
    if single and candidate in spoilers.doubly:
        place = single[draw.below("double-mark", len(single))]
        labels = [option.label for option in asked[place].presented.options]
        cells[place] = labels[0] + labels[2]
    if single and candidate in spoilers.unresolved:
        cells[single[draw.below("unresolved", len(single))]] = "*"
