"""A crew is entered with its people, declines, rests, and is followed on its way; all through HTTP."""

from datetime import UTC, datetime, timedelta

import pytest

NOW = datetime.now(UTC)


def hours(count):
    return (NOW + timedelta(hours=count)).isoformat()


def entered(crew_id, *, lon=11.41, **fields):
    return {
        "id": crew_id,
        "name": f"Crew {crew_id}",
        "skills": ["line", "transformer"],
        "shifts": [{"start": hours(-1), "end": hours(9)}, {"start": hours(23), "end": hours(33)}],
        "lon": lon,
        "lat": 53.63,
        "vehicle": {"kind": "bucket_truck", "id": f"TRUCK-{crew_id}"},
        "depot": {"name": "Depot North", "lon": 11.4, "lat": 53.62},
        "members": [
            {
                "id": f"{crew_id}-lead",
                "name": "Ada Berg",
                "phone": "+1 555 0101",
                "is_lead": True,
                "certificates": [
                    {"skill": "line", "expires_on": "2099-01-01"},
                    {"skill": "transformer", "expires_on": "2001-01-01"},
                ],
            },
            {"id": f"{crew_id}-2", "name": "Bo Novak", "phone": "+1 555 0102", "certificates": []},
        ],
        **fields,
    }


@pytest.fixture
def desk(world):
    return world.client("supervisor")


@pytest.fixture
def crew(desk):
    answer = desk.post("/api/crews", json=entered("C-1"))
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_the_desk_reads_what_a_crew_may_do_and_when(world, desk, crew):
    assert (crew["status"], crew["skills"], crew["capabilities"]) == ("free", ["line"], ["lift", "haul"])
    assert [one["code"] for one in crew["duty"]["because"]] == ["shift_ends"]
    assert datetime.fromisoformat(crew["rest_until"]) == NOW + timedelta(hours=17)
    lapsed = next(one for one in crew["skill_standings"] if one["skill"] == "transformer")
    assert (lapsed["lapse"], lapsed["expired_on"]) == ("expired", "2001-01-01")
    own = world.client("crew").get("/api/crews/mine").json()
    assert (own["status"], own["rest_until"]) == ("free", crew["rest_until"])


def test_telephones_are_told_to_those_who_need_them(world, crew):
    def phones(account):
        people = world.client(account).get("/api/crews/C-1").json()["people"]
        return [one["phone"] for one in people]

    assert phones("supervisor") == ["+1 555 0101", "+1 555 0102"]
    assert phones("dispatcher") == phones("crew") == ["+1 555 0101", None]
    assert world.client("second_crew").get("/api/crews/C-1").status_code == 403
    assert world.client("agent").get("/api/crews/C-1").status_code == 403
    assert "Ada" not in world.client("dispatcher").get("/api/snapshot").text
    assert "Ada" not in world.client("dispatcher").get("/api/crews").text


def test_a_vehicle_system_tells_where_vehicles_are_and_nothing_else(world, crew):
    vehicles = world.client("vehicle_system")
    first = datetime.now(UTC)
    body = {"lat": 53.63, "at": first.isoformat(), "vehicle_id": "TRUCK-C-1"}
    batch = [
        {**body, "lon": 11.42},
        {**body, "lon": 0, "lat": 0, "at": (first + timedelta(seconds=30)).isoformat()},
        {**body, "crew_id": "X", "lon": 11},
    ]
    answer = vehicles.post("/api/positions", json={"positions": batch})
    assert answer.status_code == 200, answer.text
    receipts = answer.json()["positions"]
    assert [one["outcome"] for one in receipts] == ["taken", "set_aside", "refused"]
    told = world.client("dispatcher").get("/api/crews").json()["crews"][0]
    assert (told["lon"], told["position_source"]) == (11.42, "vehicle")
    assert told["position_aside"]["code"] == "far_from_network"
    assert vehicles.get("/api/crews").status_code == 403
    assert world.client("crew").post("/api/positions", json={"positions": batch}).status_code == 403


def test_a_crew_declines_and_the_next_one_is_proposed(world, desk, crew):
    second = entered("C-2", lon=11.36)
    second |= {"members": [], "skills": ["line", "low_voltage", "transformer"]}
    assert desk.post("/api/crews", json=second).status_code == 201
    world.client("meter_system").post("/api/evidence", json=world.call("a1"))
    world.analyse()
    dispatcher, phone = world.client("dispatcher"), world.client("crew")
    outage = dispatcher.get("/api/outages").json()["outages"][0]
    address = f"/api/outages/{outage['id']}"
    dispatcher.post(f"{address}/confirm", json={"version": outage["version"]})
    sent = dispatcher.post(f"{address}/assign", json={"version": None, "crew_id": "C-1"}).json()
    refused = desk.post("/api/crews/C-1/off-duty", json={"because": "vehicle_defect"})
    assert refused.status_code == 409
    assert sent["jobs"][0]["id"] in refused.json()["error"]["text"]
    reason = {"status": "declined", "reason": "The truck has a flat tyre.", "client_event_id": "e1"}
    progress = {**reason, "occurred_at": datetime.now(UTC).isoformat()}
    phone.post(f"/api/jobs/{sent['jobs'][0]['id']}/progress", json=progress)
    after = dispatcher.get(address).json()
    assert (after["jobs"][0]["status"], after["jobs"][0]["ended_because"]) == (
        "declined",
        "The truck has a flat tyre.",
    )
    assert "assign" in after["allowed_actions"]
    off = desk.post("/api/crews/C-1/off-duty", json={"because": "vehicle_defect"}).json()
    assert (off["status"], off["duty"]["available_until"]) == ("off_duty", None)
    ranked = dispatcher.get(f"{address}/crews").json()["crews"]
    assert [(one["crew_id"], one["fitting"]) for one in ranked] == [("C-2", True), ("C-1", False)]
    assert desk.post("/api/crews/C-1/on-duty").json()["status"] == "free"


def test_what_is_asked_wrongly_is_told_with_the_way_out(desk, crew):
    same = desk.post("/api/crews", json=entered("C-3", vehicle={"kind": "truck", "id": "TRUCK-C-1"}))
    assert same.status_code == 409
    assert "C-1" in same.json()["error"]["text"]
    shifts = [{"start": hours(1), "end": hours(5)}, {"start": hours(4), "end": hours(8)}]
    assert "overlap" in desk.put("/api/crews/C-1/shifts", json={"shifts": shifts}).json()["error"]["text"]
    rules = {"longest_duty_minutes": 600, "shortest_rest_minutes": 660, "longest_day_minutes": 720}
    assert desk.put("/api/duty-rules", json=rules).json() == desk.get("/api/duty-rules").json() == rules
    nobody = desk.put("/api/crews/C-9/members", json={"members": []})
    assert (nobody.status_code, nobody.json()["error"]["code"]) == (404, "unknown")
