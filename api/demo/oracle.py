"""Who really loses supply when a device opens: the demo's independent judge of every affected list.

Written apart from the product on purpose: it reads the tables of the GeoPackage with SQLite and walks them
with networkx, and imports nothing of `topology`, `gis` or `dispatch`: an error there cannot repeat here.

RULE 1: one graph per phase; an edge conducts on the letters it carries, unless it is normally open.
RULE 2: a node is supplied on a phase when a walk from any source reaches it on that phase.
RULE 3: a service point loses supply when one of its phases was at its node before, and is not after.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import networkx as nx

PHASES = "ABC"
_SOURCE = "\0source of all sources"  # no id in a GeoPackage holds a NUL


@dataclass(frozen=True, slots=True)
class _Edge:
    id: str
    ends: tuple[str, str]
    phases: str


@dataclass(frozen=True, slots=True)
class _ServicePoint:
    id: str
    node: str
    phases: str


class Oracle:
    """The network of one GeoPackage in its normal state, and what opening one device does to it."""

    def __init__(self, path: Path) -> None:
        """Read the network package at `path`."""
        self._graphs: dict[str, nx.MultiGraph[str]] = {phase: nx.MultiGraph() for phase in PHASES}
        self._edges: dict[str, _Edge] = {}
        self._service_points: dict[str, _ServicePoint] = {}
        self._at_node: dict[str, list[_ServicePoint]] = defaultdict(list)
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            self._read(database)
        self._supplied = {phase: self._reached(phase) for phase in PHASES}

    @property
    def service_point_count(self) -> int:
        """The number of service points in the package."""
        return len(self._service_points)

    def who_loses_supply(self, device: str) -> frozenset[str]:
        """Return the service points that are out when the device, or service point, opens on all its phases.

        KeyError when the package has neither.
        """
        if device in self._service_points:
            point = self._service_points[device]
            is_supplied = any(point.node in self._supplied[phase] for phase in point.phases)
            return frozenset({device} if is_supplied else ())
        edge = self._edges[device]
        return frozenset(
            point.id
            for phase in edge.phases
            for node in self._supplied[phase] - self._reached_without(edge, phase)
            for point in self._at_node.get(node, ())
            if phase in point.phases
        )

    def _read(self, database: sqlite3.Connection) -> None:
        for node, is_source in database.execute("SELECT id, is_source FROM node"):
            for graph in self._graphs.values():
                graph.add_node(node)
                if is_source:
                    graph.add_edge(_SOURCE, node)
        for edge in _closed_edges(database):
            self._edges[edge.id] = edge
            for phase in edge.phases:
                self._graphs[phase].add_edge(*edge.ends, key=edge.id)
        for id_, node, phases in database.execute("SELECT id, node, phases FROM service_point"):
            point = _ServicePoint(id_, node, _letters(phases))
            self._service_points[id_] = point
            self._at_node[node].append(point)
        for (device,) in database.execute("SELECT id FROM switch WHERE normally_open"):
            self._edges[device] = _Edge(device, ("", ""), "")  # open already: opening it changes nothing

    def _reached(self, phase: str) -> set[str]:
        graph = self._graphs[phase]
        if _SOURCE not in graph:
            return set()
        reached: set[str] = nx.node_connected_component(graph, _SOURCE)
        return reached - {_SOURCE}

    def _reached_without(self, edge: _Edge, phase: str) -> set[str]:
        graph = self._graphs[phase]
        graph.remove_edge(*edge.ends, key=edge.id)
        try:
            return self._reached(phase)
        finally:
            graph.add_edge(*edge.ends, key=edge.id)


def _closed_edges(database: sqlite3.Connection) -> Iterator[_Edge]:
    for table, condition in (("line_section", "1"), ("switch", "NOT normally_open"), ("transformer", "1")):
        query = f"SELECT id, from_node, to_node, phases FROM {table} WHERE {condition}"  # noqa: S608
        for id_, from_node, to_node, phases in database.execute(query):
            yield _Edge(id_, (from_node, to_node), _letters(phases))


def _letters(phases: str) -> str:
    return "".join(letter for letter in PHASES if letter in phases.upper())
