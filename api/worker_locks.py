"""The locks by which each worker is the only one of its kind, and by which health knows that it runs.

The lock is held by the worker's database session: however the worker ends, kill -9 included, the server lets
go of it at once. So nothing has to be believed about clocks or heartbeats.
"""

from __future__ import annotations

from enum import IntEnum

import psycopg
from sqlalchemy import text
from sqlalchemy.orm import Session


class WorkerLock(IntEnum):
    """One number for each kind of worker; any numbers that nothing else in Relight uses."""

    ANALYSIS = 7_350_011
    DELIVERY = 7_350_012


def try_to_hold(connection: psycopg.Connection, lock: WorkerLock) -> bool:
    """Take the lock for as long as the connection lives; False while another worker holds it."""
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", [int(lock)]).fetchone()
    return bool(row and row[0])


def is_held(session: Session, lock: WorkerLock) -> bool:
    """Return whether a worker of this kind runs on this database."""
    held = session.scalar(
        text(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 0 "
            "AND objid = :lock AND objsubid = 1 "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
        ),
        {"lock": int(lock)},
    )
    return bool(held)
