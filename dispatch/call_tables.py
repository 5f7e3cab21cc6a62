"""The rows of what explains missing supply, and of questions to meters.

Disconnections, planned outages with their service points, pings. Rows do not leave this room.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Sequence,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.pings import PingReason, PingStatus
from dispatch.planned_states import PlannedStatus, PlannedWork
from dispatch.remarks import DisconnectionReason
from dispatch.tables import Instant, one_of
from gis.tables import Base

planned_outage_number = Sequence("planned_outage_number", metadata=Base.metadata)


class DisconnectionRow(Base):
    """A service point that was disconnected on purpose, as billing tells; open until reconnected."""

    __tablename__ = "disconnection"
    __table_args__ = (
        CheckConstraint(one_of("reason", DisconnectionReason), name="reason"),
        CheckConstraint("reconnected_at IS NULL OR reconnected_at >= since", name="forward"),
        Index(
            "uq_disconnection_one_open",
            "service_point",
            unique=True,
            postgresql_where=text("reconnected_at IS NULL"),
        ),
        Index("ix_disconnection_service_point", "service_point", "since"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    service_point: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(Instant)
    reconnected_at: Mapped[datetime | None] = mapped_column(Instant)


class PlannedOutageRow(Base):
    """Work for which supply is switched off on purpose 计划停电: when, and what is said of it.

    With a `device`, its households are traced anew when another network version comes into force. `version`
    is the position of its last change. `begun_at` and `ended_at` are when supply really went and came back,
    `overrun_at` when it was first seen not to be over by its end.
    """

    __tablename__ = "planned_outage"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="forward"),
        CheckConstraint("ended_at IS NULL OR ended_at >= begun_at", name="ended_after_begin"),
        CheckConstraint(one_of("status", PlannedStatus), name="status"),
        CheckConstraint(one_of("work", PlannedWork), name="work"),
        CheckConstraint("(approved_at IS NULL) = (approved_by IS NULL)", name="approved"),
        Index("ix_planned_outage_ends_at", "ends_at"),
        Index("ix_planned_outage_status", "status"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(Text)
    work: Mapped[str] = mapped_column(Text)
    device: Mapped[str | None] = mapped_column(Text)
    crew_id: Mapped[str | None] = mapped_column(ForeignKey("crew.id"))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    # Said to customers as it stands; free text of a person, so it stays out of the change log.
    text: Mapped[str] = mapped_column(Text)
    requested_by: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime] = mapped_column(Instant)
    approved_by: Mapped[str | None] = mapped_column(Text)
    approved_at: Mapped[datetime | None] = mapped_column(Instant)
    # Free text by people, which stays out of the change log: why conflicts were passed over, why called off.
    overridden_because: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    announced_at: Mapped[datetime | None] = mapped_column(Instant)
    begun_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    overrun_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)


class PlannedServicePointRow(Base):
    """One service point that a planned outage leaves without supply."""

    __tablename__ = "planned_service_point"
    __table_args__ = (Index("ix_planned_service_point_service_point", "service_point"),)

    planned_outage_id: Mapped[str] = mapped_column(
        ForeignKey("planned_outage.id", ondelete="CASCADE"), primary_key=True
    )
    service_point: Mapped[str] = mapped_column(Text, primary_key=True)


class PingRequestRow(Base):
    """One question to one meter: is there supply? Never two to a meter within the time it is `locked`."""

    __tablename__ = "ping_request"
    __table_args__ = (
        CheckConstraint(one_of("status", PingStatus), name="status"),
        CheckConstraint(one_of("reason", PingReason), name="reason"),
        ExcludeConstraint(
            ("meter", "="),
            (func.tstzrange(text("requested_at"), text("locked_until")), "&&"),
            name="ex_ping_request_one_at_a_time",
            using="gist",
        ),
        CheckConstraint("locked_until >= requested_at", name="forward"),
        Index("ix_ping_request_waiting", "id", postgresql_where=text("status = 'waiting'")),
        Index("ix_ping_request_asked_at", "asked_at"),
        Index("ix_ping_request_outage_id", "outage_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    meter: Mapped[str] = mapped_column(Text)
    service_point: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    outage_id: Mapped[str | None] = mapped_column(ForeignKey("outage.id"))
    status: Mapped[str] = mapped_column(Text, server_default="waiting")
    result: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    requested_at: Mapped[datetime] = mapped_column(Instant)
    locked_until: Mapped[datetime] = mapped_column(Instant)
    asked_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
