"""The planning worker: keeps a plan for all open outages in force, alone on its database.

It holds a lock for as long as its session lives, wakes on NOTIFY and looks every second besides. It reads one
still picture, computes outside any transaction, and puts a plan in force in one short write: killed at any
moment, it leaves a whole plan or the one before. It gives way to every other process of the machine.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from contextlib import suppress

import psycopg
from sqlalchemy import Engine

from api.processes.child import collect_seldom, start_logging, stop_event
from api.processes.database import given_database_url
from api.processes.lone_worker import LoneWorker
from api.settings import DatabaseSettings, PlanningSettings, WebSettings
from api.work import reading, writing
from api.worker_locks import WorkerLock, beat
from dispatch.change_log import changes_after, latest_position
from dispatch.errors import NoActiveNetwork
from dispatch.events import NOT_DECISIVE, Event
from dispatch.network_cache import NetworkCache
from dispatch.planner import Planner, PlannerRules
from dispatch.planning.plan import Plan
from dispatch.planning_input import RunningProblem, TravelTimes, running_problem
from dispatch.running_plan import plan_in_force, put_in_force
from dispatch.tables import CHANGES_CHANNEL
from dispatch.travel import Travel
from gis.database import connect
from gis.roads.road_cache import RoadCache

logger = logging.getLogger("relight.planning")

# Of the time that passes, looking takes a third at most: each look waits twice as long as the last one took.
_REST_PER_LOOK = 2.0
_NICENESS = 10
# After SIGTERM; the rest of a long computation is given up then.
_GRACE_S = 1.2
_MOST_CHANGES = 1000
# What changes all the time and seldom changes who should go where: no search is cut short for it.
_NO_NEWS = NOT_DECISIVE | {Event.PLAN_IMPROVED}


class _StoppedError(Exception):
    """It was told to stop in the middle of a search."""


class PlanningWorker:
    """Plans on one database until it is told to stop."""

    def __init__(
        self,
        engine: Engine,
        *,
        stopping: threading.Event,
        rules: PlannerRules,
        networks: NetworkCache | None = None,
        travel: TravelTimes | None = None,
    ) -> None:
        """Prepare; nothing is opened until `run`."""
        self._engine = engine
        self._stopping = stopping
        self._networks = networks or NetworkCache()
        self._travel = travel or Travel()
        self._planner = Planner(rules=rules, stopwatch=time.monotonic)
        self._seen_position = -1
        self._is_idle = False

    def run(self) -> None:
        """Plan until stopped; while the database is away, or another one plans, try again."""
        LoneWorker(
            self._engine,
            self._stopping,
            name="relight planning lock",
            lock=WorkerLock.PLANNING,
            channel=CHANGES_CHANNEL,
            logger=logger,
        ).run(self._go_round)

    def _go_round(self, connection: psycopg.Connection) -> None:
        begin = time.monotonic()
        with suppress(_StoppedError):
            self.look(connection)
        self._stopping.wait(_REST_PER_LOOK * (time.monotonic() - begin))

    def look(self, lock_holder: psycopg.Connection | None = None) -> int | None:
        """Look once, and put a better plan in force if there is one; return its version."""
        with reading(self._engine) as work:
            position = latest_position(work.session)
            if position == self._seen_position and (self._is_idle or self._planner.rests):
                return None
            try:
                running = running_problem(
                    work.session, networks=self._networks, travel=self._travel, now=work.now
                )
            except NoActiveNetwork:
                return None
            in_force = plan_in_force(work.session)
        self._seen_position = position
        self._is_idle = not running.work and not running.left_out
        if in_force is None and self._is_idle:
            return None

        def is_out_of_date() -> bool:
            return self._is_out_of_date(running, lock_holder)

        plan = self._planner.better_plan(running, in_force, is_out_of_date=is_out_of_date)
        if plan is None:
            return None
        version = self._put_in_force(running, plan)
        if in_force is not None and in_force.digest == running.digest:
            return version
        # People see the plan first, and how good it is a little later.
        bounded = self._planner.bounded(running, plan, is_out_of_date=is_out_of_date)
        return version if bounded is None else self._put_in_force(running, bounded)

    def _put_in_force(self, running: RunningProblem, plan: Plan) -> int:
        with writing(self._engine) as work:
            version = put_in_force(work.session, running=running, plan=plan, now=work.now)
        logger.info(
            "plan %d: %d jobs, %d without a crew, %.0f customer-minutes, at least %.0f",
            version,
            len(running.work),
            len(plan.unassigned),
            plan.customer_minutes,
            plan.lower_bound,
        )
        return version

    def _is_out_of_date(self, running: RunningProblem, lock_holder: psycopg.Connection | None) -> bool:
        if self._stopping.is_set():
            raise _StoppedError
        if lock_holder is not None:
            beat(lock_holder)
        with reading(self._engine) as work:
            changes = changes_after(work.session, position=running.position, limit=_MOST_CHANGES)
        return any(change.name not in _NO_NEWS for change in changes)


def end_soon_after(stopping: threading.Event) -> None:
    """End the process a little after it was told to stop, whatever it computes: nothing of it is lost."""

    def wait() -> None:
        stopping.wait()
        time.sleep(_GRACE_S)
        logger.info("stopped in the middle of a computation")
        os._exit(0)

    threading.Thread(target=wait, name="end soon", daemon=True).start()


def main() -> None:
    """Run the worker as a process of its own, behind all others."""
    os.nice(_NICENESS)
    start_logging(WebSettings().log_level)
    collect_seldom()
    database = DatabaseSettings()
    stopping = stop_event()
    end_soon_after(stopping)
    engine = connect(given_database_url(database), application_name="relight planning", pool_size=2)
    PlanningWorker(
        engine,
        stopping=stopping,
        rules=PlanningSettings().rules(),
        networks=NetworkCache(folder=database.networks_folder),
        travel=Travel(RoadCache(folder=database.networks_folder)),
    ).run()
    engine.dispose()


if __name__ == "__main__":
    main()
