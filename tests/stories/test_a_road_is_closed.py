"""A road is closed: the very next ranking counts it, the way leads around, and it comes back when lifted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.dispatch.drawn_roads import ACROSS_MAIN_STREET, import_drawn_roads

NOW = datetime.now(UTC)


@pytest.fixture
def desk(world, tmp_path):
    """A dispatcher before an outage at T1 that two crews could go to, on roads."""
    import_drawn_roads(world.engine, tmp_path)
    supervisor = world.client("supervisor")
    for id, lon in (("C-west", 11.345), ("C-east", 11.46)):
        crew = {"id": id, "name": id, "skills": ["transformer", "low_voltage"], "lon": lon, "lat": 53.63}
        shift = {
            "shift_start": (NOW - timedelta(hours=1)).isoformat(),
            "shift_end": (NOW + timedelta(hours=9)).isoformat(),
        }
        assert supervisor.post("/api/crews", json=crew | shift).status_code == 201
    for point in ("a1", "a2", "a3"):
        world.client("meter_system").post("/api/evidence", json=world.call(point))
    world.analyse()
    dispatcher = world.client("dispatcher")
    dispatcher.outage = dispatcher.get("/api/outages").json()["outages"][0]["id"]
    dispatcher.post(f"/api/outages/{dispatcher.outage}/confirm", json={"version": None})
    return dispatcher


def crews(desk):
    answer = desk.get(f"/api/outages/{desk.outage}/crews")
    assert answer.status_code == 200
    return answer.json()


def test_the_ranking_changes_in_the_next_answer_and_the_way_leads_around(desk):
    first = crews(desk)
    assert first["travel_source"] == "roads"
    assert [one["crew_id"] for one in first["crews"]] == ["C-east", "C-west"]
    route = f"/api/outages/{desk.outage}/crews/C-east/route"
    straight = desk.get(route).json()

    drawn = {"geometry": ACROSS_MAIN_STREET, "reason": "flooded", "note": "Behind the school"}
    answer = desk.post("/api/road-closures", json=drawn)
    assert answer.status_code == 201
    closure = answer.json()
    assert (closure["reason"], closure["drawn_by"]) == ("flooded", "dispatcher")
    assert [one["crew_id"] for one in crews(desk)["crews"]] == ["C-west", "C-east"]
    around = desk.get(route).json()
    assert around["travel_minutes"] > straight["travel_minutes"]
    assert "Way Around" in [step["name"] for step in around["steps"]]
    assert around["line"]["geometry"]["type"] == "LineString"

    listed = desk.get("/api/road-closures").json()
    assert listed["roads_known"] is True
    assert [one["id"] for one in listed["closures"]] == [closure["id"]]
    assert desk.get("/api/snapshot").json()["road_closures"][closure["id"]]["reason"] == "flooded"
    assert desk.post(f"/api/road-closures/{closure['id']}/lift").status_code == 200
    assert [one["crew_id"] for one in crews(desk)["crews"]] == ["C-east", "C-west"]
    again = desk.post(f"/api/road-closures/{closure['id']}/lift").json()["error"]
    assert (again["because"], again["values"]) == ("closure_was_lifted", {"actor": "dispatcher"})


def test_what_a_person_wrote_of_a_closed_road_is_not_in_the_log(desk):
    drawn = {"geometry": ACROSS_MAIN_STREET, "reason": "other", "note": "Ask Mr. Secret Name"}
    assert desk.post("/api/road-closures", json=drawn).status_code == 201
    assert "Secret" not in desk.get("/api/snapshot").text


def test_a_crew_reads_its_own_way_only_and_closes_no_roads(world, desk):
    outage = desk.outage
    desk.post(f"/api/outages/{outage}/assign", json={"version": None, "crew_id": "C-east"})
    (job,) = desk.get(f"/api/outages/{outage}").json()["jobs"]
    assert job["travel_source"] == "roads"
    assert desk.get(f"/api/jobs/{job['id']}/route").status_code == 403
    stranger = world.client("crew")
    assert stranger.get(f"/api/jobs/{job['id']}/route").status_code in {403, 404}
    assert stranger.get("/api/road-closures").status_code == 200
    drawn = {"geometry": ACROSS_MAIN_STREET, "reason": "other"}
    assert stranger.post("/api/road-closures", json=drawn).status_code == 403


def test_two_who_send_one_crew_at_once_one_goes_and_the_other_is_told(world, desk):
    for point in ("c1", "c2", "c3"):
        world.client("meter_system").post("/api/evidence", json=world.call(point))
    world.analyse()
    second = world.client("second_dispatcher")
    other = next(
        one["id"] for one in second.get("/api/outages").json()["outages"] if one["id"] != desk.outage
    )
    second.post(f"/api/outages/{other}/confirm", json={"version": None})
    seen = crews(desk)["position"]
    order = {"version": None, "crew_id": "C-east", "seen": seen}
    assert desk.post(f"/api/outages/{desk.outage}/assign", json=order).status_code == 200
    answer = second.post(f"/api/outages/{other}/assign", json=order)
    error = answer.json()["error"]
    assert (answer.status_code, error["because"]) == (409, "crew_was_sent")
    assert error["values"] == {"crew": "C-east", "outage": desk.outage, "actor": "dispatcher"}
