"""Agreement of assessors against published tables and hand arithmetic."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.scoring.agreement import (
    Metric,
    fleiss_kappa,
    intraclass_correlation,
    krippendorff_alpha,
    pairs_of,
    weighted_kappa,
)
from certengine.scoring.panel_analysis import assessor_profile, panel_agreement
from certengine.scoring.rating_analysis import AspectObservation

# Shrout and Fleiss (1979), table 2: six targets, four judges.
SHROUT_FLEISS = [(9, 2, 5, 8), (6, 1, 3, 2), (8, 4, 6, 8), (7, 1, 2, 6), (10, 5, 6, 9), (6, 2, 4, 7)]
# Krippendorff (2011), section C: four observers, twelve units, seven values missing.
KRIPPENDORFF = {
    1: (1, 1, 1),
    2: (2, 2, 3, 2),
    3: (3, 3, 3, 3),
    4: (3, 3, 3, 3),
    5: (2, 2, 2, 2),
    6: (1, 2, 3, 4),
    7: (4, 4, 4, 4),
    8: (1, 1, 2, 1),
    9: (2, 2, 2, 2),
    10: (5, 5, 5),
    11: (1, 1),
    12: (3,),
}
# Fleiss (1971), table 1: thirty patients, six psychiatrists, five diagnoses.
FLEISS = [
    tuple(map(int, row))
    for row in (
        *("00060", "03003", "01401", "00006", "03030", "20400", "00402", "20310", "20040", "00006"),
        *("10050", "11040", "03300", "10050", "02031", "00501", "30012", "51000", "02040", "10203"),
        *("00006", "01050", "02013", "20040", "10041", "05010", "40002", "02040", "10500", "00006"),
    )
]
MARKS = st.integers(0, 10)


def tables(rows: int = 2, columns: int = 2) -> st.SearchStrategy[list[list[int]]]:
    """Complete tables of marks."""
    return st.integers(columns, 5).flatmap(
        lambda k: st.lists(st.lists(MARKS, min_size=k, max_size=k), min_size=rows, max_size=8)
    )


class TestIntraclass:
    def test_two_way_of_the_published_table(self) -> None:
        """ICC(2,1) is .29 and ICC(2,4) is .62, with the intervals that McGraw and Wong's formulas give."""
        found = intraclass_correlation(SHROUT_FLEISS, same_panel=True)
        assert found is not None
        assert found.single_interval is not None
        assert (round(float(found.single), 2), round(float(found.average), 2)) == (0.29, 0.62)
        assert found.single_interval.low == pytest.approx(0.0188, abs=5e-5)
        assert found.single_interval.high == pytest.approx(0.7611, abs=5e-5)
        assert found.average_interval is not None
        assert found.average_interval.low == pytest.approx(0.0711, abs=5e-5)
        assert found.average_interval.high == pytest.approx(0.9272, abs=5e-5)
        assert (found.n, found.k, found.same_panel) == (6, 4, True)

    def test_one_way_of_the_published_table(self) -> None:
        """ICC(1,1) is .17 and ICC(1,4) is .44."""
        found = intraclass_correlation(SHROUT_FLEISS, same_panel=False)
        assert found is not None
        assert found.single_interval is not None
        assert (round(float(found.single), 2), round(float(found.average), 2)) == (0.17, 0.44)
        assert found.single_interval.low == pytest.approx(-0.1329, abs=5e-5)
        assert found.single_interval.high == pytest.approx(0.7226, abs=5e-5)
        assert found.average_interval is not None
        assert found.average_interval.low == pytest.approx(-0.8844, abs=5e-5)
        assert found.average_interval.high == pytest.approx(0.9124, abs=5e-5)

    def test_less_in_common_than_chance_has_no_interval_for_the_panel(self) -> None:
        """Of assessors who contradict each other the mean has no lower bound."""
        found = intraclass_correlation([(0, 3), (3, 0), (1, 2), (2, 2)], same_panel=True)
        assert found is not None
        assert found.single < 0
        assert found.single_interval is not None
        assert found.average_interval is None

    def test_no_degrees_of_freedom(self) -> None:
        """Where candidates hardly differ and assessors contradict each other, an interval is not defined."""
        found = intraclass_correlation([(1, 10, 7, 9), (4, 9, 9, 4), (10, 7, 9, 0)], same_panel=True)
        assert found is not None
        assert (found.single_interval, found.average_interval) == (None, None)

    @pytest.mark.parametrize("same_panel", [True, False])
    @pytest.mark.parametrize("table", [[], [(1, 2)], [(1,), (2,)], [(3, 3), (3, 3)], [(1, 1), (1, 1), (1, 1)]], ids=str)
    def test_not_defined(self, table: list[tuple[int, ...]], same_panel: bool) -> None:  # a parameter of the test
        """One candidate, one assessor, or marks that never differ say nothing of agreement."""
        assert intraclass_correlation(table, same_panel=same_panel) is None

    def test_nobody_differs_between(self) -> None:
        """Where candidates do not differ there is no variance to be shared."""
        assert intraclass_correlation([(1, 2), (2, 1)], same_panel=False) is None

    def test_a_table_with_a_hole_is_refused(self) -> None:
        """A missing mark is not made up."""
        with pytest.raises(ValueError, match="one mark of every assessor"):
            intraclass_correlation([(1, 2), (1,)], same_panel=True)

    @given(tables(), st.booleans())
    def test_bounds(self, table: list[list[int]], same_panel: bool) -> None:  # drawn
        """A coefficient never passes 1, and lies in its interval."""
        found = intraclass_correlation(table, same_panel=same_panel)
        if found is not None:
            assert found.single <= 1
            if not same_panel:
                assert found.single_interval is not None
                assert found.single_interval.low <= float(found.single) + 1e-9
                assert float(found.single) <= found.single_interval.high + 1e-9

    @given(tables(rows=3), st.integers(-5, 5))
    def test_a_shift_of_all_changes_nothing(self, table: list[list[int]], shift: int) -> None:
        """Agreement is about differences: the same marks more for everyone agree alike."""
        moved = [[mark + shift for mark in row] for row in table]
        one = intraclass_correlation(table, same_panel=True)
        other = intraclass_correlation(moved, same_panel=True)
        assert (one and one.single) == (other and other.single)


class TestAlpha:
    @pytest.mark.parametrize(
        ("metric", "alpha"),
        [(Metric.NOMINAL, 0.743), (Metric.ORDINAL, 0.815), (Metric.INTERVAL, 0.849), (Metric.RATIO, 0.797)],
    )
    def test_published_table(self, metric: Metric, alpha: float) -> None:
        """The alphas of the published table, .743, .815, .849 and .797, with its missing values left out."""
        found = krippendorff_alpha(KRIPPENDORFF, metric)
        assert found is not None
        assert round(float(found), 3) == alpha

    @pytest.mark.parametrize("metric", Metric)
    def test_two_values_are_apart_by_every_metric_alike(self, metric: Metric) -> None:
        """With two values in all there is one distance, and it cancels out."""
        units = {1: (1, 1), 2: (1, 2), 3: (2, 2, 2)}
        assert krippendorff_alpha(units, metric) == krippendorff_alpha(units)

    @pytest.mark.parametrize("units", [{}, {1: (2,)}, {1: (2, 2), 2: (2, 2)}], ids=str)
    def test_not_defined(self, units: dict[int, tuple[int, ...]]) -> None:
        """Without two values to compare, or without any difference, there is no alpha."""
        assert krippendorff_alpha(units) is None

    def test_full_agreement(self) -> None:
        """Assessors who always give the same, and not always one value, agree fully."""
        assert krippendorff_alpha({1: (0, 0), 2: (3, 3)}) == 1


class TestFleiss:
    def test_published_table(self) -> None:
        """The published .430, from an agreement of .5556 where .2199 is expected by chance; by category too."""
        found = fleiss_kappa(FLEISS)
        assert found is not None
        assert round(float(found), 3) == 0.430
        of_one = [fleiss_kappa([(row[one], 6 - row[one]) for row in FLEISS]) for one in range(5)]
        assert [round(float(kappa or 0), 3) for kappa in of_one] == [0.245, 0.245, 0.520, 0.471, 0.566]

    def test_by_the_definition(self) -> None:
        """Mean share of agreeing pairs, and the chance of a pair by the share of each category."""
        pairs = sum(Fraction(sum(c * (c - 1) for c in row), 30) for row in FLEISS) / 30
        chance = sum(Fraction(sum(row[one] for row in FLEISS), 180) ** 2 for one in range(5))
        assert (round(float(pairs), 4), round(float(chance), 4)) == (0.5556, 0.2199)
        assert fleiss_kappa(FLEISS) == (pairs - chance) / (1 - chance)

    @pytest.mark.parametrize("counts", [[], [(1, 0), (0, 1)], [(3, 0), (3, 0)]], ids=["none", "alone", "one"])
    def test_not_defined(self, counts: list[tuple[int, ...]]) -> None:
        """With nothing rated, one assessor, or one category alone there is no kappa."""
        assert fleiss_kappa(counts) is None

    def test_unequal_numbers_are_refused(self) -> None:
        """Nobody is made up where an assessor is missing."""
        with pytest.raises(ValueError, match="same number"):
            fleiss_kappa([(3, 0), (1, 1)])


class TestKappa:
    def test_by_hand(self) -> None:
        """Own 0, 1, 2 beside 0, 2, 2: observed 1/3; every own with every other 1/9 (0+4+4+1+1+1+4+0+0) = 15/9; 1 - 1/5."""
        assert weighted_kappa([(0, 0), (1, 2), (2, 2)]) == Fraction(4, 5)

    @given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12))
    def test_against_the_definition(self, pairs: list[tuple[int, int]]) -> None:
        """One minus observed over expected squared differences, every first with every second."""
        n = len(pairs)
        expected = Fraction(sum((a - b) ** 2 for a, _ in pairs for _, b in pairs), n * n) if n else Fraction(0)
        observed = Fraction(sum((a - b) ** 2 for a, b in pairs), n) if n else Fraction(0)
        assert weighted_kappa(pairs) == (1 - observed / expected if expected else None)

    def test_pairs(self) -> None:
        """Each assessor's level stands beside each other one's."""
        assert pairs_of({"b": 2, "a": 1, "c": 1}) == [
            ("a", 1, 2),
            ("a", 1, 1),
            ("b", 2, 1),
            ("b", 2, 1),
            ("c", 1, 1),
            ("c", 1, 2),
        ]


def rated(
    candidate: str, aspect: str, marks: dict[str, int], kind: str = "judgement", full: int = 3
) -> AspectObservation:
    """One aspect as some assessors marked it."""
    return AspectObservation(
        candidate=candidate,
        task="T",
        aspect=aspect,
        kind=kind,
        full=Decimal(full),
        earned=None,
        by_assessor=tuple((who, Fraction(mark)) for who, mark in marks.items()),
    )


class TestPanel:
    def test_whole_marks_of_one_panel(self) -> None:
        """Marks of all aspects are added up for each assessor; one panel for all is two-way."""
        seen = [
            rated(f"k{n}", "M", dict(zip("ABCD", row, strict=True)), "measurement", 10)
            for n, row in enumerate(SHROUT_FLEISS)
        ]
        seen += [rated(f"k{n}", "D", dict.fromkeys("ABCD", 1), "deduction") for n in range(6)]
        found = panel_agreement(seen)
        assert found.marks == intraclass_correlation(SHROUT_FLEISS, same_panel=True)
        assert (found.left_out, found.judgements, found.judged, found.kappa) == (0, None, 0, ())

    def test_changing_panels_are_one_way(self) -> None:
        """Where assessors change from candidate to candidate the one-way coefficient is given."""
        panels = ("ABCD", "ABCE", "ABCD", "ABCD", "FGHI", "ABCD")
        seen = [
            rated(f"k{n}", "M", dict(zip(panel, row, strict=True)), "measurement", 10)
            for n, (row, panel) in enumerate(zip(SHROUT_FLEISS, panels, strict=True))
        ]
        assert panel_agreement(seen).marks == intraclass_correlation(SHROUT_FLEISS, same_panel=False)

    def test_incomplete_and_odd_panels_are_left_out(self) -> None:
        """Who did not mark everything, and a panel of another size, are counted as left out."""
        seen = [rated(f"k{n}", "M", {"A": n, "B": n + n % 2}, "measurement", 10) for n in range(4)]
        seen += [
            rated("late", "M", {"A": 1, "B": 2}, "measurement", 10),
            rated("late", "N", {"A": 1}, "measurement", 10),
        ]
        seen += [rated("three", "M", {"A": 1, "B": 2, "C": 3}, "measurement", 10)]
        found = panel_agreement(seen)
        assert found.marks is not None
        assert (found.marks.n, found.marks.k, found.left_out) == (4, 2, 2)

    def test_nothing_seen(self) -> None:
        """Of nothing there is nothing to say."""
        found = panel_agreement([])
        assert (found.marks, found.left_out, found.judgements, found.judged) == (None, 0, None, 0)

    def test_judgements(self) -> None:
        """Judgements are compared as levels: marks out of 6 are levels times 2; vetoes and single entries are left out."""
        seen = [
            rated("k", "J", {"A": 0, "B": 0}, full=6),
            rated("l", "J", {"A": 6, "B": 6}, full=6),
            rated("m", "J", {"A": 2}, full=6),
            rated("m", "V", {"A": 0, "B": 0}, kind="veto", full=0),
        ]
        found = panel_agreement(seen)
        assert (found.judgements, found.judged) == (Fraction(1), 4)
        assert found.kappa == (("A", Fraction(1)), ("B", Fraction(1)))
        assert found.levels == 1

    def test_levels_of_the_most_frequent_panel(self) -> None:
        """Panels of three, one of them of two minds: 2/3 agree where 1/2 would by chance; a pair beside them is left out."""
        seen = [
            rated("k", "J", {"A": 3, "B": 3, "C": 3}),
            rated("l", "J", {"A": 0, "B": 0, "C": 3}),
            rated("m", "J", {"A": 0, "B": 0, "C": 0}),
            rated("n", "J", {"A": 3, "B": 3, "C": 0}),
            rated("o", "J", {"A": 3, "B": 0}),
        ]
        assert panel_agreement(seen).levels == Fraction(1, 3)

    def test_profile(self) -> None:
        """Own and panel shares by aspect, with the error of their difference over candidates."""
        seen = [
            rated("k", "J", {"A": 3, "B": 0}),
            rated("l", "J", {"A": 3, "B": 3}),
            rated("k", "M", {"A": 1, "B": 3}),
            rated("k", "V", {"A": 0, "B": 0}, kind="veto", full=0),
            rated("k", "S", {"A": 3}),
            rated("k", "O", {"B": 3, "C": 3}),
        ]
        first, second = assessor_profile(seen, "A")
        assert (first.aspect, first.n, first.own, first.panel, first.difference) == (
            "J",
            2,
            Fraction(1),
            Fraction(3, 4),
            Fraction(1, 4),
        )
        assert first.standard_error == pytest.approx(0.25, abs=1e-15)
        assert (second.aspect, second.difference, second.standard_error) == ("M", Fraction(-1, 3), None)
