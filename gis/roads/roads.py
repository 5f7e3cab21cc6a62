"""Roads as arrays: segments between the points where roads meet or end, and what may follow what.

Segment s is driven along its points as edge 2 s and against them as edge 2 s + 1, whether or not it may be:
the numbers of edges follow from the file alone, so a closed road keeps its number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from gis.roads.speeds import CLASS_KMH

ROAD_CLASSES = tuple(CLASS_KMH)
NO_NAME = -1

IntArray = npt.NDArray[np.int32]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Roads:
    """All roads of one file; minutes are infinite where a segment is not driven that way.

    Coordinates are whole numbers of 1e-7 degrees; `turns_from[i]` may not be followed by `turns_to[i]`.
    """

    way_ids: npt.NDArray[np.int64]
    classes: npt.NDArray[np.uint8]
    names: IntArray
    from_vertices: IntArray
    to_vertices: IntArray
    lengths_m: FloatArray
    forward_minutes: FloatArray
    backward_minutes: FloatArray
    by_permission: npt.NDArray[np.bool_]
    point_starts: npt.NDArray[np.int64]
    point_lon: IntArray
    point_lat: IntArray
    name_starts: npt.NDArray[np.int64]
    name_bytes: npt.NDArray[np.uint8]
    turns_from: IntArray
    turns_to: IntArray

    @property
    def segment_count(self) -> int:
        """Return how many segments there are."""
        return len(self.way_ids)

    @cached_property
    def vertex_count(self) -> int:
        """Return at how many points roads meet or end."""
        ends = [int(array.max()) for array in (self.from_vertices, self.to_vertices) if len(array)]
        return max(ends, default=-1) + 1

    @cached_property
    def edge_tails(self) -> IntArray:
        """Return the vertex where each edge begins."""
        return _interleaved(self.from_vertices, self.to_vertices)

    @cached_property
    def edge_heads(self) -> IntArray:
        """Return the vertex where each edge ends."""
        return _interleaved(self.to_vertices, self.from_vertices)

    @cached_property
    def edge_minutes(self) -> FloatArray:
        """Return how long each edge takes; infinite where it is not driven."""
        return _interleaved(self.forward_minutes, self.backward_minutes)

    def name(self, segment: int) -> str | None:
        """Return the name of a segment's road, or its number; None if it has neither."""
        number = int(self.names[segment])
        if number == NO_NAME:
            return None
        start, end = self.name_starts[number : number + 2]
        name: bytes = self.name_bytes[start:end].tobytes()
        return name.decode()

    def road_class(self, segment: int) -> str:
        """Return the class of a segment's road, as OpenStreetMap's `highway` has it."""
        return ROAD_CLASSES[int(self.classes[segment])]

    def points(self, segment: int) -> npt.NDArray[np.float64]:
        """Return the line of a segment: rows of longitude and latitude in degrees."""
        part = slice(self.point_starts[segment], self.point_starts[segment + 1])
        return np.column_stack([degrees(self.point_lon[part]), degrees(self.point_lat[part])])

    def edges_of(self, segments: npt.ArrayLike) -> IntArray:
        """Return the edges of segments, there and back."""
        numbers = np.asarray(segments, dtype=np.int32)
        return _interleaved(2 * numbers, 2 * numbers + 1)


def _interleaved(forward: npt.NDArray[Any], backward: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.column_stack([forward, backward]).ravel()


_UNITS_PER_DEGREE = 1e7


def degrees(units: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """Return coordinates in degrees, of whole numbers of 1e-7 degrees."""
    return units / _UNITS_PER_DEGREE


def whole_units(degrees: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    """Return coordinates in whole numbers of 1e-7 degrees."""
    return np.rint(degrees * _UNITS_PER_DEGREE).astype(np.int32)


def packed_names(names: list[str]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Return names as where each starts, and all their bytes in one row."""
    encoded = [name.encode() for name in names]
    starts = np.zeros(len(encoded) + 1, dtype=np.int64)
    np.cumsum([len(name) for name in encoded], out=starts[1:])
    return starts, np.frombuffer(b"".join(encoded), dtype=np.uint8)
