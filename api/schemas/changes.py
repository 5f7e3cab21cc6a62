"""Shapes of the change log and of the snapshot it continues."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from api.schemas.shape import Answer, Instant

# A position is a PostgreSQL bigint.
Position = Annotated[int, Query(ge=0, lt=2**63)]


class Change(Answer):
    """One recorded change; `occurred_at` is earlier than `recorded_at` where a crew had no signal."""

    position: int
    recorded_at: Instant
    occurred_at: Instant
    name: str
    actor: str
    subject: str
    outage_id: str | None
    data: dict[str, Any]
    client_event_id: str | None


class Changes(Answer):
    """Changes in order, and the position to ask after next time."""

    position: int
    changes: list[Change]


class History(Answer):
    """Every change of one outage."""

    changes: list[Change]


class PlaceOnMap(Answer):
    """A place in degrees, WGS 84."""

    lon: float
    lat: float


class _Shelves(Answer):
    position: int
    outages: dict[str, dict[str, Any]]
    jobs: dict[str, dict[str, Any]]
    crews: dict[str, dict[str, Any]]
    conflicts: dict[str, dict[str, Any]]
    hazards: dict[str, dict[str, Any]]
    road_closures: dict[str, dict[str, Any]]
    switching_orders: dict[str, dict[str, Any]]
    tags: dict[str, dict[str, Any]]
    incidents: dict[str, dict[str, Any]]


class Interruptions(Answer):
    """Who is out by each outage after the change at `position`, to the service point."""

    position: int
    interruptions: dict[str, dict[str, Any]]


class Snapshot(_Shelves, Interruptions):
    """The state after the change at `position`; apply the changes after it to stay current."""


class FirstView(_Shelves):
    """A snapshot without its interruptions, which `/api/snapshot/interruptions` tells.

    Beside that by outage: where it is, if any map shows it, and the hazards that were reported there.
    """

    places: dict[str, PlaceOnMap]
    reported_hazards: dict[str, list[str]]
