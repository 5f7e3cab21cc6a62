"""What devices and crews tell in a trial storm: telemetry, fault indicators, findings on site."""

from __future__ import annotations

import numpy as np

from storm.trials.drawn_fault import DrawnFault
from storm.trials.ground import TrialGround
from storm.trials.randomness import FloatArray, exponential, uniforms
from storm.trials.shape import TrialShape
from storm.trials.signals import SignalRows, make_signals
from topology.arrays import BoolArray, LongArray
from topology.observations import ObservationKind
from topology.rates import SERVICE
from topology.supply_tree import NOTHING
from topology.walk import NO_EDGE

TELEMETERED = ("breaker", "recloser", "sectionalizer")
INDICATED = (*TELEMETERED, "fuse")
TELEMETRY_DELAY_SECONDS = 5.0
# All telemetered devices tell their state so long before the end.
INTERROGATION_SECONDS = 30.0
INDICATOR_FROM_SECONDS, INDICATOR_TO_SECONDS = 30.0, 90.0
_FOUND_BEFORE_REPAIR_SECONDS = 900.0
_TRANSFORMER = "distribution"


def telemetered_devices(ground: TrialGround, shape: TrialShape, seed: int) -> LongArray:
    """Return the devices that tell when they open."""
    devices = ground.devices_of(TELEMETERED)
    return devices[uniforms(seed, "telemetered").random(len(devices)) < shape.telemetered]


def indicated_devices(ground: TrialGround, shape: TrialShape, seed: int) -> LongArray:
    """Return the devices with a fault indicator."""
    devices = ground.devices_of(INDICATED)
    return devices[uniforms(seed, "indicated").random(len(devices)) < shape.indicators]


def telemetry(
    ground: TrialGround, shape: TrialShape, seed: int, faults: list[DrawnFault]
) -> list[SignalRows]:
    """Return what devices tell as they open, unless that is missed, and all of their state near the end."""
    told = telemetered_devices(ground, shape, seed) if shape.telemetered else NOTHING
    if not len(told):
        return []
    drawn = uniforms(seed, "telemetry").random((len(told), 2))
    row_of = {device: row for row, device in enumerate(told.tolist())}
    asked = max(0.0, shape.end_seconds - INTERROGATION_SECONDS)
    open_at_end = np.zeros(len(told), dtype=np.uint8)
    batches = []
    for fault in faults:
        row = row_of.get(fault.index) if fault.kind != SERVICE else None
        if row is None or drawn[row, 0] < shape.telemetry_missed:
            continue
        for kind, at in (
            (ObservationKind.SWITCH_OPEN, fault.starts),
            (ObservationKind.SWITCH_CLOSED, fault.ends),
        ):
            if np.isfinite(at):
                batches.append(_of_device(kind, told[row : row + 1], at, drawn[row, 1:], fault.phases))
        if fault.starts <= asked < fault.ends:
            open_at_end[row] = fault.phases
    for kind, devices, phases in (
        (ObservationKind.SWITCH_OPEN, open_at_end > 0, open_at_end),
        (ObservationKind.SWITCH_CLOSED, open_at_end == 0, None),
    ):
        batches.append(_of_device(kind, told[devices], asked, drawn[devices, 1], None))
        if phases is not None:
            batches[-1]["phases"] = phases[devices]
    return batches


def indicators(
    ground: TrialGround, shape: TrialShape, seed: int, faults: list[DrawnFault]
) -> list[SignalRows]:
    """Return what the indicators of each faulted feeder say when they are read after the fault.

    A fault current passes the failing device and all above it; a service's is too small.
    """
    devices = indicated_devices(ground, shape, seed)
    batches = []
    stream = uniforms(seed, "indicators")
    feeder_of = ground.tree.feeder_of_node
    for fault in faults:
        if fault.kind == SERVICE:
            continue
        feeder = int(feeder_of[ground.network.device_to_nodes[fault.index]])
        read = devices[feeder_of[ground.network.device_to_nodes[devices]] == feeder]
        drawn = stream.random((len(read), 2))
        passed = _is_at_or_above(ground, read, fault.index)
        says_fault = np.where(
            passed, drawn[:, 0] >= shape.indicator_missed, drawn[:, 0] < shape.indicator_false
        )
        waits = INDICATOR_FROM_SECONDS + drawn[:, 1] * (INDICATOR_TO_SECONDS - INDICATOR_FROM_SECONDS)
        at = fault.starts + waits
        for result, chosen in (("fault", says_fault), ("no_fault", ~says_fault)):
            batches.append(
                make_signals(
                    ObservationKind.FAULT_INDICATOR,
                    -1 - read[chosen],
                    at_seconds=at[chosen],
                    arrives_seconds=at[chosen],
                    result=result,
                )
            )
    return batches


def crew_findings(shape: TrialShape, seed: int, faults: list[DrawnFault]) -> list[SignalRows]:
    """Return what crews say on site: of a share of the faults what is open, of a repaired one its repair."""
    if not (shape.crew_finds or shape.nested):
        return []
    drawn = uniforms(seed, "crews").random((len(faults), 2))
    batches = []
    for fault, (found, when) in zip(faults, drawn.tolist(), strict=True):
        damage = "damaged" if fault.kind in {_TRANSFORMER, SERVICE} else "open"
        if np.isfinite(fault.ends):
            before = max(fault.starts, fault.ends - _FOUND_BEFORE_REPAIR_SECONDS)
            repaired = "ok" if damage == "damaged" else "closed"
            batches += [_finding(fault, before, damage), _finding(fault, fault.ends, repaired)]
        elif found < shape.crew_finds:
            at = fault.starts + (0.5 + when / 2) * (shape.end_seconds - fault.starts)
            batches.append(_finding(fault, at, damage))
    return batches


def _finding(fault: DrawnFault, at: float, result: str) -> SignalRows:
    subject = fault.index if fault.kind == SERVICE else -1 - fault.index
    moment = np.array([at])
    kind = ObservationKind.CREW_FINDING
    rows = make_signals(kind, np.array([subject]), at_seconds=moment, arrives_seconds=moment, result=result)
    rows["phases"] = fault.phases
    return rows


def _of_device(
    kind: ObservationKind, devices: LongArray, at: float, drawn: FloatArray, phases: int | None
) -> SignalRows:
    moments = np.full(len(devices), at)
    arrives = moments + exponential(drawn, TELEMETRY_DELAY_SECONDS)
    rows = make_signals(kind, -1 - devices, at_seconds=moments, arrives_seconds=arrives)
    if phases is not None:
        rows["phases"] = phases
    return rows


def _is_at_or_above(ground: TrialGround, devices: LongArray, below: int) -> BoolArray:
    found = np.zeros(len(devices), dtype=np.bool_)
    for supply in ground.tree.supplies:
        place = supply.live_position(below)
        if place != NO_EDGE:
            positions = supply.forest.position_of_device[devices]
            inside = (positions >= 0) & (positions < supply.forest.live_count)
            ends = supply.walk.end[np.where(inside, positions, 0)]
            found |= inside & (positions <= place) & (place < ends)
    return found
