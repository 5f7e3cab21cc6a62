"""From the first report to the closed outage: what each step does, tells and leaves in the log."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from dispatch.assignments import assign_crew, reassign_job, recall_job
from dispatch.change_log import changes_after
from dispatch.crew_ranking import rank_crews_for_outage
from dispatch.errors import InvalidInput, UnknownThing
from dispatch.jobs import Progress, jobs_of_crew, report_progress
from dispatch.operations import close_outage, confirm_outage, dismiss_outage, restore_outage, set_etr
from dispatch.outages import get_outage, outage_history
from dispatch.reliability.report import Question, ledger_report
from dispatch.reliability.rule_sets import RuleSetName
from dispatch.reliability.served_places import ServedPlacesCache
from dispatch.replay import empty_snapshot, replay
from dispatch.snapshot import snapshot
from dispatch.supply_status import supply_status
from dispatch.transactions import read_transaction, write_transaction
from tests.dispatch.main_job import STEPS, assigned, closed, confirmed, progress, restored, transformer_out

HOUSEHOLDS = ["A-a1", "A-a2", "A-a3", "A-a4"]


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
