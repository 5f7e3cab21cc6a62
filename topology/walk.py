"""One walk from roots over closed edges: a spanning tree in pre-order, and which of its edges are bridges.

Owns the numbering that makes everything behind an edge one contiguous slice. Knows no phases and no devices
but by the number of their edge. Nothing here recurses: a chain of a million nodes is an ordinary network.

Rule 1: all roots hang from one virtual root at position 0, so a path between two roots closes a loop.
Rule 2: an edge between a node and its parent that is not the first of them (parallel edges) is no tree edge.
Rule 3: a tree edge is a bridge unless some edge that is no tree edge has exactly one end behind it. The nodes
between bridges form one 2-edge-connected part, named by the position of its topmost node.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order

from topology.arrays import BoolArray, Indices, IntArray, LongArray

# Below this many nodes per level (a long thin network) a plain loop is quicker than arrays level by level.
NODES_PER_LEVEL = 64
NO_EDGE = -1


@dataclass(frozen=True, eq=False)
class Walk:
    """A spanning tree by pre-order position; position 0 is the virtual root, -1 stands for none.

    `edges` are numbers the caller gave: `parent_edge` by position, and those that are no tree edges
    (`other_edges`, sorted by the position of their later end in `other_positions`).
    """

    position_of_node: IntArray
    node_at: IntArray
    parent: IntArray
    end: IntArray
    parent_edge: IntArray
    other_edges: IntArray
    other_positions: IntArray
    is_bridge: BoolArray

    @cached_property
    def part(self) -> IntArray:
        """The 2-edge-connected part of each position, named by the position of its topmost node."""
        return nearest_marked(self.parent, self.is_bridge)


def walk_from(
    *, roots: Indices, node_count: int, edges: Indices, from_nodes: Indices, to_nodes: Indices
) -> Walk:
    """Walk from the roots over the edges; `from_nodes` and `to_nodes` are the ends of each of `edges`."""
    order, parent_in_order = _breadth_first(roots, node_count, from_nodes, to_nodes)
    position_in_order, size_in_order = _number(parent_in_order)
    count = len(order)
    node_at, parent, end = (np.empty(count, dtype=np.int32) for _ in range(3))
    node_at[position_in_order] = order
    parent[position_in_order] = position_in_order[parent_in_order]
    end[position_in_order] = position_in_order + size_in_order
    position_of_node = np.full(node_count + 1, NO_EDGE, dtype=np.int32)
    position_of_node[order] = position_in_order
    position_of_node = position_of_node[:node_count]

    from_positions, to_positions = position_of_node[from_nodes], position_of_node[to_nodes]
    reached = from_positions >= 0
    earlier = np.minimum(from_positions, to_positions)
    later = np.maximum(from_positions, to_positions)
    joins_parent = np.flatnonzero(reached & (parent[later] == earlier))
    parent_row = np.full(count, NO_EDGE, dtype=np.int64)
    # Of parallel edges the first becomes the tree edge: it is written last.
    parent_row[later[joins_parent][::-1]] = joins_parent[::-1]
    parent_edge = np.where(parent_row >= 0, np.append(edges, NO_EDGE)[parent_row], NO_EDGE).astype(np.int32)
    is_other = reached.copy()
    is_other[parent_row[parent_row >= 0]] = False
    others = np.flatnonzero(is_other)
    others = others[np.argsort(later[others], kind="stable")]
    return Walk(
        position_of_node=position_of_node,
        node_at=node_at,
        parent=parent,
        end=end,
        parent_edge=parent_edge,
        other_edges=edges[others].astype(np.int32),
        other_positions=later[others],
        is_bridge=_find_bridges(end, earlier[others], later[others]),
    )


def nearest_marked(parent: IntArray, marked: BoolArray) -> IntArray:
    """Return for each position the nearest marked one at or above it; position 0 counts as marked."""
    nearest = np.where(marked, np.arange(len(parent), dtype=np.int32), parent)
    nearest[:1] = 0
    open_ends = np.flatnonzero(~marked[nearest] & (nearest > 0))
    while len(open_ends):
        # Every jump doubles the distance looked over.
        nearest[open_ends] = nearest[nearest[open_ends]]
        open_ends = open_ends[~marked[nearest[open_ends]] & (nearest[open_ends] > 0)]
    return nearest


def _breadth_first(
    roots: Indices, node_count: int, from_nodes: Indices, to_nodes: Indices
) -> tuple[IntArray, LongArray]:
    """Return the nodes in breadth-first order, and the place in that order of each one's parent."""
    virtual_root = node_count
    rows = np.concatenate([from_nodes, to_nodes, np.full(len(roots), virtual_root)]).astype(np.int32)
    columns = np.concatenate([to_nodes, from_nodes, roots]).astype(np.int32)
    ones = np.ones(len(rows), dtype=np.float64)
    adjacency = sparse.coo_array((ones, (rows, columns)), shape=(node_count + 1, node_count + 1)).tocsr()
    order, predecessors = breadth_first_order(adjacency, virtual_root, directed=True)
    place_of_node = np.empty(node_count + 1, dtype=np.int64)
    place_of_node[order] = np.arange(len(order))
    parents = np.zeros(len(order), dtype=np.int64)
    parents[1:] = place_of_node[predecessors[order[1:]]]
    return order.astype(np.int32), parents


def _number(parents: LongArray) -> tuple[IntArray, IntArray]:
    """Return pre-order position and size of subtree of each node, all in breadth-first order.

    Children of one node lie side by side in that order, and in the order of their parents.
    """
    count = len(parents)
    child_counts = np.bincount(parents[1:], minlength=count)
    first_child = 1 + np.cumsum(child_counts) - child_counts
    starts = [0]
    while starts[-1] < count:
        starts.append(int(first_child[starts[-1]]))
    sizes = _sizes(parents, starts)
    sizes_before = np.cumsum(sizes) - sizes
    offsets = 1 + sizes_before - sizes_before[first_child[parents].clip(max=count - 1)]
    offsets[0] = 0
    positions = _positions(parents, offsets, starts)
    return positions.astype(np.int32), sizes.astype(np.int32)


def _sizes(parents: LongArray, starts: list[int]) -> LongArray:
    count = len(parents)
    if count < len(starts) * NODES_PER_LEVEL:
        summed, above = [1] * count, parents.tolist()
        for place in range(count - 1, 0, -1):
            summed[above[place]] += summed[place]
        return np.array(summed, dtype=np.int64)
    sizes = np.ones(count, dtype=np.int64)
    for start, stop in list(pairwise(starts[1:]))[::-1]:
        np.add.at(sizes, parents[start:stop], sizes[start:stop])
    return sizes


def _positions(parents: LongArray, offsets: LongArray, starts: list[int]) -> LongArray:
    count = len(parents)
    if count < len(starts) * NODES_PER_LEVEL:
        numbered, above = offsets.tolist(), parents.tolist()
        for place in range(1, count):
            numbered[place] += numbered[above[place]]
        return np.array(numbered, dtype=np.int64)
    positions = offsets.copy()
    for start, stop in pairwise(starts[1:]):
        positions[start:stop] += positions[parents[start:stop]]
    return positions


def _find_bridges(end: IntArray, earlier: IntArray, later: IntArray) -> BoolArray:
    """Tell for each position whether the edge to its parent is a bridge (rule 3); the root counts as one.

    An edge that is no tree edge crosses a slice when it has one end inside: then the lowest or the highest
    other end, of all ends inside the slice, lies outside. A doubling table answers for any run of them.
    """
    is_bridge = np.ones(len(end), dtype=np.bool_)
    if not len(later):
        return is_bridge
    ends = np.concatenate([earlier, later])
    by_position = np.argsort(ends, kind="stable")
    ends, partners = ends[by_position], np.concatenate([later, earlier])[by_position]
    positions = np.arange(len(end), dtype=np.int32)
    first, last = np.searchsorted(ends, positions), np.searchsorted(ends, end)
    asked = np.flatnonzero(last > first)
    first, last = first[asked], last[asked]
    lowest = _over_runs(np.minimum, partners, first, last)
    highest = _over_runs(np.maximum, partners, first, last)
    is_bridge[asked] = (lowest >= asked) & (highest < end[asked])
    is_bridge[0] = True
    return is_bridge


def _over_runs(better: np.ufunc, values: IntArray, first: LongArray, last: LongArray) -> IntArray:
    """Return the lowest or highest value of every run [first, last), each of which holds one at least."""
    level_of_run = np.frexp(last - first)[1] - 1
    answer = np.empty(len(first), dtype=values.dtype)
    table, level = values, 0
    while len(table):
        runs = np.flatnonzero(level_of_run == level)
        answer[runs] = better(table[first[runs]], table[last[runs] - (1 << level)])
        table, level = better(table[: -(1 << level) or None], table[1 << level :]), level + 1
    return answer
