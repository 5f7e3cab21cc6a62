"""The locks by which each worker is the only one of its kind, and by which health knows that it runs.

The lock is held by the worker's database session: however the worker ends, kill -9 included, the server lets
go of it at once. The session is also its pulse: the worker asks something by it each time it goes round, and
the server keeps when that was. One that hangs holds its lock, but has no pulse.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session

# Longer than any honest step: the largest storm's analysis takes seconds.
STUCK_AFTER_S = 60.0

WorkerState = Literal["running", "stuck", "silent"]


class WorkerLock(IntEnum):
    """One number for each kind of worker; any numbers that nothing else in Relight uses."""

    ANALYSIS = 7_350_011
    DELIVERY = 7_350_012
    METERS = 7_350_013
    PLANNING = 7_350_014
    PUBLIC_MAP = 7_350_015


def try_to_hold(connection: psycopg.Connection, lock: WorkerLock) -> bool:
    """Take the lock for as long as the connection lives; False while another worker holds it."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [int(lock)]).fetchone()
    return bool(row and row[0])


def beat(connection: psycopg.Connection) -> None:
    """Show that the worker which holds a lock by this connection still goes round."""
    connection.execute("SELECT 1")


def state_of(session: Session, lock: WorkerLock) -> WorkerState:
    """Return whether a worker of this kind runs on this database, and whether it still moves."""
    silent_s = session.scalar(
        text(
            "SELECT extract(epoch FROM clock_timestamp() - state_change) FROM pg_locks "
            "JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted AND classid = 0 "
            "AND objid = :lock AND objsubid = 1 AND pg_locks.database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        ),
        {"lock": int(lock)},
    )
    if silent_s is None:
        return "silent"
    return "stuck" if silent_s > STUCK_AFTER_S else "running"
