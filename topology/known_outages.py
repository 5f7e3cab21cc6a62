"""The outages of what is known to be open, by telemetry, crews or a person's word: each with probability 1.

Owns when such an outage began: telemetry knows when a device opened; otherwise the first that spoke of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from topology.arrays import LongArray
from topology.candidates import name_of
from topology.conflicts import times_apart
from topology.extents import extent_of
from topology.inference_result import Candidate, Conflict, EvidenceIds, InferredOutage
from topology.known_open import KnownDevice
from topology.observations import Observation, ObservationKind
from topology.phases import format_phases
from topology.reasons import NamedDevice, name_device, reasons_for_known
from topology.supply_tree import SupplyTree


class KnownOutages:
    """The outages of some devices known to be open, in columns as an `OutageTable` has them."""

    def __init__(self, tree: SupplyTree, known: Sequence[KnownDevice], now: datetime) -> None:
        """Make them all: they are few."""
        self._known = known
        self._made = [_outage(tree, one, now) for one in known]
        self.blamed: LongArray = np.array([one.blamed.number for one in known], dtype=np.int64)
        self.probability = np.ones(len(known))
        self.customers = np.array([one.customers_out for one in self._made], dtype=np.int64)
        self.started = np.array([one.started_at.timestamp() for one in self._made], dtype=np.float64)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._known)

    def __getitem__(self, row: int) -> InferredOutage:
        """Return one outage."""
        return self._made[row]

    def points_out(self, rows: LongArray) -> LongArray:
        """Return the service points that some outages put out, in no order."""
        empty = np.empty(0, dtype=np.int64)
        return np.concatenate([empty, *(self._known[row].service_points for row in rows.tolist())])

    def conflicts(self, rows: LongArray) -> list[Conflict]:
        """Return the conflicts in what is said of some outages."""
        return [
            conflict
            for row in rows.tolist()
            for conflict in times_apart(
                self._made[row].device, self._made[row].started_at, _spoken(self._known[row])
            )
        ]


def _outage(tree: SupplyTree, one: KnownDevice, now: datetime) -> InferredOutage:
    name = name_of(tree, one.blamed)
    spoken = _spoken(one)
    reasons = reasons_for_known(
        device=name_device(tree, one.blamed.device) if one.blamed.device >= 0 else NamedDevice(name, None),
        known=one.known,
        is_confirmed=one.is_confirmed,
        service_points=len(one.service_points),
        reported=[spell.observations for spell in one.claimed],
    )
    phases = _phases(tree, one)
    extent = extent_of(tree, one.service_points.astype(np.int64))
    return InferredOutage(
        device=name,
        phases=phases,
        probability=1.0,
        candidates=(Candidate(name, phases, 1.0, ()),),
        service_point_ids=tuple(tree.network.service_point_ids(extent.points)),
        service_points_out=len(extent.points),
        customers_out=extent.customers,
        started_at=_start(spoken, now),
        reasons=reasons,
        evidence_ids=EvidenceIds((spoken,)),
    )


def _spoken(one: KnownDevice) -> tuple[Observation, ...]:
    claimed = (said for spell in one.claimed for said in spell.observations)
    return (*(one.known.observations if one.known else ()), *claimed)


def _start(spoken: Sequence[Observation], now: datetime) -> datetime:
    telemetry = [said.at for said in spoken if said.kind is ObservationKind.SWITCH_OPEN]
    return min(telemetry or [said.at for said in spoken], default=now)


def _phases(tree: SupplyTree, one: KnownDevice) -> str:
    if (point := one.blamed.point) >= 0:
        return format_phases(
            int(tree.service_point_phases[point] or tree.network.service_point_phases[point])
        )
    return format_phases(int(tree.network.device_phases[one.blamed.device]) & one.phases)
