"""The receipt as a page: what it says, in both languages, and the data inside it."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pikepdf
import pytest

from certengine.credentials.receipt import Basis, ReadReceipt, Rests, Warrant, make_receipt, read_receipt
from certengine.credentials.verdict import judge, unknown_verdict
from certengine.documents.layout import Typesetter
from certengine.documents.pdf_reading import gather_evidence
from certengine.documents.receipt import RECEIPT_ATTACHMENT, facts_of, render_receipt
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import InputError
from certengine.model.credential import Holder, Presented, Standing, State, Verdict
from certengine.model.text import Text
from tests.credentials.credential_world import (
    CRED,
    CREDENTIAL,
    ISSUER,
    KEYRING,
    NOW,
    on_record,
    pdf_evidence,
)
from tests.credentials.test_receipt import FILE_DIGEST, KEY, QR, REGISTER, TRUSTED, made, unsigned
from tests.documents.conftest import Reader, Spelled, font_kinds

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")]


@pytest.fixture
def page(typesetter: Typesetter, templates: TemplateFolder) -> Any:
    """Renders a receipt."""
    return lambda receipt: render_receipt(receipt, templates=templates, typesetter=typesetter)


def signed(**values: Any) -> ReadReceipt:
    """A receipt of the sample certificate's file, signed and trusted."""
    return read_receipt(made(**values), TRUSTED)


def judged(**changes: Any) -> Verdict:
    """The answer on a changed certificate's token and badge."""
    credential = replace(CREDENTIAL, **changes)
    presented = Presented(token=CRED.token(credential), credential=CRED.badge(credential), code=credential.code)
    return judge(presented, keyring=KEYRING, lookup=on_record(), at=NOW)


def test_says_it_in_both_languages(page: Any, poppler: Reader) -> None:
    """State, holder, number, time, source and who signed stand on the page, in Chinese and English."""
    text = poppler(page(signed()))

    for words in (
        *(
            "核验回执",
            "Receipt of a certificate check",
            "有效",
            "Valid",
            "2027年3月3日 09:30",
            "3 March 2027, 09:30 UTC",
        ),
        *("欧阳晓红", "OUYANG Xiaohong", "S000026110300001", "2028年11月21日", "21 November 2028"),
        *("签发机构已对本回执签名", "This receipt is signed by the issuer", KEY.record.kid, FILE_DIGEST),
        *("文件与登记的原件逐字节相同", "the file is, byte for byte, the one on record"),
        *("签发机构的登记系统", "the issuer's register", "SAMPLE"),
    ):
        assert words in text


def test_second_renderer_shows_the_chinese(page: Any, mupdf: Reader) -> None:
    """A renderer of other make shows the Chinese as well."""
    assert "欧阳晓红" in mupdf(page(signed()))


def test_the_receipt_itself_is_inside(page: Any) -> None:
    """The attached file is the receipt, byte for byte, and reads as signed."""
    receipt = signed()
    with pikepdf.open(io.BytesIO(page(receipt))) as pdf:
        assert [RECEIPT_ATTACHMENT] == list(pdf.attachments)
        data = pdf.attachments[RECEIPT_ATTACHMENT].get_file().read_bytes()
        assert len(pdf.pages) == 1

    assert receipt.receipt.data == data
    assert read_receipt(data, TRUSTED).warrant is Warrant.SIGNED


def test_is_no_certificate(page: Any) -> None:
    """Handed in as a certificate, the page is not one."""
    evidence = gather_evidence(page(signed()), roots=KEYRING.roots, at=NOW)
    assert judge(Presented(pdf=evidence), keyring=TRUSTED, lookup=on_record(), at=NOW).state is State.UNREADABLE


def test_unsigned_says_so(page: Any, poppler: Reader) -> None:
    """An unsigned page says that nobody signed, and on which bundle it rests."""
    digest = "sha256:" + "a" * 64
    basis = Basis(rests_on=Rests.BUNDLE, digest=digest, made_at=NOW, issuer=ISSUER)
    text = poppler(page(read_receipt(unsigned(source=basis), None)))

    assert "本回执未签名" in text
    assert "This receipt is not signed" in text
    assert digest in text


def test_foreign_says_so(page: Any, poppler: Reader) -> None:
    """A signature that is not the issuer's is called so on the page."""
    assert "签名不能确认是签发机构所为" in poppler(page(read_receipt(made(), KEYRING)))


def test_altered_is_not_printed(page: Any) -> None:
    """Nobody gets a handsome page of an altered receipt."""
    document = json.loads(made())
    document["presented"]["digest"] = "sha256:" + "0" * 64
    with pytest.raises(InputError, match="altered"):
        page(read_receipt(json.dumps(document).encode(), TRUSTED))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (judge(Presented(pdf=pdf_evidence()), keyring=KEYRING, lookup=on_record(Standing.REVOKED), at=NOW), "已撤销"),
        (judge(Presented(pdf=pdf_evidence(intact=False)), keyring=KEYRING, lookup=None, at=NOW), "Not genuine"),
        (unknown_verdict(NOW), "查无此证书"),
    ],
    ids=["revoked", "tampered", "unknown"],
)
def test_other_states(page: Any, poppler: Reader, answer: Verdict, words: str) -> None:
    """Every state is one page, with claims or without."""
    assert words in poppler(page(signed(answer=answer)))


def test_long_texts_stay_on_one_page(page: Any) -> None:
    """The longest title that is sensible is set small rather than on two sheets."""
    title = Text.of(
        zh="新能源汽车动力电池系统检测与维修工程" * 3, en="Inspection and Repair of Traction Batteries " * 4
    )
    issuer = replace(ISSUER, name=Text.of(zh="示例职业技能学院" * 4, en="Sample Skills Academy " * 5))
    answer = judged(title=title, occupation=title)
    receipt = signed(answer=answer, source=replace(REGISTER, issuer=issuer))

    with pikepdf.open(io.BytesIO(page(receipt))) as pdf:
        assert len(pdf.pages) == 1


def test_markup_is_text(page: Any, poppler: Reader) -> None:
    """What a certificate's holder is called is never a template and never markup."""
    answer = judged(holder=replace(CREDENTIAL.holder, name='<b>{{ 7 * 7 }}</b><img src="file:///etc/passwd">'))
    assert "{{ 7 * 7 }}" in poppler(page(signed(answer=answer)))


def test_same_receipt_same_bytes(page: Any) -> None:
    """The page asks no clock."""
    assert page(signed()) == page(signed())


def test_also_accessible(page: Any) -> None:
    """The page is PDF/A-3a and PDF/UA-1."""
    with pikepdf.open(io.BytesIO(page(signed()))) as pdf, pdf.open_metadata() as metadata:
        assert ("3", "A", "1") == tuple(
            metadata[f"{name}"] for name in ("pdfaid:part", "pdfaid:conformance", "pdfuaid:part")
        )


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (CREDENTIAL.code, "末四位 8E1W"),
        ("number:S000026110300001", "证书编号 S000026110300001 及持证人姓名"),
        (QR, "二维码，其查询码末四位 8E1W"),
        (QR.partition("#")[2], "二维码中的签名数据"),
        ("something", "无法识读的内容"),
    ],
)
def test_what_was_presented(page: Any, poppler: Reader, target: str, words: str) -> None:
    """The page says what was handed in, as far as that may be told."""
    receipt = read_receipt(
        make_receipt(unknown_verdict(NOW), target=target, file_digest=None, source=REGISTER), TRUSTED
    )
    assert words in " ".join(poppler(page(receipt)).split())


@pytest.mark.parametrize(
    ("rests_on", "words"), [(Rests.KEYRING, "without any status"), (Rests.NOTHING, "nothing that could be trusted")]
)
def test_what_it_rests_on(page: Any, poppler: Reader, rests_on: Rests, words: str) -> None:
    """A source that knows no status, and none at all, are called so; a receipt of no issuer is a page too."""
    receipt = read_receipt(unsigned(source=Basis(rests_on=rests_on)), None)
    assert words in poppler(page(receipt))


def test_facts() -> None:
    """Holder first; a certificate without end says so; without claims there are none."""
    facts = facts_of(judged(valid_until=None).claims)

    assert (("zh", "欧阳晓红"), ("en", "OUYANG Xiaohong")) == facts[0].lines
    assert (("zh", "长期有效"), ("en", "no end date")) in [fact.lines for fact in facts]
    assert () == facts_of(None)


def named(name: str) -> ReadReceipt:
    """A receipt of a certificate of somebody of this name."""
    return read_receipt(made(answer=judged(holder=Holder(name=name))), TRUSTED)


def test_rare_letters_of_a_name_weigh_little(page: Any) -> None:
    """They are TrueType like the rest, and four of them add less than 8 KB."""
    rare = page(named("喆堃䶮𬭸"))

    assert font_kinds(rare) == {"/CIDFontType2"}
    assert len(rare) < len(page(named("张晓明"))) + 8_000


def test_the_apostrophe_of_a_name_is_no_wider_than_in_english(page: Any, spelled: Spelled) -> None:
    """In Chinese type it would take the width of a character, and tear the name apart."""
    mark, after = spelled(page(named("Seán O’Brien")), "’B")

    assert after.x - mark.x < 0.4 * mark.size
