"""A receipt of a check as one A4 page in Chinese and English, for the file of whoever checked.

Invariants:

1. The page says what the receipt says, and the receipt itself is inside as ``receipt.json``: that file counts, and the
   page says so. The page is not signed, and imitates neither a certificate nor a seal.
2. Who stands behind the receipt - the issuer, nobody, or somebody else - stands beside the state, in words.
3. The same receipt gives the same bytes; everything in it is data and is escaped.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from certengine.canonical import Json, instant_text
from certengine.credentials.receipt import Basis, ReadReceipt, Rests, Warrant
from certengine.credentials.wording import both, date_text, instant_words, tone_of
from certengine.documents.layout import Attachment, Typesetter
from certengine.documents.lettering import wants_narrow_quotes
from certengine.documents.pdf_conformance import also_pdf_ua
from certengine.documents.rare_letters import embed_as_truetype
from certengine.documents.template_folder import TemplateFolder
from certengine.errors import InputError
from certengine.model.credential import Outcome
from certengine.model.text import Text

RECEIPT_ATTACHMENT: Final = "receipt.json"

OUTCOMES: Final = {
    Outcome.PASSED: ("✓", Text.of(zh="通过", en="passed")),
    Outcome.FAILED: ("✗", Text.of(zh="未通过", en="failed")),
    Outcome.NOT_DONE: ("–", Text.of(zh="未完成", en="not done")),
}
_WARRANTS: Final = {
    Warrant.SIGNED: both("签发机构已对本回执签名", "This receipt is signed by the issuer"),
    Warrant.UNSIGNED: both(
        "本回执未签名：只记录如何得到这一结果，可据此重新核验",
        "This receipt is not signed: it notes how to come to this answer again",
    ),
    Warrant.FOREIGN: both(
        "签名不能确认是签发机构所为，请重新核验证书",
        "The signature cannot be told to be the issuer's: check the certificate again",
    ),
}
_FACTS: Final = (
    ("number", Text.of(zh="证书编号", en="Certificate no.")),
    ("title", Text.of(zh="证书名称", en="Title")),
    ("level", Text.of(zh="等级", en="Level")),
    ("occupation", Text.of(zh="职业", en="Occupation")),
    ("issued_on", Text.of(zh="发证日期", en="Date of issue")),
    ("valid_until", Text.of(zh="有效期至", en="Valid until")),
    ("issuer", Text.of(zh="发证机构", en="Issuer")),
    ("scheme", Text.of(zh="认证方案", en="Scheme")),
)
_HOLDER: Final = Text.of(zh="持证人", en="Holder")
_ENDLESS: Final = Text.of(zh="长期有效", en="no end date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact: its name in both languages, and its values, each with its language, the Chinese first."""

    name: Text
    lines: tuple[tuple[str, str], ...]


def render_receipt(receipt: ReadReceipt, *, templates: TemplateFolder, typesetter: Typesetter) -> bytes:
    """The page, with the receipt inside.

    Raises:
        NotFound: the template folder has no receipt.
        InputError: the receipt was altered, the template is wrong, a character cannot be shown, or the text does not
            fit one page even when set small.
    """
    if receipt.warrant is Warrant.ALTERED:
        raise InputError("the receipt was altered after it was given", hint="check the certificate itself")
    try:
        return _page(receipt, templates, typesetter, tight=False)
    except _Overflow:
        return _page(receipt, templates, typesetter, tight=True)


class _Overflow(InputError):
    """The page became two."""

    default_code = "documents/receipt-overflow"


def _page(receipt: ReadReceipt, templates: TemplateFolder, typesetter: Typesetter, *, tight: bool) -> bytes:
    given = receipt.receipt
    facts = facts_of(given.claims)
    html = templates.render(
        "receipt.html",
        heading=given.heading,
        tone=_tone(receipt),
        warrant=_WARRANTS[receipt.warrant],
        trusted=receipt.warrant is Warrant.SIGNED,
        facts=facts,
        narrow=bool(facts) and any(wants_narrow_quotes(text) for _, text in facts[0].lines),
        checks=[(*OUTCOMES[check.outcome], check.outcome.value, check.detail) for check in given.checks],
        checked_at=instant_words(given.checked_at),
        presented=_presented(given.presented),
        presented_digest=given.presented.get("digest"),
        basis=_rests(given.basis),
        digest=given.basis.digest,
        issuer=given.basis.issuer,
        kid=receipt.kid,
        id=given.id,
        at=instant_text(given.checked_at),
        tight=tight,
    )
    attached = Attachment(
        name=RECEIPT_ATTACHMENT,
        content=given.data,
        at=given.checked_at,
        description="the receipt itself, as data",
        relationship="Source",
    )
    return typesetter.pdf(
        html,
        stylesheets=(templates.css("receipt.css"),),
        attachments=(attached,),
        variant="pdf/a-3a",
        identifier=hashlib.sha256(html.encode() + b"\0" + given.data).digest()[:16],
        finisher=_finish,
    )


def _tone(receipt: ReadReceipt) -> str:
    """The colour of the state; none for an answer that nobody is known to have given."""
    if receipt.warrant is Warrant.FOREIGN:
        return "none"
    return tone_of(receipt.receipt.state, specimen=receipt.receipt.specimen)


def facts_of(claims: dict[str, Json] | None) -> tuple[Fact, ...]:
    """What the certificate prints, holder first, as a verdict tells it; nothing without claims."""
    if claims is None:
        return ()
    holder = claims.get("holder")
    names = holder if isinstance(holder, dict) else {}
    named = tuple((tag, str(names[key])) for tag, key in (("zh", "name"), ("en", "name_en")) if key in names)
    facts = [Fact(name=_HOLDER, lines=named)]
    for key, name in _FACTS:
        if key in claims:
            facts.append(Fact(name=name, lines=_lines(key, claims[key])))
        elif key == "valid_until":
            facts.append(Fact(name=name, lines=_both_lines(_ENDLESS)))
    return tuple(facts)


def _lines(key: str, value: Json) -> tuple[tuple[str, str], ...]:
    if isinstance(value, dict):
        return _both_lines(Text.of({tag: str(text) for tag, text in value.items()}))
    if key in {"issued_on", "valid_until"}:
        return _both_lines(date_text(date.fromisoformat(str(value))))
    return (("zh", str(value)),)


def _both_lines(text: Text) -> tuple[tuple[str, str], ...]:
    lines = dict.fromkeys(sorted(text.by_language, key=lambda pair: pair[0] != "zh"))
    return tuple(lines)


def _presented(presented: dict[str, Json]) -> Text:
    ending, number = str(presented.get("ending", "")), str(presented.get("number", ""))
    match presented["kind"]:
        case "file":
            return Text.of(zh="一份文件", en="a file")
        case "code":
            return both("查询码，末四位 {0}", "a look-up code ending in {0}", ending)
        case "qr-text" if ending:
            return both("二维码，其查询码末四位 {0}", "a QR code whose look-up code ends in {0}", ending)
        case "number":
            return both("证书编号 {0} 及持证人姓名", "the certificate number {0} with the holder's name", number)
        case "qr-text":
            return Text.of(zh="二维码中的签名数据", en="the signed data of a QR code")
    return Text.of(zh="一段无法识读的内容", en="something that could not be read")


def _rests(basis: Basis) -> Text:
    made = instant_words(basis.made_at) if basis.made_at is not None else ""
    match basis.rests_on:
        case Rests.REGISTER:
            return Text.of(zh="签发机构的登记系统，截至核验时间", en="the issuer's register, at the time of the check")
        case Rests.BUNDLE:
            return both("签发机构签名的信任包，制作于{0}", "the issuer's signed trust bundle, made on {0}", made)
        case Rests.KEYRING:
            return Text.of(zh="签发机构的公钥，不含证书现状", en="the issuer's public keys, without any status")
    return Text.of(zh="没有可信来源", en="nothing that could be trusted")


def _finish(document: Any, pdf: Any) -> None:  # WeasyPrint and pydyf have no annotations
    if pdf.pages["Count"] != 1:
        raise _Overflow(
            f"the receipt takes {pdf.pages['Count']} sheets instead of one", hint="shorten the template's text"
        )
    also_pdf_ua(document, pdf)
    embed_as_truetype(document, pdf)
