"""Shapes of the network in force."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.schemas.shape import Answer


class NetworkInForce(Answer):
    """The network version in force, how much is in it, and where: west, south, east, north in degrees."""

    network_version: int
    name: str
    counts: dict[str, int]
    bounds: tuple[float, float, float, float] | None


class DeadLines(Answer):
    """Lines in sight that have no supply, and those that have none on some of their phases.

    Told apart is what only predictions say. Not `is_whole` where there are too many to tell: 10,000 are told.
    """

    dead: list[str]
    partly_dead: list[str]
    predicted_dead: list[str]
    predicted_partly_dead: list[str]
    is_whole: bool


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


class SwitchOnTrace(Answer):
    """A switch on a trace or at its edge, or what is temporary there; closed where `open_phases` is empty."""

    id: str
    kind: str
    name: str | None
    open_phases: str


class NetworkTrace(Answer):
    """The way from a device to its source, or the part below it, with what is counted on it.

    Counted is who is fed through the device, in either direction. `switches` are in the order of the trace,
    the first ones of `switch_count`; `open_ends`, where the part ends at something open, of `open_count`. Not
    `is_as_asked`: there is no supply now, and this is the way it normally has. `drawn` is a GeoJSON geometry,
    its longest lines where not `is_drawn_whole`.
    """

    device: str
    kind: str
    open_phases: str
    direction: str
    state: str
    is_as_asked: bool
    service_points: int
    customers: int
    critical_service_points: int
    critical_customers: int
    transformers: int
    devices: int
    length_m: float
    switch_count: int
    switches: list[SwitchOnTrace]
    open_count: int
    open_ends: list[SwitchOnTrace]
    drawn: dict[str, Any] | None
    bounds: tuple[float, float, float, float] | None
    is_drawn_whole: bool


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
