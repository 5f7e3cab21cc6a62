"""What is refused on the way of an outage and its jobs, and what the refusal says."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dispatch.assignments import assign_crew, reassign_job, recall_job
from dispatch.errors import (
    Conflict,
    IllegalTransition,
    InvalidInput,
    NotYours,
    StaleVersion,
    UnknownThing,
)
from dispatch.operations import close_outage, confirm_outage, dismiss_outage, restore_outage, set_etr
from dispatch.outages import get_outage
from dispatch.transactions import write_transaction
from tests.dispatch.main_job import assigned, confirmed, progress, transformer_out


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


def test_a_crew_reports_only_its_own_jobs_and_in_order(world):
    (job,) = assigned(world).jobs
    with pytest.raises(NotYours):
        progress(world, replace(job, crew_id="south"), "accepted")
    with pytest.raises(IllegalTransition, match="accepted, declined"):
        progress(world, job, "on_site")
    with pytest.raises(InvalidInput, match="status"):
        progress(world, job, "asleep")
