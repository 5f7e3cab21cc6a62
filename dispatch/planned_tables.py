"""The rows of planned outages beside the outage itself: versions, notices, rules. Rows stay in this room."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.tables import Instant, one_of
from gis.tables import Base

BASES = ("normal", "current")
SOURCES = ("switching", "device", "service_points")


class PlannedVersionRow(Base):
    """Whom a planned outage concerns, as it was found once; none is ever altered or removed.

    `steps` are those of its switching orders that were rehearsed, on the state named by `basis`; `added` and
    `removed` are what differs from the version before.
    """

    __tablename__ = "planned_outage_version"
    __table_args__ = (
        CheckConstraint(one_of("source", SOURCES), name="source"),
        CheckConstraint(one_of("basis", BASES), name="basis"),
    )

    planned_outage_id: Mapped[str] = mapped_column(ForeignKey("planned_outage.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    steps: Mapped[list[Any]] = mapped_column(JSONB)
    network_version: Mapped[int] = mapped_column(Integer)
    customers: Mapped[int] = mapped_column(Integer)
    service_points: Mapped[list[str]] = mapped_column(ARRAY(Text))
    added: Mapped[list[str]] = mapped_column(ARRAY(Text))
    removed: Mapped[list[str]] = mapped_column(ARRAY(Text))


class PlannedNoticeRow(Base):
    """One notice about a planned outage: owed by a rule, or told because something changed (`rule` is null).

    `queued_at` is null where its time passed and nothing was queued. `unreached` are the service points it
    concerned whose customer has no address that any channel reaches. Who was told: `notification` rows of the
    same change.
    """

    __tablename__ = "planned_notice"
    __table_args__ = (
        CheckConstraint("is_late OR queued_at IS NOT NULL", name="missed_is_late"),
        Index(
            "uq_planned_notice_once_by_rule",
            "planned_outage_id",
            "rule",
            "starts_at",
            unique=True,
            postgresql_where=text("rule IS NOT NULL"),
        ),
        Index("ix_planned_notice_planned_outage_id", "planned_outage_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    planned_outage_id: Mapped[str] = mapped_column(ForeignKey("planned_outage.id"))
    rule: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    queued_at: Mapped[datetime | None] = mapped_column(Instant)
    is_late: Mapped[bool] = mapped_column(Boolean)
    version_number: Mapped[int] = mapped_column(Integer)
    rules_version: Mapped[str] = mapped_column(Text)
    change_position: Mapped[int] = mapped_column(ForeignKey("change_log.position"))
    service_points: Mapped[int] = mapped_column(Integer)
    unreached: Mapped[list[str]] = mapped_column(ARRAY(Text))


class PlannedRulesRow(Base):
    """Rules of planned outages that are or were in force; the highest number is."""

    __tablename__ = "planned_outage_rules"

    number: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    version: Mapped[str] = mapped_column(Text)
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)
    told_at: Mapped[datetime] = mapped_column(Instant)
