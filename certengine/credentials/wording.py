"""What a verdict says to people, in Chinese and English, one place for the page, the command line and the JSON."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache

from certengine.model.credential import Standing, State, Verdict
from certengine.model.text import Text

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

_HEADINGS = {
    State.UNREADABLE: Text.of(zh="无法识别为证书", en="This cannot be read as a certificate"),
    State.TAMPERED: Text.of(zh="不是真件：内容与签发时不一致", en="Not genuine: this was altered"),
    State.UNKNOWN: Text.of(zh="查无此证书", en="No such certificate"),
    State.UNCHECKED: Text.of(zh="未能完成核验", en="Could not be fully checked"),
    State.REVOKED: Text.of(zh="已撤销", en="Withdrawn"),
    State.SUPERSEDED: Text.of(zh="已换发新证书", en="Replaced by another certificate"),
    State.SUSPENDED: Text.of(zh="已暂停有效", en="Suspended"),
    State.NOT_YET_VALID: Text.of(zh="尚未生效", en="Not yet valid"),
    State.EXPIRED: Text.of(zh="已过有效期", en="Expired"),
    State.VALID: Text.of(zh="有效", en="Valid"),
}
_STATEMENT = Text.of(zh="真实的成绩通知单，不是证书", en="A genuine result statement, not a certificate")
_STATEMENT_ADVICE = Text.of(
    zh="它由签发机构签名，签名后内容未变；是否已被更正，请向签发机构查询。证明资格请索取证书。",
    en="The issuer signed it and nothing was changed since; whether it was corrected later, the issuer can tell. "
    "For proof of the qualification ask for the certificate.",
)
_SPECIMEN = Text.of(zh="样张，不是证书", en="Specimen, not a certificate")

_ADVICE = {
    State.UNREADABLE: Text.of(
        zh="请输入印在二维码旁的核验码（形如 ABCD-EFGH-JKMN-PQRS-T），或上传签发机构发出的原始 PDF 文件。",
        en="Type the code printed beside the QR code (it looks like ABCD-EFGH-JKMN-PQRS-T), "
        "or hand in the PDF file exactly as the issuer sent it.",
    ),
    State.TAMPERED: Text.of(
        zh="请勿采信。请向持证人索取原件，并将此情况告知签发机构。",
        en="Do not rely on it. Ask the holder for the original, and tell the issuer what you were given.",
    ),
    State.UNKNOWN: Text.of(
        zh="请核对输入的是二维码旁的核验码（不是证书编号），并且没有输错。如果无误，说明本机构没有签发过这份证书。",
        en="Check that it is the code beside the QR code, not the certificate's number, and that it was typed correctly. If so, "
        "this issuer has not issued such a certificate.",
    ),
    State.UNCHECKED: Text.of(
        zh="尚不能判定有效。请看下面哪一项没有完成，稍后再试，或使用签发机构发出的原始文件。",
        en="This is not a yes. See below which check could not be done; try again later, "
        "or use the original file from the issuer.",
    ),
    State.REVOKED: Text.of(
        zh="签发机构已撤销这份证书，不再有效。", en="The issuer has withdrawn this certificate; it no longer counts."
    ),
    State.SUPERSEDED: Text.of(
        zh="这份证书已被新证书替代，请向持证人索取新证书。",
        en="A newer certificate replaces this one; ask the holder for it.",
    ),
    State.SUSPENDED: Text.of(
        zh="签发机构已暂停这份证书，暂停期间不作为有效证书。",
        en="The issuer has suspended this certificate; until that is lifted it does not count.",
    ),
    State.NOT_YET_VALID: Text.of(
        zh="证书上的发证日期尚未到来。", en="The date of issue on the certificate has not come."
    ),
    State.EXPIRED: Text.of(zh="证书真实，但有效期已过。", en="The certificate is genuine, but its validity has ended."),
    State.VALID: Text.of(
        zh="请将下列姓名和证书名称与您手中的证书逐字对照。",
        en="Compare the name and the title below with the document in your hand, letter by letter.",
    ),
}
_SPECIMEN_ADVICE = Text.of(
    zh="这是用样张密钥签的预览件，任何情况下都不是有效证书。",
    en="It was signed with a specimen key, as a preview. It is never a valid certificate.",
)

STANDINGS = {
    Standing.ISSUED: Text.of(zh="登记为已签发", en="on record as issued"),
    Standing.SUSPENDED: Text.of(zh="登记为已暂停", en="on record as suspended"),
    Standing.REVOKED: Text.of(zh="登记为已撤销", en="on record as withdrawn"),
    Standing.SUPERSEDED: Text.of(zh="登记为已换发新证书", en="on record as replaced by another certificate"),
    Standing.UNKNOWN: Text.of(zh="没有这份证书的登记", en="there is no record of this certificate"),
}

TONES = {
    State.VALID: "good",
    State.TAMPERED: "bad",
    State.REVOKED: "bad",
    State.SUPERSEDED: "bad",
    State.SUSPENDED: "warn",
    State.EXPIRED: "warn",
    State.NOT_YET_VALID: "warn",
    State.UNCHECKED: "warn",
    State.UNKNOWN: "none",
    State.UNREADABLE: "none",
}
"""The colour of each state, wherever one is shown: the words beside it say the same."""


def tone_of(state: State, *, specimen: bool) -> str:
    """The colour of a verdict; a specimen is never shown as good."""
    return "warn" if specimen else TONES[state]


def heading(verdict: Verdict) -> Text:
    """The state in words, with the date or number that goes with it where it is known."""
    if verdict.specimen and verdict.state is State.UNKNOWN:
        return _SPECIMEN
    if verdict.statement:
        return _STATEMENT
    since = verdict.status.since if verdict.status is not None else None
    match verdict.state:
        case State.REVOKED if since is not None:
            on = date_text(since.astimezone(UTC).date())
            return both("已于{0}撤销", "Withdrawn on {0}", on)
        case State.SUPERSEDED if since is not None:
            # The new number stands below: it is too long for a heading on a phone.
            return both("已于{0}换发新证书", "Replaced on {0}", date_text(since.astimezone(UTC).date()))
        case State.SUPERSEDED if verdict.status is not None and verdict.status.successor is not None:
            return both("已换发新证书：{0}", "Replaced by {0}", verdict.status.successor)
        case State.SUSPENDED if since is not None:
            return both("自{0}起暂停有效", "Suspended since {0}", date_text(since.astimezone(UTC).date()))
        case State.NOT_YET_VALID:
            return both("尚未生效，自{0}起有效", "Valid from {0}", _claimed(verdict, "issued_on"))
        case State.EXPIRED:
            return both("已过有效期，有效期至{0}", "Expired: it was valid until {0}", _claimed(verdict, "valid_until"))
    return _HEADINGS[verdict.state]


def advice(verdict: Verdict) -> Text:
    """What to do now."""
    if verdict.statement:
        return _STATEMENT_ADVICE
    return _SPECIMEN_ADVICE if verdict.specimen and verdict.state is State.UNKNOWN else _ADVICE[verdict.state]


@lru_cache(maxsize=1024)
def date_text(day: date) -> Text:
    """A date written out: ``2026年11月22日``, ``22 November 2026``."""
    return Text.of(zh=f"{day.year}年{day.month}月{day.day}日", en=f"{day.day} {_MONTHS[day.month - 1]} {day.year}")


@lru_cache(maxsize=64)  # answers of one second say it thousands of times
def instant_words(at: datetime) -> Text:
    """An instant written out in UTC, to the minute."""
    at = at.astimezone(UTC)
    return both("{0} {1} (UTC)", "{0}, {1} UTC", date_text(at.date()), f"{at:%H:%M}")


def both(chinese: str, english: str, *values: Text | str) -> Text:
    """A sentence in both languages with values put in, each in its language."""
    return Text.of(
        zh=chinese.format(*(value if isinstance(value, str) else value.best("zh") for value in values)),
        en=english.format(*(value if isinstance(value, str) else value.best("en") for value in values)),
    )


def _claimed(verdict: Verdict, name: str) -> Text:
    # The ladder reaches these two states only with claims that carry the date.
    return date_text(date.fromisoformat(str((verdict.claims or {})[name])))
