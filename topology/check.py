"""What is wrong with a network as a whole, in its normal state. Unusable rows are found by `build`.

Owns the rules, one function each. A rule makes one finding (or one per island or loop), however many ids it
concerns: a list of ten thousand findings helps nobody.
"""

from __future__ import annotations

import numpy as np

from topology.arrays import BoolArray, Indices, IntArray, LongArray, MaskArray
from topology.findings import Finding, count_things, name_ids
from topology.kinds import CODE_OF_KIND, DeviceKind, Layer, layer_of
from topology.loops import find_fed_twice, find_loops, find_phase_clashes, islands
from topology.network import Network
from topology.phases import format_phases
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState

# Beyond this many islands the smaller ones share a finding.
ISLANDS_NAMED = 20
NODE_LAYER = "node"


def check_network(network: Network) -> tuple[Finding, ...]:
    """Return what is wrong with a network in its normal state, the gravest rules first."""
    tree = SupplyTree(network, SwitchState.normal(network))
    joined = islands(network, np.arange(network.device_count))
    has_source = np.zeros(int(joined.max(initial=-1)) + 1, dtype=np.bool_)
    has_source[joined[network.node_is_source]] = True
    reachable = has_source[joined]
    return (
        *_no_source(network),
        *_islands(network, joined, reachable),
        *_switched_off(tree, reachable),
        *_unsupplied_service_points(tree, reachable),
        *find_loops(tree, rule="normal_state_loop"),
        *find_phase_clashes(tree),
        *find_fed_twice(tree),
        *_vanished_phases(tree),
        *_dangling_ends(network),
    )


def _no_source(network: Network) -> tuple[Finding, ...]:
    if network.node_is_source.any():
        return ()
    text = "No node is a source, so nothing has supply; mark the nodes where supply enters (is_source)."
    return (Finding("no_source", NODE_LAYER, (), text),)


def _islands(network: Network, joined: IntArray, reachable: BoolArray) -> tuple[Finding, ...]:
    """Nodes with no path to a source even with all switches closed, an island a finding."""
    nodes = np.flatnonzero(~reachable)
    if not network.node_is_source.any() or not len(nodes):
        return ()
    _, inverse, counts = np.unique(joined[nodes], return_inverse=True, return_counts=True)
    largest = np.argsort(-counts, kind="stable")[:ISLANDS_NAMED]
    named = [nodes[inverse == number] for number in largest.tolist() if counts[number] > 1]
    rest = nodes[~np.isin(nodes, np.concatenate([*named, nodes[:0]]))]
    points = np.bincount(network.service_point_nodes, minlength=network.node_count)
    why = "has no path to a source even with all switches closed"
    findings = []
    for island in named:
        ids = network.node_ids(island)
        things = (
            f"{count_things(len(ids), 'node')} and {count_things(int(points[island].sum()), 'service point')}"
        )
        findings.append(
            Finding("island", NODE_LAYER, tuple(ids), f"An island of {things} {why}: {name_ids(ids)}.")
        )
    if len(rest):
        ids = network.node_ids(rest)
        things = (
            f"{count_things(len(ids), 'node')} and {count_things(int(points[rest].sum()), 'service point')}"
        )
        text = f"{things}, alone or in small islands: each {why}: {name_ids(ids)}."
        findings.append(Finding("island", NODE_LAYER, tuple(ids), text))
    return tuple(findings)


def _switched_off(tree: SupplyTree, reachable: BoolArray) -> tuple[Finding, ...]:
    """Nodes that only normally open switches keep from a source.

    A node between open switches with nothing else at it is how a tie is often drawn, and no finding.
    """
    network = tree.network
    closed = tree.closed_phases > 0
    attached = _degree(network, np.flatnonzero(closed))
    attached += np.bincount(network.service_point_nodes, minlength=network.node_count)
    live = islands(network, np.flatnonzero(closed))
    with_source = np.zeros(int(live.max(initial=-1)) + 1, dtype=np.bool_)
    with_source[live[network.node_is_source]] = True
    ids = network.node_ids(np.flatnonzero(reachable & ~with_source[live] & (attached > 0)))
    if not ids:
        return ()
    counted = count_things(len(ids), "node")
    text = f"{counted} cut off from every source by normally open switches: {name_ids(ids)}."
    return (Finding("switched_off", NODE_LAYER, tuple(ids), text),)


def _unsupplied_service_points(tree: SupplyTree, reachable: BoolArray) -> tuple[Finding, ...]:
    network = tree.network
    dead = np.flatnonzero(tree.service_point_phases == 0)
    if not len(dead):
        return ()
    alone = int((~reachable[network.service_point_nodes[dead]]).sum())
    reasons = []
    if alone:
        reasons.append(f"{alone:,} with no path to a source")
    if len(dead) > alone:
        reasons.append(f"{len(dead) - alone:,} behind open switches or phases that do not reach them")
    ids = network.service_point_ids(dead)
    text = (
        f"{count_things(len(ids), 'service point')} without supply in the normal state "
        f"({' and '.join(reasons)}): {name_ids(ids)}."
    )
    return (Finding("unsupplied_service_point", Layer.SERVICE_POINT, tuple(ids), text),)


def _vanished_phases(tree: SupplyTree) -> tuple[Finding, ...]:
    """Closed devices that carry phases which the supply in front does not, and services that take such.

    Named are the devices where phases vanish, not all those behind them; but every service point, since the
    letter may be wrong there as well as in front.
    """
    return (*_vanished_at_devices(tree), *_vanished_at_service_points(tree))


def _vanished_at_devices(tree: SupplyTree) -> tuple[Finding, ...]:
    network = tree.network
    from_phases = tree.node_phases[network.device_from_nodes]
    to_phases = tree.node_phases[network.device_to_nodes]
    energised = from_phases | to_phases
    vanished: MaskArray = np.where(energised > 0, tree.closed_phases & ~energised, 0).astype(np.uint8)
    devices = np.flatnonzero(vanished)
    if not len(devices):
        return ()
    above = _device_above(tree, devices)
    inherited = np.where(above >= 0, np.append(vanished, 0)[above], 0).astype(np.uint8)
    firsts = devices[(vanished[devices] & ~inherited) > 0]
    findings = []
    for layer in (Layer.LINE_SECTION, Layer.SWITCH, Layer.TRANSFORMER):
        here = np.array(
            [one for one in firsts.tolist() if layer_of(network.device_kind(one)) is layer], dtype=np.int64
        )
        if len(here):
            names = network.device_ids(here)
            what = "carrying phases that the supply in front does not"
            findings.append(_vanished(layer, names, network.device_phases[here], vanished[here], what))
    return tuple(findings)


def _vanished_at_service_points(tree: SupplyTree) -> tuple[Finding, ...]:
    """Where a node has no supply at all, that is another finding."""
    network = tree.network
    at_node = tree.node_phases[network.service_point_nodes]
    lacking = network.service_point_phases & ~at_node
    points = np.flatnonzero((at_node > 0) & (lacking > 0))
    if not len(points):
        return ()
    names, taken = network.service_point_ids(points), network.service_point_phases[points]
    what = "taking phases that their node has no supply on"
    return (_vanished(Layer.SERVICE_POINT, names, taken, lacking[points], what),)


def _vanished(layer: Layer, ids: list[str], phases: MaskArray, lacking: MaskArray, what: str) -> Finding:
    said = [
        f"{one} ({format_phases(has)}, without {format_phases(lacks)})"
        for one, has, lacks in zip(ids, phases.tolist(), lacking.tolist(), strict=True)
    ]
    counted = count_things(len(ids), layer.replace("_", " "))
    text = f"{counted} {what}: {name_ids(said)}."
    return Finding("vanished_phases", layer, tuple(ids), text)


def _device_above(tree: SupplyTree, devices: LongArray) -> LongArray:
    """Return the device that feeds the supplied end of each device, -1 at a source."""
    network = tree.network
    above = np.full(len(devices), -1, dtype=np.int64)
    for supply in reversed(tree.supplies):
        walk = supply.walk
        starts = walk.position_of_node[network.device_from_nodes[devices]]
        stops = walk.position_of_node[network.device_to_nodes[devices]]
        earlier = np.where((starts < 0) | ((stops >= 0) & (stops < starts)), stops, starts)
        fed = np.flatnonzero(earlier >= 0)
        above[fed] = walk.parent_edge[earlier[fed]]
    return above


def _dangling_ends(network: Network) -> tuple[Finding, ...]:
    """Line sections with an end where nothing else is attached."""
    attached = _degree(network, np.arange(network.device_count))
    attached += np.bincount(network.service_point_nodes, minlength=network.node_count)
    attached += network.node_is_source
    lines = np.array(
        [code for kind, code in CODE_OF_KIND.items() if layer_of(DeviceKind(kind)) is Layer.LINE_SECTION]
    )
    is_dangling = (attached[network.device_from_nodes] == 1) | (attached[network.device_to_nodes] == 1)
    ids = network.device_ids(np.flatnonzero(is_dangling & np.isin(network.device_kind_codes, lines)))
    if not ids:
        return ()
    counted = count_things(len(ids), "line section")
    text = f"{counted} with an end where nothing else is attached: {name_ids(ids)}."
    return (Finding("dangling_end", Layer.LINE_SECTION, tuple(ids), text),)


def _degree(network: Network, devices: Indices) -> LongArray:
    """Return how many of these devices each node has."""
    ends = np.concatenate([network.device_from_nodes[devices], network.device_to_nodes[devices]])
    return np.bincount(ends, minlength=network.node_count)
