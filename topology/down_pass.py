"""One pass down the blame tree: what is most likely open, and how likely each device near a report is.

Owns the posterior of "this device is open and none above it on its phases" for every vertex with a report at
or below it, and the choice of what is believed:
Rule 1: going down, a device is believed open when that is more likely than not, given that what is believed
open above it is all that is. Of the phases it may open on, the likeliest.
Rule 2: below it, only what a device adds on other phases is still asked.
Rule 3: a service point that reports and is not explained so is not passed over unless its report is all but
certainly false: less likely out than `WORTH_SAYING`. One that only did not wake has said nothing: it must be
more likely out than not. So must one that gasped and was asked in vain, where nobody has called: no more will
be learned of it soon.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from topology.arrays import BoolArray, IntArray, LongArray
from topology.blame_tree import NOBODY, ROOT
from topology.evidence_weights import FloatArray, Meter
from topology.fault_priors import WHOLE
from topology.posterior import QUIET, Posterior

MORE_LIKELY_THAN_NOT = 0.5
WORTH_SAYING = 0.01
_HAVE_SAID_LITTLE = (Meter.NOT_WOKEN, Meter.GASPED_UNREACHABLE)


@dataclass(frozen=True, eq=False)
class Believed:
    """The answer for the vertices near reports.

    `vertices` are sorted; `probability` is by row and state: open to this state and nothing above on these
    phases. `opened` are rows and states believed open. `cut` is the state believed at and below each row.
    `points` report out and hang near; `alone` is how likely each is out by its own service and nothing above.
    `unexplained` are those of them that rule 3 leaves, the likeliest out first.
    """

    vertices: LongArray
    probability: FloatArray
    cut: IntArray
    opened: tuple[tuple[int, int], ...]
    points: LongArray
    alone: FloatArray
    unexplained: LongArray

    def row_of(self, vertex: int) -> int:
        """Return the row of a vertex, -1 when no report is near."""
        row = int(np.searchsorted(self.vertices, vertex))
        return row if row < len(self.vertices) and self.vertices[row] == vertex else NOBODY


def go_down(posterior: Posterior, points: LongArray, within: BoolArray | None = None) -> Believed:
    """Return what is believed of all that is near some service points: those that report being out.

    `within` tells by vertex whether it is wanted; None: all are. Feeders are independent of each other.
    """
    blame = posterior.blame
    told = posterior.is_told if within is None else posterior.is_told & within
    if within is not None:
        points = points[within[blame.vertex_of_point[points]]]
    near = blame.with_all_above(np.concatenate([blame.vertex_of_point[points], np.flatnonzero(told)]))
    vertices = near[(near == ROOT) | (posterior.age[near] != QUIET)]
    descent = _Descent(posterior, vertices)
    for level in blame.levels(vertices)[1:]:
        descent.step(level)
    alone, unexplained = descent.services(points)
    opened = sorted(descent.opened)
    return Believed(
        vertices=vertices,
        probability=descent.probability,
        cut=descent.cut,
        opened=tuple(opened),
        points=points,
        alone=alone,
        unexplained=unexplained,
    )


class _Descent:
    """The pass itself; `below[row, state, setting]` is how likely this is cut at a row and above."""

    def __init__(self, posterior: Posterior, vertices: LongArray) -> None:
        self._posterior = posterior
        self._row = np.zeros(len(posterior.blame), dtype=np.int64)
        self._row[vertices] = np.arange(len(vertices))
        passes = posterior.passes
        count, states, settings = len(vertices), len(posterior.states), len(passes.settings)
        self._below = np.zeros((count, states, settings))
        self._below[0, WHOLE] = 1.0
        self.probability = np.zeros((count, states))
        self.cut = np.zeros(count, dtype=np.int32)
        self.opened: list[tuple[int, int]] = []

    def step(self, level: LongArray) -> None:
        """Go down to the vertices of one depth."""
        posterior, passes = self._posterior, self._posterior.passes
        states, weights = posterior.states, posterior.weights
        rows = self._row[level]
        above = self._row[posterior.blame.parent[level]]
        reach = self._below[above]
        believed = self.cut[above]
        given = _given(reach, believed, weights)
        log_gain = passes.log_gain(level)
        below = reach * np.exp(-log_gain)
        adds = np.zeros((len(level), len(states)))
        for opening in passes.openings(level):
            at, state = opening.rows, opening.state
            likely = np.exp(opening.log_odds - log_gain[at])
            joint = reach[at] * likely
            self.probability[rows[at], state] = joint[:, states.apart[state]].sum(axis=1) @ weights
            becomes = states.join[:, state] == np.arange(len(states))[:, None]
            below[at] += becomes.astype(np.float64) @ joint
            given_cut = likely[np.arange(len(at)), believed[at]]
            new = states.join[believed[at], state] != believed[at]
            adds[at, state] = np.where(new, (given_cut * given[at]).sum(axis=1), 0.0)
        self._below[rows] = below
        opens = adds.sum(axis=1) > MORE_LIKELY_THAN_NOT
        state = adds.argmax(axis=1)
        self.cut[rows] = np.where(opens, states.join[believed, state], believed)
        self.opened += zip(rows[opens].tolist(), state[opens].tolist(), strict=True)

    def services(self, points: LongArray) -> tuple[FloatArray, LongArray]:
        """Return how likely points are out alone, and those that are left unexplained."""
        posterior = self._posterior
        blame, states, weights = posterior.blame, posterior.states, posterior.weights
        rows = self._row[blame.vertex_of_point[points]]
        taken = blame.taken_of_point[points]
        # How likely it is cut, or not, is the same for all at one vertex that take the same phases.
        reach = np.ascontiguousarray(self._below.transpose(0, 2, 1))
        cut = (reach @ states.out) * weights[:, None]
        whole = (reach @ ~states.out) * weights[:, None]
        alone = np.einsum("ij,ij->i", whole[rows, :, taken], posterior.service_alone(points))
        out = alone + cut.sum(axis=1)[rows, taken]
        is_cut = states.out[self.cut[rows], taken]
        has_said_little = np.isin(posterior.category[points], _HAVE_SAID_LITTLE)
        least = np.where(has_said_little, MORE_LIKELY_THAN_NOT, WORTH_SAYING)
        left = np.flatnonzero((out >= least) & ~is_cut)
        return alone, points[left[np.argsort(-out[left], kind="stable")]]


def _given(reach: FloatArray, believed: IntArray, weights: FloatArray) -> FloatArray:
    """Return the weights of the settings given that just what is believed is cut above, rows x settings."""
    weighed = reach[np.arange(len(reach)), believed] * weights
    whole = weighed.sum(axis=1, keepdims=True)
    return np.where(whole > 0, weighed / np.where(whole > 0, whole, 1.0), weights)
