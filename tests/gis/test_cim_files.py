"""The CIM files at hand: their counts, who is fed by what, and the same feeder as OpenDSS has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from gis.check import check_tables
from gis.cim import read_cim
from gis.network_package import read_network_package, write_network_package
from gis.network_tables import NetworkTables
from gis.opendss import read_opendss
from topology.findings import Finding
from topology.supply_tree import SupplyTree
from topology.switch_state import SwitchState
from topology.trace import service_points_downstream, upstream

DATA = Path(__file__).parents[3] / "shared" / "data"
CIM = DATA / "net_cim100"
FEED_OF_GOLDEN = "5d73925c-b008-472d-a75b-a64c886a8805"

pytestmark = pytest.mark.skipif(
    not CIM.exists(), reason="the CIM files (../shared/data/net_cim100) are not here"
)

Reading = tuple[NetworkTables, tuple[Finding, ...]]


def read(name: str, **how) -> Reading:
    return read_cim([CIM / f"{name}.xml"], **how)


def names_in(name: str) -> dict[str, str]:
    """The names of all objects of a file by id, by nothing of ours."""
    found = {}
    for element in ET.parse(CIM / f"{name}.xml").getroot():  # noqa: S314 - our own copy
        id_ = next(iter(element.attrib.values())).removeprefix("urn:uuid:").removeprefix("_")
        for child in element:
            if child.tag.endswith("}IdentifiedObject.name"):
                found[id_] = child.text or ""
    return found


def rules(findings: tuple[Finding, ...]) -> set[str]:
    return {one.rule for one in findings}


def sizes(tables: NetworkTables) -> dict[str, int]:
    return {name: len(tables.layer(name)) for name in ("node", "line_section", "switch", "service_point")}


def downstream_names(tables: NetworkTables, device: str, names: dict[str, str]) -> list[str]:
    network = tables.to_network()[0]
    tree = SupplyTree(network, SwitchState.normal(network))
    id_ = next(one for one in tables.switch["id"] if names[one] == device)
    return sorted(names[one] for one in service_points_downstream(tree=tree, device=id_))


LOCAL = {"crs_unknown", "generation_left_out"}  # what the files with local coordinates always get


def test_ieee13_is_read_whole_and_everyone_is_supplied():
    tables, findings = read("IEEE13")
    assert sizes(tables) == {"node": 22, "line_section": 11, "switch": 5, "service_point": 16}
    assert Counter(tables.switch["kind"]) == {"switch": 2, "breaker": 1, "fuse": 1, "recloser": 1}
    assert Counter(tables.transformer["kind"]) == {"station": 2, "distribution": 2, "regulator": 1}
    assert rules(findings) == LOCAL
    assert rules(check_tables(tables)) == {"dangling_end", "missing_geometry"}
    assert tables.substation["name"].tolist() == ["IEEE13"]
    assert set(tables.line_section["feeder"]) == {"ieee13nodeckt"}


def test_ieee13_opens_at_its_recloser_fuse_and_breaker():
    tables, _ = read("IEEE13")
    names = names_in("IEEE13")
    assert downstream_names(tables, "fuse1", names) == ["634a", "634b", "634c"]
    assert downstream_names(tables, "sect1", names) == ["611"]
    assert len(downstream_names(tables, "brkr1", names)) == 16
    assert set(downstream_names(tables, "671692", names)) == {"675a", "675b", "675c", "692"}


def test_the_house_below_the_pole_transformer_is_on_its_phase():
    tables, _ = read("IEEE13")
    names = names_in("IEEE13")
    house = tables.service_point[tables.service_point["id"].map(names) == "house"].iloc[0]
    assert house["phases"] == "B"
    network = tables.to_network()[0]
    tree = SupplyTree(network, SwitchState.normal(network))
    above = upstream(tree=tree, device=house["id"]).devices
    assert [names[above[0].id], above[0].phases] == ["tpoletop", "B"]


def test_ieee123_has_two_ties_and_is_radial():
    tables, findings = read("IEEE123")
    assert sizes(tables) == {"node": 130, "line_section": 118, "switch": 8, "service_point": 91}
    names = names_in("IEEE123")
    ties = tables.switch[tables.switch["normally_open"]]
    assert sorted(ties["id"].map(names)) == ["sw7", "sw8"]
    assert rules(findings) == {"crs_unknown"}
    assert rules(check_tables(tables)) == {"dangling_end", "missing_geometry"}


def test_wire_and_cable_data_tell_what_lies_under_ground():
    tables, findings = read("IEEE13_Assets")
    assert sizes(tables) == {"node": 16, "line_section": 11, "switch": 1, "service_point": 15}
    names = names_in("IEEE13_Assets")
    cables = tables.line_section[tables.line_section["kind"] == "underground"]
    assert sorted(cables["id"].map(names)) == ["684652", "692675"]
    assert rules(findings) == {"crs_unknown"}
    assert rules(check_tables(tables)) == {"dangling_end", "missing_geometry"}


def test_maple_is_a_node_breaker_model_with_eleven_feeders():
    tables, findings = read("maple10nodebreaker")
    assert sizes(tables) == {"node": 22, "line_section": 2, "switch": 12, "service_point": 13}
    assert Counter(tables.switch["kind"]) == {"breaker": 12}
    assert len(tables.substation) == 2
    assert tables.switch["feeder"].nunique() == 11
    assert rules(findings) == LOCAL
    # Two parallel ways down to 115 kV: a loop in the normal state, and everyone supplied.
    assert rules(check_tables(tables)) == {"normal_state_loop", "missing_geometry"}
    network = tables.to_network()[0]
    tree = SupplyTree(network, SwitchState.normal(network))
    heads = tables.switch[tables.switch["feeder"].notna()]
    fed = [service_points_downstream(tree=tree, device=one) for one in heads["id"]]
    assert [len(one) for one in fed] == [1] * 11


def test_the_golden_file_stands_in_dublin_and_is_fed_from_beyond():
    tables, findings = read("gmdm_golden_cim18")
    # 19 nodes, and the one that only a terminal names.
    assert sizes(tables) == {"node": 20, "line_section": 6, "switch": 6, "service_point": 7}
    assert Counter(tables.switch["kind"]) == {"fuse": 3, "switch": 2, "recloser": 1}
    assert rules(findings) == {"missing_reference", "no_source", "generation_left_out"}
    west, south, east, north = tables.node.total_bounds
    assert -6.29 < west < east < -6.25
    assert 53.30 < south < north < 53.33
    assert sorted(tables.service_point["customers"]) == [1, 1, 1, 1, 3, 3, 4]
    assert set(tables.node["nominal_kv"]) == {12.47, 0.48, 0.24}


def test_told_where_supply_enters_the_golden_file_is_sound():
    tables, findings = read("gmdm_golden_cim18", sources=[FEED_OF_GOLDEN])
    assert rules(findings) == {"missing_reference", "generation_left_out"}
    assert rules(check_tables(tables)) <= {"dangling_end", "missing_geometry"}
    names = names_in("gmdm_golden_cim18")
    phases = {
        names[id_]: on
        for id_, on in zip(tables.service_point["id"], tables.service_point["phases"], strict=True)
    }
    assert phases == {
        "Aggregate A Ph Load": "A", "Aggregate B Ph Load": "B", "Aggregate C Ph Load": "C",
        "Indiv Res 120/240 Load": "B", "Box Store Load": "ABC", "G and G Comm Load": "ABC",
        "G and G Res Load": "BC",
    }  # fmt: skip
    # Behind the recloser hang the regulators and the three aggregates.
    assert downstream_names(tables, "Rec A1", names) == [
        "Aggregate A Ph Load", "Aggregate B Ph Load", "Aggregate C Ph Load",
    ]  # fmt: skip
    assert downstream_names(tables, "Cutout L4", names) == ["Indiv Res 120/240 Load"]


def test_two_feeders_at_once_are_one_model_of_two():
    tables, findings = read_cim([CIM / "IEEE13.xml", CIM / "IEEE123.xml"])
    assert sizes(tables) == {"node": 152, "line_section": 129, "switch": 13, "service_point": 107}
    assert int(tables.node["is_source"].sum()) == 2
    assert rules(findings) == LOCAL
    assert not rules(check_tables(tables)) & {"unsupplied_service_point", "fed_twice", "normal_state_loop"}


@pytest.mark.parametrize("whole", ["IEEE13", "gmdm_golden_cim18"])
def test_a_model_in_several_files_is_the_model_in_one(whole: str, tmp_path: Path):
    tree = ET.parse(CIM / f"{whole}.xml")  # noqa: S314 - our own copy
    root = tree.getroot()
    every = list(root)
    parts = []
    for number in range(3):
        for element in list(root):
            root.remove(element)
        root.extend(every[number::3])
        parts.append(tmp_path / f"{number}.xml")
        tree.write(parts[-1], encoding="utf-8", xml_declaration=True)
    assert_same_network(read_cim(parts[::-1])[0], read(whole)[0])


@pytest.mark.parametrize(
    "name", ["IEEE13", "IEEE123", "IEEE13_Assets", "maple10nodebreaker", "gmdm_golden_cim18"]
)
def test_the_same_network_comes_back_from_a_package(name: str, tmp_path: Path):
    tables, _ = read(name)
    write_network_package(tables, tmp_path / "again.gpkg")
    again, findings = read_network_package(tmp_path / "again.gpkg")
    assert findings == ()
    assert_same_network(tables, again)


def assert_same_network(one: NetworkTables, other: NetworkTables) -> None:
    ours, theirs = one.to_network()[0], other.to_network()[0]
    for field in fields(ours):
        assert np.array_equal(getattr(ours, field.name), getattr(theirs, field.name)), field.name


# IEEE 13 in CIM and in OpenDSS are the same feeder. One of the CIM files has a breaker, a recloser, a fuse, a
# sectionaliser and a house more, with nodes between. What both have must be the same.

Both = tuple[NetworkTables, NetworkTables, dict[str, str]]


@pytest.fixture(scope="module", params=["IEEE13", "IEEE13_Assets"])
def both(request: pytest.FixtureRequest) -> Both:
    opendss, _ = read_opendss(DATA / "net_broken_opendss" / "ieee_13node" / "master.dss")
    return read(request.param)[0], opendss, names_in(request.param)


def common(both: Both, layer: str, column: str) -> tuple[dict, dict]:
    """A column of the rows that both have, by name; all that OpenDSS has, CIM has."""
    cim, opendss, names = both
    ours, theirs = (
        dict(zip(tables.layer(layer)["id"].map(called), tables.layer(layer)[column], strict=True))
        for tables, called in ((cim, names.__getitem__), (opendss, plain_name))
    )
    assert theirs.keys() <= ours.keys()
    return {name: ours[name] for name in theirs}, theirs


def plain_name(id_: str) -> str:
    return id_.rpartition(".")[2]


@pytest.mark.parametrize("column", ["phases", "peak_kw", "customers"])
def test_cim_and_opendss_have_the_same_customers_on_the_same_phases(both: Both, column: str):
    ours, theirs = common(both, "service_point", column)
    assert ours == theirs
    assert len(theirs) == 15


def test_cim_and_opendss_have_the_same_lines(both: Both):
    for layer in ("line_section", "switch"):
        ours, theirs = common(both, layer, "phases")
        assert ours == theirs
    ours, theirs = common(both, "line_section", "length_m")
    assert ours == pytest.approx(theirs, rel=1e-3)
    assert len(theirs) == 11


def test_cim_and_opendss_feed_the_same_customers_through_every_line_and_switch(both: Both):
    cim, opendss, names = both
    ours, theirs = fed_through(cim, names.__getitem__), fed_through(opendss, plain_name)
    known = set().union(*theirs.values())
    assert {device: ours[device] & known for device in theirs} == theirs
    assert (len(theirs), len(known)) == (12, 15)


def fed_through(tables: NetworkTables, called: Callable[[str], str]) -> dict[str, set[str]]:
    network = tables.to_network()[0]
    tree = SupplyTree(network, SwitchState.normal(network))
    return {
        called(device): set(map(called, service_points_downstream(tree=tree, device=device)))
        for device in (*tables.line_section["id"], *tables.switch["id"])
    }
