"""Lines and transformers have their voltage in the tiles, by their ends; GDAL's reader is the judge."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from gis.map_features import _higher_kv
from gis.network_tables import network_tables
from gis.network_versions import import_network
from gis.tile_cache import RECIPE
from gis.tiles import vector_tile, vector_tile_within

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
PAGES = Path(__file__).parents[2] / "web"


# G ──TS── a ──L1── b ──T── c ──L2── d ──L3── e     110 kV, 10 kV, 0.4 kV; of d and e nobody knows
#                   └──L4── f                       of f neither, but L4 begins at 10 kV
@pytest.fixture
def network_version(session: Session) -> int:
    ids = ["G", "a", "b", "c", "d", "e", "f"]
    places = {id: shapely.Point(0.05 + at / 20, 0.05) for at, id in enumerate(ids)}
    places["f"] = shapely.Point(0.15, 0.15)
    lines = {"L1": "ab", "L2": "cd", "L3": "de", "L4": "bf"}

    def located(columns, geometry):
        return gpd.GeoDataFrame(columns, geometry=geometry, crs="EPSG:4326")

    layers = {
        "node": located(
            {
                "id": ids,
                "is_source": [True] + [False] * 6,
                "nominal_kv": [110.0, 10.0, 10.0, 0.4, None, None, None],
            },
            [places[id] for id in ids],
        ),
        "line_section": located(
            {
                "id": list(lines),
                "from_node": [ends[0] for ends in lines.values()],
                "to_node": [ends[1] for ends in lines.values()],
                "phases": "ABC",
                "kind": "overhead",
                "feeder": "North",
            },
            [shapely.LineString([places[one] for one in ends]) for ends in lines.values()],
        ),
        "transformer": located(
            {
                "id": ["TS", "T"],
                "from_node": ["G", "c"],
                "to_node": ["a", "b"],
                "phases": "ABC",
                "kind": ["station", "distribution"],
            },
            [places["G"], places["b"]],
        ),
    }
    tables, _ = network_tables(name="volts", layers=layers)
    made = import_network(session, tables=tables, findings=(), source="t", format="gpkg", now=NOW)
    return made.network_version


def read(tile: bytes, layer: str, folder: Path, place: tuple[int, int, int]) -> pd.DataFrame:
    z, x, y = place
    file = folder / f"{z}-{x}-{y}.mvt"
    file.write_bytes(tile)
    return pyogrio.read_dataframe(file, layer=layer, X=x, Y=y, Z=z, CLIP="NO")


def voltages(frame: pd.DataFrame) -> dict[str, float | None]:
    return {id: None if np.isnan(kv) else kv for id, kv in zip(frame["id"], frame["nominal_kv"], strict=True)}


@pytest.mark.parametrize("zoom", [12, 14])
def test_lines_and_transformers_have_the_voltage_of_their_ends(
    session: Session, network_version: int, tmp_path: Path, zoom: int
) -> None:
    found: dict[str, dict[str, float | None]] = {"line_section": {}, "transformer": {}}
    middle = 2 ** (zoom - 1)
    width = 2 ** (zoom - 9)
    for x in range(middle, middle + width):
        for y in range(middle - width, middle):
            tile = vector_tile(session, network_version=network_version, z=zoom, x=x, y=y)
            for layer, held in found.items():
                if layer.encode() in tile:
                    frame = read(tile, layer, tmp_path, (zoom, x, y))
                    held.update(voltages(frame) if "nominal_kv" in frame else dict.fromkeys(frame["id"]))
    assert found["line_section"] == {"L1": 10.0, "L2": 0.4, "L3": None, "L4": 10.0}
    # A transformer is as high as its upper side, whichever way round it was written.
    assert found["transformer"] == {"TS": 110.0, "T": 10.0}


def test_from_afar_only_lines_of_one_voltage_are_joined(
    session: Session, network_version: int, tmp_path: Path
) -> None:
    tile = vector_tile(session, network_version=network_version, z=8, x=128, y=127)
    lines = read(tile, "line_section", tmp_path, (8, 128, 127))
    # L2 and L3 lie end to end, of one feeder and kind; of L3 no voltage is known.
    assert sorted(lines["nominal_kv"].fillna(0)) == [0.0, 0.4, 10.0]


def test_a_guest_sees_voltages_too(session: Session, network_version: int, tmp_path: Path) -> None:
    place = {"network_version": network_version, "z": 12, "x": 2048, "y": 2047}
    part = vector_tile_within(session, area=shapely.box(0, 0, 1, 1), **place)
    whole = vector_tile(session, **place)
    assert read(part, "transformer", tmp_path, (12, 2048, 2047))["nominal_kv"].tolist() == [110.0]
    assert voltages(read(part, "transformer", tmp_path, (12, 2048, 2047))) == voltages(
        read(whole, "transformer", tmp_path, (12, 2048, 2047))
    )


KV = st.one_of(st.none(), st.sampled_from([0.4, 10.0, 110.0, 0.0, -1.0, float("inf")]))


@given(kv=st.lists(KV, min_size=1, max_size=6), data=st.data())
def test_the_higher_known_end_counts(kv: list[float | None], data: st.DataObject) -> None:
    # One node more than the table has: a line may name what does not exist.
    ends = st.lists(st.tuples(*[st.integers(0, len(kv))] * 2), min_size=1, max_size=8)
    pairs = data.draw(ends)
    devices = pd.DataFrame(pairs, columns=["from_node", "to_node"]).astype(str)
    nodes = pd.Series(kv, index=[str(at) for at in range(len(kv))], dtype="float64")
    for found, pair in zip(_higher_kv(devices, nodes), pairs, strict=True):
        known = [kv[at] for at in pair if at < len(kv) and kv[at] is not None and 0 < kv[at] < float("inf")]
        assert found == max(known) if known else np.isnan(found)


def test_pages_name_in_tile_addresses_how_tiles_are_made() -> None:
    address = (PAGES / "src" / "shared" / "map" / "tile_address.ts").read_text(encoding="utf-8")
    assert re.findall(r"^const RECIPE = (\d+);$", address, re.MULTILINE) == [str(RECIPE)]
