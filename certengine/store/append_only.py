"""Triggers that keep history append-only, created by each migration and asserted afterwards.

In SQLite an ``INSERT OR REPLACE`` deletes without firing a delete trigger unless ``recursive_triggers`` is on, and
whoever opens the file with another program need not turn it on; so inserting over an existing row - of the same primary
key, or of any other unique key - is refused by a trigger of its own. PostgreSQL has no such insert, but ``TRUNCATE``,
which fires no trigger of rows, so it gets one for the statement.
A gated table (:mod:`certengine.store.gates`) lets the rows of an erased person go, or be emptied, and no others.
Alembic's batch mode rebuilds a table without its triggers: :func:`missing_triggers` finds that.
"""

from __future__ import annotations

from sqlalchemy import Connection, Table, UniqueConstraint, text

from certengine.store.gates import GATES

Keys = tuple[tuple[str, ...], ...]

_AUDIT_CHAIN = """
CREATE TRIGGER audit_chain BEFORE INSERT ON audit
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit)
  OR NEW.previous IS NOT coalesce((SELECT hash FROM audit ORDER BY seq DESC LIMIT 1), 'genesis')
BEGIN SELECT RAISE(ABORT, 'audit: the chain does not fit'); END
"""

#: What PostgreSQL's triggers call, by name.
_FUNCTIONS = {
    "certengine_append_only": "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END",
    "certengine_audit_chain": (
        "BEGIN "
        "IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM audit) "
        "OR NEW.previous IS DISTINCT FROM coalesce((SELECT hash FROM audit ORDER BY seq DESC LIMIT 1), 'genesis') "
        "THEN RAISE EXCEPTION 'audit: the chain does not fit'; END IF; "
        "RETURN NEW; END"
    ),
}


def _gate_function(name: str) -> str:
    return f"certengine_erasable_{name}"


_FUNCTIONS.update(
    {
        _gate_function(name): (
            f"BEGIN IF {gate.condition} THEN RETURN {'NEW' if gate.empties else 'OLD'}; END IF; "
            "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END"
        )
        for name, gate in GATES.items()
    }
)


def trigger_statements(name: str, keys: Keys, dialect: str) -> tuple[str, ...]:
    """The statements that make one table append-only, without a gate.

    Args:
        name: the table.
        keys: as :func:`keys_of` gives them.
        dialect: ``sqlite`` or ``postgresql``.
    """
    if dialect == "postgresql":
        return (*_functions("certengine_append_only", "certengine_audit_chain"), *_postgresql_triggers(name).values())
    return tuple(_sqlite_triggers(name, keys).values())


def gate_statements(name: str, dialect: str) -> tuple[str, ...]:
    """The statements that put the gate into the protection of a table that is append-only already."""
    trigger = f"{name}_no_{GATES[name].verb.lower()}"
    if dialect == "postgresql":
        made = _postgresql_triggers(name, gated=True)[trigger]
        return (*_functions(_gate_function(name)), f"DROP TRIGGER {trigger} ON {name}", made)
    return (f"DROP TRIGGER {trigger}", _sqlite_triggers(name, (), gated=True)[trigger])


def _functions(*names: str) -> tuple[str, ...]:
    made = "CREATE OR REPLACE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql AS $$ {} $$"
    return tuple(made.format(name, _FUNCTIONS[name]) for name in names)


def keys_of(table: Table) -> Keys:
    """The columns of the primary key, then of each other unique key in order of their names."""
    unique = [constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    others = sorted(tuple(column.name for column in constraint.columns) for constraint in unique)
    return (tuple(column.name for column in table.primary_key), *others)


def missing_triggers(connection: Connection, tables: tuple[Table, ...]) -> tuple[str, ...]:
    """Names of triggers that should be there and are not, or say something else, or were turned off."""
    if connection.dialect.name == "postgresql":
        return _missing_in_postgresql(connection, tables)
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    present = {name: " ".join(sql.split()) for name, sql in rows}
    wanted = {
        name: " ".join(statement.split())
        for table in tables
        for name, statement in _sqlite_triggers(table.name, keys_of(table), gated=True).items()
    }
    return tuple(sorted(name for name, sql in wanted.items() if present.get(name) != sql))


def _sqlite_triggers(name: str, keys: Keys, *, gated: bool = False) -> dict[str, str]:
    gate = GATES.get(name) if gated else None
    same_key = " OR ".join(" AND ".join(f"{column} = NEW.{column}" for column in key) for key in keys)
    found = {
        f"{name}_no_{verb.lower()}": f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} "
        f"{f'WHEN NOT ({gate.condition}) ' if gate is not None and gate.verb == verb else ''}"
        f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    }
    found[f"{name}_no_replace"] = (
        f"CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {name} "  # noqa: S608  # names of our own tables
        f"WHEN EXISTS (SELECT 1 FROM {name} WHERE {same_key}) "
        f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
    )
    if name == "audit":
        found["audit_chain"] = _AUDIT_CHAIN.strip()
    return found


def _postgresql_triggers(name: str, *, gated: bool = False) -> dict[str, str]:
    passes = GATES[name].verb if gated and name in GATES else None
    found = {
        f"{name}_no_{verb.lower()}": f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} "
        f"FOR EACH {'STATEMENT' if verb == 'TRUNCATE' else 'ROW'} "
        f"EXECUTE FUNCTION {_gate_function(name) if verb == passes else 'certengine_append_only'}()"
        for verb in ("UPDATE", "DELETE", "TRUNCATE")
    }
    if name == "audit":
        found["audit_chain"] = (
            "CREATE TRIGGER audit_chain BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION certengine_audit_chain()"
        )
    return found


def _missing_in_postgresql(connection: Connection, tables: tuple[Table, ...]) -> tuple[str, ...]:
    bodies = text("SELECT proname, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace")
    sound = {name for name, body in connection.execute(bodies) if body.strip() == _FUNCTIONS.get(name)}
    triggers = text(
        "SELECT t.tgname, pg_get_triggerdef(t.oid), p.proname, t.tgenabled::text FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal"
    )
    schema = str(connection.execute(text("SELECT current_schema()")).scalar_one())
    present = {
        name: definition.replace(f" ON {schema}.", " ON ").replace(f" {schema}.certengine_", " certengine_")
        for name, definition, function, enabled in connection.execute(triggers)
        if function in sound and enabled == "O"
    }
    wanted = {
        name: statement for table in tables for name, statement in _postgresql_triggers(table.name, gated=True).items()
    }
    return tuple(sorted(name for name, statement in wanted.items() if present.get(name) != statement))
