"""The storm view through HTTP: the curve and the feeds of what happened, read once for many desks."""

from __future__ import annotations

from api.storm_watch import StormWatch


def test_the_curve_and_the_feeds_of_an_outage(world, desk):
    desk.lose("a1", "a2", "a3", minutes_ago=30)
    desk.confirm()
    client = world.client("dispatcher")
    told = client.get("/api/storm").json()
    curve = told["curve"]
    assert (curve["now_out"], curve["peak"]["customers"], curve["predicted"]) == (3, 3, 0)
    assert curve["past"][0]["customers"] == 0
    assert [point["customers"] for point in curve["future"]] == [3, 0]
    assert curve["unpromised"] == 0
    assert 60 <= curve["customer_minutes"] <= 120
    (feed,) = told["feeds"]
    assert (feed["kind"], feed["source"], feed["state"], feed["in_hour"]) == (
        "last_gasp",
        "meter_system",
        "late",
        3,
    )
    assert feed["delay_s"] > 25 * 60
    assert client.get("/api/storm", params={"hours": 6}).json()["curve"]["now_out"] == 3


def test_what_is_only_predicted_stands_beside_the_curve(world, desk):
    desk.lose("a1", "a2", "a3")
    curve = world.client("supervisor").get("/api/storm").json()["curve"]
    assert (curve["now_out"], curve["predicted"], curve["outages_predicted"]) == (0, 3, 1)
    assert curve["future"] == []


def test_spans_that_cannot_be(quiet_world):
    client = quiet_world.client("dispatcher")
    for hours in (0, -1, 10_000, "soon"):
        assert client.get("/api/storm", params={"hours": hours}).status_code == 422


def test_two_desks_are_answered_by_one_look(world):
    watch = StormWatch(world.engine, kept_for_s=60)
    assert watch.look(hours=None) is watch.look(hours=None)
    assert watch.look(hours=1) is not watch.look(hours=None)
    fresh = StormWatch(world.engine, kept_for_s=0)
    assert fresh.look(hours=None) is not fresh.look(hours=None)
