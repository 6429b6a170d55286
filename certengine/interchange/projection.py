"""Items of ours and questions of exchange files: one language of an item, an item from a question, what tells them apart.

Invariant: two items between which :func:`differences` finds nothing ask, accept and say the same; only the ids of options,
and the order in which steps and pairs are written down, may differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any, Final

from certengine.interchange.questions import LANGUAGE, Question, retold, settled
from certengine.interchange.tags import fields_of, tags_of
from certengine.interchange.wording import MARKUP_LOST, one_writing, words
from certengine.items.expression import FormulaError, parse_formula
from certengine.items.gaps import GAP_MARKER, ChoiceGap, Gap, GapTextContent
from certengine.items.options import LETTERS
from certengine.model.bank import Area, Figure, Item
from certengine.model.markup import escape
from certengine.model.text import Text

FIGURE_WIDTH: Final = Decimal(80)
"""Printed width of a picture of which no file says one, in millimetres."""

_DRAWN_AWAY: Final = ("parameters", "where", "derived", "stem", "key", "tolerance", "options")


def question_of(item: Item, language: str, areas: Sequence[Area]) -> Question:
    """An item as a question in one language; where a text is not translated, in the language it has."""
    return Question(
        id=item.id,
        name=item.id,
        kind=item.kind,
        content=settled(retold(item.content, lambda text: Text.of({LANGUAGE: text.best(language)})), item.id),
        category=path_of(item.area, areas, language),
        tags=tags_of(item),
        explanation=item.explanation.best(language) if item.explanation else None,
        source=item.provenance.against.best(language) if item.provenance else None,
    )


def item_of(question: Question, language: str, *, id: str, area: str, level: str, author: str) -> Item:
    """The draft that a question alone makes.

    Args:
        level: taken when no tag of the question says one.
    """
    said, _ = fields_of(question.tags)
    return Item(
        id=id,
        kind=question.kind,
        content=in_language(question.content, language),
        explanation=Text.of({language: question.explanation}) if question.explanation else None,
        author=author,
        area=area,
        figures=figures_of(question, language),
        **{"level": level, **said},
    )


def figures_of(question: Question, language: str) -> tuple[Figure, ...] | None:
    """The pictures of a question as figures of ours."""
    return (
        tuple(
            Figure(
                file=picture.name,
                alt=Text.of({language: picture.alt or PurePosixPath(picture.name).stem}),
                caption=Text.of({language: picture.caption}) if picture.caption else None,
                width=FIGURE_WIDTH,
            )
            for picture in question.pictures
        )
        or None
    )


def completed(item: Item, found: Question, rewritten: Question, language: str) -> tuple[Item, tuple[str, ...]]:
    """A recorded item with what was changed in the file since, and the names of what was changed.

    The file decides: a record is believed as far as writing it again gives what the file says.

    Args:
        rewritten: the recorded item after it was written and read in the same format.
    """
    changes: dict[str, Any] = {}
    if (found.kind, found.content) != (rewritten.kind, rewritten.content):
        changes |= {"kind": found.kind, "content": in_language(found.content, language)}
    if found.explanation != rewritten.explanation:
        changes["explanation"] = Text.of({language: found.explanation}) if found.explanation else None
    if found.source != rewritten.source:
        changes["provenance"] = None  # nobody is said to have checked the key against the new one
    if found.tags and found.tags != rewritten.tags:
        now, before = fields_of(found.tags)[0], fields_of(rewritten.tags)[0]
        changes |= {name: value for name, value in now.items() if before.get(name) != value}
    return replace(item, **changes), tuple(name for name in changes if name != "kind")


def in_language(content: Any, language: str) -> Any:
    """The content of a question, its texts said to be in a language."""
    return retold(content, lambda text: Text.of({language: text.best(LANGUAGE)}))


def differences(item: Item, seen: Item, language: str) -> Iterator[tuple[str, str]]:
    """What of an item is not in ``seen``, which stands for what other programs see: feature, and why where that needs words."""
    for part in fields(Item):
        before, after = getattr(item, part.name), getattr(seen, part.name)
        if part.name == "content":
            yield from _content_differences(item, seen, language)
        elif part.name == "figures":
            if _shown_figures(before, language) != _shown_figures(after, language):
                yield "figures", ""
        elif part.name != "id" and _in_one_writing(_texts(before, language)) != _in_one_writing(after):
            yield part.name, ""
    others = [tag for tag in _languages(item) if tag != language]
    if others:
        yield "languages", f"`{language}` is read by other programs, not {', '.join(f'`{tag}`' for tag in others)}"


def path_of(area_id: str, areas: Sequence[Area], language: str) -> tuple[str, ...]:
    """The category path of an area: id and title of each, the outermost first."""
    by_id = {area.id: area for area in areas}
    path: list[str] = []
    here = by_id.get(area_id)
    while here is not None and len(path) < len(areas):
        path.insert(0, area_label(here, language))
        here = by_id.get(here.parent) if here.parent else None
    return tuple(path)


def area_label(area: Area, language: str) -> str:
    """How a category names an area: ``A1 Safety``."""
    return f"{area.id} {' '.join(area.title.best(language).split())}"


def _content_differences(item: Item, seen: Item, language: str) -> Iterator[tuple[str, str]]:
    before, after = _evened(_texts(item.content, language)), _evened(seen.content)
    if type(before) is not type(after):
        yield "kind", f"`{seen.kind}` stands for it"
        return
    apart = [part.name for part in fields(before) if not _same(_told(before, part.name), _told(after, part.name))]
    if getattr(before, "parameters", None) and not after.parameters:
        yield "parameters", "one drawn variant stands for them"
        apart = [name for name in apart if name not in _DRAWN_AWAY]
    elif "parameters" in apart:
        yield "parameters", "sampled values stand for them"
        apart.remove("parameters")
    for name in apart:
        worded = retold(before, lambda text: Text.of({tag: escape(words(one)) for tag, one in text.by_language}))
        yield name, MARKUP_LOST if _same(_told(worded, name), _told(after, name)) else ""
    if any(getattr(one, "mistake", None) for one in getattr(before, "options", ())):
        yield "mistake", "what a wrong option rests on is for trainers"


def _shown_figures(figures: Sequence[Figure] | None, language: str) -> list[tuple[str, str]]:
    """What a reader sees of pictures: which they are, and what is said of them."""
    return [(PurePosixPath(one.file).name, " ".join(one.alt.best(language).split())) for one in figures or ()]


def _in_one_writing(value: Any) -> Any:
    return retold(value, lambda text: Text.of({tag: one_writing(one) for tag, one in text.by_language}))


def _evened(content: Any) -> Any:
    """A content with each text in one writing, and the gaps of a gap text numbered, each choice by the text of its key."""
    content = _in_one_writing(content)
    if not isinstance(content, GapTextContent):
        return content
    numbers = {gap.id: str(number) for number, gap in enumerate(content.gaps, start=1)}
    stem = retold(
        content.stem,
        lambda text: Text.of(
            {tag: GAP_MARKER.sub(lambda m: f"<<{numbers.get(m[1], m[1])}>>", one) for tag, one in text.by_language}
        ),
    )
    return replace(content, stem=stem, gaps=tuple(_lettered(gap, numbers[gap.id]) for gap in content.gaps))


def _lettered(gap: Gap, id_: str) -> Gap:
    if gap.choice is None:
        return replace(gap, id=id_)
    letters = {option.id: letter for option, letter in zip(gap.choice.options, LETTERS, strict=False)}
    options = tuple(replace(option, id=letters[option.id]) for option in gap.choice.options)
    return replace(gap, id=id_, choice=ChoiceGap(options=options, key=letters[gap.choice.key]))


def _told(content: Any, name: str) -> Any:
    """A field of a content, ids of options and prompts exchanged for their texts."""
    value = getattr(content, name)
    texts = {one.id: one.text for side in ("prompts", "options") for one in getattr(content, side, ())}
    if name in {"prompts", "options"}:
        return sorted((one.text.by_language, getattr(one, "pin", None) or "") for one in value)
    if name == "mapping" and value is not None:
        told = sorted((texts[one].by_language, points) for one, points in value.values.items() if points)
        return told, value.lower, value.full(content.key if isinstance(content.key, tuple) else (content.key,))
    if not texts or name != "key":
        return value
    if isinstance(value, str):
        return texts.get(value, value)
    if isinstance(value, Mapping):
        return sorted((texts[one].by_language, texts[other].by_language) for one, other in value.items())
    return [texts[one] for one in value]


def _same(before: Any, after: Any) -> bool:
    """Equal, or the same formula in another writing."""
    if before == after:
        return True
    if not (isinstance(before, str) and isinstance(after, str)):
        return False
    try:
        return parse_formula(before).root == parse_formula(after).root
    except FormulaError:
        return False


def _texts(value: Any, language: str) -> Any:
    return retold(value, lambda text: Text.of({language: text.best(language)}))


def _languages(value: Any) -> tuple[str, ...]:
    met: dict[str, None] = {}

    def note(text: Text) -> Text:
        met.update(dict.fromkeys(text.languages))
        return text

    retold(value, note)
    return tuple(sorted(met))


def tags_not_ours(questions: Sequence[Question]) -> Mapping[str, tuple[str, ...]]:
    """By name of a question, the tags that say nothing in our files."""
    return {question.name: foreign for question in questions if (foreign := fields_of(question.tags)[1])}
