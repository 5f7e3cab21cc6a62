"""The people of a crew and their certificates. Personal data: none of it in the change log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from dispatch.certificates import Certificate, skill_standings
from dispatch.change_log import Author, record
from dispatch.crew_rows import crew_row
from dispatch.crew_tables import CrewMemberRow, MemberCertificateRow
from dispatch.errors import Conflict, InvalidInput
from dispatch.events import Event
from dispatch.skills import Skill


@dataclass(frozen=True, slots=True)
class HeldCertificate:
    """A certified skill; `expires_on` is its last valid day, None without an end."""

    skill: str
    expires_on: date | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a crew; `id` is the number the company knows the person by."""

    id: str
    name: str
    phone: str | None = None
    is_lead: bool = False
    certificates: tuple[HeldCertificate, ...] = ()


def set_members(
    session: Session, *, crew_id: str, members: Sequence[Member], actor: str, now: datetime
) -> list[Member]:
    """Say who is in a crew, all of them, with their certificates; the log learns counts and skills only."""
    row = crew_row(session, crew_id=crew_id)
    before = read_members(session, crew_id=crew_id)
    write_members(session, crew_id=crew_id, members=members)
    after = read_members(session, crew_id=crew_id)
    if after != before:
        today = now.astimezone(UTC).date()
        held = _held(row.skills, after, today)
        data = {"members": len(after), "skills_held": held}
        record(
            session,
            name=Event.CREW_MEMBERS_CHANGED,
            subject=f"crew:{crew_id}",
            outage=None,
            author=Author(actor=actor, now=now),
            data=data,
        )
    return after


def read_members(session: Session, *, crew_id: str) -> list[Member]:
    """Return the people of a crew, its lead first, then by name."""
    crew_row(session, crew_id=crew_id)
    rows = session.scalars(
        select(CrewMemberRow)
        .where(CrewMemberRow.crew_id == crew_id)
        .order_by(CrewMemberRow.is_lead.desc(), CrewMemberRow.name, CrewMemberRow.id)
    ).all()
    held: dict[str, list[HeldCertificate]] = {}
    certificates = (
        select(MemberCertificateRow)
        .where(MemberCertificateRow.member_id.in_([row.id for row in rows]))
        .order_by(MemberCertificateRow.skill)
    )
    for one in session.scalars(certificates):
        held.setdefault(one.member_id, []).append(HeldCertificate(one.skill, one.expires_on))
    return [
        Member(row.id, row.name, row.phone, row.is_lead, certificates=tuple(held.get(row.id, ())))
        for row in rows
    ]


def write_members(session: Session, *, crew_id: str, members: Sequence[Member]) -> None:
    """Replace the people of a crew; nothing is recorded."""
    _check(session, crew_id, members)
    session.execute(delete(CrewMemberRow).where(CrewMemberRow.crew_id == crew_id))
    for one in members:
        session.add(
            CrewMemberRow(id=one.id, crew_id=crew_id, name=one.name, phone=one.phone, is_lead=one.is_lead)
        )
    session.flush()
    for one in members:
        for held in one.certificates:
            session.add(MemberCertificateRow(member_id=one.id, skill=held.skill, expires_on=held.expires_on))
    session.flush()


def _check(session: Session, crew_id: str, members: Sequence[Member]) -> None:
    ids = [one.id for one in members]
    if len(set(ids)) < len(ids):
        twice = sorted({id for id in ids if ids.count(id) > 1})
        raise InvalidInput(field="members", text=f"{', '.join(twice)} stands there twice")
    if sum(one.is_lead for one in members) > 1:
        raise InvalidInput(field="members", text="a crew has one lead")
    for one in members:
        if not one.id.strip() or not one.name.strip():
            raise InvalidInput(field="members", text="a member has an id and a name")
        skills = [held.skill for held in one.certificates]
        unknown = sorted(set(skills) - set(Skill))
        if unknown:
            text = f"{', '.join(unknown)} is none of {', '.join(Skill)}"
            raise InvalidInput(field=f"members.{one.id}.certificates", text=text)
        if len(set(skills)) < len(skills):
            text = "one certificate a skill: send the one that lasts longest"
            raise InvalidInput(field=f"members.{one.id}.certificates", text=text)
    elsewhere = session.scalars(
        select(CrewMemberRow).where(CrewMemberRow.id.in_(ids), CrewMemberRow.crew_id != crew_id)
    ).first()
    if elsewhere is not None:
        raise Conflict(
            f"{elsewhere.id!r} is in crew {elsewhere.crew_id!r}. Take the person off that crew first."
        )


def _held(declared: Sequence[str], members: Sequence[Member], today: date) -> list[str]:
    certificates = [
        Certificate(member=one.id, skill=held.skill, expires_on=held.expires_on)
        for one in members
        for held in one.certificates
    ]
    standings = skill_standings(
        declared=declared, members=len(members), certificates=certificates, today=today
    )
    return [one.skill for one in standings if one.lapse is None]
