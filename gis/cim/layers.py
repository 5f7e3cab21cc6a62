"""The layers of the network package made of a CIM model: nodes, substations, and rows with their places."""

import pandas as pd

from gis.cim.containers import Units, energising_substation, node_kv, substation_layer, substation_of
from gis.cim.customers import ServiceRows
from gis.cim.devices import DeviceRows
from gis.cim.model import CimModel
from gis.cim.places import Places
from gis.cim.terminals import Terminals


def node_layers(
    model: CimModel, terminals: Terminals, units: Units, fed_at: list[str], places: Places
) -> dict[str, pd.DataFrame]:
    """Return substations and nodes; a source stands in the substation that feeds its feeder."""
    nodes = list(terminals.nodes)
    at_substation: dict[str, str] = {}
    for node in nodes:
        described = model.get(node)
        if described is not None and (substation := substation_of(model, described)) is not None:
            at_substation[node] = substation
    for node in fed_at:
        described = model.get(node)
        if described is not None and (substation := energising_substation(model, described)) is not None:
            at_substation.setdefault(node, substation)
    kv = node_kv(model, terminals, units)
    sources = set(fed_at)
    layer = pd.DataFrame(
        {
            "id": nodes,
            "is_source": [node in sources for node in nodes],
            "substation": pd.Series([at_substation.get(node) for node in nodes], dtype=object),
            "nominal_kv": pd.Series([kv.get(node) for node in nodes], dtype="float64"),
            "geometry": places.points(nodes, nodes),
        }
    )
    return {"substation": substation_layer(model, places, at_substation), "node": layer}


def row_layers(devices: DeviceRows, services: ServiceRows, places: Places) -> dict[str, pd.DataFrame]:
    """Return devices, service points and customers, each with its place."""
    layers: dict[str, pd.DataFrame] = {}
    for name in ("line_section", "switch", "transformer"):
        rows = getattr(devices, name)
        if rows:
            frame = pd.DataFrame(rows, dtype=object)
            ids, starts, ends = (frame[column].tolist() for column in ("id", "from_node", "to_node"))
            is_line = name == "line_section"
            plain = [id_.partition(":")[0] for id_ in ids]
            frame["geometry"] = places.lines(ids, starts, ends) if is_line else places.points(plain, starts)
            layers[name] = frame
    if services.service_point:
        frame = pd.DataFrame(services.service_point, dtype=object)
        located = places.points(frame["place"].tolist(), frame["node"].tolist())
        layers["service_point"] = frame.assign(geometry=located, customers=frame["customers"].astype("int64"))
    if services.customer:
        layers["customer"] = pd.DataFrame(
            [row | dict.fromkeys(("phone", "email")) for row in services.customer.values()], dtype=object
        )
    return layers
