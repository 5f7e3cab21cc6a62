"""Why a device is believed open, in codes and values; the words follow from them (`reason_words.py`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from topology.arrays import BoolArray, Indices, LongArray, stretches
from topology.blame_tree import BlameTree
from topology.candidates import Verdicts, vertices_of
from topology.findings import IDS_SHOWN
from topology.heard import Heard, TimeArray
from topology.inference_result import Candidate, Reason
from topology.kinds import KINDS, DeviceKind
from topology.not_above import Own, Signs, Why, why_not_above
from topology.observations import Observation, ObservationKind
from topology.phases import ABC
from topology.reason_words import name_in_words
from topology.reports import SAID, Reports
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

    @property
    def tree(self) -> SupplyTree:
        """The supply."""
        return self.blame.tree


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
    return name_devices(tree, np.array([device]))[0]


def name_devices(tree: SupplyTree, devices: Indices) -> list[NamedDevice]:
    """Return devices, by index, as reasons speak of them."""
    kinds = [KINDS[code] for code in tree.network.device_kind_codes[devices].tolist()]
    return [NamedDevice(*one) for one in zip(tree.network.device_ids(devices), kinds, strict=True)]


def count_said(heard: Iterable[Observation]) -> SaidCounts:
    """Count calls, and the meters that gasped or answered: a meter that repeats itself says nothing new."""
    once = {(one.kind, one.id if one.kind is ObservationKind.TROUBLE_CALL else one.subject) for one in heard}
    kinds = [kind for kind, _ in once]
    asked = (ObservationKind.LAST_GASP, ObservationKind.TROUBLE_CALL, ObservationKind.PING)
    return SaidCounts(*(kinds.count(kind) for kind in asked))


class Reasons:
    """The reasons of some outages: counted at once for all of them, made of one when somebody reads it."""

    def __init__(self, ground: Ground, tally: Tally, verdicts: Verdicts, reports: Reports) -> None:
        """Count what is so now."""
        blame, blamed, phases = ground.blame, verdicts.first_blamed, verdicts.first_phases
        signs = Signs(blame, ground.devices)
        vertex = vertices_of(blame, blamed)
        self._tree = ground.tree
        self._counts = {"blamed": blamed, **reports.said}
        # The rest is counted of devices alone: of services they are not asked.
        rows = np.flatnonzero(blamed >= 0)
        at, opened = vertex[rows], phases[rows]
        of_devices = {
            "out": tally.out.below(at, opened),
            "service_points": blame.affected(at, opened),
            "unwoken": tally.unwoken.below(at, opened),
            "saw_fault": signs.saw_fault[at],
            "is_closed": signs.is_closed[at],
        }
        for name, values in of_devices.items():
            self._counts[name] = np.zeros(len(blamed), dtype=np.int64)
            self._counts[name][rows] = values
        own = _own(blame, tally, rows, vertex, phases)
        self._above = why_not_above(blame, tally, signs, own)
        is_device = blamed >= 0
        self._note_parts(blame, tally, is_device, vertex)
        self._note_on(tally, is_device, vertex, phases)

    def _note_parts(self, blame: BlameTree, tally: Tally, is_device: BoolArray, vertex: LongArray) -> None:
        """Note the devices right below each device at or below which something is reported."""
        children, starts = blame.children
        places, which = stretches(starts[vertex], np.where(is_device, starts[vertex + 1], 0))
        parts = children[places]
        reports = tally.out.below(parts) > 0
        self._parts = blame.device[parts[reports]]
        self._part_starts = np.searchsorted(which[reports], np.arange(len(vertex) + 1))

    def _note_on(self, tally: Tally, is_device: BoolArray, vertex: LongArray, phases: LongArray) -> None:
        """Note who is on though a device would put it out, and the first of those on under the one above."""
        self._on_below: dict[int, LongArray] = {}
        self._examples: dict[int, LongArray] = {}
        taken = self._tree.service_point_phases
        devices = np.flatnonzero(is_device)
        for row in devices[tally.on.below(vertex[devices], phases[devices]) > 0].tolist():
            on = tally.on.points_below(int(vertex[row]))
            self._on_below[row] = on[(taken[on] & int(phases[row])) > 0]
        for row in np.flatnonzero(self._above.why == Why.HAS_SUPPLY).tolist():
            on = tally.on.points_below(int(self._above.vertex[row]))
            own = tally.on.points_below(int(vertex[row])) if is_device[row] else ()
            self._examples[row] = np.setdiff1d(on, own)[:EXAMPLES]

    @cached_property
    def _columns(self) -> dict[str, list[Any]]:
        """What is counted, as plain numbers: taken out of arrays one by one they cost ten times as much."""
        above = {name: getattr(self._above, name) for name in ("why", "others", "on", "silent")}
        return {name: column.tolist() for name, column in {**self._counts, **above}.items()}

    @cached_property
    def _named_above(self) -> list[NamedDevice]:
        return name_devices(self._tree, self._above.device)

    def of(self, row: int, candidate: Candidate) -> tuple[Reason, ...]:
        """Return why an outage with this first candidate is believed, and none below or above."""
        columns = self._columns
        said = {name: columns[name][row] for name in SAID}
        if (device := columns["blamed"][row]) >= 0:
            reasons = self._of_device(row, name_device(self._tree, device), said)
        else:
            reasons = [Reason("service_alone", {"service_point": candidate.device, **said})]
        if (why := columns["why"][row]) != Why.NOTHING:
            reasons.append(self._not_above(row, why))
        if candidate.equivalent:
            reasons.append(Reason("equivalent", _listed("devices", candidate.equivalent)))
        return tuple(reasons)

    def _of_device(self, row: int, named: NamedDevice, said: dict[str, int]) -> list[Reason]:
        columns = self._columns
        counted = {"out": columns["out"][row], "service_points": columns["service_points"][row]}
        reasons = [Reason("reports_below", {**named.values, **counted, **said})]
        if unwoken := columns["unwoken"][row]:
            reasons.append(Reason("not_woken", {**named.values, "count": unwoken}))
        if (on := self._on_below.get(row)) is not None:
            reasons.append(Reason("on_below", {"on": len(on), **self._listed_points(on[:EXAMPLES])}))
        parts = self._parts[self._part_starts[row] : self._part_starts[row + 1]]
        if len(parts) > 1:
            ids = self._tree.network.device_ids(parts)
            reasons.append(Reason("lowest_common", {"parts": len(ids), **_listed("devices", ids)}))
        if columns["saw_fault"][row]:
            reasons.append(Reason("fault_indicator", named.values))
        if columns["is_closed"][row]:
            reasons.append(Reason("shown_closed", named.values))
        return reasons

    def _not_above(self, row: int, why: int) -> Reason:
        named, columns = self._named_above[row].values, self._columns
        if why == Why.IS_CLOSED:
            return Reason("above_is_closed", named)
        if why == Why.IS_IN_ORDER:
            return Reason("above_found_in_order", named)
        if why == Why.HAS_SUPPLY:
            examples = self._listed_points(self._examples[row])
            return Reason("above_has_supply", {**named, "on": columns["on"][row], **examples})
        counted = {"silent": columns["silent"][row], "service_points": columns["others"][row]}
        return Reason("above_is_silent", {**named, **counted})

    def _listed_points(self, points: LongArray) -> dict[str, object]:
        return _listed("examples", self._tree.network.service_point_ids(points))


def _own(blame: BlameTree, tally: Tally, devices: LongArray, vertex: LongArray, phases: LongArray) -> Own:
    """Return what is above outages, and what they put out: a service alone has itself, and reports."""
    at, opened = vertex[devices], phases[devices]

    def of(service: LongArray | int, device: Indices) -> LongArray:
        column = np.full(len(vertex), service, dtype=np.int64)
        column[devices] = device
        return column

    return Own(
        first=of(vertex, blame.parent[at]),
        phases=of(ABC, opened),
        affected=of(1, blame.affected(at, opened)),
        count=of(1, blame.count_below[at]),
        out=of(1, tally.out.below(at)),
        on=of(0, tally.on.below(at)),
        explained=of(0, tally.explained.below(at)),
    )


def _said(device: NamedDevice, out: int, total: int, said: SaidCounts) -> Reason:
    return Reason("reports_below", {**device.values, "out": out, "service_points": total, **said.values})


def _listed(name: str, ids: Sequence[str]) -> dict[str, object]:
    """Return the first few ids as values, and how many more there are."""
    return {name: list(ids[:IDS_SHOWN]), "more": max(0, len(ids) - IDS_SHOWN)}
