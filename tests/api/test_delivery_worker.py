"""The delivery worker: queued messages leave by mail; what a killed one left is taken up again."""

import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from api.demo.mail_sink import MailSink
from api.processes.delivery_worker import DeliveryWorker, release
from api.vocabulary import read_vocabulary
from dispatch.delivery import Delivery


@pytest.fixture
def mailbox():
    with MailSink() as sink:
        yield sink


@pytest.fixture
def queued(world):
    """Confirm an outage, so that three households are owed a message; return how many are queued."""
    meters, dispatcher = world.client("meter_system"), world.client("dispatcher")
    for household in ("c1", "c2", "c3"):
        meters.post("/api/evidence", json=world.call(household))
    world.analyse()
    outage = dispatcher.get("/api/outages").json()["outages"][0]
    dispatcher.post(f"/api/outages/{outage['id']}/confirm", json={"version": outage["version"]})
    summary = dispatcher.get("/api/notifications/summary").json()
    assert summary["queued"] == 3
    return 3


@contextmanager
def _working(world, mailbox):
    stopping = threading.Event()
    delivery = Delivery(mail_url=mailbox.url, texts=read_vocabulary(), time_zone=ZoneInfo("UTC"))
    worker = DeliveryWorker(world.engine, delivery=delivery, stopping=stopping)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _wait_for(mailbox, count):
    gives_up_at = time.monotonic() + 60
    while mailbox.count < count:
        assert time.monotonic() < gives_up_at, f"{mailbox.count} of {count} messages came"
        time.sleep(0.02)


def test_queued_messages_leave_and_are_counted_as_sent(world, mailbox, queued):
    with _working(world, mailbox):
        _wait_for(mailbox, queued)
        health = world.client().get("/api/health").json()
    assert health["messages"] == "no_channel"  # the application of this test has no mail address itself
    summary = world.client("dispatcher").get("/api/notifications/summary").json()
    assert (summary["queued"], summary["sent"]) == (0, queued)
    assert {message.to for message in mailbox.last_messages()} == {f"c{n}@example.org" for n in (1, 2, 3)}


def test_a_batch_that_a_killed_worker_left_is_taken_up_again(world, mailbox, queued):
    with world.engine.begin() as connection:
        # As a worker leaves it that is killed between taking the job and touching its messages.
        connection.execute(text("UPDATE procrastinate_jobs SET status = 'doing'"))
    with _working(world, mailbox):
        _wait_for(mailbox, queued)
    summary = world.client("dispatcher").get("/api/notifications/summary").json()
    assert (summary["queued"], summary["sent"]) == (0, queued)


def test_what_was_held_leaves_when_its_quiet_hours_are_over(world, mailbox, queued):
    with world.engine.begin() as connection:
        hold = "UPDATE notification SET status = 'held', not_before = now() + interval '1 hour'"
        connection.execute(text(hold))
        connection.execute(text("DELETE FROM procrastinate_jobs"))
    release(world.engine)
    summary = world.client("dispatcher").get("/api/notifications/summary").json()
    assert (summary["held"], summary["queued"]) == (queued, 0)
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE notification SET not_before = now()"))
    release(world.engine)
    with _working(world, mailbox):
        _wait_for(mailbox, queued)


def test_without_a_worker_messages_wait(world, mailbox, queued):
    assert mailbox.count == 0
    assert world.client("dispatcher").get("/api/notifications/summary").json()["queued"] == queued


def test_what_cannot_leave_by_one_channel_does_not_stand_in_the_way_of_another(world, mailbox, queued):
    with world.engine.begin() as connection:
        connection.execute(text("INSERT INTO message_channel VALUES ('sms')"))
    dispatcher = world.client("dispatcher")
    outage = dispatcher.get("/api/outages").json()["outages"][0]
    at = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    order = {"version": outage["version"], "etr_at": at}
    assert dispatcher.post(f"/api/outages/{outage['id']}/etr", json=order).status_code == 200
    with _working(world, mailbox):
        _wait_for(mailbox, 2 * queued)
    counted = dispatcher.get("/api/notifications/summary").json()["by_channel"]
    assert counted["email"]["sent"] == 2 * queued
    assert (counted["sms"]["queued"], counted["sms"]["sent"]) == (queued, 0)
