"""Where calls came from, for the map of the desk: those that wait to be explained, and those of one outage.

RULE 1: a call waits while it speaks and belongs to no outage; what planned work or a disconnection explains
    does not.
RULE 2: a household has one mark: how often it called, and what it said last; a danger that it ever told of
    comes before that.
RULE 3: of each sort the newest `MOST_LOOKED_AT` calls are looked at, and of those in sight the households
    that called last are answered; how many there are in sight is said beside them.
Where a household is, is for those who are signed in at the desk: none of this is in events, tiles or the
public map.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.sight import Sight

MOST_LOOKED_AT = 10_000


class CallKind(StrEnum):
    """What a household said last: a danger comes before all else."""

    HAZARD = "hazard"
    OUT = "out"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class CallMark:
    """One household that called; `outage_id` is None where its call waits."""

    service_point: str
    lon: float
    lat: float
    at: datetime
    calls: int
    kind: CallKind
    hazard: str | None
    outage_id: str | None


@dataclass(frozen=True, slots=True)
class CallMarks:
    """The households in sight that called last, and how many households and calls there are in sight."""

    marks: tuple[CallMark, ...]
    households: int
    calls: int


_MARKS = text("""
    WITH said AS (
        (SELECT service_point, sequence, at, hazard, phases, outage_id
         FROM evidence
         WHERE kind = 'trouble_call' AND status IN ('new', 'analysed') AND outage_id IS NULL
         ORDER BY sequence DESC LIMIT :looked_at)
        UNION ALL
        (SELECT service_point, sequence, at, hazard, phases, outage_id
         FROM evidence
         WHERE kind = 'trouble_call' AND outage_id = :outage_id
         ORDER BY sequence DESC LIMIT :looked_at)
    ), placed AS (
        SELECT said.*, COALESCE(point.geometry, node.geometry) AS place,
            said.phases IS NOT NULL
                AND translate(upper(point.phases), upper(said.phases) || 'N', '') <> '' AS is_partial
        FROM said
        JOIN service_point AS point
            ON point.network_version = :network_version AND point.id = said.service_point
        LEFT JOIN node ON node.network_version = :network_version AND node.id = point.node
    )
    SELECT service_point, MAX(ST_X(place)) AS lon, MAX(ST_Y(place)) AS lat,
        (array_agg(at ORDER BY sequence DESC))[1] AS at,
        (array_agg(hazard ORDER BY sequence DESC) FILTER (WHERE hazard IS NOT NULL))[1] AS hazard,
        (array_agg(is_partial ORDER BY sequence DESC))[1] AS is_partial,
        (array_agg(outage_id ORDER BY sequence DESC))[1] AS outage_id,
        COUNT(*) AS calls,
        COUNT(*) OVER () AS all_households,
        SUM(COUNT(*)) OVER () AS all_calls
    FROM placed
    WHERE place && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
    GROUP BY service_point
    ORDER BY MAX(sequence) DESC
    LIMIT :most
""")


def call_marks(
    session: Session, *, network_version: int, sight: Sight, outage_id: str | None, most: int
) -> CallMarks:
    """Return the households in sight that called, by the rules above; with an outage its calls besides."""
    rows = session.execute(
        _MARKS,
        {
            **sight._asdict(),
            "network_version": network_version,
            "outage_id": outage_id,
            "looked_at": MOST_LOOKED_AT,
            "most": most,
        },
    ).all()
    marks = tuple(
        CallMark(
            service_point=row.service_point,
            lon=row.lon,
            lat=row.lat,
            at=row.at,
            calls=row.calls,
            kind=_kind(row.hazard, is_partial=row.is_partial),
            hazard=row.hazard,
            outage_id=row.outage_id,
        )
        for row in rows
    )
    households, calls = (rows[0].all_households, int(rows[0].all_calls)) if rows else (0, 0)
    return CallMarks(marks, households=households, calls=calls)


def _kind(hazard: str | None, *, is_partial: bool) -> CallKind:
    if hazard is not None:
        return CallKind.HAZARD
    return CallKind.PARTIAL if is_partial else CallKind.OUT
