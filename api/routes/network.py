"""The network in force, its devices, traces through it, and what it lost."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from api.devices import describe_device, network_in_force
from api.roles import Role, open_to
from api.schemas.network import DeadLines, Device, Loss, NetworkInForce, NetworkTrace, NetworkWorklist
from api.schemas.shape import Name
from api.sight import SightNow
from api.work import Database, reading
from dispatch.dead_lines import dead_lines
from dispatch.network_activation import network_worklist
from dispatch.network_traces import Direction, TracedState, trace_network

router = APIRouter(tags=["network"])


@router.get("/api/network")
@open_to(Role.DISPATCHER, Role.SUPERVISOR, Role.CREW, Role.GUEST_CREW)
def read_network(engine: Database) -> NetworkInForce:
    """Say which network version is in force."""
    with reading(engine) as work:
        return NetworkInForce.model_validate(network_in_force(work.session))


@router.get("/api/network/worklist")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_worklist(request: Request, engine: Database) -> NetworkWorklist:
    """Name what open outages and reports refer to that the network in force no longer has there."""
    with reading(engine) as work:
        traced = request.app.state.networks.in_force(work.session)
        losses = network_worklist(work.session, traced=traced)
    return NetworkWorklist(
        network_version=traced.network_version, losses=[Loss.model_validate(one) for one in losses]
    )


@router.get("/api/network/dead-lines")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_dead_lines(sight: SightNow, request: Request, engine: Database) -> DeadLines:
    """Name the lines in sight that have no supply: as things are switched, by outages, by predictions."""
    with reading(engine) as work:
        traced = request.app.state.networks.in_force(work.session)
        return DeadLines.model_validate(dead_lines(work.session, traced=traced, sight=sight))


@router.get("/api/network/devices/{device:path}")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_device(device: Name, request: Request, engine: Database) -> Device:
    """Describe one device of the network in force, and what it feeds in the normal state."""
    with reading(engine) as work:
        return describe_device(work.session, networks=request.app.state.networks, device=device)


@router.get("/api/network/traces/{device:path}")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_trace(
    device: Name,
    request: Request,
    engine: Database,
    direction: Annotated[Direction, Query(description="To the source, or to what it feeds.")],
    state: Annotated[TracedState, Query(description="As it is switched now, or normally.")] = TracedState.NOW,
) -> NetworkTrace:
    """Trace from a device or service point of the network in force, and count what is fed through it."""
    with reading(engine) as work:
        traced = request.app.state.networks.in_force(work.session)
        found = trace_network(work.session, traced=traced, device=device, direction=direction, state=state)
        return NetworkTrace.model_validate(found)
