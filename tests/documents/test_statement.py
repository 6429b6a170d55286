"""The result statement as strangers see it: read, read aloud, extracted, and never like a certificate."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pikepdf
import pytest

from certengine.documents.certificate import render_certificate
from certengine.documents.layout import Typesetter
from certengine.documents.pdf_reading import gather_evidence, statement_in
from certengine.documents.statement import render_statement
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import InputError
from certengine.model.credential import Holder, Issuer
from certengine.model.statement import PassedPart, Statement, StatementPart, StatementRule, StatementSection
from certengine.model.text import Text
from tests.documents.conftest import Reader, Spelled, font_kinds
from tests.documents.pki import AT

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")]

SECTION = StatementSection(title=Text.of(zh="单项选择题", en="Single choice"), earned="10.66…", full=Decimal(20))
THEORY = StatementPart(
    component="theory",
    title=Text.of(zh="理论知识考试", en="Theory examination"),
    score=Decimal("71.7"),
    full=Decimal(100),
    cut=Decimal(60),
    rounding=Text.of(zh="四舍五入", en="rounded once"),
    sections=(SECTION,),
)
RULE = StatementRule(
    depth=1, needed=Text.of(zh="不低于 60 分", en="at least 60"), found=Text.of(zh="71.7 分", en="71.7"), holds=True
)
STATEMENT = Statement(
    reference="spring/C1/3fa9c2d1",
    issuer=Issuer(id="sample", name=Text.of(zh="样例学院", en="Sample Academy"), domain="verify.example.org"),
    holder=Holder(name="张晓明", name_en="Zhang Xiaoming"),
    candidate="C1",
    sitting="spring",
    scheme="robot@1",
    title=Text.of(zh="机器人操作员", en="Robot operator"),
    level=Text.of(zh="三级", en="Level 3"),
    outcome="failed",
    parts=(
        THEORY,
        replace(THEORY, component="skill", score=Decimal(40), cut=None, vetoes=(Text.of(zh="带电", en="Live"),)),
    ),
    rules=(RULE, replace(RULE, depth=9, holds=False)),
    carry=(PassedPart(title=THEORY.title, until=date(2028, 3, 2)),),
    again_from=date(2027, 4, 1),
    decided_on=date(2027, 3, 1),
    approved_on=date(2027, 3, 3),
    appeal_until=date(2027, 3, 13),
    appeal_how=Text.of(zh="书面申请", en="in writing"),
    decision="sha256:3fa9c2d1",
)


@pytest.fixture
def page(typesetter: Typesetter, templates: TemplateFolder) -> Any:
    """Renders a statement."""
    return lambda statement: render_statement(statement, templates=templates, typesetter=typesetter)


def test_it_says_everything_in_both_languages(page: Any, poppler: Reader, mupdf: Reader) -> None:
    """Who, what, the scores, why, what counts later, until when to appeal and how to check: in two readers' eyes."""
    for text in (reader(page(STATEMENT)) for reader in (poppler, mupdf)):
        plain = "".join(text.split())
        for words in (
            *("成绩通知单", "Resultstatement", "本通知单不是证书", "Thisisnotacertificate", "张晓明", "ZhangXiaoming"),
            *("不合格", "Notpassed", "71.7/100", "合格线60", "passmark60", "10.66", "否决项", "Live"),
            *("2028年3月2日", "2March2028", "2027年4月1日", "2027年3月13日", "13March2027", "书面申请", "inwriting"),
            *("verify.example.org", "spring/C1/3fa9c2d1", "非正式成绩"),
        ):
            assert words in plain


def test_it_is_pdf_a_and_pdf_ua_and_carries_its_data(page: Any) -> None:
    """Both standards are named, every part is tagged, and the statement itself is inside."""
    pdf = page(STATEMENT)
    with pikepdf.open(io.BytesIO(pdf)) as document, document.open_metadata() as metadata:
        standards = [metadata[name] for name in ("pdfaid:part", "pdfaid:conformance", "pdfuaid:part")]
        assert document.Root.MarkInfo.Marked
    data = statement_in(pdf)

    assert standards == ["3", "A", "1"]
    assert json.loads(data or b"")["schema"] == "certengine.statement/1"
    assert gather_evidence(pdf, roots=(), at=AT).statement


def test_a_certificate_embeds_no_statement(certificate: bytes) -> None:
    """What is told apart by its data is told apart both ways."""
    assert (statement_in(certificate), gather_evidence(certificate, roots=(), at=AT).statement) == (None, False)
    assert statement_in(b"no pdf") is None


@pytest.fixture
def certificate(typesetter: Typesetter, templates: TemplateFolder) -> bytes:
    """An ordinary certificate, unsigned."""
    from tests.documents.test_certificate import ADDRESS, CREDENTIAL, DATA, TYPED

    return render_certificate(
        CREDENTIAL, qr_text=ADDRESS, credential_json=DATA, typed_code=TYPED, templates=templates, typesetter=typesetter
    )


def test_the_same_statement_gives_the_same_bytes(page: Any) -> None:
    """No clock and no chance; another score gives another file."""
    assert page(STATEMENT) == page(STATEMENT) != page(replace(STATEMENT, outcome="passed"))


@pytest.mark.parametrize(
    "name",
    [
        "𠮷野",
        "阿卜杜热合曼·麦麦提吐尔逊·买买提艾力·阿不都热西提",
        "Wolfeschlegelsteinhausenbergerdorff " * 2,
        "<b>李</b>",
    ],
)
def test_any_name_is_printed_whole(name: str, page: Any, poppler: Reader) -> None:
    """Rare characters, long names and markup are text on the one sheet."""
    text = poppler(page(replace(STATEMENT, holder=Holder(name=name.strip()))))

    assert "".join(name.split()) in "".join(text.split())
    assert text.count("\f") == 1


def test_long_statements_are_set_smaller_and_then_take_a_second_sheet(page: Any, poppler: Reader) -> None:
    """Twenty sections stay on one sheet; two hundred rules do not, and nothing is left out."""
    full = page(replace(STATEMENT, parts=(replace(THEORY, sections=(SECTION,) * 24), THEORY)))
    rules = tuple(replace(RULE, found=Text.of(zh=f"{n} 分", en=f"found {n}")) for n in range(120))
    long = poppler(page(replace(STATEMENT, rules=rules)))

    assert poppler(full).count("\f") == 1
    assert (long.count("\f") > 1, "found 0" in long, "found 119" in long) == (True, True, True)


def test_a_passed_result_points_to_the_certificate(page: Any, poppler: Reader) -> None:
    """Without rules for appeals the candidate is sent to the issuer; without a sample nothing says so."""
    statement = replace(
        STATEMENT,
        outcome="passed",
        carry=(),
        again_from=None,
        appeal_until=None,
        issuer=replace(STATEMENT.issuer, sample=False),
    )
    plain = "".join(poppler(page(statement)).split())

    assert "证书另行签发" in plain
    assert "TurntoSampleAcademy" in plain
    assert "SAMPLE" not in plain


def test_a_character_without_a_shape_is_refused(page: Any) -> None:
    """A box for a name is no name."""
    with pytest.raises(InputError):
        page(replace(STATEMENT, holder=Holder(name="李\ue000")))


def test_rare_letters_of_a_name_weigh_little(page: Any) -> None:
    """They are TrueType like the rest, and four of them add less than 8 KB."""
    rare = page(replace(STATEMENT, holder=Holder(name="喆堃䶮𬭸")))

    assert font_kinds(rare) == {"/CIDFontType2"}
    assert len(rare) < len(page(STATEMENT)) + 8_000


def test_the_apostrophe_of_a_name_is_no_wider_than_in_english(page: Any, spelled: Spelled) -> None:
    """In Chinese type it would take the width of a character, and tear the name apart."""
    mark, after = spelled(page(replace(STATEMENT, holder=Holder(name="Seán O’Brien"))), "’B")

    assert after.x - mark.x < 0.4 * mark.size
