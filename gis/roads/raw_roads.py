"""Ways, turn restrictions and nodes as a PBF file has them: what driving needs, and nothing else.

Rule 1: two passes, ways and relations first, so that only the nodes of roads are kept, in whatever order the
file has them. Rule 2: of a way that comes twice (a history file), the first counts, and a finding says so.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import osmium

from gis.roads.access import is_blocked
from gis.roads.errors import RoadsFileError
from gis.roads.pbf_file import pbf_chunks
from gis.roads.roads import NO_NAME, ROAD_CLASSES
from gis.roads.turn_restrictions import RawRestriction, read_restriction
from gis.roads.way_rules import Doubt, way_rules

Progress = Callable[[str, int, int], None]

READING_WAYS, READING_NODES = "reading ways", "reading nodes"


@dataclass(slots=True)
class RawWays:
    """The ways that are driven, and what was seen of the others."""

    ids: array[int] = field(default_factory=lambda: array("q"))
    refs: array[int] = field(default_factory=lambda: array("q"))
    ref_counts: array[int] = field(default_factory=lambda: array("i"))
    classes: array[int] = field(default_factory=lambda: array("B"))
    names: array[int] = field(default_factory=lambda: array("i"))
    forward_kmh: array[float] = field(default_factory=lambda: array("f"))
    backward_kmh: array[float] = field(default_factory=lambda: array("f"))
    by_permission: array[int] = field(default_factory=lambda: array("B"))
    name_numbers: dict[str, int] = field(default_factory=dict)
    restrictions: list[RawRestriction] = field(default_factory=list)
    doubts: dict[Doubt, dict[int, str]] = field(default_factory=dict)
    duplicate_ids: list[int] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    with_maxspeed: int = 0
    one_way: int = 0


@dataclass(frozen=True, slots=True)
class RawNodes:
    """The nodes of roads by id; coordinates in 1e-7 degrees."""

    ids: npt.NDArray[np.int64]
    lon: npt.NDArray[np.int32]
    lat: npt.NDArray[np.int32]
    is_blocked: npt.NDArray[np.bool_]
    has_signals: npt.NDArray[np.bool_]


def read_raw_ways(path: Path, progress: Progress) -> RawWays:
    """Read all ways a vehicle could drive on, and the turn restrictions; RoadsFileError."""
    ways = RawWays()
    of_ways = osmium.filter.TagFilter(*(("highway", kind) for kind in ROAD_CLASSES))
    of_ways.enable_for(osmium.osm.WAY)
    of_relations = osmium.filter.TagFilter(("type", "restriction"))
    of_relations.enable_for(osmium.osm.RELATION)
    filters = (of_ways, of_relations)
    with _damage_told(path):
        for one in _objects(path, osmium.osm.WAY | osmium.osm.RELATION, filters, READING_WAYS, progress):
            if one.is_way():
                _add_way(ways, one)
            else:
                restriction = read_restriction(
                    id=one.id,
                    tags=dict(one.tags),
                    members=[(member.type, member.ref, member.role) for member in one.members],
                )
                if restriction is not None:
                    ways.restrictions.append(restriction)
    return ways


def _add_way(ways: RawWays, way: Any) -> None:
    if way.id in ways.seen:
        ways.duplicate_ids.append(way.id)
        return
    ways.seen.add(way.id)
    tags = dict(way.tags)
    rules = way_rules(tags)
    for doubt, value in rules.doubts:
        ways.doubts.setdefault(doubt, {})[way.id] = value
    ways.with_maxspeed += "maxspeed" in tags
    if not rules.is_driven:
        return
    ways.one_way += not (rules.forward_kmh and rules.backward_kmh)
    name = tags.get("name") or tags.get("ref")
    ways.ids.append(way.id)
    ways.ref_counts.append(len(way.nodes))
    ways.refs.extend([node.ref for node in way.nodes])
    ways.classes.append(ROAD_CLASSES.index(tags["highway"]))
    ways.names.append(ways.name_numbers.setdefault(name, len(ways.name_numbers)) if name else NO_NAME)
    ways.forward_kmh.append(rules.forward_kmh)
    ways.backward_kmh.append(rules.backward_kmh)
    ways.by_permission.append(rules.by_permission)


def read_raw_nodes(path: Path, wanted: npt.NDArray[np.int64], progress: Progress) -> RawNodes:
    """Read the nodes with these ids (unique); RoadsFileError."""
    ids, lon, lat, blocked, signals = array("q"), array("i"), array("i"), set(), set()
    # The filter keeps ids as bits, 4 MB for each 33 million ids touched (at most 1.6 GB, for a country), and
    # has no room for the negative ids of unsaved edits. Without it each node takes ten times as long.
    filters = [osmium.filter.IdFilter(wanted.tolist())] if wanted.size and wanted[0] >= 0 else []
    with _damage_told(path):
        for node in _objects(path, osmium.osm.NODE, filters, READING_NODES, progress):
            place = node.location
            if not place.valid():
                continue
            ids.append(node.id)
            lon.append(place.x)
            lat.append(place.y)
            if node.tags:
                tags = dict(node.tags)
                if is_blocked(tags):
                    blocked.add(node.id)
                if tags.get("highway") == "traffic_signals":
                    signals.add(node.id)
    found, first = np.unique(np.frombuffer(ids, dtype=np.int64), return_index=True)
    kept = np.isin(found, wanted, assume_unique=True)
    found, first = found[kept], first[kept]
    return RawNodes(
        ids=found,
        lon=np.frombuffer(lon, dtype=np.int32)[first],
        lat=np.frombuffer(lat, dtype=np.int32)[first],
        is_blocked=np.isin(found, np.fromiter(blocked, dtype=np.int64)),
        has_signals=np.isin(found, np.fromiter(signals, dtype=np.int64)),
    )


def _objects(path: Path, kinds: Any, filters: Any, part: str, progress: Progress) -> Iterator[Any]:
    """Yield what passes the filters; the caller's list keeps them alive, which pyosmium does not."""
    total_bytes = path.stat().st_size
    pool = osmium.io.ThreadPool()
    for chunk in pbf_chunks(path):
        with osmium.io.Reader(chunk.buffer, kinds, thread_pool=pool) as reader:
            yield from osmium.OsmFileIterator(reader, *filters)
        progress(part, chunk.bytes_done, total_bytes)


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    """Turn what libosmium says of a damaged file, or letters that are no UTF-8, into an error of ours."""
    try:
        yield
    except (RuntimeError, UnicodeDecodeError) as error:
        raise RoadsFileError(f"{path} is damaged ({error}). Fetch or copy it again.") from error
