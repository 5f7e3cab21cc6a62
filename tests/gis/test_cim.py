"""CIM models of a few objects, each with one thing that is easily read wrongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import shapely

from gis.check import check_tables
from gis.cim import read_cim
from gis.cim.rdf import CimError
from gis.errors import UnknownCrsError
from gis.network_package import read_network_package, write_network_package
from gis.network_tables import NetworkTables
from tests.gis.cim_text import CIM16, CIM18, CIM100, rdf_xml
from topology.findings import Finding

Reading = tuple[NetworkTables, tuple[Finding, ...]]
Read = Callable[..., Reading]

# src ── cb (breaker) ── a ── l1 ── b ── home
#                        └── tie (open) ── b
SMALL = """
    CoordinateSystem crs crsUrn=urn:ogc:def:crs:EPSG::4326 IdentifiedObject.name=nonsense
    Substation west IdentifiedObject.name=West
    Feeder f7 IdentifiedObject.name=F7 NormalEnergizingSubstation=@west
    BaseVoltage mv nominalVoltage=12470
    ConnectivityNode src ConnectivityNodeContainer=@f7
    ConnectivityNode a ConnectivityNodeContainer=@f7
    ConnectivityNode b ConnectivityNodeContainer=@f7
    EnergySource grid between=src at=8,47 ConductingEquipment.BaseVoltage=@mv Equipment.EquipmentContainer=@f7
    Breaker cb between=src,a Switch.normalOpen=false Switch.ratedCurrent=630 IdentifiedObject.name=CB-1
    ACLineSegment l1 between=a,b at=8,47;8.01,47;8.01,47.01 length=1200 Equipment.EquipmentContainer=@f7
    LoadBreakSwitch tie between=a,b Switch.normalOpen=true
    EnergyConsumer home between=b EnergyConsumer.p=5000 EnergyConsumer.customerCount=3
"""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read models given as text, each a file."""

    def read_texts(*texts: str, crs: str | None = None, sources: tuple[str, ...] = (), **how) -> Reading:
        paths = []
        for number, text in enumerate(texts):
            paths.append(tmp_path / f"part{number}.xml")
            paths[-1].write_text(rdf_xml(text, **how), encoding="utf-8")
        return read_cim(paths, crs=crs, sources=sources)

    return read_texts


def ids_of(findings: tuple[Finding, ...], rule: str) -> list[str]:
    return [id_ for one in findings if one.rule == rule for id_ in one.ids]


def column(tables: NetworkTables, layer: str, name: str) -> dict:
    return dict(zip(tables.layer(layer)["id"], tables.layer(layer)[name], strict=True))


def assert_same_network(one: NetworkTables, other: NetworkTables) -> None:
    ours, theirs = one.to_network()[0], other.to_network()[0]
    for field in fields(ours):
        assert np.array_equal(getattr(ours, field.name), getattr(theirs, field.name)), field.name


@pytest.mark.parametrize("namespace", [CIM16, CIM100, CIM18])
@pytest.mark.parametrize("by_id", [True, False])
def test_every_namespace_and_spelling_of_ids_gives_the_same(read: Read, namespace: str, *, by_id: bool):
    tables, findings = read(SMALL, namespace=namespace, by_id=by_id)
    assert findings == ()
    assert tables.name == "F7"
    assert column(tables, "switch", "kind") == {"cb": "breaker", "tie": "switch"}
    assert column(tables, "node", "is_source") == {"a": False, "b": False, "src": True}
    assert check_tables(tables) == ()
    assert_same_network(tables, read(SMALL)[0])


def test_columns_are_filled_from_what_the_model_tells(read: Read):
    tables, _ = read(SMALL)
    line = tables.line_section.set_index("id").loc["l1"]
    assert (line["from_node"], line["to_node"], line["phases"], line["kind"]) == ("a", "b", "ABC", "overhead")
    assert (line["length_m"], line["feeder"]) == (1200, "F7")
    assert line["geometry"] == shapely.LineString([(8, 47), (8.01, 47), (8.01, 47.01)])
    switch = tables.switch.set_index("id").loc["cb"]
    assert (switch["name"], switch["rated_a"], switch["normally_open"]) == ("CB-1", 630, False)
    assert column(tables, "switch", "normally_open")["tie"]
    point = tables.service_point.set_index("id").loc["home"]
    assert (point["node"], point["customers"], point["peak_kw"], point["phases"]) == ("b", 3, 5, "ABC")
    assert point["geometry"] == shapely.Point(8.01, 47.01)
    assert column(tables, "node", "nominal_kv")["src"] == 12.47
    assert column(tables, "node", "substation")["src"] == "west"
    assert tables.substation[["id", "name"]].to_numpy().tolist() == [["west", "West"]]


def test_files_of_one_model_are_read_together_in_any_order(read: Read):
    lines = SMALL.strip().splitlines()
    whole, _ = read(SMALL)
    for parts in ([lines[:5], lines[5:9], lines[9:]], [lines[9:], lines[:5], lines[5:9]]):
        for by_id in (True, False):
            tables, findings = read(*("\n".join(part) for part in parts), by_id=by_id)
            assert findings == ()
            assert_same_network(whole, tables)
            assert tables.line_section.geometry.notna().all()


def test_the_same_network_comes_back_from_a_package(read: Read, tmp_path: Path):
    tables, _ = read(SMALL)
    write_network_package(tables, tmp_path / "small.gpkg")
    again, findings = read_network_package(tmp_path / "small.gpkg")
    assert findings == ()
    assert_same_network(tables, again)


POLE = """
    ConnectivityNode n
    ConnectivityNode x
    ConnectivityNode y
    EnergySource grid between=n
    BaseVoltage mv nominalVoltage=12470
    BaseVoltage lv nominalVoltage=208
    PowerTransformer pole between=n,x,x
    TransformerTankInfo info
    TransformerEndInfo info1 TransformerEndInfo.TransformerTankInfo=@info TransformerEndInfo.endNumber=1 ratedS=25000
    TransformerTank tank TransformerTank.PowerTransformer=@pole TransformerTankInfo=@info
    TransformerTankEnd e1 TransformerEnd.endNumber=1 TransformerEnd.Terminal=@pole.t1 TransformerTank=@tank orderedPhases=#OrderedPhaseCodeKind.CN TransformerEnd.BaseVoltage=@mv
    TransformerTankEnd e2 TransformerEnd.endNumber=2 TransformerEnd.Terminal=@pole.t2 TransformerTank=@tank orderedPhases=#OrderedPhaseCodeKind.s1N TransformerEnd.BaseVoltage=@lv
    TransformerTankEnd e3 TransformerEnd.endNumber=3 TransformerEnd.Terminal=@pole.t3 TransformerTank=@tank orderedPhases=#OrderedPhaseCodeKind.Ns2 TransformerEnd.BaseVoltage=@lv
    Fuse drop between=x,y on=s1,s2
    EnergyConsumer home between=y on=s1,s2
    EnergyConsumer lamp between=y on=s2
"""  # noqa: E501 - a line is an object


def test_secondary_legs_are_of_the_phase_of_the_winding_above(read: Read):
    tables, findings = read(POLE)
    assert findings == ()
    assert column(tables, "service_point", "phases") == {"home": "C", "lamp": "C"}
    assert column(tables, "switch", "phases") == {"drop": "C"}
    transformer = tables.transformer.set_index("id").loc["pole"]
    assert (transformer["phases"], transformer["kind"], transformer["rated_kva"]) == ("C", "distribution", 25)
    assert (transformer["from_node"], transformer["to_node"]) == ("n", "x")
    assert "unsupplied_service_point" not in {one.rule for one in check_tables(tables)}


def test_secondary_legs_below_no_transformer_might_be_any_phase(read: Read):
    tables, findings = read(POLE.replace("TransformerTank=@tank", "TransformerTank=@lost"))
    assert column(tables, "service_point", "phases") == {"home": "ABC", "lamp": "ABC"}
    assert ids_of(findings, "phases_not_traced") == ["drop", "home", "lamp"]
    assert ids_of(findings, "too_few_terminals") == ["pole"]


def test_a_bank_of_tanks_is_one_transformer_and_no_loop(read: Read):
    tanks = "".join(
        f"""
        TransformerTank t{one} TransformerTank.PowerTransformer=@reg
        TransformerTankEnd e{one}1 TransformerEnd.endNumber=1 TransformerEnd.Terminal=@reg.t1 TransformerTank=@t{one} orderedPhases=#OrderedPhaseCodeKind.{one}N TransformerEnd.BaseVoltage=@mv
        TransformerTankEnd e{one}2 TransformerEnd.endNumber=2 TransformerEnd.Terminal=@reg.t2 TransformerTank=@t{one} orderedPhases=#OrderedPhaseCodeKind.{one}N TransformerEnd.BaseVoltage=@mv
        """  # noqa: E501 - a line is an object
        for one in "AC"
    )
    tables, _ = read(f"""
        BaseVoltage mv nominalVoltage=4160
        EnergySource grid between=n
        PowerTransformer reg between=n,m
        {tanks}
        EnergyConsumer c between=m on=C
        EnergyConsumer b between=m on=B
    """)
    assert tables.transformer[["id", "phases", "kind"]].to_numpy().tolist() == [["reg", "AC", "regulator"]]
    found = check_tables(tables)
    assert ids_of(found, "unsupplied_service_point") == ["b"]
    assert "normal_state_loop" not in {one.rule for one in found}


def test_switches_open_phase_by_phase(read: Read):
    part = "Switch=@s SwitchPhase.phaseSide1=#SinglePhaseKind"
    tables, findings = read(f"""
        EnergySource grid between=n
        Switch s between=n,m
        SwitchPhase sa {part}.A SwitchPhase.normalOpen=false
        SwitchPhase sb {part}.B SwitchPhase.normalOpen=true
        SwitchPhase sc {part}.C SwitchPhase.closed=true
        Jumper j between=n,k on=AN
        Disconnector d between=n,k Switch.open=true
        Sectionaliser z between=k,o Switch.normalOpen=false Switch.open=true
        EnergyConsumer c between=m on=B
    """)
    rows = tables.switch.set_index("id")[["phases", "normally_open", "kind"]].to_numpy().tolist()
    assert dict(zip(tables.switch["id"], rows, strict=True)) == {
        "s": ["AC", False, "switch"],
        "s:open": ["B", True, "switch"],
        "j": ["A", False, "switch"],
        "d": ["ABC", True, "disconnector"],
        "z": ["ABC", False, "sectionalizer"],
    }
    assert ids_of(findings, "state_differs") == ["z"]


def test_phases_may_stand_at_the_terminal_and_in_a_delta_run_to_the_next(read: Read):
    tables, _ = read("""
        EnergySource grid between=n
        ACLineSegment l
        Terminal l1 ConductingEquipment=@l ConnectivityNode=@n phases=#PhaseCode.ABN
        Terminal l2 ConductingEquipment=@l ConnectivityNode=@m phases=#PhaseCode.ABN
        EnergyConsumer wye between=m on=A EnergyConsumer.phaseConnection=#PhaseShuntConnectionKind.Y
        EnergyConsumer delta between=m on=A EnergyConsumer.phaseConnection=#PhaseShuntConnectionKind.D
        EnergyConsumer all between=n EnergyConsumer.phaseConnection=#PhaseShuntConnectionKind.D
    """)
    assert column(tables, "line_section", "phases") == {"l": "AB"}
    assert column(tables, "service_point", "phases") == {"wye": "A", "delta": "AB", "all": "ABC"}


def test_units_are_told_by_the_voltages(read: Read):
    tables, _ = read("""
        BaseVoltage mv nominalVoltage=12.47
        EnergySource grid between=n ConductingEquipment.BaseVoltage=@mv
        EnergyConsumer c between=n EnergyConsumer.p=0.005
    """)
    assert tables.service_point["peak_kw"].tolist() == [5]
    assert tables.node["nominal_kv"].tolist() == [12.47]


def test_limits_and_wires_rate_a_line_and_cables_are_under_ground(read: Read):
    tables, _ = read("""
        EnergySource grid between=n
        ACLineSegment l between=n,m on=A
        ACLineSegment w between=m,k
        ConcentricNeutralCableInfo cn WireInfo.ratedCurrent=260
        ACLineSegmentPhase wa ACLineSegmentPhase.ACLineSegment=@w ACLineSegmentPhase.WireInfo=@cn ACLineSegmentPhase.phase=#SinglePhaseKind.A
        OperationalLimitSet set OperationalLimitSet.Terminal=@l.t1
        OperationalLimitType always isInfiniteDuration=true
        OperationalLimitType hour acceptableDuration=3600
        CurrentLimit n OperationalLimit.OperationalLimitSet=@set OperationalLimit.OperationalLimitType=@always CurrentLimit.value=400
        CurrentLimit e OperationalLimit.OperationalLimitSet=@set OperationalLimit.OperationalLimitType=@hour CurrentLimit.value=500
    """)  # noqa: E501 - a line is an object
    assert column(tables, "line_section", "rated_a") == {"l": 400, "w": 260}
    assert column(tables, "line_section", "kind") == {"l": "overhead", "w": "underground"}


def test_usage_points_are_the_customers(read: Read):
    tables, findings = read("""
        ConnectivityNode n
        EnergySource grid between=n
        EnergyConsumer house between=n EnergyConsumer.customerCount=2
        UsagePoint u1 UsagePoint.Equipments=@house CustomerAgreement=@ca phaseCode=#PhaseCode.BN
        UsagePoint u2 UsagePoint.Equipments=@house
        Meter m1 EndDevice.UsagePoint=@u1 EndDevice.serialNumber=77001
        CustomerAgreement ca CustomerAgreement.Customer=@c
        Customer c IdentifiedObject.name=Ada
        CustomerAccount k CustomerAccount.Customer=@c IdentifiedObject.name=6001
    """)
    assert findings == ()
    rows = tables.service_point.set_index("id")
    assert rows["phases"].to_dict() == {"u1": "B", "u2": "ABC"}
    assert rows["customers"].to_dict() == {"u1": 1, "u2": 1}
    assert (rows.loc["u1", "meter"], rows.loc["u1", "account"]) == ("77001", "6001")
    assert tables.customer[["account", "name"]].to_numpy().tolist() == [["6001", "Ada"]]


def test_substations_hold_their_bays_and_levels(read: Read):
    tables, _ = read("""
        Substation s IdentifiedObject.name=S
        BaseVoltage hv nominalVoltage=115000
        VoltageLevel v VoltageLevel.Substation=@s VoltageLevel.BaseVoltage=@hv
        Bay y Bay.VoltageLevel=@v
        ConnectivityNode n ConnectivityNodeContainer=@v
        ConnectivityNode m ConnectivityNodeContainer=@y
        EnergySource grid between=n
        Breaker b between=n,m Equipment.EquipmentContainer=@y
    """)
    assert column(tables, "node", "substation") == {"n": "s", "m": "s"}
    assert column(tables, "node", "nominal_kv")["n"] == 115


def test_a_node_model_of_buses_only_is_read_by_its_buses(read: Read):
    tables, findings = read("""
        TopologicalNode n
        TopologicalNode m
        EnergySource grid
        ACLineSegment l
        Terminal g1 Terminal.ConductingEquipment=@grid Terminal.TopologicalNode=@n
        Terminal l1 Terminal.ConductingEquipment=@l Terminal.TopologicalNode=@n
        Terminal l2 Terminal.ConductingEquipment=@l Terminal.TopologicalNode=@m
    """)
    assert findings == ()
    assert column(tables, "line_section", "to_node") == {"l": "m"}


def test_what_is_out_of_service_is_left_out_or_open(read: Read):
    tables, findings = read("""
        EnergySource grid between=n
        ACLineSegment l between=n,m Equipment.normallyInService=false
        Breaker b between=n,m Equipment.normallyInService=false Switch.normalOpen=false
        EnergyConsumer c between=n Equipment.normallyInService=false
        SynchronousMachine g between=n
    """)
    assert ids_of(findings, "disabled_left_out") == ["l", "c"]
    assert ids_of(findings, "generation_left_out") == ["g"]
    assert column(tables, "switch", "normally_open") == {"b": True}
    assert tables.line_section.empty
    assert tables.service_point.empty


SOURCELESS = """
    ConnectivityNode n IdentifiedObject.name=busbar
    ACLineSegment l between=n,beyond
    EnergyConsumer c between=n
"""


def test_without_a_source_nothing_is_guessed_and_the_way_out_is_told(read: Read):
    tables, findings = read(SOURCELESS)
    assert not tables.node["is_source"].any()
    assert ids_of(findings, "missing_reference") == ["beyond"]
    no_source = next(one for one in findings if one.rule == "no_source")
    assert no_source.ids == ("beyond",)
    assert "is_source" in no_source.text
    for told in ("n", "busbar"):
        tables, findings = read(SOURCELESS, sources=(told,))
        assert column(tables, "node", "is_source") == {"n": True, "beyond": False}
        assert "no_source" not in {one.rule for one in findings}
    with pytest.raises(CimError, match="no node 'nowhere'"):
        read(SOURCELESS, sources=("nowhere",))


@pytest.mark.parametrize(
    ("line", "is_assumed"),
    [
        ("ExternalNetworkInjection e between=n", False),
        ("EquivalentInjection e between=n", True),
        ("Feeder f Feeder.NormalHeadTerminal=@l.t1", True),
    ],
)
def test_other_ways_to_say_where_supply_enters(read: Read, line: str, *, is_assumed: bool):
    tables, findings = read(f"{SOURCELESS}\n{line}")
    assert column(tables, "node", "is_source") == {"n": True, "beyond": False}
    assert ids_of(findings, "source_assumed") == (["n"] if is_assumed else [])


def test_a_coordinate_system_is_believed_by_its_urn_or_told(read: Read):
    local = SMALL.replace("urn:ogc:def:crs:EPSG::4326", "OpenDSSLocalBusCoordinates")
    tables, findings = read(local)
    assert ids_of(findings, "crs_unknown") == ["grid.place", "l1.place"]
    assert tables.node.geometry.isna().all()
    tables, findings = read(local, crs="EPSG:4326")
    assert findings == ()
    assert column(tables, "node", "geometry")["b"] == shapely.Point(8.01, 47.01)
    # What the file says of itself counts more than what is told.
    tables, _ = read(SMALL, crs="EPSG:32632")
    assert column(tables, "node", "geometry")["src"] == shapely.Point(8, 47)
    with pytest.raises(UnknownCrsError, match="nonsense"):
        read(SMALL, crs="nonsense")
