"""The ledger of interruptions 停电台账: what is written in it, and how, row by row or by the ten thousand.

RULE 1: what stands is never altered (dispatch/ledger_tables.py). A row is closed once, or replaced once.
RULE 2: a household whose timeline is simple is written by one statement for all of them; any other goes
    through dispatch/timelines.py, and only rows that differ are written.
Predictions do not come here: dispatch/interruptions.py enters an outage when it is confirmed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from dispatch.change_log import Author
from dispatch.ledger_rows import Household, holder_ids, row_values, rows_in_force
from dispatch.ledger_statements import (
    CLOSE,
    CLOSE_GIVEN,
    CLOSE_OF_OUTAGE,
    ENTER,
    HOUSEHOLDS_OF_OUTAGE,
    LEFT_OF_OUTAGE,
    NUMBERS,
    REPLACE,
    WITHDRAW_OUTAGE,
)
from dispatch.ledger_tables import InterruptionRow
from dispatch.timelines import (
    FOREVER,
    Hold,
    Holder,
    Stretch,
    Timeline,
    difference,
    hand_over,
    phase_share,
    release,
    supply_temporarily,
    take,
)


@dataclass(frozen=True, slots=True)
class Takes:
    """Who takes which phases of a service point from when until when (FOREVER: still)."""

    service_point: str
    phases: str
    start: datetime
    end: datetime = FOREVER


@dataclass(frozen=True, slots=True)
class _Written:
    service_point: str
    household: Household
    stretch: Stretch
    corrects: bool


def take_supply(
    session: Session,
    *,
    takes: Sequence[Takes],
    households: Mapping[str, Household],
    holder: Holder,
    author: Author,
    reason: str | None = None,
) -> None:
    """Write that a holder takes phases of service points; what another holds already stays with it."""
    written = set(
        session.scalars(
            ENTER,
            {
                **holder_ids(holder),
                "kind": holder.kind,
                "now": author.now,
                "ids": [one.service_point for one in takes],
                "since": [one.start for one in takes],
                "until": [None if one.end == FOREVER else one.end for one in takes],
                "phases": [one.phases for one in takes],
                "taken": [households[one.service_point].phases_taken for one in takes],
                "share": [
                    phase_share((Hold(holder, one.phases),), taken=households[one.service_point].phases_taken)
                    for one in takes
                ],
                "customers": [households[one.service_point].customers for one in takes],
                "feeders": [households[one.service_point].feeder for one in takes],
            },
        )
        if takes
        else ()
    )
    left = {one.service_point: one for one in takes if one.service_point not in written}

    def taken(service_point: str, timeline: Timeline) -> Timeline:
        one = left[service_point]
        return take(timeline, Hold(holder, one.phases), start=one.start, end=one.end)

    rewrite(
        session,
        households={id: households[id] for id in left},
        change=taken,
        author=author,
        reason=reason,
    )


def end_of_outage(session: Session, *, outage_id: str, at: datetime, author: Author) -> None:
    """Write that all an outage holds has supply again since `at`."""
    session.execute(CLOSE_OF_OUTAGE, {"outage_id": outage_id, "at": at})
    others = [{"outage_id": outage_id}]
    left = session.scalars(LEFT_OF_OUTAGE, {"outage_id": outage_id, "at": at, "others": others}).all()
    holder = Holder(outage_id=outage_id)
    rewrite(
        session,
        households=dict.fromkeys(left),
        change=lambda _, timeline: release(timeline, holder=holder, start=at),
        author=author,
    )


def withdraw_outage_rows(session: Session, *, outage_id: str, author: Author, reason: str | None) -> None:
    """Take back all rows of an outage that never was."""
    session.execute(WITHDRAW_OUTAGE, {"outage_id": outage_id})
    holder = Holder(outage_id=outage_id)

    def without(_: str, timeline: Timeline) -> Timeline:
        return release(timeline, holder=holder, start=timeline[0].start) if timeline else timeline

    left = dict.fromkeys(households_of_outage(session, outage_id=outage_id))
    rewrite(session, households=left, change=without, author=author, reason=reason)


def hand_outage_over(session: Session, *, outage_id: str, to: str, author: Author) -> None:
    """Write that another outage holds what one held: the two were the same."""
    holder, other = Holder(outage_id=outage_id), Holder(outage_id=to)
    left = dict.fromkeys(households_of_outage(session, outage_id=outage_id))
    rewrite(
        session,
        households=left,
        change=lambda _, timeline: hand_over(timeline, holder=holder, to=other),
        author=author,
        reason=f"{outage_id} was merged into {to}",
    )


def part_from_outage(
    session: Session, *, outage_id: str, to: str, since: Mapping[str, datetime], author: Author
) -> None:
    """Write that another outage holds these service points since then: a person parted the two."""
    holder, other = Holder(outage_id=outage_id), Holder(outage_id=to)
    rewrite(
        session,
        households=dict.fromkeys(since),
        change=lambda point, timeline: hand_over(timeline, holder=holder, to=other, start=since[point]),
        author=author,
        reason=f"{to} was split from {outage_id}",
    )


def households_of_outage(session: Session, *, outage_id: str) -> Sequence[str]:
    """Return the service points of which rows in force name an outage."""
    others = [{"outage_id": outage_id}]
    return session.scalars(HOUSEHOLDS_OF_OUTAGE, {"outage_id": outage_id, "others": others}).all()


def give_supply_back(
    session: Session,
    *,
    phases: Mapping[str, str],
    at: datetime,
    author: Author,
    supplied_by: str | None = None,
) -> None:
    """Write that phases of service points have supply again, whoever held them, or have it temporarily."""
    closed: set[str] = set()
    if supplied_by is None and phases:
        told = {"at": at, "ids": list(phases), "phases": list(phases.values())}
        closed = set(session.scalars(CLOSE_GIVEN, told))

    def back(service_point: str, timeline: Timeline) -> Timeline:
        given = phases[service_point]
        if supplied_by is not None:
            return supply_temporarily(timeline, phases=given, by=supplied_by, start=at)
        return release(timeline, phases=given, start=at)

    left = {id: None for id in phases if id not in closed}
    rewrite(session, households=left, change=back, author=author)


def rewrite(
    session: Session,
    *,
    households: Mapping[str, Household | None],
    change: Callable[[str, Timeline], Timeline],
    author: Author,
    reason: str | None = None,
) -> int:
    """Change the timelines of households, and write what differs; return how many rows were written.

    A household without a row needs its `Household`; of others what their rows say goes on. Rows that replace
    others bear who corrected them, and the reason.
    """
    recorded = rows_in_force(session, service_points=households)
    closed: list[tuple[int, datetime]] = []
    replaced: list[tuple[int, int | None]] = []
    written: list[_Written] = []
    for service_point, fresh in households.items():
        own = recorded.get(service_point, [])
        timeline = tuple(one.stretch for one in own)
        found = difference(timeline, change(service_point, timeline))
        first = len(written)
        closed += [(own[number].id, end) for number, end in found.closed.items()]
        replaced += [
            (own[number].id, None if index is None else first + index)
            for number, index in found.replaced.items()
        ]
        household = own[-1].household if own else fresh
        if household is not None:
            corrects = bool(found.replaced)
            written += [_Written(service_point, household, one, corrects) for one in found.written]
    numbers = list(session.scalars(NUMBERS, {"count": len(written)})) if written else []
    _make_room(session, closed, [(id, id if at is None else numbers[at]) for id, at in replaced])
    if written:
        rows = [
            row_values(one.service_point, one.household, one.stretch)
            | {"id": number, "recorded_at": author.now}
            | ({"recorded_by": author.actor, "reason": reason} if one.corrects else _FIRST_ENTRY)
            for number, one in zip(numbers, written, strict=True)
        ]
        session.execute(insert(InterruptionRow), rows)
    return len(written)


_FIRST_ENTRY = {"recorded_by": None, "reason": None}


def _make_room(
    session: Session, closed: Sequence[tuple[int, datetime]], replaced: Sequence[tuple[int, int]]
) -> None:
    """Close and replace rows before others are written: no two in force may overlap."""
    if closed:
        ids, ends = zip(*closed, strict=True)
        session.execute(CLOSE, {"ids": list(ids), "ends": list(ends)})
    if replaced:
        ids, successors = zip(*replaced, strict=True)
        session.execute(REPLACE, {"ids": list(ids), "successors": list(successors)})
