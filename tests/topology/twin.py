"""The slow, obviously right twins of the topology room, and random networks for them.

Loaded by path in `conftest.py`, since there is no package under tests. Everything here works on
`networkx.MultiGraph` by opening devices and looking who still reaches a source.
"""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
from hypothesis import strategies as st

PHASES = "ABC"


@dataclass(frozen=True)
class Drawn:
    """A network as plain rows, with the devices that are open on some phases."""

    nodes: list[str]
    sources: list[str]
    devices: list[tuple[str, str, str, str, str, bool]]  # id, kind, from, to, phases, normally_open
    service_points: list[tuple[str, str, str, int]]  # id, node, phases, customers
    open_phases: dict[str, str]

    def live(self, phase: str, *also_open: str | None) -> nx.MultiGraph:
        graph = nx.MultiGraph()
        graph.add_nodes_from(self.nodes)
        for device, _, start, stop, phases, _ in self.devices:
            is_open = phase in self.open_phases.get(device, "")
            if phase in phases and not is_open and device not in also_open:
                graph.add_edge(start, stop, key=device)
        return graph

    def energised(self, phase: str, *also_open: str | None) -> set[str]:
        graph = self.live(phase, *also_open)
        reached: set[str] = set()
        for source in self.sources:
            reached |= nx.node_connected_component(graph, source)
        return reached

    def node_phases(self, node: str) -> str:
        return "".join(phase for phase in PHASES if node in self.energised(phase))

    def service_phases(self, point: str) -> str:
        """The phases that a service point takes and has."""
        ((node, taken),) = [(at, phases) for id_, at, phases, _ in self.service_points if id_ == point]
        return "".join(phase for phase in self.node_phases(node) if phase in taken)

    def downstream(self, device: str) -> tuple[dict[str, str], dict[str, str]]:
        """Service points and other devices that lose phases when the device opens, with those phases."""
        points: dict[str, str] = {}
        devices: dict[str, str] = {}
        for phase in PHASES:
            lost = self.energised(phase) - self.energised(phase, device)
            for point, node, taken, _ in self.service_points:
                if node in lost and phase in taken:
                    points[point] = points.get(point, "") + phase
            for _, _, other in self.live(phase).edges(lost, keys=True):
                if other != device:
                    devices[other] = "".join(sorted(set(devices.get(other, "") + phase)))
        return points, devices

    def lost_together(self, devices: set[str]) -> set[str]:
        """Service points that lose a phase they take when all these devices open."""
        return {
            point
            for phase in PHASES
            for point, node, taken, _ in self.service_points
            if phase in taken and node in self.energised(phase) - self.energised(phase, *devices)
        }

    def distance(self, phase: str, node: str, without: str | None = None) -> int | None:
        """Fewest devices between a node and any source, None when there is no way."""
        graph = self.live(phase, without)
        ways = [nx.shortest_path_length(graph, s, node) for s in self.sources if nx.has_path(graph, s, node)]
        return min(ways, default=None)

    def looped(self, phase: str) -> set[str]:
        """Energised devices whose opening alone puts no node out, sources taken as one."""
        fed = self.energised(phase)
        return {
            device
            for start, _, device in self.live(phase).edges(keys=True)
            if start in fed and self.energised(phase, device) == fed
        }

    def parts(self, phase: str) -> list[set[str]]:
        """The looped devices in groups: those that bridges do not part."""
        graph = nx.MultiGraph(self.live(phase))
        graph.add_edges_from(("*", source, f"*{source}") for source in self.sources)
        fed = nx.node_connected_component(graph, "*") if self.sources else set()
        graph = graph.subgraph(fed).copy()
        graph.remove_edges_from(list(_bridges(graph)))
        groups = []
        for part in nx.connected_components(graph):
            inside = {
                key for _, _, key in graph.subgraph(part).edges(keys=True) if not str(key).startswith("*")
            }
            if inside:
                groups.append(inside)
        return groups


def _bridges(graph: nx.MultiGraph) -> list[tuple[str, str, str]]:
    whole = nx.number_connected_components(graph)
    found = []
    for edge in list(graph.edges(keys=True)):
        graph.remove_edge(*edge)
        if nx.number_connected_components(graph) > whole:
            found.append(edge)
        graph.add_edge(*edge)
    return found


KINDS = ["overhead", "underground", "breaker", "recloser", "fuse", "switch", "distribution", "station"]
PHASE_SETS = ["ABC", "ABC", "ABC", "A", "B", "AC", "BC"]


@st.composite
def drawn_networks(draw: st.DrawFn, *, only_abc: bool = False) -> Drawn:
    """Radial, looped, multi-source and broken networks with parallel devices and random switch states."""
    count = draw(st.integers(1, 12))
    nodes = [f"N{place}" for place in range(count)]
    sources = sorted(draw(st.sets(st.sampled_from(nodes), max_size=3)))
    phases = st.just("ABC") if only_abc else st.sampled_from(PHASE_SETS)
    pairs = [(place, draw(st.integers(0, place - 1))) for place in range(1, count) if draw(st.integers(0, 9))]
    if count > 1:
        extra = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(
            lambda pair: pair[0] != pair[1]
        )
        pairs += draw(st.lists(extra, max_size=draw(st.sampled_from([0, 0, 2, 6]))))
    devices = [
        (
            f"D{place}",
            draw(st.sampled_from(KINDS)),
            nodes[start],
            nodes[stop],
            draw(phases),
            draw(st.integers(0, 9)) == 0,
        )
        for place, (start, stop) in enumerate(draw(st.permutations(pairs)))
    ]
    at = draw(st.lists(st.sampled_from(nodes), max_size=8))
    points = [(f"P{place}", node, draw(st.sampled_from(PHASE_SETS)), place) for place, node in enumerate(at)]
    open_phases = {
        device: "ABC"
        if normally_open
        else draw(st.sampled_from(["", "", "", "", "ABC", "A" if not only_abc else ""]))
        for device, *_, normally_open in devices
    }
    return Drawn(nodes, sources, devices, points, open_phases)
