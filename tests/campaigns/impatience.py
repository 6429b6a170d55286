"""What a test does not wait for: the half minute that a command waits for a database that somebody holds."""

from __future__ import annotations

from certengine.store import engine


def wait_little() -> None:
    """Wait half a second instead."""
    for name in ("_WRITER_PRAGMAS", "_READER_PRAGMAS"):
        pragmas = tuple(one.replace("busy_timeout=30000", "busy_timeout=500") for one in getattr(engine, name))
        setattr(engine, name, pragmas)
    engine._POSTGRESQL_WRITER = tuple(one.replace("'30s'", "'500ms'") for one in engine._POSTGRESQL_WRITER)
