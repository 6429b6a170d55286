"""From a stored paper to what documents may show: the candidate's view, and apart from it the key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, Decimal

from certengine.items import kind_of
from certengine.items.essay import EssayContent
from certengine.items.marking_guide import marking_guide
from certengine.model.bank import Bank, Figure, Item, Stimulus
from certengine.model.scheme import STIMULUS_SET, Scheme, Section, Task, WrittenComponent
from certengine.model.sitting import Candidate, DrawnItem, Paper
from certengine.model.text import Text
from certengine.model.view import (
    KeyEntry,
    KeyView,
    PaperView,
    PresentedFigure,
    PresentedItem,
    PresentedSection,
    PresentedStimulus,
)


def working_minutes(component: WrittenComponent | Task, candidate: Candidate) -> tuple[int, int]:
    """A candidate's working time and how much of it is extra, in whole minutes, rounded up."""
    extra = (component.minutes * candidate.extra_time).to_integral_value(rounding=ROUND_CEILING)
    return component.minutes + int(extra), int(extra)


def paper_view(
    paper: Paper, bank: Bank, scheme: Scheme, component: WrittenComponent, candidate: Candidate, issuer_name: Text
) -> PaperView:
    """What the candidate's paper and answer sheet show: everything but the key."""
    minutes, extra = working_minutes(component, candidate)
    stimuli = {one.id: presented_stimulus(one) for one in bank.contents.stimuli or ()}
    languages = (candidate.language,) if candidate.language in scheme.languages else scheme.languages
    return PaperView(
        paper_id=paper.id,
        sitting=paper.sitting,
        scheme_title=scheme.title,
        level_title=scheme.level.title,
        component_title=component.title,
        issuer_name=issuer_name,
        candidate=candidate,
        minutes=minutes,
        extra_minutes=extra,
        total=component.total,
        rules=component.rules,
        sections=tuple(
            PresentedSection(
                title=section.title,
                marks_each=section.marks,
                total=section.total,
                items=tuple(
                    PresentedItem(
                        position=drawn.position,
                        marks=drawn.marks,
                        presented=kind_of(item.kind).present(item.content, drawn.variant),
                        figures=presented_figures(item.figures),
                        stimulus=stimuli[item.stimulus] if section.kind == STIMULUS_SET and item.stimulus else None,
                    )
                    for drawn, item in _of_section(paper, bank, section)
                ),
            )
            for section in component.sections
        ),
        languages=tuple(str(language) for language in languages),
        verify_line=f"{paper.bank}@{paper.bank_version} {paper.bank_digest[:19]} · {paper.algorithm}",
        sample=scheme.certificate.sample,
    )


def presented_figures(figures: Sequence[Figure] | None) -> tuple[PresentedFigure, ...]:
    """Figures as printed; one whose picture was never found has no place on a page."""
    return tuple(
        PresentedFigure(digest=figure.digest, width=figure.width, alt=figure.alt, caption=figure.caption)
        for figure in figures or ()
        if figure.digest is not None
    )


def presented_stimulus(stimulus: Stimulus) -> PresentedStimulus:
    """A stimulus as printed above the first item of its set."""
    return PresentedStimulus(
        id=stimulus.id, title=stimulus.title, text=stimulus.text, figures=presented_figures(stimulus.figures)
    )


def figures_shown(view: PaperView) -> frozenset[str]:
    """The digests of all pictures on a paper."""
    items = [item for section in view.sections for item in section.items]
    held = [figure for item in items for figure in (*item.figures, *(item.stimulus.figures if item.stimulus else ()))]
    return frozenset(figure.digest for figure in held)


def key_view(paper: Paper, bank: Bank, component: WrittenComponent) -> KeyView:
    """The answer key of one paper."""
    return KeyView(
        paper_id=paper.id,
        candidate_id=paper.candidate,
        sections=tuple(
            (
                section.title,
                tuple(
                    KeyEntry(
                        position=drawn.position,
                        item=drawn.item,
                        marks=Decimal(drawn.marks),
                        answer=_answer(item, drawn),
                        explanation=item.explanation,
                        guide=marking_guide(item.content) if isinstance(item.content, EssayContent) else None,
                    )
                    for drawn, item in _of_section(paper, bank, section)
                ),
            )
            for section in component.sections
        ),
    )


def _answer(item: Item, drawn: DrawnItem) -> str:
    """The answer a key prints beside the number; of an essay, where the marker finds the rest."""
    if isinstance(item.content, EssayContent):
        return "评分标准 / rubric"
    return kind_of(item.kind).answer(item.content, drawn.variant)


def _of_section(paper: Paper, bank: Bank, section: Section) -> Iterator[tuple[DrawnItem, Item]]:
    items = {item.id: item for item in bank.contents.items}
    for drawn in paper.items:
        if drawn.section == section.id:
            yield drawn, items[drawn.item]
