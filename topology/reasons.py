"""Why a device is believed open, in words that a dispatcher would use and codes that a face can translate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from topology.explanation import ALWAYS, Explanation, Opened, OutPoint, Vertex
from topology.findings import IDS_SHOWN, count_things, name_ids
from topology.inference_result import Candidate, Reason
from topology.kinds import DeviceKind
from topology.observations import Observation, ObservationKind
from topology.statements import KnownOpen, Statements
from topology.supply_tree import SupplyTree

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


def reasons_for_device(
    *,
    tree: SupplyTree,
    explanation: Explanation,
    statements: Statements,
    opened: Opened,
    candidate: Candidate,
) -> tuple[Reason, ...]:
    """Return why a device explains its reports better than one below or above it."""
    vertex = explanation.vertices[opened.device]
    heard = [one for out in opened.explains for one in statements.out[out.point].observations]
    reasons = [_reports(tree, opened.device, len(opened.explains), vertex.service_points, heard)]
    parts = [child for child in vertex.children if explanation.vertices[child].out_count]
    if len(parts) > 1:
        ids = tree.network.device_ids(np.array(parts))
        text = f"It is the lowest device that feeds all {len(ids)} parts that report: {name_ids(ids)}."
        reasons.append(Reason("lowest_common", {"parts": len(ids), **_listed("devices", ids)}, text))
    reasons += _indicated(tree, statements, [opened.device])
    higher = (one for one in explanation.above(opened.device) if one.service_points > vertex.service_points)
    reasons += _not_above(tree, explanation, statements, higher, opened.explains)
    reasons += _same(candidate)
    return tuple(reasons)


def reasons_for_service(
    *,
    tree: SupplyTree,
    explanation: Explanation,
    statements: Statements,
    out: OutPoint,
    above: int,
    candidate: Candidate,
) -> tuple[Reason, ...]:
    """Return why a service point is believed to be out alone."""
    point = candidate.device
    said = _counted(statements.out[out.point].observations)
    values = {"service_point": point, **_counts(statements.out[out.point].observations)}
    reasons = [
        Reason("service_alone", values, f"{point} reports no supply ({said}), and can be explained alone.")
    ]
    if above >= 0:
        nearest = [explanation.vertices[above], *explanation.above(above)]
        higher = (one for one in nearest if one.service_points > 1)
        reasons += _not_above(tree, explanation, statements, higher, [out])
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


def _reports(tree: SupplyTree, device: int, out: int, total: int, heard: Sequence[Observation]) -> Reason:
    return _said(name_device(tree, device), out, total, heard)


def _said(device: NamedDevice, out: int, total: int, heard: Sequence[Observation]) -> Reason:
    values = {**device.values, "out": out, "service_points": total, **_counts(heard)}
    verb = "reports" if out == 1 else "report"
    text = (
        f"{out:,} of {count_things(total, 'service point')} under {device.words} {verb} no supply: "
        f"{_counted(heard)}."
    )
    return Reason("reports_below", values, text)


def _counts(heard: Iterable[Observation]) -> dict[str, object]:
    kinds = Counter(one.kind for one in heard)
    return {value: kinds[kind] for kind, value, *_ in _COUNTED}


def _listed(name: str, ids: Sequence[str]) -> dict[str, object]:
    """Return the first few ids as values, and how many more there are."""
    return {name: list(ids[:IDS_SHOWN]), "more": max(0, len(ids) - IDS_SHOWN)}


def _counted(heard: Iterable[Observation]) -> str:
    kinds = Counter(one.kind for one in heard)
    said = [count_things(kinds[kind], noun) + ending for kind, _, noun, ending in _COUNTED if kinds[kind]]
    return ", ".join(said)


def _indicated(tree: SupplyTree, statements: Statements, devices: Iterable[int]) -> list[Reason]:
    reasons = []
    for device in devices:
        seen = statements.indicators.get(device)
        if seen is not None and seen.result == "fault":
            named = name_device(tree, device)
            text = f"The fault indicator at {named.words} saw a fault current."
            reasons.append(Reason("fault_indicator", named.values, text))
    return reasons


def _not_above(
    tree: SupplyTree,
    explanation: Explanation,
    statements: Statements,
    above: Iterable[Vertex],
    explained: Sequence[OutPoint],
) -> list[Reason]:
    """Say why it is not the next device above that feeds more than this one."""
    earliest = min((out.began for out in explained), default=ALWAYS)
    for vertex in above:
        choice = explanation.choice(vertex.device)
        if choice is not None and choice.is_open:
            return []
        named = name_device(tree, vertex.device)
        name, values = named.words, named.values
        if vertex.device in statements.telemetered_closed:
            return [Reason("above_is_closed", values, f"It is not {name} above: telemetry shows it closed.")]
        if vertex.device in statements.found_in_order:
            return [
                Reason("above_found_in_order", values, f"It is not {name} above: a crew found it in order.")
            ]
        if vertex.on_count and vertex.not_before >= earliest:
            shown = tree.network.service_point_ids(np.array(vertex.on_examples))
            values.update({"on": vertex.on_count, **_listed("examples", shown)})
            examples = name_ids(shown)
            counted = count_things(vertex.on_count, "service point")
            verb = "is" if vertex.on_count == 1 else "are"
            text = f"It is not {name} above: {counted} under it {verb} known to be on, such as {examples}."
            return [Reason("above_has_supply", values, text)]
        if vertex.silent:
            values.update({"silent": vertex.silent, "service_points": vertex.service_points})
            text = (
                f"It need not be {name} above: {vertex.silent:,} of its "
                f"{count_things(vertex.service_points, 'service point')} say nothing."
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
