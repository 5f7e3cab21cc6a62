"""Which roads can be reached from one another: the main part, and what is cut off from it.

The main part is the strongly connected one with the most road: from everywhere in it one comes to everywhere
in it. Edges of extracts, one-ways that lead out of them and islands are outside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from gis.roads.arcs import Arcs, arcs_of
from gis.roads.roads import Roads
from topology.findings import Finding, count_things, name_ids

PARTS_NAMED = 20

_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class MainPart:
    """The main part, as marks on segments: in it, reached from it, leading into it."""

    is_main: _Mask
    is_reached: _Mask
    leads_in: _Mask


def main_part(roads: Roads, arcs: Arcs) -> MainPart:
    """Return which segments belong to the main part, can be reached from it, and lead into it."""
    matrix = csr_array(
        (np.ones(len(arcs.heads), dtype=np.int8), arcs.heads, arcs.starts), shape=(arcs.place_count,) * 2
    )
    _, labels = connected_components(matrix, directed=True, connection="strong")
    inside = labels[arcs.tails] == labels[arcs.heads]
    segments = arcs.edges // 2
    weights = np.bincount(labels[arcs.tails[inside]], weights=roads.lengths_m[segments[inside]])
    main = int(weights.argmax()) if len(weights) else int(labels[arcs.tails[0]])
    one = int(np.flatnonzero(labels == main)[0])
    reached, leading = _reached(matrix, one), _reached(matrix.T.tocsr(), one)

    def segments_of(marked: _Mask) -> _Mask:
        mask = np.zeros(roads.segment_count, dtype=np.bool_)
        mask[segments[marked]] = True
        return mask

    return MainPart(
        is_main=segments_of((labels[arcs.tails] == main) & (labels[arcs.heads] == main)),
        is_reached=segments_of(reached[arcs.tails]),
        leads_in=segments_of(leading[arcs.heads]),
    )


def _reached(matrix: csr_array, start: int) -> _Mask:
    reached = np.zeros(matrix.shape[0], dtype=np.bool_)
    reached[breadth_first_order(matrix, start, directed=True, return_predecessors=False)] = True
    return reached


def connection_findings(roads: Roads) -> tuple[Finding, ...]:
    """Return a finding for each part that cannot be reached, or not be left; the smallest ones together."""
    part = main_part(roads, arcs_of(roads))
    return (
        *_parts(roads, ~part.is_reached, "unreachable", "cannot be reached from the main part"),
        *_parts(
            roads,
            part.is_reached & ~part.leads_in,
            "no_way_out",
            "can be reached from the main part, but there is no way back",
        ),
    )


def _parts(roads: Roads, outside: _Mask, rule: str, text: str) -> list[Finding]:
    segments = np.flatnonzero(outside)
    if not len(segments):
        return []
    ends = roads.from_vertices[segments], roads.to_vertices[segments]
    joined = coo_array((np.ones(len(segments), dtype=np.int8), ends), shape=(roads.vertex_count,) * 2)
    _, labels = connected_components(joined.tocsr(), directed=False)
    label = labels[ends[0]]
    lengths_m = np.bincount(label, weights=roads.lengths_m[segments])
    parts = [number for number in np.argsort(-lengths_m, kind="stable").tolist() if lengths_m[number] > 0]
    found = [
        _part_finding(roads, segments[label == number], rule, f"One part {text}")
        for number in parts[:PARTS_NAMED]
    ]
    if rest := parts[PARTS_NAMED:]:
        said = f"{count_things(len(rest), 'smaller part')} {text}"
        found.append(_part_finding(roads, segments[np.isin(label, rest)], rule, said))
    return found


def _part_finding(roads: Roads, segments: npt.NDArray[np.int64], rule: str, said: str) -> Finding:
    ways = tuple(str(way) for way in np.unique(roads.way_ids[segments]).tolist())
    names = {name for segment in segments.tolist() if (name := roads.name(segment))}
    length_m = float(roads.lengths_m[segments].sum(dtype=np.float64))
    where = f"with {name_ids(sorted(names))}" if names else f"without a name ({name_ids(ways)})"
    text = f"{said}: {length_m / 1000:,.2f} km on {count_things(len(ways), 'road')}, {where}."
    return Finding(rule=rule, layer="road", ids=ways, text=text)
