"""Matching: each numbered prompt gets the letter of one option; there may be more options than prompts.

Policies:

- ``all_or_nothing``: every prompt with its option, else nothing.
- ``per_pair``: each right pair earns an equal share; a wrong one takes nothing away (the sum of a QTI 3.0
  ``mapResponse`` over the pairs, bounds left out).

An option may be right for several prompts, and may be given for several: what the paper says of it is the same for
every item, so the rule tells nothing of the key. Each pair is an answer of its own: a prompt left out or doubly marked
earns nothing and leaves the others as they are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from certengine.canonical import Json
from certengine.items.kind import Draw, Problem, Reading, Sample, Variant
from certengine.items.options import Option, check_options, draw_order, ordered, presented
from certengine.model.score import Mark
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from certengine.model.view import AnswerForm, Presented, PresentedOption

MAX_PROMPTS = 10
_DOUBLY = "*"
_JOINTS = str.maketrans(dict.fromkeys("-:=>.→–—−、,;/()", " "))
_LABELLED = re.compile(r"(?:[0-9]{1,2} *(?:[A-Z*] *)+)+")
_PAIR = re.compile(r"([0-9]{1,2}) *((?:[A-Z*] *)+)")
_BLANKS = frozenset("._")
_SEPARATORS = frozenset(" ,、;/-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One line of the left side."""

    id: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingContent:
    """A stem, prompts, options, and for each prompt's id the id of its option."""

    stem: Text
    prompts: tuple[Prompt, ...]
    options: tuple[Option, ...]
    key: Mapping[str, str]


class Matching:
    """The kind ``matching``."""

    id: ClassVar[str] = "matching"
    title: ClassVar[Text] = Text.of(zh="匹配题", en="Matching")
    content_type: ClassVar[type] = MatchingContent
    policies: ClassVar[tuple[str, ...]] = ("all_or_nothing", "per_pair")

    def check(self, content: MatchingContent, languages: Sequence[str]) -> Iterator[Problem]:
        """Prompts and options in order, and a key that gives every prompt one of the options."""
        yield from check_options(content.options, languages)
        yield from _prompt_problems(content, languages)
        yield from _key_problems(content)

    def vary(self, content: MatchingContent, draw: Draw) -> Variant:
        """The order of the prompts, and apart from it that of the options."""
        prompts: list[Json] = [*draw.order("prompts", [prompt.id for prompt in content.prompts])]
        return {**draw_order(content.options, draw), "prompts": prompts}

    def present(self, content: MatchingContent, variant: Variant) -> Presented:
        """Numbered prompts and lettered options, both in drawn order."""
        return Presented(
            stem=content.stem,
            answer_form=AnswerForm.MATCHES,
            options=presented(content.options, variant),
            prompts=tuple(PresentedOption(label=number, text=one.text) for number, one in _numbered(content, variant)),
        )

    def answer(self, content: MatchingContent, variant: Variant) -> str:
        """``1B 2A 3C`` in the numbers and letters of this paper."""
        return _shown(content, variant, content.key)

    def parse(self, content: MatchingContent, variant: Variant, raw: str) -> Reading:
        """Numbers with letters, ``1B 2A``, ``1-B,2-A``, or a letter for every prompt in turn, ``BAC`` or ``B.C``.

        The value is the option's id by the prompt's; a doubly marked prompt (``1*``, ``1AB``) has ``None``, a blank
        one is left out.
        """
        text = unicodedata.normalize("NFKC", raw).strip().upper()
        if not text:
            return Reading(state=ResponseState.BLANK)
        numbers = [number for number, _ in _numbered(content, variant)]
        if any(character.isdecimal() for character in text):
            marks = _labelled(text)
        else:
            marks = _in_turn(text, numbers)
        letters = {letter: option.id for letter, option in ordered(content.options, variant)}
        if marks is None or set(marks) - set(numbers) or set("".join(marks.values())) - {*letters, _DOUBLY}:
            return Reading(state=ResponseState.UNREADABLE)
        if not marks:
            return Reading(state=ResponseState.BLANK)
        if set(marks.values()) == {_DOUBLY}:
            return Reading(state=ResponseState.MULTIPLE_MARKED)
        ids = {number: prompt.id for number, prompt in _numbered(content, variant)}
        value: dict[str, Json] = {ids[number]: letters.get(mark) for number, mark in marks.items()}
        return Reading(state=ResponseState.GIVEN, value=value)

    def mark(self, content: MatchingContent, variant: Variant, value: Json, policy: str) -> Mark:
        """By policy, as the module says."""
        assert isinstance(value, dict)
        right = sum(value.get(prompt) == option for prompt, option in content.key.items())
        share = Fraction(right, len(content.key)) if policy == "per_pair" else Fraction(right == len(content.key))
        given, due, count = _shown(content, variant, value), self.answer(content, variant), len(content.key)
        return Mark(
            share=share,
            reason=Text.of(
                zh=f"答 {given}，正确答案 {due}：{count} 对中配对 {right} 对",
                en=f"{given} given, {due} is right: {right} of {count} pairs right",
            ),
        )

    def samples(self) -> tuple[Sample, ...]:
        """Right in several writings, partly right under both policies, doubly marked, blank and unreadable."""
        content = MatchingContent(
            stem=Text.of(zh="为每个物理量选单位。", en="Choose a unit for each quantity."),
            prompts=tuple(
                Prompt(id=one, text=Text.of(zh=zh, en=en))
                for one, zh, en in (("p", "电压", "voltage"), ("q", "电流", "current"), ("r", "电阻", "resistance"))
            ),
            options=tuple(
                Option(id=one, text=Text.of(zh=unit, en=unit))
                for one, unit in (("a", "V"), ("b", "A"), ("c", "Ω"), ("d", "Hz"))
            ),
            key={"p": "a", "q": "b", "r": "c"},
        )
        variant: Variant = {"options": ["d", "c", "b", "a"], "prompts": ["q", "p", "r"]}
        given, every, each = ResponseState.GIVEN, "all_or_nothing", "per_pair"
        cases = (
            ("right", "1C 2D 3B", every, given, "1"),
            ("right-joined", "3-B,1-C,2-D", each, given, "1"),
            ("right-in-turn", "CDB", each, given, "1"),
            ("right-full-width", "１Ｃ，２Ｄ，３Ｂ", every, given, "1"),
            ("wrong", "1A 2A 3A", every, given, "0"),
            ("partial", "1C 2D 3A", each, given, "2/3"),
            ("partial-is-not-all", "1C 2D 3A", every, given, "0"),
            ("one-left-out", "2D", each, given, "1/3"),
            ("one-doubly-marked", "C*B", each, given, "2/3"),
            ("all-doubly-marked", "*", every, ResponseState.MULTIPLE_MARKED, None),
            ("blank", "　", every, ResponseState.BLANK, None),
            ("blank-in-turn", "...", every, ResponseState.BLANK, None),
            ("unreadable", "1Z", every, ResponseState.UNREADABLE, None),
            ("too-few-in-turn", "CD", every, ResponseState.UNREADABLE, None),
        )
        return tuple(
            Sample(name=name, content=content, variant=variant, raw=raw, policy=policy, state=state, share=share)
            for name, raw, policy, state, share in cases
        )


def _numbered(content: MatchingContent, variant: Variant) -> tuple[tuple[str, Prompt], ...]:
    """``(number, prompt)`` in the order of one paper."""
    by_id = {prompt.id: prompt for prompt in content.prompts}
    order = variant["prompts"]
    assert isinstance(order, list)
    return tuple((str(number), by_id[str(one)]) for number, one in enumerate(order, 1))


def _shown(content: MatchingContent, variant: Variant, pairs: Mapping[str, Json] | Mapping[str, str]) -> str:
    """Pairs by id in the numbers and letters of one paper."""
    letters = {option.id: letter for letter, option in ordered(content.options, variant)}
    return " ".join(
        f"{number}{letters.get(str(pairs[prompt.id]), _DOUBLY)}"
        for number, prompt in _numbered(content, variant)
        if prompt.id in pairs
    )


def _labelled(text: str) -> dict[str, str] | None:
    """The mark of each number, ``*`` for more than one; ``None`` when the text is something else."""
    plain = " ".join(text.translate(_JOINTS).split())
    if not _LABELLED.fullmatch(plain):
        return None
    found: dict[str, str] = {}
    for number, letters in _PAIR.findall(plain):
        marks = "".join(letters.split())
        number = str(int(number))
        found[number] = marks if len(marks) == 1 and number not in found else _doubly(found.get(number, "") + marks)
    return found


def _doubly(marks: str) -> str:
    """Several marks for one prompt as one: the same letter twice is no doubt."""
    return marks[0] if len(set(marks)) == 1 else _DOUBLY


def _in_turn(text: str, numbers: Sequence[str]) -> dict[str, str] | None:
    """One mark for each number in turn; a lone ``*`` says that of all of them."""
    if text == _DOUBLY:
        return dict.fromkeys(numbers, _DOUBLY)
    marks = [character for character in text if character not in _SEPARATORS]
    if len(marks) != len(numbers):
        return None
    return {number: mark for number, mark in zip(numbers, marks, strict=True) if mark not in _BLANKS}


def _prompt_problems(content: MatchingContent, languages: Sequence[str]) -> Iterator[Problem]:
    if not 2 <= len(content.prompts) <= MAX_PROMPTS:
        yield Problem(
            code="item/prompt-count",
            message=f"a matching has 2 to {MAX_PROMPTS} prompts, this one {len(content.prompts)}",
            path=("prompts",),
            hint="add or take away prompts",
        )
    first: dict[str, int] = {}
    for index, prompt in enumerate(content.prompts):
        if first.setdefault(prompt.id, index) != index:
            yield Problem(
                code="item/duplicate-prompt",
                message=f"prompt `{prompt.id}` stands twice",
                path=("prompts", index, "id"),
                hint="give each prompt an id of its own",
            )
    for language in languages:
        texts: dict[str, str] = {}
        for index, prompt in enumerate(content.prompts):
            text = (prompt.text.get(language) or "").strip().casefold()
            if text and text in texts:
                yield Problem(
                    code="item/equal-prompts",
                    message=f"prompts `{texts[text]}` and `{prompt.id}` read the same in `{language}`",
                    path=("prompts", index, "text"),
                    hint="reword one of them",
                )
            texts.setdefault(text, prompt.id)


def _key_problems(content: MatchingContent) -> Iterator[Problem]:
    prompts = [prompt.id for prompt in content.prompts]
    options = [option.id for option in content.options]
    for prompt, option in content.key.items():
        if prompt not in prompts:
            yield Problem(
                code="item/key-unknown",
                message=f"the key names `{prompt}`, which is none of the prompts: {', '.join(prompts)}",
                path=("key", prompt),
                hint="name the ids of prompts",
            )
        if option not in options:
            yield Problem(
                code="item/key-unknown",
                message=f"the key gives `{prompt}` the option `{option}`; there are: {', '.join(options)}",
                path=("key", prompt),
                hint="name the id of the right option",
            )
    for prompt in dict.fromkeys(prompts):
        if prompt not in content.key:
            yield Problem(
                code="item/key-missing",
                message=f"the key says nothing of prompt `{prompt}`",
                path=("key",),
                hint=f"add `{prompt}: <option>`",
            )
    if len(content.key) > 1 and len(set(content.key.values())) == 1:
        yield Problem(
            code="item/key-constant",
            message="every prompt has the same option, so one known pair gives away all",
            path=("key",),
            hint="ask a single choice item instead",
        )
