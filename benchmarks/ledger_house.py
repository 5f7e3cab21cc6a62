"""A ledger made to order in a private database: outages in full, and ten million rows for reading.

Owns how rows come there; what is measured stands in `benchmarks/ledger.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from dispatch.change_log import Author
from dispatch.interruptions import enter_interruptions, set_interruptions
from dispatch.outages import outage_row
from dispatch.states import OutageStatus
from dispatch.transactions import write_transaction

BEGUN = datetime(2026, 11, 23, 8, tzinfo=UTC)
ENDED = BEGUN + timedelta(hours=1)
AUTHOR = Author(actor="benchmark", now=ENDED)
ROWS_PER_SERVICE_POINT = 10
_ROWS_AT_ONCE = 500_000
_YEARS_S = 5 * 365 * 86_400

_OUTAGE = text(
    """
    INSERT INTO outage (id, version, network_version, status, device, device_kind, phases, probability,
        candidates, reasons, service_points_out, customers_out, started_at, predicted_at, cause)
    VALUES (:id, 0, 1, 'predicted', 'D', 'breaker', 'ABC', 1, '[]', '[]', 0, 0, :at, :at, 'tree')
    """
)
# Five years of interruptions of an hour on average, each service point's one after the other: its turns lie
# half a year apart, and none lasts longer than a day.
_MANY = text(
    """
    INSERT INTO interruption (service_point, period, outage_id, kind, phases, phases_taken, phase_share,
        customers, feeder, recorded_at)
    SELECT 'SP-' || point, tstzrange(since, since + length), 'O-1', 'fault', 'ABC', 'ABC', 1, 1,
        'FEEDER-' || point % 1000, since
    FROM (
        SELECT number % :points AS point,
            timestamptz '2022-01-01 00:00+00' + :turn * (number / :points)
                + make_interval(secs => floor(random() * 86400 * 90)) AS since,
            make_interval(secs => ceil(least(-ln(1 - random()) * 3600, 86400))) AS length
        FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS number
    ) AS made
    """
)
# Reading needs no more than the primary key; with the others ten million rows take an hour to make.
_BARE = (
    "ALTER TABLE interruption DROP CONSTRAINT ex_interruption_once_at_a_time",
    "ALTER TABLE interruption DROP CONSTRAINT fk_interruption_outage_id_outage",
    "DROP INDEX ix_interruption_service_point",
    "DROP INDEX ix_interruption_outage_id",
)


def predict(session: Session, *, number: int, households: int) -> str:
    """Write a predicted outage and whom it holds; return its id."""
    id = f"O-{number}"
    session.execute(_OUTAGE, {"id": id, "at": BEGUN})
    customers = {f"SP-{number}-{household:07d}": 1 for household in range(households)}
    set_interruptions(session, outage=outage_row(session, outage_id=id), customers=customers, author=AUTHOR)
    return id


def enter(session: Session, *, outage_id: str) -> int:
    """Confirm an outage and enter it in the ledger, as `confirm_outage` does; return its households."""
    outage = outage_row(session, outage_id=outage_id)
    outage.status = OutageStatus.CONFIRMED
    return enter_interruptions(session, outage=outage, author=AUTHOR)


def fill_for_reading(engine: Engine, *, rows: int, progress: Callable[[str], None]) -> int:
    """Write so many closed rows, without what only writers need; return how many service points they have."""
    points = max(rows // ROWS_PER_SERVICE_POINT, 1)
    with write_transaction(engine) as session:
        for statement in _BARE:
            session.execute(text(statement))
        session.execute(_OUTAGE, {"id": "O-1", "at": BEGUN})
    for first in range(0, rows, _ROWS_AT_ONCE):
        progress(f"making {rows:,} rows to read: {first:,}")
        with write_transaction(engine) as session:
            last = min(first + _ROWS_AT_ONCE, rows) - 1
            turn = timedelta(seconds=_YEARS_S / ROWS_PER_SERVICE_POINT)
            session.execute(_MANY, {"points": points, "turn": turn, "first": first, "last": last})
    # As the database does by itself in time; else the first reader pays for the writer.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE) interruption"))
    return points
