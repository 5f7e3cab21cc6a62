"""Feeders and rings of an OpenDSS circuit: what only the whole of its rows tells.

Owns which feeder a device is of (the energy meter that stands before it), and rings that no phase goes round.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

import networkx as nx

from topology.findings import Finding, count_things, name_ids
from topology.phases import PHASE_BITS, parse_phases

Row = Mapping[str, Any]


def feeders_of(rows: Iterable[Row], *, sources: Iterable[str], heads: Mapping[str, str]) -> dict[str, str]:
    """Return the feeder of each device by id: the last head on the way from the source, the head included.

    `heads` gives the feeder that begins with a device. Normally open devices have the feeder of the end
    that is reached first.
    """
    at_node: dict[str, list[Row]] = {}
    for row in rows:
        for end in ("from_node", "to_node"):
            at_node.setdefault(row[end], []).append(row)
    feeder_of_node: dict[str, str | None] = dict.fromkeys(sources)
    feeders: dict[str, str] = {}
    waiting = deque(feeder_of_node)
    seen: set[str] = set()
    while waiting:
        node = waiting.popleft()
        for row in at_node.get(node, ()):
            if row["id"] in seen:
                continue
            seen.add(row["id"])
            feeder = heads.get(row["id"], feeder_of_node[node])
            if feeder is not None:
                feeders[row["id"]] = feeder
            far = row["to_node"] if row["from_node"] == node else row["from_node"]
            if not row.get("normally_open") and far not in feeder_of_node:
                feeder_of_node[far] = feeder
                waiting.append(far)
    return feeders


def rings_without_a_phase(rows: Iterable[Row]) -> tuple[Finding, ...]:
    """Return a finding for each ring of nodes that no single phase goes all the way round.

    Phase by phase such a ring is radial, so the topology finds no loop; in the field it is a line put at a
    wrong place or on a wrong phase. Devices side by side are one edge: three single-phase regulators are a
    bank and no ring.
    """
    graph: nx.Graph[Any] = nx.Graph()
    for row in rows:
        if row.get("normally_open") or row["from_node"] == row["to_node"] or not row["phases"]:
            continue
        edge = graph.get_edge_data(row["from_node"], row["to_node"], {"mask": 0, "ids": []})
        graph.add_edge(
            row["from_node"],
            row["to_node"],
            mask=edge["mask"] | parse_phases(row["phases"]),
            ids=[*edge["ids"], row["id"]],
        )
    graph.remove_edges_from(list(nx.bridges(graph)))
    findings = []
    for nodes in nx.connected_components(graph):
        ring = graph.subgraph(nodes)
        if ring.number_of_edges() and not any(_goes_round(ring, bit) for bit in PHASE_BITS):
            ids = sorted(one for _, _, edge in ring.edges(data=True) for one in edge["ids"])
            text = (
                f"{count_things(len(ids), 'device')} close a ring that no single phase goes all round "
                f"(is one on a wrong phase, or between wrong nodes?): {name_ids(ids)}."
            )
            findings.append(Finding("phase_clash_ring", "device", tuple(ids), text))
    return tuple(findings)


def _goes_round(ring: "nx.Graph[Any]", bit: int) -> bool:
    edges = [(one, other) for one, other, edge in ring.edges(data=True) if edge["mask"] & bit]
    return bool(edges) and not nx.is_forest(nx.Graph(edges))
