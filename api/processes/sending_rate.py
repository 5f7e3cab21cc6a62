"""How fast messages leave: so many a minute on each channel, evenly, for gateways that count."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from dispatch.channels import Channel

_MINUTE_S = 60.0


class SendingRate:
    """Lets messages of each channel leave one by one; several threads may ask at once."""

    def __init__(
        self,
        per_minute: Mapping[Channel, int],
        *,
        stopping: threading.Event | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep to `per_minute`; where there is no limit nobody waits, nor once `stopping` is set."""
        self._gaps = {channel: _MINUTE_S / limit for channel, limit in per_minute.items()}
        self._next: dict[Channel, float] = {}
        self._stopping = stopping or threading.Event()
        self._clock = clock
        self._lock = threading.Lock()

    def take_turn(self, channel: Channel) -> None:
        """Return when the next message may leave on a channel."""
        wait_s = self.turn_in(channel)
        if wait_s > 0:
            self._stopping.wait(wait_s)

    def turn_in(self, channel: Channel) -> float:
        """Take the next turn on a channel, and return in how many seconds it comes."""
        gap = self._gaps.get(channel)
        if gap is None:
            return 0.0
        with self._lock:
            now = self._clock()
            turn = max(now, self._next.get(channel, now))
            self._next[channel] = turn + gap
        return turn - now
