"""What can be wrong in a gap text: gaps that cannot be told apart, markers, the rules of single gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from certengine.items.gaps import BAR, GAP_ID, GAP_MARKER, NUMERIC, SEMICOLON, Gap, GapTextContent, numeric_of, rule_of
from certengine.items.kind import Problem

MAX_GAPS = 10


def gap_text_problems(content: GapTextContent, languages: Sequence[str]) -> Iterator[Problem]:
    """Everything wrong in a gap text's content."""
    yield from _gap_problems(content)
    yield from _marker_problems(content, languages)
    yield from NUMERIC.check(numeric_of(content), languages)
    for index, gap in enumerate(content.gaps):
        yield from _rule_problems(content, gap, index, languages)


def _gap_problems(content: GapTextContent) -> Iterator[Problem]:
    if not 1 <= len(content.gaps) <= MAX_GAPS:
        yield Problem(
            code="item/gap-count",
            message=f"a text has 1 to {MAX_GAPS} gaps, this one {len(content.gaps)}",
            path=("gaps",),
            hint="add or take away gaps",
        )
    first: dict[str, int] = {}
    for index, gap in enumerate(content.gaps):
        if not GAP_ID.fullmatch(gap.id):
            yield Problem(
                code="item/gap-id",
                message=f"`{gap.id}` cannot name a gap in a stem",
                path=("gaps", index, "id"),
                hint="use up to 16 letters, digits and `_`",
            )
        if first.setdefault(gap.id, index) != index:
            yield Problem(
                code="item/duplicate-gap",
                message=f"gap `{gap.id}` stands twice",
                path=("gaps", index, "id"),
                hint="give each gap an id of its own",
            )


def _marker_problems(content: GapTextContent, languages: Sequence[str]) -> Iterator[Problem]:
    """Gaps that a language marks not at all or more than once, markers of no gap, markers that are broken."""
    ids = dict.fromkeys(gap.id for gap in content.gaps)
    units = {gap.id: gap.number.unit for gap in content.gaps if gap.number is not None and gap.number.unit}
    for language in languages:
        stem = content.stem.get(language)
        if stem is None:
            continue  # a missing language is said of every item
        where = ("stem", language)
        times = Counter(match[1] for match in GAP_MARKER.finditer(stem))
        for gap in ids:
            if times[gap] != 1:
                yield Problem(
                    code="item/gap-marker",
                    message=f"the stem in `{language}` marks gap `{gap}` {times[gap]} times",
                    path=where,
                    hint=f"write `<<{gap}>>` once in every language",
                )
        for gap in times:
            if gap not in ids:
                yield Problem(
                    code="item/gap-unknown",
                    message=f"`<<{gap}>>` in the stem in `{language}` marks no gap; there are: {', '.join(ids)}",
                    path=where,
                    hint=f"add `{gap}` to `gaps` or correct its name",
                )
        rest = GAP_MARKER.sub("", stem)
        if "<<" in rest or ">>" in rest:
            yield Problem(
                code="item/gap-broken",
                message=f"a gap's marker is broken in the stem in `{language}`",
                path=where,
                hint="a gap is marked by its id alone, such as `<<a>>`",
            )
        for match in GAP_MARKER.finditer(stem):
            unit = units.get(match[1])
            if unit and stem[match.end() :].lstrip().startswith(unit):
                yield Problem(
                    code="item/unit-twice",
                    message=f"the stem in `{language}` has the unit `{unit}` after gap `{match[1]}`, which prints it too",
                    path=where,
                    hint="take the unit out of the stem",
                    warning=True,
                )


def _rule_problems(content: GapTextContent, gap: Gap, index: int, languages: Sequence[str]) -> Iterator[Problem]:
    rules = {"choice": gap.choice, "number": gap.number, "text": gap.text}
    named = [name for name, rule in rules.items() if rule is not None]
    if len(named) != 1:
        yield Problem(
            code="item/gap-rule",
            message=f"gap `{gap.id}` has {' and '.join(named) or 'no rule'}; one of `choice`, `number`, `text` is due",
            path=("gaps", index),
            hint="write one of them, and a gap of its own for another",
        )
        return
    kind, own = rule_of(content, gap)
    for problem in kind.check(own, languages if gap.number is None else ()):
        # What is wrong in the parameters is said once, for the whole text.
        if gap.number is None or problem.path[0] in {"key", "places", "tolerance"}:
            yield replace(problem, path=("gaps", index, named[0], *problem.path))
    for place, forms in enumerate(gap.text.accepted if gap.text else ()):
        for language, form in forms.items():
            if len(content.gaps) > 1 and (BAR.search(form) or SEMICOLON.search(form)):
                yield Problem(
                    code="item/form-parts-gaps",
                    message=f"`{form}` holds `|` or `;`, which part the gaps of a response",
                    path=("gaps", index, "text", "accepted", place, language),
                    hint="accept a form without them",
                )
