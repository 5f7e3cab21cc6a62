"""A network package: what is read from it, and what is said of one that is not right."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from gis.errors import NetworkPackageError
from gis.network_package import read_network_package, write_network_package
from gis.network_tables import NetworkTables
from tests.gis.example_network import LINE, assert_same, example_layers, write_layers


def rules(findings) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(one.rule, one.layer): one.ids for one in findings}


def read(layers: dict[str, pd.DataFrame], folder: Path):
    return read_network_package(write_layers(layers, folder / "network.gpkg"))


def refusal(layers: dict[str, pd.DataFrame], folder: Path) -> str:
    with pytest.raises(NetworkPackageError) as error:
        read(layers, folder)
    return str(error.value)


def test_what_is_written_is_read_back(tmp_path: Path, example_network: NetworkTables) -> None:
    write_network_package(example_network, tmp_path / "网络.gpkg")
    tables, findings = read_network_package(tmp_path / "网络.gpkg")
    assert findings == ()
    # GDAL would put a file of its own beside each package that it reads.
    assert [file.name for file in tmp_path.iterdir()] == ["网络.gpkg"]
    assert_same(tables, example_network)


def test_the_same_network_written_for_the_same_moment_is_the_same_bytes(
    tmp_path: Path, example_network: NetworkTables
) -> None:
    moment = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    for name in ("one.gpkg", "other.gpkg"):
        write_network_package(example_network, tmp_path / name, written_at=moment)
    write_network_package(example_network, tmp_path / "now.gpkg")
    one, other, now = (_last_change(tmp_path / name) for name in ("one.gpkg", "other.gpkg", "now.gpkg"))
    assert one == other == {"2001-02-03T04:05:06.000Z"}
    assert not now & one
    assert (tmp_path / "one.gpkg").read_bytes() == (tmp_path / "other.gpkg").read_bytes()


def _last_change(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as database:
        return {row[0] for row in database.execute("SELECT last_change FROM gpkg_contents")}


def test_names_in_chinese_stay_as_they_are(tmp_path: Path) -> None:
    tables, _ = read(example_layers(), tmp_path)
    assert tables.substation["name"].tolist() == ["桃园变电站"]
    assert tables.line_section["id"].tolist() == ["线路一", "L2"]
    assert tables.customer["name"].tolist() == ["王芳", "Ada Becker"]


def test_a_file_without_a_name_inside_is_called_like_the_file(tmp_path: Path) -> None:
    tables, _ = read(example_layers(), tmp_path)
    assert tables.name == "network"


def test_the_customer_layer_and_optional_columns_may_be_absent(tmp_path: Path) -> None:
    layers = example_layers()
    del layers["customer"]
    layers["switch"] = layers["switch"].drop(columns=["remote_controlled", "rated_a", "feeder", "name"])
    tables, findings = read(layers, tmp_path)
    assert findings == ()
    assert tables.customer.empty
    assert tables.switch[["remote_controlled", "rated_a", "feeder", "name"]].isna().all(axis=None)


def test_other_layers_and_columns_are_left_alone(tmp_path: Path) -> None:
    layers = example_layers()
    layers["switch"]["note"] = "x"
    layers["trees"] = layers["node"]
    tables, findings = read(layers, tmp_path)
    assert findings == ()
    assert "note" not in tables.switch


@pytest.mark.parametrize(
    "layer", ["substation", "node", "line_section", "switch", "transformer", "service_point"]
)
def test_a_missing_layer_is_named(tmp_path: Path, layer: str) -> None:
    layers = example_layers()
    del layers[layer]
    text = refusal(layers, tmp_path)
    assert f"no layer '{layer}'" in text
    assert "Add the layer" in text


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    layers = example_layers()
    layers["switch"] = layers["switch"].rename(columns={"normally_open": "open"})
    text = refusal(layers, tmp_path)
    assert "Layer 'switch' has no column 'normally_open'" in text
    assert "open" in text.split("Its columns are:")[1]


@pytest.mark.parametrize(
    ("place", "values", "found", "wanted"),
    [
        (("switch", "normally_open"), ["no", "no", "yes"], "text", "boolean"),
        (("switch", "normally_open"), [0, 1, 2], "the value 2", "boolean"),
        (("service_point", "customers"), ["1", "12", "0"], "text", "integer"),
        (("service_point", "customers"), [1.5, 12.0, 0.0], "the value 1.5", "integer"),
        (("line_section", "length_m"), ["812 m", "7 m"], "text", "number"),
        (("node", "id"), [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5], "decimal number", "text"),
        (("node", "is_source"), pd.to_datetime(["2026-01-01"] * 7), "datetime64", "boolean"),
    ],
)
def test_a_wrong_column_type_is_named(tmp_path: Path, place, values, found, wanted) -> None:
    layers = example_layers()
    layer, column = place
    layers[layer][column] = values
    text = refusal(layers, tmp_path)
    assert f"Layer '{layer}', column '{column}' holds" in text
    assert found in text
    assert f"{wanted}" in text.split(" but ")[1]


def test_booleans_may_come_as_zero_and_one(tmp_path: Path) -> None:
    layers = example_layers()
    layers["switch"]["normally_open"] = [0, 0, 1]
    layers["switch"]["remote_controlled"] = pd.array([1, None, 0], dtype="Int32")
    tables, findings = read(layers, tmp_path)
    assert findings == ()
    assert tables.switch["normally_open"].tolist() == [False, False, True]
    assert tables.switch["remote_controlled"].tolist() == [True, pd.NA, False]


def test_whole_numbers_become_text_where_text_is_wanted(tmp_path: Path) -> None:
    layers = example_layers()
    layers["customer"]["account"] = [6001, 6002]
    layers["service_point"]["account"] = pd.array([6001, 6002, None], dtype="Int64")
    tables, _ = read(layers, tmp_path)
    assert tables.customer["account"].tolist() == ["6001", "6002"]
    assert tables.service_point["account"].tolist()[:2] == ["6001", "6002"]
    assert tables.service_point["account"].isna().tolist() == [False, False, True]


def test_numbers_too_long_to_be_read_exactly_are_refused(tmp_path: Path) -> None:
    layers = example_layers()
    layers["service_point"]["account"] = pd.array([2**60 + 1, 5, None], dtype="Int64")
    assert "Store the column as text" in refusal(layers, tmp_path)


def test_an_id_that_is_the_tables_own_key_is_an_id(tmp_path: Path) -> None:
    layers = example_layers()
    substations = layers.pop("substation").drop(columns="id")
    path = write_layers(layers, tmp_path / "network.gpkg")
    pyogrio.write_dataframe(substations, path, driver="GPKG", layer="substation", layer_options={"FID": "id"})
    tables, _ = read_network_package(path)
    assert tables.substation["id"].tolist() == ["1"]


def test_another_crs_is_transformed(tmp_path: Path, example_network: NetworkTables) -> None:
    layers = {
        name: frame.to_crs("EPSG:4544") if isinstance(frame, gpd.GeoDataFrame) else frame
        for name, frame in example_layers().items()
    }
    tables, findings = read(layers, tmp_path)
    assert findings == ()
    assert tables.node.crs == "EPSG:4326"
    ours, theirs = (
        shapely.get_coordinates(one.node.geometry.to_numpy()) for one in (tables, example_network)
    )
    np.testing.assert_allclose(ours, theirs, atol=1e-8)


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_geometry_without_a_crs_is_refused(tmp_path: Path) -> None:
    layers = example_layers()
    layers["switch"] = layers["switch"].set_crs(None, allow_override=True)
    text = refusal(layers, tmp_path)
    assert "Layer 'switch' has geometry but no coordinate reference system" in text


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_layer_without_geometry_needs_no_crs(tmp_path: Path) -> None:
    layers = example_layers()
    layers["switch"] = layers["switch"].set_geometry([None] * 3, crs=None)
    tables, findings = read(layers, tmp_path)
    assert findings == ()
    assert tables.switch.geometry.isna().all()


def test_broken_geometry_is_a_finding_with_its_ids(tmp_path: Path) -> None:
    layers = example_layers()
    layers["line_section"].geometry = [
        shapely.LineString([(104.06, 30.57), (104.06, 30.57)]),
        shapely.LineString([(104.06, 30.57), (float("inf"), 30.6)]),
    ]
    layers["switch"].geometry = [shapely.Point(), LINE, shapely.Point(104.0, 30.5)]
    tables, findings = read(layers, tmp_path)
    assert rules(findings) == {
        ("broken_geometry", "line_section"): ("线路一", "L2"),
        ("broken_geometry", "switch"): ("CB1", "F1"),
    }
    assert tables.line_section.geometry.isna().all()
    assert tables.switch.geometry.isna().tolist() == [True, True, False]


def test_geometry_that_cannot_be_parsed_is_broken_not_missing(tmp_path: Path) -> None:
    path = write_layers(example_layers(), tmp_path / "network.gpkg")
    with closing(sqlite3.connect(path)) as database, database:
        # The layer's triggers call functions of GDAL; without them any byte may be written.
        for (trigger,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("UPDATE switch SET geom = x'4750000000000000FFFF' WHERE id = 'CB1'")
    tables, findings = read_network_package(path)
    assert rules(findings) == {("broken_geometry", "switch"): ("CB1",)}
    assert tables.switch.geometry.isna().tolist() == [True, True, False]


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    path = write_layers(example_layers(), tmp_path / "network.gpkg")
    with closing(sqlite3.connect(path)) as database, database:
        name = "桃园".encode("gbk")
        database.execute("UPDATE customer SET name = CAST(? AS TEXT)", (name,))
    with pytest.raises(NetworkPackageError, match="Layer 'customer' holds text that is not UTF-8"):
        read_network_package(path)


def test_places_outside_the_earth_are_a_finding(tmp_path: Path) -> None:
    layers = example_layers()
    # Metres under the name of degrees: the commonest mistake of all.
    layers["transformer"].geometry = [shapely.Point(411_000, 3_381_000)]
    tables, findings = read(layers, tmp_path)
    assert rules(findings) == {("outside_crs_range", "transformer"): ("T1",)}
    assert tables.transformer.geometry.isna().all()


def test_lines_in_parts_and_with_heights_are_made_plain(tmp_path: Path) -> None:
    layers = example_layers()
    layers["line_section"].geometry = [
        shapely.from_wkt("MULTILINESTRING Z ((104 30 5, 104 31 5), (104 31 5, 105 31 6))"),
        shapely.from_wkt("MULTILINESTRING Z ((104 30 5, 104 31 5), (106 31 5, 109 31 6))"),
    ]
    tables, findings = read(layers, tmp_path)
    assert rules(findings) == {("geometry_in_parts", "line_section"): ("L2",)}
    assert [one.wkt for one in tables.line_section.geometry] == [
        "LINESTRING (104 30, 104 31, 105 31)",
        "LINESTRING (106 31, 109 31)",
    ]


def test_ten_thousand_duplicate_ids_are_one_finding(tmp_path: Path) -> None:
    layers = example_layers()
    switch = layers["switch"]
    layers["switch"] = pd.concat([switch, *([switch.iloc[[1]]] * 10_000)], ignore_index=True)
    tables, _ = read(layers, tmp_path)
    network, findings = tables.to_network()
    assert network.device_count == 6
    assert [(one.rule, one.layer, len(one.ids)) for one in findings] == [("duplicate_id", "switch", 10_000)]


def test_single_bad_values_are_findings(tmp_path: Path) -> None:
    layers = example_layers()
    layers["switch"]["kind"] = ["breaker", "cutout", None]
    layers["transformer"]["ownership"] = ["private"]
    layers["service_point"]["customers"] = pd.array([None, -3, 2], dtype="Int64")
    layers["service_point"]["phases"] = ["ABX", None, "A"]
    layers["node"]["id"] = ["G", None, "n2", "n3", "n4", "n5", ""]
    tables, findings = read(layers, tmp_path)
    assert [(one.rule, one.layer, one.ids) for one in findings] == [
        ("missing_id", "node", ("row 2", "row 7")),
        ("unknown_kind", "switch", ("F1", "TIE")),
        ("unknown_ownership", "transformer", ("T1",)),
        ("missing_value", "service_point", ("户2",)),
        ("missing_value", "service_point", ("户1",)),
        ("negative_customers", "service_point", ("户2",)),
        ("unknown_phases", "service_point", ("户1", "户2")),
    ]
    assert tables.switch["id"].tolist() == ["CB1"]
    assert tables.service_point["customers"].tolist() == [0, 0, 2]
    assert tables.service_point["phases"].tolist() == ["ABC", "ABC", "A"]
    assert tables.node["id"].tolist() == ["G", "n2", "n3", "n4", "n5"]


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(NetworkPackageError, match=r"There is no file .*nowhere\.gpkg"):
        read_network_package(tmp_path / "nowhere.gpkg")


def test_an_empty_file_is_said_to_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "empty.gpkg"
    path.touch()
    with pytest.raises(NetworkPackageError, match="is empty"):
        read_network_package(path)


def test_a_folder_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(NetworkPackageError, match="is a folder"):
        read_network_package(tmp_path)


def test_a_file_that_is_no_geopackage_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "letter.gpkg"
    path.write_text("Dear network,")
    with pytest.raises(NetworkPackageError, match="is not a GeoPackage"):
        read_network_package(path)


def test_a_plain_database_is_no_geopackage(tmp_path: Path) -> None:
    path = tmp_path / "plain.gpkg"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE node (id TEXT)")
    with pytest.raises(NetworkPackageError, match="not a GeoPackage"):
        read_network_package(path)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_a_file_that_is_cut_short_is_said_to_be_damaged(tmp_path: Path, share: float) -> None:
    path = write_layers(example_layers(), tmp_path / "network.gpkg")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(NetworkPackageError, match=r"damaged|not a GeoPackage"):
        read_network_package(path)


def test_writing_that_fails_leaves_nothing(
    tmp_path: Path, example_network: NetworkTables, monkeypatch
) -> None:
    path = tmp_path / "network.gpkg"
    path.write_text("what stood here before")
    write = pyogrio.write_dataframe

    def fail_at_the_end(frame, target, **options):
        if options["layer"] == "customer":
            raise OSError(28, "No space left on device")
        write(frame, target, **options)

    monkeypatch.setattr("gis.network_package.pyogrio.write_dataframe", fail_at_the_end)
    with pytest.raises(NetworkPackageError, match="No space left"):
        write_network_package(example_network, path)
    assert [one.name for one in tmp_path.iterdir()] == ["network.gpkg"]
    assert path.read_text() == "what stood here before"


def test_writing_into_a_missing_folder_is_refused(tmp_path: Path, example_network: NetworkTables) -> None:
    with pytest.raises(NetworkPackageError, match="There is no folder"):
        write_network_package(example_network, tmp_path / "nowhere" / "network.gpkg")


def test_a_file_that_stands_there_is_replaced(tmp_path: Path, example_network: NetworkTables) -> None:
    path = tmp_path / "network.gpkg"
    write_network_package(example_network, path)
    write_network_package(example_network, path)
    tables, _ = read_network_package(path)
    assert len(tables.node) == len(example_network.node)
