"""Candidates' papers, their answer sheets, and the answer keys.

Invariants:

1. A paper and an answer sheet are laid out from a :class:`~certengine.model.view.PaperView` alone, which has no field
   for an answer; keys are laid out from :class:`~certengine.model.view.KeyView` in documents of their own.
2. Every page carries the paper id, in words and as a QR code, and "page n of m".
3. An item is never split over two pages: its options stand with its stem.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from certengine.canonical import decimal_text
from certengine.documents import answer_pages
from certengine.documents.answer_grid import (
    CELL_WIDTH,
    CELLS,
    CORNERS,
    SheetPlan,
    page_code,
    plan_answer_sheet,
    without_units,
)
from certengine.documents.layers import lay_over
from certengine.documents.layout import Typesetter
from certengine.documents.qr import qr_png
from certengine.documents.rich_text import (
    RICH_TEXT_CSS,
    assets_in,
    in_columns,
    joined,
    measured,
    on_one_line,
    shown_lines,
)
from certengine.documents.template_folder import TemplateFolder
from certengine.documents.text_lines import text_lines
from certengine.model.text import Text
from certengine.model.view import (
    AnswerForm,
    KeyEntry,
    KeyView,
    MarkingGuide,
    PaperView,
    PresentedFigure,
    PresentedGap,
    PresentedItem,
    PresentedOption,
    PresentedSection,
    PresentedStimulus,
)

_ORDINALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十")
# Widths of an option's line, in em of its text, up to which four or two options stand side by side.
_FOUR_COLUMNS_EM = 8.6
_TWO_COLUMNS_EM = 20.0
# Widths of an answer, in em, up to which ten, five or two of a key stand side by side.
_TEN_KEYS_EM, _FIVE_KEYS_EM, _TWO_KEYS_EM = 3.7, 8.2, 20.0
_SECOND_LANGUAGE_SCALE = 9 / 10.5  # English below Chinese is set in 9 pt, the first language in 10.5 pt

_SheetForm = tuple[SheetPlan, Text, Text, tuple[str, ...], bool]
"""What makes two answer sheets the same form: plan, titles, languages, and the sample mark."""

_HOW = {
    AnswerForm.ONE_BUBBLE: Text.of(zh="每题选一项，在答题卡上涂黑对应的字母。", en="Choose one option for each item."),
    AnswerForm.SEVERAL_BUBBLES: Text.of(
        zh="每题可选多项，在答题卡上涂黑所选的全部字母。", en="Mark every option you choose on the answer sheet."
    ),
    AnswerForm.WRITTEN_NUMBER: Text.of(
        zh="将计算结果填入答题卡的方格，不写单位。", en="Write the result, without its unit, on the answer sheet."
    ),
    AnswerForm.WRITTEN_TEXT: Text.of(
        zh="将答案写在答题卡的横线上，写出词语即可。",
        en="Write a word or a short phrase on the line of the answer sheet.",
    ),
    AnswerForm.MATCHES: Text.of(
        zh="为每个序号选一个字母，在答题卡上涂黑；字母可以不选，也可以重复选。",
        en="Mark one letter for each number; a letter may be used once, more than once or not at all.",
    ),
    AnswerForm.SEQUENCE: Text.of(
        zh="按先后顺序，在答题卡的每个位次上涂黑一个字母。",
        en="Put the steps in order: mark one letter for each place on the answer sheet, from the first to the last.",
    ),
    AnswerForm.GAPS: Text.of(
        zh="按空格序号在答题卡上作答：给出选项的涂黑字母，其余填写数值或词语。",
        en="Answer each numbered gap on the answer sheet: mark a letter where options are given, else write.",
    ),
    AnswerForm.ESSAY: Text.of(
        zh="用黑色签字笔写在答题卡该题的答题页上，不要写出框外；答题页上不得写姓名或作任何标记。",
        en="Write in black ink on the item's own page of the answer sheet, inside the frame; write no name and make "
        "no other mark there.",
    ),
}
_AS_EACH_ASKS = Text.of(
    zh="先读材料，再按各题要求在答题卡上作答。",
    en="Read the material first; answer each item on the answer sheet as it asks.",
)
_FIGURE_SPACE = "\u2007"  # as wide as a digit: numbers of one and two digits leave the stem at the same place
_NUMBER_WIDTH = 4
_KEYS = Text.of(zh="标准答案", en="Answer keys")


@dataclass(frozen=True, slots=True, kw_only=True)
class _PrintedItem:
    """An item with the choices of layout made.

    Attributes:
        option_rows: ``(language, line)`` with several options on a line, kept apart by tabs; used from two columns on.
            (As boxes of their own they take a third of the time of the whole paper.)
        pairs: prompts and options side by side, ``None`` where one column is the shorter.
        prompts: the prompts, where they stand above the options.
        gap_rows: ``(language, cells)``: the number of a gap, then its options.
        line: whether an answer in words is asked for.
        stimulus: what it and those after it refer to, on the first item of a set; ``last`` is the position of the last.
    """

    number: str
    stem: Text
    options: tuple[PresentedOption, ...]
    columns: int
    option_rows: tuple[tuple[str, str], ...]
    unit: str | None
    figures: tuple[PresentedFigure, ...] = ()
    pairs: tuple[tuple[PresentedOption | None, PresentedOption | None], ...] = ()
    prompts: tuple[PresentedOption, ...] = ()
    gap_rows: tuple[tuple[str, tuple[str, ...]], ...] = ()
    line: bool = False
    stimulus: PresentedStimulus | None = None
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _PrintedPart:
    """A section with its heading; ``shared`` are options that all its items have, said once."""

    section: PresentedSection
    heading_zh: str
    heading_en: str
    how: Text
    shared: tuple[PresentedOption, ...]
    items: tuple[_PrintedItem, ...]


def render_paper(
    view: PaperView,
    templates: TemplateFolder,
    typesetter: Typesetter,
    *,
    figures: Mapping[str, bytes] = {},
    tagged: bool = False,
) -> bytes:
    """One candidate's question paper as PDF.

    With ``tagged`` it is the same paper for assistive technology (PDF/UA-1): options stand one below the other.

    Args:
        figures: the bytes of its figures by digest.

    Raises:
        NotFound, InputError: what is wrong with the templates.
    """
    parts = tuple(
        _printed(number, section, view.languages, tagged=tagged) for number, section in enumerate(view.sections, 1)
    )
    html = templates.render(
        "paper.html",
        view=view,
        parts=parts,
        count=sum(len(part.items) for part in parts),
        languages=view.languages,
        paper_id=view.paper_id,
        verify_line=view.verify_line,
        sample=view.sample,
    )
    return typesetter.pdf(
        html,
        stylesheets=[RICH_TEXT_CSS, templates.css("paper.css")],
        images={"qr": qr_png(view.paper_id), **assets_in(html, figures)},
        variant="pdf/ua-1" if tagged else None,
    )


def render_answer_sheet(view: PaperView, templates: TemplateFolder, typesetter: Typesetter) -> bytes:
    """One candidate's answer sheet as PDF, drawn on the millimetre grid of :mod:`certengine.documents.answer_grid`.

    Raises:
        NotFound, InputError: what is wrong with the templates.
    """
    return render_answer_sheets((view,), templates, typesetter)[0]


def render_answer_sheets(
    views: Sequence[PaperView], templates: TemplateFolder, typesetter: Typesetter
) -> tuple[bytes, ...]:
    """The answer sheets of some papers, one PDF each, in their order.

    Papers whose items are answered alike share one laid out form, so a further sheet takes about a tenth of the time of
    the first; each file is the same whether it is made alone or with others.

    Raises:
        NotFound, InputError: what is wrong with the templates.
    """
    alike: dict[_SheetForm, list[int]] = {}
    for place, view in enumerate(views):
        alike.setdefault(_sheet_form(view), []).append(place)
    done: dict[int, bytes] = {}
    for form, places in alike.items():
        chosen = [views[place] for place in places]
        done.update(zip(places, _sheets_of(form, chosen, templates, typesetter), strict=True))
    return tuple(done[place] for place in range(len(views)))


def render_answer_keys(
    views: Sequence[KeyView],
    templates: TemplateFolder,
    typesetter: Typesetter,
    *,
    languages: tuple[str, ...] = ("zh", "en"),
    sample: bool = False,
) -> bytes:
    """The answer keys of some papers in one confidential PDF: the answers paper by paper, then each explanation once.

    Raises:
        NotFound, InputError: what is wrong with the templates.
    """
    html = templates.render(
        "answer_key.html",
        views=views,
        reasons=_reasons(views),
        guides=_guides(views),
        heading=_KEYS,
        across=[[_keys_across(entries) for _, entries in view.sections] for view in views],
        languages=languages,
        sample=sample,
    )
    return typesetter.pdf(html, stylesheets=[RICH_TEXT_CSS, templates.css("paper.css")], images=assets_in(html, {}))


def _sheet_form(view: PaperView) -> _SheetForm:
    plan = without_units(plan_answer_sheet(view))
    return (plan, view.scheme_title, view.component_title, view.languages, view.sample)


def _sheets_of(
    form: _SheetForm, views: Sequence[PaperView], templates: TemplateFolder, typesetter: Typesetter
) -> tuple[bytes, ...]:
    css = templates.css("answer_sheet.css")

    def laid_out(view: PaperView, *, person: bool) -> bytes:
        plan = plan_answer_sheet(view) if person else form[0]
        codes = {page.number: page_code(view.paper_id, page.number) for page in plan.pages}
        html = templates.render(
            "answer_sheet.html",
            view=view,
            plan=plan,
            form=not person,
            person=person,
            languages=view.languages,
            corners=CORNERS,
            cells=CELLS,
            cell_width=CELL_WIDTH,
            codes=codes,
            spaces=answer_pages,
        )
        images = {f"qr{number}": qr_png(code) for number, code in codes.items()} if person else {}
        return typesetter.pdf(html, stylesheets=[css], images=images)

    shared = laid_out(views[0], person=False)
    return tuple(lay_over(shared, laid_out(view, person=True)) for view in views)


def _printed(number: int, section: PresentedSection, languages: Sequence[str], *, tagged: bool) -> _PrintedPart:
    shared = _shared_options(section.items)
    forms = {item.presented.answer_form for item in section.items}
    ordinal = _ORDINALS[number - 1] if number <= len(_ORDINALS) else str(number)
    told_zh, told_en = _told(section)
    printed = (_print_item(item, languages, shared=bool(shared), tagged=tagged) for item in section.items)
    return _PrintedPart(
        section=section,
        heading_zh=f"{ordinal}、{section.title.best('zh')}（{told_zh}）",
        heading_en=f"Part {number}. {section.title.best('en')} ({told_en})",
        how=_HOW[forms.pop()] if len(forms) == 1 else _AS_EACH_ASKS,
        shared=shared,
        items=tuple(_with_stimuli(section.items, printed)),
    )


def _with_stimuli(items: Sequence[PresentedItem], printed: Iterable[_PrintedItem]) -> Iterator[_PrintedItem]:
    """The items, the first of each set with what the set refers to."""
    before: PresentedStimulus | None = None
    for place, (item, one) in enumerate(zip(items, printed, strict=True)):
        if item.stimulus is not None and item.stimulus != before:
            last = next(
                (n for n, other in enumerate(items) if n > place and other.stimulus != item.stimulus), len(items)
            )
            yield replace(one, stimulus=item.stimulus, first=item.position, last=items[last - 1].position)
        else:
            yield one
        before = item.stimulus


def _told(section: PresentedSection) -> tuple[str, str]:
    """Which items a section has and what they are worth, in Chinese and English."""
    first, last = section.items[0].position, section.items[-1].position
    each, total = decimal_text(section.marks_each), decimal_text(section.total)
    marks = f"{each} mark" if each == "1" else f"{each} marks"
    if first == last:
        return f"第 {first} 题，{each} 分", f"item {first}, {marks}"
    return (
        f"第 {first}–{last} 题，每题 {each} 分，共 {total} 分",
        f"items {first}–{last}, {marks} each, {total} marks",
    )


def _print_item(item: PresentedItem, languages: Sequence[str], *, shared: bool, tagged: bool) -> _PrintedItem:
    shown = item.presented
    side_by_side = bool(shown.prompts) and not tagged
    options = () if shared or side_by_side else shown.options
    # Read aloud, options go one by one; below prompts they are lines like these.
    columns = 1 if tagged else option_columns(options, languages)
    return _PrintedItem(
        number=f"{item.position}.".ljust(_NUMBER_WIDTH, _FIGURE_SPACE),
        stem=shown.stem,
        options=options,
        columns=columns,
        option_rows=tuple(_option_rows(options, columns, languages)) if columns > 1 else (),
        unit=shown.unit,
        figures=item.figures,
        pairs=tuple(zip_longest(shown.prompts, shown.options)) if side_by_side else (),
        prompts=() if side_by_side else shown.prompts,
        gap_rows=tuple(row for gap in shown.gaps if gap.options for row in _gap_rows(gap, languages)),
        line=shown.answer_form is AnswerForm.WRITTEN_TEXT,
    )


def _gap_rows(gap: PresentedGap, languages: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A row with the options of one gap for each language that says anything new."""
    shown = [shown_lines(option.text, languages) for option in gap.options]
    for depth in range(max(len(lines) for lines in shown)):
        cells = [
            joined(f"{option.label}.\u2002", on_one_line(lines[min(depth, len(lines) - 1)][1]))
            for option, lines in zip(gap.options, shown, strict=True)
        ]
        tag = next(lines[depth][0] for lines in shown if depth < len(lines))
        yield tag, (f"({gap.label})", *cells)


def _shared_options(items: Sequence[PresentedItem]) -> tuple[PresentedOption, ...]:
    """The options of a section whose items all have the same ones, as true-or-false items do."""
    kinds = {item.presented.options for item in items if not item.presented.prompts}
    return kinds.pop() if len(items) > 1 and len(kinds) == 1 else ()


def option_columns(options: Sequence[PresentedOption], languages: Sequence[str]) -> int:
    """In how many columns (1, 2 or 4) options stand, judged by the widest line among them."""
    lines = (pair for option in options for pair in text_lines(option.text, languages))
    widest = max((_width(line, smaller=tag != languages[0]) for tag, line in lines), default=0.0)
    if widest <= _FOUR_COLUMNS_EM and len(options) % 4 == 0:
        return 4
    return 2 if widest <= _TWO_COLUMNS_EM else 1


def _option_rows(
    options: Sequence[PresentedOption], columns: int, languages: Sequence[str]
) -> Iterator[tuple[str, str]]:
    for start in range(0, len(options), columns):
        row = options[start : start + columns]
        shown = [shown_lines(option.text, languages) for option in row]
        for depth in range(max(len(lines) for lines in shown)):
            cells = [on_one_line(lines[depth][1]) if depth < len(lines) else "" for lines in shown]
            if depth == 0:
                cells = [joined(f"{option.label}.\u2002", cell) for option, cell in zip(row, cells, strict=True)]
            yield next(lines[depth][0] for lines in shown if depth < len(lines)), in_columns(cells)


def _width(line: str, *, smaller: bool) -> float:
    found = measured(line)
    if found is None:  # blocks stand alone
        return math.inf
    told, beside = found
    return (_plain_width(told) + beside) * (_SECOND_LANGUAGE_SCALE if smaller else 1.0)


def _plain_width(line: str) -> float:
    return sum(map(_advance, line))


def _advance(char: str) -> float:
    """About how wide a character is, in em; a little generous, for a line that is too long would not wrap."""
    if unicodedata.east_asian_width(char) in "WFA":
        return 1.0
    return 0.3 if char.isspace() else 0.7 if char.isupper() else 0.57


def _keys_across(entries: Sequence[KeyEntry]) -> int:
    """How many answers stand beside each other in a key: 10, 5, 2 or 1, by the longest of them."""
    longest = max(len(entry.answer) for entry in entries)
    widest = max(_plain_width(entry.answer) for entry in entries)
    if longest <= 6 and widest <= _TEN_KEYS_EM:
        return 10
    return 5 if widest <= _FIVE_KEYS_EM else 2 if widest <= _TWO_KEYS_EM else 1


def _guides(views: Sequence[KeyView]) -> list[tuple[str, MarkingGuide]]:
    """The marking guide of each essay once, by item."""
    entries = [entry for view in views for _, entries in view.sections for entry in entries]
    return sorted({entry.item: entry.guide for entry in entries if entry.guide is not None}.items())


def _reasons(views: Sequence[KeyView]) -> list[tuple[str, Text]]:
    """Each explanation once, by item: papers share items, and a marker reads a reason once."""
    found = {
        (entry.item, entry.explanation)
        for view in views
        for _, entries in view.sections
        for entry in entries
        if entry.explanation is not None
    }
    return sorted(found, key=lambda pair: (pair[0], pair[1].by_language))
