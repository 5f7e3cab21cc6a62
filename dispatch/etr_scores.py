"""How good the restoration times were: every word of an outage scored when it is closed, and figures of them.

The error is restored − said, in minutes: positive where supply came back later than said. What was said when
supply was back already, or taken back, has no error.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from dispatch.etr import TIER_OF, EtrSource
from dispatch.etr_tables import EtrScoreRow, EtrVersionRow
from dispatch.tables import OutageRow

_COLUMNS = ("source", "device_kind", "horizon_minutes", "error_minutes", "is_inside", "is_published")


@dataclass(frozen=True, slots=True)
class EtrScore:
    """How wrong one word was."""

    tier: str
    source: str
    device_kind: str
    horizon_minutes: float
    error_minutes: float
    is_inside: bool
    is_published: bool


@dataclass(frozen=True, slots=True)
class EtrFigures:
    """How good the words of one group were; `device_kind` None: of all kinds.

    `median_error_minutes` has its sign (positive: too late), `median_size_minutes` has not.
    """

    tier: str
    device_kind: str | None
    words: int
    median_error_minutes: float
    median_size_minutes: float
    inside_share: float
    median_horizon_minutes: float


def score_etrs(session: Session, *, outage: OutageRow, now: datetime) -> int:
    """Score every word of an outage that is being closed; return how many there were."""
    restored_at = outage.restored_at
    if restored_at is None:
        return 0
    query = select(EtrVersionRow).where(
        EtrVersionRow.outage_id == outage.id,
        EtrVersionRow.at > EtrVersionRow.said_at,
        EtrVersionRow.said_at < restored_at,
    )
    scores = [
        {
            "version_id": row.id,
            "source": row.source,
            "device_kind": outage.device_kind,
            "horizon_minutes": (row.at - row.said_at).total_seconds() / 60,
            "error_minutes": (restored_at - row.at).total_seconds() / 60,
            "is_inside": row.earliest <= restored_at <= row.latest,
            "is_published": row.is_published,
            "scored_at": now,
        }
        for row in session.scalars(query)
        if row.at is not None and row.earliest is not None and row.latest is not None
    ]
    if scores:
        statement = insert(EtrScoreRow)
        # An outage that was closed before, and was out again: the last time supply came back counts.
        anew = {name: statement.excluded[name] for name in (*_COLUMNS, "scored_at")}
        session.execute(statement.on_conflict_do_update(index_elements=["version_id"], set_=anew), scores)
    return len(scores)


def etr_scores(session: Session, *, now: datetime, days: float) -> list[EtrScore]:
    """Return the scores of the outages closed within so many days, newest first."""
    query = (
        select(*(getattr(EtrScoreRow, name) for name in _COLUMNS))
        .where(EtrScoreRow.scored_at > now - timedelta(days=days))
        .order_by(EtrScoreRow.scored_at.desc(), EtrScoreRow.version_id.desc())
    )
    return [EtrScore(TIER_OF[EtrSource(source)], source, *rest) for source, *rest in session.execute(query)]


def etr_figures(scores: Sequence[EtrScore]) -> list[EtrFigures]:
    """Return the figures by tier, and by tier and kind of device; those of all kinds first. Pure."""
    groups: dict[tuple[str, str | None], list[EtrScore]] = {}
    for score in scores:
        groups.setdefault((score.tier, None), []).append(score)
        groups.setdefault((score.tier, score.device_kind), []).append(score)
    ordered = sorted(groups, key=lambda key: (key[0], key[1] or ""))
    return [_figures(tier, kind, groups[tier, kind]) for tier, kind in ordered]


def _figures(tier: str, device_kind: str | None, scores: Sequence[EtrScore]) -> EtrFigures:
    def middle(values: Iterable[float]) -> float:
        return round(median(values), 1)

    return EtrFigures(
        tier=tier,
        device_kind=device_kind,
        words=len(scores),
        median_error_minutes=middle(one.error_minutes for one in scores),
        median_size_minutes=middle(abs(one.error_minutes) for one in scores),
        inside_share=sum(one.is_inside for one in scores) / len(scores),
        median_horizon_minutes=middle(one.horizon_minutes for one in scores),
    )
