"""Road versions: roads imported whole or not at all; the newest is in force.

Every operation runs in the caller's transaction, and the caller commits. The version before the newest is
kept, since another process may still be reading it; older ones go, and can be imported again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from gis.roads.errors import RoadVersionNotFoundError
from gis.roads.raw_roads import Progress
from gis.roads.reading import ReadRoads
from gis.roads.road_rows import copy_roads, fetch_roads
from gis.roads.roads import Roads
from gis.roads.tables import RoadVersionRow
from topology.findings import Finding


@dataclass(frozen=True, slots=True)
class RoadVersion:
    """One import of roads as it stands; `counts` are those of `ReadRoads`."""

    road_version: int
    source: str
    imported_at: datetime
    counts: dict[str, int]
    findings: tuple[Finding, ...]


def import_roads(
    session: Session, *, read: ReadRoads, source: str, now: datetime, progress: Progress | None = None
) -> int:
    """Store roads as a new version and return its number; it is in force when the caller commits.

    Args:
        session: Until the caller commits nothing is seen, and after an error nothing stays.
        read: The roads, with what was found.
        source: Where they came from, in words (a file name).
        now: The time of the import, aware.
        progress: Called with what is being done, its rows done, and all its rows.
    """
    before = road_version_in_force(session)
    version = RoadVersionRow(
        source=source,
        imported_at=now,
        counts=read.counts,
        findings=[asdict(one) for one in read.findings],
    )
    session.add(version)
    session.flush()
    copy_roads(session, road_version=version.id, roads=read.roads, progress=progress)
    if before is not None:
        session.execute(delete(RoadVersionRow).where(RoadVersionRow.id < before))
    session.execute(text("ANALYZE road_segment, road_turn"))
    return version.id


def road_version_in_force(session: Session) -> int | None:
    """Return the number of the newest version; None before the first."""
    return session.scalar(select(func.max(RoadVersionRow.id)))


def road_version_details(session: Session, *, road_version: int) -> RoadVersion:
    """Return one version with its findings; RoadVersionNotFoundError when there is none."""
    row = session.get(RoadVersionRow, road_version)
    if row is None:
        raise RoadVersionNotFoundError(road_version)
    return RoadVersion(
        road_version=row.id,
        source=row.source,
        imported_at=row.imported_at,
        counts=dict(row.counts),
        findings=tuple(
            Finding(rule=one["rule"], layer=one["layer"], ids=tuple(one["ids"]), text=one["text"])
            for one in row.findings
        ),
    )


def load_roads(session: Session, *, road_version: int) -> Roads:
    """Read a version's roads; RoadVersionNotFoundError when there is none."""
    road_version_details(session, road_version=road_version)
    return fetch_roads(session, road_version=road_version)
