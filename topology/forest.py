"""A spanning forest over all that some closed devices join: what is live first, then every dead island.

Owns the numbering that switching works on: a stretch of positions is live or dead as a whole until a device
is opened or closed. Service points stand in the order of the positions they are at.

Rule 1: positions below `live_count` hang from the sources under the virtual root (position 0); the islands of
nodes without supply follow, one after the other, the first node of each standing on top of it.
Rule 2: a node has a position when the phase could ever reach it: when some device that carries it, open or
closed, ends there, or when it is a source.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from topology.arrays import BoolArray, Indices, IntArray, LongArray, read_only
from topology.network import Network
from topology.walk import NO_EDGE, Walk, walk_from

NO_POSITION = -1


@dataclass(frozen=True, eq=False)
class Forest:
    """Arrays by position (`node_at` … `is_bridge`), by node, by device, and of the edges outside the trees.

    `counts` holds the number of live positions. `service_points[starts[a]:starts[b]]` are those at positions
    a to b. `other_edges` join `other_earlier` to `other_later`, sorted by the later; `others_by_earlier` are
    their places sorted by the earlier.
    """

    counts: IntArray
    node_at: IntArray
    parent: IntArray
    end: IntArray
    parent_edge: IntArray
    is_bridge: BoolArray
    island_tops: IntArray
    position_of_node: IntArray
    position_of_device: IntArray
    other_edges: IntArray
    other_earlier: IntArray
    other_later: IntArray
    others_by_earlier: IntArray
    service_points: IntArray
    starts: IntArray

    def __post_init__(self) -> None:
        for field in fields(self):
            read_only(getattr(self, field.name))

    @cached_property
    def live_count(self) -> int:
        """How many positions hang from a source, the virtual root among them."""
        return int(self.counts[0])

    @cached_property
    def walk(self) -> Walk:
        """The live part alone, as a walk from the sources."""
        live = self.live_count
        others = int(np.searchsorted(self.other_later, live))
        return Walk(
            position_of_node=np.where(self.position_of_node < live, self.position_of_node, NO_POSITION),
            node_at=self.node_at[:live],
            parent=self.parent[:live],
            end=self.end[:live],
            parent_edge=self.parent_edge[:live],
            other_edges=self.other_edges[:others],
            other_positions=self.other_later[:others],
            is_bridge=self.is_bridge[:live],
        )

    def island_of(self, position: int) -> tuple[int, int]:
        """Return the stretch of the de-energised island that a position beyond the live ones lies in."""
        top = int(self.island_tops[np.searchsorted(self.island_tops, position, side="right") - 1])
        return top, int(self.end[top])

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays by name, as the constructor takes them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def array_names(cls) -> list[str]:
        """Return the names of the arrays of a forest."""
        return [field.name for field in fields(cls)]


def grow_forest(network: Network, *, closed: BoolArray, could_close: BoolArray, served: BoolArray) -> Forest:
    """Return the forest of the closed devices.

    Args:
        network: what is joined.
        closed: by device, those that join their ends.
        could_close: by device, those that might, and the closed ones among them.
        served: by service point, those that belong to this forest wherever their node is part of it.
    """
    devices = np.flatnonzero(closed)
    live = walk_from(
        roots=np.flatnonzero(network.node_is_source),
        node_count=network.node_count,
        edges=devices,
        from_nodes=network.device_from_nodes[devices],
        to_nodes=network.device_to_nodes[devices],
    )
    dead_nodes = _dead_nodes(network, could_close, live)
    dead = _walk_islands(network, devices, live, dead_nodes)
    position_of_node = live.position_of_node
    position_of_node[dead_nodes] = dead.position_of_node + (len(live.node_at) - 1)
    service_points, starts = _in_order(
        network, position_of_node, served, len(live.node_at) + len(dead.node_at) - 1
    )
    return Forest(
        **_joined(network, live, dead, dead_nodes),
        **_others(network, live, dead, position_of_node),
        position_of_node=position_of_node,
        service_points=service_points,
        starts=starts,
    )


def _dead_nodes(network: Network, could_close: BoolArray, live: Walk) -> LongArray:
    reachable = np.zeros(network.node_count, dtype=np.bool_)
    reachable[network.device_from_nodes[could_close]] = True
    reachable[network.device_to_nodes[could_close]] = True
    return np.flatnonzero(reachable & (live.position_of_node < 0))


def _walk_islands(network: Network, devices: Indices, live: Walk, dead_nodes: LongArray) -> Walk:
    """Walk each de-energised island from its first node; node numbers are places in `dead_nodes`."""
    joining = devices[live.position_of_node[network.device_from_nodes[devices]] < 0]
    ends = [
        np.searchsorted(dead_nodes, nodes[joining]).astype(np.int32)
        for nodes in (network.device_from_nodes, network.device_to_nodes)
    ]
    count = len(dead_nodes)
    joined = sparse.coo_array((np.ones(len(joining), dtype=np.int8), ends), shape=(count, count))
    labels = connected_components(joined, directed=False)[1] if count else ends[0]
    _, first_nodes = np.unique(labels, return_index=True)
    return walk_from(roots=first_nodes, node_count=count, edges=joining, from_nodes=ends[0], to_nodes=ends[1])


def _joined(network: Network, live: Walk, dead: Walk, dead_nodes: LongArray) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays by position, the islands behind the live part; their virtual root is left out."""
    shift = len(live.node_at) - 1
    parent_edge = np.concatenate([live.parent_edge, dead.parent_edge[1:]])
    position_of_device = np.full(network.device_count, NO_POSITION, dtype=np.int32)
    below = np.flatnonzero(parent_edge != NO_EDGE)
    position_of_device[parent_edge[below]] = below
    is_top = dead.parent[1:] == 0
    return {
        "counts": np.array([len(live.node_at)], dtype=np.int32),
        "node_at": np.concatenate([live.node_at, dead_nodes[dead.node_at[1:]]]).astype(np.int32),
        "parent": np.append(live.parent, np.where(is_top, NO_POSITION, dead.parent[1:] + shift)),
        "end": np.concatenate([live.end, dead.end[1:] + shift]),
        "parent_edge": parent_edge,
        "is_bridge": np.concatenate([live.is_bridge, dead.is_bridge[1:]]),
        "island_tops": (np.flatnonzero(is_top) + 1 + shift).astype(np.int32),
        "position_of_device": position_of_device,
    }


def _others(
    network: Network, live: Walk, dead: Walk, position_of_node: IntArray
) -> dict[str, npt.NDArray[Any]]:
    """Return the arrays of the edges outside the trees; both walks have them sorted by their later end."""
    edges = np.concatenate([live.other_edges, dead.other_edges])
    from_positions = position_of_node[network.device_from_nodes[edges]]
    to_positions = position_of_node[network.device_to_nodes[edges]]
    earlier = np.minimum(from_positions, to_positions)
    return {
        "other_edges": edges,
        "other_earlier": earlier,
        "other_later": np.maximum(from_positions, to_positions),
        "others_by_earlier": np.argsort(earlier, kind="stable").astype(np.int32),
    }


def _in_order(
    network: Network, position_of_node: IntArray, served: BoolArray, count: int
) -> tuple[IntArray, IntArray]:
    positions = position_of_node[network.service_point_nodes]
    points = np.flatnonzero(served & (positions >= 0))
    points = points[np.argsort(positions[points], kind="stable")]
    at_each = np.bincount(positions[points], minlength=count)
    return points.astype(np.int32), np.concatenate([[0], np.cumsum(at_each)]).astype(np.int32)
