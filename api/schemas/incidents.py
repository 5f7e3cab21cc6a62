"""Shapes of incidents: one cause that several outages belong to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.outage_life import HappenedAt
from api.schemas.shape import Answer, Instant, Name, Order


class Incident(Answer):
    """One incident with its outages; `version` goes back with every action."""

    id: str
    version: int
    name: str
    cause: str | None
    opened_at: Instant
    opened_by: str
    closed_at: Instant | None
    outages: list[str]
    customers_out: int


class Incidents(Answer):
    """Incidents, newest first."""

    incidents: list[Incident]


class NewIncident(Order):
    """What the desk calls it (no person's name: it stands in the log), and its first outages."""

    name: Name
    cause: Name | None = None
    outages: Annotated[list[Name], Field(default_factory=list, max_length=200)]
    occurred_at: HappenedAt


class IncidentOrder(Order):
    """An action on the incident as the sender saw it; null acts on whatever it is now."""

    version: int | None
    occurred_at: HappenedAt


class Belonging(IncidentOrder):
    """Which outage belongs to it, or no more."""

    outage_id: Name


class IncidentClosing(IncidentOrder):
    """The cause they had in common."""

    cause: Name
