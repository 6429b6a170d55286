"""Texts of a bank as safe HTML, and the pictures of their formulas."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from itertools import product

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from certengine.documents.formulas import draw_formula, formula_fault
from certengine.documents.layout import Typesetter
from certengine.documents.marking_guide import render_marking_guide
from certengine.documents.paper_printer import PaperPrinter
from certengine.documents.papers import render_paper
from certengine.documents.rich_text import (
    assets_in,
    holder,
    in_columns,
    joined,
    measured,
    on_one_line,
    shown,
    shown_figures,
    shown_lines,
)
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import InputError
from certengine.model.text import Text
from certengine.model.view import KeyEntry, KeyView, PaperView, PresentedFigure, PresentedOption, PresentedStimulus
from tests.documents.conftest import Reader
from tests.documents.printed_samples import choice, number_item, paper, section
from tests.formulas import FORMULAS

pytestmark = pytest.mark.slow

LANGUAGES = ("zh", "en")
SIGNS = st.text(alphabet=st.sampled_from("$`|*\\ \na1<>&\"'停"), max_size=60)
TAG = re.compile(r"<[^>]*>")
DIGEST = "sha256:" + "ab" * 32
SQUARE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><rect width="10" height="10" fill="black"/></svg>'
)


def test_a_text_without_signs_is_given_back_as_it_is() -> None:
    """Plain texts are no HTML: the template escapes them, and nothing is parsed."""
    told = "a < b & c"

    assert shown(told) is told
    assert not isinstance(shown(told), Markup)


@given(SIGNS)
def test_everything_a_text_says_is_escaped(told: str) -> None:
    """The only elements in the HTML of a text are our own, whatever it says."""
    found = str(Markup("{}").format(shown(told)))
    elements = {re.split(r"[ >]", tag[1:].strip("/"))[0] for tag in TAG.findall(found)}

    assert elements <= {"img", "code", "strong", "div", "pre", "table", "tr", "th", "td"}
    assert "<script" not in str(Markup("{}").format(shown(told + "<script>")))


def test_each_sign_has_its_element() -> None:
    """Stress, program text, a table, a block of program text and a formula set apart."""
    html = shown("**a** `b`\n| c | d |\n| e | f |\n```\ng  h\n```\n$$x$$\nend")

    assert html.startswith("<strong>a</strong> <code>b</code><table")
    assert '<tr><th scope="col">c</th><th scope="col">d</th></tr><tr><td>e</td><td>f</td></tr></table>' in html
    assert '<pre class="code-block">g  h</pre><div class="formula-apart"><img' in html
    assert html.endswith('<div class="rich-more">end</div>')


def test_a_formula_is_a_picture_that_names_itself() -> None:
    """Its address says the formula, its alternative text is the LaTeX, and its size is told in em of the text around it."""
    html = shown(r"so $\frac{a<b}{c}$")
    (name, content), *others = assets_in(html, {}).items()

    assert not others
    assert f'src="asset:{name}" alt="\\frac{{a&lt;b}}{{c}}" style="width:' in html
    assert content == draw_formula(r"\frac{a<b}{c}").svg
    assert draw_formula(r"\frac{a}{b}").depth > 0


def test_a_formula_alone_is_set_large() -> None:
    """An option that is a fraction and nothing else is readable."""
    alone, within = measured(r"$\frac{a}{b}$"), measured(r"x $\frac{a}{b}$")
    assert alone is not None
    assert within is not None
    assert alone[1] > within[1]
    assert "formula-d-" in shown(r"$\frac{a}{b}$")


def test_a_formula_that_cannot_be_set_is_shown_as_written() -> None:
    """A page is printed whatever a formula says: it stands there as program text."""
    assert shown(r"$\evil{x}$") == r"<code>\evil{x}</code>"
    assert measured(r"$\evil{x}$") == ("", pytest.approx(4.8))


def test_an_address_that_somebody_wrote_brings_nothing() -> None:
    """A text that says an address of ours is text; one that is damaged names no picture."""
    assert assets_in("asset:formula-i-!!!! asset:formula-i-____ asset:formula-d-XA asset:figure-12", {}) == {}


@settings(max_examples=60, deadline=None)
@given(FORMULAS, st.booleans())
def test_every_formula_of_the_grammar_is_drawn(latex: str, display: bool) -> None:
    """What `bank check` lets through the typesetter can draw: its picture has a size and holds outlines alone."""
    picture = draw_formula(latex, display=display)

    assert formula_fault(latex, display=display) is None
    assert set(re.findall(rb"<(\w+)", picture.svg)) <= {b"svg", b"g", b"path", b"rect"}
    assert picture.height >= 0


def test_a_formula_is_refused_with_its_reason() -> None:
    """What the grammar does not know is refused before the typesetter sees it, and its failures are no traceback."""
    with pytest.raises(InputError, match=r"`.evil` is not known here") as refused:
        draw_formula(r"\evil")
    assert refused.value.code == "text/formula"
    assert formula_fault(r"\evil") == refused.value.message


def test_a_block_that_reads_the_same_in_both_languages_is_given_once() -> None:
    """A program stands below the first language; what differs stands in both."""
    program = "```\nLD X0\n```"
    lines = shown_lines(Text.of(zh=f"程序：\n{program}\n结果", en=f"The program:\n{program}\nIts result"), LANGUAGES)

    assert [tag for tag, _ in lines] == ["zh", "en"]
    assert "LD X0" in lines[0][1]
    assert lines[1][1] == "The program:\nIts result"
    assert holder(lines) == "div"
    assert shown_lines(Text.of(zh=program, en=program + "\n"), LANGUAGES) == [lines_of(program)]


def lines_of(told: str) -> tuple[str, str]:
    return ("zh", shown(told))


def test_lines_are_put_together_as_html_only_when_one_of_them_is() -> None:
    """Plain cells stay plain text, kept apart by tabs; with a formula among them all become boxes, escaped."""
    assert in_columns(["a < b", "c"]) == "a < b\tc"
    assert in_columns(["a < b", shown("`c`")]) == (
        '<span class="cell">a &lt; b</span><span class="cell"><code>c</code></span>'
    )
    assert joined("A. ", "<") == "A. <"
    assert joined("<", shown("`c`")) == "&lt;<code>c</code>"
    assert on_one_line("a\n b") == "a b"
    assert on_one_line(shown("`a`\nb")) == "<code>a</code> b"
    assert measured("| a |\n| b |") is None


def test_a_figure_has_its_width_its_words_and_its_caption() -> None:
    """A picture is named by its digest; its caption may hold markup, its alternative text is plain."""
    figure = PresentedFigure(
        digest=DIGEST,
        width=Decimal("62.50"),
        alt=Text.of(zh="**回路**", en='a "loop"'),
        caption=Text.of(zh="图 1 $x$", en="Figure 1"),
    )
    html = shown_figures((figure,), LANGUAGES)

    assert f'<img src="asset:figure-{"ab" * 32}" alt="回路 / a &#34;loop&#34;" style="width:62.5mm">' in html
    assert '<figcaption><span lang="zh">图 1 <img' in html
    assert "<figcaption>" not in shown_figures(
        (PresentedFigure(digest=DIGEST, width=Decimal(1), alt=figure.alt),), "zh"
    )
    assert assets_in(html, {DIGEST: SQUARE})[f"figure-{'ab' * 32}"] == SQUARE
    assert [name for name in assets_in(html, {}) if name.startswith("figure")] == []


def test_a_paper_prints_what_its_texts_say(
    printer: PaperPrinter, typesetter: Typesetter, templates: TemplateFolder, poppler: Reader, mupdf: Reader
) -> None:
    """Program text keeps its columns, tables their cells, and no sign of the markup itself is left on the page."""
    stem = Text.of(
        zh="电阻 $R$：\n| 量 | 值 |\n| U | `24 V` |\n```\nLD   X0\nOUT  Y0  停止\n```\n**不**正确的是",
        en="Which is **not** right, $R$?",
    )
    options = tuple(
        PresentedOption(label=label, text=Text.of(zh=f"$\\frac{{U}}{{{label}}}$", en=f"$\\frac{{U}}{{{label}}}$"))
        for label in "ABCD"
    )
    files = [typesetter_paper(stem, options, typesetter, templates), printer.paper(paper_of(stem, options))]

    for read, rich in product((poppler, mupdf), files):
        told = read(rich)
        assert re.search(r"OUT +Y0", told)
        assert "停止" in told
        assert "不正确的是" in "".join(told.split())
        assert not re.search(r"[$`|]|\*\*|\\frac", told)


def paper_of(stem: Text, options: tuple[PresentedOption, ...]) -> PaperView:
    """A paper of one item."""
    presented = replace(choice(0), stem=stem, options=options)
    return paper(sections=(section(("单选题", "Single choice"), "2", 1, [presented]),))


def typesetter_paper(
    stem: Text,
    options: tuple[PresentedOption, ...],
    typesetter: Typesetter,
    templates: TemplateFolder,
    *,
    tagged: bool = False,
) -> bytes:
    return render_paper(paper_of(stem, options), templates, typesetter, looks=frozenset({"tagged"} if tagged else ()))


def test_a_formula_reads_aloud_as_its_latex(typesetter: Typesetter, templates: TemplateFolder) -> None:
    """In a paper for assistive technology each formula is a figure whose alternative text is its LaTeX."""
    options = tuple(PresentedOption(label=label, text=Text.of(zh=label, en=label)) for label in "AB")
    pdf = typesetter_paper(Text.of(zh=r"$\sqrt{x}$ 是", en="is"), options, typesetter, templates, tagged=True)

    with pikepdf.open(BytesIO(pdf)) as document:
        alternatives = {
            str(thing.Alt) for thing in document.objects if isinstance(thing, pikepdf.Dictionary) and "/Alt" in thing
        }
    assert r"\sqrt{x}" in alternatives


def test_what_a_set_refers_to_is_printed_once_above_it(
    typesetter: Typesetter, templates: TemplateFolder, poppler: Reader
) -> None:
    """Above the first item of each set stands its text, and which items refer to it, in both languages."""
    texts = (Text.of(zh="第一则材料", en="the first case"), Text.of(zh="第二则材料", en="the second case"))
    cases = [PresentedStimulus(id=str(number), title=None, text=told) for number, told in enumerate(texts)]
    mixed = [choice(0), number_item(0), choice(2)]
    part = section(("案例分析题", "Case study"), "2", 1, mixed)
    items = tuple(replace(item, stimulus=cases[n // 2]) for n, item in enumerate(part.items))
    told = poppler(render_paper(paper(sections=(replace(part, items=items),)), templates, typesetter))

    assert "".join(told.split()).count("第一则材料") == 1
    assert re.search(r"1–2[^\n]*1–2[\s\S]*第一则材料[\s\S]*the second case", told)
    assert "Read the material first" in told


def test_a_key_explains_with_formulas(typesetter: Typesetter, templates: TemplateFolder, poppler: Reader) -> None:
    """Explanations show markup as well."""
    entry = KeyEntry(
        position=1,
        item="A-1",
        marks=Decimal(1),
        answer="A",
        explanation=Text.of(zh="由 $P = UI$ 得 `P`", en="by $P = UI$"),
    )
    view = KeyView(paper_id="K7QP-2001", candidate_id="1", sections=((Text.of(zh="单选题", en="Choice"), (entry,)),))
    told = poppler(render_marking_guide((view,), templates, typesetter))

    assert "$" not in told
    assert "`" not in told
