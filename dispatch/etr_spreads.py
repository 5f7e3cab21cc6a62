"""How wide a window must be, learned from how wrong words were (rule 7 of dispatch/etr_rules.py).

Of the last LOOKED_AT scored words, the shares of the told time after which supply was really back: the lowest
and the highest tenth are cut off. By source and kind of device where there are ENOUGH, else by source, else
the figures Relight comes with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from dispatch.etr import EtrSource
from dispatch.etr_rules import SPREADS, WIDEST, Spread
from dispatch.etr_tables import EtrScoreRow

ENOUGH = 30
LOOKED_AT = 3_000
_CUT_OFF = 0.1
_READ_ONCE = "etr_spreads"

Learned = Mapping[tuple[str, str | None], Spread]


def spread_for(session: Session, *, source: EtrSource, device_kind: str) -> Spread:
    """Return the spread of a word's window; history is read once in each unit of work."""
    learned: Learned | None = session.info.get(_READ_ONCE)
    if learned is None:
        learned = session.info[_READ_ONCE] = _learned(session)
    return learned.get((source, device_kind)) or learned.get((source, None)) or SPREADS[source]


def learn_spreads(shares: Iterable[tuple[str, str, float]]) -> dict[tuple[str, str | None], Spread]:
    """Return source and kind of device (None: all kinds) → spread, where there are enough.

    Each is a source, a kind and a share: (restored − said) ÷ (the time said − said).
    """
    by_key: dict[tuple[str, str | None], list[float]] = {}
    for source, device_kind, share in shares:
        by_key.setdefault((source, device_kind), []).append(share)
        by_key.setdefault((source, None), []).append(share)
    return {key: _spread(sorted(found)) for key, found in by_key.items() if len(found) >= ENOUGH}


def _learned(session: Session) -> Learned:
    query = (
        select(
            EtrScoreRow.source,
            EtrScoreRow.device_kind,
            1 + EtrScoreRow.error_minutes / EtrScoreRow.horizon_minutes,
        )
        .order_by(EtrScoreRow.scored_at.desc())
        .limit(LOOKED_AT)
    )
    return learn_spreads((source, kind, share) for source, kind, share in session.execute(query))


def _spread(shares: list[float]) -> Spread:
    """Return what lies between the lowest and the highest tenth; it holds the time that was said."""
    cut = int(_CUT_OFF * len(shares))
    low, high = shares[cut], shares[-1 - cut]
    return Spread(low=min(1.0, max(WIDEST.low, low)), high=max(1.0, min(WIDEST.high, high)))
