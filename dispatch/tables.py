"""The rows of dispatch in PostgreSQL, and the rules the database itself keeps about them.

Integrity lives in constraints: legal statuses, one event per client event id, an append-only change log. Rows
do not leave this room.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Sequence,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.channels import Channel
from dispatch.crew_places import PositionSource
from dispatch.failed_equipment import FailedEquipment
from dispatch.message_kinds import MessageStatus, WhyUnsent
from dispatch.off_duty import OffDuty
from dispatch.remarks import Remark
from dispatch.states import ACTIVE_JOB_STATUSES, JobKind, JobStatus, OutageStatus
from dispatch.vehicles import VehicleKind
from gis.tables import Base

outage_number = Sequence("outage_number", metadata=Base.metadata)
job_number = Sequence("job_number", metadata=Base.metadata)
change_position = Sequence("change_position", metadata=Base.metadata)
conflict_number = Sequence("conflict_number", metadata=Base.metadata)

Instant = DateTime(timezone=True)


def one_of(column: str, values: Any) -> str:
    """Return the check that a column holds one of these values."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


class ClockRow(Base):
    """The one clock of API and workers: simulated = origin_simulated + speed × (real − origin_real)."""

    __tablename__ = "clock"
    __table_args__ = (
        CheckConstraint("id = 1", name="only_one"),
        CheckConstraint("speed > 0", name="forward"),
    )

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    origin_real: Mapped[datetime] = mapped_column(Instant)
    origin_simulated: Mapped[datetime] = mapped_column(Instant)
    speed: Mapped[float] = mapped_column(Double)


class EvidenceRow(Base):
    """One piece of evidence as it came in, attached to a service point or a device.

    Status: new (not yet analysed), analysed (speaks still), spent (its outage was restored or dismissed, or
    it came after the fact), expired (too old to speak), not_an_outage (something else than a fault explains
    it: `remark` says what; analysis passes it over).
    Remark: what intake noticed about it (dispatch/remarks.py). `told_at` is the time as the sender told it,
    where that was impossible and `at` is when it came instead.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint(
            one_of("status", ("new", "analysed", "spent", "expired", "not_an_outage")), name="status"
        ),
        CheckConstraint(one_of("remark", Remark), name="remark"),
        CheckConstraint("status <> 'not_an_outage' OR remark IS NOT NULL", name="explained"),
        CheckConstraint("num_nonnulls(service_point, device) <= 1", name="one_place"),
        Index(
            "ix_evidence_speaking",
            "status",
            "sequence",
            postgresql_where=text("status IN ('new', 'analysed')"),
        ),
        Index("ix_evidence_service_point", "service_point", "at"),
        # The last messages of each kind (dispatch/feed_health.py), without walking through all the others.
        Index("ix_evidence_feed", "kind", "sequence"),
        Index("ix_evidence_outage_id", "outage_id"),
        Index("ix_evidence_remark", "received_at", postgresql_where=text("remark IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Instant)
    received_at: Mapped[datetime] = mapped_column(Instant)
    source: Mapped[str] = mapped_column(Text)
    network_version: Mapped[int] = mapped_column(Integer)
    service_point: Mapped[str | None] = mapped_column(Text)
    device: Mapped[str | None] = mapped_column(Text)
    phases: Mapped[str | None] = mapped_column(Text)
    result: Mapped[str | None] = mapped_column(Text)
    hazard: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[str] = mapped_column(Text, server_default="new")
    outage_id: Mapped[str | None] = mapped_column(ForeignKey("outage.id"))
    remark: Mapped[str | None] = mapped_column(Text)
    told_at: Mapped[datetime | None] = mapped_column(Instant)
    meter: Mapped[str | None] = mapped_column(Text)


class OutageRow(Base):
    """A de-energised part behind one device. `version` is the position of its last change."""

    __tablename__ = "outage"
    __table_args__ = (
        CheckConstraint(one_of("status", OutageStatus), name="status"),
        CheckConstraint("probability > 0 AND probability <= 1", name="probability"),
        CheckConstraint("(status = 'merged') = (merged_into IS NOT NULL)", name="merged"),
        CheckConstraint("restored_at IS NULL OR restored_at >= started_at", name="restored_after_start"),
        CheckConstraint(one_of("failed_equipment", FailedEquipment), name="failed_equipment"),
        Index("ix_outage_status", "status"),
        Index("ix_outage_incident_id", "incident_id", postgresql_where=text("incident_id IS NOT NULL")),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    network_version: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(Text)
    device: Mapped[str] = mapped_column(Text)
    device_kind: Mapped[str] = mapped_column(Text)
    phases: Mapped[str] = mapped_column(Text)
    probability: Mapped[float] = mapped_column(Double)
    candidates: Mapped[list[Any]] = mapped_column(JSONB)
    reasons: Mapped[list[Any]] = mapped_column(JSONB)
    service_points_out: Mapped[int] = mapped_column(Integer)
    customers_out: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime] = mapped_column(Instant)
    predicted_at: Mapped[datetime] = mapped_column(Instant)
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    restored_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    etr_at: Mapped[datetime | None] = mapped_column(Instant)
    etr_source: Mapped[str | None] = mapped_column(Text)
    # The window of what is published, when its alarm is due, and since when the alarm stands.
    etr_earliest: Mapped[datetime | None] = mapped_column(Instant)
    etr_latest: Mapped[datetime | None] = mapped_column(Instant)
    etr_warn_at: Mapped[datetime | None] = mapped_column(Instant)
    etr_lapsing_at: Mapped[datetime | None] = mapped_column(Instant)
    cause: Mapped[str | None] = mapped_column(Text)
    dismissed_because: Mapped[str | None] = mapped_column(Text)
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("outage.id"))
    # The outage that it was part of, until a person parted the two.
    split_from: Mapped[str | None] = mapped_column(ForeignKey("outage.id"))
    # Since when a person says that it is this device: what was found before does not speak against it.
    device_told_at: Mapped[datetime | None] = mapped_column(Instant)
    # Since when it is out again, after it had been restored.
    reopened_at: Mapped[datetime | None] = mapped_column(Instant)
    incident_id: Mapped[str | None] = mapped_column(ForeignKey("incident.id"))
    failed_equipment: Mapped[str | None] = mapped_column(Text)
    failed_device: Mapped[str | None] = mapped_column(Text)
    # Free text by a person: it may hold personal data, so it stays out of the change log.
    note: Mapped[str | None] = mapped_column(Text)
    # Where its device was, kept from when its network version is removed; until then the version says it.
    location: Mapped[WKBElement | None] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))


class AffectedRow(Base):
    """A service point that an outage holds without supply, as we believe: `phases` since `started_at`.

    It moves with the prediction. What it came to stands in the ledger (dispatch/ledger_tables.py).
    """

    __tablename__ = "affected_service_point"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="forward"),
        Index("ix_affected_service_point_service_point", "service_point", "started_at"),
    )

    outage_id: Mapped[str] = mapped_column(ForeignKey("outage.id"), primary_key=True)
    service_point: Mapped[str] = mapped_column(Text, primary_key=True)
    phases: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    customers: Mapped[int] = mapped_column(Integer)


class CrewRow(Base):
    """A crew on the roster: what it was entered with, and where it last said it was.

    Its shifts, members and certificates stand in dispatch/crew_tables.py.
    """

    __tablename__ = "crew"
    __table_args__ = (
        CheckConstraint(one_of("vehicle_kind", VehicleKind), name="vehicle_kind"),
        CheckConstraint(one_of("position_source", PositionSource), name="position_source"),
        CheckConstraint(one_of("off_duty_because", OffDuty), name="off_duty_because"),
        CheckConstraint("(off_duty_since IS NULL) = (off_duty_because IS NULL)", name="off_duty"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text))
    vehicle_kind: Mapped[str] = mapped_column(Text)
    # What the vehicle's own receiver calls itself: a plate or the number of the device.
    vehicle_id: Mapped[str | None] = mapped_column(Text, unique=True)
    depot_name: Mapped[str | None] = mapped_column(Text)
    depot_lon: Mapped[float | None] = mapped_column(Double)
    depot_lat: Mapped[float | None] = mapped_column(Double)
    location: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=4326))
    position_at: Mapped[datetime] = mapped_column(Instant)
    position_source: Mapped[str] = mapped_column(Text)
    off_duty_since: Mapped[datetime | None] = mapped_column(Instant)
    off_duty_because: Mapped[str | None] = mapped_column(Text)


class JobRow(Base):
    """One crew's work on one outage or, to make safe, on one hazard, with the time of each step."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(one_of("status", JobStatus), name="status"),
        CheckConstraint(one_of("kind", JobKind), name="kind"),
        CheckConstraint(
            "num_nonnulls(outage_id, hazard_id) = 1 AND (kind = 'make_safe') = (hazard_id IS NOT NULL)",
            name="one_subject",
        ),
        Index(
            "uq_job_one_active_per_crew_and_outage",
            "outage_id",
            "crew_id",
            unique=True,
            postgresql_where=text(one_of("status", ACTIVE_JOB_STATUSES)),
        ),
        Index(
            "uq_job_one_active_per_crew_and_hazard",
            "hazard_id",
            "crew_id",
            unique=True,
            postgresql_where=text(one_of("status", ACTIVE_JOB_STATUSES)),
        ),
        Index("ix_job_crew_id", "crew_id", "status"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, server_default=JobKind.REPAIR)
    outage_id: Mapped[str | None] = mapped_column(ForeignKey("outage.id"))
    hazard_id: Mapped[str | None] = mapped_column(ForeignKey("hazard.id"))
    crew_id: Mapped[str] = mapped_column(ForeignKey("crew.id"))
    status: Mapped[str] = mapped_column(Text)
    travel_minutes: Mapped[float] = mapped_column(Double)
    travel_source: Mapped[str] = mapped_column(Text)
    assigned_at: Mapped[datetime] = mapped_column(Instant)
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    en_route_at: Mapped[datetime | None] = mapped_column(Instant)
    on_site_at: Mapped[datetime | None] = mapped_column(Instant)
    working_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_because: Mapped[str | None] = mapped_column(Text)


class ChangeLogRow(Base):
    """One change, append-only: what, by whom, when it happened and when it was recorded (变更轨迹)."""

    __tablename__ = "change_log"
    __table_args__ = (
        Index("ix_change_log_outage_id", "outage_id", "position"),
        # What was known at an instant (dispatch/past_state.py).
        Index("ix_change_log_recorded_at", "recorded_at", "position"),
        Index("ix_change_log_subject", "subject", "position"),
    )

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    occurred_at: Mapped[datetime] = mapped_column(Instant)
    name: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    outage_id: Mapped[str | None] = mapped_column(Text)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    client_event_id: Mapped[str | None] = mapped_column(Text, unique=True)


class MessageChannelRow(Base):
    """A channel that this system has somewhere to send to."""

    __tablename__ = "message_channel"
    __table_args__ = (CheckConstraint(one_of("name", Channel), name="name"),)

    name: Mapped[str] = mapped_column(Text, primary_key=True)


class NotificationRow(Base):
    """One message owed to one customer about one change, on one channel: queued exactly once.

    The change is of an outage or of a planned outage. `rank`: 0 where a life hangs on the supply, 4 at last.
    `not_before`: when the quiet hours end for which it was held. `because`: why it was dropped or failed.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("account", "channel", "change_position"),
        CheckConstraint(one_of("status", MessageStatus), name="status"),
        CheckConstraint(one_of("channel", Channel), name="channel"),
        CheckConstraint(one_of("because", WhyUnsent), name="because"),
        CheckConstraint("num_nonnulls(outage_id, planned_outage_id) = 1", name="about"),
        CheckConstraint("status <> 'held' OR not_before IS NOT NULL", name="held"),
        Index("ix_notification_outage_id", "outage_id", "account"),
        Index(
            "ix_notification_planned_outage_id",
            "planned_outage_id",
            "account",
            postgresql_where=text("planned_outage_id IS NOT NULL"),
        ),
        Index("ix_notification_held", "not_before", postgresql_where=text("status = 'held'")),
        Index("ix_notification_dead", "id", postgresql_where=text("status IN ('failed', 'uncertain')")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    change_position: Mapped[int] = mapped_column(ForeignKey("change_log.position"))
    outage_id: Mapped[str | None] = mapped_column(ForeignKey("outage.id"))
    planned_outage_id: Mapped[str | None] = mapped_column(ForeignKey("planned_outage.id"))
    kind: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    rank: Mapped[int] = mapped_column(SmallInteger, server_default="4")
    status: Mapped[str] = mapped_column(Text, server_default="queued")
    because: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    queued_at: Mapped[datetime] = mapped_column(Instant)
    not_before: Mapped[datetime | None] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)


class ConflictRow(Base):
    """Two things told that cannot both be true, or a source not to be trusted; open until `cleared_at`."""

    __tablename__ = "conflict"
    __table_args__ = (
        CheckConstraint("found_by IN ('inference', 'intake')", name="found_by"),
        Index(
            "uq_conflict_one_open",
            "found_by",
            "code",
            "subject",
            unique=True,
            postgresql_where=text("cleared_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    found_by: Mapped[str] = mapped_column(Text)
    code: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    text: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(Instant)
    told_at: Mapped[datetime] = mapped_column(Instant)
    cleared_at: Mapped[datetime | None] = mapped_column(Instant)


# What SQLAlchemy cannot say. The migration runs these statements after the tables exist.
CHANGE_LOG_RULES = (
    """
    CREATE FUNCTION change_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'change_log is append-only: % is refused', TG_OP USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER change_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON change_log
    FOR EACH STATEMENT EXECUTE FUNCTION change_log_is_append_only()
    """,
    """
    CREATE FUNCTION change_log_notifies() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('relight_changes', (SELECT max(position)::text FROM inserted));
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER change_log_notify AFTER INSERT ON change_log REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION change_log_notifies()
    """,
)
CHANGES_CHANNEL = "relight_changes"
EVIDENCE_CHANNEL = "relight_evidence"
