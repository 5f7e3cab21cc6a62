"""Dangers to people that reports tell of: that a wire is down must reach desk and crew at once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.change_log import Author, record
from dispatch.events import Event
from dispatch.many_ids import is_among
from dispatch.states import OPEN_OUTAGE_STATUSES
from dispatch.tables import EvidenceRow, OutageRow


def record_new_hazards(session: Session, *, new: Sequence[str], author: Author) -> int:
    """Record for each open outage the hazards that only the new evidence tells of; return for how many."""
    is_new = is_among(EvidenceRow.id, new)
    query = (
        select(
            EvidenceRow.outage_id,
            func.array_agg(EvidenceRow.hazard.distinct()).filter(is_new),
            func.array_agg(EvidenceRow.hazard.distinct()).filter(~is_new),
        )
        .join(OutageRow, OutageRow.id == EvidenceRow.outage_id)
        .where(EvidenceRow.hazard.is_not(None), OutageRow.status.in_(OPEN_OUTAGE_STATUSES))
        .group_by(EvidenceRow.outage_id)
        .order_by(EvidenceRow.outage_id)
    )
    changes = 0
    for outage_id, told, known in session.execute(query).all():
        hazards = sorted(name for name in set(told or ()) - set(known or ()) if name)
        outage = session.get(OutageRow, outage_id) if hazards else None
        if outage is None:
            continue
        record(
            session,
            name=Event.OUTAGE_HAZARD_REPORTED,
            subject=f"outage:{outage.id}",
            outage=outage,
            author=author,
            data={"values": {}, "hazards": hazards},
        )
        changes += 1
    return changes
