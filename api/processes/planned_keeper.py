"""Looks at planned outages every now and then, in the process of the analysis worker.

Notices due, work begun and ended by switching, overruns. The look itself reads; only where something is due
is there a write transaction.
"""

from __future__ import annotations

import logging

from sqlalchemy import Engine

from api.processes.pace import Pace
from api.work import reading, writing
from dispatch.planned_watch import keep_planned_outages, planned_outages_due

logger = logging.getLogger("relight.planned")

LOOK_EVERY_S = 1.0
# Looking takes a tenth of the time at most.
_REST_PER_LOOK = 10.0


class PlannedKeeper:
    """Does what time makes of planned outages."""

    def __init__(self, engine: Engine) -> None:
        """Prepare; nothing is looked at yet."""
        self._engine = engine
        self._pace = Pace(every_s=LOOK_EVERY_S, rest_per_look=_REST_PER_LOOK)

    def look(self) -> int:
        """Look if it is time to; return how many planned outages something was done for."""
        return self._pace.look(self._look)

    def _look(self) -> int:
        with reading(self._engine) as work:
            is_due = planned_outages_due(work.session, now=work.now)
        if not is_due:
            return 0
        with writing(self._engine) as work:
            changed = keep_planned_outages(work.session, now=work.now)
        logger.info("did what was due for %d planned outages", changed)
        return changed
