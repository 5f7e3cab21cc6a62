"""From the first report to the closed outage, and everything that must be refused on the way."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dispatch.assignments import assign_crew, reassign_job, recall_job
from dispatch.change_log import changes_after
from dispatch.crew_ranking import rank_crews_for_outage
from dispatch.crews import add_crew, report_position
from dispatch.errors import (
    Conflict,
    IllegalTransition,
    InvalidInput,
    NotYours,
    StaleVersion,
    UnknownThing,
)
from dispatch.jobs import Progress, jobs_of_crew, report_progress
from dispatch.operations import (
    close_outage,
    confirm_outage,
    dismiss_outage,
    restore_outage,
    set_etr,
)
from dispatch.outages import get_outage, outage_history
from dispatch.reliability.report import Question, ledger_report
from dispatch.reliability.rule_sets import RuleSetName
from dispatch.reliability.served_places import ServedPlacesCache
from dispatch.replay import empty_snapshot, replay
from dispatch.snapshot import snapshot
from dispatch.supply_status import supply_status
from dispatch.transactions import read_transaction, write_transaction

STEPS = ("accepted", "en_route", "on_site", "working", "finished")
HOUSEHOLDS = ["A-a1", "A-a2", "A-a3", "A-a4"]


def transformer_out(world):
    world.report(*[("last_gasp", id) for id in ("a1", "a2", "a3")])
    (outage,) = world.outages()
    return outage


def confirmed(world):
    outage = transformer_out(world)
    return world.do(confirm_outage, outage_id=outage.id, version=outage.version)


def assigned(world, crew_id="north"):
    outage = confirmed(world)
    return world.do(assign_crew, outage_id=outage.id, version=outage.version, crew_id=crew_id)


def progress(world, job, status, **more):
    event = more.pop("client_event_id", f"{job.id}-{status}")
    report = Progress(status=status, occurred_at=world.now, client_event_id=event, **more)
    return world.do(
        report_progress, job_id=job.id, crew_id=job.crew_id, progress=report, actor=f"crew {job.crew_id}"
    )


def restored(world):
    outage = assigned(world)
    for status in STEPS:
        world.later(10)
        progress(world, outage.jobs[0], status)
    return world.do(restore_outage, outage_id=outage.id, version=None, restored_at=None)


def closed(world):
    outage = restored(world)
    world.later(5)
    return world.do(close_outage, outage_id=outage.id, version=outage.version, cause="tree", note="oak")


def test_an_outage_goes_from_first_report_to_closed(world):
    outage = closed(world)
    assert outage.status == "closed"
    assert (outage.cause, outage.note) == ("tree", "oak")
    (job,) = outage.jobs
    assert job.status == "finished"
    times = [job.assigned_at, job.accepted_at, job.en_route_at, job.on_site_at, job.working_at, job.ended_at]
    assert times == sorted(times)
    history = [change.name for change in world.ask(outage_history, outage_id=outage.id)]
    assert history == [
        "outage.predicted",
        "outage.confirmed",
        "job.assigned",
        "outage.etr_changed",
        *(f"job.{status}" for status in STEPS),
        "outage.restored",
        "outage.closed",
    ]


def test_the_affected_customers_and_they_alone_are_told_at_each_step_once(world):
    closed(world)
    kinds = ("confirmed", "crew_assigned", "crew_en_route", "crew_on_site", "restored")
    assert sorted(world.messages()) == sorted((kind, account) for kind in kinds for account in HOUSEHOLDS)
    with write_transaction(world.engine) as session:
        jobs = session.execute(text("SELECT args FROM procrastinate_jobs ORDER BY id")).scalars().all()
    ids = [id for args in jobs for id in args["notification_ids"]]
    assert sorted(ids) == sorted(set(ids))
    assert len(ids) == len(kinds) * len(HOUSEHOLDS)


def test_a_change_that_is_rolled_back_queues_nothing(world):
    outage = transformer_out(world)

    def break_off():
        with write_transaction(world.engine) as session:
            confirm_outage(session, outage_id=outage.id, version=None, actor="wang", now=world.now)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert world.messages() == []
    with write_transaction(world.engine) as session:
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


def test_the_log_replayed_over_nothing_gives_the_final_state(world):
    closed(world)
    world.report(("trouble_call", "b1"), ("trouble_call", "c1"))
    world.later(5)
    world.report(*[("last_gasp", id) for id in ("b2", "b3", "b4")])
    first, second = world.outages("predicted")
    world.do(dismiss_outage, outage_id=first.id, version=None, reason="a test")
    world.do(set_etr, outage_id=second.id, version=None, etr_at=world.now + timedelta(hours=1))
    log = world.ask(changes_after, position=0, limit=10_000)
    assert replay(empty_snapshot(), log) == world.ask(snapshot, now=world.now)
    middle = replay(empty_snapshot(), log[: len(log) // 2])
    assert replay(middle, log) == world.ask(snapshot, now=world.now)


@pytest.mark.parametrize("statement", ["UPDATE change_log SET actor = 'x'", "DELETE FROM change_log"])
def test_the_database_refuses_to_alter_the_log(world, statement):
    transformer_out(world)

    def alter(what):
        with write_transaction(world.engine) as session:
            session.execute(text(what))

    with pytest.raises(DBAPIError, match="append-only"):
        alter(statement)
    with pytest.raises(DBAPIError, match="append-only"):
        alter("TRUNCATE change_log CASCADE")


def test_the_later_of_two_dispatchers_is_told_what_changed(world):
    outage = transformer_out(world)
    world.do(confirm_outage, outage_id=outage.id, version=outage.version, actor="wang")
    with pytest.raises(StaleVersion) as refusal:
        world.do(dismiss_outage, outage_id=outage.id, version=outage.version, reason="a bird", actor="smith")
    (change,) = refusal.value.changes
    assert (change.name, change.actor) == ("outage.confirmed", "wang")
    assert "wang" in str(refusal.value)
    assert world.ask(get_outage, outage_id=outage.id).status == "confirmed"


def test_what_the_engine_refines_stops_no_one(world):
    world.report(("last_gasp", "a1"), ("last_gasp", "a2"), ("last_gasp", "a3"))
    (seen,) = world.outages()
    world.later(1)
    world.report(("last_gasp", "a4"))
    (now,) = world.outages()
    assert now.version > seen.version
    assert world.do(confirm_outage, outage_id=seen.id, version=seen.version).status == "confirmed"


def test_a_person_is_stopped_when_the_engine_moved_the_outage_to_another_device(world):
    world.report(("last_gasp", "a1"), ("last_gasp", "a2"), ("last_gasp", "a3"))
    (seen,) = world.outages()
    world.report(*[("last_gasp", id) for id in ("b1", "b2", "b3", "b4", "a4")])
    with pytest.raises(StaleVersion, match="device_changed"):
        world.do(confirm_outage, outage_id=seen.id, version=seen.version)


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        (assign_crew, {"crew_id": "north"}),
        (restore_outage, {"restored_at": None}),
        (close_outage, {"cause": "tree", "note": None}),
        (recall_job, {"job_id": "J-1", "reason": None}),
        (reassign_job, {"job_id": "J-1", "crew_id": "north"}),
    ],
)
def test_a_predicted_outage_must_be_confirmed_first(world, operation, arguments):
    outage = transformer_out(world)
    with pytest.raises(IllegalTransition, match="Allowed now: confirm, dismiss, etr"):
        world.do(operation, outage_id=outage.id, version=outage.version, **arguments)


def test_unknown_ids_are_named(world):
    outage = confirmed(world)
    with pytest.raises(UnknownThing, match="O-999"):
        world.do(confirm_outage, outage_id="O-999", version=None)
    with pytest.raises(UnknownThing, match="west"):
        world.do(assign_crew, outage_id=outage.id, version=None, crew_id="west")
    with pytest.raises(UnknownThing, match="J-9"):
        world.do(recall_job, outage_id=outage.id, version=None, job_id="J-9", reason=None)


def test_values_that_cannot_be_are_refused(world):
    outage = confirmed(world)
    past, future = world.now - timedelta(hours=1), world.now + timedelta(hours=1)
    with pytest.raises(InvalidInput, match="etr_at"):
        world.do(set_etr, outage_id=outage.id, version=None, etr_at=past)
    with pytest.raises(InvalidInput, match="future"):
        world.do(restore_outage, outage_id=outage.id, version=None, restored_at=future)
    with pytest.raises(InvalidInput, match="before the outage started"):
        world.do(restore_outage, outage_id=outage.id, version=None, restored_at=past)
    with pytest.raises(InvalidInput, match="reason"):
        world.do(dismiss_outage, outage_id=outage.id, version=None, reason="  ")
    world.do(restore_outage, outage_id=outage.id, version=None, restored_at=None)
    with pytest.raises(InvalidInput, match="cause"):
        world.do(close_outage, outage_id=outage.id, version=None, cause="ghosts", note=None)


def test_nothing_closes_while_a_crew_is_at_work(world):
    outage = assigned(world)
    with pytest.raises(Conflict, match="north"):
        world.do(dismiss_outage, outage_id=outage.id, version=None, reason="a mistake")
    world.do(restore_outage, outage_id=outage.id, version=None, restored_at=None)
    with pytest.raises(Conflict, match="north"):
        world.do(close_outage, outage_id=outage.id, version=None, cause="tree", note=None)


def test_a_crew_is_not_sent_twice_to_one_outage(world):
    outage = assigned(world)
    with pytest.raises(Conflict, match="already"):
        world.do(assign_crew, outage_id=outage.id, version=None, crew_id="north")


def test_a_job_is_given_to_another_crew_whole(world):
    outage = assigned(world)
    outage = world.do(
        reassign_job, outage_id=outage.id, version=None, job_id=outage.jobs[0].id, crew_id="south"
    )
    assert [(job.crew_id, job.status) for job in outage.jobs] == [
        ("north", "recalled"),
        ("south", "assigned"),
    ]
    with pytest.raises(UnknownThing):
        world.do(reassign_job, outage_id=outage.id, version=None, job_id=outage.jobs[1].id, crew_id="east")
    still = world.ask(get_outage, outage_id=outage.id)
    assert still.jobs == outage.jobs


def test_a_crew_reports_only_its_own_jobs_and_in_order(world):
    (job,) = assigned(world).jobs
    with pytest.raises(NotYours):
        progress(world, replace(job, crew_id="south"), "accepted")
    with pytest.raises(IllegalTransition, match="accepted, declined"):
        progress(world, job, "on_site")
    with pytest.raises(InvalidInput, match="status"):
        progress(world, job, "asleep")


def test_the_same_report_twice_counts_once(world):
    (job,) = assigned(world).jobs
    first = progress(world, job, "accepted")
    world.later(3)
    again = progress(world, job, "accepted")
    assert again.job == first.job
    names = [change.name for change in world.ask(outage_history, outage_id=job.outage_id)]
    assert names.count("job.accepted") == 1


def test_a_report_from_a_slow_clock_is_not_before_the_step_that_led_to_it(world):
    (job,) = assigned(world).jobs
    early = Progress(status="accepted", occurred_at=world.now - timedelta(hours=1), client_event_id="slow")
    view = world.do(report_progress, job_id=job.id, crew_id="north", progress=early, actor="north")
    assert view.job.accepted_at == job.assigned_at


def test_a_finding_on_the_spot_becomes_evidence(world):
    (job,) = assigned(world).jobs
    for status in ("accepted", "en_route"):
        progress(world, job, status)
    progress(world, job, "on_site", finding={"device": "T1", "result": "damaged"})
    assert world.analyse().evidence == 1
    with pytest.raises(InvalidInput, match="T9"):
        progress(world, job, "working", finding={"device": "T9", "result": "open"})
    (mine,) = world.ask(jobs_of_crew, crew_id="north")
    assert mine.job.status == "on_site"


def test_an_etr_by_a_person_is_kept_and_told(world):
    outage = confirmed(world)
    promised = world.now + timedelta(hours=5)
    outage = world.do(set_etr, outage_id=outage.id, version=None, etr_at=promised)
    outage = world.do(assign_crew, outage_id=outage.id, version=None, crew_id="north")
    assert (outage.etr_at, outage.etr_source) == (promised, "dispatcher")
    assert ("etr_changed", "A-a1") in world.messages()


def test_the_nearest_fitting_crew_is_proposed_first(world):
    outage = confirmed(world)
    first, second = world.ask(rank_crews_for_outage, outage_id=outage.id, now=world.now).ranking.crews
    assert (first.crew_id, first.fitting, second.crew_id, second.fitting) == ("north", True, "south", False)
    assert "lacks transformer" in second.reason


def test_a_position_is_taken_unless_an_newer_one_is_known(world):
    world.later(10)
    moved = world.do(report_position, crew_id="north", lon=11.5, lat=53.6, at=world.now)
    assert (moved.lon, moved.lat) == (11.5, 53.6)
    old = world.do(report_position, crew_id="north", lon=0, lat=0, at=world.now - timedelta(minutes=5))
    assert (old.lon, old.lat) == (11.5, 53.6)
    with pytest.raises(InvalidInput, match="lon"):
        world.do(report_position, crew_id="north", lon=500, lat=0, at=world.now)


def test_a_roster_entry_must_make_sense(world):
    good = {
        "id": "west",
        "name": "West",
        "skills": ["line"],
        "shift_start": world.now,
        "shift_end": world.now + timedelta(hours=8),
        "lon": 11.4,
        "lat": 53.6,
    }
    for change, word in (
        ({"skills": ["juggling"]}, "juggling"),
        ({"shift_end": world.now}, "shift_end"),
        ({"name": " "}, "name"),
        ({"lat": 95}, "lat"),
    ):
        with pytest.raises(InvalidInput, match=word):
            world.do(add_crew, **{**good, **change})
    with pytest.raises(Conflict, match="north"):
        world.do(add_crew, **{**good, "id": "north"})


def test_a_customer_sees_the_own_supply_and_what_happens(world):
    outage = assigned(world)
    (status,) = world.ask(supply_status, account="A-a4", now=world.now)
    assert not status.supplied
    assert status.outage.crew_status == "assigned"
    assert status.outage.etr_at == outage.etr_at
    assert [entry.name for entry in status.outage.history][:2] == ["outage.predicted", "outage.confirmed"]
    (other,) = world.ask(supply_status, account="A-b1", now=world.now)
    assert other.supplied
    assert other.outage is None


def test_the_ledger_gives_the_indices(world):
    outage = restored(world)
    minutes = (outage.restored_at - outage.started_at).total_seconds() / 60
    with read_transaction(world.engine) as session:
        report = ledger_report(
            session,
            question=Question(rules=RuleSetName.IEEE1366, first_day=None, last_day=None),
            networks=world.networks,
            places=ServedPlacesCache(),
            zone=ZoneInfo("UTC"),
            now=world.now,
        )
    figures = report.made.whole.indices
    assert report.made.customers_served == 12
    assert figures.customers_interrupted == 4
    assert figures.customer_minutes == pytest.approx(4 * minutes)
    assert figures.saidi_minutes == pytest.approx(4 * minutes / 12)
    assert figures.saifi == pytest.approx(4 / 12)


def _to_closed(world, outage):
    """Take an outage from its prediction to the closed paperwork, without a crew."""
    for operation, arguments in (
        (confirm_outage, {}),
        (restore_outage, {"restored_at": None}),
        (close_outage, {"cause": "wind", "note": None}),
    ):
        world.do(operation, outage_id=outage.id, version=None, **arguments)


def test_the_snapshot_holds_what_is_not_over_and_a_day_of_what_is(world):
    world.report(*[("last_gasp", id) for id in ("a1", "a2", "a3")])
    (over,) = world.outages()
    _to_closed(world, over)
    world.later(60 * 23)
    world.report(*[("last_gasp", id) for id in ("c1", "c2", "c3")])
    (still,) = world.outages("predicted")
    assert set(world.ask(snapshot, now=world.now)["outages"]) == {over.id, still.id}
    world.later(61)
    held = world.ask(snapshot, now=world.now)
    assert set(held["outages"]) == set(held["interruptions"]) == {still.id}
    world.later(60 * 24 * 30)
    assert set(world.ask(snapshot, now=world.now)["outages"]) == {still.id}


def test_an_outage_and_a_job_say_what_may_be_done_to_them(world):
    world.report(*[("last_gasp", id) for id in ("a1", "a2", "a3")])
    (outage,) = world.outages()

    def allowed():
        found = world.ask(get_outage, outage_id=outage.id)
        return set(found.allowed_actions), [job.allowed_actions for job in found.jobs]

    assert allowed() == ({"confirm", "dismiss", "etr", "device", "merge"}, [])
    world.do(confirm_outage, outage_id=outage.id, version=None)
    assert allowed() == ({"assign", "etr", "restore", "dismiss", "device", "split", "merge"}, [])
    world.do(assign_crew, outage_id=outage.id, version=None, crew_id="north")
    with_crew = {"assign", "reassign", "recall", "etr", "restore", "device", "split", "merge"}
    assert allowed() == (with_crew, [("accepted", "declined")])
    world.do(restore_outage, outage_id=outage.id, version=None, restored_at=None)
    assert allowed()[0] == {"recall", "reopen"}
    (job,) = world.ask(get_outage, outage_id=outage.id).jobs
    world.do(recall_job, outage_id=outage.id, version=None, job_id=job.id, reason=None)
    assert allowed() == ({"close", "reopen"}, [()])
    world.do(close_outage, outage_id=outage.id, version=None, cause="wind", note=None)
    assert allowed()[0] == {"reopen"}
