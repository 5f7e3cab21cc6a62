"""One device and the network in force, put together from what topology and gis know."""

from __future__ import annotations

from sqlalchemy.orm import Session

from api.schemas.network import Device, NetworkInForce
from dispatch.errors import NoActiveNetwork, UnknownThing
from dispatch.network_cache import NetworkCache
from gis.network_versions import active_network_version
from gis.places import device_places
from gis.tables import NetworkVersionRow
from topology.trace import downstream


def network_in_force(session: Session) -> NetworkInForce:
    """Return the network version in force; NoActiveNetwork if there is none."""
    network_version = active_network_version(session)
    row = session.get(NetworkVersionRow, network_version) if network_version is not None else None
    if row is None:
        raise NoActiveNetwork
    return NetworkInForce(network_version=row.id, name=row.name, counts=row.counts)


def describe_device(session: Session, *, networks: NetworkCache, device: str) -> Device:
    """Return a device of the network in force and what it feeds; UnknownThing if it is not there."""
    traced = networks.in_force(session)
    if not traced.knows(device):
        raise UnknownThing(kind="device", id=device)
    trace = downstream(tree=traced.tree, device=device)
    fed = tuple(service_point.id for service_point in trace.service_points)
    places = device_places(session, network_version=traced.network_version, ids=[device])
    place = places.get(device)
    phases = {one.id: one.phases for one in (*trace.service_points, *trace.devices)}
    return Device(
        id=device,
        kind=traced.kind_of(device),
        phases=phases.get(device, ""),
        service_points=len(fed),
        customers=sum(traced.customers_at(fed).values()),
        lon=place.lon if place else None,
        lat=place.lat if place else None,
    )
