"""What is known of crews beside the crew row, read for many at once: shifts, members, work, duty rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dispatch.certificates import Certificate
from dispatch.crew_tables import (
    CrewMemberRow,
    CrewShiftRow,
    DutyRulesRow,
    MemberCertificateRow,
    PositionAsideRow,
)
from dispatch.duty import DutyRules, Stretch
from dispatch.tables import JobRow

# Work that ended longer ago cannot limit anything: the longest rest and the longest day are shorter.
LOOKED_BACK = timedelta(hours=72)


@dataclass(slots=True)
class RosterEntry:
    """What belongs to one crew."""

    shifts: list[Stretch] = field(default_factory=list)
    members: int = 0
    certificates: list[Certificate] = field(default_factory=list)
    jobs_done: list[Stretch] = field(default_factory=list)
    aside: PositionAsideRow | None = None


def read_roster(session: Session, *, crew_ids: Collection[str], now: datetime) -> dict[str, RosterEntry]:
    """Return what belongs to each of the crews; one query for each kind of thing."""
    found: dict[str, RosterEntry] = defaultdict(RosterEntry)
    shifts = select(CrewShiftRow).where(CrewShiftRow.crew_id.in_(crew_ids)).order_by(CrewShiftRow.starts_at)
    for shift in session.scalars(shifts):
        found[shift.crew_id].shifts.append(Stretch(shift.starts_at, shift.ends_at))
    members = (
        select(CrewMemberRow.crew_id, CrewMemberRow.id, MemberCertificateRow)
        .outerjoin(MemberCertificateRow, MemberCertificateRow.member_id == CrewMemberRow.id)
        .where(CrewMemberRow.crew_id.in_(crew_ids))
    )
    seen: dict[str, set[str]] = defaultdict(set)
    for crew_id, member_id, row in session.execute(members):
        seen[crew_id].add(member_id)
        if row is not None:
            one = Certificate(member=member_id, skill=row.skill, expires_on=row.expires_on)
            found[crew_id].certificates.append(one)
    for crew_id, ids in seen.items():
        found[crew_id].members = len(ids)
    jobs = select(JobRow).where(
        JobRow.crew_id.in_(crew_ids),
        JobRow.accepted_at.is_not(None),
        or_(JobRow.ended_at.is_(None), JobRow.ended_at > now - LOOKED_BACK),
    )
    for job in session.scalars(jobs):
        if job.accepted_at is not None:
            found[job.crew_id].jobs_done.append(Stretch(job.accepted_at, job.ended_at or now))
    for aside in session.scalars(select(PositionAsideRow).where(PositionAsideRow.crew_id.in_(crew_ids))):
        found[aside.crew_id].aside = aside
    return found


def read_duty_rules(session: Session) -> DutyRules:
    """Return the limits in force."""
    row = session.get(DutyRulesRow, 1)
    if row is None:
        return DutyRules()
    return DutyRules(
        longest_duty_minutes=row.longest_duty_minutes,
        shortest_rest_minutes=row.shortest_rest_minutes,
        longest_day_minutes=row.longest_day_minutes,
    )


def present_shift(shifts: Sequence[Stretch], now: datetime) -> Stretch | None:
    """Return the shift that runs, else the next, else the last; None where there is none at all."""
    running = [one for one in shifts if one.start <= now < one.end]
    coming = [one for one in shifts if one.start > now]
    if running or coming:
        return min(running or coming)
    return max(shifts, default=None)
