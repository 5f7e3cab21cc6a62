"""The delivery worker: takes queued messages from procrastinate's queue and sends them through Apprise.

One runs on a database at a time. What a killed one left in the middle is taken up again at the next start;
`dispatch.delivery` knows which of those messages may have gone out already.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import procrastinate
import psycopg
from procrastinate.jobs import Status
from sqlalchemy import Engine

from api.change_signal import plain_address
from api.processes.child import start_logging, stop_event
from api.processes.database import given_database_url
from api.settings import DatabaseSettings, MessageSettings, WebSettings
from api.vocabulary import read_vocabulary
from api.work import reading
from api.worker_locks import WorkerLock, try_to_hold
from dispatch.delivery import MAXIMUM_ATTEMPTS, Delivery, deliver_notifications
from dispatch.notifications import DELIVERY_QUEUE, DELIVERY_TASK
from gis.database import connect

logger = logging.getLogger("relight.delivery")

_AGAIN_AFTER_S = 2.0
_CHECK_EVERY_S = 5.0
_AT_ONCE = 2


def delivery_app(engine: Engine, *, delivery: Delivery) -> procrastinate.App:
    """Return the queue's application with the one task it has: deliver a batch of messages."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=plain_address(engine)))
    retry = procrastinate.RetryStrategy(max_attempts=MAXIMUM_ATTEMPTS, exponential_wait=5)

    @app.task(name=DELIVERY_TASK, queue=DELIVERY_QUEUE, retry=retry)
    def deliver(notification_ids: Sequence[int]) -> None:
        with reading(engine) as work:
            now = work.now
        sent = deliver_notifications(engine, notification_ids=notification_ids, delivery=delivery, now=now)
        logger.info("sent %d messages", sent)

    return app


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
            await _take_up_what_was_left(app)
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=[DELIVERY_QUEUE],
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
            await asyncio.to_thread(lock_holder.execute, "SELECT 1")


async def _take_up_what_was_left(app: procrastinate.App) -> None:
    # We hold the lock, so no other worker runs: every job marked as running was left by one that was killed.
    for job in await app.job_manager.list_jobs_async(queue=DELIVERY_QUEUE, status=Status.DOING.value):
        if job.id is not None:
            await app.job_manager.retry_job_by_id_async(job.id, retry_at=datetime.now(UTC))


def main() -> None:
    """Run the worker as a process of its own; without a mail address there is nothing to do."""
    start_logging(WebSettings().log_level)
    messages = MessageSettings()
    if messages.mail_url is None:
        raise SystemExit("RELIGHT_MAIL_URL is not set: messages stay queued.")
    delivery = Delivery(
        mail_url=messages.mail_url.get_secret_value(),
        texts=read_vocabulary(),
        time_zone=ZoneInfo(messages.time_zone),
    )
    engine = connect(given_database_url(DatabaseSettings()), application_name="relight delivery", pool_size=4)
    DeliveryWorker(engine, delivery=delivery, stopping=stop_event()).run()
    engine.dispose()


if __name__ == "__main__":
    main()
