"""What is said about devices themselves: telemetry, crews' findings and fault indicators, as ratios.

Owns by how much each makes the opening of which devices likelier or less likely.
Rule 1: telemetry that shows a device closed is rarely wrong, one that shows it open almost never.
Rule 2: a crew that found a device in order excludes it, unless something below it was reported since.
Rule 3: a fault current passes every device between the source and the fault. An indicator that saw one speaks
for the devices fed through it, itself among them, and half as much for those above; one that saw none speaks
against them. One in a ring stands for the device that feeds the ring.
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
        if one.indicator is not None and (passed := _passed(one.indicator.result, rates)) is not None:
            fed, above = _along(blame, device)
            for one_fed in fed.tolist():
                weigh(one_fed, passed)
            for one_above in above:
                weigh(one_above, (passed + 1) / 2)
    vertices = np.array(sorted(ratios), dtype=np.int64)
    table = np.array([ratios[vertex] for vertex in vertices.tolist()])
    return vertices, table.reshape(len(vertices), len(states))


def _passed(result: str | None, rates: EvidenceRates) -> float | None:
    """Return the ratio of what an indicator tells, with a fault current to without."""
    if result == "fault":
        return (1 - rates.indicator_missed) / max(rates.indicator_false, LEAST)
    if result == "no_fault":
        return rates.indicator_missed / max(1 - rates.indicator_false, LEAST)
    return None


def _along(blame: BlameTree, device: int) -> tuple[LongArray, list[int]]:
    """Return the vertices fed through a device, itself among them, and those above it (rule 3)."""
    nearest = blame.vertex_above_device(device)
    slices = [(one.walk.parent_edge, one.slice_behind(device)) for one in blame.tree.supplies]
    edges = [edge[behind[0] : behind[1]] for edge, behind in slices if behind is not None]
    if edges:
        fed = np.unique(blame.vertex_of_device[np.concatenate(edges)]).astype(np.int64)
        fed = fed[fed > ROOT]
        above = [one for one in (nearest, *blame.above(nearest)) if one != ROOT and one not in fed]
        return fed, above
    if nearest == ROOT:
        return np.empty(0, dtype=np.int64), []
    return np.arange(nearest, int(blame.end[nearest])), list(blame.above(nearest))
