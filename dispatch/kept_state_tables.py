"""The rows of kept states: what was known at some positions of the change log, for replays to begin near."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from dispatch.tables import Instant
from gis.tables import Base


class KeptStateRow(Base):
    """What was known after the change at `position`, taken at `at`; dispatch/known_state.py packs it.

    It may be removed at any time: the change log alone says the same, only later.
    """

    __tablename__ = "kept_state"
    __table_args__ = (Index("ix_kept_state_at", "at"),)

    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[bytes] = mapped_column(LargeBinary)
