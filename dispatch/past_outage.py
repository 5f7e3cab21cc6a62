"""One outage as it was known: the area of those who were out, and its promises as their clocks stood then.

RULE 1: who was out, its status, when supply was back, arrivals that crews tapped and pauses are read from the
    log, up to one position (dispatch/past_state.py).
RULE 2: of reports and positions of crews those count that had reached Relight by then. To which outage a
    report belongs, under which rules and in which class of area a promise stands, is not in the log: as known
    now.
RULE 3: places are those of the network in force, as is the map that they are drawn on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.arrival_proof import ArrivalProof, counted_arrival, first_arrival
from dispatch.errors import NoActiveNetwork, UnknownThing
from dispatch.events import Event
from dispatch.known_state import KnownState
from dispatch.past_state import history_of, position_at, refuse_instant
from dispatch.promise_document import PauseReason
from dispatch.promise_rules import OutageTimes, Pause, PromiseClock, promise_clocks
from dispatch.promise_rules_store import rules_by_number
from dispatch.promise_tables import ArrivalPositionRow, PromisedOutageRow
from dispatch.promises import first_reports
from dispatch.states import OPEN_OUTAGE_STATUSES, OutageStatus
from dispatch.tables import ChangeLogRow
from gis.area_class import AreaClass
from gis.areas import outage_area
from gis.network_versions import active_network_version


def past_area(session: Session, *, outage_id: str, position: int) -> dict[str, Any] | None:
    """Return the area of those who were out after a change, as GeoJSON; None where none has a place.

    Of an outage that was over by then the area of all who had been out. UnknownThing where it was not known.
    """
    network_version = active_network_version(session)
    if network_version is None:
        raise NoActiveNetwork
    state = history_of(session, [outage_id], position=position)
    outage = _outage(state, outage_id)
    own = state.snapshot["interruptions"].get(outage_id, {})
    is_open = outage["status"] in OPEN_OUTAGE_STATUSES
    out = [id for id, one in own.items() if not is_open or one["ended_at"] is None]
    return outage_area(session, network_version=network_version, service_points=out)


def past_promises(
    session: Session, *, outage_id: str, at: datetime, now: datetime
) -> tuple[PromiseClock, ...]:
    """Return the promises about one outage as their clocks stood at an instant; none where none was made.

    InvalidInput for an instant of which nothing can be told, UnknownThing where the outage was not known.
    """
    refuse_instant(session, at=at, now=now)
    state = history_of(session, [outage_id], position=position_at(session, at=at))
    outage = _outage(state, outage_id)
    promised = session.get(PromisedOutageRow, outage_id)
    if promised is None:
        return ()
    rules = rules_by_number(session)[promised.rules_number]
    reports = first_reports(session, [outage_id], received_by=at).get(outage_id, ())
    arrival = first_arrival(_proofs(session, state, outage_id, at=at), rule=rules.proof)
    times = OutageTimes(
        area_class=AreaClass(promised.area_class),
        first_reports=tuple((report.kind, report.at) for report in reports),
        arrived_at=counted_arrival(arrival, rule=rules.proof) if arrival is not None else None,
        restored_at=_instant(outage, "restored_at"),
        pauses=_pauses(session, outage_id, position=state.position),
        is_void=outage["status"] in (OutageStatus.DISMISSED, OutageStatus.MERGED),
    )
    return promise_clocks(rules, times, now=at)


def _outage(state: KnownState, outage_id: str) -> Mapping[str, Any]:
    outage: Mapping[str, Any] | None = state.snapshot["outages"].get(outage_id)
    if outage is None:
        raise UnknownThing(kind="outage", id=outage_id)
    return outage


def _proofs(session: Session, state: KnownState, outage_id: str, *, at: datetime) -> list[ArrivalProof]:
    """Return what proved arrivals by then: taps by the log, positions that had been told."""
    jobs = {id: job for id, job in state.snapshot["jobs"].items() if job.get("outage_id") == outage_id}
    told = session.scalars(
        select(ArrivalPositionRow).where(
            ArrivalPositionRow.job_id.in_(list(jobs)), ArrivalPositionRow.recorded_at <= at
        )
    )
    positions = {row.job_id: row for row in told}
    return [
        ArrivalProof(
            job_id=id,
            crew_id=job["crew_id"],
            tap_at=_instant(job, "on_site_at"),
            tap_recorded_at=None,
            tap_change=None,
            position_at=positions[id].at if id in positions else None,
            position_recorded_at=positions[id].recorded_at if id in positions else None,
            position_distance_m=None,
            lon=None,
            lat=None,
        )
        for id, job in jobs.items()
    ]


def _pauses(session: Session, outage_id: str, *, position: int) -> tuple[Pause, ...]:
    told: dict[str, dict[str, Any]] = {}
    query = (
        select(ChangeLogRow.subject, ChangeLogRow.data)
        .where(
            ChangeLogRow.outage_id == outage_id,
            ChangeLogRow.name.in_((Event.PROMISE_PAUSED, Event.PROMISE_RESUMED)),
            ChangeLogRow.position <= position,
        )
        .order_by(ChangeLogRow.position)
    )
    for subject, data in session.execute(query):
        values = {name: value["new"] for name, value in data["values"].items()}
        told.setdefault(subject, {}).update(values)
    return tuple(
        Pause(
            PauseReason(one["reason"]), datetime.fromisoformat(one["started_at"]), _instant(one, "ended_at")
        )
        for one in told.values()
    )


def _instant(told: Mapping[str, Any], field: str) -> datetime | None:
    value = told.get(field)
    return datetime.fromisoformat(value) if value is not None else None
