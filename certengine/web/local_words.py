"""What a page says about the check in the visitor's own browser; ``static/verify.js`` holds no words of its own.

Invariant: a sentence that the server uses for the same finding is the server's sentence.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from certengine.credentials import sentences
from certengine.credentials.wording import advice, heading
from certengine.model.credential import Outcome, State, Verdict
from certengine.model.text import Text
from certengine.web.words import CHECKS, WORDS

_DAY = Text.of(zh="{0}", en="{0}")
_CHECKS = ("format", "token-signature", "issuer-key", "same-claims", "dates")

DETAILS = {
    "format": sentences.FORMAT,
    "format_bad": sentences.PART_UNREADABLE,
    "signature": sentences.TOKEN_GOOD,
    "altered": sentences.CONTENT_CHANGED,
    "key_unknown": sentences.KEY_UNKNOWN,
    "key": sentences.KEY_GOOD,
    "key_not_in_use": sentences.KEY_NOT_IN_USE,
    "specimen": sentences.SPECIMEN,
    "same": Text.of(zh="与网址中的核验码和登记内容一致", en="it says what the code and the register say"),
    "same_code": Text.of(zh="与网址中的核验码一致", en="it is of the code in the address"),
    "differ": Text.of(zh="与网址中的核验码或登记内容不一致", en="it does not say what the code and the register say"),
    "begins": sentences.begins(_DAY),
    "ended": sentences.ended(_DAY),
    "runs_until": sentences.runs_until(_DAY),
    "without_end": sentences.WITHOUT_END,
    "no_keys": Text.of(zh="没有取到签发机构的公钥", en="the issuer's keys could not be fetched"),
    "no_crypto": Text.of(
        zh="这个浏览器（或这个不加密的连接）不能核验 Ed25519 签名",
        en="this browser, or this unencrypted connection, cannot check Ed25519 signatures",
    ),
}

SENTENCES = {
    "good": Text.of(
        zh="二维码的签名出自本签发机构，内容与登记一致。",
        en="The QR code was signed by this issuer, and says what the register says.",
    ),
    "alone": Text.of(
        zh="二维码的签名出自本签发机构，内容未被改动；当前状态（是否已撤销）未能查询，请稍后再试。",
        en="The QR code was signed by this issuer and is unaltered; whether it was withdrawn since could not be checked. "
        "Try again later.",
    ),
    "revoked_later": Text.of(
        zh="签名所用的密钥后来被吊销，只有登记系统能确认这份证书，请稍后再试。",
        en="The key that signed it was revoked later; only the register can confirm this certificate. Try again later.",
    ),
    "contradicted": Text.of(
        zh="二维码的签名本身正确，但登记系统没有这份证书：以上面的结果为准。",
        en="The QR code's own signature is good, but the register has no such certificate: the answer above stands.",
    ),
    "bad": Text.of(
        zh="二维码的内容被改动过、不完整，或与这份证书不符。请勿采信。",
        en="What the QR code says was altered, is incomplete, or is of another certificate. Do not rely on it.",
    ),
    "unknown": Text.of(
        zh="二维码不是由本签发机构有效的密钥签名的。请勿采信。",
        en="The QR code was not signed with a valid key of this issuer. Do not rely on it.",
    ),
    "specimen": Text.of(zh="二维码是用样张密钥签名的。", en="The QR code was signed with the specimen key."),
    "no_keys": Text.of(
        zh="没有取到签发机构的公钥，浏览器未能核验二维码的签名；以上是服务器的结果。",
        en="The issuer's keys could not be fetched, so your browser could not check the QR code's signature; the answer "
        "above is the server's.",
    ),
    "no_crypto": Text.of(
        zh="您的浏览器不能核验这种签名；以上是服务器的结果，二维码的内容与它一致。",
        en="Your browser cannot check this kind of signature; the answer above is the server's, and the QR code does not "
        "contradict it.",
    ),
}

_SIGNED = {
    "heading": Text.of(
        zh="确由本机构签发，但未能查到当前状态", en="Signed by us, but its current status could not be checked"
    ),
    "advice": Text.of(
        zh="以下是签名时的内容。此后是否被撤销尚不可知，还不能判定有效，请稍后再试。",
        en="Below is what was signed. Whether it was withdrawn since is not known, so this is not a yes; try again later.",
    ),
}


def local_words(language: str, tones: dict[State, str], icons: dict[State, str]) -> str:
    """All that ``verify.js`` may have to say, in one language, as JSON.

    Args:
        tones: the colour of each state; ``icons`` its icon.
    """
    answers = {state.value: _answer(state, language) for state in (State.UNREADABLE, State.TAMPERED, State.UNKNOWN)}
    looks = {state.value: {"tone": tones[state], "icon": icons[state]} for state in tones}
    found = {
        "names": {key: CHECKS[key].best(language) for key in _CHECKS},
        "outcomes": {outcome.value: WORDS[outcome.value].best(language) for outcome in Outcome},
        # Not yet filled in: the script puts the numbers in.
        "checks": WORDS["checks"].best(language),
        "details": {key: text.best(language) for key, text in DETAILS.items()},
        "sentences": {key: text.best(language) for key, text in SENTENCES.items()},
        "answers": {
            **{key: {**answer, **looks[key]} for key, answer in answers.items()},
            "specimen": {**_answer(State.UNKNOWN, language, specimen=True), "tone": "warn", "icon": "alert"},
            "signed": {**{key: text.best(language) for key, text in _SIGNED.items()}, **looks["unchecked"]},
        },
    }
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _answer(state: State, language: str, *, specimen: bool = False) -> dict[str, str]:
    verdict = Verdict(state=state, checked_at=datetime.fromtimestamp(0, UTC), checks=(), specimen=specimen)
    return {"heading": heading(verdict).best(language), "advice": advice(verdict).best(language)}
