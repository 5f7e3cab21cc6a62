"""Two faults on a feeder, and a house that stays dark: the whole life of outages, through the HTTP API.

S ─B1─ N1 ─F1─ N2 ─T1─ N3   a1 a2 a3     (F1: a fuse on a lateral)
        └─L1─ N4 ─T2─ N5   b1 b2 b3
S ─B2─ M1 ─T3─ M2          c1 c2 c3
"""


def _ok(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()


def _because(answer):
    return answer.status_code, answer.json()["error"].get("because")


def _call(world, *households):
    meters = world.client("meter_system")
    for household in households:
        assert _ok(meters.post("/api/evidence", json=world.call(household)))["status"] == "accepted"
    world.analyse()


def _out(desk, outage):
    """Return who an outage holds without supply now."""
    rows = _ok(desk.get(f"/api/outages/{outage['id']}/affected"))["service_points"]
    return sorted(row["id"] for row in rows if row["to"] is None)


def _do(desk, outage, action, **told):
    """Do something to an outage as it is now."""
    address = f"/api/outages/{outage['id']}"
    version = _ok(desk.get(address))["version"]
    return desk.post(f"{address}/{action}", json={"version": version, **told})


def test_two_faults_are_parted_grouped_verified_closed_and_one_is_reopened(world):
    desk, colleague = world.client("dispatcher"), world.client("supervisor")
    _call(world, "a1", "a2", "a3")
    (outage,) = _ok(desk.get("/api/outages", params={"active": True}))["outages"]
    # Both look at it; who comes second is shown what the first one did.
    seen = {"version": outage["version"]}
    told = _ok(desk.post(f"/api/outages/{outage['id']}/device", json={**seen, "device": "B1"}))
    assert (told["status"], told["device"]) == ("confirmed", "B1")
    late = colleague.post(f"/api/outages/{outage['id']}/device", json={**seen, "device": "L1"})
    assert late.status_code == 409
    assert late.json()["error"]["changes"][0]["name"] == "outage.device_told"
    assert _out(desk, outage) == ["a1", "a2", "a3", "b1", "b2", "b3"]

    # The breaker holds again, but a fuse below is blown as well.
    assert _because(_do(desk, outage, "split", device="T3")) == (422, "nobody_behind_device")
    fuse = _ok(_do(desk, outage, "split", device="F1"))
    assert (fuse["split_from"], _out(desk, fuse), _out(desk, outage)) == (
        outage["id"],
        ["a1", "a2", "a3"],
        ["b1", "b2", "b3"],
    )
    both = {"name": "storm of the morning", "outages": [outage["id"], fuse["id"]]}
    incident = _ok(desk.post("/api/incidents", json=both))
    assert (incident["outages"], incident["customers_out"]) == ([outage["id"], fuse["id"]], 6)
    _ok(_do(desk, outage, "restore"))
    assert (_out(desk, outage), _out(desk, fuse)) == ([], ["a1", "a2", "a3"])
    _ok(_do(desk, fuse, "restore"))

    # Verified before it is closed: one house is still dark.
    asked = _ok(desk.get(f"/api/outages/{fuse['id']}/verification"))["to_verify"]
    assert {one["service_point"] for one in asked} == {"a1", "a2", "a3"}
    _ok(_do(desk, fuse, "call-backs", service_point="a1", outcome="supply_is_back"))
    _ok(_do(desk, fuse, "call-backs", service_point="a2", outcome="still_out"))
    closing = {"cause": "tree", "failed_equipment": "fuse"}
    assert _because(_do(desk, fuse, "close", **closing)) == (409, "still_out_reported")
    world.analyse()
    asked = _ok(desk.get(f"/api/outages/{fuse['id']}/verification"))["to_verify"]
    nested = next(one["nested_outage"] for one in asked if one["service_point"] == "a2")
    assert nested not in (None, fuse["id"])
    closed = _ok(_do(desk, fuse, "close", **closing))
    assert (closed["cause"], closed["failed_equipment"], closed["failed_device"]) == ("tree", "fuse", "F1")

    # The fuse blows again: the closed outage is reopened, and takes the suspected house in.
    assert _because(_do(desk, fuse, "reopen", reason="  ")) == (422, "reason_missing")
    again = _ok(_do(desk, fuse, "reopen", reason="the fuse blew again"))
    assert (again["status"], _out(desk, fuse)) == ("confirmed", ["a1", "a2", "a3"])
    assert _ok(desk.get(f"/api/outages/{nested}"))["merged_into"] == fuse["id"]
    ledger = _ok(desk.get("/api/service-points/a1/interruptions"))["interruptions"]
    assert [row["outage_id"] for row in ledger] == [fuse["id"]] * 2
    assert [row["ended_at"] is None for row in ledger] == [False, True]

    still = {"version": incident["version"], "cause": "tree"}
    address = f"/api/incidents/{incident['id']}/close"
    assert _because(desk.post(address, json=still)) == (409, "incident_has_outages")
    _ok(_do(desk, fuse, "restore"))
    for one in (fuse, outage):
        _ok(_do(desk, one, "close", **closing))
    assert _ok(desk.post(address, json=still))["closed_at"] is not None
    history = _ok(desk.get(f"/api/outages/{fuse['id']}/history"))["changes"]
    names = [one["name"] for one in history]
    assert {"outage.split_off", "outage.called_back", "outage.reopened", "incident.outage_added"} <= set(
        names
    )
    assert all(one["actor"] and one["occurred_at"] and one["recorded_at"] for one in history)
