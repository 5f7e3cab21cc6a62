"""The rows of call-backs: who was asked by telephone whether supply is back. Rows do not leave this room."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.tables import Instant, one_of
from gis.tables import Base


class CallBackOutcome(StrEnum):
    """What somebody said who was called back."""

    SUPPLY_IS_BACK = "supply_is_back"
    STILL_OUT = "still_out"
    NO_ANSWER = "no_answer"


class CallBackRow(Base):
    """One call to one household about one outage; `spoken_at` is when, `recorded_at` when it was entered."""

    __tablename__ = "call_back"
    __table_args__ = (
        CheckConstraint(one_of("outcome", CallBackOutcome), name="outcome"),
        Index("ix_call_back_outage_id", "outage_id", "service_point"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    outage_id: Mapped[str] = mapped_column(ForeignKey("outage.id"))
    service_point: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    spoken_at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(Text)
