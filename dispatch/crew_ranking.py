"""The crews for one outage, or one hazard, as they stand now: from the database, by road, ranked.

Two Dijkstras' worth of work at most where nothing is kept: one column to the place, and short looks for the
drives to jobs that crews have first.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.change_log import latest_position
from dispatch.crew_view import CrewView
from dispatch.crews import list_crews
from dispatch.damage import repair_forecast
from dispatch.errors import Because, Conflict
from dispatch.guest_leave import guest_leaves, guests_kept_from
from dispatch.hazard_views import get_hazard, hazard_places
from dispatch.outages import JobView, OutageView, get_outage
from dispatch.ranking import AT_THE_DEVICE, CrewFacts, Drives, JobAhead, Ranking, RankReason, rank_crews
from dispatch.states import JobKind
from dispatch.tables import OutageRow
from dispatch.travel import Travel
from gis.place import Place
from gis.places import device_places


@dataclass(frozen=True, slots=True)
class RankingAt:
    """A ranking, and the log position it stands at: whoever acts on it says so (assignments.assign_crew)."""

    ranking: Ranking
    position: int
    source: str


@dataclass(frozen=True, slots=True)
class _Question:
    """Where crews are wanted, for what kind of work, and which jobs are of it already."""

    place: Place
    kind: str
    skills: Sequence[str]
    is_of_it: Callable[[JobView], bool]
    work_minutes: float | None = None


def rank_crews_for_outage(
    session: Session, *, outage_id: str, now: datetime, travel: Travel | None = None
) -> RankingAt:
    """Rank the roster for one outage, best first, each with its reasons; Conflict where it has no place."""
    outage = get_outage(session, outage_id=outage_id)
    question = _Question(
        place=_place(outage),
        kind=outage.device_kind,
        skills=sorted(repair_forecast(session, outage_id).skills),
        is_of_it=lambda job: job.outage_id == outage_id,
    )
    return _rank(session, question, travel=travel or Travel(), now=now)


def rank_crews_for_hazard(
    session: Session, *, hazard_id: str, now: datetime, travel: Travel | None = None
) -> RankingAt:
    """Rank the roster for making a hazard safe, as for an outage; Conflict where nobody said where it is."""
    hazard = get_hazard(session, hazard_id=hazard_id)
    if hazard.place is None:
        raise Conflict(
            f"Nobody said where hazard {hazard_id} is. Crews cannot be ranked by distance; send one by hand.",
            because=Because.PLACE_UNKNOWN,
        )
    question = _Question(
        place=hazard.place,
        kind=JobKind.MAKE_SAFE,
        skills=sorted(hazard.skills),
        is_of_it=lambda job: job.hazard_id == hazard_id,
        work_minutes=hazard.make_safe_minutes,
    )
    return _rank(session, question, travel=travel or Travel(), now=now)


def _rank(session: Session, question: _Question, *, travel: Travel, now: datetime) -> RankingAt:
    position = latest_position(session)
    facts = _facts(session, list_crews(session, now=now), question)
    drives = _drives(session, travel, facts, question.place, now)
    ranking = rank_crews(
        crews=facts,
        device_place=question.place,
        device_kind=question.kind,
        needed_skills=question.skills,
        drives=drives,
        now=now,
        work_minutes=question.work_minutes,
    )
    return RankingAt(ranking=ranking, position=position, source=drives.source)


def _drives(
    session: Session,
    travel: Travel,
    facts: Sequence[CrewFacts],
    place: Place,
    now: datetime,
) -> Drives:
    """Work out all drives the ranking will ask for, in two questions."""
    origins = list(dict.fromkeys(one for crew in facts for one in (crew.place, _last_place(crew))))
    table = travel.minutes(session, origins=origins, destinations=[place], now=now)
    known = {(one, place): float(table.minutes[row, 0]) for row, one in enumerate(origins)}
    legs = list(dict.fromkeys(leg for crew in facts for leg in _legs(crew) if leg not in known))
    if legs:
        found = travel.minutes_of_pairs(session, pairs=legs, now=now).minutes
        known |= dict(zip(legs, found.tolist(), strict=True))

    def why(origin: Place, destination: Place) -> RankReason | None:
        found = travel.why_unreachable(session, origin=origin, destination=destination, now=now)
        return RankReason(f"unreachable_{found.code}", found.values, found.text) if found else None

    return Drives(
        minutes=lambda origin, destination: known[origin, destination], source=table.source, why=why
    )


def _legs(crew: CrewFacts) -> Iterable[tuple[Place, Place]]:
    """Return the drives from where the crew is along the jobs it must still drive to."""
    place = crew.place
    for job in crew.jobs_ahead:
        if job.place is None:
            continue
        if job.status not in AT_THE_DEVICE or job.on_site_at is None:
            yield place, job.place
        place = job.place


def _last_place(crew: CrewFacts) -> Place:
    return next((job.place for job in reversed(crew.jobs_ahead) if job.place is not None), crew.place)


def _facts(session: Session, crews: Sequence[CrewView], question: _Question) -> list[CrewFacts]:
    ahead = {crew.id: [job for job in crew.jobs if not question.is_of_it(job)] for crew in crews}
    kept_from_it = guests_kept_from(guest_leaves(session), question.place)
    jobs = [job for of_crew in ahead.values() for job in of_crew]
    outages = _outages(session, {job.outage_id for job in jobs if job.outage_id})
    hazards = hazard_places(session, ids={job.hazard_id for job in jobs if job.hazard_id})
    return [
        CrewFacts(
            crew_id=crew.id,
            name=crew.name,
            skills=frozenset(crew.skills),
            window=crew.duty,
            place=crew.place,
            position_at=crew.position_at,
            jobs_ahead=tuple(_job_ahead(job, outages, hazards) for job in ahead[crew.id]),
            is_kept_from_it=crew.id in kept_from_it,
        )
        for crew in crews
    ]


@dataclass(frozen=True, slots=True)
class _OutageAhead:
    device_kind: str
    customers: int
    place: Place | None


def _outages(session: Session, ids: Collection[str]) -> dict[str, _OutageAhead]:
    rows = session.scalars(select(OutageRow).where(OutageRow.id.in_(list(ids)))).all() if ids else []
    places: dict[int, Mapping[str, Place]] = {
        version: device_places(
            session,
            network_version=version,
            ids={row.device for row in rows if row.network_version == version},
        )
        for version in {row.network_version for row in rows}
    }
    return {
        row.id: _OutageAhead(
            device_kind=row.device_kind,
            customers=row.customers_out,
            place=places[row.network_version].get(row.device) or _kept_place(row),
        )
        for row in rows
    }


def _kept_place(row: OutageRow) -> Place | None:
    if row.location is None:
        return None
    point = to_shape(row.location)
    return Place(lon=float(shapely.get_x(point)), lat=float(shapely.get_y(point)))


def _job_ahead(job: JobView, outages: Mapping[str, _OutageAhead], hazards: Mapping[str, Place]) -> JobAhead:
    outage = outages.get(job.outage_id or "")
    if outage is None:
        return JobAhead(
            outage_id=job.hazard_id or "",
            status=job.status,
            device_kind=JobKind.MAKE_SAFE,
            place=hazards.get(job.hazard_id or ""),
            on_site_at=job.on_site_at,
        )
    return JobAhead(
        outage_id=job.outage_id or "",
        status=job.status,
        device_kind=outage.device_kind,
        place=outage.place,
        on_site_at=job.on_site_at,
        customers=outage.customers,
    )


def _place(outage: OutageView) -> Place:
    if outage.lon is None or outage.lat is None:
        raise Conflict(
            f"Outage {outage.id} has no place on the map: neither {outage.device} nor anything near it has a "
            "geometry. Crews cannot be ranked by distance; assign one by hand.",
            because=Because.PLACE_UNKNOWN,
        )
    return Place(lon=outage.lon, lat=outage.lat)
