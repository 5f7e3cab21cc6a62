"""The ledger of interruptions: when rows come into it, what the database refuses, corrections by people."""

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dispatch.analysis import Analyst
from dispatch.change_log import Author, changes_after
from dispatch.errors import Because, Conflict, InvalidInput, StaleVersion
from dispatch.ledger_corrections import correct_interruptions
from dispatch.ledger_reading import CAUSES, KINDS, ledger_feeders, read_ledger
from dispatch.ledger_views import interruptions_of_outage, interruptions_of_service_point
from dispatch.operations import close_outage, confirm_outage, dismiss_outage, restore_outage
from dispatch.outages import affected_service_points
from dispatch.replay import replay
from dispatch.snapshot import snapshot
from dispatch.switched_supply import Holder, give_back, put_out
from dispatch.transactions import read_transaction, write_transaction

EVERYTHING = {"after": 0, "limit": 1000}


def rows_of(world, outage, *, replaced=False):
    """Return what the ledger says of an outage."""
    return world.ask(interruptions_of_outage, outage_id=outage.id, replaced=replaced, **EVERYTHING).rows


def predicted(world):
    """Return a predicted outage of the households a1 to a4."""
    world.report(*[("last_gasp", f"a{n}") for n in range(1, 5)])
    (outage,) = world.outages("predicted")
    return outage


def confirmed(world):
    """Return a confirmed outage of the households a1 to a4."""
    outage = predicted(world)
    return world.do(confirm_outage, outage_id=outage.id, version=None)


def restored(world):
    """Return an outage that is restored half an hour after it was confirmed."""
    outage = confirmed(world)
    world.later(30)
    return world.do(restore_outage, outage_id=outage.id, version=None, restored_at=None)


def correct(world, outage, **told):
    """Correct an outage as the dispatcher Wang."""
    common = {
        "service_points": (),
        "started_at": None,
        "ended_at": None,
        "cause": None,
        "reason": "by meters",
    }
    return world.do(correct_interruptions, outage_id=outage.id, version=None, **{**common, **told})


def execute(world, statement, **values):
    """Run a statement as a person with a database client would."""
    with world.engine.begin() as connection:
        return connection.execute(text(statement), values)


def test_what_is_only_predicted_is_not_in_the_ledger_and_leaves_no_rows(world):
    outage = predicted(world)
    world.later(1)
    world.report(("last_gasp", "b1"), ("last_gasp", "b2"), ("last_gasp", "b3"))
    assert execute(world, "SELECT count(*) FROM interruption").scalar() == 0
    (still,) = world.outages("predicted")
    world.do(confirm_outage, outage_id=still.id, version=None)
    rows = rows_of(world, still)
    affected = world.ask(affected_service_points, outage_id=still.id)
    assert {(one.service_point, one.started_at, one.ended_at) for one in rows} == {
        (one.id, one.started_at, one.ended_at) for one in affected
    }
    assert {(one.kind, one.phases, one.phase_share, one.recorded_by, one.recorded_at) for one in rows} == {
        ("fault", "ABC", 1.0, None, world.now)
    }
    assert outage.id


def test_a_restored_outage_is_closed_in_place_and_a_dismissed_one_taken_back(world):
    outage = confirmed(world)
    before = [one.id for one in rows_of(world, outage)]
    world.later(20)
    world.do(restore_outage, outage_id=outage.id, version=None, restored_at=None)
    after = rows_of(world, outage, replaced=True)
    assert [one.id for one in after] == before
    assert {one.ended_at for one in after} == {world.now}
    world.later(60)
    world.report(*[("last_gasp", f"c{n}") for n in range(1, 5)])
    (other,) = world.outages("predicted")
    world.do(confirm_outage, outage_id=other.id, version=None)
    world.do(dismiss_outage, outage_id=other.id, version=None, reason="a test of the meters")
    assert rows_of(world, other) == ()
    gone = rows_of(world, other, replaced=True)
    assert len(gone) == 4
    assert all(one.replaced_by == one.id for one in gone)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM interruption",
        "TRUNCATE interruption CASCADE",
        "UPDATE interruption SET customers = 9",
        "UPDATE interruption SET period = tstzrange(lower(period) - interval '1 minute', upper(period))",
        "UPDATE interruption SET period = tstzrange(lower(period), NULL)",
        "UPDATE interruption SET period = tstzrange(lower(period), upper(period) + interval '1 minute')",
        "UPDATE interruption SET cause = 'tree'",
        "UPDATE interruption SET recorded_at = now()",
    ],
)
def test_the_database_refuses_to_alter_what_stands(world, statement):
    restored(world)
    with pytest.raises(DBAPIError, match="append-only"):
        execute(world, statement)


def test_the_database_refuses_two_rows_in_force_at_once_and_a_second_replacement(world):
    outage = confirmed(world)
    first = rows_of(world, outage)[0]
    copied = (
        "INSERT INTO interruption (service_point, period, outage_id, kind, phases, phases_taken, "
        "phase_share, customers, recorded_at) "
        "SELECT service_point, tstzrange(lower(period) + interval '1 minute', NULL), "
        "outage_id, kind, phases, phases_taken, phase_share, customers, recorded_at "
        "FROM interruption WHERE id = :id"
    )
    with pytest.raises(DBAPIError, match="ex_interruption_once_at_a_time"):
        execute(world, copied, id=first.id)
    execute(world, "UPDATE interruption SET replaced_by = id WHERE id = :id", id=first.id)
    with pytest.raises(DBAPIError, match="append-only"):
        execute(world, "UPDATE interruption SET replaced_by = NULL WHERE id = :id", id=first.id)
    execute(world, copied, id=first.id)


def test_a_correction_of_some_households_says_who_why_and_leaves_the_others(world):
    outage = restored(world)
    world.later(5)
    before = world.ask(snapshot, now=world.now)
    back = outage.restored_at - timedelta(minutes=10)
    done = correct(
        world, outage, service_points=["a2", "a1"], ended_at=back, cause="tree", reason=" by meters "
    )
    assert (done.service_points, done.rows_written) == (2, 2)
    rows = {one.service_point: one for one in rows_of(world, outage)}
    assert {id: one.ended_at for id, one in rows.items()} == {
        "a1": back,
        "a2": back,
        "a3": outage.restored_at,
        "a4": outage.restored_at,
    }
    assert {(one.recorded_by, one.reason, one.cause, one.recorded_at) for one in rows.values()} == {
        ("wang", "by meters", "tree", world.now),
        (None, None, None, outage.confirmed_at),
    }
    old = [one for one in rows_of(world, outage, replaced=True) if one.replaced_by]
    assert {one.replaced_by for one in old} == {rows["a1"].id, rows["a2"].id}
    affected = {one.id: one.ended_at for one in world.ask(affected_service_points, outage_id=outage.id)}
    assert affected["a1"] == back
    log = world.ask(changes_after, position=before["position"])
    assert replay(before, log) == world.ask(snapshot, now=world.now)
    (change,) = log
    assert (change.name, change.data["correction"]["reason"]) == (
        "outage.interruptions_corrected",
        "by meters",
    )


def test_a_correction_of_the_whole_outage_goes_for_the_outage_as_well(world):
    outage = restored(world)
    world.do(close_outage, outage_id=outage.id, version=None, cause="wind", note=None)
    assert {one.cause for one in rows_of(world, outage)} == {"wind"}
    earlier, end = outage.started_at - timedelta(minutes=7), outage.restored_at + timedelta(minutes=1)
    world.later(2)
    correct(world, outage, started_at=earlier, ended_at=end, cause="tree")
    (now,) = world.outages("closed")
    assert (now.started_at, now.restored_at, now.cause) == (earlier, end, "tree")
    assert {(one.started_at, one.ended_at, one.cause) for one in rows_of(world, outage)} == {
        (earlier, end, "tree")
    }


def test_what_cannot_be_is_refused_with_the_row_and_nothing_is_half_done(world):
    outage = restored(world)
    row = rows_of(world, outage)[0]
    log = world.ask(snapshot, now=world.now)["position"]
    begin = outage.started_at
    for told, kind, because in (
        ({"ended_at": begin}, InvalidInput, Because.ENDS_BEFORE_START),
        ({"started_at": outage.restored_at}, InvalidInput, Because.ENDS_BEFORE_START),
        ({"ended_at": world.now + timedelta(hours=1)}, InvalidInput, Because.HAPPENED_IN_FUTURE),
        ({"ended_at": outage.restored_at}, InvalidInput, Because.NOTHING_TO_CORRECT),
        ({}, InvalidInput, Because.NOTHING_TO_CORRECT),
        ({"cause": "tree", "reason": "  "}, InvalidInput, Because.REASON_MISSING),
        ({"cause": "tree", "service_points": ["b1"]}, InvalidInput, Because.NOT_ITS_SERVICE_POINT),
    ):
        with pytest.raises(kind) as refused:
            correct(world, outage, **told)
        assert refused.value.because == because
        if because == Because.ENDS_BEFORE_START:
            assert refused.value.values["row"] == row.id
            assert f"row {row.id}" in str(refused.value)
    with pytest.raises(InvalidInput, match="weather"):
        correct(world, outage, cause="weather")
    with pytest.raises(StaleVersion):
        world.do(
            correct_interruptions,
            outage_id=outage.id,
            version=1,
            service_points=(),
            started_at=None,
            ended_at=None,
            cause="tree",
            reason="late",
        )
    assert world.ask(snapshot, now=world.now)["position"] == log


def test_a_household_out_for_another_reason_then_is_named_with_its_row(world):
    first = restored(world)
    world.later(30)
    world.report(*[("trouble_call", f"a{n}") for n in range(1, 5)])
    (second,) = world.outages("predicted")
    with pytest.raises(Conflict) as refused:
        correct(world, second, cause="tree")
    assert refused.value.because == Because.NOT_IN_LEDGER
    world.do(confirm_outage, outage_id=second.id, version=None)
    with pytest.raises(Conflict) as refused:
        correct(world, second, started_at=first.restored_at - timedelta(minutes=1))
    assert refused.value.because == Because.INTERRUPTIONS_OVERLAP
    assert refused.value.values["row"] in {one.id for one in rows_of(world, first)}
    with pytest.raises(Conflict) as refused:
        correct(world, second, ended_at=world.now)
    assert refused.value.because == Because.NOT_RESTORED_YET


def opened(world, number, device, phases):
    """Let a device open on some phases, and confirm the outage that comes of it."""
    told = {"id": f"o{number}", "kind": "switch_open", "device": device, "at": world.now.isoformat()}
    world.report({**told, "phases": phases})
    (outage,) = world.outages("predicted")
    return world.do(confirm_outage, outage_id=outage.id, version=None)


def test_a_three_phase_household_in_two_nested_outages_stands_in_both_with_its_share(world):
    outer = opened(world, 1, "B1", "A")
    begin = world.now
    world.later(10)
    inner = opened(world, 2, "T1", "B")
    then = world.now
    assert (outer.phases, inner.phases) == ("A", "B")
    for outage, phases in ((outer, "A"), (inner, "B")):
        affected = {one.id: one for one in world.ask(affected_service_points, outage_id=outage.id)}
        assert affected["a1"].phases_lost == phases
        assert affected["a1"].is_partly_out
    world.later(10)
    end = world.now
    world.do(restore_outage, outage_id=outer.id, version=None, restored_at=None)
    page = world.ask(interruptions_of_service_point, service_point="a1", replaced=False, **EVERYTHING)
    assert [(one.started_at, one.ended_at, one.phases, one.outage_id) for one in page.rows] == [
        (begin, then, "A", outer.id),
        (then, end, "AB", outer.id),
        (end, None, "B", inner.id),
    ]
    assert [round(one.phase_share, 3) for one in page.rows] == [0.333, 0.667, 0.333]
    assert page.rows[1].other_holds == [{"outage_id": inner.id, "kind": "fault", "phases": "B"}]
    world.later(10)
    world.do(restore_outage, outage_id=inner.id, version=None, restored_at=None)


def test_switching_puts_out_and_gives_back_exactly_then(world):
    outage = confirmed(world)
    world.later(5)
    at, author = world.now, Author(actor="wang", now=world.now)
    with write_transaction(world.engine) as session:
        traced = world.networks.in_force(session)
        holder = Holder(outage_id=outage.id)
        told = put_out(
            session, phases={"b1": "ABC", "a1": "ABC"}, at=at, holder=holder, traced=traced, author=author
        )
        planned = Holder(switching_order_id="W-1", kind="planned")
        none = put_out(session, phases={"c1": "ABC"}, at=at, holder=planned, traced=traced, author=author)
    assert told == {outage.id: {"started": {at.isoformat(): {"b1": 1}}}}
    assert none == {}
    back = world.later(5)
    author = Author(actor="wang", now=back)
    with write_transaction(world.engine) as session:
        phases = {"b1": "ABC", "c1": "ABC", "b4": "ABC"}
        told = give_back(session, phases=phases, at=back, author=author, supplied_by="generator")
    assert told == {outage.id: {"ended": {back.isoformat(): ["b1"]}}}
    rows = {(one.service_point, one.started_at): one for one in rows_of(world, outage)}
    assert rows["b1", at].ended_at == back
    assert (rows["b1", back].phase_share, rows["b1", back].supplied_by) == (0, "generator")
    again = world.later(5)
    author = Author(actor="wang", now=again)
    with write_transaction(world.engine) as session:
        told = put_out(
            session,
            phases={"b1": "ABC"},
            at=again,
            holder=Holder(outage_id=outage.id),
            traced=traced,
            author=author,
        )
    assert told == {outage.id: {"started": {again.isoformat(): {"b1": 1}}}}
    assert rows_of(world, outage, replaced=True) == rows_of(world, outage)
    world.later(5)
    world.do(restore_outage, outage_id=outage.id, version=None, restored_at=None)
    open_rows = "SELECT service_point FROM interruption WHERE replaced_by IS NULL AND upper_inf(period)"
    assert execute(world, open_rows).scalars().all() == ["c1"]


def test_the_ledger_is_read_as_columns(world):
    outage = restored(world)
    world.do(close_outage, outage_id=outage.id, version=None, cause="wind", note=None)
    correct(world, outage, service_points=["a1"], cause="tree")
    world.later(60)
    opened(world, 9, "B2", "A")
    with read_transaction(world.engine) as session:
        feeders = ledger_feeders(session)
        parts = list(read_ledger(session, feeders=feeders, at_most=3))
        late = list(read_ledger(session, since=world.now))
    assert sum(len(part.customers) for part in late) == 4
    assert all(len(part.customers) <= 3 for part in parts)
    customers = np.concatenate([part.customers for part in parts])
    cause = np.concatenate([part.cause for part in parts])
    ended = np.concatenate([part.ended_at for part in parts])
    started = np.concatenate([part.started_at for part in parts])
    share = np.concatenate([part.phase_share for part in parts])
    assert customers.tolist() == [1] * 8
    assert sorted(cause.tolist()) == sorted([CAUSES.index("wind")] * 3 + [CAUSES.index("tree")] + [-1] * 4)
    assert np.isnat(ended).sum() == 4
    assert {KINDS[kind] for part in parts for kind in part.kind.tolist()} == {"fault"}
    over = ~np.isnat(ended)
    wanted = np.datetime64(outage.restored_at.replace(tzinfo=None)) - np.datetime64(
        outage.started_at.replace(tzinfo=None)
    )
    assert (ended[over] - started[over] == wanted).all()
    assert np.allclose(np.sort(share), [1 / 3] * 4 + [1] * 4)
    assert len({key for part in parts for key in part.service_point.tolist()}) == 8


def test_a_moving_prediction_does_not_make_the_ledger_grow(world):
    for minute in range(5):
        world.report(("last_gasp", f"a{minute % 4 + 1}"), ("last_gasp", f"b{minute % 4 + 1}"))
        world.later(1)
    assert isinstance(world.analyst, Analyst)
    assert execute(world, "SELECT count(*) FROM interruption").scalar() == 0
    assert execute(world, "SELECT last_value FROM interruption_id_seq").scalar() == 1


def test_a_confirmed_outage_that_moves_corrects_the_ledger_under_the_name_of_the_engine(world):
    outage = confirmed(world)
    world.later(10)
    world.report(("crew_finding", outage.device, "ok"), ("crew_finding", "B1", "open"))
    (moved,) = world.outages("confirmed")
    assert moved.device == "B1"
    rows = rows_of(world, moved)
    assert {one.service_point for one in rows} == {f"{letter}{n}" for letter in "ab" for n in range(1, 5)}
    assert execute(world, "SELECT count(*) FROM interruption WHERE replaced_by IS NOT NULL").scalar() == sum(
        one.recorded_by == "engine" for one in rows
    )
