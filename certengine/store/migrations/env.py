"""Alembic's entry: runs the migrations on the connection it is given, in one transaction."""

from __future__ import annotations

from alembic import context

from certengine.store.columns import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, compare_type=True)
context.run_migrations()
