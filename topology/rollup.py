"""The usual way of naming the device that opened: roll-up rules with fixed counts (docs/rollup.md).

Stands beside `topology.inference` with the same answer, as the baseline it is measured against. What is
known to be open (telemetry, crews, a person's word) explains its reports; the rest is counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from topology.arrays import BoolArray, Indices
from topology.inference_result import Candidate, InferenceResult, InferredOutage, Reason
from topology.observations import Observation, ObservationKind
from topology.rollup_counting import RollupCounter, RollupRule
from topology.rollup_known import KnownOutage, known_outages
from topology.rollup_naming import Named, RollupNaming
from topology.rollup_rules import DEFAULT_RULES, RollupRules
from topology.rollup_tree import FloatArray, RollupTree
from topology.statements import DeviceStatement, Statements, read_statements
from topology.supply_tree import SupplyTree


def roll_up(
    *,
    tree: SupplyTree,
    observations: Sequence[Observation],
    now: datetime,
    confirmed: Collection[str] = (),
    rules: RollupRules = DEFAULT_RULES,
) -> InferenceResult:
    """Return the outages that the roll-up rules name; arguments as those of `topology.inference.infer`."""
    return Rollup(tree, rules).infer(observations, now=now, confirmed=confirmed)


@dataclass(slots=True)
class Heard:
    """The reports by place of a service point: what they weigh, when the first was made, and who is on."""

    weights: FloatArray
    seconds: FloatArray
    is_on: BoolArray


class Rollup:
    """The rules made ready for one tree, so that many storms may be asked about it."""

    def __init__(
        self,
        tree: SupplyTree,
        rules: RollupRules = DEFAULT_RULES,
        *,
        rollup_tree: RollupTree | None = None,
    ) -> None:
        """Contract the tree, unless that is given."""
        self.tree = tree
        self.rules = rules
        self.rollup_tree = rollup_tree or RollupTree(tree)
        self.counter = RollupCounter(self.rollup_tree, rules)
        self.naming = RollupNaming(self.rollup_tree, rules)
        feeders = tree.feeder_of_node[tree.network.service_point_nodes]
        self._feeder_of_place = feeders[self.rollup_tree.points]

    def infer(
        self, observations: Sequence[Observation], *, now: datetime, confirmed: Collection[str] = ()
    ) -> InferenceResult:
        """Return the outages that the rules name from the observations up to now."""
        statements = read_statements(self.tree.network, observations, now)
        known, explained, unknown = known_outages(self.tree, statements, confirmed)
        named = self.name(self._heard(statements, explained), self._cannot(statements))
        outages = [self._outage(one, statements) for one in named]
        outages += [_known_outage(self.tree, one, now) for one in known]
        outages.sort(key=lambda one: (-one.customers_out, one.started_at, one.device))
        return InferenceResult(now, tuple(outages), (*statements.ignored, *unknown))

    def name(self, heard: Heard, cannot: BoolArray | None = None) -> list[Named]:
        """Return what the rules name from what was heard.

        Each group of reports counts apart; later ones below a device named before belong to its outage.
        """
        if cannot is None:
            cannot = np.zeros(self.rollup_tree.count, dtype=np.bool_)
        found: list[Named] = []
        taken = np.zeros(len(heard.weights), dtype=np.bool_)
        for group in self._groups(heard):
            weights = np.where(group & ~taken, heard.weights, 0.0)
            counted = self.counter.count(weights, is_on=heard.is_on, cannot=cannot)
            here = [self.naming.vertex(one, counted.reports) for one in counted.named]
            here += [self.naming.alone(place) for place in counted.alone.tolist()]
            for one in here:
                taken[one.places] = True
            found += here
        return found

    def _groups(self, heard: Heard) -> Iterator[BoolArray]:
        """Give masks of reports that no long pause on their feeder parts, the earliest first."""
        reporting = np.flatnonzero(heard.weights > 0)
        if not len(reporting):
            return
        feeders, seconds = self._feeder_of_place[reporting], heard.seconds[reporting]
        order = np.lexsort((seconds, feeders))
        reporting, feeders, seconds = reporting[order], feeders[order], seconds[order]
        is_first = np.append(True, feeders[1:] != feeders[:-1])
        pauses = np.append(False, np.diff(seconds) > 60 * self.rules.minutes_apart) & ~is_first
        numbers = np.cumsum(pauses)
        numbers -= np.maximum.accumulate(np.where(is_first, numbers, 0))
        group_of_place = np.full(len(heard.weights), -1)
        group_of_place[reporting] = numbers
        for number in range(int(numbers.max()) + 1):
            yield group_of_place == number

    def _heard(self, statements: Statements, explained: BoolArray) -> Heard:
        places = self.rollup_tree.place_of_point
        count = len(self.rollup_tree.points)
        heard = Heard(np.zeros(count), np.full(count, np.inf), np.zeros(count, dtype=np.bool_))
        on = []
        for point, stated in statements.points.items():
            if stated.on:
                on.append(point)
            place = places[point]
            if stated.out and place >= 0 and not explained[point]:
                said = stated.out.observations
                by_meter_alone = all(one.kind is ObservationKind.LAST_GASP for one in said)
                heard.weights[place] = self.rules.gasp_weight if by_meter_alone else 1.0
                heard.seconds[place] = stated.out.reported.timestamp()
        placed = places[np.array(on, dtype=np.int64)]
        heard.is_on[placed[placed >= 0]] = True
        return heard

    def _cannot(self, statements: Statements) -> BoolArray:
        closed = np.zeros(self.tree.network.device_count + 1, dtype=np.bool_)
        closed[[device for device, stated in statements.devices.items() if _is_closed(stated)]] = True
        return np.asarray(closed[self.rollup_tree.device])

    def _outage(self, named: Named, statements: Statements) -> InferredOutage:
        points = self.rollup_tree.points[named.places]
        spells = [
            stated.out for point in points.tolist() if (stated := statements.points.get(point)) and stated.out
        ]
        spoken = [one for spell in spells for one in spell.observations]
        reason = _reason(named.rule, named.candidates[0], len(spells), len(points))
        return _inferred(
            self.tree,
            named.candidates,
            points,
            reason=reason,
            spoken=spoken,
            started_at=min(one.at for one in spoken),
        )


def _is_closed(stated: DeviceStatement) -> bool:
    return stated.closed_by_telemetry is not None or stated.found_in_order is not None


def _known_outage(tree: SupplyTree, one: KnownOutage, now: datetime) -> InferredOutage:
    reason = Reason("rollup_known", {"device": one.name})
    return _inferred(
        tree,
        (Candidate(one.name, one.phases, 1.0, ()),),
        one.service_points,
        reason=reason,
        spoken=one.spoken,
        started_at=min((said.at for said in one.spoken), default=now),
    )


def _reason(rule: RollupRule, named: Candidate, reporting: int, below: int) -> Reason:
    values = {"device": named.device, "out": reporting, "service_points": below, "rule": rule.value}
    return Reason("rollup_counted", values)


def _inferred(
    tree: SupplyTree,
    candidates: tuple[Candidate, ...],
    points: Indices,
    *,
    reason: Reason,
    spoken: Sequence[Observation],
    started_at: datetime,
) -> InferredOutage:
    ids = tuple(tree.network.service_point_ids(points))
    return InferredOutage(
        device=candidates[0].device,
        phases=candidates[0].phases,
        probability=candidates[0].probability,
        candidates=candidates,
        service_point_ids=ids,
        service_points_out=len(ids),
        customers_out=int(tree.network.service_point_customers[points].sum()),
        started_at=started_at,
        reasons=(reason,),
        evidence_ids=tuple(one.id for one in sorted(spoken, key=lambda one: (one.at, one.id))),
    )
