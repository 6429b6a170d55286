"""The words of the pages around a verdict, in Chinese and English; the verdict's own are in the credentials room."""

from __future__ import annotations

from certengine.model.text import Text

LANGUAGES = ("zh", "en")

LANGUAGE_NAMES = {"zh": "中文", "en": "English"}

WORDS = {
    "site": Text.of(zh="证书核验", en="Certificate verification"),
    "skip": Text.of(zh="跳到正文", en="Skip to the content"),
    "language": Text.of(zh="语言", en="Language"),
    "home_heading": Text.of(zh="核验证书", en="Verify a certificate"),
    "home_lead": Text.of(
        zh="扫描证书上的二维码，输入旁边的核验码，或上传证书的 PDF 原件或二维码照片。不需要登录，也不会询问您的任何个人信息。",
        en="Scan the QR code on the certificate, type the code beside it, or hand in the certificate's PDF file or a "
        "photograph of its QR code. No account is needed and nothing is asked about you.",
    ),
    "code_label": Text.of(zh="核验码或二维码内容", en="Code, or text of the QR code"),
    "code_hint": Text.of(
        zh="形如 ABCD-EFGH-JKMN-PQRS-T，不区分大小写，短横可省略",
        en="Looks like ABCD-EFGH-JKMN-PQRS-T; capitals and dashes do not matter",
    ),
    "code_button": Text.of(zh="查询", en="Look up"),
    "file_label": Text.of(
        zh="证书 PDF，或二维码的照片、截图", en="Certificate as a PDF file, or a picture of its QR code"
    ),
    "file_hint": Text.of(
        zh="PDF、PNG、JPEG 或 WebP，不超过 10 MB；只用于本次核验，不会保存",
        en="PDF, PNG, JPEG or WebP, up to 10 MB; it is checked and not kept",
    ),
    "file_button": Text.of(zh="核验文件", en="Check the file"),
    "again": Text.of(zh="核验另一份证书", en="Verify another certificate"),
    "facts": Text.of(zh="证书内容", en="What the certificate says"),
    "holder": Text.of(zh="姓名", en="Name"),
    "title": Text.of(zh="证书名称", en="Title"),
    "occupation": Text.of(zh="职业", en="Occupation"),
    "level": Text.of(zh="等级", en="Level"),
    "number": Text.of(zh="证书编号", en="Number"),
    "issued_on": Text.of(zh="发证日期", en="Issued on"),
    "valid_until": Text.of(zh="有效期至", en="Valid until"),
    "no_end": Text.of(zh="长期有效", en="without end"),
    "issuer": Text.of(zh="签发机构", en="Issuer"),
    "scheme": Text.of(zh="考核方案", en="Scheme"),
    "successor": Text.of(zh="新证书编号", en="Number of the new certificate"),
    "reason": Text.of(zh="原因类别", en="Reason"),
    "checks": Text.of(zh="核验项目：{1} 项中 {0} 项通过", en="Checks made: {0} of {1} passed"),
    "passed": Text.of(zh="通过", en="passed"),
    "failed": Text.of(zh="未通过", en="failed"),
    "not_done": Text.of(zh="未核验", en="not done"),
    "receipt": Text.of(zh="留存本次核验的签名回执：", en="Keep a signed receipt of this check:"),
    "checked_at": Text.of(zh="核验时间：{0}", en="Checked on {0}"),
    "sample": Text.of(
        zh="示例机构：本站证书均为样本，非国家证书",
        en="Sample issuer: its certificates are samples, not national certificates",
    ),
    "phishing": Text.of(
        zh="请确认浏览器地址栏中的网址是 {0}，与证书上印的一致。",
        en="Make sure that the address bar of your browser shows {0}, as printed on the certificate.",
    ),
    "keys": Text.of(zh="签发机构公钥（可离线核验）", en="The issuer's public keys, for verifying offline"),
    "local_pending": Text.of(
        zh="正在您的浏览器中核验二维码签名……", en="Checking the QR code's signature in your browser ..."
    ),
    "local_heading": Text.of(zh="在您的浏览器中核验", en="Checked in your browser"),
    "local_private": Text.of(
        zh="这部分核验在您的浏览器中完成；网址中 # 之后的内容没有发送给服务器。",
        en="This part was checked in your browser; what follows # in the address was not sent.",
    ),
    "signed_facts": Text.of(zh="签名时的证书内容", en="What the certificate said when it was signed"),
    "missing_heading": Text.of(zh="没有这个页面", en="There is no such page"),
    "missing_lead": Text.of(zh="请从首页开始核验。", en="Start from the first page."),
    "method_heading": Text.of(zh="这个地址不能这样使用", en="This address is not used that way"),
    "large_heading": Text.of(zh="文件太大", en="The file is too large"),
    "large_lead": Text.of(
        zh="证书文件通常不到 1 MB，最多接受 10 MB。照片请降低分辨率后再试。",
        en="A certificate is usually under 1 MB; at most 10 MB are accepted. Take photographs at a lower resolution.",
    ),
    "bad_heading": Text.of(zh="请求不完整", en="The request is incomplete"),
    "bad_lead": Text.of(zh="请输入核验码，或选择一个文件。", en="Type a code, or choose a file."),
    "slow_heading": Text.of(zh="上传太慢，已中断", en="The upload took too long"),
    "slow_lead": Text.of(
        zh="请换一个网络再试，或改为输入核验码。", en="Try another network, or type the code instead."
    ),
    "busy_heading": Text.of(zh="查询太频繁", en="Too many requests"),
    "busy_lead": Text.of(zh="请在 {0} 秒后再试。", en="Try again in {0} seconds."),
    "broken_heading": Text.of(zh="服务暂时出错", en="Something went wrong here"),
    "broken_lead": Text.of(
        zh="这与您的证书无关，请稍后再试。", en="This says nothing about the certificate. Try again later."
    ),
}

CHECKS = {
    "format": Text.of(zh="可识读", en="Readable"),
    "pdf-signature": Text.of(zh="文件签名", en="Signature of the file"),
    "pdf-whole": Text.of(zh="文件完整", en="File complete"),
    "credential-proof": Text.of(zh="凭证签名", en="Signature of the credential"),
    "token-signature": Text.of(zh="二维码签名", en="Signature of the QR code"),
    "same-claims": Text.of(zh="内容一致", en="Contents agree"),
    "issuer-key": Text.of(zh="签发机构密钥", en="Issuer's key"),
    "time-stamp": Text.of(zh="时间戳", en="Time stamp"),
    "archive": Text.of(zh="归档", en="Archive"),
    "address": Text.of(zh="网址", en="Address"),
    "register": Text.of(zh="登记状态", en="Register"),
    "file-digest": Text.of(zh="与登记文件相同", en="Same file as on record"),
    "dates": Text.of(zh="有效期", en="Dates"),
    "document": Text.of(zh="文件种类", en="Kind of document"),
}

FILE_TOO_SLOW = Text.of(zh="文件在限定时间内没有核验完", en="the file could not be checked within the time allowed")
FILE_BUSY = Text.of(zh="正在核验其他文件，请稍后再试", en="other files are being checked; try again in a moment")
FILE_FAILED = Text.of(
    zh="文件的读取超出了限制，已中止", en="reading the file went beyond the limits set for it and was stopped"
)
NO_ANSWER = Text.of(zh="登记系统暂时无法访问", en="the register is out of reach")


def say(key: str, language: str, *values: str) -> str:
    """A phrase of the pages in one language, with values put in."""
    return WORDS[key].best(language).format(*values)
