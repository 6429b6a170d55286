"""Hypothesis strategies for nouns: texts, items of each kind, worlds to draw from, responses, panels, formulas."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from certengine.items import KINDS
from certengine.items.accepted_text import plain_form
from certengine.items.essay import EssayContent
from certengine.items.gaps import ChoiceGap, Gap, GapTextContent, NumberGap, TextGap
from certengine.items.matching import MatchingContent, Prompt
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.numeric import NumericContent, Tolerance
from certengine.items.options import Option
from certengine.items.ordering import OrderingContent
from certengine.items.parameters import Derived, Parameter
from certengine.items.rubric import BestOf, Cap, Criterion
from certengine.items.short_answer import ShortAnswerContent
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent
from certengine.model.bank import Item, ItemStatus
from certengine.model.text import Text
from tests.simulator import AREAS, LEVELS, WORLD, World, item, section, written

WORDS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=20)
TEXTS = st.builds(lambda zh, en: Text.of(zh=zh, en=en), WORDS, WORDS)
IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,11}", fullmatch=True)

JSON_LEAVES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=12)
JSON: st.SearchStrategy[Any] = st.recursive(
    JSON_LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
)


@st.composite
def option_lists(draw: st.DrawFn) -> tuple[Option, ...]:
    """Two to ten options, some of them pinned."""
    ids = draw(st.lists(IDS, min_size=2, max_size=10, unique=True))
    pins = st.sampled_from((None, None, "first", "last"))
    return tuple(Option(id=one, text=Text.of(zh=one, en=one), pin=draw(pins)) for one in ids)


@st.composite
def single_choices(draw: st.DrawFn) -> SingleChoiceContent:
    """Single choice items of any number of options."""
    options = draw(option_lists())
    return SingleChoiceContent(
        stem=draw(TEXTS), options=options, key=draw(st.sampled_from([option.id for option in options]))
    )


@st.composite
def multiple_responses(draw: st.DrawFn) -> MultipleResponseContent:
    """Multiple response items with two or more right options."""
    options = draw(option_lists())
    ids = [option.id for option in options]
    key = draw(st.lists(st.sampled_from(ids), min_size=2, unique=True))
    return MultipleResponseContent(stem=draw(TEXTS), options=options, key=tuple(key))


@st.composite
def computed_choices(draw: st.DrawFn) -> SingleChoiceContent:
    """A sum, and what three mistakes make of the same two parameters: never equal, whatever is drawn."""
    options = tuple(
        Option(
            id=name,
            text=Text.of(zh=f"{{{name}}} mm", en=f"{{{name}}} mm"),
            mistake=draw(st.none() | TEXTS) if name != "sum" else None,
        )
        for name in draw(st.permutations(["sum", "product", "tenfold", "late"]))
    )
    counts = [draw(st.integers(1, 5)) for _ in "ab"]
    return SingleChoiceContent(
        stem=Text.of(zh="{{{a}}} + {b}", en="{{{a}}} + {b}"),
        options=options,
        key="sum",
        parameters={
            "a": Parameter(min=Decimal(3), max=Decimal(2 + counts[0]), step=Decimal(1)),
            "b": Parameter(min=Decimal(11), max=Decimal(10 + counts[1]), step=Decimal(1)),
        },
        where=draw(st.none() | st.just("sum > 0")),
        derived={
            "sum": Derived(formula="a + b"),
            "product": Derived(formula="a * b"),
            "tenfold": Derived(formula="sum * 10"),
            "late": Derived(formula="sum + tenfold"),
        },
    )


@st.composite
def numerics(draw: st.DrawFn) -> NumericContent:
    """A sum of two whole parameters, printed whole, right within a half."""
    low = draw(st.integers(-50, 50))
    return NumericContent(
        stem=Text.of(zh="{a} + {b}", en="{a} + {b}"),
        parameters={
            "a": Parameter(min=Decimal(low), max=Decimal(low + draw(st.integers(0, 20))), step=Decimal(1)),
            "b": Parameter(
                values=tuple(map(Decimal, draw(st.lists(st.integers(-9, 9), min_size=1, max_size=4, unique=True))))
            ),
        },
        key="a + b",
        unit=draw(st.sampled_from((None, "mm", "r/min"))),
        tolerance=Tolerance(absolute=Decimal("0.5")),
    )


@st.composite
def matchings(draw: st.DrawFn) -> MatchingContent:
    """Two to ten prompts, each with any of two to ten options."""
    options = draw(option_lists())
    prompts = draw(st.lists(IDS, min_size=2, max_size=10, unique=True))
    ids = st.sampled_from([option.id for option in options])
    return MatchingContent(
        stem=draw(TEXTS),
        prompts=tuple(Prompt(id=one, text=Text.of(zh=one, en=one)) for one in prompts),
        options=options,
        key={one: draw(ids) for one in prompts},
    )


@st.composite
def orderings(draw: st.DrawFn) -> OrderingContent:
    """Two to ten steps in any order."""
    options = tuple(replace(option, pin=None) for option in draw(option_lists()))
    return OrderingContent(
        stem=draw(TEXTS), options=options, key=tuple(draw(st.permutations([option.id for option in options])))
    )


FORMS = st.text(alphabet="断开互锁 abcXYZ019.-()/%（）", min_size=1, max_size=12).filter(
    lambda form: any(map(str.isalnum, plain_form(form))) and form == form.strip() and " / " not in form
)
ACCEPTED = st.lists(
    st.fixed_dictionaries({}, optional={"zh": FORMS, "en": FORMS}).filter(bool), min_size=1, max_size=3
).map(tuple)


@st.composite
def gap_texts(draw: st.DrawFn) -> GapTextContent:
    """One to four gaps of any rules, the numbers over one parameter."""
    gaps = []
    for number in range(draw(st.integers(1, 4))):
        match draw(st.sampled_from(("choice", "number", "text"))):
            case "choice":
                choice = draw(single_choices())
                gaps.append(Gap(id=f"g{number}", choice=ChoiceGap(options=choice.options, key=choice.key)))
            case "number":
                rule = NumberGap(key=f"a * {number}", unit="mm", tolerance=Tolerance(absolute=Decimal("0.5")))
                gaps.append(Gap(id=f"g{number}", number=rule))
            case _:
                gaps.append(Gap(id=f"g{number}", text=TextGap(accepted=draw(ACCEPTED))))
    stem = "{a} " + " ".join(f"<<{gap.id}>>" for gap in gaps)
    values = tuple(map(Decimal, draw(st.lists(st.integers(-9, 9), min_size=1, max_size=4, unique=True))))
    return GapTextContent(stem=Text.of(zh=stem, en=stem), gaps=tuple(gaps), parameters={"a": Parameter(values=values)})


@st.composite
def essays(draw: st.DrawFn) -> EssayContent:
    """Two to six criteria of any scale, some required, some of them in a choice, some caps: always sound."""
    names = [f"c{number}" for number in range(draw(st.integers(2, 6)))]
    marks = {one: draw(st.integers(0, 4)) for one in names} | {names[-1]: draw(st.integers(1, 4))}
    criteria = tuple(
        Criterion(
            id=one,
            title=draw(TEXTS),
            marks=marks[one],
            requires=draw(st.sampled_from((None, *names[:place]))),
        )
        for place, one in enumerate(names)
    )
    earning = [one for one in names if marks[one]]
    groups: tuple[BestOf, ...] = ()
    left_out = 0
    if len(earning) > 1 and draw(st.booleans()):
        count = draw(st.integers(1, len(earning) - 1))
        groups = (BestOf(criteria=tuple(earning), count=count),)
        left_out = sum(sorted((marks[one] for one in earning), reverse=True)[count:])
    points = sum(marks.values()) - left_out
    caps = draw(st.lists(st.tuples(st.integers(0, points - 1), st.sampled_from(names)), max_size=2))
    return EssayContent(
        stem=draw(TEXTS),
        lines=draw(st.integers(1, 60)),
        points=points,
        criteria=criteria,
        best_of=groups,
        caps=tuple(Cap(at_most=most, unless=one) for most, one in caps),
        model_answer=draw(TEXTS.filter(lambda words: all(map(str.isalnum, words.best("zh")[:1])))),
    )


CONTENTS_OF_KIND: dict[str, st.SearchStrategy[Any]] = {
    kind.id: st.sampled_from([sample.content for sample in kind.samples()]) for kind in KINDS
} | {
    "single_choice": single_choices() | computed_choices(),
    "multiple_response": multiple_responses(),
    "true_false": st.builds(TrueFalseContent, stem=TEXTS, key=st.booleans()),
    "numeric": numerics(),
    "matching": matchings(),
    "ordering": orderings(),
    "short_answer": st.builds(ShortAnswerContent, stem=TEXTS, accepted=ACCEPTED),
    "gap_text": gap_texts(),
    "essay": essays(),
}

RAW_RESPONSES = st.one_of(
    st.sampled_from(
        (
            "",
            " ",
            "*",
            "A",
            "b",
            "C",
            "AB",
            "ABC",
            "E",
            "AA",
            "√",
            "×",
            "F",
            "对",
            "0",
            "12",
            "1,5",
            "24 W",
            "1A 2B",
            "1B",
            "2*",
            "BA",
            "AB.",
            "断开",
            "a|b",
            "A;1",
            "|",
        )
    ),
    st.text(max_size=6),
)


@st.composite
def worlds(draw: st.DrawFn, *, conflicts: bool = True, spare: int = 0) -> World:
    """Small banks and blueprints, some of which cannot be met.

    Args:
        conflicts: whether items have enemies and assessment points.
        spare: how many active items every cell has beyond what it needs; with 0 it may lack some.
    """
    kinds = ("single_choice", "true_false")
    keys = [(kind, area, level) for kind in kinds for area in AREAS for level in LEVELS]
    parts = []
    need = dict.fromkeys(keys, 0)
    for number in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(kinds))
        cells = draw(st.lists(st.sampled_from([key[1:] for key in keys]), min_size=1, max_size=2))
        counted = [(area, level, draw(st.integers(1, 2))) for area, level in cells]
        for area, level, count in counted:
            need[kind, area, level] += count
        parts.append(section(f"s{number}", kind, draw(st.sampled_from(("1", "0.5", "2"))), *counted))
    items: list[Item] = []
    for kind, area, level in keys:
        count = need[kind, area, level] + spare if spare else draw(st.integers(0, 4))
        items.extend(item(f"{kind[0]}{area}{level[0]}{n}", kind, area, level) for n in range(count))
    if conflicts:
        items = [_with_conflicts(draw, one, items) for one in items]
    return replace(WORLD, items=tuple(draw(st.permutations(items))), component=written(*parts), candidates=("C1", "C2"))


def _with_conflicts(draw: st.DrawFn, one: Item, items: list[Item]) -> Item:
    others = [other.id for other in items if other is not one]
    enemies = draw(st.lists(st.sampled_from(others), max_size=2, unique=True)) if others else []
    return replace(
        one,
        enemies=tuple(enemies) if draw(st.booleans()) else (),
        point=draw(st.sampled_from((None, None, None, "p1", "p2"))),
        status=draw(st.sampled_from((ItemStatus.ACTIVE,) * 5 + (ItemStatus.RETIRED,))),
    )


ENTRIES = st.fixed_dictionaries(
    {
        "M1": st.sampled_from((None, "100", "100.05", "99.9", "100.11")),
        "D1": st.none() | st.integers(0, 9),
        "J1": st.none() | st.integers(0, 3),
        "V1": st.booleans() | st.none(),
    }
)
"""One assessor's entries on the simulator's task; ``None`` is "not attempted"."""

PANELS = st.lists(ENTRIES, min_size=3, max_size=3)

_LEAVES = st.one_of(
    st.integers(0, 99).map(lambda n: (str(n), Fraction(n))),
    st.sampled_from((("0.25", Fraction(1, 4)), ("1.5e1", Fraction(15)), ("x", Fraction(7, 3)), ("y_2", Fraction(-5)))),
)
FORMULA_NAMES = {"x": Fraction(7, 3), "y_2": Fraction(-5)}


def _joined(parts: tuple[tuple[str, Fraction], str, tuple[str, Fraction]]) -> tuple[str, Fraction]:
    (left, a), operator, (right, b) = parts
    value = {"+": a + b, "-": a - b, "*": a * b, "/": a / b if b else a}[operator]
    return (f"({left} {operator if b or operator != '/' else '+ 0 *'} {right})", value)


FORMULAS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(_joined),
        inner.map(lambda one: (f"-{one[0]}", -one[1])),
        inner.map(lambda one: (f"abs({one[0]})", abs(one[1]))),
        st.tuples(inner, inner).map(lambda two: (f"max({two[0][0]}, {two[1][0]})", max(two[0][1], two[1][1]))),
    ),
    max_leaves=12,
)
"""Formulas with the value that Python's own fractions give them."""
