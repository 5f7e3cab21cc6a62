"""The places of a CIM model: position points of equipment, and what follows from them for nodes.

Owns which coordinate system is believed: the URN of the location's own, whatever its name says; where that
is none that is known, the one a person tells; else there is no place.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from gis.cim.classes import CONSUMERS, GENERATION, LINES, SOURCES, STANDING_BY, SWITCH_KINDS, TRANSFORMER
from gis.cim.model import CimModel, CimObject
from gis.cim.terminals import Terminals
from gis.findings import finding
from gis.named_crs import known_crs, points_in_wgs84, require_crs
from gis.network_tables import WGS84
from topology.findings import Finding

_Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Places:
    """Points in EPSG:4326: the course of each object that has a location, and the place of each node."""

    course: dict[str, list[shapely.Point]]
    node: dict[str, shapely.Point]

    def points(self, ids: Iterable[str], nodes: Iterable[str | None]) -> gpd.GeoSeries:
        """Return the first point of each object, else that of its node, else none."""
        found = [
            self.course[id_][0] if id_ in self.course else self.node.get(node or "")
            for id_, node in zip(ids, nodes, strict=True)
        ]
        return gpd.GeoSeries(found, crs=WGS84, dtype=object)

    def lines(self, ids: Iterable[str], starts: Iterable[str], ends: Iterable[str]) -> gpd.GeoSeries:
        """Return the course of each object, else a straight line between its nodes, else none."""
        found = []
        for id_, start, end in zip(ids, starts, ends, strict=True):
            points = self.course.get(id_, [])
            if len(points) < 2:  # noqa: PLR2004 - a line has two points at least
                points = [self.node[one] for one in (start, end) if one in self.node]
            distinct = len(points) > 1 and any(one != points[0] for one in points)
            found.append(shapely.LineString(points) if distinct else None)
        return gpd.GeoSeries(np.array([*found, None], dtype=object)[:-1], crs=WGS84)


def read_places(
    model: CimModel, terminals: Terminals, *, crs: str | None
) -> tuple[Places, tuple[Finding, ...]]:
    """Return all places; `crs` is that of coordinates whose own system is not known. UnknownCrsError."""
    told = require_crs(crs) if crs is not None else None
    of_urn: dict[str, pyproj.CRS | None] = {}
    systems: dict[str, pyproj.CRS] = {}
    unknown: dict[str, list[str]] = {}
    unreadable: list[str] = []
    raw: dict[str, list[_Point]] = {}
    for location in model.of("Location", "WorkLocation", "ServiceLocation"):
        points = _positions(model, location, unreadable)
        if not points:
            continue
        urn = (model.to(location, "CoordinateSystem") or location).text("crsUrn") or "none"
        if urn not in of_urn:  # looking one up takes half a second
            of_urn[urn] = known_crs(urn) or told
        system = of_urn[urn]
        if system is None:
            unknown.setdefault(urn, []).append(location.id)
        else:
            raw[location.id], systems[location.id] = points, system
    placed = _in_wgs84(raw, systems)
    course = {
        one.id: placed[place]
        for one in model.objects.values()
        if (place := one.text("Location")) is not None and place in placed
    }
    findings = tuple(
        one
        for urn, ids in sorted(unknown.items())
        for one in finding(
            rule="crs_unknown",
            layer="location",
            ids=ids,
            text=f"in a coordinate system that nobody knows (crsUrn: {urn}; tell it with --crs EPSG:…): "
            "taken as without a place",
        )
    ) + finding(
        rule="unreadable_coordinates",
        layer="location",
        ids=unreadable,
        text="with a position point that is no pair of numbers: the point is left out",
    )
    return Places(course, _node_places(model, terminals, course)), findings


def _positions(model: CimModel, location: CimObject, unreadable: list[str]) -> list[_Point]:
    points = sorted(
        model.from_(location, "Location"),
        key=lambda one: (one.number("sequenceNumber", "groupNumber") or 0, one.id),
    )
    found = []
    for point in points:
        if point.kind == "PositionPoint":
            x, y = point.number("xPosition"), point.number("yPosition")
            if x is None or y is None:
                unreadable.append(location.id)
            else:
                found.append((x, y))
    return found


def _in_wgs84(raw: dict[str, list[_Point]], systems: dict[str, pyproj.CRS]) -> dict[str, list[shapely.Point]]:
    """All points of one system are turned at once: turning them one by one takes minutes."""
    by_system: dict[int, list[str]] = {}
    for location, system in systems.items():
        by_system.setdefault(id(system), []).append(location)
    placed: dict[str, list[shapely.Point]] = {}
    for locations in by_system.values():
        pairs = [pair for location in locations for pair in raw[location]]
        x, y = zip(*pairs, strict=True)
        turned = iter(points_in_wgs84(x=x, y=y, crs=systems[locations[0]]))
        for location in locations:
            placed[location] = [next(turned) for _ in raw[location]]
    return placed


def _node_places(
    model: CimModel, terminals: Terminals, course: dict[str, list[shapely.Point]]
) -> dict[str, shapely.Point]:
    """A node is where a line ends at it, else where the equipment stands that is connected to it."""
    one_ended = [kind for row in SOURCES for kind in row]
    standing = (*CONSUMERS, *STANDING_BY, *GENERATION, *one_ended, TRANSFORMER, *SWITCH_KINDS)
    found: dict[str, shapely.Point] = {}
    for equipment in (*model.of(*LINES), *model.of(*standing)):
        points, ends = course.get(equipment.id), terminals.ends(equipment)
        if points:
            for place, end in enumerate(ends):
                found.setdefault(end.node, points[0] if place == 0 else points[-1])
    return found
