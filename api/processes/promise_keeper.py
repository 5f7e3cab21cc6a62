"""Looks at the promise clocks every now and then, in the process of the analysis worker.

The look itself reads; only where something has changed is there a write transaction. It takes a bounded share
of the time, however many outages there are.
"""

from __future__ import annotations

import logging

from sqlalchemy import Engine

from api.processes.pace import Pace
from api.work import reading, writing
from dispatch.promise_watch import keep_promises, promises_differ
from gis.customers_around import CustomersAround

logger = logging.getLogger("relight.promises")

LOOK_EVERY_S = 1.0
# Looking takes a tenth of the time at most.
_REST_PER_LOOK = 10.0
# A storm's worth of clocks is taken in short steps, between which others may write.
_MOST_STEPS = 2


class PromiseKeeper:
    """Brings promise clocks up to now and tells warnings and breaches."""

    def __init__(self, engine: Engine) -> None:
        """Prepare; nothing is looked at yet."""
        self._engine = engine
        self._customers_around = CustomersAround()
        self._pace = Pace(every_s=LOOK_EVERY_S, rest_per_look=_REST_PER_LOOK)

    def look(self) -> int:
        """Look if it is time to; return how many changes were told."""
        return self._pace.look(self._look)

    def _look(self) -> int:
        # Looked up outside the writer's lock: an idle worker must not stand in a dispatcher's way.
        told = 0
        for _ in range(_MOST_STEPS):
            with reading(self._engine) as work:
                differ = promises_differ(work.session, now=work.now)
            if not differ:
                break
            with writing(self._engine) as work:
                told += keep_promises(work.session, customers_around=self._customers_around, now=work.now)
        if told:
            logger.info("told %d changes of promises", told)
        return told
