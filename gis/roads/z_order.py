"""Points along a curve that stays in one neighbourhood as long as it can (Z-order, Morton 1966).

What lies near one another on the map then lies near one another in memory, and a walk waits less for it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_BITS = 16


def z_order(lon: npt.NDArray[np.int64], lat: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the numbers of points in the order of the curve; coordinates are whole numbers of any unit."""
    along = _spread(_scaled(lon)) | (_spread(_scaled(lat)) << np.uint64(1))
    return np.argsort(along, kind="stable")


def _scaled(units: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    least, most = (int(units.min()), int(units.max())) if len(units) else (0, 0)
    scaled: npt.NDArray[np.int64] = (units - least) * (2**_BITS - 1) // max(1, most - least)
    return scaled.astype(np.uint64)


def _spread(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return numbers of 16 bits with a free bit before each of theirs."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        numbers = (numbers | (numbers << np.uint64(shift))) & np.uint64(mask)
    return numbers
