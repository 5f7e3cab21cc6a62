"""Energised phases, downstream sets, paths and loops equal those of networkx on random networks."""

from collections.abc import Callable
from types import ModuleType

from hypothesis import given, settings
from hypothesis import strategies as st

from topology.phases import PHASE_BITS, format_phases
from topology.supply_tree import SupplyTree
from topology.trace import downstream, service_points_downstream, upstream

CASES = settings(max_examples=150, deadline=None)


@CASES
@given(data=st.data())
def test_energised_phases_of_every_node(data, twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]):
    drawn = data.draw(twin.drawn_networks())
    tree = tree_of_rows(drawn)
    found = {
        node: format_phases(int(tree.node_phases[tree.network.node_id_array.tolist().index(node.encode())]))
        for node in drawn.nodes
    }
    assert found == {node: drawn.node_phases(node) for node in drawn.nodes}


@CASES
@given(data=st.data())
def test_everything_downstream_of_every_device(
    data, twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]
):
    drawn = data.draw(twin.drawn_networks())
    tree = tree_of_rows(drawn)
    for device, *_ in drawn.devices:
        points, devices = drawn.downstream(device)
        trace = downstream(tree=tree, device=device)
        assert {one.id: one.phases for one in trace.service_points} == points
        assert {one.id: one.phases for one in trace.devices} == devices
        assert service_points_downstream(tree=tree, device=device) == sorted(points)
        for bit, phase in zip(PHASE_BITS, twin.PHASES, strict=True):
            on_phase = service_points_downstream(tree=tree, device=device, phases=bit)
            assert on_phase == sorted(point for point, phases in points.items() if phase in phases)


@CASES
@given(data=st.data())
def test_service_points_have_the_phases_they_take(
    data, twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]
):
    drawn = data.draw(twin.drawn_networks())
    tree = tree_of_rows(drawn)
    above = {point: upstream(tree=tree, device=point).devices for point, *_ in drawn.service_points}
    for point, passed in above.items():
        fed = drawn.service_phases(point)
        assert format_phases(int(tree.service_point_phases[tree.network.service_point_index(point)])) == fed
        assert {one.id: one.phases for one in downstream(tree=tree, device=point).service_points} == (
            {point: fed} if fed else {}
        )
        assert all(set(one.phases) <= set(fed) for one in passed)
    for device, *_ in drawn.devices:
        for point, phases in drawn.downstream(device)[0].items():
            (passed,) = [one for one in above[point] if one.id == device]
            assert set(phases) <= set(passed.phases)


@CASES
@given(data=st.data())
def test_looped_parts(data, twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]):
    drawn = data.draw(twin.drawn_networks())
    tree = tree_of_rows(drawn)
    expected = {device: set() for device, *_ in drawn.devices}
    for phase in twin.PHASES:
        parts = drawn.parts(phase)
        assert set().union(*parts) == drawn.looped(phase)
        for part in parts:
            for device in part:
                expected[device] |= part
    found = {
        device: set(tree.network.device_ids(tree.part_of_device(tree.network.device_index(device))))
        for device in expected
    }
    assert found == expected


@CASES
@given(data=st.data())
def test_path_to_the_source_is_a_shortest_way(
    data, twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]
):
    drawn = data.draw(twin.drawn_networks(only_abc=True))
    tree = tree_of_rows(drawn)
    ends = {device: {start, stop} for device, _, start, stop, _, _ in drawn.devices}
    for point, node, *_ in drawn.service_points:
        path = [one.id for one in upstream(tree=tree, device=point).devices]
        shortest = drawn.distance("A", node)
        assert len(path) == (shortest or 0)
        reached = node
        for device in path:
            (reached,) = ends[device] - {reached}
        assert shortest is None or reached in drawn.sources
    for device, _, start, stop, _, _ in drawn.devices:
        path = upstream(tree=tree, device=device)
        ways = [drawn.distance("A", node) for node in (start, stop)]
        is_fed = "A" not in drawn.open_phases[device] and None not in ways
        assert len(path.devices) == (min(ways) if is_fed else 0)
        assert path.service_points == ()


@CASES
@given(data=st.data())
def test_feeder_is_the_first_breaker_from_the_source(
    data, twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]
):
    drawn = data.draw(twin.drawn_networks(only_abc=True))
    tree = tree_of_rows(drawn)
    looped = drawn.looped("A")
    kinds = {device: kind for device, kind, *_ in drawn.devices}
    for point, *_ in drawn.service_points:
        path = [one.id for one in upstream(tree=tree, device=point).devices]
        breakers = [one for one in path if kinds[one] == "breaker" and one not in looped]
        index = int(
            tree.feeder_of_node[tree.network.service_point_nodes[tree.network.service_point_index(point)]]
        )
        assert (tree.network.device_ids([index]) if index >= 0 else []) == breakers[-1:]
