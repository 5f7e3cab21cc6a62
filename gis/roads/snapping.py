"""Places snapped to the nearest road: on which segment, how far along it, and how far from it.

Distances are compared in Mercator's projection, which is true to angles, so that what is nearest on it is
nearest on the ground; metres are scaled back by the latitude. Rule: a road of the main part is taken before a
nearer one outside it if it lies at most `DETOUR_TO_MAIN_M` further: a crew walks over from a road that leads
somewhere rather than stand on a driveway that the map has left unconnected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gis.errors import CoordinatesOutOfRangeError
from gis.roads.roads import Roads, degrees

DETOUR_TO_MAIN_M = 50.0

_EARTH_AXIS_M = 6_378_137.0
_MERCATOR_LAT = 89.0
_MAX_LON, _MAX_LAT = 180.0, 90.0

_Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Snap:
    """One place on a road; `fraction` runs along the segment from 0 to 1."""

    segment: int
    fraction: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class Snaps:
    """Places on roads, as arrays; `distance_m` is the way from the place to the road."""

    segments: npt.NDArray[np.int32]
    fractions: _Array
    distances_m: _Array

    def __len__(self) -> int:
        """Return how many places there are."""
        return len(self.segments)

    def __getitem__(self, number: int) -> Snap:
        """Return one place."""
        return Snap(
            int(self.segments[number]), float(self.fractions[number]), float(self.distances_m[number])
        )

    def part(self, numbers: npt.NDArray[np.intp]) -> Snaps:
        """Return some of the places, by their numbers."""
        return Snaps(self.segments[numbers], self.fractions[numbers], self.distances_m[numbers])

    def joined(self, others: Snaps) -> Snaps:
        """Return these places, and others after them."""
        return Snaps(
            segments=np.concatenate([self.segments, others.segments]),
            fractions=np.concatenate([self.fractions, others.fractions]),
            distances_m=np.concatenate([self.distances_m, others.distances_m]),
        )

    @classmethod
    def of(cls, *snaps: Snap) -> Snaps:
        """Return places as arrays."""
        return cls(
            segments=np.array([one.segment for one in snaps], dtype=np.int32),
            fractions=np.array([one.fraction for one in snaps], dtype=np.float64),
            distances_m=np.array([one.distance_m for one in snaps], dtype=np.float64),
        )


class RoadIndex:
    """Segments by where they lie; made once for the roads of a file, in about a second for 300,000."""

    def __init__(self, roads: Roads, is_main: npt.NDArray[np.bool_]) -> None:
        """Index all segments; `is_main` marks those of the main part."""
        x, y = _mercator(degrees(roads.point_lon), degrees(roads.point_lat))
        counts = np.diff(roads.point_starts)
        owners = np.repeat(np.arange(roads.segment_count), counts)
        self._lines: npt.NDArray[np.object_] = np.asarray(
            shapely.linestrings(np.column_stack([x, y]), indices=owners), dtype=np.object_
        )
        self._main = np.flatnonzero(is_main)
        self._others = np.flatnonzero(~is_main)
        self._main_tree = shapely.STRtree(self._lines[self._main])
        self._other_tree = shapely.STRtree(self._lines[self._others])

    def nearest(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Snaps:
        """Return the nearest roads of places in degrees; CoordinatesOutOfRangeError."""
        lon, lat = np.atleast_1d(np.asarray(lon, np.float64)), np.atleast_1d(np.asarray(lat, np.float64))
        # What is not a number compares as False.
        wrong = ~((np.abs(lon) <= _MAX_LON) & (np.abs(lat) <= _MAX_LAT))
        if wrong.any():
            first = int(np.flatnonzero(wrong)[0])
            raise CoordinatesOutOfRangeError(
                f"Longitude {lon[first]}, latitude {lat[first]} is no place on Earth: longitude lies between "
                "-180 and 180, latitude between -90 and 90 degrees (are the two swapped?)."
            )
        points = np.asarray(shapely.points(*_mercator(lon, lat)), dtype=np.object_)
        scale = np.cos(np.radians(np.clip(lat, -_MERCATOR_LAT, _MERCATOR_LAT)))
        main, to_main = _nearest(self._main_tree, self._main, points)
        other, to_other = _nearest(self._other_tree, self._others, points)
        takes_main = to_main * scale <= to_other * scale + DETOUR_TO_MAIN_M
        segments = np.where(takes_main, main, other).astype(np.int32)
        fractions = shapely.line_locate_point(self._lines[segments], points, normalized=True)
        return Snaps(
            segments=segments,
            # A segment of no length has no fractions.
            fractions=np.nan_to_num(fractions),
            distances_m=np.where(takes_main, to_main, to_other) * scale,
        )

    def touching(self, area: shapely.Geometry) -> npt.NDArray[np.int32]:
        """Return the segments that an area in EPSG:4326 touches, sorted."""
        there = shapely.transform(area, lambda at: np.column_stack(_mercator(at[:, 0], at[:, 1])))
        parts = [
            numbers[tree.query(there, predicate="intersects")]
            for tree, numbers in ((self._main_tree, self._main), (self._other_tree, self._others))
        ]
        return np.sort(np.concatenate(parts)).astype(np.int32)


def _nearest(
    tree: shapely.STRtree, numbers: npt.NDArray[np.intp], points: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.intp], _Array]:
    """Return the nearest segment of each point and its distance; infinite if the tree is empty."""
    if not len(numbers):
        return np.zeros(len(points), dtype=np.intp), np.full(len(points), np.inf)
    (places, found), distances = tree.query_nearest(points, all_matches=False, return_distance=True)
    segments, away = np.zeros(len(points), dtype=np.intp), np.full(len(points), np.inf)
    segments[places], away[places] = numbers[found], distances
    return segments, away


def _mercator(lon: _Array, lat: _Array) -> tuple[_Array, _Array]:
    """Return x and y in metres at the equator."""
    bounded = np.radians(np.clip(lat, -_MERCATOR_LAT, _MERCATOR_LAT))
    return _EARTH_AXIS_M * np.radians(lon), _EARTH_AXIS_M * np.log(np.tan(np.pi / 4 + bounded / 2))
