"""Ways cut into segments at the points where they meet, end, or are barred.

Rule 1: a node that roads use more than once is a vertex, and so is each end. Rule 2: at a barrier a way ends
on both sides, without a connection. Rule 3: where a node is not in the file, as at the edge of an extract, a
way is cut, since what lies between is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gis.roads.raw_roads import RawNodes, RawWays
from gis.roads.roads import degrees
from gis.roads.speeds import SIGNAL_MINUTES

_EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG
_METRES_PER_MINUTE_AT_1_KMH = 1000.0 / 60.0
# Two nodes at one place still take a moment: Dijkstra's matrix has no edge of weight 0.
_SHORTEST_MINUTES = 1e-5

_Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Segments:
    """The segments by their columns, and the ways in which something was amiss."""

    way: _Array
    from_vertices: _Array
    to_vertices: _Array
    point_starts: _Array
    point_nodes: _Array
    vertex_keys: _Array
    ways_cut: _Array
    ways_without_nodes: _Array
    ways_with_repeats: _Array

    def vertex_at(self, node: int) -> int | None:
        """Return the vertex at a node (its place among the nodes); None if it is none."""
        at = int(np.searchsorted(self.vertex_keys, node))
        return at if at < len(self.vertex_keys) and self.vertex_keys[at] == node else None


def cut_into_segments(ways: RawWays, nodes: RawNodes) -> Segments:
    """Cut all ways; the order is that of the file."""
    counts = np.frombuffer(ways.ref_counts, dtype=np.int32)
    way = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    node, is_here = _places_of(np.frombuffer(ways.refs, dtype=np.int64), nodes.ids)
    ways_cut = np.unique(way[~is_here])
    # A run is a part of a way without gaps.
    run = np.cumsum(_starts_anew(way) | _after_gap(is_here))
    run, node, way = run[is_here], node[is_here], way[is_here]
    repeats = ~_starts_anew(run) & ~_starts_anew(node)
    ways_with_repeats = np.unique(way[repeats])
    run, node, way = run[~repeats], node[~repeats], way[~repeats]
    alone = _starts_anew(run) & _starts_anew(run[::-1])[::-1]
    run, node, way = run[~alone], node[~alone], way[~alone]

    shared = np.bincount(node, minlength=len(nodes.ids)) > 1
    ends = _starts_anew(run) | _starts_anew(run[::-1])[::-1]
    cuts = np.flatnonzero(ends | shared[node] | nodes.is_blocked[node])
    pairs = np.flatnonzero(run[cuts[:-1]] == run[cuts[1:]]) if len(cuts) else cuts
    first, last = cuts[pairs], cuts[pairs + 1] if len(pairs) else cuts[:0]
    point_starts = np.zeros(len(first) + 1, dtype=np.int64)
    np.cumsum(last - first + 1, out=point_starts[1:])
    points = np.repeat(first - point_starts[:-1], last - first + 1) + np.arange(point_starts[-1])
    keys = np.concatenate([node[first], node[last]]).astype(np.int64)
    barred = nodes.is_blocked[keys]
    keys[barred] = len(nodes.ids) + np.arange(np.count_nonzero(barred))
    vertex_keys, vertices = np.unique(keys, return_inverse=True)
    vertices = vertices.astype(np.int32)
    return Segments(
        way=way[first],
        from_vertices=vertices[: len(first)],
        to_vertices=vertices[len(first) :],
        point_starts=point_starts,
        point_nodes=node[points],
        vertex_keys=vertex_keys,
        ways_cut=ways_cut,
        ways_without_nodes=np.setdiff1d(np.arange(len(counts)), way),
        ways_with_repeats=ways_with_repeats,
    )


def _places_of(refs: _Array, ids: _Array) -> tuple[_Array, npt.NDArray[np.bool_]]:
    """Return where each id stands among the sorted ones, and whether it is there."""
    if not len(ids):
        return np.zeros(len(refs), dtype=np.int64), np.zeros(len(refs), dtype=np.bool_)
    places = np.minimum(np.searchsorted(ids, refs), len(ids) - 1)
    return places, ids[places] == refs


def _starts_anew(values: _Array) -> npt.NDArray[np.bool_]:
    """Return where a value differs from the one before."""
    return np.concatenate([[True], values[1:] != values[:-1]]) if len(values) else np.zeros(0, np.bool_)


def _after_gap(is_here: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    return np.concatenate([[False], ~is_here[:-1]]) if len(is_here) else is_here


def segment_lengths_m(point_starts: _Array, lon_units: _Array, lat_units: _Array) -> npt.NDArray[np.float64]:
    """Return the lengths of lines of points, on the sphere (haversine)."""
    if len(point_starts) == 1:
        return np.zeros(0)
    lon, lat = np.radians(degrees(lon_units)), np.radians(degrees(lat_units))
    chords = (
        np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[1:]) * np.cos(lat[:-1]) * np.sin(np.diff(lon) / 2) ** 2
    )
    steps_m = 2 * _EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, chords)))
    # The step from one line to the next is in the sum, but between no two points of one line.
    so_far_m = np.concatenate([[0.0], np.cumsum(steps_m)])
    return np.asarray(so_far_m[point_starts[1:] - 1] - so_far_m[point_starts[:-1]])


def segment_minutes(
    *, lengths_m: _Array, kmh: _Array, point_starts: _Array, has_signals: _Array, backwards: bool
) -> npt.NDArray[np.float32]:
    """Return how long each segment takes; infinite at 0 km/h.

    Signals count where they are come to: not those at which a segment begins.
    """
    so_far = np.concatenate([[0], np.cumsum(has_signals)])
    first, end = point_starts[:-1], point_starts[1:]
    signals = so_far[end - 1] - so_far[first] if backwards else so_far[end] - so_far[first + 1]
    with np.errstate(divide="ignore"):
        driving = np.maximum(lengths_m, 1e-9) / (kmh * _METRES_PER_MINUTE_AT_1_KMH)
    minutes = np.maximum(driving + signals * SIGNAL_MINUTES, _SHORTEST_MINUTES)
    return np.asarray(minutes, dtype=np.float32)
