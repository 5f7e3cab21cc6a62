"""The rows of calls that a person took: what was said beside "no supply"; and how calls that wait are found.

Rows do not leave this room.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.tables import EvidenceRow, Instant
from gis.tables import Base


class TakenCallRow(Base):
    """One call, kept beside its evidence: whether neighbours are out too, and whether to call back."""

    __tablename__ = "taken_call"
    __table_args__ = (
        Index("ix_taken_call_to_call_back", "service_point", postgresql_where=text("is_call_back_wanted")),
    )

    evidence_id: Mapped[str] = mapped_column(Text, ForeignKey(EvidenceRow.id), primary_key=True)
    service_point: Mapped[str] = mapped_column(Text)
    taken_at: Mapped[datetime] = mapped_column(Instant)
    are_neighbours_out: Mapped[bool] = mapped_column(Boolean)
    is_call_back_wanted: Mapped[bool] = mapped_column(Boolean)


# The calls that wait to be explained (dispatch/call_marks.py) are few among all evidence that speaks.
Index(
    "ix_evidence_waiting_calls",
    EvidenceRow.sequence,
    postgresql_where=text("kind = 'trouble_call' AND status IN ('new', 'analysed') AND outage_id IS NULL"),
)
