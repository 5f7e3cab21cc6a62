"""The delivery worker: takes queued messages from procrastinate's queue and sends them.

One runs on a database at a time. Every few seconds it also queues what was held and is due. What a killed one
left in the middle is taken up again at the next start; `dispatch.delivery` knows which of those messages may
have gone out already.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from api.delivery_queue import delivery_app, queues_of
from api.processes.child import collect_seldom, start_logging, stop_event
from api.processes.database import given_database_url
from api.processes.queue_worker import QueueWorker
from api.processes.sending_rate import SendingRate
from api.settings import DatabaseSettings, MessageSettings, WebSettings
from api.vocabulary import read_vocabulary
from api.work import reading, receiving
from api.worker_locks import WorkerLock
from dispatch.delivery import Delivery
from dispatch.message_queue import held_is_due, release_held
from gis.database import connect

logger = logging.getLogger("relight.delivery")

_AT_ONCE = 2


class DeliveryWorker(QueueWorker):
    """Delivers messages of one database until it is told to stop."""

    def __init__(self, engine: Engine, *, delivery: Delivery, stopping: threading.Event) -> None:
        """Prepare; nothing is opened until `run`."""
        super().__init__(
            engine,
            name="delivery",
            lock=WorkerLock.DELIVERY,
            open_app=lambda: delivery_app(engine, delivery=delivery),
            queues=queues_of(delivery),
            at_once=_AT_ONCE,
            stopping=stopping,
            keep=lambda: release(engine),
        )


def release(engine: Engine) -> None:
    """Queue what was held until the end of its quiet hours, once these are over by the database's clock."""
    with reading(engine) as work:
        is_due = held_is_due(work.session, now=work.now)
    if is_due:
        with receiving(engine) as work:
            logger.info("released %d messages", release_held(work.session, now=work.now))


def delivery_by(messages: MessageSettings, *, rate: SendingRate) -> Delivery:
    """Return where messages go, and how they are worded, by the settings."""
    urls = {
        name: address.get_secret_value() if address else None
        for name, address in (
            ("mail_url", messages.mail_url),
            ("sms_url", messages.sms_url),
            ("wecom_url", messages.wecom_url),
        )
    }
    return Delivery(
        **urls,
        webhook_hosts=messages.hosts(),
        push=messages.push_route(real_now=lambda: datetime.now(UTC)),
        texts=read_vocabulary(),
        time_zone=ZoneInfo(messages.time_zone),
        take_turn=rate.take_turn,
    )


def main() -> None:
    """Run the worker as a process of its own; without any address there is nothing to do."""
    start_logging(WebSettings().log_level)
    collect_seldom()
    messages = MessageSettings()
    if not messages.channels():
        raise SystemExit("No channel is set, such as RELIGHT_MAIL_URL: messages stay queued.")
    stopping = stop_event()
    engine = connect(given_database_url(DatabaseSettings()), application_name="relight delivery", pool_size=4)
    delivery = delivery_by(messages, rate=SendingRate(messages.per_minute(), stopping=stopping))
    DeliveryWorker(engine, delivery=delivery, stopping=stopping).run()
    engine.dispose()


if __name__ == "__main__":
    main()
