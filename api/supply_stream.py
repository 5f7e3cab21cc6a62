"""Live pages of customers: a stream that says "something of yours changed", and nothing else.

Rules:
1. One look at the database serves all open pages: at most two a second, however many changes come.
2. A page is told only when what it may see differs from what it shows (`dispatch.supply_versions`). The id of
   an event is that version, so a page that comes back is told at once if it missed something.
3. A stream ends after ten minutes, when its pass ends, and when the database goes away; pages come back by
   themselves, and say meanwhile that they may be old.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.change_signal import ChangeSignal
from api.change_stream import LONGEST_STREAM_S, RETRY_AFTER_MS, StreamPlaces
from api.supply_passes import SupplyPass, accounts_of_passes, find_pass
from api.work import reading
from dispatch.errors import NoActiveNetwork
from dispatch.supply_versions import supply_versions

logger = logging.getLogger("relight.api")

LOOK_EVERY_S = 10.0
# Changes come in bursts: what follows within this time is seen by the same look.
SETTLE_S = 0.5
# How often a quiet page is told the time, so that it does not look old.
TELL_TIME_EVERY_S = 60.0
AWAY_RETRY_AFTER_MS = 15_000


@dataclass(frozen=True, slots=True)
class _Look:
    """What was found for all passes at once: digest → version; a pass that is missing has ended."""

    now: datetime
    versions: Mapping[bytes, str]


class SupplyWatch:
    """Follows the supply of everyone who has a page open, with one look for all of them."""

    def __init__(self, engine: Engine, *, signal: ChangeSignal, places: StreamPlaces) -> None:
        """Prepare; nothing is looked at until a page is open."""
        self.places = places
        self._engine = engine
        self._signal = signal
        self._watched: Counter[bytes] = Counter()
        self._latest: _Look | None = None
        self._looked = asyncio.Event()
        self._following: asyncio.Task[None] | None = None

    @property
    def watched(self) -> int:
        """How many passes have a page open in this process."""
        return len(self._watched)

    async def admit(self, token: str) -> SupplyPass | None:
        """Return what a cookie's token gives leave to follow, or None."""
        return await run_in_threadpool(_held, self._engine, token)

    async def changes(
        self, *, digest: bytes, seen: str | None, tell_time: Callable[[datetime], str]
    ) -> AsyncIterator[ServerSentEvent]:
        """Yield `changed` when a page that shows the version `seen` is out of date, and `time` now and then.

        `ended` says that the pass no longer holds, `away` that looking failed; both end the stream.
        `tell_time` words the time for a page that stays as it is.
        """
        ends_at = time.monotonic() + LONGEST_STREAM_S
        with self.places.taken(), self._watching(digest):
            looked = self._looked
            look = await self._own_look(digest)
            told_at = time.monotonic()
            while look is not None and digest in look.versions and time.monotonic() < ends_at:
                version = look.versions[digest]
                if version != seen:
                    seen, told_at = version, time.monotonic()
                    yield ServerSentEvent(version, id=version, event="changed", retry=RETRY_AFTER_MS)
                elif time.monotonic() - told_at >= TELL_TIME_EVERY_S:
                    told_at = time.monotonic()
                    yield ServerSentEvent(tell_time(look.now), event="time")
                # Taken before the next look is read: a look made meanwhile is not waited for again.
                await looked.wait()
                looked = self._looked
                look = self._latest
                if look is not None and digest not in look.versions:
                    # That look may have begun before this page was opened.
                    look = await self._own_look(digest)
            if look is None:
                yield ServerSentEvent("away", event="away", retry=AWAY_RETRY_AFTER_MS)
            elif digest not in look.versions:
                yield ServerSentEvent("ended", event="ended")

    @contextmanager
    def _watching(self, digest: bytes) -> Iterator[None]:
        self._watched[digest] += 1
        if self._following is None or self._following.done():
            self._looked = asyncio.Event()
            self._following = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            self._watched[digest] -= 1
            if self._watched[digest] <= 0:
                del self._watched[digest]
            if not self._watched:
                self._following.cancel()
                self._following = None

    async def _own_look(self, digest: bytes) -> _Look | None:
        """Look for one page alone; None when looking failed."""
        try:
            return await run_in_threadpool(_look, self._engine, [digest])
        except (SQLAlchemyError, NoActiveNetwork):
            return None

    async def _follow(self) -> None:
        """Look again after every change, and now and then without one, until looking fails."""
        looked = self._looked
        try:
            while True:
                ticket = self._signal.ticket()
                self._latest = await run_in_threadpool(_look, self._engine, list(self._watched))
                self._looked = asyncio.Event()
                looked.set()
                looked = self._looked
                await self._signal.wait(ticket, timeout_s=LOOK_EVERY_S)
                await asyncio.sleep(SETTLE_S)
        except (SQLAlchemyError, NoActiveNetwork):
            logger.warning("live pages of customers: the database is away, or no network is in force")
        finally:
            # A page that came just after the last one left has a follower of its own by now.
            if self._following is asyncio.current_task():
                self._latest = None
            looked.set()


def _look(engine: Engine, digests: Collection[bytes]) -> _Look:
    with reading(engine) as work:
        accounts = accounts_of_passes(work.session, digests=digests, now=datetime.now(UTC))
        versions = supply_versions(work.session, accounts=set(accounts.values()), now=work.now)
    return _Look(now=work.now, versions={digest: versions[account] for digest, account in accounts.items()})


def _held(engine: Engine, token: str) -> SupplyPass | None:
    with reading(engine) as work:
        return find_pass(work.session, token=token, now=datetime.now(UTC))
