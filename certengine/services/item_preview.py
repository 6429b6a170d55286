"""An item as the candidate sees it, from the draft: what ``bank show`` prints, and its typeset view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from certengine.assembly.keyed import KeyedDraw
from certengine.assembly.views import presented_figures, presented_stimulus
from certengine.canonical import decimal_text
from certengine.errors import AnswerIsNo, NotFound, UsageError, first_errors
from certengine.items import kind_of
from certengine.items.essay import EssayContent
from certengine.items.kind import Variant
from certengine.items.marking_guide import marking_guide
from certengine.items.options import ordered
from certengine.model.bank import BankDraft, Item
from certengine.model.markup import plain
from certengine.model.text import Text
from certengine.model.view import MarkingGuide, PresentedFigure, PresentedStimulus
from certengine.services.context import Context
from certengine.services.files import write_whole
from certengine.services.pictures import pictures_in_files
from certengine.services.readers import BANK_READERS
from certengine.workspace.binding import closest
from certengine.workspace.folders import bundled_root

# A preview varies an item by a fixed key: it must show the same twice, and it is no draw of any sitting.
_PREVIEW = KeyedDraw(bytes(32), ("preview",))


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemPreview:
    """One variant of an item, with what an author wants to know of it.

    Attributes:
        mistakes: what a candidate did who chooses a wrong option, by its letter; shown with the key.
    """

    id: str
    kind: str
    area: str
    level: str
    status: str
    stem: Text
    options: tuple[tuple[str, Text], ...]
    unit: str | None
    prompts: tuple[tuple[str, Text], ...]
    gaps: tuple[tuple[str, tuple[tuple[str, Text], ...]], ...]
    answer: str | None
    explanation: Text | None
    mistakes: tuple[tuple[str, Text], ...] = ()
    guide: MarkingGuide | None = None
    figures: tuple[PresentedFigure, ...] = ()
    stimulus: PresentedStimulus | None = None
    variant: int = 1

    def lines(self) -> Iterator[str]:
        """For the terminal: each language in turn, markup in plain words."""
        yield f"{self.id}  {self.kind}, {self.area} x {self.level}, {self.status}"
        for language in self.stem.languages:
            yield ""
            if self.stimulus is not None:
                yield from _stimulus_lines(self.stimulus, language)
            yield _plain(self.stem, language) + (f"  ({self.unit})" if self.unit else "")
            yield from _figure_lines(self.figures, language)
            yield from (f"  ({label}) {_plain(text, language)}" for label, text in self.prompts)
            yield from (f"  {label}. {_plain(text, language)}" for label, text in self.options)
            for gap, options in self.gaps:
                yield f"  ({gap}) " + "  ".join(f"{label}. {_plain(text, language)}" for label, text in options)
        if self.answer is not None:
            yield ""
            yield f"key: {self.answer}"
            if self.explanation is not None:
                yield from (plain(text) for _, text in self.explanation.by_language)
            for label, text in self.mistakes:
                yield f"  {label}: " + " / ".join(written for _, written in reversed(text.by_language))
        if self.guide is not None:
            yield ""
            yield f"rubric: {self.guide.points} points"
            for row in self.guide.rows:
                scale = "yes / no" if row.condition else f"0-{row.top}"
                yield f"  {row.id} ({scale}): " + " / ".join(text for _, text in reversed(row.title.by_language))
            yield from ("  " + " / ".join(text for _, text in reversed(one.by_language)) for one in self.guide.rules)


def _plain(text: Text, language: str) -> str:
    return plain(text.best(language))


def _stimulus_lines(stimulus: PresentedStimulus, language: str) -> Iterator[str]:
    """What the item refers to, above it."""
    if stimulus.title is not None:
        yield f"[{stimulus.id}] {_plain(stimulus.title, language)}"
    yield _plain(stimulus.text, language)
    yield from _figure_lines(stimulus.figures, language)
    yield ""


def _figure_lines(figures: Sequence[PresentedFigure], language: str) -> Iterator[str]:
    for figure in figures:
        caption = f"  {_plain(figure.caption, language)}" if figure.caption is not None else ""
        yield f"[figure: {_plain(figure.alt, language)}]{caption}"


def preview_item(
    context: Context, bank_id: str, item_id: str, *, with_key: bool, variant_number: int = 1
) -> ItemPreview:
    """One variant of a draft's item; another number, another variant.

    Raises:
        NotFound: when there is no such bank or item.
        AnswerIsNo: when the bank's files do not bind.
        Refused: when the role is missing.
    """
    context.demand_role(*BANK_READERS)
    draft = _draft(context, bank_id)
    items = {item.id: item for item in draft.items}
    item = items.get(item_id)
    if item is None:
        raise NotFound(
            f"bank `{bank_id}` has no item `{item_id}`{closest(item_id, tuple(items))}",
            hint=f"`certengine bank show {bank_id}` lists its items",
        )
    kind = kind_of(item.kind)
    draw = _PREVIEW.within(item.id)
    variant = kind.vary(item.content, draw if variant_number == 1 else draw.within(f"variant {variant_number}"))
    stimulus = next((one for one in draft.stimuli or () if one.id == item.stimulus), None)
    presented = kind.present(item.content, variant)
    return ItemPreview(
        id=item.id,
        kind=item.kind,
        area=item.area,
        level=item.level,
        status=item.status.value,
        stem=presented.stem,
        options=tuple((option.label, option.text) for option in presented.options),
        unit=presented.unit,
        prompts=tuple((prompt.label, prompt.text) for prompt in presented.prompts),
        gaps=tuple(
            (gap.label, tuple((option.label, option.text) for option in gap.options))
            for gap in presented.gaps
            if gap.options
        ),
        answer=kind.answer(item.content, variant) if with_key else None,
        explanation=item.explanation if with_key else None,
        mistakes=_mistakes(item, variant) if with_key else (),
        guide=marking_guide(item.content) if with_key and isinstance(item.content, EssayContent) else None,
        figures=presented_figures(item.figures),
        stimulus=presented_stimulus(stimulus) if stimulus is not None else None,
        variant=variant_number,
    )


def _mistakes(item: Item, variant: Variant) -> tuple[tuple[str, Text], ...]:
    if "options" not in variant:
        return ()
    shown = ordered(item.content.options, variant)
    return tuple((label, option.mistake) for label, option in shown if option.mistake is not None)


def write_preview(context: Context, bank_id: str, preview: ItemPreview, output: Path) -> None:
    """Write the typeset view of a preview, as the file's suffix says: ``.pdf``, ``.png`` or ``.html``.

    Raises:
        UsageError: for another suffix.
        NotFound, InputError, Refused: what is wrong with a template, a picture or a font.
    """
    from certengine.documents.fonts import default_font_cache, prepare_fonts
    from certengine.documents.item_page import TEMPLATE, item_html, item_pdf, item_png
    from certengine.documents.layout import Typesetter
    from certengine.documents.template_folder import TemplateFolder

    suffix = output.suffix.lower()
    if suffix not in {".pdf", ".png", ".html"}:
        raise UsageError(f"`{output.name}` is no page that is written here", hint="name a .pdf, .png or .html file")
    own = context.workspace.template_path("formal")
    # A workspace made before this page was has a template folder without it.
    folder = own if (own / TEMPLATE).is_file() else bundled_root() / "templates" / "formal"
    templates = TemplateFolder(folder)
    draft = _draft(context, bank_id)
    figures = pictures_in_files(context, draft)
    if suffix == ".html":
        write_whole(output, item_html(preview, draft.languages, templates, figures).encode())
        return
    typesetter = Typesetter(prepare_fonts(default_font_cache()))
    pdf = item_pdf(preview, draft.languages, templates, typesetter, figures)
    write_whole(output, pdf if suffix == ".pdf" else item_png(pdf))


def table_of_items(context: Context, bank_id: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Header and rows of a draft's items.

    Raises:
        NotFound: when there is no such bank.
        AnswerIsNo: when the bank's files do not bind.
        Refused: when the role is missing.
    """
    context.demand_role(*BANK_READERS)
    rows: list[tuple[str, ...]] = [
        (
            item.id,
            item.kind,
            item.area,
            item.level,
            item.importance.value,
            decimal_text(item.difficulty) if item.difficulty is not None else "",
            item.status.value,
        )
        for item in _draft(context, bank_id).items
    ]
    return ("item", "kind", "area", "level", "importance", "difficulty", "status"), rows


def _draft(context: Context, bank_id: str) -> BankDraft:
    draft, findings = context.workspace.read_bank(bank_id)
    if draft is None:
        raise AnswerIsNo(
            f"bank `{bank_id}` cannot be read",
            findings=first_errors(findings),
            hint=f"`certengine bank check {bank_id}`",
        )
    return draft
