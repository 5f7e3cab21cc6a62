"""Evidence that something else than a fault explains: stored, remarked, and passed over by analysis.

RULE 1: only what says "no supply" is explained: calls, last gasps, and meters that answer off or not at all.
RULE 2: what reports a danger is never explained away.
RULE 3: a disconnection explains from its time until the reconnection; planned work from a little before its
    start, since crews are early, until its end, or until it was over if that is earlier: who is still without
    supply then is out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    and_,
    any_,
    exists,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Session

from dispatch.beliefs import withdraw_outage
from dispatch.call_tables import DisconnectionRow, PlannedOutageRow, PlannedServicePointRow
from dispatch.change_log import Author
from dispatch.planned_states import KNOWN_STATUSES
from dispatch.remarks import Remark
from dispatch.states import OutageStatus
from dispatch.tables import EVIDENCE_CHANNEL, EvidenceRow, OutageRow

# Planned work is often switched off a little before the hour that was announced.
EARLY = timedelta(minutes=15)
# Looked at again when a disconnection or planned outage is entered late, or taken back.
LOOKED_BACK = timedelta(hours=24)

_SINCE = func.least(PlannedOutageRow.starts_at - EARLY, PlannedOutageRow.begun_at)
# Over early, it explains nothing any more; over late, who is out after the end that was announced is out.
_UNTIL = func.least(PlannedOutageRow.ends_at, PlannedOutageRow.ended_at)

_SILENT_KINDS = ("trouble_call", "last_gasp")
_SILENT_RESULTS = ("off", "unreachable")


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which something explains missing supply; open-ended where `until` is None."""

    remark: Remark
    since: datetime
    until: datetime | None

    def covers(self, at: datetime) -> bool:
        """Return whether a moment lies in it."""
        return self.since <= at and (self.until is None or at < self.until)


def says_no_supply(*, kind: str, result: str | None) -> bool:
    """Return whether evidence of this kind says that there is no supply."""
    return kind in _SILENT_KINDS or (kind == "ping" and result in _SILENT_RESULTS)


def spans_of(session: Session, *, service_points: Collection[str], after: datetime) -> dict[str, list[Span]]:
    """Return what explains missing supply, disconnections first; not what ended by `after`."""
    spans: dict[str, list[Span]] = defaultdict(list)
    if not service_points:
        return spans
    wanted = any_(literal(sorted(service_points), ARRAY(Text)))
    disconnected = select(DisconnectionRow).where(
        DisconnectionRow.service_point == wanted,
        or_(DisconnectionRow.reconnected_at.is_(None), DisconnectionRow.reconnected_at > after),
    )
    for row in session.scalars(disconnected):
        spans[row.service_point].append(Span(Remark.DISCONNECTED, row.since, row.reconnected_at))
    planned = (
        select(PlannedServicePointRow.service_point, _SINCE, _UNTIL)
        .join(PlannedOutageRow, PlannedOutageRow.id == PlannedServicePointRow.planned_outage_id)
        .where(
            PlannedServicePointRow.service_point == wanted,
            PlannedOutageRow.status.in_(KNOWN_STATUSES),
            after < _UNTIL,
        )
    )
    for service_point, since, until in session.execute(planned):
        spans[service_point].append(Span(Remark.PLANNED_OUTAGE, since, until))
    return spans


def explains_at(at: datetime) -> ColumnElement[bool]:
    """Return the condition on a planned outage that explains missing supply at a moment."""
    return and_(PlannedOutageRow.status.in_(KNOWN_STATUSES), at >= _SINCE, at < _UNTIL)


def remark_at(spans: Iterable[Span], at: datetime) -> Remark | None:
    """Return what explains missing supply at a moment, or None."""
    return next((span.remark for span in spans if span.covers(at)), None)


def explain_again(session: Session, *, service_points: Collection[str], author: Author) -> int:
    """Look at a day's evidence of service points again, as if it came only now; return how much changed.

    A prediction that nothing speaks for any more is withdrawn. What is confirmed keeps its evidence.
    """
    if not service_points:
        return 0
    looked_back = author.now - LOOKED_BACK
    rows = session.scalars(_still_open(service_points, after=looked_back)).all()
    spans = spans_of(session, service_points={row.service_point or "" for row in rows}, after=looked_back)
    bereft: set[str] = set()
    changed = 0
    for row in rows:
        if not says_no_supply(kind=row.kind, result=row.result):
            continue
        outage_id = row.outage_id
        if _mark(row, remark_at(spans.get(row.service_point or "", ()), row.at)):
            changed += 1
            bereft.update({outage_id} if outage_id is not None else ())
    session.flush()
    _withdraw(session, outage_ids=bereft, author=author)
    if changed:
        session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": EVIDENCE_CHANNEL})
    return changed


def _still_open(service_points: Collection[str], *, after: datetime) -> Select[EvidenceRow]:
    decided = exists().where(
        OutageRow.id == EvidenceRow.outage_id, OutageRow.status != OutageStatus.PREDICTED
    )
    return select(EvidenceRow).where(
        EvidenceRow.service_point == any_(literal(sorted(service_points), ARRAY(Text))),
        EvidenceRow.at > after,
        EvidenceRow.hazard.is_(None),
        EvidenceRow.status.in_(("new", "analysed", "not_an_outage")),
        EvidenceRow.remark.is_distinct_from(Remark.RETIRED_METER),
        ~decided,
    )


def _mark(row: EvidenceRow, remark: Remark | None) -> bool:
    """Bring a piece of evidence into line with what explains it; return whether it changed sides."""
    was_explained = row.status == "not_an_outage"
    if remark is None and not was_explained:
        return False
    if remark is not None:
        row.remark = remark
        if was_explained:
            return False
    else:
        row.remark = Remark.CLOCK_OFF if row.told_at is not None else None
    row.status = "not_an_outage" if remark is not None else "new"
    row.outage_id = None
    return True


def _withdraw(session: Session, *, outage_ids: Collection[str], author: Author) -> None:
    """Take back the predictions among these that no evidence speaks for any more."""
    for outage_id in sorted(outage_ids):
        outage = session.get_one(OutageRow, outage_id)
        speaks = exists().where(
            EvidenceRow.outage_id == outage_id, EvidenceRow.status.in_(("new", "analysed"))
        )
        if outage.status == OutageStatus.PREDICTED and not session.scalar(select(speaks)):
            withdraw_outage(session, outage=outage, author=author)
