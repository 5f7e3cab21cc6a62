"""The rows of hazards, of damage reports, and of the photos of either. Rows do not leave this room."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    Integer,
    Sequence,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.hazard_kinds import Authority, HazardKind, HazardOutcome, HazardStatus
from dispatch.tables import Instant, one_of
from gis.tables import Base

hazard_number = Sequence("hazard_number", metadata=Base.metadata)
damage_number = Sequence("damage_number", metadata=Base.metadata)
# Free text by a person: it may hold personal data, so it stays out of the change log.
PersonsWords = Annotated[str | None, mapped_column(Text)]


class HazardRow(Base):
    """A danger to people at a place, with or without an outage. `version` is the position of its last change.

    `…_by` are the deadlines of its clocks (dispatch/hazard_rules.py); `warned` holds the warnings already
    given. Once closed it says what was found, by whom and when; `finding_job_id` is that crew's job.
    """

    __tablename__ = "hazard"
    __table_args__ = (
        CheckConstraint(one_of("kind", HazardKind), name="kind"),
        CheckConstraint(one_of("status", HazardStatus), name="status"),
        CheckConstraint(one_of("waiting_authority", Authority), name="waiting_authority"),
        CheckConstraint(one_of("outcome", HazardOutcome), name="outcome"),
        CheckConstraint("level BETWEEN 1 AND 3", name="level"),
        CheckConstraint("(waiting_authority IS NULL) = (waiting_since IS NULL)", name="waiting"),
        # Never closed without evidence: what was found, who saw it, and when.
        CheckConstraint(
            "status <> 'closed' OR num_nulls(outcome, found_by, found_at, closed_at) = 0", name="evidence"
        ),
        Index("ix_hazard_open", "raised_at", postgresql_where=text("status <> 'closed'")),
        Index("ix_hazard_outage_id", "outage_id"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(Text)
    level: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[str] = mapped_column(Text)
    network_version: Mapped[int | None] = mapped_column(Integer)
    service_point: Mapped[str | None] = mapped_column(Text)
    device: Mapped[str | None] = mapped_column(Text)
    location: Mapped[WKBElement | None] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    outage_id: Mapped[str | None] = mapped_column(ForeignKey("outage.id"))
    reports: Mapped[int] = mapped_column(Integer)
    raised_at: Mapped[datetime] = mapped_column(Instant)
    last_reported_at: Mapped[datetime] = mapped_column(Instant)
    acknowledge_by: Mapped[datetime] = mapped_column(Instant)
    attend_by: Mapped[datetime] = mapped_column(Instant)
    make_safe_by: Mapped[datetime] = mapped_column(Instant)
    relieve_by: Mapped[datetime | None] = mapped_column(Instant)
    acknowledged_at: Mapped[datetime | None] = mapped_column(Instant)
    attended_at: Mapped[datetime | None] = mapped_column(Instant)
    made_safe_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    waiting_authority: Mapped[str | None] = mapped_column(Text)
    waiting_since: Mapped[datetime | None] = mapped_column(Instant)
    relieved_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str | None] = mapped_column(Text)
    found_by: Mapped[str | None] = mapped_column(Text)
    found_at: Mapped[datetime | None] = mapped_column(Instant)
    finding_job_id: Mapped[str | None] = mapped_column(Text)
    warned: Mapped[list[str]] = mapped_column(ARRAY(Text))
    note: Mapped[PersonsWords]


class HazardReportRow(Base):
    """One piece of evidence that tells of a hazard."""

    __tablename__ = "hazard_report"
    __table_args__ = (Index("ix_hazard_report_hazard_id", "hazard_id"),)

    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    hazard_id: Mapped[str] = mapped_column(ForeignKey("hazard.id"))


class DamageReportRow(Base):
    """What somebody who looked found broken at an outage; a correction replaces another, both are kept."""

    __tablename__ = "damage_report"
    __table_args__ = (
        CheckConstraint("repair_minutes > 0", name="repair_minutes"),
        Index("ix_damage_report_outage_id", "outage_id"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    outage_id: Mapped[str] = mapped_column(ForeignKey("outage.id"))
    job_id: Mapped[str | None] = mapped_column(ForeignKey("job.id"))
    reported_by: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(Instant)
    received_at: Mapped[datetime] = mapped_column(Instant)
    replaces: Mapped[str | None] = mapped_column(ForeignKey("damage_report.id"), unique=True)
    # [{"kind", "count"}], kinds of dispatch/damage_kinds.py.
    items: Mapped[list[Any]] = mapped_column(JSONB)
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text))
    repair_minutes: Mapped[float] = mapped_column(Double)
    is_access_blocked: Mapped[bool] = mapped_column(Boolean)
    access: Mapped[PersonsWords]
    note: Mapped[PersonsWords]
    client_event_id: Mapped[str] = mapped_column(Text, unique=True)


class PhotoRow(Base):
    """A photo kept as a file named by its digest; it belongs to a hazard, a damage report or a call.

    Until a report names it, it belongs to neither, and to who sent it.
    """

    __tablename__ = "photo"
    __table_args__ = (
        CheckConstraint("num_nonnulls(hazard_id, damage_report_id, evidence_id) <= 1", name="one_subject"),
        CheckConstraint("size_bytes > 0 AND width_px > 0 AND height_px > 0", name="size"),
        Index("ix_photo_hazard_id", "hazard_id"),
        Index("ix_photo_damage_report_id", "damage_report_id"),
        Index("ix_photo_evidence_id", "evidence_id"),
        Index(
            "ix_photo_unnamed",
            "received_at",
            postgresql_where=text("hazard_id IS NULL AND damage_report_id IS NULL AND evidence_id IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[str] = mapped_column(Text)
    # Of what was sent, before it was made anew without metadata: the same photo sent twice is one.
    sent_digest: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(Integer)
    width_px: Mapped[int] = mapped_column(Integer)
    height_px: Mapped[int] = mapped_column(Integer)
    sent_by: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Instant)
    hazard_id: Mapped[str | None] = mapped_column(ForeignKey("hazard.id"))
    damage_report_id: Mapped[str | None] = mapped_column(ForeignKey("damage_report.id"))
    evidence_id: Mapped[str | None] = mapped_column(ForeignKey("evidence.id"))
