"""The caller's view through HTTP: the household at one look, taking the call, and a flood of calls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from api.settings import MeterSettings


def household(client, service_point):
    answer = client.get(f"/api/calls/households/{service_point}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def call(service_point="a1", *, id="call-1", minutes_ago=0, **fields):
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    return {"id": id, "at": at.isoformat(), "service_point": service_point, **fields}


def take(client, body):
    answer = client.post("/api/calls", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_household_whose_supply_is_on(world):
    told = household(world.client("agent"), "a1")
    assert (told["account"], told["meter"], told["address"]) == ("A-a1", "M-a1", "a1 Street 1")
    assert (told["name"], told["language"]) == ("Household a1 住户", "en")
    # From the source to the household, device by device.
    assert [one["id"] for one in told["path"]] == ["B1", "F1", "T1", "a1"]
    assert [one["kind"] for one in told["path"]] == ["breaker", "fuse", "distribution", "service_point"]
    assert not any(one["outage_id"] or one["is_switched_open"] for one in told["path"])
    assert (told["answer"]["code"], told["is_supplied"], told["etr_at"]) == ("nothing_known", True, None)
    assert told["history"]["calls_today"] == 0
    assert told["history"]["interruptions"] == []


def test_a_known_outage_with_what_to_say_and_where_supply_ends(world, desk):
    desk.lose("a1", "a2", "a3")
    desk.confirm()
    agent = world.client("agent")
    told = household(agent, "a1")
    outage = desk.outage
    assert (told["answer"]["code"], told["answer"]["take_report"]) == ("known_outage", False)
    assert (told["outage_id"], told["is_supplied"]) == (outage.id, False)
    assert {one["id"]: one["outage_id"] for one in told["path"]}[outage.device] == outage.id
    assert told["etr_earliest"] <= told["etr_at"] <= told["etr_latest"]
    english, chinese = told["answer"]["texts"]["en"], told["answer"]["texts"]["zh"]
    assert outage.id in english
    assert "Probably" in english
    assert "Estimated" in english
    assert "There is no need to report it again." in english
    assert outage.id in chinese
    (past,) = told["history"]["interruptions"]
    assert (past["ended_at"], past["kind"]) == (None, "fault")
    assert told["history"]["interruptions_in_year"] == 1

    desk.assign()
    desk.crew("accepted")
    desk.crew("en_route")
    assert "A crew is on its way." in household(agent, "a1")["answer"]["texts"]["en"]
    desk.restore()
    back = household(agent, "a1")
    assert (back["is_supplied"], back["etr_at"]) == (True, None)
    assert back["history"]["interruptions"][0]["ended_at"] is not None
    assert back["history"]["minutes_in_year"] == pytest.approx(10, abs=2)


def test_planned_work_and_arrears_are_told(world):
    now = datetime.now(UTC)
    order = {"device": "T2", "text": "New cables", "ends_at": (now + timedelta(hours=9)).isoformat()}
    supervisor = world.client("supervisor")
    for starts_in in (-5, 240):
        begins = (now + timedelta(minutes=starts_in)).isoformat()
        ends = (now + timedelta(minutes=starts_in + 60)).isoformat()
        answer = supervisor.post("/api/planned-outages", json={**order, "starts_at": begins, "ends_at": ends})
        assert answer.status_code == 201, answer.text
    since = (now - timedelta(days=2)).isoformat()
    listed = [{"account": "A-c1", "since": since, "reason": "arrears"}]
    assert world.client("billing_system").post("/api/disconnections", json=listed).status_code == 200
    agent = world.client("agent")
    planned = household(agent, "b1")
    assert planned["answer"]["code"] == "planned_outage"
    assert [one["starts_at"][:16] for one in planned["coming"]] == [
        (now + timedelta(minutes=240)).isoformat()[:16]
    ]
    owing = household(agent, "c1")
    assert (owing["answer"]["code"], owing["answer"]["take_report"]) == ("disconnected", False)
    assert "bills are unpaid" in owing["answer"]["texts"]["en"]


def test_a_call_is_taken_once_with_all_that_was_said(world):
    agent = world.client("agent")
    body = call(hazard="wire_down", text="On the road", are_neighbours_out=True, is_call_back_wanted=True)
    taken = take(agent, body)
    assert (taken["service_point"], taken["is_new"], taken["meters_asked"]) == ("a1", True, 0)
    assert take(agent, body)["is_new"] is False
    told = household(agent, "a1")["history"]
    (one,) = told["calls"]
    assert (told["calls_today"], one["hazard"]) == (1, "wire_down")
    assert (one["are_neighbours_out"], one["is_call_back_wanted"]) == (True, True)
    (hazard,) = world.client("dispatcher").get("/api/hazards").json()["hazards"]
    assert (hazard["kind"], hazard["service_point"]) == ("wire_down", "a1")
    # Another call of the same id is somebody's mistake, not another report.
    answer = agent.post("/api/calls", json={**body, "service_point": "b1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "id_reused")


def test_calls_become_an_outage(world, desk):
    agent = world.client("agent")
    for number in (1, 2, 3):
        take(agent, call(f"a{number}", id=f"call-{number}", minutes_ago=1))
    world.analyse()
    assert desk.outage.device in {"F1", "T1"}


def test_who_wants_a_call_back_is_asked_before_others(world, desk):
    agent = world.client("agent")
    take(agent, call("a2", id="call-1", minutes_ago=2))
    take(agent, call("a3", id="call-2", minutes_ago=1, is_call_back_wanted=True))
    take(agent, call("a1", id="call-3", minutes_ago=1))
    world.analyse()
    desk.confirm()
    address = f"/api/outages/{desk.outage.id}/verification"
    listed = world.client("dispatcher").get(address).json()
    asked = next(value for value in listed.values() if isinstance(value, list))
    assert [(one["service_point"], one["why"]) for one in asked][:2] == [
        ("a3", "asked_for"),
        ("a2", "reported"),
    ]


def test_a_call_from_a_place_where_no_household_is_known(world):
    agent = world.client("agent")
    body = {**call(), "service_point": None, "lon": 11.4201, "lat": 53.6351}
    assert take(agent, body)["service_point"] in {"a1", "a2", "a3"}
    nowhere = agent.post("/api/calls", json={**body, "id": "call-2", "lon": 12.5})
    assert (nowhere.status_code, nowhere.json()["error"]["code"]) == (422, "evidence_refused")


@pytest.mark.parametrize(
    "wrong",
    [
        {"service_point": None},
        {"hazard": "dragon"},
        {"lon": 500.0},
        {"name": "Wang"},
        {"at": "2026-11-23T08:00:00"},
        {"text": "x" * 2001},
    ],
)
def test_what_is_no_call_is_refused(quiet_world, wrong):
    assert quiet_world.client("agent").post("/api/calls", json={**call(), **wrong}).status_code == 422


def test_who_is_unknown_is_said(quiet_world):
    agent = quiet_world.client("agent")
    assert agent.get("/api/calls/households/nobody").status_code == 404
    answer = agent.post("/api/calls", json=call("nobody"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "evidence_refused")


def test_neighbours_who_are_out_too_have_their_meters_asked(world, world_module):
    app = world.new_app(meters=MeterSettings(meter_system_url="http://127.0.0.1:9/never-asked"))
    served = world_module.Served(app)
    try:
        client = world.client("agent")
        client.base_url = served.address
        assert take(client, call(are_neighbours_out=True))["meters_asked"] >= 3
        assert take(client, call("b1", id="call-2"))["meters_asked"] == 0
    finally:
        served.stop()


def test_a_flood_of_calls_about_one_feeder_costs_a_look_nothing_more(world, desk, lines):
    def statements():
        count = 0

        def note(*_):
            nonlocal count
            count += 1

        event.listen(world.engine, "before_cursor_execute", note)
        try:
            household(agent, "a1")
        finally:
            event.remove(world.engine, "before_cursor_execute", note)
        return count

    agent = world.client("agent")
    desk.lose("a1", "a2", "a3")
    desk.confirm()
    statements()  # the network is read when it is first asked for
    before = statements()
    flood = [world.call(f"a{number % 3 + 1}", minutes_ago=number % 10) for number in range(1, 3001)]
    answer = world.client("dispatcher").post("/api/evidence/batch", content=lines(flood))
    assert answer.json()["accepted"] == 3000
    assert statements() <= before
    history = household(agent, "a1")["history"]
    assert (history["calls_today"], len(history["calls"])) == (100, 10)
