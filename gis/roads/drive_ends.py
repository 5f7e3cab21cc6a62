"""Where drives begin and end among the places that Dijkstra walks, as numbers in arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Ends:
    """How drives begin or end: at which place, after or before how many minutes, for which number."""

    numbers: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]
    minutes: npt.NDArray[np.float64]
    edges: npt.NDArray[np.int64]
