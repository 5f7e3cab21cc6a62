"""The analysis worker: turns new evidence into outages, alone on its database (故障研判).

It holds a lock for as long as its session lives, wakes on NOTIFY and looks every second besides, and works
until nothing is left. Each step is one transaction: killed at any moment, it leaves a whole step or none.
"""

from __future__ import annotations

import logging
import threading
import time

import psycopg
from sqlalchemy import Engine

from api.photo_files import PhotoFiles
from api.processes.child import collect_seldom, start_logging, stop_event
from api.processes.database import given_database_url
from api.processes.etr_keeper import EtrKeeper
from api.processes.lone_worker import LoneWorker
from api.processes.planned_keeper import PlannedKeeper
from api.processes.promise_keeper import PromiseKeeper
from api.processes.repeat_keeper import RepeatKeeper
from api.processes.state_keeper import StateKeeper
from api.processes.tidy_keeper import TidyKeeper
from api.settings import (
    DatabaseSettings,
    HoldDownSettings,
    InferenceSettings,
    MeterSettings,
    TidySettings,
    WebSettings,
)
from api.work import Work, reading, writing
from api.worker_locks import WorkerLock, beat
from dispatch.analysis import Analyst
from dispatch.errors import NoActiveNetwork
from dispatch.hazard_intake import hazards_due, mind_hazards, raise_reported_hazards, reports_wait
from dispatch.intake_conflicts import intake_conflicts_differ, reconcile_intake_conflicts
from dispatch.meter_requests import PingRules, ask_about_outages, ask_after_restoration
from dispatch.network_cache import NetworkCache
from dispatch.tables import EVIDENCE_CHANNEL
from dispatch.tidying import TidyRules
from gis.database import connect

logger = logging.getLogger("relight.analysis")

TELL_CONFLICTS_EVERY_S = 5.0


class AnalysisWorker:
    """Analyses evidence on one database until it is told to stop."""

    def __init__(
        self,
        engine: Engine,
        *,
        stopping: threading.Event,
        pings: PingRules | None = None,
        analyst: Analyst | None = None,
        tidy: TidyKeeper | None = None,
    ) -> None:
        """Prepare; nothing is opened until `run`. With `pings`, meters are asked about single outages."""
        self._engine = engine
        self._stopping = stopping
        self._pings = pings
        self._analyst = analyst or Analyst(networks=NetworkCache())
        self._promises = PromiseKeeper(engine)
        self._etrs = EtrKeeper(engine)
        self._planned = PlannedKeeper(engine)
        self._repeats = RepeatKeeper(engine, networks=self._analyst.networks)
        self._states = StateKeeper(engine)
        self._tidy = tidy
        self._conflicts_told_at = -TELL_CONFLICTS_EVERY_S

    def run(self) -> None:
        """Work until stopped; while the database is away, or another worker is at it, try again and again."""
        LoneWorker(
            self._engine,
            self._stopping,
            name="relight analysis lock",
            lock=WorkerLock.ANALYSIS,
            channel=EVIDENCE_CHANNEL,
            logger=logger,
        ).run(self._go_round)

    def _go_round(self, connection: psycopg.Connection) -> None:
        self._mind_hazards()
        self._work_off(connection)
        self._tell_conflicts()
        self._promises.look()
        self._etrs.look()
        self._planned.look()
        self._repeats.look()
        self._states.look()
        if self._tidy is not None:
            self._tidy.look()

    def _work_off(self, lock_holder: psycopg.Connection | None = None) -> None:
        """Take step after step until no evidence waits."""
        while not self._stopping.is_set() and self._something_waits():
            if lock_holder is not None:
                beat(lock_holder)
            try:
                with writing(self._engine) as work:
                    step = self._analyst.analyse(work.session, now=work.now)
                    self._ask_meters(work)
            except NoActiveNetwork:
                return
            if lock_holder is not None:
                self._promises.look()
                self._etrs.look()
            if step.evidence:
                logger.info("took %d pieces of evidence, made %d changes", step.evidence, step.changes)

    def _ask_meters(self, work: Work) -> None:
        """Ask the meters that tell most about unsure outages, and those that did not wake."""
        if self._pings is None:
            return
        ask_about_outages(
            work.session,
            choose=self._analyst.questions_about,
            networks=self._analyst.networks,
            rules=self._pings,
            now=work.now,
        )
        ask_after_restoration(work.session, unwoken=self._analyst.unwoken(), rules=self._pings, now=work.now)

    def _mind_hazards(self) -> None:
        """Raise what was reported, warn as clocks run out, and name the outages of hazards."""
        with reading(self._engine) as work:
            waits = reports_wait(work.session, now=work.now)
            due = hazards_due(work.session, now=work.now)
        if waits or due:
            with writing(self._engine) as work:
                raise_reported_hazards(work.session, now=work.now)
                mind_hazards(work.session, now=work.now)

    def _tell_conflicts(self) -> None:
        """Show the desk what intake has remarked on, every few seconds: that has no haste."""
        if time.monotonic() - self._conflicts_told_at < TELL_CONFLICTS_EVERY_S:
            return
        self._conflicts_told_at = time.monotonic()
        with reading(self._engine) as work:
            differ = intake_conflicts_differ(work.session, now=work.now)
        if differ:
            with writing(self._engine) as work:
                reconcile_intake_conflicts(work.session, now=work.now)

    def _something_waits(self) -> bool:
        # Looked up outside the writer's lock: an idle worker must not stand in a dispatcher's way.
        with reading(self._engine) as work:
            waits = self._analyst.has_work(work.session, now=work.now)
            if waits:
                self._analyst.prepare(work.session)
            return waits


def work(
    url: str,
    *,
    analyst: Analyst | None = None,
    pings: PingRules | None = None,
    photos: PhotoFiles | None = None,
    tidy: TidyRules | None = None,
) -> None:
    """Work on the database at the address until a signal says stop; with `photos`, tidy up as well."""
    engine = connect(url, application_name="relight analysis", pool_size=2)
    keeper = TidyKeeper(engine, photos=photos, rules=tidy or TidyRules()) if photos is not None else None
    AnalysisWorker(engine, stopping=stop_event(), analyst=analyst, pings=pings, tidy=keeper).run()
    engine.dispose()


def main() -> None:
    """Run the worker as a process of its own."""
    start_logging(WebSettings().log_level)
    collect_seldom()
    database = DatabaseSettings()
    work(
        given_database_url(database),
        analyst=Analyst(
            networks=NetworkCache(folder=database.networks_folder),
            rates=InferenceSettings().rates(),
            hold_down=HoldDownSettings().by_kind(),
        ),
        pings=MeterSettings().auto_rules(),
        photos=PhotoFiles(database.photos_folder),
        tidy=TidySettings().rules(),
    )


if __name__ == "__main__":
    main()
