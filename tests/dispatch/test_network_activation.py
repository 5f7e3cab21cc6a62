"""A new network version while outages are open: all goes over by ids, and nothing closes by itself."""

from __future__ import annotations

import pandas as pd
import pytest

from dispatch.change_log import Author, changes_after
from dispatch.errors import Conflict
from dispatch.interruptions import end_interruptions
from dispatch.network_activation import Reason, activate_network, network_worklist, remove_network
from dispatch.operations import confirm_outage, restore_outage
from dispatch.outages import affected_service_points, list_outages
from dispatch.replay import empty_snapshot, replay
from dispatch.snapshot import snapshot
from dispatch.transactions import intake_transaction, read_transaction, write_transaction
from gis.errors import NetworkVersionInUseError, NetworkVersionNotFoundError
from gis.network_tables import network_tables
from gis.network_versions import import_network, list_network_versions


def changed(tables, *, without=(), moved=None, added=None):
    """Return the drawn network without some ids, with service points moved to a node or added there."""
    layers = {}
    for name in ("substation", "node", "line_section", "switch", "transformer", "service_point", "customer"):
        frame = tables.layer(name).copy()
        if "id" in frame:
            frame = frame[~frame["id"].isin(without)]
        layers[name] = frame.reset_index(drop=True)
    points = layers["service_point"]
    for id, node in (moved or {}).items():
        points.loc[points["id"] == id, "node"] = node
    for id, node in (added or {}).items():
        new = points.iloc[:1].assign(id=id, node=node, meter=f"M-{id}", account=f"A-{id}")
        points = layers["service_point"] = pd.concat([points, new], ignore_index=True)
    made, _ = network_tables(name="newer", layers=layers)
    return made


@pytest.fixture
def bring_in(world, drawn):
    def bring(**changes):
        with intake_transaction(world.engine) as session:
            return import_network(
                session,
                tables=changed(drawn, **changes),
                findings=(),
                source="t",
                format="text",
                now=world.now,
            ).network_version

    return bring


@pytest.fixture
def activate(world):
    def put_in_force(version):
        with write_transaction(world.engine) as session:
            done = activate_network(
                session, network_version=version, networks=world.networks, actor="night job", now=world.now
            )
        world.network_version = version
        return done

    return put_in_force


def affected(world, outage):
    return {one.id for one in world.ask(affected_service_points, outage_id=outage.id) if one.ended_at is None}


def reasons(done):
    return {loss.reason: loss.ids for loss in done.worklist}


@pytest.fixture
def outage(world):
    """T1 is out, confirmed by the dispatcher: a1 to a4."""
    world.report(*(("trouble_call", f"a{n}") for n in range(1, 5)))
    (found,) = world.outages()
    world.do(confirm_outage, outage_id=found.id, version=None)
    (found,) = world.outages()
    assert found.device == "T1"
    return found


def test_the_same_network_again_changes_nothing_but_the_version(world, outage, bring_in, activate) -> None:
    old, version = world.network_version, bring_in()
    done = activate(version)
    assert (done.previous, done.open_outages, done.grown, done.worklist) == (old, 1, {}, ())
    (after,) = world.outages("confirmed")
    assert (after.id, after.device, after.network_version) == (outage.id, "T1", version)
    assert affected(world, outage) == {"a1", "a2", "a3", "a4"}
    assert activate(version).previous == version


def test_a_feeder_with_an_open_outage_is_lost(world, outage, bring_in, activate) -> None:
    lost = ["B1", "L1", "T1", "L2", "T2", *(f"{letter}{n}" for letter in "ab" for n in range(1, 5))]
    old = world.network_version
    done = activate(bring_in(without=lost))
    assert reasons(done)[Reason.DEVICE_GONE] == ("T1",)
    assert reasons(done)[Reason.SERVICE_POINTS_GONE] == ("a1", "a2", "a3", "a4")
    assert len(reasons(done)[Reason.EVIDENCE_GONE]) == 4
    # Evidence of others goes on being analysed, and the outage stays as it was.
    world.report(*(("trouble_call", f"c{n}") for n in range(1, 5)))
    kept = next(one for one in world.outages() if one.id == outage.id)
    assert (kept.status, kept.network_version) == ("confirmed", old)
    assert affected(world, outage) == {"a1", "a2", "a3", "a4"}
    assert {one.device for one in world.outages()} == {"T1", "T3"}


def test_a_prediction_about_what_is_lost_is_not_withdrawn_either(world, bring_in, activate) -> None:
    world.report(*(("trouble_call", f"a{n}") for n in range(1, 5)))
    (predicted,) = world.outages("predicted")
    activate(bring_in(without=["T1", *(f"a{n}" for n in range(1, 5))]))
    world.later(5)
    world.report(("trouble_call", "c1"), ("trouble_call", "c2"), ("trouble_call", "c3"))
    assert predicted.id in {one.id for one in world.outages("predicted")}


def test_a_household_that_is_lost_stays_out_when_its_prediction_is_refined(world, bring_in, activate) -> None:
    world.report(("trouble_call", "a1"), ("trouble_call", "a2"), ("trouble_call", "a3"))
    (predicted,) = world.outages("predicted")
    activate(bring_in(without=["a4"]))
    world.later(1)
    world.report(*(("trouble_call", f"b{n}") for n in range(1, 5)))
    every = set().union(*(affected(world, one) for one in world.outages()))
    assert "a4" in every
    assert predicted.id in {one.id for one in list_all(world)}


def list_all(world):
    with read_transaction(world.engine) as session:
        return list_outages(session)


def test_who_now_hangs_behind_the_open_device_is_out_as_well(world, outage, bring_in, activate) -> None:
    done = activate(bring_in(moved={"c1": "N3"}, added={"a5": "N3"}))
    assert done.grown == {outage.id: 2}
    assert affected(world, outage) == {"a1", "a2", "a3", "a4", "a5", "c1"}
    (after,) = world.outages("confirmed")
    assert (after.service_points_out, after.customers_out) == (6, 6)


def test_who_moved_away_is_for_a_person_to_judge(world, outage, bring_in, activate) -> None:
    done = activate(bring_in(moved={"a1": "M2"}))
    assert reasons(done) == {Reason.SERVICE_POINTS_MOVED: ("a1",)}
    assert "a1" in affected(world, outage)


def test_those_who_have_supply_again_do_not_lose_it(world, outage, bring_in, activate) -> None:
    with write_transaction(world.engine) as session:
        end_interruptions(
            session, outage_id=outage.id, ended_at=world.now, author=Author(actor="wang", now=world.now)
        )
    activate(bring_in())
    assert affected(world, outage) == set()


def test_one_step_back_and_the_worklist_is_empty(world, outage, bring_in, activate) -> None:
    old = world.network_version
    assert activate(bring_in(without=["T1", "a1"])).worklist
    back = activate(old)
    assert (back.worklist, back.open_outages) == ((), 1)
    assert affected(world, outage) == {"a1", "a2", "a3", "a4"}


def test_the_worklist_ends_with_its_outage(world, outage, bring_in, activate) -> None:
    activate(bring_in(without=["T1"]))
    world.do(restore_outage, outage_id=outage.id, version=None, restored_at=None)
    with read_transaction(world.engine) as session:
        traced = world.networks.in_force(session)
        assert [one for one in network_worklist(session, traced=traced) if one.outage_id == outage.id] == []


def test_the_log_tells_it_and_replays(world, outage, bring_in, activate) -> None:
    before = world.ask(snapshot, now=world.now)
    old, version = world.network_version, bring_in(added={"a5": "N3"})
    activate(version)
    with read_transaction(world.engine) as session:
        changes = changes_after(session, position=before["position"])
    assert [change.name for change in changes] == ["outage.prediction_changed", "network.activated"]
    assert changes[-1].data["values"]["network_version"] == {"old": old, "new": version}
    assert replay(before, changes) == world.ask(snapshot, now=world.now)
    assert replay(empty_snapshot(), [changes[-1]])["outages"] == {}


def test_a_version_that_open_outages_need_is_not_removed(world, outage, bring_in, activate) -> None:
    old = world.network_version
    newer = bring_in(without=["T1"])

    def remove(version):
        with write_transaction(world.engine) as session:
            remove_network(session, network_version=version)

    with pytest.raises(NetworkVersionInUseError):
        remove(old)
    activate(newer)
    with pytest.raises(Conflict, match=outage.id):
        remove(old)
    with pytest.raises(NetworkVersionNotFoundError):
        remove(77)
    world.do(restore_outage, outage_id=outage.id, version=None, restored_at=None)
    remove(old)
    with read_transaction(world.engine) as session:
        assert [one.network_version for one in list_network_versions(session)] == [newer]
    # What was is still told, with its place; the households' addresses went with the version.
    after = next(one for one in list_all(world) if one.id == outage.id)
    assert outage.lon is not None
    assert (after.lon, after.lat) == (outage.lon, outage.lat)
    assert {one.address for one in world.ask(affected_service_points, outage_id=outage.id)} == {None}


def test_an_unknown_version_changes_nothing(world, outage, activate) -> None:
    old = world.network_version
    with pytest.raises(NetworkVersionNotFoundError):
        activate(77)
    (after,) = world.outages("confirmed")
    assert after.network_version == old
