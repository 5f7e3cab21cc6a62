"""A large road network for measurements: a jittered lattice of streets, with arterials, gaps and one-ways.

Made from a seed, since no extract of 300,000 junctions lies in the repository. Its junctions have about the
degree that towns have (2.7 to 3 streets each), and some streets are three times as fast as others.
"""

from __future__ import annotations

import numpy as np

from gis.roads.roads import NO_NAME, ROAD_CLASSES, Roads, packed_names, whole_units

_STREET_M = 120.0
_METRES_PER_DEGREE = 111_195.0
_SOUTH, _WEST = 50.0, 8.0
_ARTERIAL_EVERY = 12
_GAPS, _ONE_WAYS = 0.25, 0.1
_STREET_KMH, _ARTERIAL_KMH = 24.0, 60.0


def lattice_roads(*, side: int, seed: int) -> Roads:
    """Return the streets between `side` × `side` corners; 560 gives 313,600 of them."""
    rng = np.random.default_rng(seed)
    corner = np.arange(side * side).reshape(side, side)
    # Vertices of imported roads are numbered along the roads, not by where they lie: here by chance.
    number = rng.permutation(side * side)
    tails = np.concatenate([corner[:, :-1].ravel(), corner[:-1].ravel()])
    heads = np.concatenate([corner[:, 1:].ravel(), corner[1:].ravel()])
    rows, columns = np.divmod(tails, side)
    along_row = np.arange(len(tails)) < side * (side - 1)
    is_arterial = np.where(along_row, rows, columns) % _ARTERIAL_EVERY == 0
    kept = is_arterial | (rng.random(len(tails)) >= _GAPS)
    tails, heads, is_arterial = tails[kept], heads[kept], is_arterial[kept]
    x = (corner.ravel() % side + rng.uniform(-0.3, 0.3, side * side)) * _STREET_M
    y = (corner.ravel() // side + rng.uniform(-0.3, 0.3, side * side)) * _STREET_M
    lon = whole_units(_WEST + x / (_METRES_PER_DEGREE * np.cos(np.radians(_SOUTH))))
    lat = whole_units(_SOUTH + y / _METRES_PER_DEGREE)
    lengths_m = np.hypot(x[heads] - x[tails], y[heads] - y[tails])
    metres_per_minute = np.where(is_arterial, _ARTERIAL_KMH, _STREET_KMH) * 1000 / 60
    minutes = (lengths_m / metres_per_minute).astype(np.float32)
    is_one_way = ~is_arterial & (rng.random(len(tails)) < _ONE_WAYS)
    name_starts, name_bytes = packed_names([])
    count = len(tails)
    classes = [ROAD_CLASSES.index(one) for one in ("residential", "primary")]
    return Roads(
        way_ids=np.arange(1, count + 1, dtype=np.int64),
        classes=np.where(is_arterial, classes[1], classes[0]).astype(np.uint8),
        names=np.full(count, NO_NAME, dtype=np.int32),
        from_vertices=number[tails].astype(np.int32),
        to_vertices=number[heads].astype(np.int32),
        lengths_m=lengths_m.astype(np.float32),
        forward_minutes=minutes,
        backward_minutes=np.where(is_one_way, np.float32(np.inf), minutes),
        by_permission=np.zeros(count, dtype=np.bool_),
        point_starts=np.arange(0, 2 * count + 1, 2, dtype=np.int64),
        point_lon=np.column_stack([lon[tails], lon[heads]]).ravel(),
        point_lat=np.column_stack([lat[tails], lat[heads]]).ravel(),
        name_starts=name_starts,
        name_bytes=name_bytes,
        turns_from=np.zeros(0, dtype=np.int32),
        turns_to=np.zeros(0, dtype=np.int32),
    )
