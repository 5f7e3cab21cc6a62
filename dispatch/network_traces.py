"""A trace for a person: the way from a device to its source, or the part below it, counted and to be drawn.

RULE 1: as things stand now, what is switched, cut, laid and run for the time being counts; what is only
believed to be open does not: else nothing would hang below the device of a confirmed outage. In the normal
state nothing of this counts.
RULE 2: what has no supply now has no way to a source; then the way it normally has is told, and what stands
open or cut on it.
RULE 3: counted is who is fed through the device, in either direction: opening it would put them out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from dispatch.errors import UnknownThing
from dispatch.network_cache import TracedNetwork
from gis.device_names import device_names
from gis.priorities import priorities_of
from gis.traced_assets import MOST_DRAWN, traced_assets
from topology.kinds import DeviceKind, Layer, layer_of
from topology.open_ends import open_ends
from topology.phases import format_phases
from topology.supply import Supply
from topology.trace import TracedDevice, downstream, upstream

# More are counted, and not listed: nobody reads them.
MOST_LISTED = 200


class Direction(StrEnum):
    """Which way a trace goes."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"


class TracedState(StrEnum):
    """Which switch state a trace sees."""

    NOW = "now"
    NORMAL = "normal"


@dataclass(frozen=True, slots=True)
class SwitchOnTrace:
    """A switch on a trace or at its edge, or what is temporary there; closed where `open_phases` is empty."""

    id: str
    kind: str
    name: str | None
    open_phases: str


@dataclass(frozen=True, slots=True)
class NetworkTrace:
    """A trace and what it counts; lengths in metres, `drawn` a GeoJSON geometry, `bounds` in degrees.

    `open_phases`: of the device itself, in the state asked for. `switches` on it are in its order, at most
    `MOST_LISTED` of `switch_count`; `open_ends` likewise, of `open_count`. Not `is_as_asked`: the normal
    way in place of one that there is not now. `is_drawn_whole`: nothing was left out of `drawn` as too much.
    """

    device: str
    kind: str
    open_phases: str
    direction: Direction
    state: TracedState
    is_as_asked: bool
    service_points: int
    customers: int
    critical_service_points: int
    critical_customers: int
    transformers: int
    devices: int
    length_m: float
    switch_count: int
    switches: tuple[SwitchOnTrace, ...]
    open_count: int
    open_ends: tuple[SwitchOnTrace, ...]
    drawn: dict[str, Any] | None
    bounds: tuple[float, float, float, float] | None
    is_drawn_whole: bool


def trace_network(
    session: Session,
    *,
    traced: TracedNetwork,
    device: str,
    direction: Direction,
    state: TracedState,
) -> NetworkTrace:
    """Trace from a device or service point of the network in force; UnknownThing."""
    if not traced.knows(device):
        raise UnknownThing(kind="device", id=device)
    supply = traced.supply if state is TracedState.NOW else Supply(traced.normal)
    fed = downstream(tree=supply, device=device)
    passed, ends, is_as_asked = _passed(traced, supply, device, direction, fed.devices)
    ids = [one.id for one in passed]
    own = [device] if traced.network.has_device(device) else []
    assets = traced_assets(session, network_version=traced.network_version, devices=[*own, *ids])
    points = [one.id for one in fed.service_points]
    critical = priorities_of(session, network_version=traced.network_version, service_points=points)
    switches = [one for one in passed if _is_listed(one.kind)]
    named = [*switches[:MOST_LISTED], *ends[:MOST_LISTED]]
    names = device_names(session, network_version=traced.network_version, ids=[one.id for one in named])
    return NetworkTrace(
        device=device,
        kind=traced.kind_of(device),
        open_phases=_open_phases(supply, device),
        direction=direction,
        state=state,
        is_as_asked=is_as_asked,
        service_points=len(points),
        customers=_customers(traced, points),
        critical_service_points=len(critical),
        critical_customers=_customers(traced, list(critical)),
        transformers=sum(_layer(one.kind) is Layer.TRANSFORMER for one in passed),
        devices=len(ids),
        length_m=round(assets.length_m, 1),
        switch_count=len(switches),
        switches=tuple(_told(one, _open_phases(supply, one.id), names) for one in switches[:MOST_LISTED]),
        open_count=len(ends),
        open_ends=tuple(_told(one, one.phases, names) for one in ends[:MOST_LISTED]),
        drawn=assets.drawn,
        bounds=assets.bounds,
        is_drawn_whole=len(own) + len(ids) <= MOST_DRAWN,
    )


def _passed(
    traced: TracedNetwork,
    supply: Supply,
    device: str,
    direction: Direction,
    below: Sequence[TracedDevice],
) -> tuple[Sequence[TracedDevice], Sequence[TracedDevice], bool]:
    """Return the devices of a trace, the open ones at its edge, and whether it is the one asked for."""
    if direction is Direction.DOWNSTREAM:
        is_device = traced.network.has_device(device)
        return below, open_ends(supply=supply, device=device) if is_device else (), True
    if way := upstream(tree=supply, device=device).devices:
        return way, (), True
    normal = upstream(tree=traced.normal, device=device).devices
    return normal, (), not normal


def _customers(traced: TracedNetwork, points: Sequence[str]) -> int:
    network = traced.network
    return int(network.service_point_customers[network.find_service_points(points)].sum()) if points else 0


def _layer(kind: str) -> Layer | None:
    """Return the layer of a kind, None for what is temporary."""
    return layer_of(DeviceKind(kind)) if kind in set(DeviceKind) else None


def _is_listed(kind: str) -> bool:
    """Return whether people name it on a way: a switch, or something temporary."""
    return _layer(kind) in (Layer.SWITCH, None)


def _open_phases(supply: Supply, id: str) -> str:
    """Return the phases on which a device does not join its ends; none where there is none of it."""
    index = int(supply.network.find_devices([id])[0])
    if index < 0:
        return ""
    carried = int(supply.network.device_phases[index])
    return format_phases(carried & ~supply.closed_phases_of(index))


def _told(one: TracedDevice, open_phases: str, names: dict[str, str]) -> SwitchOnTrace:
    return SwitchOnTrace(id=one.id, kind=one.kind, name=names.get(one.id), open_phases=open_phases)
