"""The rows that belong to crews: shifts, members, certificates, positions set aside, duty rules."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    Double,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.crew_places import AsideCode, PositionSource
from dispatch.skills import Skill
from dispatch.tables import Instant, one_of
from gis.tables import Base


class CrewShiftRow(Base):
    """One shift `[starts_at, ends_at)` of a crew's roster; never two at the same time."""

    __tablename__ = "crew_shift"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="forward"),
        ExcludeConstraint(
            ("crew_id", "="),
            (func.tstzrange(text("starts_at"), text("ends_at")), "&&"),
            name="ex_crew_shift_once_at_a_time",
            using="gist",
        ),
    )

    crew_id: Mapped[str] = mapped_column(ForeignKey("crew.id"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(Instant)


class CrewMemberRow(Base):
    """One person of one crew. Personal data: never in the change log, and told only to those who need it."""

    __tablename__ = "crew_member"
    __table_args__ = (
        Index("uq_crew_member_one_lead", "crew_id", unique=True, postgresql_where=text("is_lead")),
        Index("ix_crew_member_crew_id", "crew_id"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    crew_id: Mapped[str] = mapped_column(ForeignKey("crew.id"))
    name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    is_lead: Mapped[bool] = mapped_column()


class MemberCertificateRow(Base):
    """One certified skill of one person; `expires_on` is the last day it holds, None without an end."""

    __tablename__ = "member_certificate"
    __table_args__ = (CheckConstraint(one_of("skill", Skill), name="skill"),)

    member_id: Mapped[str] = mapped_column(ForeignKey("crew_member.id", ondelete="CASCADE"), primary_key=True)
    skill: Mapped[str] = mapped_column(Text, primary_key=True)
    expires_on: Mapped[date | None] = mapped_column(Date)


class PositionAsideRow(Base):
    """A told position that was not believed, with why; one a crew, the newest."""

    __tablename__ = "position_aside"
    __table_args__ = (
        CheckConstraint(one_of("code", AsideCode), name="code"),
        CheckConstraint(one_of("source", PositionSource), name="source"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    crew_id: Mapped[str] = mapped_column(ForeignKey("crew.id"), unique=True)
    location: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    at: Mapped[datetime] = mapped_column(Instant)
    received_at: Mapped[datetime] = mapped_column(Instant)
    source: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text)
    values: Mapped[dict[str, Any]] = mapped_column(JSONB)
    text: Mapped[str] = mapped_column(Text)


class DutyRulesRow(Base):
    """The limits of duty and rest in force; without a row, the documented defaults (dispatch/duty.py)."""

    __tablename__ = "duty_rules"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    longest_duty_minutes: Mapped[float] = mapped_column(Double)
    shortest_rest_minutes: Mapped[float] = mapped_column(Double)
    longest_day_minutes: Mapped[float] = mapped_column(Double)
