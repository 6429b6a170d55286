"""Names that no font shows: told before anything is printed, all at once and with the candidate each is of.

Only names with characters outside of our cut of the faces are looked at, so an ordinary roster costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from certengine.documents.fonts import FontSet
from certengine.errors import Finding, InputError
from certengine.model.sitting import Candidate


def demand_shown(candidates: Sequence[Candidate], fonts: FontSet) -> None:
    """Refuse to print names with characters that would be empty boxes.

    Raises:
        InputError: with a finding for each candidate.
    """
    texts = {one.id: " ".join(filter(None, (one.name, one.name_en, one.organisation))) for one in candidates}
    rare = {of: text for of, text in texts.items() if not {ord(char) for char in text} <= fonts.characters}
    if not rare:
        return
    from certengine.documents.layout import Typesetter, fonts_for

    unshown = Typesetter(fonts).unshown(list(rare.values()))
    lacking = {of: sorted({ord(char) for char in text} & unshown) for of, text in rare.items()}
    findings = tuple(
        Finding(
            code="documents/no-glyph",
            message=f"candidate `{of}`: no font of this system can show {', '.join(f'U+{one:04X}' for one in points)}",
        )
        for of, points in lacking.items()
        if points
    )
    if findings:
        raise InputError(
            "names cannot be printed as they are",
            findings=findings,
            hint=f"{fonts_for(unshown)}correct the names in the roster",
            code="documents/no-glyph",
        )
