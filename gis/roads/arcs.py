"""The arcs Dijkstra walks: edges, with forbidden turns and roads by permission worked into them.

Rule 1: an edge after which a turn is forbidden ends at a place of its own, a copy of the vertex from which
all edges go out but the forbidden ones. So turns cost a few places where they are forbidden, and no more.
Rule 2: going from an open road onto one by permission costs `PERMISSION_MINUTES`, more than any drive takes,
and is taken off again when the minutes are told. So nobody drives through where there is any other way, and
the entry that is nearest in time is taken where the destination lies inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gis.roads.roads import IntArray, Roads

PERMISSION_MINUTES = 100_000.0


@dataclass(frozen=True, slots=True)
class Arcs:
    """Arcs sorted by the place where they begin; places are the vertices and, after them, their copies."""

    starts: npt.NDArray[np.int64]
    tails: IntArray
    heads: IntArray
    edges: IntArray
    minutes: npt.NDArray[np.float64]
    edge_ends: IntArray
    place_vertices: IntArray

    @property
    def place_count(self) -> int:
        """Return how many places there are."""
        return len(self.place_vertices)


def arcs_of(roads: Roads) -> Arcs:
    """Return the arcs of roads; an edge that is not driven has none."""
    driven = np.flatnonzero(np.isfinite(roads.edge_minutes)).astype(np.int32)
    copied = np.unique(roads.turns_from)
    edge_ends = roads.edge_heads.copy()
    edge_ends[copied] = roads.vertex_count + np.arange(len(copied), dtype=np.int32)
    place_vertices = np.concatenate([np.arange(roads.vertex_count), roads.edge_heads[copied]])
    copy_tails, copy_edges = _arcs_from_copies(roads, copied, driven)
    tails = np.concatenate([roads.edge_tails[driven], copy_tails]).astype(np.int32)
    edges = np.concatenate([driven, copy_edges]).astype(np.int32)
    order = np.argsort(tails, kind="stable")
    tails, edges = tails[order], edges[order]
    starts = np.zeros(len(place_vertices) + 1, dtype=np.int64)
    np.cumsum(np.bincount(tails, minlength=len(place_vertices)), out=starts[1:])
    minutes = roads.edge_minutes.astype(np.float64) + PERMISSION_MINUTES * enters_by_permission(roads)
    return Arcs(
        starts=starts,
        tails=tails,
        heads=edge_ends[edges],
        edges=edges,
        minutes=minutes[edges],
        edge_ends=edge_ends,
        place_vertices=place_vertices.astype(np.int32),
    )


def _arcs_from_copies(roads: Roads, copied: IntArray, driven: IntArray) -> tuple[list[int], list[int]]:
    forbidden: dict[int, set[int]] = {}
    for first, second in zip(roads.turns_from.tolist(), roads.turns_to.tolist(), strict=True):
        forbidden.setdefault(first, set()).add(second)
    beginning: dict[int, list[int]] = {}
    at_copies = np.isin(roads.edge_tails[driven], roads.edge_heads[copied])
    for edge in driven[at_copies].tolist():
        beginning.setdefault(int(roads.edge_tails[edge]), []).append(edge)
    tails, edges = [], []
    for number, edge in enumerate(copied.tolist()):
        for follower in beginning.get(int(roads.edge_heads[edge]), ()):
            if follower not in forbidden[edge]:
                tails.append(roads.vertex_count + number)
                edges.append(follower)
    return tails, edges


def enters_by_permission(roads: Roads) -> npt.NDArray[np.bool_]:
    """Return for each edge whether it leads from an open road onto one by permission."""
    is_open = np.zeros(roads.vertex_count, dtype=np.bool_)
    for ends in (roads.from_vertices, roads.to_vertices):
        is_open[ends[~roads.by_permission]] = True
    return np.asarray(np.repeat(roads.by_permission, 2) & is_open[roads.edge_tails], dtype=np.bool_)


def without_entries(minutes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return minutes driven, with what entering by permission cost taken off; infinite stays so."""
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(minutes), np.fmod(minutes, PERMISSION_MINUTES), np.inf)
