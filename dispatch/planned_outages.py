"""Planned outages 计划停电: announced at once, moved, listed, and which one leaves a household dark now.

The rest of their life: dispatch/planned_life.py, planned_execution.py, planned_watch.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dispatch.call_tables import PlannedOutageRow, PlannedServicePointRow
from dispatch.change_log import Author, as_json
from dispatch.errors import Because, DispatchError, InvalidInput, PlannedConflicts
from dispatch.events import Event
from dispatch.explained_evidence import explain_again, explains_at
from dispatch.network_cache import NetworkCache, TracedNetwork
from dispatch.planned_conflicts import planned_conflicts
from dispatch.planned_execution import held_by
from dispatch.planned_extent import (
    is_current,
    keep_version,
    latest_version,
    named_extent,
    studied_extent,
)
from dispatch.planned_notices import tell_difference, tell_moved
from dispatch.planned_rows import (
    change_planned,
    check_end_ahead,
    check_order,
    check_start_ahead,
    first_planned_values,
    new_planned_row,
    planned_for_action,
    record_planned,
    service_points_of,
)
from dispatch.planned_rules_store import planned_rules_in_force
from dispatch.planned_states import (
    KNOWN_STATUSES,
    OVER_PLANNED_STATUSES,
    PlannedAction,
    PlannedStatus,
    PlannedWork,
)
from dispatch.planned_views import PlannedOutage, planned_view
from topology.errors import TopologyError

# What is over stays on the list for a day.
_LISTED_AFTER = timedelta(hours=24)
_SYSTEM = "system"


def announce_planned_outage(
    session: Session,
    *,
    device: str | None,
    service_points: Sequence[str],
    starts_at: datetime,
    ends_at: datetime,
    text: str,
    networks: NetworkCache,
    actor: str,
    now: datetime,
    work: PlannedWork = PlannedWork.PLANNED,
) -> PlannedOutage:
    """Enter a planned outage that was approved elsewhere: it is published at once, and may have begun.

    Raises InvalidInput for times that cannot be, or where nobody is named; UnknownThing.
    """
    check_order(starts_at, ends_at)
    check_end_ahead(ends_at, now)
    traced = networks.in_force(session)
    if device is None and not service_points:
        raise InvalidInput(
            field="device", text="name either a device or service_points", because=Because.NOBODY_NAMED
        )
    extent = named_extent(traced, device=device, service_points=service_points)
    row = new_planned_row(
        session,
        status=PlannedStatus.PUBLISHED,
        work=work,
        device=device,
        starts_at=starts_at,
        ends_at=ends_at,
        text=text,
        announced_at=now,
        actor=actor,
        now=now,
    )
    version = traced.network_version
    keep_version(session, row=row, extent=extent, network_version=version, actor=actor, now=now)
    author = Author(actor=actor, now=now)
    values = first_planned_values(row, service_points=len(extent.service_points))
    record_planned(session, Event.PLANNED_OUTAGE_ANNOUNCED, row, values, author)
    explain_again(session, service_points=extent.service_points, author=author)
    return planned_view(session, row)


def move_planned_outage(
    session: Session,
    *,
    planned_outage_id: str,
    version: int | None = None,
    starts_at: datetime | None,
    ends_at: datetime | None,
    networks: NetworkCache,
    zone: tzinfo,
    actor: str,
    now: datetime,
) -> PlannedOutage:
    """Put a planned outage to other times: later, longer, or over already. The log keeps both.

    Before it is published it is studied and approved anew. After, everybody concerned is told; what cannot be
    beside other work then is refused with PlannedConflicts. Once begun, only its end moves.
    """
    row, status = planned_for_action(
        session, planned_outage_id=planned_outage_id, version=version, action=PlannedAction.MOVE
    )
    starts_at, ends_at = starts_at or row.starts_at, ends_at or row.ends_at
    check_order(starts_at, ends_at)
    _check_new_start(row, starts_at, now)
    fields: dict[str, object] = {"starts_at": starts_at, "ends_at": ends_at, "status": status}
    if status is PlannedStatus.REQUESTED:
        fields |= {"approved_by": None, "approved_at": None, "overridden_because": None}
    if ends_at > now:
        fields["overrun_at"] = None
    values = change_planned(row, **fields)
    if not {"starts_at", "ends_at"} & values.keys():
        return planned_view(session, row)
    session.flush()
    author = Author(actor=actor, now=now)
    position = record_planned(session, Event.PLANNED_OUTAGE_MOVED, row, values, author)
    if row.status in KNOWN_STATUSES:
        rules = planned_rules_in_force(session)
        found = planned_conflicts(session, row=row, traced=networks.in_force(session), rules=rules, zone=zone)
        hard = [one.told() for one in found if one.is_hard]
        if hard:
            raise PlannedConflicts(planned_outage_id=row.id, conflicts=hard)
        tell_moved(session, row, position=position, rules=rules, now=now)
    explain_again(session, service_points=service_points_of(session, row), author=author)
    return planned_view(session, row)


def list_planned_outages(session: Session, *, now: datetime, known_only: bool = False) -> list[PlannedOutage]:
    """Return planned outages by their start: to come, under way, not closed yet, or over for less than a day.

    `known_only`: those that were published.
    """
    query = select(PlannedOutageRow).where(
        or_(
            PlannedOutageRow.ends_at > now - _LISTED_AFTER,
            PlannedOutageRow.status.not_in(OVER_PLANNED_STATUSES),
        )
    )
    if known_only:
        query = query.where(PlannedOutageRow.announced_at.is_not(None))
    rows = session.scalars(query.order_by(PlannedOutageRow.starts_at, PlannedOutageRow.id)).all()
    return [planned_view(session, row) for row in rows]


def planned_outage_now(session: Session, *, service_point: str, now: datetime) -> PlannedOutage | None:
    """Return the planned outage that leaves a service point without supply now, the one that ends last."""
    row = session.scalar(
        select(PlannedOutageRow)
        .join(PlannedServicePointRow, PlannedServicePointRow.planned_outage_id == PlannedOutageRow.id)
        .where(PlannedServicePointRow.service_point == service_point, explains_at(now))
        .order_by(PlannedOutageRow.ends_at.desc())
        .limit(1)
    )
    return planned_view(session, row) if row is not None else None


def planned_overrun_now(session: Session, *, service_point: str, now: datetime) -> PlannedOutage | None:
    """Return the planned outage that still keeps a service point off though its end has passed."""
    row = session.scalar(
        select(PlannedOutageRow)
        .join(PlannedServicePointRow, PlannedServicePointRow.planned_outage_id == PlannedOutageRow.id)
        .where(
            PlannedServicePointRow.service_point == service_point,
            PlannedOutageRow.status == PlannedStatus.EXECUTING,
            PlannedOutageRow.ends_at <= now,
        )
        .limit(1)
    )
    if row is None or service_point not in held_by(session, row):
        return None
    return planned_view(session, row)


def trace_planned_outages_again(session: Session, *, traced: TracedNetwork, now: datetime) -> None:
    """Let another network version say whom planned outages concern; what it lost of them stays.

    Whoever it adds or removes after people were told is told. One whose steps have changed since it was
    studied waits for a person to study it.
    """
    over = (*OVER_PLANNED_STATUSES, PlannedStatus.ENDED)
    rows = session.scalars(
        select(PlannedOutageRow).where(PlannedOutageRow.ends_at > now, PlannedOutageRow.status.not_in(over))
    ).all()
    author = Author(actor=_SYSTEM, now=now)
    for row in rows:
        last = latest_version(session, row.id)
        if last is None or last.source == "service_points" or not is_current(session, row):
            continue
        try:
            extent = studied_extent(session, row=row, traced=traced, basis=last.basis)
        except (DispatchError, TopologyError):
            continue
        version = traced.network_version
        found = keep_version(session, row=row, extent=extent, network_version=version, actor=_SYSTEM, now=now)
        if found is None:
            continue
        told = {"number": found.number, "added": list(found.added), "removed": list(found.removed)}
        position = record_planned(session, Event.PLANNED_OUTAGE_STUDIED, row, {}, author, study=told)
        rules = planned_rules_in_force(session)
        tell_difference(session, row, found, position=position, rules=rules, author=author)


def _check_new_start(row: PlannedOutageRow, starts_at: datetime, now: datetime) -> None:
    if starts_at == row.starts_at:
        return
    if row.begun_at is not None:
        raise InvalidInput(
            field="starts_at",
            text=f"{row.id} began at {as_json(row.begun_at)}; only its end can be moved",
            because=Because.BEGUN_ALREADY,
            values={"at": as_json(row.begun_at)},
        )
    check_start_ahead(starts_at, now)
