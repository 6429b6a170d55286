"""What is wrong with the texts of a noun: languages that are missing, characters nobody can see, slips of markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from certengine.errors import Finding, Severity
from certengine.model.markup_slips import slips
from certengine.workspace.binding import texts_in
from certengine.workspace.located import Places
from certengine.workspace.yaml_source import DataPath

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def text_findings(noun: Any, source: Places, path: DataPath, languages: tuple[str, ...]) -> Iterator[Finding]:
    """Every text of a noun in every language, without characters that steer direction or devices."""
    for where, text in texts_in(noun):
        shown = _as_written(path, where)
        for language in languages:
            written = text.get(language)
            if written is None or not written.strip():
                yield source.finding(
                    "text/missing-language", f"no text in `{language}`", shown, hint=f"add `{language}: ...`"
                )
        for language, written in text.by_language:
            if _CONTROL.search(written):
                yield source.finding(
                    "text/control-character",
                    "the text holds control or direction-changing characters",
                    (*shown, language),
                    hint="type it again without them",
                )


def markup_findings(noun: Any, source: Places, path: DataPath) -> Iterator[Finding]:
    """Slips of markup in the texts of an item or stimulus that are printed with it."""
    for where, text in texts_in(noun):
        if where[:1] == ("provenance",):
            continue
        for language, written in text.by_language:
            for slip in slips(written):
                yield Finding(
                    code=slip.code,
                    message=slip.message,
                    place=source.place((*_as_written(path, where), language)),
                    severity=Severity.WARNING if slip.warning else Severity.ERROR,
                    hint=slip.hint,
                )


def _as_written(path: DataPath, where: DataPath) -> DataPath:
    """An item's kind-specific fields stand beside its common ones in the file."""
    return (*path, *(step for step in where if step != "content"))
