"""What a crew takes along of each job, for a shift without signal: who needs care, tags, damage, the past.

RULE 1: of a customer it says where, how many and why care is needed; no name, account or telephone number.
RULE 2: of tags it holds those on the job's own device and those that hang near: a crew may work between.
RULE 3: it is a picture of one moment, and says of which: the phone shows how old it is.
RULE 4: a guest crew is told of those on life support how many they are, not where, and not who of ours
    reported what: an illness goes no farther than it must (docs/decisions/0068-guest-crews.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.damage import DamageReport, damage_reports
from dispatch.guest_leave import leave_of
from dispatch.jobs import CrewJob, jobs_of_crew
from dispatch.materials import MaterialItem, materials_of_jobs
from dispatch.states import OutageStatus
from dispatch.switch_tags import Tag, hanging_tags
from dispatch.tables import AffectedRow, OutageRow
from gis.network_versions import active_network_version
from gis.place import Place
from gis.places import device_places, service_point_details
from gis.priorities import priorities_of
from gis.travel import straight_line_m

TAGS_WITHIN_M = 2_000.0
MOST_CAREFUL = 200
MOST_EARLIER = 5
_LIFE_SUPPORT = "life_support"
_ORDER = (_LIFE_SUPPORT, "important_1", "important_2", "sensitive")


@dataclass(frozen=True, slots=True)
class CarefulCustomer:
    """A supply that must not be out for long, or that needs a word first; `priority` as in the network.

    `service_point` is empty where several are told as one (rule 4).
    """

    service_point: str
    priority: str
    address: str | None
    customers: int
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class NearTag:
    """A tag that hangs at or near the job; `distance_m` is None where one of the two has no place."""

    id: str
    device: str
    kind: str
    note: str | None
    placed_at: datetime
    distance_m: float | None


@dataclass(frozen=True, slots=True)
class EarlierOutage:
    """An outage of the same device before this one."""

    outage_id: str
    started_at: datetime
    restored_at: datetime | None
    cause: str | None
    customers: int


@dataclass(frozen=True, slots=True)
class JobPackage:
    """One job as a crew takes it along; `damage` are the reports in force, oldest first."""

    job_id: str
    careful: tuple[CarefulCustomer, ...]
    tags: tuple[NearTag, ...]
    damage: tuple[DamageReport, ...]
    earlier: tuple[EarlierOutage, ...]
    materials: tuple[MaterialItem, ...]


def packages_of_crew(session: Session, *, crew_id: str) -> list[JobPackage]:
    """Return the package of each open job of a crew, in the order it got them."""
    jobs = jobs_of_crew(session, crew_id=crew_id)
    tags = hanging_tags(session) if jobs else []
    places = _places_of(session, tags)
    used = materials_of_jobs(session, job_ids=[one.job.id for one in jobs])
    packages = [
        JobPackage(
            job_id=one.job.id,
            careful=_careful(session, one),
            tags=_near(tags, places, one),
            damage=_damage(session, one),
            earlier=_earlier(session, one),
            materials=used.get(one.job.id, ()),
        )
        for one in jobs
    ]
    if leave_of(session, crew_id=crew_id) is None:
        return packages
    return [_for_guest(one) for one in packages]


def _for_guest(package: JobPackage) -> JobPackage:
    """Return a package as rule 4 has it."""
    ill = [one for one in package.careful if one.priority == _LIFE_SUPPORT]
    told = [one for one in package.careful if one.priority != _LIFE_SUPPORT]
    if ill:
        customers = sum(one.customers for one in ill)
        told.insert(0, CarefulCustomer("", _LIFE_SUPPORT, None, customers, lon=None, lat=None))
    damage = tuple(replace(one, reported_by="") for one in package.damage)
    return replace(package, careful=tuple(told), damage=damage)


def _careful(session: Session, crew_job: CrewJob) -> tuple[CarefulCustomer, ...]:
    if crew_job.outage is None:
        return ()
    version = crew_job.outage.network_version
    affected = session.scalars(
        select(AffectedRow.service_point).where(AffectedRow.outage_id == crew_job.outage.id)
    ).all()
    priorities = priorities_of(session, network_version=version, service_points=affected)
    first = sorted(priorities, key=lambda one: (_rank(priorities[one]), one))[:MOST_CAREFUL]
    details = {one.id: one for one in service_point_details(session, network_version=version, ids=first)}
    return tuple(
        CarefulCustomer(
            service_point=id,
            priority=priorities[id],
            address=details[id].address,
            customers=details[id].customers,
            lon=details[id].lon,
            lat=details[id].lat,
        )
        for id in first
        if id in details
    )


def _rank(priority: str) -> int:
    return _ORDER.index(priority) if priority in _ORDER else len(_ORDER)


def _places_of(session: Session, tags: Sequence[Tag]) -> dict[str, Place]:
    version = active_network_version(session)
    if version is None or not tags:
        return {}
    return device_places(session, network_version=version, ids={tag.device for tag in tags})


def _near(tags: Sequence[Tag], places: dict[str, Place], crew_job: CrewJob) -> tuple[NearTag, ...]:
    """Return the tags of rule 2, those on the job's own device first, then the nearest."""
    at = crew_job.outage or crew_job.hazard
    own = Place(lon=at.lon, lat=at.lat) if at and at.lon is not None and at.lat is not None else None
    device = at.device if at is not None else None
    found = []
    for tag in tags:
        place = places.get(tag.device)
        far = straight_line_m(origin=own, destination=place) if own and place else None
        if tag.device == device or (far is not None and far <= TAGS_WITHIN_M):
            far_m = None if far is None else round(far)
            found.append(NearTag(tag.id, tag.device, tag.kind, tag.note, tag.placed_at, far_m))
    return tuple(sorted(found, key=lambda one: (one.device != device, one.distance_m or 0.0, one.id)))


def _damage(session: Session, crew_job: CrewJob) -> tuple[DamageReport, ...]:
    if crew_job.outage is None:
        return ()
    reports = damage_reports(session, outage_id=crew_job.outage.id)
    return tuple(one for one in reports if one.replaced_by is None)


def _earlier(session: Session, crew_job: CrewJob) -> tuple[EarlierOutage, ...]:
    if crew_job.outage is None:
        return ()
    query = (
        select(OutageRow)
        .where(
            OutageRow.device == crew_job.outage.device,
            OutageRow.id != crew_job.outage.id,
            OutageRow.started_at < crew_job.outage.started_at,
            OutageRow.status.in_((OutageStatus.RESTORED, OutageStatus.CLOSED)),
        )
        .order_by(OutageRow.started_at.desc(), OutageRow.id)
        .limit(MOST_EARLIER)
    )
    return tuple(
        EarlierOutage(
            outage_id=row.id,
            started_at=row.started_at,
            restored_at=row.restored_at,
            cause=row.cause,
            customers=row.customers_out,
        )
        for row in session.scalars(query)
    )
