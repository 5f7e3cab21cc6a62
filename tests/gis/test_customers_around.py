"""How many customers live around a place: beside each one measured on the ellipsoid, here and by PostGIS."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.customers_around import CustomerPlaces, CustomersAround
from gis.network_versions import import_network
from gis.place import Place

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
ELLIPSOID = Geod(ellps="WGS84")

_MEASURED = text("""
    SELECT coalesce(sum(customers), 0) FROM (
        SELECT service_point.customers, coalesce(service_point.geometry, node.geometry) AS place
        FROM service_point LEFT JOIN node
            ON node.network_version = service_point.network_version AND node.id = service_point.node
        WHERE service_point.network_version = :version
    ) AS located
    WHERE ST_DWithin(place::geography, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography, :radius_m)
""")

_NODES = text("""
    SELECT ST_X(geometry), ST_Y(geometry) FROM node WHERE network_version = :version AND geometry IS NOT NULL
""")


@given(
    st.lists(st.tuples(st.floats(-0.03, 0.03), st.floats(-0.02, 0.02), st.integers(0, 40)), max_size=60),
    st.floats(-60, 60),
    st.floats(50, 3000),
)
def test_it_counts_what_each_one_measured_comes_to(homes, lat, radius_m):
    homes = sorted((lat + north, 104.0 + east, customers) for east, north, customers in homes)
    lats, lons, customers = (np.array(column) for column in zip(*homes, strict=True)) if homes else [[]] * 3
    lived_at = CustomerPlaces(
        np.array(lons, dtype=float), np.array(lats, dtype=float), np.array(customers, dtype=np.int64)
    )
    measured = [(ELLIPSOID.inv(104.0, lat, own_lon, own_lat)[2], own) for own_lat, own_lon, own in homes]
    assert lived_at.around(Place(lon=104.0, lat=lat), radius_m) == sum(
        own for distance_m, own in measured if distance_m <= radius_m
    )


@pytest.fixture
def version(session: Session, example_network):
    """Give the example, where one service point has no place but its node's."""
    tables = example_network
    tables.service_point.loc[0, "geometry"] = None
    return import_network(
        session, tables=tables, findings=(), source="t", format="gpkg", now=NOW
    ).network_version


@pytest.mark.parametrize("radius_m", [20.0, 150.0, 1000.0, 20_000.0])
def test_read_around_one_place_or_all_at_once_it_counts_as_postgis_does(session: Session, version, radius_m):
    rows = session.execute(_NODES, {"version": version})
    places = [Place(lon=lon, lat=lat) for lon, lat in rows] + [Place(lon=0.0, lat=0.0)]
    asked = {"network_version": version, "radius_m": radius_m}
    measured = [
        session.scalar(_MEASURED, {"version": version, "lon": one.lon, "lat": one.lat, "radius_m": radius_m})
        for one in places
    ]
    assert CustomersAround().count(session, places=places, **asked) == measured
    assert [CustomersAround().count(session, places=[one], **asked)[0] for one in places] == measured
    assert CustomersAround().count(session, places=[], **asked) == []
    assert CustomersAround().count(session, network_version=99, places=places, radius_m=1.0)[0] == 0
