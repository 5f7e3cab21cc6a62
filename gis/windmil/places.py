"""Where the elements of a WindMil file are on Earth, which the file itself does not say.

Owns the choice of drawing or not. A place may be missing, never wrong: without a coordinate reference system
from the caller, or in one whose unit is not the file's, nothing is drawn, and what lies far outside the area
of the system is taken as without a place.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from gis.findings import finding
from gis.named_crs import points_in_wgs84, require_crs
from gis.network_tables import WGS84
from gis.windmil.layers import FOOT_M, LENGTH
from gis.windmil.rows import Element, ElementType
from topology.findings import Finding

_LINES = frozenset({ElementType.OVERHEAD_LINE, ElementType.UNDERGROUND_LINE})
# Drawn lengths differ from the stored ones by slack and by drawing, not by a third in the middle of all.
_SCALE_TOLERANCE = 1.33
# A circuit may reach over the border of a system's area, which is often that of a state.
_AREA_MARGIN_DEGREES = 2.0


def known_crs(crs: str) -> pyproj.CRS:
    """Return a system by its name, "EPSG:2264" for example; UnknownCrsError when it has no place on Earth."""
    system = require_crs(crs)
    # A local system of a survey is known, and still nobody can say where on Earth it is.
    points_in_wgs84(x=[], y=[], crs=system)
    return system


def usable_crs(
    system: pyproj.CRS | None, elements: Sequence[Element]
) -> tuple[pyproj.CRS | None, tuple[Finding, ...]]:
    """Return the system if the lines drawn in it are about as long as the file says they are, else None."""
    if system is None:
        text = (
            "The file does not say its coordinate reference system, so nothing is drawn on the map. "
            "If you know it, give it with --crs, as EPSG:2264 for example."
        )
        return None, (Finding("crs_unknown", "network", (), text),)
    scale = _scale(system, elements)
    if scale is None or 1 / _SCALE_TOLERANCE <= scale <= _SCALE_TOLERANCE:
        return system, ()
    text = (
        f"In {system.name} a line drawn is typically {scale:.3g} times as long as the file says, so that "
        "system, or its unit, is not the file's: nothing is drawn on the map. Give the right one with --crs."
    )
    return None, (Finding("crs_does_not_fit", "network", (), text),)


def _scale(system: pyproj.CRS, elements: Sequence[Element]) -> float | None:
    """Return drawn over stored length, in the middle of all lines; None where that cannot be told."""
    if not system.is_projected:
        return None
    unit_m = system.axis_info[0].unit_conversion_factor
    scales = []
    for line in elements:
        stored = line.number(LENGTH) if line.type in _LINES else None
        if stored and stored > 0 and line.start is not None and line.place is not None:
            drawn = np.hypot(line.place[0] - line.start[0], line.place[1] - line.start[1])
            scales.append(float(drawn) * unit_m / (stored * FOOT_M))
    return median(scales) if scales else None


def places(
    layer: str, ids: Sequence[str], elements: Sequence[Element | None], system: pyproj.CRS | None
) -> tuple[NDArray[np.object_], tuple[Finding, ...]]:
    """Return the geometry of a layer's rows in EPSG:4326, and which of it lies where it cannot be."""
    if system is None:
        return np.full(len(elements), None, dtype=object), ()
    shape = _line if layer == "line_section" else _point
    drawn = gpd.GeoSeries([shape(element) for element in elements], crs=system).to_crs(WGS84).to_numpy()
    made: NDArray[np.object_] = np.array(drawn, dtype=object)
    far_off = _beyond_area(made, system)
    made[far_off] = None
    return made, finding(
        rule="outside_crs_area",
        layer=layer,
        ids=np.array(ids, dtype=object)[far_off],
        text=f"far outside the area of {system.name}: taken as without a place",
    )


def _beyond_area(geometry: NDArray[np.object_], system: pyproj.CRS) -> NDArray[np.bool_]:
    area = system.area_of_use
    if area is None or area.west > area.east:
        return np.zeros(len(geometry), dtype=np.bool_)
    west, south, east, north = shapely.bounds(geometry).T
    margin = _AREA_MARGIN_DEGREES
    with np.errstate(invalid="ignore"):
        beyond = (west < area.west - margin) | (east > area.east + margin)
        beyond |= (south < area.south - margin) | (north > area.north + margin)
    return np.asarray(beyond, dtype=np.bool_)


def _point(element: Element | None) -> shapely.Point | None:
    return None if element is None or element.place is None else shapely.Point(element.place)


def _line(line: Element | None) -> shapely.LineString | None:
    """Return the line between its ends; on one spot there is nothing to draw."""
    if line is None or line.place is None or line.start is None or line.start == line.place:
        return None
    return shapely.LineString([line.start, line.place])
