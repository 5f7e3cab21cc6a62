"""The live stream of changes: from a position on, resumed, ended with the sign-in, a place for each."""

import json
import threading
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from api import change_stream
from api.sessions import end_sessions_of
from api.tables import UserAccountRow
from dispatch.crews import add_crew, report_position
from dispatch.transactions import write_transaction


@pytest.fixture(autouse=True)
def looking_often(monkeypatch):
    monkeypatch.setattr(change_stream, "LOOK_EVERY_S", 0.2)


@pytest.fixture
def change(world):
    """Record one change, a crew put on the roster, and return its position."""
    numbers = iter(range(1, 1000))

    def record():
        now = datetime.now(UTC)
        with write_transaction(world.engine) as session:
            add_crew(
                session,
                id=f"C-{next(numbers)}",
                name="Crew",
                skills=(),
                shift_start=now,
                shift_end=now.replace(year=now.year + 1),
                lon=11.4,
                lat=53.6,
                actor="test",
                now=now,
            )
            return change_stream.latest_position(session)

    return record


def _events(response):
    """Read events until the stream ends: (event, id, data)."""
    event = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if line:
            event[name] = value
        elif "data" in event:
            yield event.get("event", "message"), int(event["id"]), json.loads(event["data"])
            event = {}


def _take(stream, count):
    return [next(stream) for _ in range(count)]


def test_a_stream_from_now_greets_with_its_position_and_tells_each_change_once(world, change):
    before = change()
    with world.client("dispatcher").stream("GET", "/api/changes/stream") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = _events(response)
        assert next(stream) == ("position", before, {"position": before})
        positions = [change() for _ in range(3)]
        told = _take(stream, 3)
    assert [id for _, id, _ in told] == positions
    assert [data["name"] for _, _, data in told] == ["crew.added"] * 3
    assert all(id == data["position"] for _, id, data in told)


def test_a_stream_resumes_after_the_last_event_seen(world, change):
    positions = [change() for _ in range(5)]
    client = world.client("dispatcher")
    for given in (
        {"headers": {"Last-Event-ID": str(positions[1])}},
        {"params": {"after": positions[1]}},
        {"headers": {"Last-Event-ID": str(positions[1])}, "params": {"after": 0}},
    ):
        with client.stream("GET", "/api/changes/stream", **given) as response:
            assert [id for _, id, _ in _take(_events(response), 3)] == positions[2:]


def test_nothing_is_missed_while_changes_come_thick_and_fast(world, change, monkeypatch):
    monkeypatch.setattr(change_stream, "_CHANGES_AT_ONCE", 3)
    client = world.client("dispatcher")
    first = change()
    recorder = threading.Thread(target=lambda: [change() for _ in range(40)])
    recorder.start()
    with client.stream("GET", "/api/changes/stream", params={"after": first}) as response:
        told = [id for _, id, _ in _take(_events(response), 40)]
    recorder.join()
    assert told == list(range(first + 1, first + 41))


def test_a_position_of_another_database_is_told_to_reload(world, change):
    newest = change()
    with world.client("dispatcher").stream("GET", "/api/changes/stream?after=999999") as response:
        assert next(_events(response)) == ("reload", newest, {"position": newest})


def test_a_stream_ends_with_its_sign_in(world, change):
    change()
    with world.client("dispatcher").stream("GET", "/api/changes/stream", params={"after": 0}) as response:
        stream = _events(response)
        _take(stream, 1)
        with Session(world.engine) as session, session.begin():
            user = session.query(UserAccountRow).filter_by(name="dispatcher").one()
            end_sessions_of(session, user_id=user.id)
        assert list(stream) == []


def test_a_stream_ends_after_its_time(world, monkeypatch):
    monkeypatch.setattr(change_stream, "LONGEST_STREAM_S", 0.5)
    with world.client("dispatcher").stream("GET", "/api/changes/stream") as response:
        assert [event for event, _, _ in _events(response)] == ["position"]


def test_there_are_only_so_many_places_and_they_are_given_back(world):
    world.app.state.streams = change_stream.StreamPlaces(1)
    client = world.client("dispatcher")
    with client.stream("GET", "/api/changes/stream") as response:
        stream = _events(response)  # kept: a generator that is let go of closes its connection
        next(stream)
        refused = world.client("supervisor").get("/api/changes/stream")
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "too_many_streams")
        assert refused.headers["retry-after"]
    while _status(client) == 503:
        time.sleep(0.05)


def _status(client):
    with client.stream("GET", "/api/changes/stream") as response:
        return response.status_code


def test_changes_can_be_read_by_the_page(world, change):
    positions = [change() for _ in range(5)]
    client = world.client("dispatcher")
    page = client.get("/api/changes", params={"after": positions[0], "limit": 2}).json()
    assert [one["position"] for one in page["changes"]] == positions[1:3]
    assert page["position"] == positions[2]
    end = client.get("/api/changes", params={"after": positions[-1]}).json()
    assert end == {"position": positions[-1], "changes": []}


def test_the_snapshot_and_the_changes_after_it_belong_together(world, change):
    change()
    client = world.client("dispatcher")
    snapshot = client.get("/api/snapshot").json()
    assert set(snapshot["crews"]) == {"C-1"}
    now = datetime.now(UTC)
    with write_transaction(world.engine) as session:
        report_position(session, crew_id="C-1", lon=11.5, lat=53.7, at=now, actor="test", now=now)
    after = client.get("/api/changes", params={"after": snapshot["position"]}).json()["changes"]
    assert [one["name"] for one in after] == ["crew.moved"]
