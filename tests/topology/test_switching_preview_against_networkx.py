"""Previews of random steps beside a twin that walks whole networkx graphs: who, rings, dangers, loads."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology.dangers import Danger
from topology.load_flow import LoadMeter
from topology.network_load import NetworkLoad
from topology.phases import format_phases, parse_phases
from topology.supply import Supply
from topology.supply_tree import SupplyTree
from topology.switching_preview import preview_step
from topology.switching_step import CloseDevice, OpenDevice

PEAK_KW = 6.0


def loaded(network) -> NetworkLoad:
    """Every service point draws its number of customers times `PEAK_KW`; some of it is not known."""
    plain = NetworkLoad.unknown(network)
    return NetworkLoad(
        device_rated_a=np.full(network.device_count, 5.0),
        device_rated_kva=plain.device_rated_kva,
        node_nominal_kv=np.full(network.node_count, 0.4),
        service_point_peak_kw=network.service_point_customers * PEAK_KW,
        service_point_priority=plain.service_point_priority,
    )


@pytest.mark.parametrize("block", range(2))
def test_previews_of_random_steps(
    block: int,
    twin: ModuleType,
    temporary_twin: ModuleType,
    tree_of_rows: Callable[..., SupplyTree],
):
    @settings(max_examples=100, deadline=None)
    @given(
        drawn=twin.drawn_networks(),
        chosen=temporary_twin.PLACED,
        steps=temporary_twin.SWITCHED,
        asked=st.tuples(st.integers(0, 99), st.booleans(), st.sampled_from(["ABC", "ABC", "A", "BC"])),
        danger=st.tuples(st.integers(0, 99), st.integers(0, 99)),
    )
    def check(drawn, chosen, steps, asked, danger):
        if not drawn.devices:
            return
        tree = tree_of_rows(drawn)
        meter = LoadMeter(tree, loaded(tree.network))
        walked = drawn
        drawn, supply = temporary_twin.switch(drawn, Supply(tree), steps)
        before, supply = temporary_twin.place(drawn, supply, chosen)
        device = drawn.devices[asked[0] % len(drawn.devices)][0]
        step = (OpenDevice if asked[1] else CloseDevice)(device, parse_phases(asked[2]))
        met = Danger(
            "met",
            devices=frozenset({drawn.devices[danger[0] % len(drawn.devices)][0]}),
            nodes=frozenset({drawn.nodes[danger[1] % len(drawn.nodes)]}),
        )
        found = preview_step(supply=supply, step=step, meter=meter, dangers=[met])
        after = stepped(before, device, opens=asked[1], phases=asked[2])
        assert_affected(before, after, found)
        assert_rings(before, after, device, found)
        assert_dangers(before, after, met, found)
        assert_loads(after, walked, meter, found)

    check()


def stepped(twin, device: str, *, opens: bool, phases: str):
    now = set(twin.drawn.open_phases.get(device, ""))
    now = now | set(phases) if opens else now - set(phases)
    drawn = twin.drawn
    changed = type(drawn)(
        drawn.nodes,
        drawn.sources,
        drawn.devices,
        drawn.service_points,
        {**drawn.open_phases, device: "".join(sorted(now))},
    )
    return type(twin)(changed, twin.placed)


def minus(left: dict[str, str], right: dict[str, str]) -> dict[str, str]:
    gone = {one: "".join(p for p in phases if p not in right.get(one, "")) for one, phases in left.items()}
    return {one: phases for one, phases in gone.items() if phases}


def assert_affected(before, after, found) -> None:
    was, now = before.service_phases(), after.service_phases()
    lost, gained = minus(was, now), minus(now, was)
    supply = found.after
    for told, expected, without in ((found.lost, lost, now), (found.gained, gained, was)):
        assert sorted(supply.network.service_point_ids(told.service_points)) == sorted(expected)
        assert told.wholly == sum(point not in without for point in expected)
        customers = {point: count for point, _, _, count in before.drawn.service_points}
        assert told.customers == sum(customers[point] for point in expected)


def assert_rings(before, after, device: str, found) -> None:
    """A ring is told on just the phases on which one edge more joins places that have supply already."""
    closing = {
        phase
        for phase in "ABC"
        if cycles(after, phase) > cycles(before, phase)
    }  # fmt: skip
    assert {phase for ring in found.rings for phase in ring.phases} == closing
    for ring in found.rings:
        fed_twice = set()
        for phase in ring.phases:
            assert all(after.fed(phase, (one,)) == after.fed(phase) for one in ring.devices)
            dark = before.fed(phase) - before.fed(phase, ring.devices)
            fed_twice |= {
                p for p, node, taken, _ in before.drawn.service_points if node in dark and phase in taken
            }
        assert device in ring.devices
        assert ring.fed_twice == len(fed_twice)


def cycles(twin, phase: str) -> int:
    """Independent rings in what has supply."""
    graph = twin.graph(phase)
    live = graph.subgraph(nx.node_connected_component(graph, "earth"))
    return live.number_of_edges() - live.number_of_nodes() + 1


def assert_dangers(before, after, danger: Danger, found) -> None:
    (node,), (device,) = danger.nodes, danger.devices
    fed = {phase for phase in "ABC" if node in after.fed(phase) - before.fed(phase)}
    ((_, _, start, stop, carried, _),) = [row for row in before.drawn.devices if row[0] == device]
    cut = {
        (one.node, phase)
        for one in before.placed
        if getattr(one, "device", None) == device
        for phase in format_phases(one.phases)
    }
    for phase in carried:
        was, now = (
            any(end in twin.fed(phase) and (end, phase) not in cut for end in (start, stop))
            for twin in (before, after)
        )
        is_closed = phase not in after.drawn.open_phases.get(device, "")
        was_closed = phase not in before.drawn.open_phases.get(device, "")
        if cut and is_closed and not was_closed:
            continue
        if now and (not was or (is_closed and not was_closed)):
            fed.add(phase)
    if not cut:
        assert {phase for met in found.dangers for phase in met.phases} == fed


def assert_loads(after, walked, meter: LoadMeter, found) -> None:
    """Outside rings, a device carries what would be lost without it."""
    supply = found.after
    edges = np.arange(supply.network.device_count + len(supply.placed.edges))
    loads = meter.loads(supply, edges)
    for row, edge in enumerate(supply.edge_ids(edges.tolist())):
        looped = {
            phase
            for phase in "ABC"
            if edge in {key for _, _, key in after.graph(phase).edges(keys=True)}
            and after.fed(phase, (edge,)) == after.fed(phase)
            and edge in {key for *_, key in after.graph(phase).edges(after.fed(phase), keys=True)}
        }
        if loads.in_ring[row]:
            assert looped or any(edge in walked.looped(phase) for phase in "ABC")
            continue
        assert not any(edge in ring_devices(after, phase) for phase in looped)
        for place, phase in enumerate("ABC"):
            dark = after.fed(phase) - after.fed(phase, (edge,))
            expected = sum(
                count * PEAK_KW / len(taken)
                for _, node, taken, count in after.drawn.service_points
                if node in dark and phase in taken
            )
            assert loads.kw[row, place] == pytest.approx(expected)


def ring_devices(twin, phase: str) -> set[str]:
    """The edges in what has supply that lie on some ring."""
    graph = twin.graph(phase)
    live = graph.subgraph(nx.node_connected_component(graph, "earth"))
    return {
        key
        for start, stop, key in live.edges(keys=True)
        if nx.has_path(nx.restricted_view(live, [], [(start, stop, key)]), start, stop)
    }
