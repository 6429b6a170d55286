"""The sheets of a practical examination: what each shows, and what it must not."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest

from certengine.documents.layout import Typesetter
from certengine.documents.paper_printer import PaperPrinter
from certengine.documents.scoring_sheets import (
    SheetHead,
    SheetHolder,
    render_scoring_sheets,
    render_site_list,
    render_task,
)
from certengine.documents.template_folder import TemplateFolder
from certengine.model.text import Text
from tests.documents.conftest import Reader, Spelled, font_kinds
from tests.documents.printed_samples import CRITERIA_BY_KIND, candidate, criteria, paper, task

pytestmark = [
    pytest.mark.slow,
    # WeasyPrint leaves its colour profile to be closed by the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
]

HEAD = SheetHead(
    issuer_name=paper().issuer_name,
    scheme_title=paper().scheme_title,
    level_title=paper().level_title,
    component_title=Text.of(zh="技能操作考核", en="Practical examination"),
    languages=("zh", "en"),
    sitting="2026-11-electrician",
)
HOLDERS = [
    SheetHolder(candidate=candidate(1), assessor="赵明"),
    SheetHolder(candidate=replace(candidate(2, "欧阳澈"), extra_time=Decimal("0.25")), assessor="钱进"),
]


def compact(found: str) -> str:
    """Text without its spaces and line ends, which readers place as they like."""
    return re.sub(r"\s+", "", found)


def missing(words: list[str], found: str) -> list[str]:
    """Those words that are not in a text, whatever the spaces."""
    return [word for word in words if compact(word) not in compact(found)]


@pytest.fixture(scope="module")
def sheets(printer: PaperPrinter, templates: TemplateFolder) -> tuple[bytes, ...]:
    """The scoring sheets of two candidates by two assessors."""
    return render_scoring_sheets(HEAD, task(), HOLDERS, templates, printer.press, criteria=criteria(task()))


def test_scoring_sheet_has_every_column_and_aspect(sheets: tuple[bytes, ...], mupdf: Reader) -> None:
    """The sheet has the nine columns of a Chinese scoring record, and each aspect with its id, title and marks."""
    columns = ["序号", "考核内容", "考核要求", "配分", "评分标准", "检测结果", "扣分", "得分", "备注"]
    told = [part for aspect in task().aspects for part in (aspect.id, aspect.title.best("zh"), aspect.title.best("en"))]

    assert missing([*columns, *told, "考评员签名", "日期"], mupdf(sheets[0])) == []


def test_scoring_sheet_says_how_marks_are_earned(sheets: tuple[bytes, ...], mupdf: Reader) -> None:
    """The marking rule of each kind of marked aspect is on the sheet in both languages."""
    rules = [line for kind in CRITERIA_BY_KIND if kind != "veto" for _, line in CRITERIA_BY_KIND[kind].by_language]

    assert missing(rules, mupdf(sheets[0])) == []


def test_sheet_has_boxes_for_what_is_asked(sheets: tuple[bytes, ...], mupdf: Reader) -> None:
    """Judgements have a box for each level, a checklist one for each point; a unit stands where a number goes."""
    found = compact(mupdf(sheets[0]))

    assert missing(["□0□1□2□3", "□a□b□c", "mm", "min"], found) == []
    assert "□d" not in found


def test_sheet_tells_the_candidates_own_time(sheets: tuple[bytes, ...], mupdf: Reader) -> None:
    """A candidate with extra time has the longer time on the sheet, by which time over is told."""
    assert [("120",), ("150",)] == [tuple(re.findall(r"\b1[25]0\b", mupdf(sheet))) for sheet in sheets]


def test_vetoes_stand_apart(sheets: tuple[bytes, ...], mupdf: Reader) -> None:
    """Vetoes come after the total of the marked aspects, with a yes and a no to tick and a second signature."""
    found = compact(mupdf(sheets[0]))

    after = found[found.index("合计Total") :]
    assert missing(["V1", "V2", "□是yes", "□否no", "第二考评员签名"], after) == []
    assert "擅自送电" not in found[: found.index("合计Total")]


def test_sheet_is_of_one_candidate_and_one_assessor(sheets: tuple[bytes, ...], poppler: Reader) -> None:
    """A sheet names its candidate and assessor on every page, and nobody else."""
    for mine, other in ((0, 1), (1, 0)):
        pages = poppler(sheets[mine]).split("\f")[:-1]
        for page in pages:
            holder, stranger = HOLDERS[mine], HOLDERS[other]
            assert holder.candidate is not None
            assert stranger.candidate is not None
            assert missing([holder.candidate.id, holder.candidate.name, str(holder.assessor)], page) == []
            assert missing([stranger.candidate.id, stranger.candidate.name, str(stranger.assessor)], page) == [
                stranger.candidate.id,
                stranger.candidate.name,
                stranger.assessor,
            ]


def test_made_together_or_alone(sheets: tuple[bytes, ...], printer: PaperPrinter, templates: TemplateFolder) -> None:
    """A sheet has the same bytes made alone or among others."""
    alone = render_scoring_sheets(HEAD, task(), [HOLDERS[1]], templates, printer.press, criteria=criteria(task()))[0]

    assert alone == sheets[1]


@pytest.mark.parametrize(("name", "told"), [("陈立", "陈立 chen-li"), ("chen-li", "chen-li"), (None, "chen-li")])
def test_sheet_names_the_assessor(
    name: str | None, told: str, printer: PaperPrinter, templates: TemplateFolder, poppler: Reader
) -> None:
    """Whoever marks stands on it by name, before the id that the marks are stored under; one that is the same once."""
    holder = SheetHolder(candidate=candidate(1), assessor="chen-li", assessor_name=name)
    (pdf,) = render_scoring_sheets(HEAD, task(), [holder], templates, printer.press, criteria=criteria(task()))
    first = poppler(pdf).split("\f")[0]

    assert compact(told) in compact(first)
    assert first.count("chen-li") == 1


def test_blank_sheet(printer: PaperPrinter, templates: TemplateFolder, mupdf: Reader) -> None:
    """Without candidate and assessor there is room to write them in."""
    found = mupdf(
        render_scoring_sheets(HEAD, task(), [SheetHolder()], templates, printer.press, criteria=criteria(task()))[0]
    )

    assert missing(["准考证号", "考评员", "A-P1"], found) == []
    assert "None" not in found


def test_aspect_without_a_rule_is_not_printed(printer: PaperPrinter, templates: TemplateFolder) -> None:
    """A sheet that would ask for marks without saying how they are earned is not printed."""
    known = {name: text for name, text in criteria(task()).items() if name != "D1"}

    with pytest.raises(KeyError, match="D1"):
        render_scoring_sheets(HEAD, task(), [HOLDERS[0]], templates, printer.press, criteria=known)[0]


def test_task_sheet_tells_what_to_do(typesetter: Typesetter, templates: TemplateFolder, mupdf: Reader) -> None:
    """The candidate reads the brief, the requirements, the share of marks and what fails, and whose sheet it is."""
    found = mupdf(render_task(HEAD, task(), templates, typesetter, candidate=candidate()))

    told = [task().brief, *task().requirements, task().title, task().aspect("V1").requirement]
    lines = [line for said in told if said is not None for _, line in said.by_language]
    assert missing([*lines, "120 分钟", "定位与运行", "2026110001", "林知远", "考核试卷"], found) == []


def test_task_sheet_does_not_tell_how_it_is_marked(
    typesetter: Typesetter, templates: TemplateFolder, mupdf: Reader
) -> None:
    """Aspects and their marking are not on what the candidate reads."""
    found = mupdf(render_task(HEAD, task(), templates, typesetter, candidate=candidate()))

    marked = [aspect.title.best("zh") for aspect in task().aspects if aspect.kind != "veto"]
    assert missing(marked, found) == marked


def test_task_sheet_without_requirements_numbers_its_parts(
    typesetter: Typesetter, templates: TemplateFolder, mupdf: Reader
) -> None:
    """Where a task has no requirements the marks are its second part."""
    found = mupdf(render_task(HEAD, replace(task(), requirements=()), templates, typesetter))

    assert missing(["一、考核内容", "二、配分"], found) == []


def test_site_list(typesetter: Typesetter, templates: TemplateFolder, mupdf: Reader) -> None:
    """The site list has each thing to prepare, what it must be, how many, and for how many benches."""
    found = mupdf(render_site_list(HEAD, task(), templates, typesetter, benches=6))

    assert (
        missing(["考核准备通知单", "伺服驱动器", "具备安全转矩关断（STO）输入", "Stopwatch", "工位数", "6"], found)
        == []
    )


@pytest.mark.parametrize("sample", [True, False])
def test_sample_mark(
    sample: bool, printer: PaperPrinter, typesetter: Typesetter, templates: TemplateFolder, mupdf: Reader
) -> None:
    """Sheets of a sample academy say so on every page, and only those."""
    head = replace(HEAD, sample=sample)
    files = [
        render_task(head, task(), templates, typesetter),
        render_site_list(head, task(), templates, typesetter),
        render_scoring_sheets(head, task(), [HOLDERS[0]], templates, printer.press, criteria=criteria(task()))[0],
    ]

    pages = [page for file in files for page in mupdf(file).split("\f")[:-1]]
    assert {"样卷" in compact(page) for page in pages} == {sample}


def test_time_and_marks_stand_on_one_line(printer: PaperPrinter, templates: TemplateFolder, spelled: Spelled) -> None:
    """The head has no room for a second line in its row, and full marks of three digits need none."""
    full = replace(task(), total=Decimal(100))
    (sheet,) = render_scoring_sheets(HEAD, full, HOLDERS[:1], templates, printer.press, criteria=criteria(full))
    letters = spelled(sheet, "分钟 min 满分 marks 100")

    assert len({round(one.y) for one in letters}) == 1


def test_rare_letters_of_a_task_sheet_are_truetype(typesetter: Typesetter, templates: TemplateFolder) -> None:
    """Like every other letter, also where a name is set with the page."""
    pdf = render_task(HEAD, task(), templates, typesetter, candidate=candidate(1, "喆堃䶮𬭸"))

    assert font_kinds(pdf) == {"/CIDFontType2"}


def test_a_long_issuer_stays_above_the_facts(
    printer: PaperPrinter, templates: TemplateFolder, spelled: Spelled
) -> None:
    """The head has one line for issuer and title: what is longer is set smaller."""
    issuer = Text.of(
        zh="先进智能制造职业技能鉴定公共实训示范中心" * 2, en="Demonstration Centre of Skills Assessment " * 4
    )
    head = replace(HEAD, issuer_name=issuer)
    (sheet,) = render_scoring_sheets(head, task(), HOLDERS[:1], templates, printer.press, criteria=criteria(task()))

    heading, table = spelled(sheet, "考核评分记录表")[0], spelled(sheet, "准考证号")[0]
    assert heading.y + 0.2 * heading.size < table.y - table.size
