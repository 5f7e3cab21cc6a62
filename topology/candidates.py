"""The devices that may be the open one, each with its probability, the best first.

Owns which devices cannot be told apart: those that put out the same service points are one candidate, whose
probability is the sum of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from topology.arrays import BoolArray, LongArray
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


@dataclass(frozen=True, slots=True, order=True)
class Blamed:
    """A device, or the service of a service point; the other is -1."""

    device: int = -1
    point: int = -1


@dataclass(frozen=True, slots=True)
class Suspect:
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


class Suspects:
    """Reads candidates off what is believed."""

    def __init__(self, blame: BlameTree, states: CutStates, believed: Believed) -> None:
        """Take the posterior of one moment."""
        self._blame = blame
        self._states = states
        self._believed = believed
        points = believed.points
        # Sorted by where they hang, so that those below a vertex are one slice.
        self._order = np.argsort(blame.vertex_of_point[points], kind="stable")
        self._point_vertices = blame.vertex_of_point[points][self._order]

    def of_device(self, vertex: int, state: int) -> Verdict:
        """Return the candidates near a vertex believed open to a state: above it, itself, and below.

        What is on other phases altogether is another matter.
        """
        end = int(self._blame.end[vertex])
        rows = np.arange(*np.searchsorted(self._believed.vertices, [vertex, end]))
        alike = ~self._states.apart[state]
        found = [*self._above(vertex, alike), *self._of_rows(rows, alike)]
        lost = self._states.out[state]
        found += [
            one for one in self._services(vertex, end) if lost[self._blame.taken_of_point[one.blamed.point]]
        ]
        return self._told_apart(found)

    def of_service(self, point: int) -> Verdict:
        """Return the candidates for a service point believed out alone."""
        vertex = int(self._blame.vertex_of_point[point])
        row = self._believed.row_of(vertex)
        takes_it = self._states.out[:, self._blame.taken_of_point[point]]
        found = [*self._above(vertex, takes_it)]
        if vertex != ROOT:
            found += self._of_rows(np.array([row]), takes_it)
        found += [one for one in self._services(vertex, vertex + 1) if one.blamed.point == point]
        return self._told_apart(found)

    def phases_of(self, vertex: int, state: int) -> int:
        """Return the phases that a vertex opens to add a state: all that it carries, or one of them."""
        own = int(self._blame.phases[vertex])
        if self._states.of_mask[own] == state:
            return own
        return next(bit for bit in PHASE_BITS if own & bit and self._states.of_mask[bit] == state)

    def _above(self, vertex: int, asked: BoolArray) -> Iterable[Suspect]:
        rows = [self._believed.row_of(above) for above in self._blame.above(vertex)]
        return self._of_rows(np.array([row for row in rows if row >= 0], dtype=np.int64), asked)

    def _of_rows(self, rows: LongArray, asked: BoolArray) -> Iterable[Suspect]:
        """Return what rows may have opened to, of the states asked for."""
        likely = np.where(asked, self._believed.probability[rows], 0.0)
        for place, state in zip(*np.nonzero(likely >= LEAST_PROBABILITY), strict=True):
            vertex = int(self._believed.vertices[rows[place]])
            phases = self.phases_of(vertex, int(state))
            yield Suspect(
                Blamed(device=int(self._blame.device[vertex])),
                phases,
                float(likely[place, state]),
                self._alike(vertex, phases),
            )

    def _services(self, vertex: int, end: int) -> Iterable[Suspect]:
        start, stop = np.searchsorted(self._point_vertices, [vertex, end])
        for place in self._order[start:stop].tolist():
            if (probability := float(self._believed.alone[place])) >= LEAST_PROBABILITY:
                point = int(self._believed.points[place])
                taken = int(self._blame.tree.service_point_phases[point])
                at = int(self._blame.vertex_of_point[point])
                only = at != ROOT and self._blame.affected(at, taken) == 1
                alike = self._alike(at, taken) if only else (-1, point, 1)
                yield Suspect(Blamed(point=point), taken, probability, alike)

    def _alike(self, vertex: int, phases: int) -> _Alike:
        """Return a key that is the same for all that put out the same service points.

        It is the topmost vertex that has no more of these service points below it, their sorts, their number.
        """
        blame = self._blame
        sorts = ((blame.taken & phases) > 0) & (blame.points_below[vertex] > 0)
        count = int(blame.points_below[vertex][sorts].sum())
        while (above := int(blame.parent[vertex])) != ROOT:
            if int(blame.points_below[above][sorts].sum()) != count:
                break
            vertex = above
        return vertex, int(np.packbits(sorts[:8], bitorder="little")[0]), count

    def _told_apart(self, found: Iterable[Suspect]) -> Verdict:
        groups: dict[_Alike, list[Suspect]] = {}
        for one in found:
            groups.setdefault(one.alike, []).append(one)
        named = [(self._candidate(group), group[0]) for group in groups.values()]
        named.sort(key=lambda pair: (-pair[0].probability, pair[0].device, pair[0].phases))
        first = named[0][1]
        return Verdict(first.blamed, first.phases, tuple(one for one, _ in named[:MOST_CANDIDATES]))

    def _candidate(self, group: list[Suspect]) -> Candidate:
        group.sort(key=lambda one: (-one.probability, one.blamed))
        named = name_of(self._blame.tree, group[0].blamed)
        others = {name_of(self._blame.tree, one.blamed) for one in group[1:]} - {named}
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
