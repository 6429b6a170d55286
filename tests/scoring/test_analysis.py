"""Item and score analysis against hand arithmetic, published tables and properties."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import sqrt
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certengine.model.score import ItemScore, ScoreReport
from certengine.model.sitting import ResponseState
from certengine.model.text import Text
from certengine.scoring.analysis import FlagKind, ItemStatistics, analyse_items
from certengine.scoring.component_analysis import sampling_error, summarise_scores, summarise_sections
from certengine.scoring.estimates import Evidence, correlation, evidence, fisher, standard_deviation, wilson
from certengine.scoring.observations import ItemFacts, ItemObservation, observe

WORDS = Text.of(zh="字", en="word")

# Law School Admission Test, section 6: 1000 people, five items (Bock & Lieberman 1970), response pattern: people.
LSAT6 = {
    "00000": 3, "00001": 6, "00010": 2, "00011": 11, "00100": 1, "00101": 1, "00110": 3, "00111": 4,
    "01000": 1, "01001": 8, "01010": 0, "01011": 16, "01100": 0, "01101": 3, "01110": 2, "01111": 15,
    "10000": 10, "10001": 29, "10010": 14, "10011": 81, "10100": 3, "10101": 28, "10110": 15, "10111": 80,
    "11000": 16, "11001": 56, "11010": 21, "11011": 173, "11100": 11, "11101": 61, "11110": 28, "11111": 298,
}  # fmt: skip


def seen(
    candidate: str,
    item: str,
    share: Fraction | int,
    full: str = "1",
    state: ResponseState = ResponseState.GIVEN,
    chosen: tuple[str, ...] = (),
    section: str = "s",
) -> ItemObservation:
    return ItemObservation(
        candidate=candidate,
        item=item,
        section=section,
        share=Fraction(share),
        full=Decimal(full),
        state=state,
        chosen=chosen,
    )


def matrix(rows: dict[str, str]) -> list[ItemObservation]:
    """Right (1) and wrong (0) of items ``i0``, ``i1``, ... by candidate; a blank place was not drawn."""
    return [
        seen(candidate, f"i{index}", int(mark))
        for candidate, marks in rows.items()
        for index, mark in enumerate(marks)
        if mark != " "
    ]


def facts(*items: str) -> list[ItemFacts]:
    return [ItemFacts(item=item) for item in items]


def one(observations: list[ItemObservation], fact: ItemFacts) -> ItemStatistics:
    """The statistics of one item among others of which nothing is asked."""
    others = sorted({o.item for o in observations} - {fact.item})
    return analyse_items(observations, [fact, *facts(*others)])[0]


def miskeyed(n: int) -> list[ItemObservation]:
    """``n`` candidates of rising rest; the better half chose b, the weaker half a, which is the key; nobody c."""
    rest = [seen(f"k{k:03}", "rest", Fraction(k, n), "10") for k in range(n)]
    return rest + [seen(f"k{k:03}", "q", int(k < n / 2), chosen=("a" if k < n / 2 else "b",)) for k in range(n)]


Q = ItemFacts(item="q", options=("a", "b", "c"), keys=("a",))


class TestEstimates:
    @pytest.mark.parametrize(
        ("hits", "n", "low", "high"),
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
    )
    def test_wilson_is_newcombes_method_three(self, hits: int, n: int, low: float, high: float) -> None:
        """Wilson's interval reproduces the four examples of Newcombe 1998, table I, to their four places."""
        found = wilson(Fraction(hits, n), n)
        assert found is not None
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)

    def test_wilson_is_undefined_on_nobody_and_on_negative_marks(self) -> None:
        """There is no interval for nobody, nor for a mean that negative marking has put under 0."""
        assert (wilson(Fraction(0), 0), wilson(Fraction(-1, 10), 50)) == (None, None)

    def test_fisher_of_zero_is_symmetric(self) -> None:
        """At r = 0 and n = 28, z / sqrt(25) = 0.391993, and tanh of that, 1.19019 / 3.19019, is 0.37308."""
        found = fisher(0.0, 28)
        assert found is not None
        assert (round(found.low, 5), round(found.high, 5)) == (-0.37308, 0.37308)

    @pytest.mark.parametrize(("r", "n"), [(None, 50), (0.5, 3), (1.0, 50), (-1.0, 50)])
    def test_fisher_is_undefined_at_its_ends(self, r: float | None, n: int) -> None:
        """Without a correlation, under four candidates, or at +-1 there is no interval."""
        assert fisher(r, n) is None

    def test_correlation_of_a_constant_is_undefined(self) -> None:
        """A side that never varies has no correlation, even where floats would see a trace of variance."""
        assert correlation([Fraction(1, 10)] * 7, [Fraction(k) for k in range(7)]) is None

    def test_standard_deviation_has_n_minus_one(self) -> None:
        """2, 4, 4, 4, 5, 5, 7, 9: squares about the mean 5 sum to 32, over 7."""
        found = standard_deviation([Fraction(v) for v in (2, 4, 4, 4, 5, 5, 7, 9)])
        assert found == pytest.approx(sqrt(32 / 7), abs=1e-15)

    @pytest.mark.parametrize(
        ("n", "expected"),
        [(29, Evidence.TOO_FEW), (30, Evidence.GREY), (99, Evidence.GREY), (100, Evidence.ENOUGH)],
    )
    def test_small_sample_guard_turns_at_30_and_100(self, n: int, expected: Evidence) -> None:
        """Thirty candidates are the first that may be flagged, a hundred the first that are firm."""
        assert evidence(n) is expected

    @given(pairs=st.lists(st.tuples(st.fractions(), st.fractions()), min_size=2, max_size=12))
    def test_correlation_is_within_its_bounds(self, pairs: list[tuple[Fraction, Fraction]]) -> None:
        """Whatever the values, a correlation is within -1..1."""
        found = correlation([x for x, _ in pairs], [y for _, y in pairs])
        assert found is None or -1 <= found <= 1


class TestItems:
    def test_lsat6_difficulty_and_item_rest_are_the_published_ones(self) -> None:
        """LSAT 6: p and item-rest correlation (Rizopoulos 2006, ``descript``; item excluded from the total)."""
        people = (f"{pattern}-{n}" for pattern, count in LSAT6.items() for n in range(count))
        found = analyse_items(matrix({who: who[:5] for who in people}), facts("i0", "i1", "i2", "i3", "i4"))
        p = [Fraction(924, 1000), Fraction(709, 1000), Fraction(553, 1000), Fraction(763, 1000), Fraction(870, 1000)]
        assert [one.p for one in found] == p
        assert [round(one.item_rest or 0, 3) for one in found] == [0.113, 0.153, 0.173, 0.144, 0.122]

    def test_item_rest_leaves_the_item_out(self) -> None:
        """Marks 1,1,0,0 against rests 1, 1/2, 1/2, 0: joint 1/2, squares 1 and 1/2, so r = (1/2) / sqrt(1/2)."""
        found = one(matrix({"a": "111", "b": "101", "c": "010", "d": "000"}), ItemFacts(item="i0"))
        assert found.item_rest == pytest.approx(0.5 / sqrt(0.5), abs=1e-15)

    def test_rest_is_the_share_of_the_candidates_own_paper(self) -> None:
        """Marks 1,0,1 against rests 2/2, 1/4, 0/2: joint 1/6, squares 2/3 and 13/24, so r = 1 / sqrt(13)."""
        observations = [
            seen("a", "q", 1), seen("a", "x", 1, "2"),
            seen("b", "q", 0), seen("b", "y", Fraction(1, 4), "4"),
            seen("c", "q", 1), seen("c", "x", 0, "2"),
        ]  # fmt: skip
        assert one(observations, ItemFacts(item="q")).item_rest == pytest.approx(1 / sqrt(13), abs=1e-15)

    def test_groups_take_in_whoever_ties_with_the_last(self) -> None:
        """Five rests 0, 0, 1/2, 1, 1: 27 % of 5 rounds up to 2, groups {0, 0} and {1, 1}, D = 2/2 - 1/2."""
        rests = [Fraction(value) for value in (0, 0, 0.5, 1, 1)]
        marks = (0, 1, 0, 1, 1)
        observations = [seen(f"k{k}", "q", mark) for k, mark in enumerate(marks)]
        observations += [seen(f"k{k}", "rest", rest) for k, rest in enumerate(rests)]
        assert one(observations, ItemFacts(item="q")).discrimination == Fraction(1, 2)

    def test_groups_do_not_exist_where_all_tie(self) -> None:
        """Nobody can be told from anybody by the rest, so there is no discrimination."""
        observations = matrix({"a": "11", "b": "01", "c": "11"})
        assert one(observations, ItemFacts(item="i0")).discrimination is None

    def test_blank_and_multiple_marks_count_in_n_and_apart(self) -> None:
        """Of four candidates one was right, one blank, one marked twice, one unreadable: p = 1/4."""
        states = (
            ResponseState.GIVEN,
            ResponseState.BLANK,
            ResponseState.MULTIPLE_MARKED,
            ResponseState.UNREADABLE,
        )
        observations = [seen(f"k{k}", "q", int(k == 0), state=state) for k, state in enumerate(states)]
        found = one(observations, ItemFacts(item="q"))
        assert (found.n, found.blank, found.multiple_marked, found.unreadable) == (4, 1, 1, 1)
        assert found.p == Fraction(1, 4)

    def test_not_reached_is_presented_but_not_in_n(self) -> None:
        """Of two candidates one did not get to the item: presented 2, n 1, p of that one."""
        observations = [seen("a", "q", 1), seen("b", "q", 0, state=ResponseState.NOT_REACHED)]
        found = one(observations, ItemFacts(item="q"))
        assert (found.presented, found.n, found.p) == (2, 1, Fraction(1))

    def test_not_presented_is_as_if_absent(self) -> None:
        """An item not presented enters neither its own count nor anybody's rest."""
        present = matrix({"a": "10", "b": "01", "c": "11"})
        absent = [seen("a", "gone", 0, state=ResponseState.NOT_PRESENTED)]
        assert analyse_items(present + absent, facts("i0", "i1")) == analyse_items(present, facts("i0", "i1"))

    def test_option_rows_say_who_chose_what(self) -> None:
        """Ten candidates with rests k/10: the key's choosers 0..4 have mean 1/5, those of b (5..9) 7/10."""
        rows = one(miskeyed(10), Q).options
        assert [(row.option, row.key, row.n, row.share) for row in rows] == [
            ("a", True, 5, Fraction(1, 2)),
            ("b", False, 5, Fraction(1, 2)),
            ("c", False, 0, Fraction(0)),
        ]
        assert [row.rest_mean for row in rows] == [Fraction(1, 5), Fraction(7, 10), None]

    def test_option_discrimination_of_two_halves_is_opposite(self) -> None:
        """Choosing a or b against rests k/10: joint 12.5, squares 25/10 and 82.5, r = 12.5/sqrt(2.5*82.5) either way."""
        a, b, c = one(miskeyed(10), Q).options
        expected = 12.5 / sqrt(2.5 * 82.5)
        assert a.discrimination == pytest.approx(-expected, abs=1e-15)
        assert b.discrimination == pytest.approx(expected, abs=1e-15)
        assert c.discrimination is None

    def test_double_mark_chooses_nothing(self) -> None:
        """What was ticked under a double mark is in no option's row."""
        observations = [seen("k", "q", 0, state=ResponseState.MULTIPLE_MARKED, chosen=("a", "b"))]
        assert [row.n for row in one(observations, Q).options] == [0, 0, 0]

    def test_wrong_key_is_flagged_gravest_first(self) -> None:
        """Where the better half chose b: a possible miskey, a negative correlation, b attractive, c never chosen."""
        assert [(flag.kind, flag.option) for flag in one(miskeyed(30), Q).flags] == [
            (FlagKind.POSSIBLE_MISKEY, "b"),
            (FlagKind.WEAK_ITEM_REST, None),
            (FlagKind.ATTRACTIVE_DISTRACTOR, "b"),
            (FlagKind.RARE_DISTRACTOR, "c"),
        ]

    def test_nothing_is_flagged_under_thirty(self) -> None:
        """The same wrong key on 29 candidates raises no flag, and says why."""
        found = one(miskeyed(29), Q)
        assert (found.flags, found.evidence) == ((), Evidence.TOO_FEW)

    def test_right_key_flags_the_rare_distractor_only(self) -> None:
        """With b as the key the same answers are sound, but for c, which nobody chose."""
        rekeyed = [
            seen(o.candidate, "q", int(o.chosen == ("b",)), chosen=o.chosen) if o.item == "q" else o
            for o in miskeyed(100)
        ]
        facts_b = ItemFacts(item="q", options=("a", "b", "c"), keys=("b",))
        assert [(f.kind, f.option) for f in one(rekeyed, facts_b).flags] == [(FlagKind.RARE_DISTRACTOR, "c")]

    def test_item_nobody_was_given_is_listed_empty(self) -> None:
        """An item of the bank that no paper had is in the table with n 0 and nothing defined."""
        (found,) = analyse_items([], [Q])
        assert (found.n, found.p, found.p_interval, found.item_rest, found.flags) == (0, None, None, None, ())

    def test_unknown_item_is_refused(self) -> None:
        """An item the bank does not know is a fault in the call, never dropped in silence."""
        with pytest.raises(ValueError, match="no facts given of item `q`"):
            analyse_items([seen("a", "q", 1)], [])

    def test_unknown_option_is_refused(self) -> None:
        """A letter of the paper in place of an option id is caught."""
        with pytest.raises(ValueError, match="option `D` was chosen"):
            one([seen("a", "q", 1, chosen=("D",))], Q)

    def test_single_item_paper_has_no_rest(self) -> None:
        """Candidates with one item count in p, and in nothing that needs a rest."""
        found = one([seen("a", "q", 1), seen("b", "q", 0)], ItemFacts(item="q"))
        assert (found.p, found.item_rest, found.discrimination) == (Fraction(1, 2), None, None)

    def test_score_report_becomes_observations(self) -> None:
        """A position's earned 1 of 2 marks is a share of 1/2, with the option ids given for that position."""
        row = ItemScore(
            position=1, item="q", section="s", state=ResponseState.GIVEN, full=Decimal(2), earned=Fraction(1),
            reason=WORDS,
        )  # fmt: skip
        dropped = ItemScore(
            position=2, item="d", section="s", state=ResponseState.GIVEN, full=Decimal(0), earned=Fraction(0),
            reason=WORDS,
        )  # fmt: skip
        report = ScoreReport(
            candidate="k", component="theory", full=Decimal(2), exact=Fraction(1), score=Decimal(1),
            items=(row, dropped),
        )  # fmt: skip
        assert observe(report, {1: ("b",)}) == (seen("k", "q", Fraction(1, 2), "2", chosen=("b",)),)


sheets = st.dictionaries(
    st.integers(0, 40).map("k{}".format),
    st.lists(st.sampled_from([" ", "0", "1"]), min_size=4, max_size=4).map("".join),
    min_size=1,
)


class TestProperties:
    @given(rows=sheets)
    def test_every_number_is_within_its_bounds(self, rows: dict[str, str]) -> None:
        """p is within 0..1 and inside its interval, correlations and D within -1..1, whatever the matrix."""
        for found in analyse_items(matrix(rows), facts("i0", "i1", "i2", "i3")):
            if found.p is not None and found.p_interval is not None:
                assert 0 <= found.p_interval.low <= found.p + Fraction(1, 10**12)
                assert found.p - Fraction(1, 10**12) <= found.p_interval.high <= 1
            assert all(v is None or -1 <= v <= 1 for v in (found.item_rest, found.discrimination))

    @settings(max_examples=50)
    @given(rows=sheets, seed=st.integers(0, 2**32))
    def test_order_of_candidates_changes_nothing(self, rows: dict[str, str], seed: int) -> None:
        """Items, sections and the sampling error are the same to the last bit in any order of observations."""
        observations = matrix(rows)
        shuffled = Random(seed).sample(observations, len(observations))
        asked = facts("i0", "i1", "i2", "i3")
        assert analyse_items(shuffled, asked) == analyse_items(observations, asked)
        assert summarise_sections(shuffled, ["s"]) == summarise_sections(observations, ["s"])
        assert sampling_error(shuffled) == sampling_error(observations)


class TestScores:
    def test_distribution_by_hand(self) -> None:
        """50, 60, 60, 90: mean 65, squares 225 + 25 + 25 + 625 = 900 over 3, three of four at or above 60."""
        scores = [Decimal(50), Decimal(60), Decimal(60), Decimal(90), None]
        found = summarise_scores(scores, full=Decimal(100), cut=Decimal(60), bins=10)
        assert (found.n, found.open, found.mean) == (4, 1, Fraction(65))
        assert (found.minimum, found.maximum) == (Decimal(50), Decimal(90))
        assert found.sd == pytest.approx(sqrt(300), abs=1e-12)
        assert (found.passed, found.pass_share) == (3, Fraction(3, 4))

    def test_a_bar_starts_at_its_low_end_and_the_last_includes_full(self) -> None:
        """In ten bars 59.9 is in the sixth, 60 in the seventh, 100 in the last, and a score under 0 in the first."""
        scores = [Decimal("59.9"), Decimal(60), Decimal(100), Decimal(-2)]
        found = summarise_scores(scores, full=Decimal(100), cut=None, bins=10)
        assert [bar.n for bar in found.bins] == [1, 0, 0, 0, 0, 1, 1, 0, 0, 1]

    def test_nobody_has_no_mean_and_no_pass_share(self) -> None:
        """Without a final score nothing is defined; a pass share of nobody is not 0."""
        found = summarise_scores([None], full=Decimal(100), cut=Decimal(60))
        assert (found.n, found.open, found.mean, found.sd, found.pass_share) == (0, 1, None, None, None)

    def test_histogram_of_no_marks_is_refused(self) -> None:
        """A component without full marks has no distribution."""
        with pytest.raises(ValueError, match="full marks above 0"):
            summarise_scores([], full=Decimal(0), cut=None)

    def test_sections_are_shares_of_each_ones_own_paper(self) -> None:
        """1 of 2 and 4 of 4 marks: mean 3/4, SD sqrt(1/8), in the order asked; a section nobody sat is empty."""
        observations = [seen("a", "x", Fraction(1, 2), "2"), seen("b", "y", 1, "4")]
        empty, found = summarise_sections(observations, ["none", "s"])
        assert (empty.n, empty.mean) == (0, None)
        assert (found.n, found.mean, found.minimum, found.maximum) == (2, Fraction(3, 4), Fraction(1, 2), Fraction(1))
        assert found.sd == pytest.approx(sqrt(1 / 8), abs=1e-15)

    def test_sampling_error_of_equal_marks_is_lords_binomial(self) -> None:
        """2 of 4 right: X(k - X)/(k - 1) = 4/3; 4 of 4: 0; root of their mean 2/3. With 2 marks an item, twice that."""
        rows = {"a": "1100", "b": "1111"}
        doubled = [seen(o.candidate, o.item, o.share, "2") for o in matrix(rows)]
        assert sampling_error(matrix(rows)) == pytest.approx(sqrt(2 / 3), abs=1e-15)
        assert sampling_error(doubled) == pytest.approx(2 * sqrt(2 / 3), abs=1e-15)

    def test_sampling_error_adds_sections(self) -> None:
        """Half right of two in each of two sections: 1*1/1 + 1*1/1 = 2, not the 4/3 of four in one section."""
        observations = [
            seen("a", f"{section}{index}", index, section=section) for section in "st" for index in range(2)
        ]
        assert sampling_error(observations) == pytest.approx(sqrt(2), abs=1e-15)

    @pytest.mark.parametrize("rows", [{}, {"a": "1"}, {"a": "11", "b": " 1"}])
    def test_sampling_error_needs_two_items_a_section(self, rows: dict[str, str]) -> None:
        """Of nobody, or where anybody has a single item, it is not defined."""
        assert sampling_error(matrix(rows)) is None
