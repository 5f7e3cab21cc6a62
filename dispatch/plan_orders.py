"""What a person orders of every plan: this crew and no other, or anybody but this one; and the way back.

An order says what may be planned. It sends nobody and calls nobody back.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.change_log import Author, as_json, record
from dispatch.crews import crew_row, name_of_crew
from dispatch.errors import Because, Conflict, IllegalTransition, InvalidInput, UnknownThing
from dispatch.events import Event
from dispatch.outages import outage_row
from dispatch.plan_tables import PlanOrder, PlanOrderRow, plan_order_number
from dispatch.states import OPEN_OUTAGE_STATUSES
from dispatch.tables import OutageRow

_EVENTS = {PlanOrder.PIN: Event.PLAN_CREW_PINNED, PlanOrder.FORBID: Event.PLAN_CREW_FORBIDDEN}


@dataclass(frozen=True, slots=True)
class PlanOrderView:
    """One order in force: who ordered what of which outage, when, and why."""

    id: str
    kind: str
    outage_id: str
    crew_id: str
    reason: str
    ordered_by: str
    ordered_at: datetime


@dataclass(frozen=True, slots=True)
class OrdersOfOutage:
    """The orders in force for one outage."""

    pinned: str | None = None
    forbidden: frozenset[str] = frozenset()


def order_of_plan(
    session: Session, *, kind: str, outage_id: str, crew_id: str, reason: str, actor: str, now: datetime
) -> PlanOrderView:
    """Pin an outage to a crew, or forbid it one.

    A pin takes the place of another pin, and either takes the place of the other for the same crew. Raises
    UnknownThing, InvalidInput without a reason, IllegalTransition once the outage is over.
    """
    if kind not in set(PlanOrder):
        raise InvalidInput(field="kind", text=f"{kind!r} is none of {', '.join(PlanOrder)}")
    reason = reason.strip()
    if not reason:
        text = "say why; whoever looks at the plan next wants to know"
        raise InvalidInput(field="reason", text=text, because=Because.REASON_MISSING)
    outage = outage_row(session, outage_id=outage_id)
    crew = crew_row(session, crew_id=crew_id)
    if outage.status not in OPEN_OUTAGE_STATUSES:
        raise IllegalTransition(
            subject=f"Outage {outage_id}", status=outage.status, attempted=kind, allowed=()
        )
    author = Author(actor=actor, now=now)
    for row in _in_force(session, outage_id=outage_id):
        same = row.crew_id == crew_id
        if same and row.kind == kind:
            raise Conflict(
                f"{crew.name} ({crew_id}): the same is ordered already ({row.id}, by {row.ordered_by}).",
                because=Because.ORDERED_ALREADY,
                values={"crew": crew.name, "actor": row.ordered_by},
            )
        if same or (kind == PlanOrder.PIN and row.kind == PlanOrder.PIN):
            _withdraw(session, row, author)
    row = PlanOrderRow(
        id=f"P-{session.scalars(select(plan_order_number.next_value())).one()}",
        kind=kind,
        outage_id=outage_id,
        crew_id=crew_id,
        reason=reason,
        ordered_by=actor,
        ordered_at=now,
    )
    session.add(row)
    session.flush()
    _record(session, row, _EVENTS[PlanOrder(kind)], {"kind": kind, "crew_id": crew_id}, author)
    return _view(row)


def withdraw_order(session: Session, *, order_id: str, actor: str, now: datetime) -> PlanOrderView:
    """Take an order back; UnknownThing if there is none, Conflict if it was taken back before."""
    row = session.get(PlanOrderRow, order_id)
    if row is None:
        raise UnknownThing(kind="order of plans", id=order_id)
    if row.withdrawn_at is not None:
        raise Conflict(
            f"{order_id} was withdrawn by {row.withdrawn_by} already.",
            because=Because.ORDER_WITHDRAWN,
            values={"crew": name_of_crew(session, crew_id=row.crew_id) or row.crew_id},
        )
    _withdraw(session, row, Author(actor=actor, now=now))
    return _view(row)


def orders_in_force(session: Session) -> list[PlanOrderView]:
    """Return the orders for outages that are not over, oldest first."""
    return [_view(row) for row in _in_force(session)]


def orders_by_outage(session: Session) -> dict[str, OrdersOfOutage]:
    """Return the orders in force, by outage."""
    pinned: dict[str, str] = {}
    forbidden: dict[str, set[str]] = defaultdict(set)
    for row in _in_force(session):
        if row.kind == PlanOrder.PIN:
            pinned[row.outage_id] = row.crew_id
        else:
            forbidden[row.outage_id].add(row.crew_id)
    return {
        id: OrdersOfOutage(pinned=pinned.get(id), forbidden=frozenset(forbidden.get(id, ())))
        for id in {*pinned, *forbidden}
    }


def _in_force(session: Session, *, outage_id: str | None = None) -> list[PlanOrderRow]:
    query = (
        select(PlanOrderRow)
        .join(OutageRow, OutageRow.id == PlanOrderRow.outage_id)
        .where(PlanOrderRow.withdrawn_at.is_(None), OutageRow.status.in_(OPEN_OUTAGE_STATUSES))
        .order_by(PlanOrderRow.ordered_at, PlanOrderRow.id)
    )
    if outage_id is not None:
        query = query.where(PlanOrderRow.outage_id == outage_id)
    return list(session.scalars(query))


def _withdraw(session: Session, row: PlanOrderRow, author: Author) -> None:
    row.withdrawn_by, row.withdrawn_at = author.actor, author.now
    session.flush()
    values = {"withdrawn_at": as_json(author.now), "crew_id": row.crew_id, "kind": row.kind}
    _record(session, row, Event.PLAN_ORDER_WITHDRAWN, values, author)


def _record(
    session: Session, row: PlanOrderRow, name: Event, values: dict[str, object], author: Author
) -> None:
    outage = outage_row(session, outage_id=row.outage_id)
    data = {"values": {field: {"old": None, "new": value} for field, value in values.items()}}
    record(session, name=name, subject=f"plan_order:{row.id}", outage=outage, author=author, data=data)


def _view(row: PlanOrderRow) -> PlanOrderView:
    return PlanOrderView(
        id=row.id,
        kind=row.kind,
        outage_id=row.outage_id,
        crew_id=row.crew_id,
        reason=row.reason,
        ordered_by=row.ordered_by,
        ordered_at=row.ordered_at,
    )
