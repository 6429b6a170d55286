"""Scoring a written paper: exact, traced, within its marks, and never to a candidate's harm by accident."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.assembly.keyed import KeyedDraw
from certengine.assembly.views import key_view
from certengine.items import kind_of
from certengine.model.scheme import Rounding, RoundingMode
from certengine.model.score import ScoreReport
from certengine.model.sitting import Response, ResponseSheet, ResponseState
from certengine.scoring.item_marks import STATE_WORDS, why_unreadable
from certengine.scoring.written import read_sheet, score_written
from tests.simulator import CONTENTS, WORLD, item, section, written
from tests.strategies import RAW_RESPONSES

PAPER, BANK, COMPONENT = WORLD.paper(), WORLD.bank, WORLD.component
# What a candidate writes who knows everything; of a statement only the letter of its answer.
RIGHT = {
    entry.position: entry.answer.removesuffix(" √")
    for _, entries in key_view(PAPER, BANK, COMPONENT).sections
    for entry in entries
}
POSITIONS = sorted(RIGHT)
RESPONSES = st.fixed_dictionaries(dict.fromkeys(POSITIONS, RAW_RESPONSES))


def score(raw: dict[int, str], rounding: Rounding = Rounding()) -> ScoreReport:  # noqa: B008  # frozen
    """The score of what was written, by position."""
    return score_written(PAPER, WORLD.read(PAPER, raw), COMPONENT, BANK, rounding)


def test_all_right() -> None:
    """Who knows everything earns every mark."""
    report = score(RIGHT)

    assert (Fraction(10), Decimal("10.0"), Decimal(10)) == (report.exact, report.score, report.full)
    assert [drawn.marks for drawn in PAPER.items] == [one.earned for one in report.items]


def test_nothing_written() -> None:
    """An empty sheet earns nothing, and says blank at every position."""
    report = score({})

    assert (Fraction(0), Decimal("0.0")) == (report.exact, report.score)
    assert {(ResponseState.BLANK, "未作答")} == {(one.state, one.reason.best("zh")) for one in report.items}


def test_wrong_answers_never_take_a_paper_under_nothing() -> None:
    """Under negative marking wrong answers take off what right ones earned, and no score is under 0."""
    sections = tuple(
        replace(one, policy="negative_half" if one.kind in {"single_choice", "true_false"} else one.policy)
        for one in COMPONENT.sections
    )
    component = replace(COMPONENT, sections=sections)
    places = [drawn.position for drawn in PAPER.items if drawn.section in {"single", "judge"}]
    marks = {drawn.position: drawn.marks for drawn in PAPER.items}
    wrong = {place: "B" if RIGHT[place] == "A" else "A" for place in places}

    def exact(raw: dict[int, str]) -> Fraction:
        return score_written(PAPER, WORLD.read(PAPER, raw), component, BANK, Rounding()).exact

    first, *others = places
    assert Fraction(0) == exact(wrong)
    one_wrong = {first: RIGHT[first], others[0]: wrong[others[0]]}
    assert Fraction(marks[first]) - Fraction(marks[others[0]]) / 2 == exact(one_wrong)
    assert Fraction(marks[first]) == exact({first: RIGHT[first], others[0]: ""})


@pytest.mark.parametrize(
    ("section", "raw", "why"),
    [
        ("single", "X", "`X` is no letter of this item"),
        ("single", "AA", "a letter stands twice"),
        ("single", "、", "no letter"),
        ("judge", "?", "it says neither √ nor ×"),
        ("compute", "1,234", "`1,234` may be 1234 or 1.234"),
        ("compute", "12 kg", "the unit asked for is `W`, not `kg`"),
    ],
)
def test_why_a_response_cannot_be_read(section: str, raw: str, why: str) -> None:
    """Whoever looks at the sheet is told what is wrong with an answer."""
    drawn = next(one for one in PAPER.items if one.section == section)

    assert why == why_unreadable(drawn, BANK.contents.item(drawn.item), raw)


def test_why_a_gap_cannot_be_read() -> None:
    """Of a text with gaps the reason names the gap, or how many answers there are."""
    kind, content = kind_of("gap_text"), CONTENTS["gap_text"]
    variant = kind.vary(content, KeyedDraw(bytes(32), ("x",)))

    assert "2 answers for 3 gaps" == kind.parse(content, variant, "1 | A").why
    assert kind.parse(content, variant, "1,234 | A | ammeter").why.startswith("gap 1: `1,234` may be")


def test_shares_are_of_the_items_marks() -> None:
    """Part of the right options earns that part of the item's marks, exactly."""
    place = next(drawn.position for drawn in PAPER.items if drawn.section == "multiple")
    first_right = RIGHT[place][0]

    assert Fraction(2, 3) == score({place: first_right}).exact


def test_rounded_once_by_the_rule() -> None:
    """The sum is rounded, not its parts, and by the scheme's rule."""
    place = next(drawn.position for drawn in PAPER.items if drawn.section == "multiple")
    two_thirds = {place: RIGHT[place][0]}

    assert Decimal("0.7") == score(two_thirds).score
    assert Decimal("0.6") == score(two_thirds, Rounding(mode=RoundingMode.DOWN)).score
    assert Decimal("0.67") == score(two_thirds, Rounding(places=2)).score


def test_trace_names_item_and_section() -> None:
    """Every position has one score: its item, section, marks and a reason in both languages."""
    report = score({1: "Q"})

    assert [(d.position, d.item, d.section, d.marks) for d in PAPER.items] == [
        (one.position, one.item, one.section, one.full) for one in report.items
    ]
    assert {("en", "zh")} == {one.reason.languages for one in report.items}
    assert ("C1", "theory", ()) == (report.candidate, report.component, report.open)


@given(RESPONSES)
def test_score_stays_within_its_marks(raw: dict[int, str]) -> None:
    """Whatever is written, each position and the whole earn from nothing to full marks."""
    report = score(raw)

    assert all(0 <= one.earned <= one.full for one in report.items)
    assert 0 <= report.exact <= report.full
    assert report.score is not None
    assert 0 <= report.score <= report.full
    assert report.exact == sum(one.earned for one in report.items)


@given(RESPONSES)
def test_only_what_was_given_earns(raw: dict[int, str]) -> None:
    """Blank, doubly marked and unreadable responses earn nothing, each under its own name."""
    for one in score(raw).items:
        if one.state is not ResponseState.GIVEN:
            assert (Fraction(0), STATE_WORDS[one.state]) == (one.earned, one.reason)


@given(RESPONSES, st.sampled_from(POSITIONS))
def test_one_more_right_answer_never_lowers(raw: dict[int, str], place: int) -> None:
    """Putting the right answer in the place of any other never lowers exact marks or score."""
    before, after = score(raw), score({**raw, place: RIGHT[place]})

    assert before.exact <= after.exact
    assert before.score is not None
    assert after.score is not None
    assert before.score <= after.score


@given(RESPONSES)
def test_positions_do_not_touch_each_other(raw: dict[int, str]) -> None:
    """What a position earns depends on its own response alone."""
    together = [one.earned for one in score(raw).items]

    assert together == [score({place: raw[place]}).items[place - 1].earned for place in POSITIONS]


@pytest.mark.parametrize("state", [state for state in ResponseState if state is not ResponseState.GIVEN])
def test_state_without_an_answer(state: ResponseState) -> None:
    """Any state but given earns nothing, even beside the value of the right answer."""
    sheet = WORLD.read(PAPER, RIGHT)
    responses = tuple(replace(response, state=state) for response in sheet.responses)
    report = score_written(PAPER, replace(sheet, responses=responses), COMPONENT, BANK, Rounding())

    assert Fraction(0) == report.exact
    assert {STATE_WORDS[state]} == {one.reason for one in report.items}


def test_position_without_a_response_is_blank() -> None:
    """A sheet that says nothing of a position leaves it blank, and the rest is scored."""
    sheet = WORLD.read(PAPER, RIGHT)
    report = score_written(PAPER, replace(sheet, responses=sheet.responses[1:]), COMPONENT, BANK, Rounding())

    assert (ResponseState.BLANK, Fraction(9)) == (report.items[0].state, report.exact)


def test_sum_over_the_total_is_cut() -> None:
    """A sum beyond the component's marks is cut at them."""
    less = replace(COMPONENT, total=Decimal(3))

    assert Fraction(3) == score_written(PAPER, WORLD.read(PAPER, RIGHT), less, BANK, Rounding()).exact


def test_sum_under_nothing_is_nothing() -> None:
    """Marks that are taken away take nothing beyond what was earned."""
    paper = replace(PAPER, items=(replace(PAPER.items[0], marks=Decimal(-20)), *PAPER.items[1:]))

    assert Fraction(0) == score_written(paper, WORLD.read(paper, RIGHT), COMPONENT, BANK, Rounding()).exact


def test_policy_is_the_sections() -> None:
    """The same responses earn by the policy of their section."""
    place = next(drawn.position for drawn in PAPER.items if drawn.section == "multiple")
    parts = tuple(replace(part, policy="all_or_nothing") for part in COMPONENT.sections)
    sheet = WORLD.read(PAPER, {place: RIGHT[place][0]})

    assert Fraction(0) == score_written(PAPER, sheet, replace(COMPONENT, sections=parts), BANK, Rounding()).exact


def test_stored_values_are_marked_not_the_raw_text() -> None:
    """Marking uses what was read when the sheet was taken in, so a later reader changes no mark."""
    sheet = WORLD.read(PAPER, RIGHT)
    garbled = tuple(replace(response, raw="?") for response in sheet.responses)

    assert Fraction(10) == score_written(PAPER, replace(sheet, responses=garbled), COMPONENT, BANK, Rounding()).exact


@pytest.mark.parametrize(
    ("paper", "sheet", "component"),
    [
        (PAPER, ResponseSheet(paper="other", candidate="C1", responses=()), COMPONENT),
        (PAPER, ResponseSheet(paper=PAPER.id, candidate="C2", responses=()), COMPONENT),
        (PAPER, ResponseSheet(paper=PAPER.id, candidate="C1", responses=()), written(section("s", "numeric", "1"), id="other")),
        (replace(PAPER, bank="other"), ResponseSheet(paper=PAPER.id, candidate="C1", responses=()), COMPONENT),
        (replace(PAPER, bank_version=2), ResponseSheet(paper=PAPER.id, candidate="C1", responses=()), COMPONENT),
        (replace(PAPER, bank_digest="sha256:00"), ResponseSheet(paper=PAPER.id, candidate="C1", responses=()), COMPONENT),
    ],
    ids=["paper", "candidate", "component", "bank", "version", "digest"],
)  # fmt: skip
def test_what_does_not_belong_together(paper, sheet, component) -> None:
    """Another's sheet, another component or another bank version is refused, never scored."""
    with pytest.raises(ValueError, match=r"belong together|not drawn from"):
        score_written(paper, sheet, component, BANK, Rounding())


def test_sheet_as_read() -> None:
    """A sheet has one response for each position in order, with the raw text and what was read from it."""
    sheet, findings = read_sheet(PAPER, BANK, {1: " Ａ "})

    assert ((PAPER.id, "C1"), ()) == ((sheet.paper, sheet.candidate), findings)
    assert POSITIONS == [response.position for response in sheet.responses]
    assert (ResponseState.GIVEN, " Ａ ") == (sheet.responses[0].state, sheet.responses[0].raw)
    assert Response(position=2, state=ResponseState.BLANK) == sheet.responses[1]


def test_response_beyond_the_paper() -> None:
    """A response to a position that the paper does not have is named; an empty one is not worth a word."""
    _, findings = read_sheet(PAPER, BANK, {0: "A", 8: "B", 9: " ", 7: ""})

    assert ["response/no-such-position"] * 2 == [finding.code for finding in findings]
    assert [f"paper {PAPER.id} has 7 items, a response is given for position {n}" for n in (0, 8)] == [
        finding.message for finding in findings
    ]


ESSAYS = replace(
    WORLD.added(item("e1", "essay", "A", "know"), item("e2", "essay", "A", "know")),
    component=written(
        section("single", "single_choice", "1", ("A", "know", 2)),
        section("essay", "essay", "6", ("A", "know", 2), policy="rubric"),
    ),
)


def essay_report(raw: dict[int, str]) -> ScoreReport:
    """The score of a paper whose last two positions are essays."""
    paper = ESSAYS.paper()
    return score_written(paper, ESSAYS.read(paper, raw), ESSAYS.component, ESSAYS.bank, Rounding())


def test_no_score_while_an_essay_waits() -> None:
    """Essays that nobody has marked leave the component without a score, and say how many wait; a blank one does not wait."""
    both, one, none = essay_report({3: "jammed", 4: "jammed"}), essay_report({4: "[script]"}), essay_report({3: " "})

    assert (None, None, Decimal("0.0")) == (both.score, one.score, none.score)
    assert ("theory：2 题待阅卷", "theory: 2 answers waiting for a marker") == tuple(
        both.open[0].best(tag) for tag in ("zh", "en")
    )
    assert "theory: 1 answer waiting for a marker" == one.open[0].best("en")
    assert () == none.open
    assert [None, None, None, "waits"] == [score.open and "waits" for score in one.items]
