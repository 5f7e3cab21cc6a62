"""A wire is down where all have supply: raised at the call, guarded by police, closed with evidence only.

S ─B1─ N1 ─F1─ N2 ─T1─ N3   a1 a2 a3     (F1: a fuse on a lateral)
        └─L1─ N4 ─T2─ N5   b1 b2 b3
S ─B2─ M1 ─T3─ M2          c1 c2 c3
"""

import io
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from dispatch.hazard_intake import mind_hazards
from dispatch.hazard_rules import LIMITS, Level
from dispatch.transactions import write_transaction


def _now():
    return datetime.now(UTC).isoformat()


@pytest.fixture
def roster(world):
    supervisor = world.client("supervisor")
    shift = {
        "shift_start": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
        "shift_end": (datetime.now(UTC) + timedelta(hours=8)).isoformat(),
    }
    for id, lon in (("C-1", 11.43), ("C-2", 11.80)):
        crew = {"id": id, "name": f"Crew {id}", "skills": ["line"], "lon": lon, "lat": 53.63, **shift}
        answer = supervisor.post("/api/crews", json=crew)
        assert answer.status_code == 201, answer.text


def _do(client, address, **body):
    answer = client.post(address, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _photo(exif=None):
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 60)).save(buffer, format="JPEG", **({"exif": exif} if exif else {}))
    return buffer.getvalue()


def _step(world, crew, job, status, **more):
    return crew.post(
        f"/api/jobs/{job['id']}/progress",
        json={"status": status, "occurred_at": _now(), "client_event_id": world.id("step"), **more},
    )


def test_from_the_call_to_the_closed_hazard(world, roster):
    agent, dispatcher, crew, stranger = (
        world.client(name) for name in ("agent", "dispatcher", "crew", "second_crew")
    )

    # Two neighbours tell of it. Nobody analyses anything, and yet the desk has one hazard with two reports.
    for household in ("b1", "b2"):
        call = world.call(household, hazard="wire_down", text="A wire lies on the pavement")
        assert agent.post("/api/evidence", json=call).status_code == 200
    (hazard,) = dispatcher.get("/api/hazards").json()["hazards"]
    assert (hazard["kind"], hazard["level"], hazard["status"]) == ("wire_down", 1, "raised")
    assert (hazard["reports"], hazard["outage_id"]) == (2, None)
    assert [clock["stage"] for clock in hazard["clocks"]] == ["acknowledge", "attend", "make_safe"]
    assert hazard["missing"] == ["outcome", "found_by", "found_at", "photo_or_crew_finding"]
    address = f"/api/hazards/{hazard['id']}"
    said = dispatcher.get(address).json()["reports"]
    assert [report["text"] for report in said] == ["A wire lies on the pavement"] * 2

    # Police stand there. The desk sends a crew; that acknowledges.
    hazard = _do(agent, f"{address}/authority-waits", authority="police")
    assert hazard["waiting_authority"] == "police"
    hazard = _do(dispatcher, f"{address}/assign", crew_id="C-1")
    assert hazard["status"] == "acknowledged"
    (job,) = hazard["jobs"]
    assert (job["kind"], job["outage_id"], job["hazard_id"]) == ("make_safe", None, hazard["id"])
    again = dispatcher.post(f"{address}/assign", json={"crew_id": "C-1"})
    assert again.json()["error"]["because"] == "crew_is_on_it"

    # Nobody can close it now, and everything that is missing is named.
    refused = dispatcher.post(f"{address}/close", json={})
    assert refused.status_code == 409
    assert refused.json()["error"]["code"] == "evidence_missing"
    assert set(refused.json()["error"]["missing"]) == {
        "outcome",
        "found_by",
        "found_at",
        "photo_or_crew_finding",
        "authority_relieved",
        "crew_finished",
    }

    # The crew goes there. Another crew may do nothing about it.
    (mine,) = crew.get("/api/jobs/mine").json()["jobs"]
    assert (mine["kind"], mine["hazard_kind"], mine["hazards"]) == ("make_safe", "wire_down", ["wire_down"])
    assert mine["device"] is None
    assert mine["waiting_authority"] == "police"
    for status in ("accepted", "en_route", "on_site"):
        assert _step(world, crew, job, status).status_code == 200
    assert dispatcher.get(address).json()["hazard"]["status"] == "attended"
    assert stranger.post(f"{address}/authority-relieved", json={}).status_code == 403
    # The answer was lost: the phone tells it once more, and it is still one report.
    relief = {"at": _now(), "client_event_id": world.id("relief")}
    for _ in range(2):
        assert _do(crew, f"{address}/authority-relieved", **relief)["waiting_authority"] is None

    # Finished needs what was found; with it, the hazard is safe and the crew's word is evidence.
    silent = _step(world, crew, job, "finished")
    assert silent.status_code == 422
    assert silent.json()["error"]["because"] == "hazard_outcome_missing"
    photo_id = world.id("photo-of-the-wire")
    assert crew.put(f"/api/photos/{photo_id}", content=_photo()).status_code == 200
    hazard = _do(crew, f"{address}/photos", photos=[photo_id])
    assert hazard["photos"] == [photo_id]
    assert _step(world, crew, job, "finished", hazard_outcome="made_safe").status_code == 200
    hazard = dispatcher.get(address).json()["hazard"]
    assert (hazard["status"], hazard["outcome"], hazard["found_by"]) == ("made_safe", "made_safe", "C-1")
    assert hazard["missing"] == []
    assert hazard["clocks"] == []
    closed = _do(dispatcher, f"{address}/close", note="Cut off, earthed, guarded")
    assert closed["status"] == "closed"
    assert dispatcher.get("/api/hazards").json()["hazards"] == []

    # A later report is another hazard.
    agent.post("/api/evidence", json=world.call("b1", hazard="wire_down"))
    (other,) = dispatcher.get("/api/hazards").json()["hazards"]
    assert other["id"] != hazard["id"]


def test_the_clock_warns_the_desk_through_the_log(world, roster):
    dispatcher = world.client("dispatcher")
    hazard = _do(
        dispatcher, "/api/hazards", kind="blocked_road", lon=11.5, lat=53.7, client_event_id=world.id("told")
    )
    assert (hazard["outage_id"], hazard["service_point"], hazard["level"]) == (None, None, 2)
    before = dispatcher.get("/api/snapshot").json()["position"]
    over = datetime.now(UTC) + timedelta(minutes=LIMITS[Level.DANGER].acknowledge + 1)
    for _ in range(2):
        with write_transaction(world.engine) as session:
            mind_hazards(session, now=over)
    changes = dispatcher.get("/api/changes", params={"after": before}).json()["changes"]
    warned = [change for change in changes if change["name"] == "hazard.warned"]
    assert [change["data"]["warnings"] for change in warned] == [["acknowledge_over"]]
    snapshot = dispatcher.get("/api/snapshot").json()
    assert snapshot["hazards"][hazard["id"]]["warned"] == ["acknowledge_over"]
