"""The worklist of repeats over HTTP, and the keeper that fills it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from api.processes.repeat_keeper import RepeatKeeper
from dispatch.network_cache import NetworkCache
from dispatch.transactions import write_transaction


@pytest.fixture
def repeats(world):
    """Household a1 was out three times; the keeper has looked."""
    now = datetime.now(UTC)
    with write_transaction(world.engine) as session:
        for day in (1, 2, 3):
            session.execute(
                text(
                    "INSERT INTO interruption (service_point, period, switching_order_id, kind, phases, "
                    "phases_taken, phase_share, customers, recorded_at) VALUES "
                    "('a1', tstzrange(:begin, :end), 'S-1', 'fault', 'ABC', 'ABC', 1, 1, :begin)"
                ),
                {"begin": now - timedelta(days=day), "end": now - timedelta(days=day, hours=-1)},
            )
    keeper = RepeatKeeper(world.engine, networks=NetworkCache())
    assert keeper.look() == 1
    assert keeper.look() == 0, "it rests"
    return world.client("dispatcher")


def test_list_look_at_and_close(repeats):
    (alert,) = repeats.get("/api/repeats").json()["repeats"]
    assert (alert["kind"], alert["subject"], alert["times"], alert["state"]) == (
        "customers",
        "T1",
        3,
        "open",
    )

    looked_at = repeats.post(f"/api/repeats/{alert['id']}/look-at", json={"note": "Asked the crew"})
    assert (looked_at.status_code, looked_at.json()["note"]) == (200, "Asked the crew")
    refused = repeats.post(f"/api/repeats/{alert['id']}/close", json={})
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "note")
    closed = repeats.post(f"/api/repeats/{alert['id']}/close", json={"note": "Fuse replaced"})
    assert closed.json()["state"] == "closed"
    again = repeats.post(f"/api/repeats/{alert['id']}/look-at", json={})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "illegal_transition")
    assert repeats.get("/api/repeats").json() == {"repeats": []}
    assert len(repeats.get("/api/repeats", params={"state": "closed"}).json()["repeats"]) == 1
    assert repeats.post("/api/repeats/99/close", json={"note": "?"}).status_code == 404
