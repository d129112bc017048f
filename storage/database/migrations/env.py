"""What Alembic runs for a migration: on the connection that it is handed, in that transaction.

Write a revision with `op.batch_alter_table` wherever a table changes: SQLite has to build it anew, and
PostgreSQL gets plain ALTER statements from the same lines. Add its number to `upgrade.REVISIONS`.
"""

from __future__ import annotations

from alembic import context

from storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,  # true of SQLite too, as long as nobody else begins and commits
)
context.run_migrations()
