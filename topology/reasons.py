"""Why a device is believed open, in codes and values; the words follow from them (`reason_words.py`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from topology.arrays import LongArray
from topology.blame_tree import ROOT, BlameTree
from topology.evidence_weights import Meter
from topology.findings import IDS_SHOWN
from topology.heard import Heard, TimeArray
from topology.inference_result import Candidate, Reason
from topology.kinds import DeviceKind
from topology.observations import Observation, ObservationKind
from topology.reason_words import name_in_words
from topology.statements import DeviceStatement, KnownOpen
from topology.supply_tree import SupplyTree
from topology.tally import Tally

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class NamedDevice:
    """A device as reasons speak of it; `kind` is None for the service of a service point."""

    id: str
    kind: DeviceKind | None

    @property
    def words(self) -> str:
        """Return its kind and id, as one speaks of it."""
        return name_in_words(self.id, self.kind or "service_point")

    @property
    def values(self) -> dict[str, object]:
        """Return what a face needs to speak of it."""
        return {"device": self.id, "device_kind": str(self.kind or "service_point")}


@dataclass(frozen=True, slots=True)
class SaidCounts:
    """How many calls came, and how many meters gasped or answered: one that repeats itself says no more."""

    last_gasps: int
    trouble_calls: int
    pings: int

    @property
    def values(self) -> dict[str, object]:
        """Return what a face needs to speak of it."""
        return {"last_gasps": self.last_gasps, "trouble_calls": self.trouble_calls, "pings": self.pings}


@dataclass(frozen=True, eq=False)
class Ground:
    """What reasons are read from: the tree, what is heard, and what is said about devices."""

    blame: BlameTree
    heard: Heard
    devices: Mapping[int, DeviceStatement]
    feeder_since: TimeArray
    _named: dict[int, NamedDevice] = field(default_factory=dict)

    @property
    def tree(self) -> SupplyTree:
        """The supply."""
        return self.blame.tree

    def named(self, device: int) -> NamedDevice:
        """Return a device, by index, as reasons speak of it."""
        if (named := self._named.get(device)) is None:
            named = self._named[device] = name_device(self.tree, device)
        return named

    def said_at(self, point: int) -> SaidCounts:
        """Count what was said at one service point, if it reports."""
        heard = self.heard
        if not heard.reports_at(point):
            return SaidCounts(0, 0, 0)
        has_gasped, has_answered = heard.first_gasp.item(point) < np.inf, heard.has_answered_off.item(point)
        return SaidCounts(int(has_gasped), heard.calls_said.item(point), int(has_answered))

    def said_by(self, points: LongArray) -> SaidCounts:
        """Count what was said at some service points in the spells they are in."""
        heard = self.heard
        calls = int(heard.calls_said[points].sum())
        gasps = int(np.count_nonzero(np.isfinite(heard.first_gasp[points])))
        pings = int(np.count_nonzero(heard.has_answered_off[points]))
        return SaidCounts(gasps, calls, pings)


def reasons_for_device(
    *, ground: Ground, tally: Tally, vertex: int, phases: int, said: SaidCounts, candidate: Candidate
) -> tuple[Reason, ...]:
    """Return why a device is believed open, rather than one below or above it."""
    blame = ground.blame
    device = int(blame.device[vertex])
    named = ground.named(device)
    below = blame.affected(vertex, phases)
    reasons = [_said(named, tally.out(vertex, phases), below, said)]
    if unwoken := tally.unwoken(vertex, phases):
        reasons.append(Reason("not_woken", {**named.values, "count": unwoken}))
    if tally.on(vertex):
        reasons += _on_below(ground, _points_out(blame, vertex, phases))
    parts = tally.reporting_parts(vertex)
    if len(parts) > 1:
        ids = ground.tree.network.device_ids(blame.device[parts])
        reasons.append(Reason("lowest_common", {"parts": len(ids), **_listed("devices", ids)}))
    reasons += _about_itself(ground, device, named)
    higher = [one for one in blame.above(vertex) if blame.affected(one, phases) > below]
    own = _Own(vertex=vertex, count=int(blame.count_below.item(vertex)), out=tally.out(vertex))
    reasons += _not_above(ground, tally, higher, own)
    reasons += _same(candidate)
    return tuple(reasons)


def reasons_for_service(
    *, ground: Ground, tally: Tally, point: int, said: SaidCounts, candidate: Candidate
) -> tuple[Reason, ...]:
    """Return why a service point is believed to be out alone."""
    blame = ground.blame
    vertex = int(blame.vertex_of_point[point])
    reasons = [Reason("service_alone", {"service_point": candidate.device, **said.values})]
    near = (vertex, *blame.above(vertex)) if vertex != ROOT else ()
    higher = [one for one in near if blame.count_below.item(one) > 1]
    own = _Own(point=point, count=1, out=int(ground.heard.reports_at(point)))
    reasons += _not_above(ground, tally, higher, own)
    reasons += _same(candidate)
    return tuple(reasons)


def reasons_for_known(
    *,
    device: NamedDevice,
    known: KnownOpen | None,
    is_confirmed: bool,
    service_points: int,
    reported: Sequence[Sequence[Observation]],
) -> tuple[Reason, ...]:
    """Return how a device is known to be open, and what reports say so too."""
    reasons = []
    if is_confirmed:
        reasons.append(Reason("confirmed", device.values))
    for one in known.observations if known else ():
        code = "switch_open" if one.kind is ObservationKind.SWITCH_OPEN else "crew_found"
        values = {**device.values, "at": one.at.isoformat(), "result": one.result or ""}
        reasons.append(Reason(code, values))
    if reported:
        said = count_said(one for observations in reported for one in observations)
        reasons.append(_said(device, len(reported), service_points, said))
    return tuple(reasons)


def name_device(tree: SupplyTree, device: int) -> NamedDevice:
    """Return a device, by index, as reasons speak of it."""
    return NamedDevice(tree.network.device_ids(np.array([device]))[0], tree.network.device_kind(device))


def count_said(heard: Iterable[Observation]) -> SaidCounts:
    """Count calls, and the meters that gasped or answered: a meter that repeats itself says nothing new."""
    once = {(one.kind, one.id if one.kind is ObservationKind.TROUBLE_CALL else one.subject) for one in heard}
    kinds = [kind for kind, _ in once]
    asked = (ObservationKind.LAST_GASP, ObservationKind.TROUBLE_CALL, ObservationKind.PING)
    return SaidCounts(*(kinds.count(kind) for kind in asked))


@dataclass(frozen=True, slots=True)
class _Own:
    """The service points that what is believed open puts out: all below a vertex, or one; how many report."""

    count: int
    out: int
    vertex: int = -1
    point: int = -1

    def points(self, blame: BlameTree) -> LongArray:
        return np.array([self.point]) if self.vertex < 0 else blame.points_at_or_below(self.vertex)


def _said(device: NamedDevice, out: int, total: int, said: SaidCounts) -> Reason:
    return Reason("reports_below", {**device.values, "out": out, "service_points": total, **said.values})


def _listed(name: str, ids: Sequence[str]) -> dict[str, object]:
    """Return the first few ids as values, and how many more there are."""
    return {name: list(ids[:IDS_SHOWN]), "more": max(0, len(ids) - IDS_SHOWN)}


def _points_out(blame: BlameTree, vertex: int, phases: int) -> LongArray:
    below = blame.points_at_or_below(vertex)
    return below[(blame.tree.service_point_phases[below] & phases) > 0]


def _about_itself(ground: Ground, device: int, named: NamedDevice) -> list[Reason]:
    said = ground.devices.get(device)
    if said is None:
        return []
    reasons = []
    if said.indicator is not None and said.indicator.result == "fault":
        reasons.append(Reason("fault_indicator", named.values))
    if said.closed_by_telemetry is not None:
        reasons.append(Reason("shown_closed", named.values))
    return reasons


def _on_below(ground: Ground, below: LongArray) -> list[Reason]:
    """Name those that are out by this and answered that they have supply: of their own, or it is not so."""
    on = _on(ground, below)
    if not len(on):
        return []
    return [Reason("on_below", {"on": len(on), **_examples(ground, on)})]


def _on(ground: Ground, points: LongArray) -> LongArray:
    return np.asarray(points[ground.heard.categories(points, ground.feeder_since) == Meter.ON])


def _examples(ground: Ground, points: LongArray) -> dict[str, object]:
    return _listed("examples", ground.tree.network.service_point_ids(points[:EXAMPLES]))


def _not_above(ground: Ground, tally: Tally, above: Sequence[int], own: _Own) -> list[Reason]:
    """Say why it is not the next device above that feeds more than its own service points."""
    blame = ground.blame
    for one in above:
        device = int(blame.device[one])
        said = ground.devices.get(device)
        if said is not None and said.closed_by_telemetry is not None:
            return [Reason("above_is_closed", ground.named(device).values)]
        if said is not None and said.found_in_order is not None:
            return [Reason("above_found_in_order", ground.named(device).values)]
        others = int(blame.count_below.item(one)) - own.count
        on, explained = np.empty(0, dtype=np.int64), tally.explained(one)
        if tally.on(one) or explained:
            below = np.setdiff1d(blame.points_at_or_below(one), own.points(blame))
            on, explained = _on(ground, below), int(np.count_nonzero(ground.heard.explained[below]))
        if len(on):
            values = {**ground.named(device).values, "on": len(on), **_examples(ground, on)}
            return [Reason("above_has_supply", values)]
        if silent := others - (tally.out(one) - own.out) - explained:
            counted = {"silent": silent, "service_points": others}
            return [Reason("above_is_silent", {**ground.named(device).values, **counted})]
    return []


def _same(candidate: Candidate) -> list[Reason]:
    if not candidate.equivalent:
        return []
    return [Reason("equivalent", _listed("devices", candidate.equivalent))]
