"""The sentence of each check, in Chinese and English. None of them repeats what a forger wrote."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from certengine.credentials.wording import STANDINGS, both, date_text, instant_words
from certengine.model.credential import Standing, Status
from certengine.model.text import Text

UNFORESEEN = Text.of(zh="核验过程中出现意外情况，未能完成", en="something unforeseen stopped the verification")

FORMAT = Text.of(zh="内容可以识读", en="it can be read")
PDF_UNREADABLE = Text.of(zh="文件无法作为 PDF 打开", en="the file cannot be opened as a PDF")
PART_UNREADABLE = Text.of(
    zh="二维码内容或凭证数据不完整，无法识读", en="the token or credential is incomplete and cannot be read"
)
CODE_UNREADABLE = Text.of(
    zh="核验码的位数或校验位不对（证书编号不是核验码）",
    en="the code has the wrong length or a wrong character (a certificate's number is not its code)",
)
NONE_IN_PICTURE = Text.of(
    zh="图片中没有可识读的证书二维码", en="no QR code of a certificate can be read in the picture"
)
SEVERAL_IN_PICTURE = Text.of(
    zh="图片中有多张证书的二维码，请逐张核验",
    en="the picture shows the QR codes of several certificates: hand in one at a time",
)
OF_NO_KIND = Text.of(
    zh="该文件既不是 PDF，也不是 PNG、JPEG、WebP 图片或文本",
    en="the file is no PDF, no PNG, JPEG or WebP picture, and no text",
)
A_JWT = Text.of(
    zh="这是 JWT 形式的凭证，请用支持 JWT 的软件核验，或改交证书 PDF、二维码或核验码",
    en="this is a credential as a JWT, for software that takes one: hand in the certificate's PDF, its QR code or its code",
)
RECEIPT_SIGNED = (
    "这是一份核验回执，由签发机构签名，未被改动：{0}核验，结果为“{1}”。回执不是证书，也不说明此后的情况",
    (
        "this is a receipt, signed by the issuer and unchanged, of a check on {0} with the answer “{1}”; "
        "it is no certificate, and says nothing of any later time"
    ),
)
RECEIPT_UNSIGNED = Text.of(
    zh="这是一份没有签名的核验回执，任何人都能写成这样；请核验证书本身",
    en="this is a receipt of a check without a signature, which anybody can write: hand in the certificate itself",
)
RECEIPT_FOREIGN = Text.of(
    zh="这是一份核验回执，但不能确认由签发机构签名；请核验证书本身",
    en="this is a receipt of a check, and nothing shows that the issuer signed it: hand in the certificate itself",
)
RECEIPT_ALTERED = Text.of(
    zh="这是一份核验回执，签名后内容被改动，不可采信",
    en="this is a receipt of a check, and it was altered since it was signed: do not rely on it",
)
NOTHING = Text.of(zh="没有可以核验的内容", en="there is nothing to verify")
PDF_WITHOUT_CERTIFICATE = Text.of(
    zh="文件中没有签名、凭证数据，也没有可识读的证书二维码",
    en="the file holds no signature, no credential and no certificate's QR code that could be read",
)

STATEMENT = Text.of(
    zh="这是成绩通知单，不是证书，任何情况下都不能当作证书使用",
    en="this is a result statement and not a certificate; it never stands in for one",
)

PDF_SIGNED = Text.of(
    zh="文件的数字签名正确，签名后内容未变", en="the file's signature is good and its content unchanged since"
)
PDF_CHANGED = Text.of(zh="文件在签名后被改动", en="the file was changed after it was signed")
PDF_SIGNATURE_LOST = Text.of(
    zh="文件带有证书数据，但原有的数字签名已丢失", en="the file carries a certificate's data, but its signature is gone"
)
PDF_SCAN = Text.of(
    zh="这不是带签名的原始文件（可能是扫描件），只能核验其中的二维码",
    en="this is not the signed original (perhaps a scan); only its QR code can be verified",
)
PDF_WHOLE = Text.of(
    zh="签名覆盖整个文件，其后没有追加内容", en="the signature covers the whole file and nothing was added"
)
PDF_NOT_WHOLE = Text.of(
    zh="签名没有覆盖整个文件，或其后追加了内容",
    en="the signature does not cover the whole file, or something was added",
)
NO_CREDENTIAL = Text.of(zh="文件中没有内嵌凭证数据", en="the file holds no embedded credential")
NO_QR = Text.of(zh="没有读到文件中的二维码", en="no QR code could be read from the file")

CODE_ALONE = Text.of(
    zh="只有核验码，没有可以核验的签名", en="there is only a code, and no signature that could be verified"
)
NO_KEYRING = Text.of(zh="没有签发机构的公钥，无法核验签名", en="without the issuer's keys no signature can be verified")
EMBEDDED_UNREADABLE = Text.of(zh="文件中的凭证数据或二维码内容不完整", en="what the file embeds is incomplete")
KEY_UNKNOWN = Text.of(
    zh="签名所用的密钥不属于签发机构，无从核验",
    en="it names a key that is not the issuer's, so it could not be verified",
)
CONTENT_CHANGED = Text.of(zh="内容与签名不符，已被改动", en="the content does not match its signature: it was altered")
TOKEN_GOOD = Text.of(zh="二维码内容的签名正确", en="the QR code's signature is good")
CREDENTIAL_GOOD = Text.of(zh="凭证数据的签名正确", en="the credential's signature is good")

SIGNER_UNKNOWN = Text.of(zh="文件不是由签发机构的密钥签名的", en="the file was not signed with a key of the issuer")
SPECIMEN = Text.of(zh="这是样张密钥，只用于预览", en="this is the specimen key, for previews only")
KEY_NOT_IN_USE = Text.of(
    zh="签名时该密钥不在启用期内，或已被吊销", en="the key was not in use, or already revoked, when this was signed"
)
NO_SIGNING_TIME = Text.of(zh="文件没有注明签名时间", en="the file does not state when it was signed")
KEY_GOOD = Text.of(zh="由签发机构的密钥在启用期内签名", en="signed with a key of the issuer, while it was in use")

STAMP_FOREIGN = Text.of(
    zh="签名上的时间戳不是签发机构指定的时间戳服务机构盖的，以签名所述时间为准",
    en="the time stamp on the signature is of an authority the issuer did not name; the time the signature states counts",
)
STAMP_LAPSED = Text.of(
    zh="时间戳服务机构的证书已到期，之后没有归档时间戳接续；以签名所述时间为准",
    en="the certificate of the time stamp has ended and no later stamp keeps it; the time the signature states counts",
)
STAMP_BROKEN = Text.of(
    zh="签名上的时间戳不成立；签名本身未变",
    en="the time stamp on the signature does not hold; the signature itself is unchanged",
)

ARCHIVE_FOREIGN = Text.of(
    zh="文件末尾的归档时间戳不是签发机构指定的时间戳服务机构盖的，不计入",
    en="the archive stamps after the signed file are of an authority the issuer did not name, and do not count",
)
ARCHIVE_LAPSED = Text.of(
    zh="归档时间戳的证书已到期而没有续盖，不再计入",
    en="the certificate of the last archive stamp has ended and was not renewed in time: it no longer counts",
)

CLAIMS_DIFFER = Text.of(zh="各部分的内容互不一致", en="the parts do not say the same")
CLAIMS_SAME = Text.of(zh="各部分的内容完全一致", en="all parts say the same")

NO_RECORD = STANDINGS[Standing.UNKNOWN]
NO_STATUS = Text.of(
    zh="未能查到当前状态：登记系统暂时无法访问，或离线资料已过期",
    en="its present standing could not be looked up: the register is out of reach, or the bundle too old",
)
KEY_REVOKED_LATER = Text.of(
    zh="签名密钥后来被吊销，只有登记系统能确认证书是在吊销之前签发的",
    en="the key was revoked later; only the register can tell that the certificate was issued before that",
)

NO_DIGEST = Text.of(zh="登记系统没有这份文件的摘要", en="the register has no digest of the file")
DIGEST_DIFFERS = Text.of(zh="文件与登记的原件不是逐字节相同", en="the file is not, byte for byte, the one on record")
DIGEST_SAME = Text.of(zh="文件与登记的原件逐字节相同", en="the file is, byte for byte, the one on record")

NO_DATES = Text.of(zh="没有经签名的日期可供核对", en="there are no signed dates to check")
WITHOUT_END = Text.of(zh="长期有效", en="valid without end")


def standing(status: Status) -> Text:
    """How the certificate stands, since when, and as of when that is known."""
    since = status.since.date() if status.since is not None and status.standing is not Standing.ISSUED else None
    return _standing(status.standing, since, instant_words(status.known_at))


@lru_cache(maxsize=64)  # answers of one minute say the same thousands of times
def _standing(standing: Standing, since: date | None, known: Text) -> Text:
    words = STANDINGS[standing]
    if since is not None:
        words = both("{0}（{1}起）", "{0} since {1}", words, date_text(since))
    return both("{0}；资料截至{1}", "{0}; as known on {1}", words, known)


def stamped(at: datetime) -> Text:
    """When the file was signed, by its time stamp."""
    return both(
        "时间戳证明文件签名于{0}之前已经存在", "a time stamp proves that it was signed by {0}", instant_words(at)
    )


def archived(first: datetime, until: datetime) -> Text:
    """Since when the file is archived, and how long its last stamp keeps it."""
    return both(
        "已归档：文件于{0}之前已经存在；归档时间戳有效至{1}",
        "archived: the file was there by {0}; its last stamp holds until {1}",
        instant_words(first),
        date_text(until.date()),
    )


def strange_host(host: str, own: str) -> Text:
    """The QR code leads elsewhere."""
    return both(
        "二维码指向 {0}，而签发机构的网址是 {1}",
        "the QR code leads to {0}, but the issuer's address is {1}",
        host[:80],
        own,
    )


def own_host(own: str) -> Text:
    """The QR code leads to the issuer."""
    return both("二维码指向签发机构的网址 {0}", "the QR code leads to the issuer's own address, {0}", own)


def begins(day: Text) -> Text:
    """Not yet."""
    return both("自{0}起有效", "valid from {0}", day)


def ended(day: Text) -> Text:
    """No longer."""
    return both("有效期至{0}，已过", "it was valid until {0}", day)


@lru_cache(maxsize=1024)
def runs_until(day: Text) -> Text:
    """Still."""
    return both("在有效期内，有效期至{0}", "valid until {0}", day)
