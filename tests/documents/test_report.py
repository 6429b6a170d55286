"""The two HTML reports: they stand alone, escape what people wrote, and show what is and is not defined."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certengine.documents.plots import (
    Bar,
    Point,
    Tone,
    Whisker,
    difference_plot,
    item_map,
    meter,
    score_histogram,
    share_bars,
)
from certengine.documents.report import (
    AspectEntry,
    AssessorPart,
    CandidateResult,
    ItemEntry,
    ItemReport,
    PracticalPart,
    ReportHeading,
    ResultsComponent,
    ResultsReport,
    WrittenPart,
    render_assessor_report,
    render_item_report,
    render_results_report,
)
from certengine.documents.shown_numbers import percent, percent_signed, shown, signed
from certengine.documents.template_folder import TemplateFolder
from certengine.model.score import Decision, Failed, Passed, Pending, Step
from certengine.model.sitting import Candidate, ResponseState
from certengine.model.text import Text
from certengine.scoring.analysis import analyse_items
from certengine.scoring.component_analysis import (
    Bin,
    ScoreSummary,
    sampling_error,
    summarise_scores,
    summarise_sections,
)
from certengine.scoring.estimates import Evidence
from certengine.scoring.form_statistics import form_statistics, scores_of
from certengine.scoring.observations import ItemFacts, ItemObservation
from certengine.scoring.panel_analysis import assessor_profile, panel_agreement
from certengine.scoring.rating_analysis import AspectObservation, AspectSummary, summarise_assessors

FOLDER = TemplateFolder(Path(__file__).parents[2] / "templates" / "formal")
HOSTILE = (
    """</style></title><script src="https://evil.example/x.js">alert('1')</script><img src=x onerror=y>{{ 7 * 7 }}&"""
)
BAD = Text.of(zh=f"题{HOSTILE}", en=f"stem{HOSTILE}")
THEORY = Text.of(zh="理论知识考试", en="Theory examination")
HEADING = ReportHeading(
    scheme_title=BAD, level_title=THEORY, sitting=HOSTILE, at=datetime(2026, 11, 22, 8, 30, tzinfo=UTC), sample=True
)
VOID = {"meta", "br"}


class Page(HTMLParser):
    """What a browser would build: tags with attributes, the text outside styles, and whether tags nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.tags if name in attributes]


def scores(*values: int | None, cut: int | None = 60) -> ScoreSummary:
    final = [None if value is None else Decimal(value) for value in values]
    return summarise_scores(final, full=Decimal(100), cut=None if cut is None else Decimal(cut))


def observations(n: int) -> list[ItemObservation]:
    """``n`` candidates; the better half took the hostile distractor, which is not the key."""
    return [one for k in range(n) for one in meeting(f"k{k}", Fraction(k, n), "a" if k < n / 2 else HOSTILE)]


def meeting(candidate: str, rest: Fraction, chosen: str) -> tuple[ItemObservation, ItemObservation]:
    """One candidate's two items: the hostile one, and the rest."""

    def seen(item: str, share: Fraction, *ticked: str) -> ItemObservation:
        state = ResponseState.GIVEN
        return ItemObservation(
            candidate=candidate, item=item, section="s", share=share, full=Decimal(2), state=state, chosen=ticked
        )

    return seen(HOSTILE, Fraction(int(chosen == "a")), chosen), seen("rest", rest)


def item_page(
    n: int = 40, forms: tuple[str | None, ...] = (None,), sem: float | None = None, csem: float | None = None
) -> str:
    seen = observations(n)
    errors = {} if csem is None else {"sem": sem, "csem": csem}
    statistics = analyse_items(
        seen,
        [ItemFacts(item=HOSTILE, options=("a", HOSTILE), keys=("a",)), ItemFacts(item="rest"), ItemFacts(item="new")],
    )
    written = WrittenPart(
        title=THEORY,
        scores=summarise_scores([Decimal(50)] * n, full=Decimal(100), cut=Decimal(60), sem=sampling_error(seen)),
        sections=tuple((BAD, section) for section in summarise_sections(seen, ["s"])),
        forms=tuple(
            replace(
                form_statistics(scores_of(seen, full=Decimal(4), shared=form is not None), cut=Decimal(3), form=form),
                **errors,
            )
            for form in forms
        ),
        items=tuple(ItemEntry(statistics=one, stem=BAD, options={HOSTILE: BAD}) for one in statistics),
    )
    return render_item_report(ItemReport(heading=HEADING, written=(written,), practical=(practical(),)), FOLDER)


def practical() -> PracticalPart:
    entry = AspectObservation(
        candidate="k",
        task="T",
        aspect=HOSTILE,
        kind="judgement",
        full=Decimal(3),
        earned=Fraction(2),
        by_assessor=((HOSTILE, Fraction(3)), ("B", Fraction(1))),
    )
    summary = AspectSummary(
        task="T", aspect=HOSTILE, kind="judgement", full=Decimal(3), n=1, open=2, mean=Fraction(2, 3), sd=None,
        vetoed=0, evidence=Evidence.TOO_FEW,
    )  # fmt: skip
    return PracticalPart(
        title=BAD,
        scores=scores(70, None),
        aspects=(AspectEntry(summary=summary, task_title=BAD, title=BAD),),
        assessors=summarise_assessors([entry]),
        agreement=panel_agreement([entry]),
    )


def decided(name: str, outcome: str, score: str | None) -> CandidateResult:
    holds = {"passed": True, "failed": False, "pending": None}[outcome]
    inner = Step(rule=BAD, found=Text.of(zh="实得", en=f"found {name}"), holds=holds)
    step = Step(rule=Text.of(zh="全部满足", en="all hold"), found=THEORY, holds=holds, steps=(inner,))
    marks = () if score is None else (("theory", Decimal(score)),)
    decision: Decision
    if outcome == "pending":
        missing = (Text.of(zh="缺一份评分", en="one entry is missing"),)
        decision = Pending(candidate=name, scores=marks, derivation=step, missing=missing)
    elif outcome == "passed":
        decision = Passed(candidate=name, scores=marks, derivation=step)
    else:
        decision = Failed(candidate=name, scores=marks, derivation=step)
    return CandidateResult(candidate=Candidate(id=name, name=f"{name}{HOSTILE}"), decision=decision)


def results_page() -> str:
    part = ResultsComponent(id="theory", title=THEORY, scores=scores(70, 80, 50, None))
    people = (
        decided("A1", "passed", "70"),
        decided("A2", "passed", "80.50"),
        decided("A3", "failed", "50"),
        decided("A4", "pending", None),
    )
    return render_results_report(ResultsReport(heading=HEADING, components=(part,), results=people), FOLDER)


def assessor_page() -> str:
    seen = [
        AspectObservation(
            candidate=f"k{n}",
            task="T",
            aspect=HOSTILE,
            kind="judgement",
            full=Decimal(3),
            earned=Fraction(2),
            by_assessor=(("wang", Fraction(3)), ("zheng", Fraction(n))),
        )
        for n in range(3)
    ]
    part = AssessorPart(
        title=BAD,
        summary=summarise_assessors(seen)[0],
        kappa=Fraction(1, 4),
        rows=tuple((row, BAD) for row in assessor_profile(seen, "wang")),
    )
    return render_assessor_report(HEADING, "wang", [part, replace(part, rows=())], FOLDER)


PAGES = pytest.mark.parametrize(
    "html", [item_page(), results_page(), assessor_page()], ids=["items", "results", "assessor"]
)


@PAGES
class TestBothPages:
    def test_runs_nothing_and_fetches_nothing(self, html: str) -> None:
        """No script, frame, image, link or event attribute; every address is a place on the same page."""
        page = Page(html)
        assert not {tag for tag, _ in page.tags} & {"script", "img", "link", "iframe", "object", "base", "form"}
        assert not [
            name for _, attributes in page.tags for name in attributes if name.startswith(("on", "src", "xlink"))
        ]
        assert all(address.startswith("#") for address in page.attributes("href"))

    def test_style_names_no_address(self, html: str) -> None:
        """The one style sheet imports nothing and refers to nothing."""
        style = html.split("<style>")[1].split("</style>")[0]
        assert not [word for word in ("@import", "url(", "//", "expression") if word in style]

    def test_what_people_wrote_is_shown_as_they_wrote_it(self, html: str) -> None:
        """A hostile text is in the page as text, its template braces included."""
        assert " ".join(HOSTILE.split()) in Page(html).text

    def test_tags_nest_and_ids_are_unique(self, html: str) -> None:
        """The page is well formed, no id occurs twice, and every link and label finds its id."""
        page = Page(html)
        ids = Counter(page.attributes("id"))
        named = [name for names in page.attributes("aria-labelledby") for name in names.split()]
        assert page.open == []
        assert set(ids.values()) == {1}
        assert {address[1:] for address in page.attributes("href")} | set(named) <= set(ids)

    def test_every_heading_is_in_both_languages(self, html: str) -> None:
        """Each h1 to h3 has a Chinese and an English part."""
        for level in ("h1", "h2", "h3"):
            for piece in html.split(f"<{level}>")[1:]:
                heading = piece.split(f"</{level}>")[0]
                assert 'lang="zh"' in heading
                assert 'lang="en"' in heading

    def test_says_when_and_by_which_version_it_was_made(self, html: str) -> None:
        """The head names the instant in UTC and the version of the engine."""
        assert "made 2026-11-22 08:30 UTC · certengine" in Page(html).text


class TestAssessorPage:
    def test_shows_own_marks_beside_the_panel(self) -> None:
        """3 of 3 beside panel means of 1/2, 2/3 and 5/6 is a third above; kappa stands to two places."""
        text = Page(assessor_page()).text
        assert "+33.3 %" in text
        assert "weighted κ 0.25" in text

    def test_names_nobody_else(self) -> None:
        """No other assessor and no candidate is named, and the page says whom it is for."""
        text = Page(assessor_page()).text
        assert "zheng" not in text
        assert "k1" not in text
        assert "for this assessor and the examination office only" in text


class TestItemPage:
    def test_says_how_far_the_panel_agrees(self) -> None:
        """The agreement of whole marks needs two candidates; that of judgements is given as far as there are any."""
        text = Page(item_page()).text
        assert "agreement of judgements α 0.00 n = 2" in text
        assert "ICC(" not in text.split("Definitions")[0]

    def test_items_to_look_at_are_unfolded(self) -> None:
        """The miskeyed item, and the one that therefore runs against it, are unfolded; the item nobody had is not."""
        page = Page(item_page())
        unfolded = ["open" in attributes for tag, attributes in page.tags if tag == "details"]
        assert unfolded == [True, True, False]
        assert "possible miskey: the top group chose" in page.text

    def test_too_few_candidates_are_said_to_be_too_few(self) -> None:
        """With 20 candidates nothing is flagged, and the page says that the sample does not carry."""
        text = Page(item_page(20)).text
        assert "possible miskey: the top" not in text
        assert "No item asks to be looked at first." in text
        assert "under n = 30, not flagged : 3" in text

    def test_alpha_is_refused_with_its_reason(self) -> None:
        """The page says in both languages that papers differ and so no alpha is computed."""
        text = Page(item_page()).text
        assert "so no alpha is computed" in text
        assert "不计算 α 系数" in text

    def test_the_two_errors_are_told_apart(self) -> None:
        """Beside both figures both languages say which is the average, and which holds at the cut and is the band."""
        text = Page(item_page(sem=8.3, csem=6.7)).text
        assert "合格线 ± 合格线处的标准误 6.7 分" in text
        assert "the cut ± the SEM at the cut, 6.7 marks" in text
        assert "测量标准误（平均） SEM, average" in text
        assert "即上图的色带" in text
        assert (
            "± 8.3 is an average over scores high and low; ± 6.7 holds for a score at the cut and is the band" in text
        )

    def test_of_several_forms_the_band_is_of_all(self) -> None:
        """No form's own error at the cut is said to be the band, which averages over all papers."""
        text = Page(item_page(forms=("A", "B"), sem=8.3, csem=6.7)).text
        assert "± 所有试卷逐部分计算的平均标准误" in text
        assert "the average SEM of all papers reckoned section by section" in text
        assert "band in the figure above" not in text

    def test_an_error_of_the_whole_paper_is_told_from_one_by_sections(self) -> None:
        """Where nobody stands near the cut, both figures are averages, and it is said why they differ and which counts."""
        text = Page(item_page()).text
        assert "把全卷视为一部分，略偏大；上图的色带" in text
        assert "takes the paper as one section, which errs on the high side; the band in the figure above" in text
        assert "For pass or fail it is the band that counts." in text

    def test_of_one_form_the_band_is_its_average_error(self) -> None:
        """One figure stands in the plot and the table, and needs no word about another."""
        text = Page(item_page(forms=("A",))).text
        assert "band: the cut ± the average SEM," in text
        assert "it is the band that counts" not in text

    def test_item_nobody_was_given_shows_dashes(self) -> None:
        """Undefined is a dash, never a zero."""
        assert "new n 0 · p – · r –" in Page(item_page()).text

    def test_assessors_are_set_beside_the_panel(self) -> None:
        """3 and 1 of 3 about a mean of 2: one third above and one third below, no exact agreement."""
        text = Page(item_page()).text
        assert "+33.3 %" in text
        assert "−33.3 %" in text


class TestResultsPage:
    def test_counts_and_pass_share_leave_pending_out(self) -> None:
        """Two passed of three decided is 66.7 %, with one pending beside it."""
        text = Page(results_page()).text
        assert "合格率 pass share 66.7 % 2 / 3 已定 decided" in text
        assert "待定 pending 1" in text

    def test_each_candidate_has_score_and_decision(self) -> None:
        """A score under its cut is marked by a sign, and a missing one is a dash."""
        rows = results_page().split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]
        found = [Page(f"<table><tr>{row}</table>").text for row in rows]
        cells = [row.split("{{ 7 * 7 }}&")[1].split("全部")[0].split() for row in found]
        assert cells == [
            ["70", "✓", "合格", "passed", "✓"],
            ["80.5", "✓", "合格", "passed", "✓"],
            ["50", "↓", "✗", "不合格", "not", "passed", "✗"],
            ["–", "…", "待定", "pending", "缺一份评分", "one", "entry", "is", "missing", "…"],
        ]

    def test_derivation_is_there_to_unfold(self) -> None:
        """Every decision has its derivation, inner steps too, folded away."""
        page = Page(results_page())
        folded = [attributes for tag, attributes in page.tags if tag == "details"]
        assert [("open" in attributes) for attributes in folded] == [False] * 4
        assert all(f"found {name}" in page.text for name in ("A1", "A2", "A3", "A4"))


class TestNumbers:
    @pytest.mark.parametrize(
        ("value", "places", "expected"),
        [
            (None, 2, "–"),
            (Fraction(2, 3), 2, "0.67"),
            (Fraction(1, 8), 2, "0.13"),
            (Fraction(-1, 8), 2, "−0.13"),
            (-0.0001, 2, "0.00"),
            (Decimal("59.95"), 1, "60.0"),
        ],
    )
    def test_shown_rounds_halves_away_from_zero(self, value: Fraction | None, places: int, expected: str) -> None:
        """Display rounding is half away from zero, with a minus sign only where something is left."""
        assert shown(value, places) == expected

    @pytest.mark.parametrize(("value", "expected"), [(0.354, "+0.35"), (-0.2, "−0.20"), (0, "0.00"), (0.001, "0.00")])
    def test_signed_shows_a_sign_only_where_something_is_left(self, value: float, expected: str) -> None:
        """A correlation has its sign, a zero has none."""
        assert signed(value) == expected

    def test_percentages_are_of_a_share(self) -> None:
        """Two thirds are 66.7 %, and a difference has a sign."""
        assert [percent(Fraction(2, 3)), percent(None), percent_signed(Fraction(1, 80)), percent_signed(None)] == [
            "66.7\N{NO-BREAK SPACE}%",
            "–",
            "+1.3\N{NO-BREAK SPACE}%",
            "–",
        ]


labels = st.text(max_size=12) | st.just(HOSTILE)


class TestPlots:
    def test_cut_line_stands_at_the_cut(self) -> None:
        """Between 34 (0 marks) and 406 (100 marks) a cut of 60 stands at 257.2, and four of ten bars are dark."""
        summary = summarise_scores([Decimal(50), Decimal(70)], full=Decimal(100), cut=Decimal(60), bins=10)
        plot = Page(str(score_histogram("h", summary.bins, cut=60.0, title="t", description="d")))
        dashed = [line for tag, line in plot.tags if line.get("stroke-dasharray") == "5 3"]
        assert [line["x1"] for line in dashed] == ["257.2"]
        assert [box["fill"] for tag, box in plot.tags if tag == "rect"] == ["#CFE3F1"] * 6 + ["#0072B2"] * 4

    @given(counts=st.lists(st.integers(0, 10_000), min_size=1, max_size=20))
    def test_bars_stay_within_the_plot(self, counts: list[int]) -> None:
        """Whatever the counts, also none at all, no bar is higher than the plot or below nothing."""
        values = [Decimal(index) for index, n in enumerate(counts) if n]
        bins = summarise_scores(values, full=Decimal(len(counts)), cut=None, bins=len(counts)).bins
        plot = Page(str(score_histogram("h", bins, cut=None, title="t", description="d")))
        boxes = [box for tag, box in plot.tags if tag == "rect"]
        assert all(22 <= float(box["y"] or 0) <= 168 and float(box["height"] or 0) >= 0 for box in boxes)

    @given(label=labels, p=st.floats(0, 1), r=st.floats(-1, 1), tone=st.sampled_from(Tone))
    def test_every_plot_is_named_and_escapes_its_labels(self, label: str, p: float, r: float, tone: Tone) -> None:
        """Whatever a label says, a plot nests, has only drawing elements, and carries title and description."""
        plots = (
            item_map("m", [Point(label=label, p=p, r=r, tone=tone)], weak_under=0.1, title=label, description=label),
            share_bars("b", [Bar(label=label, share=p, tone=tone, note=label)], title=label, description=label),
            difference_plot("d", [Whisker(label=label, value=r, half=p)], title=label, description=label),
        )
        drawing = {"svg", "title", "desc", "rect", "line", "text", "circle", "polygon"}
        for plot in plots:
            page = Page(str(plot))
            assert {tag for tag, _ in page.tags} <= drawing
            assert [tag for tag, _ in page.tags[:3]] == ["svg", "title", "desc"]

    def test_labels_of_points_hide_none_of_each_other(self) -> None:
        """Of many flagged points in one place only those are labelled that find room; each keeps its tip."""
        points = [Point(label=f"item-{k}", p=0.5, r=0.3, tone=Tone.FLAGGED) for k in range(9)]
        page = Page(str(item_map("m", points, weak_under=0.1, title="t", description="d")))
        bold = [words for tag, words in page.tags if tag == "text" and words.get("font-weight") == "600"]
        places = {(words["x"], words["y"]) for words in bold}
        assert 1 <= len(bold) == len(places) <= 4
        assert len([tag for tag, _ in page.tags if tag == "title"]) == 1 + 9

    def test_long_assessor_is_cut_in_the_plot(self) -> None:
        """A name longer than its margin ends in an ellipsis and stays within it."""
        rows = [Whisker(label="考评员张三丰李四光", value=0.0, half=None)]
        text = Page(str(difference_plot("d", rows, title="t", description="d"))).text
        assert "考评员张三丰…" in text
        assert "李四光" not in text

    @pytest.mark.parametrize(("share", "length"), [(0.0, "0"), (0.5, "30"), (1.0, "60"), (1.7, "60"), (-0.2, "0")])
    def test_meter_is_bounded(self, share: float, length: str) -> None:
        """A meter of 60 shows the share, and never leaves its bed."""
        boxes = [box for tag, box in Page(str(meter(share))).tags if tag == "rect"]
        assert [box["width"] for box in boxes] == ["60", length]


def test_counts_of_a_million_fit_beside_the_histogram() -> None:
    """The numbers of the upright axis begin within the picture, however long they are."""
    bins = (Bin(low=Fraction(0), high=Fraction(50), n=400_000), Bin(low=Fraction(50), high=Fraction(100), n=600_000))
    plot = str(score_histogram("h", bins, cut=60.0, title="t", description="d", error=5.0))

    ends = [float(x) for x in re.findall(r'<text x="([0-9.]+)" y="[0-9.]+" text-anchor="end"[^>]*>[0-9]{6,}<', plot)]
    assert ends
    assert min(ends) >= 6 * 6.2
