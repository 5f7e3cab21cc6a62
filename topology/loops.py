"""Loops and places fed from two sources, under any switch state: found exactly, and never silently resolved.

Rule 1: a loop is a 2-edge-connected part of the closed devices, each island walked from one of its nodes, so
that two sources in one island close no loop here. Loops that share a node are one part.
Rule 2: an island with more than one source is fed twice; the devices on a way between its sources are named.
Rule 3: a ring that no single phase goes all round is radial phase by phase, and yet a ring in the field: a
line between wrong nodes or on a wrong phase. Devices side by side are no ring of this kind (a bank of three).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from topology.arrays import Indices, IntArray, LongArray
from topology.findings import Finding, count_things, name_ids
from topology.network import Network
from topology.phases import ABC, PHASE_BITS, format_phases
from topology.supply_tree import PhaseSupply, SupplyTree
from topology.walk import NO_EDGE, Walk, walk_from


def find_loops(tree: SupplyTree, *, rule: str = "loop") -> tuple[Finding, ...]:
    """Return a finding for each looped part, naming its devices; opening one of them puts nobody out."""
    phases_of_part: dict[tuple[int, ...], int] = {}
    for supply in tree.supplies:
        for part in _looped_parts(tree, supply):
            phases_of_part[part] = phases_of_part.get(part, 0) | supply.phases
    findings = []
    for part, phases in sorted(phases_of_part.items()):
        ids = tree.network.device_ids(np.array(part))
        text = f"{count_things(len(ids), 'device')} form a loop{_on(phases)}: {name_ids(ids)}."
        findings.append(Finding(rule, "device", tuple(ids), text))
    return tuple(findings)


def find_fed_twice(tree: SupplyTree, *, rule: str = "fed_twice") -> tuple[Finding, ...]:
    """Return a finding for each island with several sources, naming them and the devices between them."""
    phases_of_case: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
    for supply in tree.supplies:
        for case in _islands_fed_twice(tree, supply):
            phases_of_case[case] = phases_of_case.get(case, 0) | supply.phases
    findings = []
    for (sources, between), phases in sorted(phases_of_case.items()):
        source_ids, device_ids = (
            tree.network.node_ids(np.array(sources)),
            tree.network.device_ids(np.array(between)),
        )
        text = (
            f"{len(sources)} sources feed one island{_on(phases)}: {name_ids(source_ids)}, "
            f"joined by {count_things(len(device_ids), 'device')}: {name_ids(device_ids)}."
        )
        findings.append(Finding(rule, "node", (*source_ids, *device_ids), text))
    return tuple(findings)


def find_phase_clashes(tree: SupplyTree, *, rule: str = "phase_clash_ring") -> tuple[Finding, ...]:
    """Return a finding for each ring that no single phase goes all round (rule 3), naming its devices."""
    network, devices = tree.network, np.flatnonzero(tree.closed_phases)
    ends = np.sort([network.device_from_nodes[devices], network.device_to_nodes[devices]], axis=0)
    pairs = ends[0].astype(np.int64) * network.node_count + ends[1]
    _, firsts, sides = np.unique(pairs, return_index=True, return_inverse=True)
    ring_of_side = _ring_of_each(network, devices[firsts])
    findings = []
    for ring in np.unique(ring_of_side[ring_of_side >= 0]).tolist():
        around = devices[ring_of_side[sides] == ring]
        if not any(_goes_round(tree, around, bit) for bit in PHASE_BITS):
            ids = network.device_ids(around)
            text = (
                f"{count_things(len(ids), 'device')} close a ring that no single phase goes all round "
                f"(is one on a wrong phase, or between wrong nodes?): {name_ids(ids)}."
            )
            findings.append(Finding(rule, "device", tuple(ids), text))
    return tuple(findings)


def _ring_of_each(network: Network, devices: Indices) -> LongArray:
    """Return for each of some devices the number of the 2-edge-connected part it lies in, -1 for a bridge."""
    _, representatives = np.unique(islands(network, devices), return_index=True)
    walk = walk_from(
        roots=representatives,
        node_count=network.node_count,
        edges=np.arange(len(devices)),
        from_nodes=network.device_from_nodes[devices],
        to_nodes=network.device_to_nodes[devices],
    )
    ring = np.full(len(devices), -1, dtype=np.int64)
    looped = np.flatnonzero(~walk.is_bridge)
    ring[walk.parent_edge[looped]] = walk.part[looped]
    ring[walk.other_edges] = walk.part[walk.other_positions]
    return ring


def _goes_round(tree: SupplyTree, devices: Indices, phase: int) -> bool:
    """Tell whether a phase closes a ring over some devices; those side by side count as one.

    A graph without rings has as many edges as nodes less parts.
    """
    carrying = devices[(tree.closed_phases[devices] & phase) > 0]
    ends = [tree.network.device_from_nodes[carrying], tree.network.device_to_nodes[carrying]]
    nodes, places = np.unique(ends, return_inverse=True)
    pairs = np.unique(np.sort(places.reshape(2, -1), axis=0), axis=1)
    ones = np.ones(pairs.shape[1], dtype=np.int8)
    joined = sparse.coo_array((ones, pairs), shape=(len(nodes), len(nodes)))
    parts = connected_components(joined, directed=False)[0] if len(nodes) else 0
    return bool(pairs.shape[1] > len(nodes) - parts)


def islands(network: Network, devices: Indices) -> IntArray:
    """Return for each node the number of the island that these devices join it to."""
    ends = (network.device_from_nodes[devices], network.device_to_nodes[devices])
    ones = np.ones(len(devices), dtype=np.int8)
    joined = sparse.coo_array((ones, ends), shape=(network.node_count, network.node_count))
    return np.asarray(connected_components(joined, directed=False)[1], dtype=np.int32)


def _closed_devices(tree: SupplyTree, supply: PhaseSupply) -> LongArray:
    return np.flatnonzero(tree.closed_phases & (supply.phases & -supply.phases))


def _looped_parts(tree: SupplyTree, supply: PhaseSupply) -> list[tuple[int, ...]]:
    network, devices = tree.network, _closed_devices(tree, supply)
    _, representatives = np.unique(islands(network, devices), return_index=True)
    walk = walk_from(
        roots=representatives,
        node_count=network.node_count,
        edges=devices,
        from_nodes=network.device_from_nodes[devices],
        to_nodes=network.device_to_nodes[devices],
    )
    if not len(walk.other_edges):
        return []
    tree_positions = np.flatnonzero(~walk.is_bridge)
    looped = np.concatenate([walk.parent_edge[tree_positions], walk.other_edges])
    parts = walk.part[np.concatenate([tree_positions, walk.other_positions])]
    return [tuple(sorted(group)) for group in _grouped(looped, parts)]


def _islands_fed_twice(
    tree: SupplyTree, supply: PhaseSupply
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    network, walk = tree.network, supply.walk
    sources = np.flatnonzero(network.node_is_source)
    island = islands(network, _closed_devices(tree, supply))
    numbers, counts = np.unique(island[sources], return_counts=True)
    doubled = numbers[counts > 1]
    if not len(doubled):
        return []
    joining = _between_sources(walk)
    island_of_joining = island[network.device_from_nodes[joining]]
    cases = []
    for number in doubled.tolist():
        between = joining[island_of_joining == number]
        cases.append((tuple(sources[island[sources] == number].tolist()), tuple(np.sort(between).tolist())))
    return cases


def _between_sources(walk: Walk) -> LongArray:
    """Return the devices of the part that holds the virtual root: those on some way from source to source.

    Loops that touch such a way are in the same part, and named with it.
    """
    in_part = (walk.part == 0) & (walk.parent_edge != NO_EDGE) & ~walk.is_bridge
    others = walk.other_edges[walk.part[walk.other_positions] == 0]
    return np.concatenate([walk.parent_edge[in_part], others]).astype(np.int64)


def _grouped(values: IntArray, groups: IntArray) -> list[list[int]]:
    order = np.argsort(groups, kind="stable")
    _, firsts = np.unique(groups[order], return_index=True)
    return [group.tolist() for group in np.split(values[order], firsts[1:])]


def _on(phases: int) -> str:
    return "" if phases == ABC else f" on phase {' and '.join(format_phases(phases))}"
