"""A campaign: acts that are begun, disturbed, run again to their end, and looked at; and the table of what came of it."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.campaigns.acts import Act, State, demand_kept, demand_settled, demand_whole, frozen, state_of
from tests.campaigns.processes import ROOT, Command, Ended, Running, Warm
from tests.databases import ON_POSTGRESQL
from tests.services.small_world import World

TABLES = ROOT / "build" / "campaigns"
DATABASE = "PostgreSQL" if ON_POSTGRESQL else "SQLite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undisturbed:
    """How an act goes when nobody disturbs it: what it leaves, how long it takes, how often it calls the system."""

    state: State
    seconds: float
    calls: dict[str, int]


@dataclass(slots=True)
class Campaign:
    """What all campaigns share.

    Attributes:
        counts: by campaign, act and kind of disturbance, how often it came out how.
    """

    warm: Warm
    world: World
    folder: Path
    counts: dict[tuple[str, str, str], Counter[str]] = field(default_factory=dict)
    _known: dict[str, Undisturbed] = field(default_factory=dict)
    _names: Any = field(default_factory=lambda: count(1))

    def fresh(self, act: Act) -> Path:
        """A workspace in which an act may begin."""
        return self.world.copy(act.stage, self.folder / f"{next(self._names):04}" / "academy")

    def command(self, act: Act, root: Path, **how: Any) -> Command:
        """The act in a workspace, disturbed somehow."""
        return Command(arguments=act.arguments(root), told=root.parent / f"told{next(self._names)}", **how)

    def start(self, act: Act, root: Path, **how: Any) -> Running:
        """Begin it."""
        return self.warm.start(self.command(act, root, **how))

    def run(self, act: Act, root: Path, **how: Any) -> Ended:
        """Run it to its end."""
        return self.start(act, root, **how).wait()

    def undisturbed(self, act: Act, *, counting: bool = False) -> Undisturbed:
        """The act without disturbance, run when it is first asked for."""
        known = self._known.get(act.name)
        if known is None or (counting and not known.calls):
            root = self.fresh(act)
            calls = root.parent / "calls.json"
            began = time.monotonic()
            ended = self.run(act, root, fault={"count": str(calls)} if counting else None)
            seconds = time.monotonic() - began
            assert ended.code == 0, ended.told
            called = json.loads(calls.read_text("utf-8")) if counting else {}
            known = self._known[act.name] = Undisturbed(state=state_of(root), seconds=seconds, calls=called)
        return known

    def resume(self, act: Act, root: Path, *, begun: int = 1, **how: Any) -> None:
        """Right after a disturbance: what is seen is whole; run again, the act ends well and all is as it should be.

        Raises:
            AssertionError: when it is not.
        """
        undisturbed = self.undisturbed(act).state
        demand_whole(root, act, undisturbed)
        before = frozen(root)
        ended = self.run(act, root, **how)
        done_before = act.done is not None and ended.code == 5 and act.done in ended.told
        assert ended.code == 0 or done_before, f"resumed, it ends with {ended.code}: {ended.told}"
        demand_settled(root, act, undisturbed, runs=begun + 1)
        demand_kept(before, frozen(root))

    def note(self, campaign: str, act: str, kind: str, *outcomes: str) -> None:
        """Count an outcome for the table."""
        self.counts.setdefault((campaign, act, kind), Counter()).update(outcomes)


def write_tables(name: str, counts: dict[tuple[str, str, str], Counter[str]]) -> None:
    """Write what a session's campaigns came to as JSON, and all there is as one table."""
    if not counts:
        return
    TABLES.mkdir(parents=True, exist_ok=True)
    lines = [
        {"campaign": campaign, "act": act, "kind": kind, "database": DATABASE, "outcomes": dict(sorted(found.items()))}
        for (campaign, act, kind), found in sorted(counts.items())
    ]
    (TABLES / f"{name}.json").write_text(json.dumps(lines, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (TABLES / "table.txt").write_text(_table(), encoding="utf-8")


def _table() -> str:
    rows = [("campaign", "act", "disturbance", "database", "outcomes")]
    for path in sorted(TABLES.glob("*.json")):
        for line in json.loads(path.read_text("utf-8")):
            outcomes = ", ".join(f"{count} {what}" for what, count in line["outcomes"].items())
            rows.append((line["campaign"], line["act"], line["kind"], line["database"], outcomes))
    return "\n".join(_aligned(rows)) + "\n"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
