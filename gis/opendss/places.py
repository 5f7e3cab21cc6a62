"""The places of OpenDSS buses: from latitude and longitude, or from plane coordinates whose CRS is told.

Owns which coordinates are believed. A drawing without a CRS is no map: its buses have no place.
"""

import geopandas as gpd
import numpy as np
import shapely

from gis.findings import finding
from gis.named_crs import points_in_wgs84, require_crs
from gis.network_tables import WGS84
from gis.opendss.circuit import Circuit
from topology.findings import Finding

Places = dict[str, shapely.Point]


def bus_places(circuit: Circuit, *, buses: set[str], crs: str | None) -> tuple[Places, tuple[Finding, ...]]:
    """Return the places of the buses that have one; `crs` is that of plane coordinates (BusCoords).

    Of a bus named twice the later coordinates count, as in OpenDSS. UnknownCrsError.
    """
    plane_crs = require_crs(crs) if crs is not None else None
    found: dict[bool, dict[str, tuple[float, float]]] = {True: {}, False: {}}
    unread = list(circuit.unread_coordinates)
    for bus, x, y, is_lat_lon in circuit.coordinates:
        if bus not in buses:
            continue
        try:
            found[is_lat_lon][bus] = (float(x), float(y))
        except ValueError:
            unread.append(f"{bus} ({x}, {y})")
            continue
        found[not is_lat_lon].pop(bus, None)
    findings = finding(
        rule="unreadable_coordinates", layer="node", ids=unread, text="with coordinates that cannot be read"
    )
    places = _points(found[True], "OGC:CRS84")
    if plane_crs is not None:
        places |= _points(found[False], plane_crs.to_wkt())
    else:
        findings += finding(
            rule="crs_unknown",
            layer="node",
            ids=found[False],
            text="with coordinates in a system that the file does not name (tell it with --crs EPSG:…): "
            "taken as without a place",
        )
    return places, findings


def _points(coordinates: dict[str, tuple[float, float]], crs: str) -> Places:
    if not coordinates:
        return {}
    x, y = zip(*coordinates.values(), strict=True)
    points = points_in_wgs84(x=x, y=y, crs=require_crs(crs))
    return dict(zip(coordinates, points, strict=True))


def points_at(nodes: list[str], places: Places) -> gpd.GeoSeries:
    """Return a point for each node, none where it has no place."""
    return gpd.GeoSeries([places.get(node) for node in nodes], crs=WGS84, dtype=object)


def lines_between(starts: list[str], ends: list[str], places: Places) -> gpd.GeoSeries:
    """Return straight lines between the places of nodes, none where one is missing or both are the same."""
    lines = np.full(len(starts), None, dtype=object)
    for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
        one, other = places.get(start), places.get(end)
        if one is not None and other is not None and one != other:
            lines[row] = shapely.LineString([one, other])
    return gpd.GeoSeries(lines, crs=WGS84)
