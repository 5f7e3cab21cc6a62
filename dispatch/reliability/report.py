"""The report of a period from the ledger of this house: figures by a rule set, and the two reconciled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from dispatch.errors import InvalidInput
from dispatch.network_cache import NetworkCache
from dispatch.reliability.columns import Interruptions
from dispatch.reliability.daily import Span, day_number
from dispatch.reliability.measure import Reliability, measure
from dispatch.reliability.of_ledger import by_user_units, read_ledger_counts
from dispatch.reliability.reconciliation import Counting, Line, reconcile
from dispatch.reliability.rule_sets import RULE_SETS, RuleSetName
from dispatch.reliability.served_places import ServedPlacesCache


class Counted(StrEnum):
    """What is counted as interrupted: customers, or user units (transformers) as DL/T 836 does."""

    CUSTOMERS = "customers"
    USER_UNITS = "user_units"


COUNTED_BY = {RuleSetName.IEEE1366: Counted.CUSTOMERS, RuleSetName.DLT836: Counted.USER_UNITS}


@dataclass(frozen=True, slots=True)
class Question:
    """What to report: whole local days, `first_day` None for since the ledger began.

    `counted` None is what the rule set counts by.
    """

    rules: RuleSetName
    first_day: date | None
    last_day: date | None
    by: Sequence[str] = ()
    counted: Counted | None = None
    reconciled: bool = False


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """The figures, what was counted for them, and the lines between the rule sets if they were asked for."""

    made: Reliability
    counted: Counted
    reconciliation: tuple[Line, ...]


def ledger_report(
    session: Session,
    *,
    question: Question,
    networks: NetworkCache,
    places: ServedPlacesCache,
    zone: ZoneInfo,
    now: datetime,
) -> LedgerReport:
    """Answer a question; NoActiveNetwork, NoCustomersServed, UnknownPart, and InvalidInput for wrong days."""
    last_day = question.last_day or now.astimezone(zone).date()
    if question.first_day is not None and question.first_day > last_day:
        raise InvalidInput(field="first_day", text="must not be after the last day")
    counts = read_ledger_counts(
        session,
        places=places.of(session, traced=networks.in_force(session)),
        zone=zone,
        first_day=question.first_day,
        last_day=last_day,
        now=now,
    )
    span = Span(_first(question, counts.rows, last_day), day_number(last_day))
    counted = question.counted or COUNTED_BY[question.rules]
    by_unit = by_user_units(counts) if counted is Counted.USER_UNITS or question.reconciled else None
    rows, served = (counts.rows, counts.served)
    served_by = counts.served_by
    if counted is Counted.USER_UNITS and by_unit is not None:
        (rows, served), served_by = by_unit, counts.places.units_by
    lines: tuple[Line, ...] = ()
    if question.reconciled and by_unit is not None:
        lines = reconcile(Counting(counts.rows, counts.served), Counting(*by_unit), span=span)
    made = measure(
        rows,
        rules=RULE_SETS[question.rules],
        customers_served=served,
        span=span,
        by=question.by,
        served_by=served_by,
    )
    return LedgerReport(made, counted, lines)


def _first(question: Question, rows: Interruptions, last_day: date) -> int:
    if question.first_day is not None:
        return day_number(question.first_day)
    return int(rows.day.min()) if len(rows) else day_number(last_day)
