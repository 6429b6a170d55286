"""Every kind of practical aspect, tried on its own samples and with made-up entries: the registry is the table."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.aspects import KINDS, kind_of
from certengine.aspects.checklist import LETTERS
from certengine.aspects.kind import AspectKind, EntryRefused, EntrySample
from certengine.canonical import canonical_bytes
from certengine.model.scheme import PanelRule
from tests.simulator import task

SAMPLES = [pytest.param(kind, sample, id=f"{kind.id}-{sample.name}") for kind in KINDS for sample in kind.samples()]
EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
ASPECTS = {kind.id: kind.samples()[0].aspect for kind in KINDS} | {aspect.kind: aspect for aspect in task().aspects}
COMBINED: tuple[Literal["mean", "median", "trimmed_mean"], ...] = ("mean", "median", "trimmed_mean")
ALONE = PanelRule(assessors=1, veto_votes=1)
ENTRIES = st.one_of(
    st.sampled_from(("", "0", "1", "2", "3", "4", "-1", "1.5", "100.05", "99,9 mm", "是", "×", "yes", "1e9", "１")),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-200, max_value=200).map(str),
    st.text(max_size=6),
)


@pytest.mark.parametrize(("kind", "sample"), SAMPLES)
def test_sample(kind: AspectKind, sample: EntrySample) -> None:
    """An entry earns exactly the marks of the kind's own sample, or is refused."""
    if sample.marks is None:
        with pytest.raises(EntryRefused):
            kind.parse(sample.aspect, sample.raw)
    else:
        value = kind.parse(sample.aspect, sample.raw)
        mark = kind.mark(sample.aspect, value)
        assert Fraction(sample.marks) == mark.share * Fraction(sample.aspect.marks)
        assert ("en", "zh") == mark.reason.languages


@EACH_KIND
def test_samples_cover_the_kind(kind: AspectKind) -> None:
    """Every kind that is asked for shows entries that it takes; each shows one that it refuses; no aspect is wrong."""
    samples = kind.samples()

    assert None in {sample.marks for sample in samples}
    assert (kind.ask(samples[0].aspect) is None) is ({sample.marks for sample in samples} == {None})
    assert [] == [problem for sample in samples for problem in kind.check(sample.aspect, ("zh", "en"))]


@EACH_KIND
def test_kind_is_found_by_its_id(kind: AspectKind) -> None:
    """The registry gives each kind by its id, and ids differ."""
    assert kind is kind_of(kind.id)
    assert len(KINDS) == len({one.id for one in KINDS})


def test_unknown_kind() -> None:
    """An id that no kind has is a key error."""
    with pytest.raises(KeyError):
        kind_of("impression")


@EACH_KIND
def test_what_is_asked_for_is_taken(kind: AspectKind) -> None:
    """Every choice, the greatest number and all points that a form offers are entries that the kind takes."""
    for aspect in {sample.name: sample.aspect for sample in kind.samples()}.values():
        asked = kind.ask(aspect)
        if asked is None:
            continue
        offered = [choice.entry for choice in asked.choices]
        offered += [] if asked.most is None else [f"{asked.most}"]
        offered += [LETTERS[: len(asked.points)], LETTERS[0]] if asked.points else []
        assert all(canonical_bytes(kind.parse(aspect, entry)) for entry in offered)
        assert ("en", "zh") == asked.what.languages


@EACH_KIND
def test_rule_in_words(kind: AspectKind) -> None:
    """Every kind says its rule in both languages, for the scoring sheet."""
    words = kind.describe(ASPECTS[kind.id])

    assert ("en", "zh") == words.languages
    assert all(text.strip() for _, text in words.by_language)


@EACH_KIND
@given(raw=ENTRIES)
def test_any_entry_is_taken_or_refused(kind: AspectKind, raw: str) -> None:
    """Any text is refused, or is a value that can be stored and earns between nothing and full marks."""
    aspect = ASPECTS[kind.id]
    try:
        value = kind.parse(aspect, raw)
    except EntryRefused:
        return
    assert canonical_bytes(value)
    assert 0 <= kind.mark(aspect, value).share <= 1


@EACH_KIND
@given(raws=st.lists(ENTRIES, min_size=1, max_size=5))
def test_panel_stays_within_full_marks(kind: AspectKind, raws: list[str]) -> None:
    """Whatever a panel enters, its one mark lies between nothing and full marks, and names every assessor's."""
    aspect = ASPECTS[kind.id]
    values: dict[str, Any] = {}
    for number, raw in enumerate(raws):
        try:
            values[f"a{number}"] = kind.parse(aspect, raw)
        except EntryRefused:
            values[f"a{number}"] = None

    for combine in COMBINED:
        score = kind.combine(aspect, values, PanelRule(assessors=len(values), combine=combine))
        assert 0 <= score.earned <= Fraction(aspect.marks)
        assert (sorted(values) if kind.ask(aspect) else []) == [assessor for assessor, _ in score.by_assessor]


@EACH_KIND
def test_not_attempted_earns_nothing(kind: AspectKind) -> None:
    """An aspect that every assessor calls not attempted earns nothing, is not open, and is no veto."""
    score = kind.combine(ASPECTS[kind.id], {"a1": None}, ALONE)

    assert (Fraction(0), None, False) == (score.earned, score.open, score.vetoed)
    assert Decimal(ASPECTS[kind.id].marks) == score.full
