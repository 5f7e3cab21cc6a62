"""The ledger of this house as columns, with the customers that the network in force serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy.orm import Session

from dispatch.ledger_reading import CAUSES, ledger_feeders, read_ledger
from dispatch.reliability.columns import Codes, Interruptions, Labels, Numbers
from dispatch.reliability.ledger_columns import ledger_columns
from dispatch.reliability.major_events import YEARS_LOOKED_BACK
from dispatch.reliability.served_places import ServedPlaces
from dispatch.reliability.user_units import user_units


@dataclass(frozen=True, slots=True, eq=False)
class LedgerCounts:
    """The ledger counted by customers: rows, customers served in all and by label. `places`: who is where."""

    rows: Interruptions
    served: int
    served_by: Mapping[str, Mapping[str, int]]
    places: ServedPlaces
    keys: Numbers


def read_ledger_counts(
    session: Session,
    *,
    places: ServedPlaces,
    zone: ZoneInfo,
    first_day: date | None,
    last_day: date,
    now: datetime,
) -> LedgerCounts:
    """Read what a period needs: its rows, and those of five years before that teach what a major event is.

    To be read in one read transaction.
    """
    since = None
    if first_day is not None:
        since = _midnight(date(first_day.year - YEARS_LOOKED_BACK, 1, 1), zone)
    feeders = ledger_feeders(session)
    parts = read_ledger(
        session, since=since, until=_midnight(last_day + timedelta(days=1), zone), feeders=feeders
    )
    rows, keys = ledger_columns(parts, zone=zone, now=now, causes=CAUSES, feeders=feeders)
    return LedgerCounts(
        rows=_placed(rows, keys, places),
        served=int(places.customers.sum()),
        served_by=places.served_by,
        places=places,
        keys=keys,
    )


def by_user_units(counts: LedgerCounts) -> tuple[Interruptions, int]:
    """Return the same ledger counted by user units, and how many units there are."""
    places = counts.places
    members = np.bincount(places.unit, minlength=places.unit_count).astype(np.int32)
    unit_of = _looked_up(counts.keys, places.keys, places.unit)
    return user_units(counts.rows, unit_of=unit_of, members=members), places.unit_count


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _placed(rows: Interruptions, keys: Numbers, places: ServedPlaces) -> Interruptions:
    """Label rows by where their service points belong; the ledger's own feeder speaks for those gone."""
    if rows.service_point is None:
        return rows
    labels = dict(rows.labels)
    for name, label in places.labels.items():
        codes = _looked_up(keys, places.keys, label.codes)[rows.service_point]
        labels[name] = _or_else(codes, label.names, rows.labels.get(name))
    return Interruptions(
        started_us=rows.started_us,
        ended_us=rows.ended_us,
        day=rows.day,
        customers=rows.customers,
        kind=rows.kind,
        service_point=rows.service_point,
        labels=labels,
    )


def _or_else(codes: Codes, names: Sequence[str], other: Labels | None) -> Labels:
    known = list(names)
    if other is None or not (codes < 0).any():
        return Labels(codes, tuple(known))
    place = {name: number for number, name in enumerate(known)}
    for name in other.names:
        if name not in place:
            place[name] = len(known)
            known.append(name)
    of_other = np.array([*(place[name] for name in other.names), -1], dtype=np.int32)
    return Labels(np.where(codes < 0, of_other[other.codes], codes).astype(np.int32), tuple(known))


def _looked_up(keys: Numbers, known: Numbers, values: Codes) -> Codes:
    """Return for each key the value that stands at its like, -1 where there is none."""
    if len(known) == 0:
        return np.full(len(keys), -1, dtype=np.int32)
    order = np.argsort(known)
    place = order[np.minimum(np.searchsorted(known, keys, sorter=order), len(known) - 1)]
    return np.where(known[place] == keys, values[place], -1).astype(np.int32)
