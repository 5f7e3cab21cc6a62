"""The network in force, and its devices."""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.devices import describe_device, network_in_force
from api.roles import Role, open_to
from api.schemas.network import Device, NetworkInForce
from api.schemas.shape import Name
from api.work import Database, reading

router = APIRouter(tags=["network"])


@router.get("/api/network")
@open_to(Role.DISPATCHER, Role.SUPERVISOR, Role.CREW)
def read_network(engine: Database) -> NetworkInForce:
    """Say which network version is in force."""
    with reading(engine) as work:
        return NetworkInForce.model_validate(network_in_force(work.session))


@router.get("/api/network/devices/{device:path}")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_device(device: Name, request: Request, engine: Database) -> Device:
    """Describe one device of the network in force, and what it feeds in the normal state."""
    with reading(engine) as work:
        return describe_device(work.session, networks=request.app.state.networks, device=device)
