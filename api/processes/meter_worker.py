"""The meter worker: asks the meter system what waits to be asked; its answers come in as evidence.

One runs on a database at a time, and only where a meter system is set. While that is away questions wait and
lapse; everything else goes on as if there were no meters to ask.
"""

from __future__ import annotations

import threading

from sqlalchemy import Engine

from api.meter_queue import meter_app
from api.meter_system import HttpMeterSystem
from api.processes.child import collect_seldom, start_logging, stop_event
from api.processes.database import given_database_url
from api.processes.queue_worker import QueueWorker
from api.settings import DatabaseSettings, MeterSettings, WebSettings
from api.worker_locks import WorkerLock
from dispatch.meter_answers import MeterSystem
from dispatch.meter_requests import PING_QUEUE, PingRules
from gis.database import connect


def meter_worker(
    engine: Engine, *, meter_system: MeterSystem, rules: PingRules, stopping: threading.Event
) -> QueueWorker:
    """Return the worker that asks a meter system; one job at a time, for the budget's sake."""
    return QueueWorker(
        engine,
        name="meters",
        lock=WorkerLock.METERS,
        open_app=lambda: meter_app(engine, meter_system=meter_system, rules=rules),
        queues=[PING_QUEUE],
        at_once=1,
        stopping=stopping,
    )


def main() -> None:
    """Run the worker as a process of its own; without a meter system there is nobody to ask."""
    start_logging(WebSettings().log_level)
    collect_seldom()
    meters = MeterSettings()
    rules = meters.rules()
    if meters.meter_system_url is None or rules is None:
        raise SystemExit("RELIGHT_METER_SYSTEM_URL is not set: there is no meter system to ask.")
    system = HttpMeterSystem(
        url=meters.meter_system_url,
        token=meters.meter_system_token.get_secret_value() if meters.meter_system_token else None,
        timeout_s=meters.meter_system_timeout_s,
    )
    engine = connect(given_database_url(DatabaseSettings()), application_name="relight meters", pool_size=2)
    meter_worker(engine, meter_system=system, rules=rules, stopping=stop_event()).run()
    engine.dispose()


if __name__ == "__main__":
    main()
