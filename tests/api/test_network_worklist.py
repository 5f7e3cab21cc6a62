"""The worklist over HTTP: what open outages refer to that another network version no longer has."""

from datetime import UTC, datetime

from dispatch.network_activation import activate_network
from dispatch.network_cache import NetworkCache
from dispatch.transactions import write_transaction
from gis.network_versions import import_network

# As DRAWN in world.py, but the lateral behind F1 was taken down, and a1 hangs elsewhere.
NEWER = """
    breaker B1 S N1
    overhead L1 N1 N4
    distribution T2 N4 N5
    breaker B2 S M1
    distribution T3 M1 M2
    service_points a N5 1
    service_points b N5 3
    service_points c M2 3
"""


def _put_in_force(world, tables):
    now = datetime.now(UTC)
    with write_transaction(world.engine) as session:
        version = import_network(
            session, tables=tables, findings=(), source="drawn", format="gpkg", now=now
        ).network_version
        activate_network(
            session, network_version=version, networks=NetworkCache(), actor="night job", now=now
        )
    return version


def test_what_a_newer_network_lost_is_named_until_its_outage_is_over(world, world_module, desk):
    dispatcher = world.client("dispatcher")
    desk.lose("a1", "a2", "a3")
    outage = desk.outage
    assert dispatcher.get("/api/network/worklist").json() == {
        "network_version": world.network_version,
        "losses": [],
    }

    version = _put_in_force(world, world_module.drawn_tables(NEWER))
    told = dispatcher.get("/api/network/worklist").json()
    assert told["network_version"] == version
    by_reason = {loss["reason"]: loss for loss in told["losses"]}
    assert by_reason["device_gone"] == {
        "reason": "device_gone",
        "outage_id": outage.id,
        "ids": [outage.device],
    }
    assert by_reason["service_points_gone"]["ids"] == ["a2", "a3"]
    assert by_reason["evidence_gone"]["outage_id"] == outage.id

    desk.dismiss()
    assert dispatcher.get("/api/network/worklist").json()["losses"] == []


def test_the_worklist_is_for_the_desk(world):
    for name in ("crew", "customer"):
        assert world.client(name).get("/api/network/worklist").status_code == 403
    assert world.client("supervisor").get("/api/network/worklist").json()["losses"] == []
