"""Candidates' papers and answer keys, read back by strangers' readers."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import types
import typing
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageStat

from certengine.documents.layout import Typesetter
from certengine.documents.marking_guide import render_marking_guide
from certengine.documents.option_widths import option_columns
from certengine.documents.paper_looks import LOOKS
from certengine.documents.paper_printer import PaperPrinter
from certengine.documents.papers import render_paper
from certengine.documents.qr import read_qr
from certengine.documents.template_folder import TemplateFolder
from certengine.items import KINDS
from certengine.items.marking_guide import marking_guide
from certengine.model.text import Text
from certengine.model.view import AnswerForm, KeyEntry, KeyView, PaperView, Presented, PresentedItem, PresentedOption
from tests.documents.conftest import Reader, Spelled, font_kinds
from tests.documents.printed_samples import (
    candidate,
    choice,
    essay_item,
    gap_item,
    key,
    match_item,
    number_item,
    order_item,
    paper,
    section,
    statement,
    text,
    word_item,
)

pytestmark = [
    pytest.mark.slow,
    # WeasyPrint leaves its colour profile to be closed by the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

CANARY = "QZXW7719"


@pytest.fixture(scope="module")
def printed(printer: PaperPrinter) -> bytes:
    """An ordinary paper of 45 items in two languages."""
    return printer.paper(paper())


LayOut = Callable[[PaperView], bytes]


@pytest.fixture(params=["booklet", "whole", "large-print", "high-contrast", "tagged"])
def lay_out(
    request: pytest.FixtureRequest, printer: PaperPrinter, typesetter: Typesetter, templates: TemplateFolder
) -> LayOut:
    """Each way a paper is laid out."""
    if request.param == "booklet":
        return printer.paper
    looks = frozenset({request.param}) & LOOKS.keys()
    return lambda view: render_paper(view, templates, typesetter, looks=looks)


def short_paper(**changed: object) -> PaperView:
    """A paper of four items, one of each kind."""
    items = (choice(0), choice(2, several=True), statement(0), number_item(0))
    parts = tuple(section((f"第{n}部分", f"Kind {n}"), "2", n, [item]) for n, item in enumerate(items, 1))
    return replace(paper(sections=parts), **changed)  # type: ignore[arg-type]


def compact(found: str) -> str:
    """Text without its spaces and line ends, which readers place as they like."""
    return re.sub(r"\s+", "", found)


def pages_as_pictures(pdf: bytes, folder: Path, tool: str) -> list[Image.Image]:
    """The pages at 120 dpi in grey, drawn by one of two renderers."""
    file = folder / "paper.pdf"
    file.write_bytes(pdf)
    if tool == "poppler":
        subprocess.run(["pdftoppm", "-gray", "-r", "120", "-png", file, folder / "poppler"], check=True)
    else:
        subprocess.run(
            ["mutool", "draw", "-q", "-c", "gray", "-r", "120", "-o", folder / "mupdf%02d.png", file],
            check=True,
            stderr=subprocess.DEVNULL,
        )
    return [Image.open(path).convert("L") for path in sorted(folder.glob(f"{tool}*.png"))]


def everything_in(pdf: bytes, readers: tuple[Reader, ...]) -> str:
    """All that can be got out of a PDF: the text of its pages, its streams unpacked, its strings and its attachments."""
    found = [reader(pdf) for reader in readers]
    with pikepdf.open(BytesIO(pdf)) as document:
        found += [str(document.docinfo), str(list(document.attachments))]
        for entry in document.objects:
            if isinstance(entry, pikepdf.Stream):
                found.append(entry.read_bytes().decode("latin-1"))
            found.append(repr(entry))
    return "\n".join(found)


def test_every_item_is_on_the_paper_in_both_languages(printed: bytes, poppler: Reader) -> None:
    """Stems and options of every item can be searched for, in Chinese and in English."""
    found = compact(poppler(printed))
    items = [item for part in paper().sections for item in part.items]
    told = [item.presented.stem for item in items] + [
        option.text for item in items for option in item.presented.options
    ]

    missing = [line for said in told for _, line in said.by_language if compact(line)[:24] not in found]

    assert missing == []


def test_two_readers_read_the_same_chinese(printed: bytes, poppler: Reader, mupdf: Reader) -> None:
    """MuPDF extracts every Chinese character that poppler does, and as often."""
    chinese = re.compile(r"[\u4e00-\u9fff]")

    assert sorted(chinese.findall(mupdf(printed))) == sorted(chinese.findall(poppler(printed)))


def test_two_renderers_draw_the_same_ink(printed: bytes, tmp_path: Path) -> None:
    """Each page has as much ink in MuPDF as in poppler, so that no Chinese is blank in either."""
    ink = {
        tool: [255 - ImageStat.Stat(page).mean[0] for page in pages_as_pictures(printed, tmp_path, tool)]
        for tool in ("poppler", "mupdf")
    }

    assert len(ink["poppler"]) == len(ink["mupdf"]) > 3
    assert all(abs(one - two) < 0.02 * one for one, two in zip(ink["poppler"], ink["mupdf"], strict=True))


def test_every_page_says_whose_it_is(printed: bytes, poppler: Reader) -> None:
    """Every page carries the paper id and which page of how many it is."""
    pages = poppler(printed).split("\f")[:-1]

    for number, page in enumerate(pages, 1):
        assert "K7QP-2001" in page
        assert f"Page {number} of {len(pages)}" in page
        assert f"第{number}页共{len(pages)}页" in compact(page)


def test_every_page_has_the_code_of_the_paper(printed: bytes, tmp_path: Path) -> None:
    """The QR code on each printed page reads as the paper id."""
    file = tmp_path / "paper.pdf"
    file.write_bytes(printed)
    subprocess.run(["pdftoppm", "-gray", "-r", "150", "-png", file, tmp_path / "page"], check=True)
    pictures = sorted(tmp_path.glob("page*.png"))

    assert [set(read_qr(picture.read_bytes())) for picture in pictures] == [{"K7QP-2001"}] * len(pictures)


def test_only_truetype_fonts(printed: bytes) -> None:
    """All text is in TrueType fonts: another kind is blank in some readers."""
    with pikepdf.open(BytesIO(printed)) as document:
        kinds = {
            str(entry.Subtype)
            for entry in document.objects
            if isinstance(entry, pikepdf.Dictionary) and entry.get("/Type") == "/Font"
        }

    assert kinds == {"/Type0", "/CIDFontType2"}


def test_no_item_is_split_over_pages(printer: PaperPrinter, poppler: Reader) -> None:
    """All options of an item stand on the page of its stem, however the items fall."""
    items = [
        Presented(
            stem=Text.of(en=f"stem{n}x " + "of some length " * (n % 7)),
            answer_form=AnswerForm.ONE_BUBBLE,
            options=tuple(PresentedOption(label=label, text=Text.of(en=f"option{n}x " + "and more " * (n % 5))) for label in "ABCD"),
        )
        for n in range(60)
    ]  # fmt: skip

    pdf = printer.paper(paper(sections=(section(("选择", "Choice"), "1", 1, items),), languages=("en",)))

    pages = poppler(pdf).split("\f")
    assert len(pages) > 5
    for n in range(60):
        assert [page.count(f"option{n}x") for page in pages if f"stem{n}x" in page] == [4]


def structured(**changed: object) -> PaperView:
    """A paper of the four forms that are answered in parts or in words."""
    made = (match_item, order_item, word_item, gap_item)
    parts = tuple(
        section((f"第{n}部分", f"Kind {n}"), "2", 2 * n, [make(0), make(1)]) for n, make in enumerate(made, 1)
    )
    return replace(paper(sections=parts), **changed)  # type: ignore[arg-type]


def test_items_in_parts_are_printed_whole(lay_out: LayOut, poppler: Reader) -> None:
    """Prompts, options, steps, blanks and what gaps offer are on the paper in both languages, each once."""
    found = compact(poppler(lay_out(structured())))

    for prompt in (
        "(4)电动势",
        "(5)电位差",
        "D.赫兹",
        "F.步骤F",
        "____(2)____，这种仪表叫____(3)____",
        "A.串联",
        "B.并联",
    ):
        assert prompt in found.replace("e.m.f.", ""), prompt
    for words in ("potential", "stepF", "inseries", "inparallel", "measured____(2)____by"):
        assert words in found, words
    assert (found.count("赫兹"), found.count("步骤E"), found.count("答：Answer:")) == (2, 1, 2)


def test_two_columns_of_a_matching(printer: PaperPrinter, poppler: Reader) -> None:
    """Prompts stand left of the options, line by line; the longer column goes on alone."""
    view = structured(languages=("en",))
    lines = [" ".join(line.split()) for line in poppler(printer.paper(view)).splitlines()]

    assert {"(1) voltage A. V", "(3) resistance C. Ω", "D. hertz", "(5) potential"} <= set(lines)


def test_read_aloud_prompts_come_before_options(
    typesetter: Typesetter, templates: TemplateFolder, poppler: Reader
) -> None:
    """For assistive technology all prompts of a matching come before its options, not in turn with them."""
    found = poppler(render_paper(structured(languages=("en",)), templates, typesetter, looks=frozenset({"tagged"})))

    assert -1 < found.index("(3) resistance") < found.index("A. V")


def test_structured_page_has_no_ink_at_its_edges(printer: PaperPrinter, tmp_path: Path) -> None:
    """Nothing runs over the margins, not even words without a place to break."""
    long = Text.of(en="W" * 38)
    item = replace(
        match_item(1),
        prompts=tuple(PresentedOption(label=str(n), text=long) for n in range(1, 11)),
        options=tuple(PresentedOption(label=label, text=long) for label in "ABCDEFGHIJ"),
    )
    view = paper(sections=(section(("匹配", "Match"), "1", 1, [item]),), languages=("en",))

    for page in pages_as_pictures(printer.paper(view), tmp_path, "poppler"):
        width, height = page.size
        assert 255 == page.crop((0, 0, round(width * 15 / 210), height)).getextrema()[0]
        assert 255 == page.crop((round(width * 195 / 210), 0, width, height)).getextrema()[0]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [(("A", "ABCDE"), 10), (("1500 r/min",), 5), (("1A 2B 3C 4D", "1B 2A 3C 4D"), 5), (("断开 / open the circuit",), 2),
     (("1000 r/min | 970 r/min | 按比例降低 / fall in proportion",), 1)],
)  # fmt: skip
def test_keys_stand_beside_each_other_by_their_length(
    answers: tuple[str, ...],
    expected: int,
    printer: PaperPrinter,
    poppler: Reader,
) -> None:
    """Short answers stand ten or five to a line of the key, long ones two or alone, and none runs into the next."""
    entries = tuple(KeyEntry(position=n, item=f"i-{n}", marks=Decimal(1), answer=answers[n % len(answers)]) for n in range(1, 21))  # fmt: skip
    view = KeyView(paper_id="K7QP-2001", candidate_id="2026110001", sections=((text(("部分", "Part")), entries),))

    lines = poppler(printer.answer_keys([view])).splitlines()

    first = next(line for line in lines if line.lstrip().startswith("1. "))
    assert expected == len(re.findall(r"(?:^|\s)\d+\. ", first))


def test_sections_say_their_marks(printer: PaperPrinter, poppler: Reader) -> None:
    """A section is headed by its kind, its items, the marks of each and their sum, in both languages."""
    parts = (section(("单项选择题", "Single choice"), "1.5", 1, [choice(n) for n in range(4)]),)

    found = poppler(printer.paper(paper(sections=parts)))

    assert "一、单项选择题（第1–4题，每题1.5分，共6分）" in compact(found)
    assert "Part 1. Single choice (items 1–4, 1.5 marks each, 6 marks)" in found


def test_options_all_items_share_are_said_once(printer: PaperPrinter, poppler: Reader) -> None:
    """In a section of statements "true" and "false" stand in its heading, not with every statement."""
    parts = (section(("判断题", "True or false"), "1", 1, [statement(n) for n in range(6)]),)

    assert poppler(printer.paper(paper(sections=parts))).count("√ true") == 1


def test_shared_options_stand_on_one_line(lay_out: LayOut, spelled: Spelled) -> None:
    """What the letters of a section of statements mean is read on one line, in both languages."""
    parts = (section(("判断题", "True or false"), "1", 1, [statement(n) for n in range(6)]),)

    told = spelled(lay_out(paper(sections=parts)), "A √ 正确 √ true B × 错误 × false")

    assert len({round(letter.y) for letter in told}) == 1


def test_no_question_stands_on_the_cover(lay_out: LayOut, poppler: Reader) -> None:
    """A paper lies closed before its candidate: the cover tells not to open it, and questions begin on the next page."""
    pages = poppler(lay_out(short_paper())).split("\f")
    told = next(page for page in pages if "Part 1." in page)

    assert "Do not open this paper until you are told to" in pages[0]
    assert "Instructions to candidates" not in told


@pytest.mark.parametrize("look", LOOKS)
def test_a_long_name_stays_in_its_cell(
    look: str, typesetter: Typesetter, templates: TemplateFolder, spelled: Spelled
) -> None:
    """A name of one very long word is broken in its cell on the cover, before the one beside it."""
    name = "Wolfeschlegelsteinhausenbergerdorff" * 2
    view = replace(short_paper(), candidate=replace(candidate(), name=name))
    printed = render_paper(view, templates, typesetter, looks=frozenset({look}))

    beside = min(letter.x for letter in spelled(printed, "Paper id"))

    assert max(letter.x for letter in spelled(printed, name)) < beside


@pytest.mark.parametrize(("extra", "expected"), [(0, "90 分钟"), (23, "113 分钟（含延时 23 分钟）")])
def test_extra_time_is_printed(extra: int, expected: str, printer: PaperPrinter, poppler: Reader) -> None:
    """The time allowed is the candidate's own, and says how much of it is extra."""
    view = short_paper(minutes=90 + extra, extra_minutes=extra)

    assert compact(expected) in compact(poppler(printer.paper(view)))


@pytest.mark.parametrize("sample", [True, False])
def test_sample_mark(sample: bool, printer: PaperPrinter, mupdf: Reader) -> None:
    """A sample paper says so on every page, and only a sample does."""
    pages = mupdf(printer.paper(paper(sample=sample))).split("\f")[:-1]

    assert len(pages) > 3
    assert {("样卷" in compact(page), "SAMPLE" in compact(page)) for page in pages} == {(sample, sample)}


def test_sample_mark_in_high_contrast(typesetter: Typesetter, templates: TemplateFolder, mupdf: Reader) -> None:
    """A sample in high contrast says so on every page, in black beside the text instead of in grey behind it."""
    pdf = render_paper(paper(sample=True), templates, typesetter, looks=frozenset({"high-contrast"}))
    pages = mupdf(pdf).split("\f")[:-1]

    assert len(pages) > 3
    assert all("SAMPLE" in compact(page) for page in pages)


def test_mixed_section_marks_its_items(lay_out: LayOut, poppler: Reader) -> None:
    """Where a section cannot say how to answer, an item that takes several options or a page of its own does."""
    mixed = section(("案例", "Case"), "2", 1, [choice(0), choice(2, several=True), essay_item()])
    found = compact(poppler(lay_out(paper(sections=(mixed,)))))

    assert found.count("多选：选出所有正确的选项") == found.count("Chooseallthatapply.") == 1
    assert found.count("写在答题卡本题的答题页上") == 1


def test_section_of_one_kind_marks_no_item(lay_out: LayOut, poppler: Reader) -> None:
    """What the heading has said is not said again at each item."""
    assert "选出所有正确的选项" not in compact(poppler(lay_out(short_paper())))


def test_long_title_leaves_the_number_above_the_rule(printer: PaperPrinter) -> None:
    """However long a scheme's title, the candidate's number stands on the first line at the head of each page."""
    places = []
    for title in (Text.of(zh="电工", en="Electrician"), Text.of(zh="新能源汽车" * 9, en="New energy vehicles " * 9)):
        view = replace(paper(), scheme_title=title)
        printer.paper(view)
        head = printer.press.block(printer.fragments.plans(view)[0].head)
        places += [slot.baseline for slot in head.pieces[0].slots if slot.name == "candidate"]

    assert places[0] == pytest.approx(places[1])


@pytest.mark.parametrize(
    ("languages", "there", "absent"), [(("zh",), "考生须知", "Instructions"), (("en",), "Instructions", "考生须知")]
)
def test_one_language_alone(
    languages: tuple[str, ...],
    there: str,
    absent: str,
    printer: PaperPrinter,
    poppler: Reader,
) -> None:
    """A paper in one language has not a heading of the other."""
    found = poppler(printer.paper(short_paper(languages=languages)))

    assert (there in found, absent in found) == (True, False)


def test_text_of_a_bank_is_printed_as_it_is(printer: PaperPrinter, poppler: Reader) -> None:
    """Markup, addresses and template marks in an item or a name are printed, not obeyed."""
    rude = '<img src="http://x.invalid/a.png">{{ 7*7 }}<script>'
    item = replace(choice(0), stem=Text.of(zh=rude, en=rude))
    view = paper(name="<b>林</b>", sections=(section(("选择题", "Choice"), "1", 1, [item]),))

    found = compact(poppler(printer.paper(view)))

    assert compact(rude) in found
    assert "<b>林</b>" in found


def test_same_paper_same_bytes(printed: bytes, printer: PaperPrinter) -> None:
    """A paper printed again is the same file."""
    assert printer.paper(paper()) == printed


def test_tagged_paper(typesetter: Typesetter, templates: TemplateFolder) -> None:
    """For assistive technology the same paper is tagged, titled and names its language."""
    with pikepdf.open(
        BytesIO(render_paper(short_paper(), templates, typesetter, looks=frozenset({"tagged"})))
    ) as document:
        assert bool(document.Root.MarkInfo.Marked)
        assert str(document.Root.Lang) == "zh"
        assert "K7QP-2001" in str(document.docinfo["/Title"])


def test_no_answer_reaches_a_candidate(lay_out: LayOut, printer: PaperPrinter, poppler: Reader, mupdf: Reader) -> None:
    """The key's words are nowhere in a candidate's file, by a search that does find them in the key's own file."""
    view = paper()
    parts = tuple(
        (title, tuple(replace(entry, answer=CANARY, item=f"{CANARY}-item", explanation=Text.of(en=f"{CANARY} because")) for entry in entries))
        for title, entries in key(view).sections
    )  # fmt: skip
    keys = printer.answer_keys([replace(key(view), sections=parts)])

    assert CANARY in everything_in(keys, (poppler, mupdf))
    assert CANARY not in everything_in(lay_out(view), (poppler, mupdf))
    assert CANARY not in everything_in(printer.answer_sheet(view), (poppler, mupdf))


def test_a_paper_has_no_place_for_an_answer() -> None:
    """No field of what a paper is laid out from, however deep, is named after an answer, a key or an explanation."""
    names: set[str] = set()

    def walk(kind: typing.Any) -> None:
        for argument in typing.get_args(kind):
            walk(argument)
        if isinstance(kind, type) and dataclasses.is_dataclass(kind) and not isinstance(kind, types.GenericAlias):
            for name, hint in typing.get_type_hints(kind).items():
                if (kind, name) not in seen:
                    seen.add((kind, name))
                    names.add(name)
                    walk(hint)

    seen: set[tuple[type, str]] = set()
    walk(PaperView)

    assert "stem" in names
    assert {name for name in names if re.search("answer|key|explanation|right|correct", name)} == {"answer_form"}


def test_guide_for_the_markers_of_essays(typesetter: Typesetter, templates: TemplateFolder, poppler: Reader) -> None:
    """The marking guide prints the rubric and the model answer of each essay once, with what caps and requires, in both languages."""
    content = next(kind for kind in KINDS if kind.id == "essay").samples()[0].content
    entries = tuple(
        KeyEntry(position=n, item="B5-ES-01", marks=Decimal(8), answer="-", guide=marking_guide(content))
        for n in (1, 2)
    )
    views = [
        KeyView(paper_id=one, candidate_id="C1", sections=((Text.of(en="Essay"), entries),)) for one in ("P1", "P2")
    ]

    found = compact(poppler(render_marking_guide(views, templates, typesetter)))

    for words in (
        "满分8分8points",
        "dead先下电并验电是/否yes/no",
        "2=检查与正常结果/thecheckandtheresulttoexpect",
        "未满足“先下电并验电”的，至多得4分",
        "atmost4pointswithout:isolatesandprovesdeadfirst",
        "thebest4ofwinding,earth,resolver,bridge,rotorcount",
        "参考答案Modelanswer",
        "dioderangeshowsnoshortedswitch",
    ):
        assert words in found, words
    assert 1 == found.count("参考答案Modelanswer")


def test_keys_of_many_papers(printer: PaperPrinter, poppler: Reader) -> None:
    """The keys name each paper and candidate with its answers; why they are right is the marking guide's business."""
    views = [paper(number=n) for n in (1, 2, 3)]

    found = poppler(printer.answer_keys([key(view) for view in views]))

    for view in views:
        assert view.paper_id in found
        assert view.candidate.id in found
    assert (found.count("42. 1500 r/min"), found.count("43. 1500 r/min")) == (3, 0)
    assert "follows the clause" not in found


def test_marking_guide_gives_each_reason_once(
    typesetter: Typesetter, templates: TemplateFolder, poppler: Reader
) -> None:
    """An item's reason stands in the marking guide once, however many papers have the item; the first below the title."""
    views = [key(paper(number=n)) for n in (1, 2, 3)]

    found = poppler(render_marking_guide(views, templates, typesetter))

    assert found.count("Item 7 follows the clause.") == 1
    assert "Item 7 follows the clause." in found.split("\f")[0]


@pytest.mark.parametrize(
    ("lines", "languages", "expected"),
    [
        (("220 V", "380 V", "660 V", "127 V"), ("zh",), 4),
        (("黄绿双色", "淡蓝色", "黑色", "一二三四五六七八九"), ("zh",), 2),
        (("黄绿双色", "淡蓝色", "黑色", "一二三四五六七八九十一二三四五六七八九十一"), ("zh",), 1),
        (("甲", "乙", "丙", "丁", "戊"), ("zh",), 2),
    ],
)
def test_columns_by_the_widest_option(lines: tuple[str, ...], languages: tuple[str, ...], expected: int) -> None:
    """Short options stand four to a line, longer ones two, the longest one below the other."""
    options = [PresentedOption(label="A", text=Text.of(zh=line)) for line in lines]

    assert option_columns(options, languages) == expected


def test_second_language_widens_columns() -> None:
    """The wider of the two languages decides, where both are printed."""
    options = [PresentedOption(label=label, text=text(("短", "a rather long English option"))) for label in "ABCD"]

    assert (option_columns(options, ("zh",)), option_columns(options, ("zh", "en"))) == (4, 2)


def test_section_of_one_item_says_its_marks_once(printer: PaperPrinter, poppler: Reader) -> None:
    """A section of a single item of one mark is headed in the singular."""
    item = PresentedItem(position=9, marks=Decimal(1), presented=choice(0))
    part = replace(section(("选择题", "Choice"), "1", 9, []), items=(item,), total=Decimal(1))

    assert "(item 9, 1 mark)" in poppler(printer.paper(paper(sections=(part,))))


def test_rare_letters_of_a_paper_are_truetype(lay_out: LayOut) -> None:
    """Like every other letter, in every way a paper is laid out."""
    pdf = lay_out(replace(short_paper(), candidate=candidate(1, "喆堃䶮𬭸")))

    assert font_kinds(pdf) == {"/CIDFontType2"}


def test_the_apostrophe_of_a_name_is_no_wider_than_in_english(lay_out: LayOut, spelled: Spelled) -> None:
    """In Chinese type it would take the width of a character, and tear the name apart."""
    mark, after = spelled(lay_out(replace(short_paper(), candidate=candidate(1, "Seán O’Brien"))), "’B")

    assert after.x - mark.x < 0.4 * mark.size
