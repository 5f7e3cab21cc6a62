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
from topology.candidates import Suspects, Verdict, name_of
from topology.conflicts import (
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
from topology.heard import TimeArray
from topology.inference_result import Candidate, Conflict, InferenceResult, InferredOutage, Reason
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
from topology.statements import OutSpell, Statements

TOGETHER = timedelta(minutes=10)
_FEW = 3


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
        self._verdicts: dict[int, list[Verdict]] = {}
        self._made: dict[int, dict[Verdict, tuple[InferredOutage, list[Conflict]]]] = {}

    def answer(
        self, believed: Believed, *, changed: Iterable[int], rest: Rest, now: datetime
    ) -> InferenceResult:
        """Return all outages, most customers first, and the conflicts in what they rest on.

        `believed` holds what is believed on the feeders that have changed.
        """
        ground = self._ground
        builder = _Builder(ground, Suspects(ground.blame, self._states, believed), self._statements, now)
        for feeder in changed:
            self._verdicts.pop(feeder, None)
            self._made.pop(feeder, None)
        for verdict in builder.verdicts(believed):
            self._verdicts.setdefault(builder.feeder_of(verdict), []).append(verdict)
        made = [builder.known(one) for one in rest.known if one.is_worth_saying]
        every = [one for verdicts in self._verdicts.values() for one in verdicts]
        verdicts, babbling = _withhold(ground, self._rates, every)
        made += [self._make(builder, one) for one in verdicts]
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

    def _make(self, builder: _Builder, verdict: Verdict) -> tuple[InferredOutage, list[Conflict]]:
        of_feeder = self._made.setdefault(builder.feeder_of(verdict), {})
        if verdict not in of_feeder:
            of_feeder[verdict] = builder.outage(verdict)
        return of_feeder[verdict]


def _withhold(
    ground: Ground, rates: EvidenceRates, verdicts: Sequence[Verdict]
) -> tuple[list[Verdict], list[Conflict]]:
    """Rule 4."""
    if len(verdicts) < FEWEST_BABBLING:
        return list(verdicts), []
    told_by = {verdict: _gasped_alone(ground, verdict) for verdict in verdicts}
    alone = [point for point in told_by.values() if point >= 0]
    withheld, found = false_gasps(ground, rates, np.array(alone, dtype=np.int64))
    held = set(withheld.tolist())
    return [one for one, point in told_by.items() if point not in held], found


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
class _Builder:
    ground: Ground
    suspects: Suspects
    statements: Statements
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

    def outage(self, verdict: Verdict) -> tuple[InferredOutage, list[Conflict]]:
        """Return the outage that a verdict comes to, and the conflicts in what is said of it."""
        candidate = verdict.candidates[0]
        if (point := verdict.blamed.point) >= 0:
            points = np.array([point], dtype=np.int64)
        else:
            points = self.ground.tree.service_points_below(verdict.blamed.device, verdict.phases).astype(
                np.int64
            )
        reporting = points[self.ground.heard.reports(points)]
        spoken = [one for said in self._spells(reporting) for one in said.observations]
        if point >= 0:
            reasons = reasons_for_service(
                ground=self.ground, point=point, observations=spoken, candidate=candidate
            )
        else:
            reasons = reasons_for_device(
                ground=self.ground,
                vertex=int(self.ground.blame.vertex_of_device[verdict.blamed.device]),
                phases=verdict.phases,
                observations=spoken,
                candidate=candidate,
            )
        started = _began(self.ground.heard.since(reporting)) or self._opened_at(verdict)
        return self._made(verdict.candidates, points, started, reasons, spoken)

    def _opened_at(self, verdict: Verdict) -> datetime:
        """Return when telemetry saw the device open: it is believed without a report."""
        said = self.statements.devices.get(verdict.blamed.device)
        return said.open.observations[0].at if said is not None and said.open is not None else self.now

    def _spells(self, points: LongArray) -> Iterable[OutSpell]:
        for point in points.tolist():
            said = self.statements.points.get(point)
            if said is not None and said.out is not None:
                yield said.out

    def known(self, one: KnownDevice) -> tuple[InferredOutage, list[Conflict]]:
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
        points = one.service_points.astype(np.int64)
        return self._made(candidates, points, _known_start(spoken, self.now), reasons, spoken)

    def _known_phases(self, one: KnownDevice) -> str:
        tree = self.ground.tree
        if (point := one.blamed.point) >= 0:
            return format_phases(
                int(tree.service_point_phases[point] or tree.network.service_point_phases[point])
            )
        return format_phases(int(tree.network.device_phases[one.blamed.device]) & one.phases)

    def _made(
        self,
        candidates: tuple[Candidate, ...],
        points: LongArray,
        started_at: datetime,
        reasons: tuple[Reason, ...],
        spoken: Sequence[Observation],
    ) -> tuple[InferredOutage, list[Conflict]]:
        network = self.ground.tree.network
        ids = tuple(network.service_point_ids(points))
        outage = InferredOutage(
            device=candidates[0].device,
            phases=candidates[0].phases,
            probability=candidates[0].probability,
            candidates=candidates,
            service_point_ids=ids,
            service_points_out=len(ids),
            customers_out=int(network.service_point_customers[points].sum()),
            started_at=started_at,
            reasons=reasons,
            evidence_ids=tuple(one.id for one in sorted(spoken, key=lambda one: (one.at, one.id))),
        )
        return outage, times_apart(outage.device, started_at, spoken)


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
    return datetime.fromtimestamp(first, tz=UTC) if first is not None else None


def _known_start(spoken: Sequence[Observation], now: datetime) -> datetime:
    """Telemetry knows when a device opened; otherwise the first that spoke of it does."""
    telemetry = [said.at for said in spoken if said.kind is ObservationKind.SWITCH_OPEN]
    return min(telemetry or [said.at for said in spoken], default=now)
