"""The one clock. Apart from everything else, so that a command which only verifies loads no database."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Now in UTC, to the second: every instant that is written down."""
    return datetime.now(UTC).replace(microsecond=0)
