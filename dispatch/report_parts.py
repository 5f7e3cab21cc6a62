"""The parts of a report about an outage or a storm: what is told of each, without personal data.

How they are read, and what is left out, stands in dispatch/outage_report.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.restoration_curve import RestorationCurve
from gis.place import Place


@dataclass(frozen=True, slots=True)
class ReportedOutage:
    """One outage. `device` is None where it is one household's own; `area` is GeoJSON where one is drawn.

    `etr_error_minutes` is of the last word that customers were told: positive is later than restored.
    """

    id: str
    status: str
    device: str | None
    device_kind: str
    phases: str
    started_at: datetime
    confirmed_at: datetime | None
    restored_at: datetime | None
    closed_at: datetime | None
    customers: int
    service_points: int
    customer_minutes: float
    cause: str | None
    failed_equipment: str | None
    crews: int
    etr_error_minutes: float | None
    place: Place | None
    area: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class ReportedEvent:
    """Something that happened, by the name of its event; `crew_id` where a crew did it."""

    at: datetime
    name: str
    outage_id: str
    crew_id: str | None


@dataclass(frozen=True, slots=True)
class ReportedCrew:
    """What one crew did: jobs, arrivals, finished ones, and minutes between arrival and end."""

    crew_id: str
    jobs: int
    arrived: int
    finished: int
    first_sent_at: datetime
    minutes_on_site: float


@dataclass(frozen=True, slots=True)
class ReportedEtr:
    """One published word about the restoration of an outage."""

    outage_id: str
    said_at: datetime
    tier: str
    source: str
    at: datetime | None
    earliest: datetime | None
    latest: datetime | None
    is_told: bool
    error_minutes: float | None


@dataclass(frozen=True, slots=True)
class ReportedCause:
    """What a cause came to; None where it is not known (yet)."""

    cause: str | None
    outages: int
    customers: int
    customer_minutes: float


@dataclass(frozen=True, slots=True)
class ReportedCustomers:
    """Whom it met, each once; `by_priority` counts important service points, None below FEWEST_TOLD."""

    customers: int
    service_points: int
    customer_minutes: float
    still_out: int
    by_priority: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class OutageReport:
    """A report; `outage_id` where it is about one. The `left_out` are beyond the bounds."""

    outage_id: str | None
    network: str
    since: datetime
    until: datetime
    made_at: datetime
    curve: RestorationCurve
    customers: ReportedCustomers
    outages: tuple[ReportedOutage, ...]
    outages_left_out: int
    events: tuple[ReportedEvent, ...]
    events_left_out: int
    crews: tuple[ReportedCrew, ...]
    etr: tuple[ReportedEtr, ...]
    causes: tuple[ReportedCause, ...]
    lines: tuple[tuple[tuple[float, float], ...], ...]
