"""A database that was put back from a backup: nothing that was issued after the backup is used a second time.

1. A register that is older than the log it published takes no new number: what it forgot is in strangers' hands.
2. A number whose file lies in the workspace, and which the register does not know, is passed over, by an act. So where the
   newest backup really is an older one, and the published log was put aside, no number is used twice all the same.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from certengine.credentials.merkle import root
from certengine.errors import Refused
from certengine.services.context import Context
from certengine.services.keys import load_keyring
from certengine.services.transparency import PUBLISHED, published_log
from certengine.store import log

FOLDER = "certificates"
ACTION = "cert.pass-over"


def demand_not_older(context: Context, connection: Connection) -> None:
    """Refuse while the register does not hold what the workspace's own log already told the world.

    Raises:
        Refused: with both sizes.
    """
    public = published_log(context.workspace.root / PUBLISHED, load_keyring(context))
    if public is None or public.size == 0:
        return
    size = log.log_size(connection)
    try:
        held = public.size <= size and root(public.size, log.StoredNodes(connection)) == public.root
    except LookupError:
        held = False
    if not held:
        raise Refused(
            f"the register's log of {size} entries is not that of {public.size} which was published: "
            "the database is older than what was issued, or another one",
            hint=f"restore the newest backup; if there is none, see docs/databases.md on what to do with `{PUBLISHED}/`",
            code="log/older",
        )


def passed_over(context: Context, connection: Connection, number: str, at: datetime) -> bool:
    """Whether a number that the register holds for new was issued before; then an act says that it is passed over."""
    if not (context.workspace.root / FOLDER / f"{number}.pdf").exists():
        return False
    context.write_act(connection, at, ACTION, number, why="its file is there, and the register does not know it")
    return True
