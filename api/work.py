"""What an endpoint works with: a transaction and the time by the clock of the database.

The transaction ends before the answer is sent, so that what is answered is durable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.roles import Identity
from dispatch.clock import simulated_now
from dispatch.transactions import intake_transaction, read_transaction, write_transaction


@dataclass(frozen=True, slots=True)
class Work:
    """One open transaction, and the time (UTC, by the clock in the database) at which it works."""

    session: Session
    now: datetime


def reading(engine: Engine) -> AbstractContextManager[Work]:
    """Open a transaction that reads one still picture."""
    return _work(read_transaction, engine)


def writing(engine: Engine) -> AbstractContextManager[Work]:
    """Open a transaction as the only writer of dispatch state."""
    return _work(write_transaction, engine)


def receiving(engine: Engine) -> AbstractContextManager[Work]:
    """Open a transaction that only adds evidence; it waits for no other."""
    return _work(intake_transaction, engine)


@contextmanager
def _work(transaction: Callable[[Engine], AbstractContextManager[Session]], engine: Engine) -> Iterator[Work]:
    with transaction(engine) as session:
        yield Work(session=session, now=simulated_now(session, real_now=datetime.now(UTC)))


def _engine(request: Request) -> Engine:
    engine: Engine = request.app.state.engine
    return engine


def _identity(request: Request) -> Identity:
    identity: Identity = request.state.identity
    return identity


Database = Annotated[Engine, Depends(_engine)]
SignedIn = Annotated[Identity, Depends(_identity)]
