"""The paperwork was wrong: a dispatcher corrects the ledger of an outage, through the HTTP API alone.

S ─B1─ N1 ─F1─ N2 ─T1─ N3   a1 a2 a3     (F1: a fuse on a lateral)
        └─L1─ N4 ─T2─ N5   b1 b2 b3
S ─B2─ M1 ─T3─ M2          c1 c2 c3
"""

from datetime import datetime, timedelta


def _ok(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()


def _ledger(client, outage, **asked):
    return _ok(client.get(f"/api/outages/{outage['id']}/interruptions", params=asked))["interruptions"]


def _restored(world, dispatcher):
    """Take an outage of a1, a2 and a3 to its restoration."""
    desk = world.client("meter_system")
    for household in ("a1", "a2", "a3"):
        assert desk.post("/api/evidence", json=world.call(household)).json()["status"] == "accepted"
    world.analyse()
    (outage,) = dispatcher.get("/api/outages", params={"active": True}).json()["outages"]
    assert _ledger(dispatcher, outage) == []
    address = f"/api/outages/{outage['id']}"
    outage = _ok(dispatcher.post(f"{address}/confirm", json={"version": outage["version"]}))
    return _ok(dispatcher.post(f"{address}/restore", json={"version": outage["version"]}))


def test_a_wrong_beginning_and_cause_are_corrected_and_what_was_wrong_stays_to_be_read(world):
    dispatcher = world.client("dispatcher")
    outage = _restored(world, dispatcher)
    before = {row["service_point"]: row for row in _ledger(dispatcher, outage)}
    assert set(before) == {"a1", "a2", "a3"}
    earlier = (datetime.fromisoformat(outage["started_at"]) - timedelta(minutes=9)).isoformat()
    address = f"/api/outages/{outage['id']}/interruptions/correct"
    told = {"version": outage["version"], "started_at": earlier, "cause": "tree", "reason": "meter readings"}
    done = _ok(dispatcher.post(address, json={**told, "service_points": ["a1"]}))
    assert (done["service_points"], done["rows_written"]) == (1, 1)

    after = {row["service_point"]: row for row in _ledger(dispatcher, outage)}
    assert {id for id in after if after[id] == before[id]} == {"a2", "a3"}
    assert datetime.fromisoformat(after["a1"]["started_at"]) == datetime.fromisoformat(earlier)
    assert (after["a1"]["cause"], after["a1"]["reason"]) == ("tree", "meter readings")
    assert after["a1"]["recorded_by"] is not None
    history = _ok(
        dispatcher.get("/api/service-points/a1/interruptions", params={"replaced": True, "limit": 1})
    )
    (old,) = history["interruptions"]
    assert (old["id"], old["replaced_by"]) == (before["a1"]["id"], after["a1"]["id"])
    assert history["next_after"] == old["id"]

    refused = dispatcher.post(address, json={**told, "version": None, "ended_at": earlier})
    assert refused.status_code == 422
    error = refused.json()["error"]
    assert (error["because"], error["values"]["row"]) == ("ends_before_start", after["a1"]["id"])
    strange = dispatcher.post(address, json={**told, "version": None, "service_points": ["c1"]})
    assert strange.json()["error"]["because"] == "not_its_service_point"
    missing = dispatcher.post(address.replace(outage["id"], "O-999"), json=told)
    assert missing.status_code == 404
    names = [one["name"] for one in _ok(dispatcher.get(f"/api/outages/{outage['id']}/history"))["changes"]]
    assert names[-1] == "outage.interruptions_corrected"
