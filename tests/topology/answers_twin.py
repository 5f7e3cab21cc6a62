"""The slow twin of an answer: outage by outage, candidate by candidate, service point by service point.

Takes what is believed and what is heard as given, and says everything about every outage from that alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np

from topology.blame_tree import ROOT
from topology.evidence_weights import Meter
from topology.inference import Inference
from topology.inference_result import Candidate, InferredOutage, Reason
from topology.observations import Observation, ObservationKind
from topology.phases import PHASE_BITS, format_phases

MOST_CANDIDATES, LEAST_PROBABILITY = 12, 0.001
TOGETHER = timedelta(minutes=10)
FEW = 3
UNWOKEN = (Meter.NOT_WOKEN, Meter.NOT_WOKEN_UNREACHABLE)


@dataclass(frozen=True)
class Suspect:
    """What may be open: a device by its vertex or a service, on which phases, and whom it puts out."""

    name: str
    vertex: int
    point: int
    phases: int
    probability: float
    puts_out: frozenset[int]
    # Beside others that hang where it does, a service is never taken for a device on some phases.
    is_apart: bool = False

    @property
    def blamed(self):
        return (self.vertex, self.point)


class Twin:
    """Says what an inference's last answer has to say of what is not known to be open."""

    def __init__(self, inference: Inference, believed, now: datetime) -> None:
        self.inference, self.believed, self.now = inference, believed, now
        self.blame, self.heard = inference.blame, inference.heard
        self.tree, self.network = inference.tree, inference.tree.network
        self.states = inference.posterior.states
        self.category = self.heard.categories(
            np.arange(self.network.service_point_count), inference._since
        ).tolist()

    def outages(self) -> list[InferredOutage]:
        """Return the outages of all verdicts, the first of those with one first candidate, in order."""
        groups = [
            self.told_apart(self.near_device(int(self.believed.vertices[row]), state))
            for row, state in self.believed.opened
        ]
        groups += [self.told_apart(self.near_point(point)) for point in self.believed.unexplained.tolist()]
        first: dict[tuple[str, str], list[list[Suspect]]] = {}
        for one in groups:
            first.setdefault((one[0][0].name, format_phases(one[0][0].phases)), one)
        outages = [self.outage(one) for one in first.values()]
        return sorted(outages, key=lambda one: (-one.customers_out, one.started_at, one.device))

    # Candidates

    def near_device(self, vertex: int, state: int) -> Iterator[Suspect]:
        end = int(self.blame.end[vertex])
        for one in (*self.above(vertex), *range(vertex, end)):
            yield from self.of_vertex(
                one, [s for s in range(len(self.states)) if not self.states.apart[state, s]]
            )
        for point in self.believed.points.tolist():
            hangs_below = vertex <= self.blame.vertex_of_point[point] < end
            if hangs_below and self.states.out[state, self.blame.taken_of_point[point]]:
                yield from self.service(point)

    def near_point(self, point: int) -> Iterator[Suspect]:
        vertex = int(self.blame.vertex_of_point[point])
        taken = self.blame.taken_of_point[point]
        for one in (vertex, *self.above(vertex)) if vertex != ROOT else ():
            yield from self.of_vertex(one, [s for s in range(len(self.states)) if self.states.out[s, taken]])
        yield from self.service(point)

    def above(self, vertex: int) -> list[int]:
        above = []
        while (vertex := int(self.blame.parent[vertex])) != ROOT:
            above.append(vertex)
        return above

    def of_vertex(self, vertex: int, states: Sequence[int]) -> Iterator[Suspect]:
        row = self.believed.row_of(vertex)
        for state in states:
            likely = float(self.believed.probability[row, state]) if row >= 0 else 0.0
            if likely >= LEAST_PROBABILITY:
                carried = int(self.blame.phases[vertex])
                of_mask = self.states.of_mask
                all_or_one = (carried, *(bit for bit in PHASE_BITS if bit & carried))
                phases = next(one for one in all_or_one if of_mask[one] == state)
                (name,) = self.network.device_ids(self.blame.device[[vertex]])
                yield Suspect(name, vertex, -1, phases, likely, frozenset(self.below(vertex, phases)))

    def service(self, point: int) -> Iterator[Suspect]:
        alone = float(self.believed.alone[self.believed.points.tolist().index(point)])
        if alone >= LEAST_PROBABILITY:
            (name,) = self.network.service_point_ids([point])
            phases = int(self.tree.service_point_phases[point])
            at = int(self.blame.vertex_of_point[point])
            is_apart = at == ROOT or self.below(at, phases) != [point]
            yield Suspect(name, -1, point, phases, alone, frozenset([point]), is_apart)

    def below(self, vertex: int, phases: int = 7) -> list[int]:
        points = self.blame.points_at_or_below(vertex).tolist()
        return [one for one in points if self.tree.service_point_phases[one] & phases]

    def told_apart(self, suspects: Iterator[Suspect]) -> list[list[Suspect]]:
        groups: dict[tuple[frozenset[int], bool], list[Suspect]] = {}
        for one in suspects:
            groups.setdefault((one.puts_out, one.is_apart), []).append(one)
        for group in groups.values():
            group.sort(key=lambda one: (-one.probability, one.blamed))
        order = sorted(
            groups.values(),
            key=lambda group: (
                -self.probability(group),
                group[0].point >= 0,
                group[0].name,
                format_phases(group[0].phases),
            ),
        )
        return order[:MOST_CANDIDATES]

    def probability(self, group: list[Suspect]) -> float:
        return min(1.0, sum(one.probability for one in group))

    # Outages

    def outage(self, groups: list[list[Suspect]]) -> InferredOutage:
        blamed = groups[0][0]
        candidates = tuple(
            Candidate(
                group[0].name,
                format_phases(group[0].phases),
                self.probability(group),
                tuple(sorted({one.name for one in group} - {group[0].name})),
            )
            for group in groups
        )
        out = sorted(blamed.puts_out)
        reporting = [one for one in out if self.reports(one)]
        spoken = sorted((one.at, one.id) for point in reporting for one in self.spell(point))
        return InferredOutage(
            device=blamed.name,
            phases=format_phases(blamed.phases),
            probability=candidates[0].probability,
            candidates=candidates,
            service_point_ids=tuple(self.network.service_point_ids(out)),
            service_points_out=len(out),
            customers_out=int(self.network.service_point_customers[out].sum()),
            started_at=self.started(blamed, reporting),
            reasons=tuple(self.reasons(blamed, candidates[0], reporting)),
            evidence_ids=tuple(id_ for _, id_ in spoken),
        )

    def spell(self, point: int) -> Sequence[Observation]:
        said = self.inference.statements.points.get(point)
        return said.out.observations if said is not None and said.out is not None else ()

    def reports(self, point: int) -> bool:
        return bool(self.heard.reports(np.array([point]))[0])

    def started(self, blamed: Suspect, reporting: Sequence[int]) -> datetime:
        times = sorted(
            datetime.fromtimestamp(float(self.heard.since(np.array([one]))[0]), tz=UTC) for one in reporting
        )
        if not times:
            device = int(self.blame.device[blamed.vertex])
            said = self.inference.statements.devices.get(device)
            return said.open.observations[0].at if said and said.open else self.now
        if len(times) >= FEW:
            followed = [at for at, later in pairwise(times) if later - at <= TOGETHER]
            return (followed or times)[0]
        return times[0]

    # Reasons

    def reasons(self, blamed: Suspect, candidate: Candidate, reporting: Sequence[int]) -> Iterator[Reason]:
        said = self.said(reporting)
        if blamed.point >= 0:
            yield Reason("service_alone", {"service_point": blamed.name, **said})
        else:
            yield from self.of_device(blamed, said)
        own = [blamed.point] if blamed.point >= 0 else self.below(blamed.vertex)
        hangs = int(self.blame.vertex_of_point[blamed.point]) if blamed.point >= 0 else blamed.vertex
        above = [hangs] if blamed.point >= 0 and hangs != ROOT else []
        for vertex in [*above, *self.above(hangs)]:
            phases = 7 if blamed.point >= 0 else blamed.phases
            feeds_more = len(self.below(vertex, phases)) > len(blamed.puts_out)
            if feeds_more and (found := self.not_above(vertex, own)):
                yield found
                break
        if candidate.equivalent:
            yield Reason("equivalent", self.listed("devices", candidate.equivalent))

    def said(self, reporting: Sequence[int]) -> dict[str, int]:
        kinds = [
            (one.kind, one.id if one.kind is ObservationKind.TROUBLE_CALL else one.subject)
            for point in reporting
            for one in self.spell(point)
        ]
        counted = [kind for kind, _ in set(kinds)]
        return {
            "last_gasps": counted.count(ObservationKind.LAST_GASP),
            "trouble_calls": counted.count(ObservationKind.TROUBLE_CALL),
            "pings": counted.count(ObservationKind.PING),
        }

    def of_device(self, blamed: Suspect, said: dict[str, int]) -> Iterator[Reason]:
        named = self.named(blamed.vertex)
        out = self.below(blamed.vertex, blamed.phases)
        counted = {"out": sum(map(self.reports, out)), "service_points": len(out)}
        yield Reason("reports_below", {**named, **counted, **said})
        if unwoken := sum(self.heard.word[one] in UNWOKEN for one in out):
            yield Reason("not_woken", {**named, "count": unwoken})
        if on := [one for one in out if self.category[one] == Meter.ON]:
            yield Reason("on_below", {"on": len(on), **self.examples(on)})
        children = [one for one in range(1, len(self.blame)) if self.blame.parent[one] == blamed.vertex]
        parts = [one for one in children if any(map(self.reports, self.below(one)))]
        if len(parts) > 1:
            ids = self.network.device_ids(self.blame.device[parts])
            yield Reason("lowest_common", {"parts": len(ids), **self.listed("devices", ids)})
        if told := self.inference.statements.devices.get(int(self.blame.device[blamed.vertex])):
            if told.indicator is not None and told.indicator.result == "fault":
                yield Reason("fault_indicator", named)
            if told.closed_by_telemetry is not None:
                yield Reason("shown_closed", named)

    def not_above(self, vertex: int, own: Sequence[int]) -> Reason | None:
        named = self.named(vertex)
        told = self.inference.statements.devices.get(int(self.blame.device[vertex]))
        if told is not None and told.closed_by_telemetry is not None:
            return Reason("above_is_closed", named)
        if told is not None and told.found_in_order is not None:
            return Reason("above_found_in_order", named)
        others = sorted(set(self.below(vertex)) - set(own))
        if on := [one for one in others if self.category[one] == Meter.ON]:
            return Reason("above_has_supply", {**named, "on": len(on), **self.examples(on)})
        silent = [one for one in others if not self.reports(one) and not self.heard.explained[one]]
        if silent:
            counted = {"silent": len(silent), "service_points": len(others)}
            return Reason("above_is_silent", {**named, **counted})
        return None

    def named(self, vertex: int) -> dict[str, object]:
        device = int(self.blame.device[vertex])
        (id_,) = self.network.device_ids([device])
        return {"device": id_, "device_kind": str(self.network.device_kind(device))}

    def examples(self, points: Sequence[int]) -> dict[str, object]:
        return self.listed("examples", self.network.service_point_ids(points[:3]))

    def listed(self, name: str, ids: Sequence[str]) -> dict[str, object]:
        return {name: list(ids[:5]), "more": max(0, len(ids) - 5)}
