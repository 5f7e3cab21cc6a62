"""What a live page shows first: the snapshot without its interruptions, where outages are, reported dangers.

RULE 1: who is out, to the household, is by far the most of a snapshot and drawn only near by: a page asks for
it once the rest stands there (`dispatch.snapshot.interruptions`), and applies to it the changes after that.
RULE 2: what the log does not tell of an outage and the first look needs, its place and what callers said is
dangerous there, comes with it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from dispatch.many_ids import is_among
from dispatch.outage_place import places_as_told
from dispatch.replay import Snapshot
from dispatch.snapshot import shelves
from dispatch.tables import EvidenceRow
from gis.place import Place


@dataclass(frozen=True, slots=True)
class FirstView:
    """A snapshot with no interruptions in it; by outage its place on the map and the hazards reported."""

    snapshot: Snapshot
    places: dict[str, Place]
    reported_hazards: dict[str, list[str]]


def first_view(session: Session, *, now: datetime) -> FirstView:
    """Return the present state as a page shows it first."""
    state = shelves(session, now=now)
    outages = state["outages"]
    return FirstView(
        snapshot=state,
        places=places_as_told(session, outages),
        reported_hazards=_reported_hazards(session, outages),
    )


def _reported_hazards(session: Session, outage_ids: Collection[str]) -> dict[str, list[str]]:
    query = (
        select(EvidenceRow.outage_id, func.array_agg(EvidenceRow.hazard.distinct()))
        .where(is_among(EvidenceRow.outage_id, outage_ids), EvidenceRow.hazard.is_not(None))
        .group_by(EvidenceRow.outage_id)
    )
    return {
        outage_id: [name for name in names if name is not None]
        for outage_id, names in session.execute(query)
        if outage_id is not None
    }
