"""A fault of a trial storm by indices, before it becomes part of the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from topology.arrays import IntArray


@dataclass(frozen=True, eq=False, slots=True)
class DrawnFault:
    """A fault by index; `starts` in seconds from the first moment of the storm, `ends` where it is repaired.

    `out` are the service points that are out by this fault and by none below it.
    """

    kind: str
    index: int
    phases: int
    starts: float
    out: IntArray
    ends: float = np.inf
