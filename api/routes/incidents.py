"""Incidents: outages of one cause are grouped, and looked at together."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.roles import Role, open_to
from api.schemas.incidents import (
    Belonging,
    Incident,
    IncidentClosing,
    Incidents,
    NewIncident,
)
from api.schemas.shape import Name
from api.work import Database, SignedIn, reading, writing
from dispatch import incidents

router = APIRouter(tags=["incidents"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)


@router.get("/api/incidents")
@_desk
def read_incidents(
    engine: Database,
    closed: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter
) -> Incidents:
    """List incidents, newest first: those that are open, or with `closed` all."""
    with reading(engine) as work:
        found = incidents.list_incidents(work.session, closed=closed)
        return Incidents(incidents=[Incident.model_validate(one) for one in found])


@router.post("/api/incidents")
@_desk
def open_incident(body: NewIncident, identity: SignedIn, engine: Database) -> Incident:
    """Open an incident, with the outages that belong to it."""
    with writing(engine) as work:
        view = incidents.open_incident(work.session, actor=identity.name, now=work.now, **body.model_dump())
        return Incident.model_validate(view)


@router.get("/api/incidents/{incident_id}")
@_desk
def read_incident(incident_id: Name, engine: Database) -> Incident:
    """Read one incident."""
    with reading(engine) as work:
        return Incident.model_validate(incidents.get_incident(work.session, incident_id=incident_id))


@router.post("/api/incidents/{incident_id}/add")
@_desk
def add_outage(incident_id: Name, body: Belonging, identity: SignedIn, engine: Database) -> Incident:
    """Let an outage belong to it."""
    with writing(engine) as work:
        view = incidents.add_outage(
            work.session, incident_id=incident_id, actor=identity.name, now=work.now, **body.model_dump()
        )
        return Incident.model_validate(view)


@router.post("/api/incidents/{incident_id}/remove")
@_desk
def remove_outage(incident_id: Name, body: Belonging, identity: SignedIn, engine: Database) -> Incident:
    """Let an outage belong to it no more."""
    with writing(engine) as work:
        view = incidents.remove_outage(
            work.session, incident_id=incident_id, actor=identity.name, now=work.now, **body.model_dump()
        )
        return Incident.model_validate(view)


@router.post("/api/incidents/{incident_id}/close")
@_desk
def close_incident(
    incident_id: Name, body: IncidentClosing, identity: SignedIn, engine: Database
) -> Incident:
    """Close it with its cause, once all its outages are over."""
    with writing(engine) as work:
        view = incidents.close_incident(
            work.session, incident_id=incident_id, actor=identity.name, now=work.now, **body.model_dump()
        )
        return Incident.model_validate(view)
