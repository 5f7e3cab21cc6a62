"""What the observations say, thing by thing: who is out since when, who is on, which devices are open.

Owns the reading of observations, one service point or device at a time; nothing here knows what feeds what.
It grows with each piece, and only what is spoken of is read again. The order of arrival does not matter, and
an observation that comes twice counts once.

Rule 1: the latest statement about a service point holds; "on" wins over "out" at the same instant, since a
meter says good-bye before it wakes.
Rule 2: an out spell is made of the reports after the point was last known to be on.
Rule 3: the latest statement about a device holds, phase by phase. Telemetry reports by exception, so "closed"
holds until it says otherwise; a crew's finding is of its moment: the device may open after it.
Rule 4: a device that opened and closed again has been restored; what was said below it before is over.
Rule 5: a statement counts from its hold-down on: a blink that ends within it never was an outage.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from topology.network import Network
from topology.observations import Observation, ObservationKind

# Clocks of meters and field computers differ; what is further ahead than this is left for later.
CLOCK_TOLERANCE = timedelta(minutes=5)
# Reclosers try for about a minute before they lock out, and meters gasp meanwhile.
DEFAULT_HOLD_DOWN: Mapping[str, float] = {
    ObservationKind.LAST_GASP: 60.0,
    ObservationKind.SWITCH_OPEN: 60.0,
}

# Looked up once: a storm asks for them a million times.
_PING, _GASP, _CALL, _POWER_UP, _CREW_FINDING, _SWITCH_OPEN, _SWITCH_CLOSED = (
    ObservationKind.PING,
    ObservationKind.LAST_GASP,
    ObservationKind.TROUBLE_CALL,
    ObservationKind.POWER_UP,
    ObservationKind.CREW_FINDING,
    ObservationKind.SWITCH_OPEN,
    ObservationKind.SWITCH_CLOSED,
)
_OPENING = frozenset({"open", "damaged"})
_IN_ORDER = frozenset({"closed", "ok"})


class OutSpell(NamedTuple):
    """The reports that a service point is out, by time."""

    observations: tuple[Observation, ...]

    @property
    def reported(self) -> datetime:
        """When the first report was made."""
        return self.observations[0].at


@dataclass(frozen=True, slots=True)
class OverSpell:
    """A spell without supply that has ended."""

    began: datetime
    ended: datetime


@dataclass(frozen=True, slots=True)
class KnownOpen:
    """A device or service known to be open on some phases, and the observations that say so."""

    phases: int
    observations: tuple[Observation, ...]


class PointStatement(NamedTuple):
    """What is said about one service point.

    `over` is the last spell that its meter saw begin and end, while it is on; `unreachable` is a ping that
    got no answer since. `is_sound`: a crew found it in order, and nobody has reported it since.
    """

    out: OutSpell | None = None
    on: Observation | None = None
    over: OverSpell | None = None
    unreachable: Observation | None = None
    open: KnownOpen | None = None
    is_sound: bool = False


@dataclass(frozen=True, slots=True)
class DeviceStatement:
    """What is said about one device."""

    open: KnownOpen | None = None
    closed_by_telemetry: Observation | None = None
    found_in_order: Observation | None = None
    reclosed: tuple[OverSpell, ...] = ()
    indicator: Observation | None = None


@dataclass(slots=True)
class Statements:
    """All that the observations say, by index of service point or device; `ignored` are ids of no subject.

    `open_points` and `sound_points` are those of `points` whose services crews found open, or in order.
    """

    network: Network
    hold_down: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_HOLD_DOWN))
    points: dict[int, PointStatement] = field(default_factory=dict)
    devices: dict[int, DeviceStatement] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    open_points: set[int] = field(default_factory=set)
    sound_points: set[int] = field(default_factory=set)
    _known: dict[str, Observation] = field(default_factory=dict)
    _by_point: dict[int, list[Observation]] = field(default_factory=dict)
    _by_device: dict[int, list[Observation]] = field(default_factory=dict)
    _waiting: list[Observation] = field(default_factory=list)
    _held: dict[str, timedelta] = field(init=False)

    def __post_init__(self) -> None:
        """Note how long each kind is held."""
        self._held = {kind: timedelta(seconds=held) for kind, held in self.hold_down.items() if held}

    def take(self, observations: Iterable[Observation], now: datetime) -> tuple[set[int], set[int]]:
        """Read more observations, and those whose time has come; return the points and devices spoken of."""
        ready: list[Observation] = []
        waiting: list[Observation] = []
        for one in (*self._new_among(observations), *self._waiting):
            (ready if self._counts_from(one) <= now else waiting).append(one)
        self._waiting = waiting
        devices, points = self.network.find_things([one.subject for one in ready])
        spoken_points: set[int] = set()
        spoken_devices: set[int] = set()
        for one, device, point in zip(ready, devices.tolist(), points.tolist(), strict=True):
            if device >= 0:
                self._by_device.setdefault(device, []).append(one)
                spoken_devices.add(device)
            elif point >= 0:
                self._by_point.setdefault(point, []).append(one)
                spoken_points.add(point)
            else:
                self.ignored.append(one.id)
        for point in spoken_points:
            self._say(point, _read_service_point(self._by_point[point]))
        for device in spoken_devices:
            carried = int(self.network.device_phases[device])
            self.devices[device] = _read_device(carried, self._by_device[device])
        return spoken_points, spoken_devices

    def forget(self, ids: Iterable[str]) -> tuple[set[int], set[int]]:
        """Take back observations, as if they had never come; return the points and devices concerned."""
        gone = {id_: one for id_ in ids if (one := self._known.pop(id_, None)) is not None}
        subjects = [one.subject for one in gone.values()]
        points = {one for one in self.network.find_service_points(subjects).tolist() if one in self._by_point}
        devices = {one for one in self.network.find_devices(subjects).tolist() if one in self._by_device}
        self._waiting = [one for one in self._waiting if one.id not in gone]
        for point in points:
            if heard := _without(self._by_point, point, gone):
                self._say(point, _read_service_point(heard))
            else:
                self._say(point, None)
        for device in devices:
            if heard := _without(self._by_device, device, gone):
                self.devices[device] = _read_device(int(self.network.device_phases[device]), heard)
            else:
                self.devices.pop(device, None)
        return points, devices

    def _say(self, point: int, said: PointStatement | None) -> None:
        if said is None:
            self.points.pop(point, None)
        else:
            self.points[point] = said
        _note(self.open_points, point, is_so=said is not None and said.open is not None)
        _note(self.sound_points, point, is_so=said is not None and said.is_sound)

    @property
    def ids(self) -> set[str]:
        """The ids of all observations, of unknown subjects too."""
        return set(self._known)

    @property
    def next_time(self) -> datetime | None:
        """When the next statement that waits for its time will count."""
        return min((self._counts_from(one) for one in self._waiting), default=None)

    def _new_among(self, observations: Iterable[Observation]) -> list[Observation]:
        """Return those not known yet; of two contents of one id the same stands in any order of one batch."""
        arrived: dict[str, Observation] = {}
        for one in observations:
            if one.id in self._known:
                continue
            if one.id not in arrived or _key(one) < _key(arrived[one.id]):
                arrived[one.id] = one
        self._known.update(arrived)
        return list(arrived.values())

    def _counts_from(self, one: Observation) -> datetime:
        return one.at + self._held.get(one.kind, -CLOCK_TOLERANCE)


def read_statements(
    network: Network,
    observations: Sequence[Observation],
    now: datetime,
    hold_down: Mapping[str, float] = DEFAULT_HOLD_DOWN,
) -> Statements:
    """Return what the observations up to now say; those about unknown subjects are listed as ignored."""
    statements = Statements(network, hold_down)
    statements.take(observations, now)
    return statements


def says_out(one: Observation) -> bool:
    """Tell whether an observation says that its service point has no supply."""
    kind = one.kind
    return kind is _CALL or kind is _GASP or (kind is _PING and one.result == "off")


def says_on(one: Observation) -> bool:
    """Tell whether an observation says that its service point has supply."""
    kind = one.kind
    return kind is _POWER_UP or (kind is _PING and one.result == "on")


def _key(one: Observation) -> tuple[datetime, str, str, str]:
    return one.at, one.kind, one.subject, one.result or ""


def _note(points: set[int], point: int, *, is_so: bool) -> None:
    if is_so:
        points.add(point)
    elif points:
        points.discard(point)


def _without(heard_by: dict[int, list[Observation]], index: int, gone: Container[str]) -> list[Observation]:
    left = [one for one in heard_by.pop(index) if one.id not in gone]
    if left:
        heard_by[index] = left
    return left


def _read_service_point(heard: Sequence[Observation]) -> PointStatement:
    spell: list[Observation] = []
    opened: list[Observation] = []
    on: Observation | None = None
    over: OverSpell | None = None
    unreachable: Observation | None = None
    is_sound = False
    for one in _later_last(heard, says_on):
        if says_out(one):
            spell.append(one)
            is_sound = False
        elif says_on(one):
            if any(said.kind is _GASP for said in spell):
                over = OverSpell(spell[0].at, one.at)
            spell, opened, on, unreachable, is_sound = [], [], one, None, False
        elif one.kind is _PING and one.result == "unreachable":
            unreachable = one
        elif one.kind is _CREW_FINDING and one.result in _OPENING:
            opened.append(one)
            is_sound = False
        elif one.kind is _CREW_FINDING and one.result in _IN_ORDER:
            opened, is_sound = [], True
    out = OutSpell(tuple(spell)) if spell else None
    known = KnownOpen(opened[0].phases, tuple(opened)) if opened else None
    if spell:
        on = over = None
    return PointStatement(out, on, over, unreachable, known, is_sound)


def _read_device(carried: int, heard: Sequence[Observation]) -> DeviceStatement:
    open_phases = 0
    speaking: list[Observation] = []
    reclosed: list[OverSpell] = []
    indicator: Observation | None = None
    last_closing: Observation | None = None
    for one in _later_last(heard, _says_closed):
        if one.kind is ObservationKind.FAULT_INDICATOR:
            indicator = one
        elif _says_open(one) and one.phases & carried:
            open_phases |= one.phases & carried
            speaking.append(one)
        elif _says_closed(one):
            remaining = open_phases & ~one.phases
            if open_phases and not remaining:
                reclosed.append(OverSpell(speaking[0].at, one.at))
                speaking = []
            open_phases, last_closing = remaining, one
    told = last_closing if not open_phases else None
    by_telemetry = told if told and told.kind is _SWITCH_CLOSED else None
    return DeviceStatement(
        open=KnownOpen(open_phases, tuple(speaking)) if open_phases else None,
        closed_by_telemetry=by_telemetry,
        found_in_order=told if told is not by_telemetry else None,
        reclosed=tuple(reclosed),
        indicator=indicator,
    )


def _says_open(one: Observation) -> bool:
    is_found = one.kind is _CREW_FINDING and one.result in _OPENING
    return is_found or one.kind is _SWITCH_OPEN


def _says_closed(one: Observation) -> bool:
    is_found = one.kind is _CREW_FINDING and one.result in _IN_ORDER
    return is_found or one.kind is _SWITCH_CLOSED


def _later_last(heard: Sequence[Observation], wins: Callable[[Observation], bool]) -> Sequence[Observation]:
    if len(heard) == 1:
        return heard
    return sorted(heard, key=lambda one: (one.at, wins(one), one.id))
