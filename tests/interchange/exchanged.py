"""What tests of exchange formats share: questions full of characters that mean something somewhere, and reading text."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from certengine.interchange.loss import Fate, Loss
from certengine.interchange.questions import LANGUAGE, Incoming, Question, doubled, drawn, retold
from certengine.items.matching import MatchingContent, Prompt
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.numeric import NumericContent, Tolerance
from certengine.items.options import Option
from certengine.items.ordering import OrderingContent
from certengine.items.parameters import Parameter
from certengine.items.short_answer import ShortAnswerContent
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent
from certengine.model.markup import escape
from certengine.model.text import Text

FIXTURES = Path(__file__).parent / "fixtures"

# Every character that has a meaning in one of the formats, and some that have none.
MEANING = "ab1 =~#{}:\\%[]/->&<\"'!$.@;,*|电工Ω²"
TEXTS = st.text(alphabet=MEANING, min_size=1, max_size=12).map(str.strip).filter(bool)
LINES = st.lists(TEXTS, min_size=1, max_size=2).map("\n".join)


def und(text: str) -> Text:
    """A text of a question that says just these characters."""
    return Text.of({LANGUAGE: escape(text)})


def marked(text: str) -> Text:
    """A text of a question with markup."""
    return Text.of({LANGUAGE: text})


@st.composite
def choices(draw: st.DrawFn, several: bool = False, texts: st.SearchStrategy[str] = LINES) -> Question:
    """A question with two to five options, lettered as readers letter them."""
    listed = draw(st.lists(texts, min_size=2, max_size=5))
    options = tuple(Option(id=letter, text=und(text)) for letter, text in zip("abcde", listed, strict=False))
    ids = [option.id for option in options]
    stem = und(draw(texts))
    if several:
        key = sorted(draw(st.lists(st.sampled_from(ids), min_size=2, unique=True)))
        return asked("multiple_response", MultipleResponseContent(stem=stem, options=options, key=tuple(key)))
    return asked("single_choice", SingleChoiceContent(stem=stem, options=options, key=draw(st.sampled_from(ids))))


@st.composite
def numbers(draw: st.DrawFn) -> Question:
    """A question for one number, braces in its text doubled."""
    value = draw(st.decimals(min_value=-1000, max_value=1000, places=2).map(lambda one: one.normalize() + 0))
    margin = draw(st.sampled_from(("0", "0.5", "0.01")))
    tolerance = Tolerance(absolute=Decimal(margin)) if margin != "0" else Tolerance(exact=True)
    places = max(0, -int(value.as_tuple().exponent))
    stem = marked(doubled(escape(draw(LINES))))
    return asked("numeric", NumericContent(stem=stem, key=format(value, "f"), places=places, tolerance=tolerance))


@st.composite
def structured(
    draw: st.DrawFn,
    kinds: tuple[str, ...] = ("short_answer", "matching", "ordering"),
    texts: st.SearchStrategy[str] = TEXTS,
) -> Question:
    """Short answers, matchings and orderings, in the order in which readers write them down."""
    listed = draw(st.lists(texts, min_size=2, max_size=4, unique=True))
    options = tuple(Option(id=letter, text=und(text)) for letter, text in zip("abcde", listed, strict=False))
    ids = [option.id for option in options]
    stem = und(draw(texts))
    match draw(st.sampled_from(kinds)):
        case "short_answer":
            accepted = tuple({LANGUAGE: text} for text in listed)
            return asked("short_answer", ShortAnswerContent(stem=stem, accepted=accepted))
        case "ordering":
            key = tuple(draw(st.permutations(ids)))
            return asked("ordering", OrderingContent(stem=stem, options=options, key=key))
    prompts = tuple(Prompt(id=f"p{n}", text=und(draw(texts))) for n in range(1, 4))
    pairs = {prompt.id: draw(st.sampled_from(ids)) for prompt in prompts}
    return asked("matching", MatchingContent(stem=stem, prompts=prompts, options=options, key=pairs))


QUESTIONS = st.one_of(
    choices(),
    choices(several=True),
    st.builds(lambda stem, key: asked("true_false", TrueFalseContent(stem=und(stem), key=key)), LINES, st.booleans()),
    numbers(),
)

PARAMETRISED = NumericContent(
    stem=und("{f} Hz, {p} poles: n in {{r/min}}?"),
    parameters={
        "f": Parameter(values=(Decimal(50), Decimal("60.5"))),
        "p": Parameter(min=Decimal(2), max=Decimal(8), step=Decimal(2)),
    },
    where="p < f/10",
    key="120*f/p",
    unit="r/min",
    places=1,
    tolerance=Tolerance(relative=Decimal("0.01")),
)


def asked(kind: str, content: Any, name: str = "q-1", **more: Any) -> Question:
    """A question of a kind."""
    return Question(id=name, name=name, kind=kind, content=content, **more)


def read_text(read: Callable[[Path], Incoming], folder: Path, text: str | bytes, name: str = "file.txt") -> Incoming:
    """What a reader finds in a text."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return read(path)


def fates(losses: tuple[Loss, ...]) -> list[tuple[str, str, Fate]]:
    """Losses without their reasons."""
    return [(loss.item, loss.feature, loss.fate) for loss in losses]


def as_seen(question: Question) -> Any:
    """The content that a format without parameters shows."""
    if isinstance(question.content, NumericContent):
        return drawn(question.content, question.name)
    return question.content


def plain(content: Any) -> str:
    """The stem of a content."""
    found: list[str] = []
    retold(content.stem, lambda text: (found.append(text.best(LANGUAGE)), text)[1])
    return found[0]


def meaning(content: Any) -> Any:
    """What a structured question asks and takes for right, whatever ids its file gives."""
    texts = {one.id: one.text.best(LANGUAGE) for one in getattr(content, "options", ())}
    if isinstance(content, ShortAnswerContent):
        return plain(content), [form[LANGUAGE] for form in content.accepted], content.patterns
    if isinstance(content, OrderingContent):
        return plain(content), [texts[one] for one in content.key]
    pairs = [(one.text.best(LANGUAGE), texts[content.key[one.id]]) for one in content.prompts]
    return plain(content), pairs
