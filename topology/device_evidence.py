"""What is said about devices themselves: telemetry, crews' findings and fault indicators, as ratios.

Owns by how much each makes the opening of which devices likelier or less likely.
Rule 1: telemetry that shows a device closed is rarely wrong, one that shows it open almost never.
Rule 2: a crew that found a device in order excludes it, unless something below it was reported since.
Rule 3: a fault current passes every device between the source and the fault. An indicator that saw one speaks
for the devices at and below it, and half as much for those above; one that saw none, against them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import numpy as np

from topology.arrays import LongArray
from topology.blame_tree import ROOT, BlameTree
from topology.evidence_weights import LEAST, FloatArray
from topology.fault_priors import CutStates
from topology.rates import EvidenceRates
from topology.statements import DeviceStatement

# Crews mistake one device for another now and then.
CREW_ERRORS = 0.001


def device_ratios(
    *,
    blame: BlameTree,
    states: CutStates,
    rates: EvidenceRates,
    said: Mapping[int, DeviceStatement],
    known: set[int],
    reported_since: Callable[[int, datetime], bool],
) -> tuple[LongArray, FloatArray]:
    """Return the vertices something is said about, and the ratio of opening to each state against not.

    Args:
        blame: the tree of blameable devices.
        states: what can be cut.
        rates: how often telemetry and indicators err.
        said: the statements, by device.
        known: devices already taken as open, which need no weighing.
        reported_since: tells whether a report at or below a vertex came after a time.
    """
    ratios: dict[int, FloatArray] = {}

    def weigh(vertex: int, ratio: float, phases: int | None = None) -> None:
        of_vertex = ratios.setdefault(vertex, np.ones(len(states)))
        touched = np.ones(len(states), dtype=np.bool_)
        if phases is not None:
            touched = ~states.apart[states.of_mask[phases]]
        touched[0] = False
        of_vertex[touched] *= ratio

    for device, one in said.items():
        vertex = int(blame.vertex_of_device[device])
        if vertex > ROOT and device not in known:
            if one.open is not None:
                weigh(
                    vertex, (1 - rates.telemetry_missed) / max(rates.telemetry_false, LEAST), one.open.phases
                )
            elif one.closed_by_telemetry is not None:
                weigh(vertex, max(rates.telemetry_missed, LEAST))
            elif one.found_in_order is not None and not reported_since(vertex, one.found_in_order.at):
                weigh(vertex, CREW_ERRORS)
        if one.indicator is not None:
            _weigh_indicator(blame, blame.vertex_above_device(device), one.indicator.result, rates, weigh)
    vertices = np.array(sorted(ratios), dtype=np.int64)
    table = np.array([ratios[vertex] for vertex in vertices.tolist()])
    return vertices, table.reshape(len(vertices), len(states))


def _weigh_indicator(
    blame: BlameTree,
    vertex: int,
    result: str | None,
    rates: EvidenceRates,
    weigh: Callable[[int, float], None],
) -> None:
    """Rule 3."""
    if vertex == ROOT:
        return
    if result == "fault":
        passed = (1 - rates.indicator_missed) / max(rates.indicator_false, LEAST)
    elif result == "no_fault":
        passed = rates.indicator_missed / max(1 - rates.indicator_false, LEAST)
    else:
        return
    for below in range(vertex, int(blame.end[vertex])):
        weigh(below, passed)
    for above in blame.above(vertex):
        weigh(above, (passed + 1) / 2)
