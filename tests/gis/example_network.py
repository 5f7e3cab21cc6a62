"""A small network as tables, and ways to write it to a GeoPackage with something wrong in it."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from gis.network_columns import LAYERS
from gis.network_tables import NetworkTables

# G ── CB1 ── n1 ── 线路一 ── n2 ──┬── F1 ── n3 ── T1 ── n4 ── 户1, 户2
#                                  └── L2 ── n5 ── TIE (open) ── n6 (no place)
LINE = shapely.LineString([(104.06, 30.57), (104.07, 30.58)])


def example_layers() -> dict[str, pd.DataFrame]:
    """The layers as a GIS would hand them over, with what may be missing missing."""
    places = [shapely.Point(104.06 + i / 100, 30.57 + i / 100) for i in range(6)]
    layers = {
        "substation": {"id": ["ST1"], "name": ["桃园变电站"], "geometry": [places[0]]},
        "node": {
            "id": ["G", "n1", "n2", "n3", "n4", "n5", "n6"],
            "is_source": [True] + [False] * 6,
            "substation": ["ST1", "ST1", None, None, None, None, None],
            "nominal_kv": [10.0, 10.0, 10.0, 10.0, 0.4, 10.0, None],
            "geometry": [*places, None],
        },
        "line_section": {
            "id": ["线路一", "L2"],
            "from_node": ["n1", "n2"],
            "to_node": ["n2", "n5"],
            "phases": ["ABC", "A"],
            "kind": ["underground", "overhead"],
            "length_m": [812.5, None],
            "rated_a": [300.0, None],
            "feeder": ["10kV 桃园线", None],
            "geometry": [LINE, None],
        },
        "switch": {
            "id": ["CB1", "F1", "TIE"],
            "from_node": ["G", "n2", "n5"],
            "to_node": ["n1", "n3", "n6"],
            "phases": ["ABC", "ABCN", "A"],
            "kind": ["breaker", "fuse", "switch"],
            "normally_open": [False, False, True],
            "remote_controlled": pd.array([True, None, False], dtype="boolean"),
            "rated_a": [630.0, None, None],
            "feeder": ["10kV 桃园线", None, None],
            "name": ["出线开关", None, None],
            "geometry": [places[0], None, places[5]],
        },
        "transformer": {
            "id": ["T1"],
            "from_node": ["n3"],
            "to_node": ["n4"],
            "phases": ["ABC"],
            "kind": ["distribution"],
            "rated_kva": [400.0],
            "ownership": ["public"],
            "feeder": [None],
            "name": ["桃园一号公变"],
            "geometry": [places[3]],
        },
        "service_point": {
            "id": ["户1", "户2", "户3"],
            "node": ["n4", "n4", "n5"],
            "phases": ["A", "ABC", "A"],
            "customers": [1, 12, 0],
            "meter": ["M1", "M2", None],
            "account": ["6001", "6002", None],
            "priority": ["life_support", None, None],
            "peak_kw": [3.5, None, None],
            "address": ["桃园路1号", "桃园路2号", None],
            "geometry": [shapely.Point(104.1, 30.6), shapely.Point(104.1005, 30.6), None],
        },
    }
    customer = {
        "account": ["6001", "6002"],
        "name": ["王芳", "Ada Becker"],
        "phone": ["+999 1234 5678", None],
        "language": ["zh", "en"],
        "email": ["wang@customers.example", None],
    }
    frames: dict[str, pd.DataFrame] = {
        name: gpd.GeoDataFrame(columns, geometry="geometry", crs="EPSG:4326")
        for name, columns in layers.items()
    }
    frames["customer"] = pd.DataFrame(customer)
    return frames


def write_layers(layers: dict[str, pd.DataFrame], path: Path) -> Path:
    """Write layers as they are, without the product's own care."""
    for name, frame in layers.items():
        spatial = isinstance(frame, gpd.GeoDataFrame)
        kinds = {one.geom_type for one in frame.geometry if one is not None} if spatial else set()
        shape = kinds.pop() if len(kinds) == 1 else ("Unknown" if spatial else None)
        if spatial and frame.has_z.any():
            shape = f"{shape} Z"
        pyogrio.write_dataframe(frame, path, driver="GPKG", layer=name, geometry_type=shape)
    return path


def assert_same(ours: NetworkTables, theirs: NetworkTables) -> None:
    """Hold two networks equal, column by column, whatever the order of the rows."""
    assert ours.name == theirs.name
    for name, layer in LAYERS.items():
        left, right = (
            one.layer(name).sort_values(layer.key, kind="stable").reset_index(drop=True)
            for one in (ours, theirs)
        )
        pd.testing.assert_frame_equal(pd.DataFrame(left[layer.names]), pd.DataFrame(right[layer.names]))
        if layer.shape is not None:
            assert left.crs == right.crs
            assert shapely.to_wkb(left.geometry.to_numpy()).tolist() == (
                shapely.to_wkb(right.geometry.to_numpy()).tolist()
            )
