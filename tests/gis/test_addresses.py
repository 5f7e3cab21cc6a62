"""From an address as written to a service point: however it is typed, but never a wrong number."""

from datetime import UTC, datetime

import geopandas as gpd
import pytest
import shapely

from gis.addresses import AddressFound, find_address
from gis.network_tables import network_tables
from gis.network_versions import import_network

# The flats of 12 Station Street are one house; the two Long Roads are far apart.
ADDRESSES = {
    "s1": ("1 Station Street, North", 11.4000),
    "s11": ("11 Station Street, North", 11.4010),
    "s12-1": ("12 Station Street, North", 11.4020),
    "s12-2": ("12 Station Street, Flat 2, North", 11.4020),
    "l1": ("5 Long Road, North", 11.4100),
    "l2": ("5 Long Road, South", 11.6100),
    "p1": ("南区 桃园路1号", 11.4200),
    "p11": ("南区 桃园路11号3室", 11.4210),
    "odd": ("100% Mill_House", 11.4300),
    "none": (None, 11.4400),
}


@pytest.fixture
def network_version(session):
    node = gpd.GeoDataFrame({"id": ["N"], "is_source": [False]}, geometry=[None], crs="EPSG:4326")
    points = gpd.GeoDataFrame(
        {
            "id": list(ADDRESSES),
            "node": "N",
            "phases": "ABC",
            "customers": 1,
            "address": [address for address, _ in ADDRESSES.values()],
        },
        geometry=[shapely.Point(lon, 53.63) for _, lon in ADDRESSES.values()],
        crs="EPSG:4326",
    )
    tables, _ = network_tables(name="drawn", layers={"node": node, "service_point": points})
    imported = import_network(
        session,
        tables=tables,
        findings=(),
        source="test",
        format="gpkg",
        now=datetime(2026, 11, 23, tzinfo=UTC),
    )
    return imported.network_version


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("1 Station Street, North", "s1"),
        ("1 station street", "s1"),
        ("  11  STATION-STREET ", "s11"),
        ("\uff11\uff12 Station Street\uff0c North", "s12-1"),
        ("12 Station Street Flat 2", "s12-2"),
        ("5 Long Road, South", "l2"),
        ("桃园路1号", "p1"),
        ("南区桃园路\uff11\uff11号", "p11"),
        ("桃园路11号3室。", "p11"),
        ("100% mill_house", "odd"),
    ],
)
def test_an_address_is_found_however_it_is_typed(session, network_version, typed, found):
    assert find_address(session, network_version=network_version, address=typed) == AddressFound(found)


@pytest.mark.parametrize(
    "typed",
    [
        "2 Station Street",
        "Station Street 1",
        "桃园路2号",
        "",
        "   ",
        "1",
        "%%%%",
        "____",
        "'; DROP",
        "\x00\x00",
    ],
)
def test_what_is_not_on_file_is_not_found(session, network_version, typed):
    assert find_address(session, network_version=network_version, address=typed) == AddressFound(None)


@pytest.mark.parametrize("typed", ["5 Long Road", "Long Road", "North"])
def test_several_places_are_ambiguous(session, network_version, typed):
    found = find_address(session, network_version=network_version, address=typed)
    assert found == AddressFound(None, is_ambiguous=True)


@pytest.mark.parametrize("typed", ["Station Street", "12 Station Street"])
def test_houses_side_by_side_are_one_place(session, network_version, typed):
    found = find_address(session, network_version=network_version, address=typed)
    assert found.service_point in {"s1", "s11", "s12-1", "s12-2"}


def test_another_network_version_is_not_looked_at(session, network_version):
    found = find_address(session, network_version=network_version + 1, address="1 Station Street")
    assert found == AddressFound(None)
