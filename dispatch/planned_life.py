"""The life of a planned outage but for the work: request, study, approve, publish, close, or call off.

RULE 1: who requested does not approve. What conflicts stops approval (dispatch/planned_conflicts.py).
RULE 2: it is approved and published as it was studied; when its steps changed since, it is studied again.
RULE 3: after it was published, whoever another study adds or removes is told.
Every operation runs in a write transaction. Times: planned_outages.py; the work: planned_execution.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from sqlalchemy.orm import Session

from dispatch.call_tables import PlannedOutageRow
from dispatch.change_log import Author
from dispatch.errors import Because, Conflict, InvalidInput, PlannedConflicts
from dispatch.events import Event
from dispatch.explained_evidence import explain_again
from dispatch.network_cache import NetworkCache
from dispatch.notifications import MessageKind
from dispatch.planned_conflicts import PlannedConflict, planned_conflicts
from dispatch.planned_extent import (
    is_current,
    keep_version,
    latest_version,
    named_extent,
    studied_extent,
)
from dispatch.planned_notices import add_notice, tell_difference, was_told
from dispatch.planned_rows import (
    change_planned,
    check_crew,
    check_order,
    check_start_ahead,
    first_planned_values,
    new_planned_row,
    planned_for_action,
    record_planned,
    service_points_of,
)
from dispatch.planned_rules_store import planned_rules_in_force
from dispatch.planned_states import KNOWN_STATUSES, PlannedAction, PlannedStatus, PlannedWork
from dispatch.planned_views import PlannedOutage, planned_view


def request_planned_outage(
    session: Session,
    *,
    work: PlannedWork,
    device: str | None,
    service_points: Sequence[str],
    crew_id: str | None,
    starts_at: datetime,
    ends_at: datetime,
    text: str,
    networks: NetworkCache,
    actor: str,
    now: datetime,
) -> PlannedOutage:
    """Request work by a device, by service points, or by an order that is drafted for it later.

    Raises InvalidInput for times that cannot be, UnknownThing.
    """
    check_order(starts_at, ends_at)
    check_start_ahead(starts_at, now)
    check_crew(session, crew_id)
    traced = networks.in_force(session)
    extent = named_extent(traced, device=device, service_points=service_points)
    row = new_planned_row(
        session,
        status=PlannedStatus.REQUESTED,
        work=work,
        device=device,
        crew_id=crew_id,
        starts_at=starts_at,
        ends_at=ends_at,
        text=text,
        actor=actor,
        now=now,
    )
    if extent.service_points:
        version = traced.network_version
        keep_version(session, row=row, extent=extent, network_version=version, actor=actor, now=now)
    values = first_planned_values(row, service_points=len(extent.service_points))
    record_planned(session, Event.PLANNED_OUTAGE_REQUESTED, row, values, Author(actor=actor, now=now))
    return planned_view(session, row)


def amend_planned_outage(
    session: Session,
    *,
    planned_outage_id: str,
    version: int | None,
    crew_id: str | None,
    text: str | None,
    actor: str,
    now: datetime,
) -> PlannedOutage:
    """Give a request another crew (None: none), or other words for customers (None: as they are)."""
    row, status = planned_for_action(
        session, planned_outage_id=planned_outage_id, version=version, action=PlannedAction.AMEND
    )
    check_crew(session, crew_id)
    row.text = text or row.text
    values = change_planned(row, status=status, crew_id=crew_id)
    record_planned(session, Event.PLANNED_OUTAGE_AMENDED, row, values, Author(actor=actor, now=now))
    return planned_view(session, row)


def study_planned_outage(
    session: Session,
    *,
    planned_outage_id: str,
    version: int | None,
    basis: str,
    networks: NetworkCache,
    actor: str,
    now: datetime,
) -> PlannedOutage:
    """Find anew whom it concerns, by its switching orders where it has any; `basis`: normal or current state.

    Conflict where nothing says whom, or nobody would lose supply.
    """
    row, status = planned_for_action(
        session, planned_outage_id=planned_outage_id, version=version, action=PlannedAction.STUDY
    )
    traced = networks.in_force(session)
    extent = studied_extent(session, row=row, traced=traced, basis=basis)
    if not extent.service_points:
        raise Conflict(f"Nobody loses supply by the steps for {row.id}.", because=Because.NOBODY_NAMED)
    before = service_points_of(session, row)
    difference = keep_version(
        session, row=row, extent=extent, network_version=traced.network_version, actor=actor, now=now
    )
    author = Author(actor=actor, now=now)
    values = change_planned(row, status=status)
    told = None
    if difference is not None:
        told = {
            "number": difference.number,
            "source": extent.source,
            "basis": extent.basis,
            "added": list(difference.added),
            "removed": list(difference.removed),
        }
        values["service_points"] = {"old": len(before), "new": len(extent.service_points)}
    position = record_planned(session, Event.PLANNED_OUTAGE_STUDIED, row, values, author, study=told)
    if difference is not None and row.status in KNOWN_STATUSES:
        rules = planned_rules_in_force(session)
        tell_difference(session, row, difference, position=position, rules=rules, author=author)
        explain_again(session, service_points={*difference.added, *difference.removed}, author=author)
    return planned_view(session, row)


def approve_planned_outage(
    session: Session,
    *,
    planned_outage_id: str,
    version: int | None,
    override_reason: str | None,
    networks: NetworkCache,
    zone: tzinfo,
    actor: str,
    now: datetime,
) -> PlannedOutage:
    """Approve a studied planned outage (rules 1 and 2); PlannedConflicts where it does not fit.

    `override_reason`: why soft conflicts are passed over; it is kept with what they were.
    """
    row, status = planned_for_action(
        session, planned_outage_id=planned_outage_id, version=version, action=PlannedAction.APPROVE
    )
    if row.requested_by == actor:
        raise Conflict(
            f"{row.id} was requested by you: it is approved by another person.", because=Because.OWN_REQUEST
        )
    check_start_ahead(row.starts_at, now)
    _refuse_old_study(session, row)
    rules = planned_rules_in_force(session)
    found = planned_conflicts(session, row=row, traced=networks.in_force(session), rules=rules, zone=zone)
    passed = _passed_over(row, found, override_reason)
    values = change_planned(row, status=status, approved_by=actor, approved_at=now)
    row.overridden_because = (override_reason or "").strip() or None if passed else None
    record_planned(
        session,
        Event.PLANNED_OUTAGE_APPROVED,
        row,
        values,
        Author(actor=actor, now=now),
        overridden=[one.told() for one in passed],
    )
    return planned_view(session, row)


def return_planned_outage(
    session: Session, *, planned_outage_id: str, version: int | None, reason: str, actor: str, now: datetime
) -> PlannedOutage:
    """Make a request of an approved planned outage again, with a reason; its approval is gone."""
    row, status = planned_for_action(
        session, planned_outage_id=planned_outage_id, version=version, action=PlannedAction.RETURN
    )
    row.reason = _said(reason)
    row.overridden_because = None
    values = change_planned(row, status=status, approved_by=None, approved_at=None)
    record_planned(session, Event.PLANNED_OUTAGE_RETURNED, row, values, Author(actor=actor, now=now))
    return planned_view(session, row)


def publish_planned_outage(
    session: Session, *, planned_outage_id: str, version: int | None, actor: str, now: datetime
) -> PlannedOutage:
    """Publish an approved planned outage: agents see it, notices are owed, calls out of it are explained."""
    row, status = planned_for_action(
        session, planned_outage_id=planned_outage_id, version=version, action=PlannedAction.PUBLISH
    )
    check_start_ahead(row.starts_at, now)
    _refuse_old_study(session, row)
    values = change_planned(row, status=status, announced_at=now)
    author = Author(actor=actor, now=now)
    record_planned(session, Event.PLANNED_OUTAGE_PUBLISHED, row, values, author)
    explain_again(session, service_points=service_points_of(session, row), author=author)
    return planned_view(session, row)


def cancel_planned_outage(
    session: Session,
    *,
    planned_outage_id: str,
    version: int | None = None,
    reason: str,
    actor: str,
    now: datetime,
) -> PlannedOutage:
    """Withdraw or call off, with a reason; who was told is told. Who reports no supply now has a fault."""
    row, status = planned_for_action(
        session, planned_outage_id=planned_outage_id, version=version, action=PlannedAction.CANCEL
    )
    row.reason = _said(reason)
    values = change_planned(row, status=status, cancelled_at=now)
    author = Author(actor=actor, now=now)
    position = record_planned(session, Event.PLANNED_OUTAGE_CANCELLED, row, values, author)
    points = service_points_of(session, row)
    if was_told(session, row):
        add_notice(
            session,
            row,
            kind=MessageKind.PLANNED_CANCELLED,
            service_points=points,
            position=position,
            rules_version=planned_rules_in_force(session).version,
            now=now,
        )
    explain_again(session, service_points=points, author=author)
    return planned_view(session, row)


def close_planned_outage(
    session: Session, *, planned_outage_id: str, version: int | None, actor: str, now: datetime
) -> PlannedOutage:
    """Close the paperwork of work that is over."""
    row, status = planned_for_action(
        session, planned_outage_id=planned_outage_id, version=version, action=PlannedAction.CLOSE
    )
    values = change_planned(row, status=status, closed_at=now)
    record_planned(session, Event.PLANNED_OUTAGE_CLOSED, row, values, Author(actor=actor, now=now))
    return planned_view(session, row)


def _passed_over(
    row: PlannedOutageRow, found: Sequence[PlannedConflict], override_reason: str | None
) -> list[PlannedConflict]:
    """Return the conflicts that a reason passes over; PlannedConflicts without one, or if one is hard."""
    counting = [one for one in found if not one.is_remark]
    has_reason = bool((override_reason or "").strip())
    if any(one.is_hard for one in counting) or (counting and not has_reason):
        raise PlannedConflicts(planned_outage_id=row.id, conflicts=[one.told() for one in counting])
    return counting


def _refuse_old_study(session: Session, row: PlannedOutageRow) -> None:
    last = latest_version(session, row.id)
    if last is None or not last.service_points or not is_current(session, row):
        raise Conflict(
            f"The switching steps of {row.id} have changed since it was studied. Study it again.",
            because=Because.STUDY_IS_OLD,
        )


def _said(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput(field="reason", text="say why", because=Because.REASON_MISSING)
    return reason.strip()
