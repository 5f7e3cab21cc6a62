"""Planned outages 计划停电: requested, studied, approved, published, begun, ended, closed, called off."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Request

from api.roles import Role, open_to
from api.schemas.planned_outages import (
    Amendment,
    Approval,
    Because,
    Happened,
    LocalTime,
    Moment,
    NewPlannedOutage,
    NoticeMessage,
    NoticeMessages,
    PlannedChange,
    PlannedChanges,
    PlannedConflict,
    PlannedConflicts,
    PlannedNotice,
    PlannedNotices,
    PlannedOutage,
    PlannedOutages,
    PlannedOutageTimes,
    PlannedRequest,
    PlannedRules,
    PlannedVersion,
    PlannedVersions,
    Seen,
    Study,
)
from api.schemas.shape import Name
from api.work import Database, SignedIn, reading, writing
from dispatch.errors import InvalidInput
from dispatch.local_times import moment_of
from dispatch.planned_conflicts import planned_conflicts
from dispatch.planned_execution import begin_planned_outage, end_planned_outage
from dispatch.planned_life import (
    amend_planned_outage,
    approve_planned_outage,
    cancel_planned_outage,
    close_planned_outage,
    publish_planned_outage,
    request_planned_outage,
    return_planned_outage,
    study_planned_outage,
)
from dispatch.planned_outages import announce_planned_outage, list_planned_outages, move_planned_outage
from dispatch.planned_rows import planned_row
from dispatch.planned_rules_store import planned_rules_in_force
from dispatch.planned_views import (
    get_planned_outage,
    notice_messages,
    planned_changes,
    planned_notices,
    planned_versions,
)

router = APIRouter(tags=["planned outages"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)
_desk_and_agents = open_to(Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR)
ONE = "/api/planned-outages/{planned_outage_id}"


@router.get("/api/planned-outages")
@_desk_and_agents
def read_planned_outages(engine: Database, identity: SignedIn) -> PlannedOutages:
    """List planned outages to come, under way, not closed, or over for less than a day.

    A call taker sees what was published.
    """
    with reading(engine) as work:
        found = list_planned_outages(work.session, now=work.now, known_only=not identity.is_desk)
        return PlannedOutages(planned_outages=[PlannedOutage.model_validate(one) for one in found])


@router.get("/api/planned-outages/rules")
@_desk
def read_planned_rules(engine: Database) -> PlannedRules:
    """Read the rules of notices and conflicts."""
    with reading(engine) as work:
        rules = planned_rules_in_force(work.session)
        return PlannedRules(version=rules.version, document=dict(rules.document))


@router.post("/api/planned-outages", status_code=201)
@open_to(Role.SUPERVISOR)
def announce(body: NewPlannedOutage, request: Request, identity: SignedIn, engine: Database) -> PlannedOutage:
    """Enter a planned outage that was approved elsewhere: it is published at once, and may have begun.

    For supervisors: it goes past study and approval.
    """
    starts_at, ends_at = _times(body, request)
    with writing(engine) as work:
        view = announce_planned_outage(
            work.session,
            work=body.work,
            device=body.device,
            service_points=body.service_points,
            starts_at=starts_at,
            ends_at=ends_at,
            text=body.text,
            networks=request.app.state.networks,
            actor=identity.name,
            now=work.now,
        )
        return PlannedOutage.model_validate(view)


@router.post("/api/planned-outages/requests", status_code=201)
@_desk
def ask_for(body: PlannedRequest, request: Request, identity: SignedIn, engine: Database) -> PlannedOutage:
    """Request a planned outage, to be studied and approved by another person."""
    starts_at, ends_at = _times(body, request)
    with writing(engine) as work:
        view = request_planned_outage(
            work.session,
            work=body.work,
            device=body.device,
            service_points=body.service_points,
            crew_id=body.crew_id,
            starts_at=starts_at,
            ends_at=ends_at,
            text=body.text,
            networks=request.app.state.networks,
            actor=identity.name,
            now=work.now,
        )
        return PlannedOutage.model_validate(view)


@router.get(ONE)
@_desk_and_agents
def read_one(planned_outage_id: Name, engine: Database) -> PlannedOutage:
    """Read one planned outage."""
    with reading(engine) as work:
        return PlannedOutage.model_validate(
            get_planned_outage(work.session, planned_outage_id=planned_outage_id)
        )


@router.get(ONE + "/changes")
@_desk_and_agents
def read_changes(planned_outage_id: Name, engine: Database) -> PlannedChanges:
    """Read every change, delay and extension: old, new, who and when (变更轨迹)."""
    with reading(engine) as work:
        found = planned_changes(work.session, planned_outage_id=planned_outage_id)
        return PlannedChanges(changes=[PlannedChange.model_validate(one) for one in found])


@router.get(ONE + "/versions")
@_desk
def read_versions(planned_outage_id: Name, engine: Database) -> PlannedVersions:
    """Read every version of whom it concerned, to the household."""
    with reading(engine) as work:
        found = planned_versions(work.session, planned_outage_id=planned_outage_id)
        return PlannedVersions(versions=[PlannedVersion.model_validate(one) for one in found])


@router.get(ONE + "/conflicts")
@_desk
def read_conflicts(planned_outage_id: Name, request: Request, engine: Database) -> PlannedConflicts:
    """Find what it conflicts with as things are now."""
    with reading(engine) as work:
        found = planned_conflicts(
            work.session,
            row=planned_row(work.session, planned_outage_id),
            traced=request.app.state.networks.in_force(work.session),
            rules=planned_rules_in_force(work.session),
            zone=request.app.state.zone,
        )
        return PlannedConflicts(conflicts=[PlannedConflict.model_validate(one) for one in found])


@router.get(ONE + "/notices")
@_desk
def read_notices(planned_outage_id: Name, engine: Database) -> PlannedNotices:
    """Read the notices about it: when due, when queued, what became of the messages, and breaches."""
    with reading(engine) as work:
        found = planned_notices(work.session, planned_outage_id=planned_outage_id, now=work.now)
        return PlannedNotices(notices=[PlannedNotice.model_validate(one) for one in found])


@router.get(ONE + "/notices/{notice_id}/messages")
@_desk
def read_messages(planned_outage_id: Name, notice_id: int, engine: Database) -> NoticeMessages:
    """Read the messages of one notice: the proof to the customer."""
    with reading(engine) as work:
        found = notice_messages(work.session, planned_outage_id=planned_outage_id, notice_id=notice_id)
        return NoticeMessages(messages=[NoticeMessage.model_validate(one) for one in found])


@router.post(ONE + "/amend")
@_desk
def amend(planned_outage_id: Name, body: Amendment, identity: SignedIn, engine: Database) -> PlannedOutage:
    """Give a request another crew or other words."""
    with writing(engine) as work:
        view = amend_planned_outage(
            work.session,
            planned_outage_id=planned_outage_id,
            **body.model_dump(),
            actor=identity.name,
            now=work.now,
        )
        return PlannedOutage.model_validate(view)


@router.post(ONE + "/study")
@_desk
def study(
    planned_outage_id: Name, body: Study, request: Request, identity: SignedIn, engine: Database
) -> PlannedOutage:
    """Find whom it concerns, by its switching orders where it has any."""
    with writing(engine) as work:
        view = study_planned_outage(
            work.session,
            planned_outage_id=planned_outage_id,
            version=body.version,
            basis=body.basis,
            networks=request.app.state.networks,
            actor=identity.name,
            now=work.now,
        )
        return PlannedOutage.model_validate(view)


@router.post(ONE + "/approve")
@_desk
def approve(
    planned_outage_id: Name, body: Approval, request: Request, identity: SignedIn, engine: Database
) -> PlannedOutage:
    """Approve it: another person than who requested it."""
    with writing(engine) as work:
        view = approve_planned_outage(
            work.session,
            planned_outage_id=planned_outage_id,
            version=body.version,
            override_reason=body.override_reason,
            networks=request.app.state.networks,
            zone=request.app.state.zone,
            actor=identity.name,
            now=work.now,
        )
        return PlannedOutage.model_validate(view)


@router.post(ONE + "/return")
@_desk
def return_it(planned_outage_id: Name, body: Because, identity: SignedIn, engine: Database) -> PlannedOutage:
    """Make a request of it again."""
    with writing(engine) as work:
        view = return_planned_outage(
            work.session,
            planned_outage_id=planned_outage_id,
            version=body.version,
            reason=body.reason,
            actor=identity.name,
            now=work.now,
        )
        return PlannedOutage.model_validate(view)


@router.post(ONE + "/publish")
@_desk
def publish(planned_outage_id: Name, body: Seen, identity: SignedIn, engine: Database) -> PlannedOutage:
    """Publish it: notices are owed from now on."""
    with writing(engine) as work:
        view = publish_planned_outage(
            work.session,
            planned_outage_id=planned_outage_id,
            version=body.version,
            actor=identity.name,
            now=work.now,
        )
        return PlannedOutage.model_validate(view)


@router.post(ONE + "/times")
@_desk
def move(
    planned_outage_id: Name,
    body: PlannedOutageTimes,
    request: Request,
    identity: SignedIn,
    engine: Database,
) -> PlannedOutage:
    """Put it to other times: later, longer, or over already; everybody who was told is told again."""
    starts_at = _moment(body.starts_at, request, "starts_at") if body.starts_at else None
    ends_at = _moment(body.ends_at, request, "ends_at") if body.ends_at else None
    with writing(engine) as work:
        view = move_planned_outage(
            work.session,
            planned_outage_id=planned_outage_id,
            version=body.version,
            starts_at=starts_at,
            ends_at=ends_at,
            networks=request.app.state.networks,
            zone=request.app.state.zone,
            actor=identity.name,
            now=work.now,
        )
        return PlannedOutage.model_validate(view)


@router.post(ONE + "/begin")
@_desk
def begin(
    planned_outage_id: Name, body: Happened, request: Request, identity: SignedIn, engine: Database
) -> PlannedOutage:
    """Note that supply is switched off; only where no switching order says it."""
    with writing(engine) as work:
        view = begin_planned_outage(
            work.session,
            planned_outage_id=planned_outage_id,
            version=body.version,
            at=body.at,
            networks=request.app.state.networks,
            actor=identity.name,
            now=work.now,
        )
        return PlannedOutage.model_validate(view)


@router.post(ONE + "/end")
@_desk
def end(planned_outage_id: Name, body: Happened, identity: SignedIn, engine: Database) -> PlannedOutage:
    """Note that supply is back."""
    with writing(engine) as work:
        view = end_planned_outage(
            work.session,
            planned_outage_id=planned_outage_id,
            version=body.version,
            at=body.at,
            actor=identity.name,
            now=work.now,
        )
        return PlannedOutage.model_validate(view)


@router.post(ONE + "/close")
@_desk
def close(planned_outage_id: Name, body: Seen, identity: SignedIn, engine: Database) -> PlannedOutage:
    """Close the paperwork."""
    with writing(engine) as work:
        view = close_planned_outage(
            work.session,
            planned_outage_id=planned_outage_id,
            version=body.version,
            actor=identity.name,
            now=work.now,
        )
        return PlannedOutage.model_validate(view)


@router.post(ONE + "/cancel")
@_desk
def cancel(planned_outage_id: Name, body: Because, identity: SignedIn, engine: Database) -> PlannedOutage:
    """Withdraw it, or call it off after it was published."""
    with writing(engine) as work:
        view = cancel_planned_outage(
            work.session,
            planned_outage_id=planned_outage_id,
            version=body.version,
            reason=body.reason,
            actor=identity.name,
            now=work.now,
        )
        return PlannedOutage.model_validate(view)


def _times(body: NewPlannedOutage, request: Request) -> tuple[datetime, datetime]:
    return _moment(body.starts_at, request, "starts_at"), _moment(body.ends_at, request, "ends_at")


def _moment(told: Moment, request: Request, field: str) -> datetime:
    """Return the moment that is meant; InvalidInput where clocks do not show it, or show it twice."""
    if not isinstance(told, LocalTime):
        return told
    zone: ZoneInfo = request.app.state.zone
    if told.zone is not None:
        try:
            zone = ZoneInfo(told.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as problem:
            raise InvalidInput(field=field, text=f"{told.zone!r} is no time zone") from problem
    is_later = None if told.which is None else told.which == "later"
    return moment_of(told.local, zone=zone, field=field, is_later=is_later)
