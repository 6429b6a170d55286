"""How a paper may be laid out for a candidate who needs it otherwise: the same paper, id and key."""

from __future__ import annotations

from collections.abc import Mapping

from certengine.model.text import Text

LARGE_PRINT, HIGH_CONTRAST, TAGGED = "large-print", "high-contrast", "tagged"

LOOKS: Mapping[str, Text] = {
    LARGE_PRINT: Text.of(zh="大字版", en="large print"),
    HIGH_CONTRAST: Text.of(zh="高对比度版", en="high contrast"),
    TAGGED: Text.of(zh="无障碍电子版", en="tagged for assistive technology"),
}
"""Every way a paper may be laid out, by the word that commands and rosters use."""
