"""The cheapest explanation of who is out: which devices opened, found in one pass up the blameable devices.

Cost counts in faults. Rule 1: opening a device costs 1, and SILENCE_COST for each service point below it that
says nothing: silence speaks against an outage, gently, since most customers never call and some meters never
gasp. Rule 2: a service point's own service costs 1. Rule 3: a device explains reports below it of spells that
began after the last time anything below it was known to be on, or it was itself known to be closed: it may
have opened since. Older spells below it need another explanation. Rule 4: of equally cheap explanations the
lower device is taken.

SILENCE_COST = 1/64 makes two reports under a fuse one outage while fewer than 64 neighbours are silent, three
while fewer than 128 are; two calls at the ends of a feeder of 1,400 stay two. A transformer of 90 is blamed
once four of its meters report, and where all 17 such transformers of a breaker report, opening the breaker
saves 16 faults and adds no silence. Where it is wrong is known: step 5 puts likelihoods in its place.

Rule 5: a spell that is most likely over (other meters of the same moment woke again, or the device above
closed again) costs OVER_COST instead, a power-up lost on its way; enough together are a nested outage.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

OPEN_COST = 1.0
SERVICE_COST = 1.0
SILENCE_COST = 1 / 64
# A fault indicator is one more hint, never a fault's worth.
INDICATOR_COST = 0.25
# About one in three power-ups is lost; ln 3 over the SHARPNESS by which costs become shares.
OVER_COST = 0.35
# A crew found the service itself in order: any device is more likely.
SOUND_SERVICE_COST = 8.0
SHARPNESS = 3.0
NEVER = -math.inf
ALWAYS = math.inf
# Sums of the same costs in another order differ in the last digits.
TIE = 1e-9


@dataclass(frozen=True, slots=True, order=True)
class Blamed:
    """A device, or the service of a service point; the other is -1."""

    device: int = -1
    point: int = -1


@dataclass(slots=True)
class OutPoint:
    """A service point reported out: since when (in seconds), and what blaming its own service costs."""

    point: int
    began: float
    cost: float = SERVICE_COST

    @property
    def is_over(self) -> bool:
        """Whether a lost power-up is the cheaper explanation than its own service."""
        return self.cost < SERVICE_COST


@dataclass(slots=True)
class Vertex:
    """A blameable device above reports; counts are of service points anywhere below it."""

    device: int
    service_points: int
    parent: int = -1
    children: list[int] = field(default_factory=list)
    outs: list[OutPoint] = field(default_factory=list)
    out_count: int = 0
    known_count: int = 0
    on_count: int = 0
    on_examples: list[int] = field(default_factory=list)
    not_before: float = NEVER
    earliest: float = math.inf
    latest: float = NEVER
    hint: float = 0.0

    @property
    def silent(self) -> int:
        """How many service points below say nothing.

        Where the phases of a place come over different devices, one that speaks may count under another.
        """
        return max(0, self.service_points - self.known_count)


@dataclass(slots=True)
class Choice:
    """The cheapest explanation at and below a device of spells that began up to a time."""

    until: float
    open_cost: float
    closed_cost: float

    @property
    def is_open(self) -> bool:
        """Whether opening the device is cheaper; a tie goes to the lower device."""
        return self.open_cost < self.closed_cost - TIE

    @property
    def cost(self) -> float:
        """The lower of both costs."""
        return min(self.open_cost, self.closed_cost)


@dataclass(frozen=True, slots=True)
class Opened:
    """A device that the explanation opens, and the reports that it explains."""

    device: int
    until: float
    explains: tuple[OutPoint, ...]


class Explanation:
    """All choices of one set of reports; `vertices` are given children before parents."""

    def __init__(self, vertices: Mapping[int, Vertex]) -> None:
        self.vertices = vertices
        self._choices: dict[tuple[int, float], Choice] = {}
        limits = self._limits()
        for device in vertices:
            for until in limits[device]:
                self._choices[device, until] = self._choose(vertices[device], until)

    def choice(self, device: int, until: float = ALWAYS) -> Choice | None:
        """Return the choice on spells up to a time, None when there are none that old."""
        vertex = self.vertices[device]
        if until < vertex.earliest:
            return None
        return self._choices[device, ALWAYS if until >= vertex.latest else until]

    def opened(self) -> tuple[list[Opened], list[tuple[OutPoint, int]]]:
        """Return the devices opened, and the services alone at fault with the device above each."""
        devices: list[Opened] = []
        services: list[tuple[OutPoint, int]] = []
        waiting = [(vertex.device, ALWAYS) for vertex in self.vertices.values() if vertex.parent < 0]
        while waiting:
            device, until = waiting.pop()
            choice = self.choice(device, until)
            if choice is None:
                continue
            vertex = self.vertices[device]
            if choice.is_open:
                explains = tuple(out for out in self._below(device) if vertex.not_before < out.began <= until)
                devices.append(Opened(device, until, explains))
                until = min(until, vertex.not_before)
            services += [(out, device) for out in vertex.outs if out.began <= until and not out.is_over]
            waiting += [(child, until) for child in vertex.children]
        return devices, services

    def opened_instead(self, opened: Opened) -> list[tuple[int, Blamed]]:
        """Return what would be open below if this device were not, with how many reports each explains."""
        found: list[tuple[int, Blamed]] = []
        waiting = [(opened.device, opened.until)]
        while waiting:
            device, until = waiting.pop()
            choice = self.choice(device, until)
            if choice is None:
                continue
            vertex = self.vertices[device]
            if device != opened.device and choice.is_open:
                found.append((vertex.out_count, Blamed(device=device)))
                continue
            alone = (out for out in vertex.outs if out.began <= until and not out.is_over)
            found += [(1, Blamed(point=out.point)) for out in alone]
            waiting += [(child, until) for child in vertex.children]
        return found

    def above(self, device: int) -> Iterator[Vertex]:
        """Yield the vertices above a device, nearest first."""
        device = self.vertices[device].parent
        while device >= 0:
            yield self.vertices[device]
            device = self.vertices[device].parent

    def _limits(self) -> dict[int, set[float]]:
        """Return the times up to which each device's spells are asked for: each device above may set one."""
        limits: dict[int, set[float]] = {}
        for device in reversed(list(self.vertices)):
            vertex = self.vertices[device]
            asked = {ALWAYS}
            if vertex.parent >= 0:
                above = self.vertices[vertex.parent]
                asked = limits[vertex.parent] | {
                    min(until, above.not_before) for until in limits[vertex.parent]
                }
            limits[device] = {
                ALWAYS if until >= vertex.latest else until for until in asked if until >= vertex.earliest
            } | {ALWAYS}
        return limits

    def _choose(self, vertex: Vertex, until: float) -> Choice:
        closed_cost = self._cost_below(vertex, until)
        if vertex.not_before >= min(until, vertex.latest):
            return Choice(until, math.inf, closed_cost)
        silence = SILENCE_COST * vertex.silent
        open_cost = (
            OPEN_COST + silence + vertex.hint + self._cost_below(vertex, min(until, vertex.not_before))
        )
        return Choice(until, open_cost, closed_cost)

    def _cost_below(self, vertex: Vertex, until: float) -> float:
        if until < vertex.earliest:
            return 0.0
        cost = sum(out.cost for out in vertex.outs if out.began <= until)
        for child in vertex.children:
            choice = self.choice(child, until)
            cost += choice.cost if choice else 0.0
        return cost

    def _below(self, device: int) -> Iterator[OutPoint]:
        waiting = [device]
        while waiting:
            vertex = self.vertices[waiting.pop()]
            yield from vertex.outs
            waiting += vertex.children
