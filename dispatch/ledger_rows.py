"""Between the rows of the ledger and the timelines of its service points."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Text, any_, literal, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from dispatch.ledger_tables import InterruptionRow
from dispatch.timelines import FOREVER, Hold, Holder, Holds, Stretch, phase_share, phases_out


@dataclass(frozen=True, slots=True)
class Household:
    """What a row of the ledger says of its service point: customers, the phases it takes, its feeder."""

    customers: int
    phases_taken: str
    feeder: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A row in force, as a stretch of the timeline of its service point."""

    id: int
    stretch: Stretch
    household: Household


def rows_in_force(session: Session, *, service_points: Collection[str]) -> dict[str, list[Recorded]]:
    """Return the rows in force of service points, in order of time."""
    found: dict[str, list[Recorded]] = defaultdict(list)
    if not service_points:
        return found
    query = select(InterruptionRow).where(
        InterruptionRow.service_point == any_(literal(list(service_points), ARRAY(Text))),
        InterruptionRow.replaced_by.is_(None),
    )
    # Rows are changed by statements, so what the session remembers of them is old.
    for row in session.scalars(query.execution_options(populate_existing=True)):
        found[row.service_point].append(recorded(row))
    for rows in found.values():
        rows.sort(key=lambda one: one.stretch.start)
    return found


def recorded(row: InterruptionRow) -> Recorded:
    """Return a row as a stretch; it must be one of the ledger, whose period is never empty."""
    household = Household(customers=row.customers, phases_taken=row.phases_taken, feeder=row.feeder)
    return Recorded(id=row.id, stretch=Stretch(*_bounds(row.period), _holds(row)), household=household)


def row_values(service_point: str, household: Household, stretch: Stretch) -> dict[str, Any]:
    """Return the columns of the row of a stretch, without its number and who recorded it."""
    first, *others = stretch.holds
    return {
        "service_point": service_point,
        "period": Range(stretch.start, None if stretch.end == FOREVER else stretch.end),
        **holder_ids(first.holder),
        "kind": first.holder.kind,
        "cause": first.cause,
        "phases": phases_out(stretch.holds),
        "phases_taken": household.phases_taken,
        "phase_share": phase_share(stretch.holds, taken=household.phases_taken),
        "supplied_by": first.supplied_by,
        "other_holds": [_hold_as_json(one) for one in others] or None,
        "customers": household.customers,
        "feeder": household.feeder,
    }


def holder_ids(holder: Holder) -> dict[str, str | None]:
    """Return the columns that name a holder."""
    return {
        "outage_id": holder.outage_id,
        "planned_outage_id": holder.planned_outage_id,
        "switching_order_id": holder.switching_order_id,
    }


def _bounds(period: Range[datetime]) -> tuple[datetime, datetime]:
    if period.lower is None:
        raise ValueError("a period without a beginning")
    return period.lower, FOREVER if period.upper is None else period.upper


def _holds(row: InterruptionRow) -> Holds:
    others = tuple(_hold_of_json(one) for one in row.other_holds or ())
    held = {phase for one in others for phase in one.phases}
    first = Hold(
        holder=Holder(
            outage_id=row.outage_id,
            planned_outage_id=row.planned_outage_id,
            switching_order_id=row.switching_order_id,
            kind=row.kind,
        ),
        phases="".join(phase for phase in row.phases if phase not in held),
        cause=row.cause,
        supplied_by=row.supplied_by,
    )
    return (first, *others)


def _hold_as_json(hold: Hold) -> dict[str, str]:
    values = {
        **holder_ids(hold.holder),
        "kind": hold.holder.kind,
        "phases": hold.phases,
        "cause": hold.cause,
        "supplied_by": hold.supplied_by,
    }
    return {name: value for name, value in values.items() if value is not None}


def _hold_of_json(told: dict[str, str]) -> Hold:
    holder = Holder(
        outage_id=told.get("outage_id"),
        planned_outage_id=told.get("planned_outage_id"),
        switching_order_id=told.get("switching_order_id"),
        kind=told["kind"],
    )
    return Hold(holder, told["phases"], cause=told.get("cause"), supplied_by=told.get("supplied_by"))
