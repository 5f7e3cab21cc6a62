"""The rows of repeats: alerts of what is out or trips again and again. Rows do not leave this room."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.repeats.rules import RepeatKind, RepeatLevel
from dispatch.tables import Instant, one_of
from gis.tables import Base


class RepeatState(StrEnum):
    """How far a person has come with it."""

    OPEN = "open"
    LOOKED_AT = "looked_at"
    CLOSED = "closed"


class RepeatAlertRow(Base):
    """Something that repeats, on the worklist until a person closes it; one alert at a time for each subject.

    `subject` is a device, or a service point that has no transformer above it. Times, level and the rest
    are those of the last look while it was not closed.
    """

    __tablename__ = "repeat_alert"
    __table_args__ = (
        CheckConstraint(one_of("kind", RepeatKind), name="kind"),
        CheckConstraint(one_of("level", RepeatLevel), name="level"),
        CheckConstraint(one_of("state", RepeatState), name="state"),
        CheckConstraint(
            "(state = 'open') = (acted_by IS NULL) AND (acted_by IS NULL) = (acted_at IS NULL)", name="acted"
        ),
        Index(
            "uq_repeat_alert_one_at_a_time",
            "kind",
            "subject",
            unique=True,
            postgresql_where=text("state <> 'closed'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    times: Mapped[int] = mapped_column(Integer)
    first_at: Mapped[datetime] = mapped_column(Instant)
    last_at: Mapped[datetime] = mapped_column(Instant)
    service_points: Mapped[int] = mapped_column(Integer)
    customers: Mapped[int] = mapped_column(Integer)
    rules_version: Mapped[str] = mapped_column(Text)
    found_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(Text, server_default="open")
    acted_by: Mapped[str | None] = mapped_column(Text)
    acted_at: Mapped[datetime | None] = mapped_column(Instant)
    # Free text by a person: it may hold personal data, so it stays out of the change log.
    note: Mapped[str | None] = mapped_column(Text)
