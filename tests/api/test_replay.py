"""Replay through HTTP: an instant as the desk was told of it then, and instants nothing can be told of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from api.processes.state_keeper import StateKeeper
from dispatch import kept_states


def ask(client, at):
    return client.get("/api/replay", params={"at": at})


def test_an_instant_reads_as_the_snapshot_read_then(world, desk):
    client = world.client("dispatcher")
    began = datetime.now(UTC)
    desk.lose("a1", "a2", "a3")
    seen = [(datetime.now(UTC), client.get("/api/snapshot").json())]
    for act in (desk.confirm, desk.assign):
        act()
        seen.append((datetime.now(UTC), client.get("/api/snapshot").json()))
    for at, snapshot in seen:
        told = ask(client, at.isoformat()).json()
        assert {name: told[name] for name in snapshot} == snapshot
        ((outage_id, place),) = told["places"].items()
        shown = client.get(f"/api/outages/{outage_id}").json()
        assert place == {"lon": shown["lon"], "lat": shown["lat"]}
    # Without any outage nothing has a place; one step on, the outage is predicted.
    told = ask(client, began.isoformat()).json()
    assert (told["outages"], told["places"], told["switched"], told["temporary"]) == ({}, {}, [], [])
    (outage,) = ask(client, told["next_at"]).json()["outages"].values()
    assert outage["status"] == "predicted"
    assert ask(client, seen[0][0].isoformat()).json()["previous_at"] == told["next_at"]


def test_changes_go_on_from_a_state(world, desk):
    client = world.client("supervisor")
    desk.lose("a1", "a2", "a3")
    start = ask(client, datetime.now(UTC).isoformat()).json()
    desk.confirm()
    desk.assign()
    until = datetime.now(UTC).isoformat()
    told = client.get("/api/replay/changes", params={"after": start["position"], "until": until}).json()
    names = [change["name"] for change in told["changes"]]
    assert {"outage.confirmed", "job.assigned"} <= set(names)
    assert told["position"] == told["changes"][-1]["position"]
    assert (told["next_at"], told["places"]) == (None, {})
    whole = client.get("/api/replay/changes", params={"after": 0, "until": until}).json()
    assert set(whole["places"]) == set(start["outages"])


def test_the_curve_ends_with_what_the_desk_shows(world, desk):
    desk.lose("a1", "a2", "a3")
    curve = world.client("dispatcher").get("/api/replay/curve", params={"hours": 6}).json()
    assert curve["since"] == curve["first_at"]
    assert (curve["points"][0]["customers"], curve["points"][0]["outages"]) == (0, 0)
    assert (curve["points"][-1]["customers"], curve["points"][-1]["outages"]) == (3, 1)


def test_instants_that_cannot_be_told_are_refused_with_why(quiet_world):
    client = quiet_world.client("dispatcher")
    now = datetime.now(UTC)
    for at, because in (
        (now + timedelta(minutes=1), "instant_in_future"),
        (now - timedelta(days=32), "instant_too_long_ago"),
        (now - timedelta(days=30), "instant_before_first_change"),
    ):
        answer = ask(client, at.isoformat())
        assert (answer.status_code, answer.json()["error"]["because"]) == (422, because)
        params = {"after": 0, "until": at.isoformat()}
        assert client.get("/api/replay/changes", params=params).json()["error"]["because"] == because
    for at in ("yesterday", "2026-11-23T08:00", ""):
        assert ask(client, at).status_code == 422
    for hours in (0, -1, 1_000):
        assert client.get("/api/replay/curve", params={"hours": hours}).status_code == 422


def test_before_anything_happened_the_curve_is_empty(quiet_world):
    told = quiet_world.client("dispatcher").get("/api/replay/curve").json()
    assert told["points"] == [] or told["points"][-1]["outages"] == 0


def test_states_are_kept_by_the_worker_and_begin_a_replay(world, desk, monkeypatch):
    monkeypatch.setattr(kept_states.state_to_keep, "__kwdefaults__", {"every": 2})
    desk.lose("a1", "a2", "a3")
    keeper = StateKeeper(world.engine)
    assert (keeper.look(), keeper.look()) == (1, 0)
    assert StateKeeper(world.engine).look() == 0
    desk.confirm()
    client = world.client("dispatcher")
    snapshot = client.get("/api/snapshot").json()
    told = ask(client, datetime.now(UTC).isoformat()).json()
    assert {name: told[name] for name in snapshot} == snapshot


def test_area_and_promises_of_an_instant(world, desk):
    client = world.client("dispatcher")
    desk.lose("a1", "a2", "a3")
    outage_id, at = desk.outage.id, datetime.now(UTC).isoformat()
    version = client.get(f"/api/outages/{outage_id}").json()["version"]
    area = client.get(f"/api/outages/{outage_id}/area").json()
    desk.confirm()
    desk.restore()
    path = f"/api/replay/outages/{outage_id}"
    assert client.get(f"{path}/area", params={"position": version}).json() == area
    told = client.get(f"{path}/promises", params={"at": at})
    assert (told.status_code, set(told.json())) == (200, {"at", "clocks"})
    # Not known by then, no instant, no position.
    assert client.get(f"{path}/area", params={"position": 0}).status_code == 404
    assert client.get("/api/replay/outages/O-none/promises", params={"at": at}).status_code == 404
    assert client.get(f"{path}/promises", params={"at": "yesterday"}).status_code == 422
    assert client.get(f"{path}/area", params={"position": -1}).status_code == 422
    assert world.client("crew").get(f"{path}/area", params={"position": version}).status_code == 403
