"""A real workspace with a sealed sitting: the sample academy, twelve candidates, and no secret but a fixed one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from certengine.services.banks import publish_bank
from certengine.services.context import Context, open_context
from certengine.services.sittings import open_sitting, seal_sitting
from tests.databases import copied_workspace, new_workspace

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SITTING = "trial-1"
NAMES = ("陈晓", "李娜", "王磊", "赵敏", "孙悦", "周涛", "吴霞", "郑凯", "冯雪", "何军", "林芳", "<b>马超</b>")
# Not in the order of their ids, and the last two trained by an assessor.
ROSTER = tuple((f"E{(n * 7) % 12 + 1:03}", name, "li-qiang" if n >= 10 else "") for n, name in enumerate(NAMES))
IDS = tuple(candidate for candidate, _, _ in ROSTER)
TRAINED = IDS[10:]


@contextmanager
def opened(root: Path, actor: str | None = None) -> Iterator[Context]:
    """The workspace with a fixed clock and a fixed source of seeds."""
    context = replace(open_context(root, actor=actor), clock=lambda: NOW, entropy=bytes)
    try:
        yield context
    finally:
        context.database.close()


def make_sealed(root: Path) -> Path:
    """The sample academy with a fourth assessor, a sealed sitting, and an open one, ``later``."""
    new_workspace(root, sample=True)
    with (root / "certengine.toml").open("a", encoding="utf-8") as config:
        config.write('\n[[people]]\nid = "he-ping"\nname = "何平"\nroles = ["assessor"]\n')
    roster = root / "roster.csv"
    lines = (f"{candidate},{name},{trainers}" for candidate, name, trainers in ROSTER)
    roster.write_text("\n".join(["candidate_id,name,trainers", *lines]), encoding="utf-8")
    others = root / "others.csv"  # who sat must wait before the next sitting
    others.write_text("candidate_id,name\nF001,罗平\n", encoding="utf-8")
    with opened(root) as context:
        publish_bank(context, "industrial-automation", reason="first")
        open_sitting(context, "electrician-l3", roster, sitting_id=SITTING)
        open_sitting(context, "electrician-l3", others, sitting_id="later")
        seal_sitting(context, SITTING)
    return root


def copied(root: Path, target: Path) -> Path:
    """A copy of a workspace nobody has open."""
    return copied_workspace(root, target)
