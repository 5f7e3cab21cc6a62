"""OpenDSS circuits of a few lines, each with one thing that is easily read wrongly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import shapely

from gis.check import check_tables
from gis.errors import UnknownCrsError
from gis.network_tables import NetworkTables
from gis.opendss import read_opendss
from topology.findings import Finding

Read = Callable[..., tuple[NetworkTables, tuple[Finding, ...]]]

START = "clear\nnew circuit.town basekv=12.47 bus1=src\n"


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a circuit given as text; other files lie beside it by name."""

    def read_text(script: str, *, crs: str | None = None, **files: str):
        for name, text in files.items():
            (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
        master = tmp_path / "master.dss"
        master.write_text(START + script, encoding="utf-8")
        return read_opendss(master, crs=crs)

    return read_text


def rules(findings: tuple[Finding, ...]) -> set[str]:
    return {one.rule for one in findings}


def ids_of(findings: tuple[Finding, ...], rule: str) -> list[str]:
    return [id_ for one in findings if one.rule == rule for id_ in one.ids]


def by_id(tables: NetworkTables, layer: str, column: str) -> dict:
    return dict(zip(tables.layer(layer)["id"], tables.layer(layer)[column], strict=True))


def test_a_disabled_switch_is_a_tie_and_a_disabled_line_is_out_of_service(read: Read):
    # src ── a ── b ── TIE (disabled) ── src        OLD (disabled): b ── c
    tables, findings = read("""
        New Line.L1 bus1=src bus2=a length=2 units=kft normamps=225
        New Line.L2 bus1=a bus2=b
        New Line.TIE bus1=b bus2=src switch=yes
        New Line.OLD bus1=b bus2=c
        New Load.home bus1=b kW=3
        Line.TIE.enabled = False
        Line.OLD.enabled=no
    """)
    assert by_id(tables, "switch", "normally_open") == {"Line.tie": True}
    assert sorted(tables.line_section["id"]) == ["Line.l1", "Line.l2"]
    assert by_id(tables, "line_section", "length_m")["Line.l1"] == pytest.approx(609.6)
    assert by_id(tables, "line_section", "rated_a")["Line.l1"] == 225
    assert ids_of(findings, "disabled_left_out") == ["Line.old"]
    assert "normal_state_loop" not in rules(check_tables(tables))


def test_a_service_takes_the_phase_of_the_winding_above_and_its_halves_are_one_home(read: Read):
    # src ── a ═ 7.2 kV on phase C ═ T ═ 120/240 V ═ x ══ y: two halves, and beside them a shop on both legs
    tables, findings = read("""
        New Line.L1 bus1=src bus2=a
        New Transformer.T phases=1 windings=3 buses=(a.3 x.1.0 x.0.2) kvs=(7.2 .12 .12) kvas=(25 25 25)
        New Line.drop phases=2 bus1=x.1.2 bus2=y.1.2 length=50 units=ft
        New Load.17a phases=1 bus1=y.1 kv=.12 kw=2.5
        New Load.17b phases=1 bus1=y.2 kv=.12 kw=1.5
        New Load.shop phases=1 bus1=x.1.2 kv=.24 kw=9 numcust=4
    """)
    assert findings == ()
    assert by_id(tables, "service_point", "phases") == {"Load.17": "C", "Load.shop": "C"}
    assert by_id(tables, "service_point", "peak_kw") == {"Load.17": 4, "Load.shop": 9}
    assert by_id(tables, "service_point", "customers") == {"Load.17": 1, "Load.shop": 4}
    assert by_id(tables, "transformer", "phases") == {"Transformer.t": "C"}
    assert by_id(tables, "transformer", "kind") == {"Transformer.t": "distribution"}
    assert by_id(tables, "line_section", "phases")["Line.drop"] == "C"
    assert rules(check_tables(tables)) == {"missing_geometry"}


def test_halves_of_several_homes_on_one_bus_are_joined_by_name(read: Read):
    tables, _ = read("""
        New Transformer.T phases=1 windings=3 buses=(src.2 x.1.0 x.0.2) kvs=(7.2 .12 .12) kvas=(25 25 25)
        New Load.7a phases=1 bus1=x.1 kw=1
        New Load.8b phases=1 bus1=x.2 kw=2
        New Load.7b phases=1 bus1=x.2 kw=4
        New Load.8a phases=1 bus1=x.1 kw=8
        New Load.lamp phases=1 bus1=x.1 kw=16
    """)
    assert by_id(tables, "service_point", "peak_kw") == {"Load.7": 5, "Load.8": 10, "Load.lamp": 16}


def test_single_phase_loads_on_three_phases_stay_apart(read: Read):
    tables, _ = read("""
        New Load.a phases=1 bus1=src.1 numcust=2
        New Load.b phases=1 bus1=src.2
        New Load.delta phases=1 conn=delta bus1=src.3.1
        New Load.all bus1=src
    """)
    assert by_id(tables, "service_point", "phases") == {
        "Load.a": "A", "Load.b": "B", "Load.delta": "AC", "Load.all": "ABC",
    }  # fmt: skip


def test_regulators_side_by_side_are_one_bank_and_no_loop(read: Read):
    tables, findings = read("""
        New Transformer.R1 phases=1 buses=(src.1 r.1) kvs=(7.2 7.2) kvas=(500 500) bank=R
        New Transformer.R2 phases=1 buses=(src.2 r.2) kvs=(7.2 7.2) kvas=(500 500) bank=R
        New Transformer.R3 phases=1 buses=(src.3 r.3) kvs=(7.2 7.2) kvas=(500 500) bank=R
        New Load.l bus1=r
    """)
    assert findings == ()
    assert by_id(tables, "transformer", "kind") == dict.fromkeys(
        ["Transformer.r1", "Transformer.r2", "Transformer.r3"], "regulator"
    )
    assert list(tables.transformer["phases"]) == ["A", "B", "C"]
    assert set(tables.transformer["name"]) == {"R"}
    assert rules(check_tables(tables)) == {"missing_geometry"}


def test_two_regulators_on_one_phase_are_a_loop(read: Read):
    tables, _ = read("""
        New Transformer.R1 phases=1 buses=(src.1 r.1) kvs=(7.2 7.2) kvas=(500 500)
        New Transformer.R2 phases=1 buses=(src.1 r.1) kvs=(7.2 7.2) kvas=(500 500)
        New Load.l phases=1 bus1=r.1
    """)
    assert ids_of(check_tables(tables), "normal_state_loop") == ["Transformer.r1", "Transformer.r2"]


def test_an_open_wye_bank_hands_on_the_phases_of_both(read: Read):
    tables, _ = read("""
        New Transformer.T1 phases=1 buses=(src.1 x.1.2) kvs=(7.2 .24) kvas=(25 25)
        New Transformer.T2 phases=1 buses=(src.2 x.2.3) kvs=(7.2 .24) kvas=(25 25)
        New Load.mill bus1=x kv=.24
    """)
    assert by_id(tables, "service_point", "phases") == {"Load.mill": "AB"}


def test_a_line_that_crosses_conductors_keeps_the_letters_of_the_supply(read: Read):
    tables, findings = read("""
        New Line.X phases=2 bus1=src.2.3 bus2=b.1.2
        New Line.Y phases=1 bus1=b.1 bus2=c.1
        New Load.l phases=1 bus1=c.1
        New Line.Tie phases=1 bus1=c.1 bus2=src.1 switch=y enabled=no
    """)
    assert by_id(tables, "line_section", "phases") == {"Line.x": "BC", "Line.y": "B"}
    assert by_id(tables, "service_point", "phases") == {"Load.l": "B"}
    assert ids_of(findings, "phases_crossed") == ["Line.tie"]


def test_protective_devices_stand_at_their_terminal_and_name_the_kind_of_a_switch(read: Read):
    # src ─[Recloser.r]─ L1 ── a ─ SW (fuse) ── b ── L2 ─[Relay.q]─ c
    tables, findings = read("""
        New Line.L1 bus1=src bus2=a
        New Line.SW bus1=a bus2=b switch=y
        New Line.L2 bus1=b bus2=c
        New Recloser.r monitoredobj=Line.L1
        New Fuse.f monitoredobj=Line.SW
        New Relay.q monitoredobj=Line.L1 switchedobj=Line.L2 switchedterm=2
        New SwtControl.s switchedobj=Line.SW switchedterm=1
        New Load.l bus1=c
        New EnergyMeter.north element=Line.L1
    """)
    assert findings == ()
    assert by_id(tables, "switch", "kind") == {
        "Recloser.r": "recloser",
        "Line.sw": "fuse",
        "Relay.q": "breaker",
    }
    ends = tables.switch.set_index("id")[["from_node", "to_node"]].to_dict("index")
    assert ends["Recloser.r"] == {"from_node": "src", "to_node": "src@Recloser.r"}
    assert ends["Relay.q"] == {"from_node": "c", "to_node": "c@Relay.q"}
    lines = tables.line_section.set_index("id")[["from_node", "to_node"]].to_dict("index")
    assert lines["Line.l1"] == {"from_node": "src@Recloser.r", "to_node": "a"}
    assert lines["Line.l2"] == {"from_node": "b", "to_node": "c@Relay.q"}
    assert by_id(tables, "switch", "remote_controlled")["Line.sw"]
    assert by_id(tables, "line_section", "feeder") == {"Line.l1": "north", "Line.l2": "north"}
    assert rules(check_tables(tables)) == {"missing_geometry"}


def test_line_types_name_switches_and_cables(read: Read):
    tables, _ = read("""
        New Line.c bus1=src bus2=a linetype=ug
        New Line.f bus1=a bus2=b switch=y linetype=swt_fuse
        New Line.s bus1=b bus2=c linetype=swt_sect
        New LineCode.r nphases=3 linetype=swt_rec
        New Line.r bus1=c bus2=c2 linecode=r
        New Line.d bus1=c2 bus2=d switch=y
        New Line.k bus1=d bus2=k
        ~ linetype=swt_brk
        Line.k.linetype = swt_disc
        New Reactor.x bus1=d bus2=e normamps=100
        New Reactor.shunt bus1=d kvar=100
        New Load.l bus1=e
    """)
    assert by_id(tables, "line_section", "kind") == {"Line.c": "underground", "Reactor.x": "overhead"}
    assert by_id(tables, "switch", "kind") == {
        "Line.f": "fuse", "Line.s": "sectionalizer", "Line.r": "recloser", "Line.d": "switch",
        "Line.k": "disconnector",
    }  # fmt: skip


def test_what_the_script_opens_is_normally_open_conductor_by_conductor(read: Read):
    tables, _ = read("""
        New Line.whole bus1=src bus2=a switch=y
        New Line.part bus1=src bus2=b switch=y
        New Line.plain bus1=src bus2=c
        New Line.told bus1=src bus2=d switch=y
        New SwtControl.s switchedobj=Line.told switchedterm=1 normal=open
        Open Line.whole 1
        Open Line.part 1 2
        Open Line.plain 2
    """)
    switches = tables.switch.set_index("id")[["phases", "normally_open"]].to_dict("index")
    assert switches == {
        "Line.whole": {"phases": "ABC", "normally_open": True},
        "Line.part": {"phases": "AC", "normally_open": False},
        "Line.part:open": {"phases": "B", "normally_open": True},
        "Line.plain@2": {"phases": "ABC", "normally_open": True},
        "Line.told": {"phases": "ABC", "normally_open": True},
    }


def test_substations_are_where_the_script_says_or_where_high_voltage_ends(read: Read):
    transformer = "New Transformer.T buses=(hv mv) kvs=(115 12.47) kvas=(9000 9000)"
    told, _ = read(f"New Line.L bus1=src bus2=hv\n{transformer} sub=y subname=West\n")
    assert list(told.substation["id"]) == ["West"]
    guessed, _ = read(f"New Line.L bus1=src bus2=hv\n{transformer}\n")
    assert list(guessed.substation["id"]) == ["Transformer.t"]
    assert by_id(guessed, "node", "substation") | {"src": None} == {
        "src": None, "hv": "Transformer.t", "mv": "Transformer.t",
    }  # fmt: skip
    assert list(guessed.transformer["kind"]) == ["station"]


def test_a_second_lower_winding_elsewhere_is_a_row_of_its_own(read: Read):
    tables, _ = read("""
        New Transformer.T windings=3 buses=(src a b) kvs=(115 12.47 4.16) kvas=(9000 9000 900)
        New Load.a bus1=a
        New Load.b bus1=b
    """)
    assert by_id(tables, "transformer", "to_node") == {"Transformer.t": "a", "Transformer.t:3": "b"}


def test_plane_coordinates_need_a_crs(read: Read):
    script = "New Line.L bus1=src bus2=a\nNew Load.l bus1=a\nmakebuslist\nBusCoords c.txt\n"
    coordinates = 'SRC, 500000, 4649776\n"a" 500100 4649776 // corner\nelsewhere 1 2\nbroken\n'
    tables, findings = read(script, c=coordinates)
    assert ids_of(findings, "crs_unknown") == ["src", "a"]
    assert ids_of(findings, "unreadable_coordinates") == ["c.txt:4"]
    assert tables.node.geometry.isna().all()
    tables, findings = read(script, c=coordinates, crs="EPSG:32618")
    assert "crs_unknown" not in rules(findings)
    assert tables.node.geometry[0].distance(shapely.Point(-75, 42)) < 0.001
    assert tables.line_section.geometry[0].length == pytest.approx(0.0012, rel=0.01)
    with pytest.raises(UnknownCrsError, match="EPSG:nonsense"):
        read(script, c=coordinates, crs="EPSG:nonsense")


def test_latitudes_and_longitudes_need_none_and_may_be_nonsense(read: Read):
    tables, findings = read(
        "New Line.L bus1=src bus2=a\nNew Load.l bus1=a\nLatLongCoords c.txt\n", c="src,46.7,-119.1\na,x,y\n"
    )
    assert tables.node.geometry[0] == shapely.Point(-119.1, 46.7)
    assert ids_of(findings, "unreadable_coordinates") == ["a (y, x)"]
    tables, findings = read("LatLongCoords c.txt\nNew Load.l bus1=src", c="src,460,-119\n")
    assert ids_of(findings, "outside_crs_range") == ["src", "Load.l"]
    assert tables.node.geometry.isna().all()


def test_fewer_nodes_than_phases_are_taken_at_their_word(read: Read):
    tables, findings = read("New Line.L phases=3 bus1=src.1 bus2=a.1\nNew Load.l bus1=a\n")
    assert ids_of(findings, "fewer_nodes_than_phases") == ["Line.l"]
    assert list(tables.line_section["phases"]) == ["A"]
    assert ids_of(check_tables(tables), "vanished_phases") == ["Load.l"]


def test_generators_and_strange_elements_are_told_and_left_out(read: Read):
    _, findings = read("""
        New Line.L bus1=src bus2=a
        New Generator.G bus1=a kw=100
        ~ kv=12.47
        Generator.G.kw=200 kvar=5
        New PVSystem.P bus1=a kva=5
        New Fault.F bus1=a
        New Monitor.M element=Line.L
        New LoadShape.s npts=24 csvfile=not_there.csv
        ~ mult=(1 2 3)
        New Load.l bus1=a daily=s
        makeposseq
        Solve
        Show Voltages
    """)
    assert ids_of(findings, "generation_left_out") == ["generator.G", "pvsystem.P"]
    assert ids_of(findings, "element_left_out") == ["fault.F"]
    assert ids_of(findings, "command_not_run") == ["master.dss:14 makeposseq"]


def test_an_island_keeps_its_numbers_as_letters_and_guesses_no_voltage(read: Read):
    tables, _ = read("""
        New Line.L phases=2 bus1=x.2.3 bus2=y.2.3
        New Transformer.T phases=1 windings=3 buses=(y.3 z.1.0 z.0.2) kvs=(7.2 .12 .12) kvas=(25 25 25)
        New Load.h phases=1 bus1=z.1.2 kv=.24
        Set voltagebases=[12.47 .208]
        calcv
    """)
    assert by_id(tables, "line_section", "phases") == {"Line.l": "BC"}
    assert by_id(tables, "service_point", "phases") == {"Load.h": "C"}
    assert {"island", "unsupplied_service_point"} <= rules(check_tables(tables))
    assert by_id(tables, "node", "nominal_kv")["src"] == 12.47
    assert tables.node["nominal_kv"].notna().sum() == 1
