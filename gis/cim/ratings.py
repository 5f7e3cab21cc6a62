"""Current ratings and construction of CIM lines and switches, from wherever a profile tells them.

Owns limits, wire data and what makes a line a cable.
"""

from collections.abc import Iterable

from gis.cim.model import CimModel, CimObject
from gis.cim.terminals import Terminal


def rated_a(model: CimModel, one: CimObject, ends: list[Terminal]) -> float | None:
    """Return the rating in A: the switch's own, else its normal limit, else that of the weakest wire."""
    own = one.number("ratedCurrent")
    if own is not None:
        return own
    phases = model.from_(one, "Switch")
    limits = _normal_limits(model, one, ends)
    wires = [wire.number("ratedCurrent") for wire in _wires(model, one)]
    for found in ([part.number("ratedCurrent") for part in phases], limits, wires):
        known = [number for number in found if number]
        if known:
            return min(known)
    return None


def _normal_limits(model: CimModel, one: CimObject, ends: list[Terminal]) -> list[float]:
    """The current limits that hold longest, of the equipment and its terminals."""
    holders = [one, *(holder for end in ends if (holder := model.get(end.id)) is not None)]
    sets = {limit_set.id: limit_set for holder in holders for limit_set in _limit_sets(model, holder)}
    by_duration: dict[float, list[float]] = {}
    for limit_set in sets.values():
        for limit in model.from_(limit_set, "OperationalLimitSet"):
            value = limit.number("value", "normalValue")
            if limit.kind == "CurrentLimit" and value is not None:
                by_duration.setdefault(_duration(model, limit), []).append(value)
    return by_duration[max(by_duration)] if by_duration else []


def _limit_sets(model: CimModel, holder: CimObject) -> Iterable[CimObject]:
    for id_ in holder.all("OperationalLimitSet"):
        if (found := model.get(id_)) is not None:
            yield found
    yield from (
        one for one in model.from_(holder, "Terminal", "Equipment") if one.kind == "OperationalLimitSet"
    )


def _duration(model: CimModel, limit: CimObject) -> float:
    kind = model.to(limit, "OperationalLimitType")
    if kind is None or kind.flag("isInfiniteDuration"):
        return float("inf")
    return kind.number("acceptableDuration") or 0.0


def _wires(model: CimModel, line: CimObject) -> list[CimObject]:
    """The wires of a line: told phase by phase, or by its assembly."""
    phases = [model.to(part, "WireInfo") for part in model.from_(line, "ACLineSegment")]
    assembly = model.to(line, "WireAssembly")
    positions = model.from_(assembly, "WireAssembly") if assembly is not None else []
    return [one for one in (*phases, *(model.to(part, "WireInfo") for part in positions)) if one is not None]


def is_cable(model: CimModel, line: CimObject) -> bool:
    """Tell whether a line is a cable: by its spacing, by the class of its wires, or by its asset."""
    spacing = model.to(line, "WireSpacingInfo", "PerLengthImpedance", "WireAssembly")
    if spacing is not None and spacing.flag("isCable"):
        return True
    kinds = [one.kind for one in _wires(model, line)]
    kinds += [asset.text("type", "kind") or "" for asset in model.from_(line, "PowerSystemResources")]
    return any("cable" in kind.lower() or "underground" in kind.lower() for kind in kinds)
