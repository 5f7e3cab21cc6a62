"""The choice of faults."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storm.errors import NoFaultPossible
from storm.fault_choice import choose_faults
from storm.faults import FaultClass, StormShape
from storm.randomness import stream
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.text_network import parse_text_network
from topology.trace import service_points_downstream

# The town is small: one feeder is half of it.
SHAPE = StormShape(faults=6, largest_share=0.5, spread_minutes=60)


def chosen(town, noon, *, seed=1, shape=SHAPE, spared=()):
    return choose_faults(
        tree=town,
        shape=shape,
        started_from=noon,
        random=stream(seed, "faults"),
        id_prefix="s1",
        spared=spared,
    )


class TestChosenFaults:
    def test_take_out_exactly_what_lies_behind_the_device(self, town, noon):
        for fault in chosen(town, noon):
            behind = service_points_downstream(tree=town, device=fault.device)
            assert list(fault.service_points) == sorted(behind)
            assert fault.phases == "ABC"

    @settings(max_examples=40, deadline=None)
    @given(seed=st.integers(0, 10_000))
    def test_never_lie_in_the_dead_part_of_another(self, town, noon, seed):
        points = [point for fault in chosen(town, noon, seed=seed) for point in fault.service_points]
        assert len(points) == len(set(points))

    def test_are_mixed(self, town, noon):
        mix = dict.fromkeys(FaultClass, 0.25)
        classes = {fault.fault_class for fault in chosen(town, noon, shape=StormShape(6, 60, mix, 0.5))}
        assert classes == set(FaultClass)

    def test_are_of_the_classes_asked_for(self, town, noon):
        shape = StormShape(4, 60, {FaultClass.TRANSFORMER: 1.0}, 0.5)
        faults = chosen(town, noon, shape=shape)
        assert {fault.fault_class for fault in faults} == {FaultClass.TRANSFORMER}
        assert all(fault.device.startswith("T") for fault in faults)

    def test_come_within_the_stretch_of_time_and_in_order(self, town, noon):
        starts = [fault.started_at for fault in chosen(town, noon)]
        assert starts == sorted(starts)
        assert starts[0] == noon
        assert starts[-1] <= noon + timedelta(minutes=60)

    def test_leave_the_spared_alone(self, town, noon):
        spared = set(service_points_downstream(tree=town, device="B1"))
        for fault in chosen(town, noon, spared=spared):
            assert spared.isdisjoint(fault.service_points)

    def test_take_no_more_than_the_largest_share(self, town, noon):
        largest = 6 / town.network.service_point_count
        shape = StormShape(faults=6, largest_share=largest)
        assert max(len(fault.service_points) for fault in chosen(town, noon, shape=shape)) <= 6

    def test_keep_a_distance_behind_any_device(self, town, noon):
        # 24 service points on a feeder and 3 behind a fuse: two fuses there leave 18 with supply.
        shape = StormShape(faults=2, largest_share=0.5, quiet_between=20, mix={FaultClass.BRANCH: 1.0})
        feeders = [fault.device.split("-")[0] for fault in chosen(town, noon, shape=shape)]
        assert sorted(feeders) == ["F1", "F2"]

    def test_keep_no_distance_behind_breakers_in_a_loop(self, noon):
        #  grid ─┬─[B1]─┬─ bus ─[F1..F6]─ two service points each: B1 and B2 in parallel
        #        └─[B2]─┘
        lines = ["source grid", "breaker B1 grid bus", "breaker B2 grid bus"]
        for number in range(1, 7):
            lines += [f"fuse F{number} bus c{number}", f"service_points p{number} c{number} 2"]
        network, _ = parse_text_network("\n".join(lines))
        tree = SupplyTree(network, SwitchState.normal(network))
        shape = StormShape(faults=6, largest_share=0.5, quiet_between=20, mix={FaultClass.BRANCH: 1.0})
        assert len(chosen(tree, noon, shape=shape)) == 6

    def test_are_refused_when_they_do_not_fit(self, town, noon):
        shape = StormShape(faults=20, mix={FaultClass.TRANSFORMER: 1.0}, largest_share=0.5)
        with pytest.raises(NoFaultPossible, match="20 faults were asked for, but only 8"):
            chosen(town, noon, shape=shape)
