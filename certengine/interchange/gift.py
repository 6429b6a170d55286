"""GIFT, the text format of Moodle. All its forms of question are read; those we have no kind for are named.

============================  =======================
``{=right ~wrong}``           single choice
``{~%50%a ~%50%b ~%-50%c}``   multiple response
``{T}``, ``{FALSE}``          true or false
``{#12:0.1}``, ``{#1..2}``    numeric
``{=one =another}``           short answer
``{=left -> right =...}``     matching
``{}``                        essay
============================  =======================

GIFT has no parameters: a parametrised item is written as one drawn variant; nor options of a matching that are right for
no prompt. The record of each item stands in a
comment before it, and ``[id:...]`` and ``[tag:...]`` comments say what Moodle itself reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from certengine.canonical import decimal_text
from certengine.interchange.choices import choice_question, percent_of_right
from certengine.interchange.decoded_text import decode
from certengine.interchange.essays import essay_question
from certengine.interchange.gift_syntax import (
    Answer,
    Block,
    answer_list,
    blocks,
    escaped,
    meant,
    parts,
    path_text,
    text_format,
)
from certengine.interchange.html_text import html_to_text, looks_like_html
from certengine.interchange.loss import Fate, Loss
from certengine.interchange.questions import (
    Incoming,
    LeftOut,
    Losses,
    Outgoing,
    Question,
    collect,
    drawn,
    fixed_number,
    read_number,
    shown,
    worded,
)
from certengine.interchange.records import MARK, read_record, record_text
from certengine.interchange.tables import read_bounded
from certengine.interchange.wording import single, words
from certengine.interchange.words_and_pairs import answers_of, matching_question, pairs_of, short_question
from certengine.items.essay import EssayContent
from certengine.items.matching import MatchingContent
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.numeric import NumericContent
from certengine.items.short_answer import ShortAnswerContent
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent
from certengine.model.markup import escape

MAX_BLOCK: Final = 400_000
"""Longest question, in characters."""

_GAP: Final = "_____"
_NUMBER: Final = r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
_SPAN: Final = re.compile(rf"\s*({_NUMBER})\s*\.\.\s*({_NUMBER})\s*")
_WITHIN: Final = re.compile(rf"\s*({_NUMBER})\s*(?::\s*({_NUMBER})\s*)?")


def write_gift(questions: Sequence[Question], title: str) -> Outgoing:
    """A GIFT file in UTF-8.

    Args:
        title: of the bank; the outermost category.
    """
    pieces = ["// GIFT, UTF-8\n"]
    losses: list[Loss] = []
    category: tuple[str, ...] | None = None
    for question in questions:
        try:
            written = _written(question)
        except LeftOut as why:
            losses.append(Loss(item=question.name, feature="item", fate=Fate.LEFT_OUT, why=str(why)))
            continue
        if question.category != category:
            category = question.category
            pieces.append(f"$CATEGORY: {path_text((title, *category))}\n")
        pieces.append(written)
    return Outgoing(data="\n".join(pieces).encode("utf-8"), losses=tuple(losses))


def read_gift(path: Path) -> Incoming:
    """The questions of a GIFT file.

    Raises:
        NotFound, InputError: when there is no such file, it is too large, or it is no text.
    """
    text, _, _ = decode(read_bounded(path), path)
    return collect(((f"line {block.line}", _reader(block)) for block in blocks(text)), path)


def _written(question: Question) -> str:
    writer = WRITERS.get(question.kind)
    if writer is None:
        raise LeftOut(f"GIFT has no form for the kind `{question.kind}`")
    stem, answers = writer(question.content, question.name)
    lines = []
    if question.record is not None:
        lines.append(f"// {MARK} {record_text(question.record)}")
    identity = [f"[id:{question.id}]"] if question.id else []
    marks = [*identity, *(f"[tag:{tag}]" for tag in question.tags if "]" not in tag)]
    if marks:
        lines.append("// " + " ".join(marks))
    lines.append(f"::{escaped(question.name)}::[plain]{escaped(stem)} {{")
    lines.extend(f"\t{answer}" for answer in answers)
    if question.explanation:
        lines.append(f"\t####{escaped(words(question.explanation))}")
    lines.append("}\n")
    return "\n".join(lines)


def _write_single(content: SingleChoiceContent, name: str) -> tuple[str, list[str]]:
    signs = ("=" if option.id == content.key else "~" for option in content.options)
    return worded(content.stem), [
        _guarded(sign, worded(option.text)) for sign, option in zip(signs, content.options, strict=True)
    ]


def _write_several(content: MultipleResponseContent, name: str) -> tuple[str, list[str]]:
    percent = percent_of_right(len(content.key))
    signs = (("" if option.id in content.key else "-") + percent for option in content.options)
    return worded(content.stem), [
        f"~%{sign}%{escaped(worded(option.text))}" for sign, option in zip(signs, content.options, strict=True)
    ]


def _write_truth(content: TrueFalseContent, name: str) -> tuple[str, list[str]]:
    return worded(content.stem), ["TRUE" if content.key else "FALSE"]


def _write_number(content: NumericContent, name: str) -> tuple[str, list[str]]:
    one = drawn(content, name)
    return words(single(shown(one.stem))), [f"#{one.key}:{decimal_text(one.tolerance.absolute or Decimal(0))}"]


def _write_short(content: ShortAnswerContent, name: str) -> tuple[str, list[str]]:
    answers = [answer for answer in answers_of(content) if "->" not in answer]
    if not answers:
        raise LeftOut("its answers hold `->`, which GIFT reads as a pair")
    return worded(content.stem), [_guarded("=", answer) for answer in answers]


def _write_matching(content: MatchingContent, name: str) -> tuple[str, list[str]]:
    pairs = [pair for pair in pairs_of(content) if pair[0]]
    if any("->" in text for pair in pairs for text in pair):
        raise LeftOut("a text holds `->`, which GIFT reads as the middle of a pair")
    return worded(content.stem), [f"={escaped(prompt)} -> {escaped(option)}" for prompt, option in pairs]


def _write_essay(content: EssayContent, name: str) -> tuple[str, list[str]]:
    return worded(content.stem), []


WRITERS: Final[Mapping[str, Callable[[Any, str], tuple[str, list[str]]]]] = {
    "single_choice": _write_single,
    "multiple_response": _write_several,
    "true_false": _write_truth,
    "numeric": _write_number,
    "short_answer": _write_short,
    "matching": _write_matching,
    "essay": _write_essay,
}
"""By kind: content and name to the stem and the lines within the braces."""


def _guarded(sign: str, text: str) -> str:
    """An option that starts like a weight gets a weight, which says the same."""
    weight = "%100%" if sign == "=" else "%0%"
    return sign + (weight if text.startswith("%") else "") + escaped(text)


def _reader(block: Block) -> Callable[[Losses], Question]:
    def read(losses: Losses) -> Question:
        if len(block.text) > MAX_BLOCK:
            raise LeftOut(f"the question is longer than {MAX_BLOCK} characters")
        taken = parts(block.text)
        title = losses.plain(taken.title)
        name = block.id or title or f"line {block.line}"
        losses.item = name
        answers, _, general = (taken.answers or "").partition("####")
        explanation = _text(general, taken.format, losses)
        stem = _text(taken.before, taken.format, losses)
        if meant(taken.after):
            losses.add("gap in the sentence", f"the gap is shown as `{_GAP}`")
            stem = f"{stem} {_GAP} {_text(taken.after, taken.format, losses)}"
        kind, content = _content(stem, None if taken.answers is None else answers.strip(), taken.format, losses)
        return Question(
            id=block.id,
            name=name,
            kind=kind,
            content=content,
            category=tuple(losses.plain(part) for part in block.category),
            tags=tuple(losses.plain(tag) for tag in block.tags),
            explanation=explanation or None,
            record=read_record(block.record) if block.record else None,
        )

    return read


def _content(stem: str, answers: str | None, form: str, losses: Losses) -> tuple[str, Any]:
    """The kind and content of a question, told by its answers as Moodle tells them."""
    if not stem:
        raise LeftOut("the question has no text")
    if answers is None:
        raise LeftOut("a text without answers asks nothing")
    if not answers:
        return essay_question(stem, "", losses)
    if answers.startswith("#"):
        return "numeric", _number(stem, answers[1:], losses)
    if "~" in answers:
        return choice_question(stem, [_option(one, form, losses) for one in answer_list(answers)], losses)
    verdict, *feedback = (part.strip() for part in answers.split("#"))
    if verdict.upper() in {"T", "TRUE", "F", "FALSE"}:
        if any(feedback):
            losses.add("feedback", "what is said after an answer is not carried")
        return "true_false", TrueFalseContent(stem=losses.text(stem), key=verdict.upper() in {"T", "TRUE"})
    if answers.startswith("=") and "->" in answers:
        return matching_question(stem, [_pair(one, form, losses) for one in answer_list(answers)], losses)
    if answers.startswith("="):
        forms = [_option(one, form, losses) for one in answer_list(answers)]
        return short_question(stem, [(words(text), worth) for text, worth in forms], losses)
    raise LeftOut("what stands between the braces is no form of answer")


def _option(answer: Answer, form: str, losses: Losses) -> tuple[str, Fraction]:
    """Text and worth of one option, 1 for full marks."""
    if answer.feedback:
        losses.add("feedback", "what is said after an option is not carried")
    own, body = text_format(answer.text, form)
    default = Fraction(answer.right)
    return _text(body, own, losses), default if answer.weight is None else Fraction(Decimal(answer.weight)) / 100


def _pair(answer: Answer, form: str, losses: Losses) -> tuple[str, str]:
    prompt, arrow, option = answer.text.partition("->")
    if not arrow or not prompt.strip():
        raise LeftOut("a pair is written `=left -> right`")
    own, body = text_format(prompt, form)
    return _text(body, own, losses), _text(option, own, losses)


def _number(stem: str, answers: str, losses: Losses) -> NumericContent:
    listed = answer_list(answers)
    body, _, feedback = answers.partition("#")
    if listed:
        best = [one for one in listed if one.weight is None or Decimal(one.weight) >= 100]
        if len(best) != 1:
            raise LeftOut("several numbers are right, or none")
        if len(listed) > 1:
            losses.add("partial credit", "numbers that are worth a part of the marks are not carried")
        body, feedback = best[0].text, "".join(one.feedback for one in listed)
    if feedback.strip():
        losses.add("feedback", "what is said after an answer is not carried")
    body = meant(body)
    if match := _SPAN.fullmatch(body):
        low, high = read_number(match.group(1)), read_number(match.group(2))
        return fixed_number(losses, stem, (low + high) / 2, (high - low) / 2)
    if match := _WITHIN.fullmatch(body):
        return fixed_number(losses, stem, read_number(match.group(1)), read_number(match.group(2) or "0"))
    raise LeftOut(f"`{body[:40]}` is not a number")


def _text(held: str, form: str, losses: Losses) -> str:
    """A text in one of the four formats as plain text."""
    text = meant(held)
    if form == "markdown" and text:
        losses.add("markup", "Markdown is kept as it is typed")
    if form == "html" or (form == "moodle" and looks_like_html(text)):
        return losses.plain(html_to_text(text, losses, tex=True))
    return escape(losses.plain(text))
