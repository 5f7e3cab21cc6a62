"""Which of some service points must not be without supply for long: those with a priority (重要用户)."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ARRAY, Text, any_, literal, select
from sqlalchemy.orm import Session

from gis.tables import ServicePointRow


def priorities_of(
    session: Session, *, network_version: int, service_points: Collection[str]
) -> dict[str, str]:
    """Return the priority of each of these service points that has one."""
    if not service_points:
        return {}
    query = select(ServicePointRow.id, ServicePointRow.priority).where(
        ServicePointRow.network_version == network_version,
        ServicePointRow.priority.is_not(None),
        ServicePointRow.id == any_(literal(sorted(service_points), ARRAY(Text))),
    )
    return {id: priority for id, priority in session.execute(query) if priority is not None}
