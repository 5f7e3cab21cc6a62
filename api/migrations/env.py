"""What Alembic runs: the connection handed over by `api.migrations`, and the tables of every room."""

from __future__ import annotations

from alembic import context

from api.migrations.models import METADATA, is_ours

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    include_name=is_ours,
    compare_type=True,
    compare_server_default=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
connection.commit()
