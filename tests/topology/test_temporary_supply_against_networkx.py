"""Cuts, jumpers and generators beside a twin that draws them into a networkx graph and walks all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology.isolation import isolate
from topology.phases import PHASE_BITS, format_phases, parse_phases
from topology.protection import first_protective_devices
from topology.rings import ring_findings, rings_of
from topology.supply import Supply
from topology.supply_tree import SupplyTree
from topology.temporarily_supplied import temporarily_supplied
from topology.temporary_supply import Cut, Generator, Jumper, Temporary
from topology.trace import downstream, upstream
from topology.ways import way_to_source

LINES = {"overhead", "underground"}
SWITCHABLE = {"breaker", "recloser", "sectionalizer", "fuse", "switch", "disconnector"}
PLACED = st.lists(
    st.tuples(
        st.sampled_from(["cut", "jumper", "jumper", "generator"]),
        st.integers(0, 99),
        st.integers(0, 99),
        st.sampled_from(["ABC", "ABC", "A", "BC"]),
    ),
    max_size=4,
)
SWITCHED = st.lists(st.tuples(st.integers(0, 99), st.booleans()), max_size=4)


@dataclass(frozen=True)
class Twin:
    """A drawn network with what is placed; a graph of all nodes is drawn for each phase anew."""

    drawn: object
    placed: tuple[Temporary, ...] = ()

    def graph(self, phase: str, without: tuple[str, ...] = ()) -> nx.MultiGraph:
        graph = self.drawn.live(phase, *without)
        graph.add_edges_from(("earth", source, f"*{source}") for source in self.drawn.sources)
        cut = {
            one.device for one in self.placed if isinstance(one, Cut) and phase in format_phases(one.phases)
        }
        graph.remove_edges_from([edge for edge in graph.edges(keys=True) if edge[2] in cut])
        for one in self.placed:
            if isinstance(one, Cut) or one.id in without or phase not in format_phases(one.phases):
                continue
            ends = (one.from_node, one.to_node) if isinstance(one, Jumper) else ("earth", one.node)
            if all(end == "earth" or self.can_carry(end, phase) for end in ends):
                graph.add_edge(*ends, key=one.id)
        graph.add_node("earth")
        return graph

    def can_carry(self, node: str, phase: str) -> bool:
        return node in self.drawn.sources or any(
            phase in phases for _, _, start, stop, phases, _ in self.drawn.devices if node in (start, stop)
        )

    def fed(self, phase: str, without: tuple[str, ...] = ()) -> set[str]:
        return nx.node_connected_component(self.graph(phase, without), "earth") - {"earth"}

    def node_phases(self, node: str) -> str:
        return "".join(phase for phase in "ABC" if node in self.fed(phase))

    def service_phases(self, *without: str) -> dict[str, str]:
        fed = {phase: self.fed(phase, without) for phase in "ABC"}
        has = {
            point: "".join(phase for phase in "ABC" if phase in taken and node in fed[phase])
            for point, node, taken, _ in self.drawn.service_points
        }
        return {point: phases for point, phases in has.items() if phases}


def place(drawn, supply: Supply, chosen) -> tuple[Twin, Supply]:
    """Place what was drawn on both sides; a cut is at some end of some line section."""
    lines = [row for row in drawn.devices if row[1] in LINES]
    twin = Twin(drawn)
    for number, (kind, first, second, letters) in enumerate(chosen):
        id_, phases = f"T{number}", parse_phases(letters)
        nodes = drawn.nodes[first % len(drawn.nodes)], drawn.nodes[second % len(drawn.nodes)]
        if kind == "cut" and lines:
            line = lines[first % len(lines)]
            one: Temporary = Cut(id_, line[0], line[2 + second % 2], phases)
        elif kind == "jumper" and nodes[0] != nodes[1]:
            one = Jumper(id_, *nodes, phases)
        else:
            one = Generator(id_, nodes[0], phases)
        twin = replace(twin, placed=(*twin.placed, one))
        supply = supply.with_temporary(supply.temporary.placed(one))
    return twin, supply


def switch(drawn, supply: Supply, steps):
    for number, opens in steps:
        device = drawn.devices[number % len(drawn.devices)][0]
        index = supply.network.device_index(device)
        supply = supply.opened([index]) if opens else supply.closed([index])
        drawn = replace(drawn, open_phases={**drawn.open_phases, device: "ABC" if opens else ""})
    return drawn, supply


def differing(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    """What of `before` is not in `after`."""
    gone = {one: "".join(p for p in phases if p not in after.get(one, "")) for one, phases in before.items()}
    return {one: phases for one, phases in gone.items() if phases}


def named(supply: Supply, points, masks) -> dict[str, str]:
    ids = supply.network.service_point_ids(points)
    return {one: format_phases(mask) for one, mask in zip(ids, masks.tolist(), strict=True) if mask}


@pytest.mark.parametrize("block", range(2))
def test_every_trace_respects_what_is_temporary(
    block: int, twin: ModuleType, tree_of_rows: Callable[..., SupplyTree]
):
    @settings(max_examples=150, deadline=None)
    @given(drawn=twin.drawn_networks(), chosen=PLACED, steps=SWITCHED, asked=st.integers(0, 99))
    def check(drawn, chosen, steps, asked):
        normal = Supply(tree_of_rows(drawn))
        if drawn.devices:
            drawn, normal = switch(drawn, normal, steps)
        plain = Twin(drawn)
        slow, supply = place(drawn, normal, chosen)
        names = supply.network.node_ids(range(supply.network.node_count))
        expected = {node: slow.node_phases(node) for node in drawn.nodes}
        assert dict(zip(names, map(format_phases, supply.node_phases.tolist()), strict=True)) == expected

        change = supply.change_since(normal)
        before, now = plain.service_phases(), slow.service_phases()
        assert named(supply, change.service_points, change.lost) == differing(before, now)
        assert named(supply, change.service_points, change.gained) == differing(now, before)

        only = temporarily_supplied(supply)
        feeds = [one.id for one in slow.placed if not isinstance(one, Cut)]
        assert named(supply, only.service_points, only.gained) == differing(now, slow.service_phases(*feeds))
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


def assert_ways(slow: Twin, supply: Supply) -> None:
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


def assert_rings(slow: Twin, supply: Supply) -> None:
    """What closes a ring can go without anybody losing supply, and so can each other device of the ring."""
    ring_findings(supply)
    for ring in rings_of(supply):
        for phase in ring.phases:
            for device in ring.devices:
                assert slow.fed(phase, (device,)) == slow.fed(phase)


def assert_behind(slow: Twin, supply: Supply, device: str) -> None:
    trace = downstream(tree=supply, device=device)
    lost = differing(slow.service_phases(), slow.service_phases(device))
    assert {one.id: one.phases for one in trace.service_points} == lost
    behind = supply.service_points_behind(supply.network.device_index(device))
    assert sorted(supply.network.service_point_ids(behind)) == sorted(lost)


def assert_isolated(slow: Twin, supply: Supply, device: str) -> None:
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
