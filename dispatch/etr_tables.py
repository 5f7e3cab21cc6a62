"""The rows of restoration times: every word of every tier, how wrong it was, and the rules in force.

Rows do not leave this room. Versions are append-only; the database refuses anything else.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Double, ForeignKey, Identity, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.etr import EtrSource, EtrTier
from dispatch.tables import Instant, one_of
from gis.tables import Base


class EtrBecause(StrEnum):
    """Why a word was said, and so why the one before it was replaced."""

    PREDICTED = "predicted"  # the outage was first inferred
    DEVICE_CHANGED = "device_changed"  # another device is to blame
    CREW_SENT = "crew_sent"
    ASSESSED = "assessed"  # somebody has looked what is broken
    PLANNED = "planned"  # a new plan is in force
    UNPLANNED = "unplanned"  # taken back: the plan in force has no crew for it
    SAID = "said"  # a person said so
    TAKEN_OVER = "taken_over"  # said of an outage that was merged into this one
    CREW_LEFT = "crew_left"  # taken back: the crew that said it is not at it any more


class EtrVersionRow(Base):
    """One word of one tier about one outage: a time with its window, or none where it was taken back.

    `is_published`: what is published changed with it, by the change at `change_position`. `is_told`:
    customers were told of it.
    """

    __tablename__ = "etr_version"
    __table_args__ = (
        CheckConstraint(one_of("tier", EtrTier), name="tier"),
        CheckConstraint(one_of("source", EtrSource), name="source"),
        CheckConstraint(one_of("because", EtrBecause), name="because"),
        CheckConstraint("num_nulls(at, earliest, latest) IN (0, 3)", name="whole_window"),
        CheckConstraint("earliest <= at AND at <= latest", name="in_window"),
        CheckConstraint("is_published = (change_position IS NOT NULL)", name="published"),
        Index("ix_etr_version_outage_id", "outage_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    outage_id: Mapped[str] = mapped_column(ForeignKey("outage.id"))
    tier: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime | None] = mapped_column(Instant)
    earliest: Mapped[datetime | None] = mapped_column(Instant)
    latest: Mapped[datetime | None] = mapped_column(Instant)
    said_at: Mapped[datetime] = mapped_column(Instant)
    said_by: Mapped[str] = mapped_column(Text)
    because: Mapped[str] = mapped_column(Text)
    is_published: Mapped[bool] = mapped_column(Boolean)
    is_told: Mapped[bool] = mapped_column(Boolean)
    change_position: Mapped[int | None] = mapped_column(BigInteger)


class EtrScoreRow(Base):
    """How wrong a word was, written when its outage is closed, and again when it is closed again.

    `horizon_minutes` is how far ahead it was said, `error_minutes` restored − said: positive means too late.
    """

    __tablename__ = "etr_score"
    __table_args__ = (
        CheckConstraint("horizon_minutes > 0", name="ahead"),
        Index("ix_etr_score_scored_at", "scored_at"),
    )

    version_id: Mapped[int] = mapped_column(
        ForeignKey("etr_version.id"), primary_key=True, autoincrement=False
    )
    source: Mapped[str] = mapped_column(Text)
    device_kind: Mapped[str] = mapped_column(Text)
    horizon_minutes: Mapped[float] = mapped_column(Double)
    error_minutes: Mapped[float] = mapped_column(Double)
    is_inside: Mapped[bool] = mapped_column(Boolean)
    is_published: Mapped[bool] = mapped_column(Boolean)
    scored_at: Mapped[datetime] = mapped_column(Instant)


class EtrRulesRow(Base):
    """The rules in force, told at the start by whoever puts the system together: all processes agree."""

    __tablename__ = "etr_rules"
    __table_args__ = (
        CheckConstraint("id = 1", name="only_one"),
        CheckConstraint("publish_minutes >= 0 AND alarm_minutes > 0", name="ahead"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    publish_minutes: Mapped[float] = mapped_column(Double)
    alarm_minutes: Mapped[float] = mapped_column(Double)


ETR_VERSION_RULES = (
    """
    CREATE FUNCTION etr_version_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'etr_version is append-only: % is refused', TG_OP
            USING ERRCODE = 'restrict_violation';
    END $$
    """,
    """
    CREATE TRIGGER etr_version_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON etr_version
    FOR EACH STATEMENT EXECUTE FUNCTION etr_version_is_append_only()
    """,
)
