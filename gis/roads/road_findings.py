"""What was amiss with single roads, as findings; the ids are those of OpenStreetMap's ways."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from gis.findings import finding
from gis.roads.raw_roads import RawWays
from gis.roads.segments import Segments
from gis.roads.way_rules import Doubt
from topology.findings import Finding, name_ids

LAYER = "road"

_TAKEN_AS = {
    Doubt.MAXSPEED: "with a maxspeed that is no speed ({values}), given the speed of the class",
    Doubt.ONEWAY: "with a oneway that says no direction ({values}), driven both ways",
    Doubt.ACCESS: "with an access that is not known ({values}), driven by permission only",
    Doubt.REVERSIBLE: "whose direction changes with the time of day, not driven",
}


def road_findings(
    *,
    ways: RawWays,
    segments: Segments,
    lengths_m: npt.NDArray[np.float32],
    unused_restrictions: Iterable[int],
) -> tuple[Finding, ...]:
    """Return what was amiss with single roads."""

    def roads(rule: str, places: npt.NDArray[Any], text: str) -> tuple[Finding, ...]:
        return _about(rule, [ways.ids[place] for place in places.tolist()], text)

    found = [
        *roads("no_usable_nodes", segments.ways_without_nodes, "without two nodes in the file, left out"),
        *roads(
            "missing_nodes",
            np.setdiff1d(segments.ways_cut, segments.ways_without_nodes),
            "with nodes that are not in the file, cut there",
        ),
        *roads("duplicate_node", segments.ways_with_repeats, "with a node twice running, kept once"),
        *roads("zero_length", np.unique(segments.way[lengths_m == 0]), "with a part of no length"),
        *_about("duplicate_road", ways.duplicate_ids, "found more than once, the first kept"),
    ]
    for doubt, values in ways.doubts.items():
        examples = name_ids(sorted(set(values.values())))
        found += _about(doubt.value, values, _TAKEN_AS[doubt].format(values=examples))
    found += finding(
        rule="turn_restriction_unused",
        layer="turn_restriction",
        ids=map(str, unused_restrictions),
        text="over a way, at certain times, or unclear from where or to where, not honoured",
    )
    return tuple(found)


def _about(rule: str, way_ids: Iterable[int], text: str) -> tuple[Finding, ...]:
    return finding(rule=rule, layer=LAYER, ids=map(str, way_ids), text=text)
