"""Roads for the drawn network, imported: one main street with a way around, a stub, and an island.

11.28 ── 11.40 ── 11.41 ── 11.425 ── 11.45 ── 11.47     at 53.63 N: Main Street, 50 km/h
                    │         │         │
                    │       11.425, 53.62 (a stub)
                    └─ 11.43, 53.66 ────┘               the way around, at 30 km/h
11.38, 53.70 ── 11.39, 53.70                            an island: no road leads there
"""

from __future__ import annotations

from datetime import UTC, datetime
from math import cos, radians

from dispatch.transactions import intake_transaction
from gis.roads.reading import read_roads
from gis.roads.road_versions import import_roads
from tests.gis.road_file import METRES_PER_DEGREE, SOUTH, WEST, write_roads

NODES = {
    "w": (11.28, 53.63),
    "p": (11.40, 53.63),
    "q": (11.41, 53.63),
    "m": (11.425, 53.63),
    "e": (11.45, 53.63),
    "x": (11.47, 53.63),
    "s": (11.425, 53.62),
    "n": (11.43, 53.66),
    "i": (11.38, 53.70),
    "j": (11.39, 53.70),
}
WAYS = [
    ("w p q m e x", {"highway": "primary", "maxspeed": "50", "name": "Main Street"}),
    ("q n e", {"highway": "residential", "maxspeed": "30", "name": "Way Around"}),
    ("m s", {"highway": "residential", "name": "Stub"}),
    ("i j", {"highway": "residential", "name": "Island"}),
]
# Across Main Street, between the stub and the way around.
ACROSS_MAIN_STREET = {"type": "LineString", "coordinates": [[11.44, 53.629], [11.44, 53.631]]}
ISLAND = (11.385, 53.70)


def import_drawn_roads(engine, folder):
    """Import the roads above; return their version."""
    path = write_roads(
        folder / "drawn.osm.pbf",
        nodes={name: _metres(*place) for name, place in NODES.items()},
        ways=WAYS,
    )
    with intake_transaction(engine) as session:
        return import_roads(
            session, read=read_roads(path), source="drawn", now=datetime(2026, 11, 1, tzinfo=UTC)
        )


def _metres(lon, lat):
    return (lon - WEST) * METRES_PER_DEGREE * cos(radians(SOUTH)), (lat - SOUTH) * METRES_PER_DEGREE
