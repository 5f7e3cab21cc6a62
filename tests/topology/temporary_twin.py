"""The twin of temporary supply: cuts, jumpers and generators drawn into a networkx graph, all of it walked.

Loaded by path in `conftest.py`, as the other twins are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import networkx as nx
from hypothesis import strategies as st

from topology.phases import format_phases, parse_phases
from topology.supply import Supply
from topology.temporary_supply import Cut, Generator, Jumper, Temporary

LINES = {"overhead", "underground"}
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
