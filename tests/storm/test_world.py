"""The hidden truth, and what a crew sees of it."""

from datetime import timedelta

import pytest

from storm.errors import UnknownFault
from storm.faults import Fault, FaultClass
from storm.world import World
from topology.trace import service_points_downstream


@pytest.fixture
def fault_at(town, noon):
    def make(device, fault_class=FaultClass.BRANCH, started_at=noon):
        points = tuple(service_points_downstream(tree=town, device=device))
        return Fault(f"fault {device}", device, fault_class, "ABC", started_at, points)

    return make


@pytest.fixture
def world(town):
    return World(tree=town)


class TestTheWorld:
    def test_is_dark_below_a_fault_from_its_start_to_its_repair(self, world, fault_at, noon):
        fault = fault_at("F1-1-1")
        world.strike(fault)
        assert world.service_points_out(at=noon - timedelta(seconds=1)) == frozenset()
        assert world.service_points_out(at=noon) == set(fault.service_points)
        end = noon + timedelta(hours=1)
        world.repair(fault.id, at=end)
        assert world.is_out("p1-1-1-1", at=end - timedelta(seconds=1))
        assert not world.is_out("p1-1-1-1", at=end)

    def test_refuses_to_mend_what_never_failed(self, world, noon):
        with pytest.raises(UnknownFault, match="nothing"):
            world.repair("nothing", at=noon)

    @pytest.mark.parametrize(
        "case",
        [
            ("F1-1-1", "F1-1-1", "open"),
            ("F1-1-1", "F1-1-2", "closed"),
            ("F1-1-1", "T1-1", "ok"),
            ("F1-1-1", "p1-1-1-1", "ok"),
            ("T1-1", "T1-1", "damaged"),
            ("p1-1-1-1", "p1-1-1-1", "damaged"),
        ],
    )
    def test_shows_a_crew_what_is_there(self, world, fault_at, noon, case):
        failed, looked_at, seen = case
        world.strike(fault_at(failed))
        assert world.look_at(looked_at, at=noon) == seen

    @pytest.mark.parametrize(
        "case",
        [
            (["T1-1"], "T1-1", "T1-1"),
            (["T1-1"], "F1-1-1", "T1-1"),  # above
            (["T1-1"], "B1", "T1-1"),  # below
            (["F1-1-1", "T1-2"], "B1", "T1-2"),  # the larger of two below
            (["T1-1"], "T1-2", None),  # beside
            (["p1-1-1-1"], "F1-1-1", "p1-1-1-1"),
        ],
    )
    def test_lets_a_patrol_find_the_fault(self, world, fault_at, noon, case):
        failed, patrolled_from, found = case
        for device in failed:
            world.strike(fault_at(device))
        fault = world.fault_near(patrolled_from, at=noon)
        assert (fault.device if fault else None) == found
