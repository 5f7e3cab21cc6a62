"""Has anything changed that a crew may see? Its own open jobs and their outages, and nothing of other crews.

All crews with a page open are asked about in one go; a crew that comes back asks the log what it missed.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import Text, and_, cast, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from dispatch.hazard_tables import HazardRow
from dispatch.tables import ChangeLogRow, EvidenceRow, JobRow, OutageRow


def crew_versions(session: Session, *, crew_ids: Collection[str]) -> dict[str, str]:
    """Return crew → version of its open jobs; it differs once a job or its outage has changed.

    Hazards are part of it: a wire reported down on a confirmed outage changes nothing else.
    """
    hazards = (
        select(func.array_agg(EvidenceRow.hazard.distinct()))
        .where(EvidenceRow.outage_id == JobRow.outage_id, EvidenceRow.hazard.is_not(None))
        .scalar_subquery()
    )
    query = (
        select(JobRow.crew_id, JobRow.id, JobRow.status, OutageRow.version, HazardRow.version, hazards)
        .outerjoin(OutageRow, OutageRow.id == JobRow.outage_id)
        .outerjoin(HazardRow, HazardRow.id == JobRow.hazard_id)
        .where(JobRow.crew_id.in_(crew_ids), JobRow.ended_at.is_(None))
        .order_by(JobRow.crew_id, JobRow.id)
    )
    seen: dict[str, list[object]] = defaultdict(list)
    for crew_id, *fields in session.execute(query):
        seen[crew_id].append(fields)
    return {
        crew_id: hashlib.sha256(repr(seen[crew_id]).encode()).hexdigest()[:16] for crew_id in set(crew_ids)
    }


def concerned_since(session: Session, *, crew_id: str, position: int) -> bool:
    """Return whether the log tells, after a position, of a job of the crew or the outage of an open one."""
    own_job = exists().where(
        JobRow.crew_id == crew_id,
        or_(
            ChangeLogRow.subject == literal("job:") + cast(JobRow.id, Text),
            and_(ChangeLogRow.outage_id == JobRow.outage_id, JobRow.ended_at.is_(None)),
            and_(ChangeLogRow.subject == literal("hazard:") + JobRow.hazard_id, JobRow.ended_at.is_(None)),
        ),
    )
    query = select(ChangeLogRow.position).where(ChangeLogRow.position > position, own_job).limit(1)
    return session.scalar(query) is not None
