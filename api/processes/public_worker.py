"""The public map's worker: writes the snapshot that any file server can serve, alone on its database.

A process of its own: in a storm it neither waits for the analysis nor keeps it waiting.
"""

from __future__ import annotations

import logging
import threading
from zoneinfo import ZoneInfo

import psycopg
from sqlalchemy import Engine

from api.processes.child import collect_seldom, start_logging, stop_event
from api.processes.database import given_database_url
from api.processes.lone_worker import LoneWorker
from api.processes.public_keeper import PublicKeeper
from api.public_folder import PublicFolder
from api.public_page import PublicPage
from api.settings import DatabaseSettings, MessageSettings, PublicMapSettings, WebSettings
from api.vocabulary import read_vocabulary
from api.worker_locks import WorkerLock
from dispatch.tables import CHANGES_CHANNEL
from gis.database import connect

logger = logging.getLogger("relight.public_map")


def keeper_of(engine: Engine, *, database: DatabaseSettings, public_map: PublicMapSettings) -> PublicKeeper:
    """Return the keeper that the settings ask for."""
    page = PublicPage(
        texts=read_vocabulary(),
        zone=ZoneInfo(MessageSettings().time_zone),
        every_s=public_map.every_s,
        notice=WebSettings().customer_notice,
        supply_address=public_map.supply_address,
    )
    folder = PublicFolder(public_map.folder or database.public_map_folder)
    return PublicKeeper(engine, folder=folder, page=page, every_s=public_map.every_s)


class PublicWorker:
    """Writes snapshots of one database until it is told to stop."""

    def __init__(self, engine: Engine, *, keeper: PublicKeeper, stopping: threading.Event) -> None:
        """Prepare; nothing is opened until `run`."""
        self._engine = engine
        self._keeper = keeper
        self._stopping = stopping

    def run(self) -> None:
        """Write until stopped; while the database is away, or another one writes, try again."""
        LoneWorker(
            self._engine,
            self._stopping,
            name="relight public map lock",
            lock=WorkerLock.PUBLIC_MAP,
            channel=CHANGES_CHANNEL,
            logger=logger,
        ).run(self._go_round)

    def _go_round(self, _connection: psycopg.Connection) -> None:
        self._keeper.look()


def main() -> None:
    """Run the worker as a process of its own."""
    start_logging(WebSettings().log_level)
    collect_seldom()
    database = DatabaseSettings()
    engine = connect(given_database_url(database), application_name="relight public map", pool_size=1)
    keeper = keeper_of(engine, database=database, public_map=PublicMapSettings())
    PublicWorker(engine, keeper=keeper, stopping=stop_event()).run()
    engine.dispose()


if __name__ == "__main__":
    main()
