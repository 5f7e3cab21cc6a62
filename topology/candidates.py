"""The devices that may be the open one, each with its probability, the best first: of all outages at once.

Owns which devices cannot be told apart: those that put out the same service points are one candidate, whose
probability is the sum of theirs. Of candidates just as likely devices come before services, then by id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from topology.arrays import BoolArray, IdArray, Indices, LongArray, decode_ids, stretches
from topology.blame_tree import ROOT, BlameTree
from topology.down_pass import Believed
from topology.evidence_weights import FloatArray
from topology.fault_priors import CutStates
from topology.phases import ABC, PHASE_BITS, format_phases
from topology.supply_tree import SupplyTree

MOST_CANDIDATES = 12
# A probability below this is not worth a line.
LEAST_PROBABILITY = 0.001
_UNKNOWN = -1
_RANK_OF_PHASES = np.argsort(np.argsort([format_phases(mask) for mask in range(ABC + 1)]))


class Blamed(NamedTuple):
    """A device, or the service of a service point; the other is -1."""

    device: int = -1
    point: int = -1

    @property
    def number(self) -> int:
        """Both in one number, as columns hold it: that of the device, or the complement of the point's."""
        return self.device if self.device >= 0 else ~self.point


@dataclass(frozen=True, eq=False, slots=True)
class Suspects:
    """What may be open, in columns: of which outage, what (`Blamed.number`), on which phases, how likely.

    Of one outage, those with the same `alike` cannot be told apart.
    """

    outage: LongArray
    blamed: LongArray
    phases: LongArray
    probability: FloatArray
    alike: LongArray

    def __getitem__(self, chosen: Indices | BoolArray) -> Suspects:
        """Return some of them."""
        return Suspects(
            self.outage[chosen],
            self.blamed[chosen],
            self.phases[chosen],
            self.probability[chosen],
            self.alike[chosen],
        )


@dataclass(frozen=True, eq=False, slots=True)
class Verdicts:
    """The candidates of some outages, in columns.

    Those of outage i stand from `starts[i]` to `starts[i + 1]`, the likeliest first, with `probability`. What
    candidate j is stands in `blamed` and `phases` at `members[j]`, and what it cannot be told apart from
    behind that, up to `members[j + 1]`.
    """

    starts: LongArray
    probability: FloatArray
    members: LongArray
    blamed: LongArray
    phases: LongArray

    def __len__(self) -> int:
        """Return the number of outages."""
        return len(self.starts) - 1

    @property
    def first_blamed(self) -> LongArray:
        """By outage what its first candidate is."""
        return self.blamed[self.members[self.starts[:-1]]]

    @property
    def first_phases(self) -> LongArray:
        """By outage the phases of its first candidate."""
        return self.phases[self.members[self.starts[:-1]]]

    @property
    def first_probability(self) -> FloatArray:
        """By outage how likely its first candidate is."""
        return self.probability[self.starts[:-1]]


class Judge:
    """Reads candidates off what is believed; keeps what never changes about what may be blamed."""

    def __init__(self, blame: BlameTree, states: CutStates) -> None:
        """Start with nothing looked up."""
        self._blame = blame
        self._states = states
        # By the phases that a vertex carries and a state: those it opens to add it.
        self._opens = np.array([[_opens(states, own, to) for to in range(len(states))] for own in range(8)])
        # By phases: the sets of phases that take one of them.
        self._takes = (np.arange(ABC + 1)[:, None] & blame.taken[None, :]) > 0
        self._alike = np.full((len(blame), ABC + 1), _UNKNOWN, dtype=np.int64)

    def verdicts(self, believed: Believed) -> Verdicts:
        """Return the candidates of every device believed open and of every report that is not explained.

        Near a device are those above it, itself, and what is below, on phases that it concerns; near a report
        what is above it and its own service. Two with the same first candidate are one.
        """
        opened = np.array(believed.opened, dtype=np.int64).reshape(-1, 2)
        lone = believed.unexplained
        devices = believed.vertices[opened[:, 0]]
        at = np.concatenate([devices, self._blame.vertex_of_point[lone]])
        of_devices = ~self._states.apart[opened[:, 1]]
        of_points = self._states.out[:, self._blame.taken_of_point[lone]].T
        concerned = np.concatenate([of_devices, of_points])
        lost = self._states.out[opened[:, 1]]
        found = (
            self._vertices_near(believed, at, concerned, len(devices)),
            self._services_near(believed, devices, lost),
        )
        columns = (np.concatenate([getattr(one, name) for one in found]) for name in Suspects.__slots__)
        return told_apart(Suspects(*columns))

    def _vertices_near(
        self, believed: Believed, at: LongArray, concerned: BoolArray, devices: int
    ) -> Suspects:
        """Return what may be open at or above some vertices, and below the first so many of them."""
        blame = self._blame
        rows, states = np.nonzero(believed.probability >= LEAST_PROBABILITY)
        vertices = believed.vertices[rows]
        outages, above = _with_above(blame, at)
        below = at[:devices]
        starts = np.searchsorted(vertices, np.concatenate([above, below + 1]))
        stops = np.searchsorted(vertices, np.concatenate([above + 1, blame.end[below]]))
        places, which = stretches(starts, stops)
        outage = np.concatenate([outages, np.arange(devices)])[which]
        asked = concerned[outage, states[places]]
        places, outage = places[asked], outage[asked]
        vertex, state = vertices[places], states[places]
        phases = self._opens[blame.phases[vertex], state]
        return Suspects(
            outage,
            blame.device[vertex].astype(np.int64),
            phases,
            believed.probability[rows[places], state],
            self._alike_of(vertex, phases),
        )

    def _services_near(self, believed: Believed, devices: LongArray, lost: BoolArray) -> Suspects:
        """Return the services that may be open: those below devices that lose by them, and each by itself."""
        blame = self._blame
        worth = np.flatnonzero(believed.alone >= LEAST_PROBABILITY)
        at = blame.vertex_of_point[believed.points[worth]]
        worth = worth[np.argsort(at, kind="stable")]
        at = blame.vertex_of_point[believed.points[worth]]
        places, below = stretches(np.searchsorted(at, devices), np.searchsorted(at, blame.end[devices]))
        places = worth[places]
        loses = lost[below, blame.taken_of_point[believed.points[places]]]
        own = np.searchsorted(believed.points, believed.unexplained)
        by_itself = np.flatnonzero(believed.alone[own] >= LEAST_PROBABILITY)
        places = np.concatenate([places[loses], own[by_itself]])
        points = believed.points[places]
        taken = blame.tree.service_point_phases[points].astype(np.int64)
        return Suspects(
            np.concatenate([below[loses], len(devices) + by_itself]),
            ~points,
            taken,
            believed.alone[places],
            self._alike_service(points, taken),
        )

    def _alike_service(self, points: LongArray, taken: LongArray) -> LongArray:
        """Return the keys of services: like the devices that put out just this point, if there are any."""
        at = self._blame.vertex_of_point[points].astype(np.int64)
        count = (self._blame.points_below[at] * self._takes[taken]).sum(axis=1)
        alike = ~points
        only = np.flatnonzero((count == 1) & (at != ROOT))
        alike[only] = self._alike_of(at[only], taken[only])
        return alike

    def _alike_of(self, vertices: LongArray, phases: LongArray) -> LongArray:
        """Return a key that is the same for all that put out the same service points, and not negative."""
        unknown = np.flatnonzero(self._alike[vertices, phases] == _UNKNOWN)
        if len(unknown):
            self._find_alike(vertices[unknown], phases[unknown])
        return self._alike[vertices, phases]

    def _find_alike(self, vertices: LongArray, phases: LongArray) -> None:
        """Find the topmost vertex that has no more of these service points below it, and their sorts."""
        blame = self._blame
        sorts = (blame.points_below[vertices] > 0) & self._takes[phases]
        count = (blame.points_below[vertices] * sorts).sum(axis=1)
        top = vertices.copy()
        climbing = np.arange(len(vertices))
        while len(climbing):
            above = blame.parent[top[climbing]]
            has_no_more = (blame.points_below[above] * sorts[climbing]).sum(axis=1) == count[climbing]
            is_same = has_no_more & (above != ROOT)
            climbing = climbing[is_same]
            top[climbing] = above[is_same]
        bits = np.packbits(sorts, axis=1, bitorder="little")[:, 0]
        self._alike[vertices, phases] = top * 256 + bits


def _opens(states: CutStates, carried: int, state: int) -> int:
    """Return the phases that something opens to add a state: all that it carries, or one of them."""
    if states.of_mask[carried] == state:
        return carried
    return next((bit for bit in PHASE_BITS if carried & bit and states.of_mask[bit] == state), 0)


def _with_above(blame: BlameTree, at: LongArray) -> tuple[LongArray, LongArray]:
    """Return some vertices and all above each, without the root: the place of the first, and the vertex."""
    places, vertices = [], []
    climbing, here = np.arange(len(at)), at
    while len(climbing):
        is_device = here != ROOT
        climbing, here = climbing[is_device], here[is_device]
        places.append(climbing)
        vertices.append(here)
        here = blame.parent[here].astype(np.int64)
    return np.concatenate([at[:0], *places]), np.concatenate([at[:0], *vertices])


def told_apart(suspects: Suspects) -> Verdicts:
    """Return candidates of suspects, each with all it cannot be told apart from."""
    found = suspects[np.lexsort((suspects.blamed, -suspects.probability, suspects.alike, suspects.outage))]
    is_other = (np.diff(found.outage, prepend=-1) != 0) | (np.diff(found.alike, prepend=0) != 0)
    firsts = np.flatnonzero(is_other)
    ends = np.append(firsts[1:], len(found.outage))
    probability = (
        np.minimum(1.0, np.add.reduceat(found.probability, firsts)) if len(firsts) else found.probability
    )
    outage, blamed = found.outage[firsts], found.blamed[firsts]
    by_id = np.where(blamed < 0, ~blamed, blamed)
    by_phases = _RANK_OF_PHASES[found.phases[firsts]]
    order = np.lexsort((by_phases, by_id, blamed < 0, -probability, outage))
    begins = np.flatnonzero(np.diff(outage[order], prepend=-1))
    stops = np.minimum(np.append(begins[1:], len(order)), begins + MOST_CANDIDATES)
    is_first = firsts[order[begins]]
    _, kept = np.unique(found.blamed[is_first] * (ABC + 1) + found.phases[is_first], return_index=True)
    kept.sort()
    places, _ = stretches(begins[kept], stops[kept])
    chosen = order[places]
    members, _ = stretches(firsts[chosen], ends[chosen])
    return Verdicts(
        starts=np.concatenate([[0], np.cumsum(stops[kept] - begins[kept])]),
        probability=probability[chosen],
        members=np.concatenate([[0], np.cumsum(ends[chosen] - firsts[chosen])]),
        blamed=found.blamed[members],
        phases=found.phases[members],
    )


def vertices_of(blame: BlameTree, blamed: LongArray) -> LongArray:
    """Return the vertices of what is blamed: the device itself, or that from which a service hangs."""
    vertices = np.empty(len(blamed), dtype=np.int64)
    is_device = blamed >= 0
    vertices[is_device] = blame.vertex_of_device[blamed[is_device]]
    vertices[~is_device] = blame.vertex_of_point[~blamed[~is_device]]
    return vertices


def id_array_of(tree: SupplyTree, blamed: LongArray) -> IdArray:
    """Return the ids of what is blamed, as bytes."""
    devices, points = tree.network.device_id_array, tree.network.service_point_id_array
    ids = np.empty(len(blamed), dtype=np.promote_types(devices.dtype, points.dtype))
    is_device = blamed >= 0
    ids[is_device] = devices[blamed[is_device]]
    ids[~is_device] = points[~blamed[~is_device]]
    return ids


def name_of(tree: SupplyTree, blamed: Blamed) -> str:
    """Return the id of what is blamed."""
    return decode_ids(id_array_of(tree, np.array([blamed.number])))[0]
