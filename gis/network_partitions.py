"""A partition for each network version in every table that holds its rows: made bare, filled, then attached.

Indexes are built when a partition is attached, after its rows are in: a million rows one by one would take
several times as long. Until the commit nobody sees any of it; a version that goes is dropped whole. The rows
never change, so the server's own vacuum stays away: it would read gigabytes again after each import, and
whoever drops a version would wait a second for each table that it is at.
"""

from __future__ import annotations

from collections.abc import Callable

from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from gis.errors import NetworkVersionBusyError
from gis.tables import VERSION_TABLES

# Of this session alone, while it builds indexes. More memory than the server gives to everyday work.
_WHILE_INDEXING = (
    "SET LOCAL maintenance_work_mem = '512MB'",
    "SET LOCAL max_parallel_maintenance_workers = 2",
)
_WAIT_FOR_READERS = "SET LOCAL lock_timeout = '5s'"
_INDEXING = "indexes"

# The names in these statements are constants of `gis.tables` and whole numbers.


def partition_name(table: str, network_version: int) -> str:
    """Return the name of a version's partition of a table."""
    return f"{table}_v{int(network_version)}"


def make_partitions(session: Session, *, network_version: int) -> None:
    """Make the partitions of a new version, bare: without indexes, and not yet part of their tables."""
    for table in VERSION_TABLES:
        name = partition_name(table, network_version)
        columns = f"LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS"
        session.execute(text(f"CREATE TABLE {name} ({columns}) WITH (autovacuum_enabled = false)"))
        # Known to hold, so that attaching need not look at every row.
        session.execute(
            text(f"ALTER TABLE {name} ADD CONSTRAINT of_version CHECK (network_version = {network_version})")
        )


def attach_partitions(
    session: Session, *, network_version: int, progress: Callable[[str, int, int], None] | None = None
) -> None:
    """Make the filled partitions part of their tables, with all their indexes and fresh statistics.

    `progress` gets the word `indexes`, the tables done and all of them.
    """
    for statement in _WHILE_INDEXING:
        session.execute(text(statement))
    for done, table in enumerate(VERSION_TABLES, start=1):
        name = partition_name(table, network_version)
        session.execute(
            text(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES IN ({int(network_version)})")
        )
        session.execute(text(f"ALTER TABLE {name} DROP CONSTRAINT of_version"))
        # Without statistics the first searches after a large import would scan whole tables.
        session.execute(text(f"ANALYZE {name}"))
        if progress is not None:
            progress(_INDEXING, done, len(VERSION_TABLES))


def drop_partitions(session: Session, *, network_version: int) -> None:
    """Drop all rows of a version; NetworkVersionBusyError when the tables are being read for too long."""
    try:
        with session.begin_nested():
            session.execute(text(_WAIT_FOR_READERS))
            # All at once and first of all, or this and a reader might wait for each other.
            session.execute(text(f"LOCK TABLE {', '.join(VERSION_TABLES)} IN ACCESS EXCLUSIVE MODE"))
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise NetworkVersionBusyError(network_version) from error
        raise
    for table in VERSION_TABLES:
        session.execute(text(f"DROP TABLE IF EXISTS {partition_name(table, network_version)}"))
