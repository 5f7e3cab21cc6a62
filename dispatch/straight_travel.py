"""Travel times while no roads are known: the straight line, stretched, for many places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from gis.place import Place
from gis.travel import STRAIGHT_LINE, estimate_travel


@dataclass(frozen=True, slots=True)
class StraightTable:
    """Minutes from origins (rows) to destinations (columns)."""

    minutes: npt.NDArray[np.float64]
    source: str = STRAIGHT_LINE


class StraightTravel:
    """Knows no roads."""

    def minutes(
        self, _session: Session, *, origins: Sequence[Place], destinations: Sequence[Place]
    ) -> StraightTable:
        """Return the minutes between places."""
        minutes = [
            [estimate_travel(origin=one, destination=other).travel_minutes for other in destinations]
            for one in origins
        ]
        return StraightTable(np.array(minutes).reshape(len(origins), len(destinations)))
