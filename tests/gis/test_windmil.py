"""A WindMil circuit as a network: what stands for what, what feeds whom, and what is told about the rest."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyproj
import pytest

from gis.check import check_tables
from gis.errors import UnknownCrsError
from gis.network_tables import NetworkTables
from gis.windmil import read_windmil
from tests.gis.windmil_example import (
    CRS,
    EAST,
    NORTH,
    consumer,
    device,
    example_equipment,
    example_rows,
    line,
    row,
    switch,
    transformer,
    write_circuit,
)
from topology.findings import Finding
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.trace import downstream, upstream

NO_CRS = {("crs_unknown", "network")}


@pytest.fixture
def elm(tmp_path: Path) -> Path:
    return write_circuit(tmp_path, example_rows(), equipment=example_equipment())


@pytest.fixture
def tables(elm: Path) -> NetworkTables:
    made, _ = read_windmil(elm, crs=CRS)
    return made


def said(findings: tuple[Finding, ...]) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(one.rule, one.layer): one.ids for one in findings}


def tree_of(
    tables: NetworkTables, *, closed: tuple[str, ...] = (), opened: tuple[str, ...] = ()
) -> SupplyTree:
    network, findings = tables.to_network()
    assert findings == ()
    return SupplyTree(network, SwitchState.normal(network).open(*opened).close(*closed))


def fed_by(tree: SupplyTree, name: str) -> dict[str, str]:
    return {one.id: one.phases for one in downstream(tree=tree, device=name).service_points}


def test_everything_odd_is_told_once(elm: Path) -> None:
    _, findings = read_windmil(elm, crs=CRS)
    assert said(findings) == {
        ("at_root", "switch"): ("S4-B",),
        ("other_half_missing", "switch"): ("S3-B",),
        ("left_out", "capacitor"): ("CAP",),
    }


def test_a_circuit_without_other_faults_passes_the_check(tables: NetworkTables) -> None:
    assert said(check_tables(tables)) == {}


def test_each_type_becomes_its_layer_and_kind(tables: NetworkTables) -> None:
    kinds = {
        layer: tables.layer(layer).set_index("id")["kind"].to_dict()
        for layer in ("line_section", "switch", "transformer")
    }
    assert {name for name, kind in kinds["line_section"].items() if kind == "underground"} == {"103"}
    assert kinds["switch"] == {
        "BAY1": "breaker", "F1.1": "fuse", "R1": "recloser",
        **dict.fromkeys(("S1-A", "S1-B", "S2-A", "S2-B", "S3-B", "S4", "S4-B"), "switch"),
    }  # fmt: skip
    assert kinds["transformer"] == {"REG": "regulator", **dict.fromkeys(("T1", "T2", "T3"), "distribution")}
    assert tables.node.loc[tables.node["is_source"], "id"].tolist() == ["ELM SUB"]
    assert tables.substation["id"].tolist() == ["ELM SUB"]
    assert tables.name == "Elm-One"


def test_a_node_element_names_the_end_of_its_parent(tables: NetworkTables) -> None:
    ends = tables.line_section.set_index("id")
    assert ends.loc["101", "to_node"] == "N1"
    assert ends.loc["102", "from_node"] == "N1"
    assert "101" not in set(tables.node["id"])


def test_figures_are_in_our_units(tables: NetworkTables) -> None:
    lines = tables.line_section.set_index("id")
    assert lines.loc["101", "length_m"] == pytest.approx(480 * 0.3048)
    assert (lines.loc["101", "rated_a"], lines.loc["103", "rated_a"]) == (140, 228)
    assert tables.transformer.set_index("id")["rated_kva"].dropna().to_dict() == {
        "T1": 25,
        "T2": 15,
        "T3": 150,
    }
    points = tables.service_point.set_index("id")
    assert points["customers"].to_dict() == {"C 1": 2, "C 2": 0, "C3": 1, "C4": 1}
    assert points["peak_kw"].to_dict() == {"C 1": 2.5, "C 2": 0.0, "C3": 1.25, "C4": 30.0}
    kv = tables.node.set_index("id")["nominal_kv"]
    assert (kv["ELM SUB"], kv["105"]) == (12.47, 12.47)
    assert pd.isna(kv["T1"])


def test_the_feeder_is_that_of_the_bay(tables: NetworkTables) -> None:
    feeders = pd.concat([tables.layer(one).set_index("id")["feeder"] for one in ("line_section", "switch")])
    assert set(feeders.drop(["S4-B"])) == {"ELM 1"}
    assert pd.isna(feeders["S4-B"])
    assert pd.isna(tables.transformer.set_index("id").loc["REG", "feeder"])


def test_devices_feed_whom_the_drawing_says(tables: NetworkTables) -> None:
    tree = tree_of(tables)
    everyone = {"C 1": "B", "C 2": "B", "C3": "C", "C4": "ABC"}
    assert fed_by(tree, "BAY1") == everyone
    assert fed_by(tree, "F1.1") == {"C 1": "B", "C 2": "B"}
    assert fed_by(tree, "R1") == {"C3": "C"}
    assert fed_by(tree, "S1-B") == fed_by(tree, "S1-A") == {"C3": "C", "C4": "ABC"}
    assert [one.id for one in upstream(tree=tree, device="C3").devices] == [
        "T2", "105", "R1", "104", "S1-A", "S1-B", "101", "BAY1", "REG",
    ]  # fmt: skip


def test_a_tie_of_two_halves_feeds_back_once_both_are_closed(tables: NetworkTables) -> None:
    opened = ("S1-A",)
    assert fed_by(tree_of(tables, opened=opened), "BAY1") == {"C 1": "B", "C 2": "B"}
    assert fed_by(tree_of(tables, opened=opened, closed=("S2-A",)), "BAY1") == {"C 1": "B", "C 2": "B"}
    closed = tree_of(tables, opened=opened, closed=("S2-A", "S2-B"))
    # The tie has phases B and C only, so C4 gets back two of its three.
    assert fed_by(closed, "106") == {"C3": "C", "C4": "BC"}


def test_halves_that_lead_elsewhere_feed_nothing_however_they_stand(tables: NetworkTables) -> None:
    closed = tree_of(tables, opened=("BAY1",), closed=("S3-B", "S4", "S4-B"))
    assert not closed.service_point_phases.any()
    halves = tables.switch.set_index("id")
    assert halves.loc["S4", "to_node"] == halves.loc["S4-B", "from_node"]
    ends = [halves.loc["S3-B", "to_node"], halves.loc["S4-B", "to_node"]]
    assert not tables.node.set_index("id").loc[ends, "is_source"].any()


def test_places_are_where_the_crs_says(elm: Path, tables: NetworkTables) -> None:
    lon, lat = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(EAST + 500, NORTH)
    node = tables.node.set_index("id").geometry["N1"]
    assert (node.x, node.y) == pytest.approx((lon, lat))
    drawn = tables.line_section.set_index("id").geometry
    assert drawn["102"].coords[0] == pytest.approx((lon, lat))
    assert all(tables.layer(one).geometry.notna().all() for one in ("switch", "transformer", "service_point"))


def test_without_a_crs_nothing_is_drawn_and_that_is_said(elm: Path) -> None:
    tables, findings = read_windmil(elm)
    assert said(findings).keys() >= NO_CRS
    assert not any(
        tables.layer(one).geometry.notna().any()
        for one in ("substation", "node", "line_section", "switch", "transformer", "service_point")
    )


@pytest.mark.parametrize("crs", ["EPSG:32119", "EPSG:3857"])  # the same zone in metres; the web map
def test_a_crs_of_another_unit_is_noticed_and_nothing_is_drawn(elm: Path, crs: str) -> None:
    tables, findings = read_windmil(elm, crs=crs)
    (found,) = [one for one in findings if one.rule == "crs_does_not_fit"]
    assert "as long as the file says" in found.text
    assert not tables.node.geometry.notna().any()


@pytest.mark.parametrize("crs", ["EPSG:99999999", "North Carolina", "", "EPSG:5806"])  # the last: a local one
def test_a_crs_that_nobody_knows_is_refused(elm: Path, crs: str) -> None:
    with pytest.raises(UnknownCrsError, match="EPSG:"):
        read_windmil(elm, crs=crs)


def test_without_an_equipment_table_names_tell_and_ratings_stay_empty(tmp_path: Path) -> None:
    odd = device("Q7", "A", "N1", (700, 7), "X-1")
    tables, findings = read_windmil(write_circuit(tmp_path, [*example_rows(), odd]))
    found = said(findings)
    assert found["no_equipment_table", "network"] == ()
    assert found["kind_by_name", "switch"] == ("F1.1", "R1")
    assert found["kind_unclear", "switch"] == ("Q7",)
    kinds = tables.switch.set_index("id")["kind"]
    assert (kinds["BAY1"], kinds["F1.1"], kinds["R1"], kinds["Q7"]) == ("breaker", "fuse", "recloser", "fuse")
    assert tables.line_section["rated_a"].isna().all()
    assert tables.transformer.set_index("id")["rated_kva"].dropna().to_dict() == {"T1": 25, "T2": 15}


def test_the_equipment_table_goes_before_the_name_and_must_be_of_one_mind(tmp_path: Path) -> None:
    table = [
        *(one for one in example_equipment() if not one.startswith(("L-50", "UG-25"))),
        "L-50,10,6,50,0,0,0,0,0,0,1,0,,1,Sectionalizer",
        "UG-25kVA,5,0,0,2,0,0,4.9,0,0,37.5,0,0,0",
        "4ACSR,1,2,180,1.7,1.9,0.004,4ACSR,0,,{2}",
    ]
    tables, findings = read_windmil(write_circuit(tmp_path, example_rows(), equipment=table))
    assert tables.switch.set_index("id").loc["R1", "kind"] == "sectionalizer"
    found = said(findings)
    assert found["rating_unclear", "transformer"] == ("T1",)
    assert set(found["rating_unclear", "line_section"]) == set(tables.line_section["id"]) - {"103"}


def test_the_table_of_another_network_is_not_taken(tmp_path: Path) -> None:
    path = write_circuit(tmp_path, example_rows(), equipment=example_equipment(), name="Elmwood")
    (tmp_path / "Elmwood.seq").rename(tmp_path / "Elm.seq")
    (tmp_path / "Elmwood.SEQ").write_text("not a table", encoding="utf-8")
    assert ("no_equipment_table", "network") in said(read_windmil(path)[1])


def test_a_transformer_to_another_line_is_not_to_blame_for_customers(tmp_path: Path) -> None:
    rows = [*example_rows(), row("STEP", 5, "A", "N1", (9, 9), c10=7.2, c13=2.4, c19=500)]
    tables, _ = read_windmil(write_circuit(tmp_path, rows))
    assert tables.transformer.set_index("id").loc["STEP", "kind"] == "station"


def test_overcurrent_devices_that_are_open_in_the_normal_state(tmp_path: Path) -> None:
    rows = [
        *example_rows(),
        device("F8", "ABC", "N1", (5, 5), "FUSE-10", c11=1, c12=0, c13=2),
        consumer("C8", "ABC", "F8", (6, 6), 1, 1),
        device("F9", "A", "N1", (7, 5), "FUSE-10", c11=0),
        consumer("C9", "A", "F9", (8, 6), 1, 1),
    ]
    tables, findings = read_windmil(write_circuit(tmp_path, rows, equipment=example_equipment()))
    assert said(findings)["partly_open", "switch"] == ("F8",)
    tree = tree_of(tables)
    assert fed_by(tree, "BAY1")["C8"] == "AC"
    assert "C9" not in fed_by(tree, "BAY1")
    assert fed_by(tree_of(tables, closed=("F9",)), "F9") == {"C9": "A"}


def test_phases_may_come_as_codes(tmp_path: Path) -> None:
    rows = [
        one.replace(",B,", ",2,", 1).replace(",BC,", ",6,", 1).replace(",ABC,", ",7,", 1)
        for one in example_rows()
    ]
    assert rows != example_rows()
    made, _ = read_windmil(write_circuit(tmp_path, rows))
    assert fed_by(tree_of(made), "F1.1") == {"C 1": "B", "C 2": "B"}


def test_a_node_with_a_parent_for_each_phase_joins_them(tmp_path: Path) -> None:
    rows = [
        *example_rows(),
        line("A1", "A", "N1", (0, 1), (0, 90)),
        line("B1", "B", "N1", (1, 1), (0, 90)),
        row("N2", 8, "AB", "A1", (0, 90), c27="A1", c28="B1", c30=1),
        consumer("C5", "AB", "N2", (0, 95), 1, 1),
    ]
    tables, findings = read_windmil(write_circuit(tmp_path, rows))
    assert said(findings)["several_parents", "node"] == ("N2",)
    tree = tree_of(tables)
    assert fed_by(tree, "A1") == {"C5": "A"}
    assert fed_by(tree, "B1") == {"C5": "B"}


def test_loads_without_a_consumer_and_machines_are_told(tmp_path: Path) -> None:
    rows = [
        *example_rows(),
        line("110", "ABC", "N1", (0, 0), (0, 5), c19=17),
        row("N9", 8, "ABC", "110", (0, 5), c16=2.5),
        row("M1", 11, "ABC", "110", (0, 6)),
        row("G1", 12, "ABC", "110", (0, 7)),
        consumer("C6", "A", "G1", (0, 8), 1, 1),
    ]
    tables, findings = read_windmil(write_circuit(tmp_path, rows))
    found = said(findings)
    assert found["load_without_consumer", "line_section"] == ("110",)
    assert found["load_without_consumer", "node"] == ("N9",)
    assert (found["left_out", "motor"], found["left_out", "generator"]) == (("M1",), ("G1",))
    assert tables.node["is_source"].sum() == 1
    assert fed_by(tree_of(tables), "110") == {"C6": "A"}


def test_figures_that_are_none_are_told_and_left_empty(tmp_path: Path) -> None:
    rows = [
        *example_rows(),
        line("110", "A", "N1", (0, 0), (0, 5), c12="long"),
        consumer("C6", "A", "110", (0, 8), 1, 1).replace(",1,", ",one,"),
        consumer("C7", "A", "110", (0, 8), 1, -2),
        consumer("C8", "AB", "110", (0, 8), 1, 0.3),
        row("C9", 13, "A", "110", (0, 8)),
    ]
    tables, findings = read_windmil(write_circuit(tmp_path, rows))
    found = said(findings)
    assert found["length_unread", "line_section"] == ("110",)
    assert found["customers_not_a_count", "service_point"] == ("C6", "C7", "C9")
    assert found["customers_not_whole", "service_point"] == ("C8",)
    points = tables.service_point.set_index("id")
    assert points["customers"].to_dict().items() >= {"C6": 0, "C7": 0, "C8": 1, "C9": 0}.items()
    assert pd.isna(points.loc["C9", "peak_kw"])


def test_a_bank_of_single_units_adds_up(tmp_path: Path) -> None:
    rows = [*example_rows(), transformer("BANK", "ABC", "N1", (1, 1), 25, "UG-25kVA")]
    tables, _ = read_windmil(write_circuit(tmp_path, rows, equipment=example_equipment()))
    assert tables.transformer.set_index("id").loc["BANK", "rated_kva"] == 75


def test_halves_that_do_not_fit_each_other_are_told(tmp_path: Path) -> None:
    rows = [
        *example_rows(),
        switch("S5-A", "A", "N1", (1, 1), "O", "101"),
        switch("S6-A", "A", "N1", (1, 1), "O", "S6-B"),
        switch("S6-B", "A", "108", (1, 1), "C", "S6-A"),
        switch("S7-A", "A", "N1", (1, 1), "?", "S7-B"),
    ]
    tables, findings = read_windmil(write_circuit(tmp_path, rows))
    found = said(findings)
    assert found["halves_do_not_match", "switch"] == ("S5-A",)
    assert found["halves_disagree", "switch"] == ("S6-A", "S6-B")
    assert found["unknown_state", "switch"] == ("S7-A",)
    assert "S7-A" not in set(tables.switch["id"])
    assert not said(check_tables(tables)).keys() & {("normal_state_loop", "line_section")}
