"""A key corrected after the fact: whom each policy gives what, in which order corrections count, and the trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.model.bank import Item
from certengine.model.key_correction import KeyCorrection, KeyPolicy
from certengine.model.pass_standard import AtLeast
from certengine.model.scheme import Rounding
from certengine.model.score import ScoreReport
from certengine.model.sitting import DrawnItem, Response, ResponseState
from certengine.scoring.decision import decide
from certengine.scoring.item_marks import Marked, mark_response, read_response
from certengine.scoring.marking import Stage, Standing
from certengine.scoring.option_facts import item_facts
from certengine.scoring.written import score_written
from tests.scoring.test_written import RIGHT as ANSWERS
from tests.simulator import WORLD, essay, item, numeric, short_answer, single_choice

ORDER = {"options": ["a", "b", "c", "d"]}
WAS = item("one", content=single_choice("b"))
RIGHT, WRONG, BLANK = "B", "A", ""


def drawn(variant: dict[str, Any] | None = None) -> DrawnItem:
    """The first position of a paper, worth two marks."""
    return DrawnItem(
        position=1,
        section="s",
        item="one",
        item_digest="d",
        marks=Decimal(2),
        variant=ORDER if variant is None else variant,
    )


def correction(policy: KeyPolicy, new: Item | None = None, number: int = 1) -> KeyCorrection:
    """A correction of the item's key."""
    key = f"tiny@{number + 1}" if policy.needs_key else None
    return KeyCorrection(number=number, bank="tiny", item="one", policy=policy, key=key, corrected=new)


def by_key(policy: KeyPolicy, right: str, number: int = 1) -> KeyCorrection:
    """A correction that makes another option right."""
    return correction(policy, item("one", content=single_choice(right)), number)


def marked(raw: str, *chain: KeyCorrection, was: Item = WAS, standing: Standing | None = None) -> Marked:
    """The mark of a raw answer after these corrections."""
    place = drawn(None if was.kind == "single_choice" else {})
    return mark_response(place, was, "all_or_nothing", read_response(place, was, raw), standing, chain)


BOTH_UNKNOWN = correction(
    KeyPolicy.CURRENT_OR_PREVIOUS, item("one", "short_answer", content=short_answer(accepted=({"en": "y"},)))
)
FULL, DROP = correction(KeyPolicy.FULL_CREDIT), correction(KeyPolicy.DROP)
CURRENT, BOTH = by_key(KeyPolicy.CURRENT, "a"), by_key(KeyPolicy.CURRENT_OR_PREVIOUS, "a")


@pytest.mark.parametrize(
    ("chain", "old_right", "new_right", "neither", "blank"),
    [
        ((), 1, 0, 0, 0),
        ((FULL,), 1, 1, 1, 1),
        ((CURRENT,), 0, 1, 0, 0),
        ((BOTH,), 1, 1, 0, 0),
        ((DROP,), 0, 0, 0, 0),
        ((FULL, CURRENT), 0, 1, 0, 0),
        ((CURRENT, FULL), 1, 1, 1, 1),
        ((DROP, CURRENT), 0, 1, 0, 0),
        # Who was right by the key before, or by the one before that, keeps the mark.
        ((BOTH, by_key(KeyPolicy.CURRENT_OR_PREVIOUS, "d", 2)), 1, 1, 0, 0),
        ((CURRENT, by_key(KeyPolicy.CURRENT_OR_PREVIOUS, "d", 2)), 0, 1, 0, 0),
        ((DROP, BOTH), 1, 1, 0, 0),
    ],
)
def test_policies(chain: Sequence[KeyCorrection], old_right: int, new_right: int, neither: int, blank: int) -> None:
    """What the old right answer, the new one, a third and none earn, for each policy and one after another."""
    earned = [marked(raw, *chain).mark.share for raw in (RIGHT, WRONG, "C", BLANK)]

    assert [old_right, new_right, neither, blank] == earned


@given(st.lists(st.sampled_from(list("abcd")), min_size=1, max_size=4), st.sampled_from(["A", "B", "C", "D", "", "AB"]))
def test_nobody_loses_by_the_better_of_two_keys(rights: list[str], raw: str) -> None:
    """However often a key is corrected under that policy, no correction takes a mark away."""
    chain = [by_key(KeyPolicy.CURRENT_OR_PREVIOUS, right, n) for n, right in enumerate(rights, 1)]
    shares = [marked(raw, *chain[:n]).mark.share for n in range(len(chain) + 1)]

    assert sorted(shares) == shares


def test_trace_names_the_key_version() -> None:
    """The reason says by which version a response was marked, in both languages; other policies say what they did."""
    new = marked(WRONG, CURRENT).mark.reason

    assert "（按更正后的答案 tiny@2）" in new.best("zh")
    assert new.best("en").endswith("(by the corrected key, tiny@2)")
    assert "full marks for everybody" in marked(BLANK, FULL).mark.reason.best("en")
    assert "试题作废" in marked(RIGHT, DROP).mark.reason.best("zh")


def test_corrected_key_reads_the_raw_answer_anew() -> None:
    """An answer in a unit the old key did not know is read by the new one; a double mark stays one."""
    was = item("one", "numeric", content=numeric(key="U", unit="W"))
    place = drawn({"parameters": {"U": "12", "I": "1"}})
    given_in_volts = read_response(place, was, "12 V")
    new = correction(KeyPolicy.CURRENT, item("one", "numeric", content=numeric(key="U", unit="V")))

    assert ResponseState.UNREADABLE is given_in_volts.state
    found = mark_response(place, was, "all_or_nothing", given_in_volts, None, [new])
    assert (ResponseState.GIVEN, Fraction(1)) == (found.state, found.mark.share)
    assert ResponseState.MULTIPLE_MARKED is marked("AB", CURRENT).state


def test_what_was_not_reached_is_not_read_as_blank() -> None:
    """A response that was never there keeps its state under a corrected key."""
    response = Response(position=1, state=ResponseState.NOT_REACHED)

    assert ResponseState.NOT_REACHED is mark_response(drawn(), WAS, "all_or_nothing", response, None, [CURRENT]).state


class TestWithPeople:
    """Answers that wait for people: open while the better of two cannot be told."""

    was = item("one", "short_answer", content=short_answer())
    known = item("one", "short_answer", content=short_answer(accepted=({"en": "latch"},), patterns=()))
    other = item("one", "short_answer", content=short_answer(accepted=({"en": "interlock"}, {"en": "x"})))

    def marked(self, raw: str, policy: KeyPolicy, new: Item, standing: Standing | None = None) -> Marked:
        """The mark of a reviewed short answer after one correction."""
        response = read_response(drawn({}), self.was, raw)
        return mark_response(drawn({}), self.was, "reviewed", response, standing, [correction(policy, new)])

    @pytest.mark.parametrize("policy", [KeyPolicy.CURRENT, KeyPolicy.CURRENT_OR_PREVIOUS])
    def test_accepted_by_the_new_key_waits_no_more(self, policy: KeyPolicy) -> None:
        """An answer that waited and is right by the corrected key has its marks."""
        found = self.marked("latch", policy, self.known)

        assert (Fraction(1), None) == (found.mark.share, found.mark.open)

    def test_right_before_and_unknown_now(self) -> None:
        """An answer right by the earlier key keeps its marks, whatever a person would make of it now."""
        found = self.marked("interlock", KeyPolicy.CURRENT_OR_PREVIOUS, self.known)

        assert (Fraction(1), None) == (found.mark.share, found.mark.open)

    def test_known_to_neither_waits(self) -> None:
        """An answer that neither key knows still waits for a person, and counts what that person gives."""
        assert self.marked("relay", KeyPolicy.CURRENT_OR_PREVIOUS, self.other).mark.open is not None
        one = Standing(stage=Stage.SETTLED, counting=({"accepted": 1},), first={"accepted": 1}, markers=("m",))
        assert self.marked("relay", KeyPolicy.CURRENT_OR_PREVIOUS, self.other, one).mark.open is None

    def test_dropped_essay_waits_for_nobody(self) -> None:
        """A dropped item is open for nobody."""
        was = item("one", "essay", content=essay())
        response = read_response(drawn({}), was, "because")
        found = mark_response(drawn({}), was, "rubric", response, None, [DROP])

        assert (None, True) == (found.mark.open, found.dropped)

    @pytest.mark.parametrize(("first", "still"), [(FULL, False), (BOTH_UNKNOWN, True)])
    def test_full_marks_before_wait_for_nobody(self, first: KeyCorrection, *, still: bool) -> None:
        """Where the earlier mark is full it is the better of the two already; where it waits, it waits on."""
        response = read_response(drawn({}), self.was, "relay")
        chain = [first, correction(KeyPolicy.CURRENT_OR_PREVIOUS, self.known, 2)]
        found = mark_response(drawn({}), self.was, "reviewed", response, None, chain)

        assert still is (found.mark.open is not None)

    def test_wrong_before_and_unknown_now_waits(self) -> None:
        """A blank that a later policy cannot read stays what it is; a refused answer that may earn now waits."""
        one = Standing(stage=Stage.SETTLED, counting=({"accepted": 0},), first={"accepted": 0}, markers=("m",))
        response = read_response(drawn({}), self.was, "relay")
        chain = [correction(KeyPolicy.CURRENT_OR_PREVIOUS, self.known)]

        assert Fraction(0) == mark_response(drawn({}), self.was, "reviewed", response, one, chain).mark.share


PAPER, BANK, COMPONENT = WORLD.paper(), WORLD.bank, WORLD.component


def scored(raw: dict[int, str], **chains: Sequence[KeyCorrection]) -> ScoreReport:
    """A paper of the simulator with corrections by item."""
    by_item = {one.item: chains[f"p{one.position}"] for one in PAPER.items if f"p{one.position}" in chains}
    return score_written(PAPER, WORLD.read(PAPER, raw), COMPONENT, BANK, Rounding(), corrections=by_item)


def test_dropped_item_is_made_up_for_by_the_others() -> None:
    """Everything else right is full marks; nothing right is none; the report names the correction."""
    others = {position: answer for position, answer in ANSWERS.items() if position != 1}
    report = scored(others, p1=[correction(KeyPolicy.DROP, number=7)])

    assert (report.full, Fraction(0)) == (report.score, scored({}, p1=[DROP]).exact)
    assert (7, None, True) == (report.items[0].correction, report.items[0].key, report.items[0].dropped)
    assert [None] * (len(report.items) - 1) == [one.correction for one in report.items[1:]]
    half = {position: answer for position, answer in others.items() if position % 2}
    plain = scored(half)
    marks = Fraction(PAPER.items[0].marks)
    assert plain.exact * 10 / (10 - marks) == scored(half, p1=[DROP]).exact


def test_paper_of_dropped_items_only_earns_nothing() -> None:
    """No item left is no mark, and no division by none."""
    report = scored({}, **{f"p{one.position}": [DROP] for one in PAPER.items})

    assert Fraction(0) == report.exact


def test_full_credit_reaches_the_blank_sheet() -> None:
    """An item at fault gives its marks to who left it blank, and the report names policy and run."""
    report = scored({}, p1=[FULL])

    assert Fraction(PAPER.items[0].marks) == report.exact
    assert (1, None, None) == (report.items[0].correction, report.items[0].key, report.items[0].dropped)


def test_part_of_a_paper_makes_up_for_its_own_dropped_item() -> None:
    """A threshold of one section is compared with what its other items earn, in proportion."""
    section = PAPER.items[0].section
    inside = [one for one in PAPER.items if one.section == section]
    others = {one.position: ANSWERS[one.position] for one in inside[1:]}
    report = scored(others, **{f"p{inside[0].position}": [DROP]})
    full = sum(one.marks for one in inside)
    scheme = replace(WORLD.scheme, pass_standard=AtLeast(component="theory", part=section, at_least=full))
    plain = scored(others)

    assert len(inside) > 1
    assert decide("C1", scheme, {"theory": report}).derivation.holds is True
    assert decide("C1", scheme, {"theory": plain}).derivation.holds is False


@pytest.mark.parametrize(
    ("chain", "right"),
    [
        ((), "b"),
        ((CURRENT,), "a"),
        ((BOTH,), "ab"),
        ((FULL,), "abcd"),
        ((DROP,), "b"),
        ((FULL, CURRENT), "a"),
        ((CURRENT, by_key(KeyPolicy.CURRENT_OR_PREVIOUS, "d", 2)), "ad"),
    ],
)
def test_options_are_right_by_the_key_that_marks_now(chain: Sequence[KeyCorrection], right: str) -> None:
    """The analysis calls no option a distractor that earns marks, and none right that earns no more."""
    assert tuple(right) == item_facts(WAS, chain).keys
