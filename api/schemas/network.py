"""Shapes of the network in force."""

from __future__ import annotations

from api.schemas.shape import Answer


class NetworkInForce(Answer):
    """The network version in force, how much is in it, and where: west, south, east, north in degrees."""

    network_version: int
    name: str
    counts: dict[str, int]
    bounds: tuple[float, float, float, float] | None


class Device(Answer):
    """One device, with what it feeds in the normal state."""

    id: str
    kind: str
    phases: str
    service_points: int
    customers: int
    lon: float | None
    lat: float | None
