"""Keeps restoration times, in the process of the analysis worker: the plan's word, and the alarms.

A look reads; only where there is something to say is there a write transaction, and each takes a bounded
number of outages, so that a storm's worth of them stands in nobody's way.
"""

from __future__ import annotations

import logging
import time

from sqlalchemy import Engine

from api.processes.pace import Pace
from api.work import reading, writing
from dispatch.etr_plan import say_words_of_plan, words_of_plan
from dispatch.etr_watch import lapsing_wait, raise_lapsing
from dispatch.running_plan import plan_in_force, version_in_force

logger = logging.getLogger("relight.etr")

LOOK_EVERY_S = 1.0
# Looking takes a quarter of the time at most.
_REST_PER_LOOK = 3.0
# A plan that has said all is looked at again now and then: what is about to lapse moves on by less.
_LOOK_AT_SAME_PLAN_S = 20.0
_MOST_STEPS = 5


class EtrKeeper:
    """Says what a new plan means for restoration times, and raises alarms about those that lapse."""

    def __init__(self, engine: Engine) -> None:
        """Prepare; nothing is looked at yet."""
        self._engine = engine
        self._said_version: int | None = None
        self._said_at = float("-inf")
        self._pace = Pace(every_s=LOOK_EVERY_S, rest_per_look=_REST_PER_LOOK)

    def look(self) -> int:
        """Look if it is time to; return how many words were said and alarms raised."""
        return self._pace.look(self._look)

    def _look(self) -> int:
        # The plan first: where it says a later time, there may be nothing to raise an alarm about.
        told = self._follow_plan() + self._raise_alarms()
        if told:
            logger.info("told %d changes of restoration times", told)
        return told

    def _follow_plan(self) -> int:
        said = 0
        for _ in range(_MOST_STEPS):
            with reading(self._engine) as work:
                if self._has_said(version_in_force(work.session)):
                    break
                plan = plan_in_force(work.session)
                words = words_of_plan(work.session, plan=plan, now=work.now) if plan is not None else []
            if not words:
                self._said_version = plan.version if plan is not None else None
                self._said_at = time.monotonic()
                break
            with writing(self._engine) as work:
                said += say_words_of_plan(work.session, words=words, now=work.now)
        return said

    def _has_said(self, version: int | None) -> bool:
        is_fresh = time.monotonic() - self._said_at < _LOOK_AT_SAME_PLAN_S
        return version is None or (version == self._said_version and is_fresh)

    def _raise_alarms(self) -> int:
        raised = 0
        for _ in range(_MOST_STEPS):
            with reading(self._engine) as work:
                waits = lapsing_wait(work.session, now=work.now)
            if not waits:
                break
            with writing(self._engine) as work:
                raised += raise_lapsing(work.session, now=work.now)
        return raised
