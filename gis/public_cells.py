"""The areas in which the public map counts: squares drawn beforehand, none with fewer than twenty customers.

Owns how a network's service points fall into cells. Rules:
1. A cell is made of squares of the web map's grid. It depends on the network alone, never on who is out.
2. The smallest square is of zoom 16, about half a kilometre. One with FEWEST_CUSTOMERS or more is a cell.
3. Those with fewer are put together with the others of the same larger square, and so on outwards up to zoom
   11, until they have enough. What has not enough even then, and what has no place, is in no cell: nothing is
   ever told of it.
4. A cell is named by the street with most customers in it, where FEWEST_ON_A_STREET or more live there.
Pure but for `read_public_cells`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import atan, degrees, pi, sinh
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from sqlalchemy.orm import Session

from gis.named_places import district_of
from gis.network_rows import driver_connection
from topology.arrays import IdArray, LongArray, encode_ids, find_ids

FEWEST_CUSTOMERS = 20
FEWEST_ON_A_STREET = 5
FINEST_ZOOM = 16
COARSEST_ZOOM = 11
_DISTRICT_ZOOM = 12
_HIGHEST_LATITUDE = 85.0
_SUBDISTRICT = re.compile(r"^[^\d\s,]{1,8}?街道")

Square = tuple[int, int]
Degrees = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PublicCell:
    """One area: an id of its own for as long as the network is the same, what it is called, where it is.

    `outline` is in EPSG:4326; `customers` are those that live in it.
    """

    id: str
    name: str | None
    district: str | None
    customers: int
    outline: shapely.Polygon | shapely.MultiPolygon


@dataclass(frozen=True, eq=False)
class PublicCells:
    """All areas of one network version, and which of them each service point is in.

    Args:
        network_version: Of which version.
        point_ids: Of all service points, sorted as bytes.
        cell_of_point: The number of each one's cell, -1 where it is in none.
        customers_of_point: How many customers each one supplies.
        cells: The areas.
    """

    network_version: int
    point_ids: IdArray
    cell_of_point: LongArray
    customers_of_point: LongArray
    cells: tuple[PublicCell, ...]

    def points(self, ids: Sequence[str]) -> LongArray:
        """Return the numbers of service points, each once; unknown ids are left out."""
        found = np.unique(find_ids(self.point_ids, ids))
        return found[found >= 0]


def draw_cells(
    *,
    network_version: int,
    ids: Sequence[str],
    customers: Sequence[int],
    lon: Sequence[float | None],
    lat: Sequence[float | None],
    streets: Sequence[str | None],
) -> PublicCells:
    """Return the cells of a network by its service points; `lon` and `lat` in degrees, None where unknown.

    `streets` are the titles of the streets that the service points lie at.
    """
    encoded = encode_ids(ids)
    order = np.argsort(encoded, kind="stable")
    counts = np.asarray(customers, dtype=np.int64)[order]
    where = np.column_stack([np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)])[order]
    titles = np.asarray(streets, dtype=object)[order]
    squares, square_of_point = _squares(where, counts)
    groups = _grouped(squares, _summed(counts, square_of_point, len(squares)))
    group_of_square = np.full(len(squares) + 1, -1, dtype=np.int64)
    for number, (_, members) in enumerate(groups):
        group_of_square[members] = number
    cell_of_point = group_of_square[square_of_point]
    return PublicCells(
        network_version=network_version,
        point_ids=encoded[order],
        cell_of_point=cell_of_point,
        customers_of_point=counts,
        cells=_cells(groups, squares, cell_of_point, counts, titles),
    )


def _summed(counts: LongArray, place: LongArray, places: int) -> LongArray:
    """Return how many customers are in each place; a place of -1 counts nowhere."""
    known = place >= 0
    return np.bincount(place[known], weights=counts[known], minlength=places).astype(np.int64)


def _squares(where: Degrees, counts: LongArray) -> tuple[LongArray, LongArray]:
    """Return the squares of the finest zoom that have customers (x, y), and which one each point is in."""
    lon, lat = where[:, 0], where[:, 1]
    is_placed = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lat) < _HIGHEST_LATITUDE) & (counts > 0)
    count = 2**FINEST_ZOOM
    x = np.floor((lon[is_placed] / 360.0 + 0.5) * count).astype(np.int64) % count
    north = np.arcsinh(np.tan(np.radians(lat[is_placed])))
    y = np.floor((0.5 - north / (2 * pi)) * count).astype(np.int64)
    squares, numbers = np.unique(np.column_stack([x, y]), axis=0, return_inverse=True)
    square_of_point = np.full(len(where), -1, dtype=np.int64)
    square_of_point[is_placed] = numbers.ravel()
    return squares.reshape(-1, 2).astype(np.int64), square_of_point


def _grouped(squares: LongArray, customers: LongArray) -> list[tuple[str, list[int]]]:
    """Return cells as (id, numbers of their squares), each with enough customers (rules 2 and 3)."""
    groups: list[tuple[str, list[int]]] = []
    waiting: dict[Square, list[int]] = {
        (int(x), int(y)): [number] for number, (x, y) in enumerate(squares.tolist())
    }
    for zoom in range(FINEST_ZOOM, COARSEST_ZOOM - 1, -1):
        larger: dict[Square, list[int]] = {}
        for (x, y), members in sorted(waiting.items()):
            if int(customers[members].sum()) >= FEWEST_CUSTOMERS:
                groups.append((f"{zoom}-{x}-{y}", members))
            else:
                larger.setdefault((x // 2, y // 2), []).extend(members)
        waiting = larger
    return groups


def _cells(
    groups: Sequence[tuple[str, list[int]]],
    squares: LongArray,
    cell_of_point: LongArray,
    counts: LongArray,
    titles: npt.NDArray[np.object_],
) -> tuple[PublicCell, ...]:
    names = _street_names(cell_of_point, counts, titles)
    customers = _summed(counts, cell_of_point, len(groups))
    around = _district_names(groups, squares, names, customers)
    return tuple(
        PublicCell(
            id=id,
            name=_without_district(names[number]) if number in names else None,
            district=(_district(names[number]) if number in names else None) or around.get(number),
            customers=int(customers[number]),
            outline=_outline([(int(x), int(y)) for x, y in squares[members].tolist()]),
        )
        for number, (id, members) in enumerate(groups)
    )


def _street_names(
    cell_of_point: LongArray, counts: LongArray, titles: npt.NDArray[np.object_]
) -> dict[int, str]:
    """Return cell → the street with most customers in it (rule 4)."""
    found: dict[int, dict[str, int]] = {}
    for cell, count, title in zip(cell_of_point.tolist(), counts.tolist(), titles.tolist(), strict=True):
        if cell >= 0 and title:
            streets = found.setdefault(cell, {})
            streets[title] = streets.get(title, 0) + count
    named = {}
    for cell, streets in found.items():
        most = max(sorted(streets), key=lambda street: streets[street])
        if streets[most] >= FEWEST_ON_A_STREET:
            named[cell] = most
    return named


def _district_names(
    groups: Sequence[tuple[str, list[int]]],
    squares: LongArray,
    names: dict[int, str],
    customers: LongArray,
) -> dict[int, str]:
    """Return cell → the street of the largest cell near it: what a neighbourhood without a name goes by."""
    step = 2 ** (FINEST_ZOOM - _DISTRICT_ZOOM)
    square_of_cell = {
        number: (int(squares[members[0]][0]) // step, int(squares[members[0]][1]) // step)
        for number, (_, members) in enumerate(groups)
    }
    largest: dict[Square, int] = {}
    for number, square in square_of_cell.items():
        best = largest.get(square)
        if number in names and (best is None or customers[number] > customers[best]):
            largest[square] = number
    return {
        number: _district(names[largest[square]]) or names[largest[square]]
        for number, square in square_of_cell.items()
        if square in largest
    }


def _district(street: str) -> str | None:
    """Return the district that a street's title names, be it a subdistrict (街道)."""
    subdistrict = _SUBDISTRICT.match(street)
    return district_of(street) or (subdistrict[0] if subdistrict else None)


def _without_district(street: str) -> str:
    district = _district(street)
    if district is None:
        return street
    return street.removesuffix(district).rstrip(" ,").removeprefix(district) or street


def _outline(squares: Sequence[Square]) -> shapely.Polygon | shapely.MultiPolygon:
    boxes = [shapely.box(*_corner(x, y + 1), *_corner(x + 1, y)) for x, y in squares]
    outline: Any = boxes[0] if len(boxes) == 1 else shapely.union_all(boxes)
    turned: shapely.Polygon | shapely.MultiPolygon = shapely.orient_polygons(
        shapely.set_precision(outline, 1e-6)
    )
    return turned


def _corner(x: int, y: int) -> tuple[float, float]:
    """Return the north-western corner of a square in degrees."""
    count = 2**FINEST_ZOOM
    return x / count * 360.0 - 180.0, degrees(atan(sinh(pi * (1 - 2 * y / count))))


_POINTS = """
    SELECT array_agg(id), array_agg(customers), array_agg(title), array_agg(ST_X(at)), array_agg(ST_Y(at))
    FROM (
        SELECT service_point.id, service_point.customers, named_place.title,
               COALESCE(service_point.geometry, node.geometry) AS at
        FROM service_point
        LEFT JOIN node ON node.network_version = service_point.network_version
            AND node.id = service_point.node
        LEFT JOIN named_place ON named_place.network_version = service_point.network_version
            AND named_place.number = service_point.place
        WHERE service_point.network_version = %(network_version)s
    ) AS placed
"""


def read_public_cells(session: Session, *, network_version: int) -> PublicCells:
    """Return the cells of a network version; none where it has no service point, or was removed."""
    with driver_connection(session).cursor(binary=True) as cursor:
        row = cursor.execute(_POINTS, {"network_version": network_version}).fetchone()
    columns: list[list[Any]] = [list(column or ()) for column in row or [()] * 5]
    ids, customers, streets, lon, lat = columns
    return draw_cells(
        network_version=network_version, ids=ids, customers=customers, lon=lon, lat=lat, streets=streets
    )
