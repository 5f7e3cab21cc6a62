"""The queue of questions to meters as procrastinate sees it: one task, which asks what waits.

In a module of its own, as `api/delivery_queue.py` is, and for the same reason.
"""

from __future__ import annotations

import logging

import procrastinate
from sqlalchemy import Engine

from api.change_signal import plain_address
from api.work import reading
from dispatch.meter_answers import MeterSystem, ask_waiting_meters
from dispatch.meter_requests import PING_TASK, PingRules

logger = logging.getLogger("relight.meters")


def meter_app(engine: Engine, *, meter_system: MeterSystem, rules: PingRules) -> procrastinate.App:
    """Return the queue's application with the one task it has: ask the meters that wait."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=plain_address(engine)))
    # Only a database that is away comes here; a meter system that is away is no error.
    retry = procrastinate.RetryStrategy(max_attempts=10, exponential_wait=2)

    @app.task(name=PING_TASK, retry=retry)
    def ask() -> None:
        with reading(engine) as work:
            now = work.now
        asked = ask_waiting_meters(engine, meter_system=meter_system, rules=rules, now=now)
        if asked.asked:
            logger.info("asked %d meters, %d answered", asked.asked, asked.answered)

    return app
