"""What the observations say, thing by thing: who is out since when, who is on, which devices are open.

Owns the reading of observations, one service point or device at a time; nothing here knows what feeds what.
The order of arrival does not matter, and an observation that comes twice counts once.

Rule 1: the latest statement about a service point holds; "on" wins over "out" at the same instant, since a
meter says good-bye before it wakes.
Rule 2: an out spell starts with the first report after the point was last known to be on. A call or a ping
finds an outage some time after it began, a last gasp marks the moment.
Rule 3: the latest statement about a device holds, phase by phase. Telemetry reports by exception, so "closed"
holds until it says otherwise; a crew's finding is of its moment: the device may open after it.
Rule 4: a device that opened and closed again, and meters that woke again, tell that an event is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from topology.network import Network
from topology.observations import Observation, ObservationKind

# Clocks of meters and field computers differ; what is further ahead than this is left for later.
CLOCK_TOLERANCE = timedelta(minutes=5)
# People look at the fuse box, at the neighbours' windows, and then call.
LATE_REPORT = timedelta(minutes=15)

_OPENING = frozenset({"open", "damaged"})
_IN_ORDER = frozenset({"closed", "ok"})


@dataclass(frozen=True, slots=True)
class OutSpell:
    """Since when a service point is out: the earliest it may have begun, and the reports of it."""

    began: datetime
    observations: tuple[Observation, ...]

    @property
    def reported(self) -> datetime:
        """When the first report was made."""
        return self.observations[0].at


@dataclass(frozen=True, slots=True)
class OverSpell:
    """A spell without supply that ended with the meter waking again."""

    began: datetime
    ended: datetime


@dataclass(frozen=True, slots=True)
class KnownOpen:
    """A device or service known to be open on some phases, and the observations that say so."""

    phases: int
    observations: tuple[Observation, ...]


@dataclass(slots=True)
class Statements:
    """All that the observations say, by index of service point or device."""

    out: dict[int, OutSpell] = field(default_factory=dict)
    on: dict[int, datetime] = field(default_factory=dict)
    over: dict[int, OverSpell] = field(default_factory=dict)
    open_services: dict[int, KnownOpen] = field(default_factory=dict)
    sound_services: set[int] = field(default_factory=set)
    open_devices: dict[int, KnownOpen] = field(default_factory=dict)
    telemetered_closed: dict[int, Observation] = field(default_factory=dict)
    found_in_order: dict[int, Observation] = field(default_factory=dict)
    reclosed: list[tuple[int, OverSpell]] = field(default_factory=list)
    indicators: dict[int, Observation] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


def read_statements(network: Network, observations: Sequence[Observation], now: datetime) -> Statements:
    """Return what the observations up to now say; those about unknown subjects are listed as ignored."""
    # The rest of the key makes the choice between two contents of one id the same in any order of arrival.
    in_order = sorted(observations, key=lambda one: (one.at, one.id, one.kind, one.subject, one.result or ""))
    unique = {one.id: one for one in reversed(in_order) if one.at <= now + CLOCK_TOLERANCE}
    in_order = sorted(unique.values(), key=lambda one: (one.at, one.id))
    subjects = [one.subject for one in in_order]
    devices = network.find_devices(subjects).tolist()
    points = network.find_service_points(subjects).tolist()
    by_device: dict[int, list[Observation]] = {}
    by_point: dict[int, list[Observation]] = {}
    ignored = []
    for one, device, point in zip(in_order, devices, points, strict=True):
        if device >= 0:
            by_device.setdefault(device, []).append(one)
        elif point >= 0:
            by_point.setdefault(point, []).append(one)
        else:
            ignored.append(one.id)
    statements = Statements(ignored=tuple(ignored))
    for point, heard in by_point.items():
        _read_service_point(statements, point, heard)
    for device, heard in by_device.items():
        _read_device(statements, device, int(network.device_phases[device]), heard)
    return statements


def says_out(one: Observation) -> bool:
    """Tell whether an observation says that its service point has no supply."""
    if one.kind is ObservationKind.PING:
        return one.result == "off"
    return one.kind in {ObservationKind.TROUBLE_CALL, ObservationKind.LAST_GASP}


def _says_on(one: Observation) -> bool:
    if one.kind is ObservationKind.PING:
        return one.result == "on"
    if one.kind is ObservationKind.CREW_FINDING:
        return one.result == "ok"
    return one.kind is ObservationKind.POWER_UP


def _read_service_point(statements: Statements, point: int, heard: Iterable[Observation]) -> None:
    spell: list[Observation] = []
    opened: list[Observation] = []
    last_on: datetime | None = None
    for one in _later_last(heard, _says_on):
        if _says_on(one):
            if spell:
                statements.over[point] = OverSpell(_began(spell, last_on), one.at)
            spell, opened, last_on = [], [], one.at
            statements.sound_services.discard(point)
        elif says_out(one):
            spell.append(one)
        elif one.kind is ObservationKind.CREW_FINDING and one.result in _OPENING:
            opened.append(one)
            statements.sound_services.discard(point)
        elif one.kind is ObservationKind.CREW_FINDING and one.result in _IN_ORDER:
            opened = []
            statements.sound_services.add(point)
    if spell:
        statements.out[point] = OutSpell(_began(spell, last_on), tuple(spell))
    elif last_on is not None:
        statements.on[point] = last_on
    if opened:
        statements.open_services[point] = KnownOpen(opened[0].phases, tuple(opened))


def _began(spell: Sequence[Observation], last_on: datetime | None) -> datetime:
    began = min(one.at if one.kind is ObservationKind.LAST_GASP else one.at - LATE_REPORT for one in spell)
    return began if last_on is None else max(began, last_on)


def _read_device(statements: Statements, device: int, carried: int, heard: Iterable[Observation]) -> None:
    open_phases = 0
    speaking: list[Observation] = []
    last_closing: Observation | None = None
    for one in _later_last(heard, _says_closed):
        if one.kind is ObservationKind.FAULT_INDICATOR:
            statements.indicators[device] = one
        elif _says_open(one) and one.phases & carried:
            open_phases |= one.phases & carried
            speaking.append(one)
        elif _says_closed(one):
            remaining = open_phases & ~one.phases
            if open_phases and not remaining:
                statements.reclosed.append((device, OverSpell(speaking[0].at, one.at)))
                speaking = []
            open_phases, last_closing = remaining, one
    if open_phases:
        statements.open_devices[device] = KnownOpen(open_phases, tuple(speaking))
    elif last_closing is not None and last_closing.kind is ObservationKind.SWITCH_CLOSED:
        statements.telemetered_closed[device] = last_closing
    elif last_closing is not None:
        statements.found_in_order[device] = last_closing


def _says_open(one: Observation) -> bool:
    is_found = one.kind is ObservationKind.CREW_FINDING and one.result in _OPENING
    return is_found or one.kind is ObservationKind.SWITCH_OPEN


def _says_closed(one: Observation) -> bool:
    is_found = one.kind is ObservationKind.CREW_FINDING and one.result in _IN_ORDER
    return is_found or one.kind is ObservationKind.SWITCH_CLOSED


def _later_last(heard: Iterable[Observation], wins: Callable[[Observation], bool]) -> list[Observation]:
    return sorted(heard, key=lambda one: (one.at, wins(one), one.id))
