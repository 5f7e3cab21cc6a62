"""When the Autopilot pauses the promise clocks of an outage: as a dispatcher would, through the public API.

RULE: while no crew fits, and closed roads are what keeps at least one away, the clocks are paused for
    `road_blocked`; as soon as a crew fits, they go on. The legal limit is not paused by anything.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from api.demo.client import ApiClient, RefusedError

logger = logging.getLogger("relight.demo")

_CUT_OFF = "unreachable_roads_closed"
_NOTE = "Paused by the Autopilot of the demo: every way is closed."


class ClockPauses:
    """Remembers which outages it has paused; others' pauses are left alone."""

    def __init__(self, client: ApiClient) -> None:
        """Act through a client signed in as a dispatcher."""
        self._client = client
        self._paused: set[str] = set()

    def heed(self, outage_id: str, ranked: Sequence[dict[str, Any]]) -> None:
        """Pause or go on, by the crews as they were just ranked for the outage."""
        fits = any(crew["fitting"] for crew in ranked)
        is_cut_off = not fits and any(
            reason["code"] == _CUT_OFF for crew in ranked for reason in crew.get("reasons", ())
        )
        if is_cut_off and outage_id not in self._paused:
            self._order(outage_id, "pause", {"reason": "road_blocked", "note": _NOTE})
            self._paused.add(outage_id)
        elif fits:
            self.go_on(outage_id)

    def go_on(self, outage_id: str) -> None:
        """Let the clocks go on, if they were paused from here: a crew can come, or is on its way."""
        if outage_id in self._paused:
            self._paused.discard(outage_id)
            self._order(outage_id, "resume", {})

    def _order(self, outage_id: str, action: str, body: dict[str, Any]) -> None:
        try:
            self._client.post(f"/api/outages/{outage_id}/promises/{action}", body)
        except RefusedError as refusal:
            # A person has paused, or let go on, meanwhile: that stands.
            logger.info("Autopilot, clocks of %s: %s", outage_id, refusal)
