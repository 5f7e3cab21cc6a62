"""Whatever happens, in whatever order: the snapshot before and the events give the snapshot after."""

from collections import defaultdict
from contextlib import suppress
from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from dispatch.assignments import assign_crew, recall_job
from dispatch.change_log import changes_after
from dispatch.current_supply import current_supply
from dispatch.errors import DispatchError
from dispatch.incidents import add_outage, close_incident, list_incidents, open_incident, remove_outage
from dispatch.jobs import Progress, report_progress
from dispatch.operations import close_outage, confirm_outage, dismiss_outage, restore_outage, set_etr
from dispatch.outage_device import change_device
from dispatch.outage_merge import merge_outages
from dispatch.outage_reopening import reopen_outage
from dispatch.outage_split import split_outage
from dispatch.outages import affected_service_points
from dispatch.replay import replay
from dispatch.snapshot import snapshot
from dispatch.states import OVER_OUTAGE_STATUSES, JobStatus
from dispatch.transactions import read_transaction
from dispatch.verification import record_call_back
from topology.phases import format_phases

HOUSEHOLDS = [f"{letter}{n}" for letter in "abc" for n in range(1, 5)]
REPORTS = st.tuples(
    st.sampled_from(["trouble_call", "last_gasp", "last_gasp", "power_up"]), st.sampled_from(HOUSEHOLDS)
)
FINDINGS = st.tuples(
    st.just("crew_finding"),
    st.sampled_from(["T1", "T2", "B1", "B2"]),
    st.sampled_from(["open", "ok", "closed"]),
)
SIGNALS = st.tuples(st.sampled_from(["switch_open", "switch_closed"]), st.sampled_from(["B1", "B2", "T3"]))
STEPS = st.one_of(
    st.tuples(st.just("report"), st.lists(REPORTS, min_size=1, max_size=5)),
    st.tuples(st.just("report"), st.lists(st.one_of(FINDINGS, SIGNALS), min_size=1, max_size=2)),
    st.tuples(
        st.just("blow"),
        st.tuples(st.sampled_from(["B1", "T1", "T2", "T3"]), st.sampled_from(["A", "B", "BC"])),
    ),
    st.tuples(st.just("wait"), st.integers(1, 90)),
    st.tuples(
        st.sampled_from(["confirm", "confirm", "dismiss", "etr", "assign", "restore", "close", "recall"]),
        st.integers(0, 5),
    ),
    st.tuples(st.sampled_from(list(JobStatus)[1:6]), st.integers(0, 5)),
    st.tuples(
        st.sampled_from(["device", "split", "merge", "reopen", "call_back", "group", "ungroup"]),
        st.tuples(
            st.integers(0, 5),
            st.sampled_from(["B1", "L1", "T1", "T2", "B2", "T3", "a1", "b3"]),
            st.sampled_from([None, None, "A", "BC"]),
            st.integers(-40, 4),
        ),
    ),
)


def act(world, name, number):
    """Do one thing to one outage; what is not allowed is refused, and that is fine too."""
    outages = world.outages()
    if not outages:
        return
    outage = outages[number % len(outages)]
    common = {"outage_id": outage.id, "version": outage.version}
    crew_id = ("north", "south")[number % 2]
    jobs = outage.jobs or (None,)
    job = jobs[number % len(jobs)]
    if name in set(JobStatus) and job is not None:
        event = f"{job.id}-{name}-{world.numbers}-{world.now}"
        report = Progress(status=name, occurred_at=world.now, client_event_id=event)
        world.do(report_progress, job_id=job.id, crew_id=job.crew_id, progress=report)
    elif name == "confirm":
        world.do(confirm_outage, networks=world.networks, **common)
    elif name == "dismiss":
        world.do(dismiss_outage, reason="no", networks=world.networks, **common)
    elif name == "etr":
        world.do(set_etr, etr_at=world.now + timedelta(hours=2), **common)
    elif name == "assign":
        world.do(assign_crew, crew_id=crew_id, **common)
    elif name == "recall" and job is not None:
        world.do(recall_job, job_id=job.id, reason="elsewhere", **common)
    elif name == "restore":
        world.do(restore_outage, restored_at=None, networks=world.networks, **common)
    elif name == "close":
        world.do(close_outage, cause="wind", note=None, **common)


def change(world, name, told):
    """Do one of the things that change an outage as a whole, at a time that may be told."""
    number, device, phases, minutes = told
    outages = world.outages()
    if not outages:
        return
    outage, other = outages[number % len(outages)], outages[(number + 1) % len(outages)]
    common = {"outage_id": outage.id, "version": outage.version}
    when = {"occurred_at": world.now + timedelta(minutes=minutes) if minutes % 2 else None}
    if name == "device":
        world.do(change_device, device=device, phases=phases, networks=world.networks, **common, **when)
    elif name == "split":
        jobs = [job.id for job in outage.jobs if job.ended_at is None][: number % 2]
        part = {"device": device, "phases": phases, "service_points": None, "job_ids": jobs}
        world.do(split_outage, networks=world.networks, **part, **common, **when)
    elif name == "merge":
        into = {"into": other.id, "into_version": other.version}
        world.do(merge_outages, networks=world.networks, **into, **common, **when)
    elif name == "reopen":
        over = [one for one in outages if one.restored_at is not None]
        for one in over[:1]:
            again = {"outage_id": one.id, "version": one.version, "reason": "it tripped again"}
            world.do(reopen_outage, networks=world.networks, **again, **when)
    elif name == "call_back":
        answer = ("still_out", "supply_is_back", "no_answer")[number % 3]
        called = {"service_point": f"{'abc'[number % 3]}{number % 4 + 1}", "outcome": answer}
        world.do(record_call_back, **called, **common, **when)
    else:
        group(world, name, outage, when)


def group(world, name, outage, when):
    """Group an outage under an incident, or take it out of its own."""
    incidents = world.ask(list_incidents)
    if name == "group" and not incidents:
        world.do(open_incident, name="storm cell", cause=None, outages=[outage.id], **when)
    elif name == "group":
        given = {"incident_id": incidents[0].id, "version": incidents[0].version}
        world.do(add_outage, outage_id=outage.id, **given, **when)
    elif incidents:
        given = {"incident_id": incidents[0].id, "version": incidents[0].version}
        if outage.incident_id:
            world.do(remove_outage, outage_id=outage.id, **given, **when)
        else:
            world.do(close_incident, cause="wind", **given, **when)


CHANGES = {"device", "split", "merge", "reopen", "call_back", "group", "ungroup"}


def blow(world, device, phases):
    """Let a device open on some of its phases."""
    world.numbers += 1
    told = {"id": f"e{world.numbers}", "kind": "switch_open", "device": device, "phases": phases}
    world.report({**told, "at": world.now.isoformat()})


def _phases_out(world):
    """Return who lacks which phases: as confirmed outages hold them, and as the ledger says."""
    held = (
        "SELECT service_point, affected_service_point.phases FROM affected_service_point "
        "JOIN outage ON outage.id = outage_id "
        "WHERE ended_at IS NULL AND status <> 'predicted'"
    )
    written = "SELECT service_point, phases FROM interruption WHERE replaced_by IS NULL AND upper_inf(period)"
    found = []
    for query in (held, written):
        lacking = defaultdict(list)
        with read_transaction(world.engine) as session:
            for service_point, phases in session.execute(text(query)):
                lacking[service_point] += phases
        found.append({id: sorted(phases) for id, phases in lacking.items()})
    return found


def _phases_dark(world):
    """Return who lacks which phases by the trace of the current state."""
    with read_transaction(world.engine) as session:
        current = current_supply(session, traced=world.networks.in_force(session))
    points = current.points_out()
    ids = current.traced.network.service_point_ids(points)
    lacking = current.lacking(points).tolist()
    return {id: list(format_phases(mask)) for id, mask in zip(ids, lacking, strict=True)}


def _without_older(replayed, after):
    """Leave out what has been over for a day: a fresh snapshot no longer tells it, a page still holds it."""
    gone = replayed["outages"].keys() - after["outages"].keys()
    assert {replayed["outages"][id]["status"] for id in gone} <= set(OVER_OUTAGE_STATUSES)
    return {
        **replayed,
        "outages": {id: one for id, one in replayed["outages"].items() if id not in gone},
        "jobs": {id: one for id, one in replayed["jobs"].items() if one["outage_id"] not in gone},
        "interruptions": {id: one for id, one in replayed["interruptions"].items() if id not in gone},
    }


@given(steps=st.lists(STEPS, max_size=25))
@settings(
    max_examples=25,
    # One database for all: what is tried again to make an example shorter would begin from another state.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
def test_snapshot_before_and_events_give_snapshot_after(world, steps):
    world.later(1)
    before = world.ask(snapshot, now=world.now)
    for name, argument in steps:
        if name == "report":
            world.report(*argument)
        elif name == "blow":
            blow(world, *argument)
        elif name == "wait":
            world.later(argument)
        elif name in CHANGES:
            with suppress(DispatchError):
                change(world, name, argument)
        else:
            with suppress(DispatchError):
                act(world, name, argument)
    after = world.ask(snapshot, now=world.now)
    log = world.ask(changes_after, position=before["position"], limit=100_000)
    assert [change.position for change in log] == sorted(change.position for change in log)
    assert _without_older(replay(before, log), after) == after
    held, written = _phases_out(world)
    assert held == written == _phases_dark(world)
    for outage in world.outages("predicted", "confirmed"):
        affected = world.ask(affected_service_points, outage_id=outage.id)
        # What came back before an outage was reopened keeps its own beginning.
        out = [one for one in affected if one.ended_at is None]
        assert all(one.started_at >= outage.started_at for one in out)
