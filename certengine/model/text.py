"""Text in several languages, none of them the main one."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One text in one or more languages, keyed by BCP 47 tag and kept in tag order.

    Attributes:
        by_language: ``((tag, text), ...)``, sorted by tag; never empty.
    """

    by_language: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        if not self.by_language:
            raise ValueError("a text needs at least one language")
        object.__setattr__(self, "by_language", tuple(sorted(self.by_language)))

    @classmethod
    def of(cls, variants: Mapping[str, str] | None = None, /, **by_tag: str) -> Text:
        """A text from a mapping or keywords: ``Text.of(zh="电工", en="Electrician")``."""
        return cls(tuple({**(variants or {}), **by_tag}.items()))

    @classmethod
    def in_order(cls, pairs: tuple[tuple[str, str], ...]) -> Text:
        """A text from pairs that stand in tag order as a rule; made quickly, for a bank has tens of thousands."""
        if len(pairs) != 2 or pairs[0] > pairs[1]:
            return cls(pairs)
        made = object.__new__(cls)
        object.__setattr__(made, "by_language", pairs)
        return made

    @property
    def languages(self) -> tuple[str, ...]:
        """The tags this text exists in, sorted."""
        return tuple(tag for tag, _ in self.by_language)

    def get(self, language: str) -> str | None:
        """The text in one language, or ``None``."""
        for tag, text in self.by_language:
            if tag == language:
                return text
        return None

    def best(self, *languages: str) -> str:
        """The text in the first of ``languages`` it exists in, else in its first language."""
        for language in languages:
            found = self.get(language)
            if found is not None:
                return found
        return self.by_language[0][1]

    def to_json(self) -> dict[str, str]:
        """``{tag: text}``, the form of files and digests."""
        return dict(self.by_language)


def visible(text: str) -> str:
    """A stranger's text for a terminal: what moves the cursor, ends the line or turns the direction is shown by its number."""
    return "".join(f"<U+{ord(one):04X}>" if unicodedata.category(one) in _UNSEEN else one for one in text)


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
