"""Live pages of customers: a stream that says "something of yours changed", and nothing else.

Rules:
1. A page is told only when what it may see differs from what it shows (`dispatch.supply_versions`). The id of
   an event is that version, so a page that comes back is told at once if it missed something.
2. A stream ends after ten minutes, when its pass ends, and when the database goes away; pages come back by
   themselves, and say meanwhile that they may be old.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import aclosing
from datetime import UTC, datetime

from sqlalchemy import Engine
from sse_starlette import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.change_signal import ChangeSignal
from api.change_stream import LONGEST_STREAM_S, RETRY_AFTER_MS, StreamPlaces
from api.live_watch import Ending, LiveWatch, Look
from api.supply_passes import SupplyPass, accounts_of_passes, find_pass
from api.work import reading
from dispatch.change_log import latest_position
from dispatch.supply_versions import supply_versions

# How often a quiet page is told the time, so that it does not look old.
TELL_TIME_EVERY_S = 60.0
AWAY_RETRY_AFTER_MS = 15_000


class SupplyWatch:
    """Follows the supply of everyone who has a page open."""

    def __init__(self, engine: Engine, *, signal: ChangeSignal, places: StreamPlaces) -> None:
        """Prepare; nothing is looked at until a page is open."""
        self._engine = engine
        self._watch = LiveWatch(self._look, signal=signal, places=places)

    @property
    def places(self) -> StreamPlaces:
        """How many pages may be open at once."""
        return self._watch.places

    @places.setter
    def places(self, places: StreamPlaces) -> None:
        self._watch.places = places

    @property
    def watched(self) -> int:
        """How many passes have a page open in this process."""
        return self._watch.watched

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
        told_at = time.monotonic()
        async with aclosing(self._watch.follow(digest, longest_s=LONGEST_STREAM_S)) as glances:
            async for glance in glances:
                if glance is Ending.AWAY:
                    yield ServerSentEvent("away", event="away", retry=AWAY_RETRY_AFTER_MS)
                elif glance is Ending.ENDED:
                    yield ServerSentEvent("ended", event="ended")
                elif not isinstance(glance, Ending) and glance.version != seen:
                    seen, told_at = glance.version, time.monotonic()
                    yield ServerSentEvent(seen, id=seen, event="changed", retry=RETRY_AFTER_MS)
                elif not isinstance(glance, Ending) and time.monotonic() - told_at >= TELL_TIME_EVERY_S:
                    told_at = time.monotonic()
                    yield ServerSentEvent(tell_time(glance.now), event="time")

    def _look(self, digests: Collection[bytes]) -> Look:
        with reading(self._engine) as work:
            accounts = accounts_of_passes(work.session, digests=digests, now=datetime.now(UTC))
            versions = supply_versions(work.session, accounts=set(accounts.values()), now=work.now)
            position = latest_position(work.session)
        return Look(
            now=work.now,
            position=position,
            versions={digest: versions[account] for digest, account in accounts.items()},
        )


def _held(engine: Engine, token: str) -> SupplyPass | None:
    with reading(engine) as work:
        return find_pass(work.session, token=token, now=datetime.now(UTC))
