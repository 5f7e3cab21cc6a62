"""Keeps what is known now and then, for replays to begin near (dispatch/kept_states.py).

In the process of the analysis worker: once in a while in a storm, and in a hundredth of its time at most.
"""

from __future__ import annotations

import logging

from sqlalchemy import Engine

from api.processes.pace import Pace
from api.work import reading, receiving
from dispatch.kept_states import keep_state, state_to_keep

logger = logging.getLogger("relight.replay")

LOOK_EVERY_S = 60.0
_REST_PER_LOOK = 100.0


class StateKeeper:
    """Keeps states of one database."""

    def __init__(self, engine: Engine) -> None:
        """Prepare; nothing is looked at yet."""
        self._engine = engine
        self._pace = Pace(every_s=LOOK_EVERY_S, rest_per_look=_REST_PER_LOOK)

    def look(self) -> int:
        """Look if it is time to; return how many states were kept."""
        return self._pace.look(self._look)

    def _look(self) -> int:
        with reading(self._engine) as work:
            state = state_to_keep(work.session, now=work.now)
        if state is None:
            return 0
        # Rows that nobody else writes: a dispatcher never waits for it.
        with receiving(self._engine) as work:
            keep_state(work.session, state=state)
        logger.info("kept what is known at position %d, %d bytes", state.position, len(state.packed))
        return 1
