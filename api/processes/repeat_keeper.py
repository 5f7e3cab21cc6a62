"""Looks every now and then for what is out or trips again and again, in the process of the analysis worker.

The look itself reads, and takes a bounded share of the time; only where something has changed is there a
write transaction.
"""

from __future__ import annotations

import logging

from sqlalchemy import Engine

from api.processes.pace import Pace
from api.work import reading, writing
from dispatch.errors import NoActiveNetwork
from dispatch.network_cache import NetworkCache
from dispatch.repeats.finding import find_repeats
from dispatch.repeats.rules import RepeatRules, read_repeat_rules
from dispatch.repeats.worklist import keep_repeats, repeats_differ

logger = logging.getLogger("relight.repeats")

LOOK_EVERY_S = 60.0
# A look goes through two months of the ledger: it takes a hundredth of the time at most.
_REST_PER_LOOK = 100.0


class RepeatKeeper:
    """Keeps the worklist of repeats."""

    def __init__(self, engine: Engine, *, networks: NetworkCache, rules: RepeatRules | None = None) -> None:
        """Prepare; nothing is looked at yet."""
        self._engine = engine
        self._networks = networks
        self._rules = rules or read_repeat_rules()
        self._pace = Pace(every_s=LOOK_EVERY_S, rest_per_look=_REST_PER_LOOK)

    def look(self) -> int:
        """Look if it is time to; return how many changes were told."""
        return self._pace.look(self._look)

    def _look(self) -> int:
        try:
            with reading(self._engine) as work:
                traced = self._networks.in_force(work.session)
                found = find_repeats(work.session, rules=self._rules, traced=traced, now=work.now)
                differ = repeats_differ(work.session, found=found)
        except NoActiveNetwork:
            return 0
        if not differ:
            return 0
        with writing(self._engine) as work:
            told = keep_repeats(work.session, found=found, rules_version=self._rules.version, now=work.now)
        logger.info("told %d changes of repeats", told)
        return told
