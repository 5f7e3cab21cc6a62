"""A delivery worker killed in the middle of a batch: nothing is lost, and what comes twice is the same."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller

HOUSEHOLDS = ("a1", "a2", "a3", "b1", "b2", "b3")
PATIENCE_S = 60


class SlowMailbox:
    """An SMTP server that takes its time over each mail, and keeps the Message-ID of what it took."""

    def __init__(self):
        self.taken = []
        self.asked = 0
        self.pause_s = 0.0

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd names it so
        self.asked += 1
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.taken.append((envelope.rcpt_tos[0], message["Message-ID"].strip()))
        await asyncio.sleep(self.pause_s)
        return "250 taken"


@pytest.fixture
def mailbox():
    box = SlowMailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        box.port = free.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    controller.stop()


@pytest.fixture
def start_worker(engine, mailbox, tmp_path):
    """Start the delivery worker as production does: a process of its own."""
    started = []

    def start():
        environment = {
            **os.environ,
            "RELIGHT_DATABASE_URL": engine.url.render_as_string(hide_password=False),
            "RELIGHT_HOME": str(tmp_path),
            "RELIGHT_MAIL_URL": f"mailto://127.0.0.1:{mailbox.port}?from=outages@example.org&mode=insecure",
        }
        command = [sys.executable, "-m", "api.processes.delivery_worker"]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_until(is_so):
    gives_up_at = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < gives_up_at
        time.sleep(0.02)


def test_none_is_lost_and_a_second_one_is_the_same_message(world, mailbox, start_worker):
    mailbox.pause_s = 0.3
    first = start_worker()
    meters, dispatcher = world.client("meter_system"), world.client("dispatcher")
    for household in HOUSEHOLDS:
        meters.post("/api/evidence", json=world.call(household))
    world.analyse()
    for outage in dispatcher.get("/api/outages").json()["outages"]:
        dispatcher.post(f"/api/outages/{outage['id']}/confirm", json={"version": outage["version"]})
    summary = dispatcher.get("/api/notifications/summary").json()
    owed = sum(summary[state] for state in ("queued", "sending", "sent"))
    assert owed >= len(HOUSEHOLDS)

    wait_until(lambda: mailbox.asked >= 2)
    start_worker()  # waits until the first one's lock is free
    first.send_signal(signal.SIGKILL)
    first.wait()
    summary = dispatcher.get("/api/notifications/summary").json()
    assert summary["sending"] > 0

    mailbox.pause_s = 0.0
    wait_until(lambda: dispatcher.get("/api/notifications/summary").json()["sent"] == owed)
    reached = Counter(mailbox.taken)
    assert len({address for address, _ in reached}) == owed
    # Each customer has one message, whatever it took: what came twice has the same Message-ID.
    assert len(reached) == owed
    assert len({id for _, id in reached}) == owed
