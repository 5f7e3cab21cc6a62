"""The rows of planning: the plan in force, and what people ordered of plans. Rows do not leave this room."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    Sequence,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.tables import Instant, one_of
from gis.tables import Base

plan_order_number = Sequence("plan_order_number", metadata=Base.metadata)


class PlanOrder(StrEnum):
    """What a person may order of every plan."""

    PIN = "pin"  # this crew and no other does this outage
    FORBID = "forbid"  # this crew does not do this outage


class PlanRow(Base):
    """The plan in force: one, whole, or none.

    `version` is the position of the change that told it, `based_on` the position of the newest change that it
    knows of. `digest` says which problem it answers, but for what only the passing of time alters. The
    figures are those of dispatch/planning/plan.py; `baselines`: simple rule → customer-minutes.
    """

    __tablename__ = "plan"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger)
    based_on: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(Text)
    plan: Mapped[dict[str, Any]] = mapped_column(JSONB)
    customer_minutes: Mapped[float] = mapped_column(Double)
    lower_bound: Mapped[float] = mapped_column(Double)
    weighted_minutes: Mapped[float] = mapped_column(Double)
    weighted_lower_bound: Mapped[float] = mapped_column(Double)
    baselines: Mapped[dict[str, float]] = mapped_column(JSONB)
    travel_source: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Instant)


class PlanOrderRow(Base):
    """What a person ordered of plans for one outage; in force until withdrawn."""

    __tablename__ = "plan_order"
    __table_args__ = (
        CheckConstraint(one_of("kind", PlanOrder), name="kind"),
        Index(
            "uq_plan_order_one_pin",
            "outage_id",
            unique=True,
            postgresql_where=text("kind = 'pin' AND withdrawn_at IS NULL"),
        ),
        Index(
            "uq_plan_order_one_of_a_crew",
            "outage_id",
            "crew_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    outage_id: Mapped[str] = mapped_column(ForeignKey("outage.id"))
    crew_id: Mapped[str] = mapped_column(ForeignKey("crew.id"))
    # Free text by a person: it may hold personal data, so it stays out of the change log.
    reason: Mapped[str] = mapped_column(Text)
    ordered_by: Mapped[str] = mapped_column(Text)
    ordered_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_by: Mapped[str | None] = mapped_column(Text)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)
