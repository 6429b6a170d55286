"""The licences of what is installed with us: permissive, or weakly protective and named here with the reason."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
PERMISSIVE = re.compile(
    r"\b(MIT|BSD|0BSD|Apache|ISC|PSF|PSFL|Python Software Foundation|Zlib|HPND|Unlicense)\b", re.IGNORECASE
)
PROTECTIVE = re.compile(r"\b(A|L)?GPL|General Public|Mozilla|MPL", re.IGNORECASE)
NAMED = {
    "certifi": "MPL-2.0 covers its own files alone, which are used unchanged",
    "pathspec": "MPL-2.0, unchanged; only builds the package",
    "pikepdf": "MPL-2.0 covers its own files alone, which are used unchanged",
    "pyphen": "GPL, LGPL or MPL at choice: MPL is chosen",
}


def locked() -> set[str]:
    """Every package of the lock that runs beside us."""
    return set(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==", LOCK.read_text("utf-8"), re.MULTILINE | re.IGNORECASE))


def licence_of(name: str) -> str | None:
    """What a package says of its licence, in one text; ``None`` where it is not installed on this platform."""
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return None
    marks = [one for one in said.get_all("Classifier") or [] if one.startswith("License")]
    return " | ".join([said.get("License-Expression") or "", (said.get("License") or "")[:200], *marks])


def is_permissive(licence: str) -> bool:
    """Whether it is one that asks nothing of what is distributed beside it."""
    return PERMISSIVE.search(licence) is not None and PROTECTIVE.search(licence) is None


def test_every_locked_package_is_permissive_or_named() -> None:
    """A package under any other licence fails here until somebody has judged it; a name without need fails too."""
    found = {name: licence for name in locked() if (licence := licence_of(name)) is not None}

    assert len(found) > 30
    assert {name for name, licence in found.items() if not is_permissive(licence)} == NAMED.keys() & found.keys()


def test_protective_licences_are_not_permissive() -> None:
    """What the check is for: it refuses the GPL in every spelling, also beside a permissive one."""
    for licence in ("GPL-3.0-only", "AGPL-3.0", "LGPLv2+", "GNU General Public License v2", "MIT AND GPL-2.0"):
        assert not is_permissive(licence)
    assert is_permissive("MIT OR Apache-2.0")
