"""The way back from canonical JSON: every noun that is stored comes back as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certengine import aspects, items, store
from certengine.canonical import Json, canonical_bytes
from certengine.model.bank import BankDraft, Item
from certengine.model.credential import Credential
from certengine.model.pass_standard import (
    AllOf,
    AnyOf,
    AtLeast,
    EveryAspect,
    NoVeto,
    PassRule,
    SomeOf,
    Supplement,
    WeightedAtLeast,
    WithSupplement,
)
from certengine.model.scheme import Aspect, Scheme
from certengine.model.score import Failed, Passed, Pending, ScoreReport, Step
from certengine.model.sitting import Candidate, Paper, ResponseSheet
from certengine.model.text import Text
from certengine.revival import from_json, revive

WORDS = st.text(st.characters(codec="utf-8"), max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
_ORAL = Supplement(component="planning", by="oral", weights=(Decimal(2), Decimal(1)))
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: WORDS,
    bool: st.booleans(),
    int: st.integers(-(2**53) + 1, 2**53 - 1),
    Decimal: st.decimals(-(10**6), 10**6, places=3),
    Fraction: st.fractions(max_denominator=1000),
    datetime: st.datetimes(timezones=st.just(UTC)),
    date: st.dates(),
    Text: st.dictionaries(st.sampled_from(["zh", "en", "de"]), WORDS, min_size=1).map(Text.of),
    # Nouns that hold themselves are only so deep.
    Step: st.builds(Step, rule=st.just(Text.of(zh="规则")), found=st.just(Text.of(en="60")), holds=st.none()),
    PassRule: st.recursive(
        st.builds(AtLeast, component=WORDS, at_least=st.just(Decimal(60)), part=st.none() | WORDS)
        | st.builds(NoVeto, no_veto=WORDS)
        | st.builds(EveryAspect, every_aspect=WORDS, share=st.just(Decimal("0.6")))
        | st.builds(
            WeightedAtLeast, weighted=st.dictionaries(WORDS, st.just(Decimal(40))), at_least=st.just(Decimal(50))
        ),
        lambda inner: (
            st.lists(inner, max_size=2)
            .map(tuple)
            .flatmap(
                lambda parts: st.sampled_from(
                    (
                        AllOf(all=parts),
                        AnyOf(any=parts),
                        SomeOf(some=1, of=parts),
                        *(WithSupplement(supplements=(_ORAL,), rule=part) for part in parts),
                    )
                )
            )
        ),
        max_leaves=4,
    ),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type hint, derived as :mod:`certengine.revival` reads them."""
    if hint in PLAIN:
        return PLAIN[hint]
    if hint is Any or hint == Json or {NoneType, bool, int, str} <= set(get_args(hint)):
        return JSON
    origin, parts = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return st.one_of([values(part) for part in parts])
    if origin is tuple:
        if parts[1:] == (Ellipsis,):
            return st.lists(values(parts[0]), max_size=2).map(tuple)
        return st.tuples(*map(values, parts))
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return st.dictionaries(WORDS, values(parts[1]), max_size=2)
    if origin is Literal:
        return st.sampled_from(parts)
    if hint is NoneType:
        return st.none()
    if issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    assert is_dataclass(hint), hint
    return nouns(hint)


def nouns(noun: type) -> st.SearchStrategy[Any]:
    """Instances of a noun, with and without what may be left out."""
    hints = get_type_hints(noun)
    if noun is Item:
        return st.one_of([_of_kind(noun, hints, "content", kind.id, kind.content_type) for kind in items.KINDS])
    if noun is Aspect:
        return st.one_of([_of_kind(noun, hints, "rule", kind.id, kind.rule_type) for kind in aspects.KINDS])
    given_fields = {part.name: values(hints[part.name]) for part in fields(noun) if part.init}
    return st.builds(noun, **given_fields)


def _of_kind(noun: type, hints: dict[str, Any], held: str, kind: str, content: type) -> st.SearchStrategy[Any]:
    common = {name: values(hint) for name, hint in hints.items() if name not in {"kind", held}}
    return st.builds(noun, **common, kind=st.just(kind), **{held: values(content)})


STORED = (BankDraft, Scheme, Candidate, Paper, ResponseSheet, ScoreReport, Credential)


@pytest.mark.parametrize("noun", STORED, ids=lambda noun: noun.__name__)
@given(data=st.data())
@settings(max_examples=15)
def test_a_stored_noun_comes_back(noun: type, data: st.DataObject) -> None:
    """Revived from its canonical bytes, a noun gives the same bytes again: so its digest still holds."""
    stored = canonical_bytes(data.draw(nouns(noun)))
    assert canonical_bytes(revive(noun, stored.decode())) == stored


@given(made=st.one_of(nouns(Passed), nouns(Failed), nouns(Pending)))
def test_a_decision_comes_back_as_what_it_was(made: object) -> None:
    """Passed, failed and pending are told apart, though they hold the same."""
    stored = canonical_bytes(made)
    back = from_json(Passed | Failed | Pending, json.loads(stored))
    assert (type(back), canonical_bytes(back)) == (type(made), stored)


def test_every_noun_of_the_store_is_tested() -> None:
    """The nouns above are those the store revives, so a new one cannot be forgotten."""
    sources = "\n".join(path.read_text("utf-8") for path in Path(store.__path__[0]).glob("*.py"))
    revived = set(re.findall(r"\b(?:revive|from_json)\((\w+), ", sources))
    assert revived == {noun.__name__ for noun in STORED}


@pytest.mark.parametrize(
    ("hint", "data"),
    [
        (int, "1"),
        (str, 1),
        (AtLeast | NoVeto, {"other": 1}),
        (AtLeast | NoVeto, {"component": "theory"}),
        (set, []),
        (complex | float, 1),
    ],
    ids=["text-for-number", "number-for-text", "no-member", "half-a-member", "no-such-form", "no-noun"],
)
def test_what_does_not_fit_is_refused(hint: Any, data: object) -> None:
    """Data the store never wrote becomes no noun by force."""
    with pytest.raises(TypeError):
        from_json(hint, data)


def test_a_field_left_out_comes_back_empty() -> None:
    """Empty fields are not written; they come back as ``None`` or their default."""
    assert from_json(Candidate, {"id": "C1", "name": "陈晓"}) == Candidate(id="C1", name="陈晓")
