"""Devices and services known to be open, by telemetry, crews or confirmation, and whom each puts out.

Rule 1: what is known to be open explains all reports below it, the lowest device first.
Rule 2: devices that feed a place together (a looped part) put it out when enough of them are open: that is
laid to the one that opened last.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from topology.arrays import BoolArray, Indices
from topology.candidates import Blamed
from topology.observations import ObservationKind
from topology.phases import ABC
from topology.statements import KnownOpen, OutSpell, Statements
from topology.supply import Supply
from topology.supply_tree import SupplyTree


@dataclass(slots=True)
class KnownDevice:
    """A device or service known to be open, whom it puts out, and which of their reports it claims."""

    blamed: Blamed
    known: KnownOpen | None
    is_confirmed: bool
    service_points: Indices
    claimed: list[OutSpell] = field(default_factory=list)

    @property
    def phases(self) -> int:
        """The open phases; a person who confirms says nothing of phases, and means all."""
        return ABC if self.is_confirmed or self.known is None else self.known.phases

    @property
    def has_crew_finding(self) -> bool:
        """Whether a crew saw it, not telemetry alone."""
        said = self.known.observations if self.known else ()
        return any(one.kind is ObservationKind.CREW_FINDING for one in said)

    @property
    def is_worth_saying(self) -> bool:
        """An open device that feeds nobody is no outage, unless a person says so."""
        return self.is_confirmed or len(self.service_points) > 0


def find_known_open(
    tree: SupplyTree, statements: Statements, confirmed: Collection[str]
) -> tuple[list[KnownDevice], list[str]]:
    """Return what is known to be open, fewest put out first, and the unknown among the confirmed."""
    ids = sorted(confirmed)
    devices = tree.network.find_devices(ids).tolist()
    points = tree.network.find_service_points(ids).tolist()
    is_confirmed = {Blamed(device=one) for one in devices if one >= 0}
    is_confirmed |= {Blamed(point=one) for one in points if one >= 0}
    said = {Blamed(device=device): one.open for device, one in statements.devices.items() if one.open}
    for point in statements.open_points:
        if (found_open := statements.points[point].open) is not None:
            said[Blamed(point=point)] = found_open
    found = []
    for blamed in sorted(is_confirmed | set(said)):
        one = KnownDevice(blamed, said.get(blamed), blamed in is_confirmed, np.array([], dtype=np.int64))
        if blamed.device >= 0:
            one.service_points = tree.service_points_below(blamed.device, one.phases)
        else:
            one.service_points = np.array([blamed.point])[tree.service_point_phases[[blamed.point]] > 0]
        found.append(one)
    _put_out_together(tree, found)
    found.sort(key=lambda one: (len(one.service_points), one.blamed))
    unknown = [one for one, device, point in zip(ids, devices, points, strict=True) if max(device, point) < 0]
    return found, unknown


def claim_reports(known: list[KnownDevice], statements: Statements, explained: BoolArray) -> None:
    """Let what is known to be open explain the reports below it (rule 1), and mark all it puts out."""
    for one in known:
        below = one.service_points
        unclaimed = below[~explained[below]]
        one.claimed = [
            said.out
            for point in unclaimed.tolist()
            if (said := statements.points.get(point)) is not None and said.out is not None
        ]
        explained[below] = True


def _put_out_together(tree: SupplyTree, known: list[KnownDevice]) -> None:
    parts: dict[tuple[int, ...], list[KnownDevice]] = {}
    for one in known:
        if one.blamed.device >= 0 and (part := tree.part_of_device(one.blamed.device)).size:
            parts.setdefault(tuple(part.tolist()), []).append(one)
    for together in parts.values():
        if len(together) > 1:
            last = max(together, key=lambda one: (_opened_at(one), one.blamed))
            last.service_points = np.union1d(last.service_points, _lost(tree, together))


def _lost(tree: SupplyTree, together: list[KnownDevice]) -> Indices:
    now = before = Supply(tree)
    for one in together:
        now = now.opened([one.blamed.device], one.phases)
    return now.change_since(before).losers


def _opened_at(one: KnownDevice) -> float:
    at = max((said.at for said in one.known.observations), default=None) if one.known else None
    return at.timestamp() if isinstance(at, datetime) else -np.inf
