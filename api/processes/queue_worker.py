"""A worker that takes jobs from procrastinate's queues, alone of its kind on its database.

It holds a lock for as long as its session lives. What a killed one left in the middle is taken up again at
the next start.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import procrastinate
import psycopg
from procrastinate.jobs import Status
from sqlalchemy import Engine

from api.change_signal import plain_address
from api.worker_locks import WorkerLock, beat, try_to_hold

_AGAIN_AFTER_S = 2.0
_CHECK_EVERY_S = 5.0


class QueueWorker:
    """Works off some queues of one database until it is told to stop."""

    def __init__(
        self,
        engine: Engine,
        *,
        name: str,
        lock: WorkerLock,
        open_app: Callable[[], procrastinate.App],
        queues: Sequence[str],
        at_once: int,
        stopping: threading.Event,
        keep: Callable[[], None] | None = None,
    ) -> None:
        """Prepare; nothing is opened until `run`. `name` is what the database and the log call it.

        `keep` is done every few seconds beside the jobs.
        """
        self._engine = engine
        self._name = name
        self._lock = lock
        self._open_app = open_app
        self._queues = list(queues)
        self._at_once = at_once
        self._stopping = stopping
        self._keep = keep
        self._logger = logging.getLogger(f"relight.{name}")

    def run(self) -> None:
        """Work until stopped; while the database is away, or another worker is at it, try again and again."""
        while not self._stopping.is_set():
            try:
                self._run_once()
            except (psycopg.Error, procrastinate.exceptions.ProcrastinateException) as error:
                self._logger.warning("%s broke off (%s); trying again", self._name, type(error).__name__)
            self._stopping.wait(_AGAIN_AFTER_S)

    def _run_once(self) -> None:
        with psycopg.connect(
            plain_address(self._engine),
            autocommit=True,
            connect_timeout=5,
            application_name=f"relight {self._name} lock",
        ) as connection:
            if try_to_hold(connection, self._lock):
                self._logger.info("working")
                asyncio.run(self._work(connection))

    async def _work(self, lock_holder: psycopg.Connection) -> None:
        app = self._open_app()
        async with app.open_async():
            for queue in self._queues:
                await _take_up_what_was_left(app, queue)
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=self._queues,
                    concurrency=self._at_once,
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
            if self._keep is not None:
                await asyncio.to_thread(self._keep)


async def _take_up_what_was_left(app: procrastinate.App, queue: str) -> None:
    # We hold the lock, so no other worker runs: every job marked as running was left by one that was killed.
    for job in await app.job_manager.list_jobs_async(queue=queue, status=Status.DOING.value):
        if job.id is not None:
            await app.job_manager.retry_job_by_id_async(job.id, retry_at=datetime.now(UTC))
