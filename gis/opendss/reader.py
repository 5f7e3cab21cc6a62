"""OpenDSS circuits as networks: a master script is run for what it builds, and each element becomes a row.

What stands for what is explained in docs/formats/opendss.md. Nothing is solved, and nothing is written.
"""

from pathlib import Path

from gis.findings import finding
from gis.network_tables import NetworkTables, network_tables
from gis.opendss.circuit import Circuit
from gis.opendss.devices import DeviceRows, device_rows
from gis.opendss.layers import buses_of, device_layers, node_layers, service_point_layer
from gis.opendss.phases import letters_of_circuit
from gis.opendss.places import bus_places
from gis.opendss.process import circuit_from_script
from gis.opendss.properties import circuit_of
from gis.opendss.services import service_point_rows
from topology.findings import Finding


def read_opendss(path: str | Path, *, crs: str | None = None) -> tuple[NetworkTables, tuple[Finding, ...]]:
    """Read the circuit that an OpenDSS master script builds, and say what could not be taken over.

    `crs` is the system of plane coordinates (BusCoords), which no script names; without it they are left
    out. Latitudes and longitudes (LatLongCoords) need none. OpenDssError when the package is absent or the
    script cannot be run; UnknownCrsError.
    """
    return opendss_network(circuit_of(circuit_from_script(Path(path))), crs=crs)


def opendss_network(circuit: Circuit, *, crs: str | None = None) -> tuple[NetworkTables, tuple[Finding, ...]]:
    """Turn a circuit into a network, and say what could not be taken over; UnknownCrsError."""
    letters = letters_of_circuit(circuit)
    devices = device_rows(circuit, letters)
    services, disabled_loads = service_point_rows(circuit, letters)
    places, findings = bus_places(circuit, buses=set(buses_of(circuit)), crs=crs)
    places |= {node: places[bus] for node, bus in devices.added_nodes.items() if bus in places}
    tables, found = network_tables(
        name=circuit.name,
        layers=node_layers(circuit, letters, devices, places)
        | device_layers(circuit, devices, places)
        | service_point_layer(services, places),
    )
    return tables, (
        *_not_taken_over(circuit, devices, disabled_loads),
        *findings,
        *found,
    )


def _not_taken_over(circuit: Circuit, devices: DeviceRows, loads: list[str]) -> tuple[Finding, ...]:
    told = (
        (
            "disabled_left_out",
            "device",
            devices.disabled,
            "that the script disables, and no switch: left out",
        ),
        ("disabled_left_out", "service_point", loads, "that the script disables: left out"),
        (
            "generation_left_out",
            "device",
            circuit.generators,
            "for generation (PV systems, storage, generators): left out; supply comes from sources only",
        ),
        (
            "element_left_out",
            "device",
            circuit.unread,
            "of a class that Relight does not read, perhaps with something behind it: left out",
        ),
        (
            "fewer_nodes_than_phases",
            "device",
            [one.id for one in circuit.branches if one.lacks_nodes],
            "with fewer nodes at a bus than phases: taken as on the nodes named (OpenDSS fills in the rest)",
        ),
        (
            "phases_crossed",
            "device",
            devices.crossed,
            "joining different phases at their two ends: taken as on the phases of the first",
        ),
        (
            "command_not_run",
            "script line",
            circuit.not_run,
            "that change the network in a way Relight does not follow, or that OpenDSS refused: not run",
        ),
        ("script_warning", "script line", circuit.warnings, "that OpenDSS warns of"),
    )
    return tuple(
        one for rule, layer, ids, text in told for one in finding(rule=rule, layer=layer, ids=ids, text=text)
    )
