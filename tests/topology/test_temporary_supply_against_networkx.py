"""Cuts, jumpers and generators beside a twin that draws them into a networkx graph and walks all of it."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology.isolation import isolate
from topology.phases import PHASE_BITS, format_phases
from topology.protection import first_protective_devices
from topology.rings import ring_findings, rings_of
from topology.supply import Supply
from topology.supply_tree import SupplyTree
from topology.temporarily_supplied import temporarily_supplied
from topology.temporary_supply import Cut
from topology.trace import downstream, upstream
from topology.ways import way_to_source

SWITCHABLE = {"breaker", "recloser", "sectionalizer", "fuse", "switch", "disconnector"}


@pytest.mark.parametrize("block", range(2))
def test_every_trace_respects_what_is_temporary(
    block: int,
    twin: ModuleType,
    temporary_twin: ModuleType,
    tree_of_rows: Callable[..., SupplyTree],
):
    @settings(max_examples=150, deadline=None)
    @given(
        drawn=twin.drawn_networks(),
        chosen=temporary_twin.PLACED,
        steps=temporary_twin.SWITCHED,
        asked=st.integers(0, 99),
    )
    def check(drawn, chosen, steps, asked):
        normal = Supply(tree_of_rows(drawn))
        if drawn.devices:
            drawn, normal = temporary_twin.switch(drawn, normal, steps)
        plain = temporary_twin.Twin(drawn)
        slow, supply = temporary_twin.place(drawn, normal, chosen)
        names = supply.network.node_ids(range(supply.network.node_count))
        expected = {node: slow.node_phases(node) for node in drawn.nodes}
        assert dict(zip(names, map(format_phases, supply.node_phases.tolist()), strict=True)) == expected

        change = supply.change_since(normal)
        before, now = plain.service_phases(), slow.service_phases()
        assert by_name(supply, change.service_points, change.lost) == minus(before, now)
        assert by_name(supply, change.service_points, change.gained) == minus(now, before)

        only = temporarily_supplied(supply)
        feeds = [one.id for one in slow.placed if not isinstance(one, Cut)]
        assert by_name(supply, only.service_points, only.gained) == minus(now, slow.service_phases(*feeds))
        assert not only.lost.any()

        again = Supply.under(supply.tree, supply.state())
        assert (again.node_phases == supply.node_phases).all()
        first_protective_devices(supply)
        assert_ways(slow, supply)
        assert_rings(slow, supply)
        if drawn.devices:
            device = drawn.devices[asked % len(drawn.devices)][0]
            assert_behind(slow, supply, device)
            assert_isolated(slow, supply, device)

    check()


def minus(left: dict[str, str], right: dict[str, str]) -> dict[str, str]:
    gone = {one: "".join(p for p in phases if p not in right.get(one, "")) for one, phases in left.items()}
    return {one: phases for one, phases in gone.items() if phases}


def by_name(supply: Supply, points, masks) -> dict[str, str]:
    ids = supply.network.service_point_ids(points)
    return {one: format_phases(mask) for one, mask in zip(ids, masks.tolist(), strict=True) if mask}


def assert_ways(slow, supply: Supply) -> None:
    """Every way is one over what joins, and ends at a source or generator."""
    for node in slow.drawn.nodes:
        index = supply.network.node_ids(range(supply.network.node_count)).index(node)
        for bit, phase in zip(PHASE_BITS, "ABC", strict=True):
            way = way_to_source(supply, index, bit)
            assert (way is not None) == (node in slow.fed(phase))
            if way is None:
                continue
            ends = {key: {start, stop} for start, stop, key in slow.graph(phase).edges(keys=True)}
            reached = node
            for edge in supply.edge_ids(way.devices):
                (reached,) = ends[edge] - {reached}
            assert reached == "earth" or reached in slow.drawn.sources
    for point, _, _, _ in slow.drawn.service_points:
        upstream(tree=supply, device=point)


def assert_rings(slow, supply: Supply) -> None:
    """What closes a ring can go without anybody losing supply, and so can each other device of the ring."""
    ring_findings(supply)
    for ring in rings_of(supply):
        for phase in ring.phases:
            for device in ring.devices:
                assert slow.fed(phase, (device,)) == slow.fed(phase)


def assert_behind(slow, supply: Supply, device: str) -> None:
    trace = downstream(tree=supply, device=device)
    lost = minus(slow.service_phases(), slow.service_phases(device))
    assert {one.id: one.phases for one in trace.service_points} == lost
    behind = supply.service_points_behind(supply.network.device_index(device))
    assert sorted(supply.network.service_point_ids(behind)) == sorted(lost)


def assert_isolated(slow, supply: Supply, device: str) -> None:
    """With what is named open, nothing feeds the faulted device, unless a source inside is told."""
    found = isolate(supply=supply, faulted=[device])
    kinds = {one: kind for one, kind, *_ in slow.drawn.devices}
    assert all(kinds[one] in SWITCHABLE for one in found.to_open)
    ends = {one: (start, stop) for one, _, start, stop, _, _ in slow.drawn.devices}[device]
    carried = {one: phases for one, _, _, _, phases, _ in slow.drawn.devices}[device]
    cut_at = [(one.node, phase) for one in slow.placed if isinstance(one, Cut) and one.device == device
              for phase in format_phases(one.phases)]  # fmt: skip
    joined = {end for end in ends if any((end, phase) not in cut_at for phase in carried)}
    if not found.sources:
        # The faulted device joins its ends whatever it is: what feeds one would feed the other.
        for phase in "ABC":
            assert not joined & slow.fed(phase, found.to_open)
    held = isolate(supply=supply, faulted=[device], held=set(kinds))
    assert held.to_open == ()
