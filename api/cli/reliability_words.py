"""Figures of reliability in plain lines, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dispatch.reliability.measure import PartFigures, PeriodFigures, Reliability
from dispatch.reliability.reconciliation import Line
from topology.findings import count_things

_SHOWN_DAYS = 20
_SHOWN_PARTS = 40
_RULES = {
    "ieee1366_without_major_event_days": "IEEE 1366 without major event days",
    "major_event_days": "major event days",
    "ieee1366": "IEEE 1366 (longer than 5 minutes)",
    "from_three_to_five_minutes": "longer than 3 and up to 5 minutes",
    "user_units_not_customers": "user units counted, not customers",
    "dlt836_4": "DL/T 836 index 4 (longer than 3 minutes)",
    "short": "3 minutes and shorter",
    "dlt836_1": "DL/T 836 index 1 (all)",
    "of_it_fault": "  of it by faults",
    "of_it_prearranged": "  of it pre-arranged",
    "of_it_external": "  of it from outside the system",
    "dlt836_2": "DL/T 836 index 2 (without what is from outside)",
    "of_it_limited": "  of it limited, for too little power",
    "dlt836_3": "DL/T 836 index 3 (without what is limited)",
}


def reliability_lines(made: Reliability) -> Iterator[str]:
    """Say the figures of the whole, of each year, and of the parts that were asked for."""
    whole = made.whole
    yield (
        f"{made.rules.name.upper()}, {whole.first_day} to {whole.last_day}, "
        f"{made.customers_served:,} customers served, {count_things(made.rows, 'interruption')}."
    )
    yield from _period("all", whole)
    if len(made.years) > 1:
        for year, figures in made.years.items():
            yield from _period(str(year), figures)
    for name, parts in made.by.items():
        yield ""
        yield f"By {name}: SAIDI min, SAIFI (shares of the whole), CAIDI min, customer-minutes"
        yield from (_part(part) for part in parts[:_SHOWN_PARTS])
        if len(parts) > _SHOWN_PARTS:
            yield f"  … and {len(parts) - _SHOWN_PARTS:,} more; --json lists them all."


def reconciliation_lines(lines: Sequence[Line]) -> Iterator[str]:
    """Say how one rule book leads to the other."""
    if lines:
        yield ""
        yield "From IEEE 1366 to DL/T 836: SAIDI min, SAIFI"
    for line in lines:
        sign = "" if line.is_sum or line.rule.startswith("of_it") else "+"
        figures = line.figures
        yield f"  {figures.saidi_minutes:>{sign}14,.3f} {figures.saifi:>{sign}12,.4f}  {_RULES[line.rule]}"


def _period(name: str, figures: PeriodFigures) -> Iterator[str]:
    one, quiet = figures.indices, figures.without_major_event_days
    yield ""
    yield (
        f"{name}: SAIDI {one.saidi_minutes:,.3f} min, SAIFI {one.saifi:,.4f}, "
        f"CAIDI {_number(one.caidi_minutes)} min, ASAI {one.asai:.4%}, "
        f"MAIFI-E {figures.maifi_e:,.4f}"
    )
    if figures.repeated is not None:
        shares = ", ".join(f"{n}: {share:.2%}" for n, share in enumerate(figures.repeated.cemi[:5], start=1))
        yield f"  CEMI-n, n or more interruptions: {shares}"
    if figures.threshold is None:
        yield "  no T_MED: fewer than two days with an interruption to learn from"
        return
    learned = figures.threshold
    days = figures.major_event_days
    yield (
        f"  T_MED {learned.t_med_minutes:,.3f} min (alpha {learned.alpha:.2f}, beta {learned.beta:.2f}, "
        f"{learned.days} days of {', '.join(map(str, learned.years))}); "
        f"{count_things(len(days), 'major event day')}"
    )
    for day in days[:_SHOWN_DAYS]:
        yield f"    {day.day}: {day.saidi_minutes:,.3f} min"
    if len(days) > _SHOWN_DAYS:
        yield f"    … and {len(days) - _SHOWN_DAYS} more; --json lists them all."
    if days:
        yield f"  without them: SAIDI {quiet.saidi_minutes:,.3f} min, SAIFI {quiet.saifi:,.4f}"


def _part(part: PartFigures) -> str:
    share = part.share
    own = f", own SAIDI {part.own.saidi_minutes:,.3f} min" if part.own is not None else ""
    return (
        f"  {part.name or '(not known)'}: {share.saidi_minutes:,.3f}, {share.saifi:,.4f}, "
        f"{_number(share.caidi_minutes)}, {share.customer_minutes:,.0f}{own}"
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.3f}"
