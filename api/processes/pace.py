"""How often a keeper looks: not more than every so often, and in a bounded share of the time."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """Lets a look through when it is time to.

    Args:
        every_s: Seconds between the end of a look and the next.
        rest_per_look: How many times as long as a look took is rested after it, if that is longer; 10 leaves
            it a tenth of the time at most.
    """

    def __init__(self, *, every_s: float, rest_per_look: float = 0.0) -> None:
        """Prepare; the first look is due at once."""
        self._every_s = every_s
        self._rest_per_look = rest_per_look
        self._next_at = float("-inf")

    def look(self, look: Callable[[], int]) -> int:
        """Look if it is time to; return what it returns, 0 while it rests."""
        begin = time.monotonic()
        if begin < self._next_at:
            return 0
        told = look()
        end = time.monotonic()
        self._next_at = end + max(self._every_s, self._rest_per_look * (end - begin))
        return told
