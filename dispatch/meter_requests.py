"""Questions to meters, queued: who is to be asked, in the transaction that wants to know.

RULE 1: no meter is asked twice within `again_after`; the database itself refuses a second question.
RULE 2: nobody waits for an answer. It comes as evidence, `ping`, like everything else.
RULE 3: a question is durable with what caused it: both commit, or neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import procrastinate
from sqlalchemy import ARRAY, Select, Text, any_, exists, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.call_tables import PingRequestRow
from dispatch.errors import NoActiveNetwork
from dispatch.neighbours import neighbours_of
from dispatch.network_cache import NetworkCache
from dispatch.pings import PingReason
from dispatch.states import OutageStatus
from dispatch.tables import AffectedRow, OutageRow
from gis.network_versions import active_network_version
from gis.places import meters_of
from topology.questions import UNSURE

PING_TASK = "ask_meters"
PING_QUEUE = "meter_requests"
# An outage predicted longer ago was looked at when it was new.
_NEW_FOR = timedelta(minutes=10)
_OUTAGES_A_STEP = 10
# After a restoration so many meters are asked a step whether they are back.
VERIFIED_A_STEP = 200
_ASKED_LATELY = timedelta(hours=6)

# Told the device and phases of an outage and how many: the service points whose meters tell most about it.
ChooseMeters = Callable[[str, str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class PingRules:
    """How meters may be asked: how often one, how many a minute, and how many neighbours beside one."""

    again_after: timedelta = timedelta(minutes=10)
    per_minute: int = 600
    neighbours: int = 3


@dataclass(frozen=True, slots=True)
class PingRequest:
    """A question as it stands; `result` where it was answered."""

    id: int
    meter: str
    service_point: str
    reason: str
    outage_id: str | None
    status: str
    result: str | None
    requested_at: datetime
    answered_at: datetime | None


def request_pings(
    session: Session,
    *,
    service_points: Sequence[str],
    reason: PingReason,
    rules: PingRules,
    now: datetime,
    outage_id: str | None = None,
) -> list[str]:
    """Queue a question to the meter of each service point; return the service points that will be asked.

    Without a meter, or with one that was asked lately, a service point is left out. NoActiveNetwork.
    """
    network_version = active_network_version(session)
    if network_version is None:
        raise NoActiveNetwork
    meters = meters_of(session, network_version=network_version, service_points=service_points)
    rows = [
        {
            "meter": meters[id],
            "service_point": id,
            "reason": reason,
            "outage_id": outage_id,
            "requested_at": now,
            "locked_until": now + rules.again_after,
        }
        for id in dict.fromkeys(service_points)
        if id in meters
    ]
    if not rows:
        return []
    # No target is named: the constraint that may refuse is one of exclusion.
    statement = insert(PingRequestRow).on_conflict_do_nothing().returning(PingRequestRow.service_point)
    asked = list(session.scalars(statement, rows))
    if asked:
        wake_meter_worker(session)
    return asked


def ask_house(
    session: Session,
    *,
    service_point: str,
    reason: PingReason,
    networks: NetworkCache,
    rules: PingRules,
    now: datetime,
    outage_id: str | None = None,
) -> list[str]:
    """Queue questions to the meter of a service point and to its nearest neighbours with a meter."""
    return request_pings(
        session,
        service_points=_house(session, service_point, networks, rules),
        reason=reason,
        rules=rules,
        now=now,
        outage_id=outage_id,
    )


def _house(session: Session, service_point: str, networks: NetworkCache, rules: PingRules) -> list[str]:
    """Return a service point and its nearest neighbours with a meter; none where it is not in the network."""
    traced = networks.in_force(session)
    if not traced.network.has_service_point(service_point):
        return []
    neighbours = neighbours_of(traced.tree, service_point=service_point)
    with_meter = meters_of(session, network_version=traced.network_version, service_points=neighbours)
    return [service_point, *(id for id in neighbours if id in with_meter)][: rules.neighbours + 1]


def ask_about_outages(
    session: Session, *, choose: ChooseMeters, networks: NetworkCache, rules: PingRules, now: datetime
) -> int:
    """Ask meters about every new prediction of a single service point, and every unsure one; return how many.

    RULE 4: of a single service point the own meter is asked, and beside it as many as `neighbours` says.
    RULE 5: which others tell most is chosen by their answers' worth; where that is not known, the nearest.
    """
    count = 0
    for outage in session.execute(_unsure_and_not_asked(now)).all():
        is_single = outage.service_points_out == 1
        chosen = list(choose(outage.device, outage.phases, rules.neighbours + 1))
        if is_single:
            own = session.scalars(
                select(AffectedRow.service_point).where(AffectedRow.outage_id == outage.id)
            ).first()
            if own is None:
                continue
            chosen = chosen or _house(session, own, networks, rules)
            chosen = [own, *(one for one in chosen if one != own)][: rules.neighbours + 1]
        count += len(
            request_pings(
                session,
                service_points=chosen,
                reason=PingReason.SINGLE_OUTAGE if is_single else PingReason.QUESTION,
                rules=rules,
                now=now,
                outage_id=outage.id,
            )
        )
    return count


def ask_after_restoration(
    session: Session, *, unwoken: Sequence[str], rules: PingRules, now: datetime
) -> int:
    """Ask meters that did not wake where supply came back: who stayed dark is out still; return how many.

    RULE 6: each is asked once, so many a step; an absent meter system must not keep the others waiting.
    """
    if not unwoken:
        return 0
    asked = set(
        session.scalars(
            select(PingRequestRow.service_point).where(
                PingRequestRow.reason == PingReason.RESTORATION,
                PingRequestRow.requested_at > now - _ASKED_LATELY,
            )
        )
    )
    chosen = [one for one in unwoken if one not in asked][:VERIFIED_A_STEP]
    return len(
        request_pings(session, service_points=chosen, reason=PingReason.RESTORATION, rules=rules, now=now)
    )


def _unsure_and_not_asked(now: datetime) -> Select[str, str, str, int]:
    asked_before = exists().where(
        PingRequestRow.outage_id == OutageRow.id,
        PingRequestRow.reason.in_([PingReason.SINGLE_OUTAGE, PingReason.QUESTION]),
    )
    return (
        select(OutageRow.id, OutageRow.device, OutageRow.phases, OutageRow.service_points_out)
        .where(
            OutageRow.status == OutageStatus.PREDICTED,
            or_(OutageRow.service_points_out == 1, OutageRow.probability < UNSURE),
            OutageRow.predicted_at > now - _NEW_FOR,
            ~asked_before,
        )
        # The newest first: those whose meters cannot be asked must not stand in the way of others.
        .order_by(OutageRow.predicted_at.desc(), OutageRow.id)
        .limit(_OUTAGES_A_STEP)
    )


def list_ping_requests(
    session: Session, *, outage_id: str | None, service_points: Sequence[str], limit: int
) -> list[PingRequest]:
    """Return questions, newest first: about an outage, to some service points, or all."""
    query = select(PingRequestRow).order_by(PingRequestRow.id.desc()).limit(limit)
    if outage_id is not None:
        query = query.where(PingRequestRow.outage_id == outage_id)
    if service_points:
        wanted = any_(literal(sorted(service_points), ARRAY(Text)))
        query = query.where(PingRequestRow.service_point == wanted)
    return [
        PingRequest(
            id=row.id,
            meter=row.meter,
            service_point=row.service_point,
            reason=row.reason,
            outage_id=row.outage_id,
            status=row.status,
            result=row.result,
            requested_at=row.requested_at,
            answered_at=row.answered_at,
        )
        for row in session.scalars(query)
    ]


def wake_meter_worker(session: Session, *, after_s: int = 0) -> None:
    """Defer a job on the change's own connection: with it, or not at all."""
    connection = session.connection().connection.driver_connection
    options: dict[str, Any] = {"schedule_in": {"seconds": after_s}} if after_s else {}
    _queue.configure_task(PING_TASK, queue=PING_QUEUE, connection=connection, **options).defer()


# Never opened: every job is deferred on a connection that the caller gives.
_queue = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
