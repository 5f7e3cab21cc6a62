"""Figures of reliability in the words of the exchange format (design §4.5), and more beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from dispatch.reliability.measure import PartFigures, PeriodFigures, Reliability
from dispatch.reliability.reconciliation import Line
from dispatch.reliability.report import LedgerReport


def reliability_as_json(made: Reliability) -> dict[str, Any]:
    """Return all figures; minutes and shares as numbers, days as ISO 8601."""
    return {
        "rules": made.rules.name,
        "sustained_minutes": made.rules.sustained_minutes,
        "customers_served": made.customers_served,
        "rows": made.rows,
        **_period(made.whole),
        "years": [{"year": year, **_period(figures)} for year, figures in made.years.items()],
        "by": {name: [_part(part) for part in parts] for name, parts in made.by.items()},
    }


def report_as_json(report: LedgerReport) -> dict[str, Any]:
    """Return a report of the ledger."""
    return {
        **reliability_as_json(report.made),
        "counted": report.counted,
        "reconciliation": reconciliation_as_json(report.reconciliation),
    }


def reconciliation_as_json(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return the lines that lead from one rule book to the other."""
    return [{"rule": line.rule, "is_sum": line.is_sum, **asdict(line.figures)} for line in lines]


def _period(figures: PeriodFigures) -> dict[str, Any]:
    learned, repeated = figures.threshold, figures.repeated
    return {
        "first_day": figures.first_day.isoformat(),
        "last_day": figures.last_day.isoformat(),
        **asdict(figures.indices),
        "without_major_event_days": asdict(figures.without_major_event_days),
        "t_med_minutes": learned.t_med_minutes if learned is not None else None,
        "t_med_learned_from": asdict(learned) if learned is not None else None,
        "major_event_days": [one.day.isoformat() for one in figures.major_event_days],
        "major_event_days_saidi_minutes": [one.saidi_minutes for one in figures.major_event_days],
        "maifi": figures.maifi,
        "maifi_e": figures.maifi_e,
        "cemi": (
            None if repeated is None else {str(n): share for n, share in enumerate(repeated.cemi, start=1)}
        ),
    }


def _part(part: PartFigures) -> dict[str, Any]:
    return {
        "name": part.name,
        **asdict(part.share),
        "without_major_event_days": asdict(part.share_without_major_event_days),
        "customers_served": part.customers_served,
        "own": asdict(part.own) if part.own is not None else None,
    }
