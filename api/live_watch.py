"""One look at the database for all open live pages of a kind: at most two a second, however much changes.

Owns who is followed and when a look is made; what is looked at and what a page is told are its caller's. Each
page is followed by a key (the digest of its sign-in or pass), whose version differs when it has to be told.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from api.change_signal import ChangeSignal
from api.change_stream import StreamPlaces
from dispatch.errors import NoActiveNetwork

logger = logging.getLogger("relight.api")

LOOK_EVERY_S = 10.0
# Changes come in bursts: what follows within this time is seen by the same look.
SETTLE_S = 0.5


@dataclass(frozen=True, slots=True)
class Look:
    """What was found for all keys at once, at a time and a position; a key that is missing has ended."""

    now: datetime
    position: int
    versions: Mapping[bytes, str]


@dataclass(frozen=True, slots=True)
class Glance:
    """What one look found for one key."""

    now: datetime
    position: int
    version: str


class Ending(Enum):
    """Why a page is followed no longer."""

    ENDED = "ended"  # its sign-in or pass holds no more
    AWAY = "away"  # looking failed
    OVER = "over"  # its time is over: it comes back by itself


class LiveWatch:
    """Follows everyone who has a page open, with one look for all of them."""

    def __init__(
        self,
        look: Callable[[Collection[bytes]], Look],
        *,
        signal: ChangeSignal,
        places: StreamPlaces,
    ) -> None:
        """Prepare; nothing is looked at until a page is open. `look` is called in a thread."""
        self.places = places
        self._look = look
        self._signal = signal
        self._watched: Counter[bytes] = Counter()
        self._latest: Look | None = None
        self._looked = asyncio.Event()
        self._following: asyncio.Task[None] | None = None

    @property
    def watched(self) -> int:
        """How many keys have a page open in this process."""
        return len(self._watched)

    async def follow(self, key: bytes, *, longest_s: float) -> AsyncGenerator[Glance | Ending]:
        """Yield what each look finds for the key, the last of all why there is no more."""
        ends_at = time.monotonic() + longest_s
        with self.places.taken(), self._watching(key):
            looked = self._looked
            look = await self._own_look(key)
            while look is not None and key in look.versions:
                if time.monotonic() >= ends_at:
                    yield Ending.OVER
                    return
                yield Glance(now=look.now, position=look.position, version=look.versions[key])
                # Taken before the next look is read: a look made meanwhile is not waited for again.
                await looked.wait()
                looked = self._looked
                look = self._latest
                if look is not None and key not in look.versions:
                    # That look may have begun before this page was opened.
                    look = await self._own_look(key)
            yield Ending.AWAY if look is None else Ending.ENDED

    @contextmanager
    def _watching(self, key: bytes) -> Iterator[None]:
        self._watched[key] += 1
        if self._following is None or self._following.done():
            self._looked = asyncio.Event()
            self._following = asyncio.create_task(self._follow())
        try:
            yield
        finally:
            self._watched[key] -= 1
            if self._watched[key] <= 0:
                del self._watched[key]
            if not self._watched:
                self._following.cancel()
                self._following = None

    async def _own_look(self, key: bytes) -> Look | None:
        """Look for one page alone; None when looking failed."""
        try:
            return await run_in_threadpool(self._look, [key])
        except (SQLAlchemyError, NoActiveNetwork):
            return None

    async def _follow(self) -> None:
        """Look again after every change, and now and then without one, until looking fails."""
        looked = self._looked
        try:
            while True:
                ticket = self._signal.ticket()
                self._latest = await run_in_threadpool(self._look, list(self._watched))
                self._looked = asyncio.Event()
                looked.set()
                looked = self._looked
                await self._signal.wait(ticket, timeout_s=LOOK_EVERY_S)
                await asyncio.sleep(SETTLE_S)
        except (SQLAlchemyError, NoActiveNetwork):
            logger.warning("live pages: the database is away, or no network is in force")
        finally:
            # A page that came just after the last one left has a follower of its own by now.
            if self._following is asyncio.current_task():
                self._latest = None
            looked.set()
