"""The ledger as columns: rows in force, some hundred thousand at a time, as numpy arrays for reckoning.

The database sends whole columns in its binary form, so that ten million rows cost neither objects nor memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ARRAY, Text, bindparam, text
from sqlalchemy.orm import Session

from dispatch.causes import Cause
from dispatch.ledger_tables import InterruptionKind
from dispatch.tables import Instant

CAUSES: tuple[str, ...] = tuple(str(cause) for cause in Cause)
KINDS: tuple[str, ...] = tuple(str(kind) for kind in InterruptionKind)
NOT_KNOWN = -1
ROWS_AT_ONCE = 500_000

# The database counts microseconds from 2000; its "infinity" is the greatest number there is.
_EPOCH = np.datetime64("2000-01-01T00:00:00", "us")
_STILL_OUT = np.iinfo(np.int64).max
_ARRAY_HEAD_BYTES = 20


@dataclass(frozen=True, slots=True, eq=False)
class LedgerPart:
    """Columns of one length, a row of the ledger each, in no order.

    Rows of one service point that touch are one interruption of which the share of phases changed.

    Args:
        service_point: key of the service point: PostgreSQL's `hashtextextended(id, 0)`.
        started_at, ended_at: UTC, to the microsecond; the end is NaT while it lasts.
        customers: how many are behind the service point.
        cause: index in CAUSES: the row's own, or that of its outage; NOT_KNOWN where neither has one.
        kind: index in KINDS.
        phase_share: share of the phases taken that are without supply, above 0 to 1.
        feeder: index in the feeders that were given; NOT_KNOWN for any other.
        outage: number of the outage; 0 where there is none.
    """

    service_point: NDArray[np.int64]
    started_at: NDArray[np.datetime64]
    ended_at: NDArray[np.datetime64]
    customers: NDArray[np.int32]
    cause: NDArray[np.int16]
    kind: NDArray[np.int16]
    phase_share: NDArray[np.float32]
    feeder: NDArray[np.int32]
    outage: NDArray[np.int64]


_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("service_point", ">i8", "row.service_point_key"),
    ("started_at", ">i8", "lower(row.period)"),
    ("ended_at", ">i8", "coalesce(upper(row.period), 'infinity')"),
    ("customers", ">i4", "row.customers"),
    ("cause", ">i2", "coalesce(array_position(:causes, row.cause) - 1, outage.cause, -1)::int2"),
    ("kind", ">i2", "(array_position(:kinds, row.kind) - 1)::int2"),
    ("phase_share", ">f4", "row.phase_share"),
    ("feeder", ">i4", "coalesce(feeder.code, -1)"),
    ("outage", ">i8", "coalesce(outage.number, 0)"),
)
_PART = text(
    f"""
    WITH feeder AS MATERIALIZED (
        SELECT name, (code - 1)::int4 AS code FROM unnest(:feeders) WITH ORDINALITY AS one (name, code)
    ), outage AS MATERIALIZED (
        SELECT id, array_position(:causes, cause) - 1 AS cause,
            substring(id FROM '^O-([0-9]+)$')::bigint AS number
        FROM outage
    )
    SELECT count(*), {", ".join(f"array_send(array_agg({sql}))" for _, _, sql in _COLUMNS)}
    FROM interruption AS row
    LEFT JOIN feeder ON feeder.name = row.feeder
    LEFT JOIN outage ON outage.id = row.outage_id
    WHERE row.id >= :first AND row.id < :last AND row.replaced_by IS NULL AND row.phase_share > 0
        AND lower(row.period) >= :since AND lower(row.period) < :until
    """  # noqa: S608 (only the columns above are put in)
).bindparams(
    bindparam("causes", CAUSES, type_=ARRAY(Text)),
    bindparam("kinds", KINDS, type_=ARRAY(Text)),
    bindparam("feeders", type_=ARRAY(Text)),
    bindparam("since", type_=Instant),
    bindparam("until", type_=Instant),
)
_BOUNDS = text("SELECT coalesce(min(id), 0), coalesce(max(id), -1) FROM interruption")
_FEEDERS = text("SELECT DISTINCT feeder FROM interruption WHERE feeder IS NOT NULL ORDER BY feeder")


def ledger_feeders(session: Session) -> tuple[str, ...]:
    """Return the feeders that rows of the ledger name."""
    return tuple(session.scalars(_FEEDERS))


def read_ledger(
    session: Session,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    feeders: Sequence[str] = (),
    at_most: int = ROWS_AT_ONCE,
) -> Iterator[LedgerPart]:
    """Give the rows in force that begin in `[since, until)`, `at_most` at a time; no temporary supply.

    To be read in one read transaction, else rows that are replaced meanwhile may be missed or come twice.
    """
    first, last = session.execute(_BOUNDS).one()
    span = {"since": since or "-infinity", "until": until or "infinity", "feeders": list(feeders)}
    # Where statistics lag behind, the planner takes half a million rows for one, and looks each up alone.
    session.execute(text("SET LOCAL enable_nestloop = off"))
    for begin in range(first, last + 1, at_most):
        found = session.execute(_PART, {**span, "first": begin, "last": begin + at_most}).one()
        if found[0]:
            yield _part(found[1:])
    session.execute(text("SET LOCAL enable_nestloop TO DEFAULT"))


def _part(columns: Sequence[Any]) -> LedgerPart:
    read = {name: _column(sent, dtype) for (name, dtype, _), sent in zip(_COLUMNS, columns, strict=True)}
    ends = read["ended_at"]
    is_out = ends == _STILL_OUT
    ended_at = _EPOCH + np.where(is_out, 0, ends).astype("timedelta64[us]")
    ended_at[is_out] = np.datetime64("NaT")
    started_at = _EPOCH + read["started_at"].astype("timedelta64[us]")
    return LedgerPart(**{**read, "started_at": started_at, "ended_at": ended_at})


def _column(sent: bytes, dtype: str) -> NDArray[Any]:
    """Return the values of an array as PostgreSQL sends it: a head, then each value behind its length."""
    values = np.frombuffer(sent, dtype=[("length", ">i4"), ("value", dtype)], offset=_ARRAY_HEAD_BYTES)
    return values["value"].astype(np.dtype(dtype).newbyteorder("="))
