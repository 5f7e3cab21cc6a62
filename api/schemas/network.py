"""Shapes of the network in force."""

from __future__ import annotations

from api.schemas.shape import Answer


class NetworkInForce(Answer):
    """The network version that is in force, and how much is in it."""

    network_version: int
    name: str
    counts: dict[str, int]


class Device(Answer):
    """One device, with what it feeds in the normal state."""

    id: str
    kind: str
    phases: str
    service_points: int
    customers: int
    lon: float | None
    lat: float | None
