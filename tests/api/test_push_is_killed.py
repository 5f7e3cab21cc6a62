"""A delivery worker killed in the middle of pushes: none is lost, and what comes twice is the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from api.settings import MessageSettings
from dispatch.notifications import set_channels
from dispatch.push_addresses import PushAddress
from dispatch.push_choice import subscribe_push
from dispatch.push_signature import PushKey
from dispatch.transactions import intake_transaction

HOUSEHOLDS = ("a1", "a2", "a3", "b1", "b2", "b3")
PATIENCE_S = 60


@pytest.fixture
def start_worker(engine, push_service, tmp_path):
    """Start the delivery worker as production does: a process of its own."""
    started = []
    environment = {
        **os.environ,
        "RELIGHT_DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "RELIGHT_HOME": str(tmp_path),
        "RELIGHT_WEB_PUSH_KEY": PushKey.make().private_text,
        "RELIGHT_WEB_PUSH_HOSTS": push_service.host,
        "RELIGHT_WEB_PUSH_CONTACT": "mailto:outages@example.org",
    }

    def start():
        command = [sys.executable, "-m", "api.processes.delivery_worker"]
        with (tmp_path / f"worker{len(started)}.log").open("w") as log:
            process = subprocess.Popen(command, env=environment, stderr=log)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def browsers(world, push_service):
    """A browser for each household; account's household → browser."""
    found = {household: push_service.browser(household) for household in HOUSEHOLDS}
    with intake_transaction(world.engine) as session:
        set_channels(session, channels=["web_push"])
        for household, browser in found.items():
            address = PushAddress.read(endpoint=browser.endpoint, **browser.keys, hosts=[push_service.host])
            subscribe_push(session, account=f"A-{household}", address=address, now=datetime.now(UTC))
    return found


def wait_until(is_so):
    gives_up_at = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < gives_up_at
        time.sleep(0.02)


def test_none_is_lost_and_a_second_one_is_the_same_message(
    world, push_service, browsers, start_worker, tmp_path
):
    world.app.state.messages = MessageSettings()
    push_service.pause_s = 0.3
    first = start_worker()
    meters, dispatcher = world.client("meter_system"), world.client("dispatcher")
    for household in HOUSEHOLDS:
        meters.post("/api/evidence", json=world.call(household))
    world.analyse()
    for outage in dispatcher.get("/api/outages").json()["outages"]:
        dispatcher.post(f"/api/outages/{outage['id']}/confirm", json={"version": outage["version"]})

    def pushes():
        return dispatcher.get("/api/notifications/summary").json()["by_channel"]["web_push"]

    owed = sum(pushes()[state] for state in ("queued", "sending", "sent"))
    assert owed == len(HOUSEHOLDS)
    wait_until(lambda: len(push_service.asked) >= 2)
    start_worker()  # waits until the first one's lock is free
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert pushes()["sent"] < owed

    push_service.pause_s = 0.0
    wait_until(lambda: pushes()["sent"] == owed)
    reached = Counter()
    for request in push_service.taken:
        household = request.path.split("/")[2].partition("?")[0]
        reached[household, browsers[household].read(request)["id"]] += 1
    # Each browser has one message, whatever it took: what came twice has the same number, and shows as one.
    assert {household for household, _ in reached} == set(HOUSEHOLDS)
    assert len(reached) == owed
    assert len({id for _, id in reached}) == owed
    said = "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("worker*.log"))
    assert "/push/" not in said
