"""Outages in columns: what an answer finds is worked out for all at once, and one is made when it is read.

Owns the making of an outage from its columns. They are of the moment of the answer, whatever comes later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

import numpy as np

from topology.arrays import LongArray, decode_ids
from topology.candidates import Verdicts, id_array_of
from topology.conflicts import APART, times_apart
from topology.evidence_weights import FloatArray
from topology.extents import Extent
from topology.heard import TimeArray
from topology.inference_result import Candidate, Conflict, EvidenceIds, InferredOutage
from topology.phases import format_phases
from topology.reasons import Reasons
from topology.reports import Reports
from topology.supply_tree import SupplyTree


@dataclass(frozen=True, eq=False)
class OutageTable:
    """The outages of some verdicts, one a row; each is made once, however often it is read.

    `extents` are those of devices, by row; a service puts out its service point. `started` is in seconds,
    `feeder` a vertex, `told_by` the service point that an outage of a few rests on, or -1.
    """

    tree: SupplyTree
    verdicts: Verdicts
    extents: dict[int, Extent]
    customers: LongArray
    feeder: LongArray
    told_by: LongArray
    started: TimeArray
    reports: Reports
    reasons: Reasons
    _made: dict[int, InferredOutage] = field(default_factory=dict)

    @cached_property
    def blamed(self) -> LongArray:
        """What is blamed first (`Blamed.number`)."""
        return self.verdicts.first_blamed

    @cached_property
    def phases(self) -> LongArray:
        """On which phases."""
        return self.verdicts.first_phases

    @cached_property
    def probability(self) -> FloatArray:
        """How likely that is."""
        return self.verdicts.first_probability

    def __getitem__(self, row: int) -> InferredOutage:
        """Return one outage."""
        if (made := self._made.get(row)) is None:
            made = self._made[row] = self._make(row)
        return made

    def keep(self, rows: LongArray) -> None:
        """Let go of the outages of all other rows."""
        for row in self._made.keys() - set(rows.tolist()):
            del self._made[row]

    def points_out(self, rows: LongArray) -> LongArray:
        """Return the service points that some outages put out, in no order."""
        of_devices = [self.extents[row].points for row in rows.tolist() if row in self.extents]
        blamed = self.blamed[rows]
        return np.concatenate([~blamed[blamed < 0], *of_devices])

    def conflicts(self, rows: LongArray) -> list[Conflict]:
        """Return the conflicts in what is said of some outages: only where a last gasp is that early."""
        is_early = self.reports.first_gasp[rows] <= self.started[rows] - APART.total_seconds()
        found = []
        for row in rows[is_early].tolist():
            spoken = [one for spell in self.reports.spells(row) for one in spell]
            found += times_apart(self[row].device, self[row].started_at, spoken)
        return found

    def _make(self, row: int) -> InferredOutage:
        candidates = self._candidates(row)
        if (extent := self.extents.get(row)) is None:
            ids: tuple[str, ...] = (candidates[0].device,)
        else:
            ids = tuple(self.tree.network.service_point_ids(extent.points))
        return InferredOutage(
            device=candidates[0].device,
            phases=candidates[0].phases,
            probability=candidates[0].probability,
            candidates=candidates,
            service_point_ids=ids,
            service_points_out=len(ids),
            customers_out=self.customers.item(row),
            started_at=datetime.fromtimestamp(self.started.item(row), tz=UTC),
            reasons=self.reasons.of(row, candidates[0]),
            evidence_ids=EvidenceIds(self.reports.spells(row)),
        )

    def _candidates(self, row: int) -> tuple[Candidate, ...]:
        starts, members, phases, probability = self._columns
        return tuple(
            Candidate(
                self._names[members[one]],
                phases[members[one]],
                probability[one],
                self._equivalent(members[one], members[one + 1]),
            )
            for one in range(starts[row], starts[row + 1])
        )

    def _equivalent(self, first: int, end: int) -> tuple[str, ...]:
        if end == first + 1:
            return ()
        return tuple(sorted(set(self._names[first + 1 : end]) - {self._names[first]}))

    @cached_property
    def _names(self) -> list[str]:
        return decode_ids(id_array_of(self.tree, self.verdicts.blamed))

    @cached_property
    def _columns(self) -> tuple[list[int], list[int], list[str], list[float]]:
        """What is read of candidates, taken out of arrays at once: one by one it costs ten times as much."""
        of = self.verdicts
        phases = [format_phases(mask) for mask in of.phases.tolist()]
        return of.starts.tolist(), of.members.tolist(), phases, of.probability.tolist()
