"""Shapes of the network in force."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.shape import Answer


class NetworkInForce(Answer):
    """The network version in force, how much is in it, and where: west, south, east, north in degrees."""

    network_version: int
    name: str
    counts: dict[str, int]
    bounds: tuple[float, float, float, float] | None


class Device(Answer):
    """One device between two nodes (a service point is at one), with what it feeds in the normal state."""

    id: str
    kind: str
    phases: str
    service_points: int
    customers: int
    from_node: str | None
    to_node: str | None
    lon: float | None
    lat: float | None


class Loss(Answer):
    """What of an outage (null: of none yet) the network in force no longer has in its place."""

    reason: Literal[
        "device_gone",
        "service_points_gone",
        "service_points_moved",
        "evidence_gone",
        "switches_gone",
        "tagged_gone",
        "temporary_gone",
    ]
    outage_id: str | None
    ids: list[str] = Field(description="Devices, service points, or pieces of evidence, as `reason` says.")


class NetworkWorklist(Answer):
    """What a person has to look at since another network version came into force; empty if all went over."""

    network_version: int
    losses: list[Loss]
