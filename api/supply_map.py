"""A small picture of an outage's area for the customer's page, drawn here as SVG: no tiles, no script.

Owns the rule of what may be drawn: an area only where five customers or more are out, coarse enough that no
house stands out, and the customer's own place as a dot. Nothing else is on it, and no coordinate leaves: the
picture counts in its own points.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from dispatch.outage_extent import OutageExtent, outage_extent, outage_version
from gis.place import Place
from gis.places import outage_area

FEWEST_CUSTOMERS = 5
WIDTH, HEIGHT = 320, 200
_MARGIN = 18.0
# Outlines are rounded off by this much: what is drawn is a neighbourhood, not a row of houses.
_COARSE_M = 40.0
# The picture never shows less than this across, or one street would fill it.
_NARROWEST_M = 400.0
_METRES_PER_DEGREE = 111_320.0
# An outline of as many points looks like one of all, and takes milliseconds instead of minutes.
_POINTS_LOOKED_AT = 2_000
_AREAS_KEPT = 500
_LONGEST_BAR = 110.0
_SECTOR_NAMES = ("east", "north_east", "north", "north_west", "west", "south_west", "south", "south_east")


@dataclass(frozen=True, slots=True)
class OutageArea:
    """Where an outage is and how many customers it holds; no outline where it must not be drawn."""

    customers: int
    outline: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class AreaPicture:
    """The picture's parts in its own points, and what they say in figures for those who cannot see it."""

    path: str
    dot: tuple[int, int] | None
    bar: int
    bar_m: int
    width_m: int
    height_m: int
    sector: str | None


class OutageAreas:
    """The areas of outages, each worked out once for every version of its outage."""

    def __init__(self) -> None:
        """Start with none."""
        self._kept: OrderedDict[tuple[str, int], OutageArea] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, session: Session, *, outage_id: str) -> OutageArea:
        """Return the area of an outage; UnknownThing if there is none."""
        key = (outage_id, outage_version(session, outage_id=outage_id))
        # Under the lock: of a thousand customers who look at once, one has it worked out for all.
        with self._lock:
            area = self._kept.get(key)
            if area is None:
                extent = outage_extent(session, outage_id=outage_id, at_most=_POINTS_LOOKED_AT)
                area = self._kept[key] = _area(session, extent)
            self._kept.move_to_end(key)
            while len(self._kept) > _AREAS_KEPT:
                self._kept.popitem(last=False)
            return area


def draw(area: OutageArea, *, own: Place | None) -> AreaPicture | None:
    """Return the picture of an area, or None where it has none."""
    if area.outline is None:
        return None
    middle = area.outline.centroid
    outline = _flattened(area.outline, middle)
    outline = outline.buffer(_COARSE_M).simplify(_COARSE_M / 2)
    dot = _flattened(shapely.Point(own.lon, own.lat), middle) if own is not None else None
    west, south, east, north = outline.bounds if dot is None else outline.union(dot).bounds
    across, up = max(east - west, _NARROWEST_M), max(north - south, _NARROWEST_M)
    scale = min((WIDTH - 2 * _MARGIN) / across, (HEIGHT - 2 * _MARGIN) / up)
    centre_x, centre_y = (west + east) / 2, (south + north) / 2

    def placed(x: float, y: float) -> tuple[int, int]:
        return round(WIDTH / 2 + (x - centre_x) * scale), round(HEIGHT / 2 - (y - centre_y) * scale)

    bar_m = _round_length(_LONGEST_BAR / scale)
    return AreaPicture(
        path=" ".join(
            "M" + "L".join(f"{x},{y}" for x, y in (placed(*point) for point in ring.coords[:-1])) + "Z"
            for ring in _rings(outline)
        ),
        dot=placed(dot.x, dot.y) if dot is not None else None,
        bar=round(bar_m * scale),
        bar_m=bar_m,
        width_m=_told_length(outline.bounds[2] - outline.bounds[0]),
        height_m=_told_length(outline.bounds[3] - outline.bounds[1]),
        sector=_sector(outline, dot) if dot is not None else None,
    )


def _area(session: Session, extent: OutageExtent) -> OutageArea:
    if extent.customers < FEWEST_CUSTOMERS:
        return OutageArea(customers=extent.customers, outline=None)
    found = outage_area(session, network_version=extent.network_version, service_points=extent.service_points)
    outline = shape(_geometry(found)) if found is not None else None
    return OutageArea(customers=extent.customers, outline=outline)


def _geometry(found: dict[str, Any]) -> dict[str, Any]:
    geometry: dict[str, Any] = found.get("geometry", found)
    return geometry


def _flattened(geometry: Any, middle: shapely.Point) -> Any:
    """Return a geometry in metres east and north of a point: exact enough across a town."""
    east = _METRES_PER_DEGREE * math.cos(math.radians(middle.y))

    def flat(points: Any) -> Any:
        return (points - [middle.x, middle.y]) * [east, _METRES_PER_DEGREE]

    return shapely.transform(geometry, flat)


def _rings(outline: BaseGeometry) -> list[Any]:
    """Return the outer rings; holes would show who still has supply."""
    return [part.exterior for part in shapely.get_parts(outline) if part.geom_type == "Polygon"]


def _sector(outline: BaseGeometry, dot: Any) -> str:
    """Return in which part of the area the own place lies."""
    west, south, east, north = outline.bounds
    across = (dot.x - (west + east) / 2) / max(east - west, 1.0)
    up = (dot.y - (south + north) / 2) / max(north - south, 1.0)
    if math.hypot(across, up) < 1 / 6:
        return "middle"
    eighth = round(math.atan2(up, across) / (math.pi / 4)) % len(_SECTOR_NAMES)
    return _SECTOR_NAMES[eighth]


def _round_length(longest_m: float) -> int:
    """Return the longest of 1, 2, 5, 10, … metres that is not above a length."""
    power = 10 ** math.floor(math.log10(max(longest_m, 1.0)))
    return int(max(step * power for step in (1, 2, 5) if step * power <= max(longest_m, 1.0)))


def _told_length(metres: float) -> int:
    """Return metres with two figures: a description is no survey."""
    if metres <= 0:
        return 0
    unit = 10 ** max(0, math.floor(math.log10(metres)) - 1)
    return int(round(metres / unit) * unit)
