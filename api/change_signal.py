"""One listener per web process that wakes every live stream when a change was recorded.

Owns the LISTEN connection. It reconnects by itself; while it cannot, streams still look every few seconds.
"""

from __future__ import annotations

import asyncio
import logging

import psycopg
from psycopg import sql
from sqlalchemy import Engine

from dispatch.tables import CHANGES_CHANNEL

logger = logging.getLogger("relight.api")

_RECONNECT_AFTER_S = 1.0


class ChangeSignal:
    """Wakes whoever waits for the next change."""

    def __init__(self, engine: Engine) -> None:
        """Prepare; nothing listens until `run`."""
        self._address = plain_address(engine)
        self._next = asyncio.Event()

    def ticket(self) -> asyncio.Event:
        """Return what to wait on. Take it before reading, or a change between the two is slept through."""
        return self._next

    async def wait(self, ticket: asyncio.Event, *, timeout_s: float) -> None:
        """Wait until a change after the ticket was taken, or until the time is over."""
        try:
            await asyncio.wait_for(ticket.wait(), timeout_s)
        except TimeoutError:
            return

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen()
            except psycopg.Error as error:
                logger.warning("live changes: the database is away (%s)", type(error).__name__)
            await asyncio.sleep(_RECONNECT_AFTER_S)

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._address, autocommit=True, connect_timeout=5, application_name="relight live changes"
        )
        async with connection:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANGES_CHANNEL)))
            self._wake()  # what was recorded before listening began
            async for _ in connection.notifies():
                self._wake()

    def _wake(self) -> None:
        due, self._next = self._next, asyncio.Event()
        due.set()


def plain_address(engine: Engine) -> str:
    """Return an engine's address as psycopg itself takes it, password included."""
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
