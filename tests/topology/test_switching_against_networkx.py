"""After every step of random switching, Relight's answers equal those of networkx walking the whole network.

Networks are radial, looped, fed from several sources, with parallel devices, dead islands and partial phases.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology.isolation import isolate
from topology.network import Network
from topology.phases import PHASE_BITS, format_phases, parse_phases
from topology.pick_up import pick_ups
from topology.protection import first_protective_devices
from topology.rings import rings_of
from topology.supply import Supply
from topology.supply_tree import SupplyTree
from topology.trace import downstream
from topology.ways import way_to_source

# Four blocks of 500 sequences, so that two workers share them.
BLOCKS = range(4)
SEQUENCES = settings(max_examples=500, deadline=None)
STEPS = st.lists(
    st.tuples(st.integers(0, 99), st.booleans(), st.sampled_from(["ABC", "ABC", "A", "B", "AC"])),
    min_size=1,
    max_size=6,
)


def step_taken(drawn, supply: Supply, step):
    """Open or close the same device on both sides."""
    number, opens, phases = step
    device = drawn.devices[number % len(drawn.devices)][0]
    index = supply.network.device_index(device)
    now = set(drawn.open_phases.get(device, ""))
    now = now | set(phases) if opens else now - set(phases)
    switched = supply.opened if opens else supply.closed
    changed = replace(drawn, open_phases={**drawn.open_phases, device: "".join(sorted(now))})
    return changed, switched([index], parse_phases(phases))


def energised(network: Network, supply: Supply) -> dict[str, str]:
    names = network.node_ids(range(network.node_count))
    return dict(zip(names, map(format_phases, supply.node_phases.tolist()), strict=True))


def change_of(supply: Supply, change) -> tuple[dict[str, str], dict[str, str]]:
    names = supply.network.service_point_ids(change.service_points)
    lost = {one: format_phases(mask) for one, mask in zip(names, change.lost.tolist(), strict=True) if mask}
    gained = {
        one: format_phases(mask) for one, mask in zip(names, change.gained.tolist(), strict=True) if mask
    }
    return lost, gained


def minus(left: dict[str, str], right: dict[str, str]) -> dict[str, str]:
    differing = {
        one: "".join(phase for phase in phases if phase not in right[one]) for one, phases in left.items()
    }
    return {one: phases for one, phases in differing.items() if phases}


@pytest.mark.parametrize("block", BLOCKS)
def test_every_step_of_random_switching(
    block: int, twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]
):
    @SEQUENCES
    @given(drawn=twin.drawn_networks(), steps=STEPS)
    def check(drawn, steps):
        if not drawn.devices:
            return
        supply = Supply(tree_of_rows(drawn))
        before = {point: drawn.service_phases(point) for point, *_ in drawn.service_points}
        for step in steps:
            earlier = supply
            drawn, supply = step_taken(drawn, supply, step)
            now = {point: drawn.service_phases(point) for point, *_ in drawn.service_points}
            assert energised(supply.network, supply) == {one: drawn.node_phases(one) for one in drawn.nodes}
            assert change_of(supply, supply.change_since(earlier)) == (minus(before, now), minus(now, before))
            assert_behind(drawn, supply, drawn.devices[step[0] % len(drawn.devices)][0])
            assert_behind(drawn, supply, drawn.devices[step[0] // 7 % len(drawn.devices)][0])
            assert_isolated(drawn, supply, drawn.devices[step[0] // 3 % len(drawn.devices)][0])
            before = now
        assert_status(drawn, supply)
        assert_ways(drawn, supply)
        assert_rings(drawn, supply)
        assert_picked_up(drawn, supply, drawn.devices[steps[0][0] // 3 % len(drawn.devices)][0])

    check()


def assert_behind(drawn, supply: Supply, device: str) -> None:
    points, devices = drawn.downstream(device)
    trace = downstream(tree=supply, device=device)
    assert {one.id: one.phases for one in trace.service_points} == points
    assert {one.id: one.phases for one in trace.devices} == devices
    behind = supply.service_points_behind(supply.network.device_index(device))
    assert sorted(supply.network.service_point_ids(behind)) == sorted(points)


def assert_status(drawn, supply: Supply) -> None:
    for point, _, taken, _ in drawn.service_points:
        has = drawn.service_phases(point)
        expected = "supplied" if has == taken else "partly_out" if has else "out"
        assert supply.status_of_service_point(supply.network.service_point_index(point)) == expected


def assert_ways(drawn, supply: Supply) -> None:
    """A way is a shortest one, leads to a source, and its first protective device is the first on it."""
    network = supply.network
    protective = first_protective_devices(supply)
    ends = {device: {start, stop} for device, _, start, stop, _, _ in drawn.devices}
    kinds = {device: kind for device, kind, *_ in drawn.devices}
    for point, node, _, _ in drawn.service_points:
        index = network.service_point_index(point)
        has = drawn.service_phases(point)
        for bit, phase in zip(PHASE_BITS, "ABC", strict=True):
            way = way_to_source(supply, int(network.service_point_nodes[index]), bit)
            assert (way is None) == (drawn.distance(phase, node) is None)
            if way is None:
                continue
            assert len(way.devices) == drawn.distance(phase, node)
            reached = node
            for device in network.device_ids(way.devices):
                assert phase not in drawn.open_phases.get(device, "")
                (reached,) = ends[device] - {reached}
            assert network.node_ids([way.source]) == [reached]
            assert reached in drawn.sources
            if has[:1] == phase and not drawn.looped(phase):
                passed = [one for one in network.device_ids(way.devices) if kinds[one] in PROTECTIVE]
                found = protective[index]
                assert network.device_ids([found] if found >= 0 else []) == passed[:1]
        assert has or protective[index] == -1


PROTECTIVE = {"breaker", "recloser", "sectionalizer", "fuse"}
SWITCHABLE = PROTECTIVE | {"switch", "disconnector"}


def assert_rings(drawn, supply: Supply) -> None:
    rings = rings_of(supply)
    unswitched = rings_of(Supply(supply.tree))
    assert unswitched == ()
    for ring in rings:
        for phase in ring.phases:
            assert ring.device in drawn.looped(phase)
            assert set(ring.devices) <= drawn.looped(phase)
    for place, phase in enumerate("ABC"):
        walked = next(one for one in supply.tree.supplies if one.phases & PHASE_BITS[place])
        if not len(walked.forest.other_edges):
            closing = {ring.device for ring in rings if phase in ring.phases}
            opened = replace(
                drawn,
                open_phases={
                    one: phases + (phase if one in closing else "")
                    for one, phases in drawn.open_phases.items()
                },
            )
            assert opened.looped(phase) == set()
            assert opened.energised(phase) == drawn.energised(phase)


def assert_isolated(drawn, supply: Supply, device: str) -> None:
    """Nothing feeds a faulted device from outside when what was named is open, and nothing more is."""
    found = isolate(supply=supply, faulted=[device])
    opened = replace(drawn, open_phases={**drawn.open_phases, **dict.fromkeys(found.to_open, "ABC")})
    section = section_nodes(drawn, device)
    assert set(found.sources) == section & set(drawn.sources)
    assert found.service_points == tuple(
        sorted(point for point, node, *_ in drawn.service_points if node in section)
    )
    if not found.sources:
        assert all(not opened.node_phases(node) for node in section)
    bounding = {
        one
        for one, kind, start, stop, *_ in drawn.devices
        if {start, stop} & section and one not in found.devices
    }
    is_closed = {
        one: set(phases) - set(drawn.open_phases.get(one, "")) for one, _, _, _, phases, _ in drawn.devices
    }
    assert set(found.to_open) == {one for one in bounding if is_closed[one]}
    assert set(found.already_open) == {one for one in bounding if not is_closed[one]}


def section_nodes(drawn, device: str) -> set[str]:
    """What the device reaches over closed devices that nobody can switch, and over itself."""
    ((_, _, start, stop, _, _),) = [row for row in drawn.devices if row[0] == device]
    section, growing = {start, stop}, True
    while growing:
        growing = False
        for one, kind, left, right, phases, _ in drawn.devices:
            passable = one == device or (
                kind not in SWITCHABLE and set(phases) - set(drawn.open_phases.get(one, ""))
            )
            if passable and len(section & {left, right}) == 1:
                section |= {left, right}
                growing = True
    return section


def assert_picked_up(drawn, supply: Supply, device: str) -> None:
    """Every proposal gives supply to exactly those it names and none to the section; no tie is missed."""
    section = section_nodes(drawn, device)
    if section & set(drawn.sources):
        return
    to_open = isolate(supply=supply, faulted=[device]).to_open
    isolated = replace(drawn, open_phases={**drawn.open_phases, **dict.fromkeys(to_open, "ABC")})
    proposals = pick_ups(supply=supply, faulted=[device])
    for one in proposals:
        closed = replace(isolated, open_phases={**isolated.open_phases, **dict.fromkeys(one.close, "")})
        assert sorted(gained(isolated, closed)) == list(one.service_points)
        assert all(not closed.node_phases(node) for node in section)
        steps = {**drawn.open_phases, **dict.fromkeys(one.open_first, "ABC"), **dict.fromkeys(one.close, "")}
        stepped = replace(drawn, open_phases=steps)
        assert all(not stepped.node_phases(node) for node in section)
    single = {one.close[0] for one in proposals if len(one.close) == 1}
    assert single == expected_ties(drawn, supply, isolated, section, set(to_open))


def gained(before, after) -> set[str]:
    return {
        point
        for point, *_ in before.service_points
        if set(after.service_phases(point)) - set(before.service_phases(point))
    }


def expected_ties(drawn, supply: Supply, isolated, section: set[str], to_open: set[str]) -> set[str]:
    """Try every open switchable device away from the section, between a dead place near it and a live one."""
    normal = energised(supply.network, Supply(supply.tree))
    lacking = {
        node
        for node in drawn.nodes
        if set(normal[node]) - set(isolated.node_phases(node)) and node not in section
    }
    region, growing = set(section), True
    while growing:
        growing = False
        for one, _, start, stop, phases, _ in drawn.devices:
            if one in to_open or set(phases) - set(drawn.open_phases.get(one, "")):
                reached = {start, stop} & region
                if len(reached) == 1 and not ({start, stop} - region) - lacking:
                    region |= {start, stop}
                    growing = True
    dead = region - section
    ties = set()
    for one, kind, start, stop, phases, _ in drawn.devices:
        is_open = set(phases) & set(isolated.open_phases.get(one, ""))
        if kind not in SWITCHABLE or not is_open or {start, stop} & section:
            continue
        ends = [(start, stop), (stop, start)]
        if any(near in dead and isolated.node_phases(far) for near, far in ends):
            closed = replace(isolated, open_phases={**isolated.open_phases, one: ""})
            if gained(isolated, closed):
                ties.add(one)
    return ties
