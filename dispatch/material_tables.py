"""The rows of what crews used: material by kind and quantity, as it was told. Rows do not leave this room."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Sequence, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.tables import Instant
from gis.tables import Base

material_number = Sequence("material_number", metadata=Base.metadata)


class MaterialKind(StrEnum):
    """What is used up in a repair; wire and cable are told in metres, everything else in pieces."""

    POLE = "pole"
    CROSSARM = "crossarm"
    INSULATOR = "insulator"
    CONDUCTOR_METRES = "conductor_metres"
    CABLE_METRES = "cable_metres"
    SERVICE_LINE_METRES = "service_line_metres"
    JOINT = "joint"
    FUSE = "fuse"
    ARRESTER = "arrester"
    SWITCHGEAR = "switchgear"
    TRANSFORMER = "transformer"
    METER = "meter"
    OTHER = "other"


class MaterialReportRow(Base):
    """What one report says was used on a job. It never changes: what was too much is told with a minus."""

    __tablename__ = "material_report"
    __table_args__ = (Index("ix_material_report_job_id", "job_id"),)

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id"))
    reported_by: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(Instant)
    received_at: Mapped[datetime] = mapped_column(Instant)
    # [{"kind", "quantity"}], kinds of MaterialKind.
    items: Mapped[list[Any]] = mapped_column(JSONB)
    client_event_id: Mapped[str] = mapped_column(Text, unique=True)
