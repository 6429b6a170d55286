"""What documents may show. A :class:`PaperView` has no field that could hold an answer; a :class:`KeyView` is another type.

Hiding an answer in a page leaks it (styles, metadata, attachments), so candidate documents are laid out from a type
that never held one.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from certengine.model.sitting import Candidate
from certengine.model.text import Text


class AnswerForm(StrEnum):
    """What a candidate does on the answer sheet."""

    ONE_BUBBLE = "one_bubble"
    SEVERAL_BUBBLES = "several_bubbles"
    WRITTEN_NUMBER = "written_number"
    WRITTEN_TEXT = "written_text"
    MATCHES = "matches"
    SEQUENCE = "sequence"
    GAPS = "gaps"
    ESSAY = "essay"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedOption:
    """One option as printed: its letter on this paper, and its text."""

    label: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedGap:
    """One gap of a sentence: its number, and how it is filled."""

    label: str
    answer_form: AnswerForm
    options: tuple[PresentedOption, ...] = ()
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """An item as its kind presents one variant: parameters put in, options in drawn order.

    Attributes:
        prompts: the numbered left side of a matching; each gets the letter of one of ``options``.
        gaps: the numbered gaps whose blanks stand in the stem.
        lines: ruled lines for an answer in sentences.
    """

    stem: Text
    answer_form: AnswerForm
    options: tuple[PresentedOption, ...] = ()
    unit: str | None = None
    prompts: tuple[PresentedOption, ...] = ()
    gaps: tuple[PresentedGap, ...] = ()
    lines: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedFigure:
    """A picture as printed: its bytes' digest, its width in millimetres, what it shows in words."""

    digest: str
    width: Decimal
    alt: Text
    caption: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedStimulus:
    """What the items of a set refer to, printed once above the first of them."""

    id: str
    title: Text | None
    text: Text
    figures: tuple[PresentedFigure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedItem:
    """A presented item at its place on a paper.

    Attributes:
        stimulus: set on every item of a set; the items of one set follow each other.
    """

    position: int
    marks: Decimal
    presented: Presented
    figures: tuple[PresentedFigure, ...] = ()
    stimulus: PresentedStimulus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedSection:
    """A section with its items."""

    title: Text
    marks_each: Decimal
    total: Decimal
    items: tuple[PresentedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperView:
    """Everything a candidate's paper and answer sheet show.

    Attributes:
        minutes: working time of this candidate, extra time included.
        extra_minutes: how much of it is extra time.
        verify_line: text printed small at the foot: bank version and digest start, for the inspector.
    """

    paper_id: str
    sitting: str
    scheme_title: Text
    level_title: Text
    component_title: Text
    issuer_name: Text
    candidate: Candidate
    minutes: int
    extra_minutes: int
    total: Decimal
    rules: tuple[Text, ...]
    sections: tuple[PresentedSection, ...]
    languages: tuple[str, ...]
    verify_line: str
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideRow:
    """One thing a marker looks for: its id, what it is, the points it takes, and what earns them.

    Attributes:
        levels: what earns 0 points, 1 point and so on; empty where the title says it all.
        note: what else has to be met.
    """

    id: str
    title: Text
    top: int
    condition: bool
    levels: tuple[Text, ...] = ()
    note: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingGuide:
    """What a marker reads before marking an answer: the rubric in words, and a model answer."""

    points: int
    rows: tuple[GuideRow, ...]
    rules: tuple[Text, ...]
    model_answer: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """The key of one position of one paper, with why it is right.

    Attributes:
        guide: how people mark it, where they do; printed once for an item, however many papers have it.
    """

    position: int
    item: str
    marks: Decimal
    answer: str
    explanation: Text | None = None
    guide: MarkingGuide | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyView:
    """The answer key of one paper; never laid out in one document with candidate matter."""

    paper_id: str
    candidate_id: str
    sections: tuple[tuple[Text, tuple[KeyEntry, ...]], ...]
