"""How many customers live around a place: all within a radius of it, counted exactly.

Owns where the customers of a network live.
Rule 1: a storm asks for thousands of places, so those of a whole network are read once and kept; for a single
place only what lies near it is read.
Rule 2: a service point without a place of its own stands where its node does; else it counts nowhere.
Rule 3: what is surely inside or outside by the plane around the place is not measured on the ellipsoid.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

import numpy as np
import numpy.typing as npt
from pyproj import Geod
from sqlalchemy.orm import Session

from gis.network_rows import driver_connection
from gis.place import Place
from topology.arrays import LongArray

_METRES_PER_DEGREE = 111_195.0
# Near the poles a degree of longitude shrinks to nothing; no network stands there.
_SMALLEST_COSINE = 0.01
# Rule 3: by how much the plane may be wrong, as a share of the radius.
_PLANE_ERROR = 0.02
_VERSIONS_KEPT = 2
_ELLIPSOID = Geod(ellps="WGS84")

_LOCATED = """
    SELECT array_agg(ST_X(place)), array_agg(ST_Y(place)), array_agg(customers) FROM (
        SELECT customers, geometry AS place FROM service_point
        WHERE network_version = %(network_version)s AND geometry IS NOT NULL
        UNION ALL
        SELECT customers, node.geometry FROM service_point
        JOIN node ON node.network_version = %(network_version)s AND node.id = service_point.node
        WHERE service_point.network_version = %(network_version)s AND service_point.geometry IS NULL
    ) AS located WHERE place IS NOT NULL
"""
_NEAR = " AND place && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)"

Degrees = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CustomerPlaces:
    """Where customers live: places in degrees (WGS 84), from south to north, and how many live at each."""

    lon: Degrees
    lat: Degrees
    customers: LongArray

    def around(self, place: Place, radius_m: float) -> int:
        """Return how many live within a radius of a place, in metres on the ellipsoid."""
        reach = _reach(radius_m)
        first, last = np.searchsorted(self.lat, (place.lat - reach, place.lat + reach))
        lon, lat = self.lon[first:last], self.lat[first:last]
        east_m = (lon - place.lon) * (_METRES_PER_DEGREE * _cosine(place))
        share = np.hypot(east_m, (lat - place.lat) * _METRES_PER_DEGREE) / radius_m
        is_inside = share < 1 - _PLANE_ERROR
        close = np.flatnonzero(~is_inside & (share < 1 + _PLANE_ERROR))
        here = np.full(len(close), place.lon), np.full(len(close), place.lat)
        is_inside[close] = _ELLIPSOID.inv(*here, lon[close], lat[close])[2] <= radius_m
        return int(self.customers[first:last][is_inside].sum())


class CustomersAround:
    """Counts customers around places, and keeps where those of the networks last asked for live."""

    def __init__(self) -> None:
        """Start with nothing read."""
        self._kept: OrderedDict[int, CustomerPlaces] = OrderedDict()

    def count(
        self, session: Session, *, network_version: int, places: Sequence[Place], radius_m: float
    ) -> list[int]:
        """Return how many customers of a network version live within a radius of each place."""
        lived_at = self._kept.get(network_version)
        if lived_at is None and len(places) == 1:
            lived_at = _read_near(session, network_version, places[0], radius_m)
        elif lived_at is None and places:
            lived_at = self._kept[network_version] = _read(session, _LOCATED, network_version=network_version)
            while len(self._kept) > _VERSIONS_KEPT:
                self._kept.popitem(last=False)
        return [lived_at.around(place, radius_m) for place in places] if lived_at is not None else []


def _read_near(session: Session, network_version: int, place: Place, radius_m: float) -> CustomerPlaces:
    reach = _reach(radius_m)
    beside = reach / _cosine(place)
    return _read(
        session,
        _LOCATED + _NEAR,
        network_version=network_version,
        west=place.lon - beside,
        south=place.lat - reach,
        east=place.lon + beside,
        north=place.lat + reach,
    )


def _reach(radius_m: float) -> float:
    """Return a little more than the radius, in degrees of latitude."""
    return radius_m * (1 + _PLANE_ERROR) / _METRES_PER_DEGREE


def _cosine(place: Place) -> float:
    return max(cos(radians(place.lat)), _SMALLEST_COSINE)


def _read(session: Session, query: str, **asked: float) -> CustomerPlaces:
    with driver_connection(session).cursor(binary=True) as cursor:
        row = cursor.execute(query, asked).fetchone() or ()
    lon, lat, customers = (np.array(column or ()) for column in row)
    order = np.argsort(lat, kind="stable")
    return CustomerPlaces(
        lon[order].astype(np.float64), lat[order].astype(np.float64), customers[order].astype(np.int64)
    )
