"""What tiles are made of, prepared at import in EPSG:3857: all assets near by, fewer and simpler far off.

RULE 1: from zoom 14 on a tile holds every asset that lies in it, under its id.
RULE 2: below, `LEVELS` are the zooms at which a coarser picture begins; it serves up to the next one.
RULE 3: of the lines in a tile of a level's zoom the most important are drawn, at most `MOST_PER_TILE`: those
    that feed most customers, so that what is drawn hangs together, and the trunks stay. What is long at that
    zoom comes before all: nobody hangs from one line of meshed high voltage, and yet it holds the picture.
RULE 4: below zoom 12 lines have no ids: those of one feeder are joined, simplified to half a pixel, and what
    is then smaller than a pixel is left out. At 12 and 13 they keep their ids and are simplified alone.
RULE 5: lines and transformers have the voltage (kV) of their ends, where it is known: the higher one, which
    is that of a transformer's upper side. Lines of different voltages are never joined.
RULE 6: transformers show from zoom 12; service points below 14 as groups with counts, from zoom 10.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from sqlalchemy.orm import Session

from gis.network_rows import Progress, copy_columns, hex_geometry
from gis.web_mercator import SRID, WORLD_M, metres_per_pixel, tiles_of, to_web_mercator
from topology.network import Network
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState

DETAIL_ZOOM = 14
LEVELS = (0, 8, 10, 11, 12, 13)
MOST_PER_TILE = 4_000
_IDS_FROM_ZOOM = 12
_TRANSFORMERS_FROM_ZOOM = 12
_GROUPS_FROM_ZOOM = 10
_LONG_PIXELS = 8
_LAYERS_WITH_VOLTAGE = ("line_section", "transformer")
# So many groups of service points stand along the side of a tile: one every 16 pixels.
_GROUPS_PER_SIDE = 32

_DETAIL_COLUMNS = ("layer", "id", "kind", "feeder", "nominal_kv", "normally_open", "priority")
_OVERVIEW_COLUMNS = ("zoom", "layer", "id", "kind", "feeder", "nominal_kv", "service_points", "customers")

Geometry = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def copy_map(
    session: Session,
    *,
    network_version: int,
    rows: Mapping[str, pd.DataFrame],
    network: Network,
    progress: Progress | None,
) -> None:
    """Prepare and write what the tiles of a version are made of."""
    features = _features(rows)
    write = partial(_copy, session, network_version=network_version, progress=progress)
    write(table="map_feature", names=_DETAIL_COLUMNS, frame=features)
    overview = pd.concat(
        [
            _empty(_OVERVIEW_COLUMNS),
            *_line_levels(features[features["layer"] == "line_section"], network),
            *_transformer_levels(features[features["layer"] == "transformer"], network),
            *_groups(features[features["layer"] == "service_point"], network),
        ],
        ignore_index=True,
    )
    write(table="map_overview", names=_OVERVIEW_COLUMNS, frame=overview)


def _copy(
    session: Session,
    *,
    network_version: int,
    table: str,
    names: Sequence[str],
    frame: pd.DataFrame,
    progress: Progress | None,
) -> None:
    columns: dict[str, Sequence[Any]] = {
        name: frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in names
    }
    columns["geometry"] = hex_geometry(frame["geometry"].to_numpy(dtype=object), srid=SRID)
    copy_columns(session, network_version=network_version, table=table, columns=columns, progress=progress)


def _empty(names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series([], dtype=object) for name in (*names, "geometry")})


def _features(rows: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return all assets that have a place, in EPSG:3857, neighbours next to each other."""
    node_places = dict(zip(rows["node"]["id"], rows["node"]["geometry"], strict=True))
    node_kv = rows["node"].set_index("id")["nominal_kv"].astype("float64")
    frames = [_empty(_DETAIL_COLUMNS)]
    for layer, node in (
        ("line_section", None),
        ("transformer", "from_node"),
        ("switch", "from_node"),
        ("service_point", "node"),
    ):
        frame = rows[layer]
        geometry = frame["geometry"].to_numpy(dtype=object)
        missing = shapely.is_missing(geometry) | shapely.is_empty(geometry)
        if node is not None and missing.any():
            # What was not drawn stands where its node does, as it does in lists of outages.
            geometry = geometry.copy()
            geometry[missing] = [node_places.get(id) for id in frame.loc[missing, node]]
            missing = shapely.is_missing(geometry)
        made = pd.DataFrame({"layer": layer, "geometry": to_web_mercator(geometry)}, index=frame.index)
        for name in _DETAIL_COLUMNS[1:]:
            made[name] = frame[name].astype(object) if name in frame else None
        made["nominal_kv"] = _higher_kv(frame, node_kv) if layer in _LAYERS_WITH_VOLTAGE else np.nan
        frames.append(made[~missing])
    features = pd.concat([frame for frame in frames if len(frame)] or frames, ignore_index=True)
    if features.empty:
        return features
    along = gpd.GeoSeries(features["geometry"].to_numpy(dtype=object)).hilbert_distance(
        total_bounds=[-WORLD_M / 2, -WORLD_M / 2, WORLD_M / 2, WORLD_M / 2], level=16
    )
    return features.iloc[np.argsort(along.to_numpy(), kind="stable")].reset_index(drop=True)


def _higher_kv(devices: pd.DataFrame, node_kv: pd.Series[float]) -> npt.NDArray[np.float64]:
    """Return the voltage of each device (RULE 5); NaN where neither of its ends knows one."""
    known = node_kv[node_kv.between(0, np.inf, inclusive="neither")]
    ends = [devices[end].map(known).to_numpy(dtype=np.float64) for end in ("from_node", "to_node")]
    return cast("npt.NDArray[np.float64]", np.fmax(*ends))


def _customers_behind(network: Network) -> Numbers:
    """Return for each device how many customers hang from it in the normal state."""
    joint = SupplyTree(network, SwitchState.normal(network)).joint
    until = np.concatenate([[0], np.cumsum(network.service_point_customers[joint.service_points])])
    behind = np.zeros(network.device_count, dtype=np.int64)
    in_tree = np.flatnonzero(joint.position_of_device >= 0)
    position = joint.position_of_device[in_tree]
    behind[in_tree] = until[joint.starts[joint.end[position]]] - until[joint.starts[position]]
    return behind


def _importance(features: pd.DataFrame, network: Network) -> Numbers:
    index = network.find_devices(features["id"].tolist())
    behind = np.append(_customers_behind(network), 0)
    return cast("Numbers", behind[index])


def _most_important(
    places_m: npt.NDArray[np.float64], importance: Numbers, zoom: int, *, is_long: BoolArray
) -> Numbers:
    """Return the rows to draw at a zoom (RULE 3)."""
    tile = tiles_of(places_m, zoom)
    order = np.lexsort((-importance, ~is_long, tile))
    in_order = tile[order]
    begins = np.flatnonzero(np.append(True, in_order[1:] != in_order[:-1]))
    rank = np.arange(len(order)) - np.repeat(begins, np.diff(np.append(begins, len(order))))
    return np.sort(order[rank < MOST_PER_TILE])


def _line_levels(lines: pd.DataFrame, network: Network) -> Iterator[pd.DataFrame]:
    if lines.empty:
        return
    geometry = lines["geometry"].to_numpy(dtype=object)
    places = shapely.get_coordinates(shapely.line_interpolate_point(geometry, 0.5, normalized=True))
    importance = _importance(lines, network)
    lengths_m = shapely.length(geometry)
    for zoom, until in zip(LEVELS, (*LEVELS[1:], DETAIL_ZOOM), strict=True):
        # Fit for the nearest zoom that the level serves.
        pixel_m = metres_per_pixel(until - 1)
        is_long = lengths_m >= _LONG_PIXELS * pixel_m
        drawn = lines.iloc[_most_important(places, importance, zoom, is_long=is_long)]
        if zoom < _IDS_FROM_ZOOM:
            drawn = _joined(drawn, pixel_m)
        else:
            drawn = drawn.assign(geometry=shapely.simplify(drawn["geometry"].to_numpy(), pixel_m / 2))
        yield drawn.assign(zoom=zoom, layer="line_section", service_points=None, customers=None)


def _joined(lines: pd.DataFrame, pixel_m: float) -> pd.DataFrame:
    """Return the lines of each feeder, kind and voltage joined and simplified, without the smallest."""
    geometry = lines["geometry"].to_numpy(dtype=object)
    made: list[tuple[Any, Any, Any, Any]] = []
    alike = ["feeder", "kind", "nominal_kv"]
    for places in lines.groupby(alike, dropna=False, sort=False).indices.values():
        first = lines.iloc[places[0]][alike]
        merged = shapely.line_merge(shapely.multilinestrings(geometry[places]))
        parts = shapely.simplify(shapely.get_parts(merged), pixel_m / 2)
        made += [(*first, part) for part in parts[shapely.length(parts) >= pixel_m]]
    frame = pd.DataFrame(made, columns=[*alike, "geometry"], dtype=object)
    return frame.assign(id=None)


def _transformer_levels(transformers: pd.DataFrame, network: Network) -> Iterator[pd.DataFrame]:
    if transformers.empty:
        return
    places = shapely.get_coordinates(transformers["geometry"].to_numpy(dtype=object))
    importance = _importance(transformers, network)
    nothing_long = np.zeros(len(transformers), dtype=bool)
    for zoom in (level for level in LEVELS if level >= _TRANSFORMERS_FROM_ZOOM):
        drawn = transformers.iloc[_most_important(places, importance, zoom, is_long=nothing_long)]
        yield drawn.assign(zoom=zoom, service_points=None, customers=None)


def _groups(points: pd.DataFrame, network: Network) -> Iterator[pd.DataFrame]:
    """Yield the service points as groups: their middle, how many they are, and their customers."""
    if points.empty:
        return
    places = shapely.get_coordinates(points["geometry"].to_numpy(dtype=object))
    index = network.find_service_points(points["id"].tolist())
    customers = np.append(network.service_point_customers, 0)[index]
    for zoom in (level for level in LEVELS if level >= _GROUPS_FROM_ZOOM):
        cell = tiles_of(places, zoom + int(np.log2(_GROUPS_PER_SIDE)))
        _, group = np.unique(cell, return_inverse=True)
        here = np.bincount(group)
        middle = [np.bincount(group, weights=places[:, axis]) / here for axis in (0, 1)]
        yield pd.DataFrame(
            {
                "zoom": zoom,
                "layer": "service_point_group",
                "id": None,
                "kind": None,
                "feeder": None,
                "nominal_kv": None,
                "service_points": here,
                "customers": np.bincount(group, weights=customers).astype(np.int64),
                "geometry": shapely.points(*middle),
            }
        )
