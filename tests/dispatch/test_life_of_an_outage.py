"""What people change about outages: another device, parted, merged, grouped, verified, closed, out again."""

from collections import defaultdict
from datetime import timedelta

import pytest
from sqlalchemy import text

from dispatch.assignments import assign_crew
from dispatch.change_log import changes_after
from dispatch.errors import Because, Conflict, DispatchError, InvalidInput, StaleVersion, UnknownThing
from dispatch.incidents import add_outage, close_incident, get_incident, open_incident, remove_outage
from dispatch.ledger_views import interruptions_of_service_point
from dispatch.operations import close_outage, confirm_outage, dismiss_outage, restore_outage
from dispatch.outage_device import change_device
from dispatch.outage_merge import merge_outages
from dispatch.outage_reopening import reopen_outage
from dispatch.outage_split import split_outage
from dispatch.outages import get_outage
from dispatch.replay import replay
from dispatch.snapshot import snapshot
from dispatch.transactions import read_transaction
from dispatch.verification import record_call_back, who_to_verify

ALL_OF_A = [f"a{n}" for n in range(1, 5)]
ALL_OF_B = [f"b{n}" for n in range(1, 5)]
BEHIND_B1 = [*ALL_OF_A, *ALL_OF_B]


def confirmed(world, *households):
    """Return the confirmed outage of some households."""
    world.report(*[("last_gasp", id) for id in households])
    outage = world.outages("predicted")[-1]
    return world.do(confirm_outage, outage_id=outage.id, version=None, networks=world.networks)


def device_of(world, outage, device, **told):
    """Say which device it is, as the dispatcher Wang."""
    given = {"version": None, "phases": None, "occurred_at": None, "networks": world.networks, **told}
    return world.do(change_device, outage_id=outage.id, device=device, **given)


def split(world, outage, device, **told):
    """Part an outage, as the dispatcher Wang."""
    given = {"version": None, "phases": None, "service_points": None, "job_ids": [], "occurred_at": None}
    given |= {"networks": world.networks, **told}
    return world.do(split_outage, outage_id=outage.id, device=device, **given)


def merge(world, outage, into, **told):
    """Merge an outage into another, as the dispatcher Wang."""
    given = {"version": None, "into_version": None, "occurred_at": None, "networks": world.networks, **told}
    return world.do(merge_outages, outage_id=outage.id, into=into.id, **given)


def reopen(world, outage, **told):
    """Say that an outage is out again, as the dispatcher Wang."""
    given = {"version": None, "reason": "it tripped again", "occurred_at": None, "networks": world.networks}
    return world.do(reopen_outage, outage_id=outage.id, **{**given, **told})


def restored(world, outage, at=None):
    """Restore an outage."""
    given = {"version": None, "restored_at": at, "networks": world.networks}
    return world.do(restore_outage, outage_id=outage.id, **given)


def out_in_ledger(world):
    """Return outage → who is out by it now, as the ledger says, and that everybody stands there once."""
    query = text(
        "SELECT outage_id, service_point FROM interruption WHERE replaced_by IS NULL AND upper_inf(period)"
    )
    found = defaultdict(list)
    with read_transaction(world.engine) as session:
        rows = session.execute(query).all()
    assert len({row.service_point for row in rows}) == len(rows)
    for row in rows:
        found[row.outage_id].append(row.service_point)
    return {id: sorted(points) for id, points in found.items()}


def periods_of(world, service_point):
    """Return (outage, start, end) of the rows in force of a service point, oldest first."""
    rows = world.ask(
        interruptions_of_service_point, service_point=service_point, replaced=False, after=0, limit=100
    ).rows
    return sorted((row.started_at, row.ended_at, row.outage_id) for row in rows)


def refusal(world, act, *arguments, **told):
    """Return why something is refused, after making sure that it left nothing behind."""
    before = world.ask(snapshot, now=world.now)
    with pytest.raises(DispatchError) as refused:
        act(world, *arguments, **told)
    assert world.ask(snapshot, now=world.now) == before
    return getattr(refused.value, "because", None) or type(refused.value)


def test_a_person_names_the_device_and_the_ledger_follows(world):
    outage = confirmed(world, *ALL_OF_A)
    assert outage.device == "T1"
    world.later(5)
    started_at = outage.started_at
    changed = device_of(world, outage, "B1", occurred_at=world.now - timedelta(minutes=2))
    assert (changed.device, changed.device_kind, changed.status) == ("B1", "breaker", "confirmed")
    assert (changed.service_points_out, changed.probability) == (8, 1.0)
    assert out_in_ledger(world) == {outage.id: BEHIND_B1}
    assert {start for id in BEHIND_B1 for start, _, _ in periods_of(world, id)} == {started_at}
    (change,) = [one for one in world.ask(changes_after, position=0) if one.name == "outage.device_told"]
    assert (change.actor, change.recorded_at) == ("wang", world.now)
    assert change.occurred_at == world.now - timedelta(minutes=2)
    back = device_of(world, changed, "T2")
    assert out_in_ledger(world) == {back.id: ALL_OF_B}
    # Nobody behind T1 was out: their rows are taken back, and stay to be read.
    assert periods_of(world, "a1") == []


def test_the_engine_does_not_move_what_a_person_said_until_a_crew_finds_otherwise(world):
    outage = confirmed(world, *ALL_OF_A)
    world.report(("crew_finding", "T1", "ok"))
    world.later(5)
    told = device_of(world, world.ask(get_outage, outage_id=outage.id), "T2")
    world.later(5)
    world.report(("last_gasp", "a2"), ("trouble_call", "a3"))
    assert world.ask(get_outage, outage_id=outage.id).device == told.device == "T2"
    world.later(5)
    world.report(("crew_finding", "T2", "ok"), ("crew_finding", "B1", "open"))
    assert world.ask(get_outage, outage_id=outage.id).device == "B1"


def test_naming_the_device_of_a_prediction_confirms_it_and_takes_in_other_predictions(world):
    world.report(*[("trouble_call", id) for id in ("a1", "a2", "a3")])
    world.report(*[("trouble_call", id) for id in ("c1", "c2", "c3")])
    outages = world.outages("predicted")
    first = next(one for one in outages if one.device == "T1")
    changed = device_of(world, first, "B1")
    assert (changed.status, changed.confirmed_at) == ("confirmed", world.now)
    assert out_in_ledger(world) == {first.id: BEHIND_B1}
    assert [one.device for one in world.outages("predicted")] == ["T3"]


def test_an_impossible_device_is_refused(world):
    outage = confirmed(world, *ALL_OF_A)
    other = confirmed(world, "c1", "c2", "c3", "c4")
    world.later(5)
    assert refusal(world, device_of, outage, "T99") is UnknownThing
    assert refusal(world, device_of, outage, "T1") == Because.DEVICE_IS_THE_SAME
    assert refusal(world, device_of, outage, other.device) == Because.DEVICE_OF_ANOTHER_OUTAGE
    assert refusal(world, device_of, outage, "T2", phases="X") is InvalidInput
    future = world.now + timedelta(hours=1)
    assert refusal(world, device_of, outage, "T2", occurred_at=future) == Because.HAPPENED_IN_FUTURE
    before = outage.started_at - timedelta(minutes=1)
    assert refusal(world, device_of, outage, "T2", occurred_at=before) == Because.HAPPENED_BEFORE_START


@pytest.mark.parametrize(
    "late",
    [
        lambda world, outage, version: device_of(world, outage, "T2", version=version),
        lambda world, outage, version: split(world, outage, "a1", version=version),
        lambda world, outage, version: merge(world, outage, outage_of_c(world), version=version),
        lambda world, outage, version: world.do(
            record_call_back,
            outage_id=outage.id,
            version=version,
            service_point="a1",
            outcome="no_answer",
            occurred_at=None,
        ),
    ],
)
def test_who_comes_second_is_shown_what_changed(world, late):
    outage = confirmed(world, *ALL_OF_A)
    outage_of_c(world)
    world.do(assign_crew, outage_id=outage.id, version=None, crew_id="north")
    with pytest.raises(StaleVersion) as stale:
        late(world, outage, outage.version)
    assert stale.value.changes[0].name == "job.assigned"


def outage_of_c(world):
    """Return the confirmed outage of the other feeder, and make it where it is not."""
    found = [one for one in world.outages("confirmed") if one.device in ("T3", "B2")]
    return found[0] if found else confirmed(world, "c1", "c2", "c3", "c4")


def test_an_outage_is_parted_and_nobody_is_lost_or_counted_twice(world):
    outage = device_of(world, confirmed(world, *ALL_OF_A), "B1")
    for crew in ("north", "south"):
        world.do(assign_crew, outage_id=outage.id, version=None, crew_id=crew)
    jobs = {job.crew_id: job.id for job in world.ask(get_outage, outage_id=outage.id).jobs}
    world.later(10)
    new = split(world, outage, "T2", job_ids=[jobs["south"]])
    left = world.ask(get_outage, outage_id=outage.id)
    assert (new.split_from, new.status, new.device, new.customers_out) == (outage.id, "confirmed", "T2", 4)
    assert (left.customers_out, [job.crew_id for job in left.jobs]) == (4, ["north"])
    assert [job.crew_id for job in new.jobs] == ["south"]
    assert out_in_ledger(world) == {outage.id: ALL_OF_A, new.id: ALL_OF_B}
    assert periods_of(world, "b1") == [(outage.started_at, None, new.id)]
    assert new.started_at == outage.started_at
    # Both are open: restoring the one brings nobody back who hangs behind the other.
    restored(world, outage)
    assert out_in_ledger(world) == {new.id: ALL_OF_B}
    restored(world, new)
    assert out_in_ledger(world) == {}


def test_what_stays_with_the_one_above_goes_to_the_one_below_when_that_is_restored(world):
    outage = device_of(world, confirmed(world, *ALL_OF_A), "B1")
    new = split(world, outage, "T2", service_points=["b1", "b2"])
    assert out_in_ledger(world) == {outage.id: [*ALL_OF_A, "b3", "b4"], new.id: ["b1", "b2"]}
    world.later(30)
    restored(world, outage)
    assert out_in_ledger(world) == {new.id: ALL_OF_B}
    assert periods_of(world, "b3") == [
        (outage.started_at, world.now, outage.id),
        (world.now, None, new.id),
    ]


def test_an_impossible_parting_is_refused(world):
    outage = confirmed(world, *ALL_OF_A)
    assert refusal(world, split, outage, "T1") == Because.DEVICE_IS_THE_SAME
    assert refusal(world, split, outage, "L1") == Because.SPLIT_TAKES_ALL
    assert refusal(world, split, outage, "T3") == Because.NOBODY_BEHIND_DEVICE
    some = {"service_points": ["b1"]}
    assert refusal(world, split, outage, "a1", **some) == Because.NOT_ITS_SERVICE_POINT
    assert refusal(world, split, outage, "a1", service_points=["a2"]) == Because.NOT_BEHIND_DEVICE
    assert refusal(world, split, outage, "a1", job_ids=["J-99"]) == Because.JOB_NOT_OF_OUTAGE


def test_two_outages_become_one_with_their_crews(world):
    first = confirmed(world, *ALL_OF_A)
    world.later(3)
    second = device_of(world, outage_of_c(world), "T2")
    world.do(assign_crew, outage_id=second.id, version=None, crew_id="south")
    assert refusal(world, merge, second, first) == Because.NOT_THE_SAME_FAULT
    first = device_of(world, first, "L2", phases="A")
    assert refusal(world, merge, second, first) == Because.NOT_THE_SAME_FAULT
    first = device_of(world, first, "B1")
    stays = merge(world, second, first)
    assert (stays.id, stays.customers_out) == (first.id, 8)
    assert [job.crew_id for job in stays.jobs] == ["south"]
    gone = world.ask(get_outage, outage_id=second.id)
    assert (gone.status, gone.merged_into, gone.allowed_actions) == ("merged", first.id, ())
    assert out_in_ledger(world) == {first.id: BEHIND_B1}
    assert periods_of(world, "b1") == [(second.started_at, None, first.id)]
    assert refusal(world, merge, first, first) == Because.MERGED_WITH_ITSELF


def test_nothing_is_merged_into_a_prediction(world):
    first = confirmed(world, *ALL_OF_A)
    world.report(*[("last_gasp", id) for id in ("c1", "c2", "c3", "c4")])
    (prediction,) = world.outages("predicted")
    assert refusal(world, merge, first, prediction) == Because.MERGED_INTO_PREDICTION


def test_an_outage_that_is_dismissed_leaves_whom_another_one_keeps_dark(world):
    above = device_of(world, confirmed(world, *ALL_OF_A), "B1")
    below = split(world, above, "T1", service_points=["a1"])
    world.do(dismiss_outage, outage_id=above.id, version=None, reason="no", networks=world.networks)
    assert out_in_ledger(world) == {below.id: ALL_OF_A}


def test_an_outage_is_out_again_with_a_new_period(world):
    outage = confirmed(world, *ALL_OF_A)
    world.later(30)
    back_at = world.now
    restored(world, outage)
    world.later(10)
    closing = {"cause": "tree", "note": None, "failed_equipment": "fuse"}
    closed = world.do(close_outage, outage_id=outage.id, version=None, **closing)
    assert (closed.failed_equipment, closed.failed_device) == ("fuse", "T1")
    before = world.ask(snapshot, now=world.now)
    world.later(20)
    world.report(("trouble_call", "a1"))
    out_at = world.now - timedelta(minutes=5)
    again = reopen(world, outage, occurred_at=out_at)
    assert (again.status, again.restored_at, again.closed_at) == ("confirmed", None, None)
    assert (again.reopened_at, again.customers_out, again.cause) == (out_at, 4, "tree")
    assert out_in_ledger(world) == {outage.id: ALL_OF_A}
    assert periods_of(world, "a2") == [(outage.started_at, back_at, outage.id), (out_at, None, outage.id)]
    # What the engine made of the new call is part of it.
    assert world.outages("predicted") == []
    early = out_at - timedelta(minutes=1)
    assert refusal(world, restored, outage, early) == Because.RESTORED_BEFORE_REOPENED
    restored(world, outage)
    assert [end for _, end, _ in periods_of(world, "a2")] == [back_at, world.now]
    after = world.ask(snapshot, now=world.now)
    assert replay(before, world.ask(changes_after, position=before["position"])) == after


def test_an_outage_is_reopened_for_a_set_time_only(world):
    outage = restored(world, confirmed(world, *ALL_OF_A))
    early = outage.restored_at - timedelta(minutes=1)
    world.later(1)
    assert refusal(world, reopen, outage, occurred_at=early) == Because.HAPPENED_BEFORE_START
    assert refusal(world, reopen, outage, reason=" ") == Because.REASON_MISSING
    soon = world.now + timedelta(hours=1)
    assert refusal(world, reopen, outage, occurred_at=soon) == Because.HAPPENED_IN_FUTURE
    world.later(60 * 5)
    assert refusal(world, reopen, outage, within=timedelta(hours=4)) == Because.REOPENED_TOO_LATE
    assert reopen(world, outage, within=timedelta(hours=6)).status == "confirmed"
    world.later(10)
    restored(world, outage)
    middle = outage.restored_at + timedelta(minutes=1)
    assert refusal(world, reopen, outage, occurred_at=middle) == Because.REOPENED_BEFORE_RESTORED


def test_who_is_still_out_stops_the_closing_until_a_nested_outage_holds_them(world):
    outage = confirmed(world, *ALL_OF_A)
    world.report(("trouble_call", "a3"))
    world.later(10)
    restored(world, outage)
    asked = {one.service_point: one for one in world.ask(who_to_verify, outage_id=outage.id)}
    assert set(asked) == set(ALL_OF_A)
    assert (asked["a3"].why, asked["a3"].supply, asked["a3"].phone) == (
        "reported",
        "unknown",
        "+1 555 010 0002",
    )
    world.later(5)

    def call(service_point, outcome):
        told = {"outage_id": outage.id, "version": None, "occurred_at": None}
        found = world.do(record_call_back, service_point=service_point, outcome=outcome, **told)
        return {one.service_point: one for one in found}

    assert call("a1", "supply_is_back")["a1"].supply == "back"
    told = call("a2", "still_out")["a2"]
    assert (told.supply, told.nested_outage) == ("still_out", None)
    assert (told.call_back.recorded_by, told.call_back.recorded_at) == ("wang", world.now)
    closing = {"outage_id": outage.id, "version": None, "cause": "wind", "note": None}
    with pytest.raises(Conflict) as refused:
        world.do(close_outage, **closing)
    assert refused.value.because == Because.STILL_OUT_REPORTED
    world.analyse()
    (nested,) = world.outages("predicted")
    found = {one.service_point: one for one in world.ask(who_to_verify, outage_id=outage.id)}
    assert found["a2"].nested_outage == nested.id
    assert world.do(close_outage, **closing).status == "closed"


def test_outages_of_one_cause_are_grouped(world):
    first, second = confirmed(world, *ALL_OF_A), outage_of_c(world)
    told = {"cause": None, "occurred_at": None}
    incident = world.do(open_incident, name="tree over two lines", outages=[first.id], **told)
    assert (incident.outages, incident.customers_out) == ((first.id,), 4)
    given = {"incident_id": incident.id, "occurred_at": None}
    more = world.do(add_outage, version=incident.version, outage_id=second.id, **given)
    assert (more.outages, more.customers_out) == ((first.id, second.id), 8)
    with pytest.raises(StaleVersion) as stale:
        world.do(remove_outage, version=incident.version, outage_id=first.id, **given)
    assert [change.name for change in stale.value.changes] == ["incident.outage_added"]
    with pytest.raises(Conflict) as other:
        world.do(open_incident, name="another", outages=[first.id], **told)
    assert other.value.because == Because.OF_ANOTHER_INCIDENT
    with pytest.raises(Conflict) as open_ones:
        world.do(close_incident, version=None, cause="tree", **given)
    assert open_ones.value.because == Because.INCIDENT_HAS_OUTAGES
    world.do(remove_outage, version=more.version, outage_id=second.id, **given)
    assert set(world.ask(snapshot, now=world.now)["incidents"]) == {incident.id}
    restored(world, first)
    world.do(close_outage, outage_id=first.id, version=None, cause="tree", note=None)
    closed = world.do(close_incident, version=None, cause="tree", **given)
    assert (closed.cause, closed.closed_at) == ("tree", world.now)
    assert world.ask(get_incident, incident_id=incident.id).outages == (first.id,)
    assert world.ask(snapshot, now=world.now)["incidents"] == {}
