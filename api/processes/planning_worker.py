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

import psycopg
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from api.change_signal import plain_address
from api.errors import is_database_away
from api.processes.child import start_logging, stop_event
from api.processes.database import given_database_url
from api.settings import DatabaseSettings, PlanningSettings, WebSettings
from api.work import reading, writing
from api.worker_locks import WorkerLock, beat, try_to_hold
from dispatch.change_log import latest_position
from dispatch.errors import NoActiveNetwork
from dispatch.network_cache import NetworkCache
from dispatch.planner import Planner, PlannerRules
from dispatch.planning_input import TravelTimes, running_problem
from dispatch.running_plan import plan_in_force, put_in_force
from dispatch.straight_travel import StraightTravel
from dispatch.tables import CHANGES_CHANNEL
from dispatch.travel import Travel
from gis.database import connect
from gis.roads.road_cache import RoadCache

logger = logging.getLogger("relight.planning")

LOOK_EVERY_S = 1.0
_AGAIN_AFTER_S = 1.0
# Of the time that passes, looking takes a third at most: each look waits twice as long as the last one took.
_REST_PER_LOOK = 2.0
_NICENESS = 10


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
        self._travel = travel or StraightTravel()
        self._planner = Planner(rules=rules, stopwatch=time.monotonic)
        self._seen_position = -1

    def run(self) -> None:
        """Plan until stopped; while the database is away, or another one plans, try again."""
        while not self._stopping.is_set():
            try:
                self._run_once()
            except (psycopg.OperationalError, SQLAlchemyError) as error:
                if isinstance(error, SQLAlchemyError) and not is_database_away(error):
                    raise
                logger.warning("the database is away (%s); trying again", type(error).__name__)
            self._stopping.wait(_AGAIN_AFTER_S)

    def _run_once(self) -> None:
        with psycopg.connect(
            plain_address(self._engine),
            autocommit=True,
            connect_timeout=5,
            application_name="relight planning lock",
        ) as connection:
            if not try_to_hold(connection, WorkerLock.PLANNING):
                return
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANGES_CHANNEL)))
            logger.info("planning")
            while not self._stopping.is_set():
                beat(connection)
                begin = time.monotonic()
                self.look(connection)
                self._stopping.wait(_REST_PER_LOOK * (time.monotonic() - begin))
                beat(connection)
                # Raises when the session, and with it the lock, is gone.
                for _ in connection.notifies(timeout=LOOK_EVERY_S, stop_after=1):
                    pass

    def look(self, lock_holder: psycopg.Connection | None = None) -> int | None:
        """Look once, and put a better plan in force if there is one; return its version."""
        with reading(self._engine) as work:
            position = latest_position(work.session)
            if position == self._seen_position and self._planner.rests:
                return None
            try:
                running = running_problem(
                    work.session, networks=self._networks, travel=self._travel, now=work.now
                )
            except NoActiveNetwork:
                return None
            in_force = plan_in_force(work.session)
        self._seen_position = position
        if in_force is None and not running.work and not running.left_out:
            return None

        def show_life() -> None:
            if lock_holder is not None:
                beat(lock_holder)

        plan = self._planner.better_plan(running, in_force, on_better=show_life)
        if plan is None:
            return None
        with writing(self._engine) as work:
            version = put_in_force(work.session, running=running, plan=plan, now=work.now)
        logger.info(
            "plan %d: %d jobs, %d without a crew, %.0f customer-minutes",
            version,
            len(running.work),
            len(plan.unassigned),
            plan.customer_minutes,
        )
        return version


def main() -> None:
    """Run the worker as a process of its own, behind all others."""
    os.nice(_NICENESS)
    start_logging(WebSettings().log_level)
    database = DatabaseSettings()
    engine = connect(given_database_url(database), application_name="relight planning", pool_size=2)
    PlanningWorker(
        engine,
        stopping=stop_event(),
        rules=PlanningSettings().rules(),
        networks=NetworkCache(folder=database.networks_folder),
        travel=Travel(RoadCache(folder=database.networks_folder)),
    ).run()
    engine.dispose()


if __name__ == "__main__":
    main()
