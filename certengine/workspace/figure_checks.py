"""Figures of items and stimuli: read from the bank's folder, given their digests, and checked.

``figure/alt-tells-key`` looks at choice items and short answers: the alternative text of a picture contains the right
option or an accepted form, of four characters at least, and no other option.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from certengine.errors import Finding, Severity
from certengine.items.multiple_response import MultipleResponseContent
from certengine.items.short_answer import ShortAnswerContent
from certengine.items.single_choice import SingleChoiceContent
from certengine.model.bank import Figure
from certengine.model.text import Text
from certengine.workspace.figure_files import FigureFault, read_figure
from certengine.workspace.located import Places
from certengine.workspace.yaml_source import DataPath

MAX_WIDTH: Final = Decimal(160)
"""Printed width in millimetres: what a page holds beside its margins."""

_TELLING: Final = 4


def read_figures(
    figures: Sequence[Figure] | None, folder: Path, source: Places, path: DataPath, findings: list[Finding]
) -> tuple[Figure, ...] | None:
    """The figures with their digests, and what is wrong with them as findings.

    Args:
        path: of the item or stimulus that has them.
    """
    if figures is None:
        return None
    found: list[Figure] = []
    for index, figure in enumerate(figures):
        where = (*path, "figures", index)
        findings.extend(_written(figure, source, where))
        try:
            digest = read_figure(folder, figure.file).digest
        except FigureFault as fault:
            findings.append(source.finding(fault.code, fault.message, (*where, "file"), hint=fault.hint))
            digest = None
        found.append(replace(figure, digest=digest))
    return tuple(found)


def tells_key(content: Any, figures: Sequence[Figure] | None) -> Iterator[tuple[int, str, str]]:
    """Figures whose alternative text says the key: which, in what language, and the words."""
    for index, figure in enumerate(figures or ()):
        for language, alt in figure.alt.by_language:
            right, wrong = _answers(content, language)
            told = _bare(alt)
            for answer in right:
                bare = _bare(answer)
                if len(bare) >= _TELLING and bare in told and not any(_bare(other) in told for other in wrong):
                    yield index, language, answer


def alt_findings(content: Any, figures: Sequence[Figure] | None, source: Places, path: DataPath) -> Iterator[Finding]:
    """A warning for each alternative text that says the key."""
    for index, language, answer in tells_key(content, figures):
        yield Finding(
            code="figure/alt-tells-key",
            message=f"the alternative text in `{language}` says the key, `{answer[:60]}`",
            place=source.place((*path, "figures", index, "alt", language)),
            severity=Severity.WARNING,
            hint="say what the picture shows, not what the candidate is to find",
        )


def _written(figure: Figure, source: Places, where: DataPath) -> Iterator[Finding]:
    """What the author wrote of a figure, whatever the file holds."""
    if figure.digest is not None:
        yield source.finding(
            "figure/digest",
            "`digest` is computed from the picture and not written",
            (*where, "digest"),
            hint="take the line away",
        )
    if not 0 < figure.width <= MAX_WIDTH:
        yield source.finding(
            "figure/width",
            f"a picture is printed up to {MAX_WIDTH} mm wide, given: {figure.width}",
            (*where, "width"),
            hint="write the printed width in millimetres, for example `width: 80`",
        )


def _answers(content: Any, language: str) -> tuple[list[str], list[str]]:
    """The right answers of an item in a language, and the wrong options."""

    def said(text: Text) -> str:
        return text.get(language) or ""

    if isinstance(content, SingleChoiceContent | MultipleResponseContent):
        key = (content.key,) if isinstance(content.key, str) else content.key
        right = [said(option.text) for option in content.options if option.id in key]
        wrong = [said(option.text) for option in content.options if option.id not in key]
        return right, [one for one in wrong if _bare(one)]
    if isinstance(content, ShortAnswerContent):
        return [form[language] for form in content.accepted if language in form], []
    return [], []


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())
