"""The delivery worker: takes queued messages from procrastinate's queue and sends them through Apprise.

One runs on a database at a time. What a killed one left in the middle is taken up again at the next start;
`dispatch.delivery` knows which of those messages may have gone out already.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import procrastinate
import psycopg
from procrastinate.jobs import Status
from sqlalchemy import Engine

from api.change_signal import plain_address
from api.delivery_queue import delivery_app, queues_of
from api.processes.child import start_logging, stop_event
from api.processes.database import given_database_url
from api.settings import DatabaseSettings, MessageSettings, WebSettings
from api.vocabulary import read_vocabulary
from api.worker_locks import WorkerLock, beat, try_to_hold
from dispatch.delivery import Delivery
from gis.database import connect

logger = logging.getLogger("relight.delivery")

_AGAIN_AFTER_S = 2.0
_CHECK_EVERY_S = 5.0
_AT_ONCE = 2


class DeliveryWorker:
    """Delivers messages of one database until it is told to stop."""

    def __init__(self, engine: Engine, *, delivery: Delivery, stopping: threading.Event) -> None:
        """Prepare; nothing is opened until `run`."""
        self._engine = engine
        self._delivery = delivery
        self._stopping = stopping

    def run(self) -> None:
        """Work until stopped; while the database is away, or another worker is at it, try again and again."""
        while not self._stopping.is_set():
            try:
                self._run_once()
            except (psycopg.Error, procrastinate.exceptions.ProcrastinateException) as error:
                logger.warning("delivery broke off (%s); trying again", type(error).__name__)
            self._stopping.wait(_AGAIN_AFTER_S)

    def _run_once(self) -> None:
        with psycopg.connect(
            plain_address(self._engine),
            autocommit=True,
            connect_timeout=5,
            application_name="relight delivery lock",
        ) as connection:
            if try_to_hold(connection, WorkerLock.DELIVERY):
                logger.info("delivering")
                asyncio.run(self._deliver(connection))

    async def _deliver(self, lock_holder: psycopg.Connection) -> None:
        app = delivery_app(self._engine, delivery=self._delivery)
        async with app.open_async():
            for queue in queues_of(self._delivery):
                await _take_up_what_was_left(app, queue)
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=queues_of(self._delivery),
                    concurrency=_AT_ONCE,
                    install_signal_handlers=False,
                    delete_jobs=procrastinate.jobs.DeleteJobCondition.SUCCESSFUL,
                    shutdown_graceful_timeout=10,
                )
            )
            watch = asyncio.create_task(self._until_stopped(lock_holder))
            done, _ = await asyncio.wait({worker, watch}, return_when=asyncio.FIRST_COMPLETED)
            for task in (worker, watch):
                task.cancel()
            await asyncio.gather(worker, watch, return_exceptions=True)
            for task in done:
                if not task.cancelled() and (error := task.exception()) is not None:
                    raise error

    async def _until_stopped(self, lock_holder: psycopg.Connection) -> None:
        """Return when told to stop; raise when the session that holds the lock is gone."""
        while not await asyncio.to_thread(self._stopping.wait, _CHECK_EVERY_S):
            await asyncio.to_thread(beat, lock_holder)


async def _take_up_what_was_left(app: procrastinate.App, queue: str) -> None:
    # We hold the lock, so no other worker runs: every job marked as running was left by one that was killed.
    for job in await app.job_manager.list_jobs_async(queue=queue, status=Status.DOING.value):
        if job.id is not None:
            await app.job_manager.retry_job_by_id_async(job.id, retry_at=datetime.now(UTC))


def main() -> None:
    """Run the worker as a process of its own; without any address there is nothing to do."""
    start_logging(WebSettings().log_level)
    messages = MessageSettings()
    if not messages.channels():
        raise SystemExit("Neither RELIGHT_MAIL_URL nor RELIGHT_SMS_URL is set: messages stay queued.")
    delivery = Delivery(
        mail_url=messages.mail_url.get_secret_value() if messages.mail_url else None,
        sms_url=messages.sms_url.get_secret_value() if messages.sms_url else None,
        texts=read_vocabulary(),
        time_zone=ZoneInfo(messages.time_zone),
    )
    engine = connect(given_database_url(DatabaseSettings()), application_name="relight delivery", pool_size=4)
    DeliveryWorker(engine, delivery=delivery, stopping=stop_event()).run()
    engine.dispose()


if __name__ == "__main__":
    main()
