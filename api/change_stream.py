"""The change log as a live stream (server-sent events): an event's id is a position, so a reader can resume.

Rules:
1. A stream starts after the position asked for (Last-Event-ID, else `after`, else now).
2. A position beyond the newest one belongs to another database: the reader is told to reload.
3. The first change after a silence goes out at once; in a flood, each stream looks at the log five times a
   second, however many changes wake it.
4. A stream ends after ten minutes, when its sign-in ends, and when the database goes away; readers come back
   by themselves with the last position they saw.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.change_signal import ChangeSignal
from api.errors import TooManyStreamsError
from api.schemas.changes import Change
from api.sessions import session_holds
from dispatch.change_log import changes_after, latest_position
from dispatch.transactions import read_transaction

LONGEST_STREAM_S = 600.0
LOOK_EVERY_S = 10.0
RETRY_AFTER_MS = 2_000
HEARTBEAT_S = 15
_GATHER_S = 0.2
_CHANGES_AT_ONCE = 500


class StreamPlaces:
    """How many streams may be open at once in this process."""

    def __init__(self, limit: int) -> None:
        """Start with all places free."""
        self._free = limit

    def check(self) -> None:
        """Raise TooManyStreamsError when no place is free."""
        if self._free <= 0:
            raise TooManyStreamsError

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold one place."""
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


def resumed_position(last_event_id: str | None, *, after: int | None) -> int | None:
    """Return the position a stream goes on from: Last-Event-ID where it is one, else what was asked for."""
    told = last_event_id or ""
    return int(told) if told.isascii() and told.isdigit() else after


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look at the log found; `latest` is its newest position."""

    holds: bool
    latest: int
    changes: list[Change]


async def change_events(
    engine: Engine, *, signal: ChangeSignal, places: StreamPlaces, token_digest: bytes, after: int | None
) -> AsyncIterator[ServerSentEvent]:
    """Yield the changes after a position as they are recorded, until one of the rules ends the stream."""
    ends_at = time.monotonic() + LONGEST_STREAM_S
    position = after
    with places.taken():
        while (left_s := ends_at - time.monotonic()) > 0:
            ticket = signal.ticket()
            try:
                look = await run_in_threadpool(_look, engine, token_digest, position)
            except SQLAlchemyError:
                return
            if not look.holds:
                return
            if position is None or position > look.latest:
                # The greeting tells the reader its position; one from another database has to start anew.
                event = "position" if position is None else "reload"
                position = look.latest
                yield ServerSentEvent(
                    json.dumps({"position": position}), id=str(position), event=event, retry=RETRY_AFTER_MS
                )
            for change in look.changes:
                position = change.position
                yield ServerSentEvent(change.model_dump_json(), id=str(position), retry=RETRY_AFTER_MS)
            if not look.changes:
                await signal.wait(ticket, timeout_s=min(LOOK_EVERY_S, left_s))
            elif len(look.changes) < _CHANGES_AT_ONCE:
                await asyncio.sleep(_GATHER_S)


def _look(engine: Engine, token_digest: bytes, position: int | None) -> _Look:
    with read_transaction(engine) as session:
        holds = session_holds(session, digest=token_digest, now=datetime.now(UTC))
        latest = latest_position(session)
        if position is None or position >= latest:
            return _Look(holds=holds, latest=latest, changes=[])
        found = changes_after(session, position=position, limit=_CHANGES_AT_ONCE)
        return _Look(holds=holds, latest=latest, changes=[Change.model_validate(change) for change in found])
