"""The outages of one answer: what is believed, with candidates, extent, start and reasons.

Owns how beliefs become outages, in rules:
Rule 1: every device believed open, and every report that none of them explains, is an outage; its first
candidate is the likeliest near it, and whom that puts out is its extent. Two with the same first candidate
are one.
Rule 2: what is known to be open is an outage with probability 1.
Rule 3: an outage began with the first report of it that another one followed within `TOGETHER`, as far as
there are several: a clock that is hours off, or an older trouble of one customer, does not date it back.
Rule 4: outages of a few service points that a babbling source speaks of are withheld (`topology.conflicts`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from topology.arrays import LongArray
from topology.blame_tree import NOBODY
from topology.candidates import Blamed, Names, Suspects, Verdict, name_of
from topology.conflicts import (
    APART,
    FEWEST_BABBLING,
    MOST_ALONE,
    contradicted_closed,
    contradicted_open,
    false_gasps,
    silent_collectors,
    times_apart,
)
from topology.down_pass import Believed
from topology.fault_priors import CutStates
from topology.heard import Spell, TimeArray
from topology.inference_result import (
    Candidate,
    Conflict,
    EvidenceIds,
    InferenceResult,
    InferredOutage,
    Reason,
)
from topology.known_open import KnownDevice
from topology.observations import Observation, ObservationKind
from topology.phases import format_phases
from topology.rates import EvidenceRates
from topology.reasons import (
    Ground,
    NamedDevice,
    name_device,
    reasons_for_device,
    reasons_for_known,
    reasons_for_service,
)
from topology.statements import Statements
from topology.supply_tree import SupplyTree
from topology.tally import Tally

TOGETHER = timedelta(minutes=10)
_FEW = 3
# Extents of what is believed no more are kept up to so many: the same devices come and go.
_EXTENTS_KEPT = 1000
_Made = tuple[InferredOutage, list[Conflict]]


@dataclass(frozen=True, slots=True)
class Rest:
    """What an answer rests on besides the evidence: what is known or told open; ids of nothing."""

    known: Sequence[KnownDevice] = ()
    contradicted: Sequence[tuple[KnownDevice, Collection[int]]] = ()
    unknown: Sequence[str] = ()


class Answers:
    """Makes answers, and keeps of each feeder what it made as long as nothing there has changed."""

    def __init__(
        self, ground: Ground, *, states: CutStates, statements: Statements, rates: EvidenceRates
    ) -> None:
        """Start without an answer; `ground` is read anew each time."""
        self._ground = ground
        self._states = states
        self._statements = statements
        self._rates = rates
        self._names = Names(ground.blame, states)
        self._extents: dict[tuple[Blamed, int], Extent] = {}
        self._verdicts: dict[int, list[Verdict]] = {}
        self._made: dict[int, dict[tuple[Blamed, int], _Made]] = {}

    def answer(
        self, believed: Believed, *, changed: Iterable[int], rest: Rest, now: datetime
    ) -> InferenceResult:
        """Return all outages, most customers first, and the conflicts in what they rest on.

        `believed` holds what is believed on the feeders that have changed.
        """
        ground = self._ground
        builder = _Builder(
            ground,
            Suspects(ground.blame, self._states, believed, self._names),
            Tally(ground.blame, ground.heard, ground.feeder_since),
            self._statements,
            self._extents,
            now,
        )
        for feeder in changed:
            self._verdicts.pop(feeder, None)
            self._made.pop(feeder, None)
        for verdict in builder.verdicts(believed):
            self._verdicts.setdefault(builder.feeder_of(verdict), []).append(verdict)
        made = [builder.known(one) for one in rest.known if one.is_worth_saying]
        every = [one for verdicts in self._verdicts.values() for one in verdicts]
        verdicts, babbling = _withhold(ground, self._rates, every)
        made += [self._make(builder, one) for one in verdicts]
        if len(self._extents) > _EXTENTS_KEPT + 2 * len(every):
            used = {(one.blamed, one.phases) for one in every}
            self._extents = {key: one for key, one in self._extents.items() if key in used}
        outages = sorted(
            (one for one, _ in made), key=lambda one: (-one.customers_out, one.started_at, one.device)
        )
        conflicts = [
            *contradicted_closed(ground, outages),
            *contradicted_open(ground, rest.contradicted),
            *babbling,
            *sorted((one for _, found in made for one in found), key=lambda one: one.subject),
            *silent_collectors(ground, self._statements, outages),
        ]
        ignored = (*self._statements.ignored, *rest.unknown)
        return InferenceResult(now, tuple(outages), ignored, tuple(conflicts))

    def _make(self, builder: _Builder, verdict: Verdict) -> _Made:
        of_feeder = self._made.setdefault(builder.feeder_of(verdict), {})
        # Of one device on the same phases there is one verdict.
        key = verdict.blamed, verdict.phases
        if (made := of_feeder.get(key)) is None:
            made = of_feeder[key] = builder.outage(verdict)
        return made


def _withhold(
    ground: Ground, rates: EvidenceRates, verdicts: Sequence[Verdict]
) -> tuple[list[Verdict], list[Conflict]]:
    """Rule 4."""
    if len(verdicts) < FEWEST_BABBLING:
        return list(verdicts), []
    told_by = [_gasped_alone(ground, verdict) for verdict in verdicts]
    alone = [point for point in told_by if point >= 0]
    withheld, found = false_gasps(ground, rates, np.array(alone, dtype=np.int64))
    held = set(withheld.tolist())
    return [one for one, point in zip(verdicts, told_by, strict=True) if point not in held], found


def _gasped_alone(ground: Ground, verdict: Verdict) -> int:
    """Return the service point that an outage of a few rests on, -1 of many or if one called."""
    blame, heard = ground.blame, ground.heard
    if verdict.blamed.point >= 0:
        return verdict.blamed.point
    vertex = int(blame.vertex_of_device[verdict.blamed.device])
    if blame.affected(vertex, verdict.phases) > MOST_ALONE:
        return NOBODY
    below = blame.points_at_or_below(vertex)
    reporting = below[heard.reports(below)]
    return int(reporting[0]) if len(reporting) and not heard.called[reporting].any() else NOBODY


@dataclass(frozen=True, slots=True)
class Extent:
    """Whom something puts out when it opens: the service points, their ids, and how many customers."""

    points: LongArray
    ids: tuple[str, ...]
    customers: int


@dataclass(frozen=True, slots=True)
class _Builder:
    ground: Ground
    suspects: Suspects
    tally: Tally
    statements: Statements
    extents: dict[tuple[Blamed, int], Extent]
    now: datetime

    def feeder_of(self, verdict: Verdict) -> int:
        """Return the feeder that a verdict is about, the root for what hangs from none."""
        blame = self.ground.blame
        if verdict.blamed.point >= 0:
            return int(blame.feeder[blame.vertex_of_point[verdict.blamed.point]])
        return int(blame.feeder[blame.vertex_of_device[verdict.blamed.device]])

    def verdicts(self, believed: Believed) -> list[Verdict]:
        """Rule 1."""
        verdicts = [
            self.suspects.of_device(int(believed.vertices[row]), state) for row, state in believed.opened
        ]
        verdicts += [self.suspects.of_service(point) for point in believed.unexplained.tolist()]
        first: dict[tuple[str, str], Verdict] = {}
        for one in verdicts:
            first.setdefault((one.candidates[0].device, one.candidates[0].phases), one)
        return list(first.values())

    def outage(self, verdict: Verdict) -> _Made:
        """Return the outage that a verdict comes to, and the conflicts in what is said of it."""
        if verdict.blamed.point >= 0:
            return self._of_service(verdict)
        ground, extent = self.ground, self._extent(verdict)
        reporting = extent.points[ground.heard.reports(extent.points)]
        reasons = reasons_for_device(
            ground=ground,
            tally=self.tally,
            vertex=int(ground.blame.vertex_of_device[verdict.blamed.device]),
            phases=verdict.phases,
            said=ground.said_by(reporting),
            candidate=verdict.candidates[0],
        )
        started = _began(ground.heard.since(reporting)) or self._opened_at(verdict)
        spells = [one for one in ground.heard.spell[reporting].tolist() if one is not None]
        outage = _outage(verdict.candidates, extent, started, reasons, EvidenceIds(spells))
        first_gasp = float(ground.heard.first_gasp[reporting].min(initial=np.inf))
        return outage, _apart(outage, first_gasp, spells)

    def _of_service(self, verdict: Verdict) -> _Made:
        """Return the outage of one service point alone."""
        ground, point = self.ground, verdict.blamed.point
        heard, is_out = ground.heard, ground.heard.reports_at(point)
        reasons = reasons_for_service(
            ground=ground,
            tally=self.tally,
            point=point,
            said=ground.said_at(point),
            candidate=verdict.candidates[0],
        )
        since = heard.since_at(point) if is_out else np.inf
        started = _at(since) if since < np.inf else self._opened_at(verdict)
        spells = [heard.spell[point]] if is_out and heard.spell[point] is not None else []
        outage = _outage(verdict.candidates, self._extent(verdict), started, reasons, EvidenceIds(spells))
        first_gasp = heard.first_gasp.item(point) if is_out else np.inf
        return outage, _apart(outage, first_gasp, spells)

    def _extent(self, verdict: Verdict) -> Extent:
        key = verdict.blamed, verdict.phases
        if (extent := self.extents.get(key)) is None:
            tree = self.ground.tree
            if (point := verdict.blamed.point) >= 0:
                points = np.array([point], dtype=np.int64)
            else:
                points = tree.service_points_below(verdict.blamed.device, verdict.phases).astype(np.int64)
            extent = self.extents[key] = extent_of(tree, points)
        return extent

    def _opened_at(self, verdict: Verdict) -> datetime:
        """Return when telemetry saw the device open: it is believed without a report."""
        said = self.statements.devices.get(verdict.blamed.device)
        return said.open.observations[0].at if said is not None and said.open is not None else self.now

    def known(self, one: KnownDevice) -> _Made:
        """Rule 2."""
        tree = self.ground.tree
        name = name_of(tree, one.blamed)
        claimed = [said for spell in one.claimed for said in spell.observations]
        spoken = [*(one.known.observations if one.known else ()), *claimed]
        is_device = one.blamed.device >= 0
        reasons = reasons_for_known(
            device=name_device(tree, one.blamed.device) if is_device else NamedDevice(name, None),
            known=one.known,
            is_confirmed=one.is_confirmed,
            service_points=len(one.service_points),
            reported=[spell.observations for spell in one.claimed],
        )
        candidates = (Candidate(name, self._known_phases(one), 1.0, ()),)
        extent = extent_of(tree, one.service_points.astype(np.int64))
        started = _known_start(spoken, self.now)
        outage = _outage(candidates, extent, started, reasons, EvidenceIds((tuple(spoken),)))
        return outage, times_apart(outage.device, started, spoken)

    def _known_phases(self, one: KnownDevice) -> str:
        tree = self.ground.tree
        if (point := one.blamed.point) >= 0:
            return format_phases(
                int(tree.service_point_phases[point] or tree.network.service_point_phases[point])
            )
        return format_phases(int(tree.network.device_phases[one.blamed.device]) & one.phases)


def extent_of(tree: SupplyTree, points: LongArray) -> Extent:
    """Return the extent that some service points are."""
    network = tree.network
    customers = int(network.service_point_customers[points].sum())
    return Extent(points, tuple(network.service_point_ids(points)), customers)


def _outage(
    candidates: tuple[Candidate, ...],
    extent: Extent,
    started_at: datetime,
    reasons: tuple[Reason, ...],
    evidence_ids: Sequence[str],
) -> InferredOutage:
    return InferredOutage(
        device=candidates[0].device,
        phases=candidates[0].phases,
        probability=candidates[0].probability,
        candidates=candidates,
        service_point_ids=extent.ids,
        service_points_out=len(extent.ids),
        customers_out=extent.customers,
        started_at=started_at,
        reasons=reasons,
        evidence_ids=evidence_ids,
    )


def first_together(since: TimeArray) -> float | None:
    """Return the first of some times, in seconds, by rule 3; None when there is none."""
    times = np.sort(since[np.isfinite(since)])
    if not len(times):
        return None
    if len(times) >= _FEW:
        followed = np.flatnonzero(np.diff(times) <= TOGETHER.total_seconds())
        times = times[followed[:1]] if len(followed) else times
    return float(times[0])


def _began(since: TimeArray) -> datetime | None:
    first = first_together(since)
    return _at(first) if first is not None else None


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def _apart(outage: InferredOutage, first_gasp: float, spells: Sequence[Spell]) -> list[Conflict]:
    """Return the conflict of an outage's times; where no gasp is that early there is none."""
    if first_gasp > (outage.started_at - APART).timestamp():
        return []
    spoken = [one for spell in spells for one in spell]
    return times_apart(outage.device, outage.started_at, spoken)


def _known_start(spoken: Sequence[Observation], now: datetime) -> datetime:
    """Telemetry knows when a device opened; otherwise the first that spoke of it does."""
    telemetry = [said.at for said in spoken if said.kind is ObservationKind.SWITCH_OPEN]
    return min(telemetry or [said.at for said in spoken], default=now)
