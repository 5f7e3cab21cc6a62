"""Reading the roads of an OpenStreetMap PBF file, with everything found on the way.

Owns the order of the steps; the rules stand in `access`, `speeds`, `turn_restrictions` and `segments`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gis.roads.connection import connection_findings
from gis.roads.errors import RoadsFileError
from gis.roads.raw_roads import Progress, RawNodes, RawWays, read_raw_nodes, read_raw_ways
from gis.roads.road_findings import road_findings
from gis.roads.roads import Roads, packed_names
from gis.roads.segments import Segments, cut_into_segments, segment_lengths_m, segment_minutes
from gis.roads.turn_restrictions import ForbiddenTurns, forbidden_turns
from topology.findings import Finding, count_things

CONNECTING = "connecting"
_METRES_PER_KM = 1000.0


@dataclass(frozen=True, slots=True)
class ReadRoads:
    """The roads of a file, what was counted, and everything found."""

    roads: Roads
    counts: dict[str, int]
    findings: tuple[Finding, ...]


def read_roads(path: Path, *, progress: Progress | None = None) -> ReadRoads:
    """Read the roads of a file (`*.osm.pbf`).

    RoadsFileError if it is no such file, is cut short or damaged, or holds no road a vehicle may drive on.

    Args:
        path: The file.
        progress: Called with what is being done, how much of it is done, and how much there is.
    """
    tell = progress or (lambda _part, _done, _total: None)
    ways = read_raw_ways(path, tell)
    if not ways.ids:
        raise _no_roads(path, ways)
    wanted = np.unique(np.frombuffer(ways.refs, dtype=np.int64))
    nodes = read_raw_nodes(path, wanted, tell)
    tell(CONNECTING, 0, 1)
    segments = cut_into_segments(ways, nodes)
    if not len(segments.way):
        raise RoadsFileError(
            f"{path} holds {count_things(len(ways.ids), 'road')}, but not the nodes that say where they lie. "
            "Make the extract anew with its nodes (osmium extract --strategy complete_ways)."
        )
    roads, unused = _assembled(ways, nodes, segments)
    findings = (
        *road_findings(ways=ways, segments=segments, lengths_m=roads.lengths_m, unused_restrictions=unused),
        *connection_findings(roads),
    )
    tell(CONNECTING, 1, 1)
    return ReadRoads(roads=roads, counts=_counts(ways, roads), findings=findings)


def _no_roads(path: Path, ways: RawWays) -> RoadsFileError:
    if ways.seen:
        return RoadsFileError(
            f"{path} holds {count_things(len(ways.seen), 'road')}, but none that a vehicle may drive on. "
            "Give an extract with streets."
        )
    return RoadsFileError(f"{path} holds no roads. Give an OpenStreetMap extract with streets (highway=…).")


def _assembled(ways: RawWays, nodes: RawNodes, segments: Segments) -> tuple[Roads, tuple[int, ...]]:
    """Return the roads, and the restrictions that could not be honoured."""
    lon, lat = nodes.lon[segments.point_nodes], nodes.lat[segments.point_nodes]
    lengths_m = segment_lengths_m(segments.point_starts, lon, lat)
    forward, backward = (
        segment_minutes(
            lengths_m=lengths_m,
            kmh=np.frombuffer(kmh, dtype=np.float32)[segments.way].astype(np.float64),
            point_starts=segments.point_starts,
            has_signals=nodes.has_signals[segments.point_nodes],
            backwards=backwards,
        )
        for kmh, backwards in ((ways.forward_kmh, False), (ways.backward_kmh, True))
    )
    way_ids = np.frombuffer(ways.ids, dtype=np.int64)[segments.way]
    is_driven = np.isfinite(np.column_stack([forward, backward]).ravel())
    turns = _turns(ways, nodes, segments, way_ids, is_driven)
    name_starts, name_bytes = packed_names(list(ways.name_numbers))
    roads = Roads(
        way_ids=way_ids,
        classes=np.frombuffer(ways.classes, dtype=np.uint8)[segments.way],
        names=np.frombuffer(ways.names, dtype=np.int32)[segments.way],
        from_vertices=segments.from_vertices,
        to_vertices=segments.to_vertices,
        lengths_m=lengths_m.astype(np.float32),
        forward_minutes=forward,
        backward_minutes=backward,
        by_permission=np.frombuffer(ways.by_permission, dtype=np.uint8)[segments.way].astype(np.bool_),
        point_starts=segments.point_starts,
        point_lon=lon,
        point_lat=lat,
        name_starts=name_starts,
        name_bytes=name_bytes,
        turns_from=turns.from_edges,
        turns_to=turns.to_edges,
    )
    return roads, turns.unused


def _turns(
    ways: RawWays,
    nodes: RawNodes,
    segments: Segments,
    way_ids: npt.NDArray[np.int64],
    is_driven: npt.NDArray[np.bool_],
) -> ForbiddenTurns:
    vertex_of_node = {}
    for via in {one.via_node for one in ways.restrictions if one.via_node is not None}:
        node = int(np.searchsorted(nodes.ids, via))
        vertex = segments.vertex_at(node) if node < len(nodes.ids) and nodes.ids[node] == via else None
        if vertex is not None:
            vertex_of_node[via] = vertex
    ends = segments.from_vertices, segments.to_vertices
    return forbidden_turns(
        ways.restrictions,
        vertex_of_node=vertex_of_node,
        segment_ways=way_ids,
        tails=np.column_stack(ends).ravel(),
        heads=np.column_stack(ends[::-1]).ravel(),
        is_driven=is_driven,
    )


def _counts(ways: RawWays, roads: Roads) -> dict[str, int]:
    return {
        "ways": len(ways.seen),
        "ways_driven": len(ways.ids),
        "one_way": ways.one_way,
        "with_maxspeed": ways.with_maxspeed,
        "turn_restrictions": len(ways.restrictions),
        "vertices": roads.vertex_count,
        "segments": roads.segment_count,
        "edges": int(np.count_nonzero(np.isfinite(roads.edge_minutes))),
        "length_km": round(float(roads.lengths_m.sum(dtype=np.float64)) / _METRES_PER_KM),
    }
