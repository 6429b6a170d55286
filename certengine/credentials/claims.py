"""The one set of claims that token, badge and register are compared on, and that a verdict shows.

Invariants:

1. A token carries the *core*: number, code, domain, names, title in Chinese and English, level in one of them, scheme,
   dates, status index. A badge carries more. Two parts agree when their cores are equal, to the last character.
2. What is shown is what the certificate prints: never a score, a birth date, an identity number or the full code.
3. Texts are compared in NFC: that is how they were signed.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime

from certengine.canonical import Json
from certengine.model.credential import Credential
from certengine.model.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a signed part says.

    Attributes:
        title, level: in every language in a badge; in a token the title in Chinese, English or both, the level in one.
        occupation, issuer: only in a badge.
        issued_at: the instant of signing as stated by the signer, in whole seconds.
    """

    number: str
    code: str
    domain: str
    name: str
    name_en: str | None
    title: Text
    level: Text
    scheme: str
    issued_on: date
    valid_until: date | None
    issued_at: datetime
    status_index: int
    occupation: Text | None = None
    issuer: Text | None = None

    @property
    def core(self) -> tuple[object, ...]:
        """The part every carrier has, for comparison."""
        return (
            self.number,
            self.code,
            self.domain,
            self.name,
            self.name_en,
            two_languages(self.title),
            one_language(self.level),
            self.scheme,
            self.issued_on,
            self.valid_until,
            self.issued_at,
            self.status_index,
        )

    def to_json(self) -> dict[str, Json]:
        """What a verdict shows of them."""
        holder: dict[str, Json] = {"name": self.name}
        if self.name_en is not None:
            holder["name_en"] = self.name_en
        shown: dict[str, Json] = {
            "number": self.number,
            "holder": holder,
            "title": _shown(self.title),
            "level": _shown(self.level),
            "scheme": self.scheme,
            "issued_on": self.issued_on.isoformat(),
            "issuer_domain": self.domain,
        }
        if self.valid_until is not None:
            shown["valid_until"] = self.valid_until.isoformat()
        if self.occupation is not None:
            shown["occupation"] = _shown(self.occupation)
        if self.issuer is not None:
            shown["issuer"] = _shown(self.issuer)
        return shown


def claims_of(credential: Credential) -> Claims:
    """The claims of a credential, as every carrier of it must state them."""
    return Claims(
        number=_nfc(credential.number),
        code=credential.code,
        domain=credential.issuer.domain,
        name=_nfc(credential.holder.name),
        name_en=_nfc(credential.holder.name_en) if credential.holder.name_en is not None else None,
        title=_nfc_text(credential.title),
        level=_nfc_text(credential.level),
        scheme=_nfc(credential.scheme),
        issued_on=credential.issued_on,
        valid_until=credential.valid_until,
        issued_at=whole_seconds(credential.issued_at),
        status_index=credential.status_index,
        occupation=_nfc_text(credential.occupation),
        issuer=_nfc_text(credential.issuer.name),
    )


def two_languages(text: Text) -> tuple[str | None, str | None]:
    """A text in Chinese and in English; one in neither stands in the Chinese place."""
    chinese, english = text.get("zh"), text.get("en")
    if chinese is None and english is None:
        return text.best(), None
    return chinese, english


def one_language(text: Text) -> tuple[str | None, str | None]:
    """As :func:`two_languages`, but the English only where there is no Chinese: paper has little room."""
    chinese, english = two_languages(text)
    return chinese, english if chinese is None else None


def text_in_two(chinese: str | None, english: str | None) -> Text:
    """The text of :func:`two_languages` or :func:`one_language`.

    Raises:
        ValueError: when it is given in neither.
    """
    if chinese is None:
        return Text(() if english is None else (("en", english),))
    return Text((("zh", chinese),)) if english is None else Text.in_order((("en", english), ("zh", chinese)))


def whole_seconds(at: datetime) -> datetime:
    """An instant in UTC without its fraction of a second: the precision all carriers share."""
    return at.astimezone(UTC).replace(microsecond=0)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _nfc_text(text: Text) -> Text:
    return Text(tuple((tag, _nfc(value)) for tag, value in text.by_language))


def _shown(text: Text) -> dict[str, Json]:
    return dict(text.by_language)
