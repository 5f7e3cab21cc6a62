"""The first view through HTTP: with what is asked for after it, it is the whole snapshot."""

from __future__ import annotations

from api.schemas.changes import FirstView, Interruptions, Snapshot


def read(world, *, name="", shape=Snapshot):
    answer = world.client("dispatcher").get(f"/api/snapshot{name}")
    # The answer is written without being looked through: here it is.
    assert shape.model_validate(answer.json(), strict=True)
    return answer.json()


def first(world):
    return read(world, name="/first-view", shape=FirstView)


def test_the_first_view_and_the_rest_are_the_snapshot_and_the_list(world, desk):
    desk.lose("a1", "a2", "a3")
    sender = world.client("meter_system")
    call = {**world.call("a1"), "hazard": "wire_down"}
    assert sender.post("/api/evidence", json=call).status_code == 200
    world.analyse()
    desk.confirm()
    view, rest = first(world), read(world, name="/interruptions", shape=Interruptions)
    places, hazards = view.pop("places"), view.pop("reported_hazards")
    assert {**view, **rest} == read(world)
    assert rest["interruptions"]
    (outage,) = world.client("dispatcher").get("/api/outages", params={"active": True}).json()["outages"]
    assert places == {outage["id"]: {"lon": outage["lon"], "lat": outage["lat"]}}
    assert hazards == {outage["id"]: outage["hazards"]} == {outage["id"]: ["wire_down"]}


def test_the_first_view_of_a_quiet_day_is_empty(quiet_world):
    view = first(quiet_world)
    assert (view["outages"], view["places"], view["reported_hazards"]) == ({}, {}, {})
    assert read(quiet_world, name="/interruptions", shape=Interruptions)["interruptions"] == {}
