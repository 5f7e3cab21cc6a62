"""Pausing the promise clocks of an outage, and going on: by a person, with a reason, from a moment on.

Which promises a reason pauses stands in the promise rules; one that it does not pause keeps the pause as an
explanation beside its breach.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.change_log import Author, as_json, record
from dispatch.errors import Because, Conflict, InvalidInput
from dispatch.events import Event
from dispatch.intake import LATEST_AHEAD
from dispatch.outages import outage_row
from dispatch.promise_document import PauseReason
from dispatch.promise_tables import PromisePauseRow
from dispatch.promise_watch import keep_promises_of
from dispatch.promises import OutagePromises, promises_of_outage
from dispatch.states import OPEN_OUTAGE_STATUSES
from dispatch.tables import OutageRow


def pause_promises(
    session: Session,
    *,
    outage_id: str,
    reason: str,
    note: str | None,
    started_at: datetime | None,
    actor: str,
    now: datetime,
) -> OutagePromises:
    """Pause the clocks of an open outage from `started_at` (now, if not given) until they are resumed."""
    outage = outage_row(session, outage_id=outage_id)
    if outage.status not in OPEN_OUTAGE_STATUSES:
        raise Conflict(
            f"Outage {outage_id} is {outage.status}: its clocks cannot be paused.",
            because=Because.PROMISES_ARE_OVER,
        )
    if reason not in set(PauseReason):
        raise InvalidInput(field="reason", text=f"{reason!r} is none of {', '.join(PauseReason)}")
    if _open_pause(session, outage_id) is not None:
        raise Conflict(
            f"The clocks of outage {outage_id} are paused already.", because=Because.PROMISES_PAUSED
        )
    at = started_at or now
    if at > now + LATEST_AHEAD:
        raise InvalidInput(field="started_at", text=f"{at.isoformat()} lies in the future")
    if at < outage.started_at:
        text = f"is before the outage started ({outage.started_at.isoformat()})"
        raise InvalidInput(field="started_at", text=text)
    row = PromisePauseRow(
        outage_id=outage_id,
        reason=reason,
        note=(note or "").strip() or None,
        started_at=min(at, now),
        started_by=actor,
    )
    session.add(row)
    session.flush()
    _tell(session, outage=outage, row=row, name=Event.PROMISE_PAUSED, actor=actor, now=now)
    keep_promises_of(session, outage_id=outage_id, now=now)
    return promises_of_outage(session, outage_id=outage_id, now=now)


def resume_promises(
    session: Session, *, outage_id: str, ended_at: datetime | None, actor: str, now: datetime
) -> OutagePromises:
    """Let the clocks go on from `ended_at` (now, if not given)."""
    outage = outage_row(session, outage_id=outage_id)
    row = _open_pause(session, outage_id)
    if row is None:
        raise Conflict(
            f"The clocks of outage {outage_id} are not paused.", because=Because.PROMISES_NOT_PAUSED
        )
    at = ended_at or now
    if at > now + LATEST_AHEAD:
        raise InvalidInput(field="ended_at", text=f"{at.isoformat()} lies in the future")
    if at < row.started_at:
        text = f"is before the pause began ({row.started_at.isoformat()})"
        raise InvalidInput(field="ended_at", text=text)
    row.ended_at = min(at, now)
    row.ended_by = actor
    session.flush()
    _tell(session, outage=outage, row=row, name=Event.PROMISE_RESUMED, actor=actor, now=now)
    keep_promises_of(session, outage_id=outage_id, now=now)
    return promises_of_outage(session, outage_id=outage_id, now=now)


def _open_pause(session: Session, outage_id: str) -> PromisePauseRow | None:
    return session.scalar(
        select(PromisePauseRow).where(
            PromisePauseRow.outage_id == outage_id, PromisePauseRow.ended_at.is_(None)
        )
    )


def _tell(
    session: Session, *, outage: OutageRow, row: PromisePauseRow, name: Event, actor: str, now: datetime
) -> None:
    fields = ("reason", "started_at") if name is Event.PROMISE_PAUSED else ("ended_at",)
    values = {field: {"old": None, "new": as_json(getattr(row, field))} for field in fields}
    at = row.started_at if name is Event.PROMISE_PAUSED else row.ended_at
    record(
        session,
        name=name,
        subject=f"promise_pause:{row.id}",
        outage=outage,
        author=Author(actor=actor, now=now, occurred_at=at),
        data={"values": values, "reason": row.reason},
    )
