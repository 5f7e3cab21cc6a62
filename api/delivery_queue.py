"""The queues of messages as procrastinate sees them: two tasks, and a queue for each channel.

In a module of its own: a queue's application must not be made in the program that runs it, where its tasks
would go by another name.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

import procrastinate
from sqlalchemy import Engine

from api.change_signal import plain_address
from api.work import reading
from dispatch.address_confirmations import CODE_TASK
from dispatch.code_delivery import deliver_code
from dispatch.delivery import MAXIMUM_ATTEMPTS, Delivery, deliver_notifications
from dispatch.notifications import DELIVERY_TASK, delivery_queue

logger = logging.getLogger("relight.delivery")


def delivery_app(engine: Engine, *, delivery: Delivery) -> procrastinate.App:
    """Return the queue's application with its tasks: deliver a batch of messages, send a code."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=plain_address(engine)))
    retry = procrastinate.RetryStrategy(max_attempts=MAXIMUM_ATTEMPTS, exponential_wait=5)

    @app.task(name=DELIVERY_TASK, retry=retry)
    def deliver(notification_ids: Sequence[int]) -> None:
        with reading(engine) as work:
            now = work.now
        sent = deliver_notifications(engine, notification_ids=notification_ids, delivery=delivery, now=now)
        logger.info("sent %d messages", sent)

    @app.task(name=CODE_TASK, retry=retry)
    def send_code(confirmation_id: int) -> None:
        # Codes live by real time, whatever the clock of a storm.
        now = datetime.now(UTC)
        if deliver_code(engine, confirmation_id=confirmation_id, delivery=delivery, now=now):
            logger.info("sent a code")

    return app


def queues_of(delivery: Delivery) -> list[str]:
    """Return the queues that can be worked off: what cannot leave yet stays in its own."""
    return [delivery_queue(channel) for channel in delivery.channels()]
