"""The devices that may be the open one, each with its probability, the best first.

Owns which devices cannot be told apart: those that put out the same service points are one candidate, whose
probability is the sum of theirs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from topology.blame_tree import ROOT, BlameTree
from topology.down_pass import Believed
from topology.fault_priors import CutStates
from topology.inference_result import Candidate
from topology.phases import PHASE_BITS, format_phases
from topology.supply_tree import SupplyTree

MOST_CANDIDATES = 12
# A probability below this is not worth a line.
LEAST_PROBABILITY = 0.001
_Alike = tuple[int, int, int]


class Blamed(NamedTuple):
    """A device, or the service of a service point; the other is -1."""

    device: int = -1
    point: int = -1


class Suspect(NamedTuple):
    """What may be open on which phases, how likely, and what it cannot be told apart from."""

    blamed: Blamed
    phases: int
    probability: float
    alike: _Alike


@dataclass(frozen=True, slots=True)
class Verdict:
    """The candidates of one outage, and what the first of them is."""

    blamed: Blamed
    phases: int
    candidates: tuple[Candidate, ...]


class Names:
    """What never changes about what may be blamed, worked out once: names, and what cannot be told apart."""

    def __init__(self, blame: BlameTree, states: CutStates) -> None:
        """Start without any."""
        self._blame = blame
        self._states = states
        self._names: dict[Blamed, str] = {}
        self._alike: dict[tuple[int, int], _Alike] = {}

    def of(self, blamed: Blamed) -> str:
        """Return the id of what is blamed."""
        if (name := self._names.get(blamed)) is None:
            name = self._names[blamed] = name_of(self._blame.tree, blamed)
        return name

    def phases_of(self, vertex: int, state: int) -> int:
        """Return the phases that a vertex opens to add a state: all that it carries, or one of them."""
        own = int(self._blame.phases[vertex])
        if self._states.of_mask[own] == state:
            return own
        return next(bit for bit in PHASE_BITS if own & bit and self._states.of_mask[bit] == state)

    def alike(self, vertex: int, phases: int) -> _Alike:
        """Return a key that is the same for all that put out the same service points.

        It is the topmost vertex that has no more of these service points below it, their sorts, their number.
        """
        if (key := self._alike.get((vertex, phases))) is None:
            key = self._alike[vertex, phases] = self._find_alike(vertex, phases)
        return key

    def _find_alike(self, vertex: int, phases: int) -> _Alike:
        blame = self._blame
        sorts = ((blame.taken & phases) > 0) & (blame.points_below[vertex] > 0)
        count = int(blame.points_below[vertex][sorts].sum())
        while (above := int(blame.parent[vertex])) != ROOT:
            if int(blame.points_below[above][sorts].sum()) != count:
                break
            vertex = above
        return vertex, int(np.packbits(sorts[:8], bitorder="little")[0]), count


class Suspects:
    """Reads candidates off what is believed."""

    def __init__(self, blame: BlameTree, states: CutStates, believed: Believed, names: Names) -> None:
        """Take the posterior of one moment."""
        self._blame = blame
        self._states = states
        self._names = names
        # By vertex with anything worth a line: the states it may have opened to, and how likely.
        self._likely: dict[int, list[tuple[int, float]]] = {}
        rows, opened = np.nonzero(believed.probability >= LEAST_PROBABILITY)
        vertices = believed.vertices[rows].tolist()
        likely = believed.probability[rows, opened].tolist()
        for vertex, state, probability in zip(vertices, opened.tolist(), likely, strict=True):
            self._likely.setdefault(vertex, []).append((state, probability))
        self._likely_vertices = list(self._likely)
        # Likewise the service points, sorted by where they hang, so that those below a vertex are one slice.
        places = np.flatnonzero(believed.alone >= LEAST_PROBABILITY)
        at = blame.vertex_of_point[believed.points[places]]
        order = np.argsort(at, kind="stable")
        self._points = believed.points[places][order].tolist()
        self._point_vertices = at[order].tolist()
        self._alone = dict(zip(self._points, believed.alone[places][order].tolist(), strict=True))
        self._taken_of_point = blame.taken_of_point
        self._states_of: dict[int, list[bool]] = {}

    def of_device(self, vertex: int, state: int) -> Verdict:
        """Return the candidates near a vertex believed open to a state: above it, itself, and below.

        What is on other phases altogether is another matter.
        """
        end = int(self._blame.end[vertex])
        alike = (~self._states.apart[state]).tolist()
        start, stop = (bisect_left(self._likely_vertices, one) for one in (vertex, end))
        near = (*self._blame.above(vertex), *self._likely_vertices[start:stop])
        found = self._of_vertices(near, alike)
        lost = self._states.out[state]
        start, stop = (bisect_left(self._point_vertices, one) for one in (vertex, end))
        found += [self._service(one) for one in self._points[start:stop] if lost[self._taken_of_point[one]]]
        return self._told_apart(found)

    def of_service(self, point: int) -> Verdict:
        """Return the candidates for a service point believed out alone."""
        vertex = int(self._blame.vertex_of_point[point])
        taken = int(self._taken_of_point[point])
        if (takes_it := self._states_of.get(taken)) is None:
            takes_it = self._states_of[taken] = self._states.out[:, taken].tolist()
        near = self._blame.above(vertex) if vertex == ROOT else (vertex, *self._blame.above(vertex))
        found = self._of_vertices(near, takes_it)
        if point in self._alone:
            found.append(self._service(point))
        return self._told_apart(found)

    def _of_vertices(self, vertices: Iterable[int], asked: Sequence[bool]) -> list[Suspect]:
        """Return what vertices may have opened to, of the states asked for."""
        found = []
        for vertex in vertices:
            for state, probability in self._likely.get(vertex, ()):
                if asked[state]:
                    phases = self._names.phases_of(vertex, state)
                    blamed = Blamed(device=int(self._blame.device[vertex]))
                    found.append(Suspect(blamed, phases, probability, self._names.alike(vertex, phases)))
        return found

    def _service(self, point: int) -> Suspect:
        taken = int(self._blame.tree.service_point_phases[point])
        at = int(self._blame.vertex_of_point[point])
        alike = self._names.alike(at, taken) if at != ROOT else None
        is_only = alike is not None and alike[-1] == 1
        key = alike if alike is not None and is_only else (-1, point, 1)
        return Suspect(Blamed(point=point), taken, self._alone[point], key)

    def _told_apart(self, found: Iterable[Suspect]) -> Verdict:
        groups: dict[_Alike, list[Suspect]] = {}
        for one in found:
            groups.setdefault(one.alike, []).append(one)
        named = [(self._candidate(group), group[0]) for group in groups.values()]
        named.sort(key=lambda pair: (-pair[0].probability, pair[0].device, pair[0].phases))
        first = named[0][1]
        return Verdict(first.blamed, first.phases, tuple(one for one, _ in named[:MOST_CANDIDATES]))

    def _candidate(self, group: list[Suspect]) -> Candidate:
        if len(group) == 1:
            only = group[0]
            name = self._names.of(only.blamed)
            return Candidate(name, format_phases(only.phases), min(1.0, only.probability), ())
        group.sort(key=lambda one: (-one.probability, one.blamed))
        named = self._names.of(group[0].blamed)
        others = {self._names.of(one.blamed) for one in group[1:]} - {named}
        return Candidate(
            named,
            format_phases(group[0].phases),
            min(1.0, sum(one.probability for one in group)),
            tuple(sorted(others)),
        )


def name_of(tree: SupplyTree, blamed: Blamed) -> str:
    """Return the id of what is blamed."""
    if blamed.device >= 0:
        return tree.network.device_ids(np.array([blamed.device]))[0]
    return tree.network.service_point_ids(np.array([blamed.point]))[0]
