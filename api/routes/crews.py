"""The crew roster: who is on it, with what, when they may work."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC

from fastapi import APIRouter

from api.roles import Identity, Role, open_to
from api.schemas.crews import (
    CertificateOfMember,
    ChangedCrew,
    Crew,
    Crews,
    DutyRules,
    MemberOfCrew,
    Members,
    NewCrew,
    NewMembers,
    NewShifts,
    OffDutyOrder,
    OwnDuty,
    ShiftOfCrew,
    WholeCrew,
)
from api.schemas.shape import Name
from api.work import Database, SignedIn, Work, reading, writing
from dispatch.certificates import Certificate
from dispatch.crew_members import read_members, set_members
from dispatch.crew_shifts import put_on_duty, set_duty_rules, set_shifts, take_off_duty
from dispatch.crews import CrewChange, add_crew, change_crew, get_crew, list_crews
from dispatch.duty import DutyRules as DutyLimits
from dispatch.errors import NotYours
from dispatch.roster import read_duty_rules

router = APIRouter(tags=["crews"])


@router.get("/api/crews")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_crews(engine: Database) -> Crews:
    """List the crews: what they can do today, when they may work, where they are taken to be, their jobs."""
    with reading(engine) as work:
        return Crews(crews=[Crew.of(view) for view in list_crews(work.session, now=work.now)])


@router.post("/api/crews", status_code=201)
@open_to(Role.SUPERVISOR)
def add_to_roster(body: NewCrew, identity: SignedIn, engine: Database) -> Crew:
    """Add a crew to the roster."""
    with writing(engine) as work:
        view = add_crew(
            work.session,
            id=body.id,
            name=body.name,
            skills=body.skills,
            shift_start=body.shift_start,
            shift_end=body.shift_end,
            shifts=[shift.stretch for shift in body.shifts],
            lon=body.lon,
            lat=body.lat,
            crs=body.crs,
            vehicle=body.vehicle.known if body.vehicle else None,
            depot=body.depot.known if body.depot else None,
            members=[one.known for one in body.members],
            actor=identity.name,
            now=work.now,
        )
        return Crew.of(view)


@router.get("/api/crews/mine")
@open_to(Role.CREW, Role.GUEST_CREW)
def read_own_duty(identity: SignedIn, engine: Database) -> OwnDuty:
    """Tell the crew that asks when its shift and its rest are, and how it stands with its skills."""
    with reading(engine) as work:
        return OwnDuty.model_validate(get_crew(work.session, crew_id=identity.crew_id or "", now=work.now))


@router.get("/api/crews/{crew_id}")
@open_to(Role.DISPATCHER, Role.SUPERVISOR, Role.CREW)
def read_crew(crew_id: Name, identity: SignedIn, engine: Database) -> WholeCrew:
    """Read a crew with its people and its roster; a crew reads itself only.

    A supervisor sees all telephone numbers, a dispatcher and the crew itself the lead's.
    """
    if not identity.is_desk and identity.crew_id != crew_id:
        raise NotYours("A crew reads itself only.")
    with reading(engine) as work:
        view = get_crew(work.session, crew_id=crew_id, now=work.now)
        return WholeCrew(
            **Crew.of(view).model_dump(),
            people=_people(work, crew_id, identity),
            shifts=[ShiftOfCrew.model_validate(one) for one in view.shifts],
        )


@router.patch("/api/crews/{crew_id}")
@open_to(Role.SUPERVISOR)
def change(crew_id: Name, body: ChangedCrew, identity: SignedIn, engine: Database) -> Crew:
    """Change a crew's name, skills, vehicle or depot."""
    wanted = CrewChange(
        name=body.name,
        skills=body.skills,
        vehicle=body.vehicle.known if body.vehicle else None,
        depot=body.depot.known if body.depot else None,
    )
    with writing(engine) as work:
        view = change_crew(work.session, crew_id=crew_id, change=wanted, actor=identity.name, now=work.now)
        return Crew.of(view)


@router.put("/api/crews/{crew_id}/members")
@open_to(Role.SUPERVISOR)
def say_members(crew_id: Name, body: NewMembers, identity: SignedIn, engine: Database) -> Members:
    """Say who is in a crew, all of them, with their certificates."""
    with writing(engine) as work:
        members = [one.known for one in body.members]
        set_members(work.session, crew_id=crew_id, members=members, actor=identity.name, now=work.now)
        return Members(members=_people(work, crew_id, identity))


@router.put("/api/crews/{crew_id}/shifts")
@open_to(Role.SUPERVISOR, Role.DISPATCHER)
def say_shifts(crew_id: Name, body: NewShifts, identity: SignedIn, engine: Database) -> Crew:
    """Set a crew's roster from now on; what began before stays, and may be ended sooner or later."""
    with writing(engine) as work:
        shifts = [one.stretch for one in body.shifts]
        set_shifts(work.session, crew_id=crew_id, shifts=shifts, actor=identity.name, now=work.now)
        return Crew.of(get_crew(work.session, crew_id=crew_id, now=work.now))


@router.post("/api/crews/{crew_id}/off-duty")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def stand_down(crew_id: Name, body: OffDutyOrder, identity: SignedIn, engine: Database) -> Crew:
    """Take a crew off duty until it is put back; refused while it has jobs."""
    with writing(engine) as work:
        take_off_duty(work.session, crew_id=crew_id, because=body.because, actor=identity.name, now=work.now)
        return Crew.of(get_crew(work.session, crew_id=crew_id, now=work.now))


@router.post("/api/crews/{crew_id}/on-duty")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def bring_back(crew_id: Name, identity: SignedIn, engine: Database) -> Crew:
    """Put a crew back on duty."""
    with writing(engine) as work:
        put_on_duty(work.session, crew_id=crew_id, actor=identity.name, now=work.now)
        return Crew.of(get_crew(work.session, crew_id=crew_id, now=work.now))


@router.get("/api/duty-rules")
@open_to(Role.DISPATCHER, Role.SUPERVISOR)
def read_rules(engine: Database) -> DutyRules:
    """Read the limits of duty and rest."""
    with reading(engine) as work:
        return DutyRules(**asdict(read_duty_rules(work.session)))


@router.put("/api/duty-rules")
@open_to(Role.SUPERVISOR)
def say_rules(body: DutyRules, identity: SignedIn, engine: Database) -> DutyRules:
    """Set the limits of duty and rest for all crews."""
    with writing(engine) as work:
        rules = DutyLimits(**body.model_dump())
        set_duty_rules(work.session, rules=rules, actor=identity.name, now=work.now)
        return body


def _people(work: Work, crew_id: str, identity: Identity) -> list[MemberOfCrew]:
    sees_all = Role.SUPERVISOR in identity.roles
    today = work.now.astimezone(UTC).date()
    return [
        MemberOfCrew(
            id=one.id,
            name=one.name,
            phone=one.phone if sees_all or one.is_lead else None,
            is_lead=one.is_lead,
            certificates=[
                CertificateOfMember(
                    skill=held.skill,
                    expires_on=held.expires_on,
                    is_valid=Certificate(one.id, held.skill, held.expires_on).is_valid(today),
                )
                for held in one.certificates
            ],
        )
        for one in read_members(work.session, crew_id=crew_id)
    ]
