"""The plan's word: when the plan in force has an outage's supply back, said anew where that has moved.

RULE 1: what counts is when customers have supply again: drive, the crew's other work before, repair, and the
    outages upstream that must be repaired first. An outage that waits for work in no plan has no word.
RULE 2: it is said where it moved by the publish threshold since the plan's word before, and where what is
    published is about to lapse and the plan is later. What moves less is not written: plans always move.
RULE 3: an outage that the plan names as one no crew is planned for has its word taken back. One that it does
    not name at all (its crew has finished, and the desk has yet to say so) keeps it.
A step takes a bounded number of outages, so that nobody waits long for it; the next takes the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.change_log import Author
from dispatch.etr import Etr, EtrSource, EtrTier, rounded_up
from dispatch.etr_rules import EtrRules, EtrWord
from dispatch.etr_tables import EtrBecause
from dispatch.etr_words import etr_rules_in_force, newest_words_of, say_etr, take_back_etr
from dispatch.planned_work import REPAIR
from dispatch.running_plan import PLANNER, PlanStop, RunningPlan
from dispatch.states import OPEN_OUTAGE_STATUSES
from dispatch.tables import OutageRow

MOST_AT_ONCE = 25


@dataclass(frozen=True, slots=True)
class PlanWord:
    """What the plan would say of an outage now; None takes its word back."""

    outage_id: str
    at: datetime | None


def planned_times(plan: RunningPlan) -> dict[str, datetime | None]:
    """Return outage → when the plan has its supply back; None where no crew is planned for it."""
    main: dict[str, PlanStop] = {}
    for stop in plan.stops:
        if stop.outage_id is None or stop.kind != REPAIR:
            continue
        # A second crew at the same outage restores nobody a second time.
        before = main.get(stop.outage_id)
        if before is None or stop.customers > before.customers:
            main[stop.outage_id] = stop
    times: dict[str, datetime | None] = {
        one.outage_id: None
        for one in plan.unassigned
        if one.outage_id is not None and one.kind == REPAIR and one.outage_id not in main
    }
    for outage_id, stop in main.items():
        times[outage_id] = rounded_up(stop.restored_at) if stop.restored_at is not None else None
    return times


def words_of_plan(session: Session, *, plan: RunningPlan, now: datetime) -> list[PlanWord]:
    """Return what the plan has to say that it has not said, in the order of the outages' times."""
    times = planned_times(plan)
    rows = _open_outages(session, times)
    newest = newest_words_of(session, outage_ids=rows)
    rules = etr_rules_in_force(session)
    found = [
        PlanWord(id, times[id])
        for id, row in rows.items()
        if _is_new(times[id], newest.get(id, {}).get(EtrTier.PLAN), row, rules, now)
    ]
    return sorted(found, key=lambda one: (one.at is None, one.at or now, one.outage_id))


def say_words_of_plan(session: Session, *, words: Sequence[PlanWord], now: datetime) -> int:
    """Say the first of what the plan has to say, MOST_AT_ONCE at most; return how many were said."""
    author = Author(actor=PLANNER, now=now)
    taken = words[:MOST_AT_ONCE]
    rows = _open_outages(session, [one.outage_id for one in taken])
    for word in taken:
        outage = rows.get(word.outage_id)
        if outage is None:
            continue
        if word.at is None:
            because = EtrBecause.UNPLANNED
            take_back_etr(session, outage=outage, tier=EtrTier.PLAN, because=because, author=author)
        else:
            etr = Etr(at=word.at, source=EtrSource.PLAN)
            say_etr(session, outage=outage, etr=etr, because=EtrBecause.PLANNED, author=author)
    return len(taken)


def _open_outages(
    session: Session, outage_ids: Sequence[str] | Mapping[str, datetime | None]
) -> dict[str, OutageRow]:
    query = select(OutageRow).where(
        OutageRow.id.in_(list(outage_ids)), OutageRow.status.in_(OPEN_OUTAGE_STATUSES)
    )
    return {row.id: row for row in session.scalars(query)}


def _is_new(
    at: datetime | None, before: EtrWord | None, outage: OutageRow, rules: EtrRules, now: datetime
) -> bool:
    said = before.at if before is not None else None
    if at is None:
        return said is not None
    if at <= now:
        return False
    if said is None or abs(at - said) >= rules.publish:
        return True
    lapses = outage.etr_warn_at is not None and now >= outage.etr_warn_at
    return lapses and outage.etr_source == EtrSource.PLAN and at > said
