"""From an empty database to the tables of today, by Alembic.

Owns the steps and how they run: one process at a time, however many start together. There is no alembic.ini:
the address comes as an argument.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from gis.database import connect

# Any fixed number will do; it is only ever compared with itself.
MIGRATION_LOCK = 7_350_002


class DatabaseTooNewError(Exception):
    """The database was migrated by a newer Relight than this one."""


def upgrade(url: str) -> None:
    """Bring the database to the newest tables; a second run changes nothing, and two at once are safe."""
    engine = connect(url, application_name="relight migrations", pool_size=1)
    try:
        with engine.connect() as connection:
            # Held by the session, not by a transaction: it must outlast each step's own.
            connection.execute(sa.text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
            connection.commit()
            try:
                _refuse_newer(connection)
                command.upgrade(configuration(connection), "head")
            finally:
                connection.rollback()
                connection.execute(sa.text("SELECT pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
                connection.commit()
    finally:
        engine.dispose()


def configuration(connection: sa.Connection) -> Config:
    """Return Alembic's configuration for this package and an open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _refuse_newer(connection: sa.Connection) -> None:
    present = set(MigrationContext.configure(connection).get_current_heads())
    known = {
        step.revision for step in ScriptDirectory.from_config(configuration(connection)).walk_revisions()
    }
    connection.rollback()
    if unknown := present - known:
        raise DatabaseTooNewError(
            f"The database was made by a newer Relight (migration {', '.join(sorted(unknown))}). "
            "Start that version, or name another database in RELIGHT_DATABASE_URL."
        )
