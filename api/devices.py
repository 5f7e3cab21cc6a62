"""One device and the network in force, put together from what topology and gis know."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from api.schemas.network import Device, NetworkInForce
from dispatch.errors import NoActiveNetwork, UnknownThing
from dispatch.network_cache import NetworkCache, TracedNetwork
from gis.network_versions import active_network_version
from gis.places import device_places
from gis.tables import NetworkVersionRow
from gis.tiles import network_bounds
from topology.phases import format_phases
from topology.trace import FedServicePoint, downstream


def network_in_force(session: Session) -> NetworkInForce:
    """Return the network version in force; NoActiveNetwork if there is none."""
    network_version = active_network_version(session)
    row = session.get(NetworkVersionRow, network_version) if network_version is not None else None
    if row is None:
        raise NoActiveNetwork
    bounds = network_bounds(session, network_version=row.id)
    return NetworkInForce(network_version=row.id, name=row.name, counts=row.counts, bounds=bounds)


def describe_device(session: Session, *, networks: NetworkCache, device: str) -> Device:
    """Return a device of the network in force and what it feeds; UnknownThing if it is not there."""
    traced = networks.in_force(session)
    if not traced.knows(device):
        raise UnknownThing(kind="device", id=device)
    trace = downstream(tree=traced.normal, device=device)
    fed = tuple(service_point.id for service_point in trace.service_points)
    places = device_places(session, network_version=traced.network_version, ids=[device])
    place = places.get(device)
    ends = _ends_of(traced, device)
    return Device(
        id=device,
        kind=traced.kind_of(device),
        phases=_phases_of(traced, device=device, fed=trace.service_points),
        service_points=len(fed),
        customers=sum(traced.customers_at(fed).values()),
        from_node=ends[0],
        to_node=ends[1],
        lon=place.lon if place else None,
        lat=place.lat if place else None,
    )


def _ends_of(traced: TracedNetwork, device: str) -> tuple[str | None, str | None]:
    """Return the nodes of a device, or the one of a service point."""
    network = traced.network
    if not network.has_device(device):
        node = int(network.service_point_nodes[network.service_point_index(device)])
        return network.node_ids([node])[0], None
    index = network.device_index(device)
    start, end = network.node_ids([network.device_from_nodes[index], network.device_to_nodes[index]])
    return start, end


def _phases_of(traced: TracedNetwork, *, device: str, fed: Sequence[FedServicePoint]) -> str:
    network = traced.network
    if network.has_device(device):
        return format_phases(int(network.device_phases[network.device_index(device)]))
    # A service point: the phases it is fed on.
    return fed[0].phases if fed else ""
