"""What a geometry of the network must be, and what becomes of one that is not.

A place may be missing, never wrong: whatever cannot be drawn is dropped and reported
with its ids, since the topology needs no geometry and the map must not lie.
"""

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gis.findings import finding
from gis.network_columns import LayerColumns
from topology.findings import Finding

_MAX_LON, _MAX_LAT = 180.0, 90.0
_MULTI_POINT, _MULTI_LINE = (
    shapely.GeometryType.MULTIPOINT,
    shapely.GeometryType.MULTILINESTRING,
)


def clean_geometry(
    layer: LayerColumns, frame: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Return the layer (EPSG:4326) with only sound geometry of its own shape, and what was dropped.

    RULE 1: heights are dropped; several parts that join are joined, one part alone is taken out.
    RULE 2: of several parts that do not join, the longest line (or first point) stands for all.
    RULE 3: empty, unfinished or wrongly shaped geometry is dropped (`broken_geometry`).
    RULE 4: what lies outside longitude ±180 or latitude ±90 is dropped (`outside_crs_range`).
    """
    if layer.shape is None or frame.empty:
        return frame, ()
    ids = frame[layer.key].to_numpy(dtype=object)
    geometry = shapely.force_2d(frame.geometry.to_numpy())
    present = ~shapely.is_missing(geometry)
    geometry, in_parts = _single(geometry)
    broken = present & ~_is_sound(geometry, layer.shape)
    outside = present & ~broken & outside_range(geometry)
    geometry = geometry.copy()
    geometry[broken | outside] = None
    findings = (
        *finding(
            rule="geometry_in_parts",
            layer=layer.name,
            ids=ids[in_parts & ~broken & ~outside],
            text="with geometry in several parts that do not join: the largest is kept",
        ),
        *finding(
            rule="broken_geometry",
            layer=layer.name,
            ids=ids[broken],
            text=f"with geometry that is broken or no {layer.shape}: taken as without a place",
        ),
        *finding(
            rule="outside_crs_range",
            layer=layer.name,
            ids=ids[outside],
            text="outside longitude ±180 or latitude ±90 (is the CRS right?): taken as without a place",
        ),
    )
    return frame.set_geometry(gpd.GeoSeries(geometry, index=frame.index, crs=frame.crs)), findings


def outside_range(geometry: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Return which geometries reach beyond longitude ±180 or latitude ±90; false where there is none."""
    west, south, east, north = shapely.bounds(geometry).T
    with np.errstate(invalid="ignore"):
        beyond = (west < -_MAX_LON) | (east > _MAX_LON) | (south < -_MAX_LAT) | (north > _MAX_LAT)
    return np.asarray(beyond, dtype=np.bool_)


def _single(geometry: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    kinds = shapely.get_type_id(geometry)
    in_parts = np.zeros(len(geometry), dtype=np.bool_)
    geometry = geometry.copy()
    for position in np.flatnonzero((kinds == _MULTI_POINT) | (kinds == _MULTI_LINE)):
        joined = geometry[position]
        if kinds[position] == _MULTI_LINE:
            joined = shapely.line_merge(joined)
        parts = shapely.get_parts(joined)
        if len(parts) == 0:
            continue
        geometry[position] = max(parts, key=shapely.length)
        in_parts[position] = len(parts) > 1
    return geometry, in_parts


def _is_sound(geometry: NDArray[np.object_], shape: str) -> NDArray[np.bool_]:
    sound = shapely.is_valid(geometry) & ~shapely.is_empty(geometry)
    right = np.array([getattr(one, "geom_type", None) == shape for one in geometry], dtype=np.bool_)
    bounds = shapely.bounds(geometry)
    return np.asarray(sound & right & np.isfinite(bounds).all(axis=1), dtype=np.bool_)
