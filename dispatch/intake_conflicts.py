"""Conflicts that intake noticed: wrong clocks, and meters that the network no longer has.

Intake only remarks on evidence, since it takes no lock; here, one conflict for each source and remark comes
of it, however many messages there are. It is over when an hour has passed without another one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.beliefs import ENGINE
from dispatch.change_log import Author
from dispatch.conflicts import FoundConflict, reconcile_conflicts
from dispatch.remarks import Remark
from dispatch.tables import ConflictRow, EvidenceRow

OVER_AFTER = timedelta(hours=1)
_NAMED = 5
_A_CONFLICT = (Remark.CLOCK_OFF, Remark.RETIRED_METER)


def find_intake_conflicts(session: Session, *, now: datetime) -> list[FoundConflict]:
    """Return the conflicts in the evidence of the last hour, one for each source and remark."""
    meter = func.coalesce(EvidenceRow.meter, EvidenceRow.service_point)
    off = func.abs(
        func.extract("epoch", EvidenceRow.received_at - func.coalesce(EvidenceRow.told_at, EvidenceRow.at))
    )
    query = (
        select(
            EvidenceRow.remark,
            EvidenceRow.source,
            func.count(),
            func.max(off),
            func.array_agg(meter.distinct()),
        )
        .where(EvidenceRow.remark.in_(_A_CONFLICT), EvidenceRow.received_at > now - OVER_AFTER)
        .group_by(EvidenceRow.remark, EvidenceRow.source)
        .order_by(EvidenceRow.remark, EvidenceRow.source)
    )
    return [
        _conflict(Remark(str(remark)), source, count, float(off_s), sorted(meters))
        for remark, source, count, off_s, meters in session.execute(query)
    ]


def intake_conflicts_differ(session: Session, *, now: datetime) -> bool:
    """Return whether other conflicts are found than are open; their facts may differ a while."""
    standing = session.execute(
        select(ConflictRow.code, ConflictRow.subject, ConflictRow.facts).where(
            ConflictRow.found_by == "intake", ConflictRow.cleared_at.is_(None)
        )
    )
    told = {(code, subject): facts for code, subject, facts in standing}
    found = {(one.code, one.subject): one.values for one in find_intake_conflicts(session, now=now)}
    return told != found


def reconcile_intake_conflicts(session: Session, *, now: datetime) -> int:
    """Bring the conflicts of intake up to date, in a write transaction; return how many changed."""
    found = find_intake_conflicts(session, now=now)
    return reconcile_conflicts(session, found, author=Author(actor=ENGINE, now=now), found_by="intake")


def _conflict(remark: Remark, source: str, count: int, off_s: float, meters: list[str]) -> FoundConflict:
    values: dict[str, object] = {
        "count": count,
        "meters": meters[:_NAMED],
        "more": max(0, len(meters) - _NAMED),
    }
    named = ", ".join(meters[:_NAMED])
    if remark is Remark.RETIRED_METER:
        text = f"{source} passes on messages of meters that the network no longer has: {named}."
        return FoundConflict(code=remark, subject=source, values=values, text=text)
    hours = round(off_s / 3600, 1)
    text = f"Messages of {source} carry times up to {hours:g} hours away from when they came, as of {named}."
    return FoundConflict(code=remark, subject=source, values={**values, "hours": hours}, text=text)
