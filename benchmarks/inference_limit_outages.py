"""From the limit's posterior to outages, as any method answers: which to name, and their candidates.

Rule 1: going down from the sources, the topmost device whose probability of being open, given that nothing
above it is, exceeds one half is an outage; below it only what lies on other phases is looked at.
Rule 2: whoever still reports, and is without supply with a probability of `least` at least, is an outage too:
the likeliest way of opening that puts it out, one outage for all who share it.
Rule 3: candidates are the ways of opening that put out some of its service points, summed over those that put
out the same; the best of them is what the outage is called.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.inference_limit import MODES, LimitTree, Posterior
from topology.arrays import LongArray
from topology.phases import format_phases

HALF = 0.5
LEAST_PROBABILITY = 0.001
LEAST_REPORTED = 0.01
_TRACE = LEAST_PROBABILITY / 100


@dataclass(frozen=True, slots=True)
class LimitCandidate:
    """A class of ways of opening, named by its likeliest; probabilities are of the whole class."""

    device: str
    phases: str
    probability: float


@dataclass(frozen=True, slots=True)
class LimitOutage:
    """An outage with its candidates, best first, and the service points out under the first."""

    candidates: tuple[LimitCandidate, ...]
    service_point_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Way:
    """A vertex in a mode, or the service at a place."""

    vertex: int
    mode: int
    place: int
    probability: float


def outages_of(
    tree: LimitTree, posterior: Posterior, reporting: LongArray, *, least: float = LEAST_REPORTED
) -> list[LimitOutage]:
    """Return the outages that the posterior believes in; `reporting` are the places that report no supply."""
    devices = _named_devices(tree, posterior)
    covered = np.zeros(len(tree.points), dtype=np.int64)
    for vertex, mask in devices:
        covered[slice(*tree.spans[vertex])] |= mask
    found = [_outage(tree, _ways(tree, posterior, vertex, mask, -1)) for vertex, mask in devices]
    left = reporting[(tree.taken[reporting] & covered[reporting]) == 0]
    shared: dict[int, tuple[float, list[_Way]]] = {}
    for place in left.tolist():
        vertex, taken = int(tree.vertex_of_point[place]), int(tree.taken[place])
        ways = _ways(tree, posterior, vertex, taken, place)
        ranked = _ranked(tree, ways)
        out = sum(share for share, _ in ranked)
        if ranked and out >= least:
            key = _class_of(tree, ranked[0][1])
            if key not in shared or shared[key][0] < out:
                shared[key] = (out, ways)
    return [*found, *(_outage(tree, ways) for _, ways in shared.values())]


def _named_devices(tree: LimitTree, posterior: Posterior) -> list[tuple[int, int]]:
    """Return vertices with the phases they are open on, by rule 1."""
    open_ = posterior.conditional.sum(axis=1)
    named: list[tuple[int, int]] = []
    for vertex in np.flatnonzero(open_ > HALF).tolist():
        end = tree.spans[vertex, 1]
        above = 0
        for upper, mask in named:
            if tree.spans[upper, 1] >= end and tree.spans[upper, 0] <= tree.spans[vertex, 0]:
                above |= mask
        if not above & tree.fed[vertex]:
            mode = int(posterior.conditional[vertex].argmax())
            named.append((vertex, int(tree.masks[vertex, mode])))
    return named


def _ranked(tree: LimitTree, ways: list[_Way]) -> list[tuple[float, _Way]]:
    """Return the probability of each class of ways, and its likeliest way, best first."""
    classes: dict[int, list[_Way]] = {}
    for way in ways:
        classes.setdefault(_class_of(tree, way), []).append(way)
    summed = [
        (sum(one.probability for one in same), max(same, key=lambda one: one.probability))
        for same in classes.values()
    ]
    return sorted(summed, key=lambda pair: -pair[0])


def _outage(tree: LimitTree, ways: list[_Way]) -> LimitOutage:
    ranked = _ranked(tree, ways)
    kept = [pair for pair in ranked if pair[0] >= LEAST_PROBABILITY] or ranked[:1]
    return LimitOutage(
        tuple(LimitCandidate(*_named(tree, way), min(1.0, share)) for share, way in kept),
        tuple(tree.tree.network.service_point_ids(tree.points[_places(tree, kept[0][1])])),
    )


def _ways(tree: LimitTree, posterior: Posterior, vertex: int, mask: int, place: int) -> list[_Way]:
    """Return the ways of opening that put out some of what an outage puts out."""
    upwards = []
    upper = vertex
    while upper > 0:
        upwards.append(upper)
        upper = int(tree.parent[upper])
    if place >= 0:
        below, places = np.empty(0, dtype=np.int64), np.array([place])
    else:
        first, beyond = tree.spans[vertex]
        inside = (tree.spans[:, 0] >= first) & (tree.spans[:, 1] <= beyond)
        below = np.flatnonzero(inside & (np.arange(tree.count) > vertex))
        places = first + np.flatnonzero(tree.taken[first:beyond] & mask)
    vertices = np.append(np.array(upwards, dtype=np.int64), below)
    rows, modes = np.nonzero(((tree.masks[vertices] & mask) > 0) & (posterior.devices[vertices] > _TRACE))
    found = [
        _Way(one, mode, -1, float(posterior.devices[one, mode]))
        for one, mode in zip(vertices[rows].tolist(), modes.tolist(), strict=True)
    ]
    places = places[posterior.services[places] > _TRACE]
    found += [_Way(-1, -1, one, float(posterior.services[one])) for one in places.tolist()]
    return found


def _class_of(tree: LimitTree, way: _Way) -> int:
    if way.place >= 0:
        return int(tree.class_of_point[way.place])
    return int(tree.class_of[way.vertex, way.mode])


def _named(tree: LimitTree, way: _Way) -> tuple[str, str]:
    network = tree.tree.network
    if way.place >= 0:
        taken = format_phases(int(tree.taken[way.place]))
        return network.service_point_ids(tree.points[[way.place]])[0], taken
    # All phases are named as the device carries them.
    phases = int(tree.tree.device_phases[tree.device[way.vertex]])
    return network.device_ids(tree.device[[way.vertex]])[0], format_phases(phases & MODES[way.mode])


def _places(tree: LimitTree, way: _Way) -> LongArray:
    if way.place >= 0:
        return np.array([way.place])
    first, beyond = tree.spans[way.vertex]
    return np.asarray(first + np.flatnonzero(tree.taken[first:beyond] & MODES[way.mode]))
