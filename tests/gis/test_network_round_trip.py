"""Any network, however odd its texts, comes back from a file and from the database as it went in."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.network_columns import LAYERS, Column, ColumnType, LayerColumns
from gis.network_package import read_network_package, write_network_package
from gis.network_tables import NetworkTables, network_tables
from gis.network_versions import export_network, import_network
from tests.gis.example_network import assert_same

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
# Any letter of any script, but no control characters (files and databases refuse NUL) or half characters.
TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)
DEGREES = st.floats(-89, 89, allow_nan=False).map(lambda value: round(value, 7))
POINTS = st.builds(shapely.Point, DEGREES, DEGREES)
LINES = st.lists(st.tuples(DEGREES, DEGREES), min_size=2, max_size=4, unique=True).map(shapely.LineString)
VALUES = {
    ColumnType.TEXT: TEXTS,
    ColumnType.FLAG: st.booleans(),
    ColumnType.WHOLE_NUMBER: st.integers(0, 2**40),
    ColumnType.NUMBER: st.floats(allow_nan=False, allow_infinity=False),
}


def values_of(column: Column) -> st.SearchStrategy:
    if column.name == "phases":
        return st.sampled_from(["A", "B", "C", "AB", "ABC", "CAN"])
    values = st.sampled_from(column.values) if column.values else VALUES[column.type]
    return values if column.required else st.none() | values


@st.composite
def layers(draw, layer: LayerColumns, ids: list[str]) -> pd.DataFrame:
    columns = {
        column.name: [draw(values_of(column)) for _ in ids]
        for column in layer.columns
        if column.name != layer.key
    }
    frame = pd.DataFrame({layer.key: ids, **columns}).astype(object)
    for column in layer.columns:
        if column.type is ColumnType.FLAG:
            frame[column.name] = frame[column.name].astype("boolean")
        if column.type is ColumnType.NUMBER:
            frame[column.name] = frame[column.name].astype("float64")
    if layer.shape is not None:
        shapes = POINTS if layer.shape == "Point" else LINES
        frame["geometry"] = pd.Series([draw(st.none() | shapes) for _ in ids], dtype=object)
    return frame


@st.composite
def networks(draw) -> NetworkTables:
    ids = draw(st.lists(TEXTS, unique=True, max_size=12))
    name = draw(TEXTS)
    shared = {name: [] for name in LAYERS}
    for one in ids:
        shared[draw(st.sampled_from(list(LAYERS)))].append(one)
    frames = {key: draw(layers(LAYERS[key], shared[key])) for key in LAYERS}
    tables, findings = network_tables(name=name, layers=frames)
    assert [one for one in findings if one.rule != "geometry_in_parts"] == []
    return tables


@given(networks())
@settings(max_examples=25, deadline=None)
def test_a_file_gives_back_what_was_written(tables: NetworkTables) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.gpkg"
        write_network_package(tables, path)
        again, findings = read_network_package(path)
    assert findings == ()
    assert_same(again, tables)


@given(tables=networks())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_gives_back_what_was_imported(session, tables: NetworkTables) -> None:
    imported = import_network(session, tables=tables, findings=(), source="test", format="gpkg", now=NOW)
    assert imported.findings == ()
    assert_same(export_network(session, network_version=imported.network_version), tables)
