"""A written component's part of the item report: from the papers of a sitting, or from the tally of a form graded in bulk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from certengine.documents.report import ItemEntry, WrittenPart
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.single_choice import SingleChoiceContent
from certengine.items.true_false import TrueFalseContent
from certengine.model.bank import Item
from certengine.model.pass_standard import AllOf, AtLeast, PassRule
from certengine.model.scheme import PracticalComponent, WrittenComponent
from certengine.model.score import ScoreReport
from certengine.model.sitting import ResponseSheet
from certengine.model.text import Text
from certengine.scoring.analysis import ItemStatistics, analyse_items
from certengine.scoring.bulk import Tally, score_of
from certengine.scoring.component_analysis import (
    ScoreSummary,
    sampling_error,
    summarise_scores,
    summarise_section,
    summarise_sections,
)
from certengine.scoring.estimates import GREY_UNDER
from certengine.scoring.form_key import FormKey
from certengine.scoring.form_statistics import FormStatistics, form_statistics, scores_of
from certengine.scoring.observations import ItemObservation, observe
from certengine.scoring.option_facts import TRUTHS, item_facts, ticked_on
from certengine.services.corrected_keys import Corrections
from certengine.services.sittings import LoadedSitting

_FEW_BARS, _BARS = 10, 20
_TRUTHS = dict(zip(TRUTHS, (Text.of(zh="√ 正确", en="√ true"), Text.of(zh="× 错误", en="× false")), strict=True))


def part_of_sitting(
    component: WrittenComponent,
    loaded: LoadedSitting,
    graded: Sequence[tuple[ResponseSheet, ScoreReport]],
    forms: Mapping[str, str | None],
    corrections: Corrections,
) -> WrittenPart:
    """From graded papers; ``forms`` is the form of each paper that is a copy of one; options are right by the keys in force."""
    corrected = corrections.get(component.bank, {})
    pairs = [(sheet, report) for sheet, report in graded if report.component == component.id]
    by_form: dict[str | None, list[ItemObservation]] = defaultdict(list)
    for sheet, report in pairs:
        by_form[forms.get(sheet.paper)].extend(observe(report, ticked_on(sheet)))
    seen = [one for part in by_form.values() for one in part]
    met = {one.item for one in seen}
    items = [item for item in loaded.banks[component.bank].contents.items if item.id in met]
    sections = summarise_sections(seen, [section.id for section in component.sections])
    scores = [report.score for _, report in pairs if not report.absent]
    cut = cut_of(component, loaded)
    statistics = [
        form_statistics(scores_of(part, full=component.total, shared=form is not None), cut=cut, form=form)
        for form, part in sorted(by_form.items(), key=lambda one: one[0] or "")
    ]
    return WrittenPart(
        title=component.title,
        scores=score_summary(
            component, scores, loaded, sem=_one_error(statistics, sampling_error(seen)), absent=len(pairs) - len(scores)
        ),
        sections=tuple((part.title, one) for part, one in zip(component.sections, sections, strict=True)),
        forms=tuple(statistics),
        items=_entries(items, analyse_items(seen, [item_facts(item, corrected.get(item.id, ())) for item in items])),
    )


def part_of_tally(component: WrittenComponent, loaded: LoadedSitting, key: FormKey, tally: Tally) -> WrittenPart:
    """From all candidates of one form."""
    sums = tally.sums()
    cut = cut_of(component, loaded)
    form = form_statistics(tally.form_scores(), cut=cut, form="A")
    spread = tally.sections()
    contents = loaded.banks[component.bank].contents
    return WrittenPart(
        title=component.title,
        scores=score_summary(
            component,
            [score_of(key, total, loaded.scheme.rounding) for total in sums],
            loaded,
            sem=form.sem,
            counts=list(sums.values()),
        ),
        sections=tuple(
            (
                part.title,
                summarise_section(part.id, list(spread[part.id]), list(spread[part.id].values())),
            )
            for part in component.sections
        ),
        forms=(form,),
        items=_entries([contents.item(drawn.item) for drawn in key.drawn], tally.items()),
    )


def score_summary(
    component: WrittenComponent | PracticalComponent,
    scores: Sequence[Decimal | None],
    loaded: LoadedSitting,
    sem: float | None = None,
    counts: Sequence[int] | None = None,
    absent: int = 0,
) -> ScoreSummary:
    """The distribution of a component's scores; half as many bars for a small group."""
    n = len(scores) if counts is None else sum(counts)
    bins = _FEW_BARS if n < GREY_UNDER else _BARS
    return summarise_scores(
        scores, full=component.total, cut=cut_of(component, loaded), bins=bins, sem=sem, counts=counts, absent=absent
    )


def cut_of(component: WrittenComponent | PracticalComponent, loaded: LoadedSitting) -> Decimal | None:
    """The highest score that every pass needs in a component, where there is one."""
    return max(cuts_of(loaded.scheme.pass_standard, component.id), default=None)


def cuts_of(rule: PassRule, component: str) -> Iterator[Decimal]:
    """The thresholds that every pass needs; one of several alternatives is no cut."""
    match rule:
        case AtLeast() if rule.component == component and rule.part is None:
            yield rule.at_least
        case AllOf():
            for part in rule.all:
                yield from cuts_of(part, component)


def _one_error(statistics: Sequence[FormStatistics], sampling: float | None) -> float | None:
    """The error to draw about the cut: that of the one shared form, or that of having drawn these items."""
    return statistics[0].sem if len(statistics) == 1 and statistics[0].form is not None else sampling


def _entries(items: Sequence[Item], statistics: Sequence[ItemStatistics]) -> tuple[ItemEntry, ...]:
    return tuple(
        ItemEntry(statistics=one, stem=item.content.stem, options=_option_texts(item))
        for item, one in zip(items, statistics, strict=True)
    )


def _option_texts(item: Item) -> Mapping[str, Text]:
    match item.content:
        case SingleChoiceContent() | MultipleResponseContent() as content:
            return {option.id: option.text for option in content.options}
        case TrueFalseContent():
            return _TRUTHS
        case _:
            return {}
