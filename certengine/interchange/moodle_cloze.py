"""Gap texts as Moodle's embedded answers: ``{1:NUMERICAL:=15:0.5}`` within the text of a ``cloze`` question.

Each gap stands where it is asked. Within its braces ``~ # } =`` and the like mean something, so they are written as
character references, which Moodle reads after it has taken the gap apart. A number's unit becomes text after the gap; a
parametrised text is one drawn variant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from html import escape, unescape
from typing import Final

from certengine.canonical import decimal_text
from certengine.interchange.html_text import TakePicture, html_to_text
from certengine.interchange.moodle_formulas import tex
from certengine.interchange.questions import (
    LANGUAGE,
    LeftOut,
    Losses,
    drawn_gaps,
    read_number,
    shown,
)
from certengine.interchange.rich import html_of
from certengine.interchange.wording import doubled, single
from certengine.interchange.words_and_pairs import answers_of, short_question
from certengine.items.gaps import GAP_ID, GAP_MARKER, ChoiceGap, Gap, GapTextContent, NumberGap, TextGap
from certengine.items.numeric import Tolerance
from certengine.items.options import LETTERS, Option
from certengine.items.short_answer import ShortAnswerContent
from certengine.model.markup import has_markup
from certengine.model.text import Text

MAX_GAPS: Final = 60
"""Most gaps of one text."""

_ENTRY: Final = "\ue002"
_MARKER: Final = re.compile(rf"&lt;&lt;({GAP_ID.pattern})&gt;&gt;")
_CHOICES: Final = frozenset({"MULTICHOICE", "MC", "MULTICHOICE_V", "MCV", "MULTICHOICE_H", "MCH"})
_SHUFFLED: Final = frozenset({"MULTICHOICE_S", "MCS", "MULTICHOICE_VS", "MCVS", "MULTICHOICE_HS", "MCHS"})
_WORDS: Final = frozenset({"SHORTANSWER", "SA", "MW", "SHORTANSWER_C", "SAC", "MWC"})
_NUMBERS: Final = frozenset({"NUMERICAL", "NM"})
_OPEN: Final = re.compile(r"\{[0-9]{0,9}:([A-Z_]{2,15}):")
_CLOSE: Final = re.compile(r"(?<!\\)\}")
_BETWEEN: Final = re.compile(r"(?<!\\)~")
_FEEDBACK: Final = re.compile(r"(?<!\\)(?<!&)(?<!&amp;)#")
_WORTH: Final = re.compile(r"\s*(?:(=)|%(-?[0-9]{1,3}(?:[.,][0-9]{0,9})?)%)?(.*)", re.DOTALL)
_MEANS_SOMETHING: Final = re.compile(r"[^\w \-+.,;*()\u3000-\u303f\uff00-\uffef]")


def cloze_text(content: GapTextContent, name: str) -> str:
    """The text of a gap text with its gaps, as HTML."""
    one = drawn_gaps(content, name)
    by_id = {gap.id: gap for gap in one.gaps}
    text = html_of(single(shown(one.stem)), tex).replace("{", "&#123;")
    if text.startswith("<p>") and text.count("<p>") == 1 and text.endswith("</p>"):
        text = text[3:-4]

    def embedded(match: re.Match[str]) -> str:
        gap = by_id.get(match.group(1))
        return _embedded(gap) if gap is not None else match.group()

    return _MARKER.sub(embedded, text)


def read_cloze(markup: str, losses: Losses, picture: TakePicture | None = None) -> tuple[str, GapTextContent]:
    """The gap text that an embedded-answers question says.

    Raises:
        LeftOut: when it has no gaps, or one of a type or rule that is not carried.
    """
    markup = markup.replace(_ENTRY, "")
    pieces, gaps, position = [], list[Gap](), 0
    for start, end, type_, inner in _subquestions(markup):
        pieces += [markup[position:start], _ENTRY]
        gaps.append(_gap(str(len(gaps) + 1), type_, inner, losses))
        position = end
    if not 0 < len(gaps) <= MAX_GAPS:
        raise LeftOut(f"a text has 1 to {MAX_GAPS} gaps, this one {len(gaps)}")
    text = losses.plain(html_to_text("".join((*pieces, markup[position:])), losses, tex=True, picture=picture))
    if GAP_MARKER.search(text) or text.count(_ENTRY) != len(gaps):
        raise LeftOut("its gaps do not stand in one text")
    text = doubled(text)
    for gap in gaps:
        text = text.replace(_ENTRY, f"<<{gap.id}>>", 1)
    return "gap_text", GapTextContent(stem=losses.text(text), gaps=tuple(gaps))


def _subquestions(markup: str) -> Iterator[tuple[int, int, str, str]]:
    """Where each gap begins and ends, its type, and what stands in it."""
    position = 0
    while (opened := _OPEN.search(markup, position)) is not None:
        closed = _CLOSE.search(markup, opened.end())
        if closed is None:
            return
        yield opened.start(), closed.end(), opened.group(1), markup[opened.end() : closed.start()]
        position = closed.end()


def _gap(id_: str, type_: str, inner: str, losses: Losses) -> Gap:
    answers = [_answer(part, losses) for part in _BETWEEN.split(inner)]
    if type_ in _CHOICES | _SHUFFLED:
        return Gap(id=id_, choice=_choice(answers, losses, fixed=type_ in _CHOICES))
    if type_ in _NUMBERS:
        return Gap(id=id_, number=_number(answers, losses))
    if type_ in _WORDS:
        if type_ in {"SHORTANSWER_C", "SAC", "MWC"}:
            losses.add("upper and lower case", "they are read alike")
        _, words = short_question("-", answers, losses)
        return Gap(id=id_, text=TextGap(accepted=words.accepted, patterns=words.patterns))
    raise LeftOut(f"gaps of the type `{type_}` are not carried")


def _answer(part: str, losses: Losses) -> tuple[str, Fraction]:
    """Text and worth of one answer of a gap."""
    match = _WORTH.fullmatch(part)
    assert match is not None, "every text matches"
    sure, percent, rest = match.groups()
    body, *feedback = _FEEDBACK.split(rest, 1)
    if any(one.strip() for one in feedback):
        losses.add("feedback", "what is said after an answer is not carried")
    worth = Fraction(1) if sure else Fraction(read_number((percent or "0").replace(",", "."))) / 100
    return losses.plain(unescape(body).replace("\\}", "}").replace("\\#", "#")), worth


def _choice(answers: list[tuple[str, Fraction]], losses: Losses, *, fixed: bool) -> ChoiceGap:
    texts = [losses.plain(html_to_text(text, losses, tex=True)) for text, _ in answers]
    right = [number for number, (_, worth) in enumerate(answers) if worth == 1]
    if not 2 <= len(texts) <= len(LETTERS) or len(right) != 1 or not all(texts):
        raise LeftOut(f"a gap to choose in has 2 to {len(LETTERS)} options, each with a text, and one is right")
    if any(0 < worth < 1 for _, worth in answers):
        losses.add("partial credit", "options that are worth a part of the marks count as wrong")
    options = tuple(
        Option(id=letter, text=losses.text(text), pin="first" if fixed else None)
        for letter, text in zip(LETTERS.lower(), texts, strict=False)
    )
    return ChoiceGap(options=options, key=options[right[0]].id)


def _number(answers: list[tuple[str, Fraction]], losses: Losses) -> NumberGap:
    right = [text for text, worth in answers if worth == 1]
    if len(right) != 1:
        raise LeftOut("several numbers are right in a gap, or none")
    if len(answers) > 1:
        losses.add("partial credit", "numbers that are worth a part of the marks are not carried")
    key, _, margin = right[0].replace(",", ".").partition(":")
    value, width = read_number(key.strip()), read_number(margin.strip() or "0")
    if width < 0:
        raise LeftOut("the tolerance of a gap is under 0")
    places = min(max(0, -int(value.normalize().as_tuple().exponent)), 12)
    tolerance = Tolerance(absolute=width) if width else Tolerance(exact=True)
    return NumberGap(key=decimal_text(value), places=places, tolerance=tolerance)


def _embedded(gap: Gap) -> str:
    if gap.choice is not None:
        type_ = "MULTICHOICE" if any(option.pin for option in gap.choice.options) else "MULTICHOICE_S"
        signs = ("=" if option.id == gap.choice.key else "" for option in gap.choice.options)
        listed = [
            f"{sign}{_held(_inner(shown(option.text)))}" for sign, option in zip(signs, gap.choice.options, strict=True)
        ]
        return f"{{1:{type_}:{'~'.join(listed)}}}"
    if gap.number is not None:
        margin = decimal_text(gap.number.tolerance.absolute or Decimal(0))
        unit = f" {_html(gap.number.unit)}" if gap.number.unit else ""
        return f"{{1:NUMERICAL:={gap.number.key}:{margin}}}{unit}"
    assert gap.text is not None, "a gap has one rule"
    words = ShortAnswerContent(stem=Text.of({LANGUAGE: "-"}), accepted=gap.text.accepted, patterns=gap.text.patterns)
    answers = [answer for answer in answers_of(words) if "\\}" not in answer and "\\#" not in answer]
    if not answers:
        raise LeftOut("no form that Moodle can hold is accepted in a gap")
    return "{1:SHORTANSWER:" + "~".join(f"={_held(answer)}" for answer in answers) + "}"


def _held(text: str) -> str:
    """A text that means nothing within the braces of a gap."""
    return _MEANS_SOMETHING.sub(lambda match: f"&#{ord(match.group())};", text)


def _inner(text: str) -> str:
    """An option as HTML, where it has markup."""
    return html_of(text, tex).replace("\\", "&#92;") if has_markup(text) else _html(text)


def _html(text: str) -> str:
    return escape(text, quote=False).replace("{", "&#123;").replace("\\", "&#92;").replace("\n", "<br>")
