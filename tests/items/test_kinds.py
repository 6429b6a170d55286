"""Every kind of written item, tried on its own samples and on items made up: the registry is the table of the tests."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.assembly.keyed import KeyedDraw
from certengine.canonical import canonical_bytes
from certengine.items import KINDS, kind_of
from certengine.items.gap_text import BETWEEN_GAPS
from certengine.items.kind import ItemKind, Sample
from certengine.items.option_credit import NEGATIVE
from certengine.items.rubric import rubric_of
from certengine.items.short_answer import BETWEEN_LANGUAGES
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from tests.simulator import CONTENTS
from tests.strategies import CONTENTS_OF_KIND, RAW_RESPONSES

GAPS = CONTENTS["gap_text"].gaps
SAMPLES = [pytest.param(kind, sample, id=f"{kind.id}-{sample.name}") for kind in KINDS for sample in kind.samples()]
EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
LANGUAGES = ("en", "zh")
OTHER_KEY: dict[str, dict[str, Any]] = {
    "single_choice": {"key": "c"},
    "multiple_response": {"key": ("d", "e")},
    "true_false": {"key": False},
    "numeric": {"key": "U/I"},
    "matching": {"key": {"p": "d", "q": "c", "r": "c"}},
    "ordering": {"key": ("d", "b", "c", "a")},
    "short_answer": {"accepted": ({"zh": "自锁"},), "patterns": ()},
    "essay": {"model_answer": Text.of(zh="另一个", en="another")},
    "gap_text": {
        "gaps": (
            replace(GAPS[0], number=replace(GAPS[0].number, key="6*U", places=0)),
            replace(GAPS[1], choice=replace(GAPS[1].choice, key="c")),
            replace(GAPS[2], text=replace(GAPS[2].text, accepted=({"en": "voltmeter"},))),
        )
    },
}
"""What makes another key of the content of the same kind in the simulator."""
SEEDS = st.binary(min_size=32, max_size=32)


def source(seed: bytes) -> KeyedDraw:
    """The choices of one item of one paper."""
    return KeyedDraw(seed, ("a sitting", "theory", "C1", "item", "x"))


def as_written(kind: ItemKind, answer: str) -> str:
    """A printed key as a candidate writes it: one form, not one in each language; a letter without its sign."""
    if kind.id == "true_false":
        return answer.split()[0]
    gaps = answer.split(BETWEEN_GAPS) if kind.id == "gap_text" else [answer]
    return BETWEEN_GAPS.join(gap.split(BETWEEN_LANGUAGES)[0] for gap in gaps)


@pytest.mark.parametrize(("kind", "sample"), SAMPLES)
def test_sample_is_read(kind: ItemKind, sample: Sample) -> None:
    """A raw response is read as the kind's own sample says."""
    assert sample.state is kind.parse(sample.content, sample.variant, sample.raw).state


@pytest.mark.parametrize(("kind", "sample"), SAMPLES)
def test_sample_is_marked(kind: ItemKind, sample: Sample) -> None:
    """A response that was given earns exactly the stated share, with a reason in both languages; others have none."""
    reading = kind.parse(sample.content, sample.variant, sample.raw)

    assert (sample.share is not None) is (reading.state is ResponseState.GIVEN)
    if sample.share is not None:
        value: Any = reading.value if sample.points is None else sample.points
        mark = kind.mark(sample.content, sample.variant, value, sample.policy)
        assert Fraction(sample.share) == mark.share
        assert LANGUAGES == mark.reason.languages
        assert sample.points is None or mark.open is None


@pytest.mark.parametrize(("kind", "sample"), SAMPLES)
def test_sample_is_sound(kind: ItemKind, sample: Sample) -> None:
    """The content of a sample has nothing wrong, and its policy is one the kind offers."""
    assert [] == list(kind.check(sample.content, LANGUAGES))
    assert sample.policy in kind.policies


@EACH_KIND
def test_samples_cover_the_kind(kind: ItemKind) -> None:
    """Every kind shows a right, a wrong, a blank and an unreadable response, and every policy it offers."""
    samples = kind.samples()

    assert {"1", "0"} <= {sample.share for sample in samples}
    assert {ResponseState.BLANK, ResponseState.UNREADABLE} <= {sample.state for sample in samples}
    assert set(kind.policies) == {sample.policy for sample in samples}


@EACH_KIND
def test_kind_is_found_by_its_id(kind: ItemKind) -> None:
    """The registry gives each kind by its id, and ids differ."""
    assert kind is kind_of(kind.id)
    assert len(KINDS) == len({one.id for one in KINDS})


def test_unknown_kind() -> None:
    """An id that no kind has is a key error."""
    with pytest.raises(KeyError):
        kind_of("riddle")


def test_every_kind_is_tried_here() -> None:
    """Every kind of the registry has another key here, to show that its page does not depend on the key."""
    assert {kind.id for kind in KINDS} == set(OTHER_KEY)


@EACH_KIND
def test_page_shows_nothing_of_the_key(kind: ItemKind) -> None:
    """With another key, what varies and what the candidate sees are the same to the letter."""
    content = CONTENTS[kind.id]
    other = replace(content, **OTHER_KEY[kind.id])
    variant = kind.vary(content, source(bytes(32)))

    assert variant == kind.vary(other, source(bytes(32)))
    assert kind.present(content, variant) == kind.present(other, variant)
    assert kind.answer(content, variant) != kind.answer(other, variant)


@EACH_KIND
@given(data=st.data(), seed=SEEDS)
def test_right_answer_earns_full_marks(kind: ItemKind, data: st.DataObject, seed: bytes) -> None:
    """Whatever varies, what the answer key prints is given and earns all marks, or waits for people and then earns all."""
    content: Any = data.draw(CONTENTS_OF_KIND[kind.id])
    variant = kind.vary(content, source(seed))
    reading = kind.parse(content, variant, as_written(kind, kind.answer(content, variant)))

    assert ResponseState.GIVEN is reading.state
    for policy in kind.policies:
        mark = kind.mark(content, variant, reading.value, policy)
        rubric = rubric_of(kind, content, policy)
        if mark.open is not None and rubric is not None:
            assert 0 == mark.share
            mark = kind.mark(content, variant, dict(rubric.best), policy)
        assert (1, None) == (mark.share, mark.open)


@EACH_KIND
@given(data=st.data(), seed=SEEDS, raw=RAW_RESPONSES)
def test_any_response_earns_between_nothing_and_all(kind: ItemKind, data: st.DataObject, seed: bytes, raw: str) -> None:
    """Any text is read without raising; only what was given has a value, and it earns a share from 0 to 1, or takes off one."""
    content: Any = data.draw(CONTENTS_OF_KIND[kind.id])
    variant = kind.vary(content, source(seed))
    reading = kind.parse(content, variant, raw)

    if reading.state is ResponseState.GIVEN:
        for policy in kind.policies:
            least = -1 if policy in NEGATIVE else 0
            assert least <= kind.mark(content, variant, reading.value, policy).share <= 1
    else:
        assert reading.value is None


@EACH_KIND
@given(data=st.data(), seed=SEEDS)
def test_variant_is_plain_data(kind: ItemKind, data: st.DataObject, seed: bytes) -> None:
    """A variant can be stored: it has canonical bytes, and the same source gives the same one."""
    content: Any = data.draw(CONTENTS_OF_KIND[kind.id])

    assert canonical_bytes(kind.vary(content, source(seed))) == canonical_bytes(kind.vary(content, source(seed)))


@EACH_KIND
def test_blank_is_never_a_wrong_answer(kind: ItemKind) -> None:
    """Nothing, spaces and full-width spaces are blank for every kind."""
    content = CONTENTS[kind.id]
    variant = kind.vary(content, source(bytes(32)))

    assert {ResponseState.BLANK} == {kind.parse(content, variant, raw).state for raw in ("", "  ", "\u3000", "\n")}
