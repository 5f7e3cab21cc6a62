"""What the roll-up rules need not guess: devices and services known to be open, and whom each puts out.

Rule 1: what telemetry or a crew says is open, or a person has confirmed, is an outage as it stands.
Rule 2: it explains all reports below it, the one that puts out fewest first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from topology.arrays import BoolArray, Indices
from topology.observations import Observation
from topology.phases import ABC, format_phases
from topology.statements import Statements
from topology.supply_tree import SupplyTree


@dataclass(frozen=True, eq=False, slots=True)
class KnownOutage:
    """A device or service known to be open; `spoken` is what says so, and the reports that it explains."""

    name: str
    phases: str
    service_points: Indices
    spoken: tuple[Observation, ...]


def known_outages(
    tree: SupplyTree, statements: Statements, confirmed: Collection[str]
) -> tuple[list[KnownOutage], BoolArray, list[str]]:
    """Return what is known to be open, whom it puts out, and the unknown among the confirmed."""
    found, unknown = _confirmed(tree, confirmed)
    names = {one.name for one in found}
    found += [
        one for one in _spoken_of(tree, statements) if one.name not in names and len(one.service_points)
    ]
    found.sort(key=lambda one: (len(one.service_points), one.name))
    explained = np.zeros(tree.network.service_point_count, dtype=np.bool_)
    claimed = []
    for one in found:
        unclaimed = one.service_points[~explained[one.service_points]].tolist()
        reports = [
            said
            for point in unclaimed
            if (stated := statements.points.get(point)) and stated.out
            for said in stated.out.observations
        ]
        explained[one.service_points] = True
        claimed.append(KnownOutage(one.name, one.phases, one.service_points, (*one.spoken, *reports)))
    return claimed, explained, unknown


def _confirmed(tree: SupplyTree, confirmed: Collection[str]) -> tuple[list[KnownOutage], list[str]]:
    ids = sorted(confirmed)
    devices = tree.network.find_devices(ids).tolist()
    points = tree.network.find_service_points(ids).tolist()
    found, unknown = [], []
    for name, device, point in zip(ids, devices, points, strict=True):
        if device >= 0:
            found.append(_of_device(tree, device, ABC, ()))
        elif point >= 0:
            found.append(_of_service(tree, point, ()))
        else:
            unknown.append(name)
    return found, unknown


def _spoken_of(tree: SupplyTree, statements: Statements) -> Iterator[KnownOutage]:
    for device, stated in statements.devices.items():
        if stated.open:
            yield _of_device(tree, device, stated.open.phases, stated.open.observations)
    for point, said in statements.points.items():
        if said.open:
            yield _of_service(tree, point, said.open.observations)


def _of_device(tree: SupplyTree, device: int, phases: int, spoken: tuple[Observation, ...]) -> KnownOutage:
    carried = int(tree.network.device_phases[device]) & phases
    name = tree.network.device_ids([device])[0]
    return KnownOutage(name, format_phases(carried), tree.service_points_below(device, phases), spoken)


def _of_service(tree: SupplyTree, point: int, spoken: tuple[Observation, ...]) -> KnownOutage:
    taken = int(tree.service_point_phases[point] or tree.network.service_point_phases[point])
    name = tree.network.service_point_ids([point])[0]
    points = np.array([point])[tree.service_point_phases[[point]] > 0]
    return KnownOutage(name, format_phases(taken), points, spoken)
