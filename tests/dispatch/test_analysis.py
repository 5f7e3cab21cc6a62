"""From evidence to outages: the lowest device that explains the reports, moving up as more arrive."""

from datetime import timedelta

import pytest

from dispatch.analysis import Analyst
from dispatch.network_cache import NetworkCache
from dispatch.operations import confirm_outage, dismiss_outage, restore_outage
from dispatch.outages import affected_service_points, get_outage, outage_history
from dispatch.transactions import read_transaction, write_transaction

TRANSFORMER_1 = {"a1", "a2", "a3", "a4"}
FEEDER_1 = TRANSFORMER_1 | {"b1", "b2", "b3", "b4"}


def affected(world, outage):
    return {one.id for one in world.ask(affected_service_points, outage_id=outage.id)}


def gasps(*ids):
    return [("last_gasp", id) for id in ids]


def test_one_call_blames_the_service_itself(world):
    world.report(("trouble_call", "a1"))
    (outage,) = world.outages()
    assert (outage.device, outage.device_kind, outage.status) == ("a1", "service_point", "predicted")
    assert affected(world, outage) == {"a1"}
    assert outage.started_at == world.now
    assert outage.etr_at > world.now
    assert outage.etr_source == "device_kind"
    assert outage.reasons


def test_more_reports_move_the_same_outage_up(world):
    world.report(("trouble_call", "a1"))
    (first,) = world.outages()
    world.later(2)
    world.report(*gasps("a2", "a3"))
    (second,) = world.outages()
    assert (second.id, second.device) == (first.id, "T1")
    assert affected(world, second) == TRANSFORMER_1
    assert second.started_at == first.started_at
    world.later(2)
    world.report(*gasps("b1", "b2", "b3"))
    (third,) = world.outages()
    assert (third.id, third.device) == (first.id, "B1")
    assert affected(world, third) == FEEDER_1


def test_outages_that_turn_out_to_be_one_are_merged(world):
    world.report(("trouble_call", "a1"))
    world.later(1)
    world.report(("trouble_call", "b1"))
    assert {outage.device for outage in world.outages()} <= {"a1", "b1", "B1"}
    world.report(*gasps("a2", "a3", "a4", "b2", "b3", "b4"))
    (outage,) = world.outages()
    assert outage.device == "B1"
    assert affected(world, outage) == FEEDER_1


def test_a_household_known_to_be_on_keeps_the_blame_below(world):
    world.report(("power_up", "b1"), *gasps("a1", "a2", "a3", "b2"))
    assert {outage.device for outage in world.outages()} == {"T1", "b2"}


def test_a_prediction_nothing_speaks_for_is_taken_back(world):
    world.report(("trouble_call", "a1"))
    world.later(3)
    world.report(("power_up", "a1"))
    assert world.outages() == []
    (gone,) = world.outages("dismissed")
    assert gone.dismissed_because
    assert affected(world, gone) == set()


def test_the_order_and_the_batches_make_no_difference(world):
    at = world.now
    documents = [
        {
            "id": f"g{n}",
            "kind": "last_gasp",
            "at": (at + timedelta(seconds=n)).isoformat(),
            "service_point": id,
        }
        for n, id in enumerate(sorted(TRANSFORMER_1))
    ]
    world.later(1)
    for document in reversed(documents):
        world.report(document)
    (outage,) = world.outages()
    assert outage.device == "T1"
    assert outage.started_at == at


def test_telemetry_names_the_device_at_once(world):
    world.report(("switch_open", "B2"))
    (outage,) = world.outages()
    assert outage.device == "B2"
    assert affected(world, outage) == {"c1", "c2", "c3", "c4"}


def test_a_confirmed_outage_is_never_undone_by_the_engine(world):
    world.report(*gasps("a1", "a2", "a3"))
    (outage,) = world.outages()
    world.do(confirm_outage, outage_id=outage.id, version=outage.version)
    world.later(1)
    world.report(("power_up", "a1"), ("power_up", "a2"), ("power_up", "a3"))
    (still,) = world.outages()
    assert (still.device, still.status) == ("T1", "confirmed")
    assert still.reports_on == 3


def test_a_crew_that_finds_another_device_open_moves_a_confirmed_outage(world):
    world.report(*gasps("a1", "a2", "a3"))
    (outage,) = world.outages()
    world.do(confirm_outage, outage_id=outage.id, version=outage.version)
    world.later(20)
    world.report(("crew_finding", "T1", "ok"), ("crew_finding", "B1", "open"))
    (moved,) = world.outages()
    assert (moved.id, moved.device, moved.status) == (outage.id, "B1", "confirmed")
    assert affected(world, moved) == FEEDER_1


def test_a_confirmed_outage_outlasts_a_prediction_that_turns_out_to_hold_it(world):
    """Whoever a person's word put in the ledger must not stand there for an outage that nobody confirmed."""
    world.report(*gasps("a1", "a2", "a3"))
    (outage,) = world.outages()
    world.do(confirm_outage, outage_id=outage.id, version=outage.version)
    world.later(10)
    world.report(
        {"id": "signal", "kind": "switch_open", "device": "B1", "phases": "B", "at": world.now.isoformat()}
    )
    assert {one.device: one.status for one in world.outages()} == {"T1": "confirmed", "B1": "predicted"}
    world.report(("crew_finding", "T1", "ok"))
    (stays,) = world.outages()
    assert (stays.id, stays.device, stays.status) == (outage.id, "B1", "confirmed")


def test_what_comes_late_belongs_to_the_outage_that_is_over(world):
    world.report(*gasps("a1", "a2", "a3"))
    (outage,) = world.outages()
    world.do(confirm_outage, outage_id=outage.id, version=None)
    happened = world.now
    world.later(60)
    world.do(restore_outage, outage_id=outage.id, version=None, restored_at=world.now)
    world.later(5)
    world.report({"id": "late", "kind": "last_gasp", "at": happened.isoformat(), "service_point": "a4"})
    assert [one.status for one in world.outages()] == ["restored"]


def test_a_call_after_the_restoration_is_a_new_outage(world):
    world.report(*gasps("a1", "a2", "a3"))
    (outage,) = world.outages()
    world.do(confirm_outage, outage_id=outage.id, version=None)
    world.later(60)
    world.do(restore_outage, outage_id=outage.id, version=None, restored_at=world.now)
    world.later(5)
    world.report(("trouble_call", "a2"))
    restored, new = world.outages()
    assert (restored.status, new.status, new.device) == ("restored", "predicted", "a2")


def test_after_a_dismissal_the_same_reports_stay_quiet(world):
    world.report(("trouble_call", "a1"))
    (outage,) = world.outages()
    world.do(dismiss_outage, outage_id=outage.id, version=outage.version, reason="arrears")
    world.report(("power_up", "b1"))
    assert world.outages() == []


def test_a_step_broken_off_leaves_nothing_and_the_next_takes_all(world):
    world.send(*gasps("a1", "a2", "a3"))

    def break_off():
        with write_transaction(world.engine) as session:
            assert world.analyst.analyse(session, now=world.now).evidence == 3
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert world.outages() == []
    assert world.analyse().evidence == 3
    assert [outage.device for outage in world.outages()] == ["T1"]


def test_small_steps_come_to_the_same_as_one(world):
    world.send(*gasps("a1", "b1", "a2", "b2", "a3", "b3", "c1"))
    while world.analyse(limit=2).evidence:
        pass
    assert {outage.device for outage in world.outages()} == {"B1", "c1"}


def test_a_crew_that_finds_a_twin_device_open_moves_the_outage_and_opens_no_second_one(world):
    """B2 and T3 feed the same households: no report can tell them apart, only someone on the spot."""
    world.report(*gasps("c1", "c2", "c3"))
    (outage,) = world.outages()
    assert outage.device in {"B2", "T3"}
    world.do(confirm_outage, outage_id=outage.id, version=outage.version)
    (twin,) = {"B2", "T3"} - {outage.device}
    world.later(20)
    world.report(("crew_finding", twin, "open"))
    world.report(("crew_finding", outage.device, "ok"))
    (moved,) = world.outages()
    assert (moved.id, moved.device, moved.status) == (outage.id, twin, "confirmed")
    assert affected(world, moved) == {"c1", "c2", "c3", "c4"}


def test_a_device_found_open_inside_a_confirmed_outage_is_no_second_outage(world):
    world.report(*gasps("a1", "a2", "a3", "b1", "b2", "b3"))
    (outage,) = world.outages()
    world.do(confirm_outage, outage_id=outage.id, version=outage.version)
    world.later(20)
    world.report(("crew_finding", "T1", "damaged"))
    (still,) = world.outages()
    assert (still.id, still.device) == (outage.id, "B1")
    assert affected(world, still) == FEEDER_1


class TestHazards:
    """A wire that is down is told at once, whatever else holds."""

    def told(self, world, outage):
        history = world.ask(outage_history, outage_id=outage.id)
        return [one.data["hazards"] for one in history if one.name == "outage.hazard_reported"]

    def call(self, world, service_point, hazard, number):
        at = world.now.isoformat()
        named = {"id": f"danger-{number}", "kind": "trouble_call", "at": at}
        return {**named, "service_point": service_point, "hazard": hazard}

    def test_a_danger_is_told_once_also_of_an_outage_that_is_confirmed(self, world):
        world.report(*[("last_gasp", id) for id in ("a1", "a2", "a3")])
        (outage,) = world.outages()
        world.do(confirm_outage, outage_id=outage.id, version=None)
        assert self.told(world, outage) == []
        world.report(self.call(world, "a1", "wire_down", 1))
        world.report(self.call(world, "a2", "wire_down", 2))
        world.report(self.call(world, "a3", "fire", 3), self.call(world, "a4", "wire_down", 4))
        assert self.told(world, outage) == [["wire_down"], ["fire"]]
        assert set(world.ask(get_outage, outage_id=outage.id).hazards) == {"fire", "wire_down"}

    def test_a_danger_is_told_with_the_outage_that_it_reports_first(self, world):
        world.report(self.call(world, "c1", "fire", 1))
        (outage,) = world.outages()
        assert self.told(world, outage) == [["fire"]]

    def test_it_stops_nobody_who_decides_on_the_picture_before_it(self, world):
        world.report(*[("last_gasp", id) for id in ("a1", "a2", "a3")])
        (outage,) = world.outages()
        world.report(self.call(world, "a1", "wire_down", 1))
        assert world.do(confirm_outage, outage_id=outage.id, version=outage.version).status == "confirmed"


def test_reasons_name_devices_by_id_and_kind_and_lists_as_lists(world):
    world.report(*gasps("a1", "a2", "a3"), ("ping", "b1", "on"))
    (outage,) = world.outages()
    values = {reason["code"]: reason["values"] for reason in outage.reasons}
    below = values["reports_below"]
    assert (below["device"], below["device_kind"], below["out"]) == ("T1", "distribution", 3)
    above = values["above_has_supply"]
    assert (above["device"], above["device_kind"]) == ("B1", "breaker")
    assert (above["examples"], above["more"]) == (["b1"], 0)


def test_what_a_process_held_back_when_it_died_counts_for_the_next_one(world):
    def another_process():
        world.analyst = Analyst(networks=NetworkCache(), rates=world.rates)

    another_process()
    world.report(*gasps("a1", "a2", "a3", "a4"))
    assert world.outages() == [], "within the hold-down it may be a blink"
    another_process()
    world.later(2)
    with read_transaction(world.engine) as session:
        assert world.analyst.has_work(session, now=world.now)
    world.analyse()
    (outage,) = world.outages()
    assert (outage.device, outage.reports_out) == ("T1", 4)


def test_what_was_held_back_is_attached_when_it_counts(world):
    world.analyst = Analyst(networks=world.networks, rates=world.rates)
    world.report(*(("trouble_call", id_) for id_ in ("a1", "a2", "a3")))
    assert [outage.device for outage in world.outages()] == ["T1"]
    world.report(*gasps("a4"))
    world.later(2)
    world.analyse()
    (outage,) = world.outages()
    assert outage.reports_out == 4


def test_a_step_that_another_part_of_its_transaction_breaks_is_forgotten(world):
    """A step without new evidence leaves no mark on any: only the session knows that it came to nothing."""
    world.report(*gasps("a1", "a2", "a3"))
    (outage,) = world.outages()

    def break_off():
        with write_transaction(world.engine) as session:
            world.later(60 * 25)
            world.analyst.analyse(session, now=world.now)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    world.now -= timedelta(minutes=60 * 25)
    world.report(*gasps("a4"))
    assert [(one.id, one.status, one.reports_out) for one in world.outages()] == [(outage.id, "predicted", 4)]
