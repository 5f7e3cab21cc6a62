"""Customers' replies through a gateway that knows the token, and the dead letters of the desk."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from api.settings import MessageSettings
from dispatch.incoming_messages import Said, danger_of, read_answer

TOKEN = "a long random token"
C1 = "+1 555 010 00006"  # the seventh household of the drawing


@pytest.fixture
def gateway(world):
    """Pass a reply on as the gateway does; c1 was told of an outage by text message."""
    world.app.state.messages = MessageSettings(incoming_token=TOKEN)
    meters, dispatcher = world.client("meter_system"), world.client("dispatcher")
    with world.engine.begin() as connection:
        connection.execute(text("INSERT INTO message_channel VALUES ('sms')"))
    for household in ("c1", "c2", "c3"):
        meters.post("/api/evidence", json=world.call(household))
    world.analyse()
    outage = dispatcher.get("/api/outages").json()["outages"][0]
    dispatcher.post(f"/api/outages/{outage['id']}/confirm", json={"version": outage["version"]})
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE notification SET status = 'sent', sent_at = now()"))
    client = world.client()

    def reply(said, *, id="m-1", sender=C1, token=TOKEN):
        return client.post(
            "/api/messages/incoming",
            json={"id": id, "sender": sender, "text": said},
            headers={"Authorization": f"Bearer {token}"},
        )

    return reply


def calls(world):
    with world.engine.connect() as connection:
        query = text(
            "SELECT service_point, hazard, text FROM evidence WHERE id LIKE 'reply-%' ORDER BY sequence"
        )
        return [tuple(row) for row in connection.execute(query)]


def test_still_out_opens_a_call_at_the_supply_that_was_meant(world, gateway):
    answer = gateway("Still OUT here!")
    assert answer.json() == {
        "result": "still_out",
        "reply": "Thank you. We have noted that you are still without power.",
    }
    assert calls(world) == [("c1", None, "Still OUT here!")]


def test_the_same_reply_repeated_is_one_call(world, gateway):
    results = [gateway("no power").json()["result"] for _ in range(3)]
    assert results == ["still_out"] * 3
    assert len(calls(world)) == 1
    gateway("no power", id="m-2")
    assert len(calls(world)) == 2


def test_a_danger_alarms_the_desk(world, gateway):
    assert gateway("Wire down in front of the house").json()["result"] == "danger"
    assert calls(world) == [("c1", "wire_down", "Wire down in front of the house")]
    hazards = world.client("dispatcher").get("/api/hazards").json()["hazards"]
    assert [one["kind"] for one in hazards] == ["wire_down"]


@pytest.mark.parametrize(
    ("said", "danger"), [("the pole is on fire", "fire"), ("变压器着火了", "fire"), ("电线断了", "wire_down")]
)
def test_each_danger_is_told_by_its_name(said, danger):
    assert read_answer(said) is Said.DANGER
    assert danger_of(said) == danger


def test_stop_ends_the_messages_on_this_channel_alone(world, gateway):
    assert gateway("STOP").json()["result"] == "no_more"
    with world.engine.connect() as connection:
        rows = connection.execute(text("SELECT account, channel FROM message_subscription")).all()
    assert [tuple(row) for row in rows] == [("A-c1", "sms")]
    assert calls(world) == []


def test_what_is_not_understood_is_said_and_opens_nothing(world, gateway):
    answer = gateway("<script>alert(1)</script> thanks").json()
    assert answer["result"] == "not_understood"
    assert "STOP" in answer["reply"]
    assert calls(world) == []


def test_a_number_that_nobody_knows_opens_nothing(world, gateway):
    for sender in ("+49 30 1234567", "12", "no number"):
        assert gateway("still out", sender=sender).json() == {"result": "unknown_sender", "reply": None}
    assert calls(world) == []


def test_without_the_token_nothing_is_taken(world, gateway):
    for token in ("x", TOKEN[:-1], TOKEN + "x"):
        answer = gateway("still out", token=token)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "gateway_refused")
    world.app.state.messages = MessageSettings()
    assert gateway("still out").status_code == 403
    assert calls(world) == []


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Out", Said.STILL_OUT),
        ("we have still no light", Said.STILL_OUT),
        ("没电", Said.STILL_OUT),
        ("还没来电", Said.STILL_OUT),
        ("退订", Said.NO_MORE),
        (" Stop. ", Said.NO_MORE),
        ("please stop the noise", Said.NOT_UNDERSTOOD),
        ("stop! wire down", Said.DANGER),
        ("电线掉了", Said.DANGER),
        ("it is about time", Said.NOT_UNDERSTOOD),
        ("thank you", Said.NOT_UNDERSTOOD),
        ("", Said.NOT_UNDERSTOOD),
    ],
)
def test_answers_are_read_by_their_words(said, meant):
    assert read_answer(said) is meant


@pytest.mark.usefixtures("gateway")
class TestDeadLetters:
    def kill(self, world, status, count=1):
        with world.engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE notification SET status = :status, because = :because, attempts = 6, "
                    "sent_at = NULL WHERE id IN "
                    "(SELECT id FROM notification WHERE status = 'sent' ORDER BY id LIMIT :count)"
                ),
                {
                    "status": status,
                    "because": "refused" if status == "failed" else None,
                    "count": count,
                },
            )

    def test_the_desk_sees_them_without_any_address(self, world):
        self.kill(world, "failed", 2)
        self.kill(world, "uncertain")
        answer = world.client("dispatcher").get("/api/notifications/dead")
        found = answer.json()
        assert found["count"] == 3
        assert {one["status"] for one in found["messages"]} == {"failed", "uncertain"}
        assert "example.org" not in answer.text
        assert "555" not in answer.text

    def test_sent_again_they_are_queued_once_with_a_job(self, world):
        self.kill(world, "failed", 2)
        self.kill(world, "uncertain")
        dispatcher = world.client("dispatcher")
        again = dispatcher.post("/api/notifications/send-again", json={})
        assert again.json() == {"queued": 2}
        assert dispatcher.post("/api/notifications/send-again", json={}).json() == {"queued": 0}
        (left,) = dispatcher.get("/api/notifications/dead").json()["messages"]
        assert left["status"] == "uncertain"
        named = dispatcher.post("/api/notifications/send-again", json={"ids": [left["id"], 10**12]})
        assert named.json() == {"queued": 1}
        summary = dispatcher.get("/api/notifications/summary").json()
        assert (summary["queued"], summary["failed"], summary["uncertain"]) == (3, 0, 0)

    def test_messages_are_listed_with_what_became_of_each(self, world):
        dispatcher = world.client("dispatcher")
        found = dispatcher.get("/api/notifications", params={"status": "sent", "limit": 2}).json()
        assert found["count"] == 6
        assert len(found["messages"]) == 2
        last = found["messages"][-1]["id"]
        rest = dispatcher.get("/api/notifications", params={"before": last, "channel": "email"}).json()
        assert all(one["id"] < last and one["channel"] == "email" for one in rest["messages"])
        assert dispatcher.get("/api/notifications", params={"status": "lost"}).status_code == 422
