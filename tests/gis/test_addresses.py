"""From an address as written to a service point: however it is typed, but never a wrong number."""

import pytest
from sqlalchemy import insert

from gis.addresses import AddressFound, find_address
from gis.tables import NetworkVersionRow, NodeRow, ServicePointRow

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
    version = NetworkVersionRow(
        name="drawn",
        source="test",
        format="gpkg",
        status="ready",
        counts={},
        findings=[],
        imported_at="2026-11-23T08:00Z",
    )
    session.add(version)
    session.flush()
    session.execute(
        insert(NodeRow), [{"network_version": version.id, "id": "N", "is_source": False, "geometry": None}]
    )
    session.execute(
        insert(ServicePointRow),
        [
            {
                "network_version": version.id,
                "id": id,
                "node": "N",
                "phases": "ABC",
                "customers": 1,
                "address": address,
                "geometry": f"SRID=4326;POINT({lon} 53.63)",
            }
            for id, (address, lon) in ADDRESSES.items()
        ],
    )
    return version.id


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
