"""Why a device is believed open, in words that a dispatcher would use and codes that a face can translate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from topology.arrays import LongArray
from topology.blame_tree import ROOT, BlameTree
from topology.evidence_weights import UNWOKEN, Meter
from topology.findings import IDS_SHOWN, count_things, name_ids
from topology.heard import Heard, TimeArray
from topology.inference_result import Candidate, Reason
from topology.kinds import DeviceKind
from topology.observations import Observation, ObservationKind
from topology.statements import DeviceStatement, KnownOpen
from topology.supply_tree import SupplyTree

EXAMPLES = 3
_COUNTED = (
    (ObservationKind.LAST_GASP, "last_gasps", "last gasp", ""),
    (ObservationKind.TROUBLE_CALL, "trouble_calls", "trouble call", ""),
    (ObservationKind.PING, "pings", "ping", " answered off"),
)


@dataclass(frozen=True, slots=True)
class NamedDevice:
    """A device as reasons speak of it; `kind` is None for the service of a service point."""

    id: str
    kind: DeviceKind | None

    @property
    def words(self) -> str:
        """Return its kind and id, as one speaks of it."""
        if self.kind is None:
            return self.id
        return f"{'transformer' if self.kind is DeviceKind.DISTRIBUTION else self.kind.value} {self.id}"

    @property
    def values(self) -> dict[str, object]:
        """Return what a face needs to speak of it."""
        return {"device": self.id, "device_kind": str(self.kind or "service_point")}


@dataclass(frozen=True, eq=False)
class Ground:
    """What reasons are read from: the tree, what is heard, and what is said about devices."""

    blame: BlameTree
    heard: Heard
    devices: Mapping[int, DeviceStatement]
    feeder_since: TimeArray

    @property
    def tree(self) -> SupplyTree:
        """The supply."""
        return self.blame.tree


def reasons_for_device(
    *, ground: Ground, vertex: int, phases: int, observations: Sequence[Observation], candidate: Candidate
) -> tuple[Reason, ...]:
    """Return why a device is believed open, rather than one below or above it."""
    blame, heard = ground.blame, ground.heard
    device = int(blame.device[vertex])
    below = _points_out(blame, vertex, phases)
    out = int(np.count_nonzero(heard.reports(below)))
    reasons = [_said(name_device(ground.tree, device), out, len(below), observations)]
    if unwoken := int(np.count_nonzero(np.isin(heard.word[below], UNWOKEN))):
        reasons.append(_not_woken(ground, device, unwoken))
    reasons += _on_below(ground, below)
    parts = _reporting_parts(ground, vertex)
    if len(parts) > 1:
        ids = ground.tree.network.device_ids(blame.device[parts])
        text = f"It is the lowest device that feeds all {len(ids)} parts that report: {name_ids(ids)}."
        reasons.append(Reason("lowest_common", {"parts": len(ids), **_listed("devices", ids)}, text))
    reasons += _about_itself(ground, device)
    higher = [one for one in blame.above(vertex) if blame.affected(one, phases) > len(below)]
    reasons += _not_above(ground, higher, blame.points_at_or_below(vertex))
    reasons += _same(candidate)
    return tuple(reasons)


def reasons_for_service(
    *, ground: Ground, point: int, observations: Sequence[Observation], candidate: Candidate
) -> tuple[Reason, ...]:
    """Return why a service point is believed to be out alone."""
    id_ = ground.tree.network.service_point_ids(np.array([point]))[0]
    values = {"service_point": id_, **_counts(observations)}
    said = _counted(observations)
    reasons = [
        Reason("service_alone", values, f"{id_} reports no supply ({said}), and can be explained alone.")
    ]
    vertex = int(ground.blame.vertex_of_point[point])
    higher = [one for one in (vertex, *ground.blame.above(vertex)) if one != ROOT]
    higher = [one for one in higher if len(ground.blame.points_at_or_below(one)) > 1]
    reasons += _not_above(ground, higher, np.array([point]))
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
        reasons.append(Reason("confirmed", device.values, f"A person confirmed that {device.words} is open."))
    for one in known.observations if known else ():
        values = {**device.values, "at": one.at.isoformat(), "result": one.result or ""}
        if one.kind is ObservationKind.SWITCH_OPEN:
            text = f"Telemetry reported {device.words} open at {one.at:%H:%M:%S} UTC."
            reasons.append(Reason("switch_open", values, text))
        else:
            text = f"A crew found {device.words} {one.result} at {one.at:%H:%M} UTC."
            reasons.append(Reason("crew_found", values, text))
    if reported:
        heard = [one for observations in reported for one in observations]
        reasons.append(_said(device, len(reported), service_points, heard))
    return tuple(reasons)


def name_device(tree: SupplyTree, device: int) -> NamedDevice:
    """Return a device, by index, as reasons speak of it."""
    return NamedDevice(tree.network.device_ids(np.array([device]))[0], tree.network.device_kind(device))


def _said(device: NamedDevice, out: int, total: int, heard: Sequence[Observation]) -> Reason:
    values = {**device.values, "out": out, "service_points": total, **_counts(heard)}
    verb = "reports" if out == 1 else "report"
    text = (
        f"{out:,} of {count_things(total, 'service point')} under {device.words} {verb} no supply: "
        f"{_counted(heard)}."
    )
    return Reason("reports_below", values, text)


def _counts(heard: Iterable[Observation]) -> dict[str, object]:
    kinds = _by_kind(heard)
    return {value: kinds[kind] for kind, value, *_ in _COUNTED}


def _by_kind(heard: Iterable[Observation]) -> Counter[ObservationKind]:
    """Count calls, and the meters that gasped or answered: a meter that repeats itself says nothing new."""
    once = {(one.kind, one.id if one.kind is ObservationKind.TROUBLE_CALL else one.subject) for one in heard}
    return Counter(kind for kind, _ in once)


def _listed(name: str, ids: Sequence[str]) -> dict[str, object]:
    """Return the first few ids as values, and how many more there are."""
    return {name: list(ids[:IDS_SHOWN]), "more": max(0, len(ids) - IDS_SHOWN)}


def _counted(heard: Iterable[Observation]) -> str:
    kinds = _by_kind(heard)
    said = [count_things(kinds[kind], noun) + ending for kind, _, noun, ending in _COUNTED if kinds[kind]]
    return ", ".join(said)


def _points_out(blame: BlameTree, vertex: int, phases: int) -> LongArray:
    below = blame.points_at_or_below(vertex)
    return below[(blame.tree.service_point_phases[below] & phases) > 0]


def _reporting_parts(ground: Ground, vertex: int) -> LongArray:
    """Return the vertices right below one at or below which something is reported."""
    children, starts = ground.blame.children
    below = children[starts[vertex] : starts[vertex + 1]].astype(np.int64)
    reported = [bool(ground.heard.reports(ground.blame.points_at_or_below(int(one))).any()) for one in below]
    return below[np.array(reported, dtype=np.bool_)]


def _not_woken(ground: Ground, device: int, count: int) -> Reason:
    named = name_device(ground.tree, device)
    counted = count_things(count, "meter")
    text = f"{counted} under {named.words} did not wake when supply came back above."
    return Reason("not_woken", {**named.values, "count": count}, text)


def _about_itself(ground: Ground, device: int) -> list[Reason]:
    said = ground.devices.get(device)
    if said is None:
        return []
    named = name_device(ground.tree, device)
    reasons = []
    if said.indicator is not None and said.indicator.result == "fault":
        text = f"The fault indicator at {named.words} saw a fault current."
        reasons.append(Reason("fault_indicator", named.values, text))
    if said.closed_by_telemetry is not None:
        text = f"Telemetry shows {named.words} closed, but the reports below it say otherwise."
        reasons.append(Reason("shown_closed", named.values, text))
    return reasons


def _on_below(ground: Ground, below: LongArray) -> list[Reason]:
    """Name those that are out by this and answered that they have supply: of their own, or it is not so."""
    on = below[ground.heard.categories(below, ground.feeder_since) == Meter.ON]
    if not len(on):
        return []
    shown = ground.tree.network.service_point_ids(on[:EXAMPLES])
    verb = "says" if len(on) == 1 else "say"
    text = f"{count_things(len(on), 'service point')} under it {verb} otherwise, such as {name_ids(shown)}."
    return [Reason("on_below", {"on": len(on), **_listed("examples", shown)}, text)]


def _not_above(ground: Ground, above: Sequence[int], own: LongArray) -> list[Reason]:
    """Say why it is not the next device above that feeds more than its own service points."""
    blame, heard = ground.blame, ground.heard
    for one in above:
        device = int(blame.device[one])
        named = name_device(ground.tree, device)
        name, values = named.words, named.values
        said = ground.devices.get(device)
        if said is not None and said.closed_by_telemetry is not None:
            return [Reason("above_is_closed", values, f"It is not {name} above: telemetry shows it closed.")]
        if said is not None and said.found_in_order is not None:
            return [
                Reason("above_found_in_order", values, f"It is not {name} above: a crew found it in order.")
            ]
        below = np.setdiff1d(blame.points_at_or_below(one), own)
        on = below[heard.categories(below, ground.feeder_since) == Meter.ON]
        if len(on):
            shown = ground.tree.network.service_point_ids(on[:EXAMPLES])
            values.update({"on": len(on), **_listed("examples", shown)})
            examples = name_ids(shown)
            counted = count_things(len(on), "service point")
            verb = "is" if len(on) == 1 else "are"
            text = f"It is not {name} above: {counted} under it {verb} known to be on, such as {examples}."
            return [Reason("above_has_supply", values, text)]
        silent = int(np.count_nonzero(~heard.reports(below) & ~heard.explained[below]))
        if silent:
            values.update({"silent": silent, "service_points": len(below)})
            text = (
                f"It need not be {name} above: {silent:,} of its "
                f"{count_things(len(below), 'other service point')} say nothing."
            )
            return [Reason("above_is_silent", values, text)]
    return []


def _same(candidate: Candidate) -> list[Reason]:
    if not candidate.equivalent:
        return []
    names = name_ids(candidate.equivalent)
    verb = "feeds" if len(candidate.equivalent) == 1 else "feed"
    text = f"Reports cannot tell it from {names}, which {verb} the same service points."
    return [Reason("equivalent", _listed("devices", candidate.equivalent), text)]
