"""The queues of messages as procrastinate sees them: one task, and a queue for each channel.

In a module of its own: a queue's application must not be made in the program that runs it, where its tasks
would go by another name.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import procrastinate
from sqlalchemy import Engine

from api.change_signal import plain_address
from api.work import reading
from dispatch.delivery import MAXIMUM_ATTEMPTS, Delivery, deliver_notifications
from dispatch.notifications import DELIVERY_TASK, delivery_queue

logger = logging.getLogger("relight.delivery")


def delivery_app(engine: Engine, *, delivery: Delivery) -> procrastinate.App:
    """Return the queue's application with the one task it has: deliver a batch of messages."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=plain_address(engine)))
    retry = procrastinate.RetryStrategy(max_attempts=MAXIMUM_ATTEMPTS, exponential_wait=5)

    @app.task(name=DELIVERY_TASK, retry=retry)
    def deliver(notification_ids: Sequence[int]) -> None:
        with reading(engine) as work:
            now = work.now
        sent = deliver_notifications(engine, notification_ids=notification_ids, delivery=delivery, now=now)
        logger.info("sent %d messages", sent)

    return app


def queues_of(delivery: Delivery) -> list[str]:
    """Return the queues that can be worked off: what cannot leave yet stays in its own."""
    return [delivery_queue(channel) for channel in delivery.channels()]
