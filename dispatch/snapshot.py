"""The present state as a snapshot with its log position: what a live page loads before it follows the log.

Bounded, however long a system has run: what is not over, and what has changed within a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from dispatch.change_log import LoggedRow, as_json, latest_position
from dispatch.crew_shifts import as_log
from dispatch.crew_view import crew_place
from dispatch.hazard_kinds import HazardStatus
from dispatch.hazard_tables import HazardRow
from dispatch.hazard_views import place_of
from dispatch.incident_tables import IncidentRow
from dispatch.replay import Snapshot, empty_snapshot
from dispatch.road_closures import standing_closures
from dispatch.roster import read_roster
from dispatch.states import OVER_OUTAGE_STATUSES
from dispatch.switching_shelves import told_orders, told_tags
from dispatch.tables import AffectedRow, ChangeLogRow, ConflictRow, CrewRow, JobRow, OutageRow

# What is over stays in sight for a day; older outages are asked for by themselves.
RECENT = timedelta(hours=24)

# What stays out of the log stays out of the snapshot too: a person's free text, who found a hazard made safe.
_LEFT_OUT = frozenset({("outage", "note"), ("hazard", "note"), ("hazard", "found_by")})
_CLOSURE_FIELDS = ("id", "reason", "geometry", "since", "until", "drawn_by", "drawn_at")


def snapshot(session: Session, *, now: datetime) -> Snapshot:
    """Return outages with jobs and interruptions, crews, open hazards with jobs, open conflicts, position.

    Outages that are not over are all there; of the others those whose last change is within RECENT of `now`.
    """
    return {**shelves(session, now=now), "interruptions": interruptions(session, now=now)}


def shelves(session: Session, *, now: datetime) -> Snapshot:
    """Return the snapshot with no interruptions in it."""
    state = empty_snapshot()
    state["position"] = latest_position(session)
    outages = session.scalars(select(OutageRow).where(_is_told(now))).all()
    state["outages"] = {row.id: _fields(row) for row in outages}
    jobs = (
        select(JobRow)
        .outerjoin(OutageRow, OutageRow.id == JobRow.outage_id)
        .outerjoin(HazardRow, HazardRow.id == JobRow.hazard_id)
        .where(or_(_is_told(now), JobRow.hazard_id.is_not(None) & HazardRow.closed_at.is_(None)))
    )
    state["jobs"] = {row.id: _fields(row) for row in session.scalars(jobs)}
    hazards = select(HazardRow).where(HazardRow.status != HazardStatus.CLOSED)
    for hazard in session.scalars(hazards):
        place = place_of(hazard)
        at = {"lon": place.lon, "lat": place.lat} if place else {}
        state["hazards"][hazard.id] = {**_fields(hazard), **at}
    crews = session.scalars(select(CrewRow)).all()
    roster = read_roster(session, crew_ids=[crew.id for crew in crews], now=now)
    for crew in crews:
        place = crew_place(crew)
        shifts = as_log(roster[crew.id].shifts)
        state["crews"][crew.id] = {**_fields(crew), "lon": place.lon, "lat": place.lat, "shifts": shifts}
    state["road_closures"] = _road_closures(session, now=now)
    state["switching_orders"] = told_orders(session, recent_since=now - RECENT)
    state["tags"] = told_tags(session)
    incidents = session.scalars(select(IncidentRow).where(IncidentRow.closed_at.is_(None)))
    state["incidents"] = {row.id: _fields(row) for row in incidents}
    conflicts = select(ConflictRow).where(ConflictRow.cleared_at.is_(None))
    state["conflicts"] = {row.id: _fields(row) for row in session.scalars(conflicts)}
    return state


def interruptions(session: Session, *, now: datetime) -> dict[str, dict[str, Any]]:
    """Return who is out by each outage; columns only, since they are by far the most."""
    query = (
        select(
            AffectedRow.outage_id,
            AffectedRow.service_point,
            AffectedRow.started_at,
            AffectedRow.ended_at,
            AffectedRow.customers,
        )
        .join(OutageRow, OutageRow.id == AffectedRow.outage_id)
        .where(_is_told(now))
    )
    told: dict[str, dict[str, Any]] = {}
    written: dict[datetime | None, Any] = {None: None}  # those of one outage mostly share their times
    for outage_id, service_point, started_at, ended_at, customers in session.execute(query):
        for at in (started_at, ended_at):
            if at not in written:
                written[at] = as_json(at)
        told.setdefault(outage_id, {})[service_point] = {
            "started_at": written[started_at],
            "ended_at": written[ended_at],
            "customers": customers,
        }
    return told


def _road_closures(session: Session, *, now: datetime) -> dict[str, Any]:
    """Return closed roads that nobody has lifted; a page lets those go whose time is over."""
    told = {}
    for one in standing_closures(session, since=now - RECENT):
        values = {name: as_json(getattr(one, name)) for name in _CLOSURE_FIELDS}
        told[one.id] = {name: value for name, value in values.items() if value is not None}
    return told


def _is_told(now: datetime) -> ColumnElement[bool]:
    is_over = OutageRow.status.in_(OVER_OUTAGE_STATUSES)
    # An outage's version is the position of its last change.
    changed = exists().where(
        ChangeLogRow.position == OutageRow.version, ChangeLogRow.recorded_at > now - RECENT
    )
    return or_(~is_over, changed)


def _fields(row: LoggedRow) -> dict[str, Any]:
    values = {name: as_json(getattr(row, name)) for name in _told_fields(type(row))}
    return {name: value for name, value in values.items() if value is not None}


@cache
def _told_fields(kind: type[LoggedRow]) -> tuple[str, ...]:
    names = [column.key for column in kind.__table__.columns if column.key != "location"]
    return tuple(name for name in names if (kind.__tablename__, name) not in _LEFT_OUT)
