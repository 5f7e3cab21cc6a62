"""A wrong clock comes in by HTTP and stands at the desk by name, live."""

from datetime import UTC, datetime, timedelta


def test_a_clock_five_hours_off_is_a_conflict_at_the_desk(world):
    gasp = {**world.call("a1"), "kind": "last_gasp"}
    gasp["at"] = (datetime.now(UTC) + timedelta(hours=5)).isoformat()
    assert world.client("meter_system").post("/api/evidence", json=gasp).status_code == 200
    world.worker._tell_conflicts()
    dispatcher = world.client("dispatcher")
    (conflict,) = dispatcher.get("/api/snapshot").json()["conflicts"].values()
    assert (conflict["code"], conflict["subject"]) == ("clock_off", "meter_system")
    assert conflict["facts"]["hours"] == 5.0
    names = [change["name"] for change in dispatcher.get("/api/changes").json()["changes"]]
    assert names == ["conflict.found"]
