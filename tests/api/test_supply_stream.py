"""The live page of a customer: told of what is one's own within a moment, and of nothing else."""

import re
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import text

from api import live_watch, supply_stream
from api.change_stream import StreamPlaces
from dispatch.crews import report_position


@pytest.fixture(autouse=True)
def looking_often(monkeypatch):
    monkeypatch.setattr(live_watch, "LOOK_EVERY_S", 0.3)
    monkeypatch.setattr(live_watch, "SETTLE_S", 0.05)


def version_of(client):
    """Return the version that the client's page shows."""
    return re.search(r'data-version="(\w+)"', client.get("/supply/mine").text)[1]


def events(response):
    """Read events until the stream ends: (event, id)."""
    event = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if line:
            event[name] = value
        elif "data" in event:
            yield event.get("event"), event.get("id")
            event = {}


def listen(client, seen=None, **given):
    params = {} if seen is None else {"seen": seen}
    return client.stream("GET", "/supply/stream", params=params, **given)


class TestWhoIsWoken:
    def test_each_step_of_the_own_outage_wakes_the_page(self, visitor, desk):
        client = visitor("a1")
        shown = version_of(client)
        steps = (
            lambda: desk.lose("a1", "a2", "a3"),
            desk.confirm,
            desk.assign,
            lambda: desk.crew("accepted"),
            lambda: desk.crew("en_route"),
            lambda: desk.crew("on_site"),
            lambda: desk.crew("finished"),
            desk.restore,
        )
        with listen(client, shown) as response:
            told = events(response)
            for step in steps:
                step()
                event, version = next(told)
                assert event == "changed"
                assert version == version_of(client) != shown
                shown = version

    def test_the_outages_of_others_and_the_crews_on_the_road_do_not(self, world, visitor, desk):
        concerned, other = visitor("a1"), visitor("c1")
        with listen(concerned, version_of(concerned)) as mine, listen(other, version_of(other)) as theirs:
            told = events(mine)
            desk.lose("a1", "a2", "a3")
            assert next(told)[0] == "changed"
            desk.confirm()
            assert next(told)[0] == "changed"
            desk.do(report_position, crew_id="C-1", lon=11.42, lat=53.63, at=datetime.now(UTC))
            with world.engine.begin() as connection:
                connection.execute(text("DELETE FROM supply_pass"))
            assert [event for event, _ in told] == ["ended"]
            assert [event for event, _ in events(theirs)] == ["ended"]

    def test_an_outage_that_is_taken_back_wakes_whom_it_held(self, visitor, desk):
        client = visitor("a1")
        desk.lose("a1", "a2", "a3")
        with listen(client, version_of(client)) as response:
            told = events(response)
            desk.dismiss()
            assert next(told)[0] == "changed"
        assert "on, as far as we know" in client.get("/supply/mine").text

    def test_a_promise_that_passes_wakes_the_page_by_itself(self, world, visitor, desk):
        client = visitor("a1")
        desk.lose("a1", "a2", "a3")
        with listen(client, version_of(client)) as response:
            told = events(response)
            with world.engine.begin() as connection:
                connection.execute(text("UPDATE outage SET etr_at = now() - interval '1 second'"))
            assert next(told)[0] == "changed"


class TestComingBack:
    def test_what_was_missed_is_told_at_once_and_what_was_seen_is_not(self, visitor, desk):
        client = visitor("a1")
        before = version_of(client)
        desk.lose("a1", "a2", "a3")
        now = version_of(client)
        for given in ({"seen": before}, {"seen": now, "headers": {"Last-Event-ID": before}}, {}):
            with listen(client, **given) as response:
                assert next(events(response)) == ("changed", now)
        with listen(client, before, headers={"Last-Event-ID": now}) as response:
            told = events(response)
            desk.confirm()
            assert next(told) == ("changed", version_of(client))

    def test_two_pages_of_one_pass_are_both_told(self, visitor, desk):
        client = visitor("a1")
        shown = version_of(client)
        with listen(client, shown) as first, listen(client, shown) as second:
            desk.lose("a1", "a2", "a3")
            assert [next(events(response))[0] for response in (first, second)] == ["changed", "changed"]

    def test_a_quiet_page_is_told_the_time(self, visitor, monkeypatch):
        monkeypatch.setattr(supply_stream, "TELL_TIME_EVERY_S", 0.1)
        client = visitor("a1", language="zh")
        with listen(client, version_of(client)) as response:
            lines = response.iter_lines()
            assert next(line for line in lines if line.startswith("event")) == "event: time"
            assert next(line for line in lines if line.startswith("data")).startswith("data: 数据时间")


class TestHowItEnds:
    def test_without_a_pass_there_is_nothing_and_no_asking_again(self, visitor):
        assert visitor().get("/supply/stream").status_code == 204
        client = visitor()
        client.cookies.set("relight_supply", "made up")
        assert client.get("/supply/stream").status_code == 204

    def test_it_ends_with_its_pass(self, world, visitor):
        client = visitor("a1")
        with listen(client, version_of(client)) as response:
            told = events(response)
            with world.engine.begin() as connection:
                connection.execute(text("DELETE FROM supply_pass"))
            assert [event for event, _ in told] == ["ended"]

    def test_it_ends_after_its_time(self, visitor, monkeypatch):
        monkeypatch.setattr(supply_stream, "LONGEST_STREAM_S", 0.2)
        client = visitor("a1")
        with listen(client, version_of(client)) as response:
            assert list(events(response)) == []

    def test_without_a_network_in_force_it_says_that_it_cannot_look(self, world, visitor):
        client = visitor("a1")
        shown = version_of(client)
        with listen(client, shown) as response:
            told = events(response)
            with world.engine.begin() as connection:
                connection.execute(text("UPDATE network_version SET status = 'retired'"))
            assert [event for event, _ in told] == ["away"]
        with listen(client, shown) as response:
            assert [event for event, _ in events(response)] == ["away"]

    def test_customers_have_places_of_their_own(self, world, visitor):
        world.app.state.supply.watch.places = StreamPlaces(1)
        first, second = visitor("a1"), visitor("a2")
        with listen(first) as response:
            told = events(response)  # kept: a generator that is let go of closes its connection
            assert next(told)[0] == "changed"
            assert second.get("/supply/stream").status_code == 503
            with world.client("dispatcher").stream("GET", "/api/changes/stream") as desk:
                assert desk.status_code == 200

    def test_looking_stops_when_the_last_page_is_closed(self, world, visitor):
        watch = world.app.state.supply.watch
        client = visitor("a1")
        with listen(client) as response:
            told = events(response)
            next(told)
            assert watch.watched == 1
        while watch.watched:
            httpx.get(f"{world.served.address}/api/health", trust_env=False)
        assert watch.watched == 0
