"""Triggers that keep history append-only, created by each migration and asserted afterwards.

An ``INSERT OR REPLACE`` deletes without firing a delete trigger unless ``recursive_triggers`` is on, and whoever opens
the file with another program need not turn it on; so inserting over an existing row - of the same primary key, or of any
other unique key - is refused by a trigger of its own.
Alembic's batch mode rebuilds a table without its triggers: :func:`missing_triggers` finds that.
"""

from __future__ import annotations

from sqlalchemy import Connection, Table, UniqueConstraint, text

Keys = tuple[tuple[str, ...], ...]

_AUDIT_CHAIN = """
CREATE TRIGGER audit_chain BEFORE INSERT ON audit
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit)
  OR NEW.previous IS NOT coalesce((SELECT hash FROM audit ORDER BY seq DESC LIMIT 1), 'genesis')
BEGIN SELECT RAISE(ABORT, 'audit: the chain does not fit'); END
"""


def trigger_statements(name: str, keys: Keys) -> tuple[str, ...]:
    """The SQLite statements that make one table append-only; ``keys`` as :func:`keys_of` gives them."""
    same_key = " OR ".join(" AND ".join(f"{column} = NEW.{column}" for column in key) for key in keys)
    found = [
        f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} "
        f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ]
    found.append(
        f"CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {name} "  # noqa: S608  # names of our own tables
        f"WHEN EXISTS (SELECT 1 FROM {name} WHERE {same_key}) "
        f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
    )
    if name == "audit":
        found.append(_AUDIT_CHAIN.strip())
    return tuple(found)


def keys_of(table: Table) -> Keys:
    """The columns of the primary key, then of each other unique key in order of their names."""
    unique = [constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    others = sorted(tuple(column.name for column in constraint.columns) for constraint in unique)
    return (tuple(column.name for column in table.primary_key), *others)


def missing_triggers(connection: Connection, tables: tuple[Table, ...]) -> tuple[str, ...]:
    """Names of triggers that should be there and are not, or say something else."""
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    present = {name: " ".join(sql.split()) for name, sql in rows}
    wanted = {
        statement.split()[2]: " ".join(statement.split())
        for table in tables
        for statement in trigger_statements(table.name, keys_of(table))
    }
    return tuple(sorted(name for name, sql in wanted.items() if present.get(name) != sql))
