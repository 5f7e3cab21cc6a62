"""The household of a caller at one look: whose it is, what feeds it, what is known of it, its history.

Bounded whatever happens in its street: every part is read by an index of this one service point (and, for the
meters, of at most 200 neighbours), so ten thousand calls about one feeder cost this look nothing.
Name and phone are personal data, for the person who talks to the customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from dispatch.call_tables import PlannedOutageRow, PlannedServicePointRow
from dispatch.calls import CallAnswer, answer_call
from dispatch.errors import UnknownThing
from dispatch.ledger_tables import InterruptionRow
from dispatch.network_cache import NetworkCache, TracedNetwork
from dispatch.planned_states import KNOWN_STATUSES
from dispatch.states import OPEN_OUTAGE_STATUSES
from dispatch.supply_status import SupplyStatus, supply_of_service_point
from dispatch.tables import EvidenceRow, OutageRow
from dispatch.taken_call_tables import TakenCallRow
from gis.device_names import device_names
from gis.places import accounts_of, meters_of, service_point_details
from topology.trace import TracedDevice, upstream

CALLS_LOOKED_BACK = timedelta(hours=24)
MOST_CALLS = 10
MOST_INTERRUPTIONS = 10
MOST_COMING = 3
# A year, as people mean it who ask how often.
HISTORY = timedelta(days=365)
_MOST_ROWS = 1_000
_MOST_CALLS_COUNTED = 100


@dataclass(frozen=True, slots=True)
class PathDevice:
    """A device between source and household.

    `is_switched_open`: as it stands now. `outage_id`: the open outage that is thought to be here.
    """

    id: str
    kind: str
    phases: str
    name: str | None
    is_switched_open: bool
    outage_id: str | None


@dataclass(frozen=True, slots=True)
class HouseholdCall:
    """A call about this household: when, with which danger, and what else was said."""

    at: datetime
    hazard: str | None
    are_neighbours_out: bool
    is_call_back_wanted: bool


@dataclass(frozen=True, slots=True)
class PastInterruption:
    """A time without supply; `ended_at` is None while it lasts."""

    started_at: datetime
    ended_at: datetime | None
    kind: str
    cause: str | None
    outage_id: str | None
    planned_outage_id: str | None


@dataclass(frozen=True, slots=True)
class ComingOutage:
    """Planned work that will switch this household off."""

    planned_outage_id: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class HouseholdHistory:
    """What happened here: the newest first; counts and minutes are those of a year."""

    calls_today: int
    calls: tuple[HouseholdCall, ...]
    interruptions: tuple[PastInterruption, ...]
    interruptions_in_year: int
    minutes_in_year: float


@dataclass(frozen=True, slots=True)
class Household:
    """Everything for one call.

    `path` leads from the source to the household, which is its last; `is_path_normal`: it is the way supply
    normally takes, since as things are switched now there is none.
    """

    service_point: str
    address: str | None
    account: str | None
    meter: str | None
    customers: int
    phases: str
    priority: str | None
    name: str | None
    phone: str | None
    language: str | None
    lon: float | None
    lat: float | None
    path: tuple[PathDevice, ...]
    is_path_normal: bool
    answer: CallAnswer
    supply: SupplyStatus
    history: HouseholdHistory
    coming: tuple[ComingOutage, ...]


def household_of_caller(
    session: Session, *, service_point: str, networks: NetworkCache, now: datetime
) -> Household:
    """Return everything for one call about a service point of the network in force; UnknownThing."""
    traced = networks.in_force(session)
    version = traced.network_version
    details = service_point_details(session, network_version=version, ids=[service_point])
    if not details or not traced.network.has_service_point(service_point):
        raise UnknownThing(kind="service point", id=service_point)
    detail = details[0]
    contacts = accounts_of(session, network_version=version, service_points=[service_point])
    contact = contacts[0] if contacts else None
    path, is_normal = _path(session, traced, service_point)
    return Household(
        service_point=service_point,
        address=detail.address,
        account=detail.account,
        meter=meters_of(session, network_version=version, service_points=[service_point]).get(service_point),
        customers=detail.customers,
        phases=detail.phases,
        priority=detail.priority,
        name=contact.name if contact else None,
        phone=contact.phone if contact else None,
        language=contact.language if contact else None,
        lon=detail.lon,
        lat=detail.lat,
        path=path,
        is_path_normal=is_normal,
        answer=answer_call(
            session, service_point=service_point, address=detail.address, networks=networks, now=now
        ),
        supply=supply_of_service_point(session, service_point=service_point, now=now),
        history=_history(session, service_point, now),
        coming=_coming(session, service_point, now),
    )


def _path(session: Session, traced: TracedNetwork, service_point: str) -> tuple[tuple[PathDevice, ...], bool]:
    """Return the devices from the source on: the way supply takes now, else the one it normally takes."""
    now = upstream(tree=traced.supply, device=service_point).devices
    devices: Sequence[TracedDevice] = now or upstream(tree=traced.normal, device=service_point).devices
    ids = [device.id for device in devices]
    names = device_names(session, network_version=traced.network_version, ids=ids)
    query = select(OutageRow.device, OutageRow.id).where(
        OutageRow.status.in_(OPEN_OUTAGE_STATUSES), OutageRow.device.in_([*ids, service_point])
    )
    outages = {row.device: row.id for row in session.execute(query)}
    path = [
        PathDevice(
            id=device.id,
            kind=device.kind,
            phases=device.phases,
            name=names.get(device.id),
            is_switched_open=_stands_open(traced, device.id),
            outage_id=outages.get(device.id),
        )
        for device in reversed(devices)
    ]
    own = PathDevice(service_point, "service_point", "", None, False, outages.get(service_point))
    return (*path, own), not now


def _stands_open(traced: TracedNetwork, device: str) -> bool:
    position = traced.positions.get(device)
    return position is not None and bool(position.open_phases)


def _history(session: Session, service_point: str, now: datetime) -> HouseholdHistory:
    calls = session.execute(
        select(EvidenceRow, TakenCallRow)
        .outerjoin(TakenCallRow, TakenCallRow.evidence_id == EvidenceRow.id)
        .where(_is_call_of_today(service_point, now))
        .order_by(EvidenceRow.at.desc(), EvidenceRow.sequence.desc())
        .limit(MOST_CALLS)
    ).all()
    counted = select(EvidenceRow.id).where(_is_call_of_today(service_point, now)).limit(_MOST_CALLS_COUNTED)
    past = _past(session, service_point, now)
    lengths = [((one.ended_at or now) - one.started_at).total_seconds() / 60 for one in past]
    return HouseholdHistory(
        calls_today=session.scalars(select(func.count()).select_from(counted.subquery())).one(),
        calls=tuple(
            HouseholdCall(
                at=row.at,
                hazard=row.hazard,
                are_neighbours_out=taken is not None and taken.are_neighbours_out,
                is_call_back_wanted=taken is not None and taken.is_call_back_wanted,
            )
            for row, taken in calls
        ),
        interruptions=tuple(past[:MOST_INTERRUPTIONS]),
        interruptions_in_year=len(past),
        minutes_in_year=round(sum(lengths), 1),
    )


def _is_call_of_today(service_point: str, now: datetime) -> ColumnElement[bool]:
    return (
        (EvidenceRow.service_point == service_point)
        & (EvidenceRow.kind == "trouble_call")
        & (EvidenceRow.at > now - CALLS_LOOKED_BACK)
    )


def _past(session: Session, service_point: str, now: datetime) -> list[PastInterruption]:
    """Return what the ledger says of the last year, newest first; rows that touch are one interruption."""
    query = (
        select(InterruptionRow, OutageRow.cause)
        .outerjoin(OutageRow, OutageRow.id == InterruptionRow.outage_id)
        .where(
            InterruptionRow.service_point == service_point,
            InterruptionRow.replaced_by.is_(None),
            InterruptionRow.phase_share > 0,
            func.lower(InterruptionRow.period) > now - HISTORY,
        )
        .order_by(func.lower(InterruptionRow.period))
        .limit(_MOST_ROWS)
    )
    joined: list[PastInterruption] = []
    for row, cause in session.execute(query):
        start, end = row.period.lower, row.period.upper
        if start is None:
            raise ValueError(f"row {row.id} has no beginning")
        one = PastInterruption(
            started_at=start,
            ended_at=end,
            kind=row.kind,
            cause=row.cause or cause,
            outage_id=row.outage_id,
            planned_outage_id=row.planned_outage_id,
        )
        if joined and joined[-1].ended_at == one.started_at:
            joined[-1] = replace(joined[-1], ended_at=one.ended_at)
        else:
            joined.append(one)
    return joined[::-1]


def _coming(session: Session, service_point: str, now: datetime) -> tuple[ComingOutage, ...]:
    """Return published work that will begin."""
    query = (
        select(PlannedOutageRow.id, PlannedOutageRow.starts_at, PlannedOutageRow.ends_at)
        .join(PlannedServicePointRow, PlannedServicePointRow.planned_outage_id == PlannedOutageRow.id)
        .where(
            PlannedServicePointRow.service_point == service_point,
            PlannedOutageRow.status.in_(KNOWN_STATUSES),
            PlannedOutageRow.starts_at > now,
        )
        .order_by(PlannedOutageRow.starts_at, PlannedOutageRow.id)
        .limit(MOST_COMING)
    )
    return tuple(ComingOutage(row.id, row.starts_at, row.ends_at) for row in session.execute(query))
