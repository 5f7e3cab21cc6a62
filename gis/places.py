"""Attaching evidence to service points, and saying where devices and service points are.

All queries take sets and answer in one round trip, since evidence comes by the thousand. Personal
data leave this room only through `accounts_of`.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from math import cos, radians

from sqlalchemy import ARRAY, CollectionAggregate, Text, any_, literal, select, text
from sqlalchemy.orm import Session

from gis.areas import outage_area
from gis.phone_digits import phone_digits
from gis.place import Place
from gis.tables import CustomerRow, NetworkVersionRow, ServicePointRow

__all__ = [
    "Contact",
    "Place",
    "Resolved",
    "ServicePointDetail",
    "accounts_of",
    "device_places",
    "meters_of",
    "nearest_service_point",
    "nearest_service_points",
    "outage_area",
    "resolve_service_points",
    "retired_meters",
    "service_point_details",
    "service_points_of_account",
]

_METRES_PER_DEGREE = 111_320.0
# Near the poles a degree of longitude shrinks to nothing; no network stands there.
_SMALLEST_COSINE = 0.01


@dataclass(frozen=True, slots=True)
class Resolved:
    """The service points of the given ids, accounts, meters and phones; what is unknown is absent."""

    by_id: set[str] = field(default_factory=set)
    by_account: dict[str, list[str]] = field(default_factory=dict)
    by_meter: dict[str, str] = field(default_factory=dict)
    by_phone: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServicePointDetail:
    """What a list of affected service points shows; the place is the node's when its own is missing."""

    id: str
    account: str | None
    customers: int
    phases: str
    priority: str | None
    address: str | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach the customer of a service point: personal data, for messages only."""

    account: str
    name: str | None
    phone: str | None
    email: str | None
    language: str | None
    service_point: str


def resolve_service_points(
    session: Session,
    *,
    network_version: int,
    service_points: Collection[str] = (),
    accounts: Collection[str] = (),
    meters: Collection[str] = (),
    phones: Collection[str] = (),
) -> Resolved:
    """Find the service points that evidence names, in one query for each way of naming them.

    Phones are compared by their digits; the answer has them as they were given.
    """
    here = ServicePointRow.network_version == network_version
    resolved = Resolved()
    if service_points:
        found = select(ServicePointRow.id).where(here, ServicePointRow.id == _any_of(service_points))
        resolved.by_id.update(session.scalars(found))
    if accounts:
        by_account = (
            select(ServicePointRow.account, ServicePointRow.id)
            .where(here, ServicePointRow.account == _any_of(accounts))
            .order_by(ServicePointRow.id)
        )
        for account, service_point in session.execute(by_account):
            resolved.by_account.setdefault(str(account), []).append(service_point)
    if meters:
        by_meter = (
            select(ServicePointRow.meter, ServicePointRow.id)
            .where(here, ServicePointRow.meter == _any_of(meters))
            .order_by(ServicePointRow.id)
        )
        for meter, service_point in session.execute(by_meter):
            # A meter at two service points is a finding of the import; the first one stands.
            resolved.by_meter.setdefault(str(meter), service_point)
    if phones:
        _resolve_phones(session, network_version=network_version, phones=phones, resolved=resolved)
    return resolved


def meters_of(session: Session, *, network_version: int, service_points: Collection[str]) -> dict[str, str]:
    """Return the meter of each service point that has one."""
    if not service_points:
        return {}
    query = select(ServicePointRow.id, ServicePointRow.meter).where(
        ServicePointRow.network_version == network_version,
        ServicePointRow.id == _any_of(service_points),
        ServicePointRow.meter.is_not(None),
    )
    return {id: str(meter) for id, meter in session.execute(query)}


def retired_meters(session: Session, *, meters: Collection[str]) -> dict[str, str]:
    """Return where meters stood that an earlier network version has, the latest first; others are absent."""
    if not meters:
        return {}
    query = (
        select(ServicePointRow.meter, ServicePointRow.id)
        .join(NetworkVersionRow, NetworkVersionRow.id == ServicePointRow.network_version)
        .where(NetworkVersionRow.status == "retired", ServicePointRow.meter == _any_of(meters))
        .order_by(NetworkVersionRow.id.desc(), ServicePointRow.id)
    )
    found: dict[str, str] = {}
    for meter, service_point in session.execute(query):
        found.setdefault(str(meter), service_point)
    return found


def _any_of(values: Collection[str]) -> CollectionAggregate[bool]:
    """One array instead of a parameter for each value: of those a statement takes only 65,535."""
    return any_(literal(sorted(set(values)), ARRAY(Text)))


def _resolve_phones(
    session: Session, *, network_version: int, phones: Collection[str], resolved: Resolved
) -> None:
    given: dict[str, list[str]] = {}
    for phone in set(phones):
        digits = phone_digits(phone)
        if digits is not None:
            given.setdefault(digits, []).append(phone)
    by_phone = (
        select(CustomerRow.phone_digits, ServicePointRow.id)
        .join(
            ServicePointRow,
            (ServicePointRow.network_version == CustomerRow.network_version)
            & (ServicePointRow.account == CustomerRow.account),
        )
        .where(CustomerRow.network_version == network_version, CustomerRow.phone_digits == _any_of(given))
        .order_by(ServicePointRow.id)
    )
    for digits, service_point in session.execute(by_phone):
        for phone in given[str(digits)]:
            resolved.by_phone.setdefault(phone, []).append(service_point)


_NEAREST = text("""
    SELECT id, ST_Distance(geometry::geography, point::geography) AS distance_m
    FROM service_point, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) AS point
    WHERE network_version = :network_version
      AND geometry && ST_Expand(point, :reach_lon, :reach_lat)
      AND ST_DWithin(geometry::geography, point::geography, :within_m)
    ORDER BY distance_m, id
    LIMIT :most
""")


def nearest_service_point(
    session: Session, *, network_version: int, lon: float, lat: float, within_m: float = 250.0
) -> tuple[str, float] | None:
    """Return the service point nearest to a WGS 84 point, and how many metres off; None beyond `within_m`."""
    found = nearest_service_points(
        session, network_version=network_version, lon=lon, lat=lat, within_m=within_m, most=1
    )
    return found[0] if found else None


def nearest_service_points(
    session: Session, *, network_version: int, lon: float, lat: float, within_m: float, most: int
) -> list[tuple[str, float]]:
    """Return the service points within some metres of a WGS 84 point, nearest first, with their distances."""
    # The box finds candidates through the index, a little wider than the circle that decides.
    reach = within_m / _METRES_PER_DEGREE * 1.01
    rows = session.execute(
        _NEAREST,
        {
            "network_version": network_version,
            "lon": lon,
            "lat": lat,
            "reach_lon": reach / max(cos(radians(lat)), _SMALLEST_COSINE),
            "reach_lat": reach,
            "within_m": within_m,
            "most": most,
        },
    )
    return [(row.id, row.distance_m) for row in rows]


_PLACES = text("""
    WITH asset AS (
        SELECT id, ST_LineInterpolatePoint(geometry, 0.5) AS place, from_node, to_node
        FROM line_section WHERE network_version = :network_version AND id = ANY(:ids)
        UNION ALL
        SELECT id, geometry, from_node, to_node
        FROM switch WHERE network_version = :network_version AND id = ANY(:ids)
        UNION ALL
        SELECT id, geometry, from_node, to_node
        FROM transformer WHERE network_version = :network_version AND id = ANY(:ids)
        UNION ALL
        SELECT id, geometry, node, node
        FROM service_point WHERE network_version = :network_version AND id = ANY(:ids)
    )
    SELECT asset.id, ST_X(best.place) AS lon, ST_Y(best.place) AS lat
    FROM asset
    LEFT JOIN node AS near ON near.network_version = :network_version AND near.id = asset.from_node
    LEFT JOIN node AS far ON far.network_version = :network_version AND far.id = asset.to_node
    LEFT JOIN LATERAL (
        SELECT ST_Centroid(ST_Collect(geometry)) AS place
        FROM service_point
        WHERE network_version = :network_version AND node IN (asset.from_node, asset.to_node)
          AND asset.place IS NULL AND near.geometry IS NULL AND far.geometry IS NULL
    ) AS served ON true
    CROSS JOIN LATERAL (
        SELECT COALESCE(asset.place, near.geometry, far.geometry, served.place) AS place
    ) AS best
    WHERE best.place IS NOT NULL
""")


def device_places(session: Session, *, network_version: int, ids: Collection[str]) -> dict[str, Place]:
    """Return where devices and service points are, by id.

    A line is at its middle. What has no place of its own is at its node, else among the service points
    there; what has none of these is absent.
    """
    rows = session.execute(_PLACES, {"network_version": network_version, "ids": list(ids)})
    return {row.id: Place(lon=row.lon, lat=row.lat) for row in rows}


_NODE_PLACES = text("""
    SELECT node.id, ST_X(best.place) AS lon, ST_Y(best.place) AS lat
    FROM node
    LEFT JOIN LATERAL (
        SELECT ST_Centroid(ST_Collect(own.geometry)) AS place
        FROM service_point AS own
        WHERE own.network_version = :network_version AND own.node = node.id AND node.geometry IS NULL
    ) AS served ON true
    CROSS JOIN LATERAL (SELECT COALESCE(node.geometry, served.place) AS place) AS best
    WHERE node.network_version = :network_version AND node.id = ANY(:ids) AND best.place IS NOT NULL
""")


def node_places(session: Session, *, network_version: int, ids: Collection[str]) -> dict[str, Place]:
    """Return where nodes are, by id; what has no place of its own is among the service points there."""
    rows = session.execute(_NODE_PLACES, {"network_version": network_version, "ids": list(ids)})
    return {row.id: Place(lon=row.lon, lat=row.lat) for row in rows}


_DETAILS = text("""
    SELECT service_point.id, account, customers, phases, priority, address,
           ST_X(COALESCE(service_point.geometry, node.geometry)) AS lon,
           ST_Y(COALESCE(service_point.geometry, node.geometry)) AS lat
    FROM service_point
    LEFT JOIN node ON node.network_version = service_point.network_version AND node.id = service_point.node
    WHERE service_point.network_version = :network_version AND service_point.id = ANY(:ids)
    ORDER BY service_point.id
""")


def service_point_details(
    session: Session, *, network_version: int, ids: Collection[str]
) -> list[ServicePointDetail]:
    """Return what is known of service points, in the order of their ids; unknown ids are absent."""
    rows = session.execute(_DETAILS, {"network_version": network_version, "ids": list(ids)})
    return [ServicePointDetail(**row) for row in rows.mappings()]


def accounts_of(session: Session, *, network_version: int, service_points: Collection[str]) -> list[Contact]:
    """Return the customers of service points, in the order of these; those without one are absent."""
    statement = (
        select(CustomerRow, ServicePointRow.id)
        .join(
            ServicePointRow,
            (ServicePointRow.network_version == CustomerRow.network_version)
            & (ServicePointRow.account == CustomerRow.account),
        )
        .where(
            ServicePointRow.network_version == network_version, ServicePointRow.id == _any_of(service_points)
        )
        .order_by(ServicePointRow.id)
    )
    return [
        Contact(
            account=customer.account,
            name=customer.name,
            phone=customer.phone,
            email=customer.email,
            language=customer.language,
            service_point=service_point,
        )
        for customer, service_point in session.execute(statement)
    ]


def service_points_of_account(session: Session, *, network_version: int, account: str) -> list[str]:
    """Return the service points of one account, in order; empty when the account is unknown."""
    resolved = resolve_service_points(session, network_version=network_version, accounts=[account])
    return resolved.by_account.get(account, [])
