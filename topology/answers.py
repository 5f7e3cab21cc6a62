"""The outages of one answer: what is believed, with candidates, extent, start and reasons.

Owns how beliefs become outages, in rules:
Rule 1: every device believed open, and every report that none of them explains, is an outage; its first
candidate is the likeliest near it, and whom that puts out is its extent. Two with the same first candidate
are one.
Rule 2: what is known to be open is an outage with probability 1.
Rule 3: an outage began with its first reports (`topology.reports`); one that nobody reports, when telemetry
saw it open.
Rule 4: outages of a few service points that a babbling source speaks of are withheld (`topology.conflicts`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from topology.arrays import BoolArray, LongArray
from topology.blame_tree import NOBODY
from topology.candidates import Judge, Verdicts, id_array_of, vertices_of
from topology.conflicts import (
    FEWEST_BABBLING,
    MOST_ALONE,
    contradicted_closed,
    contradicted_open,
    false_gasps,
    silent_collectors,
)
from topology.down_pass import Believed
from topology.evidence_weights import FloatArray
from topology.extents import Extent, Extents
from topology.fault_priors import CutStates
from topology.heard import TimeArray
from topology.inference_result import Conflict, InferenceResult, Outages
from topology.known_open import KnownDevice
from topology.known_outages import KnownOutages
from topology.outage_table import OutageTable
from topology.rates import EvidenceRates
from topology.reasons import Ground, Reasons
from topology.reports import Reports
from topology.statements import Statements
from topology.tally import Tally


@dataclass(frozen=True, slots=True)
class Rest:
    """What an answer rests on besides the evidence: what is known or told open; ids of nothing."""

    known: Sequence[KnownDevice] = ()
    contradicted: Sequence[tuple[KnownDevice, Collection[int]]] = ()
    unknown: Sequence[str] = ()


# Extents of what is believed no more are kept up to so many: the same devices come and go.
_EXTENTS_KEPT = 1000
_Rows = tuple[OutageTable | KnownOutages, LongArray]


class Answers:
    """Makes answers, and keeps of each feeder what it found as long as nothing there has changed."""

    def __init__(
        self, ground: Ground, *, states: CutStates, statements: Statements, rates: EvidenceRates
    ) -> None:
        """Start without an answer; `ground` is read anew each time."""
        self._ground = ground
        self._statements = statements
        self._rates = rates
        self._judge = Judge(ground.blame, states)
        self._extents = Extents(ground.tree)
        # What was found, and the rows of it that still hold.
        self._kept: list[tuple[OutageTable, LongArray]] = []

    def answer(
        self, believed: Believed, *, changed: Sequence[int], rest: Rest, now: datetime
    ) -> InferenceResult:
        """Return all outages, most customers first, and the conflicts in what they rest on.

        `believed` holds what is believed on the feeders that have changed.
        """
        ground = self._ground
        has_changed = ground.blame.of_feeders(changed)
        tally = Tally(
            ground.blame,
            ground.heard,
            ground.feeder_since,
            reporting=believed.points,
            within=has_changed,
        )
        self._keep(has_changed, self._find(believed, tally, now))
        shown, babbling = self._withhold()
        known = KnownOutages(ground.tree, [one for one in rest.known if one.is_worth_saying], now)
        found: list[_Rows] = [(known, np.arange(len(known))), *shown]
        outages, blamed, probability = _in_order(ground, found)
        apart = (one for table, rows in found for one in table.conflicts(rows))
        conflicts = [
            *contradicted_closed(ground, blamed, probability),
            *contradicted_open(ground, rest.contradicted),
            *babbling,
            *sorted(apart, key=lambda one: one.subject),
            *silent_collectors(ground, self._statements, lambda: _points_out(found)),
        ]
        ignored = (*self._statements.ignored, *rest.unknown)
        return InferenceResult(now, outages, ignored, tuple(conflicts))

    def _keep(self, has_changed: BoolArray, found: OutageTable) -> None:
        """Keep what was found before on feeders that have not changed, and what is found now."""
        kept = [(table, rows[~has_changed[table.feeder[rows]]]) for table, rows in self._kept]
        self._kept = [(table, rows) for table, rows in kept if len(rows)]
        for table, rows in self._kept:
            table.keep(rows)
        self._kept.append((found, np.arange(len(found.feeder))))
        if len(self._extents) > _EXTENTS_KEPT + 2 * sum(len(rows) for _, rows in self._kept):
            used = [
                zip(one.blamed[rows].tolist(), one.phases[rows].tolist(), strict=True)
                for one, rows in self._kept
            ]
            self._extents.forget_all_but({key for keys in used for key in keys})

    def _withhold(self) -> tuple[list[tuple[OutageTable, LongArray]], list[Conflict]]:
        """Rule 4."""
        if sum(len(rows) for _, rows in self._kept) < FEWEST_BABBLING:
            return self._kept, []
        told_by = np.concatenate([table.told_by[rows] for table, rows in self._kept])
        withheld, found = false_gasps(self._ground, self._rates, told_by[told_by != NOBODY])
        shown = [(table, rows[~np.isin(table.told_by[rows], withheld)]) for table, rows in self._kept]
        return shown, found

    def _find(self, believed: Believed, tally: Tally, now: datetime) -> OutageTable:
        """Rule 1."""
        ground = self._ground
        blame, heard = ground.blame, ground.heard
        verdicts = self._judge.verdicts(believed)
        blamed, phases = verdicts.first_blamed, verdicts.first_phases
        devices = np.flatnonzero(blamed >= 0).tolist()
        extents = {row: self._extents.of(blamed.item(row), phases.item(row)) for row in devices}
        points, starts = _put_out(blamed, extents)
        reports = Reports(heard, points, starts)
        vertices = vertices_of(blame, blamed)
        # Of services alone; for devices it is known.
        customers = ground.tree.network.service_point_customers[points[starts[:-1]]].astype(np.int64)
        customers[devices] = [one.customers for one in extents.values()]
        return OutageTable(
            tree=ground.tree,
            verdicts=verdicts,
            extents=extents,
            customers=customers,
            feeder=blame.feeder[vertices].astype(np.int64),
            told_by=_told_by(ground, verdicts, vertices),
            started=self._started(reports, blamed, now),
            reports=reports,
            reasons=Reasons(ground, tally, verdicts, reports),
        )

    def _started(self, reports: Reports, blamed: LongArray, now: datetime) -> TimeArray:
        """Rule 3."""
        started = reports.began.copy()
        for row in np.flatnonzero(np.isinf(started)).tolist():
            said = self._statements.devices.get(blamed.item(row))
            opened = said.open.observations[0].at if said is not None and said.open is not None else now
            started[row] = opened.timestamp()
        return started


def _put_out(blamed: LongArray, extents: Mapping[int, Extent]) -> tuple[LongArray, LongArray]:
    """Return the service points that outages put out, those of each after the other, and where they start."""
    counts = np.ones(len(blamed), dtype=np.int64)
    counts[list(extents)] = [len(one.points) for one in extents.values()]
    starts = np.concatenate([[0], np.cumsum(counts)])
    points = np.empty(starts[-1], dtype=np.int64)
    for row, one in extents.items():
        points[starts[row] : starts[row + 1]] = one.points
    services = np.flatnonzero(blamed < 0)
    points[starts[services]] = ~blamed[services]
    return points, starts


def _told_by(ground: Ground, verdicts: Verdicts, vertices: LongArray) -> LongArray:
    """Return the service points that outages of a few rest on, -1 of many or where one called."""
    blame, heard = ground.blame, ground.heard
    blamed = verdicts.first_blamed
    told_by = np.where(blamed < 0, ~blamed, NOBODY)
    few = (blamed >= 0) & (blame.affected(vertices, verdicts.first_phases) <= MOST_ALONE)
    for row in np.flatnonzero(few).tolist():
        below = blame.points_at_or_below(vertices.item(row))
        reporting = below[heard.reports(below)]
        if len(reporting) and not heard.called[reporting].any():
            told_by[row] = reporting[0]
    return told_by


def _in_order(ground: Ground, found: Sequence[_Rows]) -> tuple[Outages, LongArray, FloatArray]:
    """Return all outages, most customers first, then by start and id; and what is blamed, how likely."""
    blamed, probability, customers, started = (
        np.concatenate([getattr(table, name)[rows] for table, rows in found])
        for name in ("blamed", "probability", "customers", "started")
    )
    order = np.lexsort((id_array_of(ground.tree, blamed), started, -customers))
    which = np.repeat(np.arange(len(found)), [len(rows) for _, rows in found])[order]
    row = np.concatenate([rows for _, rows in found])[order]
    tables = [found[one][0] for one in which.tolist()]
    return Outages(tables, row.tolist()), blamed[order], probability[order]


def _points_out(found: Sequence[_Rows]) -> LongArray:
    return np.concatenate([table.points_out(rows) for table, rows in found])
