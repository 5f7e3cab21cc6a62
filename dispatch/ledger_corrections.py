"""Corrections of the ledger by people: another beginning, end or cause, with the reason.

Nothing that stands is altered: what was wrong is replaced by new rows that say who corrected it, and why.
RULE 1: all of it or nothing: what cannot be is refused, and the row that stands against it is named.
RULE 2: a correction of a whole outage goes for the outage as well; one of some service points for them alone.
RULE 3: a beginning further back, or a later end, is for the phases that were out first, or last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Text, bindparam, select, text
from sqlalchemy.orm import Session

from dispatch.causes import Cause
from dispatch.change_log import Author, as_json, changes_after, record, set_values
from dispatch.errors import Because, Conflict, InvalidInput, StaleVersion
from dispatch.events import NOT_DECISIVE, Event
from dispatch.intake import LATEST_AHEAD
from dispatch.ledger import households_of_outage, rewrite
from dispatch.ledger_rows import Recorded, rows_in_force
from dispatch.outages import outage_row
from dispatch.tables import AffectedRow, Instant, OutageRow
from dispatch.timelines import FOREVER, Hold, Holder, Holds, Stretch, Timeline, changed, joined, release, take

_MOST_NAMED = 10
_SET_AFFECTED = text(
    """
    UPDATE affected_service_point AS own SET started_at = given.since, ended_at = given.until
    FROM unnest(:ids, :since, :until) AS given (id, since, until)
    WHERE own.outage_id = :outage_id AND own.service_point = given.id
    RETURNING own.service_point, own.started_at, own.ended_at, own.customers
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Text)),
    bindparam("since", type_=ARRAY(Instant)),
    bindparam("until", type_=ARRAY(Instant)),
)


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a correction came to: the service points concerned, the rows written, where the log tells it."""

    service_points: int
    rows_written: int
    position: int


@dataclass(frozen=True, slots=True)
class _Wish:
    """What shall be otherwise; None: as it is."""

    holder: Holder
    started_at: datetime | None
    ended_at: datetime | None
    cause: str | None


def correct_interruptions(
    session: Session,
    *,
    outage_id: str,
    version: int | None,
    service_points: Collection[str],
    started_at: datetime | None,
    ended_at: datetime | None,
    cause: str | None,
    reason: str,
    actor: str,
    now: datetime,
) -> Corrected:
    """Correct the interruptions of an outage, those of some service points or (none named) of all.

    Raises UnknownThing, StaleVersion, InvalidInput for what cannot be, Conflict where another row stands
    against it or nothing of the outage is in the ledger.
    """
    outage = outage_row(session, outage_id=outage_id)
    _refuse_stale(session, outage=outage, seen_version=version)
    wish = _Wish(Holder(outage_id=outage_id), started_at, ended_at, cause)
    reason = _check(wish, reason=reason, now=now)
    in_ledger = households_of_outage(session, outage_id=outage_id)
    concerned = _concerned(outage, in_ledger, service_points)
    if not service_points:
        _check_outage(outage, wish)
    recorded = rows_in_force(session, service_points=concerned)
    for service_point in concerned:
        _refuse_impossible(service_point, recorded[service_point], wish)
    author = Author(actor=actor, now=now)
    timelines: dict[str, Timeline] = {}

    def corrected(service_point: str, timeline: Timeline) -> Timeline:
        timelines[service_point] = correct(
            timeline, holder=wish.holder, started_at=started_at, ended_at=ended_at, cause=cause
        )
        return timelines[service_point]

    written = rewrite(
        session, households=dict.fromkeys(concerned), change=corrected, author=author, reason=reason
    )
    _refuse_nothing(written, recorded, timelines)
    told = _bring_affected_up(session, wish=wish, timelines=timelines)
    values = set_values(outage, _outage_values(outage, wish)) if not service_points else {}
    correction = _told(wish, reason, concerned if service_points else None)
    data = {"values": values, "interruptions": told, "correction": correction}
    position = _record(session, outage, author, data)
    return Corrected(service_points=len(concerned), rows_written=written, position=position)


def _refuse_nothing(
    written: int, recorded: Mapping[str, list[Recorded]], timelines: Mapping[str, Timeline]
) -> None:
    if not written and all(
        timeline == tuple(one.stretch for one in recorded[id]) for id, timeline in timelines.items()
    ):
        said = "the ledger says so already"
        raise InvalidInput(field="started_at", text=said, because=Because.NOTHING_TO_CORRECT)


def _told(wish: _Wish, reason: str, service_points: list[str] | None) -> dict[str, Any]:
    return {
        "service_points": service_points,
        "started_at": as_json(wish.started_at),
        "ended_at": as_json(wish.ended_at),
        "cause": wish.cause,
        "reason": reason,
    }


def _record(session: Session, outage: OutageRow, author: Author, data: Mapping[str, Any]) -> int:
    return record(
        session,
        name=Event.OUTAGE_INTERRUPTIONS_CORRECTED,
        subject=f"outage:{outage.id}",
        outage=outage,
        author=author,
        data=data,
    )


def correct(
    timeline: Timeline,
    *,
    holder: Holder,
    started_at: datetime | None,
    ended_at: datetime | None,
    cause: str | None,
) -> Timeline:
    """Return a timeline in which what a holder holds begins, ends, or is caused otherwise. Pure.

    The holder must hold something in it, and what others hold must leave room for it.
    """
    own = _own(timeline, holder)
    first, last = own[0], own[-1]
    since, until = started_at or first.start, ended_at or last.end
    made = timeline
    if since > first.start:
        made = release(made, holder=holder, start=first.start, end=since)
    if until < last.end:
        made = release(made, holder=holder, start=until)
    if since < first.start:
        for hold in _holds_of(first, holder):
            made = take(made, hold, start=since, end=min(first.start, until))
    if until > last.end:
        for hold in _holds_of(last, holder):
            made = take(made, hold, start=max(last.end, since), end=until)

    def caused(holds: Holds) -> Holds:
        return tuple(
            replace(one, cause=cause) if one.holder.outage_id == holder.outage_id else one for one in holds
        )

    if cause is not None:
        made = changed(made, caused, start=made[0].start)
    return joined(made, at=(first.start, last.end))


def _own(timeline: Timeline, holder: Holder) -> list[Stretch]:
    return [one for one in timeline if any(_holds_of(one, holder))]


def _holds_of(one: Stretch, holder: Holder) -> list[Hold]:
    return [hold for hold in one.holds if hold.holder.outage_id == holder.outage_id]


def _refuse_stale(session: Session, *, outage: OutageRow, seen_version: int | None) -> None:
    if seen_version is None or seen_version == outage.version:
        return
    since = changes_after(session, position=seen_version, outage_id=outage.id)
    decided = [change for change in since if change.name not in NOT_DECISIVE]
    if decided:
        raise StaleVersion(
            outage_id=outage.id, seen_version=seen_version, version=outage.version, changes=decided
        )


def _check(wish: _Wish, *, reason: str, now: datetime) -> str:
    """Refuse what is wrong whatever the ledger says; return the reason without spaces around it."""
    if not reason.strip():
        text = "say why the ledger was wrong; the reason stays with the new rows"
        raise InvalidInput(field="reason", text=text, because=Because.REASON_MISSING)
    if wish.started_at is None and wish.ended_at is None and wish.cause is None:
        raise InvalidInput(
            field="started_at",
            text="name another beginning, end or cause",
            because=Because.NOTHING_TO_CORRECT,
        )
    for field, at in (("started_at", wish.started_at), ("ended_at", wish.ended_at)):
        if at is not None and at > now + LATEST_AHEAD:
            text = f"{at.isoformat()} lies in the future"
            raise InvalidInput(field=field, text=text, because=Because.HAPPENED_IN_FUTURE)
    if wish.cause is not None and wish.cause not in set(Cause):
        raise InvalidInput(field="cause", text=f"{wish.cause!r} is none of {', '.join(Cause)}")
    return reason.strip()


def _concerned(outage: OutageRow, in_ledger: Collection[str], named: Collection[str]) -> list[str]:
    known = set(in_ledger)
    if not known:
        raise Conflict(
            f"Nothing of outage {outage.id} stands in the ledger: it is entered when it is confirmed.",
            because=Because.NOT_IN_LEDGER,
            values={"outage": outage.id},
        )
    missing = sorted(set(named) - known)
    if missing:
        raise InvalidInput(
            field="service_points",
            text=f"not without supply because of {outage.id}: {', '.join(missing[:_MOST_NAMED])}",
            because=Because.NOT_ITS_SERVICE_POINT,
            values={"outage": outage.id, "service_point": missing[0], "count": len(missing)},
        )
    return sorted(set(named)) if named else sorted(known)


def _check_outage(outage: OutageRow, wish: _Wish) -> None:
    if wish.ended_at is not None and outage.restored_at is None:
        raise Conflict(
            f"Outage {outage.id} is not restored yet: restore it, or name the service points that came back.",
            because=Because.NOT_RESTORED_YET,
            values={"outage": outage.id},
        )


def _refuse_impossible(service_point: str, recorded: list[Recorded], wish: _Wish) -> None:
    """Refuse an end before the beginning, and what another row stands against; name the row."""
    own = [one for one in recorded if _holds_of(one.stretch, wish.holder)]
    first, last = own[0], own[-1]
    since = wish.started_at or first.stretch.start
    until = wish.ended_at or last.stretch.end
    if until <= since:
        row = first if wish.ended_at is not None else last
        raise InvalidInput(
            field="ended_at" if wish.ended_at is not None else "started_at",
            text=f"{service_point} would have supply again at {until.isoformat()}, before it went out at "
            f"{since.isoformat()} ({_named(row)})",
            because=Because.ENDS_BEFORE_START,
            values={**_values(service_point, row), "since": since.isoformat(), "until": until.isoformat()},
        )
    wanted = {
        phase
        for one in (first, last)
        for hold in _holds_of(one.stretch, wish.holder)
        for phase in hold.phases
    }
    for one in recorded:
        is_in_new = (one.stretch.start < min(first.stretch.start, until) and one.stretch.end > since) or (
            one.stretch.end > max(last.stretch.end, since) and one.stretch.start < until
        )
        others = {
            phase
            for hold in one.stretch.holds
            if hold.holder.outage_id != wish.holder.outage_id
            for phase in hold.phases
        }
        if is_in_new and wanted & others:
            raise Conflict(
                f"{service_point} was out for another reason then: {_named(one)}. Correct that row first.",
                because=Because.INTERRUPTIONS_OVERLAP,
                values=_values(service_point, one),
            )


def _named(row: Recorded) -> str:
    end = "still out" if row.stretch.end == FOREVER else row.stretch.end.isoformat()
    return f"row {row.id}: {row.stretch.start.isoformat()} to {end}"


def _values(service_point: str, row: Recorded) -> dict[str, object]:
    return {
        "service_point": service_point,
        "row": row.id,
        "started_at": row.stretch.start.isoformat(),
        "ended_at": None if row.stretch.end == FOREVER else row.stretch.end.isoformat(),
    }


def _outage_values(outage: OutageRow, wish: _Wish) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if wish.started_at is not None:
        values["started_at"] = wish.started_at
    if wish.ended_at is not None:
        values["restored_at"] = wish.ended_at
    if wish.cause is not None and outage.cause is not None:
        values["cause"] = wish.cause
    return values


def _bring_affected_up(session: Session, *, wish: _Wish, timelines: Mapping[str, Timeline]) -> dict[str, Any]:
    """Let what the outage holds say the same as the ledger; return what the log tells of it."""
    since: list[datetime] = []
    until: list[datetime | None] = []
    for timeline in timelines.values():
        own = _own(timeline, wish.holder)
        began = own[-1].start
        for one in reversed(own[:-1]):
            began = one.start if one.end == began else began
        since.append(began)
        # Supplied by something temporary it has supply, though nothing is repaired.
        end = own[-1].start if own[-1].holds[0].supplied_by and began < own[-1].start else own[-1].end
        until.append(None if end == FOREVER else end)
    before = {
        id: (start, end)
        for id, start, end in session.execute(
            select(AffectedRow.service_point, AffectedRow.started_at, AffectedRow.ended_at).where(
                AffectedRow.outage_id == wish.holder.outage_id
            )
        )
    }
    given = {"outage_id": wish.holder.outage_id, "ids": list(timelines), "since": since, "until": until}
    started: dict[str, dict[str, int]] = defaultdict(dict)
    ended: dict[str, list[str]] = defaultdict(list)
    for id, start, end, customers in sorted(session.execute(_SET_AFFECTED, given).all()):
        if before.get(id) == (start, end):
            continue
        started[as_json(start)][id] = customers
        if end is not None:
            ended[as_json(end)].append(id)
    told = {"started": dict(started), "ended": dict(ended)}
    return {name: part for name, part in told.items() if part}
