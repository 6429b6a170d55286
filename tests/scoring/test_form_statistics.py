"""Reliability and firmness of a form against published tables, hand arithmetic and independent computations."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import comb, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from certengine.model.sitting import ResponseState
from certengine.scoring.decision_consistency import _Beta, livingston_lewis, subkoviak
from certengine.scoring.estimates import Evidence
from certengine.scoring.form_statistics import FormStatistics, form_statistics, scores_of, squared_error
from certengine.scoring.observations import ItemObservation
from tests.scoring.test_analysis import LSAT6

# Law School Admission Test, section 7: 1000 people, five items (Bock & Lieberman 1970), response pattern: people.
LSAT7 = {
    "00000": 12, "00001": 19, "00010": 1, "00011": 7, "00100": 3, "00101": 19, "00110": 3, "00111": 17,
    "01000": 10, "01001": 5, "01010": 3, "01011": 7, "01100": 7, "01101": 23, "01110": 8, "01111": 28,
    "10000": 7, "10001": 39, "10010": 11, "10011": 34, "10100": 14, "10101": 51, "10110": 15, "10111": 90,
    "11000": 6, "11001": 25, "11010": 7, "11011": 35, "11100": 18, "11101": 136, "11110": 32, "11111": 308,
}  # fmt: skip


def seen(papers: list[list[Fraction | int]], full: str = "1", *, unique: bool = False) -> list[ItemObservation]:
    """Shares of each candidate's items; with ``unique`` nobody has an item of anybody else."""
    return [
        ItemObservation(
            candidate=f"k{who}",
            item=f"{who}-{place}" if unique else f"i{place}",
            section="s",
            share=Fraction(share),
            full=Decimal(full),
            state=ResponseState.GIVEN,
        )
        for who, shares in enumerate(papers)
        for place, share in enumerate(shares)
    ]


def people(patterns: dict[str, int]) -> list[list[Fraction | int]]:
    """Everybody of a published table."""
    return [[int(mark) for mark in pattern] for pattern, n in patterns.items() for _ in range(n)]


def of_form(papers: list[list[Fraction | int]], cut: str | None = None, full: str = "1") -> FormStatistics:
    """The statistics of a shared form."""
    total = Decimal(full) * len(papers[0])
    scores = scores_of(seen(papers, full), full=total, shared=True)
    return form_statistics(scores, cut=None if cut is None else Decimal(cut), form="A")


class TestReliability:
    """Alpha and the standard errors."""

    @pytest.mark.parametrize(("table", "alpha"), [(LSAT6, 0.295), (LSAT7, 0.453)], ids=["LSAT 6", "LSAT 7"])
    def test_alpha_of_the_published_tables(self, table: dict[str, int], alpha: float) -> None:
        """Cronbach's alpha as R's ltm 1.2-0 prints it (``cronbach.alpha(LSAT)``) and mirt's documentation of LSAT7."""
        found = of_form(people(table))

        assert (1000, 5) == (found.n, found.items)
        assert round(float(found.alpha or 0), 3) == alpha

    @pytest.mark.parametrize("table", [LSAT6, LSAT7], ids=["LSAT 6", "LSAT 7"])
    def test_alpha_is_that_of_the_covariance_matrix(self, table: dict[str, int]) -> None:
        """k/(k-1) (1 - trace / sum) of the covariance matrix, computed another way, to 1e-9."""
        covariance = np.cov(np.array(people(table), dtype=float), rowvar=False)
        found = of_form(people(table))

        assert float(found.alpha or 0) == pytest.approx(5 / 4 * (1 - covariance.trace() / covariance.sum()), abs=1e-9)
        assert found.sem == pytest.approx(sqrt(covariance.sum() * (1 - float(found.alpha or 0))), abs=1e-9)

    def test_kr20_by_hand(self) -> None:
        """111, 100, 110, 000: item variances 1/4, 1/3, 1/4, of the sums 5/3; (3/2)(1 - (10/12) / (20/12)) = 3/4."""
        assert Fraction(3, 4) == of_form([[1, 1, 1], [1, 0, 0], [1, 1, 0], [0, 0, 0]]).alpha

    def test_unit_of_marks_changes_nothing_but_errors(self) -> None:
        """Twice the marks have the same alpha and twice the standard error."""
        rows: list[list[Fraction | int]] = [[1, 1, 1], [1, 0, 0], [1, 1, 0], [0, 0, 0]]
        one, two = of_form(rows), of_form(rows, full="2")

        assert one.alpha == two.alpha
        assert 2 * (one.sem or 0) == pytest.approx(two.sem)

    def test_error_at_the_cut_is_lords(self) -> None:
        """Five items, cut 3: sqrt(3 * 2 / 4); of two marks each and cut 6 it is twice that."""
        rows = people(LSAT6)

        assert of_form(rows, cut="3").csem == pytest.approx(sqrt(6 / 4), abs=1e-12)
        assert of_form(rows, cut="6", full="2").csem == pytest.approx(2 * sqrt(6 / 4), abs=1e-12)

    def test_error_at_a_cut_beyond_the_form_is_not_defined(self) -> None:
        """No score lies there."""
        assert of_form(people(LSAT6), cut="6").csem is None

    def test_error_at_the_cut_of_parts_of_marks(self) -> None:
        """With parts of marks it is the mean squared error of candidates near the cut, of whom there are ten or none."""
        half = Fraction(1, 2)
        near: list[list[Fraction | int]] = [[1, half, 0, half]] * 10  # 4 (1.5 - 4/4) / 3 = 2/3
        far: list[list[Fraction | int]] = [[1, 1, 1, 1]] * 5

        assert of_form(near + far, cut="2").csem == pytest.approx(sqrt(2 / 3))
        assert of_form(near[1:] + far, cut="2").csem is None

    def test_unique_papers_have_dependability_and_no_alpha(self) -> None:
        """KR-21 by hand: sums 4, 2, 1, 1 of four items, variance 2; errors 0, 4/3, 1, 1, mean 5/6; 1 - (5/6) / 2 = 7/12."""
        rows: list[list[Fraction | int]] = [[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
        scores = scores_of(seen(rows, unique=True), full=Decimal(4), shared=False)
        found = form_statistics(scores, cut=Decimal(2))

        assert (None, Fraction(7, 12), None) == (found.alpha, found.dependability, found.form)
        assert found.sem == pytest.approx(sqrt(5 / 6))
        assert found.evidence is Evidence.TOO_FEW

    @pytest.mark.parametrize(
        "rows", [[], [[1, 0]], [[1, 0], [0, 1]], [[1], [0]]], ids=["none", "one", "alike", "one item"]
    )
    def test_what_is_not_defined(self, rows: list[list[Fraction | int]]) -> None:
        """Nobody, one candidate, sums that never differ, one item: no reliability, and nothing that rests on it."""
        for shared in (True, False):
            scores = scores_of(seen(rows), full=Decimal(2), shared=shared)
            found = form_statistics(scores, cut=Decimal(1), form="A" if shared else None)
            assert found.alpha is None
            assert not found.dependability
            assert found.subkoviak is None
            assert found.livingston_lewis is None

    def test_not_presented_is_no_item(self) -> None:
        """What a candidate was not given is not in the paper."""
        rows = seen([[1, 0], [1, 1]])
        rows.append(
            ItemObservation(
                candidate="k0",
                item="i9",
                section="s",
                share=Fraction(0),
                full=Decimal(1),
                state=ResponseState.NOT_PRESENTED,
            )
        )

        assert scores_of(rows, full=Decimal(2), shared=True).items == 2

    @given(marks=st.lists(st.integers(0, 1), min_size=2, max_size=20))
    def test_squared_error_of_right_and_wrong_is_binomial(self, marks: list[int]) -> None:
        """x (k - x) / (k - 1), Lord's."""
        k, x = len(marks), sum(marks)

        assert Fraction(x * (k - x), k - 1) == squared_error(marks)


class TestSubkoviak:
    """One form, right and wrong items."""

    def test_by_hand(self) -> None:
        """Two items, cut 1, reliability 1/2, one candidate each with 0 and 2 right.

        True shares are 1/4 and 3/4, so P is 7/16 and 15/16; P^2 + (1 - P)^2 is 130/256 and 226/256, its mean 178/256.
        """
        found = subkoviak({Fraction(0): 1, Fraction(2): 1}, 2, Fraction(1), Fraction(1, 2), Decimal(1))

        assert found is not None
        assert found.consistency == pytest.approx(178 / 256, abs=1e-12)
        share = (7 / 16 + 15 / 16) / 2
        chance = share**2 + (1 - share) ** 2
        assert found.kappa == pytest.approx((178 / 256 - chance) / (1 - chance), abs=1e-12)

    def test_lsat7_against_sums_of_binomials(self) -> None:
        """Every probability added up term by term, to 1e-9."""
        rows = people(LSAT7)
        form = of_form(rows, cut="4")
        alpha = float(form.alpha or 0)
        average = sum(map(sum, rows)) / 1000
        both = 0.0
        for row in rows:
            p = (alpha * float(sum(row)) + (1 - alpha) * float(average)) / 5
            passing = sum(comb(5, x) * p**x * (1 - p) ** (5 - x) for x in (4, 5))
            both += passing**2 + (1 - passing) ** 2

        assert form.subkoviak is not None
        assert form.subkoviak.consistency == pytest.approx(both / 1000, abs=1e-9)

    def test_a_cut_that_all_or_nobody_reach_is_not_judged(self) -> None:
        """A cut of 0, or beyond the items, separates nobody."""
        sums = {Fraction(0): 1, Fraction(2): 1}

        assert subkoviak(sums, 2, Fraction(1), Fraction(1, 2), Decimal(0)) is None
        assert subkoviak(sums, 2, Fraction(1), Fraction(1, 2), Decimal(3)) is None

    def test_parts_of_marks_have_none(self) -> None:
        """With parts of marks there is no binomial model, and Livingston and Lewis stand alone."""
        rows: list[list[Fraction | int]] = [
            [Fraction((who + place) % 3, 2) if who % 4 else int(who % 8 == 0) for place in range(6)]
            for who in range(60)
        ]
        found = of_form(rows, cut="3")

        assert found.subkoviak is None
        assert found.livingston_lewis is not None


def by_quadrature(a: float, b: float, n: int, least: int, share: float) -> tuple[float, float, float]:
    """Consistency, and both errors of classification, of a beta-binomial with two parameters, by adaptive quadrature."""
    density = stats.beta(a, b).pdf

    def integral(f: object, low: float, high: float) -> float:
        return float(integrate.quad(f, low, high, epsabs=1e-13, epsrel=1e-12, limit=400)[0])

    passing = lambda p: stats.binom.sf(least - 1, n, p)
    both = integral(lambda p: (passing(p) ** 2 + (1 - passing(p)) ** 2) * density(p), 0, 1)
    false_pass = integral(lambda p: passing(p) * density(p), 0, share)
    false_fail = integral(lambda p: (1 - passing(p)) * density(p), share, 1)
    return both, false_pass, false_fail


class TestLivingstonLewis:
    """Any marks, from a model of true scores."""

    def test_two_parameters_against_quadrature(self) -> None:
        """Scores of a known beta-binomial: the fit finds its parameters, and every share agrees to 1e-9."""
        n, a, b = 40, 6.0, 3.0
        weights = stats.betabinom(n, a, b).pmf(np.arange(n + 1))
        sums = {Fraction(x): round(w * 10**12) for x, w in enumerate(weights) if round(w * 10**12)}
        # Its own reliability n / (n + a + b) is KR-21, at which the effective length is n again.
        found = livingston_lewis(sums, Fraction(n), Fraction(n) / Fraction(n + 9), Decimal(24))

        assert found is not None
        assert (found.length, found.model) == (n, "beta4")
        both, false_pass, false_fail = by_quadrature(a, b, n, 24, 24 / n)
        assert found.consistency == pytest.approx(both, abs=1e-6)
        assert found.false_pass == pytest.approx(false_pass, abs=1e-6)
        assert found.false_fail == pytest.approx(false_fail, abs=1e-6)
        assert found.accuracy == pytest.approx(1 - found.false_pass - found.false_fail, abs=1e-12)  # type: ignore[operator]

    def test_lsat7_against_quadrature(self) -> None:
        """The published table, with length, moments, fit and integrals computed apart from ours, to 1e-9."""
        form = of_form(people(LSAT7), cut="3")
        found = form.livingston_lewis
        assert found is not None
        x = np.array([sum(row) for row in people(LSAT7)], dtype=float) / 5
        r, mean, variance = float(form.alpha or 0), x.mean(), x.var()
        length = round((mean * (1 - mean) - r * variance) / (variance * (1 - r)))
        scaled = x * length
        second = (scaled * (scaled - 1)).mean() / (length * (length - 1))
        spread = second - mean**2
        size = mean * (1 - mean) / spread - 1
        assert (found.length, found.model) == (length, "beta2")
        both, false_pass, false_fail = by_quadrature(mean * size, (1 - mean) * size, length, round(0.6 * length), 0.6)
        assert found.consistency == pytest.approx(both, abs=1e-9)
        assert found.false_pass == pytest.approx(false_pass, abs=1e-9)
        assert found.false_fail == pytest.approx(false_fail, abs=1e-9)

    @pytest.mark.parametrize(
        ("a", "b", "low", "high", "cut"),
        [
            (6.2, 2.7, 0.1, 0.95, 0.6),
            (0.7, 0.4, 0, 1, 0.6),
            (600.7, 400.4, 0, 1, 0.6),
            (3, 2, 0.3, 0.5, 0.4),
            (0.5, 90, 0, 1, 0.02),
            (90, 0.5, 0, 1, 0.99),
        ],
    )
    def test_integrals_against_quadrature(self, a: float, b: float, low: float, high: float, cut: float) -> None:
        """Gauss and Jacobi agree with adaptive quadrature to 1e-9, for wide, two-peaked and narrow distributions."""
        beta, density = _Beta(a, b, low, high, "beta4"), stats.beta(a, b, low, high - low).pdf
        f = lambda p: np.asarray(stats.binom.sf(17, 30, p))
        value = integrate.quad(lambda p: f(p) * density(p), cut, high, epsabs=1e-13, limit=400)[0]
        whole = integrate.quad(lambda p: f(p) * density(p), low, high, epsabs=1e-13, limit=400, points=[cut])[0]

        assert beta.mean_above(cut, f) == pytest.approx(value, abs=1e-9)
        assert beta.mean_of(f) == pytest.approx(whole, abs=1e-8)

    def test_narrow_true_scores(self) -> None:
        """Where next to nobody differs the distribution is a needle, and all of it lies on one side of the cut."""
        beta = _Beta(6e6, 4e6, 0.0, 1.0, "beta2")

        assert (beta.mean_above(0.7, np.ones_like), beta.mean_above(0.5, np.ones_like)) == (0.0, pytest.approx(1.0))

    def test_a_cut_beyond_all_true_scores(self) -> None:
        """Above all of them nobody passes by true score, under all of them everybody does."""
        beta = _Beta(2, 2, 0.4, 0.6, "beta4")
        one = np.ones_like

        assert (beta.mean_above(0.7, one), beta.mean_above(0.3, one)) == (0.0, pytest.approx(1.0))

    @pytest.mark.parametrize(
        ("sums", "reliability", "cut"),
        [
            ({Fraction(5): 9}, Fraction(1, 2), "5"),  # nobody differs
            (
                {Fraction(257, 100): 1, Fraction(743, 100): 1},
                Fraction(1, 20),
                "5",
            ),  # a length that rounds to no variance
            ({Fraction(0): 5, Fraction(10): 5}, Fraction(9, 10), "5"),  # more spread than any true scores have
            ({Fraction(4): 3, Fraction(5): 6, Fraction(6): 3}, Fraction(1, 2), "0"),  # a cut of nothing
            ({Fraction(4): 3, Fraction(5): 6, Fraction(6): 3}, Fraction(1, 2), "11"),  # beyond full marks
        ],
    )
    def test_not_defined(self, sums: dict[Fraction, int], reliability: Fraction, cut: str) -> None:
        """Where variance, fit or cut does not allow it there is no answer, and no error either."""
        assert livingston_lewis(sums, Fraction(10), reliability, Decimal(cut)) is None

    @settings(deadline=None)
    @given(
        counts=st.lists(st.integers(0, 30), min_size=11, max_size=11).filter(lambda counts: sum(counts) > 1),
        reliability=st.fractions(min_value=Fraction(1, 20), max_value=Fraction(19, 20)),
        cut=st.integers(-1, 12),
    )
    def test_shares_are_shares(self, counts: list[int], reliability: Fraction, cut: int) -> None:
        """Whatever the scores, every share is within 0 and 1, and consistency is at least a half."""
        sums = {Fraction(x): n for x, n in enumerate(counts) if n}
        found = livingston_lewis(sums, Fraction(10), reliability, Decimal(cut))

        if found is not None:
            shares = (found.consistency, found.accuracy, found.false_pass, found.false_fail)
            assert all(share is not None and -1e-9 <= share <= 1 + 1e-9 for share in shares)
            assert found.consistency >= 0.5 - 1e-9
