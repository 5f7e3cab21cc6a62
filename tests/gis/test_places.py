"""Evidence finds its service point by whatever it names; devices and service points know where they are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import shapely
from sqlalchemy.orm import Session

from gis.network_tables import network_tables
from gis.network_versions import import_network
from gis.places import (
    Place,
    accounts_of,
    device_places,
    nearest_service_point,
    outage_area,
    resolve_service_points,
    service_point_details,
    service_points_of_account,
)
from tests.gis.example_network import example_layers

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@pytest.fixture
def version(session: Session) -> int:
    """Two versions: the example, and before it one in which everything has moved away."""
    moved = example_layers()
    for name, frame in moved.items():
        if name != "customer":
            moved[name] = frame.set_geometry(frame.geometry.translate(1, 1))
    moved["service_point"]["meter"] = ["M7", "M8", "M9"]
    moved["customer"]["phone"] = ["+999 7777 7777", "+999 8888 8888"]
    versions = [
        import_network(
            session, tables=tables, findings=(), source="t", format="gpkg", now=NOW
        ).network_version
        for tables, _ in (network_tables(name="t", layers=one) for one in (moved, example_layers()))
    ]
    return versions[-1]


def test_evidence_is_resolved_whatever_it_names(session: Session, version: int) -> None:
    resolved = resolve_service_points(
        session,
        network_version=version,
        service_points=["户1", "户9"],
        accounts=["6002", "6999"],
        meters=["M1", "M7", "'; DROP TABLE node"],
        phones=["00999 1234-5678", "+999 12345678", "+999 7777 7777", "unknown"],
    )
    assert resolved.by_id == {"户1"}
    assert resolved.by_account == {"6002": ["户2"]}
    assert resolved.by_meter == {"M1": "户1"}
    assert resolved.by_phone == {"00999 1234-5678": ["户1"], "+999 12345678": ["户1"]}


def test_nothing_asked_is_nothing_found(session: Session, version: int) -> None:
    resolved = resolve_service_points(session, network_version=version)
    assert (resolved.by_id, resolved.by_account, resolved.by_meter, resolved.by_phone) == (set(), {}, {}, {})
    assert device_places(session, network_version=version, ids=[]) == {}
    assert service_point_details(session, network_version=version, ids=[]) == []


def test_more_names_than_a_statement_takes_parameters(session: Session, version: int) -> None:
    many = [f"S{number}" for number in range(70_000)] + ["户2"]
    assert resolve_service_points(session, network_version=version, service_points=many).by_id == {"户2"}
    assert [one.account for one in accounts_of(session, network_version=version, service_points=many)] == [
        "6002"
    ]


def test_the_nearest_service_point_within_reach(session: Session, version: int) -> None:
    found = nearest_service_point(session, network_version=version, lon=104.1004, lat=30.6)
    assert found is not None
    assert found[0] == "户2"
    assert found[1] == pytest.approx(9.6, abs=0.1)
    assert nearest_service_point(session, network_version=version, lon=104.11, lat=30.6) is None
    far = nearest_service_point(session, network_version=version, lon=104.11, lat=30.6, within_m=1_000)
    assert far is not None
    assert far[0] == "户2"
    assert nearest_service_point(session, network_version=version, lon=0, lat=90) is None


def test_devices_are_where_they_are_drawn_else_at_their_node(session: Session, version: int) -> None:
    places = device_places(
        session, network_version=version, ids=["CB1", "F1", "线路一", "L2", "T1", "户1", "户3", "nothing"]
    )
    assert places == {
        "CB1": Place(lon=104.06, lat=30.57),
        "F1": Place(lon=104.08, lat=30.59),  # no point of its own: at n2
        "线路一": Place(lon=pytest.approx(104.065), lat=pytest.approx(30.575)),
        "L2": Place(lon=104.08, lat=30.59),
        "T1": Place(lon=104.09, lat=30.60),
        "户1": Place(lon=104.1, lat=30.6),
        "户3": Place(lon=104.11, lat=30.62),
    }


def test_a_device_without_place_or_node_is_among_its_service_points(session: Session) -> None:
    layers = example_layers()
    layers["node"].geometry = [None] * 7
    layers["transformer"].geometry = [None]
    tables, _ = network_tables(name="t", layers=layers)
    version = import_network(
        session, tables=tables, findings=(), source="t", format="gpkg", now=NOW
    ).network_version
    places = device_places(session, network_version=version, ids=["T1", "F1"])
    assert places == {"T1": Place(lon=pytest.approx(104.10025), lat=30.6)}


def test_details_of_affected_service_points(session: Session, version: int) -> None:
    first, _, third = service_point_details(session, network_version=version, ids=["户3", "户2", "户1", "x"])
    assert (first.id, first.account, first.customers, first.priority) == ("户1", "6001", 1, "life_support")
    assert (first.address, first.lon, first.lat) == ("桃园路1号", 104.1, 30.6)
    assert (third.id, third.account, third.lon) == ("户3", None, 104.11)


def test_contacts_are_those_of_the_service_points_alone(session: Session, version: int) -> None:
    (contact,) = accounts_of(session, network_version=version, service_points=["户1", "户3"])
    assert (contact.account, contact.name, contact.service_point) == ("6001", "王芳", "户1")
    assert (contact.phone, contact.email, contact.language) == (
        "+999 1234 5678",
        "wang@customers.example",
        "zh",
    )


def test_the_service_points_of_an_account(session: Session, version: int) -> None:
    assert service_points_of_account(session, network_version=version, account="6001") == ["户1"]
    assert service_points_of_account(session, network_version=version, account="nobody") == []


@pytest.mark.parametrize("ids", [["户1"], ["户1", "户2"], ["户1", "户2", "户3"]])
def test_an_outage_area_holds_all_its_service_points(session: Session, version: int, ids: list[str]) -> None:
    area = outage_area(session, network_version=version, service_points=ids)
    assert area is not None
    shape = shapely.from_geojson(str(area["geometry"]).replace("'", '"'))
    details = service_point_details(session, network_version=version, ids=ids)
    assert all(shape.contains(shapely.Point(one.lon, one.lat)) for one in details)
    assert area["type"] == "Feature"
    assert area["properties"] == {"service_points": len(ids)}


def test_service_points_without_a_place_have_no_area(session: Session, version: int) -> None:
    assert outage_area(session, network_version=version, service_points=["unknown"]) is None
    assert outage_area(session, network_version=version, service_points=[]) is None
