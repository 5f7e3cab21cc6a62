"""OpenStreetMap files made by hand: nodes on a sheet of squared paper, ways as words, all in a few lines.

Nodes are named by letters and lie at x, y in metres east and north of 8° E 50° N.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import cos, radians
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Relation, Way

WEST, SOUTH = 8.0, 50.0
METRES_PER_DEGREE = radians(1) * 6_371_008.8
RESIDENTIAL = {"highway": "residential"}

Tags = Mapping[str, str]


def degrees_at(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a point in metres."""
    return WEST + x / (METRES_PER_DEGREE * cos(radians(SOUTH))), SOUTH + y / METRES_PER_DEGREE


def write_roads(
    path: Path,
    *,
    nodes: Mapping[str, tuple[float, float]],
    ways: Sequence[tuple[str, Tags]],
    node_tags: Mapping[str, Tags] | None = None,
    restrictions: Sequence[tuple[int, str, int, Tags]] = (),
    relations: Sequence[Relation] = (),
    absent: str = "",
) -> Path:
    """Write a file: ways are numbered from 1; a restriction is from way, via node, to way, tags.

    Nodes that are `absent` have their number, but are not in the file.
    """
    numbers = {name: number for number, name in enumerate(nodes, start=1)}
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for name, (x, y) in nodes.items():
            if name not in absent.split():
                tags = dict((node_tags or {}).get(name, {}))
                writer.add_node(Node(id=numbers[name], location=degrees_at(x, y), tags=tags))
        for number, (words, tags) in enumerate(ways, start=1):
            writer.add_way(Way(id=number, nodes=[numbers[name] for name in words.split()], tags=dict(tags)))
        for number, (first, via, second, tags) in enumerate(restrictions, start=1):
            members = [("w", first, "from"), ("n", numbers[via], "via"), ("w", second, "to")]
            writer.add_relation(Relation(id=number, members=members, tags={"type": "restriction", **tags}))
        for relation in relations:
            writer.add_relation(relation)
    return path
