"""The devices that may be the open one, each with its share of belief, the best first.

In this first form the share is a plain one: every alternative weighs exp(-SHARPNESS x its extra cost), and
the weights are shared out. The alternatives to a device are every device above it, and leaving it closed,
which opens several below instead: each of those has the share of that one alternative. Devices with the same
service points downstream are one candidate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from topology.explanation import SHARPNESS, Blamed, Explanation, Opened, OutPoint, Vertex
from topology.inference_result import Candidate
from topology.phases import format_phases
from topology.supply_tree import SupplyTree

LOWER_CANDIDATES = 5
# A share below this is not worth a line.
LEAST_PROBABILITY = 0.001


@dataclass(slots=True)
class _Alternative:
    """Things that cannot be told apart, the first of them named, and what they cost beyond the best."""

    blamed: list[Blamed]
    extra_cost: float = 0.0


def candidates_of_device(tree: SupplyTree, explanation: Explanation, opened: Opened) -> tuple[Candidate, ...]:
    """Return the candidates for an outage explained by a device, which is the first of them."""
    vertex = explanation.vertices[opened.device]
    choice = explanation.choice(opened.device, opened.until)
    if choice is None:
        return ()
    best = _Alternative([Blamed(device=opened.device), *_same_below(explanation, vertex)])
    if vertex.service_points == 1:
        best.blamed += [Blamed(point=out.point) for out in opened.explains]
    higher = _higher(explanation, explanation.above(opened.device), best, vertex.service_points)
    instead = sorted(explanation.opened_instead(opened), key=lambda pair: (-pair[0], pair[1]))
    lower = [_Alternative([blamed]) for _, blamed in instead if blamed not in best.blamed]
    return _shared(tree, best, higher, lower[:LOWER_CANDIDATES], choice.closed_cost - choice.cost)


def candidates_of_service(
    tree: SupplyTree, explanation: Explanation, out: OutPoint, above: int
) -> tuple[Candidate, ...]:
    """Return the candidates for a service point out alone; `above` is the device above it, or -1."""
    best = _Alternative([Blamed(point=out.point)])
    if above < 0:
        return _shared(tree, best, [], [], math.inf)
    vertex = explanation.vertices[above]
    return _shared(
        tree, best, _higher(explanation, [vertex, *explanation.above(above)], best, 1), [], math.inf
    )


def _same_below(explanation: Explanation, vertex: Vertex) -> list[Blamed]:
    """Return the devices below that feed the same service points and might be open."""
    same = []
    while len(vertex.children) == 1:
        vertex = explanation.vertices[vertex.children[0]]
        choice = explanation.choice(vertex.device)
        if vertex.service_points != explanation.vertices[vertex.parent].service_points:
            break
        if choice is not None and math.isfinite(choice.open_cost):
            same.append(Blamed(device=vertex.device))
    return same


def _higher(
    explanation: Explanation, above: Iterable[Vertex], best: _Alternative, service_points: int
) -> list[_Alternative]:
    """Return the alternatives above, nearest first; what feeds the same as the best joins it."""
    higher: list[_Alternative] = []
    for vertex in above:
        choice = explanation.choice(vertex.device)
        if choice is None or choice.is_open:
            # Above an outage that is believed anyway, nothing competes with this one.
            break
        if math.isinf(choice.open_cost):
            continue
        if vertex.service_points == service_points:
            (higher[-1] if higher else best).blamed.append(Blamed(device=vertex.device))
        else:
            higher.append(_Alternative([Blamed(device=vertex.device)], choice.open_cost - choice.cost))
            service_points = vertex.service_points
    return higher


def _shared(
    tree: SupplyTree,
    best: _Alternative,
    higher: list[_Alternative],
    lower: list[_Alternative],
    lower_extra_cost: float,
) -> tuple[Candidate, ...]:
    higher_weights = [math.exp(-SHARPNESS * one.extra_cost) for one in higher]
    lower_weight = math.exp(-SHARPNESS * lower_extra_cost)
    whole = 1.0 + sum(higher_weights) + lower_weight
    found = [_candidate(tree, best, 1.0 / whole)]
    rest = [(one, weight / whole) for one, weight in zip(higher, higher_weights, strict=True)]
    rest += [(one, lower_weight / whole) for one in lower]
    rest.sort(key=lambda pair: -pair[1])
    found += [_candidate(tree, one, share) for one, share in rest if share >= LEAST_PROBABILITY]
    return tuple(found)


def _candidate(tree: SupplyTree, alternative: _Alternative, probability: float) -> Candidate:
    named, *others = alternative.blamed
    return Candidate(
        name_of(tree, named),
        phases_of(tree, named),
        probability,
        tuple(sorted(name_of(tree, one) for one in others)),
    )


def name_of(tree: SupplyTree, blamed: Blamed) -> str:
    """Return the id of what is blamed."""
    if blamed.device >= 0:
        return tree.network.device_ids(np.array([blamed.device]))[0]
    return tree.network.service_point_ids(np.array([blamed.point]))[0]


def phases_of(tree: SupplyTree, blamed: Blamed) -> str:
    """Return the phases that what is blamed has supply on before it opens."""
    if blamed.device >= 0:
        return format_phases(int(tree.device_phases[blamed.device]))
    return format_phases(int(tree.service_point_phases[blamed.point]))
