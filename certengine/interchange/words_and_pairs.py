r"""Short answers and matchings as GIFT and Moodle have them: answers with a worth, prompts with an option.

In both a ``*`` within an answer stands for any text, ``\*`` for the sign itself; the patterns of ours that say more than
that have no form there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any, Final

from certengine.interchange.questions import LANGUAGE, LeftOut, Losses, worded
from certengine.items.matching import MAX_PROMPTS, MatchingContent, Prompt
from certengine.items.options import LETTERS, Option
from certengine.items.short_answer import ShortAnswerContent
from certengine.model.text import Text

_WILD: Final = re.compile(r"(?<!\\)\*")
_OURS_ALONE: Final = re.compile(r"[()|\\（）｜]")


def answers_of(content: ShortAnswerContent) -> Iterator[str]:
    """The forms, and those patterns that other programs can read."""
    for forms in content.accepted:
        for form in forms.values():
            yield form.replace("*", r"\*")
    yield from (pattern for pattern in content.patterns if not _OURS_ALONE.search(pattern))


def short_question(stem: str, answers: Sequence[tuple[str, Fraction]], losses: Losses) -> tuple[str, Any]:
    """A short answer from answers and their worths.

    Raises:
        LeftOut: when none earns full marks.
    """
    full = [text for text, worth in answers if worth == 1 and text]
    if any(0 < worth < 1 for _, worth in answers):
        losses.add("partial credit", "answers that are worth a part of the marks are not carried")
    wild = [text for text in full if _WILD.search(text)]
    if any(_OURS_ALONE.search(text) for text in wild):
        losses.add("patterns", "an answer with `*` and brackets is not carried")
    forms = tuple({LANGUAGE: text.replace(r"\*", "*")} for text in dict.fromkeys(full) if text not in wild)
    if not forms:
        raise LeftOut("no written-out answer is fully right")
    patterns = tuple(dict.fromkeys(text for text in wild if not _OURS_ALONE.search(text)))
    return "short_answer", ShortAnswerContent(stem=losses.text(stem), accepted=forms, patterns=patterns)


def pairs_of(content: MatchingContent, say: Callable[[Text], str] = worded) -> Iterator[tuple[str, str]]:
    """Each prompt with its option, then the options that are right for none, with no prompt."""
    texts = {option.id: say(option.text) for option in content.options}
    for prompt in content.prompts:
        yield say(prompt.text), texts[content.key[prompt.id]]
    used = set(content.key.values())
    yield from (("", text) for id_, text in texts.items() if id_ not in used)


def matching_question(stem: str, pairs: Sequence[tuple[str, str]], losses: Losses) -> tuple[str, Any]:
    """A matching from pairs; an option that several prompts share is one option.

    Raises:
        LeftOut: when it has too few or too many sides, or one without text.
    """
    texts = list(dict.fromkeys(option for _, option in pairs))
    prompts = [(prompt, option) for prompt, option in pairs if prompt]
    if not 2 <= len(texts) <= len(LETTERS) or not 2 <= len(prompts) <= MAX_PROMPTS:
        raise LeftOut(f"a matching has 2 to {MAX_PROMPTS} prompts and 2 to {len(LETTERS)} different options")
    if not all(texts):
        raise LeftOut("a side of a pair has no text: it was a picture, or was left empty")
    letters = dict(zip(texts, LETTERS.lower(), strict=False))
    numbered = [(f"p{number}", prompt, option) for number, (prompt, option) in enumerate(prompts, start=1)]
    return "matching", MatchingContent(
        stem=losses.text(stem),
        prompts=tuple(Prompt(id=id_, text=losses.text(prompt)) for id_, prompt, _ in numbered),
        options=tuple(Option(id=letter, text=losses.text(text)) for text, letter in letters.items()),
        key={id_: letters[option] for id_, _, option in numbered},
    )
