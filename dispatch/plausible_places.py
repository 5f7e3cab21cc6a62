"""Which place a caller means who gives nothing but a point on the map: supply first, distance second."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from dispatch.tables import AffectedRow, EvidenceRow

# Positions of telephones are tens of metres off, and people stand in the street.
FARTHER_AT_MOST_M = 60.0
PLAUSIBLE_AMONG = 30
ON_LATELY = timedelta(minutes=30)


def plausible_place(session: Session, *, near: Sequence[tuple[str, float]], at: datetime) -> str:
    """Return which of the service points near a place, nearest first with their metres, is meant.

    RULE 1: somebody who reports no supply stands where there is none: the nearest place that is out.
    RULE 2: otherwise the nearest whose meter has not said lately that it is on.
    RULE 3: a place more than `FARTHER_AT_MOST_M` beyond the nearest is not meant, whatever its supply.
    """
    ids = [id_ for id_, distance_m in near if distance_m <= near[0][1] + FARTHER_AT_MOST_M]
    out = set(
        session.scalars(
            select(AffectedRow.service_point).where(
                AffectedRow.service_point.in_(ids), AffectedRow.ended_at.is_(None)
            )
        )
    )
    on = set(
        session.scalars(
            select(EvidenceRow.service_point).where(
                EvidenceRow.service_point.in_(ids),
                or_(EvidenceRow.kind == "power_up", EvidenceRow.result == "on"),
                EvidenceRow.at > at - ON_LATELY,
            )
        )
    )
    first_out = next((id_ for id_ in ids if id_ in out), None)
    return first_out or next((id_ for id_ in ids if id_ not in on), ids[0])
