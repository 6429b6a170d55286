"""What is published before a sitting, so that nothing about its papers can be exchanged after.

The commitment is one digest over everything the draw depends on and everything it gave. The 256 random bits of the seed
keep it from being guessed; once the seed is revealed, anyone who has the bank recomputes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from certengine.assembly.keyed import ALGORITHM
from certengine.canonical import Json, digest
from certengine.model.sitting import Paper, Sitting, TaskAssignment

Seen = Mapping[str, tuple[tuple[str, str], ...]]
"""By candidate, the ``(bank, item)`` of earlier sittings that he or she must not get again."""


def commitment(
    sitting: Sitting, seed: bytes, *, seen: Seen, papers: Iterable[str], tasks: Iterable[TaskAssignment]
) -> str:
    """The digest that is published before the sitting and checked by anyone once the seed is revealed.

    Args:
        seen: what each candidate has seen in earlier sittings.
        papers: digests of all papers drawn.
        tasks: all practical tasks given.
    """
    return digest(
        {
            "algorithm": ALGORITHM,
            "sitting": sitting.id,
            "scheme": sitting.scheme_digest,
            "banks": [{"id": bank, "version": version, "digest": value} for bank, version, value in sitting.banks],
            "candidates": sorted([candidate.id, candidate.seat or ""] for candidate in sitting.candidates),
            "seen": seen_document(seen),
            "papers": digest(sorted(papers)),
            "tasks": digest(sorted([one.candidate, one.component, one.task] for one in tasks)),
            "seed": seed.hex(),
        }
    )


def paper_digests(papers: Iterable[Paper]) -> list[str]:
    """The digests of papers, as the register keeps them."""
    return [digest(paper) for paper in papers]


def seen_document(seen: Seen) -> dict[str, Json]:
    """What was seen, as it is digested and published: by candidate a sorted list of ``[bank, item]``."""
    return {one: [list(pair) for pair in sorted(items)] for one, items in sorted(seen.items()) if items}
