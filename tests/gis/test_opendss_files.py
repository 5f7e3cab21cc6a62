"""The IEEE 9500-node feeder and the IEEE 13 feeders, whole and broken: counts, and what is found wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from gis.check import check_tables
from gis.network_package import read_network_package, write_network_package
from gis.network_tables import NetworkTables
from gis.opendss import read_opendss
from topology.findings import Finding
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.trace import service_points_downstream

DATA = Path(__file__).parents[3] / "shared" / "data"
IEEE9500 = DATA / "net_ieee9500" / "dss"
BROKEN = DATA / "net_broken_opendss"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the shared data (../shared/data) is not here")

Reading = tuple[NetworkTables, tuple[Finding, ...]]


@pytest.fixture(scope="module")
def unbalanced() -> Reading:
    return read_opendss(IEEE9500 / "Master-unbal-initial-config.dss")


def rules(findings: tuple[Finding, ...]) -> set[str]:
    return {one.rule for one in findings}


def test_the_big_feeder_is_whole(unbalanced: Reading):
    tables, findings = unbalanced
    assert len(tables.node) == 5_302
    # 4,022 lines of which 110 are switches, and the reactor of the source.
    assert (len(tables.line_section), len(tables.switch)) == (4_022 - 110 + 1, 110)
    assert int(tables.switch["normally_open"].sum()) == 9
    assert Counter(tables.transformer["kind"]) == {"distribution": 1_283, "regulator": 18, "station": 4}
    assert len(tables.service_point) == 1_275
    assert tables.service_point["customers"].eq(1).all()
    assert Counter(tables.service_point["phases"]) == {"A": 457, "B": 428, "C": 390}
    assert list(tables.substation["name"]) == ["hvmv69_11sub1", "hvmv69_11sub2", "hvmv69_11sub3"]
    assert tables.node.loc[tables.node["is_source"], "id"].tolist() == ["sourcebus"]
    assert set(tables.line_section["feeder"].dropna()) == {"m1", "m2", "m3"}
    assert [(one.rule, len(one.ids)) for one in findings] == [("generation_left_out", 192)]


def test_every_bus_of_the_big_feeder_has_its_place_and_voltage(unbalanced: Reading):
    tables, _ = unbalanced
    assert tables.node.geometry.notna().all()
    west, south, east, north = tables.node.total_bounds
    assert -119.4 < west < east < -118.9
    assert 46.5 < south < north < 46.8
    assert set(tables.node["nominal_kv"]) == {115.0, 69.0, 12.47, 0.48, 0.208}


def test_the_big_feeder_is_radial_and_everyone_is_supplied(unbalanced: Reading):
    # What is left: ends where capacitors and generators stood, or nothing.
    assert rules(check_tables(unbalanced[0])) == {"dangling_end"}


def test_a_closed_tie_is_a_loop(unbalanced: Reading):
    tables = unbalanced[0]
    for tie in tables.switch.loc[tables.switch["normally_open"], "id"]:
        switch = tables.switch.assign(
            normally_open=tables.switch["normally_open"] & (tables.switch["id"] != tie)
        )
        closed = NetworkTables(
            **{field.name: getattr(tables, field.name) for field in fields(tables)} | {"switch": switch}
        )
        loops = [one for one in check_tables(closed) if one.rule == "normal_state_loop"]
        assert any(tie in one.ids for one in loops), tie


def test_balanced_and_unbalanced_loads_are_the_same_customers(unbalanced: Reading):
    balanced, _ = read_opendss(IEEE9500 / "Master-bal-initial-config.dss")
    ours, theirs = (one.service_point.set_index("id").sort_index() for one in (unbalanced[0], balanced))
    assert list(ours.index) == list(theirs.index)
    assert ours[["node", "phases"]].equals(theirs[["node", "phases"]])
    assert np.allclose(ours["peak_kw"], theirs["peak_kw"], rtol=0.02)


def test_the_same_network_comes_back_from_a_package(unbalanced: Reading, tmp_path: Path):
    tables = unbalanced[0]
    write_network_package(tables, tmp_path / "ieee9500.gpkg")
    again, findings = read_network_package(tmp_path / "ieee9500.gpkg")
    assert findings == ()
    ours, theirs = tables.to_network()[0], again.to_network()[0]
    for field in fields(ours):
        assert np.array_equal(getattr(ours, field.name), getattr(theirs, field.name)), field.name


def test_the_whole_small_feeder_has_nothing_wrong():
    tables, findings = read_opendss(BROKEN / "ieee_13node" / "master.dss", crs="EPSG:26918")
    assert findings == ()
    assert (len(tables.node), len(tables.line_section) + len(tables.switch)) == (16, 12)
    assert len(tables.service_point) == 15
    assert Counter(tables.transformer["kind"]) == {"regulator": 3, "station": 1, "distribution": 1}
    assert rules(check_tables(tables)) == {"dangling_end"}  # line 671680 ends at nothing


def test_a_drawing_is_no_map():
    tables, findings = read_opendss(BROKEN / "ieee_13node" / "master.dss")
    assert [(one.rule, len(one.ids)) for one in findings] == [("crs_unknown", 16)]
    assert tables.node.geometry.isna().all()


def findings_of(name: str) -> dict[str, set[str]]:
    tables, findings = read_opendss(BROKEN / f"ieee_13node_{name}" / "master.dss", crs="EPSG:26918")
    found: dict[str, set[str]] = {}
    for one in (*findings, *check_tables(tables)):
        found.setdefault(one.rule, set()).update(one.ids)
    found.pop("dangling_end")
    return found


def test_the_loop_with_clashing_phases_is_found():
    found = findings_of("loop")
    assert set(found) == {"phase_clash_ring"}
    assert "Line.684652_bad" in found["phase_clash_ring"]


def test_the_load_that_is_cut_off_is_found():
    assert findings_of("loads_disconnected") == {
        "island": {"646"},
        "unsupplied_service_point": {"Load.646"},
    }


def test_the_phases_that_are_off_are_found():
    found = findings_of("phases_off")
    assert set(found) == {"fewer_nodes_than_phases", "vanished_phases", "unsupplied_service_point"}
    assert found["fewer_nodes_than_phases"] == {"Line.632670"}
    assert found["vanished_phases"] >= {"Line.670671", "Load.671", "Load.675b", "Load.692"}
    assert found["unsupplied_service_point"] == {
        "Load.611", "Load.670b", "Load.670c", "Load.675b", "Load.675c",
    }  # fmt: skip


def test_opening_the_small_feeder_switch_puts_its_customers_out():
    tables, _ = read_opendss(BROKEN / "ieee_13node" / "master.dss")
    network, findings = tables.to_network()
    assert findings == ()
    tree = SupplyTree(network, SwitchState.normal(network))
    assert service_points_downstream(tree=tree, device="Line.671692") == [
        "Load.675a", "Load.675b", "Load.675c", "Load.692",
    ]  # fmt: skip
