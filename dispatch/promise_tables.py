"""The rows of promise clocks: rules, what was promised, clocks, pauses, and positions at the place.

Rows do not leave this room.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.promise_document import PauseReason
from dispatch.promise_rules import ClockState
from dispatch.tables import Instant, one_of
from gis.area_class import AreaClass, AreaSource
from gis.tables import Base


class PromiseRulesRow(Base):
    """Rules that are or were in force; the highest number is. None is ever removed: verdicts name them."""

    __tablename__ = "promise_rules"

    number: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    version: Mapped[str] = mapped_column(Text)
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    told_at: Mapped[datetime] = mapped_column(Instant)


class PromisedOutageRow(Base):
    """What was promised about an outage: under which rules, and for which class of area.

    `device` is the one the class was found for; `seen_version` the outage's version at the last look,
    `next_look_at` when a clock of it goes over to another state by time alone.
    """

    __tablename__ = "promised_outage"
    __table_args__ = (
        CheckConstraint(one_of("area_class", AreaClass), name="area_class"),
        CheckConstraint(one_of("area_source", AreaSource), name="area_source"),
    )

    outage_id: Mapped[str] = mapped_column(ForeignKey("outage.id"), primary_key=True)
    rules_number: Mapped[int | None] = mapped_column(ForeignKey("promise_rules.number"))
    device: Mapped[str] = mapped_column(Text)
    area_class: Mapped[str] = mapped_column(Text)
    area_source: Mapped[str] = mapped_column(Text)
    area_named: Mapped[str | None] = mapped_column(Text)
    customers_per_km2: Mapped[float | None] = mapped_column(Double)
    seen_version: Mapped[int] = mapped_column(BigInteger)
    next_look_at: Mapped[datetime | None] = mapped_column(Instant)


class PromiseClockRow(Base):
    """How a promise stood when it was last looked at, and what was told of it.

    The positions are those of the change log. `breach_position` stays when a breach is taken back.
    """

    __tablename__ = "promise_clock"
    __table_args__ = (
        CheckConstraint(one_of("state", ClockState), name="state"),
        Index("ix_promise_clock_breached", "due_at", postgresql_where=text("state = 'breached'")),
    )

    outage_id: Mapped[str] = mapped_column(ForeignKey("promised_outage.outage_id"), primary_key=True)
    promise: Mapped[str] = mapped_column(Text, primary_key=True)
    measures: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    because: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    stopped_at: Mapped[datetime | None] = mapped_column(Instant)
    slack_minutes: Mapped[float | None] = mapped_column(Double)
    rules_version: Mapped[str] = mapped_column(Text)
    warned_position: Mapped[int | None] = mapped_column(ForeignKey("change_log.position"))
    breach_position: Mapped[int | None] = mapped_column(ForeignKey("change_log.position"))
    verdict_position: Mapped[int | None] = mapped_column(ForeignKey("change_log.position"))


class PromisePauseRow(Base):
    """A span in which nobody could come or work, entered by a person; open while `ended_at` is null."""

    __tablename__ = "promise_pause"
    __table_args__ = (
        CheckConstraint(one_of("reason", PauseReason), name="reason"),
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="forward"),
        Index(
            "uq_promise_pause_one_open", "outage_id", unique=True, postgresql_where=text("ended_at IS NULL")
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    outage_id: Mapped[str] = mapped_column(ForeignKey("outage.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    # Free text by a person: it may hold personal data, so it stays out of the change log.
    note: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(Instant)
    started_by: Mapped[str] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by: Mapped[str | None] = mapped_column(Text)


class ArrivalPositionRow(Base):
    """The first position of a crew near the place of its job: the proof of its arrival beside its own tap."""

    __tablename__ = "arrival_position"

    job_id: Mapped[str] = mapped_column(ForeignKey("job.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    distance_m: Mapped[float] = mapped_column(Double)
    location: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))


class ArrivalFlagRow(Base):
    """A difference between the proofs of one arrival that was told; once each."""

    __tablename__ = "arrival_flag"
    __table_args__ = (
        CheckConstraint("flag IN ('times_differ', 'no_position', 'no_tap', 'told_late')", name="flag"),
    )

    job_id: Mapped[str] = mapped_column(ForeignKey("job.id"), primary_key=True)
    flag: Mapped[str] = mapped_column(Text, primary_key=True)
    change_position: Mapped[int] = mapped_column(ForeignKey("change_log.position"))
