"""The layers of the network package made of the rows of an OpenDSS circuit: places, voltages, substations.

Owns the columns that need more than one element to fill.
"""

from typing import Any

import pandas as pd

from gis.opendss.circuit import Circuit
from gis.opendss.devices import DeviceRows
from gis.opendss.feeders import feeders_of
from gis.opendss.phases import PhaseLetters
from gis.opendss.places import Places, lines_between, points_at

_HIGH_VOLTAGE_KV = 40.0  # above it supply comes to a substation, below it feeders leave one
_ROOT_3 = 3**0.5


def buses_of(circuit: Circuit) -> list[str]:
    """Return all buses, in the order in which elements name them."""
    terminals = [
        *circuit.sources,
        *(end for branch in circuit.branches for end in branch.ends),
        *(winding for one in circuit.transformers for winding in one.windings),
        *(load.terminal for load in circuit.loads),
    ]
    return list(dict.fromkeys(one.bus for one in terminals))


def node_layers(
    circuit: Circuit, letters: PhaseLetters, devices: DeviceRows, places: Places
) -> dict[str, pd.DataFrame]:
    """Return substations and nodes: the buses, and the nodes added inside devices."""
    bus_of = {bus: bus for bus in buses_of(circuit)} | devices.added_nodes
    substations, at_substation = _substations(circuit)
    sources = {one.bus for one in circuit.sources}
    node = pd.DataFrame(
        {
            "id": list(bus_of),
            "is_source": [one in sources for one in bus_of],
            "substation": [at_substation.get(one) for one in bus_of],
            "nominal_kv": [_nominal_kv(circuit, letters, bus) for bus in bus_of.values()],
            "geometry": points_at(list(bus_of), places),
        }
    )
    located = substations.assign(geometry=points_at(substations["at"].tolist(), places))
    return {"substation": located, "node": node}


def _nominal_kv(circuit: Circuit, letters: PhaseLetters, bus: str) -> float | None:
    """The voltage base, line to line; of a bus that nothing feeds the engine only guesses one."""
    kv = circuit.nominal_kv.get(bus, 0.0)
    return round(kv * _ROOT_3, 4) if kv and bus in letters.fed else None


def _substations(circuit: Circuit) -> tuple[pd.DataFrame, dict[str, str]]:
    """Substations where the script says so (Sub=yes), else where transformers leave high voltage."""
    rows = []
    at_node: dict[str, str] = {}
    says_so = any(one.is_substation for one in circuit.transformers)
    for one in circuit.transformers:
        leaves = max(one.kvs) > _HIGH_VOLTAGE_KV >= min(one.kvs)
        if one.is_enabled and (one.is_substation if says_so else leaves):
            id_ = one.substation or one.id
            rows.append((id_, id_.rpartition(".")[2], one.windings[-1].bus))
            at_node |= dict.fromkeys((winding.bus for winding in one.windings), id_)
    frame = pd.DataFrame(rows, columns=["id", "name", "at"], dtype=object)
    return frame.drop_duplicates("id", ignore_index=True), at_node


def device_layers(circuit: Circuit, devices: DeviceRows, places: Places) -> dict[str, pd.DataFrame]:
    """Return line sections, switches and transformers, each with its feeder and place."""
    heads = {
        row: feeder
        for element, feeder in circuit.feeder_heads.items()
        for row in devices.rows_of.get(element, ())
    }
    feeders = feeders_of(devices.all(), sources=[one.bus for one in circuit.sources], heads=heads)
    layers = {}
    for name in ("line_section", "switch", "transformer"):
        rows: list[dict[str, Any]] = getattr(devices, name)
        if rows:
            frame = pd.DataFrame(rows, dtype=object)
            frame["feeder"] = [feeders.get(row["id"]) for row in rows]
            starts, ends = ([row[end] for row in rows] for end in ("from_node", "to_node"))
            is_line = name == "line_section"
            frame["geometry"] = lines_between(starts, ends, places) if is_line else points_at(starts, places)
            layers[name] = frame
    return layers


def service_point_layer(rows: list[dict[str, Any]], places: Places) -> dict[str, pd.DataFrame]:
    """Return the service points, each at the place of its bus."""
    if not rows:
        return {}
    located = points_at([row["node"] for row in rows], places)
    return {"service_point": pd.DataFrame(rows).assign(geometry=located)}
