"""What the workers that are alone on their database do the same: hold the lock, wake, go round, try again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from api.change_signal import plain_address
from api.errors import is_database_away
from api.worker_locks import WorkerLock, beat, try_to_hold

LOOK_EVERY_S = 1.0
_AGAIN_AFTER_S = 1.0


@dataclass(frozen=True)
class LoneWorker:
    """A loop under a lock; it wakes on a channel's NOTIFY, and every second besides.

    Args:
        name: What its database session is called.
        lock: Held for as long as that session lives.
        channel: Of the notifications that wake it.
        logger: Told when it begins, and when the database is away.
    """

    engine: Engine
    stopping: threading.Event
    name: str
    lock: WorkerLock
    channel: str
    logger: logging.Logger

    def run(self, go_round: Callable[[psycopg.Connection], None]) -> None:
        """Go round until stopped; while the database is away, or another worker is at it, try again."""
        while not self.stopping.is_set():
            try:
                self._hold_and_go_round(go_round)
            except (psycopg.OperationalError, SQLAlchemyError) as error:
                if isinstance(error, SQLAlchemyError) and not is_database_away(error):
                    raise
                self.logger.warning("the database is away (%s); trying again", type(error).__name__)
            self.stopping.wait(_AGAIN_AFTER_S)

    def _hold_and_go_round(self, go_round: Callable[[psycopg.Connection], None]) -> None:
        with psycopg.connect(
            plain_address(self.engine),
            autocommit=True,
            connect_timeout=5,
            application_name=self.name,
        ) as connection:
            if not try_to_hold(connection, self.lock):
                return
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self.channel)))
            self.logger.info("at work")
            while not self.stopping.is_set():
                beat(connection)
                go_round(connection)
                beat(connection)
                # Raises when the session, and with it the lock, is gone.
                for _ in connection.notifies(timeout=LOOK_EVERY_S, stop_after=1):
                    pass
