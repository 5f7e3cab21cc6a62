"""What CIM equipment lies in and at which voltage: feeders, substations, base voltages and their units.

Owns the way up through bays, voltage levels and lines to the feeder or substation that holds them.
"""

from dataclasses import dataclass

import pandas as pd

from gis.cim.classes import FEEDER
from gis.cim.model import CimModel, CimObject
from gis.cim.places import Places
from gis.cim.terminals import Terminals

_CONTAINERS = (
    "EquipmentContainer", "ConnectivityNodeContainer", "AdditionalEquipmentContainer",
    "AdditionalGroupedContainer",
)  # fmt: skip
_UP = ("VoltageLevel", "Substation", "Bay", "EquipmentContainer", "NormalEnergizingSubstation")
_DEEPEST = 10
# No voltage in kV is above it, and no medium voltage in V below.
_HIGHEST_KV = 1200.0


@dataclass(frozen=True, slots=True)
class Units:
    """What the numbers of a model stand for: volts and watts, or kV and MW. The profiles differ."""

    kv: float
    kva: float

    @classmethod
    def of(cls, model: CimModel) -> "Units":
        """Return the units; one base voltage above 1,200 tells that the model counts in volts."""
        voltages = [one.number("nominalVoltage") or 0.0 for one in model.of("BaseVoltage")]
        voltages += [one.number("ratedU") or 0.0 for one in model.of("PowerTransformerEnd")]
        if max(voltages, default=0.0) > _HIGHEST_KV:
            return cls(kv=0.001, kva=0.001)
        return cls(kv=1.0, kva=1000.0)


def feeder_of(model: CimModel, one: CimObject) -> str | None:
    """Return the name of the feeder that an equipment or node belongs to."""
    for container in _containers(model, one):
        if container.kind == FEEDER:
            return container.name or container.id
    return None


def substation_of(model: CimModel, one: CimObject) -> str | None:
    """Return the id of the substation that an equipment or node stands in, or from which it is fed directly.

    A node in a feeder stands in no substation, unless a source hangs on it.
    """
    for container in _containers(model, one):
        step: CimObject | None = container
        for _ in range(_DEEPEST):
            if step is None or step.kind == FEEDER:
                break
            if step.kind == "Substation":
                return step.id
            step = model.to(step, *_UP)
    return None


def energising_substation(model: CimModel, one: CimObject) -> str | None:
    """Return the id of the substation that feeds the feeder of an equipment or node."""
    for container in _containers(model, one):
        substation = model.to(container, "NormalEnergizingSubstation")
        if substation is not None:
            return substation.id
    return None


def _containers(model: CimModel, one: CimObject) -> list[CimObject]:
    named = (model.get(id_) for attribute in _CONTAINERS for id_ in one.all(attribute))
    return [container for container in named if container is not None]


def base_kv(model: CimModel, one: CimObject | None, units: Units) -> float | None:
    """Return the nominal voltage, in kV line to line, that an equipment, end or voltage level refers to."""
    voltage = model.to(one, "BaseVoltage")
    number = voltage.number("nominalVoltage") if voltage is not None else None
    return round(number * units.kv, 4) if number else None


def node_kv(model: CimModel, terminals: Terminals, units: Units) -> dict[str, float]:
    """Return the nominal voltage of each node that something connected to it tells."""
    found: dict[str, float] = {}
    for end in model.of("TransformerTankEnd", "PowerTransformerEnd"):
        terminal, kv = terminals.by_id.get(end.text("Terminal") or ""), base_kv(model, end, units)
        if terminal is not None and kv is not None:
            found.setdefault(terminal.node, kv)
    for id_, ends in terminals.of.items():
        kv = base_kv(model, model.get(id_), units)
        for terminal in ends if kv is not None else ():
            found.setdefault(terminal.node, kv or 0.0)
    for node in terminals.nodes:
        kv = base_kv(model, model.to(model.get(node), "ConnectivityNodeContainer"), units)
        if kv is not None:
            found.setdefault(node, kv)
    return found


def substation_layer(model: CimModel, places: Places, at_node: dict[str, str]) -> pd.DataFrame:
    """Return the substations, each at its own place, else at that of the first of its nodes that has one."""
    nodes: dict[str, str] = {}
    for node, substation in at_node.items():
        if node in places.node:
            nodes.setdefault(substation, node)
    rows = list(model.of("Substation"))
    ids = [one.id for one in rows]
    return pd.DataFrame(
        {
            "id": ids,
            "name": pd.Series([one.name for one in rows], dtype=object),
            "geometry": places.points(ids, [nodes.get(id_) for id_ in ids]),
        }
    )
