"""Roads as rows: written with COPY, read back into the very same arrays."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from psycopg import sql
from sqlalchemy.orm import Session

from gis.network_rows import driver_connection
from gis.roads.raw_roads import Progress
from gis.roads.roads import NO_NAME, ROAD_CLASSES, Roads, degrees, packed_names, whole_units

STORING = "storing roads"
_ROWS_PER_REPORT = 5_000
_SRID = 4326
_COLUMNS = (
    "id",
    "way_id",
    "road_class",
    "name",
    "from_vertex",
    "to_vertex",
    "length_m",
    "forward_minutes",
    "backward_minutes",
    "by_permission",
    "geometry",
)


def copy_roads(session: Session, *, road_version: int, roads: Roads, progress: Progress | None) -> None:
    """Write all segments and turns of a version."""
    _copy(session, "road_segment", ("road_version", *_COLUMNS), _segment_rows(road_version, roads), progress)
    turns = zip(roads.turns_from.tolist(), roads.turns_to.tolist(), strict=True)
    rows = ((road_version, first, second) for first, second in turns)
    _copy(session, "road_turn", ("road_version", "from_edge", "to_edge"), (len(roads.turns_from), rows), None)


def _segment_rows(road_version: int, roads: Roads) -> tuple[int, Iterator[tuple[Any, ...]]]:
    count = roads.segment_count
    columns = (
        [road_version] * count,
        range(count),
        roads.way_ids.tolist(),
        [ROAD_CLASSES[number] for number in roads.classes.tolist()],
        [roads.name(segment) for segment in range(count)],
        roads.from_vertices.tolist(),
        roads.to_vertices.tolist(),
        roads.lengths_m.tolist(),
        _finite(roads.forward_minutes),
        _finite(roads.backward_minutes),
        roads.by_permission.tolist(),
        _lines(roads),
    )
    return count, zip(*columns, strict=True)


def _finite(minutes: npt.NDArray[np.float32]) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in minutes.tolist()]


def _lines(roads: Roads) -> list[str]:
    points = np.column_stack([degrees(roads.point_lon), degrees(roads.point_lat)])
    owners = np.repeat(np.arange(roads.segment_count), np.diff(roads.point_starts))
    lines = shapely.set_srid(shapely.linestrings(points, indices=owners), _SRID)
    return [str(line) for line in np.atleast_1d(shapely.to_wkb(lines, hex=True, include_srid=True))]


def _copy(
    session: Session,
    table: str,
    columns: tuple[str, ...],
    counted_rows: tuple[int, Iterator[tuple[Any, ...]]],
    progress: Progress | None,
) -> None:
    total, rows = counted_rows
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    done = 0
    with driver_connection(session).cursor() as cursor, cursor.copy(statement) as copy:
        while block := list(islice(rows, _ROWS_PER_REPORT)):
            for row in block:
                copy.write_row(row)
            done += len(block)
            if progress is not None:
                progress(STORING, done, total)


def fetch_roads(session: Session, *, road_version: int) -> Roads:
    """Read all segments and turns of a version, in the order of their numbers."""
    statement = sql.SQL("SELECT {} FROM road_segment WHERE road_version = %s ORDER BY id").format(
        sql.SQL(", ").join(map(sql.Identifier, _COLUMNS))
    )
    with driver_connection(session).cursor(binary=True) as cursor:
        rows = cursor.execute(statement, (road_version,)).fetchall()
        turns = cursor.execute(
            "SELECT from_edge, to_edge FROM road_turn WHERE road_version = %s ORDER BY 1, 2", (road_version,)
        ).fetchall()
    column = dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True))
    name_numbers: dict[str, int] = {}
    names = [
        NO_NAME if name is None else name_numbers.setdefault(name, len(name_numbers))
        for name in column["name"]
    ]
    points, owners = shapely.get_coordinates(
        shapely.from_wkb(np.array(column["geometry"], dtype=np.object_)), return_index=True
    )
    point_starts = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum(np.bincount(owners, minlength=len(rows)), out=point_starts[1:])
    name_starts, name_bytes = packed_names(list(name_numbers))
    pairs = np.array(turns, dtype=np.int32).reshape(-1, 2)
    return Roads(
        way_ids=np.array(column["way_id"], dtype=np.int64),
        classes=np.array([ROAD_CLASSES.index(one) for one in column["road_class"]], dtype=np.uint8),
        names=np.array(names, dtype=np.int32),
        from_vertices=np.array(column["from_vertex"], dtype=np.int32),
        to_vertices=np.array(column["to_vertex"], dtype=np.int32),
        lengths_m=np.array(column["length_m"], dtype=np.float32),
        forward_minutes=_or_infinite(column["forward_minutes"]),
        backward_minutes=_or_infinite(column["backward_minutes"]),
        by_permission=np.array(column["by_permission"], dtype=np.bool_),
        point_starts=point_starts,
        point_lon=whole_units(points[:, 0]),
        point_lat=whole_units(points[:, 1]),
        name_starts=name_starts,
        name_bytes=name_bytes,
        turns_from=pairs[:, 0],
        turns_to=pairs[:, 1],
    )


def _or_infinite(minutes: tuple[float | None, ...]) -> npt.NDArray[np.float32]:
    return np.array([np.inf if value is None else value for value in minutes], dtype=np.float32)
