r"""Items as exchange files carry them: in one language, with the few things that all formats know.

A format's writer takes questions, its reader gives questions. The content is that of our own kinds with every text in
the one language ``und`` (BCP 47: not determined); whoever reads a file says later which language it was. So a new kind
adds one line to the writer and one to the reader of each format that has a form for it, and nothing here.

Invariants:

1. A reader gives only contents of our kinds; what it cannot read is a loss that names where it stands.
2. A text has no control characters, no direction overrides, and ``\n`` as line end; what was taken away is a loss.
3. A record is data of ours that rides along, opaque here; a reader hands it on unjudged.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Context, Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from certengine.assembly.keyed import SEED_BYTES, KeyedDraw
from certengine.canonical import Json, decimal_text
from certengine.errors import Finding, InputError, place_in
from certengine.interchange.loss import Fate, Loss
from certengine.interchange.wording import doubled, words
from certengine.items import kind_of
from certengine.items.gaps import Gap, GapTextContent, numeric_of
from certengine.items.numeric import NumericContent, Tolerance
from certengine.items.parameters import evaluate, with_derived
from certengine.items.single_choice import SingleChoiceContent, with_values
from certengine.model.text import Text

LANGUAGE: Final = "und"
"""The tag of every text of a question."""

MAX_QUESTIONS: Final = 20_000
"""Most questions read from one file."""

MAX_NUMBER: Final = 60
"""Longest written number, in characters."""

MAX_POWER: Final = 30
"""Greatest power of ten a number may reach, either way."""

MAX_TEXT: Final = 20_000
"""Longest text, in characters; the same bound as in our own files."""

_HIDDEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)
_DIGITS: Final = Context(prec=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture below the stem, with its bytes, unjudged: whoever places it lets nothing through that may not be shown.

    Attributes:
        name: its path within the bank, or the name the file gives it.
    """

    name: str
    alt: str
    data: bytes
    caption: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One item in one language.

    Attributes:
        id: the id the file gives it, if it gives one that could be ours.
        name: what a loss report calls it: its id, its title, or where it stands.
        content: of the kind's own type, every text in the language ``und``.
        category: titles from the outermost folder to the innermost.
        tags: ``level:apply``, ``difficulty:0.65`` and the like; foreign ones as they are.
        source: what the key rests on, where a format has a place for that alone.
        pictures: below the stem, in their order.
        record: what we ourselves wrote aside, if anything.
    """

    id: str | None
    name: str
    kind: str
    content: Any
    category: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    explanation: str | None = None
    source: str | None = None
    pictures: tuple[Picture, ...] = ()
    record: Json = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What a reader found in one file."""

    questions: tuple[Question, ...]
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What a writer made: the bytes of one file, and what has no place in it."""

    data: bytes
    losses: tuple[Loss, ...] = ()


class LeftOut(Exception):
    """A question cannot be carried; the message says why."""


class Losses:
    """Gathers what one question loses."""

    def __init__(self, item: str) -> None:
        self.item = item
        self.found: list[Loss] = []

    def add(self, feature: str, why: str, fate: Fate = Fate.LOST) -> None:
        """One loss; the same twice is one."""
        loss = Loss(item=self.item, feature=feature, fate=fate, why=why)
        if loss not in self.found:
            self.found.append(loss)

    def text(self, text: str) -> Text:
        """A text of a question, cleaned.

        Raises:
            LeftOut: when it is too long.
        """
        return Text.of({LANGUAGE: self.plain(text)})

    def plain(self, text: str) -> str:
        """A text without hidden characters, trimmed, its line ends as in our own files.

        Raises:
            LeftOut: when it is too long.
        """
        evened = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
        shown = _HIDDEN.sub("", evened)
        if shown != evened:
            self.add("hidden characters", "control and direction-changing characters were taken away", Fate.CLEANED)
        if len(shown) > MAX_TEXT:
            raise LeftOut(f"a text is longer than {MAX_TEXT} characters")
        return shown.strip()


def collect(
    pieces: Iterator[tuple[str, Callable[[Losses], Question]]], path: Path, earlier: Sequence[Loss] = ()
) -> Incoming:
    """Read pieces of a file one by one; one that cannot be carried keeps no other from being read.

    Args:
        pieces: where each stands, and how it is read.

    Raises:
        InputError: when there is none, or there are more than the bound.
    """
    questions: list[Question] = []
    losses = list(earlier)
    number = 0
    for number, (where, read) in enumerate(pieces, start=1):
        if number > MAX_QUESTIONS:
            raise refused(path, "too-large", f"the file has more than {MAX_QUESTIONS} questions", "split it")
        own = Losses(where)
        try:
            question = read(own)
        except LeftOut as why:
            losses.append(Loss(item=own.item, feature="item", fate=Fate.LEFT_OUT, why=str(why)))
            losses.extend(own.found)
            continue
        questions.append(question)
        losses.extend(replace(loss, item=question.name) for loss in own.found)
    if not number:
        raise refused(path, "empty", "it holds no question", "see whether it is the file meant, and its format")
    return Incoming(questions=tuple(questions), losses=tuple(losses))


def refused(path: Path, code: str, message: str, hint: str, *, line: int | None = None) -> InputError:
    """The error of a file that cannot be read at all."""
    finding = Finding(code=f"exchange/{code}", message=message, place=place_in(path, line), hint=hint)
    return InputError(f"`{path.name}` is not read: {message}", hint=hint, findings=(finding,), code=finding.code)


def shown(text: Text) -> str:
    """The text of a question, with its markup."""
    return text.best(LANGUAGE)


def worded(text: Text) -> str:
    """The text of a question in plain words."""
    return words(text.best(LANGUAGE))


def retold(value: Any, choose: Callable[[Text], Text]) -> Any:
    """A noun with every text within it exchanged."""
    if isinstance(value, Text):
        return choose(value)
    if is_dataclass(value) and not isinstance(value, type):
        told = {part.name: retold(getattr(value, part.name), choose) for part in fields(value)}
        if "accepted" in told:
            told["accepted"] = _forms(getattr(value, "accepted"), choose)  # noqa: B009 - a field of some kinds
        return replace(value, **told)
    if isinstance(value, tuple):
        return tuple(retold(part, choose) for part in value)
    if isinstance(value, Mapping):
        return {key: retold(part, choose) for key, part in value.items()}
    return value


def _forms(accepted: Sequence[Mapping[str, str]], choose: Callable[[Text], Text]) -> tuple[Mapping[str, str], ...]:
    """Accepted forms of a short answer: each counts in every language, so none is dropped, each stands alone."""
    told = [choose(Text.of({tag: form})).to_json() for forms in accepted for tag, form in sorted(forms.items())]
    return tuple(form for number, form in enumerate(told) if form not in told[:number])


def settled(content: Any, name: str) -> Any:
    """The content with one drawn variant in place of what no exchange format can say.

    That is: options computed from parameters, and significant figures of a key that varies.
    """
    match content:
        case SingleChoiceContent() if content.parameters is not None:
            return with_values(content, kind_of("single_choice").vary(content, _exchange(name)))
        case NumericContent() if content.parameters and content.tolerance.significant is not None:
            return drawn(content, name)
    return content


def _exchange(name: str) -> KeyedDraw:
    return KeyedDraw(bytes(SEED_BYTES), ("exchange", name))


def forms_of(accepted: Sequence[Mapping[str, str]]) -> list[str]:
    """The accepted forms of every language, each once."""
    return list(dict.fromkeys(form for one in accepted for form in one.values()))


def drawn(content: NumericContent, name: str) -> NumericContent:
    """One variant of a parametrised question as a question without parameters; always the same for one name.

    The key has 15 significant digits, and the tolerance is in the unit asked for.
    """
    kind = kind_of("numeric")
    variant = kind.vary(content, _exchange(name))
    stored = variant["parameters"]
    assert isinstance(stored, dict)
    values = with_derived({key: Decimal(str(value)) for key, value in stored.items()}, content.derived)
    key = evaluate(content.key, values)
    margin = content.tolerance.margin(key)
    return NumericContent(
        stem=retold(kind.present(content, variant).stem, lambda text: Text.of({LANGUAGE: doubled(shown(text))})),
        key=decimal_text(as_decimal(key)),
        unit=content.unit,
        places=content.places,
        tolerance=Tolerance(absolute=as_decimal(margin)) if margin else Tolerance(exact=True),
    )


def drawn_gaps(content: GapTextContent, name: str) -> GapTextContent:
    """One variant of a parametrised gap text as a text without parameters, as :func:`drawn` gives one of a number."""
    numeric = kind_of("numeric")
    variant = numeric.vary(numeric_of(content), _exchange(name))
    stored = variant["parameters"]
    assert isinstance(stored, dict)
    values = with_derived({key: Decimal(str(value)) for key, value in stored.items()}, content.derived)

    def settled(gap: Gap) -> Gap:
        if gap.number is None:
            return gap
        key = evaluate(gap.number.key, values)
        margin = gap.number.tolerance.margin(key)
        tolerance = Tolerance(absolute=as_decimal(margin)) if margin else Tolerance(exact=True)
        return replace(gap, number=replace(gap.number, key=decimal_text(as_decimal(key)), tolerance=tolerance))

    stem = numeric.present(numeric_of(content), variant).stem
    return GapTextContent(
        stem=retold(stem, lambda text: Text.of({LANGUAGE: doubled(shown(text))})),
        gaps=tuple(settled(gap) for gap in content.gaps),
    )


def fixed_number(
    losses: Losses, stem: str, value: Decimal, margin: Decimal | Fraction, unit: str | None = None
) -> NumericContent:
    """A question for one number, as foreign files have them.

    Raises:
        LeftOut: when the number or the tolerance makes no sense.
    """
    width = as_decimal(Fraction(margin))
    if width < 0:
        raise LeftOut("its tolerance is under 0")
    exponent = value.normalize().as_tuple().exponent
    return NumericContent(
        stem=losses.text(doubled(stem)),
        key=decimal_text(value),
        unit=unit or None,
        places=min(max(0, -int(exponent)), 12),
        tolerance=Tolerance(absolute=width) if width else Tolerance(exact=True),
    )


def read_number(text: str) -> Decimal:
    """A number of a file.

    Raises:
        LeftOut: when it is none, or one no question can mean.
    """
    if len(text) > MAX_NUMBER:
        raise LeftOut(f"a number is longer than {MAX_NUMBER} characters")
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise LeftOut(f"`{text}` is not a number") from error
    if not value.is_finite() or abs(value.adjusted()) > MAX_POWER:
        raise LeftOut(f"`{text}` is out of bounds")
    return value


def as_decimal(value: Fraction) -> Decimal:
    """A fraction as a decimal of 15 significant digits, exact where it has no more."""
    return _DIGITS.divide(Decimal(value.numerator), Decimal(value.denominator)).normalize()
