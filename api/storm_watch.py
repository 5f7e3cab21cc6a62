"""One look at the storm for all desks: made at most once in a while, however many pages ask."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from api.work import reading
from dispatch.feed_health import Feed, feed_health
from dispatch.restoration_curve import RestorationCurve, restoration_curve, usual_span

# Desks ask again every five seconds; what two of them ask at once is read once.
KEPT_FOR_S = 2.0


@dataclass(frozen=True, slots=True)
class StormLook:
    """The curve and the feeds at one moment."""

    at: datetime
    curve: RestorationCurve
    feeds: tuple[Feed, ...]


class StormWatch:
    """Keeps the last look for each span that is asked for."""

    def __init__(self, engine: Engine, *, kept_for_s: float = KEPT_FOR_S) -> None:
        """Start with nothing."""
        self._engine = engine
        self._kept_for_s = kept_for_s
        self._lock = threading.Lock()
        self._kept: dict[float | None, tuple[float, StormLook]] = {}

    def look(self, *, hours: float | None) -> StormLook:
        """Return the last so many hours, else since what is open began."""
        with self._lock:
            made_at, kept = self._kept.get(hours, (0.0, None))
            if kept is not None and time.monotonic() - made_at < self._kept_for_s:
                return kept
            look = self._read(hours)
            # One for each span that is offered; what nobody asks for any more is not kept for ever.
            self._kept = {
                span: one for span, one in self._kept.items() if time.monotonic() - one[0] < self._kept_for_s
            }
            self._kept[hours] = (time.monotonic(), look)
            return look

    def _read(self, hours: float | None) -> StormLook:
        with reading(self._engine) as work:
            now = work.now
            since = usual_span(work.session, now=now) if hours is None else now - timedelta(hours=hours)
            curve = restoration_curve(work.session, since=since, until=now, now=now)
            feeds = tuple(feed_health(work.session, now=now))
        return StormLook(at=now, curve=curve, feeds=feeds)
