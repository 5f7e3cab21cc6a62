"""The present state as a snapshot with its log position: what a live page loads before it follows the log."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.change_log import as_json, latest_position
from dispatch.crews import crew_place
from dispatch.replay import Snapshot, empty_snapshot
from dispatch.tables import CrewRow, InterruptionRow, JobRow, OutageRow

# `note` is free text of a person and stays out of the log, so it stays out of the snapshot too.
_LEFT_OUT = {"note"}


def snapshot(session: Session) -> Snapshot:
    """Return all outages, jobs, crews and interruptions, and the position they stand at."""
    state = empty_snapshot()
    state["position"] = latest_position(session)
    state["outages"] = {row.id: _fields(row) for row in session.scalars(select(OutageRow))}
    state["jobs"] = {row.id: _fields(row) for row in session.scalars(select(JobRow))}
    for crew in session.scalars(select(CrewRow)):
        place = crew_place(crew)
        state["crews"][crew.id] = {**_fields(crew), "lon": place.lon, "lat": place.lat}
    for one in session.scalars(select(InterruptionRow)):
        state["interruptions"].setdefault(one.outage_id, {})[one.service_point] = {
            "started_at": as_json(one.started_at),
            "ended_at": as_json(one.ended_at),
            "customers": one.customers,
        }
    return state


def _fields(row: OutageRow | JobRow | CrewRow) -> dict[str, Any]:
    names = [column.key for column in row.__table__.columns if column.key not in {*_LEFT_OUT, "location"}]
    values = {name: as_json(getattr(row, name)) for name in names}
    return {name: value for name, value in values.items() if value is not None}
