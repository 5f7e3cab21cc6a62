"""A fuse blows: from the first call to the closed outage, through the HTTP API alone.

S ─B1─ N1 ─F1─ N2 ─T1─ N3   a1 a2 a3     (F1: a fuse on a lateral)
        └─L1─ N4 ─T2─ N5   b1 b2 b3
S ─B2─ M1 ─T3─ M2          c1 c2 c3
"""

from datetime import UTC, datetime, timedelta

import pytest


def _now():
    return datetime.now(UTC).isoformat()


@pytest.fixture
def roster(world):
    """Put a near and a far crew on the roster."""
    supervisor = world.client("supervisor")
    shift = {
        "shift_start": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
        "shift_end": (datetime.now(UTC) + timedelta(hours=8)).isoformat(),
    }
    for id, lon in (("C-1", 11.43), ("C-2", 11.80)):
        crew = {"id": id, "name": f"Crew {id}", "skills": [], "lon": lon, "lat": 53.63, **shift}
        answer = supervisor.post("/api/crews", json=crew)
        assert answer.status_code == 201, answer.text


def _only_outage(dispatcher):
    outages = dispatcher.get("/api/outages", params={"active": True}).json()["outages"]
    assert len(outages) == 1, outages
    return outages[0]


def _act(client, outage, action, **fields):
    answer = client.post(
        f"/api/outages/{outage['id']}/{action}", json={"version": outage["version"], **fields}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def _affected(dispatcher, outage):
    answer = dispatcher.get(f"/api/outages/{outage['id']}/affected").json()
    return {one["id"]: one for one in answer["service_points"]}


def test_from_the_first_call_to_the_closed_outage(world, roster):
    dispatcher, crew, customer = (world.client(name) for name in ("dispatcher", "crew", "customer"))
    desk = world.client("meter_system")

    # One neighbour calls, then another: the lateral's transformer explains them, and nobody else is out.
    for household in ("a1", "a2", "a3"):
        assert desk.post("/api/evidence", json=world.call(household)).json()["status"] == "accepted"
    world.analyse()
    outage = _only_outage(dispatcher)
    assert outage["status"] == "predicted"
    suspects = {name for one in outage["candidates"] for name in (one["device"], *one["equivalent"])}
    assert {"F1", "T1"} <= suspects
    assert outage["reasons"]
    assert set(_affected(dispatcher, outage)) == {"a1", "a2", "a3"}
    assert customer.get("/api/my-supply").json()["service_points"][0]["supplied"] is False

    # The dispatcher confirms, takes the proposal, and sends the nearest crew.
    outage = _act(dispatcher, outage, "confirm")
    assert outage["status"] == "confirmed"
    ranked = dispatcher.get(f"/api/outages/{outage['id']}/crews").json()["crews"]
    assert [one["crew_id"] for one in ranked] == ["C-1", "C-2"]
    assert all(one["reason"] for one in ranked)
    outage = _act(dispatcher, outage, "assign", crew_id=ranked[0]["crew_id"])
    assert outage["etr_at"]
    assert outage["etr_source"]

    # The crew works through its job on the phone; what is sent twice counts once.
    (job,) = crew.get("/api/jobs/mine").json()["jobs"]
    assert (job["device"], job["customers_out"]) == (outage["device"], 3)
    for status in ("accepted", "en_route", "on_site", "working", "finished"):
        report = {"status": status, "occurred_at": _now(), "client_event_id": f"phone-{status}"}
        for _ in range(2):
            answer = crew.post(f"/api/jobs/{job['id']}/progress", json=report)
            assert (answer.status_code, answer.json()["status"]) == (200, status), answer.text
    assert crew.get("/api/jobs/mine").json()["jobs"] == []

    # Supply is back, and everyone who was out is told so by their own page.
    outage = dispatcher.get(f"/api/outages/{outage['id']}").json()
    outage = _act(dispatcher, outage, "restore")
    assert outage["status"] == "restored"
    assert all(one["to"] is not None for one in _affected(dispatcher, outage).values())
    supply = customer.get("/api/my-supply").json()["service_points"][0]
    assert (supply["supplied"], supply["outage"]["status"]) == (True, "restored")
    outage = _act(dispatcher, outage, "close", cause="equipment", note="The fuse link was replaced.")
    assert outage["status"] == "closed"

    # The whole history can be read back, in order, and names nobody.
    history = dispatcher.get(f"/api/outages/{outage['id']}/history").json()["changes"]
    names = [change["name"] for change in history]
    wanted = [
        "outage.predicted",
        "outage.confirmed",
        "job.assigned",
        "job.accepted",
        "job.en_route",
        "job.on_site",
        "job.working",
        "job.finished",
        "outage.restored",
        "outage.closed",
    ]
    assert [name for name in names if name in wanted] == wanted
    assert "Household" not in str(history)
    figures = dispatcher.get("/api/reliability").json()
    assert figures["customers_served"] == 9
    messages = dispatcher.get("/api/notifications/summary").json()
    assert messages["queued"] > 0


def test_an_action_the_status_does_not_allow_says_what_is_allowed(world):
    dispatcher = world.client("dispatcher")
    world.client("meter_system").post("/api/evidence", json=world.call("a1"))
    world.analyse()
    outage = _only_outage(dispatcher)
    answer = dispatcher.post(
        f"/api/outages/{outage['id']}/close", json={"version": outage["version"], "cause": "equipment"}
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (409, "illegal_transition")
    assert "confirm" in error["allowed"]
    assert "confirm" in error["text"]


def test_a_crew_sees_and_moves_only_its_own_job(world, roster):
    dispatcher, other = world.client("dispatcher"), world.client("second_crew")
    world.client("meter_system").post("/api/evidence", json=world.call("a1"))
    world.analyse()
    outage = _act(dispatcher, _only_outage(dispatcher), "confirm")
    outage = _act(dispatcher, outage, "assign", crew_id="C-1")
    job = outage["jobs"][0]
    report = {"status": "accepted", "occurred_at": _now(), "client_event_id": "x"}
    answer = other.post(f"/api/jobs/{job['id']}/progress", json=report)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_yours")
    assert other.get("/api/jobs/mine").json()["jobs"] == []
    here = {"lon": 11.4, "lat": 53.6, "at": _now()}
    assert other.post("/api/crews/C-1/position", json=here).status_code == 403
    assert other.post("/api/crews/C-2/position", json=here).status_code == 200
