"""A storm from its first fault to its last report: binds faults, callers, meters and telemetry to one world.

Owns what is under way: reports that will arrive, and the moment they do. Time is passed in; nothing here
waits. Rule: a call is made only if its place is dark at that moment, so mend before asking what is due.
"""

import heapq
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from storm.callers import CallerHabits, calls_about
from storm.directory import Identity
from storm.evidence import Report
from storm.fault_choice import choose_faults
from storm.faults import Fault, StormShape
from storm.meters import MeterHabits, last_gasps, reports_of_return
from storm.randomness import stream
from storm.telemetry import TelemetryHabits, choose_watched, closing, opening
from storm.world import World
from topology.supply_tree import SupplyTree


@dataclass(frozen=True, slots=True)
class Habits:
    """How people, meters and watched devices report."""

    callers: CallerHabits = field(default_factory=CallerHabits)
    meters: MeterHabits = field(default_factory=MeterHabits)
    telemetry: TelemetryHabits = field(default_factory=TelemetryHabits)


@dataclass(frozen=True, slots=True, order=True)
class _UnderWay:
    """A report that will arrive; a call only if its caller is dark then."""

    report: Report
    caller: str | None = field(default=None, compare=False)
    fault: str | None = field(default=None, compare=False)


class Storm:
    """A world under a storm; the same seed and the same repairs give the same reports."""

    def __init__(
        self,
        *,
        tree: SupplyTree,
        seed: int,
        identities: Mapping[str, Identity] | None = None,
        habits: Habits | None = None,
        out_of_reach: Collection[str] = (),
    ) -> None:
        """Bind a network to a seed; no storm of this world touches the service points out of its reach."""
        self.world = World(tree=tree)
        self._tree = tree
        self._seed = seed
        self._identities = identities or {}
        self._habits = habits or Habits()
        self._out_of_reach = frozenset(out_of_reach)
        self._under_way: list[_UnderWay] = []
        self._watched = choose_watched(
            network=tree.network, habits=self._habits.telemetry, random=stream(seed, "telemetry")
        )

    def begin(
        self,
        *,
        name: str,
        shape: StormShape,
        started_from: datetime,
        spared: Collection[str] = (),
    ) -> tuple[Fault, ...]:
        """Let a storm come and return its hidden faults; NoFaultPossible if they don't fit.

        `name` starts every id of this storm: a second storm in one world needs another.
        """
        faults = self.foresee(name=name, shape=shape, started_from=started_from, spared=spared)
        for fault in faults:
            self.world.strike(fault)
            self._report(fault)
        return faults

    def foresee(
        self,
        *,
        name: str,
        shape: StormShape,
        started_from: datetime,
        spared: Collection[str] = (),
    ) -> tuple[Fault, ...]:
        """Return the faults that `begin` would bring, without letting them happen; NoFaultPossible."""
        return choose_faults(
            tree=self._tree,
            shape=shape,
            started_from=started_from,
            random=stream(self._seed, name, "faults"),
            id_prefix=name,
            spared=self._out_of_reach.union(spared),
        )

    def reports_due(self, *, now: datetime) -> list[Report]:
        """Return what has arrived up to now and not been handed out before, in order of arrival."""
        due: list[Report] = []
        while self._under_way and self._under_way[0].report.arrives_at <= now:
            one = heapq.heappop(self._under_way)
            if one.caller is None or self.world.is_out(one.caller, at=one.report.arrives_at):
                due.append(one.report)
        return due

    def mend(self, *, fault: Fault, at: datetime) -> tuple[str, ...]:
        """Mend a fault, let meters and telemetry say so, and return the service points supplied again."""
        supplied = self.world.repair(fault.id, at=at)
        if not supplied:
            return ()
        self._forget_calls(fault, set(supplied))
        self._send(closing(fault=fault, at=at, watched=self._watched, habits=self._habits.telemetry))
        self._send(
            reports_of_return(
                fault=fault,
                service_points=supplied,
                at=at,
                habits=self._habits.meters,
                identities=self._identities,
                random=stream(self._seed, fault.id, "return"),
            ),
        )
        return supplied

    @property
    def has_reports_under_way(self) -> bool:
        """Whether anything may still arrive."""
        return bool(self._under_way)

    def _report(self, fault: Fault) -> None:
        habits = self._habits
        self._send(opening(fault=fault, watched=self._watched, habits=habits.telemetry))
        self._send(
            last_gasps(
                fault=fault,
                habits=habits.meters,
                identities=self._identities,
                random=stream(self._seed, fault.id, "meters"),
            ),
        )
        for call in calls_about(
            fault=fault,
            habits=habits.callers,
            identities=self._identities,
            random=stream(self._seed, fault.id, "callers"),
        ):
            heapq.heappush(self._under_way, _UnderWay(call.report, call.service_point, fault.id))

    def _forget_calls(self, fault: Fault, supplied: Collection[str]) -> None:
        """Drop the calls that will not be made, so that `has_reports_under_way` does not wait for them."""
        self._under_way = [
            one
            for one in self._under_way
            if one.fault != fault.id
            or one.caller is None
            or one.caller not in supplied
            or self.world.is_out(one.caller, at=one.report.arrives_at)
        ]
        heapq.heapify(self._under_way)

    def _send(self, reports: Collection[Report]) -> None:
        for report in reports:
            heapq.heappush(self._under_way, _UnderWay(report))
