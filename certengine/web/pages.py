"""Pages: from a verdict to HTML. The template only places words; everything it is given is text.

Invariants:

1. A page names the state in words, with an icon and a colour, and says the words first (title, heading).
2. What a visitor typed is never repeated on a page: an unknown code and a malformed one get the same page.
3. Names and titles are shown in the language of the page and in the other one, because the paper prints both.
4. Every page says all it has to say without script; the one script only adds the check of what it alone can see.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from markupsafe import Markup, escape

from certengine.canonical import Json, instant_text
from certengine.credentials.keys import usable_at
from certengine.credentials.wording import TONES, advice, date_text, heading, instant_words, tone_of
from certengine.documents.template_folder import TemplateFolder
from certengine.model.credential import Issuer, Keyring, KeyUse, Outcome, Standing, State, Verdict
from certengine.model.text import Text
from certengine.web.local_words import local_words
from certengine.web.published import StaticFile, static_file
from certengine.web.words import CHECKS, LANGUAGE_NAMES, LANGUAGES, WORDS, say

_ICONS = {
    State.VALID: "tick",
    State.TAMPERED: "cross",
    State.REVOKED: "cross",
    State.SUPERSEDED: "arrow",
    State.SUSPENDED: "pause",
    State.EXPIRED: "clock",
    State.NOT_YET_VALID: "clock",
    State.UNCHECKED: "alert",
    State.UNKNOWN: "question",
    State.UNREADABLE: "question",
}
#: A date as :func:`~certengine.credentials.wording.date_text` writes it out.
_DAY = re.compile("([0-9]{1,2} [A-Z][a-z]+ [0-9]{4}|[0-9]{4}年[0-9]{1,2}月[0-9]{1,2}日)")
_STATIC = Path(__file__).parent / "static"
_SIGNED_FACTS = ("holder", "title", "level", "number", "issued_on", "valid_until", "scheme")
_OUTCOME_ICONS = {Outcome.PASSED: "tick", Outcome.FAILED: "cross", Outcome.NOT_DONE: "dash"}

#: The reason classes of the register; anything else is not shown, so that no remark ever reaches a page.
REASONS = {
    "error": Text.of(zh="签发有误", en="issued in error"),
    "misconduct": Text.of(zh="违规", en="misconduct"),
    "appeal": Text.of(zh="复议结果", en="outcome of an appeal"),
    "key-compromise": Text.of(zh="密钥泄露", en="key compromised"),
    "holder-request": Text.of(zh="持证人申请", en="asked for by the holder"),
    "lost": Text.of(zh="遗失补发", en="lost by the holder"),
    "other": Text.of(zh="其他", en="other"),
}


class Line(NamedTuple):
    """A text in one language, marked with it; ``day`` is the date it writes out, ``YYYY-MM-DD``; ``place`` its class."""

    lang: str
    text: str
    day: str | None = None
    place: str | None = None


class HeadingPart(NamedTuple):
    """A part of a heading; a ``day`` is a date, which is not broken at the end of a line."""

    text: str
    day: bool


class Fact(NamedTuple):
    """One fact of a certificate: its name, and its lines, the page's language first."""

    key: str
    name: str
    lines: tuple[Line, ...]


class Switch(NamedTuple):
    """The link to a page in one language; ``text`` repeats what was asked where the page was not fetched by address."""

    lang: str
    name: str
    current: bool
    address: str
    text: str | None


class CheckLine(NamedTuple):
    """One check as it is shown."""

    outcome: str
    icon: str
    name: str
    word: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How a page was asked for: its language, its path, and the text that was posted, if any."""

    lang: str
    path: str
    text: str | None = None

    @property
    def by_code(self) -> bool:
        """Whether the address names a code, so that a token may stand behind its ``#``."""
        return self.path[:3].lower() == "/c/"


class Pages:
    """The pages of one issuer, from one folder of templates."""

    def __init__(self, folder: Path) -> None:
        """Open the folder that has ``page.html`` and ``page.css``.

        Raises:
            NotFound: when it has not.
        """
        self._folder = TemplateFolder(folder)
        self._css = static_file("page.css", self._folder.css("page.css").encode(), "text/css")
        self._token = static_file("token.js", (_STATIC / "token.js").read_bytes(), "text/javascript")
        # It imports the other by the name that carries its digest; so its own digest covers both.
        script = (_STATIC / "verify.js").read_text("utf-8").replace('"./token.js"', f'"./{self._token.name}"')
        self._script = static_file("verify.js", script.encode(), "text/javascript")
        self.static: dict[str, StaticFile] = {file.name: file for file in (self._css, self._token, self._script)}
        self._local = {lang: escape(local_words(lang, TONES, _ICONS)) for lang in LANGUAGES}
        # Escaped once: nothing on a page is said more often.
        self._words = {lang: {key: escape(text.best(lang)) for key, text in WORDS.items()} for lang in LANGUAGES}
        icons = {*_ICONS.values(), *_OUTCOME_ICONS.values()}
        self._icons = {name: Markup(self._folder.render("icon.html", icon=name).strip()) for name in sorted(icons)}

    def home(self, issuer: Issuer, asked: Asked) -> str:
        """The first page: the form."""
        return self._page(issuer, asked, kind="home", heading=say("home_heading", asked.lang))

    def message(self, issuer: Issuer, asked: Asked, name: str, *values: str) -> str:
        """A page that says why there is no answer: ``name`` is of the words ``<name>_heading`` and ``<name>_lead``."""
        lead = f"{name}_lead"
        return self._page(
            issuer,
            asked,
            kind="message",
            heading=say(f"{name}_heading", asked.lang),
            lead=say(lead, asked.lang, *values) if lead in WORDS else None,
        )

    def verdict(self, keyring: Keyring, asked: Asked, verdict: Verdict, receipt: bytes | None = None) -> str:
        """The answer; ``receipt`` is the signed receipt of one that has no address to ask again."""
        lang = asked.lang
        said = heading(verdict).best(lang)
        return self._page(
            keyring.issuer,
            asked,
            kind="verdict",
            local=self._local_check(keyring, lang) if asked.by_code else None,
            at=instant_text(verdict.checked_at),
            heading=said,
            heading_parts=[HeadingPart(text=text, day=place % 2 == 1) for place, text in enumerate(_DAY.split(said))],
            advice=advice(verdict).best(lang),
            tone=tone_of(verdict.state, specimen=verdict.specimen),
            icon_name="alert" if verdict.specimen else _ICONS[verdict.state],
            state=verdict.state.value,
            standing=_standing(verdict, lang),
            facts=_facts(verdict, lang),
            checks=[
                CheckLine(
                    outcome=check.outcome.value,
                    icon=_OUTCOME_ICONS[check.outcome],
                    name=CHECKS[check.id].best(lang) if check.id in CHECKS else check.id,
                    word=self._words[lang][check.outcome.value],
                    detail=check.detail.best(lang),
                )
                for check in verdict.checks
            ],
            checks_heading=_checks_heading(verdict, lang),
            checked_at=say("checked_at", lang, instant_words(verdict.checked_at).best(lang)),
            open=verdict.state is not State.VALID,
            receipt=receipt.decode() if receipt is not None else None,
            receipt_address=asked.path if _has_receipt(keyring, asked, verdict) else None,
        )

    def _page(self, issuer: Issuer, asked: Asked, **values: object) -> str:
        lang, name = asked.lang, _lines(issuer.name, asked.lang)[0]
        empty = dict.fromkeys(
            (
                *("advice", "tone", "icon_name", "state", "checks_heading", "checked_at", "at", "lead", "local"),
                *("receipt", "receipt_address"),
            )
        )
        return self._folder.render(
            "page.html",
            **{
                **empty,
                "heading_parts": (),
                "standing": (),
                "facts": (),
                "checks": (),
                "open": False,
                "lang": lang,
                "t": self._words[lang],
                "icons": self._icons,
                "issuer_name": name.text,
                "issuer_lang": name.lang,
                "sample": issuer.sample,
                "phishing": say("phishing", lang, issuer.domain),
                "domain": issuer.domain.lower(),
                "css": self._css.address,
                "script": self._script.address,
                "token_script": self._token.address,
                "action": "/verify?" + urlencode({"lang": lang}),
                "home_address": "/?" + urlencode({"lang": lang}),
                "switches": _switches(asked),
                **values,
            },
        )

    def _local_check(self, keyring: Keyring, lang: str) -> dict[str, object]:
        keys = [key for key in keyring.keys if key.specimen and key.use is KeyUse.CRED]
        return {
            "words": self._local[lang],
            # Specimen keys are not in the published set, or strangers' software would take them for real ones.
            "specimens": json.dumps({key.kid: key.public for key in keys}),
            "facts": [(key, say(key, lang)) for key in _SIGNED_FACTS],
            "no_end": say("no_end", lang),
            "icons": ("tick", "cross", "dash", "alert", "question"),
        }


def _switches(asked: Asked) -> list[Switch]:
    return [
        Switch(
            lang=lang,
            name=LANGUAGE_NAMES[lang],
            current=lang == asked.lang,
            address=f"{asked.path}?{urlencode({'lang': lang})}",
            text=asked.text,
        )
        for lang in LANGUAGES
    ]


def _has_receipt(keyring: Keyring, asked: Asked, verdict: Verdict) -> bool:
    """Whether the address of a look-up has a receipt: there is a key, and something to tell."""
    if not asked.by_code or verdict.state in {State.UNKNOWN, State.UNREADABLE}:
        return False
    return any(key.use is KeyUse.RECEIPT and usable_at(key, verdict.checked_at) for key in keyring.keys)


def _checks_heading(verdict: Verdict, lang: str) -> str:
    passed = sum(check.outcome is Outcome.PASSED for check in verdict.checks)
    return say("checks", lang, str(passed), str(len(verdict.checks)))


def _standing(verdict: Verdict, lang: str) -> list[Fact]:
    status = verdict.status
    if status is None or status.standing in {Standing.ISSUED, Standing.UNKNOWN}:
        return []
    facts = [_plain("successor", status.successor, lang)] if status.successor is not None else []
    reason = REASONS.get(status.reason or "")
    return facts + ([_plain("reason", reason.best(lang), lang)] if reason is not None else [])


def _facts(verdict: Verdict, lang: str) -> list[Fact]:
    claims = verdict.claims or {}
    if not claims:
        return []
    facts: list[Fact] = []
    facts.extend(_holder(claims["holder"], lang))
    for key in ("title", "level", "occupation"):
        facts.extend(_texts(key, _text(claims.get(key)), lang))
    facts.append(_plain("number", str(claims["number"]), lang))
    for key in ("issued_on", "valid_until"):
        facts.append(_day(key, str(claims[key]), lang) if key in claims else _plain(key, say("no_end", lang), lang))
    facts.extend(_texts("issuer", _text(claims.get("issuer")), lang))
    facts.append(_plain("scheme", str(claims["scheme"]), lang))
    return facts


def _holder(value: Json, lang: str) -> list[Fact]:
    names = value if isinstance(value, dict) else {}
    ordered = (("zh", names.get("name")), ("en", names.get("name_en")))
    lines = [Line(lang=tag, text=str(name)) for tag, name in ordered if name is not None]
    return [Fact(key="holder", name=say("holder", lang), lines=_placed(lines))]


def _texts(key: str, text: Text | None, lang: str) -> list[Fact]:
    return [] if text is None else [Fact(key=key, name=say(key, lang), lines=_lines(text, lang))]


def _plain(key: str, value: str, lang: str) -> Fact:
    return Fact(key=key, name=say(key, lang), lines=(Line(lang=lang, text=value),))


def _lines(text: Text, lang: str) -> tuple[Line, ...]:
    ordered = sorted(text.by_language, key=lambda pair: pair[0] != lang)
    return _placed([Line(lang=tag, text=value) for tag, value in ordered])


def _placed(lines: list[Line]) -> tuple[Line, ...]:
    return (*lines[:1], *(line._replace(place="second") for line in lines[1:]))


def _text(value: Json) -> Text | None:
    return Text.of({tag: str(text) for tag, text in value.items()}) if isinstance(value, dict) and value else None


def _day(key: str, day: str, lang: str) -> Fact:
    line = Line(lang=lang, text=date_text(date.fromisoformat(day)).best(lang), day=day)
    return Fact(key=key, name=say(key, lang), lines=(line,))
