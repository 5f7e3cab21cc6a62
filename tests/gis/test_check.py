"""Checking a network: what the topology finds, and what only tables know."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely

from gis.check import check_geometry, check_references, check_tables
from gis.network_tables import NetworkTables, network_tables
from tests.gis.example_network import example_layers


def said(findings) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(one.rule, one.layer): one.ids for one in findings}


def test_missing_geometry_is_a_finding_in_each_layer(example_network: NetworkTables) -> None:
    assert said(check_geometry(example_network)) == {
        ("missing_geometry", "node"): ("n6",),
        ("missing_geometry", "line_section"): ("L2",),
        ("missing_geometry", "switch"): ("F1",),
        ("missing_geometry", "service_point"): ("户3",),
    }


def test_places_off_the_earth_are_a_finding(example_network: NetworkTables) -> None:
    example_network.transformer.geometry = gpd.GeoSeries([shapely.Point(411_000, 3_381_000)], crs="EPSG:4326")
    assert said(check_geometry(example_network))["outside_crs_range", "transformer"] == ("T1",)


def test_names_of_what_does_not_exist_are_findings() -> None:
    layers = example_layers()
    layers["node"].loc[3, "substation"] = "ST9"
    layers["service_point"]["account"] = ["6001", "6009", None]
    layers["service_point"]["meter"] = ["M1", "M1", None]
    tables, _ = network_tables(name="t", layers=layers)
    assert said(check_references(tables)) == {
        ("unknown_substation", "node"): ("n3",),
        ("unknown_account", "service_point"): ("户2",),
        ("duplicate_meter", "service_point"): ("户1", "户2"),
    }


def test_a_network_without_customers_lacks_no_account() -> None:
    layers = example_layers()
    del layers["customer"]
    tables, _ = network_tables(name="t", layers=layers)
    assert check_references(tables) == ()


def test_everything_is_found_at_once() -> None:
    layers = example_layers()
    layers["switch"].loc[1, "to_node"] = "nowhere"
    layers["customer"] = pd.concat([layers["customer"]] * 2, ignore_index=True)
    tables, _ = network_tables(name="t", layers=layers)
    found = said(check_tables(tables))
    assert found["unknown_node", "switch"] == ("F1",)
    assert found["duplicate_id", "customer"] == ("6001", "6002")
    assert set(found["unsupplied_service_point", "service_point"]) >= {"户1", "户2"}
    assert ("missing_geometry", "line_section") in found
