"""The two reports of a sitting as HTML pages that stand alone: the item analysis and the candidates' results.

Invariants:

1. One file: style and plots are inside, no script, no address of anything else; it reads the same in twenty years.
2. Chinese and English stand side by side; numbers are given once.
3. Every number says its denominator, and what is not defined shows as a dash, never as 0.
4. Names, stems and ids are data and are escaped. The results report names people: it is for the administrator.
5. A flag is a reason to look, not a verdict; a rare distractor alone does not put an item on the list to look at first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction

from markupsafe import Markup

from certengine import __version__
from certengine.documents.curves import Curve, option_curves
from certengine.documents.plots import (
    Bar,
    Point,
    Tone,
    Whisker,
    difference_plot,
    item_map,
    score_histogram,
    share_bars,
)
from certengine.documents.shown_numbers import SHOWN_BY, percent, shown, signed
from certengine.documents.template_folder import TemplateFolder
from certengine.model.score import Decision
from certengine.model.sitting import Candidate
from certengine.model.text import Text
from certengine.scoring.analysis import WEAK_UNDER, FlagKind, ItemFlag, ItemStatistics, OptionStatistics
from certengine.scoring.component_analysis import ScoreSummary, SectionSummary
from certengine.scoring.estimates import Z_95, Evidence
from certengine.scoring.form_statistics import FormStatistics
from certengine.scoring.panel_analysis import PanelAgreement, ProfileRow
from certengine.scoring.rating_analysis import AspectSummary, AssessorSummary

FLAG_TEXTS = {
    FlagKind.POSSIBLE_MISKEY: Text.of(
        zh="疑似答案有误：高分组选 {option} 的人多于正确项",
        en="possible miskey: the top group chose {option} over the key",
    ),
    FlagKind.WEAK_ITEM_REST: Text.of(zh="题余相关低于 0.10", en="item–rest correlation under 0.10"),
    FlagKind.ATTRACTIVE_DISTRACTOR: Text.of(
        zh="干扰项 {option} 与其余得分正相关", en="distractor {option} correlates positively with the rest"
    ),
    FlagKind.RARE_DISTRACTOR: Text.of(
        zh="干扰项 {option} 选择率不足 5 %", en="distractor {option} chosen by under 5 %"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportHeading:
    """What a report is about. ``at`` is when the analysis was made, aware."""

    scheme_title: Text
    level_title: Text
    sitting: str
    at: datetime
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemEntry:
    """An item's statistics with the words of the bank: its stem, and its options' texts by option id."""

    statistics: ItemStatistics
    stem: Text
    options: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPart:
    """A written component's analysis; ``sections`` pairs each section's title with its summary.

    Attributes:
        forms: the statistics of each shared form, or one for all papers where each candidate has one of his or her own.
    """

    title: Text
    scores: ScoreSummary
    sections: tuple[tuple[Text, SectionSummary], ...]
    forms: tuple[FormStatistics, ...]
    items: tuple[ItemEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AspectEntry:
    """An aspect's summary with its task's and its own title."""

    summary: AspectSummary
    task_title: Text
    title: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticalPart:
    """A practical component's analysis."""

    title: Text
    scores: ScoreSummary
    aspects: tuple[AspectEntry, ...]
    assessors: tuple[AssessorSummary, ...]
    agreement: PanelAgreement


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessorPart:
    """One assessor's own marks in one practical component, beside the panels' means.

    Attributes:
        rows: each aspect's row with its title.
    """

    title: Text
    summary: AssessorSummary
    kappa: Fraction | None
    rows: tuple[tuple[ProfileRow, Text], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReport:
    """Everything the item report shows."""

    heading: ReportHeading
    written: tuple[WrittenPart, ...]
    practical: tuple[PracticalPart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsComponent:
    """A component as a column of the results, with the distribution of its scores."""

    id: str
    title: Text
    scores: ScoreSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateResult:
    """One candidate and the decision on him or her.

    Attributes:
        absent: ids of the components that the candidate did not come to.
    """

    candidate: Candidate
    decision: Decision
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultsReport:
    """Everything the results report shows, candidates in roster order.

    Attributes:
        exceptions: each use of an exception from a separation of duties, in one line.
    """

    heading: ReportHeading
    components: tuple[ResultsComponent, ...]
    results: tuple[CandidateResult, ...]
    exceptions: tuple[str, ...] = ()


def render_item_report(report: ItemReport, folder: TemplateFolder) -> str:
    """The item analysis as one HTML page."""
    return _render(
        folder,
        report.heading,
        page="items",
        written=[_written(part, number) for number, part in enumerate(report.written)],
        practical=[_practical(part, number) for number, part in enumerate(report.practical)],
        results=None,
    )


def render_results_report(report: ResultsReport, folder: TemplateFolder) -> str:
    """The candidates' results as one HTML page. The pass share is of the decided; pending candidates are apart."""
    outcomes = [result.decision.outcome for result in report.results]
    counts = {outcome: outcomes.count(outcome) for outcome in ("passed", "failed", "pending")}
    decided = counts["passed"] + counts["failed"]
    view = {
        "rows": [
            (result.candidate, result.decision, dict(result.decision.scores), result.absent)
            for result in report.results
        ],
        "components": [
            (part, _histogram(f"r{number}", part.title, part.scores)) for number, part in enumerate(report.components)
        ],
        "counts": counts,
        "exceptions": report.exceptions,
        "decided": decided,
        "pass_share": Fraction(counts["passed"], decided) if decided else None,
    }
    return _render(folder, report.heading, page="results", written=[], practical=[], results=view)


def render_assessor_report(
    heading: ReportHeading, assessor: str, parts: Sequence[AssessorPart], folder: TemplateFolder
) -> str:
    """One assessor's private report as one HTML page; it names no candidate and no other assessor."""
    return _render(
        folder,
        heading,
        page="assessor",
        assessor=assessor,
        own=[(part, _profile(part, number)) for number, part in enumerate(parts)],
        written=[],
        practical=[],
        results=None,
    )


def _profile(part: AssessorPart, number: int) -> Markup | None:
    rows = [
        Whisker(
            label=row.aspect,
            value=float(row.difference),
            half=None if row.standard_error is None else Z_95 * row.standard_error,
        )
        for row, _ in part.rows
    ]
    words = "各评分项与考评组均值之差 · difference to the panel mean, aspect by aspect"
    title = f"{part.title.best('zh')} · {part.title.best('en')}：{words}"
    return difference_plot(f"a{number}d", rows, title=title, description=f"{len(rows)} 项 · aspects") if rows else None


def _render(folder: TemplateFolder, heading: ReportHeading, **values: object) -> str:
    return folder.render(
        "report.html",
        css=Markup(folder.css("report.css")),  # the design folder is trusted, unlike what it lays out
        heading=heading,
        at=heading.at.astimezone(UTC),
        version=__version__,
        **SHOWN_BY,
        **values,
    )


def _written(part: WrittenPart, number: int) -> dict[str, object]:
    rows = [_item(entry, f"w{number}i{index}") for index, entry in enumerate(part.items)]
    one = part.forms[0] if len(part.forms) == 1 else None
    error = part.scores.sem if one is None or one.csem is None else one.csem
    return {
        "part": part,
        "band": None if part.scores.cut is None or error is None else _band(one),
        "error": error,
        "histogram": _histogram(f"w{number}h", part.title, part.scores, error),
        "unique": any(form.form is None for form in part.forms),
        "map": _map(f"w{number}m", part),
        "rows": rows,
        "look": [row for _, row in sorted(zip(part.items, rows, strict=True), key=_gravest_first) if row["look"]],
        "rare": sum(_only_rare(entry.statistics) for entry in part.items),
        "guard": {grade.value: sum(entry.statistics.evidence is grade for entry in part.items) for grade in Evidence},
    }


def _band(one: FormStatistics | None) -> str:
    """Which error the band about the cut shows: at the cut, the average of the one form, or of all papers by sections."""
    if one is not None and one.csem is not None:
        return "cut"
    return "form" if one is not None and one.form is not None else "sections"


def _item(entry: ItemEntry, key: str) -> dict[str, object]:
    statistics = entry.statistics
    return {
        "key": key,
        "entry": entry,
        "s": statistics,
        "flags": [_flag_text(flag) for flag in statistics.flags],
        "look": _worth_a_look(statistics),
        "bars": _option_bars(key, statistics) if statistics.options and statistics.n else None,
        "curves": _curves(key, statistics),
    }


def _curves(key: str, statistics: ItemStatistics) -> Markup | None:
    """The distractor curves, where a sample carries them."""
    if not statistics.options or statistics.evidence is Evidence.TOO_FEW:
        return None
    curves = [
        Curve(label=one.option, shares=tuple(None if s is None else float(s) for s in one.by_group), key=one.key)
        for one in statistics.options
    ]
    spoken = "; ".join(
        f"{one.option}{' (key)' if one.key else ''} {', '.join(percent(share, 0) for share in one.by_group)}"
        for one in statistics.options
    )
    return option_curves(
        f"{key}c",
        curves,
        [str(size) for size in statistics.groups],
        title=f"{statistics.item}：各能力组的选项选择率 · share choosing each option, by ability group",
        description=f"由弱到强 · from weakest to ablest: {spoken}",
    )


def _gravest_first(pair: tuple[ItemEntry, object]) -> tuple[int, float]:
    """By the gravest flag, then by the weakest item-rest correlation."""
    statistics = pair[0].statistics
    kinds = list(FlagKind)
    gravest = min((kinds.index(flag.kind) for flag in statistics.flags), default=len(kinds))
    return gravest, 1.0 if statistics.item_rest is None else statistics.item_rest


def _worth_a_look(statistics: ItemStatistics) -> bool:
    return any(flag.kind is not FlagKind.RARE_DISTRACTOR for flag in statistics.flags)


def _only_rare(statistics: ItemStatistics) -> bool:
    return bool(statistics.flags) and not _worth_a_look(statistics)


def _flag_text(flag: ItemFlag) -> Text:
    """The flag in words; the option id is put in by replacement, so that a brace in it is only a brace."""
    words = FLAG_TEXTS[flag.kind].to_json()
    return Text.of({tag: text.replace("{option}", flag.option or "") for tag, text in words.items()})


def _histogram(key: str, title: Text, scores: ScoreSummary, error: float | None = None) -> Markup:
    cut = None if scores.cut is None else float(scores.cut)
    band = f" ± {error:.1f}" if error else ""
    cut_words = "" if cut is None else f"，合格线 {cut:g}{band} · cut {cut:g}{band}"
    return score_histogram(
        key,
        scores.bins,
        cut=cut,
        error=error,
        title=f"{title.best('zh')} · {title.best('en')}：分数分布 · score distribution",
        description=f"n = {scores.n}{cut_words}；平均 {shown(scores.mean)} · mean {shown(scores.mean)}",
    )


def _map(key: str, part: WrittenPart) -> Markup:
    points = [
        Point(label=one.item, p=float(one.p), r=one.item_rest, tone=_tone(one))
        for one in (entry.statistics for entry in part.items)
        if one.p is not None and one.item_rest is not None
    ]
    return item_map(
        key,
        points,
        weak_under=WEAK_UNDER,
        title="试题分布图：难度与题余相关 · item map: difficulty and item–rest correlation",
        description=f"{len(points)} 题 · {len(points)} items",
    )


def _tone(statistics: ItemStatistics) -> Tone:
    if _worth_a_look(statistics):
        return Tone.FLAGGED
    return Tone.PLAIN if statistics.evidence is Evidence.ENOUGH else Tone.GREY


def _option_bars(key: str, statistics: ItemStatistics) -> Markup:
    bad = {flag.option for flag in statistics.flags if flag.kind is not FlagKind.RARE_DISTRACTOR}
    bars = [_option_bar(option, flagged=option.option in bad) for option in statistics.options]
    apart = (("空白 blank", statistics.blank), ("多涂 multi", statistics.multiple_marked))
    bars += [
        Bar(label=words, share=n / statistics.n, tone=Tone.GREY, note=f"{percent(n / statistics.n)} ({n})")
        for words, n in apart
        if n
    ]
    title = f"{statistics.item}：各选项选择率 · share choosing each option"
    return share_bars(f"{key}b", bars, title=title, description=f"n = {statistics.n}")


def _option_bar(option: OptionStatistics, *, flagged: bool) -> Bar:
    tone = Tone.KEY if option.key else Tone.FLAGGED if flagged else Tone.PLAIN
    note = f"{percent(option.share)} ({option.n})   r {signed(option.discrimination)}"
    return Bar(label=f"{'✓ ' if option.key else ''}{option.option}", share=float(option.share), tone=tone, note=note)


def _practical(part: PracticalPart, number: int) -> dict[str, object]:
    rows = [
        Whisker(
            label=one.assessor,
            value=float(one.difference),
            half=None if one.standard_error is None else Z_95 * one.standard_error,
        )
        for one in part.assessors
        if one.difference is not None
    ]
    words = "考评员与考评组均值之差 · each assessor's difference to the panel mean"
    plot = difference_plot(f"p{number}d", rows, title=words, description=f"{len(rows)} 人 · {len(rows)} assessors")
    return {
        "part": part,
        "histogram": _histogram(f"p{number}h", part.title, part.scores),
        "assessors": plot if rows else None,
    }
