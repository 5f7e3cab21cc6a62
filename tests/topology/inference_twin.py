"""The brute-force twin of inference: every set of devices is tried, on networks small enough for that.

Written from the rules in `topology/explanation.py` and `topology/statements.py`, sharing no code with them;
who hangs below what comes from the networkx twin. Loaded by path in `conftest.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, combinations

from hypothesis import strategies as st

from topology.observations import Observation, ObservationKind

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = START + timedelta(hours=12)
PHASE_SETS = ["ABC", "ABC", "ABC", "ABC", "A", "B", "BC"]
BLAMEABLE = {"breaker", "recloser", "sectionalizer", "fuse", "distribution"}
STATEMENTS = [
    (ObservationKind.TROUBLE_CALL, None),
    (ObservationKind.LAST_GASP, None),
    (ObservationKind.LAST_GASP, None),
    (ObservationKind.PING, "off"),
    (ObservationKind.PING, "on"),
    (ObservationKind.PING, "unreachable"),
    (ObservationKind.POWER_UP, None),
]
ABOUT_DEVICES = [
    (ObservationKind.SWITCH_OPEN, None),
    (ObservationKind.SWITCH_CLOSED, None),
    (ObservationKind.CREW_FINDING, "closed"),
    (ObservationKind.FAULT_INDICATOR, "fault"),
    (ObservationKind.FAULT_INDICATOR, "no_fault"),
]


@st.composite
def drawn_feeders(draw: st.DrawFn, drawn_type: type) -> object:
    """Blameable devices with many service points: radial with single-phase laterals, or in a loop."""
    count = draw(st.integers(3, 9))
    nodes = [f"N{place}" for place in range(count)]
    kinds = st.sampled_from([*sorted(BLAMEABLE), "overhead"])
    pairs = [(draw(st.integers(max(0, place - 3), place - 1)), place) for place in range(1, count)]
    phase_sets = PHASE_SETS
    if draw(st.integers(0, 5)) == 0:
        # What is looped on one phase only hangs in no tree, so with a loop all devices are three-phase.
        phase_sets = ["ABC"]
        pairs.append((draw(st.integers(0, count - 2)), count - 1))
    devices = [
        (f"D{place}", draw(kinds), nodes[start], nodes[stop], draw(st.sampled_from(phase_sets)), False)
        for place, (start, stop) in enumerate(pairs)
    ]
    at = draw(st.lists(st.sampled_from(nodes[1:]), min_size=4, max_size=10))
    points = [(f"P{place}", node, draw(st.sampled_from(PHASE_SETS)), place) for place, node in enumerate(at)]
    return drawn_type(nodes, nodes[:1], devices, points, {})


@st.composite
def drawn_observations(draw: st.DrawFn, drawn: object) -> list[Observation]:
    """Random observations about a drawn network, some of them twice; no two are of the same minute."""
    points = [point for point, *_ in drawn.service_points]
    devices = [device for device, *_ in drawn.devices]
    said = []
    if points:
        about = st.tuples(st.sampled_from(points), st.sampled_from(STATEMENTS))
        said += draw(st.lists(about, min_size=draw(st.integers(0, 12)), max_size=16))
    if devices and draw(st.booleans()):
        said += draw(
            st.lists(st.tuples(st.sampled_from(devices), st.sampled_from(ABOUT_DEVICES)), max_size=4)
        )
    minutes = draw(st.permutations(range(len(said))))
    pace = draw(st.sampled_from([0.4, 3, 10]))
    observations = [
        Observation(f"E{place}", kind, START + timedelta(minutes=pace * minute), subject, result=result)
        for place, ((subject, (kind, result)), minute) in enumerate(zip(said, minutes, strict=True))
    ]
    return observations + observations[: draw(st.integers(0, 2))]


@dataclass
class Twin:
    """All that can be said about one case, the slow way."""

    drawn: object
    observations: list[Observation]

    def __post_init__(self) -> None:
        unique = sorted({one.id: one for one in self.observations}.values(), key=lambda one: one.at)
        self.below = {device: set(self.drawn.downstream(device)[0]) for device, *_ in self.drawn.devices}
        self.blameable = [
            device for device, kind, *_ in self.drawn.devices if kind in BLAMEABLE and self.is_bridge(device)
        ]
        fed = {point for point, *_ in self.drawn.service_points if self.drawn.service_phases(point)}
        self.out, self.on, self.over = {}, {}, {}
        for point in fed:
            self._read_point(point, [one for one in unique if one.subject == point])
        self.device_statements = {
            device: [one for one in unique if one.subject == device] for device, *_ in self.drawn.devices
        }
        self.open = {device for device in self.below if self._last_state(device) == "open"}
        self.explained = self.drawn.lost_together(self.open)
        self.reported = {point: spell for point, spell in self.out.items() if point not in self.explained}

    def is_bridge(self, device: str) -> bool:
        return any(self.drawn.energised(phase) != self.drawn.energised(phase, device) for phase in "ABC")

    def _read_point(self, point: str, heard: list[Observation]) -> None:
        spell, last_on = [], None
        for one in heard:
            if one.kind is ObservationKind.POWER_UP or one.result == "on":
                if spell:
                    self.over[point] = (self._began(spell, last_on), one.at)
                spell, last_on = [], one.at
            elif one.kind in {ObservationKind.TROUBLE_CALL, ObservationKind.LAST_GASP} or one.result == "off":
                spell.append(one)
        if spell:
            self.out[point] = (self._began(spell, last_on), spell)
        elif last_on:
            self.on[point] = last_on

    @staticmethod
    def _began(spell: list[Observation], last_on: datetime | None) -> datetime:
        late = timedelta(minutes=15)
        starts = [one.at if one.kind is ObservationKind.LAST_GASP else one.at - late for one in spell]
        return max(min(starts), last_on or min(starts))

    def _last_state(self, device: str) -> str:
        state = ""
        for one in self.device_statements[device]:
            if one.kind is ObservationKind.SWITCH_OPEN:
                state = "open"
            elif one.kind is ObservationKind.SWITCH_CLOSED:
                state = "closed"
            elif one.kind is ObservationKind.CREW_FINDING:
                state = "in order"
        return state

    def explains(self, device: str) -> set[str]:
        """The unexplained reports that opening a device would explain."""
        state = self._last_state(device)
        if state == "closed":
            return set()
        after = [self.on[point] for point in self.below[device] if point in self.on]
        if state == "in order":
            after += [
                one.at for one in self.device_statements[device] if one.kind is ObservationKind.CREW_FINDING
            ]
        return {
            point
            for point in self.below[device] & set(self.reported)
            if all(self.reported[point][0] > at for at in after)
        }

    def open_cost(self, device: str) -> float:
        """One fault, a 64th for each silent service point, a quarter for indicators."""
        spoken = set(self.out) | set(self.on) | self.explained
        cost = 1 + len(self.below[device] - spoken) / 64
        results = {
            other: said[-1].result
            for other, every in self.device_statements.items()
            if (said := [one for one in every if one.kind is ObservationKind.FAULT_INDICATOR])
        }
        cost -= 0.25 * any(result == "fault" and self._is_above(device, at) for at, result in results.items())
        cost += 0.25 * any(
            result == "no_fault" and self._is_above(at, device) for at, result in results.items()
        )
        return cost

    def _is_above(self, upper: str, lower: str) -> bool:
        return upper == lower or lower in self.drawn.downstream(upper)[1]

    def service_cost(self, point: str) -> float:
        """One fault, or the price of a lost power-up when others of that moment woke or it closed again."""
        began, spell = self.reported[point]
        if any(one.kind is not ObservationKind.LAST_GASP for one in spell):
            return 1
        moment = timedelta(minutes=2)
        for device in self.blameable:
            if point in self.below[device]:
                woken = [
                    one
                    for one, (at, _) in self.over.items()
                    if one in self.below[device] and abs(at - began) <= moment
                ]
                if len(woken) >= 3 or any(a - moment <= began <= b for a, b in self._reclosings(device)):
                    return 0.35
        return 1

    def _reclosings(self, device: str) -> list[tuple[datetime, datetime]]:
        found, opened = [], None
        for one in self.device_statements[device]:
            if one.kind is ObservationKind.SWITCH_OPEN:
                opened = opened or one.at
            elif one.kind in {ObservationKind.SWITCH_CLOSED, ObservationKind.CREW_FINDING} and opened:
                found.append((opened, one.at))
                opened = None
        return found

    def cost(self, devices: set[str]) -> float:
        """What it costs to open these devices and leave the rest of the reports to services."""
        explained = set().union(*(self.explains(device) for device in devices))
        services = sum(self.service_cost(point) for point in set(self.reported) - explained)
        return services + sum(self.open_cost(device) for device in devices)

    def least_cost(self) -> float:
        """The least cost over all sets of devices."""
        useful = [device for device in self.blameable if self.explains(device)]
        sets = chain.from_iterable(combinations(useful, size) for size in range(len(useful) + 1))
        return min(self.cost(set(devices)) for devices in sets)
