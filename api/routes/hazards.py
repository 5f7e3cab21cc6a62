"""Hazards: read them, raise one, and what is done about one until it is closed with evidence."""

from __future__ import annotations

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session

from api.roles import Identity, Role, open_to
from api.schemas.hazards import (
    Hazard,
    HazardClosing,
    HazardCrew,
    HazardFinding,
    HazardPhotos,
    HazardRecall,
    HazardReport,
    Hazards,
    HazardWithReports,
    LevelOrder,
    NewHazard,
    Relief,
    Waiting,
)
from api.schemas.outages import RankedCrews
from api.schemas.shape import Name
from api.work import Database, SignedIn, reading, writing
from dispatch import hazard_actions, hazard_crews
from dispatch.crew_ranking import rank_crews_for_hazard
from dispatch.errors import NotYours
from dispatch.hazard_by_hand import ToldHazard, add_hazard_photos, raise_by_hand
from dispatch.hazard_rules import Level
from dispatch.hazard_views import HazardView, get_hazard, hazard_reports, list_hazards

router = APIRouter(tags=["hazards"])
_desk = open_to(Role.DISPATCHER, Role.SUPERVISOR)
_there = open_to(Role.CREW, Role.GUEST_CREW, Role.DISPATCHER, Role.SUPERVISOR)


@router.get("/api/hazards")
@open_to(Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR)
def read_hazards(engine: Database, *, closed: bool = False, outage_id: Name | None = None) -> Hazards:
    """List hazards, the worst first; those of one outage, and closed ones, if asked for."""
    with reading(engine) as work:
        found = list_hazards(work.session, outage_id=outage_id, closed=closed)
        return Hazards(hazards=[Hazard.model_validate(view) for view in found])


@router.get("/api/hazards/{hazard_id}")
@_desk
def read_hazard(hazard_id: Name, engine: Database) -> HazardWithReports:
    """Read one hazard, and what was said of it."""
    with reading(engine) as work:
        reports = hazard_reports(work.session, hazard_id=hazard_id)
        return HazardWithReports(
            hazard=Hazard.model_validate(get_hazard(work.session, hazard_id=hazard_id)),
            reports=[HazardReport.model_validate(report) for report in reports],
        )


@router.post("/api/hazards")
@open_to(Role.AGENT, Role.CREW, Role.DISPATCHER, Role.SUPERVISOR)
def raise_one(body: NewHazard, identity: SignedIn, engine: Database) -> Hazard:
    """Raise a hazard, with or without an outage; one that is open at the place counts one report more."""
    with writing(engine) as work:
        view = raise_by_hand(
            work.session, told=ToldHazard(**body.model_dump()), actor=identity.name, now=work.now
        )
        return Hazard.model_validate(view)


@router.post("/api/hazards/{hazard_id}/acknowledge")
@_desk
def acknowledge(hazard_id: Name, identity: SignedIn, engine: Database) -> Hazard:
    """Say that you have taken it on."""
    with writing(engine) as work:
        view = hazard_actions.acknowledge_hazard(
            work.session, hazard_id=hazard_id, actor=identity.name, now=work.now
        )
        return Hazard.model_validate(view)


@router.post("/api/hazards/{hazard_id}/level")
@_desk
def set_level(hazard_id: Name, body: LevelOrder, identity: SignedIn, engine: Database) -> Hazard:
    """Say how bad it is."""
    with writing(engine) as work:
        view = hazard_actions.set_hazard_level(
            work.session,
            hazard_id=hazard_id,
            level=Level(body.level),
            actor=identity.name,
            now=work.now,
        )
        return Hazard.model_validate(view)


@router.post("/api/hazards/{hazard_id}/authority-waits")
@open_to(Role.AGENT, Role.CREW, Role.DISPATCHER, Role.SUPERVISOR)
def take_waiting(hazard_id: Name, body: Waiting, identity: SignedIn, engine: Database) -> Hazard:
    """Record that police or a fire brigade stand guard and wait to be relieved."""
    with writing(engine) as work:
        _check_crew(work.session, hazard_id, identity)
        view = hazard_actions.authority_waits(
            work.session,
            hazard_id=hazard_id,
            authority=body.authority,
            since=body.since or work.now,
            actor=identity.name,
            now=work.now,
        )
        return Hazard.model_validate(view)


@router.post("/api/hazards/{hazard_id}/authority-relieved")
@_there
def take_relief(hazard_id: Name, body: Relief, identity: SignedIn, engine: Database) -> Hazard:
    """Record that those who waited were relieved; a crew where it was sent to."""
    with writing(engine) as work:
        _check_crew(work.session, hazard_id, identity)
        view = hazard_actions.relieve_authority(
            work.session,
            hazard_id=hazard_id,
            at=body.at or work.now,
            client_event_id=body.client_event_id,
            actor=identity.name,
            now=work.now,
        )
        return Hazard.model_validate(view)


@router.post("/api/hazards/{hazard_id}/assign")
@_desk
def assign(
    hazard_id: Name, body: HazardCrew, request: Request, identity: SignedIn, engine: Database
) -> Hazard:
    """Send a crew to make it safe."""
    with writing(engine) as work:
        view = hazard_crews.send_to_hazard(
            work.session,
            hazard_id=hazard_id,
            crew_id=body.crew_id,
            actor=identity.name,
            now=work.now,
            travel=request.app.state.travel,
        )
        return Hazard.model_validate(view)


@router.get("/api/hazards/{hazard_id}/crews")
@_desk
def rank_crews(hazard_id: Name, request: Request, engine: Database) -> RankedCrews:
    """Rank the crews for making it safe by arrival on the road, with the reasons; the dispatcher decides."""
    with reading(engine) as work:
        found = rank_crews_for_hazard(
            work.session, hazard_id=hazard_id, now=work.now, travel=request.app.state.travel
        )
        return RankedCrews.of(found)


@router.post("/api/hazards/{hazard_id}/recall")
@_desk
def recall(hazard_id: Name, body: HazardRecall, identity: SignedIn, engine: Database) -> Hazard:
    """Call a crew back."""
    with writing(engine) as work:
        view = hazard_crews.recall_from_hazard(
            work.session,
            hazard_id=hazard_id,
            job_id=body.job_id,
            reason=body.reason,
            actor=identity.name,
            now=work.now,
        )
        return Hazard.model_validate(view)


@router.post("/api/hazards/{hazard_id}/finding")
@_desk
def take_finding(hazard_id: Name, body: HazardFinding, identity: SignedIn, engine: Database) -> Hazard:
    """Record what somebody found there, who, and when; from then on it counts as made safe."""
    with writing(engine) as work:
        view = hazard_actions.record_finding(
            work.session,
            hazard_id=hazard_id,
            outcome=body.outcome,
            found_by=body.found_by,
            found_at=body.found_at,
            actor=identity.name,
            now=work.now,
        )
        return Hazard.model_validate(view)


@router.post("/api/hazards/{hazard_id}/photos")
@_there
def take_photos(hazard_id: Name, body: HazardPhotos, identity: SignedIn, engine: Database) -> Hazard:
    """Add photos sent before, all or none; a crew where it was sent to."""
    with writing(engine) as work:
        _check_crew(work.session, hazard_id, identity)
        view = add_hazard_photos(
            work.session, hazard_id=hazard_id, photos=body.photos, actor=identity.name, now=work.now
        )
        return Hazard.model_validate(view)


@router.post("/api/hazards/{hazard_id}/close")
@_desk
def close(hazard_id: Name, body: HazardClosing, identity: SignedIn, engine: Database) -> Hazard:
    """Close it; without evidence it is refused, and everything that is missing is named."""
    with writing(engine) as work:
        view = hazard_actions.close_hazard(
            work.session, hazard_id=hazard_id, note=body.note, actor=identity.name, now=work.now
        )
        return Hazard.model_validate(view)


def _check_crew(session: Session, hazard_id: str, identity: Identity) -> None:
    """Hold a crew to the hazards that it was sent to."""
    if identity.crew_id is None or identity.is_desk:
        return
    view: HazardView = get_hazard(session, hazard_id=hazard_id)
    if not any(job.crew_id == identity.crew_id for job in view.jobs):
        raise NotYours(f"Hazard {hazard_id} is not a job of crew {identity.crew_id}.")
