"""The brute-force twin of the posterior: every set of openings is tried, on networks small enough for that.

Who is out when a device opens, and which is above which, comes from the networkx twin; nothing is shared with
the passes but the table of ratios, which has a test of its own. Loaded by path in `conftest.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from hypothesis import strategies as st

from topology.evidence_weights import (
    CATEGORIES,
    GASPS,
    METERS,
    WITHOUT_GASP,
    EvidenceWeights,
    Setting,
)
from topology.kinds import BLAMEABLE_KINDS
from topology.posterior import LEAST_WEIGHT
from topology.rates import EvidenceRates

PHASE_SETS = ["ABC", "ABC", "ABC", "A", "B", "BC"]
RATES = EvidenceRates(
    loss=0.4,
    false_rate=0.05,
    shares={
        "breaker": 0.2,
        "recloser": 0.2,
        "fuse": 0.4,
        "distribution": 0.1,
        "sectionalizer": 0.2,
        "service": 0.3,
    },
    expected_faults=1.5,
    single_phase={"fuse": 0.6, "recloser": 0.3},
)


@st.composite
def drawn_trees(draw: st.DrawFn, drawn_type: type) -> object:
    """A few blameable devices in a tree, some on fewer phases, between lines, with some service points."""
    count = draw(st.integers(2, 6))
    nodes = [f"N{place}" for place in range(count)]
    kinds = st.sampled_from([*sorted(BLAMEABLE_KINDS), "fuse", "overhead"])
    pairs = [(draw(st.integers(max(0, place - 3), place - 1)), place) for place in range(1, count)]
    devices = [
        (f"D{place}", draw(kinds), nodes[start], nodes[stop], draw(st.sampled_from(PHASE_SETS)), False)
        for place, (start, stop) in enumerate(pairs)
    ]
    at = draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=8))
    points = [(f"P{place}", node, draw(st.sampled_from(PHASE_SETS)), 1) for place, node in enumerate(at)]
    return drawn_type(nodes, nodes[:1], devices, points, {})


@dataclass
class Twin:
    """One case: what each service point says, and in which bucket it is; by id."""

    drawn: object
    categories: dict[str, int]
    buckets: dict[str, int]
    weights: EvidenceWeights
    settings: tuple[Setting, ...]
    rates: EvidenceRates

    @cached_property
    def fed(self) -> dict[str, set[str]]:
        """Every service point with supply and the phases it takes and has."""
        found = {point: set(self.drawn.service_phases(point)) for point, *_ in self.drawn.service_points}
        return {point: phases for point, phases in found.items() if phases}

    @cached_property
    def devices(self) -> dict[str, tuple[str, dict[str, set[str]], dict[str, set[str]]]]:
        """Every device that may be blamed: its kind, and whom and which devices it feeds on which phases."""
        found = {}
        for device, kind, *_ in self.drawn.devices:
            points, others = self.drawn.downstream(device)
            if kind in BLAMEABLE_KINDS and points:
                found[device] = (
                    kind,
                    {point: set(phases) for point, phases in points.items()},
                    {other: set(phases) for other, phases in others.items()},
                )
        return found

    @cached_property
    def openings(self) -> dict[str, dict[frozenset[str], float]]:
        """The phases that each device may open, with the probability of each."""
        kinds = [kind for kind, *_ in self.devices.values()]
        present = {kind: kinds.count(kind) for kind in kinds}
        if self.fed:
            present["service"] = len(self.fed)
        whole = sum(self.rates.shares[kind] for kind in present)
        self.prior = {
            kind: min(self.rates.expected_faults * self.rates.shares[kind] / whole / count, 0.5)
            for kind, count in present.items()
        }
        openings = {}
        for device, (kind, points, _) in self.devices.items():
            phases = frozenset().union(*points.values())
            single = self.rates.single_phase.get(kind, 0.0) if len(phases) > 1 else 0.0
            of_device = {phases: self.prior[kind] * (1 - single)}
            for phase in phases if single else ():
                of_device[frozenset(phase)] = self.prior[kind] * single / len(phases)
            openings[device] = of_device
        return openings

    def ratio(self, point: str, setting: int) -> float:
        """The ratio of what a service point says; one that counts no more says nothing."""
        if self.categories[point] < 0 or self.buckets[point] < 0:
            return 1.0
        return math.exp(self.weights.ratios(self.buckets[point])[self.categories[point], setting])

    def posterior(self) -> tuple[dict[tuple[str, frozenset[str]], float], dict[str, float]]:
        """The means over all settings of `under`, weighed by how well each explains the evidence."""
        under = [self.under(setting) for setting in range(len(self.settings))]
        most = max(whole for whole, _, _ in under)
        kept = [one for one in under if one[0] / most >= LEAST_WEIGHT]
        total = sum(whole for whole, _, _ in kept)
        devices: dict[tuple[str, frozenset[str]], float] = {}
        services = dict.fromkeys(self.fed, 0.0)
        for whole, of_devices, of_services in kept:
            for one, probability in of_devices.items():
                devices[one] = devices.get(one, 0.0) + probability * whole / total
            for point, probability in of_services.items():
                services[point] += probability * whole / total
        return devices, services

    def with_supply(self, setting: int) -> float:
        """How likely the last gasps that came, and those that did not, are if everybody has supply."""
        false = float(self.weights.false_gasp[setting])
        likely = 1.0
        for point in self.fed:
            word = self.categories[point] % METERS
            if self.buckets[point] < 0:
                likely *= 1 - false
            elif self.categories[point] >= 0:
                likely *= false if word in GASPS else 1 - false if word in WITHOUT_GASP else 1.0
        return likely

    def under(self, setting: int) -> tuple[float, dict[tuple[str, frozenset[str]], float], dict[str, float]]:
        """How likely the evidence is in a setting, then how likely each opening is with nothing above it on
        its phases, and each service alone.
        """
        whole = 0.0
        device_sums: dict[tuple[str, frozenset[str]], float] = {}
        service_sums = dict.fromkeys(self.fed, 0.0)
        whole_with_supply = self.with_supply(setting)
        devices = list(self.openings)
        choices = [
            [(frozenset(), 1 - sum(self.openings[one].values())), *self.openings[one].items()]
            for one in devices
        ]
        ratios = {point: self.ratio(point, setting) for point in self.fed}
        service = self.prior.get("service", 0.0)
        outside = {point: 1 - service + service * ratio for point, ratio in ratios.items()}
        for opened in product(*choices):
            weight = math.prod(probability for _, probability in opened)
            chosen = {device: phases for device, (phases, _) in zip(devices, opened, strict=True) if phases}
            cut = {
                point
                for device, phases in chosen.items()
                for point, lost in self.devices[device][1].items()
                if lost & phases
            }
            for point in self.fed:
                weight *= ratios[point] if point in cut else outside[point]
            whole += weight
            for device, phases in chosen.items():
                if not self._is_below_another(device, phases, chosen):
                    device_sums[device, phases] = device_sums.get((device, phases), 0.0) + weight
            for point in set(self.fed) - cut:
                own = service * ratios[point]
                service_sums[point] += weight * own / (1 - service + own)
        return (
            whole * whole_with_supply,
            {one: sum_ / whole for one, sum_ in device_sums.items()},
            {point: sum_ / whole for point, sum_ in service_sums.items()},
        )

    def _is_below_another(
        self, device: str, phases: frozenset[str], chosen: dict[str, frozenset[str]]
    ) -> bool:
        """Above it something is open on a phase of its own; where all take the same phases, on any."""
        alike = len({frozenset(taken) for taken in self.fed.values()}) == 1
        return any(
            device in self.devices[other][2] and (alike or opened & phases)
            for other, opened in chosen.items()
            if other != device
        )


categories = st.sampled_from([-1, *range(CATEGORIES), 1, 1, 2, 2, 8])
