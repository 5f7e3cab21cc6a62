"""The delivery worker: takes queued messages from procrastinate's queue and sends them through Apprise.

One runs on a database at a time. What a killed one left in the middle is taken up again at the next start;
`dispatch.delivery` knows which of those messages may have gone out already.
"""

from __future__ import annotations

import threading
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from api.delivery_queue import delivery_app, queues_of
from api.processes.child import start_logging, stop_event
from api.processes.database import given_database_url
from api.processes.queue_worker import QueueWorker
from api.settings import DatabaseSettings, MessageSettings, WebSettings
from api.vocabulary import read_vocabulary
from api.worker_locks import WorkerLock
from dispatch.delivery import Delivery
from gis.database import connect

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
        )


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
