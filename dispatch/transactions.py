"""Transactions: one writer at a time for what we believe and decide, readers on a still picture.

Every change of state takes one advisory lock first and holds it to the end. So changes are made on what is
really there, and change log positions become visible in order: nobody who reads by position skips one.
Evidence intake does not take the lock; a storm of calls never waits for a dispatcher.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

# Any fixed number will do; it is only ever compared with itself.
WRITER_LOCK = 7_350_001


@contextmanager
def write_transaction(engine: Engine) -> Iterator[Session]:
    """Open a transaction as the only writer of dispatch state; commit at the end, roll back on any error."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WRITER_LOCK})
        yield session


@contextmanager
def intake_transaction(engine: Engine) -> Iterator[Session]:
    """Open a transaction that only adds rows of its own, such as evidence; it takes no lock."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        yield session


@contextmanager
def read_transaction(engine: Engine) -> Iterator[Session]:
    """Open a read-only transaction that sees one still picture of the database."""
    with Session(engine, expire_on_commit=False) as session, session.begin():
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        yield session
